"""What every test may ask for."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def mirror() -> Path:
    """The folder of real upstream rows: AEROFLUX_MIRROR, else ../shared/mirror beside the repository."""
    named = os.environ.get("AEROFLUX_MIRROR", "").strip()
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "mirror"
    if not folder.is_dir():
        pytest.skip(f"no real rows here: {folder} is not a folder (set AEROFLUX_MIRROR to a mirror's path)")
    return folder
