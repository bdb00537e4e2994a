"""The lookup's answer to "why": the model's own weights in words, and the interval of the minutes."""

from typing import Any

import polars as pl
import streamlit as st

from aeroflux_assets.lake import Lake
from dashboard.app_pages import _parts as parts
from dashboard.charts.why import waterfall
from dashboard.queries import words
from dashboard.queries.lookup_query import LookupResult
from dashboard.queries.lookup_text import upstream_by_id
from dashboard.queries.predicted import preferred_set
from dashboard.queries.why import account, interval, steps_of, why

Row = dict[str, Any]


def draw_why(lake: Lake, result: LookupResult, flight: Row, cutoff: str | None) -> None:
    """The waterfall at the cutoff of the sidebar, or at one that the reader picks; nothing without a model."""
    mine = result.predictions.filter(pl.col("flight_id") == flight["flight_id"])
    if mine.is_empty():
        return
    cutoffs = [str(name) for name in mine["cutoff"].unique(maintain_order=True)]
    chosen = cutoffs[0] if cutoff is None or cutoff not in cutoffs else cutoff
    if cutoff is None and len(cutoffs) > 1:
        chosen = parts.choice("Why, at", cutoffs, "why_at")
    name = preferred_set(mine.filter(pl.col("cutoff") == chosen)["feature_set"])
    known = result.known.filter(
        (pl.col("flight_id") == flight["flight_id"]) & (pl.col("cutoff") == chosen)
    ).to_dicts()
    found = (
        None
        if name is None
        else why(lake, flight, known[0] if known else None, upstream_by_id(result), chosen, name)
    )
    if name is None or found is None:
        return
    bounds = interval(lake, flight, chosen, name)
    recalibrated = None if bounds is None else float(bounds["prob_late15"])
    probability = found.probability if recalibrated is None else recalibrated
    steps = steps_of(found, recalibrated=recalibrated)
    caption = f"What `{name}` made of each fact, in points of probability"
    caption += "; they add up." if recalibrated is None else ", and what recalibration adds; they add up."
    parts.figure(
        waterfall(found.base, [(step.words, step.points) for step in steps], probability),
        account(found, recalibrated),
        "why",
        f"Why {probability:.0%} at {chosen}",
        ("points", "recalibration"),
        caption,
    )
    if bounds is not None and bounds["delay_p10_min"] is not None:
        low, middle, high = (words.signed(bounds[f"delay_p{share}_min"]) for share in (10, 50, 90))
        st.markdown(
            f"Eight in ten such flights arrive **{low} to {high} minutes** from schedule, half of them by {middle}."
        )
