"""The real server and a real browser, shared by the tests that drive the pages as a reader does."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# A machine under load takes its time; what is there sooner is not waited for.
PATIENCE_MS = 45_000

MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path: install chromium to run this"),
    # Playwright's own threads and pipes, closed after the interpreter looks.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@dataclass
class Desk:
    """A server, the lake that it shows, and a browser. outside: what pages asked of the network, which is nothing."""

    url: str
    shown: Path
    context: Any
    outside: list[str] = field(default_factory=list)

    def show(self, data: Path) -> None:
        """Let the server show another data folder from the next run of a page on."""
        link = self.shown.with_suffix(".next")
        link.symlink_to(data, target_is_directory=True)
        os.replace(link, self.shown)

    def open(self, address: str, *, width: int = 1280, height: int = 800) -> Any:
        """A session of its own, as of a reader who was sent the address, once it is drawn."""
        page = self.context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.on("request", lambda asked: self.outside.append(asked.url) if _is_outside(asked.url) else None)
        page.goto(f"{self.url}{address}")
        page.locator("h1").first.wait_for()  # before it the server has not begun to draw
        drawn(page)
        return page


def drawn(page: Any) -> None:
    """Wait until the server has nothing more to draw, and fail where it drew an exception."""
    page.locator('[data-test-script-state="notRunning"]').first.wait_for()
    exceptions = page.locator("[data-testid=stException]")
    assert exceptions.count() == 0, exceptions.first.inner_text()


def metric(page: Any, label: str) -> str:
    """The value of the metric with a label."""
    cell = page.locator("[data-testid=stMetric]").filter(has=page.get_by_text(label, exact=True)).first
    return str(cell.locator("[data-testid=stMetricValue]").inner_text()).strip()


def until(page: Any, seen: Callable[[], Any], wanted: Any) -> None:
    """Wait until the page shows what is wanted; what it shows instead is in the failure."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while (now := seen()) != wanted:
        assert time.monotonic() < deadline, f"{now} is shown, not {wanted}"
        page.wait_for_timeout(100)


@contextmanager
def running(shown: Path, log: Path) -> Iterator[str]:
    """The address of a server over the data folder `shown`; its process group ends with the block."""
    port = _free_port()
    env = {key: value for key, value in os.environ.items() if not key.startswith("AEROFLUX_")}
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "dashboard/streamlit_app.py",
        "--server.port",
        str(port),
    ]
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**env, "AEROFLUX_DATA": str(shown)},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _wait_for(f"http://localhost:{port}/_stcore/health", process, log)
        yield f"http://localhost:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)


def _free_port() -> int:
    with socket.socket() as each:
        each.bind(("127.0.0.1", 0))
        return int(each.getsockname()[1])


def _wait_for(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    pytest.fail(f"the server did not start:\n{log.read_text()}")


def _is_outside(url: str) -> bool:
    return not url.startswith(("http://localhost:", "ws://localhost:", "data:", "blob:"))
