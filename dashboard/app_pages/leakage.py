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
    "AUC": ("auc_gain", "AUC beside honest"),
    "PR-AUC": ("pr_auc_gain", "PR-AUC beside honest"),
    "MAE": ("mae_gain", "MAE change beside honest, min (negative is better)"),
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
        queries.xray_caption(lake, rows, scored, cutoff),
    )
    _variants(rows)


def _headline(have: pl.DataFrame, cutoff: str) -> None:
    honest = have.filter(pl.col("variant") == "honest").row(0, named=True)
    together = have.filter(pl.col("variant").str.starts_with("all")).sort("auc", descending=True)
    cells = [
        (
            "Honest AUC",
            f"{honest['auc']:.4f}",
            f"{honest['rows']:,} {'sampled ' if honest['is_sampled'] else ''}flights, {cutoff}",
        ),
        ("Honest MAE", parts.minutes(honest["mae"]), None),
    ]
    if not together.is_empty():
        best = together.row(0, named=True)
        cells.append(("With all hindsight", f"{best['auc']:.4f}", best["says"]))
    parts.metrics(cells, "xray", ("auc", "mae", "hindsight"))


def _variants(rows: pl.DataFrame) -> None:
    parts.header(
        "Every variant",
        "xray-rows",
        rows,
        ("auc", "pr_auc", "mae"),
        "Changes are against honest; a negative MAE change is an improvement. Where a hindsight has no data here, its "
        "row says why instead of standing as a zero.",
    )
    # Static, because its texts wrap on every width and no row hides below an edge; the CSV has every column.
    st.table(
        rows.select(
            "variant",
            pl.col("says").alias("what is switched on"),
            _spelled("auc", "{:.4f}").alias("AUC"),
            _spelled("auc_gain", "{:+.4f}").alias("AUC change"),
            _spelled("pr_auc_gain", "{:+.4f}").alias("PR-AUC change"),
            _spelled("mae", "{:.1f} min").alias("MAE"),
            _spelled("mae_gain", "{:+.2f} min").alias("MAE change"),
            _spelled("train_rows", "{:,}").alias("trained on"),
            _spelled("rows", "{:,}").alias("scored"),
            *([pl.col("reason").fill_null("").alias("why not")] if rows["reason"].count() else []),
        )
    )


def _spelled(column: str, form: str) -> pl.Expr:
    """Numbers as text in a form, with spaces and hyphens that do not break; a dash where there is none."""
    said = pl.col(column).map_elements(form.format, return_dtype=pl.String)
    return said.str.replace_all(" ", "\u00a0").str.replace_all("-", "\u2212").fill_null(parts.NOTHING)


page()
