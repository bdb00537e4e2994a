"""The contract of `rotations`: the legs of a tail in order, as flown. Hindsight: for analysis and labels of shape."""

import polars as pl

from aeroflux_assets.contracts.base import Column, Contract, Rule

ROTATIONS = Contract(
    name="rotations",
    room="rotation",
    description=(
        "Legs of each tail in UTC by schedule. The tail that flew is hindsight, so features take their links from "
        "propagation/, where schedule or landing must vouch for each"
    ),
    partitioned_by=("year",),
    key=("flight_id",),
    columns=(
        Column("flight_id", pl.Int64(), "the flight", nullable=False),
        Column("tail", pl.String(), "tail that flew", "", "tail", nullable=False),
        Column(
            "sched_dep_utc",
            pl.Datetime("us"),
            "scheduled departure, the order of legs",
            "UTC",
            "schedule",
            nullable=False,
        ),
        Column(
            "leg_of_tail",
            pl.Int32(),
            "number of the leg among the tail's of the year",
            "count",
            "after",
            nullable=False,
        ),
        Column("prev_flight_id", pl.Int64(), "the tail's last flown leg before this one", "", "after"),
        Column("next_flight_id", pl.Int64(), "the tail's next flown leg", "", "after"),
        Column(
            "rotation_continuity_flag",
            pl.Boolean(),
            "the last flown leg ends where this one begins",
            "",
            "after",
        ),
        Column(
            "sched_turnaround_min",
            pl.Int32(),
            "scheduled departure less the scheduled arrival of the last flown leg",
            "min",
            "after",
        ),
        Column(
            "actual_turnaround_min",
            pl.Int32(),
            "gate departure less the gate arrival of the last flown leg",
            "min",
            "after",
        ),
        Column(
            "aircraft_leg_number_day",
            pl.Int32(),
            "number of the leg on its local date, cancelled ones counted",
            "count",
            "after",
            nullable=False,
        ),
        Column("legs_of_day", pl.Int32(), "legs of the tail on that date", "count", "after", nullable=False),
        Column(
            "has_prev_leg",
            pl.Boolean(),
            "another leg of the tail precedes on that date",
            "",
            "after",
            nullable=False,
        ),
        Column(
            "has_next_leg",
            pl.Boolean(),
            "another leg of the tail follows on that date",
            "",
            "after",
            nullable=False,
        ),
        Column("is_middle_leg", pl.Boolean(), "both", "", "after", nullable=False),
        Column(
            "is_tight_turnaround_60", pl.Boolean(), "continuous and scheduled under 60 minutes", "", "after"
        ),
        Column(
            "is_tight_turnaround_90", pl.Boolean(), "continuous and scheduled under 90 minutes", "", "after"
        ),
        Column(
            "is_swap_shaped",
            pl.Boolean(),
            "discontinuous, or a scheduled turnaround too short to be planned: the shape of a tail swap",
            "",
            "after",
        ),
    ),
    rules=(
        Rule("leg number within the day", pl.col("aircraft_leg_number_day") <= pl.col("legs_of_day"), ""),
        Rule("no leg precedes itself", pl.col("prev_flight_id") != pl.col("flight_id"), ""),
    ),
)
