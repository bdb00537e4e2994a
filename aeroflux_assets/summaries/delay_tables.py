"""The delay summaries of the lake, remade when what they add up changed."""

from collections.abc import Callable

import polars as pl

from aeroflux_assets.contracts.base import Contract
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
from aeroflux_assets.lake import Commit, Lake, Partition
from aeroflux_assets.rotation.legs import CARRY_OVER, year_start
from aeroflux_assets.summaries.carried import by_turnaround, by_wave
from aeroflux_assets.summaries.network import by_airport
from aeroflux_assets.summaries.outliers import airport_weather, find_outliers
from aeroflux_assets.summaries.traffic import by_day, by_delay, by_hour, by_route
from aeroflux_assets.summaries.weather import by_weather

_TRAFFIC: tuple[tuple[Contract, Callable[[pl.LazyFrame], pl.LazyFrame]], ...] = (
    (SUMMARY_ROUTES, by_route),
    (SUMMARY_DAYS, by_day),
    (SUMMARY_HOURS, by_hour),
    (SUMMARY_DELAYS, by_delay),
)


def make_summary_traffic(lake: Lake, year: int, *, refresh: bool = False) -> list[tuple[Contract, Commit]]:
    """`summary_routes`, `summary_days`, `summary_hours`, `summary_delays` of a year, in that order."""
    part: Partition = {"year": year}

    def made(contract: Contract, summarize: Callable[[pl.LazyFrame], pl.LazyFrame]) -> Commit:
        inputs = lake.inputs(contract, [("cleaned_flights", part)])
        flights = lake.scan("cleaned_flights", [part])
        return lake.ensure(contract, part, inputs, lambda _: summarize(flights), refresh=refresh)

    return [(contract, made(contract, summarize)) for contract, summarize in _TRAFFIC]


def make_summary_carried(lake: Lake, year: int, *, refresh: bool = False) -> list[tuple[Contract, Commit]]:
    """`summary_turnarounds` and `summary_waves` of a year."""
    part, before = {"year": year}, {"year": year - 1}
    sources = [("cleaned_flights", part), ("rotations", part)]
    flights, rotations = lake.scan("cleaned_flights", [part]), lake.scan("rotations", [part])
    turned_inputs = lake.inputs(SUMMARY_TURNAROUNDS, [*sources, ("cleaned_flights", before)])
    turned = lake.ensure(
        SUMMARY_TURNAROUNDS,
        part,
        turned_inputs,
        lambda _: by_turnaround(flights, rotations, _inbound_legs(lake, year)),
        refresh=refresh,
    )
    inputs = lake.inputs(SUMMARY_WAVES, sources)
    waves = lake.ensure(SUMMARY_WAVES, part, inputs, lambda _: by_wave(flights, rotations), refresh=refresh)
    return [(SUMMARY_TURNAROUNDS, turned), (SUMMARY_WAVES, waves)]


def _inbound_legs(lake: Lake, year: int) -> pl.LazyFrame:
    """flight_id and arr_delay_min of the year's legs and of those that its first ones may continue."""
    legs = [lake.scan("cleaned_flights", [{"year": year}])]
    if lake.has("cleaned_flights", {"year": year - 1}):
        late = pl.col("sched_dep_utc") >= year_start(year) - CARRY_OVER
        legs.append(lake.scan("cleaned_flights", [{"year": year - 1}]).filter(late))
    return pl.concat([each.select("flight_id", "arr_delay_min") for each in legs])


def make_summary_weather(lake: Lake, year: int, *, refresh: bool = False) -> Commit:
    """`summary_weather` of a year; empty where upstream had no observations."""
    part: Partition = {"year": year}
    inputs = lake.inputs(SUMMARY_WEATHER, [("cleaned_flights", part), ("flights_with_weather", part)])
    flights, seen = lake.scan("cleaned_flights", [part]), lake.scan("flights_with_weather", [part])
    return lake.ensure(SUMMARY_WEATHER, part, inputs, lambda _: by_weather(flights, seen), refresh=refresh)


def make_summary_network(lake: Lake, year: int, *, refresh: bool = False) -> Commit:
    """`summary_network` of a year."""
    part: Partition = {"year": year}
    inputs = lake.inputs(SUMMARY_NETWORK, [("summary_routes", part)])
    return lake.ensure(
        SUMMARY_NETWORK,
        part,
        inputs,
        lambda _: by_airport(lake.scan("summary_routes", [part]).collect()),
        refresh=refresh,
    )


def make_summary_outliers(lake: Lake, year: int, *, refresh: bool = False) -> Commit:
    """`summary_outliers` of a year, against the days before, those of the year before included."""
    part, before = {"year": year}, {"year": year - 1}
    sources = [("summary_days", before), ("summary_days", part), ("flights_with_weather", part)]
    inputs = lake.inputs(SUMMARY_OUTLIERS, sources)

    def found(_: object) -> pl.DataFrame:
        years = [each for each in (before, part) if lake.has("summary_days", each)]
        days, seen = lake.scan("summary_days", years), None
        if lake.has("flights_with_weather", part):
            weather = lake.scan("flights_with_weather", [part])
            seen = airport_weather(lake.scan("cleaned_flights", [part]), weather)
        return find_outliers(days, year, seen)

    return lake.ensure(SUMMARY_OUTLIERS, part, inputs, found, refresh=refresh)
