"""Who waits for whom: the leg an aircraft flew before, connections between aircraft, delays passed on.

Departures are the least solution of: departure = max(own plan, inbound arrival + time needed on the ground,
connection) + own trouble. Sweeping over all legs at once until nothing changes reaches it in about as many
sweeps as the longest run of late legs has members.
"""

from dataclasses import dataclass

import numpy as np

from aeroflux_assets.simulated import tuning
from aeroflux_assets.simulated.airports import Bools, Ints, load_airports
from aeroflux_assets.simulated.lines import TRIP_FIRST, air_minutes
from aeroflux_assets.simulated.schedule import Legs

MOST_SWEEPS = 120
FAR = -(1 << 40)
SWAP_BACK, SWAP_LATEST = 30, 150


@dataclass(frozen=True)
class Chains:
    """prev: row of the leg flown before by the same tail, -1 for none. turn: scheduled minutes since then."""

    prev: Ints
    turn: Ints


@dataclass(frozen=True)
class Links:
    """row: the arriving leg of another aircraft a departure waits for, -1 for none. patience: at most so many
    minutes beyond the schedule. minutes: what the change takes."""

    row: Ints
    patience: Ints
    minutes: Ints


def build_chains(table: Legs, tail: Ints, position: Ints, flown: Bools) -> Chains:
    """Chain the flown legs of each tail in the order of its rotation."""
    rows = np.flatnonzero(flown)
    order = rows[np.lexsort((position[rows], table.day[rows], tail[rows]))]
    prev = np.full(len(tail), -1, dtype=np.int64)
    same = tail[order[1:]] == tail[order[:-1]]
    prev[order[1:][same]] = order[:-1][same]
    turn = table.dep - (table.dep + table.block)[prev]
    return Chains(prev, np.where(prev >= 0, turn, 2000))


def _pairs(table: Legs) -> tuple[Ints, Ints]:
    """Rows of the first and second leg of every round trip of two legs."""
    first = np.flatnonzero((table.head == np.arange(len(table.head))) & (table.trip < TRIP_FIRST))
    first = first[first + 2 < len(table.head)]
    two = (table.head[first + 1] == first) & (table.head[first + 2] != first)
    first = first[two]
    return first, first + 1


def swap_trips(table: Legs, plan: Chains) -> tuple[Ints, Ints]:
    """Let some tails take over a round trip of another that is due before they have come in.

    Returns each leg's tail and its place in that tail's rotation. The two tails trade one round trip each
    from the same hub and go back to their lines after it.
    """
    tail, position = table.tail.copy(), table.position.copy()
    first, second = _pairs(table)
    key = (table.carrier[first] << 8) + table.origin[first]
    order = np.lexsort((table.dep[first], key, table.day[first]))
    first, second, key = first[order], second[order], key[order]
    after = np.full(len(tail), -1)
    has = np.flatnonzero(plan.prev >= 0)
    after[plan.prev[has]] = has
    next_dep = np.where(after >= 0, table.dep[after], 1 << 40)
    eligible: list[tuple[Ints, Ints]] = []
    for step in (1, 2, 3):
        i, j = np.arange(len(first) - step), np.arange(step, len(first))
        a, b = first[i], first[j]
        inbound = plan.prev[b]
        due = table.dep[a] - (table.dep + table.block)[inbound]
        good = (key[i] == key[j]) & (table.day[a] == table.day[b]) & (table.tail[a] != table.tail[b])
        good &= (inbound >= 0) & (due < 0) & (due > -SWAP_LATEST)
        good &= table.dep[inbound] <= table.dep[a] + SWAP_BACK
        good &= next_dep[second[i]] >= table.dep[second[j]] - SWAP_BACK
        good &= next_dep[second[j]] >= table.dep[second[i]] - SWAP_BACK
        eligible.append((i[good], j[good]))
    left = np.concatenate([e[0] for e in eligible])
    right = np.concatenate([e[1] for e in eligible])
    if not len(left):
        return tail, position
    chosen = _choose(table, first[left])
    left, right = left[chosen], right[chosen]
    # A trip takes part in one swap only: keep a pair where both trips meet it first.
    members = np.stack([left, right], axis=1).ravel()
    _, seen = np.unique(members, return_index=True)
    fresh = np.zeros(len(members), dtype=bool)
    fresh[seen] = True
    keep = fresh.reshape(-1, 2).all(axis=1)
    for rows in (first, second):
        a, b = rows[left[keep]], rows[right[keep]]
        tail[a], tail[b] = tail[b], tail[a].copy()
        position[a], position[b] = position[b], position[a].copy()
    return tail, position


