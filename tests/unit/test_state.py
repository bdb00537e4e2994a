"""The state of an airport by hand: windows, queues, demand and volumes at their very edges."""

import gc
import weakref
from typing import Any

import pytest
from builders import cleaned_flights, flight, wanted

from aeroflux_assets.cutoffs import Cutoff, cutoff_named
from aeroflux_assets.propagation.state import MonthState, airport_state, carrier_state

Row = dict[str, Any]
NOW = cutoff_named("T-0")
# Leaves AAA for BBB at 20:00.
ME = flight(99, 1200)


def seen(*others: Row, cutoff: Cutoff = NOW) -> Row:
    (row,) = airport_state(MonthState(cleaned_flights([ME, *others]), wanted(99), cutoff)).to_dicts()
    return row


def leaves(n: int, dep: int, **more: Any) -> Row:
    """Another flight out of AAA, to a place that has nothing to do with ours."""
    return flight(n, dep, dest="ZZZ", **more)


def reaches(n: int, arr: int, **more: Any) -> Row:
    """Another flight due at BBB at minute `arr`."""
    return flight(n, arr - 60, origin="ZZZ", **more)


@pytest.mark.parametrize(("left", "counted"), [(1139, 0), (1140, 1), (1199, 1), (1200, 0)])
def test_a_window_begins_with_its_first_minute_and_ends_before_the_cutoff(left: int, counted: int) -> None:
    row = seen(leaves(1, 1100, dep_delay=left - 1100))
    assert row["origin_departures_1h"] == counted
    assert row["origin_dep_delay_mean_min_1h"] == (left - 1100 if counted else None)


def test_delays_are_averaged_raw_and_clipped_and_counted_as_late() -> None:
    row = seen(leaves(1, 1000, dep_delay=190), leaves(2, 1150, dep_delay=15), leaves(3, 1195, dep_delay=-40))
    # The last left early: that is known at its scheduled departure, five minutes before the cutoff.
    assert row["origin_departures_1h"] == 3
    assert row["origin_dep_delay_mean_min_1h"] == (190 + 15 - 40) / 3
    assert row["origin_dep_delay_clipped_min_1h"] == pytest.approx((180 + 15 - 30) / 3)
    assert row["origin_dep_late_share_1h"] == pytest.approx(2 / 3)
    assert row["origin_dep_delay_median_min_1h"] == 15


def test_a_cancellation_is_known_from_the_scheduled_departure_on() -> None:
    gone, going = leaves(1, 1199, cancelled=True), leaves(2, 1200, cancelled=True)
    row = seen(gone, going)
    assert (row["origin_cancellations_1h"], row["origin_queue"]) == (1, 0)


@pytest.mark.parametrize("dep_delay", [0, 90])
def test_a_flight_that_came_back_to_its_gate_is_one_that_left(dep_delay: int) -> None:
    """Its cancellation came after it had left: until the cutoff it looks like one that flew."""
    plan: Row = {"dep_delay": dep_delay}
    back, flew = leaves(1, 1140, returned=True, **plan), leaves(1, 1140, diverted=True, **plan)

    row = seen(back)

    assert row == seen(flew)
    assert row["origin_cancellations_1h"] == 0
    assert (row["origin_departures_1h"], row["origin_queue"]) == ((1, 0) if dep_delay == 0 else (0, 1))


@pytest.mark.parametrize(("due", "waiting"), [(839, 0), (840, 1), (1199, 1), (1200, 0)])
def test_a_departure_queues_from_its_schedule_for_six_hours(due: int, waiting: int) -> None:
    row = seen(leaves(1, due, dep_delay=500))
    assert (row["origin_queue"], row["origin_queue_wait_min"]) == (waiting, (1200 - due) * waiting)


@pytest.mark.parametrize(("delay", "waiting"), [(49, 0), (50, 1)])
def test_a_departure_leaves_the_queue_when_it_is_known_to_have_gone(delay: int, waiting: int) -> None:
    assert seen(leaves(1, 1150, dep_delay=delay))["origin_queue"] == waiting


@pytest.mark.parametrize(("due", "waiting"), [(1019, 0), (1020, 1), (1199, 1), (1200, 0)])
def test_an_arrival_is_waited_for_from_its_schedule_for_three_hours(due: int, waiting: int) -> None:
    row = seen(reaches(1, due, dep_delay=300))
    assert (row["dest_arrivals_queue"], row["dest_arrivals_queue_wait_min"]) == (
        waiting,
        (1200 - due) * waiting,
    )


