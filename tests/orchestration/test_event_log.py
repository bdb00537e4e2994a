"""The history of `aeroflux run`: Dagster's own files, written through connections that stay open."""

import multiprocessing
import os
import signal
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from aeroflux_assets.defs.event_log import KEPT_FILES, KeptEventLog
from aeroflux_assets.defs.instance import instance_of_home

YEARS = dg.StaticPartitionsDefinition(["2019", "2020"])
KEY = dg.AssetKey("table")


@dg.asset(partitions_def=YEARS, check_specs=[dg.AssetCheckSpec("whole", asset="table")])
def table(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    yield dg.MaterializeResult(
        metadata={"rows": 7}, check_results=[dg.AssetCheckResult(passed=context.partition_key == "2019")]
    )


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.delenv("DAGSTER_POSTGRES_URL", raising=False)
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    return tmp_path


def _made(instance: dg.DagsterInstance, year: str) -> str:
    return dg.materialize([table], partition_key=year, instance=instance).run_id


def _lines(instance: dg.DagsterInstance, run_id: str) -> list[tuple[str, str | None]]:
    return [(entry.message, entry.step_key) for entry in instance.all_logs(run_id)]


def _open_files(below: Path) -> list[str]:
    names = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return [name for name in names if name.startswith(str(below))]


def test_dagster_reads_the_history_as_its_own(home: Path) -> None:
    with instance_of_home() as instance:
        assert isinstance(instance.event_log_storage, KeptEventLog)
        run_id = _made(instance, "2020")
        written = _lines(instance, run_id)

    with dg.DagsterInstance.get() as plain:
        assert type(plain.event_log_storage) is not KeptEventLog
        assert _lines(plain, run_id) == written
        assert len(written) > 5
        assert plain.get_materialized_partitions(KEY) == {"2020"}
        [check] = plain.event_log_storage.get_asset_check_execution_history(
            dg.AssetCheckKey(KEY, "whole"), limit=5
        )
        assert check.run_id == run_id
        assert check.status.value == "FAILED"


def test_it_goes_on_with_what_dagster_wrote(home: Path) -> None:
    with dg.DagsterInstance.get() as plain:
        _made(plain, "2019")

    with instance_of_home() as instance:
        _made(instance, "2020")
        assert instance.get_materialized_partitions(KEY) == {"2019", "2020"}


def test_files_of_past_runs_are_closed_and_all_at_the_end(home: Path) -> None:
    with instance_of_home() as instance:
        for _ in range(KEPT_FILES + 3):
            _made(instance, "2019")
        runs = {name for name in _open_files(home / "history" / "runs") if name.endswith(".db")}
        assert 2 <= len(runs) <= KEPT_FILES

    assert _open_files(home / "history" / "runs") == []


def test_threads_and_a_server_write_side_by_side(home: Path) -> None:
    def report(each: dg.DagsterInstance, year: str) -> None:
        for number in range(5):
            each.report_runless_asset_event(
                dg.AssetMaterialization(KEY, partition=year, metadata={"n": number})
            )

    with instance_of_home() as instance, dg.DagsterInstance.get() as server:
        writers = [
            threading.Thread(target=report, args=(each, year))
            for each in (instance, instance, server)
            for year in ("2019", "2020")
        ]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()

        assert len(instance.fetch_materializations(KEY, limit=50).records) == 5 * len(writers)


def _make_and_die() -> None:
    with instance_of_home() as instance:
        _made(instance, "2019")
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_process_loses_no_event(home: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_make_and_die)
    process.start()
    process.join()

    assert process.exitcode == -signal.SIGKILL
    with dg.DagsterInstance.get() as plain:
        assert plain.get_materialized_partitions(KEY) == {"2019"}
        [run] = plain.get_runs()
        assert _lines(plain, run.run_id)[-1][0].startswith("Finished execution of run")


def test_wiped_it_starts_anew(home: Path) -> None:
    with instance_of_home() as instance:
        _made(instance, "2019")
        instance.event_log_storage.wipe()
        assert instance.get_materialized_partitions(KEY) == set()
        _made(instance, "2020")
        assert instance.get_materialized_partitions(KEY) == {"2020"}


def test_an_event_takes_a_fraction_of_the_connections(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not timed: Dagster opens a file for each statement."""
    opened: list[str] = []
    connect = sqlite3.dbapi2.connect

    def counted(*args: Any, **options: Any) -> sqlite3.Connection:
        opened.append(str(args[0]))
        return connect(*args, **options)

    monkeypatch.setattr(sqlite3.dbapi2, "connect", counted)
    counts = {}
    for name, make in (("kept", instance_of_home), ("plain", dg.DagsterInstance.get)):
        with make() as instance:
            _made(instance, "2019")
            opened.clear()
            _made(instance, "2020")
            counts[name] = sum("/history/runs/" in file for file in opened)

    assert 0 < counts["kept"] < counts["plain"] / 5
