"""What Dagster's history costs a run: `aeroflux run` with connections kept, beside Dagster's own log, by turns.

    python benchmarks/history.py [--years 2] [--runs 2]

Small years of the simulated airspace (24 flights a day, as in the demo), upstream files to features, each run in a
fresh lake and a process of its own. The upstream files are written once, before.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WAYS = {"own": "Dagster's own", "kept": "connections kept"}


def one_run(way: str) -> None:
    """Every step to the features, in this process; the history written one way."""
    import dagster as dg

    from aeroflux_assets.cli import dagster_home
    from aeroflux_assets.definitions import defs
    from aeroflux_assets.defs import runner
    from aeroflux_assets.settings import load_settings

    settings = load_settings()
    os.environ["DAGSTER_HOME"] = str(dagster_home(settings))
    if way == "own":
        runner.instance_of_home = dg.DagsterInstance.get  # type: ignore[assignment]
    began = time.perf_counter()
    runner.run_all(defs, settings, refresh=False, models=False, say=lambda _: None)
    print(time.perf_counter() - began)


def measured(way: str, data: Path, years: str) -> float:
    """Seconds of one run in a process of its own, in a lake without a table."""
    for name in ("lake", ".dagster"):
        shutil.rmtree(data / name, ignore_errors=True)
    chosen = {
        "AEROFLUX_SOURCE": "simulated",
        "AEROFLUX_SIM_FLIGHTS_PER_DAY": "24",
        "AEROFLUX_DATA": str(data),
        "AEROFLUX_YEARS": years,
        "AEROFLUX_CUTOFFS": "T-0",
    }
    command = [sys.executable, __file__, "--one", way]
    done = subprocess.run(command, env=os.environ | chosen, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def main() -> None:
    """Measure both ways by turns and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=2)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--one", choices=list(WAYS))
    arguments = parser.parse_args()
    if arguments.one:
        one_run(arguments.one)
        return
    years = f"2015-{2014 + arguments.years}"
    with tempfile.TemporaryDirectory() as folder:
        measured("kept", Path(folder), years)  # Writes the upstream files; not counted.
        taken: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(arguments.runs):
            for way, runs in taken.items():
                runs.append(measured(way, Path(folder), years))
    print(f"{years}, {arguments.runs} runs of each by turns\n")
    print("| history | seconds | of Dagster's own |")
    print("|---|---|---|")
    for way, runs in taken.items():
        share = sum(runs) / sum(taken["own"])
        print(f"| {WAYS[way]} | {', '.join(f'{run:.1f}' for run in runs)} | {share:.2f} |")


if __name__ == "__main__":
    main()
