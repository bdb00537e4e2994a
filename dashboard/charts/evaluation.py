"""The evaluation's figures."""

from collections.abc import Mapping

import plotly.graph_objects as go
import polars as pl

from dashboard.charts.theme import BLUE, GREEN, GREY, ORANGE, SERIES, SKY, VERMILLION, framed


def lines_by_set(rows: pl.DataFrame, x: str, y: str, x_title: str, y_title: str) -> go.Figure:
    """A line a feature set. rows: feature_set, x, y."""
    figure = go.Figure()
    for number, ((name,), part) in enumerate(rows.group_by(["feature_set"], maintain_order=True)):
        figure.add_scatter(
            x=part[x].to_list(),
            y=part[y].to_list(),
            name=str(name),
            mode="lines+markers",
            line={"color": SERIES[number % len(SERIES)]},
            hovertemplate=f"{name}: %{{y:.4f}}<extra></extra>",
        )
    figure.update_xaxes(title=x_title)
    if rows.schema[x].is_integer():  # years: no year and a half
        figure.update_xaxes(tickvals=rows[x].unique().sort().to_list(), tickformat="d")
    # Two decimals would name neighbouring marks alike where the values lie close together.
    low, high = rows[y].min(), rows[y].max()
    close = rows[y].count() > 0 and float(high) - float(low) < 0.05  # type: ignore[arg-type]
    figure.update_yaxes(title=y_title, tickformat=".3f" if close else ".2f")
    return framed(figure, 330)


def reliability(deciles: pl.DataFrame) -> go.Figure:
    """Share late against mean probability by decile, before and after recalibration; the diagonal is perfection."""
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        name="perfect",
        line={"color": GREY, "dash": "dot"},
        hoverinfo="skip",
    )
    for version, colour in (("raw", ORANGE), ("recalibrated", BLUE)):
        part = deciles.filter(pl.col("version") == version)
        figure.add_scatter(
            x=part["mean_probability"].to_list(),
            y=part["share_late"].to_list(),
            customdata=part["rows"].to_list(),
            mode="lines+markers",
            name=version,
            line={"color": colour},
            hovertemplate=version + ": predicted %{x:.1%}, late %{y:.1%} of %{customdata:,}<extra></extra>",
        )
    figure.update_xaxes(title="mean predicted probability", tickformat=".0%")
    figure.update_yaxes(title="share late", tickformat=".0%")
    return framed(figure, 340)


def densities(rows: pl.DataFrame) -> go.Figure:
    """Where the probabilities of late flights and of the others lie."""
    figure = go.Figure()
    for column, name, colour in (("not_late", "not late", BLUE), ("late", "late", VERMILLION)):
        _density(figure, rows["probability_pct"], rows[column], name, colour, "at %{x}%")
    figure.update_xaxes(title="predicted probability", ticksuffix="%")
    figure.update_yaxes(title="share of the flights, a point", tickformat=".0%")
    return framed(figure, 340)


def predicted_actual(grid: pl.DataFrame, spread: pl.DataFrame) -> go.Figure:
    """Flights by predicted and actual minutes, the stronger the more; the median and the middle 80% of the actual ones.

    grid, spread: `delay_grid` and `delay_spread` of queries. The diagonal is perfection.
    """
    figure = go.Figure()
    figure.add_trace(
        go.Heatmap(
            # Arrays: plotly looks at each of some thousand values of a list.
            x=(grid["predicted_bin_min"] + 2.5).to_numpy(),
            y=(grid["actual_bin_min"] + 2.5).to_numpy(),
            z=grid["flights"].log10().to_numpy(),
            customdata=grid["flights"].to_numpy(),
            # From see-through to strong: single flights must not shine on a dark page.
            colorscale=[[0, "rgba(230,159,0,0.12)"], [1, "rgba(213,94,0,1)"]],
            showscale=False,
            name="flights",
            hovertemplate="predicted %{x:.0f}, actual %{y:.0f} min: %{customdata:,} flights<extra></extra>",
        )
    )
    centres = (spread["bin_min"] + 2.5).to_list()
    for column, name, dash in (("p90", "90%", "dot"), ("p50", "half", "solid"), ("p10", "10%", "dot")):
        figure.add_scatter(
            x=centres,
            y=spread[f"actual_{column}_min"].to_list(),
            mode="lines",
            name=f"{name} arrive by",
            line={"color": SKY, "dash": dash, "width": 2.5},
            hovertemplate=f"{name} of those predicted %{{x:.0f}} min arrive by %{{y:.0f}} min<extra></extra>",
        )
    low, high = (float(grid["predicted_bin_min"].min() or 0), float(grid["predicted_bin_min"].max() or 0) + 5)  # type: ignore[arg-type]
    perfect = {
        "mode": "lines",
        "name": "perfect",
        "line": {"color": GREY, "dash": "dash"},
        "hoverinfo": "skip",
    }
    figure.add_scatter(x=[low, high], y=[low, high], **perfect)
    figure.update_xaxes(title="predicted arrival delay, min", range=[low, high], zeroline=False)
    figure.update_yaxes(title="actual arrival delay, min", range=[-60, 245], zeroline=False)
    return framed(figure, 400)


