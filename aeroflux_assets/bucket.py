"""A bucket as a store, by obstore; and its objects as files for DuckDB.

Endpoint, region and keys come from the variables that the provider's own tools read (AWS_ENDPOINT_URL, AWS_REGION,
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ALLOW_HTTP=true for an http endpoint), for obstore as for Polars.
A put of one object is atomic, and what is read or listed after it is the new state: S3 has promised both since
December 2020, and the commit of a table (lake.py) needs no more.
"""

import contextlib
import io
import os
import re
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import duckdb
import obstore
from fsspec import AbstractFileSystem
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import AzureStore, GCSStore, S3Store

from aeroflux_assets.errors import StoreError
from aeroflux_assets.store import Stored

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_CLASSES = {"s3": S3Store, "gs": GCSStore, "az": AzureStore}
# A wrong endpoint is told after seconds; a provider's short faults are outlasted.
_AT_ONCE = 16
_RETRY: Any = {"max_retries": 4, "retry_timeout": timedelta(seconds=60)}
# How obstore and Polars tell a refusal; of a list obstore tells it by the answer's status only. A bare number would be
# found in names of files and in times, too.
_REFUSED = (PermissionDeniedError, UnauthenticatedError, PermissionError)
_REFUSED_STATUS = re.compile(r"status code: 40[13]\b")


def _bucket(address: str) -> tuple[Any, str]:
    """obstore's own store of the bucket in an address, and the key that follows."""
    scheme, _, rest = address.partition("://")
    bucket, _, key = rest.partition("/")
    return _CLASSES[scheme](bucket, retry_config=_RETRY), key


class BucketStore:
    """The objects below an address."""

    def __init__(self, root: str) -> None:
        self._root = root.rstrip("/")
        with self.errors(""):
            self._objects, self._prefix = _bucket(self._root)

    @property
    def root(self) -> str:
        """The address."""
        return self._root

    def address(self, key: str) -> str:
        """The object's whole address."""
        return f"{self._root}/{key}"

    def _path(self, key: str) -> str:
        return f"{self._prefix}/{key}".strip("/")

    def read(self, key: str) -> bytes | None:
        """The object, None where there is none. Raises StoreError, as every verb here, where it may not be asked."""
        with self.errors(key):
            try:
                return obstore.get(self._objects, self._path(key)).bytes().to_bytes()
            except FileNotFoundError as error:
                if "NoSuchBucket" in str(error):
                    raise
                return None

    def read_all(self, keys: Sequence[str]) -> list[bytes | None]:
        """The objects in the order of their keys, `_AT_ONCE` requests at a time."""
        if len(keys) < 2:
            return [self.read(key) for key in keys]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(self.read, keys))

    def has(self, key: str) -> bool:
        """Whether the object is there."""
        with self.errors(key):
            try:
                obstore.head(self._objects, self._path(key))
            except FileNotFoundError:
                # A head has no body that could say whether object or bucket is missing: a read has.
                return self.read(key) is not None
        return True

    def put(self, key: str, data: bytes) -> None:
        """One put, never in parts: a reader gets the old object or the new one."""
        with self.errors(key):
            obstore.put(self._objects, self._path(key), data, use_multipart=False)

    def sync(self, keys: Sequence[str]) -> None:
        """Nothing to do: an upload that was answered is kept."""

    def delete(self, key: str) -> None:
        """Delete the object; to S3 it is no error where there is none."""
        with self.errors(key), contextlib.suppress(FileNotFoundError):
            obstore.delete(self._objects, self._path(key))

    def remove(self, prefix: str) -> None:
        """Delete every object below a prefix."""
        paths = [self._path(stored.key) for stored in self.listed(prefix)]
        with self.errors(prefix):
            obstore.delete(self._objects, paths)

    def listed(self, prefix: str, name: str | None = None) -> Iterator[Stored]:
        """Every object below a prefix, a thousand a request."""
        cut = len(self._prefix) + 1 if self._prefix else 0
        with self.errors(prefix):
            for chunk in obstore.list(self._objects, self._path(prefix), chunk_size=1000):
                for found in chunk:
                    path, when = found["path"], found["last_modified"].timestamp()
                    if name is None or path.rsplit("/", 1)[-1] == name:
                        tag = f"{found['e_tag']}:{when}"
                        yield Stored(path[cut:], found["size"], when, tag)

    def folders(self, prefix: str) -> list[str]:
        """The names of the folders directly below one, sorted."""
        with self.errors(prefix):
            found = obstore.list_with_delimiter(self._objects, self._path(prefix))
        return sorted(path.rstrip("/").rsplit("/", 1)[-1] for path in found["common_prefixes"])

    def prepare(self, prefix: str) -> None:
        """Ask for one object: a missing bucket or a refused key shows before the work and not after it."""
        self.read(f"{prefix}/_")

    @contextlib.contextmanager
    def errors(self, key: str) -> Iterator[None]:
        """Errors of obstore, and of Polars at an address, as one StoreError: what, where, what to do."""
        try:
            yield
        except (BaseError, OSError) as error:
            raise StoreError(_told(self.address(key).rstrip("/"), error)) from error

    def register(self, con: duckdb.DuckDBPyConnection) -> None:
        """Give DuckDB the bucket's objects as files, once a database: its own httpfs would have to be fetched."""
        scheme = self._root.partition("://")[0]
        if not con.filesystem_is_registered(scheme):
            con.register_filesystem(ObjectFiles(scheme))


