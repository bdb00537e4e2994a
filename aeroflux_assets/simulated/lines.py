"""Lines of flying: what an aircraft flies in a day, and how one day's line hands over to the next.

A carrier's lines form groups of G. The tail that flies line l today flies line l + 1 tomorrow, and line l + 1
begins at the airport where line l ends: the overnight stations of a group never change, however the schedule
between them does. So where any tail stands on any day follows from the date alone, and a year can be made
without the years before it.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from aeroflux_assets.simulated.airports import Airports, Bools, Floats, Ints, load_airports
from aeroflux_assets.simulated.carriers import Carrier, world
from aeroflux_assets.simulated.clocks import DAY, clocks_for

# First months of the schedule periods of a year.
SEASON_STARTS = (1, 3, 5, 6, 9, 11)
STREAM_STATIONS, STREAM_LINES = 11, 12
MAX_TRIPS = 6
TRIP_FIRST, TRIP_LAST = 98, 99  # trip numbers of the legs from and to the overnight station
EARLIEST_TURN = 20


@dataclass(frozen=True)
class LineLegs:
    """The legs of every line of one carrier in one schedule period; arrays have one entry a leg.

    line: of the carrier. position: 0, 1, ... in its line. trip: number of the round trip within the line, or
    TRIP_FIRST, TRIP_LAST. origin, dest: airport rows. start: local minutes after midnight at which the line's
    first leg departs, at `base`. offset: minutes from there to this departure. block: scheduled minutes gate
    to gate. need: what the aircraft needs on the ground before it, minutes. rank: 0 to 1; the trip flies on
    days with a demand above it. weekdays: bit d set if it flies on ISO weekday d + 1. number: flight number.
    """

    line: Ints
    position: Ints
    trip: Ints
    origin: Ints
    dest: Ints
    base: Ints
    start: Ints
    offset: Ints
    block: Ints
    rank: Floats
    weekdays: Ints
    number: Ints


def season(month: int) -> int:
    """The schedule period that a month belongs to: its position in SEASON_STARTS."""
    return sum(month >= first for first in SEASON_STARTS) - 1


def air_minutes(airports: Airports, origin: Ints, dest: Ints, winter: float) -> Floats:
    """Expected minutes in the air; eastward is faster, more so in winter (0 to 1)."""
    miles = airports.miles[origin, dest]
    east = (airports.lon[dest] - airports.lon[origin] + 180) % 360 - 180
    eastward = np.clip(east * 50 / np.maximum(miles, 50), -1, 1)
    return np.asarray(14 + miles / 7.95 * (1 - (0.045 + 0.025 * winter) * eastward), dtype=np.float64)


def taxi_out_minutes(airports: Airports) -> Floats:
    """Ordinary taxi-out minutes of each airport."""
    return np.asarray(9.5 + 7.0 * (airports.size / 100) ** 0.6, dtype=np.float64)


def taxi_in_minutes(airports: Airports) -> Floats:
    """Ordinary taxi-in minutes of each airport."""
    return np.asarray(3.5 + 4.0 * (airports.size / 100) ** 0.6, dtype=np.float64)


def block_minutes(airports: Airports, origin: Ints, dest: Ints, winter: float) -> Floats:
    """Expected minutes gate to gate, before the carrier's own buffer."""
    return np.asarray(
        air_minutes(airports, origin, dest, winter)
        + taxi_out_minutes(airports)[origin]
        + taxi_in_minutes(airports)[dest],
        dtype=np.float64,
    )


@lru_cache(maxsize=64)
def overnight_stations(seed: int, flights_per_day: int, carrier: int) -> Ints:
    """Where each line of a carrier begins: airport rows, (lines,). The same in all years."""
    own = world(flights_per_day)[carrier]
    rng = np.random.default_rng([seed, STREAM_STATIONS, carrier])
    pick, hub, keep, at_hub = rng.random((4, own.lines))
    homes = own.hubs[(hub**1.5 * len(own.hubs)).astype(np.int64)]
    row = np.searchsorted(own.hubs, homes, sorter=np.argsort(own.hubs))
    row = np.argsort(own.hubs)[row]
    cumulative = own.weights.cumsum(axis=1)
    spokes = (cumulative[row] < pick[:, None]).sum(axis=1)
    station = np.where(at_hub < 0.40, homes, np.minimum(spokes, own.weights.shape[1] - 1))
    # Neighbouring lines often share a station, so that an aircraft comes back to where it began.
    for line in range(1, own.lines):
        if keep[line] < 0.35:
            station[line] = station[line - 1]
    return np.asarray(station, dtype=np.int64)


