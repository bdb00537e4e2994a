"""BTS archives against a server that misbehaves: the right data or one clear error, never a kept bad file."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from sources_samples import (
    BUSY,
    HTML,
    Answers,
    Upstreams,
    broken_off,
    bts_csv,
    bts_zip,
    kept_files,
    zipped,
)
from werkzeug import Request, Response

from aeroflux_assets.errors import NotPublishedError, SourceError
from aeroflux_assets.sources import bts
from aeroflux_assets.sources.cache import Manifest, sha256_of
from aeroflux_assets.sources.transfer import side_by_side
from aeroflux_assets.sources.upstream import BTS_HOST, Retry, Upstream
from aeroflux_assets.years import Month

JUNE = Month(2024, 6)
GOOD = bts_zip(2024, 6)


@pytest.fixture
def live(httpserver: HTTPServer, tmp_path: Path) -> Upstreams:
    return Upstreams(httpserver, tmp_path / "cache")


def serve_june(live: Upstreams, *answers: object) -> Answers:
    return live.serve(BTS_HOST, bts.month_path(JUNE), *answers)


def test_a_month_is_kept_with_its_line_in_the_manifest(live: Upstreams) -> None:
    serve_june(live, GOOD)
    got = bts.fetch_month(live.upstream, JUNE)
    assert got.path == live.upstream.cache / BTS_HOST / bts.month_path(JUNE)
    assert got.path.read_bytes() == GOOD
    assert (got.rows, got.bytes, got.sha256) == (3, len(GOOD), sha256_of(got.path))
    assert got.address.startswith("http://")
    assert got.address.endswith("present_2024_6.zip")
    assert got.fetched_at == "2026-11-20T12:00:00+00:00"
    assert Manifest(live.upstream.cache).get(got.address) == got
    assert live.pauses == []


def test_a_rerun_asks_for_nothing_and_refresh_asks_again(live: Upstreams) -> None:
    seen = serve_june(live, GOOD, bts_zip(2024, 6, rows=5)).seen
    first = bts.fetch_month(live.upstream, JUNE)
    assert bts.fetch_month(live.upstream, JUNE) == first
    assert len(seen) == 1
    assert bts.fetch_month(live.upstream, JUNE, refresh=True).rows == 5
    assert len(seen) == 2


def test_a_refresh_that_fails_leaves_the_old_file(live: Upstreams) -> None:
    serve_june(live, GOOD, HTML)
    first = bts.fetch_month(live.upstream, JUNE)
    with pytest.raises(SourceError):
        bts.fetch_month(live.upstream, JUNE, refresh=True)
    assert first.path.read_bytes() == GOOD
    assert bts.fetch_month(live.upstream, JUNE) == first


def test_a_refresh_that_is_answered_404_keeps_the_month_and_says_so(live: Upstreams) -> None:
    gone, july = Response("gone", status=404), Month(2024, 7)
    seen = serve_june(live, GOOD, gone).seen
    live.serve(BTS_HOST, bts.month_path(july), gone)
    (first,) = bts.fetch_months(live.upstream, [JUNE]).files.values()
    said: list[str] = []
    report = bts.fetch_months(live.upstream, [JUNE, july], refresh=True, progress=said.append)
    assert len(seen) == 2
    assert report.files == {JUNE: first}
    assert (report.kept, report.not_published) == ((JUNE,), (july,))
    (line,) = [line for line in said if "is kept" in line]
    assert first.address in line
    assert "HTTP 404" in line


def test_a_cached_file_that_was_changed_is_fetched_again(live: Upstreams) -> None:
    seen = serve_june(live, GOOD).seen
    bts.fetch_month(live.upstream, JUNE).path.write_bytes(b"spoilt")
    assert bts.fetch_month(live.upstream, JUNE).path.read_bytes() == GOOD
    assert len(seen) == 2


def test_the_old_header_names_are_accepted(live: Upstreams) -> None:
    serve_june(live, bts_zip(2024, 6, old=True))
    assert bts.fetch_month(live.upstream, JUNE).rows == 3


FLEETING = {
    "html with status 200": HTML,
    "truncated zip": GOOD[: len(GOOD) // 2],
    "connection cut short": broken_off(GOOD),
    "damaged inside": GOOD[:200] + bytes(40) + GOOD[240:],
    "empty body": b"",
    "503": BUSY,
    "500": Response("oops", status=500),
    "429": Response("slow down", status=429),
}


@pytest.mark.parametrize("fault", FLEETING.values(), ids=FLEETING.keys())
def test_a_fault_that_passes_ends_in_the_right_data(live: Upstreams, fault: object) -> None:
    seen = serve_june(live, fault, fault, GOOD).seen
    assert bts.fetch_month(live.upstream, JUNE).path.read_bytes() == GOOD
    assert len(seen) == 3
    assert live.pauses == [2.0, 4.0]
    assert kept_files(live.upstream.cache) == [f"{BTS_HOST}/{bts.month_path(JUNE)}"]


@pytest.mark.parametrize("fault", FLEETING.values(), ids=FLEETING.keys())
def test_a_fault_that_stays_ends_in_one_clear_error(live: Upstreams, fault: object) -> None:
    seen = serve_june(live, fault).seen
    with pytest.raises(SourceError, match=r"present_2024_6\.zip: given up after 6 tries; the last fault: "):
        bts.fetch_month(live.upstream, JUNE)
    assert len(seen) == 6
    assert live.pauses == [2.0, 4.0, 8.0, 16.0, 32.0]
    assert kept_files(live.upstream.cache) == []


def test_a_server_that_names_its_pause_is_heard(live: Upstreams) -> None:
    asks = Response("busy", status=503, headers={"Retry-After": "20"})
    hour = Response("busy", status=503, headers={"Retry-After": "3600"})
    serve_june(live, asks, hour, GOOD)
    bts.fetch_month(live.upstream, JUNE)
    assert live.pauses == [20.0, 64.0]


def test_a_month_that_is_not_published_is_not_asked_for_twice(live: Upstreams) -> None:
    seen = serve_june(live, Response("gone", status=404)).seen
    with pytest.raises(NotPublishedError, match=r"BTS month 2024-06 is not published.*4 to 10 weeks"):
        bts.fetch_month(live.upstream, JUNE)
    assert len(seen) == 1
    assert live.pauses == []


FINAL = {
    "wrong month inside": (bts_zip(2024, 5), "first row is of 2024-5, not of 2024-06"),
    "wrong year inside": (bts_zip(2023, 6), "first row is of 2023-6, not of 2024-06"),
    "column missing": (bts_zip(2024, 6, drop="Tail_Number"), "columns missing from the header: Tail_Number"),
    "no rows": (bts_zip(2024, 6, rows=0), "no data rows"),
    "no csv": (zipped({"readme.html": b"<p>"}), "0 CSV files inside"),
    "two csv": (zipped({"a.csv": bts_csv(2024, 6), "b.csv": b"x"}), "2 CSV files inside"),
    "400 with explanation": (
        Response("<html><h1>Bad</h1> no such <b>field</b></html>", status=400),
        "HTTP 400.*Bad no such field",
    ),
}


@pytest.mark.parametrize(("answer", "text"), FINAL.values(), ids=FINAL.keys())
def test_what_another_try_cannot_mend_is_refused_at_once(live: Upstreams, answer: object, text: str) -> None:
    seen = serve_june(live, answer).seen
    with pytest.raises(SourceError, match=text):
        bts.fetch_month(live.upstream, JUNE)
    assert len(seen) == 1
    assert kept_files(live.upstream.cache) == []


def test_a_server_that_does_not_answer_is_given_up(httpserver: HTTPServer, tmp_path: Path) -> None:
    live = Upstreams(httpserver, tmp_path, Retry(tries=2, read_s=0.1))

    def silent(request: Request) -> Response:
        time.sleep(0.3)
        return Response(GOOD)

    serve_june(live, silent)
    with pytest.raises(SourceError, match=r"after 2 tries.*[Tt]imed? ?out"):
        bts.fetch_month(live.upstream, JUNE)
    assert kept_files(tmp_path) == []


def test_a_server_that_drips_is_given_up_too(httpserver: HTTPServer, tmp_path: Path) -> None:
    live = Upstreams(httpserver, tmp_path, Retry(tries=2, read_s=5.0, total_s=0.2))

    def drip(request: Request) -> Response:
        def body() -> Iterator[bytes]:
            for _ in range(8):
                time.sleep(0.05)
                yield b"P"

        return Response(body())

    serve_june(live, drip)
    with pytest.raises(SourceError, match=r"still sending after 0\.2 s"):
        bts.fetch_month(live.upstream, JUNE)
    assert kept_files(tmp_path) == []


def test_months_come_side_by_side_and_missing_ones_are_reported(live: Upstreams) -> None:
    months = [Month(2024, n) for n in (1, 2, 3)]
    for month in months[:2]:
        live.serve(BTS_HOST, bts.month_path(month), bts_zip(2024, month.month))
    live.serve(BTS_HOST, bts.month_path(months[2]), Response("", status=404))
    said: list[str] = []
    report = bts.fetch_months(live.upstream, reversed(months), progress=said.append)
    assert list(report.files) == months[:2]
    assert report.not_published == (months[2],)
    assert len(said) == 3
    assert "BTS months" in said[0]


def test_one_bad_month_is_named_and_the_others_stay(live: Upstreams) -> None:
    live.serve(BTS_HOST, bts.month_path(Month(2024, 1)), bts_zip(2024, 1))
    seen = live.serve(BTS_HOST, bts.month_path(Month(2024, 2)), bts_zip(2023, 2), bts_zip(2024, 2)).seen
    months = [Month(2024, 1), Month(2024, 2)]
    with pytest.raises(SourceError, match=r"1 failed, 1 are there.*2024-02"):
        bts.fetch_months(live.upstream, months)
    assert list(bts.fetch_months(live.upstream, months).files) == months
    assert len(seen) == 2


def test_a_host_that_is_down_is_not_asked_for_every_file(tmp_path: Path) -> None:
    upstream = Upstream({BTS_HOST: "x"}, tmp_path, parallel=1)

    def down(key: int) -> int:
        raise SourceError("down")

    batch = side_by_side(upstream, range(100), down, what="files")
    assert len(batch.failed) == 3
    assert batch.skipped == 97
    with pytest.raises(SourceError, match="97 more were not tried"):
        batch.raise_failures("files")


def test_no_more_requests_than_the_polite_limit_run_at_once(tmp_path: Path) -> None:
    upstream = Upstream({}, tmp_path, parallel=3)
    lock, now, most = threading.Lock(), 0, 0

    def work(key: int) -> int:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.01)
        with lock:
            now -= 1
        return key

    assert list(side_by_side(upstream, range(20), work, what="files").done) == list(range(20))
    assert most == 3


def test_published_months_over_http_are_asked_by_head(live: Upstreams) -> None:
    missing = Response("", status=404)
    for number in range(1, 13):
        answer = b"" if number < 9 else missing
        live.serve(BTS_HOST, bts.month_path(Month(2026, number)), *([BUSY] if number == 1 else []), answer)
    assert bts.published_months(live.upstream, 2026) == tuple(Month(2026, n) for n in range(1, 9))
    methods = {request.method for request, _ in live.server.log}
    asked = {request.path for request, _ in live.server.log}
    assert methods == {"HEAD"}
    # The clock stands in November 2026: this month and later ones cannot be out yet.
    assert len(asked) == 10


def test_an_error_page_is_not_a_published_month(live: Upstreams) -> None:
    for number in range(1, 13):
        live.serve(BTS_HOST, bts.month_path(Month(2024, number)), HTML)
    with pytest.raises(SourceError, match="web page"):
        bts.published_months(live.upstream, 2024)


class TestFolder:
    """A folder source: files are used in place, and still verified."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "mirror" / "PREZIP").mkdir(parents=True)
        return tmp_path / "mirror"

    @pytest.fixture
    def local(self, folder: Path, tmp_path: Path) -> Upstream:
        return Upstream({BTS_HOST: str(folder)}, tmp_path / "cache")

    def test_a_file_is_used_in_place_and_recorded(self, folder: Path, local: Upstream) -> None:
        path = folder / bts.month_path(JUNE)
        path.write_bytes(GOOD)
        assert bts.published_months(local, 2024) == (JUNE,)
        got = bts.fetch_month(local, JUNE)
        assert (got.path, got.rows) == (path, 3)
        assert kept_files(local.cache) == []
        assert Manifest(local.cache).entries() == [got]

    def test_it_is_verified_again_only_after_a_change(
        self, folder: Path, local: Upstream, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = folder / bts.month_path(JUNE)
        path.write_bytes(GOOD)
        verified: list[Path] = []
        real = bts.verify_zip
        monkeypatch.setattr(bts, "verify_zip", lambda p, m: verified.append(p) or real(p, m))
        bts.fetch_month(local, JUNE)
        bts.fetch_month(local, JUNE)
        assert len(verified) == 1
        path.write_bytes(bts_zip(2024, 6, rows=4))
        assert bts.fetch_month(local, JUNE).rows == 4
        assert len(verified) == 2

    def test_a_bad_file_is_refused_by_its_path(self, folder: Path, local: Upstream) -> None:
        path = folder / bts.month_path(JUNE)
        path.write_bytes(GOOD[:300])
        with pytest.raises(
            SourceError, match=r"mirror/PREZIP.*not a whole zip.*put a good copy in its place"
        ):
            bts.fetch_month(local, JUNE)
        with pytest.raises(NotPublishedError):
            bts.fetch_month(local, replace(JUNE, month=7))


@pytest.mark.mirror
def test_the_mirrors_real_months(mirror: Path, tmp_path: Path) -> None:
    upstream = Upstream({BTS_HOST: str(mirror / BTS_HOST)}, tmp_path)
    there = bts.published_months(upstream, 2015) + bts.published_months(upstream, 2024)
    report = bts.fetch_months(upstream, [*there, Month(2024, 10)])
    assert {str(month): file.rows for month, file in report.files.items()} == {
        "2015-01": 46_125,
        "2024-09": 94_217,
    }
    assert report.not_published == (Month(2024, 10),)
