"""A feature's value in words: pure, and shared by explanations, text and pages.

What a feature says and in what unit comes from its contract; the features that explain most flights have a sentence
of their own.
"""

import re
from collections.abc import Callable, Mapping

from aeroflux_assets.contracts.features import feature_column

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
BUCKETS = ("before 6", "6 to 11", "11 to 14", "14 to 18", "18 to 21", "21 or later")
UNLIMITED_CEILING_M = 22_000
# How the legs upstream are called, nearest first.
LEGS = ("inbound", "leg before the inbound", "leg two before the inbound")
Legs = Mapping[int, str]


def minutes(value: float | None) -> str:
    """`41 min`, or `2h05` from two hours on; the sign is left out."""
    if value is None:
        return "an unknown time"
    whole = round(abs(value))
    return f"{whole} min" if whole < 120 else f"{whole // 60}h{whole % 60:02d}"


def lateness(value: float | None) -> str:
    """`41 min late`, `3 min early`, `on time`."""
    if value is None:
        return "delay unknown"
    if round(value) == 0:
        return "on time"
    return f"{minutes(value)} {'late' if value > 0 else 'early'}"


def signed(value: float, digits: int = 0) -> str:
    """`+8`, `-3`, and `±0` for what rounds to nothing: `-0` would look like a number."""
    text = f"{value:+.{digits}f}"
    return text if float(text) else "±0"


def points_text(points: float) -> str:
    """Points of probability with their sign: 0.221 is `+22 points`, 0.004 `+0.4 points`, 0.01 `+1 point`.

    What rounds to nothing is `±0 points`.
    """
    hundredths = points * 100
    shown = signed(hundredths, 0 if abs(hundredths) >= 0.95 else 1)
    return f"{shown} point" if shown in ("+1", "-1") else f"{shown} points"


def with_points(text: str, points: float) -> str:
    """`inbound landed 41 min late: +22 points`."""
    return f"{text}: {points_text(points)}"


def phrase(feature: str, value: float | None, legs: Legs | None = None) -> str:
    """What a feature's value says, in words with its unit; value None (or NaN): not known at the cutoff.

    legs: what to call the upstream legs, 1 for the nearest (`{1: "inbound DL123"}`); general words by default.
    KeyError for a name that no contract has.
    """
    if value is not None and value != value:  # NaN
        value = None
    hop = _HOP.fullmatch(feature)
    if hop:
        number = int(hop["k"])
        who = (legs or {}).get(number) or LEGS[number - 1]
        return _of_leg(hop["name"], who, value)
    if value is not None and feature in _OWN:
        return _OWN[feature](value)
    return _general(feature, value)


_HOP = re.compile(r"(?:up|prev)(?P<k>[123])_(?P<name>.+)")


def _of_leg(name: str, who: str, value: float | None) -> str:
    """Sentences about one upstream leg; `name` without its hop."""
    if value is None:
        return _UNKNOWN_OF_LEG.get(name, "no {who} is vouched for, or nothing was known of it").format(
            who=who
        )
    if name in ("arr_delay_min", "arr_delay"):
        return f"{who} landed {lateness(value)}"
    if name in ("dep_delay_min", "dep_delay"):
        return f"{who} left {lateness(value)}"
    if name == "late_so_far_min":
        return f"{who} {lateness(value)} so far" if value > 0 else f"{who} not late so far"
    if name in _YES_NO_OF_LEG:
        return f"{who} {_YES_NO_OF_LEG[name][value != 1]}"
    if name == "min_since_landing":
        return f"{who} landed {minutes(value)} before the cutoff"
    if name == "sched_turnaround_min":
        return f"{_signed_minutes(value)} scheduled between the {who} and its next departure"
    if name == "turnaround_minutes":
        return f"{_signed_minutes(value)} between the {who}'s arrival and the departure"
    return f"{who} scheduled to take {minutes(value)}"


_UNKNOWN_OF_LEG = {
    "arr_delay_min": "arrival delay of the {who} not known yet",
    "arr_delay": "arrival delay of the {who} not known yet",
    "arr_del15": "whether the {who} landed 15 min late not known yet",
    "min_since_landing": "{who} not known to have landed",
    "dep_delay_min": "departure delay of the {who} not known yet",
    "dep_delay": "departure delay of the {who} not known yet",
    "dep_del15": "whether the {who} left 15 min late not known yet",
}
_YES_NO_OF_LEG = {
    "has_landed": ("has landed", "has not landed yet"),
    "has_departed": ("has left", "has not left yet"),
    "is_linked": ("is vouched for", "is not vouched for"),
    "arr_del15": ("landed 15 min late or more", "landed less than 15 min late"),
    "dep_del15": ("left 15 min late or more", "left less than 15 min late"),
}


def _signed_minutes(value: float) -> str:
    return minutes(value) if value >= 0 else f"-{minutes(value)}"


def _slack(value: float) -> str:
    if value >= 0:
        return f"the aircraft can be at the gate {minutes(value)} before departure time"
    return f"the aircraft is at the gate {minutes(value)} after departure time at best"


