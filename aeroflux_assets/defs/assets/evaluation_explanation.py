"""What models go by, where they fail, and the experiments of the research questions."""

from collections.abc import Iterator

import dagster as dg

from aeroflux_assets.contracts.explanation import (
    ABLATION,
    FAILURES,
    HOPS_BY_DEPTH,
    IMPORTANCE,
    PASS_THROUGH,
    PASS_THROUGH_MATCHED,
)
from aeroflux_assets.defs.partitions import (
    FEATURES_OF_ITS_YEAR,
    FEATURES_OF_SCORED,
    SCORED_CUTOFF,
    YEAR_AND_NEXT,
    YEARS,
    scored_cutoff_of,
)
from aeroflux_assets.defs.pools import TABLES, TRAINING
from aeroflux_assets.defs.report import contract_check, result, spec
from aeroflux_assets.defs.resources import TableConfig, Workspace
from aeroflux_assets.evaluation.effort import effort_for
from aeroflux_assets.evaluation.explanation_tables import (
    make_experiments,
    make_failures,
    make_importance,
    make_pass_through,
)

# The flights behind the features are read as well; their lineage runs through the features, since Dagster has no
# mapping from year to scored_year x cutoff.
_OF_ITS_YEAR = dg.AssetDep("features", partition_mapping=FEATURES_OF_ITS_YEAR)
_OF_EARLIER_YEARS = dg.AssetDep("features", partition_mapping=FEATURES_OF_SCORED)


@dg.multi_asset(
    pool=TABLES,
    specs=[
        spec(contract, [dg.AssetDep("cleaned_flights", partition_mapping=YEAR_AND_NEXT), "rotations"], YEARS)
        for contract in (PASS_THROUGH, PASS_THROUGH_MATCHED)
    ],
    check_specs=[contract_check(contract) for contract in (PASS_THROUGH, PASS_THROUGH_MATCHED)],
)
def delays_passed_through(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> Iterator[dg.MaterializeResult]:
    """How much of an inbound's delay reaches the departure, and late inbounds beside matched on-time ones."""
    lake, part = workspace.lake(), {"year": int(context.partition_key)}
    commits = make_pass_through(lake, part["year"], refresh=config.refresh)
    for contract, commit in zip((PASS_THROUGH, PASS_THROUGH_MATCHED), commits, strict=True):
        yield result(lake, contract, commit, part)


@dg.multi_asset(
    pool=TRAINING,
    specs=[spec(FAILURES, ["predictions", _OF_ITS_YEAR], SCORED_CUTOFF)],
    check_specs=[contract_check(FAILURES)],
)
def failures(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> dg.MaterializeResult:
    """The figures of the scored year by slices of its flights."""
    lake, (year, cutoff, part) = workspace.lake(), scored_cutoff_of(context)
    return result(lake, FAILURES, make_failures(lake, year, cutoff, refresh=config.refresh), part)


@dg.multi_asset(
    pool=TRAINING,
    specs=[spec(IMPORTANCE, ["models", _OF_ITS_YEAR], SCORED_CUTOFF)],
    check_specs=[contract_check(IMPORTANCE)],
)
def importance(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> dg.MaterializeResult:
    """Gain, SHAP values and permutation of every set's classifier."""
    lake, (year, cutoff, part) = workspace.lake(), scored_cutoff_of(context)
    effort = effort_for(workspace.settings())
    return result(lake, IMPORTANCE, make_importance(lake, year, cutoff, effort, refresh=config.refresh), part)


@dg.multi_asset(
    pool=TRAINING,
    specs=[spec(contract, [_OF_EARLIER_YEARS], SCORED_CUTOFF) for contract in (ABLATION, HOPS_BY_DEPTH)],
    check_specs=[contract_check(contract) for contract in (ABLATION, HOPS_BY_DEPTH)],
)
def experiments(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> Iterator[dg.MaterializeResult]:
    """Families added and removed, and the depth of the chain, by models of their own on sampled rows."""
    lake, (year, cutoff, part) = workspace.lake(), scored_cutoff_of(context)
    settings = workspace.settings()
    commits = make_experiments(
        lake,
        settings.years,
        year,
        cutoff,
        effort_for(settings),
        refresh=config.refresh,
        say=context.log.info,
    )
    for contract, commit in zip((ABLATION, HOPS_BY_DEPTH), commits, strict=True):
        yield result(lake, contract, commit, part)
