"""Colours and frame of every figure: Okabe and Ito's palette, told apart by most colour-blind eyes.

Figures leave paper and text colours to Streamlit's theme, so that they follow light and dark.
"""

from typing import Any

import plotly.graph_objects as go

BLUE, ORANGE, GREEN, VERMILLION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE, YELLOW, GREY = "#56B4E9", "#CC79A7", "#F0E442", "#8A8F98"
SERIES = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILLION, GREY)
# Pale to strong in one hue order that also reads in grey, with dark text legible on every step.
INK = "#1e252d"
SEQUENTIAL = ("#f7f4ea", "#fbd38a", "#f3a044", "#e57b1f", "#d55e00")
LATE_STEPS = ((15, GREEN), (60, ORANGE))


def late_colour(delay_min: float | None) -> str:
    """Green under 15 minutes late, orange under 60, vermillion from there; grey where unknown."""
    if delay_min is None:
        return GREY
    for limit, colour in LATE_STEPS:
        if delay_min < limit:
            return colour
    return VERMILLION


def framed(figure: go.Figure, height: int, **layout: Any) -> go.Figure:
    """The figure with the house's margins, legend above, no backgrounds of its own."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 30, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "xanchor": "left", "x": 0},
        hoverlabel={"align": "left"},
        **layout,
    )
    return figure
