"""The cleaned tables of the lake: airports, flights month by month with their quarantine, weather."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import polars as pl

from aeroflux_assets.cleaned.airports import build_airports
from aeroflux_assets.cleaned.flights import clean_month
from aeroflux_assets.cleaned.observations import clean_weather
from aeroflux_assets.contracts.cleaned import AIRPORTS, CLEANED_FLIGHTS, CLEANED_WEATHER, QUARANTINED_FLIGHTS
from aeroflux_assets.lake import NO_PARTITION, Commit, Lake
from aeroflux_assets.sources.upstream import Progress

GAPS = ("sched_arr_clock_gap_min", "dep_clock_gap_min", "arr_clock_gap_min")


def make_airports(lake: Lake, *, refresh: bool = False) -> Commit:
    """`airports`, with the number of zones that had to be had from the longitude."""
    inputs = lake.inputs(AIRPORTS, [("raw_airports", NO_PARTITION)])

    def build(notes: dict[str, Any]) -> pl.DataFrame:
        airports = build_airports(lake.scan("raw_airports"))
        notes["zones_by_longitude"] = airports.filter(pl.col("time_zone_from") == "longitude").height
        return airports

    return lake.ensure(AIRPORTS, NO_PARTITION, inputs, build, refresh=refresh)


def make_cleaned_flights(
    lake: Lake, year: int, *, refresh: bool = False, progress: Progress | None = None
) -> tuple[Commit, Commit]:
    """`cleaned_flights` and `quarantined_flights` of a year, month by month; every raw row ends in one of them.

    The notes of the first count what was set aside and why, clocks that disagree, and cancelled flights
    without a tail, which no rotation can place.
    """
    part = {"year": year}
    inputs = lake.inputs(CLEANED_FLIGHTS, [("raw_flights", part), ("airports", NO_PARTITION)])
    quarantine_inputs = lake.inputs(QUARANTINED_FLIGHTS, [("raw_flights", part), ("airports", NO_PARTITION)])
    quarantined: list[pl.DataFrame] = []

    def months(notes: dict[str, Any]) -> Iterator[pl.DataFrame]:
        counts = _Counts()
        airports = lake.scan("airports").collect()
        raw_commit = lake.commit_of("raw_flights", part)
        raw = lake.scan("raw_flights", [part])
        found = raw_commit.notes["months"] if raw_commit else []
        for month in found:
            cleaned = clean_month(raw.filter(pl.col("source_month") == month), airports, year)
            quarantined.append(cleaned.quarantined)
            counts.add(cleaned.flights, cleaned.quarantined, airports)
            yield cleaned.flights
            if progress is not None:
                progress(f"cleaned_flights {year}-{month:02d}: {cleaned.flights.height} flights")
        notes |= {"months": found, "rows_in": raw_commit.rows if raw_commit else 0} | counts.as_notes()

    done = None if refresh else lake.current(CLEANED_FLIGHTS.name, part, inputs)
    set_aside = None if refresh else lake.current(QUARANTINED_FLIGHTS.name, part, quarantine_inputs)
    if done is not None and set_aside is not None:
        return done, set_aside
    done = lake.ensure(CLEANED_FLIGHTS, part, inputs, months, refresh=True)
    set_aside = lake.ensure(QUARANTINED_FLIGHTS, part, quarantine_inputs, lambda _: quarantined, refresh=True)
    return done, set_aside


class _Counts:
    """What cleaning counted, summed over months."""

    def __init__(self) -> None:
        self._reasons: Counter[str] = Counter()
        self._numbers: Counter[str] = Counter()
        self._gaps: Counter[str] = Counter()
        self._unmatched: Counter[str] = Counter()

    def add(self, flights: pl.DataFrame, quarantined: pl.DataFrame, airports: pl.DataFrame) -> None:
        for reason, rows in quarantined.group_by("reason").len().iter_rows():
            self._reasons[reason] += rows
        known = airports["airport"].implode()
        missing = pl.concat([quarantined["Origin"], flights["dest"]]).drop_nulls()
        for code, rows in missing.filter(~missing.is_in(known)).value_counts().iter_rows():
            self._unmatched[code] += rows
        for gap in GAPS:
            self._gaps[gap] += flights.filter(pl.col(gap) != 0).height
            self._gaps[f"{gap}_whole_hours"] += flights.filter(
                (pl.col(gap) != 0) & (pl.col(gap) % 60 == 0)
            ).height
        cancelled = flights.filter(pl.col("is_cancelled"))
        self._numbers["unplaceable_cancelled"] += cancelled["tail"].null_count()
        self._numbers["unplaceable"] += flights["tail"].null_count()
        self._numbers["dst_gap"] += flights.filter(pl.col("dst_case") == "gap").height
        self._numbers["dst_fold"] += flights.filter(pl.col("dst_case") == "fold").height

    def as_notes(self) -> dict[str, Any]:
        return {
            "quarantined": dict(self._reasons.most_common()),
            "duplicates": self._reasons["duplicate of another row"],
            "clock_gaps": dict(self._gaps),
            "unmatched_airports": dict(self._unmatched.most_common(50)),
            **self._numbers,
        }


def make_cleaned_weather(lake: Lake, year: int, *, refresh: bool = False) -> Commit:
    """`cleaned_weather` of a year."""
    part = {"year": year}
    inputs = lake.inputs(CLEANED_WEATHER, [("raw_weather", part)])

    def build(notes: dict[str, Any]) -> pl.LazyFrame:
        notes["rows_in"] = lake.scan("raw_weather", [part]).select(pl.len()).collect().item()
        return clean_weather(lake.scan("raw_weather", [part]))

    return lake.ensure(CLEANED_WEATHER, part, inputs, build, refresh=refresh)
