"""Local clocks: minutes of UTC to minutes of local time and back, for many zones at once.

A *minute* here counts from 1970-01-01 00:00, either of UTC or of a local wall clock. Each zone's offsets are
read once from zoneinfo and kept as a list of change points, so that converting is a table look-up.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from aeroflux_assets.simulated.airports import Ints

DAY = 1440
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_YEAR, LAST_YEAR = 1986, 2037


def _offset(zone: ZoneInfo, minute: int) -> int:
    moved = (EPOCH + timedelta(minutes=minute)).astimezone(zone).utcoffset()
    assert moved is not None
    return int(moved.total_seconds()) // 60


def _changes(name: str) -> tuple[list[int], list[int]]:
    zone = ZoneInfo(name)
    first = int((datetime(FIRST_YEAR, 1, 1, tzinfo=UTC) - EPOCH).days) * DAY
    last = int((datetime(LAST_YEAR, 1, 1, tzinfo=UTC) - EPOCH).days) * DAY
    starts, offsets = [0], [_offset(zone, first)]
    # Four weeks are shorter than any stretch of summer or winter time, so no change is stepped over.
    for low in range(first, last, 28 * DAY):
        high = low + 28 * DAY
        if _offset(zone, high) == offsets[-1]:
            continue
        left, right = low, high
        while right - left > 1:
            middle = (left + right) // 2
            left, right = (middle, right) if _offset(zone, middle) == offsets[-1] else (left, middle)
        starts.append(right)
        offsets.append(_offset(zone, high))
    return starts, offsets


class Clocks:
    """Offsets of a fixed list of places, each in its zone.

    zones: one IANA name a place; the place numbers given to the methods are positions in it.
    """

    def __init__(self, zones: tuple[str, ...]) -> None:
        """Read every zone's changes between FIRST_YEAR and LAST_YEAR."""
        names = sorted(set(zones))
        self.place_zone: Ints = np.array([names.index(z) for z in zones], dtype=np.int64)
        starts: list[int] = []
        offsets: list[int] = []
        # One ascending list for all zones: zone number in the high part, minute in the low part.
        for number, name in enumerate(names):
            changes, values = _changes(name)
            starts += [(number << 40) + change for change in changes]
            offsets += values
        self._starts: Ints = np.array(starts, dtype=np.int64)
        self._offsets: Ints = np.array(offsets, dtype=np.int64)

    def offset(self, place: Ints, utc: Ints) -> Ints:
        """Minutes to add to UTC at each place and UTC minute."""
        key = (self.place_zone[place] << 40) + utc
        return self._offsets[np.searchsorted(self._starts, key, side="right") - 1]

    def local(self, place: Ints, utc: Ints) -> Ints:
        """UTC minutes to local minutes."""
        return utc + self.offset(place, utc)

    def utc(self, place: Ints, local: Ints) -> Ints:
        """Local minutes to UTC minutes.

        A clock that the change to summer time skips is moved on by the change; one that comes twice means
        the second.
        """
        guess = local - self.offset(place, local)
        return local - self.offset(place, guess)


@lru_cache(maxsize=4)
def clocks_for(zones: tuple[str, ...]) -> Clocks:
    """`Clocks`, read once a list of zones."""
    return Clocks(zones)
