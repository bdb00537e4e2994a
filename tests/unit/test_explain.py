"""SHAP values as points that add up, words with units, and families that hold every feature."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import xgboost as xgb

from aeroflux_assets.contracts.model import MODELS
from aeroflux_assets.errors import AerofluxError, LookupMissError, MissingTableError
from aeroflux_assets.evaluation.explain import classifier_of, explain_flight, explanation
from aeroflux_assets.evaluation.families import FAMILIES, by_family, family_of
from aeroflux_assets.evaluation.phrases import phrase, points_text, with_points
from aeroflux_assets.evaluation.shapley import probability_points, shap_values, sigmoid
from aeroflux_assets.features.build import FEATURES
from aeroflux_assets.features.sets import ALL_FEATURES, FEATURE_SETS
from aeroflux_assets.lake import Lake

NAMES = ("up1_arr_delay_min", "dep_hour_local", "origin_queue")
PART = {"scored_year": 2024, "cutoff": "T-0"}


# ---- families -------------------------------------------------------------------------------------------
def test_every_feature_of_every_set_has_one_family_and_no_family_is_empty() -> None:
    groups = by_family(ALL_FEATURES)
    assert tuple(groups) == tuple(FAMILIES)
    assert sorted(name for names in groups.values() for name in names) == sorted(ALL_FEATURES)
    assert set(by_family(FEATURE_SETS["xgb_schedule"])) == {"schedule"}


@pytest.mark.parametrize(
    ("feature", "family"),
    [
        ("up3_late_so_far_min", "upstream legs"),
        ("prev1_arr_del15", "upstream legs"),
        ("slack_min", "upstream legs"),
        ("origin_queue", "airport state"),
        ("origin_flight_volume", "volumes"),
        ("carrier_origin_queue", "carrier state"),
        ("carrier_origin_hour_history_late_share_28d", "history"),
        ("carrier_code", "identity"),
        ("dep_visibility_m", "weather"),
    ],
)
def test_features_are_in_the_family_that_one_expects(feature: str, family: str) -> None:
    assert family_of(feature) == family


def test_a_name_that_no_set_has_belongs_to_no_family() -> None:
    with pytest.raises(AerofluxError, match="'origin_luck' belongs to no family"):
        family_of("origin_luck")


# ---- points ---------------------------------------------------------------------------------------------
def test_points_by_hand() -> None:
    # Bias 0 is one half; the sum 2 gives 0.8808; the features share 0.3808 as 3 to -1.
    points, base, probability = probability_points(np.array([3.0, -1.0]), 0.0)
    assert (base, probability) == (0.5, pytest.approx(1 / (1 + np.exp(-2))))
    assert points == pytest.approx([(probability - 0.5) * 1.5, (probability - 0.5) * -0.5])


def test_where_the_sum_is_nothing_the_slope_at_the_bias_is_taken() -> None:
    points, base, probability = probability_points(np.array([1.0, -1.0]), 0.0)
    assert (base, probability) == (0.5, 0.5)
    assert points == pytest.approx([0.25, -0.25])


def test_the_sigmoid_does_not_overflow() -> None:
    assert sigmoid(np.array([-1e4, 0.0, 1e4])).tolist() == [0.0, 0.5, 1.0]


# ---- words ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("feature", "value", "says"),
    [
        ("up1_arr_delay_min", 41.0, "inbound landed 41 min late"),
        ("up1_arr_delay_min", None, "arrival delay of the inbound not known yet"),
        ("prev2_dep_delay", -3.0, "leg before the inbound left 3 min early"),
        ("slack_min", -92.0, "the aircraft is at the gate 92 min after departure time at best"),
        ("dep_minute_local", 1045.0, "scheduled to leave at 17:25 local"),
        ("dep_weekday_local", 7.0, "a Sunday"),
        ("carrier_code", 32.0 * 36 + 23, "carrier WN"),
        ("origin_queue", 14.0, "14 departures of the origin due by the cutoff and not done"),
        ("dep_ceiling_height_m", 22000.0, "no ceiling at the origin"),
        ("dep_temp_c", -2.5, "air temperature, at the origin: -2.5 deg C"),
        ("dep_wind_dir_deg", 270.0, "wind direction, at the origin: 270 deg"),
        ("dest_arr_late_share_6h", 0.25,
         "share 15 minutes late or more of arrivals at the destination, over 6h before the cutoff: 25%"),
        ("carrier_dep_delay_clipped_min_3h", 130.0,
         "mean departure delay of the carrier anywhere, over 3h before the cutoff: 2h10"),
    ],
)  # fmt: skip
def test_values_in_words(feature: str, value: float | None, says: str) -> None:
    assert phrase(feature, value) == says


def test_an_upstream_leg_may_have_a_name() -> None:
    assert phrase("up1_dep_delay_min", 20.0, {1: "inbound DL123"}) == "inbound DL123 left 20 min late"


@pytest.mark.parametrize("feature", ALL_FEATURES)
def test_every_feature_has_words_for_a_value_and_for_none(feature: str) -> None:
    known, unknown = phrase(feature, 2.0), phrase(feature, float("nan"))
    assert known
    assert known != unknown
    assert unknown == phrase(feature, None)


@pytest.mark.parametrize(
    ("points", "says"),
    [(0.221, "+22 points"), (-0.01, "-1 point"), (0.004, "+0.4 points"), (-0.0001, "±0 points")],
)
def test_points_in_words(points: float, says: str) -> None:
    assert points_text(points) == says
    assert with_points("inbound", points) == f"inbound: {says}"


# ---- a flight of a lake ---------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def booster() -> xgb.Booster:
    rng = np.random.default_rng(4)
    x = rng.integers(-20, 90, (400, len(NAMES))).astype(np.float32)
    x[rng.random(x.shape) < 0.2] = np.nan
    late = (np.nan_to_num(x[:, 0]) + np.nan_to_num(x[:, 2]) / 3 > 30).astype(np.float32)
    matrix = xgb.DMatrix(x, label=late, feature_names=list(NAMES))
    return xgb.train({"objective": "binary:logistic", "max_depth": 3, "nthread": 1}, matrix, 12)


@pytest.fixture(params=["disk", "bucket"])
def lake(request: pytest.FixtureRequest, tmp_path: Path, booster: xgb.Booster) -> Lake:
    bucket = request.param == "bucket"
    lake = Lake(f"{request.getfixturevalue('bucket')}/lake" if bucket else tmp_path / "lake")
    lake.store.put("late15.ubj", bytes(booster.save_raw("ubj")))
    model = {"feature_set": "aeroflux_full", "target": "late15", "path": "late15.ubj", "features": ",".join(NAMES),
             "train_years": "2023", "train_rows": 400, "trees": 12, "seconds": 1.0}  # fmt: skip
    lake.write(MODELS, pl.DataFrame([model]), PART)
    rows = pl.DataFrame(
        {
            "flight_id": [7, 8],
            "up1_arr_delay_min": [41.0, None],
            "dep_hour_local": [17.0, 6.0],
            "origin_queue": [3.0, 0.0],
        }
    )
    missing = [n for n in FEATURES.names if n not in rows.columns]
    lake.write(
        FEATURES, rows.with_columns(pl.lit(None).alias(n) for n in missing), {"year": 2024, "cutoff": "T-0"}
    )
    return lake


def test_a_flight_is_explained_by_what_its_model_saw(lake: Lake, booster: xgb.Booster) -> None:
    found = explanation(lake, 7, 2024, "T-0", "aeroflux_full")
    rows = {row["feature"]: row for row in found.rows.to_dicts()}
    row = np.array([[41.0, 17.0, 3.0]], dtype=np.float32)
    assert found.probability == pytest.approx(float(booster.inplace_predict(row)[0]), abs=1e-6)
    assert found.rows["points"].sum() == pytest.approx(found.probability - found.base, abs=1e-9)
    assert found.rows["points"].abs().is_sorted(descending=True)
    inbound = rows["up1_arr_delay_min"]
    assert (inbound["family"], inbound["value"]) == ("upstream legs", 41.0)
    assert inbound["words"] == f"inbound landed 41 min late: {points_text(inbound['points'])}"
    assert inbound["points"] > 0
    families = dict(found.families().select("family", "points").iter_rows())
    assert families["airport state"] == pytest.approx(rows["origin_queue"]["points"])
    assert explain_flight(lake, 7, 2024, "T-0", "aeroflux_full").equals(found.rows)


def test_what_was_not_known_is_null_and_said_so(lake: Lake) -> None:
    rows = explain_flight(lake, 8, 2024, "T-0", "aeroflux_full")
    (unknown,) = rows.filter(pl.col("feature") == "up1_arr_delay_min").to_dicts()
    assert unknown["value"] is None
    assert unknown["words"].startswith("arrival delay of the inbound not known yet: ")


def test_what_is_not_there_is_one_clear_error(lake: Lake) -> None:
    with pytest.raises(LookupMissError, match="flight 9 is not among the features of 2024 at T-0"):
        explain_flight(lake, 9, 2024, "T-0", "aeroflux_full")
    with pytest.raises(
        AerofluxError, match=r"no model of the set 'xgb_full' .* there are models of aeroflux_full"
    ):
        explain_flight(lake, 7, 2024, "T-0", "xgb_full")
    with pytest.raises(MissingTableError, match="scored_year=2025"):
        explain_flight(lake, 7, 2025, "T-0", "aeroflux_full")
    lake.store.delete("late15.ubj")
    with pytest.raises(MissingTableError, match=r"late15\.ubj is missing"):
        classifier_of(lake, 2024, "T-0", "aeroflux_full")


def test_shap_values_and_bias_add_up_to_the_margin(booster: xgb.Booster) -> None:
    x = np.array([[41.0, 17.0, 3.0], [np.nan, 6.0, np.nan]], dtype=np.float32)
    phi, bias = shap_values(booster, x, NAMES)
    margin = booster.inplace_predict(x, predict_type="margin")
    assert phi.sum(axis=1) + bias == pytest.approx(margin, abs=1e-5)
