"""An aircraft's day or week: gate to gate, predicted and actual delay, the map, and the ledger."""

from datetime import date
from typing import Any

import polars as pl
import streamlit as st

from aeroflux_assets.errors import LookupMissError
from aeroflux_assets.lake import Lake
from dashboard.app_pages import _parts as parts
from dashboard.app_pages._remember import remember
from dashboard.charts import tail as charts
from dashboard.charts.rotation import rotation_gantt
from dashboard.charts.route_map import route_map
from dashboard.filters import Filters
from dashboard.queries import words
from dashboard.queries.coverage import Example, covered, examples
from dashboard.queries.predicted import LEADS
from dashboard.queries.tail import TailSpan, find_tail, ledger_of, ledger_sums, pivoted

SPANS = {"Day": 1, "Week": 7}
_READ = ("cleaned_flights", "ledger", "predictions", "calibrated_predictions", "raw_aircraft", "airports")
# What the dates that the lake covers, and a flight to begin with, are read from.
_DATED = ("summary_years", "cleaned_flights")
_EARLIEST, _LATEST = date(1987, 1, 1), date(2035, 12, 31)
# Short enough for eleven columns on a laptop; the definitions are a click away.
_LEDGER_LABELS = {
    "inbound_late_min": "in late",
    "sched_buffer_min": "buffer",
    "absorbed_turnaround_min": "absorbed",
    "inherited_min": "inherited",
    "new_turnaround_min": "+ gate",
    "new_en_route_min": "+ route",
    "absorbed_en_route_min": "- made up",
    "early_min": "- early",
}
_TERMS = ("inherited", "absorbed", "new_minutes", "buffer")


def _asked(lake: Lake) -> tuple[str, date, int]:
    """Tail, first day and number of days, as they stand in the form and the address."""
    span = remember(lake, _DATED, covered)
    st.session_state.setdefault("date", span[1] if span else date.today())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        tail = st.text_input("Tail", key="tail", placeholder="N8731A", width=150, **parts.KEPT)
        day = st.date_input(
            "From", key="date", min_value=_EARLIEST, max_value=_LATEST, width=170, **parts.KEPT
        )
        days = SPANS[parts.choice("Span", SPANS, "span", bare=True)]
        for step, icon, name in ((-days, "chevron_left", "Earlier"), (days, "chevron_right", "Later")):
            st.button(name, icon=f":material/{icon}:", on_click=_step, args=(step,), key=f"step_{name}")
    return tail, day if isinstance(day, date) else date.today(), days


def _step(days: int) -> None:
    held = st.session_state["date"]
    st.session_state["date"] = date.fromordinal(held.toordinal() + days)


def _set(example: Example) -> None:
    st.session_state["tail"], st.session_state["date"] = example.tail, example.day


def _invite(lake: Lake) -> None:
    st.markdown("An aircraft by its registration; case, blanks and the N do not matter. For a start:")
    for column, example in zip(st.columns(3), remember(lake, _DATED, examples), strict=False):
        column.button(
            f"{example.tail} on {example.day}", on_click=_set, args=(example,), width="stretch",
            key=f"tail_{example.tail}",
        )  # fmt: skip


def _headline(span: TailSpan) -> None:
    when = f"{span.first:%A %d %B %Y}"
    if span.last > span.first:
        when = f"{span.first:%d %B} to {span.last:%d %B %Y}"
    st.header(f"{span.tail}", anchor=False)
    st.markdown(" · ".join(part for part in (when, span.aircraft) if part))
    legs, sums = span.legs, ledger_sums(span.legs)
    late = legs.filter(pl.col("arr_delay_min") >= 15).height
    cells = [
        ("Legs", str(legs.height), "scheduled, cancelled ones included"),
        ("Late", str(late), "arrived 15 minutes late or more"),
        ("Cancelled", str(legs["is_cancelled"].sum()), None),
        ("Minutes late", f"{sums['late']:,}", "at arrival, summed over the legs that were late at all"),
    ]
    if sums["legs"]:
        cells += [
            ("Inherited", f"{sums['inherited']:,} min", None),
            ("New", f"{sums['new']:,} min", None),
            ("Absorbed", f"{sums['absorbed_turnaround'] + sums['absorbed_en_route']:,} min", None),
        ]
    parts.metrics(cells, "tail", _TERMS)


def _rotation(span: TailSpan, filters: Filters) -> None:
    home = span.legs["origin"][0]
    zone = "UTC" if filters.utc else span.legs["origin_time_zone"][0] or "UTC"
    caption = "Times are UTC." if zone == "UTC" else f"Times are those of {home}."
    if span.first == span.last:
        chart = rotation_gantt(span.legs, 0, zone)
    else:
        chart = charts.week_chart(span.legs, zone)
        caption += " A leg stands in the row of its local date; its destination is written in it."
    rows = span.legs.select(
        "leg", "flight_date", "carrier", "flight_number", "origin", "dest", "sched_dep_utc", "dep_utc",
        "sched_arr_utc", "arr_utc", "dep_delay_min", "arr_delay_min",
    )  # fmt: skip
    left, right = st.container(key="pair_tail").columns([3, 2], gap="medium")
    with left:
        parts.figure(chart, rows, "rotation", "Gate to gate", caption=caption)
    with right:
        once = span.legs.sort("arr_delay_min", descending=True, nulls_last=True)
        routes = once.unique(["origin", "dest"], keep="first", maintain_order=True)
        parts.deck(
            route_map(routes, 0, dark=parts.is_dark()), rows.select("leg", "origin", "dest"), "tail-map",
            "Where it flew", caption="Coloured by the latest leg of each route.", height=380,
        )  # fmt: skip


