"""Tail, Worklist, Data health and the lookup's timeline as Streamlit runs them: whole, half and empty lakes."""

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import page_runner
import pytest
from page_runner import shown as _metrics
from page_runner import texts as _texts
from streamlit.testing.v1 import AppTest
from tiny_lake import YEAR, flight_rows, put, write_whole

from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS
from aeroflux_assets.contracts.model import PREDICTIONS
from aeroflux_assets.contracts.propagation import AIRPORT_STATE, PROPAGATION
from aeroflux_assets.lake import Lake

Open = Callable[..., AppTest]
TAIL, WORKLIST, HEALTH, LOOKUP = (f"app_pages/{name}.py" for name in ("tail", "worklist", "health", "lookup"))


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Run a page over a data folder."""
    return partial(page_runner.open_page, monkeypatch)


@pytest.mark.parametrize("page", [TAIL, WORKLIST, HEALTH])
def test_an_empty_lake_names_the_commands(open_page: Open, tmp_path: Path, page: str) -> None:
    assert "`make demo` or `aeroflux run`" in _texts(open_page(tmp_path, page))


def test_a_tails_day_by_the_address(open_page: Open, whole_data: Path) -> None:
    app = open_page(whole_data, TAIL, tail="102dl", date="2024-06-11")
    assert app.header[0].value == "N102DL"
    shown = _metrics(app)
    assert (shown["Legs"], shown["Late"], shown["Minutes late"]) == ("4", "2", "59")
    assert (shown["Inherited"], shown["New"], shown["Absorbed"]) == ("0 min", "59 min", "29 min")
    assert len(app.get("plotly_chart")) == 3


def test_a_tails_week_and_the_next(open_page: Open, whole_data: Path) -> None:
    app = open_page(whole_data, TAIL, tail="N8731A", date="2024-06-10", span="Week")
    assert _metrics(app)["Legs"] == "9"
    next(button for button in app.button if button.label == "Later").click().run()
    assert not app.exception
    assert "2024 in the lake runs from 2024-06-10 to 2024-06-12" in app.warning[0].value


def test_the_tail_page_invites_and_a_miss_is_a_message(open_page: Open, whole_data: Path) -> None:
    app = open_page(whole_data, TAIL)
    next(button for button in app.button if "N102DL" in button.label).click().run()
    assert not app.exception
    assert app.header[0].value == "N102DL"
    missed = open_page(whole_data, TAIL, tail="N8731B", date="2024-06-10")
    assert "tails like it that day: N8731A" in missed.warning[0].value


def test_a_tail_in_half_a_lake_goes_without_its_ledger(open_page: Open, half_data: Path) -> None:
    app = open_page(half_data, TAIL, tail="N101DL", date="2024-06-10")
    text = _texts(app)
    assert "The ledger of 2024 is not in the lake" in text
    assert "2024 is not scored" in text
    assert len(app.get("plotly_chart")) == 2


def test_the_worklist_at_a_moment(open_page: Open, whole_data: Path) -> None:
    app = open_page(whole_data, WORKLIST, moment_day="2024-06-10", moment_time="12:00")
    shown = _metrics(app)
    # 12:00, 13:00 and twice 14:00 UTC; at noon the last have just had their T-2h.
    assert (shown["Flights due"], shown["Predicted by then"]) == ("4", "4")
    assert shown["Of the first 4"] == "1 late"
    text = _texts(app)
    assert "**75%** DL102 BOS → ATL 14:00" in text
    app.toggle[0].set_value(False).run()
    assert not app.exception
    assert "left 41 min late, arrived 41 min late" not in _texts(app)


def test_the_worklist_of_a_station_runs_on_its_clock(open_page: Open, whole_data: Path) -> None:
    app = open_page(whole_data, WORKLIST, moment_day="2024-06-10", moment_time="10:00", airports="BOS")
    # 10:00 in Boston is 14:00 UTC.
    assert app.time_input[0].label == "Now, New York time"
    assert "DL102 BOS → ATL 10:00" in _texts(app)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            {"moment_day": "2024-06-10", "moment_time": "19:00"},
            "No flight is scheduled from BOS between 2024-06-10 19:00 and 22:00 New York time in the lake.",
        ),
        (
            {"moment_day": "2024-06-10", "moment_time": "19:00", "ahead": "11"},
            "between 2024-06-10 19:00 and 2024-06-11 06:00 New York time in the lake.",
        ),
        (
            {"moment_day": "2024-06-10", "moment_time": "23:00", "clock": "UTC"},
            "between 2024-06-10 23:00 and 2024-06-11 02:00 UTC in the lake.",
        ),
        ({"moment_day": "2019-06-10"}, "No flights of 2019 in the lake; it has 2024."),
    ],
)
def test_a_worklist_of_nothing_says_so_on_the_clock_that_was_typed(
    open_page: Open, whole_data: Path, asked: dict[str, str], said: str
) -> None:
    assert said in open_page(whole_data, WORKLIST, airports="BOS", **asked).info[0].value


def test_the_list_has_the_outcome_short_and_room_for_the_reasons(open_page: Open, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    write_whole(lake)
    noon = {"moment_day": "2024-06-10", "moment_time": "12:00"}
    table = open_page(tmp_path, WORKLIST, **noon).dataframe[-1]
    assert table.value["ended"].to_list()[0] == "left +41, in +41 min"
    assert (max(map(len, table.value["why"])), table.proto.row_height) == (37, 35)
    state = [
        {"flight_id": row["flight_id"], "origin_departures_1h": 8.0, "origin_dep_delay_mean_min_1h": 34.0,
         "origin_queue": 12.0, "origin_queue_wait_min": 240.0}
        for row in flight_rows()
    ]  # fmt: skip
    put(lake, AIRPORT_STATE, state, {"year": YEAR, "cutoff": "T-2h"})
    table = open_page(tmp_path, WORKLIST, **noon).dataframe[-1]
    assert (max(map(len, table.value["why"])), table.proto.row_height) == (109, 73)


def test_the_worklist_of_an_unscored_year_lists_by_departure(open_page: Open, half_data: Path) -> None:
    text = _texts(open_page(half_data, WORKLIST, moment_day="2024-06-10", moment_time="12:00"))
    assert "2024 is not scored" in text
    assert "no model scores this date" in text


def test_health_counts_what_there_is(open_page: Open, whole_data: Path) -> None:
    app = open_page(whole_data, HEALTH)
    shown = _metrics(app)
    lake = Lake(whole_data / "lake")
    committed = sum(len(lake.partitions(table)) for table in lake.tables())
    assert (shown["Partitions"], shown["Stale"], shown["Set aside"]) == (str(committed), "0", "3")
    assert shown["Missing months"] == "2"
    app.selectbox(key="health_table").select("ledger")
    app.run()
    next(button for button in app.button if button.label.startswith("Check its contract")).click().run()
    assert not app.exception
    assert "ledger year 2024 keeps its contract" in _texts(app)


def test_health_of_half_a_lake(open_page: Open, half_data: Path) -> None:
    text = _texts(open_page(half_data, HEALTH))
    assert "No weather was asked for" in text
    assert "The registry (raw_aircraft) is not in the lake" in text


def test_the_lookup_says_how_the_belief_moved(open_page: Open, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    write_whole(lake)
    rows = [
        {"flight_id": row["flight_id"], "feature_set": "aeroflux_full", "prob_late15": 0.9, "pred_arr_delay_min": 60.0}
        for row in flight_rows()
    ]  # fmt: skip
    put(lake, PREDICTIONS, rows, {"scored_year": YEAR, "cutoff": "T-0"})
    known = [
        {"flight_id": row["flight_id"], "up1_is_linked": 1.0, "up1_flight_id": row["flight_id"] - 1,
         "up1_has_departed": 1.0, "up1_has_landed": 1.0, "up1_arr_delay_min": 41.0, "up1_min_since_landing": 3.0,
         "up1_late_so_far_min": 41.0, "slack_min": 4.0, "earliest_dep_delay_min": 11.0, "up2_is_linked": 0.0,
         "up3_is_linked": 0.0}
        for row in flight_rows()
    ]  # fmt: skip
    put(lake, PROPAGATION, known, {"year": YEAR, "cutoff": "T-0"})
    app = open_page(tmp_path, LOOKUP, number="DL103", date="2024-06-10")
    text = _texts(app)
    assert "**T-0: 90%** (+15 points)" in text
    assert (
        "inbound DL102 BOS → ATL landed 41 min late, 3 min before; earliest possible departure 11 min late"
        in text
    )
    # DL104 leaves an hour after DL103: 60 minutes expected less 45 of buffer.
    assert "At T-0 this flight was expected +60 min" in text
    table = app.dataframe[-1].value
    assert table["carried_min"].to_list() == [15.0]
    assert "20 new at the gate = +20 min" in text
    # With a cutoff chosen at the left nothing of a later one stands under the next legs, and nothing is to choose.
    chosen = open_page(tmp_path, LOOKUP, number="DL103", date="2024-06-10", cutoff="T-2h", legs_at="T-0")
    assert "At T-2h this flight was expected +22 min" in _texts(chosen)
    assert chosen.dataframe[-1].value["carried_min"].to_list() == [0.0]


def test_one_cutoff_alone_has_no_timeline(open_page: Open, whole_data: Path) -> None:
    text = _texts(open_page(whole_data, LOOKUP, number="DL103", date="2024-06-10"))
    assert "How the belief moved" not in text
    assert "Next legs at risk" in text
    assert date(2024, 6, 10).strftime("%A") in text


def test_a_day_without_airports_keeps_the_tail_page(open_page: Open, tmp_path: Path) -> None:
    put(Lake(tmp_path / "lake"), CLEANED_FLIGHTS, flight_rows(), {"year": YEAR})
    text = _texts(open_page(tmp_path, TAIL, tail="N101DL", date="2024-06-10"))
    assert "the airports table is missing" in text
    assert "Times are UTC." in text
