"""Training rows in memory and on disk: the same model, one reading of the lake, and nothing left behind."""

import fcntl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from small_lake import NAMES as IN_LAKE
from small_lake import NOW, write_year

from aeroflux_assets.errors import AerofluxError, MissingTableError
from aeroflux_assets.lake import Lake
from aeroflux_assets.model.data import Block, blocks, labelled_rows, rows_in_lake
from aeroflux_assets.model.feed import DISK_CELLS, Engine, engine_of, quantised, temporary_folder
from aeroflux_assets.model.recipes import PAPER, Recipe
from aeroflux_assets.model.train import Trained, train
from aeroflux_assets.settings import load_settings
from aeroflux_assets.years import Month

NAMES = tuple("abcdefgh")
RECIPE = PAPER.but(6, nthread=1)


def months(*sizes: int) -> list[Block]:
    """Continuous features with gaps, so that cuts, missing directions and samples all have something to differ in."""
    rng = np.random.default_rng(11)
    made = []
    for size in sizes:
        x = rng.normal(size=(size, len(NAMES))).astype(np.float32)
        delay = (x[:, 0] * 20 + x[:, 1] * x[:, 2] * 10 + rng.normal(0, 8, size)).astype(np.float32)
        x[rng.random(x.shape) < 0.15] = np.nan
        made.append(Block(pl.Series(range(size)), x, (delay >= 15).astype(np.float32), delay))
    return made


PARTS = months(4000, 1, 2500, 3000)


def trained(engine: Engine, recipe: Recipe = RECIPE) -> Trained:
    return train(lambda: PARTS, NAMES, recipe, engine=engine, rows=9501)


def models(of: Trained) -> tuple[bytes, bytes]:
    """Every split, weight and missing direction of both, as XGBoost writes them."""
    return of.classifier.save_raw("ubj"), of.regressor.save_raw("ubj")


@pytest.mark.parametrize("threads", [1, 2])
def test_the_model_is_the_same_bit_for_bit_wherever_the_rows_lie(tmp_path: Path, threads: int) -> None:
    recipe = PAPER.but(6, nthread=threads)
    held = trained(Engine(), recipe)
    spooled = trained(Engine("memory", folder=tmp_path), recipe)
    on_disk = trained(Engine("disk", folder=tmp_path), recipe)
    assert models(spooled) == models(held)
    assert models(on_disk) == models(held)
    assert np.array_equal(on_disk.predict(PARTS[2].x), held.predict(PARTS[2].x))
    assert on_disk.rows == held.rows == 9501


def test_the_cache_is_on_disk_while_it_is_used_and_the_rows_as_read_are_gone(tmp_path: Path) -> None:
    with quantised(lambda: PARTS, NAMES, engine=Engine("disk", folder=tmp_path)) as data:
        files = {file.name: file.stat().st_size for file in tmp_path.rglob("*") if file.is_file()}
        assert data.matrix.num_row() == 9501
    assert sum(size for name, size in files.items() if name.startswith("pages")) >= 9501 * len(NAMES)
    assert not [name for name in files if name.endswith(".f32")]
    assert [path.name for path in tmp_path.iterdir()] == ["all"]


@pytest.mark.parametrize("folder", [True, False])
def test_both_labels_are_those_of_the_blocks_in_order_however_often_they_are_asked(
    tmp_path: Path, folder: bool
) -> None:
    passes = []

    def blocks() -> Iterator[Block]:
        passes.append(1)
        yield from PARTS

    with quantised(blocks, NAMES, engine=Engine(folder=tmp_path if folder else None)) as data:
        assert np.array_equal(data.late, np.concatenate([part.late for part in PARTS]))
        assert np.array_equal(data.delay, np.concatenate([part.delay for part in PARTS]))
        assert np.array_equal(data.matrix.get_label(), data.late)
    # XGBoost goes over the rows several times; the lake is asked once where there is a folder to keep them in.
    assert len(passes) == 1 if folder else len(passes) > 2


@pytest.mark.parametrize("memory", ["memory", "disk"])
def test_nothing_is_left_after_an_error_while_reading(tmp_path: Path, memory: Any) -> None:
    def broken() -> Iterator[Block]:
        yield PARTS[0]
        raise MissingTableError("table features: year=2024 is missing")

    with pytest.raises(MissingTableError, match="year=2024 is missing"):
        train(broken, NAMES, RECIPE, engine=Engine(memory, folder=tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["all"]


@pytest.mark.parametrize(
    "parts", [[], [Block(pl.Series([], dtype=pl.Int64), PARTS[0].x[:0], *[PARTS[0].late[:0]] * 2)]]
)
def test_no_rows_are_an_error_on_disk_too(tmp_path: Path, parts: list[Block]) -> None:
    with pytest.raises(AerofluxError, match="no flight with an outcome to train on"):
        train(lambda: parts, NAMES, RECIPE, engine=Engine("disk", folder=tmp_path))


def test_what_a_killed_training_left_is_removed_and_what_another_uses_is_not(tmp_path: Path) -> None:
    for name in ("dead", "alive"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pages-0").write_bytes(b"x")
        (tmp_path / f"{name}.lock").touch()
    with (tmp_path / "alive.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with temporary_folder(tmp_path) as mine, temporary_folder(tmp_path) as second:
            assert mine.is_dir()
            assert second.is_dir()
            assert not (tmp_path / "dead").exists()
            assert (tmp_path / "alive" / "pages-0").exists()


def test_too_little_disk_is_told_before_anything_is_read(tmp_path: Path) -> None:
    with (
        pytest.raises(AerofluxError, match=r"needs up to .* GB below .* are free; make room"),
        quantised(lambda: pytest.fail("read"), NAMES, engine=Engine("disk", folder=tmp_path), rows=10**15),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["all"]


def test_auto_goes_to_disk_by_rows_times_features(tmp_path: Path) -> None:
    auto = Engine(folder=tmp_path)
    enough = -(-DISK_CELLS // 37)
    assert (auto.on_disk(enough, 37), auto.on_disk(enough - 1, 37)) == (True, False)
    assert auto.on_disk(None, 37) is False
    assert replace(auto, memory="disk").on_disk(1, 1) is True
    assert replace(auto, memory="memory").on_disk(10**9, 155) is False
    # Rows that are in memory already stay there, and a GPU's too.
    assert replace(auto, folder=None, memory="disk").on_disk(10**9, 155) is False
    assert replace(auto, device="cuda").on_disk(10**9, 155) is False


def test_the_settings_say_how(tmp_path: Path) -> None:
    said = {"AEROFLUX_DATA": str(tmp_path), "AEROFLUX_TRAINING_MEMORY": "disk"}
    assert engine_of(load_settings(said)) == Engine("disk", "cpu", tmp_path / "training_cache")


def test_a_gpu_that_this_build_cannot_use_is_told_with_the_file_that_brings_it() -> None:
    import xgboost as xgb

    if xgb.build_info()["USE_CUDA"]:
        pytest.skip("this XGBoost was built for GPUs")
    with pytest.raises(AerofluxError, match=r"AEROFLUX_DEVICE=cuda.*requirements/gpu\.txt"):
        trained(Engine(), RECIPE.but(device="cuda"))


def test_the_rows_counted_for_auto_are_those_that_training_reads(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    write_year(lake, 2020)
    january = [Month(2020, 1)]
    read = sum(len(part.late) for part in blocks(lake, january, NOW, IN_LAKE))
    assert labelled_rows(lake, january) == read
    both_months = labelled_rows(lake, [*january, Month(2020, 2)])
    assert read < both_months < rows_in_lake(lake, [2020], NOW)  # some never arrived
