"""How good the models are, how honest their probabilities, what they go by, and where they fail."""

import polars as pl
import streamlit as st

from aeroflux_assets.lake import Lake
from dashboard.app_pages import _parts as parts
from dashboard.app_pages._evaluation import MODEL_TABLES, chosen_partition, chosen_set
from dashboard.app_pages._remember import remember
from dashboard.charts import evaluation as charts
from dashboard.charts import experiments
from dashboard.filters import Filters
from dashboard.queries import evaluation as queries
from dashboard.queries.gaps import RUN
from dashboard.queries.overview import metrics_frame

ABOUT = ("How good", "How honest", "What it goes by", "Where it fails")
_RANKS = ("auc", "pr_auc", "brier", "ece", "mae", "base_rate")
_FORMATS = {
    "feature_set": "feature set",
    "rows": parts.COUNT,
    "train_rows": parts.COUNT,
    "base_rate": parts.SHARE,
    **{
        name: st.column_config.NumberColumn(name.replace("_", "-"), format="%.4f")
        for name in ("auc", "pr_auc", "brier", "ece", "f1", "precision", "recall")
    },
    "mae": parts.MINUTES,
    "rmse": parts.MINUTES,
    "paper_auc": st.column_config.NumberColumn(
        "paper, 2025", format="%.4f", help="With its hindsight, on other rows"
    ),
    "seconds": st.column_config.NumberColumn(format="%.0f s"),
}


def _how_good(lake: Lake, metrics: pl.DataFrame, scored: int, cutoff: str) -> None:
    rows = queries.by_set(metrics, scored, cutoff)
    parts.table(
        rows,
        "sets",
        f"{scored} at {cutoff}, by feature set",
        _RANKS,
        "Every model saw earlier years only. The paper's figures stand beside ours: they rest on hindsight "
        "(page Leakage X-ray) and on its own 2025.",
        _FORMATS,
        column_order=(
            *("feature_set", "rows", "base_rate", "auc", "pr_auc", "brier", "ece"),
            *("precision", "recall", "mae", "paper_auc"),
        ),
    )
    _over_time(metrics, scored, cutoff)
    _folds(metrics, cutoff)
    _floors(lake, scored, cutoff)


def _over_time(metrics: pl.DataFrame, scored: int, cutoff: str) -> None:
    years = queries.over_years(metrics, cutoff)
    left, right = st.container(key="pair_good").columns(2, gap="medium")
    with left:
        parts.figure(
            charts.lines_by_set(years, "scored_year", "auc", "scored year", "AUC"),
            years,
            "auc-years",
            f"AUC by scored year, {cutoff}",
            ("auc",),
        )
    with right:
        leads = queries.by_lead(metrics, scored)
        parts.figure(
            charts.lines_by_set(leads, "lead_h", "auc", "hours before the scheduled departure", "AUC"),
            leads,
            "auc-leads",
            f"AUC by lead time, {scored}",
            ("auc", "cutoff"),
        )


def _folds(metrics: pl.DataFrame, cutoff: str) -> None:
    folds = queries.folds_summary(metrics, cutoff)
    if not folds.is_empty():
        parts.table(
            folds,
            "folds",
            "Scored years before the holdout",
            ("auc",),
            "Mean, and the true standard deviation (n - 1) over the years.",
            {
                name: st.column_config.NumberColumn(format="%.4f")
                for name in ("auc_mean", "auc_sd", "pr_auc_mean", "brier_mean")
            }
            | {"mae_mean": parts.MINUTES},
        )


def _floors(lake: Lake, scored: int, cutoff: str) -> None:
    floors = remember(lake, ("baselines",), queries.baselines, scored, cutoff)
    if not floors.is_empty():
        parts.table(
            floors.select(
                "model",
                "family",
                "auc",
                "pr_auc",
                "brier",
                "mae",
                "rmse",
                "train_rows",
                "rows",
                "test_month",
                "is_sampled",
                "note",
            ),
            "baselines",
            "Baselines, and the floors that any model must beat",
            ("auc", "pr_auc", "brier", "mae"),
            "The paper's phase 1 on its 37 features, one month held out.",
            {**_FORMATS, "note": st.column_config.TextColumn("made of, or why not run", width=230)},
            column_order=("model", "family", "auc", "pr_auc", "brier", "mae", "rmse", "note"),
        )


