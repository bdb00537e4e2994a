"""Rows for the tests: cleaned flights in minutes after one midnight, raw BTS rows, their CSV text, airports."""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from aeroflux_assets.contracts.cleaned import AIRPORTS, CLEANED_FLIGHTS, CLEANED_WEATHER
from aeroflux_assets.contracts.raw_flights import RAW_FLIGHTS
from aeroflux_assets.contracts.raw_weather import RAW_WEATHER

Row = dict[str, Any]

# A Wednesday with no holiday near; minutes in `flight` count from its midnight, UTC.
DAY = datetime(2024, 6, 12)
ZONES = {
    "ATL": "America/New_York",
    "BHM": "America/Chicago",
    "DEN": "America/Denver",
    "PHX": "America/Phoenix",
    "LAX": "America/Los_Angeles",
    "JFK": "America/New_York",
    "HNL": "Pacific/Honolulu",
    "GUM": "Pacific/Guam",
}


def at(minute: int) -> datetime:
    """The time `minute` minutes after DAY."""
    return DAY + timedelta(minutes=minute)


def epoch_minute(when: datetime) -> int:
    """Whole minutes since 1970 of a naive UTC time."""
    return int(when.replace(tzinfo=UTC).timestamp()) // 60


def flight(
    flight_id: int,
    dep: int,
    *,
    block: int = 60,
    origin: str = "AAA",
    dest: str = "BBB",
    dep_delay: int | None = 0,
    arr_delay: int | None = None,
    cancelled: bool = False,
    diverted: bool = False,
    returned: bool = False,
    tail: str | None = "N1",
    **more: Any,
) -> Row:
    """A row of `cleaned_flights` scheduled `dep` minutes after DAY for `block` minutes; local times are UTC.

    arr_delay None stands for that of the departure. A cancelled flight has no outcome, a diverted one no arrival.
    returned: it left its gate after dep_delay, came back, and was cancelled.
    """
    sched_dep, sched_arr = at(dep), at(dep + block)
    gate_left = sched_dep + timedelta(minutes=dep_delay or 0) if returned else None
    cancelled |= returned
    left = None if cancelled else dep_delay
    late = None if cancelled or diverted else (dep_delay if arr_delay is None else arr_delay)
    dep_utc = None if left is None else sched_dep + timedelta(minutes=left)
    arr_utc = None if late is None else sched_arr + timedelta(minutes=late)
    row: Row = {
        "flight_id": flight_id,
        "flight_date": sched_dep.date(),
        "carrier": "AA",
        "flight_number": 1,
        "tail": tail,
        "origin": origin,
        "dest": dest,
        "sched_dep_local": sched_dep,
        "sched_arr_local": sched_arr,
        "sched_dep_utc": sched_dep,
        "sched_arr_utc": sched_arr,
        "dep_utc": dep_utc,
        "gate_left_utc": gate_left,
        "wheels_off_utc": None if dep_utc is None else dep_utc + timedelta(minutes=12),
        "wheels_on_utc": None if arr_utc is None else arr_utc - timedelta(minutes=6),
        "arr_utc": arr_utc,
        "sched_block_min": block,
        "block_min": None if late is None or left is None else block + late - left,
        "dep_delay_min": left,
        "arr_delay_min": late,
        "is_arr_late15": None if late is None else late >= 15,
        "taxi_out_min": None if dep_utc is None and gate_left is None else 12,
        "taxi_in_min": None if arr_utc is None else 6,
        "distance_mi": 300,
        "is_cancelled": cancelled,
        "is_diverted": diverted,
        "source_month": sched_dep.month,
        "source_row": flight_id,
    }
    return row | more


def cleaned_flights(rows: Iterable[Row]) -> pl.LazyFrame:
    """Rows under the `cleaned_flights` contract; what a row leaves out is null."""
    return _under(CLEANED_FLIGHTS.schema, rows).lazy()


def cleaned_weather(rows: Iterable[Row]) -> pl.LazyFrame:
    """Rows under the `cleaned_weather` contract."""
    return _under(CLEANED_WEATHER.schema, rows).lazy()


def raw_weather(rows: Iterable[Row]) -> pl.LazyFrame:
    """Rows under the `raw_weather` contract."""
    return _under(RAW_WEATHER.schema, rows).lazy()


