"""An airport's day, routes compared, airlines, trends over the years, and days that stand out."""

from collections.abc import Callable, Mapping
from datetime import date

import polars as pl
import streamlit as st

from aeroflux_assets.lake import Lake
from aeroflux_assets.summaries.outliers import HISTORY_DAYS, LEAST_FLIGHTS, LEAST_HISTORY_DAYS
from dashboard.app_pages import _parts as parts
from dashboard.app_pages._remember import remember
from dashboard.charts import delays
from dashboard.charts import places as charts
from dashboard.filters import Filters
from dashboard.queries import outliers, performance, places
from dashboard.queries.choices import choices_of
from dashboard.queries.names import carrier_names

_ROUTES = ("summary_routes",)
_PUNCTUALITY = ("late", "d0", "a0", "a14", "on_time", "completion")
_SHARE_COLUMNS = {
    "a14": "A14", "d0": "D0", "a0": "A0", "on_time_dot": "on time (DOT)", "completion": "completion",
    "share_diverted": "diverted", "share_controllable": "controllable",
}  # fmt: skip
_MINUTE_COLUMNS = {
    "mean_dep_delay_min": "dep. delay", "mean_arr_delay_min": "arr. delay", "min_per_late": "min per late",
    "mean_taxi_out_min": "taxi out", "mean_block_min": "block", "mean_spare_block_min": "spare block",
}  # fmt: skip
_CONFIG = {
    "flights": parts.COUNT,
    **{
        name: st.column_config.NumberColumn(label, format="percent") for name, label in _SHARE_COLUMNS.items()
    },
    **{name: st.column_config.NumberColumn(label, format="%.1f") for name, label in _MINUTE_COLUMNS.items()},
}
_ROUTE_COLUMNS = (
    "flights", "a14", "d0", "completion", "mean_arr_delay_min", "mean_taxi_out_min", "mean_block_min",
    "mean_spare_block_min",
)  # fmt: skip
_LISTED = 25
_SCOPES = {"Airports": "airport", "Airlines": "carrier", "The whole network": "network"}
_DAY_OF = {"airport": "airport day", "carrier": "airline day", "network": "day"}
_SHOWN_BOARD = ("scheduled", "actual", "flight", "other", "tail", "delay_min", "status")


def _day(lake: Lake, filters: Filters) -> None:
    if parts.lacks(lake, ("summary_days",), filters.years, "An airport's day"):
        return
    chosen = _airport_and_day(lake, filters)
    if chosen is None:
        return
    airport, day = chosen
    board = remember(lake, ("cleaned_flights",), _board, airport, day, filters.utc)
    if board.is_empty():
        st.info(f"No flight is scheduled at {airport} on {day:%d %B %Y}.", icon=":material/event_busy:")
        return
    if filters.carriers:
        board = board.filter(pl.col("carrier").is_in(filters.carriers))
    found = places.banks(board)
    _day_metrics(board, found)
    clock = "UTC" if filters.utc else f"local to {airport}"
    caption = f"By 15 minutes of schedule, {clock}. Departures upwards, arrivals downwards; banks are shaded."
    slots = places.slots(board)
    title = f"{airport}, {day:%A %d %B %Y}"
    parts.figure(charts.day_by_slots(slots, found), slots, "airport-day", title, ("bank", "late"), caption)
    left, right = st.container(key="pair_board").columns([3, 2], gap="large")
    with left:
        _board_table(board)
    with right:
        _bank_table(found, board)


def _board(lake: Lake, airport: str, day: date, utc: bool) -> pl.DataFrame:
    return places.board(lake, airport, day, utc=utc)


def _airport_and_day(lake: Lake, filters: Filters) -> tuple[str, date] | None:
    options = list(filters.airports or remember(lake, ("cleaned_flights", "summary_routes"), choices_of)[1])
    usual = remember(lake, ("summary_days",), places.busiest, filters.years)
    with st.container(horizontal=True):
        if st.session_state.get("at") not in options:
            st.session_state["at"] = usual if usual in options else options[0]
        airport = st.selectbox("Airport", options, key="at", width=140, **parts.KEPT)
        span = remember(lake, ("summary_days",), places.span_of, airport, filters.years)
        if span is None:
            st.info(f"No flight leaves from {airport} in the years chosen.")
            return None
        held = st.session_state.get("on")
        if not isinstance(held, date) or not span[0] <= held <= span[1]:
            st.session_state["on"] = span[1]
        day = st.date_input("Day", key="on", min_value=span[0], max_value=span[1], width=170, **parts.KEPT)
    return (airport, day) if isinstance(day, date) else None


