"""The commit of a partition: what its pointer file says, and how one is told that a disk has damaged it.

A power cut or a full disk can leave a pointer or a Parquet file cut short or empty. Both are then refused by name and
not by whatever error the parser has, and whoever makes tables counts the partition as not made and makes it again.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from aeroflux_assets.errors import DamagedError
from aeroflux_assets.store import Address, Store

POINTER = "_current.json"
# Every Parquet file ends with it.
_END = b"PAR1"


@dataclass(frozen=True)
class Commit:
    """One committed version of a partition.

    files: file names beside the pointer. inputs: what it was made from, name to version, so that an
    unchanged input need not be recomputed. notes: counts and reports that pages and Dagster show. replaces:
    the files of the version before, kept until the next commit for readers in the middle. code: the version of
    the code that made it, None where the writer did not say.
    """

    version: str
    files: tuple[str, ...]
    rows: int
    bytes: int
    committed_at: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)
    replaces: tuple[str, ...] = ()
    code: str | None = None


def parse_pointer(pointer: bytes, address: Address) -> Commit:
    """The commit that a pointer file holds. Raises DamagedError naming `address`, its place, where it holds none."""
    try:
        fields = json.loads(pointer)
        return Commit(
            **{**fields, "files": tuple(fields["files"]), "replaces": tuple(fields.get("replaces", ()))}
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        said = f"the pointer is not a commit ({len(pointer)} bytes; {type(error).__name__}: {error})"
        raise _damaged(address, said) from error


def put_pointer(store: Store, key: str, commit: Commit) -> None:
    """Put the pointer of the partition whose folder is `key`: from then on the commit is what readers see."""
    store.put(f"{key}/{POINTER}", json.dumps(asdict(commit), indent=1, default=str).encode())


def refuse_cut_files(files: list[Address]) -> None:
    """DamagedError for the first Parquet file on a disk that is empty or has lost its end.

    About 10 microseconds a file. FileNotFoundError where one is not there. Objects of a bucket are there as a whole or
    not at all, and asking would be a request each: they are not looked at.
    """
    for file in files:
        if not isinstance(file, Path):
            continue
        with file.open("rb") as data:
            size = data.seek(0, os.SEEK_END)
            data.seek(max(size - len(_END), 0))
            if data.read() != _END:
                raise _damaged(file, f"the Parquet file is empty or has lost its end ({size} bytes)")


def _damaged(address: Address, said: str) -> DamagedError:
    return DamagedError(
        f"{address} is damaged: {said}. To do: `aeroflux run` with its year in AEROFLUX_YEARS makes the partition "
        "again (for a partition by cutoff, with its cutoff in AEROFLUX_CUTOFFS), or materialize it in the Dagster UI"
    )
