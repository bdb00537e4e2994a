"""Kill -9 in the middle of a backfill: later runs complete it, and no table differs from an undisturbed one's.

The same program with 20 kills is a benchmark of its own; here two keep it short.
"""

import subprocess
import sys
from pathlib import Path

import polars as pl

from aeroflux_assets.contracts.cleaned import AIRPORTS
from aeroflux_assets.lake import Lake

PROGRAM = Path(__file__).resolve().parents[2] / "benchmarks" / "killed.py"


def test_a_killed_backfill_is_completed_bit_for_bit() -> None:
    options = ["--kills", "2", "--fresh", "0", "--years", "2023", "--flights", "20"]

    done = subprocess.run(
        [sys.executable, str(PROGRAM), *options], capture_output=True, text=True, timeout=540, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("kill ") == 2
    assert done.stdout.splitlines()[-1].startswith("every later run completed")


def test_the_program_sees_a_row_that_differs_and_a_file_that_is_gone(tmp_path: Path) -> None:
    sys.path.insert(0, str(PROGRAM.parent))
    try:
        from killed import differences, tables
    finally:
        sys.path.pop(0)
    lake = Lake(tmp_path / "lake")
    lake.write(AIRPORTS, pl.LazyFrame(schema=AIRPORTS.schema))
    one = tables(tmp_path)

    other = {key: pl.concat([frame, frame.clear(1)]) for key, frame in one.items()}

    assert differences(one, one) == []
    assert differences(one, other) == ["airports : other rows"]
    assert differences(one, {}) == ["airports : in one lake only"]
