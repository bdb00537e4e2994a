"""What was predicted at each cutoff, beside what happened."""

import plotly.graph_objects as go
import polars as pl

from dashboard.charts.theme import SERIES, framed
from dashboard.queries.words import signed


def belief_line(steps: pl.DataFrame, others: pl.DataFrame, base_rate: float | None = None) -> go.Figure:
    """The probability at each cutoff as a line, with the points gained since the one before.

    steps: `belief.steps_frame`. others: predictions of the flight by other feature sets, drawn thin.
    """
    figure = go.Figure()
    order = steps["cutoff"].to_list()
    for index, name in enumerate(others["feature_set"].unique(maintain_order=True)):
        line = others.filter(pl.col("feature_set") == name).sort("lead_min", descending=True)
        figure.add_scatter(
            x=line["cutoff"].to_list(),
            y=line["prob_late15"].to_list(),
            name=name,
            mode="lines+markers",
            line={"color": SERIES[(index + 1) % len(SERIES)], "width": 1.2},
            marker={"size": 6},
            hovertemplate=name + " at %{x}: %{y:.0%}<extra></extra>",
        )
    rows = steps.to_dicts()
    figure.add_scatter(
        x=order,
        y=steps["prob_late15"].to_list(),
        mode="lines+markers+text",
        line={"color": SERIES[0], "width": 3},
        marker={"size": 12},
        text=[
            f"{row['prob_late15']:.0%}" + (f" ({signed(row['points'])})" if row["points"] is not None else "")
            for row in rows
        ],
        textposition="top center",
        cliponaxis=False,
        customdata=[[row["pred_arr_delay_min"], row["facts"] or "-"] for row in rows],
        hovertemplate="%{x}: %{y:.0%} late, %{customdata[0]:+.0f} min<br>%{customdata[1]}<extra></extra>",
        showlegend=False,
    )
    if base_rate is not None:
        figure.add_hline(y=base_rate, line={"dash": "dot", "width": 1})
        # At the end whose probability lies farther from it.
        ends = [abs(rows[index]["prob_late15"] - base_rate) for index in (0, -1)]
        left = ends[0] >= ends[1]
        side: dict[str, object] = {"x": 0, "xanchor": "left"} if left else {"x": 1, "xanchor": "right"}
        below = rows[0 if left else -1]["prob_late15"] < base_rate
        side["yanchor"] = "bottom" if below else "top"
        figure.add_annotation(
            **side, xref="paper", y=base_rate, showarrow=False,
            text=f"all of the year: {base_rate:.0%}", font={"size": 11},
        )  # fmt: skip
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=order)
    figure.update_yaxes(tickformat=".0%", range=[0, 1.12], tickvals=[0, 0.25, 0.5, 0.75, 1])
    return framed(figure, 320)