def _under(schema: pl.Schema, rows: Iterable[Row]) -> pl.DataFrame:
    known = [{name: row.get(name) for name in schema.names()} for row in rows]
    for row in rows:
        assert set(row) <= set(schema.names()), f"no such column: {set(row) - set(schema.names())}"
    return pl.DataFrame(known, schema=schema)


def wanted(*ids: int) -> pl.DataFrame:
    """The flights to answer for."""
    return pl.DataFrame({"flight_id": pl.Series(ids, dtype=pl.Int64)})


def airports(zones: Mapping[str, str] = ZONES) -> pl.DataFrame:
    """The `airports` table for some codes and their zones; coordinates count up."""
    rows = [
        {
            "airport": code,
            "latitude_deg": 30.0 + i,
            "longitude_deg": -80.0 - i,
            "time_zone": zone,
            "time_zone_from": "coordinates",
        }
        for i, (code, zone) in enumerate(zones.items())
    ]
    return _under(AIRPORTS.schema, rows)


# ---- raw BTS rows ---------------------------------------------------------------------------------------
def raw_flight(row: int = 0, **fields: Any) -> Row:
    """A row of `raw_flights`: ATL to JFK, 2024-06-12, 10:00 to 12:10, on time; `fields` change it."""
    return {
        "source_month": 6,
        "source_row": row,
        "FlightDate": date(2024, 6, 12),
        "Reporting_Airline": "DL",
        "Flight_Number_Reporting_Airline": 100 + row,
        "Tail_Number": "N100DL",
        "Origin": "ATL",
        "Dest": "JFK",
        "CRSDepTime": "1000",
        "DepTime": "1000",
        "DepDelay": 0.0,
        "TaxiOut": 15.0,
        "TaxiIn": 5.0,
        "CRSArrTime": "1210",
        "ArrTime": "1210",
        "ArrDelay": 0.0,
        "Cancelled": 0.0,
        "Diverted": 0.0,
        "CRSElapsedTime": 130.0,
        "ActualElapsedTime": 130.0,
        "AirTime": 110.0,
        "Distance": 760.0,
    } | fields


def cancelled_flight(row: int = 0, **fields: Any) -> Row:
    """A raw row of a cancelled flight: no outcome at all."""
    gone = ("DepTime", "DepDelay", "TaxiOut", "TaxiIn", "ArrTime", "ArrDelay", "ActualElapsedTime", "AirTime")
    return raw_flight(row, Cancelled=1.0, CancellationCode="B", **dict.fromkeys(gone)) | fields


def raw_flights(rows: Sequence[Row]) -> pl.LazyFrame:
    """Rows under the `raw_flights` contract."""
    return _under(RAW_FLIGHTS.schema, rows).lazy()


# A published row as written; NotRead stands for the many columns that are left out.
CSV_FIELDS = {
    "Year": "2024",
    "Month": "6",
    "FlightDate": "2024-06-12",
    "Reporting_Airline": '"DL"',
    "NotRead": '"x,y"',
    "Tail_Number": '"N100DL"',
    "Flight_Number_Reporting_Airline": '"100"',
    "Origin": '"ATL"',
    "Dest": '"JFK"',
    "CRSDepTime": '"0930"',
    "DepTime": '"0931"',
    "DepDelay": "1.00",
    "CRSArrTime": '"1140"',
    "ArrTime": '"1135"',
    "ArrDelay": "-5.00",
    "Cancelled": "0.00",
    "Diverted": "0.00",
    "CRSElapsedTime": "130.00",
    "ActualElapsedTime": "124.00",
    "Distance": "760.00",
}
OLD_HEADER = {
    "Reporting_Airline": "UniqueCarrier",
    "Tail_Number": "TailNum",
    "Flight_Number_Reporting_Airline": "FlightNum",
}


def bts_csv(*rows: Mapping[str, str], header: Mapping[str, str] | None = None, without: str = "") -> str:
    """The text of a month's CSV with the trailing comma that BTS writes; `rows` change CSV_FIELDS as written."""
    names = [name for name in CSV_FIELDS if name != without]
    head = io.StringIO()
    csv.writer(head, quoting=csv.QUOTE_ALL).writerow([(header or {}).get(name, name) for name in names])
    lines = [head.getvalue().strip()]
    lines += [",".join({**CSV_FIELDS, **row}[name] for name in names) for row in rows]
    return "".join(f"{line},\n" for line in lines)


def zipped(path: Path, **members: str) -> Path:
    """A zip archive of members by name."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path
