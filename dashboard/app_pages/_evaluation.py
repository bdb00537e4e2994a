"""What the pages of the evaluation share: which scored year, cutoff and feature set they show."""

import polars as pl
import streamlit as st

from aeroflux_assets.lake import Lake
from dashboard.app_pages import _parts as parts
from dashboard.filters import Filters
from dashboard.queries.evaluation import partitions_of, sets_in

MODEL_TABLES = ("metrics",)


def chosen_partition(lake: Lake, table: str, filters: Filters) -> tuple[int, str] | None:
    """The scored year and cutoff that a table is shown for; None, said on the page, where it was never made.

    The cutoff of the sidebar where the table has it, else the latest one it has. The year is chosen here: scored years
    are few, and the newest is the one of interest.
    """
    pairs = partitions_of(lake, table)
    if not pairs:
        parts.missing(f"Nothing to show yet: the table {table} was never made.")
        return None
    years = [str(year) for year in dict.fromkeys(year for year, _ in pairs)]
    year = int(parts.choice("Scored year", years, "scored"))
    cutoffs = [cutoff for each, cutoff in pairs if each == year]
    if filters.cutoff in cutoffs:
        return year, str(filters.cutoff)
    if filters.cutoff is not None:
        st.caption(f"{table} of {year} was not made at {filters.cutoff}; shown is {cutoffs[0]}.")
    return year, cutoffs[0]


def chosen_set(rows: pl.DataFrame, scored: int, cutoff: str) -> str:
    """The feature set that a page shows, our own first. rows: feature_set, scored_year and cutoff."""
    mine = rows.filter((pl.col("scored_year") == scored) & (pl.col("cutoff") == cutoff))
    return parts.choice("Feature set", sets_in(mine), "set")
