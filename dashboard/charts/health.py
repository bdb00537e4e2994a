"""What is made, stale and missing, as a grid of tables and years."""

import plotly.graph_objects as go
import polars as pl

from dashboard.charts.theme import BLUE, GREY, ORANGE, VERMILLION, YELLOW, framed
from dashboard.queries.health import MADE, MISSING, NOT_ASKED, PART, STALE

# A mark beside each colour, so that neither is needed alone.
STATES = (
    (NOT_ASKED, "not due", "rgba(138,143,152,0.10)", ""),
    (MADE, "made", BLUE, "✓"),
    (PART, "partly made", YELLOW, "½"),
    (STALE, "stale", ORANGE, "↻"),
    (MISSING, "missing", VERMILLION, "✕"),
)
_INK = {MADE: "#ffffff", PART: "#1e252d", STALE: "#1e252d", MISSING: "#ffffff", NOT_ASKED: GREY}


def made_grid(cells: pl.DataFrame) -> go.Figure:
    """Tables downwards in order of making, years across; tables without years fill their row.

    cells: `health.grid`.
    """
    tables = cells["table"].unique(maintain_order=True).to_list()
    years = [year for year in cells["year"].unique(maintain_order=True) if year != "all"] or ["all"]
    years.sort()
    by_cell = {(row["table"], row["year"]): row for row in cells.iter_rows(named=True)}
    rows = [[by_cell.get((table, year)) or by_cell.get((table, "all")) for year in years] for table in tables]
    codes = {state: index for index, (state, *_) in enumerate(STATES)}
    figure = go.Figure(
        go.Heatmap(
            z=[[codes[cell["state"]] if cell else 0 for cell in row] for row in rows],
            x=years,
            y=tables,
            customdata=[[_hover(cell) for cell in row] for row in rows],
            hovertemplate="<b>%{y}</b> %{x}<br>%{customdata}<extra></extra>",
            colorscale=_steps(),
            zmin=-0.5,
            zmax=len(STATES) - 0.5,
            xgap=2,
            ygap=2,
            showscale=False,
        )
    )
    _marks(figure, rows, years, tables)
    for _, name, colour, mark in STATES[1:]:
        figure.add_scatter(
            x=[None], y=[tables[0]], mode="markers", name=f"{mark} {name}",
            marker={"symbol": "square", "size": 12, "color": colour},
        )  # fmt: skip
    figure.update_xaxes(type="category", side="top", showgrid=False)
    figure.update_yaxes(range=[len(tables) - 0.5, -0.5], showgrid=False, automargin=True)
    framed(figure, 90 + 22 * len(tables))
    return figure.update_layout(legend={"y": -0.02, "yanchor": "top"})


def _marks(
    figure: go.Figure, rows: list[list[dict[str, object] | None]], years: list[str], tables: list[str]
) -> None:
    """The mark of each state, and how many of the cutoffs are made where some are missing."""
    signs = {state: mark for state, _, _, mark in STATES}
    for state, ink in _INK.items():
        at = [
            (years[x], tables[y], cell)
            for y, row in enumerate(rows)
            for x, cell in enumerate(row)
            if cell and cell["state"] == state and state
        ]
        figure.add_scatter(
            x=[year for year, _, _ in at],
            y=[table for _, table, _ in at],
            mode="text",
            text=[
                f"{cell['made']}/{cell['expected']}" if state == PART else signs[state] for _, _, cell in at
            ],
            textfont={"color": ink, "size": 11},
            hoverinfo="skip",
            showlegend=False,
        )


def _steps() -> list[list[object]]:
    """A colour scale of flat steps, one a state."""
    n = len(STATES)
    return [
        [edge, colour]
        for index, (_, _, colour, _) in enumerate(STATES)
        for edge in (index / n, (index + 1) / n)
    ]


def _hover(cell: dict[str, object] | None) -> str:
    if cell is None:
        return ""
    if not cell["made"]:
        return "missing" if cell["state"] else "not due"
    text = f"{cell['rows']:,} rows, {int(str(cell['bytes'])) / 1e6:,.1f} MB<br>made {cell['last_made']}"
    return f"{text}<br>{cell['why']}" if cell["why"] else text
