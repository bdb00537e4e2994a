"""Local clocks of the simulated airspace against zoneinfo, at any minute."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from aeroflux_assets.simulated.airports import load_airports
from aeroflux_assets.simulated.clocks import clocks_for

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = int((datetime(1990, 1, 1, tzinfo=UTC) - EPOCH).total_seconds()) // 60
LAST = int((datetime(2036, 1, 1, tzinfo=UTC) - EPOCH).total_seconds()) // 60
AIRPORTS = load_airports()
CLOCKS = clocks_for(AIRPORTS.zone)


@settings(deadline=None, max_examples=200)
@given(minute=st.integers(FIRST, LAST), place=st.integers(0, len(AIRPORTS.code) - 1))
def test_local_clock_is_that_of_the_zone(minute: int, place: int) -> None:
    local = int(CLOCKS.local(np.array([place]), np.array([minute]))[0])
    zone = ZoneInfo(AIRPORTS.zone[place])
    expected = (EPOCH + timedelta(minutes=minute)).astimezone(zone).replace(tzinfo=UTC)
    assert EPOCH + timedelta(minutes=local) == expected


@settings(deadline=None, max_examples=200)
@given(minute=st.integers(FIRST, LAST), place=st.integers(0, len(AIRPORTS.code) - 1))
def test_utc_and_back(minute: int, place: int) -> None:
    where, utc = np.array([place]), np.array([minute])
    local = CLOCKS.local(where, utc)
    back = CLOCKS.utc(where, local)
    # The hour that comes twice in autumn is read as one of its two; all others come back as they were.
    assert int(abs(back - utc)[0]) in (0, 60)
    assert int(CLOCKS.local(where, back)[0]) == int(local[0])
