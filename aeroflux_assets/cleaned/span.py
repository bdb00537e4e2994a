"""Reading cleaned flights around a time: across New Year, and no further than asked."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import groupby

import polars as pl

from aeroflux_assets.errors import MissingTableError
from aeroflux_assets.lake import Lake
from aeroflux_assets.years import Month, Period, Span

# A year of the whole country has 5 to 7 million flights, and is made month by month.
PIECE_ROWS = 200_000
# A local date begins up to 10 hours before its UTC date (Guam) and ends up to 11 after it (Samoa).
ZONE_MARGIN = timedelta(hours=14)


def months_of(lake: Lake, year: int) -> list[Month]:
    """The months that `cleaned_flights` of a year holds, from its commit's notes. MissingTableError without it."""
    commit = lake.commit_of("cleaned_flights", {"year": year})
    if commit is None:
        raise MissingTableError(
            f"table cleaned_flights: year={year} is missing; make it with `aeroflux run` with {year} in AEROFLUX_YEARS"
        )
    return [Month(year, month) for month in commit.notes["months"]]


def month_bounds(period: Period) -> tuple[date, date]:
    """The first day of a period and of the month after it."""
    end = date(period.last.year, period.last.month, 1) + timedelta(days=31)
    return date(period.first.year, period.first.month, 1), end.replace(day=1)


def periods(lake: Lake, months: Iterable[Month]) -> list[Period]:
    """The months as the pieces in which tables are made: each by itself, or a small year's months in one.

    A piece bounds the memory, and costs about half a second however few its flights are.
    """
    pieces: list[Period] = []
    for year, group in groupby(sorted(months), key=lambda month: month.year):
        of_year = list(group)
        commit = lake.commit_of("cleaned_flights", {"year": year})
        # In one piece only if no month of the lake that was not asked for lies between them.
        whole = commit is not None and commit.rows <= PIECE_ROWS and of_year == months_of(lake, year)
        pieces += [Span(of_year[0], of_year[-1])] if whole else of_year
    return pieces


def flights_of_month(lake: Lake, month: Period) -> pl.LazyFrame:
    """`cleaned_flights` whose local date lies in the month, in the order of the table."""
    first, end = month_bounds(month)
    return lake.scan("cleaned_flights", [{"year": month.year}]).filter(
        (pl.col("flight_date") >= first) & (pl.col("flight_date") < end)
    )


def flights_around(
    lake: Lake, month: Period, *, before: timedelta, after: timedelta = timedelta(0)
) -> pl.LazyFrame:
    """`cleaned_flights` scheduled from `before` the month to `after` it, whichever years hold them.

    A year before that is not in the lake gives no rows: what looks back into it sees nulls, and counts what is there.
    The year after is never read: what a year's tables hold must not depend on whether the next one was made first.
    """
    first, end = month_bounds(month)
    start = datetime.combine(first, datetime.min.time()) - ZONE_MARGIN - before
    stop = datetime.combine(end, datetime.min.time()) + ZONE_MARGIN + after
    years = [
        {"year": y} for y in range(start.year, month.year + 1) if lake.has("cleaned_flights", {"year": y})
    ]
    return lake.scan("cleaned_flights", years).filter(pl.col("sched_dep_utc").is_between(start, stop))


def neighbours(year: int) -> list[tuple[str, dict[str, str | int]]]:
    """The cleaned partitions that a year's look-back reads: its own and the year before."""
    return [("cleaned_flights", {"year": y}) for y in (year - 1, year)]
