"""Models, predictions and metrics of the scored years."""

from collections.abc import Iterator

import dagster as dg

from aeroflux_assets.contracts.model import METRICS, MODELS, PREDICTIONS
from aeroflux_assets.cutoffs import cutoff_named
from aeroflux_assets.defs.checks import no_hindsight, no_hindsight_check
from aeroflux_assets.defs.partitions import FEATURES_OF_SCORED, SCORED_CUTOFF
from aeroflux_assets.defs.pools import TRAINING
from aeroflux_assets.defs.report import contract_check, result, spec
from aeroflux_assets.defs.resources import TableConfig, Workspace
from aeroflux_assets.features.sets import chosen_sets
from aeroflux_assets.lake import Partition
from aeroflux_assets.model.feed import engine_of
from aeroflux_assets.model.tables import make_scored_year


def _features() -> list[dg.AssetDep]:
    return [dg.AssetDep("features", partition_mapping=FEATURES_OF_SCORED)]


@dg.multi_asset(
    pool=TRAINING,
    specs=[
        spec(MODELS, _features(), SCORED_CUTOFF),
        spec(PREDICTIONS, ["models", *_features()], SCORED_CUTOFF),
        spec(METRICS, ["predictions"], SCORED_CUTOFF),
    ],
    check_specs=[
        *(contract_check(contract) for contract in (MODELS, PREDICTIONS, METRICS)),
        no_hindsight_check(),
    ],
)
def train_and_score(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> Iterator[dg.MaterializeResult]:
    """Every feature set trained on all earlier selected years, and the year scored by it."""
    keys = context.partition_key.keys_by_dimension
    lake, settings = workspace.lake(), workspace.settings()
    year, cutoff = int(keys["scored_year"]), cutoff_named(keys["cutoff"])
    commits = make_scored_year(
        lake,
        settings.years,
        year,
        cutoff,
        chosen_sets(settings.sets),
        trees=settings.trees,
        scheduler=settings.dask_scheduler,
        engine=engine_of(settings),
        refresh=config.refresh,
        progress=context.log.info,
    )
    part: Partition = {"scored_year": year, "cutoff": cutoff.name}
    for contract, commit in zip((MODELS, PREDICTIONS, METRICS), commits, strict=True):
        more = [no_hindsight(lake, part)] if contract is MODELS else []
        yield result(lake, contract, commit, part, more=more)
