"""Running the console script in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from aeroflux_assets.settings import Settings

SETS = ("xgb_schedule", "aeroflux_full")


def environment(settings: Settings) -> dict[str, str]:
    """The environment that selects `settings` in another process."""
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith("AEROFLUX_") and k != "DAGSTER_HOME"},
        "AEROFLUX_SOURCE": "simulated",
        "AEROFLUX_YEARS": ",".join(map(str, settings.years)),
        "AEROFLUX_DATA": str(settings.data),
        "AEROFLUX_CUTOFFS": ",".join(settings.cutoffs),
        "AEROFLUX_SETS": ",".join(SETS),
        "AEROFLUX_TREES": "40",
        "AEROFLUX_SIM_FLIGHTS_PER_DAY": str(settings.flights_per_day),
        "AEROFLUX_SIM_SEED": str(settings.seed),
    }


def aeroflux(
    *arguments: str, env: Mapping[str, str], cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the console script in a process of its own."""
    command = [sys.executable, "-m", "aeroflux_assets.cli", *arguments]
    return subprocess.run(
        command, env=dict(env), cwd=cwd, capture_output=True, text=True, timeout=900, check=False
    )
