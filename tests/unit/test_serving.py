"""`aeroflux serve` ends what it started, however it is told to; its servers are stand-ins here that end slowly."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aeroflux_assets import serving
from aeroflux_assets.errors import SettingsError

# Listens on its port, leaves its process id, and takes a second and a half to end once it is told to.
SERVER = """
import os, pathlib, signal, socket, sys, time
told = []
signal.signal(signal.SIGINT, lambda *_: told.append(time.monotonic()))
place = socket.create_server(("127.0.0.1", int(sys.argv[1])))
pathlib.Path(sys.argv[2]).write_text(str(os.getpid()))
while not told or time.monotonic() < told[0] + 1.5:
    time.sleep(0.05)
    if told:
        pathlib.Path(sys.argv[2] + ".told").write_text(str(told[0]))
"""
# Whoever runs the tests may ignore these two (nohup, a background job of a script), and children inherit that.
SERVE = """
import signal, sys
from pathlib import Path
for sign in (signal.SIGINT, signal.SIGHUP):
    signal.signal(sign, signal.SIG_DFL)
from aeroflux_assets import serving
from aeroflux_assets.settings import Settings
home, server = Path(sys.argv[1]), sys.argv[2]
serving._command = lambda name, root, port: [sys.executable, "-c", server, str(port), str(home / name)]
ports = {"dashboard": int(sys.argv[3]), "dagster": int(sys.argv[4])}
serving.serve(Settings(data=home), home, home, ports)
"""
NAMES = ("dashboard", "dagster")


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def until(seen: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 30
    while not seen():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.02)


class Served:
    """A running `serve` over two stand-ins, and their process ids."""

    def __init__(self, home: Path) -> None:
        self.home = home
        ports = []
        for _ in NAMES:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                ports.append(str(probe.getsockname()[1]))
        command = [sys.executable, "-c", SERVE, str(home), SERVER, *ports]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        self.servers: list[int] = []

    def ready(self) -> None:
        assert self.process.stdout is not None
        said = iter(self.process.stdout.readline, "")
        assert any("Ctrl-C" in line for line in said)
        self.servers = [int((self.home / name).read_text()) for name in NAMES]

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()
        for file in (self.home / name for name in NAMES):
            if file.exists() and alive(int(file.read_text())):
                os.kill(int(file.read_text()), signal.SIGKILL)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    it = Served(tmp_path)
    yield it
    it.kill()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_both_servers_end_at_once_with_the_signal(served: Served, sign: signal.Signals) -> None:
    served.ready()

    served.process.send_signal(sign)

    assert served.process.wait(timeout=30) == 0
    assert [alive(server) for server in served.servers] == [False, False]
    first, second = (float((served.home / f"{name}.told").read_text()) for name in NAMES)
    assert abs(second - first) < 1.5  # the second is told before the first has ended


def test_being_told_again_while_they_end_leaves_no_server_behind(served: Served) -> None:
    served.ready()
    served.process.send_signal(signal.SIGINT)
    until(lambda: any((served.home / f"{name}.told").exists() for name in NAMES), "a server is told")

    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        served.process.send_signal(sign)

    assert served.process.wait(timeout=30) == 0
    assert [alive(server) for server in served.servers] == [False, False]


def test_being_told_while_a_server_starts_ends_it(served: Served) -> None:
    first = served.home / NAMES[0]
    until(lambda: first.exists() and bool(first.read_text()), "the first server listens")

    served.process.send_signal(signal.SIGHUP)

    assert served.process.wait(timeout=30) == 0
    started = [served.home / name for name in NAMES if (served.home / name).exists()]
    assert not [file for file in started if alive(int(file.read_text()))]


def test_a_free_port_is_never_sought_beyond_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect_ex", lambda self, where: 0)
    with pytest.raises(SettingsError, match="no free port from 65500 to 65535"):
        serving.free_port(65500)
