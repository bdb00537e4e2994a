"""Raw tables: the reference files, BTS flights and NOAA weather by year."""

from collections.abc import Callable

import dagster as dg

from aeroflux_assets.contracts.base import Contract
from aeroflux_assets.contracts.raw_flights import RAW_FLIGHTS
from aeroflux_assets.contracts.raw_weather import RAW_WEATHER
from aeroflux_assets.contracts.reference import RAW_AIRCRAFT, RAW_AIRPORTS, RAW_GHCNH_STATIONS, RAW_STATIONS
from aeroflux_assets.defs.outages import outages_waited_out
from aeroflux_assets.defs.partitions import YEARS
from aeroflux_assets.defs.pools import TABLES
from aeroflux_assets.defs.report import contract_check, result, spec
from aeroflux_assets.defs.resources import TableConfig, Workspace
from aeroflux_assets.lake import NO_PARTITION, Commit
from aeroflux_assets.raw.tables import (
    make_raw_aircraft,
    make_raw_airports,
    make_raw_flights,
    make_raw_ghcnh_stations,
    make_raw_stations,
    make_raw_weather,
)


def _reference(contract: Contract, make: Callable[..., Commit]) -> dg.AssetsDefinition:
    @dg.multi_asset(
        pool=TABLES,
        name=contract.name,
        specs=[spec(contract, [], None)],
        check_specs=[contract_check(contract)],
    )
    def table(
        context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
    ) -> dg.MaterializeResult:
        lake = workspace.lake()
        with outages_waited_out(context):
            commit = make(lake, workspace.upstream(), refresh=config.refresh)
        return result(lake, contract, commit, NO_PARTITION)

    return table


raw_airports = _reference(RAW_AIRPORTS, make_raw_airports)
raw_stations = _reference(RAW_STATIONS, make_raw_stations)
raw_ghcnh_stations = _reference(RAW_GHCNH_STATIONS, make_raw_ghcnh_stations)
raw_aircraft = _reference(RAW_AIRCRAFT, make_raw_aircraft)


@dg.multi_asset(pool=TABLES, specs=[spec(RAW_FLIGHTS, [], YEARS)], check_specs=[contract_check(RAW_FLIGHTS)])
def raw_flights(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> dg.MaterializeResult:
    """BTS months of the year, as published."""
    lake, year = workspace.lake(), int(context.partition_key)
    source = workspace.settings().source
    with outages_waited_out(context):
        commit = make_raw_flights(
            lake, workspace.upstream(), year, source=source, refresh=config.refresh, progress=context.log.info
        )
    return result(lake, RAW_FLIGHTS, commit, {"year": year})


@dg.multi_asset(
    pool=TABLES,
    specs=[spec(RAW_WEATHER, ["raw_flights", "airports", "raw_stations", "raw_ghcnh_stations"], YEARS)],
    check_specs=[contract_check(RAW_WEATHER)],
)
def raw_weather(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> dg.MaterializeResult:
    """Reports of the stations near the airports that the year's flights serve."""
    lake, year = workspace.lake(), int(context.partition_key)
    with outages_waited_out(context):
        commit = make_raw_weather(
            lake, workspace.upstream(), year, refresh=config.refresh, progress=context.log.info
        )
    return result(lake, RAW_WEATHER, commit, {"year": year})
