"""Packed fields of the integrated surface data, as tables of quoted text that rows are gathered from."""

from functools import lru_cache

import numpy as np
import polars as pl

from aeroflux_assets.simulated.airports import Floats, Ints

QUALITY = ("5", "1", "2", "3", "6", "7")  # the last four mark suspect and erroneous values
COLDEST, SPAN = -600, 1201  # tenths of a degree
WIND_STEPS = 401  # tenths of m/s
CEILING_STEPS = 251  # hundreds of feet
FOOT_HUNDRED = 30.48
PRESSURE_LOW, PRESSURE_STEPS = 9000, 1800  # tenths of hPa
RAIN_STEPS = 700  # tenths of mm
MILES = (0.0, 0.12, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4, 5, 6, 7, 8, 9, 10)
METRES: Floats = np.rint(np.array(MILES) * 1609.344)


def _series(values: list[str]) -> pl.Series:
    return pl.Series([f'"{value}"' for value in values])


@lru_cache(maxsize=1)
def _temperature_table() -> pl.Series:
    rows = [f"{value:+05d},{q}" for q in QUALITY for value in range(COLDEST, COLDEST + SPAN)]
    return _series([*rows, "+9999,9"])


@lru_cache(maxsize=1)
def _wind_table() -> pl.Series:
    rows = []
    for q in QUALITY:
        for tens in range(38):
            for speed in range(WIND_STEPS):
                if tens == 37 or speed == 0:
                    kind = "C" if speed == 0 else "V"
                    rows.append(f"999,9,{kind},{speed:04d},{q}")
                else:
                    rows.append(f"{max(tens, 1) * 10:03d},{q},N,{speed:04d},{q}")
    return _series([*rows, "999,9,9,9999,9"])


@lru_cache(maxsize=1)
def _ceiling_table() -> pl.Series:
    steps = [round(n * FOOT_HUNDRED) for n in range(CEILING_STEPS)]
    rows = [f"{metres:05d},{q},M,N" for q in QUALITY for metres in steps]
    return _series([*rows, *(f"22000,{q},9,N" for q in QUALITY), "99999,9,9,N"])


@lru_cache(maxsize=1)
def _visibility_table() -> pl.Series:
    rows = [f"{int(metres):06d},{q},N,{q}" for q in QUALITY for metres in METRES]
    return _series([*rows, "999999,9,9,9"])


@lru_cache(maxsize=1)
def _pressure_table() -> pl.Series:
    rows = [
        f"{value:05d},{q}" for q in QUALITY for value in range(PRESSURE_LOW, PRESSURE_LOW + PRESSURE_STEPS)
    ]
    return _series([*rows, "99999,9"])


@lru_cache(maxsize=1)
def _rain_table() -> pl.Series:
    rows = [f"01,{value:04d},9,{q}" for q in QUALITY for value in range(RAIN_STEPS)]
    return pl.concat([_series([*rows]), pl.Series([""])])


def _pick(table: pl.Series, index: Ints, quality: Ints, steps: int) -> pl.Series:
    """Rows of a table laid out by quality and step; a quality below 0 means missing, the table's last row."""
    return table.gather(np.where(quality < 0, len(table) - 1, quality * steps + index))


def temperature(celsius: Floats, quality: Ints) -> pl.Series:
    """TMP or DEW. quality: positions in QUALITY, -1 for missing, as in all of these."""
    tenths = np.clip(np.rint(celsius * 10), COLDEST, COLDEST + SPAN - 1).astype(np.int64) - COLDEST
    return _pick(_temperature_table(), tenths, quality, SPAN)


def wind(direction: Floats, speed: Floats, quality: Ints) -> pl.Series:
    """WND, of degrees and m/s."""
    tens = np.rint(direction / 10).astype(np.int64) % 36
    tenths = np.clip(np.rint(speed * 10), 0, WIND_STEPS - 1).astype(np.int64)
    # A light wind with no settled direction is published as variable.
    tens = np.where((tenths < 20) & (tens % 5 == 0), 37, np.where(tens == 0, 36, tens))
    return _pick(_wind_table(), tens * WIND_STEPS + tenths, quality, 38 * WIND_STEPS)


def ceiling_steps(metres: Floats) -> Ints:
    """Hundreds of feet, as ceilings are reported."""
    return np.clip(np.rint(metres / FOOT_HUNDRED), 1, CEILING_STEPS - 1).astype(np.int64)


def ceiling(metres: Floats, quality: Ints) -> pl.Series:
    """CIG; 22000 m and more reads as no ceiling."""
    table = _ceiling_table()
    known = quality * CEILING_STEPS + ceiling_steps(metres)
    none = CEILING_STEPS * len(QUALITY) + quality
    index = np.where(quality < 0, len(table) - 1, np.where(metres >= 22000, none, known))
    return table.gather(index)


def visibility_steps(metres: Floats) -> Ints:
    """The reportable visibility at or below each value: positions in MILES."""
    return np.clip(np.searchsorted(METRES, metres + 1, side="right") - 1, 0, len(MILES) - 1).astype(np.int64)


def visibility(metres: Floats, quality: Ints) -> pl.Series:
    """VIS."""
    return _pick(_visibility_table(), visibility_steps(metres), quality, len(MILES))


def pressure(hectopascal: Floats, quality: Ints) -> pl.Series:
    """SLP."""
    tenths = np.clip(np.rint(hectopascal * 10) - PRESSURE_LOW, 0, PRESSURE_STEPS - 1).astype(np.int64)
    return _pick(_pressure_table(), tenths, quality, PRESSURE_STEPS)


def rain(millimetres: Floats, quality: Ints) -> pl.Series:
    """AA1, an hour's precipitation; missing is an empty field."""
    tenths = np.clip(np.rint(millimetres * 10), 0, RAIN_STEPS - 1).astype(np.int64)
    return _pick(_rain_table(), tenths, quality, RAIN_STEPS)
