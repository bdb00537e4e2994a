"""One ingestion code: the simulated files come out the same from a folder and over HTTP."""

import re
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from aeroflux_assets.contracts.base import violations
from aeroflux_assets.contracts.raw_weather import RAW_WEATHER
from aeroflux_assets.contracts.reference import (
    RAW_AIRCRAFT,
    RAW_AIRPORTS,
    RAW_GHCNH_STATIONS,
    RAW_STATIONS,
)
from aeroflux_assets.raw.reference import (
    ghcnh_ids,
    read_airports,
    read_ghcnh_stations,
    read_isd_history,
    read_registry,
)
from aeroflux_assets.raw.weather import read_weather
from aeroflux_assets.settings import Settings
from aeroflux_assets.sources import bts, noaa, reference
from aeroflux_assets.sources.simulated import ensure_simulated
from aeroflux_assets.sources.upstream import HOSTS, Upstream, upstream_for
from aeroflux_assets.years import Month

YEAR = 2025  # the year in which the weather datasets change


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    made = Settings(
        source="simulated", years=(YEAR,), data=tmp_path_factory.mktemp("data"), flights_per_day=10
    )
    ensure_simulated(made)
    return made


def tables(upstream: Upstream) -> dict[str, pl.DataFrame]:
    """Every table but the flights, and the hashes of the archives, as one upstream gives them."""
    stations = read_isd_history(reference.fetch_isd_history(upstream).path)
    ghcnh = read_ghcnh_stations(reference.fetch_ghcnh_stations(upstream).path)
    airports = read_airports(reference.fetch_airports(upstream).path)
    aircraft = read_registry(reference.fetch_registry(upstream).path)
    ids = stations.select("station_id").collect()["station_id"].to_list()
    weather = noaa.fetch_station_years(upstream, ids, YEAR, known=ghcnh_ids(stations, ghcnh))
    rows = read_weather(weather.paths, weather.ids)
    for contract, frame in (
        (RAW_STATIONS, stations),
        (RAW_GHCNH_STATIONS, ghcnh),
        (RAW_AIRPORTS, airports),
        (RAW_AIRCRAFT, aircraft),
        (RAW_WEATHER, rows),
    ):
        assert violations(contract, frame) == []
    months = bts.fetch_months(upstream, bts.published_months(upstream, YEAR))
    flights = pl.DataFrame({"sha256": [months.files[month].sha256 for month in sorted(months.files)]})
    return {"aircraft": aircraft.collect(), "weather": rows.collect(), "flights": flights}


def test_a_folder_and_a_server_give_the_same_tables(
    settings: Settings, httpserver: HTTPServer, tmp_path: Path
) -> None:
    root = settings.data / "simulated"

    def serve(request: Request) -> Response:
        file = root / request.path.lstrip("/")
        return Response(file.read_bytes()) if file.is_file() else Response("", status=404)

    httpserver.expect_request(re.compile("/.*")).respond_with_handler(serve)
    live = Upstream({host: httpserver.url_for(f"/{host}") for host in HOSTS}, tmp_path, sleep=lambda s: None)
    folder, server = tables(upstream_for(settings)), tables(live)
    for name, table in folder.items():
        assert server[name].equals(table), name
    assert folder["flights"].height == 12
    weather = folder["weather"]
    assert set(weather["form"]) == {"global-hourly-csv", "ghcnh-psv"}
    # The datasets meet without a gap and without an hour in both.
    per_station = weather.group_by("station_id").agg(
        pl.col("valid_utc").n_unique().alias("times"),
        pl.len().alias("rows"),
        pl.col("valid_utc").sort().diff().max().alias("gap"),
    )
    assert per_station.filter(pl.col("times") < pl.col("rows") * 0.99).is_empty()
    assert all(gap < timedelta(days=2) for gap in per_station["gap"])


def test_making_it_again_writes_nothing(settings: Settings) -> None:
    root = settings.data / "simulated"
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*.zip")}
    ensure_simulated(settings)
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*.zip")} == before
    assert bts.published_months(upstream_for(settings), YEAR)[0] == Month(YEAR, 1)
