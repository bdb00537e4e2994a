"""The search: never on the holdout, the same trials after a kill, hopeless ones stopped, all of them kept."""

import fcntl
import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_lake import NOW, write_year

from aeroflux_assets.contracts.base import violations
from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS
from aeroflux_assets.contracts.training import TRIALS
from aeroflux_assets.errors import AerofluxError, MissingTableError, SettingsError
from aeroflux_assets.evaluation.search import Search, folder_of, make_trials, search, tuning_rows
from aeroflux_assets.evaluation.studies import (
    CATEGORIES,
    GRID,
    MAX_ROUNDS,
    RUNGS,
    STUDIES,
    Data,
    Report,
    Result,
    Study,
    Suggests,
    measured,
    study_named,
)
from aeroflux_assets.features.build import FEATURES
from aeroflux_assets.lake import Lake
from aeroflux_assets.years import Month, holdout_of, refuse_holdout, tuning_split

YEARS = (2021, 2022, 2023)


def months(*years: int, of: tuple[int, ...] = (1, 2, 3)) -> dict[int, list[Month]]:
    return {year: [Month(year, month) for month in of] for year in years}


# ---- which months -----------------------------------------------------------------------------------------
def test_a_long_span_is_searched_on_its_validation_year() -> None:
    years = tuple(range(2015, 2026))
    train, test = tuning_split(years, months(*years))
    assert {month.year for month in train} == set(range(2015, 2024))
    assert {month.year for month in test} == {2024}


def test_where_the_holdout_is_the_only_scored_year_the_inner_block_serves() -> None:
    train, test = tuning_split((2006, 2008), {2006: [Month(2006, 2), Month(2006, 4)], **months(2008)})
    assert (train, test) == ((Month(2006, 2),), (Month(2006, 4),))
    # One year alone has no holdout: its last months are scored.
    assert tuning_split((2008,), months(2008)) == ((Month(2008, 1),), (Month(2008, 2), Month(2008, 3)))


@given(st.sets(st.integers(2003, 2030), min_size=1, max_size=12), st.sets(st.integers(1, 12), min_size=1))
def test_no_month_of_a_search_is_of_the_holdout_or_later_and_none_trains_on_what_it_scores(
    chosen: set[int], of: set[int]
) -> None:
    years, holdout = tuple(sorted(chosen)), holdout_of(tuple(sorted(chosen)))
    try:
        train, test = tuning_split(years, months(*years, of=tuple(of)))
    except SettingsError:
        assert len(years) <= 2  # only where there is a single month before the holdout
        assert len(of) == 1
        return
    assert max(train) < min(test)
    assert holdout is None or max(test).year < holdout


def test_months_of_the_holdout_are_refused_whoever_asks(lake: Lake) -> None:
    with pytest.raises(SettingsError, match="2023-01: nothing is chosen on the holdout 2023"):
        refuse_holdout(YEARS, [Month(2022, 1), Month(2023, 1)])
    split = (tuple(months(2021)[2021]), tuple(months(2023)[2023]))
    with pytest.raises(SettingsError, match="nothing is chosen on the holdout 2023"):
        tuning_rows(lake, of(bowl()), split)
    with pytest.raises(SettingsError, match="nothing is chosen on the holdout 2023"):
        tuning_rows(lake, of(bowl()), (split[1], split[0]))


# ---- a search of a model that costs nothing --------------------------------------------------------------
def no_rows(data: Data, metric: str) -> Callable[[Suggests, Report], Result]:
    """A bowl: rmse is the distance from (3, 0), known from the first rung on."""

    def objective(trial: Suggests, report: Report) -> Result:
        x, y = trial.suggest_float("x", -10, 10), trial.suggest_int("y", -5, 5)
        value = abs(x - 3) + abs(y)
        for rung in RUNGS:
            report(rung, value)
        return Result(value, 500, 500)

    return objective


def bowl(prepare: Any = no_rows) -> Study:
    return Study("bowl", "xgb_schedule", ("rmse",), {"middle": {"x": 0.0, "y": 0}}, prepare)


