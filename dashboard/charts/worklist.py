"""The worklist as bars: how likely each flight was to be late, and what happened."""

import plotly.graph_objects as go
import polars as pl

from dashboard.charts.theme import BLUE, GREEN, GREY, VERMILLION, framed
from dashboard.queries import words

# Colour and symbol both, so that neither is needed alone.
_OUTCOMES = (
    ("late", VERMILLION, "x"),
    ("in time", GREEN, "circle"),
    ("cancelled or diverted", GREY, "square-open"),
)


def risk_bars(rows: pl.DataFrame, *, outcome: bool = True) -> go.Figure:
    """The chance of being late of each flight, the likeliest at the top; what became of it marked at the right.

    rows: the first flights of a worklist with `flight` and `why`; those without a prediction are left out.
    """
    predicted = rows.filter(pl.col("prob_late15").is_not_null())
    flights = predicted.to_dicts()
    labels = [f"{row['flight']} {row['origin']} → {row['dest']}" for row in flights]
    figure = go.Figure()
    figure.add_bar(
        x=predicted["prob_late15"].to_list(),
        y=labels,
        orientation="h",
        marker_color=BLUE,
        texttemplate="%{x:.0%}",
        textposition="inside",
        insidetextanchor="start",
        insidetextfont={"size": 11, "color": "#ffffff"},
        constraintext="none",
        textangle=0,
        hovertext=[row["why"] for row in flights],
        hovertemplate="%{y}: %{x:.0%}<br>%{hovertext}<extra></extra>",
        showlegend=False,
    )
    if outcome:
        for name, colour, symbol in _OUTCOMES:
            mine = [(label, row) for label, row in zip(labels, flights, strict=True) if _kind(row) == name]
            figure.add_scatter(
                x=[1.04] * len(mine),
                y=[label for label, _ in mine],
                mode="markers+text",
                name=name,
                marker={"color": colour, "symbol": symbol, "size": 10},
                text=[words.short_outcome(row) for _, row in mine],
                textposition="middle right",
                hovertext=[words.outcome(row) for _, row in mine],
                hoverinfo="text",
            )
    figure.update_yaxes(categoryorder="array", categoryarray=labels[::-1], automargin=True, showgrid=False)
    figure.update_xaxes(
        tickformat=".0%", range=[0, 1.24 if outcome else 1.02], tickvals=[0, 0.25, 0.5, 0.75, 1]
    )
    return framed(figure, 80 + 24 * max(len(flights), 1), bargap=0.25)


def _kind(row: dict[str, object]) -> str:
    if row["arr_delay_min"] is None:
        return "cancelled or diverted"
    return "late" if row["is_late"] else "in time"
