"""Where each carrier stands beside what all flights are told: a shift in log-odds, from outcomes known before the day.

The map of a day (`calibration.py`) knows the level of all flights together. A model of earlier years meets carriers
whose schedules, fleets and habits have changed since, or which it has never seen: their flights are late more or less
often than the map says, and stay so for weeks. Levels of the delay intervals (`intervals.py`) shift likewise.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from aeroflux_assets.evaluation.evidence import Array, Days, Ints, decayed

# Chosen by mean log loss on predictions from before any holdout: docs/figures.md#recalibration has the trials.
HALF_LIFE_DAYS = 28.0
# Information (the sum of p (1 - p); a flight has 0.1 to 0.2) at which half of what a carrier missed is believed.
PULL = 100.0
# As much information on what shifts are worth as draws their share towards one.
BELIEF = 100.0
_FOR_GOOD = float("inf")
_LEAST_P = 1e-6


@dataclass(frozen=True)
class Told:
    """Flights that arrived, and what they were told. All arrays have one entry a flight.

    cutoff_day, known_day: UTC dates of the cutoff and of the arrival, days since 1970. group: 0 to groups - 1.
    happened: 0 or 1, such as late. probability: what it was told of that, such as by the map of its cutoff's day.
    """

    cutoff_day: Ints
    known_day: Ints
    group: Ints
    groups: int
    happened: Array
    probability: Array

    @cached_property
    def miss(self) -> Array:
        """What each outcome had beyond its probability."""
        return self.happened - self.probability

    @cached_property
    def information(self) -> Array:
        """What each outcome says of a shift in log-odds: p (1 - p)."""
        return self.probability * (1.0 - self.probability)


def daily_shifts(days: Days, told: Told) -> Array:
    """What to add to the log-odds of each group's flights whose cutoff lies on each day: (days, groups).

    Each day sees strictly earlier days. A shift is one Newton step of the log loss from no shift, on outcomes halved
    every HALF_LIFE_DAYS, drawn towards none by PULL; and of it the share that shifts were worth so far.
    """
    miss = days.histogram(told.known_day, told.group, told.groups, told.miss)
    information = days.histogram(told.known_day, told.group, told.groups, told.information)
    missed, known = (of.sum(axis=1, keepdims=True) for of in (miss, information))
    # What all groups missed on a day is in the next day's map. Taken again here it would be taken twice.
    apart = decayed(miss - _over(missed, known) * information, HALF_LIFE_DAYS)
    shift: Array = apart / (decayed(information, HALF_LIFE_DAYS) + PULL)
    return shift * _worth(days, told, shift, missed, known)


def _over(total: Array, information: Array) -> Array:
    """A day's total by its information, 0 where it has none."""
    mean: Array = total / np.where(information > 0.0, information, 1.0)
    return mean


def _worth(days: Days, told: Told, shift: Array, missed: Array, information: Array) -> Array:
    """The share of the shifts, 0 to 1, that would have served the flights of earlier days best: (days, 1).

    A day ahead most of what a carrier missed on its last days is gone by the flight's own; at the cutoff it stays.
    Regression of what flights missed on their shift, within each day, one Newton step from no shift as well.
    missed, information: of all flights that became known on each day, (days, 1).
    """
    given = shift[told.cutoff_day - days.first, told.group]
    all_flights = np.zeros_like(told.group)

    def by_day(weight: Array) -> Array:
        return days.histogram(told.known_day, all_flights, 1, weight)

    level = by_day(told.information * given)
    mean = _over(level, information)
    gained = by_day(told.miss * given) - missed * mean
    spread = by_day(told.information * given**2) - level * mean
    share = (decayed(gained, _FOR_GOOD) + BELIEF) / (decayed(spread, _FOR_GOOD) + BELIEF)
    worth: Array = np.clip(share, 0.0, 1.0)
    return worth


def plus_log_odds(probability: Array, shift: Array) -> Array:
    """Each probability with its shift added to the log-odds; 0 and 1 stay."""
    factor = np.exp(shift)
    moved: Array = probability * factor / (1.0 - probability + probability * factor)
    return moved


def shifted(probability: Array, shift: Array) -> npt.NDArray[np.float32]:
    """`plus_log_odds` of probabilities kept off 0 and 1."""
    return plus_log_odds(np.clip(probability, _LEAST_P, 1.0 - _LEAST_P), shift).astype(np.float32)
