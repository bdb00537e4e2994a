"""When the outcomes of a flight count as known, and the time line that the point-in-time rooms work on.

One rule keeps a flight out of its own features: **no outcome of a flight counts as known before that
flight's own scheduled departure**, and windows end just before the cutoff. A flight that left early
therefore does not see itself at T-0. What is lost is a few minutes' warning of other flights that left
early.
"""

import polars as pl

NEVER = -1


def minute_of(when: str | pl.Expr) -> pl.Expr:
    """A UTC datetime as whole minutes since 1970 (Int64); NEVER where it is null."""
    time = pl.col(when) if isinstance(when, str) else when
    return (time.dt.epoch("s") // 60).fill_null(NEVER).cast(pl.Int64)


def _minutes_between(later: str, earlier: str) -> pl.Expr:
    return (pl.col(later) - pl.col(earlier)).dt.total_minutes().cast(pl.Int32)


# The columns that the point-in-time rooms work on: flights as integers, in minutes since 1970 (UTC). A flight that
# left its gate and was cancelled after it is one that left: what became of it was not known while it was out.
TIMELINE_COLUMNS = {
    "sched_dep": minute_of("sched_dep_utc"),
    "sched_arr": minute_of("sched_arr_utc"),
    "dep": minute_of(pl.coalesce("dep_utc", "gate_left_utc")),
    "off": minute_of(
        pl.coalesce("wheels_off_utc", pl.col("gate_left_utc") + pl.duration(minutes="taxi_out_min"))
    ),
    "arr": minute_of("arr_utc"),
    "dep_delay_min": pl.coalesce("dep_delay_min", _minutes_between("gate_left_utc", "sched_dep_utc")),
}


def timeline(flights: pl.LazyFrame) -> pl.LazyFrame:
    """`cleaned_flights` with its times as minutes: sched_dep, sched_arr, dep, off, arr (NEVER if it did not happen).

    A cancelled flight has no departure unless it left its gate before that; then its dep_delay_min is there too.
    dep and off are raised to the scheduled departure where the flight left early: `known.py` says why.
    """
    return flights.with_columns(**TIMELINE_COLUMNS).with_columns(
        dep=pl.when(pl.col("dep") >= 0).then(pl.max_horizontal("dep", "sched_dep")).otherwise(NEVER),
        off=pl.when(pl.col("off") >= 0).then(pl.max_horizontal("off", "sched_dep")).otherwise(NEVER),
        arr=pl.when(pl.col("arr") >= 0).then(pl.max_horizontal("arr", "sched_dep")).otherwise(NEVER),
    )
