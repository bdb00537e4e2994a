"""A lookup as text for a terminal, and as JSON for a program."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import polars as pl

from dashboard.queries import words
from dashboard.queries.lookup_query import LookupResult

Row = Mapping[str, Any]
SHOWN_FLIGHTS = 12
_JSON_FLIGHT = (
    "flight_id", "flight_date", "carrier", "flight_number", "tail", "origin", "dest", "sched_dep_local",
    "sched_arr_local", "dep_local", "arr_local", "sched_dep_utc", "sched_arr_utc", "dep_utc", "arr_utc",
    "dep_delay_min", "arr_delay_min", "is_arr_late15", "is_cancelled", "cancellation_code", "is_diverted",
    "carrier_delay_min", "weather_delay_min", "nas_delay_min", "security_delay_min",
    "late_aircraft_delay_min",
)  # fmt: skip


def describe(result: LookupResult) -> str:
    """Every flight found: schedule, outcome, the aircraft's day, what was known, predictions."""
    blocks = [
        "\n".join(_flight_lines(result, flight))
        for flight in result.flights.head(SHOWN_FLIGHTS).iter_rows(named=True)
    ]
    more = result.flights.height - SHOWN_FLIGHTS
    if more > 0:
        blocks.append(f"... and {more} more flights: add a flight number, or an origin and destination.")
    if result.notes:
        blocks.append("\n".join(f"note: {note}" for note in result.notes))
    return "\n\n".join(blocks)


def as_record(result: LookupResult) -> str:
    """The same as JSON: a list of flights with `rotation`, `known` and `predictions`, and `notes`."""
    legs = upstream_by_id(result)
    flights = []
    for flight in result.flights.iter_rows(named=True):
        mine = pl.col("flight_id") == flight["flight_id"]
        known = [
            {**row, "words": _words(row, flight, legs, day_of(result, flight).to_dicts())}
            for row in result.known.filter(mine).drop("year", "lead_min", strict=False).iter_rows(named=True)
            for row in [{**row, "lead_min": _lead(result, row["cutoff"])}]
        ]
        flights.append(
            {
                **{name: flight[name] for name in _JSON_FLIGHT},
                "rotation": day_of(result, flight).select(_JSON_FLIGHT).to_dicts(),
                "known": known,
                "predictions": result.predictions.filter(mine)
                .select("cutoff", "feature_set", "prob_late15", "pred_arr_delay_min", "is_recalibrated")
                .to_dicts(),
            }
        )
    return json.dumps({"flights": flights, "notes": list(result.notes)}, indent=1, default=_json_value)


def upstream_by_id(result: LookupResult) -> dict[int, Row]:
    """The legs that `known` links to, by flight_id."""
    return {row["flight_id"]: row for row in result.upstream.iter_rows(named=True)}


def _lead(result: LookupResult, cutoff: str) -> int:
    return int(result.known.filter(pl.col("cutoff") == cutoff)["lead_min"][0])


def _json_value(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def day_of(result: LookupResult, flight: Row) -> pl.DataFrame:
    """The legs of the flight's aircraft; none where its tail is not reported."""
    return result.rotation.filter(pl.col("tail").eq_missing(pl.lit(flight["tail"], dtype=pl.String)))


def aircraft_of(result: LookupResult, flight: Row) -> str | None:
    """The aircraft in words, from the registry; None where it is not known."""
    same = pl.col("tail").eq_missing(pl.lit(flight["tail"], dtype=pl.String))
    rows = result.aircraft.filter(same).to_dicts()
    return words.aircraft(rows[0] if rows else None, flight["flight_date"].year)


def _flight_lines(result: LookupResult, flight: Row) -> list[str]:
    dep, arr = flight["sched_dep_local"], flight["sched_arr_local"]
    lines = [
        f"{words.name(flight)}  {flight['flight_date']}  {_tail(result, flight)}",
        f"  scheduled  {words.clock(dep)} -> {words.clock(arr, dep)} local"
        f"  (UTC {words.clock(flight['sched_dep_utc'])} -> {words.clock(flight['sched_arr_utc'])})",
        f"  flown      {_flown(flight)}",
    ]
    if day_line := _day_line(result, flight):
        lines.append(f"  aircraft   {day_line}")
    legs, day = upstream_by_id(result), day_of(result, flight).to_dicts()
    mine = pl.col("flight_id") == flight["flight_id"]
    weather = {row["cutoff"]: row for row in result.weather.filter(mine).iter_rows(named=True)}
    for known in result.known.filter(mine).iter_rows(named=True):
        lines += _known_lines(known, flight, legs, day, weather.get(known["cutoff"]))
    lines += _prediction_lines(result.predictions.filter(mine), flight)
    return lines


def _tail(result: LookupResult, flight: Row) -> str:
    if flight["tail"] is None:
        return "tail not reported"
    what = aircraft_of(result, flight)
    return f"{flight['tail']} ({what})" if what else str(flight["tail"])


def _flown(flight: Row) -> str:
    if flight["is_cancelled"]:
        return words.outcome(flight)
    base = flight["sched_dep_local"]
    times = f"{words.clock(flight['dep_local'], base)} -> {words.clock(flight['arr_local'], base)} local"
    return f"{times}  {words.outcome(flight)}"


def _day_line(result: LookupResult, flight: Row) -> str | None:
    """The aircraft's legs of the date with arrival delays, this one in brackets."""
    legs = day_of(result, flight)
    if legs.is_empty():
        return None
    texts = []
    for leg in legs.filter("of_day").iter_rows(named=True):
        text = f"{words.name(leg)} {words.short_outcome(leg)}"
        texts.append(f"[{text}]" if leg["flight_id"] == flight["flight_id"] else text)
    return " | ".join(texts)


def _words(known: Row, flight: Row, legs: Mapping[int, Row], day: Sequence[Row]) -> list[str]:
    """The upstream legs known, the one that came after all, and the slack."""
    extra = (words.hindsight(known, flight, day), words.slack(known))
    return [*words.upstream_legs(known, flight, legs), *(text for text in extra if text)]


def _known_lines(
    known: Row, flight: Row, legs: Mapping[int, Row], day: Sequence[Row], weather: Row | None
) -> list[str]:
    utc, local = words.cutoff_time(flight, known["lead_min"])
    parts = _words(known, flight, legs, day)
    for end, place in (("dep", "origin"), ("arr", "dest")):
        if weather and (seen := words.weather(weather, end, utc)):
            parts.append(f"{flight[place]} {seen}")
    head = f"  known at {known['cutoff']} ({words.clock(local, flight['sched_dep_local'])} local):"
    return [head, *(f"    {part}" for part in parts)]


def _prediction_lines(predictions: pl.DataFrame, flight: Row) -> list[str]:
    if predictions.is_empty():
        return []
    width = max(map(len, predictions["feature_set"].to_list()))
    lines = [
        f"    {row['cutoff']:<8} {row['feature_set']:<{width}}  {words.prediction(row)}"
        for row in predictions.iter_rows(named=True)
    ]
    return [f"  predicted  (what happened: {words.outcome(flight)})", *lines]
