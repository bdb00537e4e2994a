"""Recalibrated predictions of the scored years, the inner block that the first one needs, and how they hold."""

from collections.abc import Iterator

import dagster as dg

from aeroflux_assets.contracts.calibrated import (
    CALIBRATED_PREDICTIONS,
    DELAY_GRID,
    IMPACT,
    INNER_PREDICTIONS,
    RELIABILITY,
)
from aeroflux_assets.defs.partitions import (
    FEATURES_OF_ITS_YEAR,
    FEATURES_OF_SCORED,
    SCORED_AND_EARLIER,
    SCORED_CUTOFF,
    scored_cutoff_of,
)
from aeroflux_assets.defs.pools import TRAINING
from aeroflux_assets.defs.report import contract_check, result, spec
from aeroflux_assets.defs.resources import TableConfig, Workspace
from aeroflux_assets.evaluation.calibrated_tables import make_calibrated_predictions
from aeroflux_assets.evaluation.delay_grid import make_delay_grid
from aeroflux_assets.evaluation.inner import make_inner_predictions
from aeroflux_assets.evaluation.judged_tables import make_impact, make_reliability
from aeroflux_assets.model.feed import engine_of


@dg.multi_asset(
    pool=TRAINING,
    specs=[
        spec(
            INNER_PREDICTIONS,
            ["models", dg.AssetDep("features", partition_mapping=FEATURES_OF_SCORED)],
            SCORED_CUTOFF,
        )
    ],
    check_specs=[contract_check(INNER_PREDICTIONS)],
)
def inner_predictions(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> dg.MaterializeResult:
    """The last training months predicted by models of those before: for the first scored year only."""
    lake, settings = workspace.lake(), workspace.settings()
    scored, cutoff, part = scored_cutoff_of(context)
    commit = make_inner_predictions(
        lake,
        settings.years,
        scored,
        cutoff,
        engine=engine_of(settings),
        refresh=config.refresh,
        progress=context.log.info,
    )
    return result(lake, INNER_PREDICTIONS, commit, part)


@dg.multi_asset(
    pool=TRAINING,
    specs=[
        spec(
            CALIBRATED_PREDICTIONS,
            [dg.AssetDep("predictions", partition_mapping=SCORED_AND_EARLIER), "inner_predictions"],
            SCORED_CUTOFF,
        ),
        spec(RELIABILITY, ["predictions", "calibrated_predictions"], SCORED_CUTOFF),
        spec(
            IMPACT,
            ["calibrated_predictions", dg.AssetDep("propagation", partition_mapping=FEATURES_OF_ITS_YEAR)],
            SCORED_CUTOFF,
        ),
    ],
    check_specs=[contract_check(contract) for contract in (CALIBRATED_PREDICTIONS, RELIABILITY, IMPACT)],
)
def recalibrate_and_judge(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> Iterator[dg.MaterializeResult]:
    """Probabilities and delay intervals from outcomes known by the cutoff, how they held, what alerts are worth."""
    lake, years = workspace.lake(), workspace.settings().years
    scored, cutoff, part = scored_cutoff_of(context)
    made = make_calibrated_predictions(lake, years, scored, cutoff, refresh=config.refresh)
    yield result(lake, CALIBRATED_PREDICTIONS, made, part)
    for contract, make in ((RELIABILITY, make_reliability), (IMPACT, make_impact)):
        yield result(lake, contract, make(lake, scored, cutoff, refresh=config.refresh), part)


@dg.multi_asset(
    pool=TRAINING,
    specs=[spec(DELAY_GRID, ["predictions"], SCORED_CUTOFF)],
    check_specs=[contract_check(DELAY_GRID)],
)
def delay_grid(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> dg.MaterializeResult:
    """How often each predicted delay met each actual one."""
    lake = workspace.lake()
    scored, cutoff, part = scored_cutoff_of(context)
    commit = make_delay_grid(lake, scored, cutoff, refresh=config.refresh)
    return result(lake, DELAY_GRID, commit, part)
