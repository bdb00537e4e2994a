"""Our trainer, rows in memory and on disk, against a bare `xgboost.train` on the same quantised rows in memory.

    python benchmarks/training.py [--rows 1000000] [--trees 50] [--runs 2]
    python benchmarks/training.py --lake data/lake --years 2008 --cutoff T-0 --set xgb_full_aircraft

Without `--lake` the rows are random, with gaps, written as the Parquet tables that training reads; with it they are
real. Ours goes the whole way from those tables; the bare one is given its rows as one array and is timed inside
`xgboost.train` only. Both fit both targets. `--cpu` counts processor seconds instead of the clock's: with
`--threads 1` they hold on a machine that others use too (with more, threads that wait for each other spin). Every
figure is had in a process of its own, so that its peak memory is its own (VmHWM: the kernel's ru_maxrss would start
at the parent's); the variants take turns, the best run counts.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aeroflux_assets.memory import peak_mb

VARIANTS = {"bare": "bare xgboost.train", "memory": "ours, rows in memory", "disk": "ours, rows on disk"}
MONTH_ROWS, GAPS = 500_000, 0.12


def write_rows(root: Path, rows: int, names: tuple[str, ...]) -> None:
    """A lake of `features` and `cleaned_flights` with random values, a month at a time; other columns are null."""
    from datetime import date

    import numpy as np
    import polars as pl

    from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS
    from aeroflux_assets.features.build import FEATURES
    from aeroflux_assets.lake import Lake

    lake, rng = Lake(root), np.random.default_rng(7)
    count = -(-rows // MONTH_ROWS)
    months = [(2015 + number // 12, number % 12 + 1) for number in range(count)]

    def filled(frame: pl.DataFrame, schema: pl.Schema) -> pl.LazyFrame:
        rest = [pl.lit(None, dtype=t).alias(n) for n, t in schema.items() if n not in frame.columns]
        return frame.lazy().with_columns(rest)

    for year in sorted({year for year, _ in months}):
        of_year = [month for y, month in months if y == year]
        notes = {"months": of_year}
        with (
            lake.writer(CLEANED_FLIGHTS, {"year": year}, notes=notes) as flights,
            lake.writer(FEATURES, {"year": year, "cutoff": "T-0"}, notes=notes) as features,
        ):
            for month in of_year:
                number = (year - 2015) * 12 + month - 1
                size = min(MONTH_ROWS, rows - number * MONTH_ROWS)
                x = rng.normal(size=(size, len(names))).astype(np.float32)
                delay = x[:, 0] * 20 + x[:, 1] * x[:, 2] * 10 + rng.normal(0, 25, size)
                x[rng.random(x.shape, dtype=np.float32) < GAPS] = np.nan
                ids = {
                    "flight_id": np.arange(size) + number * MONTH_ROWS,
                    "flight_date": [date(year, month, 1)] * size,
                }
                known = pl.DataFrame(ids).with_columns(pl.DataFrame(x, schema=list(names)).fill_nan(None))
                labels = pl.DataFrame(ids | {"arr_delay_min": delay.round(), "is_arr_late15": delay >= 15})
                flights.add(filled(labels, CLEANED_FLIGHTS.schema))
                features.add(filled(known, FEATURES.schema))


def measure(variant: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Rows, seconds of boosting and in all, and peak memory of one variant, in this process."""
    import numpy as np
    import xgboost as xgb

    from aeroflux_assets.cutoffs import cutoff_named
    from aeroflux_assets.features.sets import feature_set
    from aeroflux_assets.lake import Lake
    from aeroflux_assets.model.data import Block, blocks, months_in_lake
    from aeroflux_assets.model.feed import Engine
    from aeroflux_assets.model.recipes import PAPER
    from aeroflux_assets.model.train import OBJECTIVES, train
    from aeroflux_assets.years import parse_years

    if arguments.cpu:
        time.perf_counter = time.process_time  # what `train` reads too
    here = arguments.lake.parent
    lake, cutoff, names = Lake(arguments.lake), cutoff_named(arguments.cutoff), feature_set(arguments.set)
    months = months_in_lake(lake, parse_years(arguments.years), cutoff)
    recipe = PAPER.but(arguments.trees, **({"nthread": arguments.threads} if arguments.threads else {}))

    def rows() -> Iterator[Block]:
        return blocks(lake, months, cutoff, names)

    if variant != "bare":
        began = time.perf_counter()
        with tempfile.TemporaryDirectory(dir=here) as folder:
            trained = train(rows, names, recipe, engine=Engine(variant, folder=Path(folder)))
        seconds = time.perf_counter() - began
        boosting, count = trained.boosting_seconds, trained.rows
    else:
        # Counted first, so that the array is there once; what reading costs is not this variant's affair.
        parts = list(rows())
        labels = {
            "late15": np.concatenate([part.late for part in parts]),
            "arr_delay_min": np.concatenate([part.delay for part in parts]),
        }
        x = np.concatenate([part.x for part in parts])
        del parts
        matrix = xgb.QuantileDMatrix(x, labels["late15"], max_bin=recipe.params["max_bin"])
        del x
        boosting, count = 0.0, int(matrix.num_row())
        for target, objective in OBJECTIVES.items():
            matrix.set_label(labels[target])
            began = time.perf_counter()
            xgb.train({**recipe.params, "objective": objective}, matrix, recipe.trees)
            boosting += time.perf_counter() - began
        seconds = boosting
    return {
        "rows": count,
        "features": len(names),
        "boosting": boosting,
        "seconds": seconds,
        "peak_mb": peak_mb(),
    }


