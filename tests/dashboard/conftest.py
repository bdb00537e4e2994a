"""The tiny lakes that the dashboard's tests share."""

from pathlib import Path

import pytest
from tiny_lake import write_flights, write_whole

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
def whole(whole_data: Path) -> Lake:
    return Lake(whole_data / "lake")


@pytest.fixture(scope="session")
def half(half_data: Path) -> Lake:
    return Lake(half_data / "lake")


@pytest.fixture
def empty(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")
