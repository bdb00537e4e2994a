"""The lakes that the dashboard's tests share: tiny invented ones, and one of real rows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import mirror_lake as real
import pytest
from browser_desk import CHROMIUM, PATIENCE_MS, Desk, running
from tiny_lake import write_flights, write_whole
from tiny_models import write_desk

from aeroflux_assets.lake import Lake


@pytest.fixture(scope="session")
def whole_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a whole tiny lake; nothing may write to it."""
    data = tmp_path_factory.mktemp("whole")
    write_whole(Lake(data / "lake"))
    return data


@pytest.fixture(scope="session")
def half_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a lake with flights and no more."""
    data = tmp_path_factory.mktemp("half")
    write_flights(Lake(data / "lake"), source="simulated")
    return data


@pytest.fixture(scope="session")
def desk_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a tiny lake of two years with a model; nothing may write to it."""
    data = tmp_path_factory.mktemp("desk")
    write_desk(Lake(data / "lake"))
    return data


@pytest.fixture(scope="session")
def whole(whole_data: Path) -> Lake:
    return Lake(whole_data / "lake")


@pytest.fixture(scope="session")
def half(half_data: Path) -> Lake:
    return Lake(half_data / "lake")


@pytest.fixture
def empty(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture(scope="session")
def mirror_lake(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Two real years from upstream files to every summary, scored at one cutoff; nothing may write to it."""
    absent = [
        year for year, month in real.YEARS.items() if not (mirror / real.archive(year, month)).is_file()
    ]
    if absent:
        pytest.skip(f"the mirror has no BTS archive of {absent}")
    return real.make(mirror, tmp_path_factory.mktemp("mirror-lake"))


@pytest.fixture(scope="session")
def raw(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published files of the same months as a table `raw`: every field as text, nothing as null."""
    with real.raw_tables(mirror, tmp_path_factory.mktemp("csv")) as con:
        yield con


@pytest.fixture(scope="session")
def asked(raw: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """A published flight of an aircraft with five legs or more, which its clocks put in order: the latest."""
    found: dict[str, Any] = raw.sql(
        f"""
        WITH legs AS (
            SELECT *, coalesce(lag(dest) OVER (PARTITION BY tail ORDER BY dep_clock) = origin, true) AS follows
            FROM flights WHERE day = '{real.DAY}'
        ), chains AS (
            SELECT *, count(*) OVER t AS legs, bool_and(follows) OVER t AS in_order FROM legs
            WINDOW t AS (PARTITION BY tail)
        )
        SELECT * FROM chains WHERE legs >= 5 AND in_order AND arr_delay BETWEEN 30 AND 120
            AND dep_clock BETWEEN 800 AND 1600
        ORDER BY arr_delay DESC, flight_id LIMIT 1
        """
    ).pl().row(0, named=True)  # fmt: skip
    return found


@pytest.fixture(scope="module")
def desk(desk_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A server over the tiny lake with a model, and a browser, for one module's tests.

    No longer: while the driver runs, the thread has a running event loop, and Dagster cannot start its own.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    folder = tmp_path_factory.mktemp("server")
    shown = folder / "data"
    shown.symlink_to(desk_data, target_is_directory=True)
    with running(shown, folder / "log.txt") as url, playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        context = browser.new_context(accept_downloads=True)
        context.set_default_timeout(PATIENCE_MS)
        yield Desk(url, shown, context)
        browser.close()
