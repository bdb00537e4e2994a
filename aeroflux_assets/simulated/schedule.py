"""The published schedule of a stretch of days: lines of flying laid over the calendar, in UTC minutes."""

from dataclasses import dataclass, fields
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from aeroflux_assets.simulated.airports import Bools, Floats, Ints, load_airports
from aeroflux_assets.simulated.carriers import Carrier, world
from aeroflux_assets.simulated.clocks import DAY, clocks_for
from aeroflux_assets.simulated.lines import SEASON_STARTS, line_legs, season

EPOCH = date(1970, 1, 1)
STREAM_LEGS, STREAM_DAYS = 31, 32
NORMALS, UNIFORMS = 7, 12  # random numbers of each leg
GOLDEN = 0.6180339887
MONTH_DEMAND = (0.86, 0.87, 0.97, 0.95, 0.96, 1.0, 1.0, 0.98, 0.92, 0.96, 0.93, 0.94)
# Share of ordinary trips flown, by the first month it holds for: growth, the pandemic and the way back.
DEMAND = (
    (1986, 1, 0.92), (2010, 1, 0.90), (2015, 1, 0.93), (2016, 1, 0.94), (2017, 1, 0.95), (2018, 1, 0.97),
    (2019, 1, 0.99), (2020, 3, 0.88), (2020, 4, 0.56), (2020, 5, 0.42), (2020, 6, 0.48), (2020, 7, 0.62),
    (2020, 10, 0.64), (2021, 1, 0.62), (2021, 4, 0.74), (2021, 7, 0.86), (2022, 1, 0.89), (2023, 1, 0.94),
    (2024, 1, 0.97),
)  # fmt: skip
PARKED_FROM = (date(2020, 3, 24) - EPOCH).days
PARKED_SHARE = 0.50  # of the rotation groups, in the pandemic


@dataclass
class Legs:
    """Scheduled legs in order of line day, carrier, line and position; arrays have one entry a leg.

    day: days after 1970 of the line (the local date at the line's first station). tail: number of the
    aircraft. dep: scheduled departure, UTC minutes. block: scheduled minutes. head: row of the first leg of
    the round trip it belongs to. normal: (NORMALS, legs). uniform: (UNIFORMS, legs). Others as in LineLegs.
    """

    day: Ints
    carrier: Ints
    line: Ints
    position: Ints
    trip: Ints
    origin: Ints
    dest: Ints
    tail: Ints
    dep: Ints
    block: Ints
    number: Ints
    head: Ints
    normal: Floats
    uniform: Floats


def day_number(year: int, month: int, day: int = 1) -> int:
    """Days after 1970-01-01."""
    return (date(year, month, day) - EPOCH).days


def demand(day: int) -> float:
    """Share of ordinary round trips flown on a day."""
    when = EPOCH + timedelta(days=day)
    level = next(value for y, m, value in reversed(DEMAND) if (when.year, when.month) >= (y, m))
    value = level * MONTH_DEMAND[when.month - 1]
    if (when.month, when.day) in {(12, 24), (12, 25), (1, 1), (7, 4)}:
        value *= 0.82
    if when.month == 11 and when.weekday() == 3 and 22 <= when.day <= 28:
        value *= 0.72
    if when.month == 11 and when.weekday() in (6, 2) and 21 <= when.day <= 30:
        value *= 1.05
    return value


def tail_base(flights_per_day: int, carrier: int) -> int:
    """The number of a carrier's first tail; its tails are as many as its lines."""
    return sum(c.lines for c in world(flights_per_day)[:carrier])


def _parked(carrier: Carrier, days: Ints) -> Bools:
    """Which lines stand still on which days, (days, lines): rotation groups laid up in the pandemic.

    A group is laid up for whole turns of its rotation, so that it comes back to where it stood.
    """
    out = np.zeros((len(days), carrier.lines), dtype=bool)
    for number, (first, count) in enumerate(carrier.group):
        chance = (number * GOLDEN + carrier.number * 0.37) % 1.0
        if chance > PARKED_SHARE:
            continue
        begins = PARKED_FROM + int(chance * 20)
        ends = begins + int(count) * round((70 + 420 * (PARKED_SHARE - chance)) / count)
        out[(days >= begins) & (days < ends), first : first + count] = True
    return out


