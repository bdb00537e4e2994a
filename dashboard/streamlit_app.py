"""The desk over the lake: `streamlit run dashboard/streamlit_app.py`.

Holds what every page shares: settings, navigation, filters, and the mark of simulated rows. A page is a
file in app_pages/ with its own title and nothing of this.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import duckdb
import streamlit as st

from aeroflux_assets.errors import SettingsError, StoreError
from aeroflux_assets.lake import Lake
from aeroflux_assets.settings import Settings, load_settings
from dashboard.filters import EVERY_FILTER, shared_filters
from dashboard.queries.gaps import empty_lake, spelled
from dashboard.queries.inventory import source_mark


@dataclass(frozen=True)
class Entry:
    """A page of the navigation: its file in app_pages/, title, icon, address, and the filters that it heeds."""

    file: str
    title: str
    icon: str
    path: str
    uses: frozenset[str] = EVERY_FILTER


_TRAFFIC = frozenset({"years", "months", "carriers", "airports"})
# Section of the navigation to its pages, in order. The first page is the one that `/` shows.
PAGES: Mapping[str, tuple[Entry, ...]] = {
    "Delays": (
        Entry("overview.py", "Overview", ":material/monitoring:", "overview", _TRAFFIC | {"cutoff"}),
        Entry("eda.py", "Delay EDA", ":material/query_stats:", "eda", _TRAFFIC | {"clock"}),
        Entry("places.py", "Airports, routes, airlines", ":material/flight:", "places", _TRAFFIC | {"clock"}),
    ),
    "Models": (
        Entry("model.py", "Model", ":material/model_training:", "model", frozenset({"cutoff"})),
        Entry("leakage.py", "Leakage X-ray", ":material/radiology:", "leakage", frozenset({"cutoff"})),
        Entry("impact.py", "Operational impact", ":material/payments:", "impact", frozenset({"cutoff"})),
    ),
    "Flights": (
        Entry("lookup.py", "Flight lookup", ":material/search:", "lookup", frozenset({"cutoff", "clock"})),
        Entry("tail.py", "Tail", ":material/connecting_airports:", "tail", frozenset({"cutoff", "clock"})),
        Entry(
            "worklist.py",
            "Worklist",
            ":material/checklist:",
            "worklist",
            frozenset({"carriers", "airports", "clock"}),
        ),
    ),
    "The lake": (
        Entry("health.py", "Data health", ":material/health_and_safety:", "health", frozenset({"years"})),
    ),
}
DEFAULT = "overview"
# A table that is made twice while a page reads it loses the files that the page had found: the lake keeps one version.
_GONE = (FileNotFoundError, duckdb.IOException)
# Imported with the frame, as half a second of every page's first drawing. Not beside it: plotly looks whether pandas is
# loaded, and takes one that is half loaded for a whole one.
for _name in ("pandas", "plotly.graph_objects", "pydeck"):
    import_module(_name)
# The models behind "why", and the calendar: two seconds together.
_SLOW = ("xgboost", "holidays")
_READ_AGAIN, _TRIES = "read_again", 4
STATIC = Path(__file__).resolve().parent / "static"
# Room for figures on a laptop, and titles that do not push them below the fold. Columns in a container
# whose key begins with `pair` go below one another on a tablet.
STYLE = """
<style>
.block-container {padding-top: 3.2rem; padding-bottom: 3rem; max-width: 1240px;}
h1 {font-size: 1.9rem !important; padding-bottom: .5rem !important;}
h2 {font-size: 1.25rem !important;}
h3 {font-size: 1.05rem !important;}
h4 {font-size: 1rem !important; padding: 0 !important;}
/* A title and its buttons on one line. */
[class*="st-key-head_"] [data-testid="stMarkdownContainer"] {margin-bottom: 0;}
[class*="st-key-head_"] {flex-wrap: nowrap;}
[data-testid="stMetricValue"] {font-size: 1.55rem;}
[data-testid="stMetric"] {padding-right: 1.2rem;}
@media (max-width: 1000px) {
  [class*="st-key-pair"] [data-testid="stHorizontalBlock"] {flex-wrap: wrap;}
  [class*="st-key-pair"] [data-testid="stColumn"] {min-width: 100%;}
}
</style>
"""


def main() -> None:
    """Draw the frame and run the page that the address names."""
    # A file of our own: an icon by name would be fetched from a font server.
    st.set_page_config(page_title="AeroFlux", page_icon=STATIC / "icon.svg", layout="wide")
    st.logo(STATIC / "wordmark.svg", size="large", icon_image=STATIC / "icon.svg")
    st.html(STYLE)
    _warm_up()
    page = st.navigation({section: [_page(each) for each in entries] for section, entries in PAGES.items()})
    try:
        settings = load_settings()
    except SettingsError as error:
        st.error(f"The settings cannot be read: {error}")
        return
    try:
        lake = Lake(settings.lake)
        _mark_simulated(lake, settings)
        gap = empty_lake(lake)
    except StoreError as error:
        st.error(f"The lake cannot be read: {error}")
        return
    if gap:
        st.title(page.title)
        st.info(gap.text, icon=":material/inventory_2:")
        return
    st.session_state["lake"] = lake
    st.session_state["selected_years"] = settings.years
    try:
        st.session_state["filters"] = shared_filters(lake, _used_by(page.title))
        page.run()
    except _GONE as error:
        _read_again(error)
    except StoreError as error:
        st.error(f"The lake cannot be read: {error}")
    else:
        st.session_state[_READ_AGAIN] = 0


@st.cache_resource(show_spinner=False)
def _warm_up() -> threading.Thread:
    """Import beside the first page what only one page needs, so that its first reader need not wait."""
    thread = threading.Thread(
        target=lambda: [import_module(name) for name in _SLOW], daemon=True, name="_warm_up"
    )
    thread.start()
    return thread


def _read_again(error: Exception) -> None:
    """Run the page once more on the tables as they are now; after a few times say what is missing."""
    tried = int(st.session_state.get(_READ_AGAIN, 0))
    if tried < _TRIES:
        st.session_state[_READ_AGAIN] = tried + 1
        time.sleep(0.2 * (tried + 1))
        st.rerun()
    st.session_state[_READ_AGAIN] = 0
    st.warning(
        f"Files that the lake names are gone: a table is being made again, or they were deleted. Reload the page; if "
        f"this stays, `aeroflux run --refresh` makes them. ({str(error).splitlines()[0]})",
        icon=":material/sync_problem:",
    )


def _page(entry: Entry) -> st.Page:
    default = entry.path == DEFAULT
    return st.Page(
        f"app_pages/{entry.file}", title=entry.title, icon=entry.icon, url_path=entry.path, default=default
    )


def _used_by(title: str) -> frozenset[str]:
    entries = (entry for entries in PAGES.values() for entry in entries)
    return next(entry.uses for entry in entries if entry.title == title)


def _mark_simulated(lake: Lake, settings: Settings) -> None:
    mark = source_mark(lake, settings)
    if not mark.simulated:
        with st.sidebar:
            st.caption(f"Source: {', '.join(mark.kinds)}")
        return
    which = (
        f"the flights of {spelled(mark.simulated_years)} are"
        if mark.simulated_years
        else "every flight here is"
    )
    text = f"**Simulated:** {which} invented, and none of it says anything of a real airline."
    st.warning(text, icon=":material/science:")


main()
