"""The state of places at the cutoff against a naive count over all flights, and blindness to the own row."""

import random
from collections.abc import Callable, Iterable
from datetime import timedelta
from statistics import median
from typing import Any

import numpy as np
import polars as pl
from builders import at, cleaned_flights, flight, wanted
from hypothesis import given, settings
from hypothesis import strategies as st
from random_flights import Row, as_seen, cutoff_of, cutoffs, known, minutes, rewritten, tables

from aeroflux_assets.contracts.propagation import AIRPORT_STATE, CARRIER_STATE, ROUTE_STATE
from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.propagation.quantiles import Medians
from aeroflux_assets.propagation.state import MonthState, airport_state, carrier_state, route_state
from aeroflux_assets.propagation.windows import Place, Queries, Stream

WIDTH = {"30m": 30, "1h": 60, "3h": 180, "6h": 360, "3d": 3 * 1440, "28d": 28 * 1440}
ALL, PAPER, CARRIER, HISTORY = ("30m", "1h", "3h", "6h"), ("1h", "3h", "6h"), ("1h", "3h"), ("3d", "28d")
TABLES = {"airport": airport_state, "route": route_state, "carrier": carrier_state}
# Days on both sides of the windows of history; most flights on one day.
flights_of_weeks = tables(days=(0, 0, 0, 0, 1, 2, 4, 27, 28, 29))
Pick = Callable[[Row], bool]


def state(rows: list[Row], ids: Iterable[int], cutoff: Cutoff, table: str) -> pl.DataFrame:
    return TABLES[table](MonthState(cleaned_flights(rows), wanted(*ids), cutoff))


# ---- the naive reference --------------------------------------------------------------------------------
class Naive:
    """What one flight could know at t, by looking at every flight in turn."""

    def __init__(self, rows: list[Row], t: Any) -> None:
        self.rows, self.t = rows, t

    def within(self, outcome: str, width: str, pick: Pick) -> list[Row]:
        start = self.t - timedelta(minutes=WIDTH[width])
        return [
            row
            for row in self.rows
            if pick(row) and (when := known(row, outcome)) is not None and start <= when < self.t
        ]

    def departures(self, prefix: str, pick: Pick, widths: Iterable[str]) -> Row:
        columns: Row = {}
        for w in widths:
            delays = [row["dep_delay_min"] for row in self.within("dep_utc", w, pick)]
            cancelled = self.within("sched_dep_utc", w, lambda row: pick(row) and row["is_cancelled"])
            columns |= {
                f"{prefix}_departures_{w}": len(delays),
                f"{prefix}_dep_delay_mean_min_{w}": average(delays),
                f"{prefix}_dep_delay_clipped_min_{w}": average([min(max(d, -30), 180) for d in delays]),
                f"{prefix}_dep_late_share_{w}": average([int(d >= 15) for d in delays]),
                f"{prefix}_cancellations_{w}": len(cancelled),
            }
        return columns

    def arrivals(self, prefix: str, pick: Pick, widths: Iterable[str]) -> Row:
        columns: Row = {}
        for w in widths:
            came = self.within("arr_utc", w, pick)
            delays = [row["arr_delay_min"] for row in came]
            columns |= {
                f"{prefix}_arrivals_{w}": len(delays),
                f"{prefix}_arr_delay_mean_min_{w}": average(delays),
                f"{prefix}_arr_delay_clipped_min_{w}": average([min(max(d, -30), 180) for d in delays]),
                f"{prefix}_arr_late_share_{w}": average([int(d >= 15) for d in delays]),
                f"{prefix}_en_route_loss_min_{w}": average(losses(came)),
            }
        return columns

    def queue(self, prefix: str, pick: Pick, due: str, done: str, patience: int) -> Row:
        waits = []
        for row in self.rows:
            since, gone = row[due], known(row, done)
            waiting = since < self.t and (gone is None or gone >= self.t)
            if pick(row) and not row["is_cancelled"] and waiting and minutes(self.t - since) <= patience:
                waits.append(minutes(self.t - since))
        return {f"{prefix}_queue": len(waits), f"{prefix}_queue_wait_min": sum(waits)}

    def under_way(self, prefix: str, pick: Pick) -> Row:
        delays = []
        for row in self.rows:
            left, came = known(row, "dep_utc"), known(row, "arr_utc")
            if not pick(row) or left is None or left >= self.t or (came is not None and came < self.t):
                continue
            if minutes(self.t - left) <= row["sched_block_min"] + 180:
                delays.append(row["dep_delay_min"])
        return {
            f"{prefix}_under_way": len(delays),
            f"{prefix}_under_way_dep_delay_clipped_min": average([min(max(d, -30), 180) for d in delays]),
            f"{prefix}_under_way_late_share": average([int(d >= 15) for d in delays]),
        }

    def history(self, prefix: str, pick: Pick) -> Row:
        columns: Row = {}
        for w in HISTORY:
            came = self.within("arr_utc", w, pick)
            delays = [row["arr_delay_min"] for row in came]
            columns |= {
                f"{prefix}_history_arrivals_{w}": len(came),
                f"{prefix}_history_arr_delay_min_{w}": average([min(max(d, -30), 180) for d in delays]),
                f"{prefix}_history_late_share_{w}": average([int(d >= 15) for d in delays]),
            }
            if prefix == "carrier_route":
                columns[f"{prefix}_history_loss_min_{w}"] = average(losses(came))
        return columns