def next_line(carrier: Carrier) -> Ints:
    """The line that follows each line, within its group."""
    following = np.arange(carrier.lines, dtype=np.int64) + 1
    for first, count in carrier.group:
        following[first + count - 1] = first
    return following


class _Builder:
    """Grows all lines of a carrier together, leg by leg; minutes count from each line's first departure."""

    def __init__(self, carrier: Carrier, first: Ints, last: Ints, winter: float, rng: np.random.Generator):
        self.carrier, self.rng, self.winter = carrier, rng, winter
        self.airports = load_airports()
        self.first, self.last = first, last
        self.hub = self._hubs()
        self.time = np.zeros(carrier.lines)
        self.legs: list[dict[str, np.ndarray]] = []
        zone = clocks_for(self.airports.zone)
        self.january = zone.offset(np.arange(len(self.airports.code)), np.zeros(len(self.airports.code), int))

    def _hubs(self) -> Ints:
        """The hub each line works around: an overnight station that is one, else one near both ends."""
        hubs, miles = self.carrier.hubs, self.airports.miles
        away = miles[self.first][:, hubs] + miles[self.last][:, hubs]
        blocked = (self.carrier.weights[:, self.first] == 0).T & (self.first[:, None] != hubs)
        blocked |= (self.carrier.weights[:, self.last] == 0).T & (self.last[:, None] != hubs)
        score = np.where(blocked, 1e6, away) * self.rng.uniform(0.6, 1.6, away.shape)
        return np.asarray(hubs[score.argmin(axis=1)], dtype=np.int64)

    def blocks(self, origin: Ints, dest: Ints) -> Floats:
        minutes = block_minutes(self.airports, origin, dest, self.winter)
        # The published time adds a buffer that differs by route, by chance and by the length of the flight.
        buffer = self.rng.normal(4.6, 4.2, len(origin)) + 0.012 * minutes
        return np.maximum((minutes + buffer).round(), 32)

    def turns(self, at_hub: Bools, start: Ints, time: Floats) -> Floats:
        kind = self.carrier.kind
        turn = kind.turn * np.exp(self.rng.normal(-0.05, 0.16, len(time)))
        turn = turn + (self.rng.random(len(time)) < 0.13) * self.rng.exponential(45, len(time))
        if kind.bank:
            # Departures of a banked hub cluster: half of those that come to a bank's gap wait for the next.
            clock = (start + time + turn) % kind.bank
            wait = np.where(clock > kind.bank * 0.45, kind.bank - clock, 0.0)
            turn = turn + np.where(at_hub & (self.rng.random(len(time)) < 0.45), wait, 0.0)
        return np.maximum(turn, EARLIEST_TURN).round()

    def add(self, mask: Bools, trip: int, origin: Ints, dest: Ints, offset: Floats, block: Floats) -> None:
        line = np.flatnonzero(mask)
        self.legs.append(
            {
                "line": line,
                "trip": np.full(len(line), trip),
                "origin": origin[mask],
                "dest": dest[mask],
                "offset": offset[mask],
                "block": block[mask],
            }
        )

    def spokes(self, hub: Ints) -> Ints:
        order = np.argsort(self.carrier.hubs)
        row = order[np.searchsorted(self.carrier.hubs, hub, sorter=order)]
        cumulative = self.carrier.weights.cumsum(axis=1)
        cumulative[:, -1] = 1.0
        return np.asarray((cumulative[row] < self.rng.random((len(hub), 1))).sum(axis=1), dtype=np.int64)

    def run(self, start: Ints, limit: Floats) -> None:
        """Fill the lines; start is in local minutes at `first`, limit in local minutes at `last`."""
        count = self.carrier.lines
        # The clock at the line's end, in the local time of its last station, is start + time + shift.
        shift = self.january[self.last] - self.january[self.first]
        out = self.first != self.hub
        block = self.blocks(self.first, self.hub)
        self.add(out, TRIP_FIRST, self.first, self.hub, self.time, block)
        self.time = np.where(out, block, 0.0)
        begun = out.copy()
        home = self.hub != self.last
        home_block = self.blocks(self.hub, self.last)
        for trip in range(MAX_TRIPS):
            far = self.spokes(self.hub)
            triangle = self.rng.random(count) < self.carrier.kind.triangles
            third = self.spokes(self.hub)
            near = self.airports.miles[far, third]
            triangle &= (third != far) & (near > 120) & (near < 1500) & (third != self.hub)
            third = np.where(triangle, third, far)
            leave = self.time + np.where(begun, self.turns(np.ones(count, bool), start, self.time), 0.0)
            legs = [self.blocks(self.hub, far), self.blocks(far, third), self.blocks(third, self.hub)]
            middle = leave + legs[0] + self.turns(np.zeros(count, bool), start, leave)
            back = np.where(triangle, middle + legs[1] + self.turns(~triangle, start, middle), middle)
            arrive = back + legs[2]
            finish = arrive + np.where(home, self.carrier.kind.turn + home_block, 0.0)
            accept = start + finish + shift <= limit
            if trip == MAX_TRIPS - 1:
                accept |= ~begun & ~home & (finish < 1100)
            self.add(accept, trip, self.hub, far, leave, legs[0])
            self.add(accept & triangle, trip, far, third, middle, legs[1])
            self.add(accept, trip, third, self.hub, back, legs[2])
            self.time = np.where(accept, arrive, self.time)
            begun |= accept
        leave = self.time + np.where(begun, self.turns(np.ones(count, bool), start, self.time), 0.0)
        late = self.rng.random(count) < 0.10
        late &= (shift > 60) & (self.airports.miles[self.hub, self.last] > 1400)
        # Red-eyes: an eastward last leg that waits for the night.
        leave = np.where(late, np.maximum(leave, 22.0 * 60 - start), leave)
        self.add(home, TRIP_LAST, self.hub, self.last, leave, home_block)
        self.time = np.where(home, leave + home_block, self.time)


