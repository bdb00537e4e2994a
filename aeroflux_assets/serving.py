"""The servers that people open: the dashboard and the Dagster UI, as children that end with us."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from aeroflux_assets.errors import AerofluxError, SettingsError
from aeroflux_assets.settings import Settings

HOST = "127.0.0.1"
START_S = 120
TITLES = {"dashboard": "dashboard", "dagster": "Dagster UI"}


def free_port(wanted: int) -> int:
    """The wanted port of localhost, or the next one that nobody listens on."""
    for port in range(wanted, wanted + 50):
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) != 0:
                return port
    raise SettingsError(f"no free port from {wanted} to {wanted + 49} on {HOST}")


def _command(name: str, root: Path, port: int) -> list[str]:
    if name == "dashboard":
        page = str(root / "dashboard" / "streamlit_app.py")
        options = ["--server.address", HOST, "--server.port", str(port), "--server.headless", "true"]
        return [sys.executable, "-m", "streamlit", "run", page, *options]
    workspace = str(root / "workspace.yaml")
    # `dagster dev` starts the web server, the daemon (backfills, sensors) and the code server together.
    return [sys.executable, "-m", "dagster", "dev", "-w", workspace, "-h", HOST, "-p", str(port)]


def serve(settings: Settings, root: Path, home: Path, ports: dict[str, int]) -> None:
    """Start the servers (name to port), say their addresses once they answer, and wait for an interrupt.

    root: the repository, with workspace.yaml and .streamlit/. home: Dagster's instance folder.
    """
    if not ports:
        raise SettingsError("--only: allowed are both, dashboard and dagster")
    # The children run in the repository: paths relative to where one stands must not change their meaning.
    env = {**os.environ, **settings.environment(), "DAGSTER_HOME": str(home), "PYTHONWARNINGS": "ignore"}
    children = []
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        for name, wanted in ports.items():
            port = free_port(wanted)
            log = (home / f"{name}.log").open("w")
            # A session of its own: the whole group can be ended, code server included.
            child = subprocess.Popen(
                _command(name, root, port), cwd=root, env=env, stdout=log, stderr=log, start_new_session=True
            )
            children.append(child)
            _await(child, port, home / f"{name}.log")
            print(f"{TITLES[name]:12s} http://localhost:{port}", flush=True)  # noqa: T201
        print("press Ctrl-C to stop", flush=True)  # noqa: T201
        while all(child.poll() is None for child in children):
            time.sleep(0.5)
        raise AerofluxError(
            f"a server ended by itself; the logs are {home}/dashboard.log and {home}/dagster.log"
        )
    except KeyboardInterrupt:
        pass
    finally:
        for child in children:
            _end(child)


def _await(child: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(START_S * 2):
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        if child.poll() is not None:
            break
        time.sleep(0.5)
    raise SettingsError(f"the server on port {port} did not start; its log is {log}")


def _end(child: subprocess.Popen[bytes]) -> None:
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        if child.poll() is not None and sign is not signal.SIGINT:
            return
        try:
            os.killpg(child.pid, sign)
        except ProcessLookupError:
            return
        try:
            child.wait(timeout=8)
        except subprocess.TimeoutExpired:
            continue
