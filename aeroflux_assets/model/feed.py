"""How training rows reach XGBoost: read once, quantised as they come, held in memory or in a cache on disk.

The lake is asked once: its blocks are laid in a file as Float32, since XGBoost goes over them three or four times
and a join costs twenty times what reading that file does. The file is gone before training begins. Both ways of
holding the quantised rows give the same model, bit for bit (tests/unit/test_feed.py).
"""

import contextlib
import fcntl
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from aeroflux_assets.errors import AerofluxError
from aeroflux_assets.model.data import Block, Floats
from aeroflux_assets.settings import Device, Settings, TrainingMemory

if TYPE_CHECKING:
    import xgboost as xgb

Blocks = Callable[[], Iterable[Block]]

# `auto` goes to disk from here on: rows x features. In memory a value costs up to 7 bytes at the peak, the sketch
# included, so that this is 4 GB; what stays below is as fast either way (benchmarks/training.py).
DISK_CELLS = 600_000_000
# What a value takes below the folder: as read, and in the cache at most (5.3 were seen, where some values are missing).
READ_BYTES, CACHE_BYTES = 4, 6
NO_ROWS = "no flight with an outcome to train on; check the months and the quarantine"


@dataclass(frozen=True)
class Engine:
    """Where training rows lie while a model is fitted, and what fits it.

    memory: `memory`, `disk`, or `auto`: disk from DISK_CELLS values on. device: `cpu` or `cuda`. folder: where
    temporary files go; None where the rows are in memory already (the experiments): nothing is written then.
    """

    memory: TrainingMemory = "auto"
    device: Device = "cpu"
    folder: Path | None = None

    def on_disk(self, rows: int | None, features: int) -> bool:
        """Whether so many rows are held on disk; rows: None where nobody knows, which counts as few."""
        if self.folder is None or self.device == "cuda":
            return False
        if self.memory == "auto":
            return (rows or 0) * features >= DISK_CELLS
        return self.memory == "disk"


def engine_of(settings: Settings) -> Engine:
    """What AEROFLUX_TRAINING_MEMORY, AEROFLUX_DEVICE and AEROFLUX_DATA say."""
    return Engine(settings.training_memory, settings.device, settings.data / "training_cache")


def refuse_missing_gpu(device: str) -> None:
    """Raise AerofluxError where `cuda` is asked of an XGBoost that was built without it."""
    if device != "cuda":
        return
    import xgboost as xgb

    if not xgb.build_info().get("USE_CUDA"):
        raise AerofluxError(
            "AEROFLUX_DEVICE=cuda: the installed XGBoost is the CPU build. Install the one for GPUs: "
            "`pip uninstall xgboost-cpu`, then `pip install -r requirements/gpu.txt`; or set AEROFLUX_DEVICE=cpu"
        )


@dataclass
class Quantised:
    """Training rows as XGBoost holds them, with both labels. rows and labels in the order of the blocks.

    late: 0 or 1. delay: minutes. The matrix carries `late` until another label is set. It is there inside the `with`
    only: XGBoost removes its cache by itself when the matrix goes, and must do so before the folder does.
    """

    matrix: "xgb.QuantileDMatrix | xgb.ExtMemQuantileDMatrix"
    late: Floats
    delay: Floats


@contextmanager
def quantised(
    blocks: Blocks,
    names: tuple[str, ...],
    max_bin: int = 256,
    *,
    engine: Engine = Engine(),
    rows: int | None = None,
) -> Iterator[Quantised]:
    """The rows of `blocks` quantised, while the block of the `with` lasts; temporary files are gone after it.

    rows: about how many there are, for `auto`. Raises AerofluxError when there is no row, or too little disk.
    """
    if engine.folder is None:
        yield _quantised(blocks, names, max_bin, None)
        return
    on_disk = engine.on_disk(rows, len(names))
    needed = (rows or 0) * len(names) * (READ_BYTES + (CACHE_BYTES if on_disk else 0))
    with temporary_folder(engine.folder, needed) as folder:
        spool = folder / "rows.f32"
        found = _quantised(_spooled(blocks(), spool), names, max_bin, folder / "pages" if on_disk else None)
        spool.unlink(missing_ok=True)
        try:
            yield found
        finally:
            del found.matrix


