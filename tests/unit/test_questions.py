"""The research questions on small tables: samples, importance, slices, pass-through, and the experiments' figures."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import xgboost as xgb
from builders import cleaned_flights, flight

from aeroflux_assets.contracts.base import violations
from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS
from aeroflux_assets.contracts.explanation import PASS_THROUGH, PASS_THROUGH_MATCHED
from aeroflux_assets.contracts.model import PREDICTIONS
from aeroflux_assets.contracts.propagation import HOPS, PROPAGATION, upstream_names
from aeroflux_assets.contracts.rotation import ROTATIONS
from aeroflux_assets.cutoffs import cutoff_named
from aeroflux_assets.errors import AerofluxError, MissingTableError
from aeroflux_assets.evaluation.effort import Effort, effort_for
from aeroflux_assets.evaluation.explanation_tables import make_failures, make_importance, make_pass_through
from aeroflux_assets.evaluation.importance import FAMILY, FEATURE, importance
from aeroflux_assets.evaluation.paper import FOLD_AUC, FOLD_MEANS, HEADLINE, IMPORTANCE_SET, importance_frame
from aeroflux_assets.evaluation.pass_through import ALL, matched, pass_through, turnarounds
from aeroflux_assets.evaluation.questions import Fit, difference, fitted, upstream_features
from aeroflux_assets.evaluation.ranking import auc
from aeroflux_assets.evaluation.sample import Sample, sample_rows
from aeroflux_assets.features.build import FEATURES
from aeroflux_assets.features.sets import FEATURE_SETS
from aeroflux_assets.lake import Lake
from aeroflux_assets.model.recipes import PAPER
from aeroflux_assets.rotation.legs import build_rotations
from aeroflux_assets.settings import Settings
from aeroflux_assets.years import Month

NOW = cutoff_named("T-0")
JUNE = [Month(2024, 6)]


# ---- the paper ------------------------------------------------------------------------------------------
def test_the_papers_figures_agree_with_each_other() -> None:
    means = {f.subject: f.value for f in FOLD_MEANS if f.name == "auc"}
    assert sum(FOLD_AUC.values()) / 5 == pytest.approx(means["xgb_full_aircraft"], abs=5e-5)
    final = {f.name: f.value for f in HEADLINE}
    harmonic = 2 * final["precision"] * final["recall"] / (final["precision"] + final["recall"])
    assert final["f1"] == pytest.approx(harmonic, abs=5e-4)
    assert set(importance_frame()["name"]) <= set(FEATURE_SETS[IMPORTANCE_SET])


# ---- importance -----------------------------------------------------------------------------------------
NAMES = ("slack_min", "origin_queue", "origin_departures_1h", "dep_hour_local")


def sample(rows: int = 600) -> Sample:
    """Lateness follows the slack, and the queue, whose twin the departures are; the hour says nothing."""
    rng = np.random.default_rng(6)
    x = rng.normal(0, 1, (rows, 4)).astype(np.float32)
    x[:, 2] = x[:, 1]
    late = (2 * x[:, 0] + x[:, 1] > 0.5).astype(np.float32)
    return Sample(
        pl.Series(range(rows), dtype=pl.Int64), x, late, np.zeros(rows, dtype=np.int32), NAMES, rows
    )


@pytest.fixture(scope="module")
def booster() -> xgb.Booster:
    rows = sample()
    # Each split has half of the features to choose from, so that the twins share the work.
    params = {"objective": "binary:logistic", "colsample_bynode": 0.5, "seed": 1, "nthread": 1}
    return xgb.train(params, xgb.DMatrix(rows.x, label=rows.late, feature_names=list(NAMES)), 30)


def test_importance_finds_what_matters_and_twins_only_together(booster: xgb.Booster) -> None:
    table = importance(booster, sample(), NAMES, shap_rows=100, seed=3)
    by = {(r["level"], r["name"]): r for r in table.iter_rows(named=True)}
    features = table.filter(pl.col("level") == FEATURE)
    for column in ("gain_share", "gain_per_split_share", "shap_share"):
        assert features[column].sum() == pytest.approx(1)
    assert features.filter(pl.col("rank") == 1)["name"].item() == "slack_min"
    assert set(features["shap_rows"]) == {100}
    queue, twin = (by[FEATURE, name]["permutation_auc_drop"] for name in NAMES[1:3])
    family = by[FAMILY, "airport state"]
    assert (family["features"], by[FAMILY, "schedule"]["features"]) == (2, 1)
    assert family["permutation_auc_drop"] > queue + twin > 0
    assert by[FEATURE, "dep_hour_local"]["permutation_auc_drop"] < 0.02
    assert family["gain_share"] == pytest.approx(sum(by[FEATURE, name]["gain_share"] for name in NAMES[1:3]))


def test_the_same_rows_and_seed_give_the_same_importance(booster: xgb.Booster) -> None:
    first, second = (importance(booster, sample(), NAMES, shap_rows=50, seed=3) for _ in range(2))
    assert first.equals(second)


def test_the_drop_is_the_auc_before_less_the_auc_of_shuffled_values(booster: xgb.Booster) -> None:
    rows = sample()
    table = importance(booster, rows, NAMES, shap_rows=10, seed=3)
    shuffled = rows.x.copy()
    shuffled[:, 0] = shuffled[np.random.default_rng([3, 0]).permutation(len(shuffled)), 0]
    before, after = (auc(rows.late, booster.inplace_predict(x)) for x in (rows.x, shuffled))
    (found,) = table.filter((pl.col("level") == FEATURE) & (pl.col("name") == "slack_min")).to_dicts()
    assert found["permutation_auc_drop"] == pytest.approx(before - after)


# ---- experiments ----------------------------------------------------------------------------------------
def test_a_fit_is_scored_on_its_test_rows_and_by_groups_of_days() -> None:
    rows = sample(2000)
    day = np.arange(2000, dtype=np.int32)
    recipe = PAPER.but(10)
    whole = fitted((rows.x, rows.late), (rows.x, rows.late), day, recipe)
    less = fitted((rows.x[:, 3:], rows.late), (rows.x[:, 3:], rows.late), day, recipe)
    assert (whole.features, less.features, len(whole.groups)) == (4, 1, 10)
    assert whole.figures["auc"] > 0.95 > less.figures["auc"]
    found = difference(less, whole)
    assert found["delta_auc"] == pytest.approx(less.figures["auc"] - whole.figures["auc"])
    assert 0 < found["delta_auc_se"] < 0.05


def test_the_error_of_a_difference_by_hand() -> None:
    def fit(*aucs: float | None) -> Fit:
        return Fit(1, {"auc": 0.7, "pr_auc": 0.5, "brier": 0.1}, dict(enumerate(aucs)), 0.0)

    # Differences 0.1, 0.3 and one that is not defined: mean 0.2, deviation 0.1 * sqrt(2).
    found = difference(fit(0.7, 0.9, None), fit(0.6, 0.6, 0.5))
    assert found["delta_auc_se"] == pytest.approx(0.1)
    assert difference(fit(0.7), fit(0.6))["delta_auc_se"] is None


def test_the_effort_has_no_more_trees_than_the_run() -> None:
    assert effort_for(Settings(source="official", trees=40)).trees == 40
    assert effort_for(Settings(source="official", trees=None)).trees == Effort().trees
    assert effort_for(Settings(source="simulated")).train_rows < Effort().train_rows


# ---- a small lake ---------------------------------------------------------------------------------------
def day_of_legs(day: int, late: int, tail: str, first: int) -> list[dict[str, Any]]:
    """Five legs AAA-BBB-AAA... of a tail, an hour each with half an hour between; the first arrives `late`."""
    legs = []
    for k in range(5):
        delay = max(late - 20 * k, 0)
        ends = ("AAA", "BBB") if k % 2 == 0 else ("BBB", "AAA")
        legs.append(
            flight(first + k, 1440 * day + 360 + 90 * k, origin=ends[0], dest=ends[1], dep_delay=delay, tail=tail,
                   flight_number=k)
        )  # fmt: skip
    return legs


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Six days of two tails, one of which is late every other day."""
    rows = []
    for day in range(6):
        rows += day_of_legs(day, 50 if day % 2 else 0, "N1", 100 * day + 10)
        rows += day_of_legs(day, 0, "N2", 100 * day + 20)
    rows.append(flight(999, 1440 * 2 + 700, tail="N3", cancelled=True))
    flights = cleaned_flights(rows)
    lake = Lake(tmp_path / "lake")
    lake.write(CLEANED_FLIGHTS, flights, {"year": 2024}, notes={"months": [6]})
    lake.write(ROTATIONS, build_rotations(flights, 2024), {"year": 2024})
    return lake


