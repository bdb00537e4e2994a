"""Delays from every side: their size, the clock, the calendar, weather, what legs hand on, the network."""

from collections.abc import Callable, Mapping

import polars as pl
import streamlit as st

from aeroflux_assets.lake import Lake
from aeroflux_assets.summaries.buckets import INBOUND, TURNAROUND
from dashboard.app_pages import _parts as parts
from dashboard.app_pages._remember import remember
from dashboard.charts import delays as charts
from dashboard.charts import network
from dashboard.filters import Filters
from dashboard.queries import eda, gaps, performance
from dashboard.queries.measures import MEASURES, Measure
from dashboard.queries.names import carrier_names

# A page shows the places with the most flights; the CSV has them all.
_SHOWN = 15
_CENTRALITIES = {"PageRank": "pagerank", "Betweenness": "betweenness", "Degree": "degree"}
_LEAST_SEEN = 30
# Below a handful of flights a day a mean says little.
_LEAST_FLIGHTS = 100


def _distribution(lake: Lake, filters: Filters) -> None:
    if parts.lacks(lake, ("summary_delays", "summary_routes"), filters.years, "The distribution of delays"):
        return
    bins = remember(lake, ("summary_delays",), eda.distribution, filters)
    if bins.is_empty():
        parts.nothing_fits()
        return
    marks = {
        (kind, share): eda.at_most(bins, kind, share)
        for kind in ("departures", "arrivals")
        for share in (0.5, 0.9)
    }
    totals = remember(lake, ("summary_routes",), performance.totals, filters)
    parts.metrics(
        [
            ("Flights", f"{totals['flights']:,.0f}", None),
            ("Median arrival", _whole(marks["arrivals", 0.5]), "half of all arrivals were less late"),
            ("9 in 10 under", _whole(marks["arrivals", 0.9]), "nine arrivals in ten were less late"),
            ("Mean arrival", parts.minutes(totals["mean_arr_delay_min"]), None),
            ("Mean departure", parts.minutes(totals["mean_dep_delay_min"]), None),
            ("Late", parts.percent(totals["share_late"]), None),
        ],
        "delays",
        ("flights", "mean_arr_delay", "mean_dep_delay", "late"),
    )
    medians = {kind: marks[kind, 0.5] for kind in ("departures", "arrivals")}
    parts.figure(
        charts.distribution(bins, medians),
        bins,
        "distribution",
        "How late flights are",
        ("mean_dep_delay", "mean_arr_delay", "late"),
        "Shares of departures and arrivals in steps of five minutes; early is negative.",
    )


def _whole(minutes: float | None) -> str:
    return parts.NOTHING if minutes is None else f"{round(minutes)} min"


def _when(lake: Lake, filters: Filters) -> None:
    if parts.lacks(
        lake,
        ("summary_hours", "summary_days"),
        filters.years,
        "Delays by clock and calendar",
    ):
        return
    measure = parts.measure()
    hours = remember(lake, ("summary_hours",), eda.by_hour, filters)
    if hours.is_empty():
        parts.nothing_fits()
        return
    clock = "UTC" if filters.utc else "local to the origin"
    parts.figure(
        charts.measured(hours, "hour", measure, f"hour of the scheduled departure, {clock}"),
        hours, "by-hour", f"{measure.label} by hour", (measure.term,),
    )  # fmt: skip
    found = remember(lake, ("summary_days",), eda.calendar, filters)
    left, right = st.container(key="pair_calendar").columns(2, gap="large")
    with left:
        days = found.weekdays
        parts.figure(
            charts.measured(days, "weekday", measure),
            days,
            "by-weekday",
            f"{measure.label} by weekday",
            (measure.term,),
        )
    with right:
        months = found.months
        parts.figure(
            charts.measured(months, "name", measure),
            months,
            "by-month",
            f"{measure.label} by month",
            (measure.term,),
        )
    _holidays(found.holidays, measure)


