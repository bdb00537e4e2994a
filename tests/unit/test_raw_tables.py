"""What the raw tables take for unchanged, and what for new."""

import shutil
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from sources_samples import Upstreams, bts_zip
from werkzeug import Response

from aeroflux_assets.lake import Lake
from aeroflux_assets.raw.tables import make_raw_flights
from aeroflux_assets.sources import bts
from aeroflux_assets.sources.upstream import BTS_HOST, Upstream
from aeroflux_assets.years import Month

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


def serve_year(live: Upstreams) -> None:
    """January with its archive; the other months of 2024 are not published."""
    live.serve(BTS_HOST, bts.month_path(JANUARY), ARCHIVE)
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


def test_the_same_bytes_from_a_host_and_from_a_mirror_are_the_same_input(
    lake: Lake, live: Upstreams, tmp_path: Path
) -> None:
    serve_year(live)
    made = make_raw_flights(lake, live.upstream, 2024, source="official")
    assert f"{BTS_HOST}/{bts.month_path(JANUARY)}" in made.inputs
    mirror = folder_source(tmp_path / "mirror")
    assert make_raw_flights(lake, mirror, 2024, source="mirror").version == made.version
