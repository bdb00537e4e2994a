"""The vouching rule by hand-made rotations: which leg is upstream, and what is known of it."""

from typing import Any

import pytest
from builders import cleaned_flights, flight, wanted

from aeroflux_assets.cutoffs import Cutoff, cutoff_named
from aeroflux_assets.propagation.chain import Links, known_upstream

Row = dict[str, Any]
NOW = cutoff_named("T-0")
# Leaves BBB at 12:00; the inbound of the examples is due there at 11:00.
ME = flight(9, 720, origin="BBB", dest="CCC")


def known(*legs: Row, cutoff: Cutoff = NOW, links: Links = "vouched", of: int = 9) -> Row:
    frame = known_upstream(cleaned_flights(legs), wanted(of), cutoff, links)
    (row,) = frame.to_dicts()
    return row


def test_the_schedule_vouches_for_a_leg_that_is_due_in_time() -> None:
    row = known(flight(1, 600), ME, cutoff=cutoff_named("T-24h"))
    assert (row["up1_flight_id"], row["up1_is_linked"], row["up1_sched_turnaround_min"]) == (1, 1, 60)
    assert (row["up1_has_departed"], row["up1_has_landed"], row["up1_dep_delay_min"]) == (0, 0, None)
    assert (row["slack_min"], row["earliest_dep_delay_min"], row["leg_number_day"]) == (60, 0, 2)


@pytest.mark.parametrize(("due", "linked"), [(705, 1), (706, 0)])
def test_fifteen_minutes_are_the_shortest_turnaround_that_a_schedule_plans(due: int, linked: int) -> None:
    # Its arrival comes after the cutoff, so that only the schedule can vouch.
    assert known(flight(1, due - 60, dep_delay=100), ME)["up1_is_linked"] == linked


@pytest.mark.parametrize(("delay", "linked"), [(-20, 1), (-10, 1), (-9, 0)])
def test_a_landing_by_the_cutoff_vouches_for_a_leg_that_no_schedule_plans(delay: int, linked: int) -> None:
    # Due ten minutes after the flight's own departure: a swap, unless it was seen to land by then.
    inbound = flight(1, 670, dep_delay=-10, arr_delay=delay)
    assert known(inbound, ME)["up1_is_linked"] == linked


def test_a_leg_that_ends_elsewhere_is_stepped_over() -> None:
    row = known(flight(1, 500), flight(2, 600, origin="DDD", dest="EEE"), ME)
    assert row["up1_flight_id"] == 1


def test_a_leg_known_to_be_cancelled_links_nothing_and_one_that_is_cancelled_later_still_does() -> None:
    legs = [flight(1, 400), flight(2, 600, cancelled=True), ME]
    assert known(*legs)["up1_flight_id"] == 1
    assert known(*legs, cutoff=cutoff_named("T-2h"))["up1_flight_id"] == 2
    assert known(*legs, cutoff=Cutoff("a minute after", 119))["up1_flight_id"] == 1


def test_a_leg_that_came_back_to_its_gate_is_a_link_that_left_and_is_not_in() -> None:
    """What became of it was not known while it was out: it looks like one that was diverted."""
    back, flew = (flight(1, 600, dep_delay=20, **{end: True}) for end in ("returned", "diverted"))
    assert known(back, ME) == known(flew, ME)
    assert known(back, ME)["up1_dep_delay_min"] == 20
    # Before it left nobody knew that it would.
    waits = known(back, ME, cutoff=Cutoff("when it is ten minutes late", 110))
    assert (waits["up1_flight_id"], waits["up1_has_departed"], waits["up1_late_so_far_min"]) == (1, 0, 10)


def test_a_leg_of_another_tail_or_after_the_flight_is_no_link() -> None:
    row = known(flight(1, 600, tail="N2"), flight(2, 730), ME)
    assert (row["up1_flight_id"], row["up1_is_linked"]) == (None, 0)


def test_legs_older_than_a_day_and_a_half_are_not_looked_at() -> None:
    assert known(flight(1, 720 - 36 * 60), ME)["up1_flight_id"] == 1
    assert known(flight(1, 719 - 36 * 60), ME)["up1_flight_id"] is None


