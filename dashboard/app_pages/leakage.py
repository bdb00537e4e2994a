"""What hindsight buys: each piece of the paper's, switched on alone and together, on the same rows."""

import polars as pl
import streamlit as st

from aeroflux_assets.lake import Lake
from dashboard.app_pages import _parts as parts
from dashboard.app_pages._evaluation import chosen_partition
from dashboard.app_pages._remember import remember
from dashboard.charts import evaluation as charts
from dashboard.filters import Filters
from dashboard.queries import evaluation as queries

_WHAT = {
    "AUC": ("auc_gain", "AUC gained by hindsight"),
    "PR-AUC": ("pr_auc_gain", "PR-AUC gained by hindsight"),
    "MAE": ("mae_gain", "change of the mean absolute error, min (negative is better)"),
}


def page() -> None:
    """Draw the leakage X-ray."""
    lake: Lake = st.session_state["lake"]
    filters: Filters = st.session_state["filters"]
    st.title("Leakage X-ray")
    st.markdown(
        "A feature is honest if it was known at the cutoff. The paper's were not all: here each of its pieces of "
        "hindsight is switched on alone, and then all together, for the same model on the same flights. What it buys "
        "could not be had on the day."
    )
    chosen = chosen_partition(lake, "xray", filters)
    if chosen is None:
        return
    scored, cutoff = chosen
    rows = remember(lake, ("xray",), queries.xray, scored, cutoff)
    have = rows.filter(pl.col("auc").is_not_null())
    _headline(have, cutoff)
    column, title = _WHAT[parts.choice("Figure", _WHAT, "bought")]
    parts.figure(
        charts.hindsight(have, column, title),
        rows,
        "hindsight",
        f"What hindsight buys, {scored} at {cutoff}",
        ("hindsight",),
    )
    _variants(rows)


def _headline(have: pl.DataFrame, cutoff: str) -> None:
    honest = have.filter(pl.col("variant") == "honest").row(0, named=True)
    together = have.filter(pl.col("variant").str.starts_with("all")).sort("auc", descending=True)
    cells = [
        ("Honest AUC", f"{honest['auc']:.4f}", f"{honest['rows']:,} flights, {cutoff}"),
        ("Honest MAE", parts.minutes(honest["mae"]), None),
    ]
    if not together.is_empty():
        best = together.row(0, named=True)
        cells.append(("With all hindsight", f"{best['auc']:.4f}", best["says"]))
    parts.metrics(cells, "xray", ("auc", "mae", "hindsight"))


def _variants(rows: pl.DataFrame) -> None:
    parts.table(
        rows.select(
            "variant",
            "says",
            "auc",
            "auc_gain",
            "pr_auc",
            "pr_auc_gain",
            "brier",
            "mae",
            "mae_gain",
            "rows",
            "train_rows",
            "is_sampled",
            "reason",
        ),
        "xray-rows",
        "Every variant",
        ("auc", "pr_auc", "brier", "mae"),
        "Where a hindsight has no data here, its row says why instead of standing as a zero.",
        {name: st.column_config.NumberColumn(format="%.4f") for name in ("auc", "pr_auc", "brier")}
        | {name: st.column_config.NumberColumn(format="%+.4f") for name in ("auc_gain", "pr_auc_gain")}
        | {
            "mae": parts.MINUTES,
            "mae_gain": st.column_config.NumberColumn(format="%+.2f min"),
            "rows": parts.COUNT,
            "train_rows": parts.COUNT,
            "says": st.column_config.TextColumn("what is switched on", width=250),
            "reason": st.column_config.TextColumn("why not", width=200),
        },
        # What a laptop shows; all is in the CSV.
        column_order=(
            *("variant", "says", "auc", "auc_gain", "pr_auc_gain", "mae", "mae_gain"),
            *(("reason",) if rows["reason"].null_count() < rows.height else ()),
        ),
    )


page()
