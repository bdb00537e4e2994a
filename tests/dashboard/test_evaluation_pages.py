"""The pages of the models: what they read of the evaluation's tables, and that they draw without an error."""

from pathlib import Path

import polars as pl
import pytest
from page_runner import open_page, texts
from plotly.graph_objects import Figure
from streamlit.testing.v1 import AppTest
from tiny_lake import put, write_flights

from aeroflux_assets.contracts.calibrated import IMPACT, RELIABILITY
from aeroflux_assets.contracts.experiments import XRAY
from aeroflux_assets.contracts.explanation import ABLATION, FAILURES, HOPS_BY_DEPTH, IMPORTANCE
from aeroflux_assets.contracts.model import METRICS
from aeroflux_assets.evaluation.impact import CARRY_FORWARD
from aeroflux_assets.lake import Lake
from dashboard.charts import evaluation as charts
from dashboard.charts import experiments
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


def test_the_mean_is_of_the_selected_years_before_their_holdout() -> None:
    then = {2021: "fold", 2022: "holdout", 2023: "validation", 2024: "holdout"}
    rows = [
        {"scored_year": year, "role": role, "cutoff": "T-0", "feature_set": "aeroflux_full", "slice": "all"}
        | FIGURES
        | {"auc": auc}
        for (year, role), auc in zip(then.items(), (0.5, 0.7, 0.9, 0.123), strict=True)
    ]
    metrics = queries.in_roles(pl.DataFrame(rows), (2017, 2018, 2019, 2020, 2021, 2022, 2023))

    assert queries.over_years(metrics, "T-0")["role"].to_list() == ["fold", "validation", "holdout", None]
    (mean,) = queries.folds_summary(metrics, "T-0").select("years", "auc_mean").rows()
    assert mean == (2, pytest.approx(0.6))
    assert queries.folds_summary(queries.in_roles(metrics, (2024,)), "T-0").is_empty()


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


def differences(**columns: list[object]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "auc": [0.75, 0.76, 0.77],
            "delta_auc": [-0.01, 0.0094, 0.02],
            "delta_auc_se": [0.004, 0.00996, None],
        }
        | columns
    )


def dots(figure: Figure) -> dict[str, tuple[object, object, object]]:
    axis = "error_x" if figure.data[0].error_x.array is not None else "error_y"
    return {each.name: (each.x, each.y, each[axis].array) for each in figure.data}


def test_a_difference_within_its_errors_is_drawn_apart_from_one_beyond_them() -> None:
    rows = differences(family=["history", "upstream legs", "route state"])

    drawn = dots(experiments.family_differences(rows))

    assert drawn["beyond two standard errors of 0"] == ((-0.01,), ("history",), (0.008,))
    # What has no standard error is not told from 0 either, and gets no line.
    assert drawn["within them"] == ((0.0094, 0.02), ("upstream legs", "route state"), (0.01992, 0.0))


def test_families_keep_their_order_whatever_their_colour() -> None:
    rows = differences(family=["history", "upstream legs", "route state"]).reverse()

    axis = experiments.family_differences(rows).layout.yaxis

    assert list(axis.categoryarray) == ["history", "upstream legs", "route state"]


def test_depths_are_differences_to_none_with_their_errors() -> None:
    rows = differences(depth=[0, 1, 2], delta_auc=[0.0, 0.003, 0.05], delta_auc_se=[0.0, 0.008, 0.01])

    drawn = dots(experiments.depth_differences(rows))

    assert drawn["within them"] == ((0, 1), (0.0, 0.003), (0.0, 0.016))
    assert drawn["beyond two standard errors of 0"] == ((2,), (0.05,), (0.02,))