def with_features(lake: Lake) -> Lake:
    """`features` of the flights at T-0: the slack counts up with flight_id, what fails is null."""
    flights = lake.scan("cleaned_flights", [{"year": 2024}]).collect()
    known = {
        "slack_min": flights["flight_id"],
        "days_to_nearest_holiday": pl.lit(9),
        "rotation_continuity_flag": pl.lit(0),
    }
    rows = flights.select("flight_id", "flight_date").with_columns(**known)
    missing = [name for name in FEATURES.names if name not in rows.columns]
    frame = rows.with_columns(pl.lit(None).alias(name) for name in missing)
    lake.write(FEATURES, frame, {"year": 2024, "cutoff": "T-0"}, notes={"months": [6]})
    return lake


def test_a_sample_is_seeded_sorted_and_of_flights_that_arrived(lake: Lake) -> None:
    with_features(lake)
    first, second = (sample_rows(lake, JUNE, NOW, ("slack_min",), 20, 5) for _ in range(2))
    other = sample_rows(lake, JUNE, NOW, ("slack_min",), 20, 6)
    every = sample_rows(lake, JUNE, NOW, ("slack_min",), 1000, 5)
    assert (first.rows, first.total, first.is_sampled) == (20, 60, True)
    assert first.flight_id.equals(second.flight_id)
    assert not first.flight_id.equals(other.flight_id)
    assert first.flight_id.is_sorted()
    assert first.x[:, 0].tolist() == first.flight_id.to_list()
    assert (every.rows, every.is_sampled) == (60, False)
    assert 999 not in every.flight_id
    # Legs 1 and 2 of every other day of N1 arrive 50 and 30 minutes late.
    assert every.late.sum() == 6
    assert every.columns(["slack_min"]).shape == (60, 1)


