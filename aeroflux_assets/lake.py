"""Where each table lives, how it is committed, and how it is read.

The commit of a table is one protocol that needs no rename of data files: immutable Parquet files with
names never used before, then one small pointer file per partition that names them. A reader follows the
pointer, so it never sees half a table or two versions mixed; a writer that dies leaves the old pointer
and with it the old table, and so does a power cut: the files are on the disk before the pointer to them. The version
before the last is kept for readers that are in the middle.

The same holds on a disk and in a bucket: all that is asked of the place is that one small object can be put as a
whole (store.py).

    lake/cleaned_flights/year=2008/2f0c...-0.parquet
    lake/cleaned_flights/year=2008/_current.json      {"files": [...], "rows": ..., "inputs": {...}}
"""

import contextlib
import hashlib
import logging
import os
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from aeroflux_assets.commits import POINTER, Commit, parse_pointer, put_pointer, refuse_cut_files
from aeroflux_assets.contracts.base import Contract
from aeroflux_assets.errors import AerofluxError, DamagedError, MissingTableError, StoreError
from aeroflux_assets.store import Address, Stored, is_address, polars_options, scan_files, store_at

__all__ = ["NO_PARTITION", "POINTER", "Commit", "Lake", "Partition", "Writer", "schema_hash"]
# A writer that has not moved its pointer after a day was killed.
ABANDONED_S = 24 * 3600
# Small groups: a lookup reads the one group that holds its flight. Beside groups of 50,000 it takes a fifth less,
# and the files of 2008-01 to 03 are 2 to 13% smaller, since like flights lie together (benchmarks/lookups.py).
ROW_GROUP_ROWS = 25_000

Partition = Mapping[str, str | int]
NO_PARTITION: Partition = {}
_log = logging.getLogger(__name__)


