"""The tables of the weather join: stations of the year, and the joined observations month by month."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from aeroflux_assets.cleaned.span import flights_of_month, months_of, periods
from aeroflux_assets.contracts.weather import AIRPORT_STATIONS, FLIGHTS_WITH_WEATHER, WEATHER_AT_CUTOFF
from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.lake import NO_PARTITION, Commit, Lake, Partition
from aeroflux_assets.raw.near_stations import near_stations
from aeroflux_assets.weather_join.asof import weather_at_cutoff, weather_at_schedule
from aeroflux_assets.weather_join.stations import choose_stations


def make_airport_stations(lake: Lake, year: int, *, refresh: bool = False) -> Commit:
    """`airport_stations` of a year."""
    part = {"year": year}
    tables = [
        ("cleaned_flights", part),
        ("cleaned_weather", part),
        ("airports", NO_PARTITION),
        ("raw_stations", NO_PARTITION),
    ]
    inputs = lake.inputs(AIRPORT_STATIONS, tables)

    def build(notes: dict[str, Any]) -> pl.DataFrame:
        flights = lake.scan("cleaned_flights", [part])
        served = pl.concat([flights.select(pl.col(end).alias("airport")) for end in ("origin", "dest")])
        codes = served.unique().collect(engine="streaming")["airport"].to_list()
        near = near_stations(
            lake.scan("airports").collect(), lake.scan("raw_stations").collect(), codes, year
        )
        chosen = choose_stations(near, lake.scan("cleaned_weather", [part]), flights)
        notes["airports_without_weather"] = chosen.filter(pl.col("station_id").is_null())["airport"].to_list()
        return chosen

    return lake.ensure(AIRPORT_STATIONS, part, inputs, build, refresh=refresh)


def _weather(lake: Lake, year: int) -> pl.LazyFrame:
    """Observations of the year and of the one before, where it is there: cutoffs of New Year's Day reach back."""
    years = [{"year": y} for y in (year - 1, year) if lake.has("cleaned_weather", {"year": y})]
    return lake.scan("cleaned_weather", years)


def _tables(year: int) -> list[tuple[str, dict[str, str | int]]]:
    part: dict[str, str | int] = {"year": year}
    return [
        ("cleaned_flights", part),
        ("airport_stations", part),
        ("cleaned_weather", {"year": year - 1}),
        ("cleaned_weather", part),
    ]


def _match_notes(frame: pl.DataFrame, notes: dict[str, Any]) -> None:
    for end in ("dep", "arr"):
        notes[f"{end}_matched"] = notes.get(f"{end}_matched", 0) + frame[f"{end}_obs_utc"].count()
        both = frame.filter(
            pl.col(f"{end}_temp_c").is_not_null() & pl.col(f"{end}_wind_speed_m_s").is_not_null()
        )
        notes[f"{end}_temp_and_wind"] = notes.get(f"{end}_temp_and_wind", 0) + both.height
    complete = pl.all_horizontal(
        pl.col(f"{end}_{value}").is_not_null()
        for end in ("dep", "arr")
        for value in ("temp_c", "wind_speed_m_s")
    )
    both_ends = frame.filter(complete)
    notes["both_ends_temp_and_wind"] = notes.get("both_ends_temp_and_wind", 0) + both_ends.height
    notes["flights"] = notes.get("flights", 0) + frame.height


def make_flights_with_weather(lake: Lake, year: int, *, refresh: bool = False) -> Commit:
    """`flights_with_weather` of a year: observed at the scheduled times, for exploration only."""
    part = {"year": year}
    inputs = lake.inputs(FLIGHTS_WITH_WEATHER, _tables(year))

    def months(notes: dict[str, Any]) -> Iterator[pl.DataFrame]:
        stations, weather = lake.scan("airport_stations", [part]).collect(), _weather(lake, year)
        for month in periods(lake, months_of(lake, year)):
            frame = weather_at_schedule(flights_of_month(lake, month), weather, stations).collect(
                engine="streaming"
            )
            _match_notes(frame, notes)
            yield frame

    return lake.ensure(FLIGHTS_WITH_WEATHER, part, inputs, months, refresh=refresh)


def make_weather_at_cutoff(lake: Lake, year: int, cutoff: Cutoff, *, refresh: bool = False) -> Commit:
    """`weather_at_cutoff` of a year: both ends as observed at the cutoff."""
    part: Partition = {"year": year, "cutoff": cutoff.name}
    inputs = lake.inputs(WEATHER_AT_CUTOFF, _tables(year))

    def months(notes: dict[str, Any]) -> Iterator[pl.DataFrame]:
        stations, weather = lake.scan("airport_stations", [{"year": year}]).collect(), _weather(lake, year)
        for month in periods(lake, months_of(lake, year)):
            flights = flights_of_month(lake, month)
            frame = weather_at_cutoff(flights, weather, stations, cutoff).collect(engine="streaming")
            _match_notes(frame, notes)
            yield frame

    return lake.ensure(WEATHER_AT_CUTOFF, part, inputs, months, refresh=refresh)
