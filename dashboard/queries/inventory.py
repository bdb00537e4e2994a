"""What is in the lake, read from the commits alone: no Parquet file is opened here."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from aeroflux_assets.lake import Lake
from aeroflux_assets.settings import Settings

# The tables of a whole lake in the order they are made, so that a page can say which are not there yet.
ROOMS: Mapping[str, tuple[str, ...]] = {
    "raw": (
        "raw_flights",
        "raw_airports",
        "raw_stations",
        "raw_ghcnh_stations",
        "raw_aircraft",
        "raw_weather",
    ),
    "cleaned": ("airports", "cleaned_flights", "quarantined_flights", "cleaned_weather"),
    "weather_join": ("airport_stations", "flights_with_weather", "weather_at_cutoff"),
    "rotation": ("rotations", "ledger"),
    "propagation": ("propagation", "airport_state", "route_state", "carrier_state"),
    "features": ("features",),
    "model": ("models", "predictions", "metrics"),
    "summaries": (
        "summary_years",
        "summary_months",
        "summary_routes",
        "summary_days",
        "summary_hours",
        "summary_delays",
        "summary_turnarounds",
        "summary_waves",
        "summary_weather",
        "summary_network",
        "summary_outliers",
        "summary_cutoffs",
    ),
    "evaluation": (
        "inner_predictions",
        "calibrated_predictions",
        "reliability",
        "impact",
        "delay_grid",
        "xray",
        "baselines",
        "clusters",
        "pass_through",
        "pass_through_matched",
        "failures",
        "importance",
        "ablation",
        "hops",
        "refits",
        "trials",
    ),
}
_PARTITION_SCHEMA = {
    "table": pl.String,
    "room": pl.String,
    "partition": pl.String,
    "year": pl.Int32,
    "cutoff": pl.String,
    "rows": pl.Int64,
    "bytes": pl.Int64,
    "committed_at": pl.String,
}


@dataclass(frozen=True)
class SourceMark:
    """Where the rows of the lake came from.

    simulated: whether any of them are invented. simulated_years: which, empty where the lake does not say.
    """

    kinds: tuple[str, ...]
    simulated: bool
    simulated_years: tuple[int, ...] = ()


def partitions_frame(lake: Lake) -> pl.DataFrame:
    """One row a committed partition: table, room, partition, year, cutoff, rows, bytes, committed_at."""
    rooms = {table: room for room, tables in ROOMS.items() for table in tables}
    rows: list[dict[str, Any]] = []
    for table in lake.tables():
        partitions = lake.partitions(table)
        for partition, commit in zip(partitions, lake.commits_of(table, partitions), strict=True):
            if commit is None:  # removed between the two looks
                continue
            year = partition.get("year", partition.get("scored_year"))
            rows.append(
                {
                    "table": table,
                    "room": rooms.get(table, "other"),
                    "partition": ", ".join(f"{k} {v}" for k, v in partition.items()) or "whole",
                    "year": int(year) if year else None,
                    "cutoff": partition.get("cutoff"),
                    "rows": commit.rows,
                    "bytes": commit.bytes,
                    "committed_at": commit.committed_at,
                }
            )
    return pl.DataFrame(rows, schema=_PARTITION_SCHEMA).with_columns(
        pl.col("committed_at").str.to_datetime("%Y-%m-%dT%H:%M:%S%z", time_unit="us", strict=False)
    )


def tables_frame(partitions: pl.DataFrame) -> pl.DataFrame:
    """One row a table in the order of making, from `partitions_frame`; 0 partitions where not made yet."""
    order = [(room, table) for room, tables in ROOMS.items() for table in tables]
    expected = pl.DataFrame(order, schema=["room", "table"], orient="row").with_row_index("order")
    made = partitions.group_by("table").agg(
        pl.col("room").first().alias("made_room"),
        pl.len().cast(pl.Int64).alias("partitions"),
        pl.col("rows").sum(),
        pl.col("bytes").sum(),
        pl.col("committed_at").max().alias("last_made"),
    )
    both = expected.join(made, on="table", how="full", coalesce=True)
    return (
        both.with_columns(
            pl.coalesce("room", "made_room").alias("room"),
            pl.col("partitions", "rows", "bytes").fill_null(0),
        )
        .sort("order", "table", nulls_last=True)
        .select("room", "table", "partitions", "rows", "bytes", "last_made")
    )


def years_of(lake: Lake, table: str = "cleaned_flights") -> tuple[int, ...]:
    """The years of a table that are committed, ascending."""
    return tuple(sorted({int(each["year"]) for each in lake.partitions(table) if "year" in each}))


def stamp(lake: Lake, tables: Iterable[str]) -> str:
    """What changes with every commit to `tables`, read off the stored pointers: a key for what a page keeps."""
    seen = []
    for table in tables:
        seen += [f"{stored.key}:{stored.tag}" for _, stored in lake.pointers(table)]
        seen.append(table)
    return hashlib.sha256("|".join(seen).encode()).hexdigest()[:16]


def notes_of(lake: Lake, table: str, year: int) -> Mapping[str, Any]:
    """The notes of a year's commit; empty where it was never made."""
    commit = lake.commit_of(table, {"year": year})
    return commit.notes if commit else {}


def source_mark(lake: Lake, settings: Settings) -> SourceMark:
    """Where the rows came from: as the commits of `raw_flights` say, else as the settings do."""
    years = years_of(lake, "raw_flights")
    by_year = {year: str(notes_of(lake, "raw_flights", year).get("source", "")) for year in years}
    kinds = tuple(sorted({kind.split(":")[0] for kind in by_year.values() if kind}))
    if not kinds:
        return SourceMark((settings.source,), settings.simulated)
    invented = tuple(year for year, kind in by_year.items() if kind.startswith("simulated"))
    return SourceMark(kinds, bool(invented), invented if len(invented) < len(by_year) else ())


def missing_months(lake: Lake, years: tuple[int, ...]) -> dict[int, list[int]]:
    """Year to its months that upstream did not have, where there are any."""
    found = {year: notes_of(lake, "raw_flights", year).get("missing_months", []) for year in years}
    return {year: sorted(int(month) for month in months) for year, months in found.items() if months}
