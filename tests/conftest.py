"""What every test may ask for."""

import os
from pathlib import Path

import pytest

from aeroflux_assets.settings import Settings
from aeroflux_assets.simulated.write import write_upstream


@pytest.fixture(scope="session")
def mirror() -> Path:
    """The folder of real upstream rows: AEROFLUX_MIRROR, else ../shared/mirror beside the repository."""
    named = os.environ.get("AEROFLUX_MIRROR", "").strip()
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "mirror"
    if not folder.is_dir():
        pytest.skip(f"no real rows here: {folder} is not a folder (set AEROFLUX_MIRROR to a mirror's path)")
    return folder


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the settings of the person who runs it."""
    for name in list(os.environ):
        if name.startswith("AEROFLUX_") and name != "AEROFLUX_MIRROR":
            monkeypatch.delenv(name)
    return


SMALL_YEARS = (2021, 2022, 2023)


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Three simulated years of 20 flights a day: enough for every room, small enough for every test run."""
    data = tmp_path_factory.mktemp("small-world")
    write_upstream(data / "simulated", SMALL_YEARS, flights_per_day=20, seed=11)
    return Settings(years=SMALL_YEARS, data=data, cutoffs=("T-0", "T-2h"), flights_per_day=20, seed=11)