def _holidays(found: pl.DataFrame, measure: Measure) -> None:
    near = found.drop_nulls("holiday")
    if near.is_empty():
        st.caption("No holiday falls into the days chosen.")
        return
    ordinary = found.filter(pl.col("holiday").is_null())
    usual = ordinary[measure.column][0] if ordinary.height else None
    shown = parts.percent(usual) if measure.is_share else parts.minutes(usual)
    offsets = list(range(-eda.NEAR_HOLIDAY_DAYS, eda.NEAR_HOLIDAY_DAYS + 1))
    names = near["holiday"].unique().sort().to_list()
    chart = charts.heat(
        near,
        ("offset", offsets, [f"{offset:+d}" if offset else "the day" for offset in offsets]),
        ("holiday", names, names),
        measure,
        titles=("days from the holiday", ""),
    )
    caption = f"US federal holidays as observed, all chosen years together. Every other day: {shown}."
    parts.figure(chart, near, "by-holiday", f"{measure.label} around holidays", (measure.term,), caption)


def _weather(lake: Lake, filters: Filters) -> None:
    if parts.lacks(lake, ("summary_weather",), filters.years, "Weather against delay"):
        return
    silent = gaps.silent_years(lake, filters.years)
    if silent:
        st.info(
            f"Upstream had no observations of {gaps.spelled(silent)}: the figures leave those years out. If "
            f"observations have come since, `{gaps.command_for(silent)}` takes them in.",
            icon=":material/cloud_off:",
        )
    measure = parts.measure()
    frames = {
        name: remember(lake, ("summary_weather",), eda.by_weather, filters, name) for name in eda.SCALES
    }
    if all(frame.is_empty() for frame in frames.values()):
        if len(silent) < len(filters.years):
            parts.nothing_fits()
        return
    names = list(frames)
    for first in range(0, len(names), 2):
        for column, name in zip(
            st.container(key=f"pair_weather{first}").columns(2, gap="large"),
            names[first : first + 2],
            strict=False,
        ):
            rows, scale = frames[name], eda.SCALES[name]
            often = rows.filter(pl.col("flights") >= _LEAST_SEEN)
            terms = (
                ("flight_category", measure.term)
                if name == "flight category"
                else ("weather_at", measure.term)
            )
            with column:
                if often.is_empty():
                    parts.header(f"By {name}", name, rows)
                    st.caption("Hardly observed.")
                    continue
                chart = charts.measured(often, "label", measure, scale.unit or None)
                parts.figure(chart, rows, f"by-{name.replace(' ', '-')}", f"By {name}", terms)
    st.caption(
        "At the origin, before the scheduled departure. Of flights with an observation only; what was seen by fewer "
        f"than {_LEAST_SEEN} flights is in the CSV alone."
    )


