"""The delay summaries: what the pages on delays, places and airlines read."""

from collections.abc import Iterator

import dagster as dg

from aeroflux_assets.contracts.summaries_delay import (
    SUMMARY_DAYS,
    SUMMARY_DELAYS,
    SUMMARY_HOURS,
    SUMMARY_NETWORK,
    SUMMARY_OUTLIERS,
    SUMMARY_ROUTES,
    SUMMARY_TURNAROUNDS,
    SUMMARY_WAVES,
    SUMMARY_WEATHER,
)
from aeroflux_assets.defs.partitions import YEAR_AND_NEXT, YEARS
from aeroflux_assets.defs.pools import TABLES
from aeroflux_assets.defs.report import contract_check, result, spec
from aeroflux_assets.defs.resources import TableConfig, Workspace
from aeroflux_assets.summaries.delay_tables import (
    make_summary_carried,
    make_summary_network,
    make_summary_outliers,
    make_summary_traffic,
    make_summary_weather,
)

_TRAFFIC = (SUMMARY_ROUTES, SUMMARY_DAYS, SUMMARY_HOURS, SUMMARY_DELAYS)
_CARRIED = (SUMMARY_TURNAROUNDS, SUMMARY_WAVES)


@dg.multi_asset(
    pool=TABLES,
    specs=[spec(contract, ["cleaned_flights"], YEARS) for contract in _TRAFFIC],
    check_specs=[contract_check(contract) for contract in _TRAFFIC],
)
def summary_traffic(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> Iterator[dg.MaterializeResult]:
    """Outcomes by route, day, hour and size of delay."""
    lake, part = workspace.lake(), {"year": int(context.partition_key)}
    for contract, commit in make_summary_traffic(lake, part["year"], refresh=config.refresh):
        yield result(lake, contract, commit, part)


@dg.multi_asset(
    pool=TABLES,
    specs=[
        spec(
            contract,
            [dg.AssetDep("cleaned_flights", partition_mapping=YEAR_AND_NEXT), "rotations"],
            YEARS,
        )
        for contract in _CARRIED
    ],
    check_specs=[contract_check(contract) for contract in _CARRIED],
)
def summary_carried(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> Iterator[dg.MaterializeResult]:
    """What legs hand on: pass-through by turnaround, outcomes by wave."""
    lake, part = workspace.lake(), {"year": int(context.partition_key)}
    for contract, commit in make_summary_carried(lake, part["year"], refresh=config.refresh):
        yield result(lake, contract, commit, part)


@dg.multi_asset(
    pool=TABLES,
    specs=[spec(SUMMARY_WEATHER, ["cleaned_flights", "flights_with_weather"], YEARS)],
    check_specs=[contract_check(SUMMARY_WEATHER)],
)
def summary_weather(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> dg.MaterializeResult:
    """Outcomes by the weather at the origin."""
    lake, part = workspace.lake(), {"year": int(context.partition_key)}
    return result(
        lake, SUMMARY_WEATHER, make_summary_weather(lake, part["year"], refresh=config.refresh), part
    )


@dg.multi_asset(
    pool=TABLES,
    specs=[spec(SUMMARY_NETWORK, ["summary_routes"], YEARS)],
    check_specs=[contract_check(SUMMARY_NETWORK)],
)
def summary_network(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> dg.MaterializeResult:
    """Degree, betweenness and PageRank of each airport."""
    lake, part = workspace.lake(), {"year": int(context.partition_key)}
    return result(
        lake, SUMMARY_NETWORK, make_summary_network(lake, part["year"], refresh=config.refresh), part
    )


@dg.multi_asset(
    pool=TABLES,
    specs=[
        spec(
            SUMMARY_OUTLIERS,
            [
                dg.AssetDep("summary_days", partition_mapping=YEAR_AND_NEXT),
                "cleaned_flights",
                "flights_with_weather",
            ],
            YEARS,
        )
    ],
    check_specs=[contract_check(SUMMARY_OUTLIERS)],
)
def summary_outliers(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> dg.MaterializeResult:
    """Days beyond the trailing weeks of their airport, carrier or network."""
    lake, part = workspace.lake(), {"year": int(context.partition_key)}
    return result(
        lake, SUMMARY_OUTLIERS, make_summary_outliers(lake, part["year"], refresh=config.refresh), part
    )