def _minutes(lake: Lake, scored: int, cutoff: str, name: str) -> None:
    grid = remember(lake, ("delay_grid",), queries.delay_grid, scored, cutoff, name)
    if grid.is_empty():
        parts.missing(f"Predicted against actual minutes of {name} in {scored} at {cutoff} are not made yet.")
        return
    left, right = st.container(key="pair_minutes").columns(2, gap="medium")
    with left:
        spread = queries.delay_spread(grid)
        parts.figure(
            charts.predicted_actual(grid, spread), grid, "predicted-actual", "Predicted against actual minutes",
            ("expected_minutes",), "The stronger, the more flights; lines are what 10, 50 and 90% of them arrived by.",
        )  # fmt: skip
    with right:
        both = queries.delay_densities(grid)
        parts.figure(
            charts.delay_densities(both), both, "minutes-densities", "The two densities", ("expected_minutes",),
            "A mean is less spread than what it is the mean of: the early and the very late are not predicted.",
        )  # fmt: skip


def _how_honest(lake: Lake, scored: int, cutoff: str, name: str) -> None:
    deciles = remember(lake, ("reliability",), queries.calibration, scored, cutoff, name)
    if deciles.is_empty():
        parts.missing(f"Calibration of {name} in {scored} at {cutoff} is not made yet.")
        return
    slices = remember(lake, ("reliability",), queries.coverage, scored, cutoff, name)
    _calibration(lake, deciles, slices, (scored, cutoff, name))
    _minutes(lake, scored, cutoff, name)
    _slices(slices)


def _calibration(lake: Lake, deciles: pl.DataFrame, slices: pl.DataFrame, of: tuple[int, str, str]) -> None:
    overall = slices.filter(pl.col("slice_kind") == "overall").row(0, named=True)
    parts.metrics(
        (
            (
                "Calibration error",
                f"{overall['ece']:.4f}",
                "After recalibration on outcomes known by the cutoff",
            ),
            (
                "80% interval covers",
                parts.percent(overall["coverage_80"]),
                "Share of delays within the 10 to 90% interval",
            ),
            ("Mean width", parts.minutes(overall["mean_width_80_min"]), "Of the 80% interval"),
        ),
        "calibration",
        ("ece", "recalibration", "interval"),
    )
    left, right = st.container(key="pair_honest").columns(2, gap="medium")
    with left:
        parts.figure(
            charts.reliability(deciles),
            deciles,
            "reliability",
            "Probability against share late, by decile",
            ("ece", "recalibration"),
        )
    with right:
        spread = remember(lake, ("impact",), queries.densities, *of)
        parts.figure(
            charts.densities(spread),
            spread,
            "densities",
            "Probabilities of late and of other flights",
            ("late",),
        )


def _slices(slices: pl.DataFrame) -> None:
    parts.table(
        slices,
        "coverage",
        "By hub, hour, carrier and airport",
        ("ece", "interval"),
        column_config={
            "rows": parts.COUNT,
            "share_late": parts.SHARE,
            "mean_probability": parts.SHARE,
            "ece": st.column_config.NumberColumn(format="%.4f"),
            "coverage_80": parts.SHARE,
            "mean_width_80_min": parts.MINUTES,
        },
    )


def _no_importance(lake: Lake, scored: int) -> tuple[str, str | None]:
    """Why a scored year has no importance, and the command that makes it where one does."""
    have = queries.partitions_of(lake, "importance")
    spelled = ", ".join(f"{year} at {at}" for year, at in have) or "none yet"
    said = f"Importance is made for the last scored year ({spelled})"
    if scored == max(year for year, _ in queries.partitions_of(lake, "metrics")):
        return f"{said}.", RUN
    return (
        f"{said}; of other years no run makes it, but the partitions of `importance` in the Dagster UI do.",
        None,
    )


