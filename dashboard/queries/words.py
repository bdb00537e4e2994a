"""What was known, in words: rows of the lookup's frames to sentences that text and pages share."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from aeroflux_assets.evaluation.phrases import lateness as lateness
from aeroflux_assets.evaluation.phrases import minutes as minutes
from aeroflux_assets.evaluation.phrases import signed as signed

Row = Mapping[str, Any]

CANCELLATION = {"A": "by the carrier", "B": "for weather", "C": "by the air system", "D": "for security"}
UNLIMITED_CEILING_M = 22_000


def clock(at: datetime | None, base: datetime | None = None) -> str:
    """`07:15`, with the days after `base` where there are any: `00:20 (+1 day)`."""
    if at is None:
        return "--:--"
    days = (at.date() - base.date()).days if base else 0
    return f"{at:%H:%M}" + (f" ({days:+d} day{'s' if abs(days) > 1 else ''})" if days else "")


def name(flight: Row) -> str:
    """`DL123 ATL->BOS`."""
    return f"{flight['carrier']}{flight['flight_number']} {flight['origin']}->{flight['dest']}"


def outcome(flight: Row) -> str:
    """What became of a flight: `left 5 min late, arrived 17 min late`."""
    if flight["is_cancelled"]:
        why = CANCELLATION.get(flight["cancellation_code"] or "")
        return f"cancelled {why}" if why else "cancelled"
    left = f"left {lateness(flight['dep_delay_min'])}"
    if flight["is_diverted"]:
        return f"{left}, diverted"
    if flight["arr_delay_min"] is None:
        return f"{left}, arrival not reported"
    return f"{left}, arrived {lateness(flight['arr_delay_min'])}"


def brief_outcome(flight: Row) -> str:
    """The same for a narrow column: `left +5, in +17 min`, minutes from schedule at either gate."""
    if flight["is_cancelled"] or flight["dep_delay_min"] is None:
        return outcome(flight)
    left = f"left {signed(flight['dep_delay_min'])}"
    if flight["is_diverted"]:
        return f"{left} min, diverted"
    if flight["arr_delay_min"] is None:
        return f"{left} min, in ?"
    return f"{left}, in {signed(flight['arr_delay_min'])} min"


def short_outcome(flight: Row) -> str:
    """`+17`, `-3`, `cancelled`, `diverted`: minutes of arrival delay."""
    if flight["is_cancelled"]:
        return "cancelled"
    if flight["is_diverted"]:
        return "diverted"
    return "?" if flight["arr_delay_min"] is None else f"{flight['arr_delay_min']:+d}"


def cutoff_time(flight: Row, lead_min: int) -> tuple[datetime, datetime]:
    """The cutoff of a flight, UTC and on the origin's clock (exact unless the clocks turn in between)."""
    lead = timedelta(minutes=lead_min)
    return flight["sched_dep_utc"] - lead, flight["sched_dep_local"] - lead


def upstream_legs(known: Row, flight: Row, legs: Mapping[int, Row]) -> list[str]:
    """The upstream legs known at a cutoff, nearest first, one sentence each.

    known: a row of `propagation` with its lead. legs: flight_id to flight, for the legs linked to.
    """
    if known["up1_is_linked"] != 1:
        return ["no inbound leg that the schedule or a landing vouched for by then"]
    at, _ = cutoff_time(flight, known["lead_min"])
    names = ("inbound", "before that", "and before that")
    return [
        f"{names[k - 1]} {_leg_state(known, k, legs.get(known[f'up{k}_flight_id']), at)}"
        for k in (1, 2, 3)
        if known[f"up{k}_is_linked"] == 1
    ]


def hindsight(known: Row, flight: Row, day: Sequence[Row]) -> str | None:
    """The leg of the day that did bring the aircraft, where another or none was known to; None otherwise.

    A short scheduled turnaround, or a swap of tails, leaves the true inbound unvouched until it has landed.
    """
    flown = [
        leg
        for leg in day
        if leg["sched_dep_utc"] < flight["sched_dep_utc"]
        and leg["dest"] == flight["origin"]
        and leg["arr_utc"] is not None
    ]
    last = max(flown, key=lambda leg: leg["sched_dep_utc"], default=None)
    if last is None or last["flight_id"] == known["up1_flight_id"]:
        return None
    return f"in hindsight it came with {name(last)}, which neither schedule nor landing vouched for by then"


