"""The pages of the models: what they read of the evaluation's tables, and that they draw without an error."""

from pathlib import Path

import polars as pl
import pytest
from page_runner import open_page, texts
from streamlit.testing.v1 import AppTest
from tiny_lake import write_flights

from aeroflux_assets.contracts.calibrated import IMPACT, RELIABILITY
from aeroflux_assets.contracts.experiments import XRAY
from aeroflux_assets.contracts.explanation import FAILURES, IMPORTANCE
from aeroflux_assets.contracts.model import METRICS
from aeroflux_assets.evaluation.impact import CARRY_FORWARD
from aeroflux_assets.lake import Lake
from dashboard.charts import evaluation as charts
from dashboard.queries import evaluation as queries
from dashboard.queries.overview import metrics_frame

PART = {"scored_year": 2025, "cutoff": "T-0"}
APP = Path(__file__).resolve().parents[2] / "dashboard" / "streamlit_app.py"
FIGURES = {
    "base_rate": 0.25, "auc": 0.8, "pr_auc": 0.6, "f1": 0.5, "precision": 0.7, "recall": 0.4, "accuracy": 0.8,
    "brier": 0.12, "ece": 0.01, "mae": 15.0, "rmse": 30.0, "seconds": 2.0,
}  # fmt: skip


def alerts(name: str, pct: int, tp: int, fp: int) -> dict[str, object]:
    counts = {"tp": tp, "fp": fp, "fn": 25 - tp, "tn": 75 - fp, "alerts_cancelled": 1, "alerts_diverted": 0}
    where = {"feature_set": name, "slice_kind": "overall", "slice": "all", "threshold_pct": pct}
    return {**where, **counts, "days": 2}


