"""The aggregates that pages read."""

import dagster as dg

from aeroflux_assets.contracts.summaries import SUMMARY_CUTOFFS, SUMMARY_MONTHS, SUMMARY_YEARS
from aeroflux_assets.defs.partitions import YEAR_CUTOFF, YEARS
from aeroflux_assets.defs.pools import TABLES
from aeroflux_assets.defs.report import contract_check, result, spec
from aeroflux_assets.defs.resources import TableConfig, Workspace
from aeroflux_assets.summaries.tables import make_summary_cutoffs, make_summary_months, make_summary_years

_OF_YEAR = ["cleaned_flights", "quarantined_flights", "flights_with_weather", "rotations"]


@dg.multi_asset(
    pool=TABLES, specs=[spec(SUMMARY_MONTHS, _OF_YEAR, YEARS)], check_specs=[contract_check(SUMMARY_MONTHS)]
)
def summary_months(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> dg.MaterializeResult:
    """A row a month."""
    lake, part = workspace.lake(), {"year": int(context.partition_key)}
    return result(lake, SUMMARY_MONTHS, make_summary_months(lake, part["year"], refresh=config.refresh), part)


@dg.multi_asset(
    pool=TABLES, specs=[spec(SUMMARY_YEARS, _OF_YEAR, YEARS)], check_specs=[contract_check(SUMMARY_YEARS)]
)
def summary_years(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> dg.MaterializeResult:
    """A row a year."""
    lake, part = workspace.lake(), {"year": int(context.partition_key)}
    return result(lake, SUMMARY_YEARS, make_summary_years(lake, part["year"], refresh=config.refresh), part)


@dg.multi_asset(
    pool=TABLES,
    specs=[spec(SUMMARY_CUTOFFS, ["weather_at_cutoff", "propagation"], YEAR_CUTOFF)],
    check_specs=[contract_check(SUMMARY_CUTOFFS)],
)
def summary_cutoffs(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> dg.MaterializeResult:
    """What was known at the cutoff: shares linked, departed, landed, and matched to weather."""
    keys = context.partition_key.keys_by_dimension
    lake, part = workspace.lake(), {"year": int(keys["year"]), "cutoff": keys["cutoff"]}
    commit = make_summary_cutoffs(lake, int(keys["year"]), keys["cutoff"], refresh=config.refresh)
    return result(lake, SUMMARY_CUTOFFS, commit, part)
