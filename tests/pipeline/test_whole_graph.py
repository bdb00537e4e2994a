"""`aeroflux run` on the small simulated world, and what it leaves behind."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from pipeline_commands import SETS, aeroflux, environment

from aeroflux_assets.contracts.base import violations
from aeroflux_assets.dictionary import CONTRACTS
from aeroflux_assets.evaluation.hindsight import HINDSIGHT
from aeroflux_assets.evaluation.impact import Costs, best_threshold, value_at
from aeroflux_assets.features.sets import ALL_FEATURES
from aeroflux_assets.lake import Lake
from aeroflux_assets.settings import Settings

pytestmark = pytest.mark.pipeline


@pytest.fixture(scope="module")
def lake(small_world: Settings, run_output: str) -> Lake:
    assert run_output
    return Lake(small_world.lake)


def test_progress_is_one_line_a_step(run_output: str) -> None:
    lines = run_output.splitlines()

    # 1 reference, 3 years, 3 years x 2 cutoffs, 2 scored years x 2 cutoffs, the last scored year x 2 cutoffs,
    # 1 experiment, the report
    assert sum(line.startswith("[") for line in lines) == 1 + 3 + 6 + 4 + 2 + 1 + 1
    assert "DEBUG" not in run_output
    assert lines[-1].startswith("done in")


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.name)
def test_every_table_is_there_and_keeps_its_contract(lake: Lake, contract) -> None:
    partitions = lake.partitions(contract.name)

    assert partitions, f"{contract.name} was not made"
    for partition in partitions:
        assert violations(contract, lake.scan(contract.name, [partition]).select(contract.names)) == []


def test_no_row_is_lost_between_raw_and_cleaned(lake: Lake) -> None:
    for year in (2021, 2022, 2023):
        counts = [
            lake.scan(name, [{"year": year}]).select(pl.len()).collect().item()
            for name in ("raw_flights", "cleaned_flights", "quarantined_flights")
        ]
        assert counts[0] == counts[1] + counts[2]
        assert counts[1] > 0.95 * counts[0]


def test_features_have_one_row_a_flight_and_no_outcome(lake: Lake) -> None:
    flights = lake.scan("cleaned_flights", [{"year": 2022}]).select("flight_id").collect()["flight_id"]
    features = lake.scan("features", [{"year": 2022, "cutoff": "T-2h"}]).collect()

    assert features["flight_id"].sort().equals(flights.sort())
    assert set(features.columns) - {"year", "cutoff"} == {"flight_id", "flight_date", *ALL_FEATURES}


def test_rotations_carry_over_new_year(lake: Lake) -> None:
    first = lake.scan("rotations", [{"year": 2022}]).sort("sched_dep_utc").head(40).collect()
    before = lake.scan("cleaned_flights", [{"year": 2021}]).select("flight_id").collect()["flight_id"]

    assert first["prev_flight_id"].is_in(before.implode()).sum() >= 3


def test_upstream_links_carry_over_new_year(lake: Lake) -> None:
    part = {"year": 2022, "cutoff": "T-0"}
    before = lake.scan("cleaned_flights", [{"year": 2021}]).select("flight_id").collect()["flight_id"]
    links = lake.scan("propagation", [part]).select("up1_flight_id").head(60).collect()["up1_flight_id"]

    assert links.is_in(before.implode()).sum() >= 3


def test_a_scored_year_is_predicted_by_earlier_years_only(lake: Lake) -> None:
    models = lake.scan("models").collect()

    assert set(models["feature_set"]) == set(SETS)
    for year, trained in models.select("scored_year", "train_years").iter_rows():
        assert max(map(int, trained.split(","))) < year


def test_predictions_cover_every_flight_and_rank_better_than_chance(lake: Lake) -> None:
    part = {"scored_year": 2023, "cutoff": "T-0"}
    predictions = lake.scan("predictions", [part]).filter(pl.col("feature_set") == "aeroflux_full").collect()
    flights = lake.scan("cleaned_flights", [{"year": 2023}]).select(pl.len()).collect().item()
    metrics = lake.scan("metrics", [part]).filter(pl.col("slice") == "all").collect()
    auc = dict(metrics.select("feature_set", "auc").iter_rows())

    assert predictions.height == flights
    assert auc["aeroflux_full"] > auc["xgb_schedule"] > 0.5
    # The simulated world hides nothing that would make it easy: far above this would be a leak.
    assert auc["aeroflux_full"] < 0.92
    assert set(metrics["role"]) == {"holdout"}


def test_hindsight_buys_what_it_must_and_reaches_no_table_of_features(lake: Lake) -> None:
    part = {"scored_year": 2023, "cutoff": "T-0"}
    found = {row["variant"]: row for row in lake.scan("xray", [part]).collect().to_dicts()}

    assert found["airport_hour"]["auc"] > 0.95
    assert found["tail_day"]["auc"] > 0.95
    assert found["honest"]["auc"] < 0.9
    assert all(row["rows"] == found["honest"]["rows"] > 3000 for row in found.values())
    for name in lake.tables():
        if name != "xray":
            columns = lake.scan(name).collect_schema().names()
            assert not [column for column in columns if column.startswith(HINDSIGHT)]


def test_the_models_beat_the_floors(lake: Lake) -> None:
    found = lake.scan("baselines", [{"scored_year": 2023, "cutoff": "T-0"}]).collect()
    auc = dict(found.select("model", "auc").iter_rows())

    assert found["test_month"].unique().to_list() == ["2022-12"]
    assert auc["xgboost"] > auc["carry_forward"] > auc["climatology"]


def test_every_prediction_is_recalibrated_on_outcomes_before_it(lake: Lake) -> None:
    for year, evidence in ((2022, "inner block 2021-07 to 2021-12"), (2023, "predictions of 2022")):
        part = {"scored_year": year, "cutoff": "T-2h"}
        made = lake.commit_of("calibrated_predictions", part)
        assert made.rows == lake.commit_of("predictions", part).rows
        assert made.notes["evidence"].startswith(evidence)
        for name in SETS:
            assert 0.76 < made.notes[name]["coverage_80"] < 0.84
            assert made.notes[name]["without_interval"] == 0


def test_alerts_by_the_whole_state_are_worth_more_than_carrying_the_inbounds_delay_forward(
    lake: Lake,
) -> None:
    impact = lake.scan("impact", [{"scored_year": 2023, "cutoff": "T-0"}]).collect()
    overall = impact.filter(pl.col("slice_kind") == "overall")
    full = overall.filter(pl.col("feature_set") == "aeroflux_full")
    carried = overall.filter(pl.col("feature_set") == "carry_forward")

    best = best_threshold(full, Costs())

    assert value_at(full, best, Costs(), carried).over_carry_forward > 0


def test_weather_reaches_nearly_every_flight(lake: Lake) -> None:
    notes = lake.commit_of("weather_at_cutoff", {"year": 2022, "cutoff": "T-0"}).notes

    assert notes["both_ends_temp_and_wind"] > 0.95 * notes["flights"]


def test_a_second_run_makes_nothing_again(lake: Lake, small_world: Settings) -> None:
    before = {
        (name, str(p)): lake.commit_of(name, p).version
        for name in lake.tables()
        for p in lake.partitions(name)
    }

    done = aeroflux("run", env=environment(small_world))

    assert done.returncode == 0, done.stderr
    after = {
        (name, str(p)): lake.commit_of(name, p).version
        for name in lake.tables()
        for p in lake.partitions(name)
    }
    assert after == before


def test_days_outside_the_test_months_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    words = ["--train", "2021", "--test", "2022-01:2022-06", "--days", "2022-08-01:2022-09-30"]

    done = aeroflux("evaluate", *words, env={"AEROFLUX_DATA": str(tmp_path)})

    assert done.returncode != 0
    assert "--days 2022-08-01:2022-09-30: none of them lies in the --test months" in done.stderr
    assert not (tmp_path / "lake").exists()


def test_evaluate_prints_one_line_of_json(lake: Lake, small_world: Settings) -> None:
    words = [
        "--train",
        "2021",
        "--test",
        "2022-01:2022-06",
        "--set",
        "xgb_full_aircraft",
        "--cutoff",
        "T-2h",
        "--days",
        "2022-03-01:2022-04-30",
        "--alerts",
        "100",
        "--json",
    ]

    done = aeroflux("evaluate", *words, "--trees", "20", env=environment(small_world))

    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    wanted = [
        "rows",
        "base_rate",
        "auc",
        "pr_auc",
        "f1",
        "precision",
        "recall",
        "accuracy",
        "brier",
        "ece",
        "mae",
        "rmse",
        "seconds",
        "peak_mb",
    ]
    assert set(wanted) <= set(figures)
    assert figures["rows"] > 2000
    assert 0.5 < figures["auc"] < 0.95
    assert figures["days"] == "2022-03-01:2022-04-30"
    arrived = (
        lake.scan("cleaned_flights", [{"year": 2022}])
        .filter(pl.col("flight_date").is_between(date(2022, 3, 1), date(2022, 4, 30)))
        .select(pl.col("is_arr_late15").count())
        .collect()
        .item()
    )
    assert 0 < figures["days_rows"] == arrived < figures["rows"]
    assert figures["days_base_rate"] < figures["alerts_precision"] <= 1
    late = figures["days_base_rate"] * figures["days_rows"]
    assert figures["alerts_recall"] == pytest.approx(100 * figures["alerts_precision"] / late)


def test_lookup_finds_a_flight_however_it_is_written(lake: Lake, small_world: Settings) -> None:
    flight = (
        lake.scan("cleaned_flights", [{"year": 2023}])
        .filter(pl.col("tail").is_not_null() & ~pl.col("is_cancelled") & pl.col("tail").str.starts_with("N"))
        .head(1)
        .collect()
        .row(0, named=True)
    )
    tail, day = flight["tail"].removeprefix("N").lower(), str(flight["flight_date"])

    done = aeroflux("lookup", "--tail", tail, "--date", day, env=environment(small_world))

    assert done.returncode == 0, done.stderr
    assert flight["tail"] in done.stdout
    assert flight["origin"] in done.stdout


def test_lookup_says_what_is_nearby_when_it_misses(lake: Lake, small_world: Settings) -> None:
    done = aeroflux("lookup", "--tail", "N0NE", "--date", "2023-05-05", env=environment(small_world))

    assert done.returncode == 1
    assert "N0NE" in done.stderr
    assert "Traceback" not in done.stderr
