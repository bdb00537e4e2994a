"""Sums over trailing windows of events, exact and without a loop: sort once, cumulate, look up twice.

Events carry a key (an airport, a route, ...), a minute and integer values. A query asks for the sums of
its key over [t - window, t). Half open at t: a flight's outcomes never count as known before its own
scheduled departure (`known.py`), so a query at or before it cannot see its own row.

Sums are integers and division comes last: the same events give the same bits in any order.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
# Keys are codes below 2**31 and minutes since 1970 below 2**32: both fit one sortable integer.
_MINUTE_BITS = 32


def _composite(key: Ints, minute: Ints) -> Ints:
    return (key.astype(np.int64) << _MINUTE_BITS) + minute


def _order_by_key(key: Ints) -> Ints:
    """A stable order by key. Codes that fit 16 bits take numpy's radix sort, five times faster."""
    small = len(key) == 0 or int(key.max()) < 1 << 16
    order: Ints = np.argsort(key.astype(np.uint16) if small else key, kind="stable")
    return order


class Queries:
    """Keys and minutes t to ask for, held in the order of the events so that every look-up is a merge.

    Results come in that order; `restore` brings a column back into the order the queries were given in.
    """

    def __init__(self, key: Ints, minute: Ints) -> None:
        self._order = np.argsort(_composite(key, minute), kind="stable")
        self.key: Ints = key[self._order]
        self.minute: Ints = minute[self._order]

    def restore(self, values: npt.NDArray[np.generic]) -> Floats:
        """A column in the queries' own order, as Float32."""
        out = np.empty(len(values), dtype=np.float32)
        out[self._order] = values
        return out


@dataclass(frozen=True)
class Place:
    """Where queries' windows fall among the events of an index: [start, end) for each query."""

    start: Ints
    end: Ints


class Stream:
    """Events of one kind in order of time. Those with a negative minute never became known: left out."""

    def __init__(self, minute: Ints, values: Mapping[str, Ints]) -> None:
        order = np.argsort(minute.astype(np.int32), kind="stable")
        self.order: Ints = order[np.searchsorted(minute[order], 0) :]
        self.minute: Ints = minute[self.order]
        self.values: dict[str, Ints] = {name: value[self.order] for name, value in values.items()}

    def by(self, key: Ints) -> "EventIndex":
        """The events by a key (one entry a flight, as the minutes were)."""
        mine = key[self.order]
        order = _order_by_key(mine)
        return EventIndex(mine[order], self.minute[order], {n: v[order] for n, v in self.values.items()})


class EventIndex:
    """Events sorted by key and minute, with running sums of their values."""

    def __init__(self, key: Ints, minute: Ints, values: Mapping[str, Ints]) -> None:
        self._at = _composite(key, minute)
        self.values = values
        self._sums = {name: _running(value) for name, value in values.items()}

    def places(self, queries: Queries, windows: Mapping[str, int]) -> dict[str, Place]:
        """Find the windows [t - width, t) of the queries, by window label."""
        end = self._before(queries, 0)
        return {label: Place(self._before(queries, width), end) for label, width in windows.items()}

    def _before(self, queries: Queries, minutes_back: int) -> Ints:
        at: Ints = np.searchsorted(
            self._at, _composite(queries.key, queries.minute - minutes_back), side="left"
        )
        return at

    def count(self, place: Place) -> Ints:
        """The number of events in each window."""
        return place.end - place.start

    def total(self, place: Place, name: str) -> Ints:
        """The sum of a value over each window."""
        sums = self._sums[name]
        return sums[place.end] - sums[place.start]


def _running(values: Ints) -> Ints:
    sums = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=sums[1:])
    return sums


def mean(total: Ints, count: Ints) -> Floats:
    """total / count, NaN where nothing was counted: the one division, done last."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(count > 0, total / count, np.nan).astype(np.float32)
