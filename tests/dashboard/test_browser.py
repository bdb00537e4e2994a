"""The real server in a real browser: a flight is looked up, and nothing is asked of the network."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path: install chromium to run this"),
    # Playwright's own threads and pipes, closed after the interpreter looks.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def _free_port() -> int:
    with socket.socket() as each:
        each.bind(("127.0.0.1", 0))
        return int(each.getsockname()[1])


@pytest.fixture(scope="module")
def server(whole_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server over the whole tiny lake; its process group ends with the test."""
    port = _free_port()
    env = {key: value for key, value in os.environ.items() if not key.startswith("AEROFLUX_")}
    log = tmp_path_factory.mktemp("server") / "log.txt"
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
            env={**env, "AEROFLUX_DATA": str(whole_data)},
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


def _wait_for(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    pytest.fail(f"the server did not start:\n{log.read_text()}")


def test_a_flight_is_looked_up_in_a_browser(server: str) -> None:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    outside: list[str] = []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.on("request", lambda asked: outside.append(asked.url) if _is_outside(asked.url) else None)
        page.goto(f"{server}/?cutoff=T-2h")
        page.get_by_role("heading", name="Overview").wait_for(timeout=30_000)
        # A click while the first page is still being drawn would overtake the filters that it takes from the address.
        page.locator('[data-test-script-state="notRunning"]').first.wait_for(timeout=30_000)
        page.get_by_role("link", name="Flight lookup").click()
        page.get_by_label("Tail").fill("8731a")
        page.get_by_role("button", name="Look up").click()
        page.get_by_role("heading", name="WN123 ORD → LAX").wait_for(timeout=30_000)
        page.get_by_text("no inbound leg that the schedule").wait_for(timeout=30_000)
        page.locator("[data-testid=stDeckGlJsonChart] canvas").first.wait_for(timeout=30_000)
        page.wait_for_url("**/lookup?*cutoff=T-2h*", timeout=30_000)
        address = page.url
        # What was found can be sent to someone: the address alone finds it again, cutoff and all.
        again = browser.new_page()
        again.goto(address)
        again.get_by_role("heading", name="WN123 ORD → LAX").wait_for(timeout=30_000)
        assert page.locator("[data-testid=stException]").count() == 0
        browser.close()
    assert "tail=8731a" in address
    assert "cutoff=T-2h" in address
    assert outside == []


def test_the_pages_of_flights_open_by_their_address(server: str) -> None:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    outside: list[str] = []
    addresses = {
        "/tail?tail=n101dl&date=2024-06-10": "Where the minutes came from",
        "/tail?tail=N8731A&date=2024-06-10&span=Week": "Gate to gate",
        "/worklist?moment_day=2024-06-10&moment_time=12:00": "By risk",
        "/health": "What is made",
    }
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        page = browser.new_page(viewport={"width": 820, "height": 1180})
        page.on("request", lambda asked: outside.append(asked.url) if _is_outside(asked.url) else None)
        for address, title in addresses.items():
            page.goto(f"{server}{address}")
            page.get_by_role("heading", name=title).wait_for(timeout=30_000)
            page.locator('[data-test-script-state="notRunning"]').first.wait_for(timeout=30_000)
            page.locator(".js-plotly-plot").first.wait_for(timeout=30_000)
            assert page.locator("[data-testid=stException]").count() == 0, address
            wide = "document.documentElement.scrollWidth > window.innerWidth + 1"
            assert not page.evaluate(wide), address
        # A flight of the list is hidden from hindsight by a switch, and the address says so.
        page.goto(f"{server}/worklist?moment_day=2024-06-10&moment_time=12:00")
        page.get_by_text("It left 41 min late, arrived 41 min late.").wait_for(timeout=30_000)
        page.get_by_text("Show what became of them").click()
        page.wait_for_url("**/worklist?*became=false*", timeout=30_000)
        page.get_by_text("It left 41 min late, arrived 41 min late.").wait_for(
            state="detached", timeout=30_000
        )
        browser.close()
    assert outside == []


def _is_outside(url: str) -> bool:
    return not url.startswith(("http://localhost:", "ws://localhost:", "data:", "blob:"))
