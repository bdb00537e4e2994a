"""Sums over trailing windows of events, exact and without a loop: sort once, cumulate, look up twice.

Events carry a key (an airport, a route, ...), a minute and integer values. A query asks for the sums of
its key over [t - window, t). Half open at t: a flight's own events are never counted before its own
scheduled departure (`known_min` in `network.py`), so a query at or before it cannot see its own row.

Sums are integers and division comes last: the same events give the same bits in any order.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
# Keys are codes below 2**22 and minutes since 1970 below 2**31: both fit one sortable integer.
_MINUTE_BITS = 32


def composite(key: npt.ArrayLike, minute: npt.ArrayLike) -> Ints:
    """Key and minute as one integer that sorts by key, then minute. Negative keys sort before all."""
    return (np.asarray(key, dtype=np.int64) << _MINUTE_BITS) + np.asarray(minute, dtype=np.int64)


@dataclass(frozen=True)
class Place:
    """Where a set of queries falls among the events of an index: positions per window edge."""

    end: Ints
    start: Ints


class EventIndex:
    """Events of one kind, sorted by key and minute, with running sums of their values.

    key, minute: one entry an event; events with a negative minute never became known and are left out.
    values: name to integers, one entry an event; `n` (the count) is always there.
    """

    def __init__(self, key: Ints, minute: Ints, values: Mapping[str, Ints]) -> None:
        known = np.asarray(minute) >= 0
        order_key = composite(np.asarray(key)[known], np.asarray(minute)[known])
        order = np.argsort(order_key, kind="stable")
        self._at = order_key[order]
        self._sums = {name: _running(np.asarray(value)[known][order]) for name, value in values.items()}

    def place(self, key: Ints, minute: Ints, window_min: int) -> Place:
        """Find the queries' windows [minute - window_min, minute) among the events."""
        return Place(
            np.searchsorted(self._at, composite(key, minute), side="left"),
            np.searchsorted(self._at, composite(key, minute - window_min), side="left"),
        )

    def count(self, place: Place) -> Ints:
        """The number of events in each window."""
        return place.end - place.start

    def total(self, place: Place, name: str) -> Ints:
        """The sum of a value over each window."""
        sums = self._sums[name]
        return sums[place.end] - sums[place.start]


def _running(values: npt.NDArray[np.int64]) -> Ints:
    sums = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=sums[1:])
    return sums


def mean(total: Ints, count: Ints) -> npt.NDArray[np.float32]:
    """total / count, NaN where nothing was counted: the one division, done last."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(count > 0, total / count, np.nan).astype(np.float32)
