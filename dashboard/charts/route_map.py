"""Legs on a map that needs no network: a land outline and great circles, drawn by deck.gl alone."""

import json
import math
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pydeck as pdk

from dashboard.charts.theme import late_colour
from dashboard.queries import words

OUTLINE = Path(__file__).resolve().parents[1] / "static" / "us_outline.geojson"
# Served by Streamlit from static/: without a style of one's own deck.gl asks for tiles over the network.
BLANK_STYLE = "/app/static/blank.json"
LAND_RGB = {False: ([226, 228, 222], [168, 172, 164]), True: ([58, 61, 66], [112, 116, 124])}
INK_RGB = {False: [40, 44, 52], True: [232, 234, 238]}
_POINTS = 40
# More codes than these would lie on one another; the rest are points with their legs' tooltips.
_LABELS = 10
# The map beside the time line on a laptop; a wider one shows more around.
_NARROWEST_PX = 300


def route_map(legs: pl.DataFrame, selected: int, *, dark: bool = False, height: int = 380) -> pdk.Deck | None:
    """The legs as great circles coloured by lateness, the selected one thick; None without coordinates.

    legs: flights with origin_lat, origin_lon, dest_lat, dest_lon.
    """
    placed = legs.drop_nulls(["origin_lat", "origin_lon", "dest_lat", "dest_lon"])
    if placed.is_empty():
        return None
    rows = placed.sort(pl.col("flight_id") == selected).to_dicts()
    paths = [_path(row, row["flight_id"] == selected) for row in rows]
    places = _places(rows)
    fill, line = LAND_RGB[dark]
    layers = [
        pdk.Layer(
            "GeoJsonLayer", data=outline(), get_fill_color=fill, get_line_color=line, line_width_min_pixels=1,
        ),
        pdk.Layer(
            "PathLayer", data=paths, get_path="path", get_color="colour", get_width="width",
            width_units="'pixels'", pickable=True, cap_rounded=True, joint_rounded=True,
        ),
        pdk.Layer(
            "ScatterplotLayer", data=places, get_position="at", get_fill_color=INK_RGB[dark], get_radius=5,
            radius_units="'pixels'",
        ),
        pdk.Layer(
            "TextLayer", data=_labelled(rows, places), get_position="at", get_text="code",
            get_color=INK_RGB[dark], get_size=14, get_pixel_offset=[0, -14],
            font_family="'Arial, sans-serif'", font_weight="'bold'",
        ),
    ]  # fmt: skip
    return pdk.Deck(
        layers=layers,
        initial_view_state=_view(placed, height),
        map_style=BLANK_STYLE,
        tooltip={"text": "{text}"},
        height=height,
    )


@cache
def outline() -> dict[str, Any]:
    """The hand-simplified land of the United States, for orientation only."""
    shapes: dict[str, Any] = json.loads(OUTLINE.read_text("utf-8"))
    return shapes


def great_circle(
    lat1: float, lon1: float, lat2: float, lon2: float, points: int = _POINTS
) -> list[list[float]]:
    """[lon, lat] along the shortest way; longitudes run on past 180 rather than jump across the map.

    >>> great_circle(0, 0, 0, 90, 3)
    [[0.0, 0.0], [45.0, 0.0], [90.0, 0.0]]
    """
    a, b = _unit(lat1, lon1), _unit(lat2, lon2)
    angle = math.acos(max(-1.0, min(1.0, sum(p * q for p, q in zip(a, b, strict=True)))))
    if angle == 0:
        return [[float(lon1), float(lat1)]] * points
    line: list[list[float]] = []
    for step in range(points):
        t = step / (points - 1)
        wa, wb = math.sin((1 - t) * angle) / math.sin(angle), math.sin(t * angle) / math.sin(angle)
        x, y, z = (wa * p + wb * q for p, q in zip(a, b, strict=True))
        lon, lat = math.degrees(math.atan2(y, x)), math.degrees(math.asin(max(-1.0, min(1.0, z))))
        if line:
            lon += 360 * round((line[-1][0] - lon) / 360)
        line.append([round(lon, 4), round(lat, 4)])
    return line


def _unit(lat: float, lon: float) -> tuple[float, float, float]:
    phi, lam = math.radians(lat), math.radians(lon)
    return math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi)


def _path(row: dict[str, Any], is_selected: bool) -> dict[str, Any]:
    return {
        "path": great_circle(row["origin_lat"], row["origin_lon"], row["dest_lat"], row["dest_lon"]),
        "colour": [*_rgb(late_colour(row["arr_delay_min"])), 255 if is_selected else 150],
        "width": 5 if is_selected else 2.5,
        "text": f"{words.name(row).replace('->', ' → ')}: {words.outcome(row)}",
    }


def _places(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    places = {row[end]: [row[f"{end}_lon"], row[f"{end}_lat"]] for row in rows for end in ("origin", "dest")}
    return [{"code": code, "at": at} for code, at in sorted(places.items())]


def _labelled(rows: list[dict[str, Any]], places: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The places that are named: all where few, else those that most legs touch."""
    touched = Counter(row[end] for row in rows for end in ("origin", "dest"))
    named = {code for code, _ in sorted(touched.items(), key=lambda each: (-each[1], each[0]))[:_LABELS]}
    return [place for place in places if place["code"] in named]


def _rgb(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def _view(placed: pl.DataFrame, height: int) -> pdk.ViewState:
    """Centred on the airports, zoomed so that they fit `height` with a margin."""
    lats = [*placed["origin_lat"], *placed["dest_lat"]]
    lons = [*placed["origin_lon"], *placed["dest_lon"]]
    south, north, west, east = min(lats), max(lats), min(lons), max(lons)
    tall, wide = max(north - south, 3.0) * 1.6, max(east - west, 5.0) * 1.35
    # One world is 512 pixels wide at zoom 0; degrees of latitude grow by 1 / cos.
    zoom_y = math.log2(height * 360 * math.cos(math.radians((north + south) / 2)) / (512 * tall))
    zoom_x = math.log2(_NARROWEST_PX * 360 / (512 * wide))
    return pdk.ViewState(
        latitude=(north + south) / 2, longitude=(west + east) / 2, zoom=min(zoom_x, zoom_y, 6.0)
    )
