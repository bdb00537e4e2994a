"""Kill -9 a backfill at random moments, run it again, and compare every table with those of an undisturbed one.

    python benchmarks/killed.py [--kills 20] [--years 2021-2023] [--flights 60] [--models] [--seed 1]

A backfill of the simulated airspace runs once undisturbed. Another is killed with its children after a random share of
the time that the first took, is started again, killed again, and so on; after each kill every committed table must be
whole. At last it runs to its end, and every table must hold the same rows, bit for bit. Then the same with a kill in a
fresh lake each time, so that late moments come first too. Ends with status 1 where anything differs.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from aeroflux_assets.lake import Lake, Partition
from aeroflux_assets.sources.cache import sha256_of

# What a run measures of itself differs from run to run.
OF_THE_RUN = ("seconds", "peak_mb", "fetched_at")


def backfill(data: Path, asked: argparse.Namespace) -> subprocess.Popen[bytes]:
    """`aeroflux run` of the simulated years into `data`, in a process group of its own."""
    env = {
        **os.environ,
        "AEROFLUX_SOURCE": "simulated",
        "AEROFLUX_YEARS": asked.years,
        "AEROFLUX_SIM_FLIGHTS_PER_DAY": str(asked.flights),
        "AEROFLUX_CUTOFFS": "T-0",
        "AEROFLUX_SETS": "xgb_schedule,aeroflux_full",
        "AEROFLUX_TREES": "5",
        "AEROFLUX_DATA": str(data),
    }
    command = [sys.executable, "-m", "aeroflux_assets.cli", "run", *([] if asked.models else ["--no-models"])]
    log = (data.parent / f"{data.name}.log").open("ab")
    return subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True)


def finish(data: Path, asked: argparse.Namespace) -> float:
    """Run a backfill to its end; its seconds. RuntimeError with the log's end where it fails."""
    began = time.perf_counter()
    if backfill(data, asked).wait():
        raise RuntimeError((data.parent / f"{data.name}.log").read_text("utf-8")[-3000:])
    return time.perf_counter() - began


def kill_after(data: Path, asked: argparse.Namespace, seconds: float) -> str:
    """Start a backfill and kill -9 its process group after so many seconds; what was being done, by its log."""
    running = backfill(data, asked)
    try:
        running.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    lines = (data.parent / f"{data.name}.log").read_text("utf-8").splitlines()
    return lines[-1] if lines else "before the first line"


def tables(data: Path) -> dict[tuple[str, str], pl.DataFrame]:
    """Every committed partition of a lake, read in full; ValueError where one holds other rows than it says."""
    lake = Lake(data / "lake")
    found = {}
    for table in lake.tables():
        for partition in lake.partitions(table):
            frame = read_whole(lake, table, partition)
            if table == "models":  # a model's folder has a name of its own each time: what counts is the file
                frame = frame.with_columns(
                    pl.Series("path", [sha256_of(data / path) for path in frame["path"]])
                )
            found[table, "/".join(partition.values())] = frame.drop(OF_THE_RUN, strict=False)
    return found


def read_whole(lake: Lake, table: str, partition: Partition) -> pl.DataFrame:
    """A committed partition; ValueError where its files do not hold the rows that its pointer says."""
    commit = lake.commit_of(table, partition)
    frame = lake.scan(table, [partition]).collect()
    if commit is None or frame.height != commit.rows:
        raise ValueError(f"{table} {dict(partition)}: {frame.height} rows, the pointer says otherwise")
    return frame


def differences(
    one: dict[tuple[str, str], pl.DataFrame], other: dict[tuple[str, str], pl.DataFrame]
) -> list[str]:
    """Partitions that only one lake has, or whose rows differ."""
    missing = [f"{' '.join(key)}: in one lake only" for key in one.keys() ^ other.keys()]
    unlike = [
        f"{' '.join(key)}: other rows"
        for key in one.keys() & other.keys()
        if not one[key].equals(other[key], null_equal=True)
    ]
    return sorted(missing + unlike)


def main() -> int:
    """Print a line a kill and the verdict; 1 where a table was damaged or differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--fresh", type=int, default=3, help="kills in a fresh lake each")
    parser.add_argument("--years", default="2021-2023")
    parser.add_argument("--flights", type=int, default=60)
    parser.add_argument("--models", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    with tempfile.TemporaryDirectory(prefix="killed-") as folder:
        root = Path(folder)
        whole = finish(root / "undisturbed", asked)
        expected = tables(root / "undisturbed")
        say(
            f"undisturbed: {whole:.0f} s, {len(expected)} partitions, {sum(f.height for f in expected.values()):,} rows"
        )
        # A start costs some seconds of imports before the first table: moments count from its end.
        start = finish(root / "undisturbed", asked)
        wrong: list[str] = []
        for number in range(asked.kills):
            moment = start * 0.5 + chance.random() * 2.5 * whole / asked.kills
            last = kill_after(root / "killed", asked, moment)
            say(
                f"kill {number + 1} after {moment:.1f} s, {len(tables(root / 'killed'))} partitions whole; {last}"
            )
        finish(root / "killed", asked)
        wrong += differences(expected, tables(root / "killed"))
        for number in range(asked.fresh):
            data = root / f"fresh-{number}"
            moment = start * 0.5 + chance.random() * (whole - start * 0.5)
            last = kill_after(data, asked, moment)
            say(f"fresh lake, killed after {moment:.1f} s, {len(tables(data))} partitions whole; {last}")
            finish(data, asked)
            wrong += differences(expected, tables(data))
            shutil.rmtree(data)
    say(
        "\n".join(wrong)
        if wrong
        else "every later run completed; every table is bit-identical to the undisturbed one"
    )
    return 1 if wrong else 0


def say(line: str) -> None:
    """Print at once."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
