"""The filters that every page shares, kept in the address so that a view can be sent to someone."""

from dataclasses import dataclass

import streamlit as st

from aeroflux_assets.cutoffs import CUTOFFS
from aeroflux_assets.lake import Lake
from dashboard.queries.inventory import years_of

ALL_CUTOFFS = "all"


@dataclass(frozen=True)
class Filters:
    """The years chosen, ascending, and the cutoff; None is every cutoff."""

    years: tuple[int, ...]
    cutoff: str | None


def shared_filters(lake: Lake) -> Filters:
    """Draw the filters in the sidebar and give back what is chosen. Every committed year unless narrowed."""
    have = years_of(lake)
    with st.sidebar:
        chosen = _years(have)
        cutoff = st.selectbox(
            "Cutoff",
            [ALL_CUTOFFS, *(each.name for each in CUTOFFS)],
            key="cutoff",
            bind="query-params",
            persist_state="session",
            help="How long before its scheduled departure a flight is predicted: nothing known later counts.",
        )
    return Filters(chosen, None if cutoff == ALL_CUTOFFS else cutoff)


def _years(have: tuple[int, ...]) -> tuple[int, ...]:
    if len(have) < 2:  # a slider needs two ends
        st.caption(f"Year: {have[0]}" if have else "No years yet")
        return have
    low, high = st.select_slider(
        "Years",
        have,
        value=(have[0], have[-1]),
        key="years",
        bind="query-params",
        persist_state="session",
    )
    return tuple(year for year in have if low <= year <= high)
