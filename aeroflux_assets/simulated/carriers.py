"""The invented carriers, and how a world of a given size shares its aircraft among them.

The codes stand for nobody: all begin with X, and none has reported to BTS.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from aeroflux_assets.simulated.airports import Airports, Floats, Ints, load_airports

LEGS_PER_LINE = 4.25  # mean flown legs of a line on an ordinary day; sets how many lines a size needs
GROUP_LINES = 14  # lines of a rotation group: its tails fly them in turn


@dataclass(frozen=True)
class CarrierType:
    """What a carrier is like.

    turn: median scheduled turnaround in minutes. ground: minutes it needs at least. bank: minutes between
    hub banks, 0 for none. reach: the distance in miles its routes are drawn around. share: of all aircraft.
    first: spokes it serves however small the world. models: indices into `fleet.MODELS`.
    """

    code: str
    dot_id: int
    hubs: tuple[str, ...]
    first: tuple[str, ...]
    turn: float
    ground: float
    bank: int
    reach: float
    share: float
    triangles: float
    models: tuple[int, ...]
    omits_n: bool = False


CARRIERS = (
    CarrierType("XA", 29101, ("ATL", "DTW", "MSP", "SLC", "JFK"), ("MCO", "LGA", "BOS", "SJU"),
                50, 42, 85, 700, 0.15, 0.15, (0, 1, 2)),
    CarrierType("XW", 29102, ("PHX", "LAS", "MDW", "BWI", "DEN", "HOU", "BNA"), ("SAN", "LAS", "SMF", "MDW"),
                33, 28, 0, 480, 0.17, 0.45, (3, 4), omits_n=True),
    CarrierType("XT", 29103, ("DFW", "CLT", "MIA", "PHL", "ORD"), ("LAX", "MIA", "PHL", "ORD", "PHX"),
                52, 43, 90, 800, 0.16, 0.15, (1, 5, 2)),
    CarrierType("XC", 29104, ("SEA", "SFO", "HNL", "PDX", "ANC"), ("ANC", "LAX", "HNL", "BOI"),
                50, 42, 0, 900, 0.10, 0.15, (4, 6)),
    CarrierType("XU", 29105, ("ORD", "DEN", "IAH", "EWR", "SFO", "IAD"), ("LGA", "BOS", "SEA", "AUS"),
                53, 44, 95, 850, 0.15, 0.15, (2, 4, 6)),
    CarrierType("XB", 29106, ("BOS", "JFK", "FLL", "MCO"), ("TPA", "DCA", "BUF", "SJU"),
                48, 41, 0, 900, 0.06, 0.15, (5, 7)),
    CarrierType("XR", 29107, ("ORD", "DFW", "DEN", "PHX"), ("IND", "OKC", "OMA", "CVG"),
                30, 25, 90, 290, 0.12, 0.12, (8, 9)),
    CarrierType("XK", 29108, ("ATL", "CLT", "DTW", "LGA"), ("MEM", "JAX", "PIT", "RDU"),
                30, 25, 85, 290, 0.08, 0.12, (8, 9), omits_n=True),
    CarrierType("XS", 29109, ("LAS", "FLL", "DEN", "MCO"), ("CLE", "DTW", "PHX", "BWI"),
                49, 41, 0, 900, 0.04, 0.30, (5, 7)),
)  # fmt: skip


@dataclass(frozen=True)
class Carrier:
    """A carrier in a world of one size.

    number: its row in CARRIERS. hubs: airport rows. lines: how many lines it flies. group: first line and
    line count of each rotation group, (groups, 2). weights: how likely a route from hub h to airport x is,
    (hubs, airports), each row adding up to 1.
    """

    number: int
    kind: CarrierType
    hubs: Ints
    lines: int
    group: Ints
    weights: Floats


def _groups(lines: int) -> Ints:
    # Small worlds get groups of about two, so that the pandemic can park some and leave others flying.
    size = int(np.clip(lines // 2, 2, GROUP_LINES))
    count = max(1, round(lines / size))
    edges = np.linspace(0, lines, count + 1).round().astype(np.int64)
    return np.stack([edges[:-1], np.diff(edges)], axis=1)


def _weights(kind: CarrierType, hubs: Ints, stations: Ints, airports: Airports) -> Floats:
    """How likely each route from each hub is; the spokes named first stand out where there are few others."""
    miles = airports.miles[hubs]
    fit = np.exp(-(np.log(np.maximum(miles, 1) / kind.reach) ** 2) / (2 * 0.75**2))
    weights = airports.size[None, :] ** 0.7 * (fit + 0.01)
    weights[:, [airports.index(c) for c in kind.first]] += 60 / len(stations)
    allowed = np.zeros_like(weights)
    allowed[:, stations] = 1.0
    allowed[miles < 90] = 0.0
    # Guam is reached from Honolulu only, San Juan not from the west.
    allowed[miles > 3900] = 0.0
    guam, honolulu = airports.index("GUM"), airports.index("HNL")
    allowed[hubs != honolulu, guam] = 0.0
    weights = weights * allowed
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float64)


def _carrier(number: int, lines: int, airports: Airports) -> Carrier:
    kind = CARRIERS[number]
    hubs = np.array([airports.index(c) for c in kind.hubs], dtype=np.int64)
    hubs = hubs[: max(1, min(len(hubs), 1 + lines // 5))]
    wanted = int(min(5 + 1.6 * max(0, lines - 4) ** 0.8, len(airports.code)))
    appeal = airports.size**0.7 * np.exp(
        -(np.log(np.maximum(airports.miles[hubs], 90) / kind.reach) ** 2)
    ).max(axis=0)
    order = [airports.index(c) for c in kind.first] + list(np.argsort(-appeal, kind="stable"))
    stations = [a for a in dict.fromkeys(int(o) for o in order) if a not in hubs][:wanted]
    places = np.array([*hubs, *stations], dtype=np.int64)
    return Carrier(number, kind, hubs, lines, _groups(lines), _weights(kind, hubs, places, airports))


@lru_cache(maxsize=8)
def world(flights_per_day: int) -> tuple[Carrier, ...]:
    """The carriers of a world with about `flights_per_day` flights on an ordinary day.

    Small worlds have fewer carriers, fewer hubs and fewer airports, not thinner ones.
    """
    airports = load_airports()
    total = max(4, round(flights_per_day / LEGS_PER_LINE))
    count = int(np.clip(round(3 + np.log2(total / 7.0)), 2, len(CARRIERS)))
    shares = np.array([c.share for c in CARRIERS[:count]])
    edges = np.cumsum(shares / shares.sum()) * total
    lines = np.diff(np.concatenate([[0.0], edges]).round().astype(np.int64))
    return tuple(_carrier(i, max(1, int(n)), airports) for i, n in enumerate(lines))


def stations(flights_per_day: int) -> Ints:
    """The airports that a world of this size serves, ascending rows of the table."""
    used: set[int] = set()
    for carrier in world(flights_per_day):
        used |= set(np.flatnonzero(carrier.weights.sum(axis=0) > 0).tolist()) | set(carrier.hubs.tolist())
    return np.array(sorted(used), dtype=np.int64)
