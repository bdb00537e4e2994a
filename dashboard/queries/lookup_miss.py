"""What to say when no flight was found: what exists nearby, so that the next try hits."""

from datetime import date, timedelta

import duckdb
import polars as pl

from aeroflux_assets.lake import Lake
from aeroflux_assets.years import FIRST_BTS_YEAR
from dashboard.queries.gaps import DEMO, RUN, command_for, spelled
from dashboard.queries.inventory import missing_months, years_of
from dashboard.queries.lookup_query import LookupQuery
from dashboard.queries.views import query

NEARBY_DAYS = 15
SHOWN = 5
MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def no_such_date(lake: Lake, day: date) -> str:
    """The year of `day` is not in the lake: what it has, and the command that adds the year where one can."""
    years, year = years_of(lake), day.year
    if not years:
        return f"no flights in {lake.root} yet; `{DEMO}` makes a small simulated lake, `{RUN}` your years"
    have = f"no flights of {year} in the lake; it has {spelled(years)}."
    if year > date.today().year:
        return f"{have} {year} has not been flown yet, and a year comes in with its published flights"
    if year < FIRST_BTS_YEAR:
        return f"{have} Flights are published from {FIRST_BTS_YEAR} on"
    return f"{have} `{command_for((year,))}` adds {year}"


def no_such_flight(lake: Lake, con: duckdb.DuckDBPyConnection, wanted: LookupQuery) -> str:
    """The year is there, the flight is not: the days near, the names near, or the dates covered."""
    day = wanted.day
    of_day = query(
        con,
        "SELECT tail, carrier, flight_number, origin, dest FROM cleaned_flights WHERE flight_date = ?",
        [day],
    )
    if of_day.is_empty():
        return _nothing_that_day(lake, con, day)
    if wanted.tails:
        return _tail_miss(con, wanted, of_day)
    if wanted.number is not None:
        return _number_miss(con, wanted, of_day)
    return _route_miss(wanted, of_day)


def _nothing_that_day(lake: Lake, con: duckdb.DuckDBPyConnection, day: date) -> str:
    absent = missing_months(lake, (day.year,)).get(day.year, [])
    if day.month in absent:
        names = ", ".join(MONTH_NAMES[month - 1] for month in absent)
        return f"no flights on {day}: upstream had no file for these months of {day.year}: {names}"
    extent = "SELECT min(flight_date) AS low, max(flight_date) AS high FROM cleaned_flights WHERE year = ?"
    low, high = query(con, extent, [day.year]).row(0)
    return f"no flights on {day}: {day.year} in the lake runs from {low} to {high}"


def _tail_miss(con: duckdb.DuckDBPyConnection, wanted: LookupQuery, of_day: pl.DataFrame) -> str:
    tail, day = wanted.tails[0], wanted.day
    flown = of_day.filter(pl.col("tail").is_in(list(wanted.tails)))
    if not flown.is_empty():
        legs = _listed([f"{c}{n} {o}->{d}" for _, c, n, o, d in flown.iter_rows()])
        return f"{tail} flew on {day}, but not as {_besides(wanted)}; it flew {legs}"
    marks = ", ".join("?" * len(wanted.tails))
    days = _days_near(con, f"tail IN ({marks})", list(wanted.tails), day)
    if days:
        return f"no {tail} on {day}; it flew on {_dates(days, day)}"
    similar = _similar(con, tail, day)
    hint = f"; tails like it that day: {', '.join(similar)}" if similar else ""
    return f"no {tail} on {day}, nor within {NEARBY_DAYS} days of it{hint}"