def _choose(table: Legs, rows: Ints) -> Bools:
    """Which eligible pairs swap: as many a day as the share asks for, where there are enough."""
    days, at = np.unique(table.day[rows], return_inverse=True)
    legs = np.searchsorted(table.day, days + 1) - np.searchsorted(table.day, days)
    chance = np.minimum(tuning.SWAP * legs / np.bincount(at), 0.5)
    return np.asarray(table.uniform[11][rows] < chance[at])


def links(table: Legs) -> Links:
    """For some departures, the arriving leg of another aircraft of the carrier that they wait for."""
    airports = len(load_airports().code)
    u = table.uniform
    arrival = table.dep + table.block
    arriving = ((table.carrier * airports + table.dest) << 32) + arrival
    order = np.argsort(arriving, kind="stable")
    wanted = table.dep - (35 + 60 * u[9]).astype(np.int64)
    key = ((table.carrier * airports + table.origin) << 32) + wanted
    at = np.searchsorted(arriving[order], key, side="right") - 1
    row = order[np.maximum(at, 0)]
    good = (at >= 0) & (table.dest[row] == table.origin) & (table.carrier[row] == table.carrier)
    good &= (wanted - arrival[row] < 60) & (table.tail[row] != table.tail)
    crew = u[10] < tuning.CREW_LINK
    good &= u[10] < tuning.CREW_LINK + tuning.PASSENGER_LINK
    return Links(
        np.where(good, row, -1),
        np.where(crew, 100_000, tuning.PASSENGER_PATIENCE).astype(np.int64),
        np.where(crew, 30, 22).astype(np.int64),
    )


def solve(
    table: Legs, chains: Chains, need: Ints, connection: Links, own: Ints, extra: Ints, minutes: Ints
) -> tuple[Ints, Ints, Ints]:
    """Departures, minutes saved in the air and the time each leg's inbound side was ready, UTC minutes.

    own: earliest departure by the own plan. extra: own trouble after that. minutes: gate to gate.
    A cancelled leg waits for nobody and nobody for it, for it is in no chain.
    """
    airports = load_airports()
    most = tuning.RECOVERY_MOST * air_minutes(airports, table.origin, table.dest, 0.5)
    chained = np.flatnonzero(chains.prev >= 0)
    before, ground = chains.prev[chained], need[chained]
    alive = np.zeros(len(own), dtype=bool)
    alive[chained], alive[before] = True, True
    linked = np.flatnonzero((connection.row >= 0) & alive)
    linked = linked[alive[connection.row[linked]]]
    source, change = connection.row[linked], connection.minutes[linked]
    patience = table.dep[linked] + connection.patience[linked]
    dep = own + extra
    ready = np.full(len(own), FAR, dtype=np.int64)
    for _ in range(MOST_SWEEPS):
        delay = np.maximum(dep - table.dep, 0)
        saved = np.rint(np.minimum(tuning.RECOVERY * delay, most)).astype(np.int64)
        arr = dep + minutes - saved
        ready[:] = FAR
        ready[chained] = arr[before] + ground
        ready[linked] = np.maximum(ready[linked], np.minimum(arr[source] + change, patience))
        new = np.maximum(own, ready) + extra
        if np.array_equal(new, dep):
            break
        dep = new
    return dep, saved, ready
