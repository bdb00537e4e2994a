"""The worklist: what stood at a moment, in the order of risk; the reasons; what became of the flights."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tiny_lake import CUTOFF, FEATURE_SETS, YEAR, flight_rows, known_rows, put, write_flights

from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS
from aeroflux_assets.contracts.model import PREDICTIONS
from aeroflux_assets.contracts.propagation import AIRPORT_STATE, PROPAGATION
from aeroflux_assets.lake import Lake
from dashboard.charts.worklist import risk_bars
from dashboard.queries.predicted import latest_cutoff, preferred_set
from dashboard.queries.worklist import default_day, not_yet, reasons, summary, worklist

NOON = datetime(2024, 6, 10, 12)


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The tiny lake with a second cutoff: at T-0 everything is 10 points likelier than at T-2h."""
    lake = Lake(tmp_path_factory.mktemp("worklist") / "lake")
    write_flights(lake)
    for cutoff, base in ((CUTOFF, 0.2), ("T-0", 0.3)):
        at = {"scored_year": YEAR, "cutoff": cutoff}
        rows = [
            {"flight_id": row["flight_id"], "feature_set": name, "prob_late15": base + (row["flight_id"] % 10) / 100,
             "pred_arr_delay_min": 1.0}
            for row in flight_rows() for name in FEATURE_SETS
        ]  # fmt: skip
        put(lake, PREDICTIONS, rows, at)
    put(lake, PROPAGATION, known_rows(), {"year": YEAR, "cutoff": CUTOFF})
    return lake


def test_each_flight_counts_by_the_latest_cutoff_that_had_come(later: Lake) -> None:
    # 14:00 has its T-2h at noon; 15:00 has it at 13:00; 12:00 has its T-0 at noon.
    flights = worklist(later, NOON, 4).flights
    found = {row["sched_dep_utc"].hour: row for row in flights.iter_rows(named=True)}
    assert {hour: row["cutoff"] for hour, row in found.items()} == {
        12: "T-0",
        13: "T-2h",
        14: "T-2h",
        15: None,
    }
    assert found[12]["prob_late15"] == pytest.approx(0.3 + found[12]["flight_id"] % 10 / 100)
    assert found[15]["prob_late15"] is None
    assert found[13]["cutoff_utc"] == datetime(2024, 6, 10, 11)


def test_no_prediction_of_a_later_instant_is_ever_used(later: Lake) -> None:
    for minute in range(0, 360, 37):
        moment = NOON + timedelta(minutes=minute)
        flights = worklist(later, moment, 12).flights
        assert flights.filter(pl.col("cutoff_utc") > moment).is_empty()
        assert flights["sched_dep_utc"].is_between(moment, moment + timedelta(hours=12), closed="left").all()


def test_the_likeliest_come_first_and_the_unpredicted_last(later: Lake) -> None:
    chances = worklist(later, NOON, 4).flights["prob_late15"].to_list()
    known = [chance for chance in chances if chance is not None]
    assert known == sorted(known, reverse=True)
    assert chances[len(known) :] == [None] * (len(chances) - len(known))


def test_a_minute_before_its_cutoff_a_flight_is_not_predicted(later: Lake) -> None:
    early = NOON - timedelta(minutes=1)
    flights = worklist(later, early, 4).flights
    two = flights.filter(pl.col("sched_dep_utc") == datetime(2024, 6, 10, 14))
    assert two.height == 2
    assert two["cutoff"].to_list() == [None, None]
    row = two.row(0, named=True)
    assert not_yet(row, ("T-0", "T-2h"), early) == "not predicted yet: first in 1 min"
    assert not_yet(row, (), early) == "no model scores this date"


def test_narrowed_to_a_station_and_a_carrier(later: Lake) -> None:
    assert set(worklist(later, NOON, 6, airports=["ATL"]).flights["origin"]) == {"ATL"}
    assert set(worklist(later, NOON, 6, carriers=["WN"]).flights["carrier"]) == {"WN"}
    assert worklist(later, NOON, 6, airports=["DEN"]).flights.is_empty()


def test_what_became_of_them_is_counted_with_hindsight(whole: Lake) -> None:
    # 14:00: DL102 was 41 late and predicted at 75%, DL202 in time at 25%.
    found = worklist(whole, NOON, 2.1)
    sums = summary(found.flights.filter(pl.col("cutoff").is_not_null()), 1)
    assert (sums["top"], sums["top_late"], sums["top_arrived"]) == (1, 1, 1)
    assert sums["late"] == 1
    assert found.flights.row(0, named=True)["flight_number"] == 102


