"""How a belief moved and why, the reasons themselves, and what the next legs stand to inherit."""

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from aeroflux_assets.lake import Lake
from dashboard.queries.belief import belief, moved, steps_frame
from dashboard.queries.lookup import find_flights
from dashboard.queries.lookup_query import parse_query
from dashboard.queries.lookup_text import upstream_by_id
from dashboard.queries.next_legs import next_legs
from dashboard.queries.reasons import facts, in_words, severe

Row = dict[str, Any]
NOON = datetime(2024, 6, 10, 12)
FLIGHT: Row = {"sched_dep_utc": NOON, "sched_dep_local": NOON, "origin": "ORD", "dest": "BOS"}
INBOUND: Row = {
    "flight_id": 7, "carrier": "DL", "flight_number": 101, "origin": "ATL", "dest": "ORD",
    "sched_dep_utc": NOON - timedelta(hours=3), "sched_arr_utc": NOON - timedelta(hours=1),
}  # fmt: skip
LEGS = {7: INBOUND}


def known(lead: int, **more: Any) -> Row:
    """A row of `propagation` with an inbound that is in time and on the ground by none of the stages."""
    row: Row = {
        "lead_min": lead, "up1_is_linked": 1.0, "up1_flight_id": 7, "up1_has_departed": 0.0,
        "up1_has_landed": 0.0, "up1_dep_delay_min": None, "up1_arr_delay_min": None, "up1_late_so_far_min": 0.0,
        "up1_min_since_landing": None, "slack_min": 45.0, "earliest_dep_delay_min": 0.0,
    }  # fmt: skip
    return row | more


def state(**more: Any) -> Row:
    """A row of `airport_state` of a quiet hour."""
    return {
        "origin_departures_1h": 10.0, "origin_dep_delay_mean_min_1h": 2.0, "origin_cancellations_1h": 0.0,
        "origin_queue": 1.0, "origin_queue_wait_min": 3.0, "dest_arrivals_1h": 9.0,
        "dest_arr_delay_mean_min_1h": 1.0,
    } | more  # fmt: skip


def weather(**more: Any) -> Row:
    names = ("visibility_m", "ceiling_height_m", "wind_speed_m_s", "precipitation_mm")
    return dict.fromkeys([f"{end}_{name}" for end in ("dep", "arr") for name in names]) | more


def test_a_quiet_hour_gives_no_reason() -> None:
    assert facts(known(120), state(), weather(), FLIGHT, LEGS) == []
    assert in_words([]) == "nothing out of the ordinary was known"
    assert facts(None, None, None, FLIGHT, {}) == []


def test_the_heaviest_reason_comes_first() -> None:
    late = known(
        120, up1_has_departed=1.0, up1_dep_delay_min=70.0, up1_late_so_far_min=70.0, slack_min=-25.0,
        earliest_dep_delay_min=40.0,
    )  # fmt: skip
    found = facts(late, state(origin_dep_delay_mean_min_1h=30.0), weather(dep_visibility_m=800), FLIGHT, LEGS)
    assert [fact.about for fact in found] == ["inbound", "origin", "weather dep"]
    assert in_words(found) == (
        "inbound DL101 ATL->ORD left 70 min late, not landed yet, due 60 min later: it cannot leave less than "
        "40 min late; departures from ORD averaged 30 min late in the hour before"
    )
    assert found[2].text == "ORD: visibility 800 m"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (state(origin_dep_delay_mean_min_1h=60.0, origin_departures_1h=2.0), []),
        (state(origin_queue=10.0, origin_queue_wait_min=200.0), ["queue"]),
        (state(origin_queue=10.0, origin_queue_wait_min=100.0), []),
        (state(origin_cancellations_1h=3.0), ["cancellations"]),
        (state(dest_arr_delay_mean_min_1h=15.0), ["dest"]),
        (state(dest_arr_delay_mean_min_1h=None, origin_dep_delay_mean_min_1h=None), []),
    ],
)
def test_a_place_is_named_from_enough_flights_on(given: Row, said: list[str]) -> None:
    assert [fact.about for fact in facts(None, given, None, FLIGHT, {})] == said


def test_a_tight_turnaround_and_an_unknown_inbound() -> None:
    tight = facts(known(120, slack_min=4.0), None, None, FLIGHT, LEGS)
    assert in_words(tight) == "tight turnaround: 4 min to spare beyond the shortest"
    assert facts(known(120, up1_is_linked=0.0), None, None, FLIGHT, LEGS) == []