def _propagation(lake: Lake, filters: Filters) -> None:
    if parts.lacks(lake, ("summary_turnarounds", "summary_waves"), filters.years, "What legs hand on"):
        return
    found = remember(lake, ("summary_turnarounds",), eda.carried, filters)
    cells = found.cells
    if cells.is_empty():
        parts.nothing_fits()
        return
    passed = Measure("pass_through", "Pass-through", ".0%", "pass_through")
    left, right = st.container(key="pair_turn").columns([4, 5], gap="large")
    with left:
        rows = found.turnarounds
        chart = charts.ranked(rows, "turnaround_label", passed, "legs")
        parts.figure(
            chart, rows, "pass-through", "Pass-through by turnaround", ("pass_through", "turnaround"),
            "Scheduled turnaround in minutes: the share of an inbound's delay that the next leg takes over",
        )  # fmt: skip
    with right:
        mean = Measure("mean_dep_delay_min", "Mean departure delay", ".0f", "mean_dep_delay")
        chart = charts.heat(
            cells,
            ("inbound", list(range(len(INBOUND.labels))), list(INBOUND.labels)),
            ("turnaround", list(range(len(TURNAROUND.labels))), list(TURNAROUND.labels)),
            mean,
            "legs",
            ("inbound late by, min", "turnaround, min"),
        )
        parts.figure(
            chart, cells, "handed-on", "Departure delay of the next leg", ("mean_dep_delay", "turnaround"),
            "Minutes, by how late the inbound was and how much time the schedule gave",
        )  # fmt: skip
    left, right = st.container(key="pair_pass").columns(2, gap="large")
    with left:
        named = found.carriers.with_columns(name=carrier_names("carrier"))
        _passed_on(named, "name", "pass-through-carriers", "Pass-through by carrier", passed)
    with right:
        _passed_on(found.origins, "origin", "pass-through-airports", "Pass-through by airport", passed)
    waves = remember(lake, ("summary_waves",), eda.by_wave, filters)
    left, right = st.container(key="pair_waves").columns(2, gap="large")
    with left:
        chart = charts.measured(waves, "label", MEASURES["Share late"], "leg of the aircraft's day")
        parts.figure(chart, waves, "waves", "First wave against later waves: late", ("wave", "late"))
    with right:
        inherited = Measure("late_aircraft_min_per_arrival", "Late-aircraft minutes", ".1f", "causes")
        chart = charts.measured(waves, "label", inherited, "leg of the aircraft's day")
        title = "Minutes per arrival put down to a late aircraft"
        parts.figure(chart, waves, "waves-inherited", title, ("wave", "causes"))
    st.caption(
        "All of this is measured on the aircraft that flew: hindsight, for reading, and no input of a model."
    )


def _passed_on(rows: pl.DataFrame, label: str, name: str, title: str, measure: Measure) -> None:
    shown = rows.head(_SHOWN).sort(measure.column, descending=True)
    if shown.is_empty():
        parts.header(title, name, None)
        st.caption("None with 100 legs or more.")
        return
    caption = f"The {shown.height} with the most legs" if rows.height > shown.height else None
    parts.figure(charts.ranked(shown, label, measure, "legs"), rows, name, title, (measure.term,), caption)


def _network(lake: Lake, filters: Filters) -> None:
    if parts.lacks(lake, ("summary_network",), filters.years, "The network"):
        return
    have = [year for year in filters.years if lake.has("summary_network", {"year": year})]
    measure = parts.measure()
    with st.container(horizontal=True):
        # Not bound: the years of the slider decide what there is to choose.
        year = st.selectbox("Year", have[::-1], key="network_year", width=120)
        name = parts.choice("Centrality", _CENTRALITIES, "centrality")
    rows = remember(lake, ("summary_network", "airports"), eda.centrality, year)
    # In a small lake every airport is small.
    least = min(_LEAST_FLIGHTS, int(rows["flights"].max() or 0) // 50)  # type: ignore[arg-type]
    shown = rows.filter((pl.col("flights") >= least) & pl.col(measure.column).is_not_null())
    terms = ("degree", "betweenness", "pagerank", measure.term)
    parts.figure(
        network.bubbles(shown, _CENTRALITIES[name], name, measure), rows, "centrality",
        f"{name} against {measure.label.lower()}, {year}", terms,
        f"{shown.height} airports with at least {least} departures, carriers and months together.",
    )  # fmt: skip
    parts.deck(
        network.airport_map(shown, measure, dark=parts.is_dark()), shown, "network-map",
        f"{measure.label} on the map, {year}", (measure.term,),
        "Size by departures, colour by the measure: the stronger, the more. Drag for Alaska and the islands.",
    )  # fmt: skip


VIEWS: Mapping[str, Callable[[Lake, Filters], None]] = {
    "Distribution": _distribution,
    "When": _when,
    "Weather": _weather,
    "Propagation": _propagation,
    "Network": _network,
}


def page() -> None:
    """Draw the chosen view: one at a time, so that none waits for the others."""
    lake: Lake = st.session_state["lake"]
    filters: Filters = st.session_state["filters"]
    st.title("Delay EDA")
    view = parts.choice("View", VIEWS, "view", bare=True)
    VIEWS[view](lake, filters)


page()
