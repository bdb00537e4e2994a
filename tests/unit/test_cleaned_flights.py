"""Raw BTS rows to flights on UTC: each rule by the row that it is about."""

from datetime import date, datetime
from typing import Any

import polars as pl
import pytest
from builders import ZONES, airports, cancelled_flight, raw_flight, raw_flights

from aeroflux_assets.cleaned.flights import CleanedMonth, clean_month
from aeroflux_assets.contracts.base import violations
from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS, QUARANTINED_FLIGHTS

Row = dict[str, Any]
PORTS = airports()


def clean(*rows: Row, year: int = 2024) -> CleanedMonth:
    result = clean_month(raw_flights(rows), PORTS, year)
    assert violations(CLEANED_FLIGHTS, result.flights.lazy()) == []
    assert violations(QUARANTINED_FLIGHTS, result.quarantined.lazy()) == []
    assert result.flights.height + result.quarantined.height == len(rows)
    return result


def good(**fields: Any) -> Row:
    result = clean(raw_flight(**fields))
    assert result.quarantined["reason"].to_list() == []
    (row,) = result.flights.to_dicts()
    return row


def reason(row: Row, year: int = 2024) -> str:
    result = clean(row, year=year)
    return result.quarantined["reason"].item()


def utc(hour: int, minute: int = 0, day: int = 12) -> datetime:
    return datetime(2024, 6, day, hour, minute)


# ---- times ----------------------------------------------------------------------------------------------
def test_an_ordinary_flight_on_one_time_line() -> None:
    row = good(DepDelay=20.0, DepTime="1020", ActualElapsedTime=125.0, ArrDelay=15.0, ArrTime="1225")
    assert row["sched_dep_utc"] == utc(14)
    assert row["sched_arr_utc"] == utc(16, 10)
    assert row["dep_utc"] == utc(14, 20)
    assert row["wheels_off_utc"] == utc(14, 35)
    assert row["wheels_on_utc"] == utc(16, 20)
    assert row["arr_utc"] == utc(16, 25)
    assert (row["dep_delay_min"], row["arr_delay_min"], row["block_min"]) == (20, 15, 125)
    assert row["is_arr_late15"] is True
    assert (row["sched_dep_local"], row["sched_arr_local"]) == (utc(10), utc(12, 10))
    assert [row[f"{gap}_clock_gap_min"] for gap in ("sched_arr", "dep", "arr")] == [0, 0, 0]


@pytest.mark.parametrize(("delay", "late"), [(14.0, False), (15.0, True), (-3.0, False)])
def test_late_begins_at_fifteen_minutes(delay: float, late: bool) -> None:
    assert good(ArrDelay=delay, ActualElapsedTime=130.0 + delay)["is_arr_late15"] is late


def test_2400_is_midnight_at_the_end_of_the_flight_date() -> None:
    row = good(
        CRSDepTime="2400", DepTime="0010", DepDelay=10.0, CRSArrTime="0210", ArrTime="0220", ArrDelay=10.0
    )
    assert row["sched_dep_local"] == utc(0, day=13)
    assert row["sched_dep_utc"] == utc(4, day=13)
    assert row["flight_date"] == date(2024, 6, 12)
    assert row["dep_clock_gap_min"] == 0


def test_an_overnight_flight_arrives_on_the_next_day() -> None:
    row = good(
        Origin="LAX", CRSDepTime="2230", DepTime="2230", CRSArrTime="0645", ArrTime="0645", CRSElapsedTime=315.0,
        ActualElapsedTime=315.0,
    )  # fmt: skip
    assert row["sched_dep_utc"] == utc(5, 30, day=13)
    assert row["sched_arr_utc"] == utc(10, 45, day=13)
    assert row["sched_arr_local"] == utc(6, 45, day=13)
    assert row["arr_clock_gap_min"] == 0


def test_a_short_westbound_flight_arrives_before_it_leaves_by_the_clock() -> None:
    row = good(Dest="BHM", CRSArrTime="0955", ArrTime="0955", CRSElapsedTime=55.0, ActualElapsedTime=55.0)
    assert row["sched_arr_utc"] == utc(14, 55)
    assert row["sched_arr_local"] == utc(9, 55)
    assert row["sched_arr_clock_gap_min"] == 0