def _day_metrics(board: pl.DataFrame, found: list[places.Bank]) -> None:
    cells: list[tuple[str, str, str | None]] = []
    for kind, word in ((places.DEPARTURES, "Departures"), (places.ARRIVALS, "Arrivals")):
        mine = board.filter(pl.col("kind") == kind)
        known = mine.drop_nulls("delay_min")
        late = known.filter(pl.col("delay_min") >= 15).height / known.height if known.height else None
        cells += [
            (word, f"{mine.height:,}", "scheduled"),
            ("of them late", parts.percent(late), "by 15 minutes or more, of those whose time is known"),
        ]
    cancelled = board.filter(pl.col("status") == "cancelled").height
    cells += [("Cancelled", f"{cancelled:,}", "both ways"), ("Banks", str(len(found)), None)]
    parts.metrics(cells, "day", ("late", "bank"))


def _board_table(board: pl.DataFrame) -> None:
    kinds = {"Departures": places.DEPARTURES, "Arrivals": places.ARRIVALS}
    kind = parts.choice("Board", kinds, "board", bare=True)
    rows = board.filter(pl.col("kind") == kinds[kind]).with_columns(
        flight=pl.col("carrier") + pl.col("flight_number").cast(pl.String)
    )
    time = st.column_config.DatetimeColumn(format="HH:mm")
    parts.table(
        rows, "board", kind,
        column_order=_SHOWN_BOARD,
        column_config={
            "scheduled": time, "actual": time, "other": "to" if kind == "Departures" else "from",
            "delay_min": st.column_config.NumberColumn("delay", format="%+d min"),
        },
    )  # fmt: skip


def _bank_table(found: list[places.Bank], board: pl.DataFrame) -> None:
    if not found:
        parts.header("Banks", "banks", None, ("bank",))
        most = places.fullest_half_hour(board)
        small = f"None: the day is too small for banks. One takes {places.LEAST_HALF_HOUR} departures or arrivals in a "
        small += f"half hour; the fullest here has {most}."
        st.caption(small if most < places.LEAST_HALF_HOUR else "None: the day's schedule is spread evenly.")
        return
    rows = pl.DataFrame(
        [(bank.kind, bank.begins, bank.ends, bank.flights, bank.late, bank.cancelled) for bank in found],
        schema=["kind", "from", "to", "flights", "late", "cancelled"], orient="row",
    )  # fmt: skip
    time = st.column_config.DatetimeColumn(format="HH:mm")
    config = {"from": time, "to": time}
    order = ("kind", "from", "to", "flights", "late")
    parts.table(rows, "banks", "Banks", ("bank",), column_config=config, column_order=order)


def _routes(lake: Lake, filters: Filters) -> None:
    if parts.lacks(lake, _ROUTES, filters.years, "Routes"):
        return
    rows = remember(lake, _ROUTES, performance.routes, filters).with_columns(
        route=pl.col("origin") + " → " + pl.col("dest")
    )
    if rows.is_empty():
        parts.nothing_fits()
        return
    measure = parts.measure()
    names = rows["route"].head(2000).to_list()
    chosen = st.multiselect("Routes to compare", names, default=names[:6], max_selections=12, key="routes")
    picked = rows.filter(pl.col("route").is_in(chosen)) if chosen else rows.head(6)
    parts.figure(
        delays.ranked(picked.sort(measure.column, nulls_last=True), "route", measure), picked, "routes-compared",
        f"{measure.label} by route", (measure.term,),
    )  # fmt: skip
    pairs = [(row["origin"], row["dest"]) for row in picked.select("origin", "dest").iter_rows(named=True)]
    carriers = remember(lake, _ROUTES, performance.routes_by_carrier, filters, tuple(pairs))
    named = carriers.with_columns(
        route=pl.col("origin") + " → " + pl.col("dest"),
        airline=carrier_names("carrier"),
    )
    parts.table(
        named, "routes-carriers", "The carriers on them", (*_PUNCTUALITY, "block"),
        column_order=("route", "airline", *_ROUTE_COLUMNS),
        column_config=_CONFIG,
    )  # fmt: skip
    parts.table(
        rows, "routes-all", f"All {rows.height:,} routes", _PUNCTUALITY,
        column_order=("route", "distance_mi", *_ROUTE_COLUMNS),
        column_config={**_CONFIG, "distance_mi": st.column_config.NumberColumn("miles", format="localized")},
        height=360,
    )  # fmt: skip


def _airlines(lake: Lake, filters: Filters) -> None:
    if parts.lacks(lake, _ROUTES, filters.years, "Airlines"):
        return
    rows = remember(lake, _ROUTES, performance.airlines, filters)
    if rows.is_empty():
        parts.nothing_fits()
        return
    rows = rows.with_columns(airline=carrier_names("carrier"))
    measure = parts.measure()
    parts.figure(
        delays.ranked(rows.sort(measure.column, nulls_last=True), "airline", measure), rows, "airlines-compared",
        f"{measure.label} by airline", (measure.term,),
    )  # fmt: skip
    parts.table(
        rows, "airlines", "Airline performance", (*_PUNCTUALITY, "controllable", "causes", "taxi_out", "block"),
        column_order=(
            # As many as a laptop shows; all are in the CSV.
            "airline", "flights", "a14", "d0", "on_time_dot", "completion", "mean_dep_delay_min", "mean_arr_delay_min",
            "share_controllable", "min_per_late",
        ),
        column_config=_CONFIG,
    )  # fmt: skip
    if rows["caused"].sum() == 0:
        st.caption("No causes are reported for these flights.")