class Lake:
    """The tables under one root: a folder, or an address such as s3://bucket/prefix/lake.

    store: what lies beside the tables under the root's parent, the model files, and the tables themselves. code:
    tells the version of the code that makes a table, for its commits to record.
    """

    def __init__(self, root: Address, code: Callable[[Contract], str] | None = None) -> None:
        self.root: Address = root if is_address(root) else Path(root)
        self.code = code
        base, self._name = (
            str(root).rstrip("/").rsplit("/", 1) if is_address(root) else (Path(root).parent, Path(root).name)
        )
        self.store = store_at(base)
        self._said: set[str] = set()

    def key(self, table: str, partition: Partition = NO_PARTITION) -> str:
        """The key of a partition's folder in the store: `lake/table/year=2008/cutoff=T-0`."""
        return "/".join([self._name, table, *(f"{key}={value}" for key, value in partition.items())])

    def folder(self, table: str, partition: Partition = NO_PARTITION) -> Path:
        """The folder of a partition of a lake on a disk: `root/table/year=2008/cutoff=T-0`."""
        if not isinstance(self.root, Path):
            raise AerofluxError(f"the lake {self.root} has no folders; ask for its files")
        return self.root.joinpath(table, *(f"{key}={value}" for key, value in partition.items()))

    def commit_of(self, table: str, partition: Partition = NO_PARTITION) -> Commit | None:
        """The current commit of a partition, or None where it was never made; DamagedError where it is unreadable."""
        return self.commits_of(table, [partition])[0]

    def commits_of(self, table: str, partitions: Sequence[Partition]) -> list[Commit | None]:
        """The current commit of each partition, None for those that were never made; DamagedError as `commit_of`."""
        keys = [f"{self.key(table, partition)}/{POINTER}" for partition in partitions]
        return [
            None if data is None else parse_pointer(data, self.store.address(key))
            for key, data in zip(keys, self.store.read_all(keys), strict=True)
        ]

    def sound_commit_of(self, table: str, partition: Partition = NO_PARTITION) -> Commit | None:
        """`commit_of` for whoever can make the partition again: a damaged one counts as not made, and is logged.

        Damaged is a pointer that holds no commit, and one to a file on a disk that is gone, empty or cut short.
        """
        try:
            commit = self.commit_of(table, partition)
            if commit is not None:
                refuse_cut_files(self.files_of(table, partition, commit))
        except (DamagedError, FileNotFoundError) as error:
            if str(error) not in self._said:
                self._said.add(str(error))
                _log.warning("%s counts as not made: %s", self.key(table, partition), error)
            return None
        return commit

    def pointers(self, table: str) -> list[tuple[dict[str, str], Stored]]:
        """Every committed partition of a table with its pointer as it is stored, sorted."""
        base = self.key(table)
        found = sorted(self.store.listed(base, POINTER), key=lambda stored: stored.key.split("/"))
        parts = [stored.key.removeprefix(f"{base}/").split("/")[:-1] for stored in found]
        return [
            (dict(p.split("=", 1) for p in each), stored) for each, stored in zip(parts, found, strict=True)
        ]

    def partitions(self, table: str) -> list[dict[str, str]]:
        """Every committed partition of a table, sorted."""
        return [partition for partition, _ in self.pointers(table)]

    def tables(self) -> list[str]:
        """The names of the tables that have at least one committed partition."""
        names = self.store.folders(self._name)
        return [name for name in names if next(self.store.listed(self.key(name), POINTER), None)]

    def write(
        self,
        contract: Contract,
        frames: pl.LazyFrame | pl.DataFrame | Iterable[pl.LazyFrame | pl.DataFrame],
        partition: Partition = NO_PARTITION,
        *,
        inputs: Mapping[str, str] | None = None,
        notes: Mapping[str, Any] | None = None,
    ) -> Commit:
        """Stream frames, conformed to `contract`, into new files (one each) and move the pointer to them.

        frames: one frame, or several (a year's months, say) that are made one after the other, so that only one
        is in memory. `notes` is read after the last frame: a generator may still fill it.
        Returns the commit. A failure at any point leaves the table as it was.
        """
        with self.writer(contract, partition, inputs=inputs, notes=notes) as writer:
            for frame in [frames] if isinstance(frames, pl.LazyFrame | pl.DataFrame) else frames:
                writer.add(frame)
        assert writer.commit is not None
        return writer.commit

    def writer(
        self,
        contract: Contract,
        partition: Partition = NO_PARTITION,
        *,
        inputs: Mapping[str, str] | None = None,
        notes: Mapping[str, Any] | None = None,
    ) -> "Writer":
        """A context that takes a partition part by part and commits it when the block ends without an error."""
        if tuple(partition) != contract.partitioned_by:
            raise ValueError(
                f"table {contract.name} is partitioned by {contract.partitioned_by}, not {tuple(partition)}"
            )
        return Writer(self, contract, partition, inputs or {}, notes if notes is not None else {})

    def inputs(self, contract: Contract, tables: Iterable[tuple[str, Partition]]) -> dict[str, str]:
        """What a table is made from: the versions of its input partitions (those that exist), and its schema.

        A commit that records the same inputs holds what making it again would give.
        """
        versions = {"contract": schema_hash(contract)}
        for table, partition in tables:
            commit = self.commit_of(table, partition)
            if commit is not None:
                versions["/".join([table, *(f"{k}={v}" for k, v in partition.items())])] = commit.version
        return versions

    def current(self, table: str, partition: Partition, inputs: Mapping[str, str]) -> Commit | None:
        """The partition's commit if it is sound and was made from just these inputs, else None."""
        commit = self.sound_commit_of(table, partition)
        return commit if commit is not None and dict(commit.inputs) == dict(inputs) else None

    def outdate(self, table: str, partition: Partition = NO_PARTITION) -> None:
        """Forget what a partition was made from: it is read as before, and made again when next asked for."""
        commit = self.sound_commit_of(table, partition)
        if commit is not None:
            put_pointer(self.store, self.key(table, partition), replace(commit, inputs={}))

    def ensure(
        self,
        contract: Contract,
        partition: Partition,
        inputs: Mapping[str, str],
        build: Callable[
            [dict[str, Any]], pl.LazyFrame | pl.DataFrame | Iterable[pl.LazyFrame | pl.DataFrame]
        ],
        *,
        refresh: bool = False,
    ) -> Commit:
        """The partition made from `inputs`: as it stands if they are unchanged, else built and committed.

        build: takes the notes to fill and returns the frame or frames. refresh: build in any case.
        """
        commit = None if refresh else self.current(contract.name, partition, inputs)
        if commit is None:
            notes: dict[str, Any] = {}
            commit = self.write(contract, build(notes), partition, inputs=inputs, notes=notes)
        return commit

    def files(self, table: str, partitions: Iterable[Partition] | None = None) -> list[Address]:
        """The Parquet files behind `partitions` of a table (all committed ones by default).

        Raises MissingTableError naming every missing partition and the command that makes it, and DamagedError naming
        a pointer or a file that a disk has damaged.
        """
        return [file for _, files in self._located(table, partitions) for file in files]

    def _located(
        self, table: str, partitions: Iterable[Partition] | None = None
    ) -> list[tuple[Partition, list[Address]]]:
        """Each of the partitions with its files; raises as `files` does."""
        wanted: list[Partition] = list(self.partitions(table) if partitions is None else partitions)
        missing, found = [], []
        for partition, commit in zip(wanted, self.commits_of(table, wanted), strict=True):
            if commit is None:
                missing.append(" ".join(f"{k}={v}" for k, v in partition.items()) or "the table")
                continue
            files = self.files_of(table, partition, commit)
            # Of a table that was made again meanwhile the files may be gone: the reader finds that, and reads again.
            with contextlib.suppress(FileNotFoundError):
                refuse_cut_files(files)
            found.append((partition, files))
        if missing or not found:
            what = ", ".join(missing) or "every partition"
            raise MissingTableError(
                f"table {table} in {self.root}: {what} is missing; make it with `aeroflux run` "
                "(AEROFLUX_YEARS selects the years) or materialize it in the Dagster UI"
            )
        return found

    def files_of(self, table: str, partition: Partition, commit: Commit) -> list[Address]:
        """Where the files of one commit are, for Polars and DuckDB."""
        key = self.key(table, partition)
        return [self.store.address(f"{key}/{name}") for name in commit.files]

    def scan(self, table: str, partitions: Iterable[Partition] | None = None) -> pl.LazyFrame:
        """A lazy scan of `partitions` of a table (all committed ones by default).

        The partition's own values come first as columns (`year` and `scored_year` as Int32, `cutoff` as
        String): the files do not repeat them.
        """
        frames = [
            scan_files(files).select(
                *(_partition_literal(key, value) for key, value in partition.items()), pl.all()
            )
            for partition, files in self._located(table, partitions)
        ]
        return pl.concat(frames) if len(frames) > 1 else frames[0]

    def has(self, table: str, partition: Partition = NO_PARTITION) -> bool:
        """Whether a partition is committed."""
        return self.store.has(f"{self.key(table, partition)}/{POINTER}")

    def open_duckdb(self) -> duckdb.DuckDBPyConnection:
        """An in-memory DuckDB in UTC that can read the lake's files; a database file would lock readers out."""
        con = duckdb.connect(":memory:")
        con.execute("SET TimeZone = 'UTC'")
        self.store.register(con)
        return con

    def connect(self, tables: Iterable[str] | None = None) -> duckdb.DuckDBPyConnection:
        """An in-memory DuckDB (`open_duckdb`) with one view a table."""
        con = self.open_duckdb()
        for table in self.tables() if tables is None else tables:
            con.execute(f'CREATE VIEW "{table}" AS {self._view_sql(table)}')
        return con

    def export_views(self, path: Path) -> None:
        """Write a DuckDB file holding only views over the current files, for people's own tools.

        Views of a lake by address need a DuckDB that can read it: its httpfs, or `store.register`.
        """
        temporary = path.with_suffix(".tmp")
        temporary.unlink(missing_ok=True)
        with duckdb.connect(str(temporary)) as con:
            self.store.register(con)
            for table in self.tables():
                con.execute(f'CREATE VIEW "{table}" AS {self._view_sql(table)}')
        os.replace(temporary, path)

    def _view_sql(self, table: str) -> str:
        located = self._located(table)
        files = [file for _, files in located for file in files]
        names = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
        keys = {key for partition, _ in located for key in partition}
        if not keys:
            return f"SELECT * FROM read_parquet([{names}], union_by_name = true, hive_partitioning = false)"
        types = ", ".join(f"'{key}': {_HIVE_SQL.get(key, 'VARCHAR')}" for key in sorted(keys))
        options = f"union_by_name = true, hive_partitioning = true, hive_types = {{{types}}}"
        return f"SELECT * FROM read_parquet([{names}], {options})"


