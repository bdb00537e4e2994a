"""Where each carrier stands beside the day's map: a shift in log-odds, from outcomes known before the day.

The map of a day (`calibration.py`) knows the level of all flights together. A model of earlier years meets carriers
whose schedules, fleets and habits have changed since, or which it has never seen: their flights are late more or less
often than the map says, and stay so for weeks.
"""

import numpy as np
import numpy.typing as npt

from aeroflux_assets.evaluation.evidence import Array, Days, Ints, decayed

# Chosen by mean log loss on predictions from before any holdout: docs/figures.md#recalibration has the trials.
HALF_LIFE_DAYS = 28.0
# Information (the sum of p (1 - p), some 2,500 flights) at which half of what was seen is believed.
PULL = 300.0
_LEAST_P = 1e-6


def daily_shifts(
    days: Days, known_day: Ints, group: Ints, groups: int, late: Array, probability: Array
) -> Array:
    """What to add to the log-odds of each group's flights whose cutoff lies on each day: (days, groups).

    One entry a flight that arrived: known_day (UTC date of the arrival, days since 1970), group (0 to groups - 1),
    late (0 or 1), and the probability that its own day's map gave it. Each day sees strictly earlier days, halved every
    HALF_LIFE_DAYS. A shift is one Newton step of the log loss from no shift, drawn towards it by PULL.
    """
    miss = days.histogram(known_day, group, groups, late - probability)
    information = days.histogram(known_day, group, groups, probability * (1.0 - probability))
    # What all groups missed on a day is in the next day's map. Taken again here it would be taken twice, and a day
    # ahead the level of the last day is too much as it is.
    total = information.sum(axis=1, keepdims=True)
    common = miss.sum(axis=1, keepdims=True) / np.where(total > 0.0, total, 1.0)
    apart = decayed(miss - common * information, HALF_LIFE_DAYS)
    return apart / (decayed(information, HALF_LIFE_DAYS) + PULL)


def shifted(probability: Array, shift: Array) -> npt.NDArray[np.float32]:
    """Each probability with its shift added to the log-odds."""
    p = np.clip(probability, _LEAST_P, 1.0 - _LEAST_P)
    return (1.0 / (1.0 + np.exp(-(np.log(p) - np.log1p(-p) + shift)))).astype(np.float32)