def test_no_flight_with_an_outcome_is_an_error(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    part = {"year": 2024}
    lake.write(
        CLEANED_FLIGHTS, cleaned_flights([flight(1, 600, cancelled=True)]), part, notes={"months": [6]}
    )
    with_features(lake)
    with pytest.raises(AerofluxError, match="no flight with an outcome in the months"):
        sample_rows(lake, JUNE, NOW, ("slack_min",), 10, 1)


# ---- hops -----------------------------------------------------------------------------------------------
def test_the_depth_of_the_served_table_is_that_of_its_contract() -> None:
    assert upstream_names(HOPS) == PROPAGATION.names


def test_deeper_legs_are_looked_up_for_the_wanted_flights(lake: Lake) -> None:
    # Leg 5 of N1 on the second day has four legs before it, the first of which arrived 50 minutes late.
    wanted = pl.Series([24, 114], dtype=pl.Int64)
    assert upstream_features(lake, JUNE, wanted, NOW, 0).shape == (2, 0)
    deep = upstream_features(lake, JUNE, wanted, NOW, 4)
    names = [
        n
        for n in upstream_names(4)
        if n not in ("flight_id", "leg_number_day") and not n.endswith("flight_id")
    ]
    assert deep.shape == (2, len(names))
    assert deep[1, names.index("up4_arr_delay_min")] == 50
    assert deep[1, names.index("up1_arr_delay_min")] == 0
    # What is known of the nearer legs does not depend on the depth.
    near = upstream_features(lake, JUNE, wanted, NOW, 2)
    assert np.array_equal(near[:, :18], deep[:, :18], equal_nan=True)


# ---- pass-through ---------------------------------------------------------------------------------------
def legs_of(lake: Lake) -> pl.LazyFrame:
    parts = [{"year": 2024}]
    return turnarounds(lake.scan("cleaned_flights", parts), lake.scan("rotations", parts)).collect().lazy()


def test_pass_through_by_hand(lake: Lake) -> None:
    table = pass_through(legs_of(lake))
    by = {(r["turnaround"], r["inbound"]): r for r in table.iter_rows(named=True)}
    # N1 is late on three days: 50 minutes into a turnaround of 30 leave 30, 30 leave 10, 10 leave none.
    turns = "30 to 44 min"
    assert by[turns, "30 to 59 min"]["rows"] == 6
    assert by[turns, "30 to 59 min"]["mean_dep_delay_min"] == pytest.approx(20)
    assert by[turns, "30 to 59 min"]["slope"] == pytest.approx(1)
    assert by[turns, "0 to 14 min"]["mean_inbound_delay_min"] == pytest.approx(3 * 10 / 42)
    assert by[turns, ALL]["rows"] == 48
    # Five nights of each tail: N1 ends at BBB and begins at AAA, so it has none.
    assert by[ALL, ALL]["rows"] == 48
    assert table["turnaround"].to_list()[-1] == ALL
    assert violations(PASS_THROUGH, PASS_THROUGH.conform(table.lazy())) == []


def test_where_all_inbounds_are_alike_there_is_no_slope() -> None:
    rows = [flight(1, 0), flight(2, 90, origin="BBB", dest="AAA"), flight(3, 180)]
    flights = cleaned_flights(rows)
    table = pass_through(turnarounds(flights, build_rotations(flights, 2024)))
    assert set(table["slope"]) == {None}


def test_late_inbounds_are_compared_with_on_time_ones_of_their_cell(lake: Lake) -> None:
    table = matched(legs_of(lake))
    (row,) = table.filter(
        (pl.col("turnaround") == ALL) & (pl.col("matched_on") == "carrier, origin, hours, turnaround")
    ).to_dicts()
    # Late: the second and third leg of N1 on three days; beside them those of N2 and of N1 on the other days.
    assert (row["late_rows"], row["matched_late_rows"]) == (6, 6)
    assert row["late_inbound_delay_min"] == pytest.approx(40)
    assert row["late_dep_delay_min"] == pytest.approx(20)
    assert row["on_time_dep_delay_min"] == pytest.approx(0)
    assert (row["late_dep_late_share"], row["on_time_dep_late_share"]) == (pytest.approx(0.5), 0)
    assert row["per_inbound_min"] == pytest.approx(
        row["difference_min"] / (40 - row["on_time_inbound_delay_min"])
    )
    assert violations(PASS_THROUGH_MATCHED, PASS_THROUGH_MATCHED.conform(table.lazy())) == []


def test_a_late_inbound_without_a_counterpart_is_left_out() -> None:
    rows = [flight(1, 0, dep_delay=40), flight(2, 90, origin="BBB", dest="AAA", dep_delay=30)]
    flights = cleaned_flights(rows)
    table = matched(turnarounds(flights, build_rotations(flights, 2024)))
    assert set(table["late_rows"]) == {1}
    assert set(table["matched_late_rows"]) == {0}
    assert set(table["difference_min"]) == {None}


def test_pass_through_is_made_once_and_asks_for_its_inputs(lake: Lake, tmp_path: Path) -> None:
    first, second = make_pass_through(lake, 2024), make_pass_through(lake, 2024)
    assert [commit.version for commit in first] == [commit.version for commit in second]
    with pytest.raises(MissingTableError, match=r"cleaned_flights .*year=2023"):
        make_pass_through(lake, 2023)


# ---- failures -------------------------------------------------------------------------------------------
def test_figures_by_slice(lake: Lake) -> None:
    with_features(lake)
    flights = lake.scan("cleaned_flights", [{"year": 2024}]).collect()
    chance = pl.when(pl.col("dep_delay_min") > 0).then(0.8).otherwise(0.2)
    rows = flights.select(
        "flight_id", feature_set=pl.lit("aeroflux_full"), prob_late15=chance, pred_arr_delay_min=0.0
    )
    lake.write(PREDICTIONS, rows, {"scored_year": 2024, "cutoff": "T-0"})
    make_failures(lake, 2024, NOW)
    table = lake.scan("failures", [{"scored_year": 2024, "cutoff": "T-0"}]).collect()
    by = {(r["dimension"], r["slice"]): r for r in table.iter_rows(named=True)}
    whole = by["all", "all"]
    # Late are 6 of 60 flights, flagged 9: the three that left ten minutes late arrived so.
    assert (whole["rows"], whole["base_rate"]) == (60, pytest.approx(0.1))
    assert whole["auc"] == pytest.approx((51 + 3 / 2) / 54)
    assert whole["pr_auc"] == pytest.approx(6 / 9)
    assert whole["brier"] == pytest.approx((6 * 0.04 + 3 * 0.64 + 51 * 0.04) / 60)
    assert by["leg of the day", "first"]["rows"] == 12
    assert by["leg of the day", "third or later"]["auc"] is None
    assert by["weather", "not observed"]["rows"] == 60
    assert by["inbound", "none vouched for"]["rows"] == 60
    assert by["hour", "06"]["rows"] == 12
    assert by["distance", "0 to 499 mi"]["rows"] == 60
    for dimension in table["dimension"].unique():
        assert table.filter(pl.col("dimension") == dimension)["rows"].sum() == 60


def test_without_models_one_clear_error(lake: Lake) -> None:
    with pytest.raises(MissingTableError, match=r"models .*scored_year=2024"):
        make_importance(lake, 2024, NOW, Effort())