def test_weather_is_severe_beyond_its_limits() -> None:
    bad = weather(
        dep_visibility_m=2999, dep_ceiling_height_m=90, dep_wind_speed_m_s=14.2, dep_precipitation_mm=4.0
    )
    assert severe(bad, "dep") == ["visibility 2999 m", "ceiling 90 m", "wind 14 m/s", "4 mm rain in the hour"]
    fair = weather(
        dep_visibility_m=3000, dep_ceiling_height_m=300, dep_wind_speed_m_s=12.9, dep_precipitation_mm=2.4
    )
    assert severe(fair, "dep") == []


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (known(120), known(0), []),
        (
            known(120),
            known(0, up1_has_departed=1.0, up1_dep_delay_min=41.0, up1_late_so_far_min=41.0),
            ["inbound DL101 ATL->ORD left 41 min late, not landed yet"],
        ),
        (
            known(120, up1_has_departed=1.0, up1_dep_delay_min=9.0),
            known(0, up1_has_departed=1.0, up1_has_landed=1.0, up1_arr_delay_min=12.0, up1_min_since_landing=20.0),
            ["inbound DL101 ATL->ORD landed 12 min late, 20 min before"],
        ),
        (
            known(120),
            known(0, up1_late_so_far_min=50.0, earliest_dep_delay_min=26.0),
            ["inbound DL101 ATL->ORD not yet departed, 50 min late so far; earliest possible departure 26 min late "
             "(was on time)"],
        ),
        (
            known(120, up1_is_linked=0.0, up1_flight_id=None),
            known(0),
            ["inbound DL101 ATL->ORD not yet departed (not vouched for before)"],
        ),
        (
            known(120, up1_flight_id=6),
            known(0),
            ["inbound DL101 ATL->ORD not yet departed (another leg than before)"],
        ),
        (known(120), known(0, up1_is_linked=0.0), ["no inbound is vouched for any more"]),
    ],
)  # fmt: skip
def test_what_moved_of_the_inbound(before: Row, after: Row, said: list[str]) -> None:
    assert [fact.text for fact in moved((before, None, None), (after, None, None), FLIGHT, LEGS)] == said


def test_what_moved_of_places_and_weather_in_order_of_weight() -> None:
    before = (None, state(), weather())
    after = (
        None,
        state(origin_dep_delay_mean_min_1h=34.0, origin_queue=8.0, dest_arr_delay_mean_min_1h=6.0),
        weather(arr_ceiling_height_m=60),
    )
    assert [fact.text for fact in moved(before, after, FLIGHT, {})] == [
        "departures from ORD averaged 34 min late in the hour before, 2 min late then",
        "BOS: ceiling 60 m",
        "8 flights wait to leave ORD, 1 then",
    ]
    back = moved(after, before, FLIGHT, {})
    assert back[1].text == "BOS: no longer ceiling 60 m"


def test_steps_run_from_the_earliest_cutoff_with_the_points_gained(whole: Lake) -> None:
    result = find_flights(whole, parse_query(number="DL102", day="2024-06-10"))
    flight = result.flights.row(0, named=True)
    now = result.predictions.with_columns(
        cutoff=pl.lit("T-0"), lead_min=pl.lit(0, dtype=pl.Int32), prob_late15=pl.col("prob_late15") - 0.1
    )
    both = pl.concat([result.predictions, now])
    seen = result.known.with_columns(cutoff=pl.lit("T-0"), lead_min=pl.lit(0, dtype=pl.Int32))
    empty = pl.DataFrame(schema={"cutoff": pl.String})
    steps = belief(
        flight, both, pl.concat([result.known, seen]), empty, result.weather, upstream_by_id(result)
    )
    assert [step.cutoff for step in steps] == ["T-2h", "T-0"]
    assert [step.prob_late15 for step in steps] == pytest.approx([0.75, 0.65])
    assert steps[0].points is None
    assert steps[1].points == pytest.approx(-10)
    assert steps[0].at_utc == datetime(2024, 6, 10, 12)
    assert steps_frame(steps)["facts"].to_list()[1] == ""
    assert belief(flight, both.clear(), seen, empty, empty, {}) == []


def _leg(number: int, dep: int, block: int = 60) -> Row:
    at = NOON + timedelta(minutes=dep)
    return {"flight_id": number, "sched_dep_utc": at, "sched_arr_utc": at + timedelta(minutes=block)}


def test_lateness_is_passed_on_less_every_buffer() -> None:
    # Turnarounds of 35, 25 and 60 minutes: buffers of 20, 10 and 45.
    day = pl.DataFrame([_leg(1, 0), _leg(2, 95), _leg(3, 180), _leg(4, 300)])
    predictions = pl.DataFrame(
        {"flight_id": [2, 2, 3], "cutoff": ["T-2h", "T-0", "T-2h"], "prob_late15": [0.4, 0.9, 0.3]},
        schema={"flight_id": pl.Int64, "cutoff": pl.String, "prob_late15": pl.Float32},
    )
    found = next_legs({"flight_id": 1, "sched_dep_utc": NOON}, day, predictions, NOON, 50.0, ["T-0", "T-2h"])
    assert found["flight_id"].to_list() == [2, 3, 4]
    assert found["turnaround_min"].to_list() == [35, 25, 60]
    assert found["carried_min"].to_list() == [30.0, 20.0, 0.0]
    # At noon only the leg at 13:35 has had a cutoff, its T-2h at 11:35; T-0 would be the future.
    assert found["cutoff"].to_list() == ["T-2h", None, None]
    assert found["prob_late15"].to_list() == [pytest.approx(0.4), None, None]


def test_the_last_leg_of_a_day_passes_nothing_on() -> None:
    day = pl.DataFrame([_leg(1, 0), _leg(2, 95)])
    empty = pl.DataFrame(schema={"flight_id": pl.Int64, "cutoff": pl.String, "prob_late15": pl.Float32})
    last = {"flight_id": 2, "sched_dep_utc": NOON + timedelta(minutes=95)}
    assert next_legs(last, day, empty, NOON, 50.0, []).is_empty()
