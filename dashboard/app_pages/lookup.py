"""A flight looked up: its aircraft's day, what was known at each cutoff, what was predicted."""

from datetime import date
from typing import Any

import polars as pl
import streamlit as st

from aeroflux_assets.errors import LookupMissError
from aeroflux_assets.lake import Lake
from dashboard.app_pages import _parts as parts
from dashboard.app_pages._belief import belief_steps, draw_belief, draw_next_legs, ledger_line
from dashboard.app_pages._remember import remember
from dashboard.app_pages._why import draw_why
from dashboard.charts.rotation import rotation_gantt
from dashboard.charts.route_map import route_map
from dashboard.filters import Filters
from dashboard.queries import words
from dashboard.queries.coverage import Example, covered, examples
from dashboard.queries.lookup import LookupResult, describe, find_flights
from dashboard.queries.lookup_query import parse_query
from dashboard.queries.lookup_text import aircraft_of, day_of, upstream_by_id

Row = dict[str, Any]
_INPUTS = (
    ("tail", "Tail", "N8731A", 120),
    ("carrier", "Carrier", "DL", 100),
    ("number", "Flight", "123", 100),
    ("origin", "From", "ATL", 100),
    ("dest", "To", "BOS", 100),
)
_FIELDS = tuple(name for name, *_ in _INPUTS)
LATE_MIN = 15
_READ = (
    *("cleaned_flights", "propagation", "weather_at_cutoff", "predictions", "calibrated_predictions"),
    *("raw_aircraft", "airports"),
)
# What the dates that the lake covers, and a flight to begin with, are read from.
_DATED = ("summary_years", "cleaned_flights")
_EARLIEST, _LATEST = date(1987, 1, 1), date(2035, 12, 31)


def _set_form(example: Example) -> None:
    """Fill the form from an example: the tail and date name the aircraft's whole day."""
    for name in _FIELDS:
        st.session_state[name] = ""
    st.session_state["tail"], st.session_state["date"] = example.tail, example.day
    st.session_state["carrier"], st.session_state["number"] = example.carrier, str(example.number)


def _form(lake: Lake) -> dict[str, Any]:
    span = remember(lake, _DATED, covered)
    st.session_state.setdefault("date", span[1] if span else date.today())
    kept: dict[str, Any] = {"bind": "query-params", "persist_state": "session"}
    with st.form("lookup", border=True):
        with st.container(horizontal=True):
            day = st.date_input(
                "Date of departure", key="date", min_value=_EARLIEST, max_value=_LATEST, width=170, **kept
            )
            typed = {
                name: st.text_input(label, key=name, placeholder=example, width=width, **kept)
                for name, label, example, width in _INPUTS
            }
        help_text, button = st.columns([4, 1], vertical_alignment="center")
        help_text.caption(
            "A tail, or a carrier and flight number, or both airports. Case, blanks, leading zeros and "
            "the N of a tail do not matter."
        )
        button.form_submit_button("Look up", type="primary", width="stretch")
    return {**typed, "day": day}


def _invite(lake: Lake) -> None:
    span = remember(lake, _DATED, covered)
    if span:
        st.markdown(f"The newest flights here are of **{span[0]}** to **{span[1]}**. For a start:")
    for column, example in zip(st.columns(3), remember(lake, _DATED, examples), strict=False):
        column.button(
            f"{example.carrier}{example.number} of {example.tail}, {example.day}",
            on_click=_set_form,
            args=(example,),
            width="stretch",
            key=f"example_{example.tail}",
        )


def _chosen(result: LookupResult) -> Row:
    rows = {row["flight_id"]: row for row in result.flights.iter_rows(named=True)}
    if len(rows) == 1:
        return next(iter(rows.values()))
    label = st.selectbox(
        f"{len(rows)} flights",
        list(rows),
        format_func=lambda key: _option(rows[key]),
        key="flight_of_" + "_".join(map(str, list(rows)[:1])),
    )
    return rows[label]