def table(found: dict[str, dict[str, Any]], trees: int) -> Iterator[str]:
    """The figures of the variants, and their rates as shares of the bare one's."""
    bare = found["bare"]
    size = f"{bare['rows']:,} rows x {bare['features']} features x {trees} trees x 2 targets"
    yield f"{size}, {os.cpu_count()} cores\n"
    yield "| what | read, quantise s | boosting s | million row-trees/s | of bare | all of it, of bare | at 300 trees* | peak MB |"  # noqa: E501
    yield "|---|---|---|---|---|---|---|---|"
    for variant, title in VARIANTS.items():
        got = found[variant]
        reading = got["seconds"] - got["boosting"]
        longer = 300 / trees
        at_300 = bare["boosting"] * longer / (got["boosting"] * longer + reading)
        yield (
            f"| {title} | {reading:.1f} | {got['boosting']:.1f} "
            f"| {got['rows'] * trees * 2 / 1e6 / got['boosting']:.2f} | {bare['boosting'] / got['boosting']:.2f} "
            f"| {bare['boosting'] / got['seconds']:.2f} | {at_300:.2f} | {got['peak_mb']:,} |"
        )
    yield "\n* computed: the rows are read once, however many trees; the recipe of the paper's sets has 300."


def main() -> None:
    """Measure every variant in processes of their own and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--trees", type=int, default=50)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--cpu", action="store_true")
    parser.add_argument("--lake", type=Path)
    parser.add_argument("--years", default="2015-2035")
    parser.add_argument("--cutoff", default="T-0")
    parser.add_argument("--set", default="xgb_full_aircraft")
    parser.add_argument("--one", choices=list(VARIANTS), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(arguments.one, arguments)))
        return
    with tempfile.TemporaryDirectory() as folder:
        if arguments.lake is None:
            from aeroflux_assets.features.sets import feature_set

            arguments.lake = Path(folder) / "lake"
            write_rows(arguments.lake, arguments.rows, feature_set(arguments.set))
            last = 2015 + (-(-arguments.rows // MONTH_ROWS) - 1) // 12
            arguments.years = f"2015-{last}"
        found: dict[str, dict[str, Any]] = {}
        options = [
            f"--{name}={getattr(arguments, name)}" for name in ("trees", "lake", "years", "cutoff", "set")
        ]
        options += [f"--threads={arguments.threads}"] * bool(arguments.threads) + ["--cpu"] * arguments.cpu
        for _ in range(arguments.runs):
            for variant in VARIANTS:
                command = [sys.executable, __file__, f"--one={variant}", *options]
                done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
                run = json.loads(done.stdout)
                best = found.setdefault(variant, run)
                found[variant] = run if run["boosting"] < best["boosting"] else best
    clock = "processor seconds" if arguments.cpu else "seconds by the clock"
    print(f"{clock}, {arguments.threads or os.cpu_count()} threads; best of {arguments.runs}")
    print("\n".join(table(found, arguments.trees)))


if __name__ == "__main__":
    main()
