"""The airports of the simulated airspace: real places, invented numeric ids."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

EARTH_RADIUS_MILES = 3958.8
STATE_NAMES = {
    "AK": ("Alaska", "02", 1), "AZ": ("Arizona", "04", 81), "CA": ("California", "06", 91),
    "CO": ("Colorado", "08", 82), "CT": ("Connecticut", "09", 11), "DC": ("District of Columbia", "11", 32),
    "FL": ("Florida", "12", 33), "GA": ("Georgia", "13", 34), "HI": ("Hawaii", "15", 2),
    "ID": ("Idaho", "16", 83), "IL": ("Illinois", "17", 41), "IN": ("Indiana", "18", 42),
    "LA": ("Louisiana", "22", 72), "MA": ("Massachusetts", "25", 13), "MD": ("Maryland", "24", 35),
    "MI": ("Michigan", "26", 43), "MN": ("Minnesota", "27", 63), "MO": ("Missouri", "29", 64),
    "NC": ("North Carolina", "37", 36), "NE": ("Nebraska", "31", 65), "NJ": ("New Jersey", "34", 21),
    "NM": ("New Mexico", "35", 86), "NV": ("Nevada", "32", 85), "NY": ("New York", "36", 22),
    "OH": ("Ohio", "39", 44), "OK": ("Oklahoma", "40", 73), "OR": ("Oregon", "41", 92),
    "PA": ("Pennsylvania", "42", 23), "PR": ("Puerto Rico", "72", 3), "TN": ("Tennessee", "47", 54),
    "TT": ("U.S. Pacific Trust Territories and Possessions", "75", 5), "TX": ("Texas", "48", 74),
    "UT": ("Utah", "49", 87), "WA": ("Washington", "53", 93), "WI": ("Wisconsin", "55", 45),
}  # fmt: skip


@dataclass(frozen=True)
class Airports:
    """Every airport of the package's table, in file order; arrays have one entry an airport.

    lat, lon: degrees. elev: metres. size: relative traffic, 100 for the largest. jan, jul: mean degrees C.
    miles: great-circle statute miles, (airports, airports).
    """

    code: tuple[str, ...]
    table: pl.DataFrame
    lat: Floats
    lon: Floats
    elev: Floats
    size: Floats
    jan: Floats
    jul: Floats
    zone: tuple[str, ...]
    miles: Floats

    def index(self, code: str) -> int:
        """The row of an IATA code."""
        return self.code.index(code)


def _great_circle(lat: Floats, lon: Floats) -> Floats:
    phi, lam = np.radians(lat), np.radians(lon)
    half = (
        np.sin((phi[:, None] - phi) / 2) ** 2
        + np.cos(phi[:, None]) * np.cos(phi) * np.sin((lam[:, None] - lam) / 2) ** 2
    )
    return np.asarray(2 * EARTH_RADIUS_MILES * np.arcsin(np.sqrt(half)), dtype=np.float64)


@lru_cache(maxsize=1)
def load_airports() -> Airports:
    """Read the package's table of airports."""
    table = pl.read_csv(
        Path(__file__).with_name("airports.csv"),
        schema_overrides={"usaf": pl.String, "wban": pl.String, "elev_m": pl.Float64},
    )

    def column(name: str) -> Floats:
        return table[name].cast(pl.Float64).to_numpy()

    lat, lon = column("lat"), column("lon")
    return Airports(
        code=tuple(table["code"]),
        table=table,
        lat=lat,
        lon=lon,
        elev=column("elev_m"),
        size=column("size"),
        jan=column("jan"),
        jul=column("jul"),
        zone=tuple(table["zone"]),
        miles=_great_circle(lat, lon),
    )
