"""A stretch of days as it was flown: swaps, cancellations, waits, and delays handed on from leg to leg."""

from dataclasses import dataclass

import numpy as np

from aeroflux_assets.simulated import tuning
from aeroflux_assets.simulated.airports import Bools, Floats, Ints, load_airports
from aeroflux_assets.simulated.carriers import CARRIERS
from aeroflux_assets.simulated.chains import Chains, build_chains, links, solve, swap_trips
from aeroflux_assets.simulated.congestion import Queues, queues
from aeroflux_assets.simulated.lines import (
    TRIP_FIRST,
    TRIP_LAST,
    air_minutes,
    taxi_in_minutes,
    taxi_out_minutes,
)  # fmt: skip
from aeroflux_assets.simulated.schedule import Legs, day_factors, day_number, legs
from aeroflux_assets.simulated.weather import Weather, row_of, weather

# The weeks of 2020 in which schedules had not yet followed the demand: flights were cancelled instead.
SHOCK_DAYS = (day_number(2020, 3, 16), day_number(2020, 4, 30))
WARM_UP = 3  # days made before a stretch so that it begins with the delays of the days before


@dataclass
class Flown:
    """What became of each leg of `legs`; arrays have one entry a leg, times are UTC minutes.

    tail: the aircraft that flew. dep, arr: gate to gate. out, air, taxi_in: minutes. extra: minutes of own
    trouble at the gate. hold: minutes of gate hold for a queue. inherited: minutes that the inbound aircraft
    or a connection was late beyond the own plan. bad: share of the wait that weather explains. cancelled,
    diverted: flags. detour: minutes a diverted flight lost. code: cancellation code number, 0 A to 3 D.
    """

    legs: Legs
    tail: Ints
    dep: Ints
    arr: Ints
    out: Ints
    air: Ints
    taxi_in: Ints
    extra: Ints
    hold: Ints
    inherited: Ints
    bad: Floats
    cancelled: Bools
    diverted: Bools
    detour: Ints
    code: Ints


@dataclass
class _Day:
    """Inputs shared by the steps, one entry a leg: waits at the scheduled times and luck of the day."""

    trouble: Floats
    wait_out: Floats
    wait_in: Floats
    capacity: Floats
    cut: Floats


