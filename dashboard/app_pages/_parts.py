"""What every page is built of: a figure or table with its title, its definitions, and its downloads.

Each drawn thing has a small row above it: the title at the left; at the right a question mark with the
definitions of its terms and the rows behind it as CSV. A figure's own camera button gives it as PNG, made
in the browser.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import plotly.graph_objects as go
import polars as pl
import pydeck as pdk
import streamlit as st

from aeroflux_assets.lake import Lake
from dashboard.queries import gaps
from dashboard.queries.definitions import defined
from dashboard.queries.measures import MEASURES, Measure

NOTHING = "–"
# A choice that stands in the address and outlives a change of page.
KEPT: dict[str, Any] = {"bind": "query-params", "persist_state": "session"}
SHARE = st.column_config.NumberColumn(format="percent")
COUNT = st.column_config.NumberColumn(format="localized")
MINUTES = st.column_config.NumberColumn(format="%.1f min")
# What lies above the plot: the camera, and below it the legend of figures that have one.
_CAMERA_PX, _CAMERA_AND_LEGEND_PX = 30, 52
# In the page's own colour, so that a saved picture can be read wherever it is pasted.
_PAPER = {False: "#ffffff", True: "#14181d"}


def percent(value: float | None, digits: int = 1) -> str:
    """`12.3%`, or a dash where nothing was counted."""
    return NOTHING if value is None else f"{value:.{digits}%}"


def minutes(value: float | None) -> str:
    """`12.3 min`, or a dash where nothing was counted."""
    return NOTHING if value is None else f"{value:.1f} min"


def no_minus_zero(column: str) -> pl.Expr:
    """A column of minutes for a table that shows whole ones: what rounds to nothing reads `+0`, not `-0`."""
    return pl.when(pl.col(column).abs() >= 0.5).then(column).otherwise(pl.col(column) * 0 + 0.0).alias(column)


def is_dark() -> bool:
    """Whether the reader's theme is dark."""
    return st.context.theme.type == "dark"


def figure(
    chart: go.Figure,
    rows: pl.DataFrame | None,
    name: str,
    title: str,
    terms: Sequence[str] = (),
    caption: str | None = None,
) -> None:
    """Draw a figure under its title, with the definitions of `terms` and `rows` as `name`.csv.

    name: the name of the files too; unique on the page.
    """
    header(title, name, rows, terms, caption)
    # Plotly draws on the server's word: the camera needs no network.
    config = {
        "displaylogo": False,
        "displayModeBar": True,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"format": "png", "filename": f"aeroflux-{name}", "scale": 2},
    }
    above = _CAMERA_AND_LEGEND_PX if len(chart.data) > 1 else _CAMERA_PX
    chart.update_layout(
        margin={"t": max(above, chart.layout.margin.t or 0)},
        paper_bgcolor=_PAPER[is_dark()],
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": "#8A8F98", "activecolor": "#8A8F98"},
    )
    st.plotly_chart(chart, width="stretch", key=f"fig_{name}", config=config)


def table(
    rows: pl.DataFrame,
    name: str,
    title: str,
    terms: Sequence[str] = (),
    caption: str | None = None,
    column_config: Mapping[str, Any] | None = None,
    height: int | None = None,
    column_order: Sequence[str] | None = None,
    row_height: int = 35,
) -> None:
    """Draw a table under its title, with definitions and download; as tall as its rows up to `height` px.

    row_height: of more than one line, text that is wider than its column goes on in the next.
    """
    header(title, name, rows, terms, caption)
    whole = row_height * rows.height + 35 + 3
    st.dataframe(
        rows,
        width="stretch",
        hide_index=True,
        key=f"{name}_table",
        placeholder="–",
        column_config=dict(column_config or {}),
        column_order=list(column_order) if column_order else None,
        height=min(whole, height or 450),
        row_height=row_height,
    )


def deck(
    drawn: pdk.Deck | None,
    rows: pl.DataFrame,
    name: str,
    title: str,
    terms: Sequence[str] = (),
    caption: str | None = None,
    height: int = 420,
) -> None:
    """Draw a map under its title; None (no coordinates) says what is missing."""
    header(title, name, rows, terms, caption)
    if drawn is None:
        st.info("No coordinates: the airports table is missing. `aeroflux run` makes it.")
    else:
        st.pydeck_chart(drawn, height=height, key=f"map_{name}")


def header(
    title: str, name: str, rows: pl.DataFrame | None, terms: Sequence[str] = (), caption: str | None = None
) -> None:
    """The row above a drawn thing: title, definitions, CSV; the caption under it."""
    with st.container(gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"head_{name}"):
            st.markdown(f"#### {title}", width="stretch")
            if terms:
                with st.popover(
                    "", icon=":material/help:", type="tertiary", help="What is this?", key=f"{name}_help"
                ):
                    st.markdown(defined(terms))
            if rows is not None and not rows.is_empty():
                st.download_button(
                    "",
                    data=rows.write_csv,
                    file_name=f"aeroflux-{name}.csv",
                    mime="text/csv",
                    icon=":material/download:",
                    type="tertiary",
                    help="The rows as CSV",
                    key=f"{name}_csv",
                    on_click="ignore",
                )
        if caption:
            st.caption(caption)


def metrics(cells: Iterable[tuple[str, str, str | None]], name: str, terms: Sequence[str] = ()) -> None:
    """A row of figures: label, value, and a help text; all of `terms` behind one question mark at its end."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"metrics_{name}"):
        for label, value, text in cells:
            st.metric(label, value, help=text, width="content")
        if terms:
            with st.popover(
                "", icon=":material/help:", type="tertiary", help="What is this?", key=f"{name}_help"
            ):
                st.markdown(defined(terms))


def choice(
    label: str, options: Iterable[str], key: str, *, bare: bool = False, default: str | None = None
) -> str:
    """One of `options`, `default` or the first until another is chosen, kept in the address under `key`.

    bare: without its label, where the options speak for themselves.
    """
    names = list(options)
    first = default or names[0]
    shown: Literal["visible", "collapsed"] = "collapsed" if bare else "visible"
    chosen = st.segmented_control(
        label, names, default=first, required=True, key=key, label_visibility=shown, **KEPT
    )
    return first if chosen is None else chosen


def measure() -> Measure:
    """The measure that the reader chose, the same on every page that offers it."""
    return MEASURES[choice("Measure", MEASURES, "measure")]


def lacks(lake: Lake, tables: Sequence[str], years: tuple[int, ...], what: str) -> bool:
    """Say for which of `years` the lake has not all of `tables`; whether that is all of them.

    what: what goes without, at the start of a sentence: "Delays by hour".
    """
    absent = gaps.lacking(lake, tables, years)
    if absent:
        missing(f"{what}: {gaps.spelled(absent)} not summarized yet.", gaps.command_for(absent))
    return len(absent) == len(years)


def nothing_fits() -> None:
    """Say that the filters leave no flight."""
    st.info("No flight in the lake fits the filters at the left.", icon=":material/filter_alt_off:")


def missing(what: str, command: str | None = "aeroflux run") -> None:
    """Say what a page cannot show and the command that makes it; None where no command does."""
    st.info(f"{what} `{command}` makes it." if command else what, icon=":material/inventory_2:")
