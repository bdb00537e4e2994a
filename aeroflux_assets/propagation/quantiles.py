"""Exact medians of trailing windows, for all queries at once.

A wavelet matrix over the delays in event order answers "the k-th smallest of events [start, end)" in one
step per bit of the value, vectorised over the queries: nine bits for delays of -60 to 451 minutes. A rolling
median over events cannot serve, because queries fall between events.
"""

import numpy as np
import numpy.typing as npt

from aeroflux_assets.propagation.windows import Ints, Place

BITS = 9
LOWEST = -60
HIGHEST = LOWEST + (1 << BITS) - 1  # 451: a median beyond either end is reported as that end


class Medians:
    """Medians of integer values over ranges of a fixed order.

    values: one entry an event, in the order that a `Place` refers to.
    """

    def __init__(self, values: Ints) -> None:
        level = (np.clip(values, LOWEST, HIGHEST) - LOWEST).astype(np.int32)
        self._zeros: list[npt.NDArray[np.int32]] = []
        for bit in range(BITS - 1, -1, -1):
            is_zero = (level >> bit) & 1 == 0
            zeros = np.zeros(len(level) + 1, dtype=np.int32)
            np.cumsum(is_zero, out=zeros[1:])
            self._zeros.append(zeros)
            level = np.concatenate([level[is_zero], level[~is_zero]])

    def _smallest(self, start: Ints, end: Ints, rank: Ints) -> Ints:
        """The value of the given rank (from 0) in each range; ranges must not be empty."""
        start, end, rank = start.copy(), end.copy(), rank.copy()
        value = np.zeros(len(start), dtype=np.int64)
        for zeros in self._zeros:
            low, high = zeros[start], zeros[end]
            goes_low = rank < high - low
            value = value * 2 + ~goes_low
            rank = np.where(goes_low, rank, rank - (high - low))
            start = np.where(goes_low, low, zeros[-1] + start - low)
            end = np.where(goes_low, high, zeros[-1] + end - high)
        return value + LOWEST

    def median(self, place: Place) -> npt.NDArray[np.float32]:
        """The median of each window, the mean of the middle two for an even count; NaN where it is empty."""
        count = place.end - place.start
        some = np.flatnonzero(count > 0)
        start, end, n = place.start[some], place.end[some], count[some]
        twice = self._smallest(start, end, (n - 1) // 2) + self._smallest(start, end, n // 2)
        result = np.full(len(count), np.nan, dtype=np.float32)
        result[some] = twice / 2
        return result