def _surroundings(seed: int, table: Legs, sky: Weather, lines: Queues, first: int, last: int) -> _Day:
    factors = day_factors(seed, first, last)
    # Trouble runs in spells: of a day everywhere, of a carrier's day, an airport's day, an aircraft's day.
    newline = np.concatenate([[True], (np.diff(table.line) != 0) | (np.diff(table.day) != 0)])
    begin = np.maximum.accumulate(np.where(newline, np.arange(len(newline)), 0))
    spell = tuning.CARRIER_DAY_SPREAD * factors[table.day - first, table.carrier]
    spell = spell - tuning.AIRPORT_DAY_SPREAD * factors[table.day - first, 9 + table.origin]
    spell = spell + tuning.AIRCRAFT_DAY_SPREAD * table.normal[6, begin]
    spell = spell + tuning.NATION_DAY_SPREAD * factors[table.day - first, -1]
    variance = (
        tuning.NATION_DAY_SPREAD**2
        + tuning.CARRIER_DAY_SPREAD**2
        + tuning.AIRPORT_DAY_SPREAD**2
        + tuning.AIRCRAFT_DAY_SPREAD**2
    )
    luck = np.exp(spell - variance / 2)
    arrival = table.dep + table.block
    row = row_of(sky.places)

    def left(place: Ints, minute: Ints) -> Floats:
        at = np.clip(minute // 60 - sky.first_hour, 0, sky.capacity.shape[1] - 1)
        return np.asarray(sky.capacity[row[place], at])

    wait_out = lines.at(lines.departing, table.origin, table.dep)
    wait_in = lines.at(lines.arriving, table.dest, arrival)
    capacity = np.minimum(left(table.origin, table.dep), left(table.dest, arrival))
    heavy = np.clip((np.maximum(wait_out, wait_in) - tuning.CANCEL_WAIT) / 200, 0, 1)
    cut = tuning.CANCEL_HEAVY * heavy + tuning.CANCEL_SKY * np.clip(0.62 - capacity, 0, 1)
    return _Day(luck, wait_out, wait_in, capacity, cut)


def _units(table: Legs, chains: Chains) -> tuple[Ints, Bools]:
    """Legs that are cancelled together: round trips, and a last leg with the way back on the next morning.

    Returns the row of each unit's first leg, and which units can be cancelled without stranding an aircraft.
    """
    head = table.head.copy()
    after = np.full(len(head), -1)
    has = np.flatnonzero(chains.prev >= 0)
    after[chains.prev[has]] = has
    last = np.flatnonzero((table.trip == TRIP_LAST) & (after >= 0))
    back = after[last]
    good = (table.trip[back] == TRIP_FIRST) & (table.dest[back] == table.origin[last])
    head[back[good]] = last[good]
    whole = (table.trip < TRIP_FIRST).copy()
    whole[last[good]] = True
    return head, whole[head]


def _minutes(values: Floats) -> Ints:
    return np.asarray(np.rint(values), dtype=np.int64)


def _gate(table: Legs, day: _Day, hour: Ints) -> tuple[Ints, Ints, Ints]:
    """Minutes early or late by habit, minutes of own trouble, minutes held for a queue."""
    u, z = table.uniform, table.normal
    habit = np.where(z[0] > 0, tuning.HABIT_LATE, tuning.HABIT_EARLY) * z[0] + tuning.HABIT
    late = 0.75 + 0.5 * np.clip((hour - 5) / 14, 0, 1.2)
    minor = (u[0] < tuning.MINOR_SHARE * day.trouble * late) * (
        -tuning.MINOR * np.log(np.maximum(u[1], 1e-9))
    )
    size = tuning.MAJOR * np.exp(tuning.MAJOR_SPREAD * z[1])
    major = (u[2] < tuning.MAJOR_SHARE * day.trouble * late) * np.minimum(size, 1300)
    share = np.clip(0.75 + 0.55 * z[2], 0.1, 2.5)
    hold = tuning.HOLD_IN * day.wait_in * share + tuning.HOLD_OUT * day.wait_out
    return _minutes(habit), _minutes(minor + major), _minutes(np.clip(hold - 3, 0, 400))


def _ground(table: Legs, chains: Chains) -> Ints:
    """Minutes each aircraft needs on the ground before the leg."""
    base = np.array([c.ground for c in CARRIERS])[table.carrier] * np.exp(0.18 * table.normal[3])
    # Long stops are planned for large aircraft and long flights, which need some of it.
    base = base + 0.15 * np.clip(chains.turn - 60, 0, 80)
    plan = chains.turn * (0.84 + 0.16 * table.uniform[3])
    need = np.where(chains.turn >= 22, np.minimum(base, plan), base * 0.9)
    return _minutes(np.maximum(need, 16))


def _flight(table: Legs, out_wait: Floats, in_wait: Floats) -> tuple[Ints, Ints, Ints]:
    """Minutes of taxi-out, in the air and of taxi-in."""
    airports, z = load_airports(), table.normal
    nominal = air_minutes(airports, table.origin, table.dest, 0.5)
    out = taxi_out_minutes(airports)[table.origin] * np.exp(0.24 * z[4] - 0.05)
    slow = table.uniform[4] < tuning.SLOW_TAXI
    out = out + tuning.TAXI_WAIT * out_wait + slow * (-14 * np.log(np.maximum(table.uniform[5], 1e-9)))
    air = nominal + (tuning.AIR_NOISE + tuning.AIR_NOISE_LONG * nominal) * z[5]
    air = air + np.minimum(tuning.AIR_WAIT * in_wait, 60)
    taxi_in = taxi_in_minutes(airports)[table.dest] * np.exp(0.35 * table.normal[2] - 0.06)
    taxi_in = taxi_in + 0.08 * in_wait
    return (
        _minutes(np.clip(out, 4, 170)),
        _minutes(np.maximum(air, 16)),
        _minutes(np.clip(taxi_in, 2, 90)),
    )


def _cancelled(table: Legs, day: _Day, head: Ints, whole: Bools) -> Bools:
    """Cancellations that are decided on the day's outlook; a unit shares its worst leg's."""
    worst = np.zeros(len(head))
    np.maximum.at(worst, head, day.cut)
    chance = tuning.CANCEL_BASE * np.minimum(day.trouble[head], 4) + worst[head]
    shock = (table.day[head] >= SHOCK_DAYS[0]) & (table.day[head] <= SHOCK_DAYS[1])
    chance = np.where(whole, chance, chance * tuning.CANCEL_STRANDING) + tuning.CANCEL_SHOCK * (shock & whole)
    return np.asarray(table.uniform[6][head] < chance)


def _hopeless(table: Legs, delay: Ints, head: Ints, whole: Bools) -> Bools:
    """Cancellations that are decided when a unit's first leg has grown too late."""
    late = delay[head]
    chance = np.clip((late - tuning.GIVE_UP) / 600, 0, 0.75)
    return np.asarray(whole & (table.uniform[7][head] < chance))


def fly(seed: int, flights_per_day: int, places: Ints, first_day: int, last_day: int) -> Flown:
    """Fly the lines of first_day to last_day (days after 1970), with WARM_UP days before them.

    The legs of the warm-up, and of the day after, come along: keep those of the dates that are wanted.
    """
    first, last = first_day - WARM_UP, last_day + 1
    table = legs(seed, flights_per_day, first, last)
    # Days reach beyond their UTC midnights: a day before for Guam, two after for what runs late.
    begin, end = first - 2, last + 3
    sky = weather(seed, places, begin * 24, (end - begin) * 24)
    lines = queues(seed, table, sky)
    day = _surroundings(seed, table, sky, lines, first, last)
    plan = build_chains(table, table.tail, table.position, np.ones(len(table.day), bool))
    head, whole = _units(table, plan)
    tail, position = swap_trips(table, plan)
    cancelled = _cancelled(table, day, head, whole)
    hour = (table.dep // 60 + load_airports().lon[table.origin] / 15).astype(np.int64) % 24
    habit, extra, hold = _gate(table, day, hour)
    connection = links(table)
    own = table.dep + habit + hold
    detour = np.zeros(len(own), dtype=np.int64)
    diverted = table.uniform[8] < tuning.DIVERT * (1 + 14 * np.clip(0.8 - day.capacity, 0, 1))
    detour[diverted] = _minutes(80 + 190 * table.uniform[9][diverted])
    out_wait, in_wait = day.wait_out, day.wait_in
    for attempt in range(3):
        out, air, taxi_in = _flight(table, out_wait, in_wait)
        chains = build_chains(table, tail, position, ~cancelled)
        need = _ground(table, chains)
        dep, saved, ready = solve(table, chains, need, connection, own, extra, out + air + taxi_in + detour)
        arr = dep + out + air + taxi_in - saved + detour
        if attempt == 0:
            cancelled |= _hopeless(table, dep - table.dep, head, whole)
        # What was looked up at the scheduled times is looked up again at the actual ones.
        out_wait = lines.at(lines.departing, table.origin, dep)
        in_wait = lines.at(lines.arriving, table.dest, arr)
    bad = np.clip((0.95 - day.capacity) / 0.5, 0, 1)
    inherited = np.maximum(ready - np.maximum(own, table.dep), 0)
    code = _codes(table, day)
    return Flown(
        table, tail, dep, arr, out, air - saved, taxi_in, extra, hold, inherited, bad,
        cancelled, diverted & ~cancelled, detour, code,
    )  # fmt: skip


def _codes(table: Legs, day: _Day) -> Ints:
    sky = day.cut > 2 * tuning.CANCEL_BASE
    pick = table.uniform[10]
    code = np.where(sky, np.where(pick < 0.8, 1, 2), np.where(pick < 0.72, 0, np.where(pick < 0.88, 1, 2)))
    return np.where((pick > 0.9985) & ~sky, 3, code).astype(np.int64)
