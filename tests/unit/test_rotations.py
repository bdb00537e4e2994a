"""Legs of a tail in order: continuity, turnarounds, numbers of the day, shape."""

from datetime import datetime
from typing import Any

import polars as pl
import pytest
from builders import at, cleaned_flights, epoch_minute, flight

from aeroflux_assets.contracts.base import violations
from aeroflux_assets.contracts.rotation import ROTATIONS
from aeroflux_assets.rotation.legs import build_rotations, continuity_share

Row = dict[str, Any]
DAY = 1440
NEW_YEAR = epoch_minute(datetime(2025, 1, 1)) - epoch_minute(at(0))


def rotations(*rows: Row, year: int = 2024) -> dict[int, Row]:
    frame = build_rotations(cleaned_flights(rows), year)
    assert violations(ROTATIONS, frame) == []
    return {row["flight_id"]: row for row in frame.collect().iter_rows(named=True)}


def there_and_back(*departures: int, **more: Any) -> list[Row]:
    """Flights 1, 2, ... of an hour, out of AAA and back in turns."""
    ends = (("AAA", "BBB"), ("BBB", "AAA"))
    return [
        flight(n, dep, origin=ends[(n - 1) % 2][0], dest=ends[(n - 1) % 2][1], **more)
        for n, dep in enumerate(departures, start=1)
    ]


def column(legs: dict[int, Row], name: str) -> list[Any]:
    return [legs[n][name] for n in sorted(legs)]


def test_legs_follow_each_other_by_schedule_whatever_their_order_in_the_table() -> None:
    rows = there_and_back(400, 540, 700)
    for given in (rows, rows[::-1]):
        legs = rotations(*given)
        assert column(legs, "prev_flight_id") == [None, 1, 2]
        assert column(legs, "next_flight_id") == [2, 3, None]
        assert column(legs, "leg_of_tail") == [1, 2, 3]


def test_the_order_is_that_of_the_schedule_even_if_a_late_leg_left_after_the_next() -> None:
    legs = rotations(*there_and_back(400, dep_delay=500), flight(2, 700, origin="BBB", dest="AAA"))
    assert legs[2]["prev_flight_id"] == 1
    # Left at 700, although the last leg arrived at 960.
    assert legs[2]["actual_turnaround_min"] == -260


def test_tails_do_not_mix_and_flights_without_one_have_no_place() -> None:
    rows = [flight(1, 400), flight(2, 450, tail="N2"), flight(3, 500), flight(4, 550, tail=None)]
    legs = rotations(*rows)
    assert sorted(legs) == [1, 2, 3]
    assert legs[3]["prev_flight_id"] == 1
    assert legs[2]["prev_flight_id"] is None


def test_turnarounds_by_schedule_and_as_flown() -> None:
    first, second = there_and_back(400, 505)
    legs = rotations(first | flight(1, 400, dep_delay=0, arr_delay=20), second | flight(
        2, 505, origin="BBB", dest="AAA", dep_delay=10))  # fmt: skip
    # Due at 460 and in at 480; the next is due at 505 and leaves at 515.
    assert (legs[2]["sched_turnaround_min"], legs[2]["actual_turnaround_min"]) == (45, 35)
    assert (legs[1]["sched_turnaround_min"], legs[1]["rotation_continuity_flag"]) == (None, None)


@pytest.mark.parametrize(
    ("gap", "tight60", "tight90", "swap"),
    [(14, True, True, True), (15, True, True, False), (59, True, True, False), (60, False, True, False),
     (89, False, True, False), (90, False, False, False), (-5, True, True, True)],
)  # fmt: skip
def test_tight_turnarounds_and_those_that_nobody_plans(
    gap: int, tight60: bool, tight90: bool, swap: bool
) -> None:
    leg = rotations(*there_and_back(400, 460 + gap))[2]
    shape = (leg["is_tight_turnaround_60"], leg["is_tight_turnaround_90"], leg["is_swap_shaped"])
    assert shape == (tight60, tight90, swap)