def _earliest(value: float) -> str:
    if value > 0:
        return f"earliest possible departure {minutes(value)} late"
    return "the aircraft allows a departure on time"


def _clock(verb: str) -> Callable[[float], str]:
    return lambda value: f"scheduled to {verb} at {int(value) // 60:02d}:{int(value) % 60:02d} local"


def _carrier(value: float) -> str:
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return f"carrier {digits[int(value) // 36]}{digits[int(value) % 36]}"


def _holiday(value: float) -> str:
    days = round(value)
    return "a federal holiday" if days == 0 else f"{days} day{'s' if days > 1 else ''} from a federal holiday"


def _waiting(who: str) -> Callable[[float], str]:
    return lambda value: f"{_count(value, who)} due by the cutoff and not done"


def _waited(who: str) -> Callable[[float], str]:
    return lambda value: f"{who} due and not done have waited {minutes(value)} in sum"


def _count(value: float, what: str) -> str:
    return f"{value:.0f} {what}"


_QUEUES = {
    "origin": "departures of the origin",
    "dest_bound": "departures bound for the destination",
    "dest_arrivals": "arrivals at the destination",
    "carrier_origin": "departures of the carrier from the origin",
    "carrier": "departures of the carrier anywhere",
    "carrier_origin_bound": "departures of the carrier bound for the origin",
}
_OWN: dict[str, Callable[[float], str]] = {
    "slack_min": _slack,
    "earliest_dep_delay_min": _earliest,
    "time_since_prev2_arrival_minutes": lambda v: f"{_signed_minutes(v)} since the {LEGS[1]} arrived",
    "dep_hour_local": lambda v: f"scheduled to leave in hour {v:.0f} local",
    "dep_minute_local": _clock("leave"),
    "arr_minute_local": _clock("arrive"),
    "dep_weekday_local": lambda v: f"a {WEEKDAYS[int(v) - 1]}",
    "dep_month_local": lambda v: f"in {MONTHS[int(v) - 1]}",
    "dep_time_bucket": lambda v: f"leaves {BUCKETS[int(v) - 1]} o'clock",
    "is_weekend": lambda v: "a weekend" if v == 1 else "not a weekend",
    "is_holiday": lambda v: "a federal holiday" if v == 1 else "no federal holiday",
    "days_to_nearest_holiday": _holiday,
    "distance": lambda v: f"{v:.0f} miles",
    "crs_elapsed_time": lambda v: f"scheduled to take {minutes(v)}",
    "carrier_code": _carrier,
    "flight_number": lambda v: f"flight number {v:.0f}",
    "aircraft_leg_number_day": lambda v: f"leg {v:.0f} of its aircraft's day",
    "relative_leg_position": lambda v: f"{v:.0%} through the usual day of the carrier's aircraft",
    "rotation_continuity_flag": lambda v: (
        "an inbound is vouched for" if v == 1 else "no inbound is vouched for"
    ),
    "aircraft_year_mfr": lambda v: f"aircraft built {v:.0f}",
    "aircraft_age": lambda v: f"aircraft {v:.0f} years old",
    "aircraft_no_eng": lambda v: _count(v, "engine" if v == 1 else "engines"),
    "aircraft_no_seats": lambda v: _count(v, "seats"),
    "origin_demand": lambda v: _count(v, "other departures of the origin within 30 min of it"),
    "dest_demand": lambda v: _count(v, "other arrivals at the destination within 30 min of it"),
    **{f"{prefix}_queue": _waiting(who) for prefix, who in _QUEUES.items()},
    **{f"{prefix}_queue_wait_min": _waited(who) for prefix, who in _QUEUES.items()},
}


def _general(feature: str, value: float | None) -> str:
    """The contract's description with the value in its unit."""
    column = feature_column(feature)
    about = _described(feature, column.description)
    if value is None:
        return f"{about}: not known at the cutoff"
    if feature.endswith("ceiling_height_m"):
        place = "origin" if feature.startswith("dep") else "destination"
        return (
            f"no ceiling at the {place}"
            if value >= UNLIMITED_CEILING_M
            else f"ceiling {value:.0f} m at the {place}"
        )
    if column.unit == "flag":
        return f"{about}: {'yes' if value == 1 else 'no'}"
    if column.unit == "min":
        return f"{about}: {_signed_minutes(value)}"
    if "share" in feature:
        return f"{about}: {value:.0%}"
    number = f"{value:.0f}" if value == round(value) or abs(value) >= 100 else f"{value:.1f}"
    return f"{about}: {number} {column.unit}".rstrip() if column.unit != "count" else f"{about}: {number}"


def _described(feature: str, description: str) -> str:
    """The contract's description without its notes on coding; the clipped means named by what is averaged."""
    if description.startswith(_CLIPPED):
        what = "arrival" if "_arr_delay_" in feature else "departure"
        description = f"mean {what} delay {description.removeprefix(_CLIPPED)}"
    return _NOTES.sub("", description)


_CLIPPED = "the same, each delay clipped to -30 to 180, "
_NOTES = re.compile(r";[^,]*| \(each clipped to -30 to 180\)")