def test_a_flight_over_the_date_line_to_guam() -> None:
    # Honolulu 15:00 on the 12th is 01:00 UTC on the 13th; 7:30 later it is 18:30 in Guam on the 13th.
    row = good(
        Origin="HNL", Dest="GUM", CRSDepTime="1500", DepTime="1500", CRSArrTime="1830", ArrTime="1830",
        CRSElapsedTime=450.0, ActualElapsedTime=450.0,
    )  # fmt: skip
    assert row["sched_dep_utc"] == utc(1, day=13)
    assert row["sched_arr_utc"] == utc(8, 30, day=13)
    assert row["sched_arr_local"] == utc(18, 30, day=13)
    assert row["arr_clock_gap_min"] == 0


def test_an_early_departure_across_midnight_stays_on_its_date() -> None:
    row = good(
        CRSDepTime="0005", DepTime="2350", DepDelay=-15.0, CRSArrTime="0215", ArrTime="0200", ArrDelay=-15.0
    )
    assert row["dep_utc"] == utc(3, 50)
    assert row["flight_date"] == date(2024, 6, 12)
    assert (row["dep_clock_gap_min"], row["arr_clock_gap_min"]) == (0, 0)


def test_a_delay_past_midnight_needs_no_guess() -> None:
    row = good(
        CRSDepTime="2330", DepTime="0130", DepDelay=120.0, CRSArrTime="0140", ArrTime="0340", ArrDelay=120.0
    )
    assert row["dep_utc"] == utc(5, 30, day=13)
    assert row["arr_utc"] == utc(7, 40, day=13)


@pytest.mark.parametrize(
    ("dep", "delay"), [("1030", 30), ("0950", -10), ("0405", -355), ("0200", 960), ("0959", -1)]
)
def test_a_missing_delay_follows_from_the_clocks(dep: str, delay: int) -> None:
    row = good(DepDelay=None, DepTime=dep, ArrDelay=None, ActualElapsedTime=130.0)
    assert (row["dep_delay_min"], row["arr_delay_min"]) == (delay, delay)


@pytest.mark.parametrize("block", [None, 0.0, -5.0, 1441.0])
def test_a_missing_or_impossible_block_time_follows_from_the_clocks(block: float | None) -> None:
    row = good(Dest="LAX", CRSArrTime="1130", CRSElapsedTime=block, ActualElapsedTime=270.0, ArrTime="1130")
    # 10:00 in Atlanta is 07:00 in Los Angeles: 4:30 until 11:30.
    assert row["sched_block_min"] == 270
    assert row["sched_arr_utc"] == utc(18, 30)


def test_without_an_actual_block_time_the_arrival_delay_says_when_it_landed() -> None:
    row = good(DepDelay=5.0, ActualElapsedTime=None, ArrDelay=25.0)
    assert (row["arr_utc"], row["block_min"]) == (utc(16, 35), 150)


def test_the_label_is_that_of_bts_where_it_disagrees_with_the_block_time() -> None:
    row = good(DepDelay=0.0, ActualElapsedTime=140.0, ArrDelay=16.0)
    assert (row["arr_delay_min"], row["is_arr_late15"]) == (16, True)
    assert row["arr_utc"] == utc(16, 20)


def test_disagreeing_clocks_are_kept_as_a_gap_and_do_not_move_the_flight() -> None:
    row = good(CRSArrTime="1310", DepTime="0958", ArrTime="1215")
    assert row["sched_arr_utc"] == utc(16, 10)
    assert [row[f"{gap}_clock_gap_min"] for gap in ("sched_arr", "dep", "arr")] == [-60, 2, -5]


# ---- daylight saving ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("day", "clock", "case", "expected"),
    [
        (date(2024, 3, 10), "0230", "gap", datetime(2024, 3, 10, 7, 30)),
        (date(2024, 3, 10), "0300", None, datetime(2024, 3, 10, 7, 0)),
        (date(2024, 3, 10), "0159", None, datetime(2024, 3, 10, 6, 59)),
        (date(2024, 11, 3), "0130", "fold", datetime(2024, 11, 3, 5, 30)),
        (date(2024, 11, 3), "0059", None, datetime(2024, 11, 3, 4, 59)),
        (date(2024, 11, 3), "0200", None, datetime(2024, 11, 3, 7, 0)),
    ],
)
def test_departures_about_the_turns_of_the_clock_are_flagged(
    day: date, clock: str, case: str | None, expected: datetime
) -> None:
    row = good(FlightDate=day, source_month=day.month, CRSDepTime=clock, DepTime=clock)
    assert (row["dst_case"], row["sched_dep_utc"]) == (case, expected)


def test_a_flight_over_the_turn_of_the_clock_keeps_its_duration() -> None:
    row = good(
        FlightDate=date(2024, 3, 10), source_month=3, CRSDepTime="0100", DepTime="0100", CRSArrTime="0410",
        ArrTime="0410",
    )  # fmt: skip
    assert row["sched_arr_utc"] == datetime(2024, 3, 10, 8, 10)
    assert (row["sched_arr_clock_gap_min"], row["arr_clock_gap_min"]) == (0, 0)


