"""Each hindsight by hand, that none is a feature, and that a model trained on one is found."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import xgboost as xgb
from builders import at, cleaned_flights, cleaned_weather, flight

from aeroflux_assets.evaluation import hindsight
from aeroflux_assets.evaluation.hindsight import (
    AIRPORT_HOUR,
    CLOCK,
    FLOWN,
    HINDSIGHT,
    INBOUND,
    KINDS,
    PAPER,
    TAIL_DAY,
    TURNAROUND,
    VOLUMES,
    WEATHER_THEN,
    model_inputs,
    unservable,
)
from aeroflux_assets.features.sets import ALL_FEATURES, FEATURE_SETS
from aeroflux_assets.store import LocalStore

# Two legs back, one back, and the flight: each an hour in the air, the last one 50 minutes late off the gate.
LEGS = (
    flight(1, 480, origin="AAA", dest="BBB", dep_delay=10, arr_delay=12),
    flight(2, 600, origin="BBB", dest="CCC", dep_delay=20, arr_delay=30),
    flight(3, 720, origin="CCC", dest="DDD", dep_delay=50, arr_delay=45),
)


def row(frame: pl.LazyFrame, flight_id: int = 3) -> dict[str, Any]:
    return frame.filter(pl.col("flight_id") == flight_id).collect().row(0, named=True)


def links(**known: Any) -> pl.LazyFrame:
    return pl.LazyFrame(
        [{"flight_id": 3, "up1_flight_id": 2, "up2_flight_id": 1, "leg_number_day": 3.0} | known],
        schema_overrides={"up1_flight_id": pl.Int64, "up2_flight_id": pl.Int64, "leg_number_day": pl.Float32},
    )


def on_links(known: pl.LazyFrame, *legs: Any) -> dict[str, Any]:
    flights = cleaned_flights(legs or LEGS)
    longest = pl.LazyFrame({"tail": ["N1"], "longest_day": [6]})
    return row(hindsight.on_links(flights, known, hindsight.outcomes(flights), longest))


def test_the_actual_turnaround_runs_from_gate_to_gate_as_flown() -> None:
    found = on_links(links())
    # Leaves at 12:50; leg 2 came in at 11:30, leg 1 at 9:12.
    assert found[TURNAROUND.column("prev1_turnaround_minutes")] == 80
    assert found[TURNAROUND.column("time_since_prev2_arrival_minutes")] == 218


def test_the_delays_of_an_inbound_are_given_landed_or_not() -> None:
    # Due at 11:00, and 130 minutes late: after the flight's own scheduled departure.
    late = LEGS[1] | {"arr_delay_min": 130, "arr_utc": at(660 + 130)}
    found = on_links(links(), LEGS[0], late, LEGS[2])
    assert found[INBOUND.column("prev1_arr_delay")] == 130
    assert (found[INBOUND.column("prev1_arr_del15")], found[INBOUND.column("prev2_arr_del15")]) == (
        True,
        False,
    )
    assert found[INBOUND.column("prev1_dep_delay")] == 20


def test_without_a_link_there_is_nothing_to_know() -> None:
    found = on_links(links(up1_flight_id=None, up2_flight_id=None))
    assert found[TURNAROUND.column("prev1_turnaround_minutes")] is None
    assert found[INBOUND.column("prev1_arr_del15")] is None


def test_the_clock_is_that_of_the_actual_departure_past_midnight_too() -> None:
    # Friday 2024-06-14, 23:40; leaves 50 minutes late, on Saturday.
    found = row(hindsight.clock(cleaned_flights([flight(3, 2 * 1440 + 1420, dep_delay=50)])))
    values = {name: found[CLOCK.column(name)] for name in CLOCK.replaces}
    assert values == {
        "dep_hour_local": 0,
        "dep_time_bucket": 1,
        "dep_weekday_local": 6,
        "dep_month_local": 6,
        "is_weekend": True,
    }


def test_weather_is_seen_when_the_flight_left_and_when_it_arrived() -> None:
    stations = pl.DataFrame({"airport": ["CCC", "DDD"], "station_id": ["C", "D"]})
    seen = [("C", 719, 10.0), ("C", 765, 20.0), ("D", 779, 1.0), ("D", 820, 2.0), ("D", 826, 3.0)]
    weather = cleaned_weather({"station_id": s, "valid_utc": at(m), "temp_c": t} for s, m, t in seen)
    gone = flight(4, 720, origin="CCC", dest="DDD", cancelled=True)
    frame = hindsight.weather_then(cleaned_flights([LEGS[2], gone]), weather, stations)
    # Left at 770, at the gate at 825.
    assert row(frame)[WEATHER_THEN.column("dep_temp_c")] == 20
    assert row(frame)[WEATHER_THEN.column("arr_temp_c")] == 2
    assert row(frame, 4)[WEATHER_THEN.column("dep_temp_c")] is None


def test_the_airports_hour_holds_the_flight_itself() -> None:
    # At CCC the flight leaves at 12:50 with another that left at 12:10, on time; one at 13:00 is of the next hour.
    others = [
        flight(5, 730, origin="CCC", dest="EEE", tail="N2"),
        flight(6, 780, origin="CCC", dest="EEE", tail="N3"),
    ]
    found = row(hindsight.airport_hour(cleaned_flights([*LEGS, *others])))
    assert found[AIRPORT_HOUR.column("origin_dep_delay")] == (50 + 0) / 2
    assert found[AIRPORT_HOUR.column("origin_dep_del15")] == 0.5
    # Alone at DDD: the mean is its own arrival delay, the answer itself.
    assert found[AIRPORT_HOUR.column("dest_arr_delay")] == 45
    assert found[AIRPORT_HOUR.column("dest_arr_del15")] == 1


def test_the_tails_day_sums_up_to_and_with_the_flight() -> None:
    tomorrow = flight(4, 1440 + 480, dep_delay=5, arr_delay=6)
    frame = hindsight.tail_day(cleaned_flights([LEGS[2], LEGS[0], LEGS[1], tomorrow]))
    assert row(frame)[TAIL_DAY.column("dep_delay_sum")] == 10 + 20 + 50
    assert row(frame)[TAIL_DAY.column("arr_delay_sum")] == 12 + 30 + 45
    assert row(frame, 4)[TAIL_DAY.column("arr_delay_sum")] == 6


def test_volumes_count_every_arrived_flight_of_all_years() -> None:
    years_later = flight(9, 3 * 365 * 1440, origin="CCC", dest="DDD")
    never = flight(8, 800, origin="CCC", dest="DDD", cancelled=True, tail="N2")
    span = hindsight.whole_span(cleaned_flights([*LEGS, years_later, never]))
    found = row(hindsight.volumes(cleaned_flights(LEGS), span))
    assert found[VOLUMES.column("route_frequency")] == 2
    assert found[VOLUMES.column("origin_flight_volume")] == 2
    assert found[VOLUMES.column("dest_flight_volume")] == 2
    assert span.longest.collect().rows() == [("N1", 3)]
    assert on_links(links())[VOLUMES.column("relative_leg_position")] == 3 / 6


# ---- apart from features ----------------------------------------------------------------------------------
def test_no_hindsight_is_a_feature_and_every_hindsight_says_so_in_its_name() -> None:
    columns = {name for kind in KINDS for name in model_inputs([kind])} - set(PAPER)
    assert all(name.startswith(HINDSIGHT) for name in columns)
    assert not [name for name in ALL_FEATURES if name.startswith(HINDSIGHT)]
    assert not columns & {name for names in FEATURE_SETS.values() for name in names}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_switches_on_its_own_columns_and_leaves_the_rest_honest(kind: hindsight.Kind) -> None:
    names = model_inputs([kind])
    assert set(PAPER) - set(names) == set(kind.replaces)
    assert len(names) == len(PAPER) + len(kind.adds)
    assert sum(name.startswith(HINDSIGHT) for name in names) == len(kind.replaces) + len(kind.adds)


def test_with_the_tail_that_flew_gaps_and_delays_are_those_of_its_legs() -> None:
    names = model_inputs([TURNAROUND, INBOUND, FLOWN])
    assert TURNAROUND.column("prev1_turnaround_minutes", flown=True) in names
    assert INBOUND.column("prev2_arr_delay", flown=True) in names
    assert FLOWN.column("aircraft_age") in names
    assert not set(names) & {TURNAROUND.column("prev1_turnaround_minutes"), FLOWN.column("prev2_arr_delay")}
    assert len(set(names)) == len(PAPER)


# ---- a model that must not be served ----------------------------------------------------------------------
def model_row(data: Path, *own: str, listed: tuple[str, ...] = ()) -> pl.DataFrame:
    """A row of `models` whose file was trained on the columns `own`."""
    x = np.random.default_rng(1).random((20, len(own)), dtype=np.float32)
    matrix = xgb.DMatrix(x, label=x[:, 0] > 0.5, feature_names=list(own))
    xgb.train({"objective": "binary:logistic"}, matrix, 1).save_model(data / "late15.ubj")
    return pl.DataFrame({"path": ["late15.ubj"], "features": [",".join(listed or own)]})


def test_an_honest_model_may_be_served(tmp_path: Path) -> None:
    assert unservable(model_row(tmp_path, *PAPER), LocalStore(tmp_path)) == {}


def test_a_model_that_names_a_hindsight_may_not(tmp_path: Path) -> None:
    leak = TURNAROUND.column("prev1_turnaround_minutes")
    assert leak in unservable(model_row(tmp_path, "distance", leak), LocalStore(tmp_path))["late15.ubj"]


def test_a_model_file_with_another_input_than_its_row_says_may_not(tmp_path: Path) -> None:
    leak = AIRPORT_HOUR.column("dest_arr_delay")
    hidden = model_row(tmp_path, "distance", leak, listed=("distance", "dep_hour_local"))
    assert "hindsight" in unservable(hidden, LocalStore(tmp_path))["late15.ubj"]
    swapped = model_row(tmp_path, "distance", "is_weekend", listed=("is_weekend", "distance"))
    assert "not those that the table names" in unservable(swapped, LocalStore(tmp_path))["late15.ubj"]


def test_an_input_that_is_no_feature_and_a_missing_file_may_not(tmp_path: Path) -> None:
    assert (
        "arr_delay_min"
        in unservable(model_row(tmp_path, "arr_delay_min"), LocalStore(tmp_path))["late15.ubj"]
    )
    missing = pl.DataFrame({"path": ["gone.ubj"], "features": ["distance"]})
    assert "missing" in unservable(missing, LocalStore(tmp_path))["gone.ubj"]


def test_the_answer_is_in_the_columns_as_the_paper_builds_them() -> None:
    """The sum of the day less that of the leg before is the flight's own delay: no window of ours allows that."""
    found = hindsight.tail_day(cleaned_flights(LEGS)).sort("flight_id").collect()
    own = found[TAIL_DAY.column("arr_delay_sum")].diff().to_list()
    assert own[1:] == [LEGS[1]["arr_delay_min"], LEGS[2]["arr_delay_min"]]
    assert LEGS[2]["arr_utc"] - LEGS[2]["sched_arr_utc"] == timedelta(minutes=45)