@pytest.fixture
def judged(tmp_path: Path) -> Lake:
    """A tiny lake with small tables of the evaluation for 2025 at T-0."""
    lake = Lake(tmp_path / "lake")
    write_flights(lake, source="simulated")
    metric = {
        "slice": "all",
        "role": "holdout",
        "train_years": "2024",
        "train_rows": 10,
        "rows": 100,
        **FIGURES,
    }
    sets = ("aeroflux_full", "xgb_schedule")
    lake.write(
        METRICS, pl.DataFrame([{"feature_set": name, **metric} for name in sets], schema=METRICS.schema), PART
    )
    at = [alerts("aeroflux_full", pct, (100 - pct) // 4, 75 * (100 - pct) // 100) for pct in range(101)]
    lake.write(IMPACT, pl.DataFrame([*at, alerts(CARRY_FORWARD, 50, 10, 5)], schema=IMPACT.schema), PART)
    held = {"rows": 50, "share_late": 0.3, "mean_probability": 0.25, "ece": 0.02, "brier": 0.1}
    kinds = [("overall", "all"), ("decile", "01"), ("decile", "02"), ("hub", "yes")]
    lake.write(
        RELIABILITY,
        pl.DataFrame(
            [
                {
                    "feature_set": "aeroflux_full",
                    "version": version,
                    "slice_kind": kind,
                    "slice": name,
                    **held,
                }
                | {"coverage_80": 0.81 if version == "recalibrated" else None, "mean_width_80_min": None}
                for version in ("raw", "recalibrated")
                for kind, name in kinds
            ],
            schema=RELIABILITY.schema,
        ),
        PART,
    )
    gains = [("honest", 0.0), ("turnaround", 0.05), ("all", 0.2), ("weather", None)]
    rows = [
        {
            "variant": name,
            "says": name,
            "hindsights": name,
            "rows": 100,
            "train_rows": 100,
            "is_sampled": False,
        }
        | {"auc": None if gain is None else 0.8 + gain, "auc_gain": gain, "mae": 15.0, "mae_gain": 0.0}
        | {"pr_auc_gain": gain, "reason": "no weather" if gain is None else None, "train_years": "2024"}
        for name, gain in gains
    ]
    lake.write(XRAY, pl.DataFrame(rows, schema=XRAY.schema), PART)
    return lake


def test_each_hindsight_stands_after_honest_by_what_it_buys_and_all_comes_last(judged: Lake) -> None:
    rows = queries.xray(judged, 2025, "T-0")

    assert rows["variant"].to_list() == ["honest", "turnaround", "weather", "all"]


def test_the_sets_stand_in_the_order_of_their_nesting_beside_the_papers_auc(judged: Lake) -> None:
    rows = queries.by_set(metrics_frame(judged), 2025, "T-0")

    assert rows["feature_set"].to_list() == ["xgb_schedule", "aeroflux_full"]
    assert rows["paper_auc"].to_list() == [0.6849, None]


def test_densities_are_the_differences_of_the_alert_counts_and_add_up_to_one(judged: Lake) -> None:
    rows = queries.densities(judged, 2025, "T-0", "aeroflux_full")

    assert rows["late"].sum() == pytest.approx(1)
    assert rows["not_late"].sum() == pytest.approx(1)
    assert rows.height == 101


def test_a_table_that_was_never_made_is_empty_in_its_columns(judged: Lake) -> None:
    assert queries.importance(judged, 2025, "T-0", "aeroflux_full", "family").is_empty()
    assert queries.rows_of(judged, FAILURES, 1999, "T-0").columns == FAILURES.names
    assert queries.partitions_of(judged, IMPORTANCE.name) == []
    assert queries.partitions_of(judged, METRICS.name)[0] == (2025, "T-0")


def test_bars_leave_room_for_labels_on_the_sides_that_have_bars() -> None:
    rows = pl.DataFrame({"name": ["a", "b"], "value": [-1.0, 4.0]})
    low, high = charts.bars(rows, "name", "value", "x", percent=False).layout.xaxis.range

    assert low == -2.0
    assert high == 5.0


@pytest.mark.parametrize(
    ("page", "title"), [("model", "Model"), ("leakage", "Leakage X-ray"), ("impact", "Operational impact")]
)
def test_a_page_draws_the_evaluation(
    judged: Lake, monkeypatch: pytest.MonkeyPatch, page: str, title: str
) -> None:
    monkeypatch.setenv("AEROFLUX_DATA", str(judged.root.parent))
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    app.switch_page(f"app_pages/{page}.py").run()

    assert not app.exception
    assert [each.value for each in app.title] == [title]


@pytest.mark.parametrize(
    ("about", "shown"),
    [
        ("How good", "2025 at T-0, by feature set"),
        ("How honest", "Probability against share late, by decile"),
        ("What it goes by", "Importance is made for the last scored year"),
        ("Where it fails", "Figures by slice of 2025 at T-0 are not made yet."),
    ],
)
def test_each_view_of_the_model_draws_or_names_a_command(
    judged: Lake, monkeypatch: pytest.MonkeyPatch, about: str, shown: str
) -> None:
    app = open_page(monkeypatch, judged.root.parent, "app_pages/model.py", about=about)

    text = texts(app)
    assert shown in text
    assert about == "How good" or "`aeroflux run`" in text


def test_importance_of_an_earlier_year_names_no_run(judged: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    metric = {"slice": "all", "role": "fold", "train_years": "2023", "train_rows": 10, "rows": 100, **FIGURES}
    earlier = pl.DataFrame([{"feature_set": "aeroflux_full", **metric}], schema=METRICS.schema)
    judged.write(METRICS, earlier, {"scored_year": 2024, "cutoff": "T-0"})
    app = open_page(
        monkeypatch, judged.root.parent, "app_pages/model.py", about="What it goes by", scored="2024"
    )
    text = texts(app)
    assert "of other years no run makes it" in text
    assert "aeroflux run" not in text


def test_costs_and_threshold_of_the_address_change_the_worth(
    judged: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AEROFLUX_DATA", str(judged.root.parent))
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    app.switch_page("app_pages/impact.py").run()
    before = {metric.label: metric.value for metric in app.metric}
    app.slider(key="threshold").set_value(60).run()
    after = {metric.label: metric.value for metric in app.metric}

    assert not app.exception
    assert after["Recall"] == "40.0%"
    assert before["Recall"] != after["Recall"]
