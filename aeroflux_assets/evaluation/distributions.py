"""Distributions of residuals by the minute, and their quantiles corrected for the finite sample."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from aeroflux_assets.evaluation.evidence import Array, Ints
from aeroflux_assets.evaluation.shifts import plus_log_odds

LEVELS = (0.1, 0.5, 0.9)
# Residuals beyond stand in the end bins: the 10% and 90% quantiles lie well within.
LOW_MIN, HIGH_MIN = -180, 420
BINS = HIGH_MIN - LOW_MIN
_ROUNDING = 1e-9
# At a level that the distribution just reaches, the lower bound is the next residual and the upper the last one.
_SIDES: tuple[Literal["left", "right"], ...] = ("right", "left", "left")


@dataclass(frozen=True)
class Distributions:
    """Many distributions of residuals, `of` makes them. All arrays have a row for each.

    mass: weights by minute of residual from LOW_MIN on, (rows, bins), and total their sum, (rows,).
    squares: sum of squared weights, (rows,). stepped: distribution functions, each a step above the one before, so
    that one search finds the minute in all of them, (rows * bins,).
    """

    mass: Array
    total: Array
    squares: Array
    stepped: Array

    @classmethod
    def of(cls, mass: Array, squares: Array) -> "Distributions":
        """From the weights by minute and their sums of squares."""
        share = np.cumsum(mass, axis=1)
        total = share[:, -1].copy()
        share /= np.where(total > 0, total, 1.0)[:, None]
        share += np.arange(len(share), dtype=np.float64)[:, None]
        return cls(mass, total, squares, share.ravel())

    @cached_property
    def levels(self) -> Array:
        """LEVELS corrected for the finite sample, (rows, 3): NaN where the evidence is too little for a bound.

        Of n residuals and the one to come, the upper bound stands at level 0.9 (n + 1) / n and the lower at 1 less
        that; n is (sum of weights)^2 / squares, and too little below 9.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            upper = LEVELS[2] * (1.0 + self.squares / self.total**2)
        upper = np.where(upper <= 1.0 + _ROUNDING, np.minimum(upper, 1.0), np.nan)
        return np.stack([1.0 - upper, np.where(np.isnan(upper), np.nan, LEVELS[1]), upper], axis=1)

    def at(self, row: Ints, levels: Array) -> Array:
        """Minutes at the levels of each entry of `row`, (entries, 3); NaN where the level is.

        Within a minute the residuals are taken as spread evenly.
        """
        bins = self.mass.shape[1]
        start, total = row * bins, np.where(self.total > 0, self.total, 1.0)[row]
        minutes = np.empty(levels.shape)
        for k, side in enumerate(_SIDES):
            level = np.nan_to_num(levels[:, k])
            place = np.clip(np.searchsorted(self.stepped, level + row, side) - start, 0, bins - 1)
            here = self.mass[row, place] / total
            beyond = self.stepped[start + place] - (level + row)
            part = 1.0 - beyond / np.where(here > 0, here, 1.0)
            minutes[:, k] = LOW_MIN + place + np.clip(part, 0.0, 1.0)
        minutes[np.isnan(levels)] = np.nan
        return minutes


def moved(levels: Array, shift: Array) -> Array:
    """The levels with their log-odds moved, (rows, 3), in rising order."""
    return np.sort(plus_log_odds(levels, shift), axis=1)
