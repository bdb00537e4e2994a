"""A lake of tens of millions of flights for benchmarks: the months of a lake of real rows, repeated over other years.

Rows are those of the template's months, their dates moved: flights, tails, airports, carriers and the sizes of
summaries are as real as the template's. Only what the dashboard reads is made, and of wide tables only its columns;
tables that it never opens are committed empty, so that pages that count commits have them all to count. Sums of a
year are those of its months only where a page adds them up.
"""

import calendar
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from aeroflux_assets.contracts.base import Contract
from aeroflux_assets.dictionary import CONTRACTS
from aeroflux_assets.lake import POINTER, Lake, Partition
from aeroflux_assets.years import scored_years
from dashboard.queries.inventory import ROOMS
from dashboard.queries.lookup import KNOWN
from dashboard.queries.reasons import STATE_COLUMNS

BY_NAME = {contract.name: contract for contract in CONTRACTS}
DAY_BITS = 48  # of flight_id, below its date (cleaned/keys.py)
EPOCH = date(1987, 1, 1)
OURS = "aeroflux_full"
# What pages read of the tables with a row a flight; None is every column.
BY_FLIGHT: Mapping[str, tuple[str, ...] | None] = {
    "cleaned_flights": None,
    "ledger": None,
    "propagation": KNOWN,
    "airport_state": STATE_COLUMNS,
    "weather_at_cutoff": None,
    "predictions": None,
    "calibrated_predictions": None,
}
BY_MONTH = (
    "summary_months", "summary_routes", "summary_hours", "summary_delays", "summary_turnarounds", "summary_waves",
    "summary_weather",
)  # fmt: skip
BY_DATE = ("summary_days", "summary_outliers")
# Copied as they are beside every year: their rows name no date.
COPIED = (
    "summary_network", "summary_cutoffs", "quarantined_flights", "models", "metrics", "reliability", "impact",
    "delay_grid", "importance", "failures", "ablation", "hops", "xray", "baselines", "clusters", "pass_through",
    "pass_through_matched",
)  # fmt: skip
LAST_ONLY = ("importance", "ablation", "hops", "xray", "baselines", "clusters")
# Intervals and inputs are read one flight at a time: a year, and a month of it, show what that costs. Older years have
# rows at one cutoff only. All of that is for the disk's sake: 11 GB instead of 25 at ten years.
INTERVAL_YEARS, EXPLAINED_MONTH, WHOLE_YEARS = 1, 1, 3
FIRST_CUTOFF = "T-0"


@dataclass(frozen=True)
class Template:
    """Where the rows come from: a lake, the year of it, and a lake for what the first has not (None: left empty)."""

    lake: Lake
    year: int
    other: Lake | None

    def months(self) -> list[int]:
        """The months that the year has."""
        commit = self.lake.commit_of("raw_flights", {"year": self.year})
        return sorted(commit.notes["months"]) if commit else []


def replicate(template: Template, data: Path, years: tuple[int, ...]) -> Lake:
    """The lake of `years` under `data`; what is there already is kept, so that a run after a failure goes on."""
    lake = Lake(data / "lake")
    models = template.lake.root.parent / "model_files"
    if models.is_dir() and not (data / "model_files").exists():
        shutil.copytree(models, data / "model_files")
    cutoffs = sorted({part["cutoff"] for part in template.lake.partitions("propagation")})
    for name in (name for names in ROOMS.values() for name in names if name in BY_NAME):
        for part in _partitions(name, years, cutoffs):
            if not lake.has(name, part):
                _make(template, lake, name, part, years)
        print(name, flush=True)
    return lake


def linked(lake: Lake, data: Path, years: tuple[int, ...]) -> Lake:
    """A lake of some of the years of another: its files once more, by hard links."""
    target = Lake(data / "lake")
    kept = {str(year) for year in years}
    for pointer in lake.root.rglob(POINTER):
        keys = dict(part.split("=", 1) for part in pointer.parent.relative_to(lake.root).parts[1:])
        if keys.get("year", keys.get("scored_year", str(years[0]))) not in kept:
            continue
        folder = target.root / pointer.parent.relative_to(lake.root)
        folder.mkdir(parents=True, exist_ok=True)
        for file in (*pointer.parent.glob("*.parquet"), pointer):
            if not (folder / file.name).exists():
                (folder / file.name).hardlink_to(file)
    if not (data / "model_files").exists() and (lake.root.parent / "model_files").exists():
        shutil.copytree(lake.root.parent / "model_files", data / "model_files")
    return target


def _partitions(name: str, years: tuple[int, ...], cutoffs: list[str]) -> list[Partition]:
    by = BY_NAME[name].partitioned_by
    if not by:
        return [{}]
    scored = scored_years(years) or years
    mine = (scored[-1:] if name in LAST_ONLY else scored) if "scored_year" in by else years
    at = cutoffs[:1] if name in LAST_ONLY else cutoffs
    return [{by[0]: year, "cutoff": name} for year in mine for name in at] if "cutoff" in by else [
        {by[0]: year} for year in mine
    ]  # fmt: skip


