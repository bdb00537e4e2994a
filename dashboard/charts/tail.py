"""An aircraft's week on a time line, predicted against actual delay, and the ledger as stacked minutes."""

from datetime import datetime
from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard.charts.rotation import in_zone
from dashboard.charts.theme import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    SERIES,
    SKY,
    VERMILLION,
    YELLOW,
    framed,
    late_colour,
)
from dashboard.queries import words

Row = dict[str, Any]
# What makes a leg late upwards, what takes it away downwards; told apart by hue and by lightness.
LEDGER_SERIES = (
    ("inherited_min", "inherited", 1, VERMILLION),
    ("new_turnaround_min", "new at the gate", 1, ORANGE),
    ("new_en_route_min", "new en route", 1, YELLOW),
    ("absorbed_en_route_min", "made up en route", -1, BLUE),
    ("early_min", "early", -1, SKY),
)
_ANY_DAY = datetime(2000, 1, 1)
_LEGEND = (
    (GREEN, "under 15 min late"),
    (ORANGE, "15 to 59"),
    (VERMILLION, "60 or more"),
    (GREY, "scheduled"),
)
_NARROW_MIN = 70  # a bar of fewer minutes has no room for its destination


def week_chart(legs: pl.DataFrame, zone: str = "UTC") -> go.Figure:
    """Gate to gate, one row a date, on the clocks of `zone`: scheduled outlined, flown filled by lateness.

    legs: `TailSpan.legs`. A leg stands in the row of its local date of departure, whatever the zone.
    """
    rows = legs.sort("sched_dep_utc").to_dicts()
    figure = go.Figure()
    for scheduled in (True, False):
        _week_bars(figure, rows, zone, scheduled=scheduled)
    days = [f"{day:%a %d %b}" for day in legs["flight_date"].unique().sort()]
    for colour, name in _LEGEND:
        figure.add_bar(x=[None], y=days[:1], orientation="h", name=name, marker_color=colour, showlegend=True)
    figure.update_yaxes(categoryorder="array", categoryarray=days[::-1], automargin=True, showgrid=False)
    figure.update_xaxes(type="date", tickformat="%H:%M", dtick=3 * 3_600_000, showgrid=True)
    return framed(figure, 110 + 46 * len(days), barmode="overlay", bargap=0.2)


def _week_bars(figure: go.Figure, rows: list[Row], zone: str, *, scheduled: bool) -> None:
    prefix = "sched_" if scheduled else ""
    shown = [row for row in rows if scheduled or row["arr_utc"] is not None]
    if not shown:
        return
    lengths = [(row[f"{prefix}arr_utc"] - row[f"{prefix}dep_utc"]).total_seconds() / 60 for row in shown]
    # Under a scheduled bar without a flown one its outcome, in a flown one its destination where there is room.
    texts = [
        (words.short_outcome(row) if row["arr_utc"] is None else "")
        if scheduled
        else (row["dest"] if length >= _NARROW_MIN else "")
        for row, length in zip(shown, lengths, strict=True)
    ]
    fill = "rgba(138,143,152,0.28)" if scheduled else [late_colour(row["arr_delay_min"]) for row in shown]
    figure.add_bar(
        base=[_clock_time(row, f"{prefix}dep_utc", zone) for row in shown],
        x=[length * 60_000 for length in lengths],
        y=[f"{row['flight_date']:%a %d %b}" for row in shown],
        orientation="h",
        width=0.86 if scheduled else 0.5,
        marker={"color": fill, "line": {"color": GREY, "width": 1 if scheduled else 0}},
        text=texts,
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        textfont={"size": 11} if scheduled else {"size": 11, "color": INK},
        hovertext=[_hover(row) for row in shown],
        hoverinfo="text",
        showlegend=False,
    )


def _clock_time(row: Row, column: str, zone: str) -> datetime:
    """The time of day, counted from midnight of the leg's date, on one imaginary day that all rows share."""
    at = in_zone(row[column], zone)
    return _ANY_DAY + (at - datetime.combine(row["flight_date"], datetime.min.time()))


