"""What every test may ask for."""

import logging
import os
import sys
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from aeroflux_assets.settings import Settings
from aeroflux_assets.simulated.write import write_upstream

MAIN = sys.modules["__main__"]


@pytest.fixture(scope="session")
def mirror() -> Path:
    """The folder of real upstream rows: AEROFLUX_MIRROR, else ../shared/mirror beside the repository."""
    named = os.environ.get("AEROFLUX_MIRROR", "").strip()
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "mirror"
    if not folder.is_dir():
        pytest.skip(f"no real rows here: {folder} is not a folder (set AEROFLUX_MIRROR to a mirror's path)")
    return folder


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the settings of the person who runs it."""
    for name in list(os.environ):
        if name.startswith(("AEROFLUX_", "AWS_", "DAGSTER_")) and name != "AEROFLUX_MIRROR":
            monkeypatch.delenv(name)
    return


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of a server on loopback that speaks S3."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_server: str, _own_environment: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty bucket of that server, with an environment that reaches it."""
    for name, value in {
        "AWS_ENDPOINT_URL": s3_server,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
    }.items():
        monkeypatch.setenv(name, value)
    name = f"b{uuid.uuid4().hex}"
    urllib.request.urlopen(urllib.request.Request(f"{s3_server}/{name}", method="PUT")).close()
    return f"s3://{name}"


SMALL_YEARS = (2021, 2022, 2023)


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Three simulated years of 20 flights a day: enough for every room, small enough for every test run."""
    data = tmp_path_factory.mktemp("small-world")
    write_upstream(data / "simulated", SMALL_YEARS, flights_per_day=20, seed=11)
    return Settings(years=SMALL_YEARS, data=data, cutoffs=("T-0", "T-2h"), flights_per_day=20, seed=11)


@pytest.fixture(autouse=True)
def main_module_stays() -> Iterator[None]:
    """AppTest leaves a page's script as `__main__`; a process spawned later would run that page first."""
    sys.modules["__main__"] = MAIN
    yield
    sys.modules["__main__"] = MAIN