def _delays(span: TailSpan, filters: Filters) -> None:
    shown = span.predictions
    if filters.cutoff:
        shown = shown.filter(pl.col("cutoff") == filters.cutoff)
    rows = span.legs.select("leg", "flight_date", "origin", "dest", "arr_delay_min").join(
        pivoted(span), on="leg", how="left", maintain_order="left"
    )
    caption = "Bars are what happened." + (
        f" Marks are what `{span.feature_set}` expected at each cutoff; 15 minutes is late." if span.feature_set else ""
    )  # fmt: skip
    parts.figure(
        charts.predicted_actual(span.legs, shown), rows, "predicted-actual", "Predicted and actual",
        ("cutoff", "late"), caption,
    )  # fmt: skip


def _legs_table(span: TailSpan) -> None:
    wide = pivoted(span).drop("flight_id")
    legs = span.legs.join(wide, on="leg", how="left", maintain_order="left").with_columns(
        (pl.col(name) * 100 for name in LEADS if name in wide.columns),
        flight=pl.col("carrier") + pl.col("flight_number").cast(pl.String),
        became=pl.Series(
            [words.short_outcome(row) for row in span.legs.iter_rows(named=True)], dtype=pl.String
        ),
    )
    chances = [name for name in legs.columns if name in LEADS]
    config: dict[str, Any] = {
        "leg": st.column_config.NumberColumn(width=40),
        "flight_date": st.column_config.DateColumn("date", format="ddd D MMM", width=90),
        "sched_dep_local": st.column_config.DatetimeColumn("departs", format="HH:mm", width=70),
        "sched_arr_local": st.column_config.DatetimeColumn("arrives", format="HH:mm", width=70),
        "origin": st.column_config.TextColumn("from", width=50),
        "dest": st.column_config.TextColumn("to", width=50),
        "pred_arr_delay_min": st.column_config.NumberColumn("expected", format="%+.0f min", width=85),
        "dep_delay_min": st.column_config.NumberColumn("left", format="%+d min", width=75),
        "became": st.column_config.TextColumn("arrived", width=80),
        **{
            name: st.column_config.NumberColumn(f"late at {name}", format="%.0f%%", width=85)
            for name in chances
        },
    }
    dates = ["flight_date"] if span.last > span.first else []
    order = ["leg", *dates, "flight", "origin", "dest", "sched_dep_local", "sched_arr_local"]
    order += [*chances, *(["pred_arr_delay_min"] if chances else []), "dep_delay_min", "became"]
    caption = "Scheduled times on the clock of each airport."
    if chances:
        caption += (
            f" Chances by `{span.feature_set}`; *expected* is the arrival delay at the last of these cutoffs."
        )
    parts.table(legs.select(order), "legs", "Leg by leg", ("cutoff", "recalibration"), caption, config)


def _ledger(span: TailSpan) -> None:
    rows = ledger_of(span.legs)
    if rows.is_empty():
        return
    parts.figure(
        charts.ledger_chart(span.legs), rows, "ledger", "Where the minutes came from", _TERMS,
        "Above zero what made a leg late, below it what was made up and what was early: together its arrival delay. "
        "By the finished record, with hindsight.",
    )  # fmt: skip
    config: dict[str, Any] = {
        name: st.column_config.NumberColumn(label, format="%d", width=65)
        for name, label in _LEDGER_LABELS.items()
    }
    config |= {
        "leg": st.column_config.NumberColumn(width=40),
        "flight_date": st.column_config.DateColumn("date", format="D MMM", width=60),
        "arr_delay_min": st.column_config.NumberColumn("= delay", format="%+d", width=60),
        "flight": st.column_config.TextColumn(width=140),
    }
    order = [
        "leg",
        *(["flight_date"] if span.last > span.first else []),
        "flight",
        *_LEDGER_LABELS,
        "arr_delay_min",
    ]
    parts.table(
        rows, "ledger-rows", "The ledger", _TERMS,
        "Minutes: of what the inbound was late, absorbed on the ground and inherited; with what was new at the gate "
        "and en route, less what was made up and early, the arrival delay of every leg.", config, column_order=order,
    )  # fmt: skip


def page() -> None:
    """Draw the page."""
    lake: Lake = st.session_state["lake"]
    filters: Filters = st.session_state["filters"]
    st.title("Tail")
    typed, first, days = _asked(lake)
    if not typed.strip():
        _invite(lake)
        return
    try:
        span = remember(lake, _READ, find_tail, typed, first, days)
    except LookupMissError as miss:
        text = str(miss)
        st.warning(text[:1].upper() + text[1:], icon=":material/search_off:")
        return
    for note in span.notes:
        st.info(note, icon=":material/inventory_2:")
    _headline(span)
    _rotation(span, filters)
    _delays(span, filters)
    _ledger(span)
    _legs_table(span)


page()
