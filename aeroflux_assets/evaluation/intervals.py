"""Conformal delay intervals: how far actual delays lay from predicted ones, among flights predicted alike.

Split conformal prediction (Vovk et al. 2005; Lei et al. 2018), Mondrian: each group of similar predicted delay and
probability has its own residuals (actual less predicted delay). The quantiles for a UTC day come from a histogram of
the residuals known before it, corrected for the finite sample. All come from one distribution function, so they
cannot cross.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from aeroflux_assets.evaluation.evidence import Array, Days, Ints, Outcomes, decayed, half_life, prior_scale

LEVELS = (0.1, 0.5, 0.9)
# Chosen by mean pinball loss on predictions from before any holdout: docs/figures.md#delay-intervals has the trials.
LEAST_HALF_LIFE_DAYS, MEMORY_ROWS = 3.0, 2000.0
PRIOR_ROWS = 2000.0
GROUPS, LEAST_GROUP_ROWS = 20, 2500
# Each group of predicted delay in so many by probability: the same mean can be a sure small delay or a rare long one.
PARTS = 3
# Where there is no prior to cut groups from: minutes of predicted delay.
FIXED_EDGES = np.array([-5.0, 0.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0])
# Residuals beyond stand in the end bins: the 10% and 90% quantiles lie well within.
LOW_MIN, HIGH_MIN = -180, 420
_BINS = HIGH_MIN - LOW_MIN
_ROUNDING = 1e-9
_GROUPS_AT_ONCE = 8  # bounds the memory to a tenth of what all of a year's groups take


@dataclass(frozen=True)
class Groups:
    """edges: where predicted delay (minutes) is cut; cuts: where probability is cut within each (groups, parts - 1)."""

    edges: Array
    cuts: Array

    @classmethod
    def of(cls, prior: Outcomes) -> "Groups":
        """Equal counts of the prior, fewer groups where it is small; fixed ones where there is none."""
        count = max(1, min(GROUPS, prior.rows // LEAST_GROUP_ROWS))
        if prior.rows == 0:
            return cls(FIXED_EDGES, np.zeros((len(FIXED_EDGES) + 1, 0)))
        edges = np.unique(np.quantile(prior.predicted, np.arange(1, count) / count))
        at = np.searchsorted(edges, prior.predicted, side="right")
        levels = np.arange(1, PARTS) / PARTS
        # A group of the prior can be empty where many predictions are equal; it is not cut.
        parts = (prior.probability[at == group] for group in range(len(edges) + 1))
        return cls(edges, np.stack([np.quantile(part, levels) if len(part) else levels for part in parts]))

    @property
    def count(self) -> int:
        """How many groups there are."""
        return len(self.cuts) * (int(self.cuts.shape[1]) + 1)

    def at(self, predicted: Array, probability: Array) -> Ints:
        """The group of each flight, 0 to count - 1."""
        group = np.searchsorted(self.edges, predicted, side="right").astype(np.int64)
        part: Ints = group * (self.cuts.shape[1] + 1)
        for cut in range(self.cuts.shape[1]):
            part += probability >= self.cuts[group, cut]
        return part


def daily_offsets(days: Days, rolling: Outcomes, prior: Outcomes) -> tuple[Array, Groups]:
    """Minutes to add to a predicted delay for its 10, 50 and 90% quantile: (days, groups, 3); and the groups.

    rolling, prior: as in `calibration.daily_maps`. NaN where the evidence is too little for a bound: the finite-sample
    quantile is infinite there.
    """
    known = prior.before(days.first)
    groups = Groups.of(known)
    scale, life = prior_scale(known, PRIOR_ROWS), half_life(known, MEMORY_ROWS, LEAST_HALF_LIFE_DAYS)
    now, before = (groups.at(of.predicted, of.probability) for of in (rolling, known))
    squares = decayed(days.histogram(rolling.known_day, now, groups.count, rolling.weight**2), life / 2)
    squares += scale**2 * np.bincount(before, known.weight**2, minlength=groups.count)
    offsets = np.empty((days.count, groups.count, len(LEVELS)))
    for first in range(0, groups.count, _GROUPS_AT_ONCE):
        last = min(first + _GROUPS_AT_ONCE, groups.count)
        mass = decayed(_residuals(days, rolling, now, first, last), life)
        mass += scale * _residuals(None, known, before, first, last)
        offsets[:, first:last] = quantiles(mass, squares[:, first:last])
    return offsets, groups


def _residuals(days: Days | None, outcomes: Outcomes, group: Ints, first: int, last: int) -> Array:
    """Weights of groups `first` to `last` - 1 by minute of residual: (days, groups, bins); all at once for no days."""
    keep = (group >= first) & (group < last)
    some, shape = outcomes.where(keep), (last - first, _BINS)
    cell, cells = (group[keep] - first) * _BINS + _minute(some), (last - first) * _BINS
    if days is None:
        weights = np.bincount(cell, some.weight, minlength=cells)
        return weights.astype(np.float64, copy=False).reshape(shape)
    return days.histogram(some.known_day, cell, cells, some.weight).reshape(days.count, *shape)


def _minute(outcomes: Outcomes) -> Ints:
    residual = np.floor(outcomes.delay - outcomes.predicted).astype(np.int64)
    place: Ints = np.clip(residual - LOW_MIN, 0, _BINS - 1)
    return place


def quantiles(mass: Array, squares: Array) -> Array:
    """The corrected 10, 50 and 90% quantiles of residual histograms, in minutes: (..., 3).

    mass: weights by minute of residual from LOW_MIN on, (..., bins). squares: sum of squared weights, (...); with
    it the effective number of rows is n = (sum of weights)^2 / squares. Of n residuals and the one to come, the
    upper bound stands at level 0.9 (n + 1) / n and the lower at 1 less that; NaN where that is above 1.
    Within a minute the residuals are taken as spread evenly.
    """
    bins, shape = mass.shape[-1], (*mass.shape[:-1], len(LEVELS))
    mass = mass.reshape(-1, bins)
    share = np.cumsum(mass, axis=1)
    total = share[:, -1].copy()
    with np.errstate(divide="ignore", invalid="ignore"):
        upper = LEVELS[2] * (1.0 + squares.ravel() / total**2)
    known = upper <= 1.0 + _ROUNDING
    upper = np.where(known, np.minimum(upper, 1.0), 1.0)
    scale = np.where(total > 0, total, 1.0)[:, None]
    share /= scale
    # Each distribution a step above the one before: one search finds the minute in all of them.
    row = np.arange(len(share), dtype=np.float64)
    stepped = (share + row[:, None]).ravel()
    minutes = np.empty((len(share), len(LEVELS)))
    # At a level that the distribution just reaches, the lower bound is the next residual and the upper the last one.
    sides: tuple[tuple[Array, Literal["left", "right"]], ...] = (
        (1.0 - upper, "right"),
        (np.full_like(upper, LEVELS[1]), "left"),
        (upper, "left"),
    )
    for k, (level, side) in enumerate(sides):
        place = np.searchsorted(stepped, level + row, side) - np.arange(len(row)) * bins
        place = np.clip(place, 0, bins - 1)[:, None]
        here = np.take_along_axis(mass, place, axis=1) / scale
        beyond = np.take_along_axis(share, place, axis=1) - level[:, None]
        part = 1.0 - beyond / np.where(here > 0, here, 1.0)
        minutes[:, k] = (LOW_MIN + place + np.clip(part, 0.0, 1.0))[:, 0]
    minutes[~known] = np.nan
    return minutes.reshape(shape)


def intervals(predicted: Array, added: Array) -> npt.NDArray[np.float32]:
    """The 10, 50 and 90% delay of each flight, minutes: (rows, 3), never crossing; NaN where there is no bound.

    added: the offsets of each flight's day and group, (rows, 3).
    """
    return (predicted[:, None] + added).astype(np.float32)
