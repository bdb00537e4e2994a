"""A flight looked up: forgiving of how it is typed, exact in what it says, helpful where there is none."""

import json
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from tiny_lake import CUTOFF, flight_rows, put

from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS
from aeroflux_assets.contracts.model import PREDICTIONS
from aeroflux_assets.errors import LookupMissError, SettingsError
from aeroflux_assets.lake import Lake
from aeroflux_assets.years import scored_years
from dashboard.queries import words
from dashboard.queries.coverage import covered, examples
from dashboard.queries.gaps import unscored
from dashboard.queries.lookup import find_flights, lookup_text
from dashboard.queries.lookup_query import parse_query, tail_forms

DAY = "2024-06-10"


@pytest.mark.parametrize("typed", ["N8731A", "n8731a", " 8731a ", "N-8731A", "n 8731 A", "N08731A"])
def test_a_tail_is_found_however_it_is_typed(whole: Lake, typed: str) -> None:
    found = find_flights(whole, parse_query(tail=typed, day=DAY)).flights
    assert found["flight_number"].to_list() == [123, 124, 125]


@pytest.mark.parametrize(
    "typed",
    [
        {"carrier": "DL", "number": 102},
        {"carrier": "dl", "number": "0102"},
        {"number": "DL102"},
        {"number": "dl 0102"},
        {"carrier": "Delta Air Lines", "number": "#102"},
        {"carrier": "DAL", "number": "102", "origin": "kbos", "dest": " atl"},
        {"number": "DAL102", "origin": "bos"},
        {"number": "102"},
    ],
)
def test_a_flight_is_found_however_it_is_typed(whole: Lake, typed: dict[str, str | int]) -> None:
    found = find_flights(whole, parse_query(day=DAY, **typed)).flights  # type: ignore[arg-type]
    assert found.select("carrier", "flight_number", "tail").rows() == [("DL", 102, "N101DL")]


@pytest.mark.parametrize(
    "typed", ["2024-06-10", "20240610", "6/10/2024", "10 Jun 2024", "June 10, 2024", date(2024, 6, 10)]
)
def test_a_date_is_read_in_the_usual_forms(typed: str | date) -> None:
    assert parse_query(tail="N1", day=typed).day == date(2024, 6, 10)


def test_a_code_that_begins_with_a_digit_is_no_number() -> None:
    query = parse_query(number="9E4512", day=DAY)
    assert (query.carrier, query.number) == ("9E", 4512)


def test_tail_forms_keep_what_was_typed_last() -> None:
    assert tail_forms("0123dl") == ("N0123DL", "N123DL", "0123DL")
    assert tail_forms(" - ") == ()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"tail": "N1", "day": "yesterday"}, "write the local date"),
        ({"tail": "N1"}, "which date"),
        ({"day": DAY}, "a flight is found by"),
        ({"day": DAY, "origin": "ATL"}, "a flight is found by"),
        ({"day": DAY, "number": "DLX12345"}, "flight number"),
        ({"day": DAY, "number": 1, "carrier": "Pan American World"}, "two-character code"),
        ({"day": DAY, "number": 1, "dest": "Boston"}, "three-letter airport code"),
    ],
)
def test_what_cannot_be_read_is_said(typed: dict[str, str], said: str) -> None:
    with pytest.raises(LookupMissError, match=said):
        parse_query(**typed)  # type: ignore[arg-type]


def test_an_unknown_cutoff_names_those_allowed(whole: Lake) -> None:
    with pytest.raises(SettingsError, match="T-45min"):
        lookup_text(whole, tail="N8731A", date=DAY, cutoff="T-3h")


def test_the_whole_answer_reads_as_written(whole: Lake) -> None:
    assert lookup_text(whole, number="dl102", date=DAY) == (
        "DL102 BOS->ATL  2024-06-10  N101DL\n"
        "  scheduled  10:00 -> 12:00 local  (UTC 14:00 -> 16:00)\n"
        "  flown      10:41 -> 12:41 local  left 41 min late, arrived 41 min late\n"
        "  aircraft   DL101 ATL->BOS +5 | [DL102 BOS->ATL +41] | DL103 ATL->ORD +20 | DL104 ORD->ATL +0\n"
        "  known at T-2h (08:00 local):\n"
        "    inbound DL101 ATL->BOS left 5 min late, not landed yet, due 60 min later\n"
        "    slack 55 min: its aircraft can be at the gate that long before departure time\n"
        "    BOS 21 °C, wind 5 m/s, visibility 16 km, no ceiling (7 min before)\n"
        "    ATL 10 °C (9 min before)\n"
        "  predicted  (what happened: left 41 min late, arrived 41 min late)\n"
        "    T-2h     aeroflux_full    75% to be 15 min late or more, +22 min expected\n"
        "    T-2h     paper_schedule   25% to be 15 min late or more, +4 min expected"
    )


