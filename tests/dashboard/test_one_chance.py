"""A flight has one probability at a cutoff on every page and in the terminal: the recalibrated one."""

import json
from datetime import date, datetime
from pathlib import Path

import pytest
from page_runner import open_page, shown, texts
from tiny_lake import CUTOFF, FEATURE_SETS, YEAR, put
from tiny_models import AT, write_desk

from aeroflux_assets.contracts.calibrated import CALIBRATED_PREDICTIONS
from aeroflux_assets.evaluation.explain import explanation
from aeroflux_assets.lake import Lake
from dashboard.queries.lookup import find_flights, lookup_text
from dashboard.queries.lookup_query import parse_query
from dashboard.queries.predicted import predictions_of
from dashboard.queries.tail import find_tail
from dashboard.queries.why import RECALIBRATION, account, steps_of
from dashboard.queries.worklist import worklist

OURS, OTHER = FEATURE_SETS
DL102 = 1001
MODEL, SHOWN = 0.28, 0.62  # what the tiny model says of DL102, and what recalibration made of it


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny lake with a model of which one set is recalibrated, and that to 62% for every flight."""
    folder = tmp_path_factory.mktemp("one-chance")
    lake = Lake(folder / "lake")
    write_desk(lake)
    bounds = {"delay_p10_min": -9.0, "delay_p50_min": 2.0, "delay_p90_min": 33.0}
    ids = lake.scan("calibrated_predictions", [AT]).collect()["flight_id"].unique()
    rows = [{"flight_id": key, "feature_set": OURS, "prob_late15": SHOWN, **bounds} for key in ids]
    put(lake, CALIBRATED_PREDICTIONS, rows, AT)
    return folder


@pytest.fixture(scope="module")
def lake(data: Path) -> Lake:
    return Lake(data / "lake")


def test_the_recalibrated_chance_is_taken_and_the_models_own_where_there_is_none(lake: Lake) -> None:
    rows = {row["feature_set"]: row for row in predictions_of(lake, [YEAR], [DL102]).iter_rows(named=True)}
    assert rows[OURS]["prob_late15"] == pytest.approx(SHOWN)
    assert rows[OURS]["is_recalibrated"]
    assert rows[OTHER]["prob_late15"] == pytest.approx(MODEL, abs=0.005)
    assert not rows[OTHER]["is_recalibrated"]


def test_lookup_worklist_tail_and_terminal_give_the_same_chance(lake: Lake) -> None:
    found = find_flights(lake, parse_query(number="DL102", day="2024-06-10"))
    of_day = find_tail(lake, "N101DL", date(2024, 6, 10))
    listed = worklist(lake, datetime(2024, 6, 10, 12), 3).flights
    for rows in (
        found.predictions,
        of_day.predictions.filter(flight_id=DL102),
        listed.filter(flight_id=DL102),
    ):
        assert rows["prob_late15"][0] == pytest.approx(SHOWN)
    assert f"{OURS}    62% to be" in lookup_text(lake, number="DL102", date="2024-06-10")
    record = json.loads(lookup_text(lake, number="DL102", date="2024-06-10", as_json=True))
    assert [row["is_recalibrated"] for row in record["flights"][0]["predictions"]] == [True, False]


def test_the_points_of_the_features_and_of_recalibration_lead_to_the_chance_shown(lake: Lake) -> None:
    found = explanation(lake, DL102, YEAR, CUTOFF, OURS)
    steps = steps_of(found, 1, SHOWN)
    assert steps[-1].words == RECALIBRATION
    assert steps[-1].points == pytest.approx(SHOWN - found.probability)
    assert found.base + sum(step.points for step in steps) == pytest.approx(SHOWN)
    rows = account(found, SHOWN)
    assert found.base + rows["points"].sum() == pytest.approx(SHOWN)
    assert rows["words"][-1] == f"{RECALIBRATION}: +34 points"
    assert account(found).height == rows.height - 1


def test_the_lookup_page_names_one_chance(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page(monkeypatch, data, "app_pages/lookup.py", number="DL102", date="2024-06-10")
    assert shown(app)["Chance of being late"] == "62%"
    text = texts(app)
    assert f"Why 62% at {CUTOFF}" in text
    assert "and what recalibration adds; they add up." in text
    assert "28%" not in text