def _told(address: str, error: Exception) -> str:
    text = str(error)
    code = re.search(r"<Code>(.*?)</Code>(?:\s*<Message>(.*?)</Message>)?", text)
    said = ": ".join(filter(None, code.groups())) if code else text.split("\n")[0][:300]
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    if "NoSuchBucket" in text:
        what = "make the bucket first, or correct AEROFLUX_DATA"
    elif isinstance(error, FileNotFoundError):
        what = "ask again: a commit since then may have taken the object's place"
    elif isinstance(error, _REFUSED) or _REFUSED_STATUS.search(text):
        what = (
            "check the keys (for S3 AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN) and that they may "
            "list, read, write and delete there"
        )
    else:
        what = (
            f"check the endpoint (for S3 AWS_ENDPOINT_URL={endpoint!r}, AWS_REGION, and AWS_ALLOW_HTTP=true for an "
            "http one) and the network"
        )
    return f"{address} cannot be used: {said}. To do: {what}"


def open_object(address: str) -> BinaryIO:
    """An object as a file for reading. Raises StoreError where it is not there or may not be asked for."""
    store = BucketStore(address.rsplit("/", 1)[0])
    with store.errors(address.rsplit("/", 1)[1]):
        objects, key = _bucket(address)
        return cast(BinaryIO, ObjectFile(objects, key, obstore.head(objects, key)["size"]))


class ObjectFile(io.RawIOBase):
    """An immutable object as a file: every read is one request for its range.

    The position is each thread's own. DuckDB 2 lets several threads seek and read on one handle at once; with a
    shared position (as obstore.fsspec's file has) one of them reads at the place of another, or nothing.
    """

    def __init__(self, objects: Any, key: str, size: int) -> None:
        super().__init__()
        self._objects, self._key, self.size = objects, key, size
        self._at = threading.local()

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Where this thread's next read begins."""
        return cast(int, getattr(self._at, "position", 0))

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Set where this thread's next read begins."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.tell(), io.SEEK_END: self.size}[whence]
        self._at.position = start + offset
        return cast(int, self._at.position)

    def read(self, size: int = -1) -> bytes:
        """The next `size` bytes, fewer at the end; all that are left where it is negative."""
        start = self.tell()
        end = self.size if size is None or size < 0 else min(self.size, start + size)
        if start >= end:
            return b""
        data = obstore.get_range(self._objects, self._key, start=start, end=end).to_bytes()
        self._at.position = start + len(data)
        return data

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill a buffer as far as there are bytes."""
        view = memoryview(buffer).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)


class ObjectFiles(AbstractFileSystem):  # type: ignore[misc]
    """The objects of a scheme as fsspec has them, as far as DuckDB asks: sizes, times, and ranges of bytes.

    What is known of an object is kept: DuckDB asks for size and time at every opening, and no file of a lake is ever
    written again under its name.
    """

    cachable = False

    def __init__(self, scheme: str) -> None:
        super().__init__()
        self.protocol = scheme
        self._buckets: dict[str, Any] = {}
        self._known: dict[str, dict[str, Any]] = {}

    def _find(self, path: str) -> tuple[Any, str]:
        bucket, _, key = path.removeprefix(f"{self.protocol}://").partition("/")
        if bucket not in self._buckets:
            self._buckets[bucket] = _bucket(f"{self.protocol}://{bucket}")[0]
        return self._buckets[bucket], key

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Name, size and time of an object; FileNotFoundError where there is none."""
        path = path.removeprefix(f"{self.protocol}://")
        if path not in self._known:
            objects, key = self._find(path)
            head = obstore.head(objects, key)
            self._known[path] = {
                "name": path,
                "size": head["size"],
                "type": "file",
                "modified": head["last_modified"],
            }
        return self._known[path]

    def modified(self, path: str) -> datetime:
        """When the object was written."""
        return cast(datetime, self.info(path)["modified"])

    def open(self, path: str, mode: str = "rb", **_: Any) -> ObjectFile:
        """The object for reading; nothing is written through here."""
        if mode != "rb":
            raise ValueError(f"{path} is opened for reading only, not {mode!r}")
        return ObjectFile(*self._find(path), self.info(path)["size"])
