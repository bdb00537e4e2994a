"""The health of the lake: what is made, missing or stale; what was set aside; what matches nothing.

What is made and stale comes from the commits alone. A partition is *stale* where an input that its commit records
has been committed again since, is gone, or is stale itself: the next `aeroflux run` makes it again. An input that
did not exist when the partition was made (a year before that was added later) does not show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from aeroflux_assets.contracts.base import violations
from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS, QUARANTINED_FLIGHTS
from aeroflux_assets.contracts.reference import RAW_AIRCRAFT
from aeroflux_assets.contracts.weather import AIRPORT_STATIONS
from aeroflux_assets.cutoffs import CUTOFFS
from aeroflux_assets.dictionary import CONTRACTS
from aeroflux_assets.lake import Commit, Lake, Partition, schema_hash
from aeroflux_assets.years import scored_years
from dashboard.queries.inventory import ROOMS, notes_of, years_of
from dashboard.queries.views import Wanted, committed, open_views, query

WHOLE = "all"
MADE, STALE, MISSING, PART, NOT_ASKED = "made", "stale", "missing", "partly", ""
BY_NAME = {contract.name: contract for contract in CONTRACTS}
# What a run makes of the last scored year only, and not at every cutoff (`defs/jobs.py`; a test holds the two equal).
LAST_ONLY = frozenset({"importance", "ablation", "hops", "refits", "xray", "baselines", "clusters"})
_CELL = {
    "room": pl.String,
    "table": pl.String,
    "year": pl.String,
    "state": pl.String,
    "made": pl.Int32,
    "expected": pl.Int32,
    "rows": pl.Int64,
    "bytes": pl.Int64,
    "last_made": pl.String,
    "why": pl.String,
}


@dataclass(frozen=True)
class Made:
    """A committed partition: its values, its commit, and why it is stale (None where it is not)."""

    table: str
    partition: Mapping[str, str]
    commit: Commit
    stale: str | None


def made_partitions(lake: Lake) -> list[Made]:
    """Every committed partition with whether it is stale, from the pointers alone."""
    commits = {
        _name(table, partition): (table, partition, commit)
        for table in lake.tables()
        for partition in lake.partitions(table)
        if (commit := lake.commit_of(table, partition)) is not None
    }
    why: dict[str, str | None] = {}
    for name in commits:
        _stale(name, commits, why)
    return [Made(table, partition, commit, why[name]) for name, (table, partition, commit) in commits.items()]


def _name(table: str, partition: Partition) -> str:
    """As `Lake.inputs` names it."""
    return "/".join([table, *(f"{key}={value}" for key, value in partition.items())])


def _stale(
    name: str, commits: Mapping[str, tuple[str, Partition, Commit]], why: dict[str, str | None]
) -> str | None:
    """Why a partition is stale, remembered in `why`: inputs form no circles, so that this ends."""
    if name not in why:
        table, _, commit = commits[name]
        why[name] = _changed(table, commit, commits) or next(
            (
                f"{source} is stale"
                for source in commit.inputs
                if source in commits and _stale(source, commits, why) is not None
            ),
            None,
        )
    return why[name]


def _changed(table: str, commit: Commit, commits: Mapping[str, tuple[str, Partition, Commit]]) -> str | None:
    """The first recorded input that is not what it was; None where all are, or cannot be told."""
    for source, version in commit.inputs.items():
        if source == "contract":
            if table in BY_NAME and version != schema_hash(BY_NAME[table]):
                return "its columns have changed"
        elif source in commits:
            if commits[source][2].version != version:
                return f"{source} was made again"
        elif source.split("/")[0] in BY_NAME:
            return f"{source} is gone"
    return None


def grid(lake: Lake, made: Sequence[Made] | None = None) -> pl.DataFrame:
    """One row a table and year (`all` for tables without years) that is made or expected, in order of making.

    state: made, stale (one partition of it is), partly (some cutoffs are missing), missing, or empty where nothing
    is expected: years that no earlier year can score, experiments beside other years than the last. expected: the
    partitions that the lake's years call for, at the cutoffs that it has anywhere. made: `made_partitions`, if known.
    """
    made = made_partitions(lake) if made is None else made
    years = years_of(lake)
    cutoffs = sorted({m.partition["cutoff"] for m in made if "cutoff" in m.partition}) or [CUTOFFS[0].name]
    rows = []
    for table in [name for tables in ROOMS.values() for name in tables if name in BY_NAME]:
        mine = [m for m in made if m.table == table]
        by = BY_NAME[table].partitioned_by
        due, each = _due(table, years, cutoffs)
        for label in [str(year) for year in years] if by else [WHOLE]:
            here = [m for m in mine if not by or m.partition[by[0]] == label]
            expected = each if not by or int(label) in due else 0
            rows.append(_cell(table, label, here, expected))
    return pl.DataFrame(rows, schema=_CELL)


def _due(table: str, years: tuple[int, ...], cutoffs: list[str]) -> tuple[set[int], int]:
    """The years for which a table is expected, and how many partitions of each."""
    by = BY_NAME[table].partitioned_by
    scored = scored_years(years)
    if table in LAST_ONLY:
        return set(scored[-1:]), 1
    return set(scored) if "scored_year" in by else set(years), len(cutoffs) if "cutoff" in by else 1


def _cell(table: str, label: str, here: list[Made], expected: int) -> dict[str, Any]:
    stale = [m for m in here if m.stale]
    if stale:
        state = STALE
    elif not here:
        state = MISSING if expected else NOT_ASKED
    else:
        state = PART if len(here) < expected else MADE
    return {
        "room": BY_NAME[table].room,
        "table": table,
        "year": label,
        "state": state,
        "made": len(here),
        "expected": max(expected, len(here)),
        "rows": sum(m.commit.rows for m in here),
        "bytes": sum(m.commit.bytes for m in here),
        "last_made": max((m.commit.committed_at for m in here), default=None),
        "why": _together([str(m.stale) for m in stale]),
    }


def _together(reasons: list[str]) -> str | None:
    """The first reason, and how many others there are: each input that changed has one of its own."""
    others = len(dict.fromkeys(reasons)) - 1
    return None if not reasons else reasons[0] + (f", and {others} more" if others else "")


def partition_rows(lake: Lake, table: str, made: Sequence[Made] | None = None) -> pl.DataFrame:
    """The committed partitions of a table: rows, bytes, committed_at, whether stale, and the notes in words."""
    rows = [
        {
            "partition": ", ".join(f"{k} {v}" for k, v in m.partition.items()) or "whole",
            "rows": m.commit.rows,
            "bytes": m.commit.bytes,
            "committed_at": m.commit.committed_at,
            "stale": m.stale,
            "notes": note_words(m.commit.notes),
        }
        for m in (made_partitions(lake) if made is None else made)
        if m.table == table
    ]
    schema = {
        "partition": pl.String, "rows": pl.Int64, "bytes": pl.Int64, "committed_at": pl.String,
        "stale": pl.String, "notes": pl.String,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema).with_columns(
        pl.col("committed_at").str.to_datetime("%Y-%m-%dT%H:%M:%S%z", time_unit="us", strict=False)
    )


def note_words(notes: Mapping[str, Any]) -> str:
    """The notes of a commit in a line: `rows_in 43, duplicates 1, unmatched_airports XXX 2`."""
    return ", ".join(f"{key} {_value(value)}" for key, value in notes.items())


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {each}" for key, each in value.items()) or "none"
    if isinstance(value, list):
        return " ".join(map(str, value)) or "none"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def check(lake: Lake, table: str, partition: Partition) -> pl.DataFrame:
    """The contract of a partition checked now, over all its rows: broken rule and rows; empty when it holds."""
    contract = BY_NAME[table]
    broken = violations(contract, lake.scan(table, [partition]).select(contract.names))
    rows = [(each.rule, each.rows) for each in broken]
    return pl.DataFrame(rows, schema={"rule": pl.String, "rows": pl.Int64}, orient="row")


def quarantine_samples(lake: Lake, years: Sequence[int], each: int = 3) -> pl.DataFrame:
    """Up to `each` rows set aside for each reason and year, as published; the commonest reason first."""
    wanted = Wanted(QUARANTINED_FLIGHTS, committed(lake, QUARANTINED_FLIGHTS, "year", years))
    sql = f"""
        SELECT reason, count(*) OVER (PARTITION BY reason) AS rows, * EXCLUDE (reason)
        FROM quarantined_flights
        QUALIFY row_number() OVER (PARTITION BY reason, year ORDER BY source_month, source_row) <= {int(each)}
        ORDER BY rows DESC, reason, year, source_month, source_row
    """
    with open_views(lake, [wanted]) as con:
        return query(con, sql)


def stations(lake: Lake, years: Sequence[int]) -> pl.DataFrame:
    """By year: stations with a file, without, and in part; airports with none near, and with none that spoke."""
    rows = []
    for year in years:
        notes = notes_of(lake, "raw_weather", year)
        if not notes:
            continue
        silent = notes_of(lake, AIRPORT_STATIONS.name, year).get("airports_without_weather") or []
        far = notes.get("airports_without_a_station") or []
        rows.append(
            {
                "year": year,
                "stations": notes.get("stations"),
                "missing": notes.get("missing_stations"),
                "partial": notes.get("partial_stations"),
                "airports_far": len(far),
                "airports_silent": len(silent),
                "which": " ".join(silent[:30]) + (" …" if len(silent) > 30 else ""),
            }
        )
    schema = {
        "year": pl.Int32, "stations": pl.Int64, "missing": pl.Int64, "partial": pl.Int64,
        "airports_far": pl.Int64, "airports_silent": pl.Int64, "which": pl.String,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema)


def clock_counts(lake: Lake, years: Sequence[int]) -> pl.DataFrame:
    """By year and clock: flights whose derived time differs from the published clock, and by whole hours of those."""
    names = {
        "sched_arr_clock_gap_min": "scheduled arrival",
        "dep_clock_gap_min": "departure",
        "arr_clock_gap_min": "arrival",
    }
    rows = [
        (year, clock, gaps.get(name, 0), gaps.get(f"{name}_whole_hours", 0))
        for year in years
        if (gaps := notes_of(lake, CLEANED_FLIGHTS.name, year).get("clock_gaps"))
        for name, clock in names.items()
    ]
    schema = {"year": pl.Int32, "clock": pl.String, "differ": pl.Int64, "whole_hours": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def unmatched_airports(lake: Lake, years: Sequence[int]) -> pl.DataFrame:
    """Airports that flights name and the airports table has not, with the rows that name them, by year."""
    rows = [
        (year, str(code), int(count))
        for year in years
        for code, count in (
            notes_of(lake, CLEANED_FLIGHTS.name, year).get("unmatched_airports") or {}
        ).items()
    ]
    schema = {"year": pl.Int32, "airport": pl.String, "rows": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row").sort("rows", descending=True, maintain_order=True)


def unmatched_tails(lake: Lake, year: int) -> pl.DataFrame | None:
    """The tails of a year that the registry has not, with their flights, most first; None without a registry.

    Reads the tail and carrier of every flight of the year, two columns of one partition.
    """
    partition = {"year": year}
    if not lake.has(RAW_AIRCRAFT.name) or not lake.has(CLEANED_FLIGHTS.name, partition):
        return None
    sql = """
        WITH flown AS (
            SELECT tail, min(carrier) AS carrier, count(*) AS flights
            FROM cleaned_flights WHERE tail IS NOT NULL GROUP BY tail
        )
        SELECT flown.* FROM flown ANTI JOIN raw_aircraft USING (tail) ORDER BY flights DESC, tail
    """
    with open_views(lake, [Wanted(CLEANED_FLIGHTS, [partition]), Wanted(RAW_AIRCRAFT)]) as con:
        return query(con, sql)


def newest(cells: pl.DataFrame) -> datetime | None:
    """When the lake was last committed to."""
    latest = cells["last_made"].drop_nulls().max()
    return datetime.fromisoformat(str(latest)) if latest else None