def test_a_cancelled_flight_says_why_and_for_whom(whole: Lake) -> None:
    text = lookup_text(whole, number="WN124", date="2024-06-12")
    assert "flown      cancelled for weather" in text
    assert "N8731A (BOEING 737-8, built 2018)" in text


def test_a_flight_without_a_tail_is_found(whole: Lake) -> None:
    text = lookup_text(whole, carrier="DL", number=7, date=DAY)
    assert "tail not reported" in text
    assert "cancelled by the carrier" in text


def test_local_clocks_are_those_of_each_end(whole: Lake) -> None:
    row = find_flights(whole, parse_query(number="WN123", day=DAY)).flights.row(0, named=True)
    assert (row["dep_local"].hour, row["arr_local"].hour) == (7, 7)
    assert row["sched_dep_utc"].hour == 12


def test_json_holds_flights_with_their_day_and_predictions(whole: Lake) -> None:
    answer = json.loads(lookup_text(whole, tail="n101dl", date=DAY, as_json=True))
    assert answer["notes"] == []
    assert [flight["flight_number"] for flight in answer["flights"]] == [101, 102, 103, 104]
    second = answer["flights"][1]
    assert len(second["rotation"]) == 4
    assert second["known"][0]["words"][0].startswith("inbound DL101")
    assert {row["feature_set"]: row["prob_late15"] for row in second["predictions"]} == {
        "aeroflux_full": 0.75,
        "paper_schedule": 0.25,
    }


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            {"tail": "N8731B", "date": DAY},
            "no N8731B on 2024-06-10, nor within 15 days of it; tails like it that day: N8731A",
        ),
        ({"tail": "N101DL", "date": "2023-06-10"}, "no flights of 2023 in the lake; it has 2024"),
        ({"tail": "N101DL", "date": "2024-02-10"}, "upstream had no file for these months of 2024: Jan, Feb"),
        ({"tail": "N101DL", "date": "2024-06-20"}, "2024 in the lake runs from 2024-06-10 to 2024-06-12"),
        ({"tail": "N101DL", "number": 123, "date": DAY}, "N101DL flew on 2024-06-10, but not as flight 123"),
        (
            {"number": "DL101", "origin": "BOS", "date": DAY},
            "DL101 flew on 2024-06-10, but not BOS->anywhere",
        ),
        ({"number": "WN101", "date": DAY}, "that number was flown by others: DL101 ATL->BOS"),
        ({"number": "DL999", "date": DAY}, "the nearest numbers that day: DL204, DL203"),
        ({"number": "UA5", "date": DAY}, "UA reports no flights that day; those that do: 9E, DL, WN"),
        ({"origin": "ATL", "dest": "SFO", "date": DAY}, "from ATL most flew to BOS, ORD"),
        ({"origin": "DEN", "dest": "SFO", "date": DAY}, "no departures from DEN"),
    ],
)
def test_a_miss_says_what_is_nearby(whole: Lake, typed: dict[str, str], said: str) -> None:
    with pytest.raises(LookupMissError) as miss:
        lookup_text(whole, **typed)  # type: ignore[arg-type]
    assert said in str(miss.value)


def test_a_miss_names_the_days_nearby(tmp_path_factory: pytest.TempPathFactory) -> None:
    lake = Lake(tmp_path_factory.mktemp("gap") / "lake")
    rows = [row for row in flight_rows() if (row["tail"], row["flight_date"].day) != ("N8731A", 11)]
    put(lake, CLEANED_FLIGHTS, rows, {"year": 2024})
    with pytest.raises(LookupMissError, match=r"^no N8731A on 2024-06-11; it flew on 10 and 12$"):
        lookup_text(lake, tail="8731a", date="2024-06-11")


def test_half_a_lake_answers_and_says_what_is_missing(half: Lake) -> None:
    text = lookup_text(half, tail="N101DL", date=DAY)
    assert "DL104 ORD->ATL" in text
    assert (
        "note: What was known at the cutoffs is not computed for 2024: `AEROFLUX_YEARS=2024 aeroflux run`"
        in text
    )
    assert "No predictions for 2024 (no year is scored yet)" in text


def test_a_cutoff_that_the_lake_lacks_is_the_only_thing_said(whole: Lake) -> None:
    text = lookup_text(whole, number="DL102", date=DAY, cutoff="T-24h")
    assert text.count("note:") == 1
    assert (
        "2024 is not made at T-24h (made: T-2h); add it to AEROFLUX_CUTOFFS and run `aeroflux run`." in text
    )


def _years(folder: Path, years: range, scored: int | None = None) -> Lake:
    """A lake with a flight in each of the years, of which one has predictions."""
    lake = Lake(folder / "lake")
    for year in years:
        put(lake, CLEANED_FLIGHTS, flight_rows()[:1], {"year": year})
    if scored:
        put(lake, PREDICTIONS, [], {"scored_year": scored, "cutoff": CUTOFF})
    return lake


