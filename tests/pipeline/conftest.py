"""The small world run through every asset once, by the command that people use."""

import pytest
from pipeline_commands import aeroflux, environment

from aeroflux_assets.settings import Settings


@pytest.fixture(scope="session")
def run_output(small_world: Settings) -> str:
    """What `aeroflux run` printed."""
    done = aeroflux("run", env=environment(small_world))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout
