"""The flights of the next hours at a moment, ranked by risk as it stood then, and what became of them.

Point in time: a flight counts by the prediction of the latest cutoff that had come by the moment (`predicted`),
its reasons are facts known at that cutoff, and a flight none of whose cutoffs had come stands as not predicted
yet. What became of it is in columns of its own, from the finished record.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from aeroflux_assets.contracts.base import Contract
from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS
from aeroflux_assets.contracts.propagation import AIRPORT_STATE, PROPAGATION
from aeroflux_assets.contracts.weather import WEATHER_AT_CUTOFF
from aeroflux_assets.lake import Lake, Partition
from dashboard.queries import words
from dashboard.queries.clocks import with_clocks
from dashboard.queries.coverage import middle_day
from dashboard.queries.inventory import years_of
from dashboard.queries.lookup import KNOWN, LEG
from dashboard.queries.predicted import (
    LEADS,
    cutoffs_of,
    latest_cutoff,
    lead_min,
    predictions_of,
    preferred_set,
    years_between,
)
from dashboard.queries.pruning import scan_between
from dashboard.queries.reasons import STATE_COLUMNS, facts, in_words

# Local dates begin up to 10 hours before the UTC date and end up to 11 after it.
ZONE_MARGIN = timedelta(hours=14)
LATE_MIN = 15


@dataclass(frozen=True)
class Worklist:
    """The flights scheduled to leave in [moment, moment + hours), the likeliest late first.

    flights: a row each, with `cutoff` and `cutoff_utc` (the prediction's), `prob_late15`, `pred_arr_delay_min`
    (null where not predicted yet) and the outcome as in `cleaned_flights`. feature_set: whose predictions. cutoffs:
    those in the lake for these dates, latest first.
    """

    moment: datetime
    hours: float
    flights: pl.DataFrame
    feature_set: str | None
    cutoffs: tuple[str, ...]


def worklist(
    lake: Lake,
    moment: datetime,
    hours: float = 3,
    *,
    airports: Sequence[str] = (),
    carriers: Sequence[str] = (),
    feature_set: str | None = None,
) -> Worklist:
    """The worklist at a UTC moment. airports: origins, all where empty. Reads the row groups of these hours only."""
    end = moment + timedelta(hours=hours)
    first, last = (moment - ZONE_MARGIN).date(), (end + ZONE_MARGIN).date()
    years = years_between(first, last)
    here: list[Partition] = [{"year": year} for year in years]
    due = (pl.col("sched_dep_utc") >= moment) & (pl.col("sched_dep_utc") < end)
    if airports:
        due &= pl.col("origin").is_in(list(airports))
    if carriers:
        due &= pl.col("carrier").is_in(list(carriers))
    flights = scan_between(lake, CLEANED_FLIGHTS, here, "flight_date", first, last, LEG).filter(due).collect()
    cutoffs = cutoffs_of(lake, years)
    flights = with_clocks(lake, flights).with_columns(cutoff=latest_cutoff(moment, cutoffs))
    predicted = predictions_of(lake, years, flights["flight_id"].to_list())
    chosen = feature_set or preferred_set(predicted["feature_set"])
    mine = predicted.filter(pl.col("feature_set") == chosen) if chosen else predicted.clear()
    ranked = (
        flights.join(
            mine.drop("feature_set", "lead_min", "is_recalibrated"), on=["flight_id", "cutoff"], how="left"
        )
        .with_columns(
            cutoff=pl.when(pl.col("prob_late15").is_not_null()).then("cutoff"),
            is_late=pl.col("arr_delay_min") >= LATE_MIN,
        )
        .with_columns(cutoff_utc=pl.col("sched_dep_utc") - pl.duration(minutes=lead_min()))
        .sort("prob_late15", "sched_dep_utc", "flight_id", descending=[True, False, False], nulls_last=True)
    )
    return Worklist(moment, hours, ranked, chosen, tuple(cutoffs))


def reasons(lake: Lake, flights: pl.DataFrame) -> list[str]:
    """Why each of some flights of a worklist is where it is, from what was known at its cutoff; in their order."""
    rows = flights.filter(pl.col("cutoff").is_not_null())
    if rows.is_empty():
        return [""] * flights.height
    tables = known_at(lake, rows.select("flight_id", "cutoff", "flight_date"))
    by_flight = [{(row["flight_id"], row["cutoff"]): row for row in each.to_dicts()} for each in tables]
    legs = _upstream(lake, tables[0], rows)
    return [_reason(row, [each.get((row["flight_id"], row["cutoff"])) for each in by_flight], legs)
            for row in flights.iter_rows(named=True)]  # fmt: skip


def known_at(lake: Lake, wanted: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The rows of `propagation`, `airport_state` and `weather_at_cutoff` of flights at their cutoffs.

    wanted: flight_id, cutoff, flight_date. A table that was never made is empty.
    """
    ids = wanted["flight_id"]
    years = wanted["flight_date"].dt.year().unique().sort().to_list()
    names = wanted["cutoff"].unique().to_list()
    at: list[Partition] = [{"year": year, "cutoff": name} for year in years for name in names]
    tables: tuple[tuple[Contract, Sequence[str]], ...] = (
        (PROPAGATION, KNOWN),
        (AIRPORT_STATE, STATE_COLUMNS),
        (WEATHER_AT_CUTOFF, WEATHER_AT_CUTOFF.names),
    )
    pairs = wanted.select("flight_id", "cutoff").lazy()
    known, state, weather = pl.collect_all(
        scan_between(lake, contract, at, "flight_id", ids.min(), ids.max(), columns)
        .join(pairs, on=["flight_id", "cutoff"], how="semi")
        .with_columns(lead_min=lead_min())
        for contract, columns in tables
    )
    return known, state, weather


def _upstream(lake: Lake, known: pl.DataFrame, rows: pl.DataFrame) -> dict[int, dict[str, Any]]:
    """The inbound legs that `known` links to, by id."""
    ids = known["up1_flight_id"].drop_nulls().unique().sort().to_list()
    if not ids:
        return {}
    days = rows["flight_date"].dt.year()
    years: list[Partition] = [{"year": year} for year in sorted({*days, *(days - 1)})]
    legs = scan_between(lake, CLEANED_FLIGHTS, years, "flight_id", ids[0], ids[-1], LEG)
    found = legs.filter(pl.col("flight_id").is_in(ids)).collect()
    return {row["flight_id"]: row for row in found.iter_rows(named=True)}


def _reason(
    flight: dict[str, Any], rows: list[dict[str, Any] | None], legs: dict[int, dict[str, Any]]
) -> str:
    if flight["cutoff"] is None:
        return ""
    if not any(rows):
        return "what was known is not in the lake"
    return in_words(facts(rows[0], rows[1], rows[2], flight, legs))


def not_yet(row: dict[str, Any], cutoffs: Sequence[str], moment: datetime) -> str:
    """Why a flight of a worklist has no prediction at the moment."""
    if not cutoffs:
        return "no model scores this date"
    first = row["sched_dep_utc"] - timedelta(minutes=max(LEADS[name] for name in cutoffs))
    if first > moment:
        return f"not predicted yet: first in {words.minutes((first - moment).total_seconds() / 60)}"
    return "not predicted"


def summary(found: pl.DataFrame, top: int) -> dict[str, float | None]:
    """Counts of a worklist: flights, predicted, expected late, late among arrived; and of its first `top`."""
    predicted = found.filter(pl.col("prob_late15").is_not_null())
    first = predicted.head(top)

    def late(frame: pl.DataFrame) -> tuple[int, int]:
        return int(frame["is_late"].sum()), frame["is_late"].len() - frame["is_late"].null_count()

    all_late, all_arrived = late(predicted)
    top_late, top_arrived = late(first)
    return {
        "flights": found.height,
        "predicted": predicted.height,
        "expected_late": float(predicted["prob_late15"].sum()),
        "late": all_late,
        "arrived": all_arrived,
        "top": first.height,
        "top_late": top_late,
        "top_arrived": top_arrived,
    }


def default_day(lake: Lake) -> date | None:
    """A day to begin with: in the middle of the newest scored year, else of the newest year; None without flights."""
    scored = {int(each["scored_year"]) for each in lake.partitions("predictions")}
    years = [year for year in years_of(lake) if year in scored] or list(years_of(lake))
    return middle_day(lake, years[-1]) if years else None