def _leg_state(known: Row, k: int, leg: Row | None, at: datetime) -> str:
    who = name(leg) if leg else "a leg that is not in the lake"
    if known[f"up{k}_has_landed"] == 1:
        since = minutes(known[f"up{k}_min_since_landing"])
        return f"{who} landed {lateness(known[f'up{k}_arr_delay_min'])}, {since} before"
    late = known[f"up{k}_late_so_far_min"]
    so_far = f", {minutes(late)} late so far" if late is not None and late > 0 else ""
    if known[f"up{k}_has_departed"] == 1:
        left = known[f"up{k}_dep_delay_min"]
        due = _ahead(leg, "sched_arr_utc", at, "due")
        later = so_far if late is not None and left is not None and late > max(left, 0) else due
        return f"{who} left {lateness(left)}, not landed yet{later}"
    return f"{who} not yet departed{so_far or _ahead(leg, 'sched_dep_utc', at, 'scheduled')}"


def _ahead(leg: Row | None, column: str, at: datetime, verb: str) -> str:
    """How far ahead of the cutoff a scheduled time of the leg lies."""
    if leg is None:
        return ""
    ahead = (leg[column] - at).total_seconds() / 60
    return f", {verb} {minutes(ahead)} later" if ahead > 0 else ""


def slack(known: Row) -> str | None:
    """What the inbound leaves to spare, or None without one."""
    spare, earliest = known["slack_min"], known["earliest_dep_delay_min"]
    if spare is None:
        return None
    if spare >= 0:
        text = f"slack {minutes(spare)}: its aircraft can be at the gate that long before departure time"
    else:
        text = f"slack -{minutes(spare)}: its aircraft is at the gate that long after departure time at best"
    if earliest is not None and earliest > 0:
        text += f"; earliest possible departure {minutes(earliest)} late"
    return text


def weather(row: Row, end: str, at: datetime) -> str | None:
    """The observation at one end as known at the cutoff `at`; None where there is none."""
    seen = row[f"{end}_obs_utc"]
    if seen is None:
        return None
    parts = []
    if (temp := row[f"{end}_temp_c"]) is not None:
        parts.append(f"{temp:.0f} °C")
    if (wind := row[f"{end}_wind_speed_m_s"]) is not None:
        parts.append(f"wind {wind:.0f} m/s" if wind >= 0.5 else "calm")
    if (visibility := row[f"{end}_visibility_m"]) is not None:
        far = f"{visibility / 1000:.0f} km" if visibility >= 3000 else f"{visibility} m"
        parts.append(f"visibility {far}")
    if (ceiling := row[f"{end}_ceiling_height_m"]) is not None:
        parts.append("no ceiling" if ceiling >= UNLIMITED_CEILING_M else f"ceiling {ceiling} m")
    if (rain := row[f"{end}_precipitation_mm"]) is not None and rain > 0:
        parts.append(f"{rain:.1f} mm rain")
    return f"{', '.join(parts) or 'nothing readable'} ({minutes((at - seen).total_seconds() / 60)} before)"


def aircraft(row: Row | None, day_year: int) -> str | None:
    """`BOEING 737-832, built 2001`; None where the registry has no aircraft built by then."""
    if row is None or (row["year_mfr"] is not None and row["year_mfr"] > day_year):
        return None
    model = " ".join(part for part in (row["manufacturer"], row["model"]) if part)
    built = f"built {row['year_mfr']}" if row["year_mfr"] else ""
    seats = f"{row['no_seats']} seats" if row["no_seats"] else ""
    return ", ".join(part for part in (model, built, seats) if part) or None


def prediction(row: Row) -> str:
    """`34% to be 15 min late or more, +8 min expected`."""
    chance, expected = row["prob_late15"] * 100, row["pred_arr_delay_min"]
    return f"{chance:3.0f}% to be 15 min late or more, {signed(expected)} min expected"
