"""The servers that people open: the dashboard and the Dagster UI, as children that end with us."""

import contextlib
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
LAST_PORT = 65535
START_S = 120
# How long a server may take to end before it is told again.
END_S = 8
LOOK_S = 0.25
_SIGNS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TITLES = {"dashboard": "dashboard", "dagster": "Dagster UI"}


def free_port(wanted: int) -> int:
    """The wanted port of localhost, or the next one that nobody listens on."""
    last = min(wanted + 49, LAST_PORT)
    for port in range(wanted, last + 1):
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) != 0:
                return port
    raise SettingsError(f"no free port from {wanted} to {last} on {HOST}")


def _command(name: str, root: Path, port: int) -> list[str]:
    if name == "dashboard":
        page = str(root / "dashboard" / "streamlit_app.py")
        options = ["--server.address", HOST, "--server.port", str(port), "--server.headless", "true"]
        return [sys.executable, "-m", "streamlit", "run", page, *options]
    workspace = str(root / "workspace.yaml")
    # `dagster dev` starts the web server, the daemon (backfills, sensors) and the code server together.
    return [sys.executable, "-m", "dagster", "dev", "-w", workspace, "-h", HOST, "-p", str(port)]


class _Asked:
    """Whether the end was asked for: Ctrl-C, SIGTERM, or SIGHUP of a terminal that was closed.

    A flag that is looked at, and no exception: it cannot strike between the start of a server and its entry in the list
    of those to end, nor while they are being ended. What whoever started us chose to ignore (nohup) stays ignored.
    """

    def __init__(self) -> None:
        self.to_end = False

    def __enter__(self) -> "_Asked":
        ignored = {sign for sign in _SIGNS if signal.getsignal(sign) is signal.SIG_IGN}
        self._before = {sign: signal.signal(sign, self._note) for sign in _SIGNS if sign not in ignored}
        return self

    def __exit__(self, *_: object) -> None:
        for sign, handler in self._before.items():
            signal.signal(sign, handler)

    def _note(self, *_: object) -> None:
        self.to_end = True


def serve(settings: Settings, root: Path, home: Path, ports: dict[str, int]) -> None:
    """Start the servers (name to port), say their addresses once they answer, and wait until the end is asked for.

    root: the repository, with workspace.yaml and .streamlit/. home: Dagster's instance folder.
    Raises SettingsError where one does not start, AerofluxError where one ends by itself; the others are ended first.
    """
    if not ports:
        raise SettingsError("--only: allowed are both, dashboard and dagster")
    # The children run in the repository: paths relative to where one stands must not change their meaning.
    env = {**os.environ, **settings.environment(), "DAGSTER_HOME": str(home), "PYTHONWARNINGS": "ignore"}
    children: list[subprocess.Popen[bytes]] = []
    with _Asked() as asked:
        try:
            for name, wanted in ports.items():
                port = free_port(wanted)
                log = home / f"{name}.log"
                with log.open("w") as out:
                    # A session of its own: the whole group can be ended, code server included.
                    child = subprocess.Popen(
                        _command(name, root, port),
                        cwd=root,
                        env=env,
                        stdout=out,
                        stderr=out,
                        start_new_session=True,
                    )
                children.append(child)
                if not _answers(child, port, log, asked):
                    return
                print(f"{TITLES[name]:12s} http://localhost:{port}", flush=True)  # noqa: T201
            print("press Ctrl-C to stop", flush=True)  # noqa: T201
            while all(child.poll() is None for child in children):
                if asked.to_end:
                    return
                time.sleep(LOOK_S)
            raise AerofluxError(
                f"a server ended by itself; the logs are {home}/dashboard.log and {home}/dagster.log"
            )
        finally:
            _end(children)


def _answers(child: subprocess.Popen[bytes], port: int, log: Path, asked: _Asked) -> bool:
    """Wait until a server answers: True; False where the end was asked for first."""
    until = time.monotonic() + START_S
    while time.monotonic() < until and not asked.to_end:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return True
        if child.poll() is not None:
            break
        time.sleep(LOOK_S)
    if asked.to_end:
        return False
    raise SettingsError(f"the server on port {port} did not start; its log is {log}")


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    """End every child with its group: all are signalled before any is waited for, harder each time."""
    left = children
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        for child in left:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, sign)
        until = time.monotonic() + END_S
        for child in left:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=max(until - time.monotonic(), 0))
        left = [child for child in left if child.poll() is None]
