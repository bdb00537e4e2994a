"""The legs of each tail, in UTC by schedule, as flown: continuity, turnaround, place in the day, swap shape.

This table says what happened; it is for analysis. The tail that flew is itself hindsight, so the features
take their links from `propagation/chain.py`, where the schedule or a landing must vouch for each.
"""

from datetime import datetime, timedelta

import polars as pl

from aeroflux_assets.contracts.rotation import ROTATIONS
from aeroflux_assets.rotation.turnaround import MIN_TURNAROUND_MIN

# How much of the previous year's end a year needs: the legs that its first ones continue.
CARRY_OVER = timedelta(days=5)
# Stands for a missing arrival where a null means "not flown".
NO_ARRIVAL = datetime(1900, 1, 1)
TIGHT_MIN = (60, 90)  # the paper's tight turnarounds


def year_start(year: int) -> datetime:
    """The earliest UTC time of a local date in `year`, with room: Guam is ten hours ahead."""
    return datetime(year, 1, 1) - timedelta(days=1)


def build_rotations(flights: pl.LazyFrame, year: int) -> pl.LazyFrame:
    """The `rotations` table of a year.

    flights: `cleaned_flights` of the year and of CARRY_OVER before it, where it is there. Legs without a tail
    have no place in a rotation; the year's summary counts them.
    """
    flown = ~pl.col("is_cancelled")
    tail = "tail"

    def last_flown(column: str | pl.Expr) -> pl.Expr:
        value = pl.col(column) if isinstance(column, str) else column
        return pl.when(flown).then(value).shift(1).forward_fill().over(tail)

    def next_flown(column: str) -> pl.Expr:
        return pl.when(flown).then(pl.col(column)).shift(-1).backward_fill().over(tail)

    legs = (
        flights.filter(pl.col(tail).is_not_null())
        .select(
            "flight_id",
            tail,
            "flight_date",
            "origin",
            "dest",
            "sched_dep_utc",
            "sched_arr_utc",
            "dep_utc",
            "arr_utc",
            "is_cancelled",
        )
        .sort(tail, "sched_dep_utc", "sched_arr_utc", "flight_id")
        .with_columns(
            prev_flight_id=last_flown("flight_id"),
            prev_dest=last_flown("dest"),
            prev_sched_arr=last_flown("sched_arr_utc"),
            # A leg that was diverted has no arrival, and must not borrow that of the leg before it.
            prev_arr=last_flown(pl.col("arr_utc").fill_null(NO_ARRIVAL)).replace(NO_ARRIVAL, None),
            next_flight_id=next_flown("flight_id"),
            legs_of_day=pl.len().over(tail, "flight_date").cast(pl.Int32),
            aircraft_leg_number_day=pl.int_range(1, pl.len() + 1).over(tail, "flight_date").cast(pl.Int32),
        )
        .filter(pl.col("flight_date").dt.year() == year)
    )
    return legs.pipe(_with_turnarounds).pipe(_with_shape).select(ROTATIONS.names)


def _with_turnarounds(legs: pl.LazyFrame) -> pl.LazyFrame:
    def minutes(later: str, earlier: str) -> pl.Expr:
        return (pl.col(later) - pl.col(earlier)).dt.total_minutes().cast(pl.Int32)

    return legs.with_columns(
        rotation_continuity_flag=pl.col("prev_dest") == pl.col("origin"),
        sched_turnaround_min=minutes("sched_dep_utc", "prev_sched_arr"),
        actual_turnaround_min=minutes("dep_utc", "prev_arr"),
        leg_of_tail=pl.int_range(1, pl.len() + 1).over("tail").cast(pl.Int32),
    )


def _with_shape(legs: pl.LazyFrame) -> pl.LazyFrame:
    number, total = pl.col("aircraft_leg_number_day"), pl.col("legs_of_day")
    gap, joined = pl.col("sched_turnaround_min"), pl.col("rotation_continuity_flag")
    return legs.with_columns(
        has_prev_leg=number > 1,
        has_next_leg=number < total,
        is_middle_leg=(number > 1) & (number < total),
        is_tight_turnaround_60=joined & (gap < TIGHT_MIN[0]),
        is_tight_turnaround_90=joined & (gap < TIGHT_MIN[1]),
        is_swap_shaped=~joined | (gap < MIN_TURNAROUND_MIN),
    )


def continuity_share(rotations: pl.LazyFrame, flights: pl.LazyFrame) -> float | None:
    """Of consecutive flown legs of a tail, the share that departs from where the last one arrived."""
    flown = flights.filter(~pl.col("is_cancelled")).select("flight_id")
    share = rotations.join(flown, on="flight_id", how="semi").select(
        pl.col("rotation_continuity_flag").mean()
    )
    value: float | None = share.collect(engine="streaming").item()
    return value
