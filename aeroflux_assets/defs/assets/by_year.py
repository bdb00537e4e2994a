"""The tables that are partitioned by year: cleaned, weather join, rotation; and the airports."""

from collections.abc import Iterator

import dagster as dg

from aeroflux_assets.cleaned.tables import make_airports, make_cleaned_flights, make_cleaned_weather
from aeroflux_assets.contracts.cleaned import AIRPORTS, CLEANED_FLIGHTS, CLEANED_WEATHER, QUARANTINED_FLIGHTS
from aeroflux_assets.contracts.ledger import LEDGER
from aeroflux_assets.contracts.rotation import ROTATIONS
from aeroflux_assets.contracts.weather import AIRPORT_STATIONS, FLIGHTS_WITH_WEATHER
from aeroflux_assets.defs.partitions import YEAR_AND_NEXT, YEARS
from aeroflux_assets.defs.pools import TABLES
from aeroflux_assets.defs.report import contract_check, result, spec
from aeroflux_assets.defs.resources import TableConfig, Workspace
from aeroflux_assets.lake import NO_PARTITION
from aeroflux_assets.rotation.tables import make_ledger, make_rotations
from aeroflux_assets.weather_join.tables import make_airport_stations, make_flights_with_weather


@dg.multi_asset(
    pool=TABLES, specs=[spec(AIRPORTS, ["raw_airports"], None)], check_specs=[contract_check(AIRPORTS)]
)
def airports(config: TableConfig, workspace: Workspace) -> dg.MaterializeResult:
    """Airports with their time zones."""
    lake = workspace.lake()
    return result(lake, AIRPORTS, make_airports(lake, refresh=config.refresh), NO_PARTITION)


@dg.multi_asset(
    pool=TABLES,
    specs=[
        spec(CLEANED_FLIGHTS, ["raw_flights", "airports"], YEARS),
        spec(QUARANTINED_FLIGHTS, ["raw_flights", "airports"], YEARS),
    ],
    check_specs=[contract_check(CLEANED_FLIGHTS), contract_check(QUARANTINED_FLIGHTS)],
)
def cleaned_flights(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> Iterator[dg.MaterializeResult]:
    """Flights on UTC, and the rows set aside."""
    lake, part = workspace.lake(), {"year": int(context.partition_key)}
    cleaned, quarantined = make_cleaned_flights(
        lake, part["year"], refresh=config.refresh, progress=context.log.info
    )
    yield result(lake, CLEANED_FLIGHTS, cleaned, part)
    yield result(lake, QUARANTINED_FLIGHTS, quarantined, part)


@dg.multi_asset(
    pool=TABLES,
    specs=[spec(CLEANED_WEATHER, ["raw_weather"], YEARS)],
    check_specs=[contract_check(CLEANED_WEATHER)],
)
def cleaned_weather(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> dg.MaterializeResult:
    """Observations, one a station and time."""
    lake, part = workspace.lake(), {"year": int(context.partition_key)}
    return result(
        lake, CLEANED_WEATHER, make_cleaned_weather(lake, part["year"], refresh=config.refresh), part
    )


@dg.multi_asset(
    pool=TABLES,
    specs=[spec(AIRPORT_STATIONS, ["cleaned_flights", "cleaned_weather", "airports", "raw_stations"], YEARS)],
    check_specs=[contract_check(AIRPORT_STATIONS)],
)
def airport_stations(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> dg.MaterializeResult:
    """The nearest station that reports in the period."""
    lake, part = workspace.lake(), {"year": int(context.partition_key)}
    return result(
        lake, AIRPORT_STATIONS, make_airport_stations(lake, part["year"], refresh=config.refresh), part
    )


@dg.multi_asset(
    pool=TABLES,
    specs=[
        spec(
            FLIGHTS_WITH_WEATHER,
            [
                "cleaned_flights",
                dg.AssetDep("cleaned_weather", partition_mapping=YEAR_AND_NEXT),
                "airport_stations",
            ],
            YEARS,
        )
    ],
    check_specs=[contract_check(FLIGHTS_WITH_WEATHER)],
)
def flights_with_weather(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> dg.MaterializeResult:
    """Observed at the scheduled times, for exploration only."""
    lake, part = workspace.lake(), {"year": int(context.partition_key)}
    commit = make_flights_with_weather(lake, part["year"], refresh=config.refresh)
    return result(lake, FLIGHTS_WITH_WEATHER, commit, part)


@dg.multi_asset(
    pool=TABLES,
    specs=[spec(ROTATIONS, [dg.AssetDep("cleaned_flights", partition_mapping=YEAR_AND_NEXT)], YEARS)],
    check_specs=[contract_check(ROTATIONS)],
)
def rotations(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> dg.MaterializeResult:
    """Legs of each tail, carried over New Year."""
    lake, part = workspace.lake(), {"year": int(context.partition_key)}
    return result(lake, ROTATIONS, make_rotations(lake, part["year"], refresh=config.refresh), part)


@dg.multi_asset(
    pool=TABLES,
    specs=[
        spec(LEDGER, ["rotations", dg.AssetDep("cleaned_flights", partition_mapping=YEAR_AND_NEXT)], YEARS)
    ],
    check_specs=[contract_check(LEDGER)],
)
def ledger(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> dg.MaterializeResult:
    """Where the minutes of every arrival delay came from."""
    lake, part = workspace.lake(), {"year": int(context.partition_key)}
    return result(lake, LEDGER, make_ledger(lake, part["year"], refresh=config.refresh), part)
