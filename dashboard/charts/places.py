"""The figures of airports, routes and airlines: a day by its banks, lines over the years, days that stand out."""

from collections.abc import Sequence

import plotly.graph_objects as go
import polars as pl

from dashboard.charts.theme import BLUE, GREY, ORANGE, PURPLE, SERIES, SKY, VERMILLION, framed
from dashboard.queries.measures import Measure
from dashboard.queries.names import carrier_label
from dashboard.queries.places import ARRIVALS, DEPARTURES, SLOT_MIN, Bank

STATUS_COLOURS = (
    ("on time", BLUE),
    ("late", ORANGE),
    ("cancelled", GREY),
    ("diverted", PURPLE),
    ("not reported", SKY),
)


def day_by_slots(slots: pl.DataFrame, banks: Sequence[Bank]) -> go.Figure:
    """An airport's day, by 15 minutes of schedule: departures up, arrivals down, banks shaded.

    slots: `places.slots`. banks: `places.banks` of the same board.
    """
    figure = go.Figure()
    half = SLOT_MIN * 60_000 / 2
    for status, colour in STATUS_COLOURS:
        for kind, sign in ((DEPARTURES, 1), (ARRIVALS, -1)):
            mine = slots.filter((pl.col("status") == status) & (pl.col("kind") == kind))
            if mine.is_empty():
                continue
            figure.add_bar(
                x=mine["slot"].to_list(),
                y=[sign * count for count in mine["flights"]],
                xperiod=2 * half,
                xperiodalignment="middle",
                name=status,
                legendgroup=status,
                showlegend=not any(trace.name == status for trace in figure.data),
                marker_color=colour,
                customdata=mine["flights"].to_list(),
                hovertemplate="%{x|%H:%M}: %{customdata} " + f"{kind}s, {status}<extra></extra>",
            )
    for bank in banks:
        up = bank.kind == DEPARTURES
        figure.add_shape(
            type="rect", x0=bank.begins, x1=bank.ends, y0=0.5 if up else 0.0, y1=1.0 if up else 0.5, yref="paper",
            fillcolor="rgba(138,143,152,0.18)", line_width=0, layer="below",
        )  # fmt: skip
    most = max((abs(sum(t)) for t in _totals(slots)), default=1) or 1
    figure.update_yaxes(
        range=[-1.15 * most, 1.15 * most], title="arrivals · departures", tickformat="d", zeroline=True,
        zerolinecolor=GREY, tickvals=_ticks(most), ticktext=[str(abs(v)) for v in _ticks(most)],
    )  # fmt: skip
    figure.update_xaxes(tickformat="%H:%M", dtick=2 * 3_600_000)
    return framed(figure, 380, barmode="relative", bargap=0.05)


def _totals(slots: pl.DataFrame) -> list[tuple[int]]:
    return slots.group_by("kind", "slot").agg(pl.col("flights").sum()).select("flights").rows()


def _ticks(most: int) -> list[int]:
    step = next(size for size in (1, 2, 5, 10, 20, 50, 100, 200) if most / size <= 4 or size == 200)
    return [*range(-(most // step) * step, most + 1, step)]


def lines(rows: pl.DataFrame, by: str, measure: Measure, names: Sequence[str]) -> go.Figure:
    """A measure over time, one line a name, in the order of `names`. rows: `performance.trend`."""
    figure = go.Figure()
    unit = "" if measure.is_share else " min"
    for index, name in enumerate(names):
        mine = rows.filter(pl.col(by) == name)
        figure.add_scatter(
            x=mine["date"].to_list(),
            y=mine[measure.column].to_list(),
            name=carrier_label(name),
            mode="lines+markers",
            connectgaps=False,
            line={"color": SERIES[index % len(SERIES)], "width": 2, "dash": _dash(index)},
            customdata=mine["flights"].to_list(),
            hovertemplate=f"{carrier_label(name)} %{{x|%b %Y}}: %{{y:{'.1%' if measure.is_share else '.1f'}}}{unit}, "
            "%{customdata:,} flights<extra></extra>",
        )
    figure.update_yaxes(tickformat=measure.tick, rangemode="tozero")
    return framed(figure, 380)


def _dash(index: int) -> str:
    """Past the palette's end the same colours come again, dashed."""
    return ("solid", "dash", "dot")[min(index // len(SERIES), 2)]


def outliers(rows: pl.DataFrame) -> go.Figure:
    """Flagged days by date and robust z, told apart by what was beyond its history. rows: `outliers.outliers`."""
    figure = go.Figure()
    for column, name, colour, symbol in (
        ("late_z", "late", BLUE, "circle"),
        ("cancelled_z", "cancelled", VERMILLION, "diamond"),
    ):
        mine = rows.filter(pl.col(column) >= 3.5)
        figure.add_scatter(
            x=mine["flight_date"].to_list(),
            y=mine[column].to_list(),
            name=name,
            mode="markers",
            marker={"color": colour, "size": 7, "symbol": symbol, "opacity": 0.6},
            customdata=mine.select("name", "what", "reason").rows(),
            hovertemplate="%{customdata[0]} %{x|%d %b %Y}: %{customdata[1]}<br>%{customdata[2]}<extra></extra>",
        )
    # A closed airport is fifty times its spread, a bad day four: only a logarithm shows both.
    figure.update_yaxes(title="robust z", type="log", tickvals=[4, 6, 10, 20, 40])
    return framed(figure, 320)
