"""Conformal delay intervals: how far actual delays lay from predicted ones, among flights predicted alike.

Split conformal prediction (Vovk et al. 2005; Lei et al. 2018), Mondrian: each group of similar predicted delay and
probability has its own residuals (actual less predicted delay). The quantiles for a UTC day come from a histogram of
the residuals known before it, corrected for the finite sample. All come from one distribution function, so they
cannot cross.

Carriers and origins lie beside their group. Their flights read the same distribution at other levels, moved by what
their earlier flights missed (adaptive conformal inference, Gibbs and Candes 2021, by slice and drawn towards none).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from aeroflux_assets.evaluation.distributions import BINS, LEVELS, LOW_MIN, Distributions, moved
from aeroflux_assets.evaluation.evidence import Array, Days, Evidence, Ints, Outcomes

# Chosen by mean pinball loss on predictions from before any holdout: docs/figures.md#delay-intervals has the trials.
LEAST_HALF_LIFE_DAYS, MEMORY_ROWS = 3.0, 2000.0
PRIOR_ROWS = 2000.0
GROUPS, LEAST_GROUP_ROWS = 20, 2500
# Each group of predicted delay in so many by probability: the same mean can be a sure small delay or a rare long one.
PARTS = 3
# Where there is no prior to cut groups from: minutes of predicted delay.
FIXED_EDGES = np.array([-5.0, 0.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0])


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


@dataclass(frozen=True)
class Residuals:
    """What the quantiles of each day come from: actual less predicted delay of the flights known before it.

    rolling, prior: as in `calibration.daily_maps`.
    """

    days: Days
    rolling: Outcomes
    prior: Outcomes

    @cached_property
    def evidence(self) -> Evidence:
        """What each day learns from."""
        return Evidence.of(
            self.days,
            self.rolling,
            self.prior,
            rows=PRIOR_ROWS,
            memory_rows=MEMORY_ROWS,
            least_days=LEAST_HALF_LIFE_DAYS,
        )

    @cached_property
    def groups(self) -> Groups:
        """How flights are grouped: by the prior that was known before the first day."""
        return Groups.of(self.evidence.known)

    @cached_property
    def found(self) -> Distributions:
        """A distribution for each day and group: row day * groups.count + group."""
        count, known = self.groups.count, self.evidence.known
        now, before = (self.groups.at(of.predicted, of.probability) for of in (self.rolling, known))
        squares = self.evidence.sums((now, before), count, lambda of: of.weight**2, power=2)
        minutes = now * BINS + _minute(self.rolling), before * BINS + _minute(known)
        mass = self.evidence.sums(minutes, count * BINS, lambda of: of.weight)
        return Distributions.of(mass.reshape(-1, BINS), squares.ravel())

    def daily_offsets(self) -> Array:
        """Minutes to add to a predicted delay for its 10, 50 and 90% quantile: (days, groups, 3).

        NaN where the evidence is too little for a bound: the finite-sample quantile is infinite there.
        """
        minutes = self.found.at(np.arange(len(self.found.mass)), self.found.levels)
        return minutes.reshape(self.days.count, self.groups.count, len(LEVELS))

    def offsets_at(self, day: Ints, group: Ints, shift: Array) -> Array:
        """As `daily_offsets`, for flights: (flights, 3), each level's log-odds moved by `shift` (flights, 3).

        day: 0 to days.count - 1. group: as of `groups.at`.
        """
        row = day * self.groups.count + group
        return self.found.at(row, moved(self.found.levels[row], shift))


def _minute(outcomes: Outcomes) -> Ints:
    residual = np.floor(outcomes.delay - outcomes.predicted).astype(np.int64)
    place: Ints = np.clip(residual - LOW_MIN, 0, BINS - 1)
    return place


def intervals(predicted: Array, added: Array) -> npt.NDArray[np.float32]:
    """The 10, 50 and 90% delay of each flight, minutes: (rows, 3), never crossing; NaN where there is no bound.

    added: the offsets of each flight's day and group, (rows, 3).
    """
    return (predicted[:, None] + added).astype(np.float32)
