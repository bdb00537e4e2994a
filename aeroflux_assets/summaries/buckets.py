"""The scales on which summaries group a quantity: their edges, and their words for a page.

A bucket is stored as its number, so that sorting needs no parsing; the words live here alone.
"""

from dataclasses import dataclass

import polars as pl

FEET_M, MILE_M = 0.3048, 1609.344
# The bins of a delay: five minutes each, the first and the last open.
BIN_MIN, LOWEST_BIN_MIN, HIGHEST_BIN_MIN = 5, -60, 240


def delay_bin(minutes: str) -> pl.Expr:
    """The lower edge of the bin that holds a delay, minutes, Int16; null stays null."""
    lower = (pl.col(minutes).cast(pl.Float64) / BIN_MIN).floor() * BIN_MIN
    return lower.clip(LOWEST_BIN_MIN, HIGHEST_BIN_MIN).cast(pl.Int16)


@dataclass(frozen=True)
class Scale:
    """Ascending lower edges of all buckets but the first, closed on the left, and one label a bucket."""

    name: str
    unit: str
    edges: tuple[float, ...]
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.labels) != len(self.edges) + 1:
            raise ValueError(f"scale {self.name}: {len(self.labels)} labels for {len(self.edges)} edges")

    def bucket(self, value: pl.Expr) -> pl.Expr:
        """The number of the bucket that holds each value, Int8; null stays null."""
        number = pl.sum_horizontal((value >= edge).cast(pl.Int8) for edge in self.edges)
        return pl.when(value.is_not_null()).then(number).cast(pl.Int8)


TURNAROUND = Scale(
    "turnaround", "min", (30, 45, 60, 90, 120, 180, 360),
    ("under 30", "30-44", "45-59", "60-89", "90-119", "2-3 h", "3-6 h", "6 h or more"),
)  # fmt: skip
INBOUND = Scale(
    "inbound delay",
    "min",
    (1, 15, 30, 60, 120),
    ("not late", "1-14", "15-29", "30-59", "60-119", "120 or more"),
)
WIND = Scale("wind speed", "m/s", (3, 6, 9, 12, 15), ("0-2", "3-5", "6-8", "9-11", "12-14", "15 or more"))
TEMPERATURE = Scale(
    "temperature",
    "deg C",
    (-10, 0, 10, 20, 30),
    ("below -10", "-10 to -1", "0-9", "10-19", "20-29", "30 or more"),
)
PRECIPITATION = Scale("precipitation", "mm in the hour", (0.1, 1, 4), ("none", "under 1", "1-3", "4 or more"))
# FAA, Aeronautical Information Manual 7-1-7.
CATEGORY = Scale("flight category", "", (1, 2, 3), ("LIFR", "IFR", "MVFR", "VFR"))
WEATHER_SCALES = (CATEGORY, WIND, PRECIPITATION, TEMPERATURE)

_CEILING_M = tuple(feet * FEET_M for feet in (500, 1000, 3000))
_VISIBILITY_M = tuple(miles * MILE_M for miles in (1, 3, 5))


def flight_category(ceiling_m: pl.Expr, visibility_m: pl.Expr) -> pl.Expr:
    """0 LIFR, 1 IFR, 2 MVFR, 3 VFR, as the worse of ceiling and visibility; null where both are missing.

    The FAA's steps: LIFR under 500 ft or 1 mile, IFR under 1,000 ft or 3 miles, MVFR up to 3,000 ft or 5 miles
    inclusive. Half a metre of room, because ceilings and visibilities are published in whole metres.
    """

    def step(value: pl.Expr, edges: tuple[float, ...]) -> pl.Expr:
        low, middle, high = edges
        number = ((value >= low - 0.5).cast(pl.Int8) + (value >= middle - 0.5).cast(pl.Int8)) + (
            value > high + 0.5
        ).cast(pl.Int8)
        return pl.when(value.is_not_null()).then(number)

    return pl.min_horizontal(step(ceiling_m, _CEILING_M), step(visibility_m, _VISIBILITY_M)).cast(pl.Int8)
