"""The refit strategies: what each is trained on, that its memory is its own, and what is said where it fails."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from small_lake import NAMES, NOW, write_year

from aeroflux_assets.contracts.base import violations
from aeroflux_assets.contracts.training import REFITS
from aeroflux_assets.errors import AerofluxError, MissingTableError
from aeroflux_assets.evaluation import refit_tables, refit_worker
from aeroflux_assets.evaluation.profiles import PROFILES
from aeroflux_assets.evaluation.refit_tables import make_refits
from aeroflux_assets.evaluation.refits import (
    ALL_ROWS,
    BY_YEAR,
    SAMPLE,
    SHARE,
    STRATEGIES,
    Refit,
    by_year,
    refit,
    shared_out,
    stratified,
)
from aeroflux_assets.lake import Lake
from aeroflux_assets.memory import peak_mb
from aeroflux_assets.model.data import blocks, months_in_lake
from aeroflux_assets.model.feed import Engine


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    lake = Lake(tmp_path_factory.mktemp("data") / "lake")
    for year in (2021, 2022, 2023):
        write_year(lake, year)
    return lake


@pytest.fixture
def job(lake: Lake, tmp_path: Path) -> Refit:
    folder = str(tmp_path / "training_cache")
    return Refit(str(lake.root), (2021, 2022), 2023, NOW.name, "xgb_full_aircraft", 5, "auto", "cpu", folder)


def test_the_sample_has_its_share_of_each_month_and_label_and_is_the_same_again(
    lake: Lake, job: Refit
) -> None:
    months = months_in_lake(lake, [2021], NOW)
    taken = next(iter(stratified(lake, months, job, NAMES)))
    whole = next(iter(blocks(lake, months, NOW, NAMES)))
    count = lake.scan("cleaned_flights", [{"year": 2021}]).drop_nulls("is_arr_late15").collect()
    strata = ["is_arr_late15", pl.col("flight_date").dt.month().alias("month")]
    wanted = count.group_by(strata).len().with_columns(len=(pl.col("len") * SHARE).round())
    found = count.filter(pl.col("flight_id").is_in(taken.flight_id.implode())).group_by(strata).len()
    assert len(wanted) == 4
    assert dict(found.select(pl.struct("is_arr_late15", "month").cast(pl.String), "len").iter_rows()) == dict(
        wanted.select(pl.struct("is_arr_late15", "month").cast(pl.String), "len").iter_rows()
    )
    assert set(taken.flight_id) < set(whole.flight_id)
    again = next(iter(stratified(lake, months, job, NAMES)))
    assert np.array_equal(again.x, taken.x, equal_nan=True)


def test_trees_are_shared_out_and_none_is_lost() -> None:
    assert shared_out(300, 10) == [30] * 10
    assert shared_out(8, 3) == [2, 3, 3]
    assert shared_out(5, 1) == [5]
    assert shared_out(2, 3) == [1, 1, 1]  # a year without a tree would not have been seen


def test_boosting_by_year_goes_on_from_the_year_before(lake: Lake, job: Refit) -> None:
    rows = {2021: 600, 2022: 600}
    months = months_in_lake(lake, job.years, NOW)
    both = by_year(lake, months, job, rows)
    first = by_year(lake, months, replace(job, years=(2021,), trees=2), rows)
    assert both.classifier.num_boosted_rounds() == both.regressor.num_boosted_rounds() == 5
    # Its first rounds are the model of the first year alone.
    assert both.classifier[:2].get_dump() == first.classifier.get_dump()
    assert both.rows == sum(len(part.late) for part in blocks(lake, months, NOW, NAMES))


def test_of_one_year_boosting_by_year_is_training_on_all_rows(job: Refit) -> None:
    one = replace(job, years=(2022,))
    by, whole = refit(BY_YEAR, one), refit(ALL_ROWS, one)
    for name in ("auc", "pr_auc", "brier", "mae", "train_rows", "rows"):
        assert by[name] == whole[name]


def test_disk_gives_the_same_figures(job: Refit) -> None:
    on_disk, held = refit(SAMPLE, replace(job, memory="disk")), refit(SAMPLE, job)
    assert (on_disk.pop("memory"), held.pop("memory")) == ("disk", "memory")
    assert {n: on_disk[n] for n in ("auc", "brier", "mae")} == {n: held[n] for n in ("auc", "brier", "mae")}


def test_the_table_has_a_row_a_strategy_from_processes_of_their_own(lake: Lake, tmp_path: Path) -> None:
    profile = replace(PROFILES["demo"], trees=3)
    commit = make_refits(lake, (2021, 2022, 2023), 2023, NOW, profile, Engine(folder=tmp_path))
    again = make_refits(lake, (2021, 2022, 2023), 2023, NOW, profile, Engine(folder=tmp_path))
    made = lake.scan("refits").collect()
    assert again.version == commit.version
    assert violations(REFITS, made.lazy().drop("scored_year", "cutoff")) == []
    assert made["strategy"].to_list() == list(STRATEGIES)
    assert (made["auc"] > 0.8).all()
    assert made["is_sampled"].to_list() == [False] * 3
    assert made["rows"].n_unique() == 1
    rows = dict(made.select("strategy", "train_rows").iter_rows())
    assert rows[BY_YEAR] == rows[ALL_ROWS]
    assert rows[SAMPLE] == pytest.approx(rows[ALL_ROWS] * SHARE, abs=5)
    assert (made["peak_mb"] > 50).all()


def test_the_peak_is_that_of_this_process_and_stays_when_the_memory_is_gone() -> None:
    before = peak_mb()
    held = np.ones(100_000_000 // 8 + (before or 0) * 131_072)  # more than it ever had
    del held
    after = peak_mb()
    assert before is not None
    assert after is not None
    assert after >= before + 90


def test_years_left_out_are_told(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def told(of: Refit, say: object) -> list[dict[str, object]]:
        return [{"strategy": "x", "says": "x", "reason": f"given {of.years}"}]

    monkeypatch.setattr(refit_tables, "strategies", told)
    profile = replace(PROFILES["demo"], trees=1, refit_years=1)
    make_refits(lake, (2021, 2022, 2023), 2023, NOW, profile, Engine(folder=tmp_path), refresh=True)
    made = lake.scan("refits").collect()
    assert made.select("train_years", "is_sampled", "reason").rows() == [("2022", True, "given (2022,)")]
    assert violations(REFITS, made.lazy().drop("scored_year", "cutoff")) == []


def test_no_earlier_year_and_years_without_features_are_told(lake: Lake, tmp_path: Path) -> None:
    profile, engine = PROFILES["mirror"], Engine(folder=tmp_path)
    with pytest.raises(MissingTableError, match="no year before 2021 is selected"):
        make_refits(lake, (2021,), 2021, NOW, profile, engine)
    with pytest.raises(MissingTableError, match="features at T-0: 2019 missing"):
        make_refits(lake, (2019, 2023), 2023, NOW, profile, engine)


def test_a_strategy_that_fails_is_told_in_its_own_words(job: Refit) -> None:
    with pytest.raises(AerofluxError, match=r"refits of 2023 at T-0: SettingsError: .*no_such_set"):
        refit_tables.strategies(replace(job, feature_set="no_such_set"))


def test_a_process_that_was_killed_is_told_from_one_that_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    def child(act: Callable[[int], int]) -> dict[str, object]:
        monkeypatch.setattr(refit_worker, "_tell", lambda writing, *_: act(writing))
        return refit_worker._in_child("x", {})

    assert child(lambda _: os.kill(os.getpid(), signal.SIGKILL) or 0) == {"signal": signal.SIGKILL}
    assert child(lambda writing: os.write(writing, b'{"found": 1}')) == {"found": 1}