def of(study: Study, **more: Any) -> Search:
    return replace(Search(study, study.metrics[0], study.feature_set, NOW, YEARS, 10_000, 10_000), **more)


def beside(lake: Lake) -> Path:
    """The data folder of a lake on a disk."""
    return Path(lake.root).parent


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "lake")
    for year in YEARS:
        write_year(lake, year, 300)
    return lake


def ended(rows: pl.DataFrame) -> list[tuple[Any, ...]]:
    kept = rows.filter(pl.col("state") != "failed").sort("number")
    return kept.select("state", "params", "value", "values", "origin").rows()


def killed_in_third_trial(root: Path) -> None:
    def prepare(data: Data, metric: str) -> Callable[[Suggests, Report], Result]:
        calls, plain = [], no_rows(data, metric)

        def objective(trial: Suggests, report: Report) -> Result:
            calls.append(1)

            def reported(rung: int, value: float) -> None:
                report(rung, value)
                if len(calls) == 3:
                    os.kill(os.getpid(), signal.SIGKILL)

            return plain(trial, reported)

        return objective

    search(Lake(root), root.parent, of(bowl(prepare)), 12)


def test_a_killed_search_goes_on_and_ends_with_the_trials_of_an_undisturbed_one(lake: Lake) -> None:
    process = multiprocessing.get_context("spawn").Process(target=killed_in_third_trial, args=(lake.root,))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    resumed = search(lake, beside(lake), of(bowl()), 12)

    undisturbed = Lake(beside(lake) / "other" / "lake")
    for year in YEARS:
        write_year(undisturbed, year, 300)
    straight = search(undisturbed, beside(undisturbed), of(bowl()), 12)

    assert len(ended(straight)) == 12
    assert ended(resumed) == ended(straight)
    # What was killed is kept too, and said to have failed.
    assert resumed.filter(pl.col("state") == "failed")["number"].to_list() == [2]
    assert straight["state"].is_in(["complete", "pruned"]).all()


def test_a_budget_that_is_spent_makes_no_trial_and_a_larger_one_the_rest(lake: Lake) -> None:
    first = search(lake, beside(lake), of(bowl()), 6)
    assert search(lake, beside(lake), of(bowl()), 6).equals(first)
    more = search(lake, beside(lake), of(bowl()), 9)
    assert more.height == 9
    assert ended(more)[:6] == ended(first)


def test_hopeless_trials_are_stopped_at_a_rung_and_good_ones_are_not(lake: Lake) -> None:
    found = search(lake, beside(lake), of(bowl()), 20)
    assert violations(TRIALS, found.lazy()) == []
    pruned, complete = (found.filter(pl.col("state") == state) for state in ("pruned", "complete"))
    assert pruned.height > 3
    assert set(pruned["rounds"]) <= set(RUNGS[1:])  # not before the second rung
    assert set(complete["rounds"]) == {500}
    best = found.row(0, named=True)
    assert best["state"] == "complete"
    assert best["value"] == found["value"].min()
    assert found.sort("number")["origin"].to_list() == ["middle"] + [None] * 19
    assert set(found["scored_months"]) == {"2022-01 to 2022-02"}
    # The search learnt: better than the configuration that it began with.
    assert best["value"] < 3


def test_other_rows_are_another_study_and_all_stand_in_one_table(lake: Lake) -> None:
    first = search(lake, beside(lake), of(bowl()), 2)
    write_year(lake, 2022, 280)
    second = search(lake, beside(lake), of(bowl()), 2)
    assert first["study"][0] != second["study"][0]
    assert lake.scan("trials").collect().height == 4
    kept = make_trials(lake, beside(lake))
    assert make_trials(lake, beside(lake)).version == kept.version