class Writer:
    """A partition being written: parts as they come, then one move of the pointer.

    commit: the new version, once the block has ended well; None until then.
    """

    def __init__(
        self,
        lake: Lake,
        contract: Contract,
        partition: Partition,
        inputs: Mapping[str, str],
        notes: Mapping[str, Any],
    ) -> None:
        self.commit: Commit | None = None
        self._lake, self._contract, self._partition = lake, contract, partition
        self._inputs, self._notes = inputs, notes
        self._key = lake.key(contract.name, partition)
        self._version = uuid.uuid4().hex
        self._files: list[str] = []

    def __enter__(self) -> "Writer":
        self._lake.store.prepare(self._key)
        return self

    def add(self, frame: pl.LazyFrame | pl.DataFrame) -> None:
        """Stream one part, conformed to the contract, into a file of its own."""
        store, name = self._lake.store, f"{self._version}-{len(self._files)}.parquet"
        self._files.append(name)
        with store.errors(f"{self._key}/{name}"):
            self._contract.conform(frame.lazy()).sink_parquet(
                store.address(f"{self._key}/{name}"),
                compression="zstd",
                compression_level=1,
                row_group_size=ROW_GROUP_ROWS,
                statistics=True,
                **polars_options(store.root),
            )

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        store = self._lake.store
        if kind is not None:
            for name in self._files:
                with contextlib.suppress(StoreError):  # what broke off the writing is told, not that
                    store.delete(f"{self._key}/{name}")
            return
        if not self._files:
            self.add(pl.LazyFrame(schema=self._contract.schema))
        previous = self._lake.sound_commit_of(self._contract.name, self._partition)
        there = {stored.key.rsplit("/", 1)[1]: stored for stored in store.listed(self._key)}
        files = [store.address(f"{self._key}/{name}") for name in self._files]
        self.commit = Commit(
            version=self._version,
            files=tuple(self._files),
            rows=int(scan_files(files).select(pl.len()).collect().item()),
            bytes=sum(there[name].bytes for name in self._files),
            committed_at=datetime.now(UTC).isoformat(timespec="seconds"),
            inputs=dict(self._inputs),
            notes=dict(self._notes),
            replaces=previous.files if previous else (),
            code=self._lake.code(self._contract) if self._lake.code else None,
        )
        store.sync([f"{self._key}/{name}" for name in self._files])
        put_pointer(store, self._key, self.commit)
        self._sweep(previous, there)

    def _sweep(self, previous: Commit | None, there: Mapping[str, Stored]) -> None:
        """Delete the files of the version before the last, and what killed writers left long ago.

        Another writer's unfinished files are young and in no pointer: they are left alone.
        """
        assert self.commit is not None
        kept = {*self.commit.files, *self.commit.replaces}
        gone = set(previous.replaces) if previous else set()
        for name, stored in there.items():
            if name in kept or not name.endswith(".parquet"):
                continue
            if name in gone or time.time() - stored.modified > ABANDONED_S:
                self._lake.store.delete(stored.key)


def schema_hash(contract: Contract) -> str:
    """What `Lake.inputs` records of a contract: its columns and their types."""
    text = ",".join(f"{column.name}:{column.dtype}" for column in contract.columns)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


_HIVE_SQL = {"year": "INTEGER", "scored_year": "INTEGER"}


def _partition_literal(key: str, value: str | int) -> pl.Expr:
    if key in _HIVE_SQL:
        return pl.lit(int(value), dtype=pl.Int32).alias(key)
    return pl.lit(str(value), dtype=pl.String).alias(key)
