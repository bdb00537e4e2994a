"""Outcomes of flights, counted by route, day, hour and size of delay.

One scan of `cleaned_flights` a table, grouped while it streams, so that a year of seven million flights takes
seconds and the memory of its groups. The sums are those of docs/figures.md#punctuality.
"""

import polars as pl

from aeroflux_assets.contracts.summaries_delay import (
    CANCELLATIONS,
    DELAY_CAUSES,
    SUMMARY_DAYS,
    SUMMARY_DELAYS,
    SUMMARY_HOURS,
    SUMMARY_ROUTES,
)
from aeroflux_assets.summaries.buckets import delay_bin


def outcomes() -> list[pl.Expr]:
    """The sums of an outcome over a group of cleaned flights, Int32: counts, and minutes."""
    dep, arr, late = pl.col("dep_delay_min"), pl.col("arr_delay_min"), pl.col("is_arr_late15")
    # A label is the mark of an arrival that counts: rows that lack only their delay are in neither side of a share.
    arrived = late.is_not_null()
    return [
        pl.len().alias("flights"),
        pl.col("is_cancelled").sum().alias("cancelled"),
        dep.is_not_null().sum().alias("departed"),
        (dep <= 0).sum().alias("dep_on_time"),
        dep.sum().alias("dep_delay_sum_min"),
        arrived.sum().alias("arrived"),
        ((arr <= 0) & arrived).sum().alias("arr_on_time"),
        late.sum().alias("late15"),
        arr.sum().alias("arr_delay_sum_min"),
    ]


def causes() -> list[pl.Expr]:
    """Minutes by cause over a group, and how many late arrivals have any reported."""
    minutes = [pl.col(f"{cause}_delay_min") for cause in DELAY_CAUSES]
    reported = pl.any_horizontal(each.is_not_null() for each in minutes)
    return [(pl.col("is_arr_late15") & reported).sum().alias("caused"), *(each.sum() for each in minutes)]


def cancellations() -> list[pl.Expr]:
    """Cancelled flights by their BTS code."""
    code = pl.col("cancellation_code")
    return [
        (pl.col("is_cancelled") & (code == letter)).sum().alias(f"cancelled_{why}")
        for letter, why in CANCELLATIONS.items()
    ]


def with_month(flights: pl.LazyFrame) -> pl.LazyFrame:
    """Flights with the month of their local date."""
    return flights.with_columns(month=pl.col("flight_date").dt.month())


def by_route(flights: pl.LazyFrame) -> pl.LazyFrame:
    """`summary_routes` of cleaned flights."""
    block, spent = (
        pl.col("block_min"),
        pl.col("block_min").is_not_null() & pl.col("is_arr_late15").is_not_null(),
    )
    grouped = (
        with_month(flights)
        .group_by("month", "carrier", "origin", "dest")
        .agg(
            pl.col("distance_mi").max(),
            *outcomes(),
            pl.col("is_diverted").sum().alias("diverted"),
            *causes(),
            pl.col("taxi_out_min").is_not_null().sum().alias("taxied_out"),
            pl.col("taxi_out_min").sum().alias("taxi_out_sum_min"),
            spent.sum().alias("blocked"),
            block.filter(spent).sum().alias("block_sum_min"),
            pl.col("sched_block_min").filter(spent).sum().alias("sched_block_sum_min"),
        )
    )
    return grouped.sort("month", "carrier", "origin", "dest").select(SUMMARY_ROUTES.names)


def by_day(flights: pl.LazyFrame) -> pl.LazyFrame:
    """`summary_days` of cleaned flights."""
    key = ("flight_date", "carrier", "origin")
    return (
        flights.group_by(key)
        .agg(*outcomes(), *causes(), *cancellations())
        .sort(key)
        .select(SUMMARY_DAYS.names)
    )


def by_hour(flights: pl.LazyFrame) -> pl.LazyFrame:
    """`summary_hours` of cleaned flights."""
    key = ("month", "carrier", "origin", "hour_local", "hour_utc")
    hours = with_month(flights).with_columns(
        hour_local=pl.col("sched_dep_local").dt.hour(), hour_utc=pl.col("sched_dep_utc").dt.hour()
    )
    return hours.group_by(key).agg(outcomes()).sort(key).select(SUMMARY_HOURS.names)


def by_delay(flights: pl.LazyFrame) -> pl.LazyFrame:
    """`summary_delays` of cleaned flights: departures that left and arrivals that count, by five minutes."""
    key = ("month", "carrier", "origin", "bin_min")

    def binned(delay: str, counts: pl.Expr, name: str, other: str) -> pl.LazyFrame:
        return (
            with_month(flights)
            .filter(counts)
            .with_columns(bin_min=delay_bin(delay))
            .group_by(key)
            .agg(pl.len().alias(name), pl.lit(0, dtype=pl.UInt32).alias(other))
            .select(*key, "departures", "arrivals")
        )

    departures = binned("dep_delay_min", pl.col("dep_delay_min").is_not_null(), "departures", "arrivals")
    arrived = pl.col("is_arr_late15").is_not_null() & pl.col("arr_delay_min").is_not_null()
    arrivals = binned("arr_delay_min", arrived, "arrivals", "departures")
    both = pl.concat([departures, arrivals]).group_by(key).agg(pl.col("departures", "arrivals").sum())
    return both.sort(key).select(SUMMARY_DELAYS.names)