def test_a_departure_on_new_years_eve_arrives_in_the_next_year() -> None:
    row = good(
        FlightDate=date(2024, 12, 31), source_month=12, CRSDepTime="2330", DepTime="2330", CRSArrTime="0140",
        ArrTime="0140",
    )  # fmt: skip
    assert row["sched_dep_utc"] == datetime(2025, 1, 1, 4, 30)
    assert row["sched_arr_local"] == datetime(2025, 1, 1, 1, 40)


# ---- cancelled, diverted, tails -------------------------------------------------------------------------
def test_a_cancelled_flight_stays_without_outcome_or_label() -> None:
    (row,) = clean(cancelled_flight()).flights.to_dicts()
    assert row["is_cancelled"] is True
    assert row["cancellation_code"] == "B"
    outcome = ("dep_utc", "wheels_off_utc", "wheels_on_utc", "arr_utc", "arr_delay_min", "is_arr_late15")
    assert [row[name] for name in outcome] == [None] * len(outcome)
    assert row["sched_arr_utc"] == utc(16, 10)


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        ({"DepTime": "1005", "DepDelay": 5.0, "TaxiOut": 9.0}, utc(14, 5)),
        ({"DepTime": "1140", "DepDelay": None}, utc(15, 40)),
        ({"DepTime": None, "DepDelay": None}, None),
    ],
)
def test_a_cancelled_flight_that_had_left_the_gate_says_when_and_has_no_departure(
    fields: Row, left: datetime | None
) -> None:
    (row,) = clean(cancelled_flight(**fields)).flights.to_dicts()
    assert row["gate_left_utc"] == left
    assert (row["dep_utc"], row["dep_delay_min"], row["wheels_off_utc"]) == (None, None, None)


def test_a_flight_that_flew_did_not_come_back() -> None:
    assert good(DepTime="1005", DepDelay=5.0)["gate_left_utc"] is None


def test_an_impossible_departure_of_a_cancelled_flight_is_set_aside() -> None:
    assert reason(cancelled_flight(DepTime="1005", DepDelay=20_000.0)) == "departure delay is impossible"


def test_a_diverted_flight_has_a_departure_and_no_label() -> None:
    row = good(Diverted=1.0, ArrDelay=None, ActualElapsedTime=None, ArrTime="1500")
    assert row["is_diverted"] is True
    assert row["dep_utc"] == utc(14)
    assert (row["arr_utc"], row["arr_delay_min"], row["is_arr_late15"], row["arr_clock_gap_min"]) == (
        None,
    ) * 4


def test_a_diverted_flight_whose_delay_is_published_all_the_same_has_no_label() -> None:
    row = good(Diverted=1.0, ArrDelay=200.0, ActualElapsedTime=330.0)
    assert (row["arr_utc"], row["is_arr_late15"]) == (None, None)


def test_a_flight_that_is_cancelled_and_diverted_is_cancelled() -> None:
    (row,) = clean(cancelled_flight(Diverted=1.0)).flights.to_dicts()
    assert (row["is_cancelled"], row["is_diverted"]) == (True, False)


def test_the_tail_is_in_its_one_form() -> None:
    assert good(Tail_Number="923dl")["tail"] == "N923DL"
    assert good(Tail_Number="UNKNOW")["tail"] is None


def test_an_unknown_destination_stays_without_its_local_clock() -> None:
    row = good(Dest="XXX")
    assert (row["sched_arr_utc"], row["sched_arr_local"], row["sched_arr_clock_gap_min"]) == (
        utc(16, 10),
        None,
        None,
    )