def losses(rows: list[Row]) -> list[int]:
    return [min(max(row["arr_delay_min"] - row["dep_delay_min"], -120), 120) for row in rows]


def average(values: list[int]) -> float | None:
    return float(np.float32(sum(values) / len(values))) if values else None


def same(me: Row, *pairs: tuple[str, str]) -> Pick:
    """Rows whose column equals one of mine, for every pair (theirs, mine)."""
    return lambda row: all(row[theirs] == me[mine] for theirs, mine in pairs)


def naive_airport(rows: list[Row], me: Row, t: Any) -> Row:
    n = Naive(rows, t)
    from_o, to_o = same(me, ("origin", "origin")), same(me, ("dest", "origin"))
    from_d, to_d = same(me, ("origin", "dest")), same(me, ("dest", "dest"))
    columns = n.departures("origin", from_o, ALL) | n.arrivals("origin", to_o, PAPER)
    columns |= n.departures("dest", from_d, PAPER) | n.arrivals("dest", to_d, ALL)
    columns |= n.departures("dest_bound", to_d, ALL) | n.departures("origin_bound", to_o, PAPER)
    for w in PAPER:
        out = [row["taxi_out_min"] for row in n.within("wheels_off_utc", w, from_o)]
        in_ = [row["taxi_in_min"] for row in n.within("arr_utc", w, to_d) if row["taxi_in_min"] is not None]
        left = [row["dep_delay_min"] for row in n.within("dep_utc", w, from_o)]
        came = [row["arr_delay_min"] for row in n.within("arr_utc", w, to_d)]
        columns |= {
            f"origin_taxi_out_mean_min_{w}": average(out),
            f"dest_taxi_in_mean_min_{w}": average(in_),
            f"origin_dep_delay_median_min_{w}": middle(left),
            f"dest_arr_delay_median_min_{w}": middle(came),
        }
    for prefix, pick in (("origin", from_o), ("dest", from_d), ("dest_bound", to_d)):
        columns |= n.queue(prefix, pick, "sched_dep_utc", "dep_utc", 360)
    for prefix, pick in (("dest_arrivals", to_d), ("origin_arrivals", to_o)):
        columns |= n.queue(prefix, pick, "sched_arr_utc", "arr_utc", 180)

    def about(when: str, pick: Pick) -> int:
        others = [row for row in rows if row is not me and pick(row)]
        return sum(abs(minutes(row[when] - me[when])) <= 30 for row in others)

    columns |= {
        "origin_demand": about("sched_dep_utc", from_o),
        "dest_demand": about("sched_arr_utc", to_d),
        "origin_flight_volume_28d": len(n.within("sched_dep_utc", "28d", from_o)),
        "dest_flight_volume_28d": len(n.within("sched_dep_utc", "28d", to_d)),
        "route_frequency_28d": len(n.within("sched_dep_utc", "28d", lambda row: from_o(row) and to_d(row))),
    }
    return columns


def middle(delays: list[int]) -> float | None:
    return float(median(min(max(d, -60), 451) for d in delays)) if delays else None


def naive_route(rows: list[Row], me: Row, t: Any) -> Row:
    n, on = Naive(rows, t), same(me, ("origin", "origin"), ("dest", "dest"))
    return n.departures("route", on, PAPER) | n.arrivals("route", on, PAPER)