def _trends(lake: Lake, filters: Filters) -> None:
    if parts.lacks(lake, _ROUTES, filters.years, "Trends"):
        return
    measure = parts.measure()
    with st.container(horizontal=True):
        of = parts.choice("Of", ("Airlines", "Airports"), "of")
        step = parts.choice("By", ("Year", "Month"), "step")
    by = "origin" if of == "Airports" else "carrier"
    ranked = remember(
        lake, _ROUTES, performance.airports if by == "origin" else performance.airlines, filters
    )
    if ranked.is_empty():
        parts.nothing_fits()
        return
    names = tuple(ranked[by].head(6))
    rows = remember(lake, _ROUTES, _trend, filters, by, names, step == "Month")
    parts.figure(
        charts.lines(rows, by, measure, names), rows, "trend", f"{measure.label} over time", (measure.term,),
        f"The {len(names)} with the most flights among those chosen at the left.",
    )  # fmt: skip


def _trend(lake: Lake, filters: Filters, by: str, names: tuple[str, ...], monthly: bool) -> pl.DataFrame:
    return performance.trend(lake, filters, by, names, monthly=monthly)


def _outliers(lake: Lake, filters: Filters) -> None:
    if parts.lacks(lake, ("summary_outliers",), filters.years, "Days that stand out"):
        return
    have = remember(lake, ("summary_outliers",), outliers.scopes_with_days, filters)
    # A page that opens empty is left again, though the scope next to it may have days.
    first = next((label for label, scope in _SCOPES.items() if scope in have), None)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        scope = _SCOPES[parts.choice("Of", _SCOPES, "scope", default=first)]
        least = st.select_slider(
            "At least this many flights that day",
            (LEAST_FLIGHTS, 25, 50, 100, 200),
            key="least",
            width=260,
            **parts.KEPT,
        )
    rows = remember(lake, ("summary_outliers",), outliers.outliers, filters, scope, least)
    if rows.is_empty():
        _no_outliers(lake, filters, scope, least)
        return
    terms = ("robust_z", "late", "cancelled", "causes")
    found = rows["found"][0]
    caption = f"{found:,} days" + (f", the {rows.height:,} furthest shown" if found > rows.height else "")
    parts.figure(charts.outliers(rows), rows, "outliers", "Days beyond their own history", terms, caption)
    parts.header("The furthest first, and what the data says", "outliers-list", rows, terms)
    shown = rows.head(_LISTED).select(
        # Hyphens that do not break: a date in two lines is hard to read.
        pl.col("flight_date").cast(pl.String).str.replace_all("-", "\u2011").alias("date"),
        pl.col("name").alias("where"),
        pl.col("flights"),
        pl.col("z").round(1).cast(pl.String),
        pl.col("what").alias("what was unusual"),
        pl.col("reason").alias("what the data says of it"),
    )
    # Static, because its texts wrap on every width; the CSV has every day.
    st.table(shown)
    if rows.height > _LISTED:
        st.caption(f"{_LISTED} of {rows.height:,} days; the download has them.")


def _no_outliers(lake: Lake, filters: Filters, scope: str, least: int) -> None:
    """Say why no day stands out: none flies, none is large enough to be judged, or all are as usual."""
    most = remember(lake, ("summary_days",), outliers.most_flights, filters, scope)
    if most == 0:
        parts.nothing_fits()
        return
    if most < least:
        # Of a handful of flights one late one is a large share: such days are not judged.
        st.info(
            f"No {_DAY_OF[scope]} of the selection has {least} flights or more: the fullest has {most:,}. Days of "
            f"fewer than {LEAST_FLIGHTS} are not judged.",
            icon=":material/filter_alt_off:",
        )
        return
    st.info(
        f"No {_DAY_OF[scope]} of the selection with {least} flights or more lies beyond its own trailing weeks. A day "
        f"is judged where at least {LEAST_HISTORY_DAYS} of the {HISTORY_DAYS} days before it had flights.",
        icon=":material/check:",
    )


VIEWS: Mapping[str, Callable[[Lake, Filters], None]] = {
    "Airport day": _day,
    "Routes": _routes,
    "Airlines": _airlines,
    "Trends": _trends,
    "Outliers": _outliers,
}


def page() -> None:
    """Draw the chosen view: one at a time, so that none waits for the others."""
    lake: Lake = st.session_state["lake"]
    filters: Filters = st.session_state["filters"]
    st.title("Airports, routes, airlines")
    view = parts.choice("Show", VIEWS, "show", bare=True)
    VIEWS[view](lake, filters)


page()
