"""Airports by their place in the network: bubbles, and a map of the United States that needs no network."""

import plotly.graph_objects as go
import polars as pl
import pydeck as pdk

from dashboard.charts.route_map import BLANK_STYLE, INK_RGB, LAND_RGB, outline
from dashboard.charts.theme import INK, SEQUENTIAL, framed
from dashboard.queries.measures import Measure

_LABELLED = 14
_LARGEST_PX = 46


def bubbles(airports: pl.DataFrame, across: str, name: str, measure: Measure) -> go.Figure:
    """Airports: a centrality across, a measure up, flights as area, the largest by name. airports: `centrality`."""
    flights = airports["flights"].to_list()
    named = set(airports.sort("flights", descending=True)["airport"].head(_LABELLED))
    unit = "" if measure.is_share else " min"
    figure = go.Figure(
        go.Scatter(
            x=airports[across].to_list(),
            y=airports[measure.column].to_list(),
            mode="markers+text",
            text=[code if code in named else "" for code in airports["airport"]],
            textposition="top center",
            # A bubble at the edge stands over the axis instead of being cut by it.
            cliponaxis=False,
            customdata=list(
                zip(airports["airport"], airports["city"].fill_null("city unknown"), flights, strict=True)
            ),
            marker={
                "size": flights,
                "sizemode": "area",
                "sizeref": 2 * max(flights, default=1) / _LARGEST_PX**2,
                "sizemin": 4,
                "color": airports["share_late"].to_list(),
                "colorscale": list(SEQUENTIAL),
                "cmin": 0,
                "cmax": max((value for value in airports["share_late"] if value is not None), default=1),
                "line": {"color": INK, "width": 1},
                "colorbar": {"title": "late", "tickformat": ".0%", "thickness": 10, "outlinewidth": 0},
            },
            hovertemplate="%{customdata[0]} %{customdata[1]}: "
            + f"{name.lower()} %{{x:.4~g}}, {measure.label.lower()} %{{y:{'.1%' if measure.is_share else '.1f'}}}{unit}"
            + ", %{customdata[2]:,} flights<extra></extra>",
        )
    )
    # Most airports lie on no way between others: at 0, where half of a bubble and its name need room.
    most = max((value for value in airports[across] if value is not None), default=0) or 1
    # Few marks, so that none falls into the room below 0: no centrality is negative.
    figure.update_xaxes(title=name, range=[-0.05 * most, 1.08 * most], nticks=10)
    figure.update_yaxes(title=measure.label + ("" if measure.is_share else ", min"), tickformat=measure.tick)
    return framed(figure, 440)


def airport_map(
    airports: pl.DataFrame, measure: Measure, *, dark: bool = False, height: int = 440
) -> pdk.Deck | None:
    """Airports on the land's outline: flights as area, the measure as colour; None without coordinates."""
    placed = airports.drop_nulls(["latitude_deg", "longitude_deg", measure.column])
    if placed.is_empty():
        return None
    fill, line = LAND_RGB[dark]
    values = placed[measure.column].to_list()
    low, high = min(0.0, *values), max(values)
    most = max(placed["flights"].to_list())
    spots = [
        _spot(row, measure, low, high, most) for row in placed.sort("flights", descending=True).to_dicts()
    ]
    layers = [
        pdk.Layer(
            "GeoJsonLayer", data=outline(), get_fill_color=fill, get_line_color=line, line_width_min_pixels=1,
        ),
        pdk.Layer(
            "ScatterplotLayer", data=spots, get_position="at", get_fill_color="colour", get_radius="radius",
            radius_units="'pixels'", stroked=True, get_line_color=INK_RGB[dark], line_width_min_pixels=1,
            pickable=True,
        ),
        pdk.Layer(
            "TextLayer", data=spots[:_LABELLED], get_position="at", get_text="code", get_color=INK_RGB[dark],
            get_size=12, get_pixel_offset=[0, -14], font_family="'Arial, sans-serif'", font_weight="'bold'",
        ),
    ]  # fmt: skip
    # The lower forty-eight; Alaska and the islands are a drag away.
    view = pdk.ViewState(latitude=38.0, longitude=-96.5, zoom=2.5, min_zoom=1.5)
    return pdk.Deck(
        layers=layers,
        initial_view_state=view,
        map_style=BLANK_STYLE,
        tooltip={"text": "{text}"},
        height=height,
    )


def _spot(row: dict[str, object], measure: Measure, low: float, high: float, most: int) -> dict[str, object]:
    value, flights = row[measure.column], row["flights"]
    assert isinstance(value, float)
    assert isinstance(flights, int)
    shown = f"{value:.1%}" if measure.is_share else f"{value:.1f} min"
    return {
        "code": row["airport"],
        "at": [row["longitude_deg"], row["latitude_deg"]],
        "radius": 3 + 17 * (flights / most) ** 0.5,
        "colour": [*_shade((value - low) / (high - low) if high > low else 0.0), 230],
        "text": f"{row['airport']} {row['city'] or ''}: {measure.label.lower()} {shown}, {flights:,} flights",
    }


def _shade(share: float) -> list[int]:
    """A colour of the sequential scale, between its steps by straight lines; 0 to 1."""
    steps = [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in SEQUENTIAL]
    at = min(max(share, 0.0), 1.0) * (len(steps) - 1)
    low = min(int(at), len(steps) - 2)
    return [round(a + (b - a) * (at - low)) for a, b in zip(steps[low], steps[low + 1], strict=True)]
