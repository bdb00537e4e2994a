"""Aircraft: their N-numbers, models and ages. Each line of a carrier has one, replaced now and then."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from aeroflux_assets.simulated.airports import Ints
from aeroflux_assets.simulated.carriers import CARRIERS, world

STREAM_FLEET = 51
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # N-numbers use neither I nor O
FIRST_NUMBER = 100


@dataclass(frozen=True)
class Model:
    """An aircraft model as ACFTREF describes it."""

    code: str
    maker: str
    name: str
    engines: int
    seats: int


MODELS = (
    Model("9100101", "SIMULATED AIRFRAMES", "SA-757", 2, 199),
    Model("9100102", "SIMULATED AIRFRAMES", "SA-321", 2, 190),
    Model("9100103", "SIMULATED AIRFRAMES", "SA-319", 2, 126),
    Model("9100104", "PRAIRIE AIRCRAFT", "PA-737", 2, 143),
    Model("9100105", "PRAIRIE AIRCRAFT", "PA-738", 2, 175),
    Model("9100106", "SIMULATED AIRFRAMES", "SA-320", 2, 182),
    Model("9100107", "PRAIRIE AIRCRAFT", "PA-739", 2, 178),
    Model("9100108", "SIMULATED AIRFRAMES", "SA-32N", 2, 186),
    Model("9100109", "LAKESHORE REGIONAL", "LR-200", 2, 50),
    Model("9100110", "LAKESHORE REGIONAL", "LR-175", 2, 76),
)


@dataclass(frozen=True)
class Fleet:
    """Every aircraft that a world ever has; arrays have one entry a place in a rotation.

    carrier: its number. rank: within the carrier. changed: days after 1970 on which the first aircraft gave
    way to the second. built: years of manufacture, (2, places). model: rows of MODELS, (2, places).
    """

    carrier: Ints
    rank: Ints
    changed: Ints
    built: Ints
    model: Ints


def fleet(seed: int, flights_per_day: int) -> Fleet:
    """The aircraft of a world; the same for all years."""
    carriers = world(flights_per_day)
    carrier = np.concatenate([np.full(c.lines, c.number) for c in carriers])
    rank = np.concatenate([np.arange(c.lines) for c in carriers])
    rng = np.random.default_rng([seed, STREAM_FLEET])
    year = rng.integers(2003, 2034, len(carrier))
    changed = np.array([(date(int(y), 1, 1) - date(1970, 1, 1)).days for y in year])
    changed = changed + rng.integers(0, 365, len(carrier))
    built = np.stack([year - rng.integers(14, 24, len(carrier)), year - (rng.random(len(carrier)) < 0.3)])
    choice = np.array([[c.models[0], c.models[-1]] for c in CARRIERS]).T
    model = choice[rng.integers(0, 2, (2, len(carrier))), carrier]
    return Fleet(carrier, rank, changed, built, model)


def n_numbers(carrier: Ints, rank: Ints, second: Ints) -> pl.Series:
    """N-numbers with their leading N: three or four digits and two letters, the last one the carrier's.

    second: 1 for the aircraft that replaced the first.
    """
    last = np.array([LETTERS.index(c.code[1]) for c in CARRIERS])[carrier]
    number = FIRST_NUMBER + rank % 900
    middle = (rank // 900 * 2 + second + 5) % len(LETTERS)
    letters = np.array(list(LETTERS))
    frame = pl.DataFrame({"n": number, "m": letters[middle], "l": letters[last]})
    return frame.select(("N" + pl.col("n").cast(pl.String) + pl.col("m") + pl.col("l")).alias("tail"))["tail"]


def tail_numbers(seed: int, flights_per_day: int, tail: Ints, day: Ints) -> pl.Series:
    """The N-number that flies in place `tail` on each day (days after 1970)."""
    known = fleet(seed, flights_per_day)
    count = len(known.rank)
    both = np.arange(2 * count)
    text = n_numbers(known.carrier[both % count], known.rank[both % count], both // count)
    second = (day >= known.changed[tail]).astype(np.int64)
    return text.gather(tail + count * second)
