"""Where the bytes of a lake lie: a local folder, or a bucket by address, behind the same few verbs.

A key is a path below the root with slashes: `lake/features/year=2008/cutoff=T-0/_current.json`. Only `put` promises
anything to a reader: an object is there as a whole, old or new. Large files are written and read by Polars and
DuckDB at `address`; what they hold never changes, so they need no promise.

`bucket.py` is the other half, imported only for an address: a disk needs none of it.
"""

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from aeroflux_assets.errors import SettingsError

if TYPE_CHECKING:
    import duckdb
    import polars as pl

# A file as Polars and DuckDB are told of it: a local path, or a whole address such as s3://bucket/prefix/key.
Address = Path | str
# s3 is tested against a server that speaks it; gs and az go the same way and nobody has tried them.
SCHEMES = ("s3", "gs", "az")


@dataclass(frozen=True)
class Stored:
    """One object: its key, size in bytes, time of the last write (seconds since 1970), and a mark of its content.

    tag: differs whenever the object was put again.
    """

    key: str
    bytes: int
    modified: float
    tag: str


class Store(Protocol):
    """What a lake asks of the place where it lies."""

    @property
    def root(self) -> Address:
        """What every key is below."""

    def address(self, key: str) -> Address:
        """Where Polars and DuckDB find the object."""

    def read(self, key: str) -> bytes | None:
        """The object, None where there is none."""

    def read_all(self, keys: Sequence[str]) -> list[bytes | None]:
        """The objects in the order of their keys, read side by side where each is a journey."""

    def has(self, key: str) -> bool:
        """Whether the object is there."""

    def put(self, key: str, data: bytes) -> None:
        """Put the object there as a whole, over an older one: a reader gets the one or the other."""

    def sync(self, keys: Sequence[str]) -> None:
        """See to it that objects of one folder, written at their addresses, outlast a power cut from here on."""

    def delete(self, key: str) -> None:
        """Delete the object; nothing happens where there is none."""

    def remove(self, prefix: str) -> None:
        """Delete every object below a folder."""

    def listed(self, prefix: str, name: str | None = None) -> Iterator[Stored]:
        """Every object below a folder, or only those whose last part is `name`; in no promised order."""

    def folders(self, prefix: str) -> list[str]:
        """The names of the folders directly below one, sorted."""

    def prepare(self, prefix: str) -> None:
        """Make ready to write below a folder. Raises StoreError here rather than after an hour's work."""

    def errors(self, key: str) -> contextlib.AbstractContextManager[None]:
        """A block in which the library's own errors of access become a StoreError that says what to do."""

    def register(self, con: "duckdb.DuckDBPyConnection") -> None:
        """Make the store's addresses readable on a DuckDB connection."""


class LocalStore:
    """A folder on a disk: `put` is a temporary file that is renamed over the old one.

    A rename may reach the disk before the bytes that it names: each is brought there in turn, else a power cut could
    leave a pointer that is empty, or one to files that are.
    """

    def __init__(self, root: Path) -> None:
        self._root = Path(root)

    @property
    def root(self) -> Path:
        """The folder."""
        return self._root

    def address(self, key: str) -> Path:
        """The file's path."""
        return self._root / key

    def read(self, key: str) -> bytes | None:
        """The file's bytes, None where there is no file."""
        try:
            return (self._root / key).read_bytes()
        except FileNotFoundError:
            return None

    def read_all(self, keys: Sequence[str]) -> list[bytes | None]:
        """The files' bytes."""
        return [self.read(key) for key in keys]

    def has(self, key: str) -> bool:
        """Whether the file is there."""
        return (self._root / key).is_file()

    def put(self, key: str, data: bytes) -> None:
        """Write beside, then rename over; both are on the disk when it returns."""
        file = self._root / key
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_name(f".{uuid.uuid4().hex}.tmp")
        temporary.write_bytes(data)
        _sync(temporary)
        os.replace(temporary, file)
        _sync_folder(file.parent)

    def sync(self, keys: Sequence[str]) -> None:
        """Bring the files and their names to the disk: a third of a millisecond a file on a virtual disk."""
        for key in keys:
            _sync(self._root / key)
        for folder in {(self._root / key).parent for key in keys}:
            _sync_folder(folder)

    def delete(self, key: str) -> None:
        """Delete the file where there is one."""
        (self._root / key).unlink(missing_ok=True)

    def remove(self, prefix: str) -> None:
        """Delete a folder with all below it."""
        shutil.rmtree(self._root / prefix, ignore_errors=True)

    def listed(self, prefix: str, name: str | None = None) -> Iterator[Stored]:
        """Every file below a folder; what is removed meanwhile is left out."""
        try:
            with os.scandir(self._root / prefix) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            return
        for entry in entries:
            key = f"{prefix}/{entry.name}"
            if entry.is_dir():
                yield from self.listed(key, name)
            elif name is None or entry.name == name:
                with contextlib.suppress(FileNotFoundError):
                    stat = entry.stat()
                    yield Stored(key, stat.st_size, stat.st_mtime, str(stat.st_mtime_ns))

    def folders(self, prefix: str) -> list[str]:
        """The names of the folders directly below one, sorted; none where it is not there."""
        folder = self._root / prefix
        return sorted(entry.name for entry in folder.iterdir() if entry.is_dir()) if folder.is_dir() else []

    def prepare(self, prefix: str) -> None:
        """Make the folder."""
        (self._root / prefix).mkdir(parents=True, exist_ok=True)

    def errors(self, key: str) -> contextlib.AbstractContextManager[None]:  # noqa: ARG002 - the protocol's
        """A disk's errors name their file by themselves."""
        return contextlib.nullcontext()

    def register(self, con: "duckdb.DuckDBPyConnection") -> None:
        """DuckDB reads local files by itself."""


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    # Some network file systems have no such thing for a folder: they keep names by means of their own.
    with contextlib.suppress(OSError):
        _sync(folder)


def is_address(root: Address) -> bool:
    """Whether a root or a file is named by an address and not by a path."""
    return isinstance(root, str) and "://" in root


def store_at(root: Address) -> Store:
    """The store whose keys are below `root`: a folder's path, or an address."""
    if is_address(root):
        from aeroflux_assets.bucket import BucketStore

        return BucketStore(str(root))
    return LocalStore(Path(root))


def parse_address(text: str, setting: str) -> str:
    """An address without a trailing slash; SettingsError where its scheme or its bucket is not one."""
    scheme, _, rest = text.partition("://")
    if scheme not in SCHEMES or not rest.split("/")[0]:
        raise SettingsError(
            f"{setting}={text!r}: an address is s3://BUCKET/PREFIX (or gs://, az://); else give a folder's path"
        )
    return text.rstrip("/")


def polars_options(root: Address) -> dict[str, Any]:
    """What Polars must be told besides a file's place.

    By address the keys come from the environment, as obstore's do, and not from whatever boto3 finds where it is there.
    """
    return {"credential_provider": None} if is_address(root) else {}


def scan_files(files: Sequence[Address]) -> "pl.LazyFrame":
    """A lazy scan of just these Parquet files, all local or all by address; no column is made of their paths."""
    import polars as pl

    return pl.scan_parquet(
        [*map(str, files)], glob=False, hive_partitioning=False, **polars_options(files[0])
    )


def opened(file: Address) -> BinaryIO:
    """An immutable file for reading; by address, only the ranges that are asked for are fetched."""
    if is_address(file):
        from aeroflux_assets.bucket import open_object

        return open_object(str(file))
    return Path(file).open("rb")