def test_cancelled_flights_are_on_the_list_since_nobody_knew(whole: Lake) -> None:
    cancelled = worklist(whole, datetime(2024, 6, 12, 14, 30), 1).flights
    row = cancelled.filter(pl.col("flight_number") == 124).row(0, named=True)
    assert row["is_cancelled"]
    assert row["cutoff"] == "T-2h"
    assert row["is_late"] is None


def test_reasons_are_what_was_known_at_the_flights_own_cutoff(later: Lake) -> None:
    state: list[dict[str, Any]] = [
        {"flight_id": row["flight_id"], "origin_departures_1h": 8.0, "origin_dep_delay_mean_min_1h": 34.0,
         "origin_queue": 12.0, "origin_queue_wait_min": 240.0}
        for row in flight_rows() if row["origin"] == "BOS"
    ]  # fmt: skip
    put(later, AIRPORT_STATE, state, {"year": YEAR, "cutoff": CUTOFF})
    flights = worklist(later, datetime(2024, 6, 10, 14, 30), 3, airports=["ATL", "BOS"]).flights
    why = dict(zip(flights["flight_number"], reasons(later, flights), strict=True))
    # DL103 leaves ATL at 17:00 after DL102, which was known to be late; its own cutoff has not come at 14:30.
    assert why[103] == ""
    at_two = worklist(later, NOON, 3, airports=["BOS"]).flights
    text = dict(zip(at_two["flight_number"], reasons(later, at_two), strict=True))[102]
    assert text == (
        "departures from BOS averaged 34 min late in the hour before; 12 flights wait to leave BOS, 20 min each so far"
    )


def test_reasons_without_what_was_known_say_so(later: Lake, half: Lake) -> None:
    at_departure = worklist(later, NOON, 0.5).flights
    assert at_departure["cutoff"].unique().to_list() == ["T-0"]
    assert set(reasons(later, at_departure)) == {"what was known is not in the lake"}
    unscored = worklist(half, NOON, 3)
    assert (unscored.cutoffs, unscored.feature_set) == ((), None)
    assert set(reasons(half, unscored.flights)) == {""}


def test_a_list_over_new_year_reads_both_years(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    row = flight_rows()[0]
    for year, day, key in ((2024, date(2024, 12, 31), 1), (2025, date(2025, 1, 1), 2)):
        at = datetime(2025, 1, 1, 3 + key)
        moved = {
            **row,
            "flight_id": key,
            "flight_date": day,
            "sched_dep_utc": at,
            "sched_arr_utc": at + timedelta(hours=2),
        }
        put(lake, CLEANED_FLIGHTS, [moved], {"year": year})
    assert worklist(lake, datetime(2025, 1, 1, 3), 3).flights["flight_id"].to_list() == [1, 2]


def test_the_latest_cutoff_is_the_least_lead_that_reaches_the_moment() -> None:
    departs = [NOON + timedelta(minutes=minutes) for minutes in (0, 1, 45, 46, 120, 121, 360, 1440, 1441)]
    frame = pl.DataFrame({"sched_dep_utc": departs})
    names = ["T-0", "T-45min", "T-2h", "T-6h", "T-24h"]
    chosen = frame.select(latest_cutoff(NOON, names)).to_series().to_list()
    assert chosen == ["T-0", "T-45min", "T-45min", "T-2h", "T-2h", "T-6h", "T-6h", "T-24h", None]
    assert frame.with_columns(none=latest_cutoff(NOON, []))["none"].to_list() == [None] * 9


def test_the_projects_own_set_is_shown_first() -> None:
    assert preferred_set(["xgb_schedule", "aeroflux_full"]) == "aeroflux_full"
    assert preferred_set(["b", "xgb_full_aircraft"]) == "xgb_full_aircraft"
    assert preferred_set([]) is None


def test_it_begins_in_the_middle_of_the_newest_scored_year(whole: Lake, half: Lake, empty: Lake) -> None:
    assert default_day(whole) == default_day(half) == date(2024, 6, 11)
    assert default_day(empty) is None


def test_bars_mark_what_happened_by_colour_and_by_symbol(whole: Lake) -> None:
    flights = worklist(whole, datetime(2024, 6, 12, 13), 2.2).flights
    rows = flights.with_columns(
        flight=pl.col("carrier") + pl.col("flight_number").cast(pl.String), why=pl.lit("")
    )
    figure = risk_bars(rows)
    bars, *marks = figure.data
    assert len(bars.x) == rows["prob_late15"].count()
    assert {mark.name: len(mark.x) for mark in marks} == {
        "late": 0,
        "in time": len(bars.x) - 1,
        "cancelled or diverted": 1,
    }
    assert len({mark.marker.symbol for mark in marks}) == 3
    assert len(risk_bars(rows, outcome=False).data) == 1