def _option(row: Row) -> str:
    tail = row["tail"] or "tail unknown"
    route = words.name(row).replace("->", " → ")
    return f"{words.clock(row['sched_dep_local'])}  {route}  {tail}  ({words.outcome(row)})"


def _of(frame: pl.DataFrame, flight: Row, cutoff: str | None) -> pl.DataFrame:
    """The rows of a flight, at one cutoff or at all."""
    mine = frame.filter(pl.col("flight_id") == flight["flight_id"])
    return mine.filter(pl.col("cutoff") == cutoff) if cutoff else mine


def _headline(result: LookupResult, flight: Row, cutoff: str | None) -> None:
    st.header(words.name(flight).replace("->", " → "), anchor=False)
    plane = aircraft_of(result, flight)
    tail = flight["tail"] or "tail not reported"
    cities = f"{flight['origin_city'] or flight['origin']} to {flight['dest_city'] or flight['dest']}"
    said = (
        f"{flight['flight_date']:%A %d %B %Y}",
        cities,
        tail,
        plane,
        f"{flight['distance_mi'] or '?'} miles",
    )
    st.markdown(" · ".join(part for part in said if part))
    _outcome_metrics(flight, _of(result.predictions, flight, cutoff))
    if causes := _causes(flight):
        st.caption(f"Put down to: {causes}")


def _outcome_metrics(flight: Row, predictions: pl.DataFrame) -> None:
    base, arrival = flight["sched_dep_local"], flight["sched_arr_local"]
    instead = (
        "cancelled" if flight["is_cancelled"] else "diverted" if flight["is_diverted"] else "not reported"
    )
    with st.container(horizontal=True):
        st.metric("Scheduled, local", f"{words.clock(base)} → {words.clock(arrival, base)}", width="content")
        for label, end in (("Departed", "dep"), ("Arrived", "arr")):
            at, delay = flight[f"{end}_local"], flight[f"{end}_delay_min"]
            st.metric(
                label,
                words.clock(at, base) if at else instead,
                None if delay is None else f"{delay:+d} min",
                delta_color="inverse" if delay and delay >= LATE_MIN else "off",
                width="content",
            )
        for best in predictions.head(1).iter_rows(named=True):
            basis = f"{best['feature_set']} at {best['cutoff']}; late is {LATE_MIN} minutes or more"
            as_is = "recalibrated" if best["is_recalibrated"] else "as the model gave it, not recalibrated"
            chance = f"{best['prob_late15']:.0%}"
            st.metric("Chance of being late", chance, help=f"{basis}; {as_is}", width="content")
            st.metric(
                "Expected delay",
                f"{words.signed(best['pred_arr_delay_min'])} min",
                help=basis,
                width="content",
            )


def _causes(flight: Row) -> str:
    names = {
        "carrier": "the carrier",
        "weather": "weather",
        "nas": "the air system",
        "security": "security",
        "late_aircraft": "the late inbound aircraft",
    }
    blamed = {text: flight[f"{name}_delay_min"] for name, text in names.items()}
    return ", ".join(f"{text} {value} min" for text, value in blamed.items() if value)


def _day(result: LookupResult, flight: Row, filters: Filters) -> None:
    legs = day_of(result, flight)
    st.subheader("The aircraft's day", anchor=False)
    if legs.is_empty():
        st.info("The tail of this flight is not reported, so that its day cannot be shown.")
        return
    zone = "UTC" if filters.utc else flight["origin_time_zone"] or "UTC"
    st.caption("Times are UTC." if zone == "UTC" else f"Times are local to {flight['origin']}.")
    # An address and not a switch of pages: Streamlit refuses one where the form is bound to the address.
    where = f"tail?tail={flight['tail']}&date={flight['flight_date']}&span=Week"
    st.markdown(f"[Its week, and where its minutes came from]({where})")
    mine = _of(result.known, flight, filters.cutoff)
    lines = [
        (row["cutoff"], words.cutoff_time(flight, row["lead_min"])[0]) for row in mine.iter_rows(named=True)
    ]
    left, right = st.container(key="pair_day").columns([3, 2], gap="medium")
    with left:
        figure = rotation_gantt(legs, flight["flight_id"], zone, lines)
        st.plotly_chart(figure, width="stretch", key="gantt")
    with right:
        dark = st.context.theme.type == "dark"
        deck = route_map(legs, flight["flight_id"], dark=dark)
        if deck is None:
            st.info(
                "No coordinates for these airports: the airports table is missing. `aeroflux run` makes it."
            )
        else:
            st.pydeck_chart(deck, height=380, key="map")


