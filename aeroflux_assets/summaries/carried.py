"""What delays legs hand on to one another: pass-through by turnaround, and outcomes wave by wave.

Both are measured on the legs as flown. That is hindsight and for reading only: no feature comes near.
"""

import polars as pl

from aeroflux_assets.contracts.summaries_delay import SUMMARY_TURNAROUNDS, SUMMARY_WAVES
from aeroflux_assets.summaries.buckets import INBOUND, TURNAROUND
from aeroflux_assets.summaries.traffic import outcomes, with_month

LAST_WAVE = 8
_GROUP = ("month", "carrier", "origin")


def by_turnaround(flights: pl.LazyFrame, rotations: pl.LazyFrame, before: pl.LazyFrame) -> pl.LazyFrame:
    """`summary_turnarounds`: legs of `rotations` whose aircraft last arrived where they leave.

    flights: cleaned flights of the year. before: flight_id and arr_delay_min of the legs that they may have come
    in on: the year's own, and the end of the year before.
    """
    inbound = before.select(prev_flight_id="flight_id", inbound_min="arr_delay_min")
    arrived, left = pl.col("inbound_min").clip(0), pl.col("dep_delay_min").clip(0)
    key = (*_GROUP, "turnaround", "inbound")
    legs = (
        rotations.filter(pl.col("rotation_continuity_flag") & pl.col("sched_turnaround_min").is_not_null())
        .select("flight_id", "prev_flight_id", "sched_turnaround_min")
        .join(inbound.filter(pl.col("inbound_min").is_not_null()), on="prev_flight_id")
        .join(
            with_month(flights)
            .filter(pl.col("dep_delay_min").is_not_null())
            .select("flight_id", *_GROUP, "dep_delay_min"),
            on="flight_id",
        )
        .with_columns(
            turnaround=TURNAROUND.bucket(pl.col("sched_turnaround_min")),
            inbound=INBOUND.bucket(pl.col("inbound_min")),
        )
    )
    return (
        legs.group_by(key)
        .agg(
            pl.len().alias("legs"),
            arrived.sum().alias("inbound_delay_sum_min"),
            pl.min_horizontal(arrived, left).sum().alias("passed_sum_min"),
            pl.col("dep_delay_min").sum().alias("dep_delay_sum_min"),
            (pl.col("dep_delay_min") >= 15).sum().alias("dep_late15"),
        )
        .sort(key)
        .select(SUMMARY_TURNAROUNDS.names)
    )


def by_wave(flights: pl.LazyFrame, rotations: pl.LazyFrame) -> pl.LazyFrame:
    """`summary_waves`: outcomes by the number of the leg in its aircraft's local day."""
    wave = pl.col("aircraft_leg_number_day").clip(1, LAST_WAVE).cast(pl.Int8)
    key = (*_GROUP, "wave")
    return (
        with_month(flights)
        .join(rotations.select("flight_id", wave=wave), on="flight_id")
        .group_by(key)
        .agg(*outcomes(), pl.col("late_aircraft_delay_min").sum())
        .sort(key)
        .select(SUMMARY_WAVES.names)
    )
