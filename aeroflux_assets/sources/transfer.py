"""One file from upstream into the cache: tried, verified, and only then kept.

`fetch` is the only door. Over HTTP a file is downloaded beside its place, verified there and moved in by one
rename, so the cache never holds half a file or an error page. In a folder source the file is used in place,
but verified and recorded all the same.
"""

import contextlib
import os
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import requests
import urllib3

from aeroflux_assets.errors import NotPublishedError, SourceError
from aeroflux_assets.sources.cache import Fetched, manifest_of, sha256_of
from aeroflux_assets.sources.upstream import FAA_HOST, Progress, Retry, Upstream

# Reads a file as downloaded: returns its data rows (None where not counted) or raises SourceError (final) or
# TransientError (worth another try).
Verify = Callable[[Path], int | None]
# Rewrites a verified download before it is kept (first path to second).
Reduce = Callable[[Path, Path], None]

MAX_BYTES = 2 << 30
# Named failures before a batch gives up: with a host down, hundreds of files would each wait out their tries.
MAX_FAILURES = 3
AGENT = "AeroFlux/0.1 (flight-delay research pipeline)"
# The FAA answers 403 to anything that does not look like a browser.
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
_CHUNK = 1 << 16
# A GHCNh header alone is over 6 kB long.
_HEAD = 1 << 16
_BROKEN = (requests.RequestException, urllib3.exceptions.HTTPError, ConnectionError, TimeoutError)


class TransientError(SourceError):
    """A fault that another try may mend; `after_s` is what the server asked us to wait."""

    def __init__(self, text: str, after_s: float = 0.0) -> None:
        """`text` says what went wrong; the address is added where the tries end."""
        super().__init__(text)
        self.after_s = after_s


class GivenUpError(SourceError):
    """Every try failed on a fault that might have passed; a smaller request may still get through."""


_threads = threading.local()


def _session() -> requests.Session:
    # A requests session is not meant to be shared between threads; one a thread keeps connections alive.
    session = getattr(_threads, "session", None)
    if session is None:
        session = _threads.session = requests.Session()
    return session


