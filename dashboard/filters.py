"""The filters that every page shares, kept in the address so that a view can be sent to someone."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from aeroflux_assets.lake import Lake
from dashboard.app_pages._remember import remember
from dashboard.queries.choices import choices_of, cutoffs_made
from dashboard.queries.gaps import not_at
from dashboard.queries.inventory import years_of
from dashboard.queries.names import MONTHS
from dashboard.queries.selection import Filters

__all__ = ["ALL_CUTOFFS", "CLOCKS", "EVERY_FILTER", "Filters", "shared_filters"]

ALL_CUTOFFS = "all"
CLOCKS = ("local", "UTC")
EVERY_FILTER = frozenset({"years", "months", "carriers", "airports", "cutoff", "clock"})
_LISTED = ("cleaned_flights", "summary_routes")  # what the options are read from
_REFUSED = "refused_cutoff"  # what an address named in vain, told until a cutoff is chosen
_KEPT: dict[str, Any] = {"bind": "query-params", "persist_state": "session"}


def shared_filters(lake: Lake, uses: frozenset[str] = EVERY_FILTER) -> Filters:
    """Draw the filters in the sidebar and give back what is chosen. Every committed year unless narrowed.

    uses: what the page heeds, of EVERY_FILTER; the others are shown greyed and keep their value, so that
    going from page to page loses nothing.
    """
    have = years_of(lake)
    made = remember(lake, ("propagation", "features", "predictions"), cutoffs_made)
    all_carriers, all_airports = remember(lake, _LISTED, choices_of)
    with st.sidebar:
        chosen = _years(have, off="years" not in uses)
        months = _several("Months", "months", range(1, 13), lambda m: MONTHS[m - 1], off="months" not in uses)
        carriers = _several(
            "Carriers",
            "carriers",
            all_carriers,
            str,
            off="carriers" not in uses,
        )
        airports = _several(
            "Airports", "airports", all_airports, str, off="airports" not in uses,
            tip="Flights that leave from them, unless a page says otherwise.",
        )  # fmt: skip
        cutoff = _cutoff(made, off="cutoff" not in uses)
        clock = st.segmented_control(
            "Clock",
            CLOCKS,
            default=CLOCKS[0],
            required=True,
            key="clock",
            disabled="clock" not in uses,
            **_KEPT,
        )
    refused = st.session_state.get(_REFUSED)
    if refused is not None and made and "cutoff" in uses:
        text = f"Shown are all cutoffs: this lake is {not_at(refused, made)}."
        st.warning(text, icon=":material/history_toggle_off:")
    return Filters(
        years=chosen,
        cutoff=None if cutoff == ALL_CUTOFFS else cutoff,
        months=tuple(sorted(months)),
        carriers=tuple(sorted(carriers)),
        airports=tuple(sorted(airports)),
        utc=clock == CLOCKS[1],
    )


def _years(have: tuple[int, ...], *, off: bool) -> tuple[int, ...]:
    if len(have) < 2:  # a slider needs two ends
        st.caption(f"Year: {have[0]}" if have else "No years yet")
        return have
    low, high = st.select_slider("Years", have, value=(have[0], have[-1]), key="years", disabled=off, **_KEPT)
    return tuple(year for year in have if low <= year <= high)


def _cutoff(made: tuple[str, ...], *, off: bool) -> str:
    options = [ALL_CUTOFFS, *made]
    named = str(st.session_state.get("cutoff") or st.query_params.get("cutoff", ALL_CUTOFFS))
    if named not in options:
        # An address of another lake, or one typed. The widget takes it out of the address: hence the note.
        st.session_state["cutoff"], st.session_state[_REFUSED] = ALL_CUTOFFS, named
    chosen: str = st.selectbox(
        "Cutoff",
        options,
        key="cutoff",
        disabled=off,
        help="How long before its scheduled departure a flight is predicted: nothing known later counts. Offered are "
        "the cutoffs that the lake was made at.",
        on_change=lambda: st.session_state.pop(_REFUSED, None),
        **_KEPT,
    )
    return chosen


def _several(
    label: str, key: str, options: Any, spell: Callable[[Any], str], *, off: bool, tip: str | None = None
) -> list[Any]:
    chosen: list[Any] = st.multiselect(
        label, list(options), key=key, format_func=spell, placeholder="All", help=tip, disabled=off, **_KEPT
    )
    return chosen
