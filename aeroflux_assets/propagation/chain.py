"""The upstream legs of a flight as they were known at its cutoff.

BTS records the tail that flew, not the tail that was planned, so a link from a flight to an earlier leg
of its tail is itself hindsight until something vouches for it. At a cutoff t a leg may be an upstream
link of the next one only if it ends where that one begins, and either

- *the schedule vouches*: it is scheduled to arrive at least MIN_TURNAROUND_MIN before that one's
  scheduled departure, or
- *a landing vouches*: it has arrived there by t.

A leg that is known to be cancelled by t (its scheduled departure has passed, and it had not left its gate) links
nothing. Legs that
neither vouches for are stepped over, so that what they do cannot change anything; so are legs older than
LOOKBACK_MIN. `links="flown"` takes the plain previous flown leg instead, to measure what that hindsight buys.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from aeroflux_assets.contracts.propagation import HOPS, upstream_names
from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.propagation.codes import text_codes
from aeroflux_assets.propagation.known import NEVER, timeline
from aeroflux_assets.rotation.turnaround import MIN_TURNAROUND_MIN

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Links = Literal["vouched", "flown"]

# A tail's overnight stop included; longer gaps say nothing about today's delay.
LOOKBACK_MIN = 36 * 60
NO_LEG = -1


def _sorted_legs(flights: pl.LazyFrame) -> pl.DataFrame:
    """Legs with a tail, by tail and schedule, with codes instead of texts."""
    legs = (
        timeline(flights)
        .filter(pl.col("tail").is_not_null())
        .select(
            "flight_id",
            "tail",
            "origin",
            "dest",
            "sched_dep",
            "sched_arr",
            "dep",
            "arr",
            pl.col("dep_delay_min").fill_null(0).cast(pl.Int64),
            pl.col("arr_delay_min").fill_null(0).cast(pl.Int64),
            pl.col("sched_block_min").cast(pl.Int64),
            "is_cancelled",
            pl.col("flight_date").cast(pl.Int32).cast(pl.Int64).alias("day"),
        )
        .collect()
    )
    origin, dest = text_codes(legs["origin"], legs["dest"])
    coded = legs.with_columns(
        tail_code=pl.Series(text_codes(legs["tail"])[0], dtype=pl.Int64),
        origin=pl.Series(origin, dtype=pl.Int64),
        dest=pl.Series(dest, dtype=pl.Int64),
    )
    return coded.drop("tail").sort("tail_code", "sched_dep", "sched_arr", "flight_id")


class _Legs:
    """The sorted legs as arrays."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.origin: Ints = frame["origin"].to_numpy()
        self.dest: Ints = frame["dest"].to_numpy()
        self.tail: Ints = frame["tail_code"].to_numpy()
        self.sched_dep: Ints = frame["sched_dep"].to_numpy()
        self.sched_arr: Ints = frame["sched_arr"].to_numpy()
        self.dep: Ints = frame["dep"].to_numpy()
        self.arr: Ints = frame["arr"].to_numpy()
        self.dep_delay: Ints = frame["dep_delay_min"].to_numpy()
        self.arr_delay: Ints = frame["arr_delay_min"].to_numpy()
        self.block: Ints = frame["sched_block_min"].to_numpy()
        self.cancelled: Bools = frame["is_cancelled"].to_numpy()
        self.day: Ints = frame["day"].to_numpy()


def _vouched(legs: _Legs, up: Ints, down: Ints, t: Ints, links: Links) -> Bools:
    """Whether leg `up` may be an upstream link of leg `down` at time t."""
    if links == "flown":
        return ~legs.cancelled[up]
    joins = legs.dest[up] == legs.origin[down]
    by_schedule = legs.sched_arr[up] + MIN_TURNAROUND_MIN <= legs.sched_dep[down]
    landed = (legs.arr[up] >= 0) & (legs.arr[up] <= t)
    known_cancelled = legs.cancelled[up] & (legs.dep[up] < 0) & (legs.sched_dep[up] < t)
    vouched: Bools = joins & (by_schedule | landed) & ~known_cancelled
    return vouched


