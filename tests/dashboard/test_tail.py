"""An aircraft's days: legs in order, what was predicted, and a ledger that adds up."""

from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from tiny_lake import YEAR, flight_rows, put

from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS
from aeroflux_assets.errors import LookupMissError
from aeroflux_assets.lake import Lake
from dashboard.charts import tail as charts
from dashboard.queries.tail import find_tail, ledger_of, ledger_sums, ledger_words, pivoted

DAY = date(2024, 6, 10)


def test_a_day_has_its_legs_in_order_with_their_ledger_and_predictions(whole: Lake) -> None:
    span = find_tail(whole, " 101dl", DAY)
    assert (span.tail, span.feature_set, span.notes) == ("N101DL", "aeroflux_full", ())
    assert span.legs["leg"].to_list() == [1, 2, 3, 4]
    assert span.legs["arr_delay_min"].to_list() == [5, 41, 20, 0]
    # An hour between the legs is 45 minutes of buffer: nothing of 5, 41 and 20 is passed on.
    assert span.legs["inbound_late_min"].to_list() == [0, 5, 41, 20]
    assert span.legs["sched_buffer_min"].to_list() == [None, 45, 45, 45]
    assert span.legs["inherited_min"].to_list() == [0, 0, 0, 0]
    assert pivoted(span)["T-2h"].to_list() == [0.25, 0.75, 0.75, 0.25]
    assert span.legs["dep_local"][1] == datetime(2024, 6, 10, 10, 41)


def test_a_week_reaches_over_its_days_and_no_further(whole: Lake) -> None:
    span = find_tail(whole, "N8731A", DAY, days=7)
    assert span.legs["flight_date"].unique().sort().to_list() == [date(2024, 6, day) for day in (10, 11, 12)]
    assert span.legs.height == 9
    assert find_tail(whole, "N8731A", DAY, days=2).legs.height == 6


def test_the_ledger_adds_up_on_every_leg_and_leaves_out_what_never_arrived(whole: Lake) -> None:
    span = find_tail(whole, "N8731A", date(2024, 6, 12))
    rows = ledger_of(span.legs)
    # Leg 2 of three was cancelled.
    assert rows["leg"].to_list() == [1, 3]
    total = (
        rows["inherited_min"] + rows["new_turnaround_min"] + rows["new_en_route_min"]
        - rows["absorbed_en_route_min"] - rows["early_min"]
    )  # fmt: skip
    assert total.to_list() == rows["arr_delay_min"].to_list() == [0, 0]


def test_sums_and_words_of_a_ledger(whole: Lake) -> None:
    legs = find_tail(whole, "N102DL", date(2024, 6, 11)).legs
    assert ledger_sums(legs) == {
        "legs": 4, "late": 15 + 14 + 30, "inherited": 0, "new": 59, "absorbed_turnaround": 29,
        "absorbed_en_route": 0,
    }  # fmt: skip
    assert [ledger_words(row) for row in legs.iter_rows(named=True)] == [
        "15 new at the gate = +15 min",
        "14 new at the gate = +14 min",
        "- 3 early = -3 min",
        "30 new at the gate = +30 min",
    ]
    mixed = {
        "inherited_min": 20, "new_turnaround_min": 5, "new_en_route_min": 0, "absorbed_en_route_min": 7,
        "early_min": 0, "arr_delay_min": 18,
    }  # fmt: skip
    assert (
        ledger_words(mixed, "DL101")
        == "20 inherited from DL101 + 5 new at the gate - 7 made up en route = +18 min"
    )


@pytest.mark.parametrize(
    ("typed", "day", "said"),
    [
        ("N8731B", DAY, "tails like it that day: N8731A"),
        ("N8731A", date(2023, 6, 10), "no flights of 2023 in the lake; it has 2024"),
        ("N8731A", date(2024, 6, 20), "2024 in the lake runs from 2024-06-10 to 2024-06-12"),
        (" - ", DAY, "give a registration such as N8731A"),
    ],
)
def test_a_tail_that_did_not_fly_says_what_is_nearby(whole: Lake, typed: str, day: date, said: str) -> None:
    with pytest.raises(LookupMissError, match=said):
        find_tail(whole, typed, day)


def test_half_a_lake_has_legs_and_says_what_is_missing(half: Lake) -> None:
    span = find_tail(half, "N101DL", DAY)
    assert span.legs.height == 4
    assert ledger_of(span.legs).is_empty()
    assert span.notes[0] == (
        "The ledger of 2024 is not in the lake: `AEROFLUX_YEARS=2024 aeroflux run` makes it."
    )
    assert "2024 is not scored" in span.notes[1]
    assert pivoted(span).columns == ["leg", "flight_id"]


def test_a_span_over_new_year_reads_the_years_that_are_there(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    rows = [row for row in flight_rows() if row["tail"] == "N101DL"]
    moved = [
        {
            **row,
            "flight_date": date(2023, 12, 31),
            "sched_dep_utc": row["sched_dep_utc"].replace(2023, 12, 31),
        }
        for row in rows[:1]
    ]
    put(lake, CLEANED_FLIGHTS, moved, {"year": YEAR - 1})
    put(lake, CLEANED_FLIGHTS, rows, {"year": YEAR})
    assert find_tail(lake, "N101DL", date(2023, 12, 31), days=7).legs.height == 1


def test_the_stack_of_each_leg_is_its_delay(whole: Lake) -> None:
    span = find_tail(whole, "N102DL", date(2024, 6, 10), days=3)
    figure = charts.ledger_chart(span.legs)
    *bars, delays = figure.data
    assert [sum(values) for values in zip(*(bar.y for bar in bars), strict=True)] == list(delays.y)


def test_a_week_has_a_row_a_day_and_marks_what_never_flew(whole: Lake) -> None:
    span = find_tail(whole, "N8731A", DAY, days=7)
    figure = charts.week_chart(span.legs, "America/Chicago")
    scheduled, flown = figure.data[0], figure.data[1]
    assert (len(scheduled.x), len(flown.x)) == (9, 8)
    assert sorted(set(scheduled.y)) == ["Mon 10 Jun", "Tue 11 Jun", "Wed 12 Jun"]
    assert [text for text in scheduled.text if text] == ["cancelled"]
    # 12:00 UTC is 07:00 in Chicago, on one day that all rows share.
    assert {at.hour for at in scheduled.base[::3]} == {7}
    assert len({at.date() for at in scheduled.base}) == 1


def test_predicted_marks_stand_at_their_leg(whole: Lake) -> None:
    span = find_tail(whole, "N101DL", DAY)
    bars, marks = charts.predicted_actual(span.legs, span.predictions).data
    assert list(bars.y) == [5, 41, 20, 0]
    assert dict(zip(marks.x, marks.y, strict=True)) == {1: 4.0, 2: 22.0, 3: 22.0, 4: 4.0}
    assert isinstance(span.predictions, pl.DataFrame)
