"""The one Definitions entry that Dagster loads."""

import warnings

import dagster as dg

# Partition mappings over two dimensions are marked beta; they are tested (tests/orchestration).
warnings.filterwarnings("ignore", category=dg.BetaWarning)

from aeroflux_assets.defs.assets import (  # noqa: E402
    by_cutoff,
    by_year,
    evaluation_calibrated,
    model,
    raw,
    summaries,
)
from aeroflux_assets.defs.automation import SENSORS  # noqa: E402
from aeroflux_assets.defs.jobs import JOBS  # noqa: E402
from aeroflux_assets.defs.resources import Workspace  # noqa: E402

defs = dg.Definitions(
    assets=dg.load_assets_from_modules([raw, by_year, by_cutoff, model, evaluation_calibrated, summaries]),
    jobs=JOBS,
    sensors=SENSORS,
    resources={"workspace": Workspace()},
    executor=dg.in_process_executor,  # a step in a process of its own costs 2 s; years run side by side as runs
)