def _known(result: LookupResult, flight: Row, cutoff: str | None) -> None:
    known = _of(result.known, flight, cutoff)
    st.subheader("What was known", anchor=False)
    if known.is_empty():
        st.info(
            f"Nothing is computed for this flight at {cutoff or 'any cutoff'} yet: `aeroflux run` does it."
        )
        return
    legs, day = upstream_by_id(result), day_of(result, flight).to_dicts()
    seen = {row["cutoff"]: row for row in _of(result.weather, flight, cutoff).iter_rows(named=True)}
    for row in known.iter_rows(named=True):
        utc, local = words.cutoff_time(flight, row["lead_min"])
        lines = words.upstream_legs(row, flight, legs)
        if passed_over := words.hindsight(row, flight, day):
            lines.append(f"*{passed_over}*")
        if spare := words.slack(row):
            lines.append(spare)
        for end, place in (("dep", "origin"), ("arr", "dest")):
            if row["cutoff"] in seen and (text := words.weather(seen[row["cutoff"]], end, utc)):
                lines.append(f"{flight[place]}: {text}")
        when = words.clock(local, flight["sched_dep_local"])
        with st.container(border=True):
            st.markdown(f"**{row['cutoff']}** · {when} local")
            st.markdown("\n".join(f"- {line.replace('->', ' → ')}" for line in lines))


def _predicted(lake: Lake, result: LookupResult, flight: Row, cutoff: str | None) -> None:
    st.subheader("Predicted, and what happened", anchor=False)
    mine = _of(result.predictions, flight, cutoff)
    st.markdown(f"It **{words.outcome(flight)}**.")
    if minutes := ledger_line(lake, result, flight):
        st.markdown(f"Where the minutes came from: {minutes}.")
    if mine.is_empty():
        st.caption(f"Not predicted at {cutoff or 'any cutoff'}.")
        return
    st.dataframe(
        mine.select(
            "cutoff", "feature_set", pl.col("prob_late15") * 100, parts.no_minus_zero("pred_arr_delay_min")
        ),
        width="stretch",
        hide_index=True,
        placeholder="–",
        column_config={
            "feature_set": "feature set",
            "prob_late15": st.column_config.NumberColumn("chance late", format="%.0f%%"),
            "pred_arr_delay_min": st.column_config.NumberColumn("expected delay", format="%+.0f min"),
        },
    )


def page() -> None:
    """Draw the lookup."""
    lake: Lake = st.session_state["lake"]
    filters: Filters = st.session_state["filters"]
    st.title("Flight lookup")
    typed = _form(lake)
    if not any(typed[name].strip() for name in _FIELDS):
        _invite(lake)
        return
    try:
        result = remember(lake, _READ, find_flights, parse_query(**typed))
    except LookupMissError as miss:
        text = str(miss)
        st.warning(text[:1].upper() + text[1:], icon=":material/search_off:")
        return
    for note in result.notes:
        st.info(note, icon=":material/inventory_2:")
    flight = _chosen(result)
    _headline(result, flight, filters.cutoff)
    _day(result, flight, filters)
    steps = belief_steps(lake, result, flight)
    draw_belief(lake, result, flight, steps)
    draw_why(lake, result, flight, filters.cutoff)
    left, right = st.container(key="pair_known").columns(2, gap="large")
    with left:
        _known(result, flight, filters.cutoff)
    with right:
        _predicted(lake, result, flight, filters.cutoff)
    draw_next_legs(lake, result, flight, steps, filters.cutoff)
    with st.expander("As text"):
        st.code(describe(result), language=None, wrap_lines=True)


page()