def delay_densities(rows: pl.DataFrame) -> go.Figure:
    """The two densities: how predicted and how actual delays are spread over bins of five minutes."""
    figure = go.Figure()
    for column, colour in (("actual", ORANGE), ("predicted", BLUE)):
        _density(figure, rows["bin_min"], rows[column], column, colour, "from %{x} min")
    figure.update_xaxes(title="arrival delay, min", range=[-60, 180])
    figure.update_yaxes(title="share of the flights", tickformat=".0%")
    return framed(figure, 400)


def _density(figure: go.Figure, x: pl.Series, share: pl.Series, name: str, colour: str, where: str) -> None:
    figure.add_scatter(
        x=x.to_list(),
        y=share.to_list(),
        name=name,
        mode="lines",
        fill="tozeroy",
        line={"color": colour, "shape": "hv"},
        hovertemplate=f"{name}: %{{y:.2%}} {where}<extra></extra>",
    )


def bars(
    rows: pl.DataFrame, name: str, value: str, title: str, *, percent: bool = True, top: int = 20
) -> go.Figure:
    """Horizontal bars of the first `top` rows, the first on top."""
    shown = rows.head(top).reverse()
    form = ".1%" if percent else "+.4f"
    figure = go.Figure(
        go.Bar(
            x=shown[value].to_list(),
            y=shown[name].to_list(),
            orientation="h",
            marker_color=BLUE,
            texttemplate="%{x:" + form + "}",
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:" + form + "}<extra></extra>",
        )
    )
    figure.update_xaxes(title=title, tickformat=".0%" if percent else None, range=_with_room(shown[value]))
    figure.update_yaxes(automargin=True)
    return framed(figure, max(220, 26 * shown.height + 80))


def _with_room(values: pl.Series) -> list[float]:
    """A range from 0 over all values, with room for labels outside the bars on the sides that have bars."""
    known = [float(each) for each in values.to_list() if each is not None]
    low, high = min([0.0, *known]), max([0.0, *known])
    room = 0.2 * (high - low or 1)
    return [low - room if low < 0 else 0, high + room]


def slices(rows: pl.DataFrame, overall: float | None) -> go.Figure:
    """AUC by slice of one dimension, with the AUC of all flights as a line."""
    # Dots, not bars: an AUC begins at a half, and a bar that does not begin at nought misleads.
    figure = go.Figure(
        go.Scatter(
            x=rows["slice"].to_list(),
            y=rows["auc"].to_list(),
            customdata=rows.select("rows", "base_rate").rows(),
            mode="markers",
            marker={"color": BLUE, "size": 12},
            hovertemplate="%{x}: AUC %{y:.4f}; %{customdata[0]:,} flights, %{customdata[1]:.1%} late<extra></extra>",
        )
    )
    low = min([value for value in rows["auc"].to_list() if value is not None], default=0.5)
    figure.update_yaxes(
        title="AUC", range=[max(0.0, min(low, overall or 1.0) - 0.05), 1.01], tickformat=".2f"
    )
    figure.update_xaxes(type="category")
    if overall is not None:
        figure.add_hline(
            y=overall, line={"color": ORANGE, "dash": "dash"}, annotation_text=f"all flights {overall:.3f}"
        )
    return framed(figure, 330)