def naive_carrier(rows: list[Row], me: Row, t: Any) -> Row:
    n, carrier = Naive(rows, t), ("carrier", "carrier")
    anywhere, from_o = same(me, carrier), same(me, carrier, ("origin", "origin"))
    to_o, to_d = same(me, carrier, ("dest", "origin")), same(me, carrier, ("dest", "dest"))
    route = same(me, carrier, ("origin", "origin"), ("dest", "dest"))
    number = same(me, ("flight_number", "flight_number"))
    columns = n.departures("carrier", anywhere, CARRIER) | n.departures("carrier_origin", from_o, CARRIER)
    columns |= n.arrivals("carrier_origin", to_o, CARRIER) | n.arrivals("carrier_dest", to_d, CARRIER)
    columns |= n.queue("carrier_origin", from_o, "sched_dep_utc", "dep_utc", 360)
    columns |= n.queue("carrier", anywhere, "sched_dep_utc", "dep_utc", 360)
    columns |= n.under_way("carrier_origin_bound", to_o)
    columns |= n.queue("carrier_origin_bound", to_o, "sched_dep_utc", "dep_utc", 360)
    columns |= n.history("flight", lambda row: route(row) and number(row))
    columns |= n.history("carrier_route", route)
    hour = me["sched_dep_utc"].hour
    columns |= n.history("carrier_origin_hour", lambda row: from_o(row) and row["sched_dep_utc"].hour == hour)
    blocks = [row["block_min"] for row in n.within("arr_utc", "28d", route)]
    pad = None if not blocks else me["sched_block_min"] - np.float32(sum(blocks) / len(blocks))
    return columns | {"block_pad_min": None if pad is None else float(np.float32(pad))}


def check(rows: list[Row], cutoff: Cutoff, table: str, naive: Callable[[list[Row], Row, Any], Row]) -> None:
    ids = [row["flight_id"] for row in rows]
    found = state(rows, ids, cutoff, table)
    assert found["flight_id"].to_list() == ids
    seen = [as_seen(row) for row in rows]
    for me, columns in zip(seen, found.drop("flight_id").iter_rows(named=True), strict=True):
        expected = naive(seen, me, cutoff_of(me, cutoff.lead_min))
        assert columns == expected, {
            n: (columns.get(n), expected.get(n)) for n in columns if columns[n] != expected.get(n)
        }


@settings(deadline=None, max_examples=50)
@given(rows=flights_of_weeks, cutoff=cutoffs)
def test_airports_are_as_a_naive_count_has_them(rows: list[Row], cutoff: Cutoff) -> None:
    check(rows, cutoff, "airport", naive_airport)


@settings(deadline=None, max_examples=25)
@given(rows=flights_of_weeks, cutoff=cutoffs)
def test_routes_are_as_a_naive_count_has_them(rows: list[Row], cutoff: Cutoff) -> None:
    check(rows, cutoff, "route", naive_route)


@settings(deadline=None, max_examples=40)
@given(rows=flights_of_weeks, cutoff=cutoffs)
def test_carriers_are_as_a_naive_count_has_them(rows: list[Row], cutoff: Cutoff) -> None:
    check(rows, cutoff, "carrier", naive_carrier)


def test_the_reference_has_every_column_of_the_contracts() -> None:
    me = flight(1, 600)
    for contract, naive in (
        (AIRPORT_STATE, naive_airport),
        (ROUTE_STATE, naive_route),
        (CARRIER_STATE, naive_carrier),
    ):
        assert set(naive([me], me, me["sched_dep_utc"])) == set(contract.names) - {"flight_id"}


# ---- what a flight may not see --------------------------------------------------------------------------
@settings(deadline=None, max_examples=20)
@given(rows=tables(), cutoff=cutoffs, table=st.sampled_from(sorted(TABLES)), seed=st.integers(0, 1 << 16))
def test_another_future_leaves_the_state_at_the_cutoff_as_it_was(
    rows: list[Row], cutoff: Cutoff, table: str, seed: int
) -> None:
    # Outcomes from the cutoff on, the flight's own among them, drawn anew: not a bit may change.
    rng = random.Random(seed)
    for me in sorted(rows, key=lambda row: row["sched_dep_utc"])[-3:]:
        t = cutoff_of(me, cutoff.lead_min)
        other = [rewritten(row, t, rng, lambda when, t: when < t) for row in rows]
        before = state(rows, [me["flight_id"]], cutoff, table)
        assert state(other, [me["flight_id"]], cutoff, table).equals(before, null_equal=True)


