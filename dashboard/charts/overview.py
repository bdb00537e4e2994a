"""The overview's figures."""

import plotly.graph_objects as go
import polars as pl

from dashboard.charts.theme import BLUE, INK, ORANGE, SEQUENTIAL, SERIES, framed
from dashboard.queries.names import MONTHS


def share_by_year(years: pl.DataFrame) -> go.Figure:
    """Bars of the share late and the share cancelled, one pair a year. `years`: `years_frame`."""
    labels = [str(year) for year in years["year"]]
    figure = go.Figure()
    for column, name, colour in (
        ("share_late", "15 min late or more", BLUE),
        ("share_cancelled", "cancelled", ORANGE),
    ):
        figure.add_bar(
            x=labels,
            y=years[column].to_list(),
            name=name,
            marker_color=colour,
            texttemplate="%{y:.1%}" if years.height <= 6 else None,
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{x}: %{y:.2%} " + name + "<extra></extra>",
        )
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    figure.update_xaxes(type="category")
    # A single year as two bars across the page would look like a wall.
    return framed(figure, 300, bargap=0.35 if years.height > 2 else 0.6)


def month_heatmap(months: pl.DataFrame) -> go.Figure:
    """The share late by year and month; a month that is not in the lake stays grey.

    months: `months_frame`.
    """
    wide = {(row["year"], row["month"]): row for row in months.iter_rows(named=True)}
    years = sorted({year for year, _ in wide}, reverse=True)
    cells = [[wide.get((year, month)) for month in range(1, 13)] for year in years]
    shares = [[cell["share_late"] if cell else None for cell in row] for row in cells]
    texts = [
        [f"{cell['share_late']:.0%}" if cell and cell["share_late"] is not None else "" for cell in row]
        for row in cells
    ]
    flights = [
        [f"{cell['flights']:,} flights" if cell else "not in the lake" for cell in row] for row in cells
    ]
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=list(MONTHS),
            y=[str(year) for year in years],
            text=texts,
            customdata=flights,
            texttemplate="%{text}",
            textfont={"color": INK},
            colorscale=list(SEQUENTIAL),
            zmin=0,
            zmax=0.4,
            xgap=2,
            ygap=2,
            colorbar={"tickformat": ".0%", "thickness": 10, "outlinewidth": 0},
            hovertemplate="%{x} %{y}: %{text} late, %{customdata}<extra></extra>",
        )
    )
    figure.update_yaxes(type="category", showgrid=False)
    figure.update_xaxes(showgrid=False, side="top")
    framed(figure, max(160, min(420, 90 + 34 * len(years))))
    return figure.update_layout(plot_bgcolor="rgba(138,143,152,0.15)")


def links_by_cutoff(cutoffs: pl.DataFrame) -> go.Figure:
    """What was known at each cutoff, all years together: the inbound leg, and weather at both ends.

    cutoffs: `cutoffs_frame`.
    """
    counts = ("flights", "linked", "inbound_departed", "inbound_landed", "weather_both")
    together = (
        cutoffs.group_by("cutoff", "lead_min").agg(pl.col(*counts).sum()).sort("lead_min", descending=True)
    )
    figure = go.Figure()
    for column, name, colour in (
        ("linked", "inbound vouched for", SERIES[0]),
        ("inbound_departed", "departed", SERIES[1]),
        ("inbound_landed", "landed", SERIES[2]),
        ("weather_both", "weather at both ends", SERIES[3]),
    ):
        shares = (together[column] / together["flights"]).to_list()
        figure.add_scatter(
            x=together["cutoff"].to_list(),
            y=shares,
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 2},
            marker={"size": 9},
            hovertemplate=name + " at %{x}: %{y:.1%} of flights<extra></extra>",
        )
    figure.update_yaxes(tickformat=".0%", range=[0, 1.05])
    figure.update_xaxes(type="category")
    return framed(figure, 320)