@pytest.mark.parametrize(
    ("year", "said"),
    [
        (
            2016,
            "2016 is not scored: a year is scored by models of earlier years, and the first 4 of the lake's years "
            "(2015-2018) can only train. With 4 years before it in AEROFLUX_YEARS, `aeroflux run` scores it.",
        ),
        (2019, "2019 is not scored yet: `AEROFLUX_YEARS=2015-2020 aeroflux run` trains and scores."),
    ],
)
def test_a_command_is_named_only_where_it_scores_the_year(tmp_path: Path, year: int, said: str) -> None:
    lake = _years(tmp_path, range(2015, 2021), scored=2020)
    assert unscored(lake, year) == said
    assert (year in scored_years(tuple(range(2015, 2021)))) == ("AEROFLUX_YEARS=" in said)
    # What is said to help does: four years before it.
    assert 2016 in scored_years(tuple(range(2012, 2021)))


def test_the_one_year_of_a_lake_can_only_train(half: Lake) -> None:
    assert "the first of the lake's years (2024) can only train" in unscored(half, 2024)


@pytest.mark.parametrize(
    ("year", "said"),
    [
        (date.today().year + 1, "has not been flown yet"),
        (1986, "Flights are published from 1987 on"),
    ],
)
def test_a_year_that_no_run_adds_names_no_command(whole: Lake, year: int, said: str) -> None:
    with pytest.raises(LookupMissError, match=said) as miss:
        lookup_text(whole, tail="N101DL", date=date(year, 6, 10))
    assert "aeroflux run" not in str(miss.value)


def test_an_empty_lake_names_the_command(empty: Lake) -> None:
    with pytest.raises(LookupMissError, match="make demo"):
        lookup_text(empty, tail="N101DL", date=DAY)


def test_examples_are_flights_that_can_be_found(whole: Lake, half: Lake, empty: Lake) -> None:
    assert covered(whole) == covered(half) == (date(2024, 6, 10), date(2024, 6, 12))
    first = examples(whole)[0]
    assert (first.tail, first.carrier, first.number) == ("N102DL", "DL", 204)
    found = find_flights(whole, parse_query(tail=first.tail, number=first.number, day=first.day))
    assert found.flights.height == 1
    assert covered(empty) is None
    assert examples(empty) == []


def test_the_day_of_a_tail_is_in_order_and_whole(whole: Lake) -> None:
    result = find_flights(whole, parse_query(number="DL103", day=DAY))
    assert result.rotation["flight_number"].to_list() == [101, 102, 103, 104]
    assert result.rotation["of_day"].all()
    assert result.upstream["flight_number"].to_list() == [102]
    assert result.known.select(pl.col("slack_min")).item() == pytest.approx(60 - 41)


def test_an_inbound_that_nothing_vouched_for_is_named_in_hindsight() -> None:
    noon = datetime(2024, 6, 10, 12)
    flight = {"sched_dep_utc": noon, "origin": "DCA"}
    came_with = {
        "flight_id": 8, "carrier": "OH", "flight_number": 5438, "origin": "PVD", "dest": "DCA",
        "sched_dep_utc": datetime(2024, 6, 10, 10), "arr_utc": noon,
    }  # fmt: skip
    elsewhere = {**came_with, "flight_id": 9, "dest": "BOS", "sched_dep_utc": datetime(2024, 6, 10, 11)}
    day = [came_with, elsewhere]
    said = words.hindsight({"up1_flight_id": 7}, flight, day)
    assert said is not None
    assert said.startswith("in hindsight it came with OH5438 PVD->DCA")
    assert words.hindsight({"up1_flight_id": 8}, flight, day) is None
    assert words.hindsight({"up1_flight_id": None}, flight, [{**came_with, "arr_utc": None}]) is None


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"dep_delay_min": -6, "arr_delay_min": -21}, "left -6, in -21 min"),
        ({"dep_delay_min": 0, "arr_delay_min": 131}, "left ±0, in +131 min"),
        ({"dep_delay_min": 12, "arr_delay_min": None, "is_diverted": True}, "left +12 min, diverted"),
        ({"dep_delay_min": 3, "arr_delay_min": None}, "left +3 min, in ?"),
        ({"dep_delay_min": None, "is_cancelled": True, "cancellation_code": "B"}, "cancelled for weather"),
    ],
)
def test_an_outcome_fits_a_narrow_column(row: dict[str, object], said: str) -> None:
    whole_row = {"is_cancelled": False, "is_diverted": False, "cancellation_code": None, **row}
    assert words.brief_outcome(whole_row) == said


@pytest.mark.parametrize(
    ("value", "digits", "said"),
    [(-0.4, 0, "±0"), (0.0, 0, "±0"), (-0.6, 0, "-1"), (-0.04, 1, "±0"), (7.6, 0, "+8")],
)
def test_what_rounds_to_nothing_has_no_minus(value: float, digits: int, said: str) -> None:
    assert words.signed(value, digits) == said