def test_an_early_arrival_never_queues() -> None:
    # In at 19:50, due at 20:10; and one in at 19:20, due at 19:40.
    early = [reaches(1, 1210, arr_delay=-20), reaches(2, 1180, arr_delay=-20)]
    row = seen(*early)
    assert (row["dest_arrivals_queue"], row["dest_arrivals_queue_wait_min"]) == (0, 0)
    assert row["dest_arrivals_1h"] == 2


def test_a_diverted_flight_leaves_the_arrivals_queue_only_by_patience() -> None:
    assert seen(reaches(1, 1100, diverted=True))["dest_arrivals_queue"] == 1
    assert seen(reaches(1, 1000, diverted=True))["dest_arrivals_queue"] == 0


@pytest.mark.parametrize(("dep", "counted"), [(1169, 0), (1170, 1), (1200, 1), (1230, 1), (1231, 0)])
def test_demand_is_what_is_scheduled_within_half_an_hour(dep: int, counted: int) -> None:
    row = seen(leaves(1, dep), reaches(2, dep + 60), cutoff=cutoff_named("T-24h"))
    assert (row["origin_demand"], row["dest_demand"]) == (counted, counted)


def test_volumes_reach_back_28_days_and_count_cancelled_flights() -> None:
    month = 28 * 1440
    row = seen(
        leaves(1, 1200 - month),
        leaves(2, 1199 - month),
        leaves(3, 1100, cancelled=True),
        flight(4, 1000),
        reaches(5, 1100),
    )
    assert row["origin_flight_volume_28d"] == 3
    assert row["route_frequency_28d"] == 1
    assert row["dest_flight_volume_28d"] == 2


def test_ours_is_the_carrier_and_the_number_and_the_hour() -> None:
    days = [
        flight(1, 1200 - 1440, dep_delay=30),  # the same flight yesterday
        flight(2, 1200 - 1440, dep_delay=60, flight_number=2),
        flight(3, 1200 - 1440, dep_delay=90, carrier="DL"),
        flight(4, 900 - 1440, dep_delay=10, block=80),
        leaves(5, 1215 - 1440, dep_delay=20),
    ]
    frame = carrier_state(MonthState(cleaned_flights([ME, *days]), wanted(99), NOW))
    (row,) = frame.to_dicts()
    assert row["flight_history_arrivals_28d"] == 2  # and at 15:00, under the same number
    assert row["flight_history_arr_delay_min_3d"] == 20
    assert row["carrier_route_history_arr_delay_min_3d"] == pytest.approx(100 / 3)
    assert row["carrier_origin_hour_history_arr_delay_min_3d"] == pytest.approx(110 / 3)
    assert row["block_pad_min"] == pytest.approx(60 - 200 / 3)


def bound(*others: Row) -> Row:
    (row,) = carrier_state(MonthState(cleaned_flights([ME, *others]), wanted(99), NOW)).to_dicts()
    return {name.removeprefix("carrier_origin_bound_"): value for name, value in row.items()}


@pytest.mark.parametrize(("arr", "under_way"), [(1199, 0), (1200, 1), (1300, 1)])
def test_a_flight_is_under_way_until_it_is_known_to_be_in(arr: int, under_way: int) -> None:
    row = bound(flight(1, 1100, origin="ZZZ", dest="AAA", dep_delay=20, arr_delay=arr - 1160))
    assert row["under_way"] == under_way
    assert row["under_way_dep_delay_clipped_min"] == (20 if under_way else None)
    assert row["under_way_late_share"] == (1 if under_way else None)


def test_a_flight_that_is_due_and_has_not_left_waits_and_is_not_under_way() -> None:
    row = bound(flight(1, 1150, origin="ZZZ", dest="AAA", dep_delay=60))
    assert (row["under_way"], row["queue"], row["queue_wait_min"]) == (0, 1, 50)


def test_what_flies_elsewhere_or_for_another_carrier_is_not_bound_for_the_origin() -> None:
    elsewhere = flight(1, 1150, origin="ZZZ", dest="BBB")
    others = flight(2, 1150, origin="ZZZ", dest="AAA", carrier="DL")
    assert bound(elsewhere, others)["under_way"] == 0


@pytest.mark.parametrize(("dep", "under_way"), [(959, 0), (960, 1)])
def test_a_flight_that_never_comes_in_is_given_up_three_hours_past_its_block_time(
    dep: int, under_way: int
) -> None:
    assert bound(flight(1, dep, origin="ZZZ", dest="AAA", diverted=True))["under_way"] == under_way


def test_a_month_is_freed_with_its_last_name() -> None:
    # A cycle would keep each month's arrays until the collector runs: 9 GB over a year of 7 million flights.
    gc.disable()
    try:
        month = MonthState(cleaned_flights([ME]), wanted(99), NOW)
        carrier_state(month)
        gone = weakref.ref(month)
        del month

        assert gone() is None
    finally:
        gc.enable()