@settings(deadline=None, max_examples=20)
@given(
    rows=tables(),
    cutoff=cutoffs,
    table=st.sampled_from(sorted(TABLES)),
    change=st.sampled_from(["cancelled", "returned", "diverted", "early", "late"]),
)
def test_a_flights_own_outcome_leaves_its_own_state_as_it_was(
    rows: list[Row], cutoff: Cutoff, table: str, change: str
) -> None:
    me, others = rows[0], rows[1:]
    how: Row = {
        "cancelled": {"cancelled": True},
        "returned": {"returned": True, "dep_delay": -20},
        "diverted": {"diverted": True, "dep_delay": -10},
        "early": {"dep_delay": -180, "arr_delay": -180},
        "late": {"dep_delay": 500},
    }[change]
    same_plan = {n: me[n] for n in ("origin", "dest", "carrier", "flight_number")}
    dep = minutes(me["sched_dep_utc"] - at(0))
    changed = flight(me["flight_id"], dep, block=me["sched_block_min"], **same_plan, **how)
    before = state(rows, [me["flight_id"]], cutoff, table)
    assert state([changed, *others], [me["flight_id"]], cutoff, table).equals(before, null_equal=True)


@settings(deadline=None, max_examples=20)
@given(
    rows=tables(),
    cutoff=cutoffs,
    table=st.sampled_from(sorted(TABLES)),
    order=st.randoms(use_true_random=False),
)
def test_the_order_of_the_rows_does_not_matter_and_the_order_asked_for_is_kept(
    rows: list[Row], cutoff: Cutoff, table: str, order: Any
) -> None:
    ids = [row["flight_id"] for row in rows]
    shuffled, asked = list(rows), list(ids)
    order.shuffle(shuffled)
    order.shuffle(asked)
    found = state(shuffled, asked, cutoff, table)
    assert found["flight_id"].to_list() == asked
    assert found.sort("flight_id").equals(state(rows, sorted(ids), cutoff, table), null_equal=True)


# ---- windows and medians alone --------------------------------------------------------------------------
KEYS = st.sampled_from([0, 1, 2, 70_000, (1 << 31) - 1])
MINUTES = st.one_of(st.integers(-1, 200), st.sampled_from([28_000_000, (1 << 31) - 1]))


@settings(deadline=None, max_examples=80)
@given(
    events=st.lists(st.tuples(KEYS, MINUTES, st.integers(-70, 500)), max_size=30),
    queries=st.lists(st.tuples(KEYS, st.integers(0, 260), st.integers(0, 90)), min_size=1, max_size=10),
)
def test_counts_sums_and_medians_of_windows_are_those_of_a_loop(
    events: list[tuple[int, int, int]], queries: list[tuple[int, int, int]]
) -> None:
    key, minute, value = (np.array([event[i] for event in events], dtype=np.int64) for i in range(3))
    index = Stream(minute, {"v": value}).by(key)
    medians = Medians(index.values["v"])
    for width in {width for _, _, width in queries}:
        asked = Queries(
            np.array([k for k, _, _ in queries], dtype=np.int64),
            np.array([t for _, t, _ in queries], dtype=np.int64),
        )
        place = index.places(asked, {"w": width})["w"]
        count, total = asked.restore(index.count(place)), asked.restore(index.total(place, "v"))
        halves = asked.restore(medians.median(place))
        for n, (k, t, _) in enumerate(queries):
            inside = [v for ek, em, v in events if ek == k and em >= 0 and t - width <= em < t]
            assert count[n] == len(inside)
            assert total[n] == sum(inside)
            expected = middle(inside)
            assert np.isnan(halves[n]) if expected is None else halves[n] == expected


@settings(deadline=None, max_examples=60)
@given(values=st.lists(st.integers(-60, 451), min_size=1, max_size=60), data=st.data())
def test_the_median_of_any_range_is_exact(values: list[int], data: st.DataObject) -> None:
    ranges = data.draw(
        st.lists(
            st.tuples(st.integers(0, len(values)), st.integers(0, len(values))).map(sorted),
            min_size=1,
            max_size=8,
        )
    )
    place = Place(*(np.array([r[i] for r in ranges], dtype=np.int64) for i in (0, 1)))
    found = Medians(np.array(values, dtype=np.int64)).median(place)
    for (start, end), value in zip(ranges, found, strict=True):
        part = values[start:end]
        assert np.isnan(value) if not part else value == median(part)
