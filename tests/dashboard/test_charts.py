"""The figures: what they draw, and that they draw with half a lake."""

from datetime import datetime, timedelta
from itertools import pairwise

import plotly.graph_objects as go
import polars as pl
import pytest

from aeroflux_assets.lake import Lake
from dashboard.charts import overview as charts
from dashboard.charts.predictions import belief_line
from dashboard.charts.rotation import in_zone, rotation_gantt
from dashboard.charts.route_map import great_circle, outline, route_map
from dashboard.charts.theme import GREEN, GREY, ORANGE, VERMILLION, late_colour
from dashboard.queries import overview
from dashboard.queries.lookup import find_flights
from dashboard.queries.lookup_query import LookupResult, parse_query


@pytest.fixture(scope="module")
def found(whole: Lake) -> LookupResult:
    return find_flights(whole, parse_query(tail="N8731A", day="2024-06-12"))


def test_lateness_has_four_colours() -> None:
    assert [late_colour(value) for value in (-5, 14, 15, 59, 60, None)] == [
        GREEN,
        GREEN,
        ORANGE,
        ORANGE,
        VERMILLION,
        GREY,
    ]


def test_months_outside_of_the_lake_stay_empty(whole: Lake) -> None:
    heat = charts.month_heatmap(overview.months_frame(whole, (2024,))).data[0]
    assert [share is None for share in heat.z[0]] == [month != 6 for month in range(1, 13)]


def test_overview_figures_are_drawn(whole: Lake) -> None:
    years = (2024,)
    for figure in (
        charts.share_by_year(overview.years_frame(whole, years)),
        charts.links_by_cutoff(overview.cutoffs_frame(whole, years)),
    ):
        assert isinstance(figure, go.Figure)
        assert len(figure.data) > 0


def test_gantt_leaves_a_cancelled_leg_without_a_flown_bar(found: LookupResult) -> None:
    selected = found.flights["flight_id"][0]
    at = datetime(2024, 6, 12, 10)
    figure = rotation_gantt(
        found.rotation, selected, "America/Chicago", [("T-2h", at), ("T-24h", at - timedelta(days=1))]
    )
    scheduled, flown = figure.data[0], figure.data[1]
    assert (len(scheduled.x), len(flown.x)) == (3, 2)
    assert scheduled.text[1] == "cancelled"
    assert scheduled.base[0] == datetime(2024, 6, 12, 7)
    # A day before would squeeze the legs into a corner.
    assert [note.text for note in figure.layout.annotations] == ["T-2h"]


def test_times_follow_daylight_saving() -> None:
    assert in_zone(datetime(2024, 3, 10, 6, 59), "America/New_York") == datetime(2024, 3, 10, 1, 59)
    assert in_zone(datetime(2024, 3, 10, 7, 0), "America/New_York") == datetime(2024, 3, 10, 3, 0)


def test_map_needs_no_network(found: LookupResult) -> None:
    deck = route_map(found.rotation, found.flights["flight_id"][0])
    assert deck is not None
    text = deck.to_json()
    assert "http" not in text
    assert '"mapStyle": "/app/static/blank.json"' in text
    assert [place["code"] for place in deck.layers[2].data] == ["BOS", "LAX", "ORD"]


def test_map_without_coordinates_is_none(found: LookupResult) -> None:
    bare = found.rotation.with_columns(pl.lit(None, dtype=pl.Float64).alias("origin_lat"))
    assert route_map(bare, 0) is None


def test_great_circles_run_on_over_the_date_line() -> None:
    path = great_circle(35.0, 140.0, 21.3, -157.9)
    assert all(abs(b[0] - a[0]) < 10 for a, b in pairwise(path))
    assert path[-1][0] == pytest.approx(-157.9 + 360)


@pytest.mark.parametrize(
    ("name", "lon", "lat", "on_land"),
    [
        ("ATL", -84.43, 33.64, True),
        ("DEN", -104.67, 39.86, True),
        ("ANC", -150.0, 61.18, True),
        ("HNL", -157.92, 21.33, True),
        ("SJU", -66.0, 18.44, True),
        ("Gulf of Mexico", -90.0, 26.0, False),
        ("Pacific", -130.0, 40.0, False),
    ],
)
def test_outline_holds_the_land_and_not_the_sea(name: str, lon: float, lat: float, on_land: bool) -> None:
    rings = [ring for shape in outline()["features"] for (ring,) in shape["geometry"]["coordinates"]]
    assert any(_inside(lon, lat, ring) for ring in rings) is on_land, name


def _inside(x: float, y: float, ring: list[list[float]]) -> bool:
    crossings = 0
    for (x1, y1), (x2, y2) in pairwise(ring):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            crossings += 1
    return crossings % 2 == 1


def test_the_belief_has_a_line_and_the_other_sets_thin_ones(found: LookupResult) -> None:
    first = found.flights["flight_id"][0]
    mine = found.predictions.filter(pl.col("flight_id") == first)
    steps = pl.DataFrame(
        {"cutoff": ["T-2h", "T-0"], "prob_late15": [0.3, 0.52], "pred_arr_delay_min": [4.0, 21.0],
         "points": [None, 22.0], "facts": ["", "inbound landed"]}
    )  # fmt: skip
    figure = belief_line(steps, mine.filter(pl.col("feature_set") != "aeroflux_full"), 0.2)
    assert [line.name for line in figure.data] == ["paper_schedule", None]
    assert list(figure.data[1].text) == ["30%", "52% (+22)"]
