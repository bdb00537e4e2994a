"""Figures of the experiments: differences between models, each with its standard error."""

import plotly.graph_objects as go
import polars as pl

from dashboard.charts.theme import BLUE, GREY, framed

# Bars of this many standard errors either way; a difference within them is not told from nothing.
ERRORS = 2
_BEYOND, _WITHIN = "beyond two standard errors of 0", "within them"


def beyond(delta: str, error: str) -> pl.Expr:
    """Whether a difference lies beyond ERRORS standard errors; false where it has none."""
    return (pl.col(delta).abs() > ERRORS * pl.col(error)).fill_null(False)


def family_differences(removed: pl.DataFrame) -> go.Figure:
    """What taking each family away does to the AUC. removed: `ablation`, change removed, the first on top."""
    known = removed.drop_nulls("delta_auc")
    figure = _dots(known, "delta_auc", "family", "without %{y}: %{x:+.4f}")
    figure.add_vline(x=0, line={"color": GREY, "width": 1})
    figure.update_xaxes(title="change of the AUC", zeroline=False)
    # One trace after the other would put the rows in the order of the colours.
    order = known["family"].reverse().to_list()
    figure.update_yaxes(automargin=True, categoryorder="array", categoryarray=order)
    return framed(figure, max(220, 26 * known.height + 100))


def depth_differences(depths: pl.DataFrame) -> go.Figure:
    """What each number of upstream legs adds to the AUC of none. depths: `hops`."""
    known = depths.drop_nulls("delta_auc")
    figure = _dots(known, "depth", "delta_auc", "%{x} legs: %{y:+.4f}")
    figure.add_hline(y=0, line={"color": GREY, "width": 1})
    figure.update_xaxes(title="upstream legs looked at", tickvals=known["depth"].to_list(), tickformat="d")
    figure.update_yaxes(title="AUC beside that of none", tickformat="+.3f", zeroline=False)
    return framed(figure, 330)


def _dots(rows: pl.DataFrame, x: str, y: str, told: str) -> go.Figure:
    """A dot for each row over two of its columns, with its error along that of the difference; told: its hover.

    Dots, not bars: what counts is whether the line of errors reaches 0, and a bar hides half of it.
    """
    along = "error_x" if x == "delta_auc" else "error_y"
    figure = go.Figure()
    for name, colour, part in _by_certainty(rows):
        figure.add_scatter(
            x=part[x].to_list(),
            y=part[y].to_list(),
            customdata=_said(part),
            mode="markers",
            name=name,
            marker={"color": colour, "size": 10},
            hovertemplate=told + "%{customdata[1]}, AUC %{customdata[0]}<extra></extra>",
            **{along: _errors(part, colour)},
        )
    return figure


def _by_certainty(rows: pl.DataFrame) -> list[tuple[str, str, pl.DataFrame]]:
    far = beyond("delta_auc", "delta_auc_se")
    parts = [(_BEYOND, BLUE, rows.filter(far)), (_WITHIN, GREY, rows.filter(~far))]
    return [each for each in parts if not each[2].is_empty()]


def _errors(rows: pl.DataFrame, colour: str) -> dict[str, object]:
    # What is compared with itself has no error, and what has too few days to tell has no line either.
    sizes = (ERRORS * rows["delta_auc_se"]).fill_null(0.0).to_list()
    return {"type": "data", "array": sizes, "color": colour, "thickness": 1.5, "width": 4}


def _said(rows: pl.DataFrame) -> list[list[str]]:
    """Of each row what a hover says: its AUC, and its standard error where it has one."""
    return [
        [
            "unknown" if auc is None else f"{auc:.4f}",
            "" if error is None else f", standard error {error:.4f}",
        ]
        for auc, error in rows.select("auc", "delta_auc_se").iter_rows()
    ]