@lru_cache(maxsize=64)
def line_legs(seed: int, flights_per_day: int, carrier: int, year: int, period: int) -> LineLegs:
    """The legs of every line of a carrier in one schedule period."""
    own = world(flights_per_day)[carrier]
    rng = np.random.default_rng([seed, STREAM_LINES, carrier, year, period])
    first = overnight_stations(seed, flights_per_day, carrier)
    last = first[next_line(own)]
    winter = 1.0 if SEASON_STARTS[period] in (1, 11) else 0.0 if SEASON_STARTS[period] in (6,) else 0.5
    builder = _Builder(own, first, last, winter, rng)
    start = (300 + 300 * rng.beta(1.4, 3.2, own.lines)).round().astype(np.int64)
    late = rng.random(own.lines) < 0.23
    start = np.where(late, start + rng.integers(60, 300, own.lines), start)
    limit = np.clip(rng.normal(23.7 * 60, 75, own.lines), 19 * 60, 25.0 * 60)
    short = rng.random(own.lines) < 0.11
    limit = np.where(short, rng.uniform(11 * 60, 18 * 60, own.lines), limit)
    builder.run(start, limit)
    start = _after_the_night(builder, start)
    columns = {k: np.concatenate([leg[k] for leg in builder.legs]) for k in builder.legs[0]}
    order = np.lexsort((columns["offset"], columns["line"]))
    columns = {k: v[order] for k, v in columns.items()}
    return _numbered(columns, first, start, rng)


def _after_the_night(builder: _Builder, start: Ints) -> Ints:
    """Move the starts of lines that would begin before their aircraft is back from the line before."""
    carrier = builder.carrier
    following = next_line(carrier)
    end = builder.time - builder.january[builder.first]
    for _ in range(4):
        free = start + end - DAY + 50
        earliest = np.zeros(carrier.lines)
        earliest[following] = free
        earliest = earliest + builder.january[builder.first]
        start = np.where(earliest > start, earliest, start).astype(np.int64)
    return start


def _numbered(columns: dict[str, np.ndarray], first: Ints, start: Ints, rng: np.random.Generator) -> LineLegs:
    line = columns["line"].astype(np.int64)
    count = len(line)
    begins = np.searchsorted(line, line, side="left")
    key = line * 100 + columns["trip"]
    _, trip_row = np.unique(key, return_inverse=True)
    trips = int(trip_row.max()) + 1 if count else 0
    rank, pattern = rng.random(trips), rng.random((trips, 7))
    # Fewer trips on Saturdays, a few less on Tuesdays, Wednesdays and Sundays.
    flies = pattern >= np.array([0.01, 0.04, 0.03, 0.01, 0.0, 0.20, 0.06])
    weekdays = (flies * (1 << np.arange(7))).sum(axis=1)
    numbers = rng.permutation(max(count, 2 * 9000) if count > 9000 else 9000)[:count] % 9000 + 1
    return LineLegs(
        line=line,
        position=np.arange(count, dtype=np.int64) - begins,
        trip=columns["trip"].astype(np.int64),
        origin=columns["origin"].astype(np.int64),
        dest=columns["dest"].astype(np.int64),
        base=first[line],
        start=start[line],
        offset=columns["offset"].astype(np.int64),
        block=columns["block"].astype(np.int64),
        rank=rank[trip_row],
        weekdays=np.where(columns["trip"] >= TRIP_FIRST, 127, weekdays[trip_row]).astype(np.int64),
        number=numbers.astype(np.int64),
    )