def test_an_overnight_link_does_not_count_among_the_legs_of_the_day() -> None:
    row = known(flight(1, 600 - 1440), ME)
    assert (row["up1_is_linked"], row["leg_number_day"]) == (1, 1)


def test_what_is_known_of_an_inbound_grows_as_the_cutoff_comes_nearer() -> None:
    # Due out 10:00 and in 11:00; out 10:20, in 11:10.
    legs = (flight(1, 600, dep_delay=20, arr_delay=10), ME)
    names = ("has_departed", "dep_delay_min", "has_landed", "arr_delay_min", "late_so_far_min")
    seen = {
        at: [known(*legs, cutoff=Cutoff("", 720 - at))[f"up1_{name}"] for name in names]
        for at in (590, 615, 620, 640, 669, 670)
    }
    assert seen == {
        590: [0, None, 0, None, 0],
        615: [0, None, 0, None, 15],  # a quarter of an hour past its schedule and still there
        620: [1, 20, 0, None, 20],
        640: [1, 20, 0, None, 20],
        669: [1, 20, 0, None, 20],
        670: [1, 20, 1, 10, 10],
    }


def test_a_late_inbound_delays_the_earliest_departure() -> None:
    late = flight(1, 600, dep_delay=120)
    # Left at 12:00 at the latest: 13:00 in, 13:15 out.
    row = known(late, ME)
    assert (row["up1_has_departed"], row["slack_min"], row["earliest_dep_delay_min"]) == (1, -60, 75)
    # Still at its gate at noon: the same an hour's block later, as it may leave at once.
    row = known(late | flight(1, 600, dep_delay=121), ME)
    assert (row["up1_has_departed"], row["slack_min"], row["earliest_dep_delay_min"]) == (0, -60, 75)


def test_lateness_comes_down_the_chain_from_the_leg_before_the_inbound() -> None:
    # At 10:00 the first leg is known to have left 100 minutes late at 9:40: in at 10:40, the next out at 10:55
    # and in at 11:55, this one out at 12:10.
    legs = (
        flight(1, 480, origin="BBB", dest="AAA", dep_delay=100),
        flight(2, 620, dep_delay=35),
        ME,
    )
    row = known(*legs, cutoff=cutoff_named("T-2h"))
    assert (row["up1_flight_id"], row["up2_flight_id"], row["up3_flight_id"]) == (2, 1, None)
    assert (row["up2_dep_delay_min"], row["up1_has_departed"]) == (100, 0)
    assert (row["slack_min"], row["earliest_dep_delay_min"], row["leg_number_day"]) == (5, 10, 3)


def test_an_early_departure_counts_as_known_from_the_schedule_on() -> None:
    legs = (flight(1, 600, dep_delay=-15), ME)
    assert known(*legs, cutoff=Cutoff("", 121))["up1_has_departed"] == 0
    row = known(*legs, cutoff=Cutoff("", 120))
    assert (row["up1_has_departed"], row["up1_dep_delay_min"]) == (1, -15)


def test_a_diverted_inbound_never_lands() -> None:
    row = known(flight(1, 600, diverted=True, dep_delay=0), ME)
    assert (row["up1_has_departed"], row["up1_has_landed"], row["up1_late_so_far_min"]) == (1, 0, 60)
    # It may yet come in at the cutoff, and leave a quarter of an hour later.
    assert row["earliest_dep_delay_min"] == 15


@pytest.mark.parametrize("others", [[], [flight(1, 600)]])
def test_a_flight_without_a_tail_has_no_link(others: list[Row]) -> None:
    row = known(*others, ME | {"tail": None})
    assert [row[f"up{k}_is_linked"] for k in (1, 2, 3)] == [0, 0, 0]
    rest = {n: v for n, v in row.items() if not n.endswith("is_linked") and v is not None}
    assert rest == {"flight_id": 9, "leg_number_day": 1}


def test_the_legs_as_flown_show_the_hindsight_that_the_rule_forgoes() -> None:
    swap = flight(2, 690, origin="DDD", dest="BBB", dep_delay=90)
    legs = [flight(1, 500), swap, flight(3, 700, origin="BBB", cancelled=True), ME]
    assert known(*legs)["up1_flight_id"] == 1
    assert known(*legs, links="flown")["up1_flight_id"] == 2
