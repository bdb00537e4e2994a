"""The upstream legs of a flight against a naive reading of the vouching rule, and the point-in-time property."""

import random
from datetime import timedelta
from typing import Any

import polars as pl
from builders import cleaned_flights, wanted
from hypothesis import given, settings
from hypothesis import strategies as st
from random_flights import Row, as_seen, cutoff_of, cutoffs, known, minutes, rewritten, tables

from aeroflux_assets.contracts.base import violations
from aeroflux_assets.contracts.propagation import PROPAGATION
from aeroflux_assets.cutoffs import CUTOFFS, Cutoff
from aeroflux_assets.propagation.chain import known_upstream

TURNAROUND, LOOKBACK = timedelta(minutes=15), timedelta(hours=36)
rotations = tables(days=(0, 0, 0, 0, 1, 2), tails=("N1", "N1", "N1", "N1", "N2", None), most=12)


def propagation(rows: list[Row], ids: list[int], cutoff: Cutoff) -> pl.DataFrame:
    frame = known_upstream(cleaned_flights(rows), wanted(*ids), cutoff)
    assert violations(PROPAGATION, PROPAGATION.conform(frame.lazy())) == []
    return frame


# ---- the naive reference --------------------------------------------------------------------------------
def order(row: Row) -> tuple[Any, ...]:
    return row["sched_dep_utc"], row["sched_arr_utc"], row["flight_id"]


def done_by(row: Row, outcome: str, t: Any) -> bool:
    when = known(row, outcome)
    return when is not None and when <= t


def vouched(up: Row, down: Row, t: Any) -> bool:
    by_schedule = up["sched_arr_utc"] + TURNAROUND <= down["sched_dep_utc"]
    known_cancelled = up["is_cancelled"] and up["sched_dep_utc"] < t
    return up["dest"] == down["origin"] and (by_schedule or done_by(up, "arr_utc", t)) and not known_cancelled


def inbound(rows: list[Row], down: Row, t: Any) -> Row | None:
    """The latest leg of the tail before `down`, at most LOOKBACK before it, that something vouches for."""
    legs = [
        row
        for row in rows
        if row["tail"] is not None and row["tail"] == down["tail"] and order(row) < order(down)
    ]
    recent = [leg for leg in legs if leg["sched_dep_utc"] >= down["sched_dep_utc"] - LOOKBACK]
    good = [leg for leg in recent if vouched(leg, down, t)]
    return max(good, key=order, default=None)


def chain(rows: list[Row], me: Row, t: Any) -> list[Row]:
    """The upstream legs of a flight, nearest first, as far as they reach."""
    legs: list[Row] = []
    up = inbound(rows, me, t)
    while up is not None:
        legs.append(up)
        up = inbound(rows, up, t)
    return legs


def arrival(legs: list[Row], t: Any) -> Any:
    """The earliest feasible arrival of the first leg, from what is known of it and of those before it."""
    leg, before = legs[0], legs[1:]
    if done_by(leg, "arr_utc", t):
        return known(leg, "arr_utc")
    block = timedelta(minutes=leg["sched_block_min"])
    if done_by(leg, "dep_utc", t):
        return max(leg["sched_dep_utc"] + timedelta(minutes=leg["dep_delay_min"]) + block, t)
    ready = [arrival(before, t) + TURNAROUND] if before else []
    return max(leg["sched_dep_utc"], t, *ready) + block


def expected(rows: list[Row], me: Row, t: Any) -> Row:
    legs = chain(rows, me, t)
    columns: Row = {}
    for k in (1, 2, 3):
        down, up = [me, *legs][k - 1] if k <= len(legs) else None, legs[k - 1] if k <= len(legs) else None
        columns |= {f"up{k}_{name}": value for name, value in hop(up, down, t).items()}
    slack = delay = None
    if legs:
        earliest = arrival(legs[:3], t)
        slack = minutes(me["sched_dep_utc"] - earliest)
        delay = max(minutes(earliest + TURNAROUND - me["sched_dep_utc"]), 0)
    # A flight without a tail counts 1: that it has none may itself be known only after the cutoff.
    number = 1
    for leg in legs:
        if leg["flight_date"] != me["flight_date"]:
            break
        number += 1
    return columns | {"slack_min": slack, "earliest_dep_delay_min": delay, "leg_number_day": number}


