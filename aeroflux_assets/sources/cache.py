"""The manifest of fetched files: address, time, bytes, SHA-256, rows; a JSON line each, the last one counts.

Lines are appended in a single write, so that threads and processes may record side by side and a process
that dies leaves at worst one torn last line, which a reader skips.
"""

import functools
import hashlib
import json
import os
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

MANIFEST = "manifest.jsonl"


@dataclass(frozen=True)
class Fetched:
    """One verified upstream file.

    path: where it lies (inside the cache, or in place for a folder source). address: where it came from.
    rows: data rows, None where they are not counted. fetched_at: ISO time, UTC.
    """

    path: Path
    address: str
    sha256: str
    bytes: int
    rows: int | None
    fetched_at: str


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file as lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Manifest:
    """The record of one cache folder; safe for threads, and for several processes that append."""

    def __init__(self, cache: Path) -> None:
        """The record kept in `cache`; nothing is read or written yet."""
        self._cache = cache
        self._file = cache / MANIFEST
        self._lock = threading.Lock()
        self._read_to = 0
        self._entries: dict[str, tuple[Fetched, int]] = {}

    def get(self, address: str) -> Fetched | None:
        """What was fetched from `address`, or None where it was not or the file has changed since.

        A file of another time but the same bytes is a copy of the one recorded, and recorded in its turn.
        """
        with self._lock:
            self._catch_up()
            entry = self._entries.get(address)
        if entry is None:
            return None
        fetched, mtime_ns = entry
        try:
            stat = fetched.path.stat()
        except FileNotFoundError:
            return None
        if stat.st_size != fetched.bytes:
            return None
        if stat.st_mtime_ns != mtime_ns:
            if sha256_of(fetched.path) != fetched.sha256:
                return None
            self.put(fetched)
        return fetched

    def put(self, fetched: Fetched) -> None:
        """Record a file that lies complete and verified at `fetched.path`."""
        fields = asdict(fetched) | {
            "path": self._to_text(fetched.path),
            "mtime_ns": fetched.path.stat().st_mtime_ns,
        }
        line = json.dumps(fields, ensure_ascii=False)
        with self._lock:
            self._cache.mkdir(parents=True, exist_ok=True)
            # A torn last line of a dead process must not swallow this one.
            lead = "\n" if self._torn() else ""
            with self._file.open("ab", buffering=0) as file:
                file.write(f"{lead}{line}\n".encode())

    def entries(self) -> list[Fetched]:
        """Every recorded file, the latest record of each address, in the order of first record."""
        with self._lock:
            self._catch_up()
            return [fetched for fetched, _ in self._entries.values()]

    def _torn(self) -> bool:
        try:
            with self._file.open("rb") as file:
                if file.seek(0, os.SEEK_END) == 0:
                    return False
                file.seek(-1, os.SEEK_END)
                return file.read(1) != b"\n"
        except FileNotFoundError:
            return False

    def _catch_up(self) -> None:
        try:
            size = self._file.stat().st_size
        except FileNotFoundError:
            self._entries, self._read_to = {}, 0
            return
        if size < self._read_to:
            self._entries, self._read_to = {}, 0
        if size == self._read_to:
            return
        with self._file.open("rb") as file:
            file.seek(self._read_to)
            text = file.read()
        # Only whole lines: another process may be in the middle of its last one.
        whole = text[: text.rfind(b"\n") + 1]
        self._read_to += len(whole)
        for line in whole.splitlines():
            self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            fields = json.loads(line)
            mtime_ns = int(fields.pop("mtime_ns"))
            fetched = Fetched(**{**fields, "path": self._cache / fields["path"]})
        except (ValueError, KeyError, TypeError):
            return
        self._entries[fetched.address] = (fetched, mtime_ns)

    def _to_text(self, path: Path) -> str:
        # Relative inside the cache, so that a data folder can be moved with its record.
        return str(path.relative_to(self._cache) if path.is_relative_to(self._cache) else path)


@functools.cache
def manifest_of(cache: Path) -> Manifest:
    """The one Manifest of a cache folder in this process."""
    return Manifest(cache)
