"""Which station speaks for an airport, and the edges of the as-of join."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from builders import at, cleaned_flights, cleaned_weather, flight

from aeroflux_assets.contracts.base import violations
from aeroflux_assets.contracts.cleaned import AIRPORTS
from aeroflux_assets.contracts.reference import RAW_STATIONS
from aeroflux_assets.contracts.weather import AIRPORT_STATIONS, WEATHER_VALUES
from aeroflux_assets.cutoffs import cutoff_named
from aeroflux_assets.raw.near_stations import near_stations
from aeroflux_assets.weather_join.asof import weather_at_cutoff
from aeroflux_assets.weather_join.stations import choose_stations

Row = dict[str, Any]


# ---- stations near an airport ---------------------------------------------------------------------------
def station(number: str, lat: float, lon: float, begin: int = 2000, end: int = 2024) -> Row:
    period = {"begin": date(begin, 1, 1), "end": date(end, 6, 30)}
    place = {"latitude_deg": lat, "longitude_deg": lon}
    return dict.fromkeys(RAW_STATIONS.names) | {"station_id": number} | place | period


def near(*stations: Row, lat: float = 33.0, lon: float = -84.0, year: int = 2024) -> list[tuple[str, float]]:
    airports = pl.DataFrame(
        [
            dict.fromkeys(AIRPORTS.names) | {"airport": code, "latitude_deg": lat, "longitude_deg": lon}
            for code in "AB"
        ],
        schema=AIRPORTS.schema,
    )
    listed = pl.DataFrame(stations, schema=RAW_STATIONS.schema)
    found = near_stations(airports, listed, ["A"], year)
    assert set(found["airport"]) <= {"A"}
    return list(found.select("station_id", "distance_km").iter_rows())


def test_stations_come_by_distance_within_forty_kilometres() -> None:
    # A degree of latitude is 110.9 km at 33 degrees north; of longitude, 93.5 km.
    found = near(station("east", 33.0, -83.6), station("far", 33.37, -84.0), station("north", 33.1, -84.0))
    assert [number for number, _ in found] == ["north", "east"]
    assert [km for _, km in found] == [pytest.approx(11.09, abs=0.05), pytest.approx(37.4, abs=0.1)]


def test_far_north_a_degree_of_longitude_is_short() -> None:
    # 36.4 km a degree at Utqiagvik.
    (one,) = near(station("s", 71.29, -155.7), lat=71.29, lon=-156.77)
    assert one[1] == pytest.approx(38.3, abs=0.3)


def test_at_most_six_stations() -> None:
    assert len(near(*(station(str(n), 33 + n / 100, -84.0) for n in range(9)))) == 6


def test_stations_of_other_years_are_left_out_and_those_that_still_report_are_not() -> None:
    stations = (
        station("old", 33.0, -84.0, 1990, 2020),
        station("new", 33.0, -84.0, 2026, 2026),
        station("now", 33.0, -84.0, 2000, 2026),
        # The list is a snapshot: it ended within a year of the newest row there, so it still reports.
        station("open", 33.01, -84.0) | {"end": date(2025, 8, 1)},
        station("nowhere", 33.0, -84.0) | {"latitude_deg": None},
    )
    assert [number for number, _ in near(*stations, year=2024)] == ["now", "open"]
    assert [number for number, _ in near(*stations, year=2027)] == ["new", "now", "open"]
    assert [number for number, _ in near(*stations, year=1995)] == ["old"]


# ---- the station of an airport --------------------------------------------------------------------------
HOURS = 10


def choose(*stations: tuple[str, float, int], known: Row | None = None) -> Row:
    """The choice for BBB, left at each of HOURS hours, of stations (id, km, hours reported)."""
    flights = cleaned_flights(flight(n, 60 * n, origin="BBB", dest="AAA", block=90) for n in range(HOURS))
    weather = cleaned_weather(
        {"station_id": name, "valid_utc": at(60 * n + 52), "temp_c": 1.0, "wind_speed_m_s": 2.0}
        | (known or {})
        for name, _, reported in stations
        for n in range(reported)
    )
    candidates = pl.DataFrame(
        [{"airport": "BBB", "station_id": name, "distance_km": km} for name, km, _ in stations],
        schema={"airport": pl.String, "station_id": pl.String, "distance_km": pl.Float64},
    )
    chosen = choose_stations(candidates, weather, flights)
    assert violations(AIRPORT_STATIONS, chosen.lazy()) == []
    assert chosen["airport"].to_list() == ["AAA", "BBB"]
    assert chosen.row(0, named=True)["station_id"] is None
    return chosen.row(1, named=True)


def test_the_nearest_that_reports_speaks_for_the_airport() -> None:
    row = choose(("near", 5.0, 10), ("nearer", 1.0, 10), ("far", 9.0, 10))
    assert row == {
        "airport": "BBB",
        "station_id": "nearer",
        "distance_km": 1.0,
        "candidates": 3,
        "coverage_share": 1.0,
        "flights": 10,
    }


@pytest.mark.parametrize(("reported", "chosen"), [(6, "far"), (7, "near")])
def test_a_near_station_that_reports_seldom_is_passed_over(reported: int, chosen: str) -> None:
    assert choose(("near", 1.0, reported), ("far", 30.0, 9))["station_id"] == chosen


def test_where_none_reports_enough_the_one_that_reports_most_speaks() -> None:
    assert choose(("near", 1.0, 2), ("mid", 2.0, 5), ("far", 3.0, 5))["station_id"] == "mid"


@pytest.mark.parametrize("stations", [[], [("silent", 1.0, 0)]])
def test_where_none_reports_there_is_none(stations: list[tuple[str, float, int]]) -> None:
    row = choose(*stations)
    assert (row["station_id"], row["coverage_share"], row["candidates"]) == (None, None, len(stations))


@pytest.mark.parametrize("value", ["temp_c", "wind_speed_m_s"])
def test_reports_without_temperature_or_wind_do_not_count(value: str) -> None:
    assert choose(("s", 1.0, 10), known={value: None})["station_id"] is None


def test_hours_at_which_nobody_flies_do_not_count() -> None:
    # Reports the whole day before and after, but in none of the hours that are flown.
    flights = cleaned_flights([flight(1, 600, origin="BBB")])
    weather = cleaned_weather(
        {"station_id": "s", "valid_utc": at(60 * n), "temp_c": 1.0, "wind_speed_m_s": 1.0}
        for n in range(24)
        if n not in (10, 11)
    )
    candidates = pl.DataFrame({"airport": ["BBB"], "station_id": ["s"], "distance_km": [1.0]})
    assert choose_stations(candidates, weather, flights)["station_id"].to_list() == [None]


# ---- the join -------------------------------------------------------------------------------------------
OBSERVED: Row = {
    "temp_c": 21.5,
    "dew_point_c": 10.5,
    "wind_dir_deg": 270,
    "wind_speed_m_s": 5.5,
    "ceiling_height_m": 1500,
    "visibility_m": 16000,
    "precipitation_mm": 0.5,
}
STATIONS = pl.DataFrame({"airport": ["AAA", "BBB"], "station_id": ["a", "b"]})


def joined(*minutes: int, station_id: str = "a", cutoff: str = "T-2h") -> Row:
    """Flight AAA to BBB at 12:00 with full observations at some minutes."""
    weather = cleaned_weather({"station_id": station_id, "valid_utc": at(m)} | OBSERVED for m in minutes)
    flights = cleaned_flights([flight(1, 720)])
    (row,) = weather_at_cutoff(flights, weather, STATIONS, cutoff_named(cutoff)).collect().to_dicts()
    return row


def test_every_value_is_carried_to_its_end() -> None:
    row = joined(590)
    assert {name: row[f"dep_{name}"] for name in WEATHER_VALUES} == OBSERVED
    assert {row[f"arr_{name}"] for name in WEATHER_VALUES} == {None}
    row = joined(590, station_id="b")
    assert {name: row[f"arr_{name}"] for name in WEATHER_VALUES} == OBSERVED
    assert row["dep_obs_utc"] is None


@pytest.mark.parametrize(
    ("minutes", "seen"),
    [((600,), 600), ((601,), None), ((480,), 480), ((479,), None), ((500, 590, 601), 590), ((), None)],
)
def test_two_hours_back_to_the_cutoff_both_ends_included(minutes: tuple[int, ...], seen: int | None) -> None:
    assert joined(*minutes)["dep_obs_utc"] == (None if seen is None else at(seen))


def test_the_destination_is_seen_at_the_cutoff_too_not_at_the_arrival() -> None:
    assert joined(590, 780, station_id="b")["arr_obs_utc"] == at(590)
