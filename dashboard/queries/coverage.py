"""Which dates the lake covers, and a flight of it to try."""

from dataclasses import dataclass
from datetime import date, timedelta

from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS
from aeroflux_assets.contracts.summaries import SUMMARY_YEARS
from aeroflux_assets.lake import Lake
from dashboard.queries.inventory import years_of
from dashboard.queries.views import Wanted, open_views, query


@dataclass(frozen=True)
class Example:
    """A flight worth a look: late, of an aircraft with a busy day."""

    tail: str
    day: date
    carrier: str
    number: int


def covered(lake: Lake) -> tuple[date, date] | None:
    """The first and last flight date of the newest year in the lake; None for an empty lake."""
    years = years_of(lake)
    if not years:
        return None
    newest = {"year": years[-1]}
    contract = SUMMARY_YEARS if lake.has(SUMMARY_YEARS.name, newest) else CLEANED_FLIGHTS
    low, high = ("first_date", "last_date") if contract is SUMMARY_YEARS else ("flight_date", "flight_date")
    with open_views(lake, [Wanted(contract, [newest])]) as con:
        found = query(con, f'SELECT min({low}) AS low, max({high}) AS high FROM "{contract.name}"').row(0)
    return (found[0], found[1]) if found[0] is not None else None


def middle_day(lake: Lake, year: int) -> date | None:
    """The last day with flights up to the middle of what the lake has of a year; None where it has nothing."""
    flights = [{"year": year}]
    with open_views(lake, [Wanted(CLEANED_FLIGHTS, flights)]) as con:
        low, high = query(
            con, "SELECT min(flight_date) AS a, max(flight_date) AS b FROM cleaned_flights"
        ).row(0)
        if low is None:
            return None
        middle = low + timedelta(days=(high - low).days // 2)
        # The middle may fall into a month that upstream did not have.
        near = "SELECT max(flight_date) FROM cleaned_flights WHERE flight_date <= ?"
        day: date = query(con, near, [middle]).item()
        return day


def examples(lake: Lake, count: int = 3) -> list[Example]:
    """The latest legs of the aircraft that were late most often, on a day in the middle of the newest year.

    Delays of more than four hours are left out: those aircraft mostly did not fly their own plan any more.
    """
    span = covered(lake)
    if span is None:
        return []
    day = middle_day(lake, span[1].year)
    sql = """
        WITH legs AS (
            SELECT tail, carrier, flight_number, coalesce(arr_delay_min, 0) AS late
            FROM cleaned_flights WHERE flight_date = ? AND tail IS NOT NULL
        )
        SELECT tail, arg_max(carrier, late) AS carrier, arg_max(flight_number, late) AS number
        FROM legs GROUP BY tail HAVING count(*) >= 3 AND max(late) <= 240
        ORDER BY count_if(late >= 15) DESC, max(late) DESC, tail LIMIT ?
    """
    if day is None:
        return []
    with open_views(lake, [Wanted(CLEANED_FLIGHTS, [{"year": day.year}])]) as con:
        rows = query(con, sql, [day, count]).iter_rows(named=True)
        return [Example(row["tail"], day, row["carrier"], row["number"]) for row in rows]