def _make(template: Template, lake: Lake, name: str, part: Partition, years: tuple[int, ...]) -> None:
    contract = BY_NAME[name]
    year = int(part.get("year", part.get("scored_year", template.year)))
    columns = BY_FLIGHT.get(name)
    if name == "features":
        columns = _inputs_of_models(template)
    if columns is not None:
        kept = tuple(column for column in contract.columns if column.name in columns)
        contract = replace(contract, columns=kept, key=(), rules=())
    source, from_part = _source(template, name, part)
    commit = source.commit_of(name, from_part) if source else None
    notes = dict(commit.notes) if commit else {}
    if name == "raw_flights":
        notes = {"source": "mirror", "months": list(range(1, 13)), "missing_months": []}
    made_from = [(table, of) for table, of in _inputs(commit.inputs if commit else {}, year)]
    inputs = lake.inputs(BY_NAME[name], made_from)
    with lake.writer(contract, part, inputs=inputs, notes=notes) as writer:
        if source is not None and commit is not None:
            for frame in _frames(template, source, name, from_part, year, years):
                writer.add(frame)


def _source(template: Template, name: str, part: Partition) -> tuple[Lake | None, Partition]:
    """The lake and partition that a table's rows are taken from."""
    moved: Partition = {key: template.year if key.endswith("year") else value for key, value in part.items()}
    if template.lake.has(name, moved):
        return template.lake, moved
    if template.other is not None:
        have = [p for p in template.other.partitions(name) if p.get("cutoff") == part.get("cutoff")]
        if have:
            return template.other, have[-1]
    return None, moved


def _inputs(recorded: Mapping[str, str], year: int) -> Iterator[tuple[str, Partition]]:
    """The inputs of a commit of the template, of the year that it is made for."""
    for source in recorded:
        table, *keys = source.split("/")
        if table in BY_NAME:
            pairs = (key.split("=", 1) for key in keys)
            yield table, {key: year if key.endswith("year") else value for key, value in pairs}


def _frames(
    template: Template, source: Lake, name: str, part: Partition, year: int, years: tuple[int, ...]
) -> Iterator[pl.LazyFrame]:
    contract = BY_NAME[name]
    rows = source.scan(name, [part]).drop(*part)
    if name in BY_FLIGHT or name == "features":
        if name == "calibrated_predictions":
            rows = rows.filter(pl.col("feature_set") == OURS)
        for month in _months(name, part, year, years):
            yield _moved(rows, contract, template, year, month)
    elif name in BY_MONTH or name in BY_DATE:
        for month in range(1, 13):
            yield _moved(rows, contract, template, year, month)
    elif name == "summary_years":
        first, last = pl.lit(date(year, 1, 1)), pl.lit(date(year, 12, 31))
        yield rows.with_columns(first_date=first, last_date=last)
    elif name in COPIED or not part:
        yield rows


def _months(name: str, part: Partition, year: int, years: tuple[int, ...]) -> range:
    """The months of a table that are made: all, but for what is left out for the disk's sake."""
    if year not in years[-WHOLE_YEARS:] and part.get("cutoff", FIRST_CUTOFF) != FIRST_CUTOFF:
        return range(0)
    if (
        name in ("calibrated_predictions", "features")
        and year not in (scored_years(years) or years)[-INTERVAL_YEARS:]
    ):
        return range(0)
    return range(EXPLAINED_MONTH, EXPLAINED_MONTH + 1) if name == "features" else range(1, 13)


def _moved(rows: pl.LazyFrame, contract: Contract, template: Template, year: int, month: int) -> pl.LazyFrame:
    """The rows of one of the template's months as those of another: dates, times and keys by whole days."""
    length = calendar.monthrange(year, month)[1]
    lengths = {each: calendar.monthrange(template.year, each)[1] for each in template.months()}
    long = [each for each, days in lengths.items() if days >= length] or list(lengths)
    # February after February, the others in turn.
    near = [each for each in long if lengths[each] - length < 2] or long
    origin = date(template.year, near[month % len(near)], 1)
    days = (date(year, month, 1) - origin).days
    last = date(origin.year, origin.month, min(length, lengths[origin.month]))
    schema = contract.schema
    if "flight_id" in schema:
        bounds = [(at - EPOCH).days << DAY_BITS for at in (origin, last)]
        mine = pl.col("flight_id").is_between(bounds[0], bounds[1] + (1 << DAY_BITS) - 1)
    elif "flight_date" in schema:
        mine = pl.col("flight_date").is_between(origin, last)
    else:
        mine = pl.col("month") == origin.month
    return rows.filter(mine).with_columns(
        *(_moved_column(name, dtype, days, month) for name, dtype in schema.items() if _moves(name, dtype))
    )


def _moves(name: str, dtype: Any) -> bool:
    return name.endswith("flight_id") or name in ("month", "source_month") or dtype in (pl.Date, pl.Datetime)


def _moved_column(name: str, dtype: Any, days: int, month: int) -> pl.Expr:
    if name.endswith("flight_id"):
        return pl.col(name) + (days << DAY_BITS)
    if name in ("month", "source_month"):
        return pl.lit(month, dtype=dtype).alias(name)
    return pl.col(name) + pl.duration(days=days)


def _inputs_of_models(template: Template) -> tuple[str, ...]:
    """The features that our own models read, and the key."""
    models = template.lake.scan("models").filter(pl.col("feature_set") == OURS).collect()
    return ("flight_id", *sorted({name for names in models["features"] for name in names.split(",")}))