def _carrier_legs(seed: int, size: int, carrier: Carrier, days: Ints) -> dict[str, Ints]:
    """One carrier's legs on days of one schedule period, without clocks' finer points."""
    first = EPOCH + timedelta(days=int(days[0]))
    table = line_legs(seed, size, carrier.number, first.year, season(first.month))
    wanted = np.array([demand(int(d)) for d in days])
    weekday = (days + 3) % 7  # 1970-01-01 was a Thursday
    flies = (table.weekdays[None, :] >> weekday[:, None]) & 1 == 1
    flies &= (table.rank[None, :] < wanted[:, None]) | (table.trip[None, :] >= 90)
    flies &= ~_parked(carrier, days)[:, table.line]
    at, leg = np.nonzero(flies)
    day, line = days[at], table.line[leg]
    low, count = _group_of(carrier)
    tail = low[line] + (line - low[line] - day) % count[line]
    local = day * DAY + table.start[leg]
    dep = clocks_for(load_airports().zone).utc(table.base[leg], local) + table.offset[leg]
    return {
        "day": day,
        "carrier": np.full(len(day), carrier.number),
        "line": line,
        "position": table.position[leg],
        "trip": table.trip[leg],
        "origin": table.origin[leg],
        "dest": table.dest[leg],
        "tail": tail + tail_base(size, carrier.number),
        "dep": dep,
        "block": table.block[leg],
        "number": table.number[leg],
    }


def _group_of(carrier: Carrier) -> tuple[Ints, Ints]:
    low = np.repeat(carrier.group[:, 0], carrier.group[:, 1])
    count = np.repeat(carrier.group[:, 1], carrier.group[:, 1])
    return low, count


def _periods(first_day: int, last_day: int) -> list[Ints]:
    """The days, split where the schedule period changes."""
    days = np.arange(first_day, last_day + 1)
    dates = [EPOCH + timedelta(days=int(d)) for d in days]
    starts = [i for i, d in enumerate(dates) if i > 0 and d.day == 1 and d.month in SEASON_STARTS]
    return [part for part in np.split(days, starts) if len(part)]


def _off_midnight(columns: dict[str, Ints]) -> None:
    """No clock is published as midnight: move such departures and arrivals a minute earlier."""
    clocks = clocks_for(load_airports().zone)
    columns["dep"] -= clocks.local(columns["origin"], columns["dep"]) % DAY == 0
    arrival = columns["dep"] + columns["block"]
    columns["block"] = columns["block"] - (clocks.local(columns["dest"], arrival) % DAY == 0)


def legs(seed: int, flights_per_day: int, first_day: int, last_day: int) -> Legs:
    """Every leg of the lines of first_day to last_day (days after 1970), with its random numbers."""
    parts = [
        _carrier_legs(seed, flights_per_day, carrier, days)
        for days in _periods(first_day, last_day)
        for carrier in world(flights_per_day)
    ]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((columns["position"], columns["line"], columns["carrier"], columns["day"]))
    columns = {name: values[order].astype(np.int64) for name, values in columns.items()}
    _off_midnight(columns)
    count = len(order)
    trip = columns["trip"]
    starts = np.ones(count, dtype=bool)
    starts[1:] = (trip[1:] != trip[:-1]) | (columns["line"][1:] != columns["line"][:-1])
    starts[1:] |= (columns["day"][1:] != columns["day"][:-1]) | (
        columns["carrier"][1:] != columns["carrier"][:-1]
    )
    head = np.maximum.accumulate(np.where(starts, np.arange(count), 0))
    normal, uniform = _draws(seed, columns["day"], first_day, last_day)
    return Legs(**columns, head=head, normal=normal, uniform=uniform)


def _draws(seed: int, day: Ints, first_day: int, last_day: int) -> tuple[Floats, Floats]:
    """Each day draws from its own stream, so that a day's luck is the same whatever stretch it is made in."""
    edges = np.searchsorted(day, np.arange(first_day, last_day + 2))
    normal, uniform = np.empty((NORMALS, len(day))), np.empty((UNIFORMS, len(day)))
    for number, (low, high) in enumerate(pairwise(edges)):
        rng = np.random.default_rng([seed, STREAM_LEGS, first_day + number])
        normal[:, low:high] = rng.standard_normal((NORMALS, high - low))
        uniform[:, low:high] = rng.random((UNIFORMS, high - low))
    return normal, uniform


def day_factors(seed: int, first_day: int, last_day: int) -> Floats:
    """Standard normal numbers of each day, (days, 9 carriers + airports of the table + 1 for the nation)."""
    count = 9 + len(load_airports().code) + 1
    return np.stack(
        [
            np.random.default_rng([seed, STREAM_DAYS, day]).standard_normal(count)
            for day in range(first_day, last_day + 1)
        ]
    )


def take(table: Legs, keep: Ints | Bools) -> Legs:
    """The same arrays at the given rows; `head` is kept as it is and no longer points into them."""
    return Legs(**{f.name: getattr(table, f.name)[..., keep] for f in fields(Legs)})
