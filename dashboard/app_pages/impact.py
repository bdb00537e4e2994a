"""What acting on alerts is worth: threshold and costs as the reader has them, in flights and in money."""

import polars as pl
import streamlit as st

from aeroflux_assets.evaluation.impact import (
    CARRY_FORWARD_PCT,
    COUNTS,
    Costs,
    best_threshold,
    cost_curve,
    expected_threshold,
    value_at,
)
from aeroflux_assets.lake import Lake
from dashboard.app_pages import _parts as parts
from dashboard.app_pages._evaluation import chosen_partition
from dashboard.app_pages._remember import remember
from dashboard.charts import evaluation as charts
from dashboard.filters import Filters
from dashboard.queries import evaluation as queries

_DEFAULT = Costs()


def _costs() -> Costs:
    with st.container(horizontal=True):
        missed = st.number_input(
            "A missed delay costs, $",
            0,
            100_000,
            int(_DEFAULT.missed),
            100,
            key="missed",
            width=220,
            **parts.KEPT,
        )
        false_alarm = st.number_input(
            "A false alarm costs, $",
            0,
            100_000,
            int(_DEFAULT.false_alarm),
            50,
            key="alarm",
            width=220,
            **parts.KEPT,
        )
        saved = st.slider(
            "Acting saves of it, %",
            0,
            100,
            int(_DEFAULT.saved_share * 100),
            5,
            key="saved",
            width=260,
            **parts.KEPT,
        )
    return Costs(float(missed), float(false_alarm), saved / 100)


def _a_day(dollars: float, days: int) -> str:
    amount = dollars / max(days, 1)
    return f"{'-' if amount < 0 else ''}${abs(amount):,.0f} a day"


def _worth(impact: pl.DataFrame, name: str, threshold: int, costs: Costs) -> None:
    whole, carried = queries.overall(impact, name), queries.carry_forward(impact)
    curve = cost_curve(whole, costs)
    best = best_threshold(whole, costs)
    here = curve.filter(pl.col("threshold_pct") == threshold).row(0, named=True)
    value = value_at(whole, threshold, costs, carried if carried.height else None)
    parts.metrics(
        (
            (
                "Alerts a day",
                f"{here['alerts_a_day']:,.0f}",
                "Flights later cancelled or diverted count as alerts too",
            ),
            ("Precision", parts.percent(here["precision"]), "Of the alerts for flights that arrived"),
            ("Recall", parts.percent(here["recall"]), "Of the late flights"),
            ("Value over doing nothing", _a_day(value.over_nothing, here["days"]), None),
            (
                "Over carry-forward",
                "–" if value.over_carry_forward is None else _a_day(value.over_carry_forward, here["days"]),
                "Against alerting whenever the inbound is known to be too late",
            ),
        ),
        "worth",
        ("costs", "carry_forward", "base_rate"),
    )
    left, right = st.container(key="pair_worth").columns([2, 3], gap="medium")
    with left:
        parts.figure(
            charts.confusion({column: int(here[column]) for column in COUNTS}),
            whole.filter(pl.col("threshold_pct") == threshold),
            "confusion",
            f"At {threshold}%: {here['tp'] + here['fn']:,} late of {sum(here[c] for c in ('tp', 'fp', 'fn', 'tn')):,}",
            ("late",),
            f"Besides: {here['alerts_cancelled']:,} alerts for flights later cancelled, "
            f"{here['alerts_diverted']:,} for diverted ones.",
        )
    with right:
        carried_value = None
        if carried.height:
            carried_value = float(
                cost_curve(carried, costs).filter(pl.col("threshold_pct") == CARRY_FORWARD_PCT)["value"][0]
            )
        parts.figure(
            charts.cost_curve(curve, threshold, best, carried_value),
            curve,
            "costs",
            "Value by threshold",
            ("costs",),
            f"The best threshold here is seen with hindsight; by the costs alone it is {expected_threshold(costs):.0%}."
            if expected_threshold(costs) <= 1
            else "With these costs an alert never pays.",
        )


def _by(impact: pl.DataFrame, name: str, kind: str, threshold: int, costs: Costs) -> None:
    rows = impact.filter(
        (pl.col("feature_set") == name)
        & (pl.col("slice_kind") == kind)
        & (pl.col("threshold_pct") == threshold)
    )
    shown = cost_curve(rows, costs).select(
        pl.col("slice").alias(kind),
        flights=pl.sum_horizontal("tp", "fp", "fn", "tn"),
        share_late=(pl.col("tp") + pl.col("fn")) / pl.sum_horizontal("tp", "fp", "fn", "tn"),
        alerts_a_day="alerts_a_day",
        precision="precision",
        recall="recall",
        value_a_day=(pl.col("value") / pl.col("days")).round(0).cast(pl.Int64),
    )
    parts.table(
        shown.sort("value_a_day", descending=True),
        f"impact-{kind}",
        f"By {'airport of departure' if kind == 'origin' else kind}",
        ("costs",),
        column_config={
            "flights": parts.COUNT,
            "share_late": st.column_config.NumberColumn("late", format="percent"),
            "precision": parts.SHARE,
            "recall": parts.SHARE,
            "alerts_a_day": st.column_config.NumberColumn("alerts/day", format="%.1f"),
            "value_a_day": st.column_config.NumberColumn("$/day", format="localized"),
        },
        height=420,
        # Six fit half a page; all are in the CSV.
        column_order=(kind, "flights", "alerts_a_day", "precision", "recall", "value_a_day"),
    )


def page() -> None:
    """Draw the operational impact."""
    lake: Lake = st.session_state["lake"]
    filters: Filters = st.session_state["filters"]
    st.title("Operational impact")
    chosen = chosen_partition(lake, "impact", filters)
    if chosen is None:
        return
    scored, cutoff = chosen
    impact = remember(lake, ("impact",), queries.impact_of, scored, cutoff)
    name = parts.choice("Feature set", queries.sets_in(impact), "set")
    costs = _costs()
    threshold = int(
        st.slider(
            "Alert at a probability of, %",
            0,
            100,
            min(100, max(1, round(expected_threshold(costs) * 100)))
            if expected_threshold(costs) <= 1
            else 100,
            key="threshold",
            **parts.KEPT,
        )
    )
    _worth(impact, name, threshold, costs)
    left, right = st.container(key="pair_by").columns(2, gap="medium")
    with left:
        _by(impact, name, "origin", threshold, costs)
    with right:
        _by(impact, name, "carrier", threshold, costs)


page()