def fetch(
    upstream: Upstream,
    host: str,
    path: str,
    verify: Verify,
    *,
    refresh: bool = False,
    reduce: Reduce | None = None,
) -> Fetched:
    """The file `path` of `host`, verified and recorded; from the cache where it is there already.

    refresh: download again; the old file stays in place until the new one is verified.
    reduce: applied to a download (not to a folder's file) before it is kept.
    Raises NotPublishedError where upstream has no such file, SourceError where no good file could be had.
    """
    folder = upstream.folder(host)
    if folder is not None:
        return _fetch_in_place(upstream, folder / path, verify, refresh)
    address = f"{upstream.base(host)}/{path}"
    target = upstream.cache / host / path
    # Before anything else: where the file is there already, no later moment would see what a refresh left behind.
    remove_abandoned(target, upstream.retry)
    known = None if refresh else manifest_of(upstream.cache).get(address)
    if known is not None:
        return known
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")

    def once() -> int | None:
        download(upstream.retry, address, part, agent=BROWSER if host == FAA_HOST else AGENT)
        return _verified(verify, part, address)

    try:
        rows = with_retries(upstream, upstream.retry, address, once)
        if reduce is not None:
            reduced = part.with_suffix(".reduced.part")
            reduce(part, reduced)
            reduced.replace(part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
        part.with_suffix(".reduced.part").unlink(missing_ok=True)
    return record(upstream, target, address, rows)


def cached(upstream: Upstream, host: str, path: str) -> Fetched | None:
    """The verified copy of a file in the cache, as recorded; None where there is none.

    None for a folder source, too: its files are read where they are, and one that is gone from there is gone.
    """
    if upstream.folder(host) is not None:
        return None
    return manifest_of(upstream.cache).get(f"{upstream.base(host)}/{path}")


def say_kept(progress: Progress | None, known: Fetched, fault: SourceError) -> None:
    """Tell that a copy in the cache serves on because upstream did not give the file again."""
    if progress is not None:
        progress(
            f"{known.address}: the copy fetched at {known.fetched_at} is kept, for a new one was not to be had: {fault}"
        )


def remove_abandoned(target: Path, retry: Retry) -> None:
    """Remove what downloads of `target` that were killed left beside it.

    A part that was written to within `retry.total_s`, the longest that a transfer lasts, may be another process's.
    """
    # Names and no Paths: beside a station's file lie 664 others, and each of them is asked about in turn.
    try:
        beside = os.listdir(target.parent)  # noqa: PTH208
    except FileNotFoundError:
        return
    for name in beside:
        if not (name.startswith(f".{target.name}.") and name.endswith(".part")):
            continue
        part = target.with_name(name)
        with contextlib.suppress(FileNotFoundError):  # its own process, or another that fetches, was first
            if time.time() - part.stat().st_mtime > retry.total_s:
                part.unlink()


def _fetch_in_place(upstream: Upstream, path: Path, verify: Verify, refresh: bool) -> Fetched:
    manifest = manifest_of(upstream.cache)
    known = None if refresh else manifest.get(str(path))
    if known is not None:
        return known
    if not path.is_file():
        raise NotPublishedError(f"{path}: not in this folder source")
    try:
        rows = _verified(verify, path, str(path))
    except TransientError as fault:
        raise SourceError(f"{path}: {fault}; put a good copy in its place") from fault
    return record(upstream, path, str(path), rows)


def _verified(verify: Verify, path: Path, address: str) -> int | None:
    try:
        return verify(path)
    except TransientError:
        raise
    except SourceError as fault:
        raise SourceError(f"{address}: {fault}") from fault


def record(upstream: Upstream, path: Path, address: str, rows: int | None) -> Fetched:
    """Put a complete, verified file into the manifest."""
    fetched = Fetched(
        path=path,
        address=address,
        sha256=sha256_of(path),
        bytes=path.stat().st_size,
        rows=rows,
        fetched_at=upstream.now().isoformat(timespec="seconds"),
    )
    manifest_of(upstream.cache).put(fetched)
    return fetched


T = TypeVar("T")


def with_retries(upstream: Upstream, retry: Retry, address: str, once: Callable[[], T]) -> T:
    """Call `once` until it works; TransientErrors are waited out, any other error ends it at once.

    Raises GivenUpError naming the address, the number of tries and the last fault.
    """
    for attempt in range(1, retry.tries + 1):
        try:
            return once()
        except TransientError as fault:
            last = fault
        if attempt < retry.tries:
            upstream.sleep(retry.pause_s(attempt, last.after_s))
    raise GivenUpError(
        f"{address}: given up after {retry.tries} tries; the last fault: {last}. "
        "Nothing new was kept; run it again later, what is already fetched stays"
    ) from last


def download(
    retry: Retry, address: str, part: Path, *, agent: str = AGENT, params: Mapping[str, str] | None = None
) -> None:
    """One GET of `address` into the file `part`.

    Raises as `check_status` does, and TransientError where the transfer breaks or outlasts `retry.total_s`.
    """
    deadline = time.monotonic() + retry.total_s
    try:
        with _session().get(
            address,
            params=params,
            stream=True,
            timeout=(retry.connect_s, retry.read_s),
            headers={"User-Agent": agent},
        ) as answer:
            check_status(answer)
            size = 0
            with part.open("wb") as file:
                # read1 returns after each arrival; iter_content would wait past the deadline for a chunk.
                while chunk := answer.raw.read1(_CHUNK, decode_content=True):
                    size += file.write(chunk)
                    if time.monotonic() > deadline:
                        raise TransientError(f"still sending after {retry.total_s:g} s ({size} bytes so far)")
                    if size > MAX_BYTES:
                        raise SourceError(f"{address}: more than {MAX_BYTES} bytes; not what was asked for")
    except _BROKEN as broken:
        raise TransientError(_short(broken)) from broken


def head(upstream: Upstream, address: str) -> bool:
    """Whether upstream has a file at `address` (HEAD): False on 404. Faults are retried, then SourceError."""

    def once() -> bool:
        retry = upstream.retry
        try:
            answer = _session().head(
                address,
                timeout=(retry.connect_s, retry.read_s),
                headers={"User-Agent": AGENT},
                allow_redirects=True,
            )
            check_status(answer)
        except NotPublishedError:
            return False
        except _BROKEN as broken:
            raise TransientError(_short(broken)) from broken
        if "html" in answer.headers.get("Content-Type", "").lower():
            raise TransientError("a web page (text/html) answers in the file's place")
        return True

    return with_retries(upstream, upstream.retry, address, once)


def check_status(answer: requests.Response) -> None:
    """Nothing on 200; NotPublishedError on 404, 410; TransientError on 408, 429, 5xx; else SourceError."""
    status, address = answer.status_code, answer.url
    if status == 200:
        return
    if status in (404, 410):
        raise NotPublishedError(f"{address}: not published (HTTP {status})")
    if status in (408, 429) or status >= 500:
        asked = answer.headers.get("Retry-After", "")
        raise TransientError(f"HTTP {status} {answer.reason}", float(asked) if asked.isdigit() else 0.0)
    said = _said(answer)
    hint = "; the host refuses this client" if status in (401, 403) else ""
    raise SourceError(f"{address}: HTTP {status} {answer.reason}{hint}{': ' if said else ''}{said}")


def _said(answer: requests.Response) -> str:
    try:
        body = answer.raw.read(4096, decode_content=True) or b""
    except _BROKEN:
        return ""
    text = re.sub(r"<[^>]*>", " ", body.decode("utf-8", "replace"))
    return " ".join(text.split())[:400]


def _short(fault: BaseException) -> str:
    return f"{type(fault).__name__}: {' '.join(str(fault).split())[:300]}"


def looks_like_html(start: bytes) -> bool:
    """Whether a file's first bytes are those of a web page."""
    return start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def refuse_wrong_start(path: Path, what: str) -> bytes:
    """The first bytes of a download; TransientError where it is empty or a web page instead of `what`."""
    with path.open("rb") as file:
        start = file.read(_HEAD)
    if not start.strip():
        raise TransientError(f"an empty answer instead of {what}")
    if looks_like_html(start):
        text = " ".join(re.sub(rb"<[^>]*>", b" ", start[:4096]).decode("utf-8", "replace").split())[:120]
        raise TransientError(f"a web page instead of {what}: {text!r}")
    return start


K = TypeVar("K")


@dataclass
class Batch(Generic[K, T]):
    """What a side-by-side run brought: results by key in the order asked, and the faults by key."""

    done: dict[K, T]
    failed: dict[K, Exception]
    skipped: int = 0

    def raise_failures(self, what: str) -> None:
        """SourceError naming what failed, once, after everything else was done; nothing where all is well."""
        if not self.failed:
            return
        named = "; ".join(f"{key}: {fault}" for key, fault in list(self.failed.items())[:MAX_FAILURES])
        rest = f"; {self.skipped} more were not tried" if self.skipped else ""
        raise SourceError(
            f"{what}: {len(self.failed)} failed, {len(self.done)} are there{rest}. {named}"
        ) from next(iter(self.failed.values()))


def side_by_side(
    upstream: Upstream,
    keys: Iterable[K],
    work: Callable[[K], T],
    *,
    what: str,
    progress: Progress | None = None,
) -> Batch[K, T]:
    """Run `work` for every key, `upstream.parallel` at a time; after MAX_FAILURES faults skip the rest."""
    wanted = list(keys)
    stop = threading.Event()
    batch: Batch[K, T] = Batch({}, {})
    lock = threading.Lock()
    finished = 0

    def one(key: K) -> None:
        nonlocal finished
        if stop.is_set():
            with lock:
                batch.skipped += 1
            return
        try:
            result = work(key)
        except SourceError as fault:
            with lock:
                batch.failed[key] = fault
                if len(batch.failed) >= MAX_FAILURES:
                    stop.set()
            return
        with lock:
            batch.done[key] = result
            finished += 1
            count = finished
        if progress is not None and (count % 50 == 0 or count == len(wanted) or len(wanted) <= 50):
            progress(f"{what}: {count} of {len(wanted)} ({key})")

    with ThreadPoolExecutor(max_workers=max(1, upstream.parallel), thread_name_prefix="fetch") as pool:
        futures = [pool.submit(one, key) for key in wanted]
        try:
            for future in futures:
                future.result()
        except BaseException:
            stop.set()
            raise
    batch.done = {key: batch.done[key] for key in wanted if key in batch.done}
    return batch