def test_experiments_say_of_what_they_are_whatever_set_is_chosen(
    judged: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = {"features": 9, "auc": 0.75, "delta_auc": 0.01, "delta_auc_se": 0.02, "train_years": "2023,2024",
           "train_rows": 3000, "test_rows": 2500, "is_sampled": True, "trees": 8, "seconds": 1.0}  # fmt: skip
    put(judged, ABLATION, [{"change": "removed", "family": "weather", **fit}], PART)
    put(judged, HOPS_BY_DEPTH, [{"depth": 0, **fit}], PART)
    slices = [
        {"feature_set": "xgb_schedule", "dimension": dimension, "slice": "all", "position": 1, "rows": 100,
         "late": 25, "base_rate": 0.25, "auc": 0.7}
        for dimension in ("all", "hour")
    ]  # fmt: skip
    put(judged, FAILURES, slices, PART)

    app = open_page(
        monkeypatch, judged.root.parent, "app_pages/model.py", about="Where it fails", set="xgb_schedule"
    )

    said = "Always of aeroflux_full, whatever set is chosen above: models of 8 trees on sampled flights, 3,000 of "
    said += "2023, 2024 to train on and 2,500 of 2025 scored."
    assert [caption.value for caption in app.caption].count(said) == 2
    assert "two standard errors either way" in texts(app)


def test_the_xray_says_that_it_is_a_sample_and_of_what(judged: Lake) -> None:
    rows = queries.rows_of(judged, XRAY, 2025, "T-0").with_columns(is_sampled=pl.lit(True))
    judged.write(XRAY, rows, PART, notes={"train_flights": 16530, "scored_flights": 100, "trees": 30})

    said = queries.xray_caption(judged, rows, 2025, "T-0")

    assert (
        "the same sampled flights: 100 of 16,530 of 2024 to train on, 100 of 2025 scored, 30 trees." in said
    )
    assert "not with those of the Model page" in said


def test_the_xray_without_counts_still_says_its_rows(judged: Lake) -> None:
    rows = queries.rows_of(judged, XRAY, 2025, "T-0")

    said = queries.xray_caption(judged, rows, 2025, "T-0")

    assert said.startswith("Every variant on the same flights: 100 of 2024 to train on, 100 of 2025 scored. ")


def test_bars_say_which_of_them_have_hindsight() -> None:
    names = ["honest", "turnaround", "aeroflux_full", "all"]
    rows = pl.DataFrame({"variant": names, "says": names, "auc_gain": [0.0, 0.3, 0.1, 0.4]})

    figure = charts.hindsight(rows, "auc_gain", "AUC beside honest")

    assert {bar.name: bar.y for bar in figure.data} == {
        "one piece of hindsight": ("turnaround",),
        "pieces together": ("all",),
        "no hindsight: our own features": ("aeroflux_full",),
    }
    assert list(figure.layout.yaxis.categoryarray) == ["all", "aeroflux_full", "turnaround"]


def test_every_variant_is_listed_whole(judged: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page(monkeypatch, judged.root.parent, "app_pages/leakage.py")

    (table,) = app.table
    rows = {row["variant"]: row for row in table.value.to_dict("records")}
    assert list(rows) == ["honest", "turnaround", "weather", "all"]
    assert rows["turnaround"]["AUC change"] == "+0.0500"
    assert rows["turnaround"]["MAE change"] == "+0.00\u00a0min"
    assert rows["turnaround"]["trained on"] == rows["turnaround"]["scored"] == "100"
    assert (rows["weather"]["AUC"], rows["weather"]["why not"]) == ("–", "no weather")


@pytest.mark.parametrize(("level", "columns"), [("family", 2), ("feature", 0)])
def test_figures_with_long_names_stand_one_above_the_other(
    judged: Lake, monkeypatch: pytest.MonkeyPatch, level: str, columns: int
) -> None:
    row = {"feature_set": "aeroflux_full", "level": level, "name": "a", "family": "a", "features": 1, "rank": 1,
           "gain_share": 1.0, "shap_share": 1.0, "permutation_auc_drop": 0.1, "rows": 9, "shap_rows": 9}  # fmt: skip
    put(judged, IMPORTANCE, [row], PART)

    app = open_page(
        monkeypatch, judged.root.parent, "app_pages/model.py", about="What it goes by", level=level
    )

    assert len(app.columns) == columns
    assert len(app.get("plotly_chart")) == 3
