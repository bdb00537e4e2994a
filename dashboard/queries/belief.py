"""How the belief about a flight moved from cutoff to cutoff, with the known facts that moved beside it.

The facts are the differences between what was known at one cutoff and at the next, in words: they stand beside
the step of the probability, and are not the model's own account of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from dashboard.queries import words
from dashboard.queries.predicted import LEADS, preferred_set
from dashboard.queries.reasons import FEW_FLIGHTS, Fact, facts, severe

Row = Mapping[str, Any]
# What was known at one cutoff: rows of `propagation`, `airport_state`, `weather_at_cutoff`, None where there is none.
Seen = tuple[Row | None, Row | None, Row | None]

# Smaller moves are the noise of one hour against the next.
MOVED_MIN, MOVED_MEAN_MIN, MOVED_QUEUE = 5, 10, 5
NOTHING_MOVED = "nothing that is known moved much"


@dataclass(frozen=True)
class Step:
    """The belief at one cutoff: chance, expected delay, points gained since the cutoff before, and the facts."""

    cutoff: str
    lead_min: int
    at_utc: datetime
    prob_late15: float
    pred_arr_delay_min: float
    points: float | None
    facts: tuple[str, ...]


def belief(
    flight: Row,
    predictions: pl.DataFrame,
    known: pl.DataFrame,
    state: pl.DataFrame,
    weather: pl.DataFrame,
    legs: Mapping[int, Row],
    most: int = 2,
) -> list[Step]:
    """The steps of one flight's belief, the earliest cutoff first; empty without predictions.

    predictions: those of the flight, of which one set is followed (`preferred_set`). known, state, weather: rows of
    `propagation`, `airport_state` and `weather_at_cutoff` of the flight. legs: those that `known` links to. The first
    step has the facts that speak for a delay, every later one what moved since the step before.
    """
    name = preferred_set(predictions["feature_set"])
    if name is None:
        return []
    line = predictions.filter(pl.col("feature_set") == name).sort("lead_min", descending=True)
    known_at, state_at, seen_at = (
        {row["cutoff"]: row for row in each.to_dicts()} for each in (known, state, weather)
    )
    steps: list[Step] = []
    before: Seen | None = None
    for row in line.iter_rows(named=True):
        now: Seen = (known_at.get(row["cutoff"]), state_at.get(row["cutoff"]), seen_at.get(row["cutoff"]))
        found = facts(*now, flight, legs) if before is None else moved(before, now, flight, legs)
        last = steps[-1].prob_late15 if steps else None
        steps.append(
            Step(
                cutoff=row["cutoff"],
                lead_min=LEADS[row["cutoff"]],
                at_utc=flight["sched_dep_utc"] - timedelta(minutes=LEADS[row["cutoff"]]),
                prob_late15=row["prob_late15"],
                pred_arr_delay_min=row["pred_arr_delay_min"],
                points=None if last is None else 100 * (row["prob_late15"] - last),
                facts=tuple(fact.text for fact in found[:most]),
            )
        )
        before = now
    return steps


def moved(before: Seen, now: Seen, flight: Row, legs: Mapping[int, Row]) -> list[Fact]:
    """What became known between two cutoffs, or changed, the heaviest first."""
    found: list[Fact] = []
    if before[0] is not None and now[0] is not None:
        found += _inbound(before[0], now[0], flight, legs)
    if before[1] is not None and now[1] is not None:
        found += _places(before[1], now[1], flight)
    if before[2] is not None and now[2] is not None:
        found += _weather(before[2], now[2], flight)
    return sorted(found, key=lambda fact: -fact.weight)


def _inbound(before: Row, now: Row, flight: Row, legs: Mapping[int, Row]) -> list[Fact]:
    """The inbound: another one, left, landed, or later than it was."""
    if now["up1_is_linked"] != 1:
        if before["up1_is_linked"] == 1:
            return [Fact("no inbound is vouched for any more", 20, "inbound")]
        return []
    text = words.upstream_legs({**now, "up2_is_linked": 0, "up3_is_linked": 0}, flight, legs)[0]
    earliest = [row["earliest_dep_delay_min"] or 0 for row in (before, now)]
    gained = earliest[1] - earliest[0]
    if abs(gained) >= MOVED_MIN:
        text += f"; earliest possible departure {_from_to(*earliest)}"
    late = [row["up1_late_so_far_min"] or 0 for row in (before, now)]
    weight = max(abs(gained), abs(late[1] - late[0]))
    if before["up1_is_linked"] != 1:
        return [Fact(f"{text} (not vouched for before)", 10 + weight, "inbound")]
    if before["up1_flight_id"] != now["up1_flight_id"]:
        return [Fact(f"{text} (another leg than before)", 15 + weight, "inbound")]
    for stage, known_by_itself in (("up1_has_landed", 8), ("up1_has_departed", 4)):
        if now[stage] == 1 and before[stage] != 1:
            return [Fact(text, known_by_itself + weight, "inbound")]
    return [Fact(text, weight, "inbound")] if weight >= MOVED_MIN else []


def _from_to(before: float, now: float) -> str:
    return f"{_late(now)} (was {_late(before)})"


def _late(value: float) -> str:
    return f"{words.minutes(value)} late" if value > 0 else "on time"


def _places(before: Row, now: Row, flight: Row) -> list[Fact]:
    found = []
    for column, counted, text, share in (
        ("origin_dep_delay_mean_min_1h", "origin_departures_1h", f"departures from {flight['origin']}", 1.0),
        ("dest_arr_delay_mean_min_1h", "dest_arrivals_1h", f"arrivals at {flight['dest']}", 0.8),
    ):
        values = [row[column] if (row[counted] or 0) >= FEW_FLIGHTS else None for row in (before, now)]
        if values[0] is None or values[1] is None or abs(values[1] - values[0]) < MOVED_MEAN_MIN:
            continue
        mean = f"{text} averaged {words.lateness(values[1])} in the hour before, {words.lateness(values[0])} then"
        found.append(Fact(mean, share * abs(values[1] - values[0]), column))
    queues = [row["origin_queue"] or 0 for row in (before, now)]
    if abs(queues[1] - queues[0]) >= MOVED_QUEUE:
        text = f"{queues[1]:.0f} flights wait to leave {flight['origin']}, {queues[0]:.0f} then"
        found.append(Fact(text, abs(queues[1] - queues[0]), "queue"))
    return found


def _weather(before: Row, now: Row, flight: Row) -> list[Fact]:
    found = []
    for end, place in (("dep", flight["origin"]), ("arr", flight["dest"])):
        was, seen = severe(before, end), severe(now, end)
        if bool(was) != bool(seen):
            text = f"{place}: {', '.join(seen)}" if seen else f"{place}: no longer {', '.join(was)}"
            found.append(Fact(text, 12, f"weather {end}"))
    return found


def steps_frame(steps: list[Step]) -> pl.DataFrame:
    """The steps as rows, for a figure and its download."""
    schema: dict[str, pl.DataType] = {
        "cutoff": pl.String(), "at_utc": pl.Datetime("us"), "prob_late15": pl.Float64(),
        "pred_arr_delay_min": pl.Float64(), "points": pl.Float64(), "facts": pl.String(),
    }  # fmt: skip
    rows = [
        (s.cutoff, s.at_utc, s.prob_late15, s.pred_arr_delay_min, s.points, "; ".join(s.facts)) for s in steps
    ]
    return pl.DataFrame(rows, schema=schema, orient="row")
