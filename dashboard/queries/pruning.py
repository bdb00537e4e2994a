"""Scans that open only the files which can hold what is asked for.

A year is a file a month, and opening one costs the parsing of its footer: a lookup of one flight in five cutoffs
of three tables would parse 180 of them (aeroflux_assets/extents.py).
"""

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from aeroflux_assets.contracts.base import Contract
from aeroflux_assets.extents import may_hold
from aeroflux_assets.lake import Lake, Partition
from aeroflux_assets.store import Address, scan_files

KEY_TYPES = {"year": pl.Int32, "scored_year": pl.Int32, "cutoff": pl.String}


def scan_between(
    lake: Lake,
    contract: Contract,
    partitions: Iterable[Partition],
    column: str,
    low: Any,
    high: Any,
    columns: Sequence[str] | None = None,
) -> pl.LazyFrame:
    """The rows whose `column` lies between `low` and `high`, both included, of those partitions that are there.

    column: one by which the files are sorted (flight_id, flight_date). columns: what to read of a row, all by
    default. The partition's own values come first, as in `Lake.scan`; a table that was never made is empty.
    """
    names = list(columns) if columns is not None else contract.names
    frames = []
    for partition in partitions:
        files = [file for file in _files(lake, contract.name, partition) if may_hold(file, column, low, high)]
        if files:
            keys = [pl.lit(value, dtype=KEY_TYPES[key]).alias(key) for key, value in partition.items()]
            frames.append(
                scan_files(files)
                .filter(pl.col(column).is_between(pl.lit(low), pl.lit(high)))
                .select(*keys, *names)
            )
    if not frames:
        keys_schema = {key: KEY_TYPES[key] for key in contract.partitioned_by}
        return pl.LazyFrame(schema={**keys_schema, **{name: contract.schema[name] for name in names}})
    return pl.concat(frames) if len(frames) > 1 else frames[0]


def _files(lake: Lake, table: str, partition: Partition) -> list[Address]:
    commit = lake.commit_of(table, partition)
    return lake.files_of(table, partition, commit) if commit else []
