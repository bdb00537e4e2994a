"""A probability taken apart: from the base to what the model said, fact by fact."""

from collections.abc import Sequence
from textwrap import wrap

import plotly.graph_objects as go

from dashboard.charts.theme import BLUE, GREEN, GREY, VERMILLION, framed
from dashboard.queries.words import signed

_WIDEST = 46


def waterfall(base: float, steps: Sequence[tuple[str, float]], probability: float) -> go.Figure:
    """Bars from the base to the probability. steps: words and points of probability, in the order drawn."""
    labels = ["all flights alike", *(_wrapped(words) for words, _ in steps), "this flight"]
    values = [base, *(points for _, points in steps), probability]
    texts = [f"{base:.0%}", *(signed(points * 100) for _, points in steps), f"{probability:.0%}"]
    figure = go.Figure(
        go.Waterfall(
            orientation="h",
            measure=["absolute", *("relative" for _ in steps), "total"],
            # Labels may repeat; places do not.
            y=list(range(len(labels))),
            x=values,
            text=texts,
            textposition="outside",
            cliponaxis=False,
            increasing={"marker": {"color": VERMILLION}},
            decreasing={"marker": {"color": GREEN}},
            totals={"marker": {"color": BLUE}},
            connector={"line": {"color": GREY, "width": 1}},
            hovertext=["", *(f"{words}: {signed(points * 100, 1)} points" for words, points in steps), ""],
            hoverinfo="text",
        )
    )
    figure.update_yaxes(
        tickvals=list(range(len(labels))), ticktext=labels, autorange="reversed", automargin=True
    )
    figure.update_xaxes(
        tickformat=".0%", range=[0, 1.08], title="probability of arriving 15 minutes late or more"
    )
    return framed(figure, 46 * len(labels) + 90)


def _wrapped(words: str) -> str:
    return "<br>".join(wrap(words, _WIDEST))
