"""What the raw tables take for unchanged, and what for new."""

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from pytest_httpserver import HTTPServer
from sources_samples import Upstreams, bts_zip, ghcnh_psv, ghcnh_values
from werkzeug import Response

from aeroflux_assets.contracts.cleaned import AIRPORTS
from aeroflux_assets.contracts.raw_flights import RAW_FLIGHTS
from aeroflux_assets.contracts.reference import RAW_GHCNH_STATIONS, RAW_STATIONS
from aeroflux_assets.lake import Lake
from aeroflux_assets.raw.tables import make_raw_flights, make_raw_weather
from aeroflux_assets.sources import bts, noaa
from aeroflux_assets.sources.upstream import BTS_HOST, NOAA_HOST, Upstream
from aeroflux_assets.years import Month

STATION = "72000099001"
JANUARY = Month(2024, 1)
ARCHIVE = bts_zip(2024, 1)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def live(httpserver: HTTPServer, tmp_path: Path) -> Upstreams:
    return Upstreams(httpserver, tmp_path / "cache")


def folder_source(root: Path, archive: bytes = ARCHIVE) -> Upstream:
    file = root / BTS_HOST / bts.month_path(JANUARY)
    file.parent.mkdir(parents=True)
    file.write_bytes(archive)
    return of_folder(root)


def of_folder(root: Path) -> Upstream:
    return Upstream({BTS_HOST: str(root / BTS_HOST)}, root.parent / "cache of folders")


def serve_year(live: Upstreams, *answers: object) -> None:
    """January by these answers, else its archive; the other months of 2024 are not published."""
    live.serve(BTS_HOST, bts.month_path(JANUARY), *(answers or (ARCHIVE,)))
    for number in range(2, 13):
        live.serve(BTS_HOST, bts.month_path(Month(2024, number)), Response("", status=404))


def test_a_folder_source_that_is_moved_or_copied_is_the_same_input(lake: Lake, tmp_path: Path) -> None:
    made = make_raw_flights(lake, folder_source(tmp_path / "here"), 2024, source="mirror")
    shutil.copytree(tmp_path / "here", tmp_path / "copy", copy_function=shutil.copyfile)
    copied = make_raw_flights(lake, of_folder(tmp_path / "copy"), 2024, source="mirror")
    (tmp_path / "here").rename(tmp_path / "there")
    moved = make_raw_flights(lake, of_folder(tmp_path / "there"), 2024, source="mirror")
    assert made.version == copied.version == moved.version
    assert not [name for name in made.inputs if str(tmp_path) in name]


def test_other_bytes_under_the_same_name_are_another_input(lake: Lake, tmp_path: Path) -> None:
    made = make_raw_flights(lake, folder_source(tmp_path / "here"), 2024, source="mirror")
    other = folder_source(tmp_path / "other", bts_zip(2024, 1, rows=5))
    again = make_raw_flights(lake, other, 2024, source="mirror")
    assert (made.rows, again.rows) == (3, 5)


def test_a_month_that_a_refresh_does_not_find_stays_in_the_year(lake: Lake, live: Upstreams) -> None:
    serve_year(live, ARCHIVE, Response("", status=404))
    make_raw_flights(lake, live.upstream, 2024, source="official")
    again = make_raw_flights(lake, live.upstream, 2024, source="official", refresh=True)
    assert again.rows == 3
    assert again.notes["months"] == [1]
    assert again.notes["months_kept_from_cache"] == [1]
    assert again.notes["missing_months"] == list(range(2, 13))


def lake_with_a_station(lake: Lake) -> None:
    """One airport and one station beside it; the lists are as their contracts have them."""
    airport = {"airport": "AAA", "latitude_deg": 33.63, "longitude_deg": -84.44}
    station = {
        "station_id": STATION,
        "latitude_deg": 33.63,
        "longitude_deg": -84.44,
        "begin": date(1973, 1, 1),
        "end": date(2026, 12, 31),
    }
    for contract, row in ((AIRPORTS, airport), (RAW_STATIONS, station), (RAW_GHCNH_STATIONS, None)):
        frame = pl.DataFrame([row] if row else [], schema=contract.schema)
        lake.write(contract, frame)


def flights_until(lake: Lake, month: int) -> None:
    flight = pl.DataFrame([{"Origin": "AAA", "Dest": "AAA"}], schema=RAW_FLIGHTS.schema)
    lake.write(RAW_FLIGHTS, flight, {"year": 2026}, notes={"months": list(range(1, month + 1))})


def test_a_month_that_is_published_later_gets_its_weather(lake: Lake, live: Upstreams) -> None:
    lake_with_a_station(lake)
    reports = [ghcnh_values(date=f"2026-0{month}-15T12:00:00") for month in (1, 2)]
    path = noaa.ghcnh_path("USW00099001", 2026)
    seen = live.serve(NOAA_HOST, path, ghcnh_psv(reports[0]), ghcnh_psv(*reports)).seen
    made = []
    for month, day in ((1, datetime(2026, 2, 10, tzinfo=UTC)), (2, datetime(2026, 4, 1, tzinfo=UTC))):
        flights_until(lake, month)
        upstream = replace(live.upstream, now=lambda day=day: day)
        made.append(make_raw_weather(lake, upstream, 2026))
    assert [commit.rows for commit in made] == [1, 2]
    assert make_raw_weather(lake, upstream, 2026) == made[-1]
    assert len(seen) == 2


def test_the_same_bytes_from_a_host_and_from_a_mirror_are_the_same_input(
    lake: Lake, live: Upstreams, tmp_path: Path
) -> None:
    serve_year(live)
    made = make_raw_flights(lake, live.upstream, 2024, source="official")
    assert f"{BTS_HOST}/{bts.month_path(JANUARY)}" in made.inputs
    mirror = folder_source(tmp_path / "mirror")
    assert make_raw_flights(lake, mirror, 2024, source="mirror").version == made.version
