"""Every reading of the holdout, a line each, in a log below the data folder that only grows: `holdout_readings.jsonl`.

Whoever looks at the holdout often enough chooses by it. The log does not forbid it; it says how often it was done.
Tables that score the holdout year pass through `log_table` when they are made (`defs/report.py`), `aeroflux evaluate`
through `log_reading`. A table that was kept unchanged is not a new reading.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from aeroflux_assets.contracts.base import Contract
from aeroflux_assets.lake import Commit, Lake, Partition
from aeroflux_assets.model.tables import SAME_FIGURES
from aeroflux_assets.years import holdout_of

FILE = "holdout_readings.jsonl"
# The tables whose figures come from the outcomes of the scored year.
SCORING = frozenset(
    {
        "metrics",
        "failures",
        "importance",
        "reliability",
        "impact",
        "xray",
        "baselines",
        "ablation",
        "hops",
        "refits",
    }
)


def log_of(data: Path) -> Path:
    """Where the log lies: in the local data folder, where the lake is in a bucket too (which cannot append)."""
    return data / FILE


def log_table(
    data: Path,
    lake: Lake,
    contract: Contract,
    commit: Commit,
    partition: Partition,
    years: tuple[int, ...],
) -> None:
    """Note that a table scored the holdout of the selected years; nothing for other years, tables, or a kept commit."""
    year = partition.get("scored_year")
    if contract.name not in SCORING or year is None or int(year) != holdout_of(years):
        return
    test_month = commit.notes.get("test_month")
    if test_month and not str(test_month).startswith(f"{year}-"):
        return  # the baselines hold out a month of an earlier year where there is one
    # Metrics that were only given another role are the figures of the commit before.
    version = commit.notes.get(SAME_FIGURES, commit.version)
    if any(reading.get("version") == version for reading in readings(data)):
        return
    table = lake.scan(contract.name, [partition]).collect()
    what = next((name for name in ("feature_set", "variant", "model") if name in table.columns), None)
    log_reading(
        data,
        by=contract.name,
        scored_year=int(year),
        cutoff=str(partition["cutoff"]),
        sets=sorted(table[what].unique()) if what else [],
        recipe=commit.inputs,
        rows=_scored_rows(table),
        version=version,
    )


def _scored_rows(table: pl.DataFrame) -> int | None:
    name = next((name for name in ("rows", "scored_rows", "test_rows") if name in table.columns), None)
    most = table[name].max() if name else None
    return int(most) if isinstance(most, int) else None


def log_reading(
    data: Path,
    *,
    by: str,
    scored_year: int,
    cutoff: str,
    sets: Iterable[str],
    recipe: Mapping[str, Any],
    rows: int | None,
    version: str | None = None,
) -> None:
    """Append a line: when, by which table or command, year, cutoff, sets, hash of the recipe, and scored rows.

    One write to a file opened for appending, so that lines of several processes do not mix.
    """
    mark = hashlib.sha256(json.dumps(dict(recipe), sort_keys=True, default=str).encode()).hexdigest()[:16]
    line = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "by": by,
        "scored_year": scored_year,
        "cutoff": cutoff,
        "sets": list(sets),
        "recipe": mark,
        "rows": rows,
        "version": version,
    }
    path = log_of(data)
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(file, (json.dumps(line) + "\n").encode())
        os.fsync(file)
    finally:
        os.close(file)


def readings(data: Path) -> list[dict[str, Any]]:
    """Every reading so far, oldest first; a line that a crash of the machine cut short is left out."""
    try:
        lines = log_of(data).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return found
