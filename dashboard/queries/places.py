"""An airport's day: its flights as a board, the day by 15 minutes, and its banks."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from aeroflux_assets.contracts.cleaned import AIRPORTS, CLEANED_FLIGHTS
from aeroflux_assets.contracts.summaries_delay import SUMMARY_DAYS
from aeroflux_assets.lake import Lake
from dashboard.queries.views import Wanted, committed, open_views, query

SLOT_MIN = 15
DEPARTURES, ARRIVALS = "departure", "arrival"
# A bank is a half hour with this much more than the two hours around it hold on average, more than an average
# half hour of the day, and not a handful.
_PEAK, _AROUND_SLOTS, LEAST_HALF_HOUR = 1.3, 4, 8


@dataclass(frozen=True)
class Bank:
    """A bank: its kind, begin and end (same clock as the board), and what became of it."""

    kind: str
    begins: datetime
    ends: datetime
    flights: int
    late: int
    cancelled: int


def board(lake: Lake, airport: str, day: date, *, utc: bool = False) -> pl.DataFrame:
    """The departures and arrivals that are scheduled on a local date at an airport, in order of schedule.

    kind, scheduled, actual (on the airport's clock, or UTC), carrier, flight_number, other (the far end), tail,
    delay_min (departure or arrival delay), status: on time, late, cancelled, diverted, or not reported.
    """
    years = sorted({day.year, (day - timedelta(days=1)).year})
    wanted = [
        Wanted(CLEANED_FLIGHTS, committed(lake, CLEANED_FLIGHTS, "year", years)),
        Wanted(AIRPORTS),
    ]
    # An arrival of today may have left yesterday by its own clock, or tomorrow across the date line.
    sql = """
        SELECT 'departure' AS kind, sched_dep_local AS scheduled_local, sched_dep_utc AS scheduled_utc,
            dep_utc AS actual_utc, dep_delay_min AS delay_min, dest AS other,
            carrier, flight_number, tail, is_cancelled, is_diverted, flight_id
        FROM cleaned_flights WHERE origin = $airport AND flight_date = $day
        UNION ALL
        SELECT 'arrival', sched_arr_local, sched_arr_utc, arr_utc, arr_delay_min, origin,
            carrier, flight_number, tail, is_cancelled, is_diverted, flight_id
        FROM cleaned_flights
        WHERE dest = $airport AND flight_date BETWEEN $day - 1 AND $day + 1
            AND sched_arr_local >= $day AND sched_arr_local < $day + 1
    """
    with open_views(lake, wanted) as con:
        frame: pl.DataFrame = con.sql(sql, params={"airport": airport, "day": day}).pl()
    arrived = pl.col("delay_min").is_not_null()
    status = (
        pl.when("is_cancelled")
        .then(pl.lit("cancelled"))
        .when(pl.col("is_diverted") & (pl.col("kind") == ARRIVALS))
        .then(pl.lit("diverted"))
        .when(~arrived)
        .then(pl.lit("not reported"))
        .when(pl.col("delay_min") >= 15)
        .then(pl.lit("late"))
        .otherwise(pl.lit("on time"))
    )
    # The offset of the schedule, so that no zone table is asked: exact unless the clocks turn during the delay.
    offset = pl.col("scheduled_local") - pl.col("scheduled_utc")
    shift = pl.duration() if utc else offset
    return (
        frame.with_columns(
            scheduled=pl.col("scheduled_utc") + shift, actual=pl.col("actual_utc") + shift, status=status
        )
        .sort("scheduled", "kind", "carrier", "flight_number")
        .select(
            "kind", "scheduled", "actual", "carrier", "flight_number", "other", "tail", "delay_min", "status",
            "flight_id",
        )
    )  # fmt: skip


def slots(flights: pl.DataFrame) -> pl.DataFrame:
    """The board by 15 minutes of schedule: kind, slot (its start), status, flights. flights: `board`."""
    slot = pl.col("scheduled").dt.truncate(f"{SLOT_MIN}m")
    return (
        flights.group_by("kind", slot.alias("slot"), "status")
        .agg(pl.len().alias("flights"))
        .sort("slot", "kind", "status")
    )


def banks(flights: pl.DataFrame) -> list[Bank]:
    """The banks of an airport's day, in order: see `bank` in queries/definitions.py. flights: `board`."""
    return sorted(
        (
            bank
            for kind in (DEPARTURES, ARRIVALS)
            for bank in _banks_of(flights.filter(pl.col("kind") == kind), kind)
        ),
        key=lambda bank: (bank.begins, bank.kind),
    )


def fullest_half_hour(flights: pl.DataFrame) -> int:
    """The most departures, or arrivals, in two quarters of an hour that follow one another. flights: `board`."""
    kinds = [flights.filter(pl.col("kind") == kind) for kind in (DEPARTURES, ARRIVALS)]
    halves = [_by_quarter(mine).select(_half_hour().max()).item() for mine in kinds if not mine.is_empty()]
    return max(halves, default=0)


def _by_quarter(flights: pl.DataFrame) -> pl.DataFrame:
    return (
        flights.group_by(slot=pl.col("scheduled").dt.truncate(f"{SLOT_MIN}m"))
        .agg(
            pl.len().alias("flights"),
            (pl.col("status") == "late").sum().alias("late"),
            (pl.col("status") == "cancelled").sum().alias("cancelled"),
        )
        .sort("slot")
        .upsample("slot", every=f"{SLOT_MIN}m")
        .with_columns(pl.col("flights", "late", "cancelled").fill_null(0))
    )


def _half_hour() -> pl.Expr:
    """Of quarters in order: the flights of each with those of the next."""
    return pl.col("flights") + pl.col("flights").shift(-1, fill_value=0)


def _banks_of(flights: pl.DataFrame, kind: str) -> list[Bank]:
    if flights.is_empty():
        return []
    counted = _by_quarter(flights)
    around = pl.col("flights").rolling_mean(2 * _AROUND_SLOTS + 1, center=True, min_samples=1)
    half_hour = _half_hour()
    usual = 2 * pl.col("flights").mean()
    peak = (half_hour >= _PEAK * 2 * around) & (half_hour > usual) & (half_hour >= LEAST_HALF_HOUR)
    runs = (
        # A quiet quarter at the edge of a busy half hour is no part of the bank.
        counted.with_columns(busy=(peak | peak.shift(1, fill_value=False)) & (pl.col("flights") > around))
        .with_columns(run=(pl.col("busy") != pl.col("busy").shift(1)).fill_null(False).cum_sum())
        .filter("busy")
        .group_by("run")
        .agg(
            pl.col("slot").min().alias("begins"),
            pl.col("slot").max().alias("ends") + timedelta(minutes=SLOT_MIN),
            pl.col("flights", "late", "cancelled").sum(),
        )
    )
    return [Bank(kind=kind, **row) for row in runs.drop("run").iter_rows(named=True)]


def span_of(lake: Lake, airport: str, years: tuple[int, ...]) -> tuple[date, date] | None:
    """The first and last local date on which flights leave from an airport in `years`; None without any."""
    wanted = Wanted(SUMMARY_DAYS, committed(lake, SUMMARY_DAYS, "year", years))
    with open_views(lake, [wanted]) as con:
        sql = "SELECT min(flight_date) AS low, max(flight_date) AS high FROM summary_days WHERE origin = ?"
        low, high = query(con, sql, [airport]).row(0)
    return (low, high) if low is not None else None


def busiest(lake: Lake, years: tuple[int, ...]) -> str | None:
    """The airport that most flights leave from in the newest of `years` that is summarized; None without any."""
    have = committed(lake, SUMMARY_DAYS, "year", years)
    newest = [part for part in have if part["year"] == max(each["year"] for each in have)]
    with open_views(lake, [Wanted(SUMMARY_DAYS, newest)]) as con:
        found = query(con, "SELECT origin FROM summary_days GROUP BY 1 ORDER BY sum(flights) DESC, 1 LIMIT 1")
    return None if found.is_empty() else str(found.item())