def _what_it_goes_by(lake: Lake, scored: int, cutoff: str, name: str) -> None:
    level = parts.choice("Level", ("family", "feature"), "level", bare=True)
    rows = remember(lake, ("importance",), queries.importance, scored, cutoff, name, level)
    if rows.is_empty():
        parts.missing(*_no_importance(lake, scored))
        return
    shares = rows.sort("shap_share", descending=True)
    drawn = (
        (charts.bars(shares, "name", "shap_share", "share of mean |SHAP|"), "shap", "SHAP"),
        (charts.bars(rows, "name", "gain_share", "share of total gain"), "gain", "Gain"),
    )
    # Names of features take half a column and leave none for the bars: those figures stand one above the other.
    beside = st.container(key="pair_importance").columns(2, gap="medium") if level == "family" else None
    for place, (chart, term, title) in enumerate(drawn):
        with beside[place] if beside else st.container():
            parts.figure(chart, rows, f"{term}-{level}", title, (term,))
    drops = rows.sort("permutation_auc_drop", descending=True)
    parts.figure(
        charts.bars(drops, "name", "permutation_auc_drop", "fall of the AUC when shuffled", percent=False),
        drops,
        f"permutation-{level}",
        "Permutation",
        ("permutation",),
    )


def _where_it_fails(lake: Lake, scored: int, cutoff: str, name: str) -> None:
    rows = remember(lake, ("failures",), queries.failures, scored, cutoff, name)
    if rows.is_empty():
        parts.missing(f"Figures by slice of {scored} at {cutoff} are not made yet.")
        return
    whole = rows.filter(pl.col("dimension") == "all")["auc"].to_list()
    dimensions = [each for each in rows["dimension"].unique(maintain_order=True) if each != "all"]
    dimension = parts.choice("Cut by", dimensions, "dimension")
    part = rows.filter(pl.col("dimension") == dimension)
    parts.figure(
        charts.slices(part, whole[0] if whole else None),
        part,
        f"failures-{dimension.replace(' ', '-')}",
        f"AUC by {dimension}",
        ("auc", "base_rate"),
        "Slices are made afterwards, from what happened too; they feed no model.",
    )
    _experiments(lake, scored, cutoff)


def _experiments(lake: Lake, scored: int, cutoff: str) -> None:
    """What each family and each upstream leg is worth, by models made for the question."""
    families, depths = queries.ablation(lake, scored, cutoff), queries.hops(lake, scored, cutoff)
    removed = families.filter(pl.col("change") == "removed").sort("delta_auc", nulls_last=True)
    if removed.is_empty() and depths.is_empty():
        return
    left, right = st.container(key="pair_questions").columns(2, gap="medium")
    if not removed.is_empty():
        with left:
            parts.figure(
                experiments.family_differences(removed),
                families,
                "ablation",
                "Families taken away, one at a time",
                ("auc",),
                queries.experiment_caption(removed, scored),
            )
    if not depths.is_empty():
        with right:
            parts.figure(
                experiments.depth_differences(depths),
                depths,
                "hops",
                "How far upstream it pays to look",
                ("auc",),
                queries.experiment_caption(depths, scored),
            )
    st.caption(
        "A line is two standard errors either way, from ten groups of days of the flights scored. Grey dots are not "
        "told from no change; where nothing changes, about one dot in thirteen is blue by chance. What other training "
        "flights would do is not in the lines."
    )


def page() -> None:
    """Draw the model page."""
    lake: Lake = st.session_state["lake"]
    filters: Filters = st.session_state["filters"]
    st.title("Model")
    chosen = chosen_partition(lake, "metrics", filters)
    if chosen is None:
        return
    scored, cutoff = chosen
    measured = remember(lake, MODEL_TABLES, metrics_frame)
    metrics = queries.in_roles(measured, st.session_state["selected_years"])
    name = chosen_set(metrics, scored, cutoff)
    # One at a time: twelve figures take a third of a second to build.
    about = parts.choice("About", ABOUT, "about", bare=True)
    if about == ABOUT[0]:
        _how_good(lake, metrics, scored, cutoff)
    else:
        views = dict(zip(ABOUT[1:], (_how_honest, _what_it_goes_by, _where_it_fails), strict=True))
        views[about](lake, scored, cutoff, name)


page()