def test_two_searches_of_one_study_do_not_run_at_once(lake: Lake) -> None:
    name = search(lake, beside(lake), of(bowl()), 1)["study"][0]
    with (folder_of(beside(lake)) / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(AerofluxError, match="is running in another process"):
            search(lake, beside(lake), of(bowl()), 2)


def test_features_that_are_not_there_are_named(lake: Lake) -> None:
    with pytest.raises(MissingTableError, match="features at T-0: 2018, 2019 missing"):
        search(lake, beside(lake), of(bowl(), years=(2018, 2019)), 1)


def test_without_a_search_the_table_is_empty(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    make_trials(lake, beside(lake))
    assert violations(TRIALS, lake.scan("trials")) == []
    assert lake.scan("trials").collect().height == 0


# ---- the models ---------------------------------------------------------------------------------------------
@pytest.fixture
def data(lake: Lake) -> Data:
    split = tuning_split(YEARS, months(*YEARS, of=(1, 2)))
    return tuning_rows(lake, of(bowl(), feature_set="xgb_schedule"), split)


def one(model: str, data: Data, params: dict[str, Any]) -> tuple[Result, dict[int, float]]:
    told: dict[int, float] = {}
    study, metric = study_named(model, None)
    trial = optuna.trial.FixedTrial(params)
    return study.prepare(data, metric)(trial, told.__setitem__), told


def test_the_papers_four_configurations_are_tried_first(lake: Lake) -> None:
    study = replace(STUDIES["xgboost"], feature_set="xgb_schedule")
    found = search(lake, beside(lake), of(study, metric="auc"), 4).sort("number")
    assert found["origin"].to_list() == ["xgb_00", "xgb_01", "xgb_02", "xgb_03"]
    assert [json.loads(text) for text in found["params"]] == list(GRID.values())
    assert found["rounds"].to_list() == [250, 250, 300, 400]
    assert found["state"].to_list() == ["complete"] * 4
    assert list(map(int, json.loads(found["values"][3]))) == [*RUNGS[:4], 400]


def test_a_trial_of_xgboost_is_the_model_that_training_gives(data: Data) -> None:
    from aeroflux_assets.model.recipes import PAPER
    from aeroflux_assets.model.train import train

    params = GRID["xgb_00"] | {"rounds": 50}
    found, told = one("xgboost", data, params)
    rows, asked = data.train.block(data.names), data.test.block(data.names)
    others = {name: value for name, value in params.items() if name != "rounds"}
    trained = train(lambda: [rows], data.names, PAPER.but(50, **others, nthread=1))
    assert found == Result(measured("auc", asked.late, trained.predict(asked.x)[0]), 50, 50)
    assert list(told) == [25]
    assert found.value > 0.7


def test_the_pair_learns_and_tells_its_rungs(data: Data) -> None:
    boosted, told = one("lightgbm", data, dict(STUDIES["lightgbm"].begins["baseline"]) | {"rounds": 50})
    assert list(told) == [25]
    asked = data.test.block(data.names)
    assert boosted.value < measured("rmse", asked.delay, np.full(len(asked.delay), asked.delay.mean()))
    logistic, told = one("logistic", data, {"C": 1.0, "clip_sd": 30.0})
    rows = len(data.train.frame)
    assert list(told) == [round(rows / 4), round(rows / 2)]
    assert logistic.rung == rows
    assert logistic.value > 0.8


def test_season_and_time_of_day_are_known_from_the_schedule() -> None:
    assert {FEATURES.known_at()[name] for name in CATEGORIES} == {"schedule"}
    assert CLEANED_FLIGHTS.known_at()["carrier"] == "schedule"


@pytest.mark.parametrize("model", list(STUDIES))
def test_what_a_study_begins_with_lies_in_its_space(data: Data, model: str) -> None:
    study, metric = study_named(model, None)

    for params in study.begins.values():
        assert params.get("rounds", 50) <= MAX_ROUNDS
        if model != "xgboost":  # those run in full above
            small = dict(params) | ({"rounds": 50} if "rounds" in params else {})
            study.prepare(data, metric)(optuna.trial.FixedTrial(small), lambda *_: None)


def test_wrong_words_are_refused_with_what_is_allowed() -> None:
    with pytest.raises(SettingsError, match="allowed are xgboost, lightgbm, logistic"):
        study_named("forest", None)
    with pytest.raises(SettingsError, match="allowed for lightgbm are rmse"):
        study_named("lightgbm", "auc")