def hindsight(rows: pl.DataFrame, figure_name: str, title: str) -> go.Figure:
    """Each variant beside the honest one, by whether it has hindsight. rows: `xray`, those with figures."""
    shown = rows.filter(pl.col("variant") != "honest").reverse()
    form = "%{x:+.2f}" if figure_name == "mae_gain" else "%{x:+.4f}"
    ours, together = pl.col("variant") == "aeroflux_full", pl.col("variant").str.starts_with("all")
    figure = go.Figure()
    for name, colour, mine in (
        ("one piece of hindsight", ORANGE, ~ours & ~together),
        ("pieces together", VERMILLION, together),
        ("no hindsight: our own features", BLUE, ours),
    ):
        part = shown.filter(mine)
        if part.is_empty():
            continue
        figure.add_bar(
            x=part[figure_name].to_list(),
            y=part["variant"].to_list(),
            orientation="h",
            name=name,
            marker_color=colour,
            texttemplate=form,
            textposition="outside",
            cliponaxis=False,
            customdata=part["says"].to_list(),
            hovertemplate=f"%{{customdata}}: {form}<extra></extra>",
        )
    figure.update_xaxes(title=title, zeroline=True, zerolinecolor=GREY, range=_with_room(shown[figure_name]))
    # Three series share the rows: each bar as thick as if it were alone, in the order of the table.
    order = shown["variant"].to_list()
    figure.update_yaxes(automargin=True, categoryorder="array", categoryarray=order)
    return framed(figure, max(260, 34 * shown.height + 80), barmode="overlay")


def cost_curve(curve: pl.DataFrame, chosen: int, best: int, carried: float | None) -> go.Figure:
    """Value over doing nothing by threshold, the chosen and the best one, and the value of carry-forward.

    curve: `cost_curve` of one feature set. carried: value of carry-forward over doing nothing.
    """
    figure = go.Figure()
    figure.add_scatter(
        x=curve["threshold_pct"].to_list(),
        y=curve["value"].to_list(),
        mode="lines",
        name="value over doing nothing",
        line={"color": BLUE},
        hovertemplate="at %{x}%: %{y:$,.0f}<extra></extra>",
    )
    if carried is not None:
        figure.add_hline(y=carried, line={"color": GREY, "dash": "dot"}, annotation_text="carry-forward")
    # One label above and one below, away from each other: the two thresholds often lie side by side.
    away = "left" if chosen < best and chosen >= 15 else "right"
    for at, colour, text, side in (
        (chosen, ORANGE, "chosen", f"top {away}"),
        (best, GREEN, "best", "bottom right"),
    ):
        figure.add_vline(
            x=at,
            line={"color": colour, "dash": "dash"},
            annotation={"text": f"{text} {at}%", "font": {"color": colour}},
            annotation_position=side,
        )
    figure.update_xaxes(title="alert at this probability or above", ticksuffix="%")
    # Alerting for all is so costly that it would press the rest of the curve flat.
    top = float(curve["value"].max() or 1)  # type: ignore[arg-type]
    figure.update_yaxes(title="value, $", range=[-abs(top) * 0.6, abs(top) * 1.25], tickformat="$,.3s")
    return framed(figure, 360)


def confusion(counts: Mapping[str, int]) -> go.Figure:
    """The confusion matrix in flights and in shares of its rows."""
    cells = [[counts["tp"], counts["fn"]], [counts["fp"], counts["tn"]]]
    shares = [[value / max(sum(row), 1) for value in row] for row in cells]
    texts = [
        [f"{v:,}<br>{s:.1%}" for v, s in zip(a, b, strict=True)] for a, b in zip(cells, shares, strict=True)
    ]
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=["alert", "no alert"],
            y=["late", "not late"],
            text=texts,
            texttemplate="%{text}",
            colorscale=[[0, "#f2f5f8"], [1, "#8fbbdc"]],
            textfont={"color": "#1e252d", "size": 15},
            showscale=False,
            hoverinfo="skip",
        )
    )
    figure.update_yaxes(autorange="reversed")
    return framed(figure, 300)
