"""What a real server's wire format can do to a download: chunks, compression, and both cut off."""

import gzip
import os
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aeroflux_assets.errors import SourceError
from aeroflux_assets.sources.transfer import TransientError, fetch
from aeroflux_assets.sources.upstream import Retry, Upstream

BODY = b"station,value\n" + b"72000099001,1\n" * 20_000


def chunked(data: bytes, size: int = 1000) -> bytes:
    parts = [data[i : i + size] for i in range(0, len(data), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def head(*lines: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", "Connection: close", *lines, "", ""]).encode()


@contextmanager
def server(answer: bytes) -> Iterator[str]:
    """A server on loopback that writes exactly these bytes to whoever asks."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as tcp:
        thread = threading.Thread(target=tcp.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{tcp.server_address[1]}"
        finally:
            tcp.shutdown()
            thread.join()


def get(base: str, cache: Path) -> bytes:
    upstream = Upstream({"host": base}, cache, retry=Retry(tries=2, read_s=5.0), sleep=lambda seconds: None)
    return fetch(upstream, "host", "file.csv", lambda path: None).path.read_bytes()


WHOLE = {
    "chunked": head("Transfer-Encoding: chunked") + chunked(BODY),
    "gzip": head("Content-Encoding: gzip") + gzip.compress(BODY),
    "chunked gzip": head("Transfer-Encoding: chunked", "Content-Encoding: gzip")
    + chunked(gzip.compress(BODY), 64),
    "to the end of the connection": head() + BODY,
}
CUT = {
    "chunked": WHOLE["chunked"][:-5000],
    "chunked gzip": WHOLE["chunked gzip"][:-200],
    "length": head(f"Content-Length: {len(BODY)}") + BODY[:-1],
    "not http": b"what?\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("answer", WHOLE.values(), ids=WHOLE.keys())
def test_every_way_of_sending_gives_the_same_bytes(tmp_path: Path, answer: bytes) -> None:
    with server(answer) as base:
        assert get(base, tmp_path) == BODY


@pytest.mark.parametrize("answer", CUT.values(), ids=CUT.keys())
def test_a_transfer_that_is_cut_is_never_kept(tmp_path: Path, answer: bytes) -> None:
    with server(answer) as base, pytest.raises(SourceError, match="given up after 2 tries") as caught:
        get(base, tmp_path)
    assert isinstance(caught.value.__cause__, TransientError)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def left_behind(cache: Path, name: str, age_s: float) -> Path:
    """A file as a killed download leaves it, last written to so many seconds ago."""
    part = cache / "host" / name
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_bytes(b"JANE OWNER, 1 SECRET ST")
    os.utime(part, (time.time() - age_s,) * 2)
    return part


def test_what_killed_downloads_left_is_removed_even_where_the_file_is_there(tmp_path: Path) -> None:
    total_s = Retry().total_s
    before = left_behind(tmp_path, ".file.csv.00.part", total_s + 60)
    with server(WHOLE["chunked"]) as base:
        get(base, tmp_path)
        assert not before.exists()
        after = [
            left_behind(tmp_path, f".file.csv.{end}", total_s + 60) for end in ("11.part", "22.reduced.part")
        ]
        living = left_behind(tmp_path, ".file.csv.33.part", total_s - 60)
        another = left_behind(tmp_path, ".other.csv.44.part", total_s + 60)
        assert get(base, tmp_path) == BODY
    assert [path.exists() for path in (*after, living, another)] == [False, False, True, True]


def test_a_host_that_refuses_connections_is_given_up(tmp_path: Path) -> None:
    with server(b"") as base:
        pass
    with pytest.raises(SourceError, match="given up after 2 tries; the last fault: ConnectionError"):
        get(base, tmp_path)
