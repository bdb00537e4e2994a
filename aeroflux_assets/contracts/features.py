"""The contract of `features`: what each feature says, in what unit, all known at the cutoff."""

import polars as pl

from aeroflux_assets.contracts.base import Column, Contract, Rule
from aeroflux_assets.contracts.propagation import AIRPORT_STATE, CARRIER_STATE, PROPAGATION, ROUTE_STATE
from aeroflux_assets.contracts.weather import WEATHER_AT_CUTOFF

_F = pl.Float32()

# Features that are made here. The others are columns of the tables named above, under the same name.
_OWN: dict[str, tuple[str, str, str]] = {
    "distance": ("great-circle distance", "mi", "schedule"),
    "dep_hour_local": ("hour of the scheduled departure, local", "h", "schedule"),
    "dep_weekday_local": ("weekday of the scheduled departure, local, Monday = 1", "", "schedule"),
    "dep_month_local": ("month of the scheduled departure, local", "", "schedule"),
    "dep_time_bucket": (
        "scheduled departure before 6, 11, 14, 18, 21 o'clock, later = 1 to 6",
        "",
        "schedule",
    ),
    "is_weekend": ("Saturday or Sunday", "flag", "schedule"),
    "is_holiday": ("a US federal holiday", "flag", "schedule"),
    "days_to_nearest_holiday": ("days to the nearest US federal holiday, before or after", "d", "schedule"),
    "crs_elapsed_time": ("scheduled block time", "min", "schedule"),
    "route_frequency": (
        "flights scheduled on the route in the 28 days before the cutoff",
        "count",
        "schedule",
    ),
    "origin_flight_volume": (
        "departures scheduled at the origin in the 28 days before the cutoff",
        "count",
        "schedule",
    ),
    "dest_flight_volume": (
        "flights bound for the destination scheduled in the 28 days before the cutoff",
        "count",
        "schedule",
    ),
    **{
        f"prev{k}_{name}": (text.format(k), unit, "cutoff")
        for k in (1, 2)
        for name, text, unit in (
            ("arr_delay", "arrival delay of vouched upstream leg {}, if landed by the cutoff", "min"),
            ("dep_delay", "departure delay of vouched upstream leg {}, if departed by the cutoff", "min"),
            ("arr_del15", "upstream leg {} landed 15 minutes late or more, if landed by the cutoff", "flag"),
            (
                "dep_del15",
                "upstream leg {} departed 15 minutes late or more, if departed by the cutoff",
                "flag",
            ),
        )
    },
    "prev1_turnaround_minutes": (
        "scheduled departure less the inbound's arrival: the actual one if landed by the cutoff, else the scheduled",
        "min",
        "cutoff",
    ),
    "time_since_prev2_arrival_minutes": (
        "scheduled departure less the arrival of upstream leg 2: the actual one if landed by the cutoff, else the scheduled",
        "min",
        "cutoff",
    ),
    "aircraft_leg_number_day": (
        "1 and the vouched links before the flight on its local date",
        "count",
        "cutoff",
    ),
    "relative_leg_position": (
        "that number over the carrier's mean legs a tail and day, 9 to 3 days before",
        "",
        "cutoff",
    ),
    "rotation_continuity_flag": ("1 where an upstream link is vouched for", "flag", "cutoff"),
    "aircraft_year_mfr": ("year of manufacture, where a link vouches for the tail", "", "cutoff"),
    "aircraft_no_eng": ("engines, where a link vouches for the tail", "count", "cutoff"),
    "aircraft_no_seats": ("seats, where a link vouches for the tail", "count", "cutoff"),
    "aircraft_age": ("years since manufacture, 0 to 60, where a link vouches for the tail", "y", "cutoff"),
    "carrier_code": ("the carrier code as a number, base 36", "", "schedule"),
    "flight_number": ("flight number", "", "schedule"),
    "origin_latitude": ("latitude of the origin", "deg", "reference"),
    "origin_longitude": ("longitude of the origin", "deg", "reference"),
    "dest_latitude": ("latitude of the destination", "deg", "reference"),
    "dest_longitude": ("longitude of the destination", "deg", "reference"),
    "dep_minute_local": ("scheduled departure, minutes after local midnight", "min", "schedule"),
    "arr_minute_local": ("scheduled arrival, minutes after local midnight", "min", "schedule"),
}
_TAKEN = {
    column.name: column
    for contract in (PROPAGATION, AIRPORT_STATE, ROUTE_STATE, CARRIER_STATE, WEATHER_AT_CUTOFF)
    for column in contract.columns
}


def feature_column(name: str) -> Column:
    """The contract's column of one feature: made here, or taken over from the table that has it."""
    if name in _OWN:
        text, unit, known_at = _OWN[name]
        return Column(name, _F, text, unit, known_at)
    taken = _TAKEN[name]
    return Column(name, _F, taken.description, taken.unit, taken.known_at)


def features_contract(names: tuple[str, ...]) -> Contract:
    """The `features` table for a list of feature names (all that any set uses)."""
    return Contract(
        name="features",
        room="features",
        description="One row a flight: every feature of every set, as known at the cutoff, and no outcome",
        partitioned_by=("year", "cutoff"),
        key=("flight_id",),
        columns=(
            Column("flight_id", pl.Int64(), "the flight", nullable=False),
            Column(
                "flight_date",
                pl.Date(),
                "local date of the scheduled departure",
                "",
                "schedule",
                nullable=False,
            ),
            *(feature_column(name) for name in names),
        ),
        rules=(
            Rule("departure hour is an hour", pl.col("dep_hour_local").is_between(0, 23), ""),
            Rule(
                "an inbound that landed has an arrival delay",
                ~(pl.col("up1_has_landed") == 1) | pl.col("up1_arr_delay_min").is_not_null(),
                "",
            ),
        ),
    )