def _number_miss(con: duckdb.DuckDBPyConnection, wanted: LookupQuery, of_day: pl.DataFrame) -> str:
    day, name, number = wanted.day, wanted.flight_name, wanted.number
    same_number = of_day.filter(pl.col("flight_number") == number)
    same = same_number.filter(pl.col("carrier") == wanted.carrier) if wanted.carrier else same_number
    if not same.is_empty():
        routes = _listed([f"{c}{n} {o}->{d}" for _, c, n, o, d in same.iter_rows()])
        return f"{name} flew on {day}, but not {_route(wanted)}; it flew {routes}"
    where = "flight_number = ?" + (" AND carrier = ?" if wanted.carrier else "")
    params: list[object] = [number, wanted.carrier] if wanted.carrier else [number]
    days = _days_near(con, where, params, day)
    if days:
        return f"no {name} on {day}; it flew on {_dates(days, day)}"
    if not same_number.is_empty():
        others = _listed([f"{c}{n} {o}->{d}" for _, c, n, o, d in same_number.sort("carrier").iter_rows()])
        return f"no {name} on {day}; that number was flown by others: {others}"
    carriers = of_day["carrier"].unique().sort().to_list()
    if wanted.carrier and wanted.carrier not in carriers:
        others = ", ".join(carriers)
        return f"no {name} on {day}: {wanted.carrier} reports no flights that day; those that do: {others}"
    near = (
        of_day.filter(pl.col("carrier") == wanted.carrier if wanted.carrier else pl.lit(value=True))
        .with_columns(away=(pl.col("flight_number") - number).abs())
        .sort("away", "flight_number")
        .unique(["carrier", "flight_number"], keep="first", maintain_order=True)
        .head(SHOWN)
    )
    numbers = ", ".join(f"{row['carrier']}{row['flight_number']}" for row in near.iter_rows(named=True))
    return f"no {name} on {day}, nor within {NEARBY_DAYS} days of it; the nearest numbers that day: {numbers}"


def _route_miss(wanted: LookupQuery, of_day: pl.DataFrame) -> str:
    out = of_day.filter(pl.col("origin") == wanted.origin)
    route = out.filter(pl.col("dest") == wanted.dest)
    if not route.is_empty():
        carriers = ", ".join(route["carrier"].unique().sort().to_list())
        return f"no {wanted.carrier} {_route(wanted)} on {wanted.day}; {carriers} flew it"
    if out.is_empty():
        return f"no departures from {wanted.origin} on {wanted.day}"
    dests = out["dest"].value_counts(sort=True).head(SHOWN)["dest"].to_list()
    most = ", ".join(dests)
    return f"no flights {_route(wanted)} on {wanted.day}; from {wanted.origin} most flew to {most}"


def _days_near(con: duckdb.DuckDBPyConnection, where: str, params: list[object], day: date) -> list[date]:
    """The days nearest to `day` on which something flew, in order of date."""
    sql = f"""
        SELECT DISTINCT flight_date FROM cleaned_flights
        WHERE flight_date BETWEEN ? AND ? AND {where}
        ORDER BY abs(date_diff('day', flight_date, CAST(? AS DATE))), flight_date LIMIT {SHOWN}
    """
    span = [day - timedelta(days=NEARBY_DAYS), day + timedelta(days=NEARBY_DAYS)]
    return sorted(query(con, sql, [*span, *params, day])["flight_date"].to_list())


def _similar(con: duckdb.DuckDBPyConnection, tail: str, day: date) -> list[str]:
    """The tails of the day that are spelt most like `tail`, at most two letters off."""
    sql = f"""
        SELECT tail FROM (SELECT DISTINCT tail FROM cleaned_flights WHERE flight_date = ?)
        WHERE damerau_levenshtein(tail, ?) <= 2 ORDER BY damerau_levenshtein(tail, ?), tail LIMIT {SHOWN}
    """
    return [str(value) for value in query(con, sql, [day, tail, tail])["tail"].to_list()]


def _dates(days: list[date], day: date) -> str:
    """`14 and 16` where all fall in the month asked about, whole dates otherwise."""
    short = all((each.year, each.month) == (day.year, day.month) for each in days)
    texts = [str(each.day) if short else str(each) for each in days]
    return _and(texts)


def _and(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def _listed(texts: list[str]) -> str:
    more = len(texts) - SHOWN
    return ", ".join(texts[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _besides(wanted: LookupQuery) -> str:
    parts = [wanted.flight_name] if wanted.number is not None else [wanted.carrier or ""]
    return " ".join(part for part in (*parts, _route(wanted)) if part) or "asked"


def _route(wanted: LookupQuery) -> str:
    if not (wanted.origin or wanted.dest):
        return ""
    return f"{wanted.origin or 'anywhere'}->{wanted.dest or 'anywhere'}"