# ---- quarantine -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"unparsed": "DepDelay"}, "unreadable field"),
        ({"FlightDate": None}, "no flight date"),
        ({"FlightDate": date(2024, 7, 12)}, "date outside its file's month"),
        ({"FlightDate": date(2023, 6, 12)}, "date outside its file's month"),
        ({"Reporting_Airline": "DLX"}, "carrier code is malformed"),
        ({"Reporting_Airline": None}, "carrier code is malformed"),
        ({"Flight_Number_Reporting_Airline": 10_000}, "flight number is not 0 to 9999"),
        ({"Flight_Number_Reporting_Airline": None}, "flight number is not 0 to 9999"),
        ({"Origin": "AT1"}, "origin is not a three-letter code"),
        ({"Origin": None}, "origin is not a three-letter code"),
        ({"Dest": "J"}, "destination is not a three-letter code"),
        ({"Dest": None}, "destination is not a three-letter code"),
        ({"Origin": "XXX"}, "origin has no known time zone"),
        ({"CRSDepTime": "0960"}, "scheduled departure is no clock time"),
        ({"CRSDepTime": None}, "scheduled departure is no clock time"),
        ({"CRSElapsedTime": None, "CRSArrTime": None}, "scheduled block time is missing or impossible"),
        ({"CRSElapsedTime": 0.0, "CRSArrTime": "1000"}, "scheduled block time is missing or impossible"),
        ({"CRSElapsedTime": None, "Dest": "XXX"}, "scheduled block time is missing or impossible"),
        ({"DepDelay": None, "DepTime": None}, "departed without a departure time"),
        ({"DepDelay": -721.0}, "departure delay is impossible"),
        ({"DepDelay": 14_401.0}, "departure delay is impossible"),
        ({"ArrDelay": -721.0}, "arrival delay is impossible"),
        ({"ArrDelay": 14_401.0}, "arrival delay is impossible"),
        ({"ActualElapsedTime": 0.0}, "actual block time is impossible"),
        ({"ActualElapsedTime": 1441.0}, "actual block time is impossible"),
    ],
)
def test_a_row_that_breaks_a_rule_is_set_aside_with_the_reason(fields: Row, why: str) -> None:
    assert reason(raw_flight(**fields)) == why


def test_the_first_rule_that_a_row_breaks_is_its_reason() -> None:
    assert reason(raw_flight(CRSDepTime="9999", Origin="xx", FlightDate=None)) == "no flight date"


def test_a_cancelled_row_needs_no_outcome_but_a_good_schedule() -> None:
    assert reason(cancelled_flight(CRSDepTime=None)) == "scheduled departure is no clock time"


def test_a_row_in_quarantine_keeps_its_fields_as_published() -> None:
    row = raw_flight(3, CRSDepTime="0960", Tail_Number="923dl")
    (kept,) = clean(row).quarantined.to_dicts()
    same = set(QUARANTINED_FLIGHTS.names) & set(row)
    assert {name: kept[name] for name in same} == {name: row[name] for name in same}


# ---- duplicates and order -------------------------------------------------------------------------------
def test_a_repeat_of_a_flight_is_set_aside_and_the_first_row_stays() -> None:
    rows = [raw_flight(n, Flight_Number_Reporting_Airline=7, Tail_Number=f"N{n}") for n in (1, 2, 3)]
    result = clean(*reversed(rows))
    assert result.flights["source_row"].to_list() == [1]
    assert result.quarantined["source_row"].sort().to_list() == [2, 3]
    assert set(result.quarantined["reason"]) == {"duplicate of another row"}


def test_two_flights_of_one_number_on_a_day_are_two_flights() -> None:
    late = {"CRSDepTime": "1800", "DepTime": "1800", "CRSArrTime": "2010", "ArrTime": "2010"}
    rows = [
        raw_flight(0, Flight_Number_Reporting_Airline=7, **late),
        raw_flight(1, Flight_Number_Reporting_Airline=7),
        raw_flight(2, Flight_Number_Reporting_Airline=7, Dest="BHM"),
    ]
    result = clean(*rows)
    ids = dict(zip(result.flights["source_row"], result.flights["flight_id"], strict=True))
    assert sorted(ids) == [0, 1, 2]
    # Numbered by scheduled departure and destination, whatever the order in the file.
    assert [ids[2] - ids[1], ids[2] - ids[0]] == [-1, -2]
    again = clean(*reversed(rows)).flights
    assert dict(zip(again["source_row"], again["flight_id"], strict=True)) == ids


def test_the_flight_id_does_not_depend_on_what_else_is_in_the_month() -> None:
    alone = clean(raw_flight(1)).flights["flight_id"].item()
    beside = clean(raw_flight(0), raw_flight(1), cancelled_flight(2)).flights
    assert beside.filter(pl.col("source_row") == 1)["flight_id"].item() == alone


def test_flights_come_sorted_by_scheduled_departure_in_utc() -> None:
    rows = [
        raw_flight(n, Origin=code, Dest="JFK" if code != "JFK" else "ATL") for n, code in enumerate(ZONES)
    ]
    flights = clean(*rows).flights
    assert flights["sched_dep_utc"].is_sorted()
    assert flights["origin"].to_list()[0] == "GUM"
    assert flights["origin"].to_list()[-1] == "HNL"


def test_a_month_without_rows_is_empty() -> None:
    result = clean()
    assert (result.flights.height, result.quarantined.height) == (0, 0)