def _hover(row: Row) -> str:
    base = row["sched_dep_local"]
    return (
        f"<b>{words.name(row).replace('->', ' → ')}</b> {row['flight_date']:%d %b}<br>"
        f"scheduled {words.clock(base)} → {words.clock(row['sched_arr_local'], base)} local<br>"
        f"{words.outcome(row)}"
    )


def predicted_actual(legs: pl.DataFrame, predictions: pl.DataFrame) -> go.Figure:
    """The arrival delay of each leg as a bar, and what was expected at each cutoff as marks on it."""
    arrived = legs.filter(pl.col("arr_delay_min").is_not_null())
    figure = go.Figure()
    figure.add_bar(
        x=arrived["leg"].to_list(),
        y=arrived["arr_delay_min"].to_list(),
        marker={"color": [late_colour(value) for value in arrived["arr_delay_min"]]},
        opacity=0.75,
        name="actual",
        showlegend=False,
        hovertext=[_hover(row) for row in arrived.iter_rows(named=True)],
        hoverinfo="text",
    )
    at = predictions.join(legs.select("flight_id", "leg"), on="flight_id").sort("lead_min", "leg")
    symbols = ("diamond", "circle", "square", "triangle-up", "cross")
    for index, name in enumerate(at["cutoff"].unique(maintain_order=True)):
        line = at.filter(pl.col("cutoff") == name)
        figure.add_scatter(
            x=line["leg"].to_list(),
            y=line["pred_arr_delay_min"].to_list(),
            customdata=line["prob_late15"].to_list(),
            mode="markers",
            name=f"expected at {name}",
            marker={
                "size": 10,
                "symbol": symbols[index % len(symbols)],
                "color": (BLUE, PURPLE, *SERIES)[index],
                "line": {"width": 1, "color": "#ffffff"},
            },
            hovertemplate=f"{name}: %{{y:+.0f}} min expected, %{{customdata:.0%}} late<extra></extra>",
        )
    figure.add_hline(y=15, line={"dash": "dot", "width": 1, "color": GREY})
    figure.update_yaxes(title_text="minutes late", zeroline=True)
    _legs_axis(figure, legs)
    return framed(figure, 330)


def ledger_chart(legs: pl.DataFrame) -> go.Figure:
    """Of each leg that arrived: what made it late upwards, what was made up downwards, the arrival delay marked.

    The stacks above zero less those below it are the arrival delay. legs: `TailSpan.legs`.
    """
    arrived = legs.filter(pl.col("inherited_min").is_not_null())
    figure = go.Figure()
    for column, name, sign, colour in LEDGER_SERIES:
        values = (arrived[column] * sign).to_list()
        figure.add_bar(
            x=arrived["leg"].to_list(),
            y=values,
            name=name,
            marker={"color": colour, "line": {"width": 0}},
            customdata=arrived[column].to_list(),
            hovertemplate=f"{name}: %{{customdata}} min<extra></extra>",
        )
    figure.add_scatter(
        x=arrived["leg"].to_list(),
        y=arrived["arr_delay_min"].to_list(),
        name="arrival delay",
        mode="markers",
        marker={"symbol": "diamond", "size": 9, "color": INK, "line": {"color": "#ffffff", "width": 1.5}},
        hovertemplate="arrival delay: %{y:+d} min<extra></extra>",
    )
    figure.update_yaxes(title_text="minutes", zeroline=True)
    _legs_axis(figure, legs)
    return framed(figure, 360, barmode="relative", bargap=0.3)


def _legs_axis(figure: go.Figure, legs: pl.DataFrame) -> None:
    """Legs by number, named by their route where few, by their number where many."""
    rows = legs.to_dicts()
    few = len(rows) <= 10
    # Every fifth number of a week: all of them would lie across each other on a tablet.
    texts = [
        f"{row['origin']}<br>{row['dest']}"
        if few
        else (str(row["leg"]) if row["leg"] % 5 == 0 or len(rows) <= 20 else "")
        for row in rows
    ]
    figure.update_xaxes(
        tickmode="array", tickvals=[row["leg"] for row in rows], ticktext=texts, showgrid=False,
        range=[0.4, len(rows) + 0.6], title_text="" if few else "leg",
    )  # fmt: skip
