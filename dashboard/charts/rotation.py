"""An aircraft's day on a time line: scheduled outlined, flown filled, the flight asked about marked."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
import polars as pl

from dashboard.charts.theme import GREEN, GREY, ORANGE, VERMILLION, framed, late_colour
from dashboard.queries import words

Row = dict[str, Any]
# Between the palette's two blues: legible on light and on dark.
_CUTOFF_INK = "#2b8cc4"
# Earlier cutoffs would squeeze the day to a corner.
_LEAD_SHOWN = timedelta(hours=3)
_LEGEND = (
    (GREEN, "under 15 min late"),
    (ORANGE, "15 to 59"),
    (VERMILLION, "60 or more"),
    (GREY, "scheduled"),
)


def rotation_gantt(
    legs: pl.DataFrame,
    selected: int,
    zone: str = "UTC",
    cutoffs: Sequence[tuple[str, datetime]] = (),
) -> go.Figure:
    """Gate to gate, one row a leg, in the time of `zone`.

    legs: the rotation of one tail, with UTC times. selected: the flight_id asked about. cutoffs: names and
    UTC times to draw as lines, for what was known when; those outside of the day are left out.
    """
    rows = legs.sort("sched_dep_utc").to_dicts()
    labels = [_label(row, row["flight_id"] == selected) for row in rows]
    figure = go.Figure()
    _bars(figure, rows, labels, zone, scheduled=True)
    _bars(figure, rows, labels, zone, scheduled=False)
    for colour, name in _LEGEND:
        figure.add_bar(
            x=[None], y=[labels[0]], orientation="h", name=name, marker_color=colour, showlegend=True
        )
    if rows:
        _cutoff_lines(figure, rows, cutoffs, zone)
    figure.update_yaxes(categoryorder="array", categoryarray=labels[::-1], automargin=True, showgrid=False)
    figure.update_xaxes(type="date", tickformat="%H:%M\n%b %d", showgrid=True, automargin=True)
    return framed(figure, 120 + 46 * len(rows), barmode="overlay", bargap=0.2)


def _label(row: Row, is_selected: bool) -> str:
    text = words.name(row).replace("->", " → ")
    return f"<b>▸ {text}</b>" if is_selected else text


def _bars(figure: go.Figure, rows: list[Row], labels: list[str], zone: str, *, scheduled: bool) -> None:
    prefix = "sched_" if scheduled else ""
    shown = [
        (row, label)
        for row, label in zip(rows, labels, strict=True)
        if row[f"{prefix}dep_utc"] is not None and (scheduled or row["arr_utc"] is not None)
    ]
    if not shown:
        return
    starts = [in_zone(row[f"{prefix}dep_utc"], zone) for row, _ in shown]
    lengths = [(row[f"{prefix}arr_utc"] - row[f"{prefix}dep_utc"]).total_seconds() * 1000 for row, _ in shown]
    fill = "rgba(138,143,152,0.28)" if scheduled else [late_colour(row["arr_delay_min"]) for row, _ in shown]
    figure.add_bar(
        base=starts,
        x=lengths,
        y=[label for _, label in shown],
        orientation="h",
        width=0.82 if scheduled else 0.44,
        marker={"color": fill, "line": {"color": GREY, "width": 1 if scheduled else 0}},
        text=[_bar_text(row, scheduled=scheduled) for row, _ in shown],
        textposition="outside" if scheduled else "none",
        cliponaxis=False,
        hovertext=[_hover(row) for row, _ in shown],
        hoverinfo="text",
        showlegend=False,
    )


def _bar_text(row: Row, *, scheduled: bool) -> str:
    """Beside the scheduled bar of a leg without a flown one, what became of it."""
    return words.short_outcome(row) if scheduled and row["arr_utc"] is None else ""


def _hover(row: Row) -> str:
    base = row["sched_dep_local"]
    return (
        f"<b>{words.name(row).replace('->', ' → ')}</b><br>"
        f"scheduled {words.clock(base)} → {words.clock(row['sched_arr_local'], base)} local<br>"
        f"flown {words.clock(row['dep_local'], base)} → {words.clock(row['arr_local'], base)} local<br>"
        f"{words.outcome(row)}"
    )


def _cutoff_lines(
    figure: go.Figure, rows: list[Row], cutoffs: Sequence[tuple[str, datetime]], zone: str
) -> None:
    first = min(row["sched_dep_utc"] for row in rows)
    for name, at in cutoffs:
        if at < first - _LEAD_SHOWN:
            continue
        x = in_zone(at, zone)
        figure.add_shape(
            type="line",
            x0=x,
            x1=x,
            y0=0,
            y1=1,
            yref="paper",
            line={"color": _CUTOFF_INK, "width": 1, "dash": "dot"},
        )
        figure.add_annotation(
            x=x, y=0, yref="paper", yanchor="bottom", text=name, showarrow=False, textangle=-90,
            xanchor="right", font={"size": 11, "color": _CUTOFF_INK},
        )  # fmt: skip


def in_zone(at: datetime, zone: str) -> datetime:
    """A naive UTC time as a naive time on the clocks of `zone`; plotly draws naive times as they are."""
    return at.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
