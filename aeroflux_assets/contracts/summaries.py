"""The contracts of the summaries: the small tables that pages read instead of scanning flights."""

import polars as pl

from aeroflux_assets.contracts.base import Column, Contract, Rule

_N, _F = pl.Int64(), pl.Float64()


def _count(name: str, description: str, nullable: bool = False) -> Column:
    return Column(name, _N, description, "count", nullable=nullable)


# The counts that a year and a month share. Weather and rotation counts are null where that table is missing.
_TRAFFIC = (
    _count("flights", "scheduled flights, cancelled and diverted ones included"),
    _count("arrived", "flights with an arrival at their destination: the denominator of share late"),
    _count("late15", "arrived 15 minutes late or more"),
    _count("cancelled", "cancelled"),
    _count("diverted", "diverted"),
    Column("dep_delay_sum_min", _N, "sum of gate departure delays, early negative", "min", nullable=False),
    _count("departed", "flights with a gate departure: the denominator of the mean departure delay"),
    Column("arr_delay_sum_min", _N, "sum of gate arrival delays, early negative", "min", nullable=False),
    _count("with_tail", "flights whose tail is known"),
    _count("weather_both", "flights with an observation at both scheduled ends", nullable=True),
    _count("weather_none", "flights without an observation at either end", nullable=True),
    _count("with_previous", "flights whose tail flew an earlier leg in the table", nullable=True),
    _count("continuous", "flights whose tail was last flown to where they leave from", nullable=True),
    _count("swap_shaped", "flights whose rotation looks like a tail swap", nullable=True),
)

_SHARES = (
    Rule("late among arrived", pl.col("late15") <= pl.col("arrived"), ""),
    Rule("arrived among flights", pl.col("arrived") <= pl.col("flights"), ""),
    Rule("cancelled among flights", pl.col("cancelled") <= pl.col("flights"), ""),
)

SUMMARY_MONTHS = Contract(
    name="summary_months",
    room="summaries",
    description="Counts of each month of a year: sums, so that any span of months adds up",
    partitioned_by=("year",),
    key=("month",),
    columns=(Column("month", pl.Int8(), "month of the flight date", nullable=False), *_TRAFFIC),
    rules=_SHARES,
)

_GAPS = tuple(
    _count(f"{name}_{size}", f"flights whose {text} differs from the published clock{more}")
    for name, text in (
        ("sched_arr_clock_gap", "derived scheduled arrival"),
        ("dep_clock_gap", "derived departure"),
        ("arr_clock_gap", "derived arrival"),
    )
    for size, more in (("any", " at all"), ("over15", " by more than 15 minutes"))
)

SUMMARY_YEARS = Contract(
    name="summary_years",
    room="summaries",
    description="One row a year: its counts, its extent, and the cleaning's own checks",
    partitioned_by=("year",),
    columns=(
        *_TRAFFIC,
        Column("first_date", pl.Date(), "first flight date", nullable=False),
        Column("last_date", pl.Date(), "last flight date", nullable=False),
        _count("months", "months with flights"),
        _count("carriers", "carriers"),
        _count("airports", "airports flown from or to"),
        _count("tails", "tails"),
        *_GAPS,
        _count("dst_gap", "departures whose local clock did not exist"),
        _count("dst_fold", "departures whose local clock happened twice"),
        _count("quarantined", "raw rows set aside by cleaning", nullable=True),
    ),
    rules=_SHARES,
)

SUMMARY_CUTOFFS = Contract(
    name="summary_cutoffs",
    room="summaries",
    description="What was known at a cutoff, in counts: vouched upstream links, and weather at both ends",
    partitioned_by=("year", "cutoff"),
    columns=(
        _count("flights", "flights asked about"),
        _count("linked", "flights with an upstream leg vouched for by schedule or landing"),
        _count("inbound_departed", "of those, the inbound had departed by the cutoff"),
        _count("inbound_landed", "of those, the inbound had landed by the cutoff"),
        _count("linked_two", "flights with two upstream legs"),
        _count("linked_three", "flights with three upstream legs"),
        _count(
            "weather_both", "flights with an observation of before the cutoff at both ends", nullable=True
        ),
    ),
    rules=(
        Rule("linked among flights", pl.col("linked") <= pl.col("flights"), ""),
        Rule("landed among departed", pl.col("inbound_landed") <= pl.col("inbound_departed"), ""),
    ),
)
