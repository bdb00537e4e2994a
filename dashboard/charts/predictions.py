"""What was predicted at each cutoff, beside what happened."""

import plotly.graph_objects as go
import polars as pl

from dashboard.charts.theme import SERIES, framed


def probability_dots(predictions: pl.DataFrame, base_rate: float | None = None) -> go.Figure:
    """The probability of being late against the cutoff, one line a feature set.

    predictions: those of one flight, in order. base_rate: the share late of the year, drawn for scale.
    """
    figure = go.Figure()
    order = predictions.sort("lead_min", descending=True)["cutoff"].unique(maintain_order=True).to_list()
    for index, name in enumerate(predictions["feature_set"].unique(maintain_order=True)):
        line = predictions.filter(pl.col("feature_set") == name).sort("lead_min", descending=True)
        figure.add_scatter(
            x=line["cutoff"].to_list(),
            y=line["prob_late15"].to_list(),
            customdata=line["pred_arr_delay_min"].to_list(),
            name=name,
            mode="lines+markers",
            line={"color": SERIES[index % len(SERIES)], "width": 3 if index == 0 else 1.5},
            marker={"size": 11 if index == 0 else 7},
            hovertemplate=name + " at %{x}: %{y:.0%} late, %{customdata:+.0f} min<extra></extra>",
        )
    if base_rate is not None:
        figure.add_hline(y=base_rate, line={"dash": "dot", "width": 1})
        figure.add_annotation(
            x=0, xref="paper", y=base_rate, yanchor="top", xanchor="left", showarrow=False,
            text=f"all of the year: {base_rate:.0%}", font={"size": 11},
        )  # fmt: skip
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=order)
    figure.update_yaxes(tickformat=".0%", range=[0, 1.02])
    return framed(figure, 300)
