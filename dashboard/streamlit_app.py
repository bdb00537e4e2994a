"""The desk over the lake: `streamlit run dashboard/streamlit_app.py`.

Holds what every page shares: settings, navigation, filters, and the mark of simulated rows. A page is a
file in app_pages/ with its own title and nothing of this.
"""

from pathlib import Path

import streamlit as st

from aeroflux_assets.errors import SettingsError
from aeroflux_assets.lake import Lake
from aeroflux_assets.settings import Settings, load_settings
from dashboard.filters import shared_filters
from dashboard.queries.gaps import empty_lake, spelled
from dashboard.queries.inventory import source_mark

PAGES = (
    ("overview.py", "Overview", ":material/monitoring:", "overview"),
    ("lookup.py", "Flight lookup", ":material/search:", "lookup"),
)
STATIC = Path(__file__).resolve().parent / "static"
# Room for figures on a laptop, and titles that do not push them below the fold. Columns in a container
# whose key begins with `pair` go below one another on a tablet.
STYLE = """
<style>
.block-container {padding-top: 3.2rem; padding-bottom: 3rem; max-width: 1240px;}
h1 {font-size: 1.9rem !important; padding-bottom: .5rem !important;}
h2 {font-size: 1.25rem !important;}
h3 {font-size: 1.05rem !important;}
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
    page = st.navigation(
        [
            st.Page(f"app_pages/{file}", title=title, icon=icon, url_path=path, default=path == "overview")
            for file, title, icon, path in PAGES
        ]
    )
    try:
        settings = load_settings()
    except SettingsError as error:
        st.error(f"The settings cannot be read: {error}")
        return
    lake = Lake(settings.lake)
    _mark_simulated(lake, settings)
    if gap := empty_lake(lake):
        st.title(page.title)
        st.info(gap.text, icon=":material/inventory_2:")
        return
    st.session_state["lake"] = lake
    st.session_state["filters"] = shared_filters(lake)
    page.run()


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
