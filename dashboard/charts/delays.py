"""The figures of delays: their causes, their distribution, and how they go with clock, calendar and weather."""

from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard.charts.theme import BLUE, GREY, INK, ORANGE, SEQUENTIAL, SKY, YELLOW, framed
from dashboard.queries.measures import Measure
from dashboard.queries.names import MONTHS

# Blues for what the airline can do something about, warm and grey for what it cannot.
CAUSE_COLOURS = (
    ("carrier", "carrier (controllable)", BLUE),
    ("late_aircraft", "late aircraft (controllable)", SKY),
    ("nas", "air system", ORANGE),
    ("weather", "weather", YELLOW),
    ("security", "security", GREY),
)


def causes_over_time(months: pl.DataFrame) -> go.Figure:
    """Minutes of delay for each arrival, month by month, stacked by cause. months: `performance.over_time`."""
    figure = go.Figure()
    named = [f"{MONTHS[month - 1]} {year}" for year, month in months.select("year", "month").iter_rows()]
    # Few months are told by name, which also closes up the years in between; many as time.
    many = months.height > 24
    labels = months["date"].to_list() if many else named
    for cause, name, colour in CAUSE_COLOURS:
        figure.add_bar(
            x=labels,
            y=months[f"{cause}_delay_min_per_arrival"].to_list(),
            name=name,
            marker_color=colour,
            customdata=named,
            hovertemplate="%{customdata}: %{y:.2f} min, " + name + "<extra></extra>",
        )
    figure.update_xaxes(type="date" if many else "category")
    figure.update_yaxes(title="min per arrival", rangemode="tozero")
    framed(figure, 340, barmode="stack", bargap=_gap(len(labels)))
    return figure.update_layout(legend={"traceorder": "normal"})


def distribution(bins: pl.DataFrame, medians: dict[str, float | None]) -> go.Figure:
    """Departure and arrival delays by five minutes, as shares, with their medians. bins: `eda.distribution`."""
    figure = go.Figure()
    for kind, colour in (("departures", BLUE), ("arrivals", ORANGE)):
        figure.add_scatter(
            x=bins["bin_min"].to_list(),
            y=bins[f"share_{kind}"].to_list(),
            name=f"{kind}, median {_minutes(medians.get(kind))}",
            mode="lines",
            line={"color": colour, "width": 2, "shape": "hv"},
            hovertemplate="%{x} to under %{x}+5 min: %{y:.2%} of " + kind + "<extra></extra>",
        )
    figure.add_vline(x=15, line={"color": GREY, "dash": "dot"}, annotation_text="late from here")
    figure.update_xaxes(title="delay, minutes (the last step holds all longer ones)", dtick=30)
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    return framed(figure, 360, hovermode="x")


def _minutes(value: float | None) -> str:
    return "unknown" if value is None else f"{round(value)} min"


def measured(rows: pl.DataFrame, label: str, measure: Measure, title: str | None = None) -> go.Figure:
    """Bars of a measure, one a row in the order given. rows: any frame of figures. label: the column of names."""
    unit = "" if measure.is_share else " min"
    figure = go.Figure(
        go.Bar(
            x=[str(value) for value in rows[label]],
            y=rows[measure.column].to_list(),
            marker_color=BLUE,
            customdata=rows["flights"].to_list(),
            texttemplate=f"%{{y:{measure.tick}}}" if rows.height <= 13 else None,
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{x}: "
            + f"{measure.label.lower()} %{{y:{_fine(measure)}}}{unit}"
            + ", %{customdata:,} flights<extra></extra>",
        )
    )
    figure.update_yaxes(tickformat=measure.tick, rangemode="tozero")
    figure.update_xaxes(type="category", title=title)
    return framed(figure, 300, bargap=_gap(rows.height))


def ranked(rows: pl.DataFrame, label: str, measure: Measure, counted: str = "flights") -> go.Figure:
    """Bars to the right of a measure, the first row on top, with how many stand behind each."""
    unit = "" if measure.is_share else " min"
    figure = go.Figure(
        go.Bar(
            x=rows[measure.column].to_list(),
            y=[str(value) for value in rows[label]],
            orientation="h",
            marker_color=BLUE,
            customdata=rows[counted].to_list(),
            texttemplate=f"%{{x:{measure.tick}}}{unit}",
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: "
            + f"%{{x:{_fine(measure)}}}{unit}"
            + f", %{{customdata:,}} {counted}<extra></extra>",
        )
    )
    figure.update_yaxes(type="category", autorange="reversed", automargin=True)
    figure.update_xaxes(showticklabels=False, showgrid=False, rangemode="tozero")
    figure = framed(figure, 70 + 26 * max(rows.height, 1), bargap=0.3)
    return figure.update_layout(margin={"r": 60})


def heat(
    rows: pl.DataFrame,
    across: tuple[str, list[Any], list[str]],
    down: tuple[str, list[Any], list[str]],
    measure: Measure,
    counted: str = "flights",
    titles: tuple[str, str] = ("", ""),
) -> go.Figure:
    """A measure over two scales. across, down: column, its values in order, their labels; empty cells stay grey."""
    cells = {(row[down[0]], row[across[0]]): row for row in rows.iter_rows(named=True)}
    found = [[cells.get((y, x)) for x in across[1]] for y in down[1]]
    values = [[cell[measure.column] if cell else None for cell in line] for line in found]
    counts = [[f"{cell[counted]:,} {counted}" if cell else "none" for cell in line] for line in found]
    known = [value for line in values for value in line if value is not None]
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=across[2],
            y=down[2],
            customdata=counts,
            texttemplate=f"%{{z:{measure.tick}}}",
            textfont={"color": INK},
            colorscale=list(SEQUENTIAL),
            zmin=min(0, *known) if known else 0,
            zmax=max(known, default=1),
            xgap=2,
            ygap=2,
            showscale=False,
            hovertemplate="%{y}, %{x}: " + f"%{{z:{_fine(measure)}}}" + ", %{customdata}<extra></extra>",
        )
    )
    figure.update_xaxes(type="category", showgrid=False, side="top", title=titles[0])
    figure.update_yaxes(
        type="category", showgrid=False, autorange="reversed", title=titles[1], automargin=True
    )
    framed(figure, 110 + 32 * len(down[1]))
    return figure.update_layout(plot_bgcolor="rgba(138,143,152,0.15)", margin={"t": 64})


def _fine(measure: Measure) -> str:
    return ".1%" if measure.is_share else ".1f"


def _gap(bars: int) -> float:
    # One or two bars across the page would look like walls.
    return 0.25 if bars > 4 else 0.6