def test_a_leg_from_elsewhere_is_discontinuous_and_swap_shaped_and_never_tight() -> None:
    leg = rotations(flight(1, 400, dest="BBB"), flight(2, 500, origin="CCC", dest="AAA"))[2]
    assert leg["rotation_continuity_flag"] is False
    assert leg["is_swap_shaped"] is True
    assert leg["is_tight_turnaround_60"] is False


def test_continuity_looks_past_cancelled_legs() -> None:
    # Out to BBB; the flights on to CCC and back are cancelled; the next leaves BBB all the same.
    legs = rotations(
        flight(1, 400, origin="AAA", dest="BBB"),
        flight(2, 500, origin="BBB", dest="CCC", cancelled=True),
        flight(3, 600, origin="CCC", dest="BBB", cancelled=True),
        flight(4, 700, origin="BBB", dest="AAA"),
    )
    assert column(legs, "prev_flight_id") == [None, 1, 1, 1]
    assert column(legs, "next_flight_id") == [4, 4, 4, None]
    assert column(legs, "rotation_continuity_flag") == [None, True, False, True]
    assert legs[4]["sched_turnaround_min"] == 240
    # Cancelled legs are counted: they were planned for that day.
    assert column(legs, "aircraft_leg_number_day") == [1, 2, 3, 4]


def test_a_diverted_leg_flew_but_has_no_arrival() -> None:
    # The leg before the diverted one has an arrival, which is not the diverted one's.
    diverted = flight(2, 400, diverted=True)
    legs = rotations(
        flight(1, 200, origin="BBB", dest="AAA"), diverted, flight(3, 600, origin="BBB", dest="AAA")
    )
    assert [legs[n]["prev_flight_id"] for n in (2, 3)] == [1, 2]
    assert (legs[2]["sched_turnaround_min"], legs[2]["actual_turnaround_min"]) == (140, 140)
    assert (legs[3]["sched_turnaround_min"], legs[3]["actual_turnaround_min"]) == (140, None)


def test_legs_are_numbered_by_local_date() -> None:
    legs = rotations(*there_and_back(400, 600, 1380, DAY + 400))
    assert column(legs, "aircraft_leg_number_day") == [1, 2, 3, 1]
    assert column(legs, "legs_of_day") == [3, 3, 3, 1]
    assert column(legs, "has_prev_leg") == [False, True, True, False]
    assert column(legs, "has_next_leg") == [True, True, False, False]
    assert column(legs, "is_middle_leg") == [False, True, False, False]


def test_the_first_leg_of_a_year_continues_the_last_of_the_year_before() -> None:
    rows = there_and_back(NEW_YEAR - 120, NEW_YEAR + 400, NEW_YEAR + 600)
    legs = rotations(*rows, year=2025)
    assert column(legs, "prev_flight_id") == [1, 2]
    assert column(legs, "rotation_continuity_flag") == [True, True]
    assert legs[2]["sched_turnaround_min"] == 460
    assert column(legs, "leg_of_tail") == [1, 2]
    alone = rotations(*rows[1:], year=2025)
    assert alone[2]["prev_flight_id"] is None
    assert sorted(rotations(*rows, year=2024)) == [1]


def test_the_share_of_continuous_links_leaves_cancelled_legs_out() -> None:
    rows = [
        *there_and_back(400, 520),
        flight(3, 640, origin="AAA", dest="BBB"),
        flight(4, 700, origin="ZZZ", dest="AAA", cancelled=True),
        flight(5, 800, origin="CCC", dest="AAA"),
    ]
    flights = cleaned_flights(rows)
    # Links 1-2 and 2-3 hold, 3-5 does not; the first leg has none.
    assert continuity_share(build_rotations(flights, 2024), flights) == pytest.approx(2 / 3)


def test_no_flights_make_no_rotations() -> None:
    assert build_rotations(cleaned_flights([]), 2024).collect().height == 0
    assert isinstance(build_rotations(cleaned_flights([]), 2024), pl.LazyFrame)
