"""Scans that open only the files which can hold what is asked for; and the clocks of both ends."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from tiny_lake import flight_rows, put

from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS
from aeroflux_assets.contracts.model import PREDICTIONS
from aeroflux_assets.extents import extent
from aeroflux_assets.lake import Lake
from dashboard.queries.clocks import local_time, with_clocks
from dashboard.queries.pruning import scan_between
from dashboard.queries.worklist import worklist

PART = {"year": 2024}


@pytest.fixture
def daily(tmp_path: Path) -> Lake:
    """The tiny lake's flights, one file a day."""
    lake = Lake(tmp_path / "lake")
    rows = pl.DataFrame(
        [{name: row.get(name) for name in CLEANED_FLIGHTS.names} for row in flight_rows()],
        schema=CLEANED_FLIGHTS.schema,
    )
    days = rows.partition_by("flight_date", maintain_order=True)
    lake.write(CLEANED_FLIGHTS, days, PART)
    return lake


def test_only_the_files_that_can_hold_the_rows_are_opened(daily: Lake) -> None:
    files = daily.files("cleaned_flights", [PART])
    day = date(2024, 6, 11)
    assert [extent(file, "flight_date") == (day, day) for file in files] == [False, True, False]
    for file in (files[0], files[2]):  # what is not opened need not be readable
        file.write_bytes(b"")

    found = scan_between(daily, CLEANED_FLIGHTS, [PART], "flight_date", day, day).collect()

    assert found.columns == ["year", *CLEANED_FLIGHTS.names]
    assert found["flight_date"].unique().to_list() == [day]
    assert found.height == sum(row["flight_date"] == day for row in flight_rows())


def test_bounds_are_included_and_columns_chosen(daily: Lake) -> None:
    ids = sorted(row["flight_id"] for row in flight_rows())
    found = scan_between(daily, CLEANED_FLIGHTS, [PART], "flight_id", ids[3], ids[20], ("flight_id", "tail"))
    assert found.collect()["flight_id"].sort().to_list() == ids[3:21]
    assert found.collect_schema().names() == ["year", "flight_id", "tail"]


def test_what_was_never_made_and_what_lies_outside_is_empty(daily: Lake) -> None:
    wanted = [{"scored_year": 2024, "cutoff": "T-0"}]
    nothing = scan_between(daily, PREDICTIONS, wanted, "flight_id", 0, 9).collect()
    assert nothing.schema == {"scored_year": pl.Int32(), "cutoff": pl.String(), **PREDICTIONS.schema}
    assert scan_between(daily, CLEANED_FLIGHTS, [PART], "flight_id", -9, -1).collect().is_empty()


def test_an_empty_table_has_no_extent_and_no_rows(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    put(lake, CLEANED_FLIGHTS, [], PART)
    assert scan_between(lake, CLEANED_FLIGHTS, [PART], "flight_id", 0, 9).collect().is_empty()


def test_actual_times_stand_on_the_clock_of_their_end(whole: Lake) -> None:
    flights = whole.scan("cleaned_flights", [PART]).filter(pl.col("flight_number") == 204).collect()
    row = with_clocks(whole, flights).row(0, named=True)
    assert (row["origin_time_zone"], row["dest_city"]) == ("America/New_York", "Los Angeles")
    assert (row["dep_local"], row["arr_local"]) == (datetime(2024, 6, 10, 16), datetime(2024, 6, 10, 15))
    cancelled = whole.scan("cleaned_flights", [PART]).filter("is_cancelled").collect()
    assert with_clocks(whole, cancelled)["dep_local"].to_list() == [None, None]


def test_local_times_follow_daylight_saving_and_unknown_zones_have_none() -> None:
    rows = pl.DataFrame(
        {"at": [datetime(2024, 3, 10, 6, 59), datetime(2024, 3, 10, 7), datetime(2024, 3, 10, 7)],
         "zone": ["America/New_York", "America/New_York", None]},
    )  # fmt: skip
    local = rows.select(local_time("at", "zone", ["America/New_York"]).alias("local"))["local"]
    assert local.to_list() == [datetime(2024, 3, 10, 1, 59), datetime(2024, 3, 10, 3), None]


def test_flights_cleaned_before_a_column_that_no_page_shows_are_still_read(tmp_path: Path) -> None:
    older = replace(
        CLEANED_FLIGHTS,
        columns=tuple(column for column in CLEANED_FLIGHTS.columns if column.name != "gate_left_utc"),
        rules=(),
    )
    put(Lake(tmp_path / "lake"), older, flight_rows(), PART)
    found = worklist(Lake(tmp_path / "lake"), datetime(2024, 6, 10, 12), 3)
    assert found.flights.height == 4
