"""A tiny invented lake: 40 flights of 2024-06-10 to 12 by four aircraft, small enough to count by hand."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from aeroflux_assets.contracts.base import Contract
from aeroflux_assets.contracts.cleaned import AIRPORTS, CLEANED_FLIGHTS, QUARANTINED_FLIGHTS
from aeroflux_assets.contracts.ledger import LEDGER
from aeroflux_assets.contracts.model import METRICS, PREDICTIONS
from aeroflux_assets.contracts.propagation import PROPAGATION
from aeroflux_assets.contracts.raw_flights import RAW_FLIGHTS
from aeroflux_assets.contracts.reference import RAW_AIRCRAFT
from aeroflux_assets.contracts.rotation import ROTATIONS
from aeroflux_assets.contracts.summaries import SUMMARY_CUTOFFS, SUMMARY_MONTHS, SUMMARY_YEARS
from aeroflux_assets.contracts.weather import FLIGHTS_WITH_WEATHER, WEATHER_AT_CUTOFF
from aeroflux_assets.lake import Lake
from aeroflux_assets.rotation.ledger import build_ledger
from aeroflux_assets.rotation.legs import build_rotations
from aeroflux_assets.summaries.cutoffs import summarize_cutoff
from aeroflux_assets.summaries.delay_tables import (
    make_summary_carried,
    make_summary_network,
    make_summary_outliers,
    make_summary_traffic,
    make_summary_weather,
)
from aeroflux_assets.summaries.years import summarize_months, summarize_year

YEAR = 2024
DAYS = tuple(date(2024, 6, day) for day in (10, 11, 12))
CUTOFF = "T-2h"
UTC_OFFSET_H = {"ATL": -4, "BOS": -4, "ORD": -5, "LAX": -7}
AIRPORT_ROWS = [
    ("ATL", "Hartsfield", "Atlanta", 33.64, -84.43, "America/New_York"),
    ("BOS", "Logan", "Boston", 42.36, -71.01, "America/New_York"),
    ("ORD", "O'Hare", "Chicago", 41.98, -87.90, "America/Chicago"),
    ("LAX", "Los Angeles Intl", "Los Angeles", 33.94, -118.41, "America/Los_Angeles"),
]
# Carrier, first flight number, legs as (route, UTC hour of scheduled departure); every block is 120 minutes.
TAILS: Mapping[str, tuple[str, int, list[tuple[str, int]]]] = {
    "N101DL": ("DL", 101, [("ATL-BOS", 11), ("BOS-ATL", 14), ("ATL-ORD", 17), ("ORD-ATL", 20)]),
    "N102DL": ("DL", 201, [("BOS-ATL", 11), ("ATL-BOS", 14), ("BOS-ATL", 17), ("ATL-LAX", 20)]),
    "N8731A": ("WN", 123, [("ORD-LAX", 12), ("LAX-ORD", 15), ("ORD-BOS", 18)]),
    "N9E45": ("9E", 4512, [("ATL-ORD", 13), ("ORD-ATL", 16)]),
}
# Arrival delays, by tail and day; every other leg is on time. One is cancelled (None).
DELAYS: Mapping[tuple[str, int], list[int | None]] = {
    ("N101DL", 0): [5, 41, 20, 0],
    ("N102DL", 1): [15, 14, -3, 30],
    ("N8731A", 2): [0, None, 0],
}


def block_min() -> timedelta:
    return timedelta(minutes=120)


def _leg(tail: str, day: int, leg: int) -> dict[str, Any]:
    carrier, first, legs = TAILS[tail]
    route, hour = legs[leg]
    origin, dest = route.split("-")
    delay = DELAYS.get((tail, day), [0] * len(legs))[leg]
    dep = datetime.combine(DAYS[day], datetime.min.time()) + timedelta(hours=hour)
    flown = delay is not None
    late = timedelta(minutes=delay or 0)
    return {
        "flight_id": (day + 1) * 1000 + list(TAILS).index(tail) * 10 + leg,
        "flight_date": DAYS[day],
        "carrier": carrier,
        "flight_number": first + leg,
        "tail": tail,
        "origin": origin,
        "dest": dest,
        "sched_dep_utc": dep,
        "sched_arr_utc": dep + block_min(),
        "sched_dep_local": dep + timedelta(hours=UTC_OFFSET_H[origin]),
        "sched_arr_local": dep + block_min() + timedelta(hours=UTC_OFFSET_H[dest]),
        "dep_utc": dep + late if flown else None,
        "arr_utc": dep + late + block_min() if flown else None,
        "sched_block_min": 120,
        "dep_delay_min": delay,
        "arr_delay_min": delay,
        "is_arr_late15": delay >= 15 if delay is not None else None,
        "is_cancelled": not flown,
        "cancellation_code": None if flown else "B",
        "is_diverted": False,
        "distance_mi": 900,
        "sched_arr_clock_gap_min": 0,
        "dep_clock_gap_min": 60 if (tail, leg) == ("N9E45", 0) else 0,
        "source_month": 6,
        "source_row": leg,
    }


def flight_rows() -> list[dict[str, Any]]:
    """39 flights with a tail, and one cancelled without."""
    rows = [
        _leg(tail, day, leg)
        for day in range(len(DAYS))
        for tail, (_, _, legs) in TAILS.items()
        for leg in range(len(legs))
    ]
    nameless = {**_leg("N9E45", 0, 1), "flight_id": 9999, "flight_number": 7, "tail": None, "carrier": "DL"}
    gone = dict.fromkeys(("dep_utc", "arr_utc", "dep_delay_min", "arr_delay_min", "is_arr_late15"))
    return [*rows, {**nameless, **gone, "is_cancelled": True, "cancellation_code": "A"}]


def known_rows() -> list[dict[str, Any]]:
    """What was known two hours before: the leg before, departed but never landed, as the gaps are an hour."""
    rows = []
    by_id = {row["flight_id"]: row for row in flight_rows()}
    for row in by_id.values():
        up = by_id.get(row["flight_id"] - 1)
        linked = up is not None and row["tail"] == up["tail"] and not up["is_cancelled"]
        known: dict[str, Any] = {"flight_id": row["flight_id"], "up1_is_linked": float(linked)}
        known |= {"up2_is_linked": 0.0, "up3_is_linked": 0.0}
        if linked and up is not None:
            at = row["sched_dep_utc"] - timedelta(hours=2)
            landed, departed = up["arr_utc"] <= at, up["dep_utc"] <= at
            known |= {
                "up1_flight_id": up["flight_id"],
                "up1_has_departed": float(departed),
                "up1_has_landed": float(landed),
                "up1_dep_delay_min": float(up["dep_delay_min"]) if departed else None,
                "up1_arr_delay_min": float(up["arr_delay_min"]) if landed else None,
                "up1_late_so_far_min": max(0.0, (at - up["sched_dep_utc"]).total_seconds() / 60 - 120),
                "slack_min": 60.0 - up["arr_delay_min"],
                "earliest_dep_delay_min": max(0.0, up["arr_delay_min"] - 45.0),
            }
        rows.append(known)
    return rows


def put(
    lake: Lake,
    contract: Contract,
    rows: list[dict[str, Any]],
    partition: Mapping[str, str | int] | None = None,
    notes: Mapping[str, Any] | None = None,
) -> None:
    """Write rows to a table; the columns that they do not name are null."""
    schema = contract.schema
    full = [{name: row.get(name) for name in schema} for row in rows]
    lake.write(contract, pl.DataFrame(full, schema=schema), partition or {}, notes=notes)


def _seen(row: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """Weather at both ends but for flights to LAX, whose station is silent."""
    seen = {"flight_id": row["flight_id"], "cutoff_utc": at, "dep_obs_utc": at - timedelta(minutes=7)}
    seen |= {
        "dep_temp_c": 21.4,
        "dep_wind_speed_m_s": 5.2,
        "dep_visibility_m": 16093,
        "dep_ceiling_height_m": 22000,
    }
    if row["dest"] != "LAX":
        seen |= {"arr_obs_utc": at - timedelta(minutes=9), "arr_temp_c": 10.0}
    return seen


def write_flights(lake: Lake, source: str = "mirror") -> None:
    """The half of a lake: flights only, with what cleaning noted."""
    raw = {"months": [6], "missing_months": [1, 2], "source": source}
    put(lake, RAW_FLIGHTS, [{"Year": YEAR}], {"year": YEAR}, raw)
    names = ("airport", "airport_name", "municipality", "latitude_deg", "longitude_deg", "time_zone")
    put(lake, AIRPORTS, [dict(zip(names, row, strict=True)) for row in AIRPORT_ROWS])
    cleaned = {
        "quarantined": {"origin has no known time zone": 2, "duplicate of another row": 1},
        "rows_in": 43,
        "duplicates": 1,
        "unplaceable_cancelled": 1,
        "unmatched_airports": {"XXX": 2},
        "clock_gaps": {},
    }
    put(lake, CLEANED_FLIGHTS, flight_rows(), {"year": YEAR}, cleaned)
    put(lake, QUARANTINED_FLIGHTS, [{"reason": "duplicate of another row"}] * 3, {"year": YEAR})


def write_whole(lake: Lake, source: str = "mirror") -> None:
    """A whole tiny lake: one year, one cutoff, two feature sets, its summaries."""
    write_flights(lake, source)
    rows = flight_rows()
    at = {"year": YEAR, "cutoff": CUTOFF}
    put(
        lake, RAW_AIRCRAFT, [{"tail": "N8731A", "manufacturer": "BOEING", "model": "737-8", "year_mfr": 2018}]
    )
    put(lake, ROTATIONS, [_rotation(row) for row in rows if row["tail"]], {"year": YEAR})
    flights = lake.scan("cleaned_flights", [{"year": YEAR}])
    lake.write(LEDGER, build_ledger(flights, build_rotations(flights, YEAR), YEAR), {"year": YEAR})
    put(lake, FLIGHTS_WITH_WEATHER, [_seen(row, row["sched_dep_utc"]) for row in rows], {"year": YEAR})
    early = timedelta(hours=2)
    put(lake, WEATHER_AT_CUTOFF, [_seen(row, row["sched_dep_utc"] - early) for row in rows], at)
    put(lake, PROPAGATION, known_rows(), at)
    scored = {"scored_year": YEAR, "cutoff": CUTOFF}
    put(lake, PREDICTIONS, [_prediction(row, name) for row in rows for name in FEATURE_SETS], scored)
    put(lake, METRICS, [{**_METRIC, "feature_set": name} for name in FEATURE_SETS], scored)
    lake.write(SUMMARY_YEARS, summarize_year(lake, YEAR), {"year": YEAR})
    lake.write(SUMMARY_MONTHS, summarize_months(lake, YEAR), {"year": YEAR})
    lake.write(SUMMARY_CUTOFFS, summarize_cutoff(lake, YEAR, CUTOFF), at)
    make_summary_traffic(lake, YEAR)
    make_summary_carried(lake, YEAR)
    make_summary_weather(lake, YEAR)
    make_summary_network(lake, YEAR)
    make_summary_outliers(lake, YEAR)


FEATURE_SETS = ("aeroflux_full", "paper_schedule")
_METRIC = {
    "slice": "all", "role": "holdout", "train_years": "2023", "train_rows": 100, "rows": 38, "base_rate": 0.1,
    "auc": 0.81, "pr_auc": 0.6, "brier": 0.1, "ece": 0.02, "mae": 9.5, "rmse": 20.0, "seconds": 1.0,
    "f1": 0.5, "precision": 0.6, "recall": 0.4, "accuracy": 0.9,
}  # fmt: skip


def _rotation(row: Mapping[str, Any]) -> dict[str, Any]:
    first = row["flight_id"] % 10 == 0
    return {
        **row,
        "prev_flight_id": None if first else row["flight_id"] - 1,
        "sched_turnaround_min": None if first else 60,
        "aircraft_leg_number_day": row["flight_id"] % 10 + 1,
        "rotation_continuity_flag": None if first else True,
        "is_swap_shaped": row["tail"] == "N9E45",
    }


def _prediction(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    sure = name == "aeroflux_full" and (row["arr_delay_min"] or 0) >= 15
    return {
        "flight_id": row["flight_id"],
        "feature_set": name,
        "prob_late15": 0.75 if sure else 0.25,
        "pred_arr_delay_min": 22.0 if sure else 4.0,
    }
