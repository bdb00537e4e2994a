"""The observation at both ends against a search through all of them."""

from datetime import timedelta
from typing import Any

import polars as pl
from builders import at, cleaned_flights, cleaned_weather, flight
from hypothesis import given, settings
from hypothesis import strategies as st
from random_flights import cutoffs

from aeroflux_assets.contracts.base import violations
from aeroflux_assets.contracts.weather import AIRPORT_STATIONS, FLIGHTS_WITH_WEATHER, WEATHER_AT_CUTOFF
from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.weather_join.asof import weather_at_cutoff, weather_at_schedule

Row = dict[str, Any]
# Two airports share a station, one has none, one is not even listed.
STATION_OF = {"AAA": "S1", "BBB": "S2", "CCC": "S1", "DDD": None}
STATIONS = pl.DataFrame(
    [
        {"airport": airport, "station_id": station, "candidates": 1, "flights": 1}
        for airport, station in STATION_OF.items()
    ],
    schema_overrides=AIRPORT_STATIONS.schema,
)
ports = st.sampled_from([*STATION_OF, "EEE"])
# A grid of half hours about two days makes observations at exactly two hours, or at the cutoff, frequent.
half_hours = st.integers(-4, 60).map(lambda n: 30 * n)
flights = st.lists(
    st.builds(
        lambda dep, block, origin, dest: (dep, block, origin, dest),
        half_hours,
        st.integers(1, 9),
        ports,
        ports,
    ),
    min_size=1,
    max_size=8,
)
observations = st.dictionaries(
    st.tuples(st.sampled_from(["S1", "S2", "S9"]), st.one_of(half_hours, st.integers(-1600, 1800))),
    st.one_of(st.none(), st.integers(-30, 40)),
    max_size=20,
)


def nearest(seen: dict[tuple[str, int], int | None], airport: str, when: Any) -> tuple[Any, Any]:
    """Time and temperature of the last observation at an airport's station within two hours up to `when`."""
    station = STATION_OF.get(airport)
    usable = [
        (at(minute), value)
        for (where, minute), value in seen.items()
        if where == station and when - timedelta(hours=2) <= at(minute) <= when
    ]
    return max(usable, key=lambda pair: pair[0], default=(None, None))


@settings(deadline=None, max_examples=60)
@given(table=flights, seen=observations, cutoff=cutoffs, order=st.randoms(use_true_random=False))
def test_both_ends_have_the_last_observation_within_two_hours_of_the_cutoff(
    table: list[tuple[int, int, str, str]],
    seen: dict[tuple[str, int], int | None],
    cutoff: Cutoff,
    order: Any,
) -> None:
    rows = [
        flight(n, dep, block=30 * block, origin=origin, dest=dest)
        for n, (dep, block, origin, dest) in enumerate(table, start=1)
    ]
    weather = [
        {"station_id": station, "valid_utc": at(minute), "temp_c": value}
        for (station, minute), value in seen.items()
    ]
    # In the table, observations come by station and flights by departure: here neither.
    order.shuffle(rows)
    order.shuffle(weather)

    found = weather_at_cutoff(cleaned_flights(rows), cleaned_weather(weather), STATIONS, cutoff)
    explored = weather_at_schedule(cleaned_flights(rows), cleaned_weather(weather), STATIONS)

    assert violations(WEATHER_AT_CUTOFF, found) == []
    assert violations(FLIGHTS_WITH_WEATHER, explored) == []
    for row, known, then in zip(rows, found.collect().to_dicts(), explored.collect().to_dicts(), strict=True):
        t = row["sched_dep_utc"] - timedelta(minutes=cutoff.lead_min)
        assert (known["flight_id"], known["cutoff_utc"]) == (row["flight_id"], t)
        assert then["flight_id"] == row["flight_id"]
        for end, place in (("dep", "origin"), ("arr", "dest")):
            assert (known[f"{end}_obs_utc"], known[f"{end}_temp_c"]) == nearest(seen, row[place], t)
            when = row[f"sched_{end}_utc"]
            assert (then[f"{end}_obs_utc"], then[f"{end}_temp_c"]) == nearest(seen, row[place], when)
