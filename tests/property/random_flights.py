"""Small random flight tables with ties, early departures, cancellations and diversions, and their rewriting."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from builders import at, flight
from hypothesis import strategies as st

from aeroflux_assets.cutoffs import CUTOFFS

Row = dict[str, Any]
# Mostly between two places and in a few hours, so that flights meet in the windows and legs join.
AIRPORTS = ("AAA", "AAA", "BBB", "BBB", "CCC")
cutoffs = st.sampled_from(CUTOFFS)


@st.composite
def _outcome(draw: st.DrawFn) -> Row:
    kind = draw(st.sampled_from(["flown", "flown", "flown", "flown", "cancelled", "diverted", "returned"]))
    dep = draw(st.one_of(st.integers(-30, 40), st.integers(-5, 60), st.integers(-60, 700)))
    return {
        "cancelled": kind == "cancelled",
        "diverted": kind == "diverted",
        "returned": kind == "returned",
        "dep_delay": dep,
        "arr_delay": dep + draw(st.integers(-25, 90)),
        "taxi_out": draw(st.sampled_from([None, 0, 9, 30])),
        "taxi_in": draw(st.sampled_from([None, 0, 4, 20])),
    }


def _row(flight_id: int, plan: Row, outcome: Row) -> Row:
    """A row of `cleaned_flights`; the taxi times move take-off and landing."""
    base = {n: v for n, v in outcome.items() if n not in ("taxi_out", "taxi_in")}
    row = flight(flight_id, **plan, **base)
    out, in_ = outcome["taxi_out"], outcome["taxi_in"]
    out = None if row["dep_utc"] is None and row["gate_left_utc"] is None else out
    in_ = None if row["arr_utc"] is None else in_
    return row | {
        "taxi_out_min": out,
        "taxi_in_min": in_,
        "wheels_off_utc": None
        if out is None or row["dep_utc"] is None
        else row["dep_utc"] + timedelta(minutes=out),
        "wheels_on_utc": None if in_ is None else row["arr_utc"] - timedelta(minutes=in_),
    }


def _plans(days: tuple[int, ...], tails: tuple[str | None, ...]) -> st.SearchStrategy[Row]:
    return st.fixed_dictionaries(
        {
            # A grid of ten minutes makes ties of schedules, and of outcomes with schedules, frequent.
            "dep": st.builds(
                lambda day, slot, odd: 1440 * day + 10 * slot + odd,
                st.sampled_from(days),
                st.one_of(st.integers(60, 75), st.integers(60, 75), st.integers(30, 130)),
                st.sampled_from([0, 0, 0, 5, 7]),
            ),
            "block": st.sampled_from([50, 60, 60, 85, 130]),
            "origin": st.sampled_from(AIRPORTS),
            "dest": st.sampled_from(AIRPORTS),
            "tail": st.sampled_from(tails),
            "carrier": st.sampled_from(["AA", "DL"]),
            "flight_number": st.sampled_from([1, 2]),
        }
    )


@st.composite
def tables(
    draw: st.DrawFn,
    days: tuple[int, ...] = (0, 0, 0, 1),
    tails: tuple[str | None, ...] = ("N1",),
    most: int = 14,
) -> list[Row]:
    """Rows of `cleaned_flights`, in no order, their ids in no order of time."""
    least = draw(st.sampled_from([1, most // 2]))
    plans = draw(st.lists(_plans(days, tails), min_size=least, max_size=most))
    ids = draw(st.permutations(range(1, len(plans) + 1)))
    return [_row(n, plan, draw(_outcome())) for n, plan in zip(ids, plans, strict=True)]


def known(row: Row, name: str) -> Any:
    """When an outcome became known: its time, but never before the scheduled departure; None if it did not happen."""
    when = row[name]
    return None if when is None else max(when, row["sched_dep_utc"])


def as_seen(row: Row) -> Row:
    """A flight as those saw it who could not know its end: one that came back to its gate had left, and no more."""
    left = row["gate_left_utc"]
    if left is None:
        return row
    out = row["taxi_out_min"]
    return row | {
        "is_cancelled": False,
        "dep_utc": left,
        "dep_delay_min": minutes(left - row["sched_dep_utc"]),
        "wheels_off_utc": None if out is None else left + timedelta(minutes=out),
    }


def minutes(span: timedelta) -> int:
    return int(span.total_seconds()) // 60


def cutoff_of(row: Row, lead_min: int) -> Any:
    return row["sched_dep_utc"] - timedelta(minutes=lead_min)


def rewritten(row: Row, t: Any, rng: random.Random, happened: Callable[[Any, Any], bool]) -> Row:
    """Another future of a flight: everything that was not known at t drawn anew, everything known kept.

    happened(when, t) says whether an outcome at `when` counts as known at t.
    """
    row = as_seen(row)
    dep, off, arr = (known(row, name) for name in ("dep_utc", "wheels_off_utc", "arr_utc"))
    departed = dep is not None and happened(dep, t)
    if not departed and row["is_cancelled"] and row["sched_dep_utc"] < t:
        return row  # known to be cancelled
    plan = {
        "dep": minutes(row["sched_dep_utc"] - at(0)),
        "block": row["sched_block_min"],
        **{name: row[name] for name in ("origin", "dest", "tail", "carrier", "flight_number")},
    }
    landed = arr is not None and happened(arr, t)
    # Delays from which on the outcome lies after t.
    after = t + timedelta(minutes=1)
    least_dep = max(minutes(after - row["sched_dep_utc"]), -60)
    least_arr = max(minutes(after - row["sched_arr_utc"]), -60)
    dep_delay = row["dep_delay_min"] if departed else least_dep + rng.randint(0, 300)
    gone = row["sched_dep_utc"] < t or departed
    outcome = {
        "cancelled": not gone and rng.random() < 0.3,
        "diverted": not landed and rng.random() < 0.2,
        "returned": not landed and rng.random() < 0.2,
        "dep_delay": dep_delay,
        "arr_delay": row["arr_delay_min"] if landed else max(least_arr, dep_delay) + rng.randint(0, 300),
        "taxi_out": row["taxi_out_min"],
        "taxi_in": row["taxi_in_min"] if landed else rng.choice([None, 3, 60]),
    }
    if departed and (off is None or not happened(off, t)):
        waited = max(minutes(after - row["dep_utc"]), 0)
        outcome["taxi_out"] = rng.choice([None, waited + rng.randint(0, 60)])
    elif not departed:
        outcome["taxi_out"] = rng.choice([None, 5, 45])
    return _row(row["flight_id"], plan, outcome)
