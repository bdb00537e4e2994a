"""The log of the holdout's readings: one line each, none for what was kept, none lost."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl

from aeroflux_assets.contracts.experiments import BASELINES
from aeroflux_assets.contracts.model import METRICS, PREDICTIONS
from aeroflux_assets.cutoffs import cutoff_named
from aeroflux_assets.evaluation import ask
from aeroflux_assets.evaluation.readings import log_of, log_reading, log_table, readings
from aeroflux_assets.evaluation.report_training import holdout_readings
from aeroflux_assets.lake import Commit, Lake
from aeroflux_assets.settings import Settings
from aeroflux_assets.years import parse_months

YEARS = (2021, 2022, 2023)


def metrics(lake: Lake, year: int, trees: str = "80") -> Commit:
    rows = [
        {"feature_set": name, "slice": "all", "role": "x", "train_years": "", "train_rows": 9, "rows": 7}
        for name in ("b", "a")
    ]
    part = {"scored_year": year, "cutoff": "T-0"}
    commit = lake.write(METRICS, pl.DataFrame(rows, schema=METRICS.schema), part, inputs={"trees": trees})
    log_table(Path(lake.root).parent, lake, METRICS, commit, part, YEARS)
    return commit


def test_a_table_that_scores_the_holdout_is_noted_once_and_other_years_are_not(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    commit = metrics(lake, 2023)
    metrics(lake, 2022)
    log_table(
        Path(lake.root).parent, lake, METRICS, commit, {"scored_year": 2023, "cutoff": "T-0"}, YEARS
    )  # asked again, kept
    (reading,) = readings(tmp_path)
    assert (reading["by"], reading["scored_year"], reading["cutoff"]) == ("metrics", 2023, "T-0")
    assert (reading["sets"], reading["rows"], reading["version"]) == (["a", "b"], 7, commit.version)
    metrics(lake, 2023, "300")
    assert len({reading["recipe"] for reading in readings(tmp_path)}) == 2


def test_figures_under_another_role_are_no_new_reading(tmp_path: Path) -> None:
    lake, part = Lake(tmp_path / "lake"), {"scored_year": 2023, "cutoff": "T-0"}
    first = metrics(lake, 2023)
    rows = lake.scan("metrics", [part]).collect()
    for notes in ({"same_figures_as": first.version}, {"same_figures_as": "scored when it was no holdout"}):
        for _ in range(2):
            log_table(tmp_path, lake, METRICS, lake.write(METRICS, rows, part, notes=notes), part, YEARS)
    assert [reading["version"] for reading in readings(tmp_path)] == [
        first.version,
        "scored when it was no holdout",
    ]


def test_predictions_are_no_reading_and_baselines_are_one_in_the_holdout_only(tmp_path: Path) -> None:
    lake, part = Lake(tmp_path / "lake"), {"scored_year": 2023, "cutoff": "T-0"}
    empty = pl.DataFrame(schema=PREDICTIONS.schema)
    log_table(tmp_path, lake, PREDICTIONS, lake.write(PREDICTIONS, empty, part), part, YEARS)
    for month in ("2019-12", "2023-12"):
        rows = pl.DataFrame(schema=BASELINES.schema)
        commit = lake.write(BASELINES, rows, part, notes={"test_month": month})
        log_table(tmp_path, lake, BASELINES, commit, part, YEARS)
    assert [reading["by"] for reading in readings(tmp_path)] == ["baselines"]


def test_lines_of_many_writers_do_not_mix_and_a_torn_one_is_left_out(tmp_path: Path) -> None:
    def one(number: int) -> None:
        log_reading(tmp_path, by="x" * 500, scored_year=2023, cutoff="T-0", sets=[], recipe={}, rows=number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(200)))
    with log_of(tmp_path).open("a") as log:
        log.write('{"at": "20')
    assert sorted(reading["rows"] for reading in readings(tmp_path)) == list(range(200))


def test_evaluate_notes_test_months_of_the_selected_holdout_or_of_its_own(tmp_path: Path) -> None:
    settings = Settings(years=YEARS, data=tmp_path)

    def asked(train: str, test: str) -> list[int]:
        log_of(tmp_path).unlink(missing_ok=True)
        question = ask.Question(
            parse_months(train), parse_months(test), "xgb_full", cutoff_named("T-2h"), "vouched", True, 5
        )
        ask._log_readings(settings, question, list(question.test), 11)
        return [reading["scored_year"] for reading in readings(tmp_path)]

    assert asked("2021", "2023-01:2023-02") == [2023]
    assert asked("2023-01", "2023-02") == [2023]
    assert asked("2006", "2008-01") == [2008]
    assert asked("2021-01", "2021-02") == []
    line = json.loads(log_of(tmp_path).read_text() if log_of(tmp_path).exists() else "{}")
    assert line == {}


def test_the_report_counts_them(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    metrics(lake, 2023)
    metrics(lake, 2023, "300")
    text = "\n".join(holdout_readings(readings(tmp_path), 2023))
    assert "2023 was read 2 times" in text
    assert "| metrics | T-0 | 2 | 2 |" in text
    assert "None was noted" in "".join(holdout_readings([], 2023))