def _quantised(blocks: Blocks, names: tuple[str, ...], max_bin: int, cache: Path | None) -> Quantised:
    import xgboost as xgb

    late: list[Floats] = []
    delay: list[Floats] = []

    class _Months(xgb.DataIter):  # type: ignore[misc]
        """One pass after another: how many there are is XGBoost's affair. The first that ends has the labels."""

        def __init__(self) -> None:
            super().__init__(**({} if cache is None else {"cache_prefix": str(cache), "on_host": False}))
            self.complete = False
            self.reset()

        def next(self, input_data: Callable[..., None]) -> bool:
            month = next(self._left, None)
            if month is None:
                self.complete = True
                return False
            if not self.complete:
                late.append(month.late)
                delay.append(month.delay)
            input_data(data=month.x, label=month.late, feature_names=list(names))
            return True

        def reset(self) -> None:
            self._left = iter(blocks())
            if not self.complete:
                late.clear()
                delay.clear()

    months = _Months()
    try:
        matrix = (
            xgb.QuantileDMatrix(months, max_bin=max_bin)
            if cache is None
            else xgb.ExtMemQuantileDMatrix(months, max_bin=max_bin)
        )
    except xgb.core.XGBoostError as error:
        # Without a single row XGBoost itself fails, with its own words.
        if any(len(part) for part in late):
            raise
        raise AerofluxError(NO_ROWS) from error
    if matrix.num_row() == 0:
        del matrix
        raise AerofluxError(NO_ROWS)
    return Quantised(matrix, np.concatenate(late), np.concatenate(delay))


def _spooled(blocks: Iterable[Block], path: Path) -> Blocks:
    """The blocks, read now and laid in a file; what is returned gives them again, one in memory at a time.

    A file that is read, not mapped: mapped pages would count as this process's memory.
    """
    pieces: list[tuple[Block, tuple[int, int]]] = []
    with path.open("wb") as file:
        for block in blocks:
            np.ascontiguousarray(block.x, dtype=np.float32).tofile(file)
            rows, columns = block.x.shape
            empty = np.empty((0, columns), dtype=np.float32)
            pieces.append((Block(block.flight_id[:0], empty, block.late, block.delay), (rows, columns)))

    def again() -> Iterator[Block]:
        with path.open("rb") as file:
            for piece, (rows, columns) in pieces:
                x = np.fromfile(file, dtype=np.float32, count=rows * columns).reshape(rows, columns)
                yield Block(piece.flight_id, x, piece.late, piece.delay)

    return again


@contextmanager
def temporary_folder(parent: Path, needed: int = 0) -> Iterator[Path]:
    """A folder of one training below `parent`, removed at the end, after an error too.

    needed: bytes that may be written; AerofluxError where the disk has less. What a killed training left is removed
    first: a lock that its process held is free again, whatever machine or container counts its process ids.
    """
    parent.mkdir(parents=True, exist_ok=True)
    folder = parent / uuid.uuid4().hex
    with folder.with_suffix(".lock").open("w") as lock:
        # One at a time from here to the lock, or another would take this folder for an abandoned one.
        with (parent / "all").open("w") as every:
            fcntl.flock(every, fcntl.LOCK_EX)
            fcntl.flock(lock, fcntl.LOCK_EX)
            for other in parent.glob("*.lock"):
                if other != folder.with_suffix(".lock"):
                    _remove_abandoned(other)
        try:
            _refuse_full_disk(parent, needed)
            folder.mkdir()
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            folder.with_suffix(".lock").unlink(missing_ok=True)


def _remove_abandoned(lock: Path) -> None:
    with contextlib.suppress(BlockingIOError, FileNotFoundError), lock.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # refused while its process lives
        shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
        lock.unlink(missing_ok=True)


def _refuse_full_disk(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise AerofluxError(
            f"training needs up to {needed / 1e9:.1f} GB below {folder} for a while, and {free / 1e9:.1f} GB are free; "
            "make room, or put AEROFLUX_DATA elsewhere"
        )
