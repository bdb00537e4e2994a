"""What was known at a cutoff that speaks for a delay, in words, the most telling first.

These are facts and not the model's own account of itself: each has a weight, roughly the minutes that it may
cost, by which alone they are ordered. The thresholds keep the ordinary out of sight.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.queries import words

Row = Mapping[str, Any]

# What a reason reads of `airport_state`.
STATE_COLUMNS = (
    "flight_id", "origin_departures_1h", "origin_dep_delay_mean_min_1h", "origin_cancellations_1h",
    "origin_queue", "origin_queue_wait_min", "dest_arrivals_1h", "dest_arr_delay_mean_min_1h",
)  # fmt: skip
LATE_MIN = 15
FEW_FLIGHTS = 3  # a mean of fewer says nothing of the place
TIGHT_SLACK_MIN = 10
LOW_VISIBILITY_M, LOW_CEILING_M, STRONG_WIND_M_S, HEAVY_RAIN_MM = 3000, 300, 13.0, 2.5
NOTHING = "nothing out of the ordinary was known"


@dataclass(frozen=True)
class Fact:
    """Something known: its text, the minutes that it may cost (for the order), and what it is about."""

    text: str
    weight: float
    about: str


def facts(
    known: Row | None, state: Row | None, weather: Row | None, flight: Row, legs: Mapping[int, Row]
) -> list[Fact]:
    """What speaks for a delay of a flight at a cutoff, the heaviest first.

    known, state, weather: its rows of `propagation` (with lead_min), `airport_state` and `weather_at_cutoff`; None
    where there are none. legs: the legs that `known` links to.
    """
    found: list[Fact] = []
    if known is not None:
        found += _inbound(known, flight, legs)
    if state is not None:
        found += [*_origin(state, flight), *_dest(state, flight)]
    if weather is not None:
        found += _weather(weather, flight)
    return sorted(found, key=lambda fact: -fact.weight)


def _inbound(known: Row, flight: Row, legs: Mapping[int, Row]) -> list[Fact]:
    if known["up1_is_linked"] != 1:
        return []
    text = words.upstream_legs({**known, "up2_is_linked": 0, "up3_is_linked": 0}, flight, legs)[0]
    earliest, spare = known["earliest_dep_delay_min"], known["slack_min"]
    late = known["up1_late_so_far_min"] or 0
    if earliest is not None and earliest > 0:
        return [
            Fact(
                f"{text}: it cannot leave less than {words.minutes(earliest)} late", 30 + earliest, "inbound"
            )
        ]
    if late >= LATE_MIN:
        left = "" if spare is None else f"; {words.minutes(spare)} to spare"
        return [Fact(f"{text}{left}", late, "inbound")]
    if spare is not None and spare < TIGHT_SLACK_MIN:
        return [
            Fact(
                f"tight turnaround: {words.minutes(spare)} to spare beyond the shortest",
                TIGHT_SLACK_MIN - spare,
                "inbound",
            )
        ]
    return []


def _origin(state: Row, flight: Row) -> list[Fact]:
    place, found = flight["origin"], []
    mean = state["origin_dep_delay_mean_min_1h"]
    if mean is not None and mean >= LATE_MIN and (state["origin_departures_1h"] or 0) >= FEW_FLIGHTS:
        found.append(
            Fact(
                f"departures from {place} averaged {words.minutes(mean)} late in the hour before",
                mean,
                "origin",
            )
        )
    queue, waited = state["origin_queue"] or 0, state["origin_queue_wait_min"] or 0
    if queue >= FEW_FLIGHTS and waited / queue >= LATE_MIN:
        text = f"{queue:.0f} flights wait to leave {place}, {words.minutes(waited / queue)} each so far"
        found.append(Fact(text, waited / queue, "queue"))
    if (gone := state["origin_cancellations_1h"] or 0) >= FEW_FLIGHTS:
        found.append(
            Fact(f"{gone:.0f} cancellations at {place} in the hour before", 5 + gone, "cancellations")
        )
    return found


def _dest(state: Row, flight: Row) -> list[Fact]:
    mean = state["dest_arr_delay_mean_min_1h"]
    if mean is None or mean < LATE_MIN or (state["dest_arrivals_1h"] or 0) < FEW_FLIGHTS:
        return []
    text = f"arrivals at {flight['dest']} averaged {words.minutes(mean)} late in the hour before"
    return [Fact(text, 0.8 * mean, "dest")]


def _weather(row: Row, flight: Row) -> list[Fact]:
    found = []
    for end, place in (("dep", flight["origin"]), ("arr", flight["dest"])):
        texts = severe(row, end)
        if texts:
            found.append(Fact(f"{place}: {', '.join(texts)}", 10 + 5 * len(texts), f"weather {end}"))
    return found


def severe(row: Row, end: str) -> list[str]:
    """What of an observation is bad for flying, in words: `visibility 1200 m`, `ceiling 90 m`."""
    texts = []
    if (far := row[f"{end}_visibility_m"]) is not None and far < LOW_VISIBILITY_M:
        texts.append(f"visibility {far} m")
    if (low := row[f"{end}_ceiling_height_m"]) is not None and low < LOW_CEILING_M:
        texts.append(f"ceiling {low} m")
    if (wind := row[f"{end}_wind_speed_m_s"]) is not None and wind >= STRONG_WIND_M_S:
        texts.append(f"wind {wind:.0f} m/s")
    if (rain := row[f"{end}_precipitation_mm"]) is not None and rain >= HEAVY_RAIN_MM:
        texts.append(f"{rain:.0f} mm rain in the hour")
    return texts


def in_words(found: list[Fact], most: int = 2) -> str:
    """The heaviest facts as one sentence without a full stop."""
    return "; ".join(fact.text for fact in found[:most]) or NOTHING


def before(moment: datetime, flight: Row) -> str:
    """How long before its scheduled departure a moment lies: `45 min before`."""
    return f"{words.minutes((flight['sched_dep_utc'] - moment).total_seconds() / 60)} before"