def upstream(legs: _Legs, down: Ints, t: Ints, links: Links) -> Ints:
    """The position of the upstream link of each leg in `down` (NO_LEG stays NO_LEG) at its time t.

    Steps back leg by leg over those that nothing vouches for, all queries at once; at most as many steps as
    a tail flies legs within the look-back.
    """
    result = np.full(len(down), NO_LEG, dtype=np.int64)
    open_ = np.flatnonzero(down > 0)
    at = down[open_] - 1
    while len(open_):
        below = down[open_]
        same = (at >= 0) & (legs.tail[at] == legs.tail[below])
        same &= legs.sched_dep[at] >= legs.sched_dep[below] - LOOKBACK_MIN
        open_, at, below = open_[same], at[same], below[same]
        found = _vouched(legs, at, below, t[open_], links)
        result[open_[found]] = at[found]
        open_, at = open_[~found], at[~found] - 1
    return result


def _gather(values: Ints, at: Ints, valid: Bools) -> npt.NDArray[np.float32]:
    """values[at] as floats, NaN where not valid."""
    return np.where(valid, values[np.maximum(at, 0)], np.nan).astype(np.float32)


def _hop(legs: _Legs, up: Ints, down: Ints, t: Ints) -> dict[str, npt.NDArray[np.float32]]:
    """What was known of the upstream legs `up` at t: see the `propagation` contract for each name."""
    linked = up != NO_LEG
    departed = linked & (legs.dep[up] >= 0) & (legs.dep[up] <= t)
    landed = linked & (legs.arr[up] >= 0) & (legs.arr[up] <= t)
    late_so_far = np.where(
        landed, legs.arr_delay[up], np.where(departed, t - legs.sched_arr[up], t - legs.sched_dep[up])
    )
    late_so_far = np.where(
        landed, late_so_far, np.maximum(late_so_far, np.where(departed, legs.dep_delay[up], 0))
    )
    return {
        "is_linked": linked.astype(np.float32),
        "has_departed": _gather(departed.astype(np.int64), np.arange(len(up)), linked),
        "has_landed": _gather(landed.astype(np.int64), np.arange(len(up)), linked),
        "dep_delay_min": _gather(legs.dep_delay, up, departed),
        "arr_delay_min": _gather(legs.arr_delay, up, landed),
        "late_so_far_min": np.where(linked, late_so_far, np.nan).astype(np.float32),
        "min_since_landing": np.where(landed, t - legs.arr[up], np.nan).astype(np.float32),
        "sched_turnaround_min": np.where(
            linked, legs.sched_dep[np.maximum(down, 0)] - legs.sched_arr[up], np.nan
        ).astype(np.float32),
        "sched_block_min": _gather(legs.block, up, linked),
    }


def _earliest_arrival(legs: _Legs, up: Ints, t: Ints, inbound: Ints) -> Ints:
    """The earliest gate arrival of legs `up` that is feasible on what is known at t; NEVER without a leg.

    Landed: its arrival. Departed: departure and scheduled block, not before t. Not departed: it leaves at
    the latest of its schedule, now, and its own inbound's arrival plus the minimum turnaround.
    """
    landed = (legs.arr[up] >= 0) & (legs.arr[up] <= t)
    departed = (legs.dep[up] >= 0) & (legs.dep[up] <= t)
    ready = np.where(inbound >= 0, inbound + MIN_TURNAROUND_MIN, 0)
    leaves = np.maximum(np.maximum(legs.sched_dep[up], t), ready)
    en_route = np.maximum(legs.sched_dep[up] + legs.dep_delay[up] + legs.block[up], t)
    arrives = np.where(landed, legs.arr[up], np.where(departed, en_route, leaves + legs.block[up]))
    return np.where(up != NO_LEG, arrives, NEVER)