def hop(up: Row | None, down: Row | None, t: Any) -> Row:
    if up is None or down is None:
        names = ("flight_id", "has_departed", "has_landed", "dep_delay_min", "arr_delay_min", "late_so_far_min",
                 "min_since_landing", "sched_turnaround_min", "sched_block_min")  # fmt: skip
        return dict.fromkeys(names) | {"is_linked": 0}
    departed, landed = done_by(up, "dep_utc", t), done_by(up, "arr_utc", t)
    if landed:
        late = up["arr_delay_min"]
    elif departed:
        late = max(up["dep_delay_min"], minutes(t - up["sched_arr_utc"]))
    else:
        late = max(0, minutes(t - up["sched_dep_utc"]))
    return {
        "flight_id": up["flight_id"],
        "is_linked": 1,
        "has_departed": int(departed),
        "has_landed": int(landed),
        "dep_delay_min": up["dep_delay_min"] if departed else None,
        "arr_delay_min": up["arr_delay_min"] if landed else None,
        "late_so_far_min": late,
        "min_since_landing": minutes(t - known(up, "arr_utc")) if landed else None,
        "sched_turnaround_min": minutes(down["sched_dep_utc"] - up["sched_arr_utc"]),
        "sched_block_min": up["sched_block_min"],
    }


@settings(deadline=None, max_examples=80)
@given(rows=rotations, cutoff=cutoffs)
def test_upstream_legs_are_those_of_a_naive_search(rows: list[Row], cutoff: Cutoff) -> None:
    ids = [row["flight_id"] for row in rows]
    found = propagation(rows, ids, cutoff)
    assert found["flight_id"].to_list() == ids
    seen = [as_seen(row) for row in rows]
    for me, columns in zip(seen, found.drop("flight_id").iter_rows(named=True), strict=True):
        want = expected(seen, me, cutoff_of(me, cutoff.lead_min))
        assert columns == want, {n: (columns[n], want[n]) for n in columns if columns[n] != want[n]}


# ---- the point-in-time property -------------------------------------------------------------------------
@settings(deadline=None, max_examples=60)
@given(rows=rotations, cutoff=cutoffs, seed=st.integers(0, 1 << 16))
def test_what_becomes_known_after_the_cutoff_changes_nothing(
    rows: list[Row], cutoff: Cutoff, seed: int
) -> None:
    # Everything that the contract says is known only later is drawn anew: departures, arrivals and
    # cancellations to come, and the tails of legs that neither schedule nor landing vouches for.
    rng = random.Random(seed)
    latest = sorted(rows, key=order)[-3:]  # those that have most before them
    before = propagation(rows, [row["flight_id"] for row in latest], cutoff)
    for n, me in enumerate(latest):
        t = cutoff_of(me, cutoff.lead_min)
        other = other_tails([rewritten(row, t, rng, lambda when, t: when <= t) for row in rows], me, t, rng)
        after = propagation(other, [me["flight_id"]], cutoff)
        assert after.equals(before[n], null_equal=True), (before[n].to_dicts(), after.to_dicts())


def other_tails(rows: list[Row], me: Row, t: Any, rng: random.Random) -> list[Row]:
    """Give a leg another tail if nothing vouches for it: to no leg of the chain, and it is none of them.

    The flight's own tail too, where it has no link: to one that no other leg has, or to none.
    """
    seen = [as_seen(row) for row in rows]
    links = [next(row for row in seen if row["flight_id"] == me["flight_id"])]
    links += chain(seen, links[0], t)
    ids = {link["flight_id"] for link in links}
    changed = []
    for row, shown in zip(rows, seen, strict=True):
        tail = row["tail"]
        if shown is links[0] and len(links) == 1:
            tail = rng.choice([tail, "N9", None])
        elif row["flight_id"] not in ids and not any(vouched(shown, link, t) for link in links):
            tail = rng.choice(["N1", "N2", "N3", None])
        changed.append(row | {"tail": tail})
    return changed


@settings(deadline=None, max_examples=30)
@given(rows=rotations, cutoff=cutoffs, shuffle=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter_and_the_order_asked_for_is_kept(
    rows: list[Row], cutoff: Cutoff, shuffle: Any
) -> None:
    ids = [row["flight_id"] for row in rows]
    shuffled, asked = list(rows), list(ids)
    shuffle.shuffle(shuffled)
    shuffle.shuffle(asked)
    found = propagation(shuffled, asked, cutoff)
    assert found["flight_id"].to_list() == asked
    assert found.sort("flight_id").equals(propagation(rows, sorted(ids), cutoff), null_equal=True)


@settings(deadline=None, max_examples=15)
@given(rows=rotations)
def test_a_leg_that_counts_as_landed_had_landed_by_the_cutoff(rows: list[Row]) -> None:
    ids = [row["flight_id"] for row in rows]
    by_id = {row["flight_id"]: row for row in rows}
    for cutoff in CUTOFFS:
        known_legs = propagation(rows, ids, cutoff).filter(pl.col("up1_has_landed") == 1)
        for me, up in known_legs.select("flight_id", "up1_flight_id").iter_rows():
            assert by_id[up]["arr_utc"] <= cutoff_of(by_id[me], cutoff.lead_min)
