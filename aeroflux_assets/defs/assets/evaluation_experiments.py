"""The experiments beside a scored year: what hindsight buys, the baselines and floors, the clusters."""

from collections.abc import Iterator

import dagster as dg

from aeroflux_assets.contracts.experiments import BASELINES, CLUSTERS, XRAY
from aeroflux_assets.contracts.training import REFITS
from aeroflux_assets.defs.partitions import FEATURES_OF_SCORED, SCORED_CUTOFF, scored_cutoff_of
from aeroflux_assets.defs.pools import TRAINING
from aeroflux_assets.defs.report import contract_check, result, spec
from aeroflux_assets.defs.resources import TableConfig, Workspace
from aeroflux_assets.evaluation.experiment_tables import make_baselines, make_xray
from aeroflux_assets.evaluation.profiles import PROFILES
from aeroflux_assets.evaluation.refit_tables import make_refits
from aeroflux_assets.model.feed import engine_of


def _features() -> list[dg.AssetDep]:
    return [dg.AssetDep("features", partition_mapping=FEATURES_OF_SCORED)]


@dg.multi_asset(
    pool=TRAINING,
    name=XRAY.name,
    specs=[spec(XRAY, _features(), SCORED_CUTOFF)],
    check_specs=[contract_check(XRAY)],
)
def leakage_xray(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> dg.MaterializeResult:
    """The paper's features honest, and with each hindsight switched on, on the same rows."""
    lake, settings = workspace.lake(), workspace.settings()
    year, cutoff, part = scored_cutoff_of(context)
    profile = PROFILES[settings.profile]
    commit = make_xray(
        lake, settings.years, year, cutoff, profile, refresh=config.refresh, say=context.log.info
    )
    return result(lake, XRAY, commit, part)


@dg.multi_asset(
    pool=TRAINING,
    name=BASELINES.name,
    specs=[spec(BASELINES, _features(), SCORED_CUTOFF), spec(CLUSTERS, _features(), SCORED_CUTOFF)],
    check_specs=[contract_check(contract) for contract in (BASELINES, CLUSTERS)],
)
def baselines_and_floors(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> Iterator[dg.MaterializeResult]:
    """The paper's phase 1 and the floors: one year, its last month held out."""
    lake, settings = workspace.lake(), workspace.settings()
    year, cutoff, part = scored_cutoff_of(context)
    profile = PROFILES[settings.profile]
    commits = make_baselines(
        lake, settings.years, year, cutoff, profile, refresh=config.refresh, say=context.log.info
    )
    for contract, commit in zip((BASELINES, CLUSTERS), commits, strict=True):
        yield result(lake, contract, commit, part)


@dg.multi_asset(
    name=REFITS.name,
    specs=[spec(REFITS, _features(), SCORED_CUTOFF)],
    check_specs=[contract_check(REFITS)],
    pool=TRAINING,
)
def refit_strategies(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> dg.MaterializeResult:
    """Every row, the paper's stratified sample, and its boosting year by year, with what each costs."""
    lake, settings = workspace.lake(), workspace.settings()
    year, cutoff, part = scored_cutoff_of(context)
    commit = make_refits(
        lake,
        settings.years,
        year,
        cutoff,
        PROFILES[settings.profile],
        engine_of(settings),
        refresh=config.refresh,
        say=context.log.info,
    )
    return result(lake, REFITS, commit, part)
