"""How threads of the boosting libraries wait: what the package asks for reaches OpenMP, and a person's choice stays."""

import os
import subprocess
import sys

import pytest

SETTINGS = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        ({}, 10_000, 10_000),
        ({"OMP_WAIT_POLICY": "PASSIVE"}, 0, 0),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, 1_000_000, None),
        ({"GOMP_SPINCOUNT": "77"}, 77, 77),
    ],
)
def test_threads_that_wait_spin_briefly_unless_told_otherwise(
    asked: dict[str, str], least: int, most: int | None
) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    environment |= {"OMP_DISPLAY_ENV": "VERBOSE"} | asked
    command = [sys.executable, "-c", "import aeroflux_assets, xgboost"]
    # GNU's OpenMP itself says on loading how long its threads spin before they sleep.
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stderr
    counts = [int(line.split("=")[1].strip(" '")) for line in told.splitlines() if "GOMP_SPINCOUNT" in line]
    assert counts
    assert all(least <= count and (most is None or count <= most) for count in counts)
