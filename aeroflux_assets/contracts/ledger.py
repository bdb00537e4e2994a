"""The contract of `ledger`: where the minutes of every arrival delay came from. Hindsight: for analysis only."""

import polars as pl

from aeroflux_assets.contracts.base import Column, Contract, Rule

_PARTS = (
    ("inbound_late_min", "minutes that the inbound leg arrived late; 0 where it was early or there is none"),
    (
        "absorbed_turnaround_min",
        "of those, minutes that the turnaround took in: the flight left without them",
    ),
    ("inherited_min", "of those, minutes that the flight left with"),
    ("new_turnaround_min", "minutes that the flight left late beyond what it inherited"),
    ("new_en_route_min", "minutes late that came between the two gates"),
    ("absorbed_en_route_min", "minutes late at departure that were made up between the two gates"),
    ("early_min", "minutes that it arrived before its scheduled arrival"),
)
_FLOW = (
    pl.col("inherited_min")
    + pl.col("new_turnaround_min")
    + pl.col("new_en_route_min")
    - pl.col("absorbed_en_route_min")
    - pl.col("early_min")
)

LEDGER = Contract(
    name="ledger",
    room="rotation",
    description=(
        "Minutes inherited from the inbound leg, absorbed, and new, on every flight that arrived. Actual outcomes: "
        "no feature reads it. Definitions: docs/figures.md"
    ),
    partitioned_by=("year",),
    key=("flight_id",),
    columns=(
        Column("flight_id", pl.Int64(), "the flight", nullable=False),
        Column(
            "inbound_flight_id",
            pl.Int64(),
            "the leg that brought the aircraft: the tail's last flown leg, if it arrived where this one leaves",
            "",
            "after",
        ),
        Column(
            "sched_buffer_min",
            pl.Int32(),
            "scheduled turnaround less the minimum one, at least 0; null without an inbound",
            "min",
            "after",
        ),
        *(Column(name, pl.Int32(), text, "min", "after", nullable=False) for name, text in _PARTS),
        Column(
            "arr_delay_min",
            pl.Int32(),
            "gate arrival delay, early negative: what the minutes add up to",
            "min",
            "after",
            nullable=False,
        ),
    ),
    rules=(
        Rule(
            "the minutes add up",
            pl.col("arr_delay_min") == _FLOW,
            "inherited + new - absorbed en route - early = arrival delay",
        ),
        Rule(
            "the inbound's lateness is absorbed or inherited",
            pl.col("inbound_late_min") == pl.col("absorbed_turnaround_min") + pl.col("inherited_min"),
            "",
        ),
        Rule("no part is negative", pl.min_horizontal(name for name, _ in _PARTS) >= 0, ""),
        Rule(
            "nothing is both made up and added en route",
            pl.min_horizontal("new_en_route_min", "absorbed_en_route_min") == 0,
            "",
        ),
        Rule(
            "without an inbound nothing is inherited",
            pl.col("inbound_flight_id").is_not_null() | (pl.col("inbound_late_min") == 0),
            "",
        ),
    ),
)
