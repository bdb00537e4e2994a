"""Outcomes as evidence for later days: what recalibration and intervals may learn from, and when.

Point in time: a day's fit serves the flights whose cutoff lies on that UTC day, and sees outcomes of strictly
earlier UTC days only (by the arrival's date). What happened later on the cutoff's own day is left out, known or not,
so that a fit a day is enough.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# A scored year counts half as much as the one after it: schedules, fleets and models drift.
YEAR_HALF_LIFE = 1.0
NO_PRIOR_HALF_LIFE = 14.0


@dataclass(frozen=True)
class Outcomes:
    """Predictions of flights that arrived, beside what happened. All arrays have one entry a flight.

    probability: predicted, of being late. predicted, delay: minutes, expected and actual. late: 0 or 1.
    known_day: UTC date of the arrival, in days since 1970. weight: how much a flight counts.
    """

    probability: Array
    predicted: Array
    late: Array
    delay: Array
    known_day: Ints
    weight: Array

    @property
    def rows(self) -> int:
        """How many flights."""
        return len(self.late)

    def before(self, day: int) -> "Outcomes":
        """Those known on UTC days strictly before `day`."""
        return self.where(self.known_day < day)

    def where(self, keep: npt.NDArray[np.bool_]) -> "Outcomes":
        """Those for which `keep` is true."""
        return Outcomes(*(getattr(self, name)[keep] for name in _FIELDS))


_FIELDS = ("probability", "predicted", "late", "delay", "known_day", "weight")


def no_outcomes() -> Outcomes:
    """No evidence at all."""
    empty = np.zeros(0)
    return Outcomes(empty, empty, empty, empty, np.zeros(0, dtype=np.int64), empty)


def pooled(parts: Sequence[tuple[int, Outcomes]], scored: int) -> Outcomes:
    """Outcomes of several earlier years in one, each year's rows weighted by YEAR_HALF_LIFE before the last of them.

    parts: (year, outcomes), each year before `scored`. Raises ValueError for a year that is not.
    """
    if not parts:
        return no_outcomes()
    if max(year for year, _ in parts) >= scored:
        raise ValueError(f"evidence from before {scored} was asked for, not of it or later")
    last = max(year for year, _ in parts)
    weights = [part.weight * 0.5 ** ((last - year) / YEAR_HALF_LIFE) for year, part in parts]
    columns = {name: np.concatenate([getattr(part, name) for _, part in parts]) for name in _FIELDS[:-1]}
    return Outcomes(**columns, weight=np.concatenate(weights))


@dataclass(frozen=True)
class Days:
    """The UTC days for which a fit is made: `first` (days since 1970) and the `count - 1` after it."""

    first: int
    count: int

    @classmethod
    def of(cls, cutoff_day: Ints) -> "Days":
        """From the first to the last of the days on which cutoffs lie."""
        return cls(int(cutoff_day.min()), int(cutoff_day.max() - cutoff_day.min()) + 1)

    def histogram(self, known_day: Ints, cell: Ints, cells: int, weight: Array) -> Array:
        """The sum of weights by day on which rows became known and cell: (days, cells).

        Rows that became known before the first day or after the last are left out: no fit may see the latter,
        and the former are the caller's prior.
        """
        inside = (known_day >= self.first) & (known_day < self.first + self.count)
        index = (known_day[inside] - self.first) * cells + cell[inside]
        sums = np.bincount(index, weight[inside], minlength=self.count * cells)
        return sums.astype(np.float64, copy=False).reshape(self.count, cells)


def decayed(daily: Array, half_life_days: float) -> Array:
    """What a fit for each day sees of `daily` (days, ...): the days strictly before it, halved every half-life.

    The day before counts in full, so the sums are of rows. The loop is over days, not rows.
    """
    keep = 0.5 ** (1.0 / half_life_days)
    seen = np.zeros_like(daily)
    for day in range(1, len(daily)):
        seen[day] = keep * seen[day - 1] + daily[day - 1]
    return seen


def half_life(prior: Outcomes, memory_rows: float, least_days: float) -> float:
    """How many days it takes a day's outcomes to count half, from how many flights a day the prior has.

    As short as `least_days` where days are full, so that fits follow the season; longer where a day has few flights,
    so that about `memory_rows` rows still count. Without a prior NO_PRIOR_HALF_LIFE.
    """
    if prior.rows == 0:
        return NO_PRIOR_HALF_LIFE
    a_day = prior.rows / len(np.unique(prior.known_day))
    return max(least_days, memory_rows * float(np.log(2.0)) / a_day)


def prior_scale(prior: Outcomes, rows: float) -> float:
    """The factor that makes all prior outcomes together count as so many rows; never more than they are."""
    return min(rows, float(prior.rows)) / float(prior.weight.sum()) if prior.rows else 0.0


@dataclass(frozen=True)
class Evidence:
    """What the fit of each day learns from: outcomes of the scored year, of which a day sees those of earlier UTC
    days, halved every `life` days, and those known before the first day, all of them together scaled by `scale`.
    """

    days: Days
    rolling: Outcomes
    known: Outcomes
    scale: float
    life: float

    @classmethod
    def of(
        cls,
        days: Days,
        rolling: Outcomes,
        prior: Outcomes,
        *,
        rows: float,
        memory_rows: float,
        least_days: float,
    ) -> "Evidence":
        """prior: out-of-fold outcomes; those known on or after the first day are left out, the others count as `rows`.

        memory_rows, least_days: as in `half_life`.
        """
        known = prior.before(days.first)
        return cls(days, rolling, known, prior_scale(known, rows), half_life(known, memory_rows, least_days))

    def sums(
        self, cell: tuple[Ints, Ints], cells: int, weight: Callable[[Outcomes], Array], *, power: int = 1
    ) -> Array:
        """Weights summed by cell, as each day sees them: (days, cells).

        cell: of `rolling` and of `known`. power: 2 where `weight` gives squares: what halves a weight quarters them.
        """
        rolling, known = self.rolling, self.known
        daily = self.days.histogram(rolling.known_day, cell[0], cells, weight(rolling))
        seen = decayed(daily, self.life / power)
        seen += self.scale**power * np.bincount(cell[1], weight(known), minlength=cells)
        return seen
