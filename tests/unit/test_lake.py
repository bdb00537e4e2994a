"""The commit of a table, what a reader sees meanwhile, and reading by Polars and DuckDB: on a disk and in a bucket."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from aeroflux_assets.contracts.base import Column, Contract
from aeroflux_assets.errors import ContractError, DamagedError, MissingTableError
from aeroflux_assets.lake import Lake

YEARLY = Contract(
    name="things",
    room="cleaned",
    description="a table by year",
    partitioned_by=("year",),
    columns=(Column("n", pl.Int64(), "a number"), Column("when", pl.Datetime("us"), "a time")),
)
PLAIN = replace(YEARLY, name="plain", partitioned_by=())
BY_CUTOFF = replace(YEARLY, name="cut", partitioned_by=("year", "cutoff"))
NOON = datetime(2008, 1, 1, 12)


@pytest.fixture
def disk(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture(params=["disk", "bucket", "prefix"])
def lake(request: pytest.FixtureRequest) -> Lake:
    """Everything here holds on a disk, in a bucket, and below a prefix of one."""
    if request.param == "disk":
        return request.getfixturevalue("disk")
    within = "" if request.param == "bucket" else "/some where/it's ours"
    return Lake(f"{request.getfixturevalue('bucket')}{within}/lake")


def rows(*numbers: int) -> pl.LazyFrame:
    return pl.LazyFrame({"n": numbers, "when": [NOON] * len(numbers)}, schema=YEARLY.schema)


def numbers(lake: Lake, year: int = 2008) -> list[int]:
    return lake.scan("things", [{"year": year}]).collect()["n"].to_list()


def stored(lake: Lake, year: int = 2008) -> set[str]:
    return {each.key.rsplit("/", 1)[1] for each in lake.store.listed(lake.key("things", {"year": year}))}


def test_what_is_written_is_read(lake: Lake) -> None:
    commit = lake.write(YEARLY, rows(1, 2, 3), {"year": 2008}, inputs={"a": "1"}, notes={"months": [1]})
    assert numbers(lake) == [1, 2, 3]
    assert commit.rows == 3
    folder = lake.key("things", {"year": 2008})
    assert commit.bytes == sum(len(lake.store.read(f"{folder}/{name}") or b"") for name in commit.files)
    assert lake.commit_of("things", {"year": 2008}) == commit
    assert (commit.inputs, commit.notes) == ({"a": "1"}, {"months": [1]})


def test_several_frames_are_several_files_in_order(lake: Lake) -> None:
    commit = lake.write(YEARLY, [rows(3), rows(1), rows(2)], {"year": 2008})
    assert len(commit.files) == 3
    assert numbers(lake) == [3, 1, 2]


def test_no_frame_at_all_is_an_empty_table_with_its_schema(lake: Lake) -> None:
    commit = lake.write(YEARLY, [], {"year": 2008})
    assert commit.rows == 0
    assert lake.scan("things").collect().schema == {"year": pl.Int32(), **YEARLY.schema}


def test_notes_filled_by_the_generator_are_in_the_commit(lake: Lake) -> None:
    notes: dict[str, Any] = {}

    def frames() -> Iterator[pl.LazyFrame]:
        yield rows(1)
        notes["seen"] = 1

    assert lake.write(YEARLY, frames(), {"year": 2008}, notes=notes).notes == {"seen": 1}


def test_a_generator_that_fails_leaves_the_old_table_and_no_stray_file(lake: Lake) -> None:
    lake.write(YEARLY, rows(1), {"year": 2008})
    before = stored(lake)

    def frames() -> Iterator[pl.LazyFrame]:
        yield rows(2)
        raise RuntimeError("upstream broke off")

    with pytest.raises(RuntimeError, match="upstream broke off"):
        lake.write(YEARLY, frames(), {"year": 2008})
    assert numbers(lake) == [1]
    assert stored(lake) == before


def test_a_frame_that_breaks_while_it_streams_leaves_the_old_table_and_no_stray_file(lake: Lake) -> None:
    lake.write(YEARLY, rows(1), {"year": 2008})
    before = stored(lake)
    broken = pl.LazyFrame({"n": ["7", "seven"], "when": [NOON, NOON]}).with_columns(
        pl.col("n").cast(pl.Int64, strict=True)
    )
    with pytest.raises(pl.exceptions.InvalidOperationError):
        lake.write(YEARLY, [rows(2), broken], {"year": 2008})
    assert numbers(lake) == [1]
    assert stored(lake) == before


def test_a_first_write_that_fails_leaves_no_table(lake: Lake) -> None:
    with pytest.raises(ContractError, match="columns missing: when"):
        lake.write(YEARLY, pl.LazyFrame({"n": [1]}), {"year": 2008})
    assert not lake.has("things", {"year": 2008})
    assert lake.tables() == []
    assert stored(lake) == set()


def test_a_reader_that_holds_the_old_files_still_reads_after_a_new_commit(lake: Lake) -> None:
    lake.write(YEARLY, [rows(1), rows(2)], {"year": 2008})
    held = lake.scan("things", [{"year": 2008}])
    lake.write(YEARLY, rows(9), {"year": 2008})
    assert held.collect()["n"].to_list() == [1, 2]
    assert numbers(lake) == [9]


def test_the_version_before_is_kept_and_older_ones_are_swept(lake: Lake) -> None:
    commits = [lake.write(YEARLY, rows(n), {"year": 2008}) for n in range(4)]
    assert stored(lake) == {"_current.json", *commits[2].files, *commits[3].files}


def test_what_a_killed_writer_left_is_swept_a_day_later(disk: Lake) -> None:
    lake = disk
    lake.write(YEARLY, rows(1), {"year": 2008})
    old, young = (lake.folder("things", {"year": 2008}) / f"{name}-0.parquet" for name in ("old", "young"))
    for file in (old, young):
        file.write_bytes(b"not in any pointer")
    yesterday = time.time() - 25 * 3600
    os.utime(old, (yesterday, yesterday))
    lake.write(YEARLY, rows(2), {"year": 2008})
    assert not old.exists()
    assert young.exists()


def test_a_writer_that_is_overtaken_by_another_still_commits_its_whole_table(lake: Lake) -> None:
    with lake.writer(YEARLY, {"year": 2008}) as slow:
        slow.add(rows(1))
        fast = lake.write(YEARLY, rows(7), {"year": 2008})
        assert numbers(lake) == [7]
        held = lake.scan("things", [{"year": 2008}])
        slow.add(rows(2))
    assert numbers(lake) == [1, 2]
    assert held.collect()["n"].to_list() == [7]
    last = lake.write(YEARLY, rows(3), {"year": 2008})
    assert slow.commit is not None
    assert stored(lake) == {"_current.json", *slow.commit.files, *last.files}
    assert not set(fast.files) & stored(lake)


def test_writing_one_partition_leaves_the_others(lake: Lake) -> None:
    lake.write(YEARLY, rows(1), {"year": 2008})
    lake.write(YEARLY, rows(2), {"year": 2009})
    lake.write(YEARLY, rows(3), {"year": 2009})
    lake.write(YEARLY, rows(4), {"year": 2009})
    assert numbers(lake, 2008) == [1]
    assert lake.partitions("things") == [{"year": "2008"}, {"year": "2009"}]


def test_a_partition_of_the_wrong_kind_is_refused(lake: Lake) -> None:
    with pytest.raises(ValueError, match=r"partitioned by \('year',\), not \(\)"):
        lake.write(YEARLY, rows(1))


def test_every_missing_partition_is_named_with_the_command_that_makes_it(lake: Lake) -> None:
    lake.write(YEARLY, rows(1), {"year": 2008})
    with pytest.raises(MissingTableError) as missing:
        lake.scan("things", [{"year": 2007}, {"year": 2008}, {"year": 2009}])
    text = str(missing.value)
    for part in ("table things", "year=2007", "year=2009", "`aeroflux run`", "AEROFLUX_YEARS"):
        assert part in text
    assert "year=2008" not in text


@pytest.mark.parametrize("partitions", [None, [], [{}]])
def test_a_table_that_was_never_made_is_missing_however_one_asks(lake: Lake, partitions: Any) -> None:
    with pytest.raises(MissingTableError, match="table plain"):
        lake.scan("plain", partitions)


def test_partition_values_come_first_as_typed_columns(lake: Lake) -> None:
    lake.write(BY_CUTOFF, rows(1), {"year": 2008, "cutoff": "T-0"})
    lake.write(BY_CUTOFF, rows(2), {"year": 2009, "cutoff": "T-2h"})
    frame = lake.scan("cut").collect()
    assert frame.schema == {"year": pl.Int32(), "cutoff": pl.String(), **BY_CUTOFF.schema}
    assert frame.select("year", "cutoff", "n").rows() == [(2008, "T-0", 1), (2009, "T-2h", 2)]


# ---- ensure ---------------------------------------------------------------------------------------------
def test_a_table_whose_inputs_are_unchanged_is_not_made_again(lake: Lake) -> None:
    made = []

    def build(notes: dict[str, Any]) -> pl.LazyFrame:
        made.append(1)
        notes["made"] = len(made)
        return rows(len(made))

    def ensure(inputs: dict[str, str], *, refresh: bool = False) -> list[int]:
        lake.ensure(YEARLY, {"year": 2008}, inputs, build, refresh=refresh)
        return numbers(lake)

    assert ensure({"a": "1"}) == [1]
    assert ensure({"a": "1"}) == [1]
    assert ensure({"a": "2"}) == [2]
    assert ensure({"a": "2", "b": "1"}) == [3]
    assert ensure({"a": "2"}) == [4]
    assert ensure({"a": "2"}, refresh=True) == [5]
    commit = lake.commit_of("things", {"year": 2008})
    assert commit is not None
    assert commit.notes == {"made": 5}


def test_inputs_change_with_an_input_version_and_with_the_schema(lake: Lake) -> None:
    tables = [("plain", {}), ("cut", {"year": 2008, "cutoff": "T-0"})]
    none_yet = lake.inputs(YEARLY, tables)
    first = lake.write(PLAIN, rows(1))
    one = lake.inputs(YEARLY, tables)
    second = lake.write(PLAIN, rows(1))
    lake.write(BY_CUTOFF, rows(1), {"year": 2008, "cutoff": "T-0"})
    both = lake.inputs(YEARLY, tables)
    wider = replace(YEARLY, columns=(*YEARLY.columns, Column("m", pl.Int8(), "another")))
    assert set(none_yet) == {"contract"}
    assert (one["plain"], both["plain"]) == (first.version, second.version)
    assert set(both) == {"contract", "plain", "cut/year=2008/cutoff=T-0"}
    assert lake.inputs(wider, tables)["contract"] != both["contract"]


# ---- DuckDB ---------------------------------------------------------------------------------------------
def filled(lake: Lake) -> Lake:
    lake.write(PLAIN, rows(7))
    for year, cutoff, n in ((2008, "T-0", 1), (2008, "T-2h", 2), (2010, "T-0", 3)):
        lake.write(BY_CUTOFF, [rows(n), rows(10 * n)], {"year": year, "cutoff": cutoff})
    return lake


@pytest.mark.parametrize("table", ["plain", "cut"])
def test_the_views_of_duckdb_are_the_scans_of_polars(lake: Lake, table: str) -> None:
    scanned = filled(lake).scan(table).collect()
    with lake.connect() as con:
        seen = con.sql(f'SELECT * FROM "{table}"').pl()
    assert seen.select(scanned.columns).sort("n").equals(scanned.sort("n"))
    assert seen.select(scanned.columns).schema == scanned.schema


def test_a_view_follows_only_the_pointer(lake: Lake) -> None:
    filled(lake).write(PLAIN, rows(8))
    with lake.connect(["plain"]) as con:
        assert con.execute("SELECT n FROM plain").fetchall() == [(8,)]
        assert con.execute("SHOW TABLES").fetchall() == [("plain",)]


def test_a_root_with_a_quote_in_its_name_can_be_read(tmp_path: Path) -> None:
    lake = filled(Lake(tmp_path / "it's a lake"))
    with lake.connect() as con:
        assert con.execute("SELECT sum(n) FROM cut").fetchone() == (66,)


def test_the_exported_file_holds_views_for_other_tools(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "views.duckdb"
    filled(lake).export_views(path)
    lake.write(PLAIN, rows(70))
    lake.export_views(path)  # over the old one
    with duckdb.connect(str(path), read_only=True) as con:
        lake.store.register(con)
        assert con.execute("SELECT n FROM plain").fetchall() == [(70,)]
        assert con.execute("SELECT year, cutoff, n FROM cut ORDER BY n LIMIT 1").fetchall() == [
            (2008, "T-0", 1)
        ]
    assert [p.name for p in tmp_path.glob("views*")] == ["views.duckdb"]


def test_a_lake_that_is_not_there_has_no_tables(lake: Lake) -> None:
    assert lake.tables() == []
    assert lake.partitions("things") == []
    assert not lake.has("things", {"year": 2008})


# ---- damage -----------------------------------------------------------------------------------------------
WHOLE = b'{"version": "v", "files": ["v-0.parquet"], "rows": 1, "bytes": 1, "committed_at": "then"}'


@pytest.mark.parametrize(
    "pointer", [b"", WHOLE[:40], b"\0" * len(WHOLE), b"[]", b"null", b"{}", b'{"files": []}', b"\xff\xfe"]
)
def test_a_damaged_pointer_is_named_to_readers_and_made_again_by_whoever_can(
    lake: Lake, pointer: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    part = {"year": 2008}
    lake.ensure(YEARLY, part, {"a": "1"}, lambda _: rows(1))
    key = f"{lake.key('things', part)}/_current.json"
    lake.store.put(key, pointer)

    for read in (
        lambda: numbers(lake),
        lambda: lake.inputs(PLAIN, [("things", part)]),
        lambda: lake.connect(),
    ):
        with pytest.raises(DamagedError) as refused:
            read()
        for said in (str(lake.store.address(key)), "pointer", "`aeroflux run`"):
            assert said in str(refused.value)

    lake.outdate("things", part)
    lake.ensure(YEARLY, part, {"a": "1"}, lambda _: rows(2))
    assert numbers(lake) == [2]
    assert [key in each for each in caplog.messages] == [True]


def test_refreshing_over_a_damaged_pointer_writes_a_new_one(lake: Lake) -> None:
    lake.write(YEARLY, rows(1), {"year": 2008})
    lake.store.put(f"{lake.key('things', {'year': 2008})}/_current.json", WHOLE[:40])
    lake.ensure(YEARLY, {"year": 2008}, {}, lambda _: rows(2), refresh=True)
    assert numbers(lake) == [2]


@pytest.mark.parametrize("kept", [0, 3, 200])
def test_a_data_file_cut_short_is_named_to_readers_and_made_again_by_whoever_can(
    disk: Lake, kept: int
) -> None:
    part = {"year": 2008}
    commit = disk.ensure(YEARLY, part, {}, lambda _: [rows(1), rows(2)])
    file = disk.folder("things", part) / commit.files[1]
    file.write_bytes(file.read_bytes()[:kept])

    for read in (lambda: disk.scan("things"), lambda: disk.files("things", [part]), lambda: disk.connect()):
        with pytest.raises(DamagedError) as refused:
            read()
        for said in (str(file), f"({kept} bytes)", "`aeroflux run`"):
            assert said in str(refused.value)

    disk.ensure(YEARLY, part, {}, lambda _: rows(3))
    assert numbers(disk) == [3]


def test_a_data_file_that_is_gone_is_made_again(disk: Lake) -> None:
    commit = disk.ensure(YEARLY, {"year": 2008}, {}, lambda _: rows(1))
    (disk.folder("things", {"year": 2008}) / commit.files[0]).unlink()
    disk.ensure(YEARLY, {"year": 2008}, {}, lambda _: rows(2))
    assert numbers(disk) == [2]


def test_files_are_on_the_disk_before_the_pointer_and_the_pointer_before_its_name(
    disk: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a power cut leaves cannot be seen from here, but what was brought to the disk, and in which order, can."""
    seen: list[str] = []
    sync, rename = os.fsync, os.replace
    folder = disk.folder("things", {"year": 2008})

    def synced(handle: int) -> None:
        kinds = {folder.stat().st_ino: "folder", **{f.stat().st_ino: f.suffix for f in folder.iterdir()}}
        seen.append(kinds[os.fstat(handle).st_ino])
        sync(handle)

    def renamed(old: Path, new: Path) -> None:
        seen.append("rename")
        rename(old, new)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    disk.write(YEARLY, [rows(1), rows(2)], {"year": 2008})
    assert seen == [".parquet", ".parquet", "folder", ".tmp", "rename", "folder"]
