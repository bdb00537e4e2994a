"""Raw observations to one row a station and time: what is nulled, dropped, kept."""

from typing import Any

import pytest
from builders import at, raw_weather

from aeroflux_assets.cleaned.observations import clean_weather
from aeroflux_assets.contracts.base import violations
from aeroflux_assets.contracts.cleaned import CLEANED_WEATHER

Row = dict[str, Any]
VALUES = {
    "temp_c": 20.0,
    "dew_point_c": 10.0,
    "wind_dir_deg": 270,
    "wind_speed_m_s": 5.0,
    "ceiling_height_m": 1500,
    "visibility_m": 16000,
}
FLAGS = {
    "temp_c": "temp_quality",
    "dew_point_c": "dew_point_quality",
    "wind_dir_deg": "wind_dir_quality",
    "wind_speed_m_s": "wind_speed_quality",
    "ceiling_height_m": "ceiling_quality",
    "visibility_m": "visibility_quality",
}


def report(minute: int = 52, station: str = "72219013874", **fields: Any) -> Row:
    good = dict.fromkeys(FLAGS.values(), "1")
    return {"station_id": station, "valid_utc": at(minute), "report_type": "FM-15"} | VALUES | good | fields


def clean(*rows: Row) -> list[Row]:
    frame = clean_weather(raw_weather(rows))
    assert violations(CLEANED_WEATHER, frame) == []
    return frame.collect().to_dicts()


@pytest.mark.parametrize("flag", ["2", "3", "6", "7", " 3 "])
@pytest.mark.parametrize("value", list(FLAGS))
def test_a_suspect_or_erroneous_value_becomes_null_alone(value: str, flag: str) -> None:
    (row,) = clean(report(**{FLAGS[value]: flag}))
    assert {name: row[name] for name in VALUES} == VALUES | {value: None}


@pytest.mark.parametrize("flag", ["0", "1", "4", "5", "9", "A", "C", None])
def test_other_flags_and_none_leave_the_value(flag: str | None) -> None:
    (row,) = clean(report(temp_quality=flag))
    assert row["temp_c"] == 20.0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temp_c", 65.5),
        ("temp_c", -95.5),
        ("wind_speed_m_s", 121.0),
        ("wind_dir_deg", 361),
        ("wind_dir_deg", -1),
    ],
)
def test_a_value_that_cannot_be_becomes_null_though_unmarked(name: str, value: float) -> None:
    (row,) = clean(report(**{name: value}))
    assert {n: row[n] for n in VALUES} == VALUES | {name: None}


@pytest.mark.parametrize("kind", ["SOD", "SOM", "SOD  ", " SOM"])
def test_summaries_of_day_and_month_are_no_observations(kind: str) -> None:
    assert clean(report(report_type=kind)) == []


@pytest.mark.parametrize("kind", ["FM-15", "FM-12", "SAO", None])
def test_observations_of_any_other_kind_stay(kind: str | None) -> None:
    assert len(clean(report(report_type=kind))) == 1


def test_of_several_reports_of_one_station_and_time_the_last_counts() -> None:
    rows = clean(report(temp_c=1.0), report(minute=60, temp_c=2.0), report(temp_c=3.0), report(temp_c=4.0))
    assert [row["temp_c"] for row in rows] == [4.0, 2.0]


def test_a_report_that_says_nothing_does_not_displace_one_that_does() -> None:
    (row,) = clean(report(temp_c=1.0), report(**dict.fromkeys(VALUES)))
    assert row["temp_c"] == 1.0


def test_a_report_with_pressure_alone_is_dropped() -> None:
    empty = dict.fromkeys(VALUES)
    assert clean(report(**empty, sea_level_pressure_hpa=1013.0)) == []
    assert clean(report(**empty | {"dew_point_c": 3.0, "wind_dir_deg": 10})) == []


def test_a_report_whose_only_value_is_bad_is_dropped() -> None:
    assert clean(report(**dict.fromkeys(VALUES) | {"temp_c": 20.0}, temp_quality="3")) == []


def test_rows_come_by_station_and_time() -> None:
    rows = clean(report(60, "B"), report(0, "B"), report(30, "A"))
    assert [(row["station_id"], row["valid_utc"]) for row in rows] == [
        ("A", at(30)),
        ("B", at(0)),
        ("B", at(60)),
    ]
