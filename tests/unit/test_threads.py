"""How threads of the boosting libraries wait: what the package asks for reaches OpenMP, and a person's choice stays."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(("asked", "spins"), [(None, False), ("PASSIVE", False), ("ACTIVE", True)])
def test_threads_that_wait_sleep_unless_told_otherwise(asked: str | None, spins: bool) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    environment |= {"OMP_DISPLAY_ENV": "VERBOSE"} | ({"OMP_WAIT_POLICY": asked} if asked else {})
    command = [sys.executable, "-c", "import aeroflux_assets, xgboost"]
    # GNU's OpenMP itself says on loading how long its threads spin before they sleep.
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stderr
    counts = [int(line.split("=")[1].strip(" '")) for line in told.splitlines() if "GOMP_SPINCOUNT" in line]
    assert counts
    assert all((count > 0) is spins for count in counts)