def _leg_number_day(
    legs: _Legs, me: Ints, hops: list[Ints], t: Ints, links: Links
) -> npt.NDArray[np.float32]:
    """1 and the links before the flight that lie on its local date.

    The chain is followed past the last hop for as long as it stays on the date. A flight without a tail counts 1
    like one without a link: that BTS knows no tail is itself known only after a flight was cancelled.
    """
    number = np.ones(len(me), dtype=np.int64)
    going = np.flatnonzero(me != NO_LEG)
    down = me[going]
    depth = 0
    while len(going):
        up = hops[depth][going] if depth < len(hops) else upstream(legs, down, t[going], links)
        same = (up != NO_LEG) & (legs.day[up] == legs.day[me[going]])
        going, down = going[same], up[same]
        number[going] += 1
        depth += 1
    return number.astype(np.float32)


def _unlinked(wanted: pl.DataFrame, hops: int) -> pl.DataFrame:
    """The rows of `known_upstream` where no leg has a tail."""
    values = {"is_linked": 0.0, "number_day": 1.0}
    return wanted.select(
        "flight_id",
        *(
            pl.lit(
                values.get(name.split("_", 1)[1]),
                dtype=pl.Int64() if name.endswith("_flight_id") else pl.Float32(),
            ).alias(name)
            for name in upstream_names(hops)[1:]
        ),
    )


def known_upstream(
    flights: pl.LazyFrame,
    wanted: pl.DataFrame,
    cutoff: Cutoff,
    links: Links = "vouched",
    depth: int = HOPS,
) -> pl.DataFrame:
    """What was known at the cutoff of the last `depth` upstream legs of each wanted flight.

    flights: `cleaned_flights` of the wanted flights and of LOOKBACK_MIN times `depth` before them.
    wanted: one column `flight_id`. Returns one row a wanted flight, in its order: flight_id, up{k}_flight_id
    and up{k}_* for k = 1 to depth, earliest_dep_delay_min, slack_min, leg_number_day (the `propagation`
    contract, whose depth is HOPS, says what each is). A flight without a tail or a link has nulls.
    """
    frame = _sorted_legs(flights)
    if frame.is_empty():
        return _unlinked(wanted, depth)
    legs = _Legs(frame)
    positions = frame.select("flight_id", position=pl.int_range(pl.len(), dtype=pl.Int64))
    at = wanted.join(positions, on="flight_id", how="left", maintain_order="left")["position"]
    me: Ints = at.fill_null(NO_LEG).to_numpy()
    placed = me != NO_LEG
    t: Ints = np.where(placed, legs.sched_dep[me] - cutoff.lead_min, 0)
    hops: list[Ints] = []
    down = me
    for _ in range(depth):
        down = upstream(legs, down, t, links)
        hops.append(down)
    columns: dict[str, npt.NDArray[np.generic]] = {}
    inbound = np.full(len(me), NEVER, dtype=np.int64)
    for k in range(depth, 0, -1):
        inbound = _earliest_arrival(legs, hops[k - 1], t, inbound)
        below = me if k == 1 else hops[k - 2]
        columns |= {f"up{k}_{name}": value for name, value in _hop(legs, hops[k - 1], below, t).items()}
    linked = hops[0] != NO_LEG
    sched = legs.sched_dep[np.maximum(me, 0)]
    columns["slack_min"] = np.where(linked, sched - inbound, np.nan).astype(np.float32)
    ready = np.maximum(inbound + MIN_TURNAROUND_MIN - sched, 0)
    columns["earliest_dep_delay_min"] = np.where(linked, ready, np.nan).astype(np.float32)
    columns["leg_number_day"] = _leg_number_day(legs, me, hops, t, links)
    ids = frame["flight_id"].to_numpy()
    known_ids = {
        f"up{k}_flight_id": pl.Series(np.where(hop != NO_LEG, ids[np.maximum(hop, 0)], 0)).replace(0, None)
        for k, hop in enumerate(hops, start=1)
    }
    result = pl.DataFrame({"flight_id": wanted["flight_id"], **known_ids, **columns})
    return result.select(upstream_names(depth)).with_columns(pl.col(pl.Float32).fill_nan(None))
