"""The figures of predictions, and training that gives the same model for the same rows."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import xgboost as xgb
from builders import cleaned_flights, flight
from sklearn import metrics

from aeroflux_assets.cleaned import span
from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS
from aeroflux_assets.cutoffs import cutoff_named
from aeroflux_assets.errors import AerofluxError, MissingTableError, SettingsError
from aeroflux_assets.features.build import FEATURES
from aeroflux_assets.lake import Lake
from aeroflux_assets.model import files
from aeroflux_assets.model.data import Block, block, blocks, months_in_lake
from aeroflux_assets.model.evaluate import at_alerts, expected_calibration_error, figures
from aeroflux_assets.model.feed import quantised
from aeroflux_assets.model.files import load_model, save_models, sweep_models
from aeroflux_assets.model.labels import MIDDLE_MIN, classifier_labels
from aeroflux_assets.model.recipes import LARGEST_STEP, PAPER, recipe_of
from aeroflux_assets.model.train import train
from aeroflux_assets.store import store_at
from aeroflux_assets.years import Month

NAMES = ("a", "b", "c")
NOW = cutoff_named("T-0")


def floats(*values: float) -> Any:
    return np.array(values, dtype=np.float32)


# ---- figures --------------------------------------------------------------------------------------------
def test_figures_by_hand() -> None:
    # Flagged at one half: the first (late), the third (not late) and the fourth (late, at exactly 0.5).
    found = figures(
        late=floats(1, 0, 0, 1, 1),
        probability=floats(0.9, 0.25, 0.75, 0.5, 0.125),
        delay=floats(30, -5, 0, 20, 15),
        predicted_delay=floats(20, -5, 10, 25, 0),
    )
    # Of the six pairs (late, not late) three are in the right order: 0.9 twice, and 0.5 over 0.25.
    assert found.auc == pytest.approx(3 / 6)
    assert (found.rows, found.base_rate) == (5, pytest.approx(0.6))
    assert (found.precision, found.recall, found.f1) == (pytest.approx(2 / 3),) * 3
    assert found.accuracy == pytest.approx(3 / 5)
    # Hits at ranks 1, 3 and 5: (1/1 + 2/3 + 3/5) / 3.
    assert found.pr_auc == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)
    squares = 0.1**2 + 0.25**2 + 0.75**2 + 0.5**2 + 0.875**2
    assert found.brier == pytest.approx(squares / 5)
    assert found.mae == pytest.approx((10 + 0 + 10 + 5 + 15) / 5)
    assert found.rmse == pytest.approx(np.sqrt((100 + 0 + 100 + 25 + 225) / 5))


def test_alerts_by_hand() -> None:
    late, probability = np.array([1.0, 0.0, 1.0, 0.0, 1.0]), np.array([0.2, 0.9, 0.8, 0.3, 0.3])

    two = at_alerts(late, probability, 2)
    assert two == {"alerts": 2, "alerts_threshold": 0.8, "alerts_precision": 0.5, "alerts_recall": 1 / 3}
    # Of two flights equally probable the first is taken.
    assert at_alerts(late, probability, 3)["alerts_precision"] == 1 / 3
    assert at_alerts(late, probability, 4)["alerts_precision"] == 0.5
    assert at_alerts(np.zeros(3), probability[:3], 1)["alerts_recall"] is None
    for alerts in (0, 6):
        with pytest.raises(SettingsError, match="1 to 5"):
            at_alerts(late, probability, alerts)


def test_figures_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    probability = rng.random(2000).astype(np.float32).round(2)  # rounded: many ties
    late = (rng.random(2000) < probability * 0.6).astype(np.float32)
    delay = rng.normal(10, 40, 2000).astype(np.float32)
    predicted = rng.normal(5, 10, 2000).astype(np.float32)
    found = figures(late, probability, delay, predicted).as_dict()
    flagged = probability >= 0.5
    assert {name: found[name] for name in found if name != "ece"} == pytest.approx(
        {
            "rows": 2000,
            "base_rate": late.mean(),
            "auc": metrics.roc_auc_score(late, probability),
            "pr_auc": metrics.average_precision_score(late, probability),
            "f1": metrics.f1_score(late, flagged),
            "precision": metrics.precision_score(late, flagged),
            "recall": metrics.recall_score(late, flagged),
            "accuracy": metrics.accuracy_score(late, flagged),
            "brier": metrics.brier_score_loss(late, probability.astype(float)),
            "mae": metrics.mean_absolute_error(delay, predicted),
            "rmse": metrics.root_mean_squared_error(delay, predicted),
        },
        rel=1e-5,
    )


@pytest.mark.parametrize(("late", "recall"), [(0.0, None), (1.0, 1 / 3)])
def test_with_one_class_only_ranking_is_undefined(late: float, recall: float | None) -> None:
    delay = floats(1, 2, 3)
    found = figures(floats(late, late, late), floats(0.2, 0.4, 0.6), delay, delay)
    assert (found.auc, found.pr_auc, found.base_rate) == (None, None, late)
    assert found.recall == (recall if recall is None else pytest.approx(recall))
    assert found.precision == late


def test_where_nothing_is_flagged_precision_is_undefined() -> None:
    found = figures(floats(1, 0), floats(0.1, 0.2), floats(20, 0), floats(0, 0))
    assert (found.precision, found.recall, found.f1) == (None, 0.0, 0.0)


def test_no_rows_are_an_error() -> None:
    with pytest.raises(AerofluxError, match="no flight with an outcome to score"):
        figures(floats(), floats(), floats(), floats())


def test_calibration_error_by_hand() -> None:
    late, probability = floats(1, 0, 1, 1), floats(0.8, 0.1, 0.9, 0.2)
    # Two bins: 0.1 and 0.2 (mean 0.15, half late), 0.8 and 0.9 (mean 0.85, all late).
    assert expected_calibration_error(late, probability, bins=2) == pytest.approx((2 * 0.35 + 2 * 0.15) / 4)
    # A bin a row, where there are more bins than rows.
    assert expected_calibration_error(late, probability) == pytest.approx((0.1 + 0.8 + 0.2 + 0.1) / 4)


def test_bins_of_unequal_size_are_weighted_by_their_rows() -> None:
    # Three rows in two bins: two and one.
    found = expected_calibration_error(floats(0, 1, 1), floats(0.2, 0.4, 0.5), bins=2)
    assert found == pytest.approx((2 * abs(0.5 - 0.3) + 1 * 0.5) / 3)


def test_a_perfectly_calibrated_prediction_has_no_calibration_error() -> None:
    late = floats(*[1, 0, 0, 0] * 20, *[1, 1, 1, 0] * 20)
    assert expected_calibration_error(late, floats(*[0.25] * 80, *[0.75] * 80), bins=2) == pytest.approx(0)


# ---- training -------------------------------------------------------------------------------------------
def months(*sizes: int, seed: int = 5) -> list[Block]:
    """Blocks in which the first feature tells how late a flight is; values are few, so that bins are exact."""
    rng = np.random.default_rng(seed)
    made = []
    for size in sizes:
        x = rng.integers(0, 40, (size, len(NAMES))).astype(np.float32)
        x[rng.random(x.shape) < 0.1] = np.nan
        delay = (np.nan_to_num(x[:, 0], nan=20) * 2 - 30 + rng.normal(0, 5, size)).round().astype(np.float32)
        ids = pl.Series(range(size), dtype=pl.Int64)
        made.append(Block(ids, x, (delay >= 15).astype(np.float32), delay))
    return made


def joined(parts: list[Block]) -> Block:
    return Block(
        pl.concat([part.flight_id for part in parts]),
        np.concatenate([part.x for part in parts]),
        np.concatenate([part.late for part in parts]),
        np.concatenate([part.delay for part in parts]),
    )


PARTS = months(300, 1, 200)
# Few trees that learn fast; one thread, as on a busy machine several wait for each other.
QUICK: dict[str, Any] = {"eta": 0.5, "max_depth": 4}
ALONE: dict[str, Any] = {"nthread": 1}


def test_two_runs_give_the_same_predictions_and_they_are_of_both_targets() -> None:
    first, second = (train(lambda: PARTS, NAMES, PAPER.but(4, **QUICK)) for _ in range(2))
    test = months(400, seed=6)[0]
    (late, delay), again = first.predict(test.x), second.predict(test.x)
    assert np.array_equal(late, again[0])
    assert np.array_equal(delay, again[1])
    assert (first.rows, first.names) == (501, NAMES)
    assert (late.min() >= 0, late.max() <= 1) == (True, True)
    assert metrics.roc_auc_score(test.late, late) > 0.9
    # The regressor learnt minutes and not the label of the first target.
    assert delay.max() > 25
    assert np.corrcoef(delay, test.delay)[0, 1] > 0.9


def test_rows_that_come_in_blocks_train_the_model_of_one_block() -> None:
    parted = train(lambda: PARTS, NAMES, PAPER.but(4, **QUICK, **ALONE))
    whole = train(lambda: [joined(PARTS)], NAMES, PAPER.but(4, **QUICK, **ALONE))
    for one, other in zip(parted.predict(PARTS[0].x), whole.predict(PARTS[0].x), strict=True):
        assert np.array_equal(one, other)


def test_the_matrix_of_blocks_is_that_of_one_block() -> None:
    with quantised(lambda: PARTS, NAMES) as some, quantised(lambda: [joined(PARTS)], NAMES) as one:
        parted, whole = some.matrix, one.matrix
        assert (parted.num_row(), parted.num_col(), parted.feature_names) == (501, 3, list(NAMES))
        assert np.array_equal(parted.get_label(), joined(PARTS).late)
        for cut, other in zip(parted.get_quantile_cut(), whole.get_quantile_cut(), strict=True):
            assert np.array_equal(cut, other)
        assert (parted.get_data() != whole.get_data()).nnz == 0


def test_a_generator_of_blocks_is_made_anew_for_every_pass() -> None:
    passes = []

    def made() -> Iterator[Block]:
        passes.append(1)
        yield from PARTS

    trained = train(made, NAMES, PAPER.but(2, **ALONE))
    assert trained.rows == 501
    assert len(passes) >= 3


@pytest.mark.parametrize("place", ["disk", "bucket"])
def test_saved_models_predict_what_the_trained_ones_do(
    place: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    store = store_at(request.getfixturevalue("bucket") if place == "bucket" else tmp_path)
    trained = train(lambda: PARTS, NAMES, PAPER.but(2, **ALONE))
    saved = save_models(store, trained, "model_files/new/xgb_schedule")
    assert saved == {
        "late15": "model_files/new/xgb_schedule/late15.ubj",
        "arr_delay_min": "model_files/new/xgb_schedule/arr_delay_min.ubj",
    }
    for path, predicted in zip(saved.values(), trained.predict(PARTS[0].x), strict=True):
        booster = load_model(store, path)
        assert isinstance(booster, xgb.Booster)
        assert booster.feature_names == list(NAMES)
        assert np.array_equal(booster.inplace_predict(PARTS[0].x), predicted)


@pytest.mark.parametrize("place", ["disk", "bucket"])
def test_old_model_versions_that_no_table_names_are_swept(
    place: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_at(request.getfixturevalue("bucket") if place == "bucket" else tmp_path)
    for version in ("first", "second", "third"):
        store.put(f"model_files/scored_year=2024/{version}/xgb_full/late15.ubj", b"")
    store.put("model_files/scored_year=2023/first/xgb_full/late15.ubj", b"")
    used = {"model_files/scored_year=2024/second/xgb_full/late15.ubj"}
    sweep_models(store, "model_files/scored_year=2024/third", used)
    assert store.folders("model_files/scored_year=2024") == ["first", "second", "third"]
    monkeypatch.setattr(files, "ABANDONED_S", -60)  # a bucket's times cannot be set back: the limit can
    sweep_models(store, "model_files/scored_year=2024/third", used)
    assert store.folders("model_files/scored_year=2024") == ["second", "third"]
    assert store.folders("model_files/scored_year=2023") == ["first"]


def test_a_model_version_is_as_old_as_its_newest_file(tmp_path: Path) -> None:
    store, long_ago = store_at(tmp_path), time.time() - files.ABANDONED_S - 60
    for version, name in (("training", "one"), ("training", "two"), ("killed", "one"), ("killed", "two")):
        path = f"model_files/{version}/{name}/late15.ubj"
        store.put(path, b"")
        if (version, name) != ("training", "two"):
            os.utime(tmp_path / path, (long_ago, long_ago))
    sweep_models(store, "model_files/new", set())
    assert store.folders("model_files") == ["training"]
    assert store.folders("model_files/training") == ["one", "two"]


@pytest.mark.parametrize("parts", [[], [joined(PARTS[:1])]])
def test_no_rows_to_train_on_are_an_error(parts: list[Block]) -> None:
    empty = [Block(p.flight_id[:0], p.x[:0], p.late[:0], p.delay[:0]) for p in parts]
    with pytest.raises(AerofluxError, match="no flight with an outcome to train on"):
        train(lambda: empty, NAMES, PAPER.but(1, **ALONE))


def test_an_error_while_reading_the_rows_is_told_as_it_is() -> None:
    def broken() -> Iterator[Block]:
        yield PARTS[0]
        raise MissingTableError("table features: year=2024 is missing")

    with pytest.raises(MissingTableError, match="year=2024 is missing"):
        train(broken, NAMES, PAPER.but(1, **ALONE))


# ---- rows -----------------------------------------------------------------------------------------------
def feature_rows(*rows: dict[str, Any]) -> pl.LazyFrame:
    base = dict.fromkeys(FEATURES.names) | {"flight_date": date(2024, 6, 12)}
    return pl.LazyFrame([base | row for row in rows], schema=FEATURES.schema)


def test_a_block_has_the_flights_that_arrived_with_the_named_features_in_their_order() -> None:
    labels = cleaned_flights([flight(3, 600, dep_delay=15), flight(1, 610, dep_delay=-2)]).select(
        "flight_id", "is_arr_late15", "arr_delay_min"
    )
    known = feature_rows(
        {"flight_id": 1, "distance": 100.0, "dep_hour_local": 7.0},
        {"flight_id": 2, "distance": 200.0},
        {"flight_id": 3, "dep_hour_local": 9.0},
    )
    made = block(labels, known, ("dep_hour_local", "distance"))
    assert made.flight_id.to_list() == [3, 1]
    assert made.late.tolist() == [1.0, 0.0]
    assert made.delay.tolist() == [15.0, -2.0]
    assert made.x.dtype == np.float32
    assert np.array_equal(made.x, [[9.0, np.nan], [7.0, 100.0]], equal_nan=True)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    june = [flight(1, 600, dep_delay=20), flight(2, 660, cancelled=True), flight(3, 700, diverted=True)]
    july = [flight(4, 30 * 1440, dep_delay=1), flight(5, 30 * 1440 + 60)]
    flights, notes = cleaned_flights([*june, *july]), {"months": [6, 7]}
    lake.write(CLEANED_FLIGHTS, flights, {"year": 2024}, notes=notes)
    known = flights.select("flight_id", "flight_date", distance=pl.col("flight_id").cast(pl.Float32) * 10)
    have = known.collect_schema().names()
    rest = [pl.lit(None, dtype=t).alias(n) for n, t in FEATURES.schema.items() if n not in have]
    lake.write(FEATURES, known.with_columns(rest), {"year": 2024, "cutoff": NOW.name}, notes=notes)
    return lake


def test_a_small_year_is_one_block(lake: Lake) -> None:
    made = list(blocks(lake, months_in_lake(lake, [2024], NOW), NOW, ("distance",)))
    assert [part.flight_id.to_list() for part in made] == [[1, 4, 5]]


def test_blocks_are_the_months_of_the_lake_without_flights_that_never_arrived(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(span, "PIECE_ROWS", 0)
    there = months_in_lake(lake, [2024], NOW)
    assert there == [Month(2024, 6), Month(2024, 7)]
    made = list(blocks(lake, there, NOW, ("distance",)))
    assert [part.flight_id.to_list() for part in made] == [[1], [4, 5]]
    assert [part.x.ravel().tolist() for part in made] == [[10.0], [40.0, 50.0]]


def test_years_without_features_are_named(lake: Lake) -> None:
    with pytest.raises(MissingTableError, match=r"features at T-0: 2023, 2025 missing.*`aeroflux run`"):
        months_in_lake(lake, [2023, 2024, 2025], NOW)
    with pytest.raises(MissingTableError, match=r"features at T-2h: 2024 missing"):
        months_in_lake(lake, [2024], cutoff_named("T-2h"))


# ---- recipes and labels ---------------------------------------------------------------------------------
def test_fewer_rounds_of_our_recipe_take_larger_steps_and_the_paper_s_stay_as_they_are() -> None:
    ours = recipe_of("aeroflux_full")
    assert recipe_of("xgb_full") == PAPER
    assert recipe_of("xgb_full", 7).params == PAPER.params
    half, few, more = (recipe_of("aeroflux_full", trees) for trees in (ours.trees // 2, 7, ours.trees * 2))
    assert (half.trees, half.params["eta"]) == (ours.trees // 2, pytest.approx(2 * ours.params["eta"]))
    assert (few.trees, few.params["eta"]) == (7, LARGEST_STEP)
    assert (more.trees, more.params) == (2 * ours.trees, ours.params)
    assert half.label_width_min == ours.label_width_min > 0


def test_what_a_recipe_changes_stands_in_its_record() -> None:
    assert PAPER.but(max_depth=2).as_dict() == PAPER.as_dict() | {"max_depth": 2}
    soft = replace(PAPER, label_width_min=3.0)
    assert soft.as_dict() == PAPER.as_dict() | {"label_width_min": 3.0, "label_middle_min": MIDDLE_MIN}
    assert soft.but(5).label_width_min == 3.0


def test_a_regressor_of_its_own_follows_the_classifier_s_rounds() -> None:
    ours = recipe_of("aeroflux_full")
    assert ours.regressor is not None
    assert (ours.of("late15"), ours.of("arr_delay_min")) == (ours, ours.regressor)
    assert PAPER.of("arr_delay_min") is PAPER
    # Asked for few rounds both get so many, at most their own; a part of the rounds is a part of either's.
    assert recipe_of("aeroflux_full", 7).of("arr_delay_min").trees == 7
    assert recipe_of("aeroflux_full", ours.trees).of("arr_delay_min") == ours.regressor
    assert ours.but(ours.trees // 2).of("arr_delay_min").trees == ours.regressor.trees // 2
    assert recipe_of("aeroflux_full", device="cuda").of("arr_delay_min").params["device"] == "cuda"
    assert ours.as_dict()["regressor"] == ours.regressor.as_dict()


def test_each_target_is_trained_by_its_own_recipe() -> None:
    recipe = replace(PAPER.but(3, **QUICK, **ALONE), regressor=PAPER.but(5, **QUICK, **ALONE))
    said: list[str] = []
    trained = train(lambda: PARTS, NAMES, recipe, progress=said.append)
    assert {target: each.num_boosted_rounds() for target, each in trained.boosters.items()} == {
        "late15": 3,
        "arr_delay_min": 5,
    }
    assert [line.split(", ")[-1] for line in said] == ["3 trees", "5 trees"]


def test_labels_rise_past_the_mark_and_are_the_published_ones_without_a_width() -> None:
    delay = floats(-60, 12.5, 14, 15, 15.5, 16, 18.5, 3000)
    late = (delay >= 15).astype(np.float32)
    assert classifier_labels(late, delay, 0) is late
    rising = classifier_labels(late, delay, 3.0)
    assert rising.dtype == np.float32
    # One width from the middle: 1 / (1 + e) and its mirror image.
    assert rising == pytest.approx([0, 0.26894, 0.37754, 0.45842, 0.5, 0.54158, 0.73106, 1], abs=1e-5)


def test_a_label_width_reaches_the_classifier_and_not_the_regressor() -> None:
    x = np.repeat(floats(0, 1), 500).reshape(-1, 1)
    delay = np.repeat(floats(14, 15), 500)
    rows = Block(pl.Series(range(1000)), x, (delay >= 15).astype(np.float32), delay)
    recipe = PAPER.but(40, eta=0.5, subsample=1.0, **ALONE)
    hard, soft = (
        train(lambda: [rows], ("a",), each).predict(x[[0, -1]])
        for each in (recipe, replace(recipe, label_width_min=3.0))
    )
    assert hard[0] == pytest.approx([0, 1], abs=0.05)
    assert soft[0] == pytest.approx([0.37754, 0.45842], abs=0.005)
    assert soft[1] == pytest.approx(hard[1])
    assert soft[1] == pytest.approx([14, 15], abs=0.1)
