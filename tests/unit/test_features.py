"""Features by hand: the paper's made honest, and the sets that they form."""

from datetime import date, datetime
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from builders import DAY, airports, cleaned_flights, flight

from aeroflux_assets.contracts.base import Contract, violations
from aeroflux_assets.contracts.propagation import AIRPORT_STATE, CARRIER_STATE, PROPAGATION, ROUTE_STATE
from aeroflux_assets.contracts.reference import RAW_AIRCRAFT
from aeroflux_assets.contracts.weather import WEATHER_AT_CUTOFF
from aeroflux_assets.errors import SettingsError
from aeroflux_assets.features.build import FEATURES, FeatureInputs, build_features, typical_legs
from aeroflux_assets.features.sets import ALL_FEATURES, FEATURE_SETS, chosen_sets, feature_set

Row = dict[str, Any]


def table(contract: Contract, ids: list[int], **values: Any) -> pl.LazyFrame:
    """One row a flight under a contract: the values, else null."""
    assert set(values) <= set(contract.names)
    rows = [dict.fromkeys(contract.names) | values | {"flight_id": n} for n in ids]
    return pl.LazyFrame(rows, schema=contract.schema)


def features(
    *flights: Row,
    recent: list[Row] | None = None,
    aircraft: Row | None = None,
    airport_state: Row | None = None,
    weather: Row | None = None,
    **known: Any,
) -> list[Row]:
    """The features of flights of which `known` is what the propagation table says."""
    ids = [row["flight_id"] for row in flights]
    plane = dict.fromkeys(RAW_AIRCRAFT.names) | (aircraft or {"tail": "NONE"})
    inputs = FeatureInputs(
        flights=cleaned_flights(flights),
        recent=cleaned_flights(recent or []),
        propagation=table(PROPAGATION, ids, **known),
        airport_state=table(AIRPORT_STATE, ids, **(airport_state or {})),
        route_state=table(ROUTE_STATE, ids),
        carrier_state=table(CARRIER_STATE, ids),
        weather=table(WEATHER_AT_CUTOFF, ids, **(weather or {})),
        airports=airports({"AAA": "Etc/GMT", "BBB": "Etc/GMT"}).lazy(),
        aircraft=pl.LazyFrame([plane], schema=RAW_AIRCRAFT.schema),
    )
    frame = build_features(inputs)
    assert violations(FEATURES, frame) == []
    rows = frame.collect().to_dicts()
    assert [row["flight_id"] for row in rows] == ids
    return rows


def one(*, dep: int = 600, on: date | None = None, known: Row | None = None, **more: Any) -> Row:
    """The features of one flight at minute `dep` of DAY, or of another date."""
    shift = 0 if on is None else (on - DAY.date()).days * 1440
    fields = {name: more.pop(name) for name in list(more) if name in ("tail", "carrier", "flight_number")}
    return features(flight(1, dep + shift, **fields), **more, **(known or {}))[0]


def some(row: Row, *names: str) -> list[Any]:
    return [row[name] for name in names]


# ---- from the schedule ----------------------------------------------------------------------------------
def test_the_schedule_features_are_those_of_the_schedule_whatever_happened() -> None:
    row = one(dep=10 * 60 + 25)
    assert some(row, "dep_hour_local", "dep_weekday_local", "dep_month_local", "is_weekend") == [10, 3, 6, 0]
    assert some(row, "distance", "crs_elapsed_time", "dep_minute_local", "arr_minute_local") == [
        300,
        60,
        625,
        685,
    ]
    late = features(flight(1, 10 * 60 + 25, dep_delay=900))[0]
    never = features(flight(1, 10 * 60 + 25, cancelled=True))[0]
    assert row == late == never


@pytest.mark.parametrize(
    ("clock", "bucket"),
    [
        ("00:00", 1), ("05:59", 1), ("06:00", 2), ("10:59", 2), ("11:00", 3), ("13:59", 3), ("14:00", 4),
        ("17:59", 4), ("18:00", 5), ("20:59", 5), ("21:00", 6), ("23:59", 6),
    ],
)  # fmt: skip
def test_departure_times_fall_into_six_buckets(clock: str, bucket: int) -> None:
    hour, minute = map(int, clock.split(":"))
    assert one(dep=60 * hour + minute)["dep_time_bucket"] == bucket


@pytest.mark.parametrize(("day", "weekend"), [(14, 0), (15, 1), (16, 1), (17, 0)])
def test_weekends_are_saturday_and_sunday(day: int, weekend: int) -> None:
    assert one(on=date(2024, 6, day))["is_weekend"] == weekend


@pytest.mark.parametrize(
    ("day", "distance"),
    [
        (date(2024, 7, 4), 0),
        (date(2024, 11, 28), 0),  # Thanksgiving
        (date(2024, 6, 12), 7),  # Juneteenth comes sooner than Memorial Day went
        (date(2024, 7, 9), 5),
        (date(2024, 12, 30), 2),  # New Year's Day of the next year
        (date(2009, 1, 3), 2),
        (date(2021, 7, 5), 0),  # the 4th was a Sunday
        (date(2008, 6, 19), 15),  # no Juneteenth yet: Independence Day
    ],
)
def test_the_nearest_holiday_lies_before_or_after(day: date, distance: int) -> None:
    row = one(on=day)
    assert some(row, "days_to_nearest_holiday", "is_holiday") == [distance, float(distance == 0)]


@pytest.mark.parametrize(
    ("carrier", "code"), [("AA", 370), ("9E", 338), ("OH (1)", 881), ("00", 0), ("ZZ", 1295)]
)
def test_a_carrier_is_a_number_in_base_36(carrier: str, code: int) -> None:
    assert one(carrier=carrier)["carrier_code"] == code


def test_places_have_their_coordinates_and_unknown_ones_none() -> None:
    known, unknown = features(flight(1, 600), flight(2, 700, dest="XXX"))
    names = ("origin_latitude", "origin_longitude", "dest_latitude", "dest_longitude")
    assert some(known, *names) == [30, -80, 31, -81]
    assert some(unknown, *names) == [30, -80, None, None]


def test_volumes_and_weather_are_those_of_the_state_at_the_cutoff() -> None:
    volumes = {"route_frequency_28d": 5.0, "origin_flight_volume_28d": 70.0, "dest_flight_volume_28d": 8.0}
    weather = {"dep_temp_c": 21.5, "arr_wind_dir_deg": 270, "cutoff_utc": datetime(2024, 6, 12, 8)}
    row = one(airport_state=volumes, weather=weather)
    assert some(row, "route_frequency", "origin_flight_volume", "dest_flight_volume") == [5, 70, 8]
    assert some(row, "dep_temp_c", "arr_wind_dir_deg", "arr_temp_c") == [21.5, 270, None]


# ---- from what was known of the upstream legs -----------------------------------------------------------
BOTH = {
    "up1_is_linked": 1.0,
    "up1_sched_turnaround_min": 60.0,
    "up1_sched_block_min": 90.0,
    "up1_dep_delay_min": 10.0,
    "up1_arr_delay_min": 20.0,
    "up2_sched_turnaround_min": 45.0,
    "up2_dep_delay_min": 15.0,
    "up2_arr_delay_min": 14.0,
}


def test_the_papers_lags_say_what_was_known() -> None:
    row = one(known=BOTH)
    assert some(row, "prev1_arr_delay", "prev1_dep_delay", "prev2_arr_delay", "prev2_dep_delay") == [
        20,
        10,
        14,
        15,
    ]
    assert some(row, "prev1_arr_del15", "prev1_dep_del15", "prev2_arr_del15", "prev2_dep_del15") == [
        1,
        0,
        0,
        1,
    ]
    # Due an hour before and 20 minutes late; 60 + 90 + 45 minutes before, and 14 late.
    assert some(row, "prev1_turnaround_minutes", "time_since_prev2_arrival_minutes") == [40, 181]
    assert row["rotation_continuity_flag"] == 1


def test_of_legs_still_in_the_air_the_schedule_stands_and_their_delays_are_unknown() -> None:
    row = one(known=BOTH | {"up1_arr_delay_min": None, "up2_arr_delay_min": None})
    assert some(row, "prev1_arr_delay", "prev1_arr_del15", "prev2_arr_delay", "prev2_arr_del15") == [None] * 4
    assert some(row, "prev1_turnaround_minutes", "time_since_prev2_arrival_minutes") == [60, 195]


def test_without_a_link_nothing_is_known() -> None:
    row = one(known={"up1_is_linked": 0.0, "leg_number_day": 1.0})
    hops = [f"prev{k}_{d}" for k in (1, 2) for d in ("arr_delay", "dep_delay", "arr_del15", "dep_del15")]
    assert some(row, *hops, "prev1_turnaround_minutes", "time_since_prev2_arrival_minutes") == [None] * 10
    assert some(row, "rotation_continuity_flag", "aircraft_leg_number_day") == [0, 1]


# ---- the place in the day -------------------------------------------------------------------------------
def legs(days_before: int, tail: str | None, count: int, **more: Any) -> list[Row]:
    start = 100 * days_before + 10 * len(tail or "") + (0 if tail is None else int(tail[1:]) * 1000)
    return [flight(start + n, 300 + 90 * n - 1440 * days_before, tail=tail, **more) for n in range(count)]


RECENT = [
    *legs(2, "N1", 9),  # too near: not over at the earliest cutoff
    *legs(3, "N1", 3),
    *legs(3, "N2", 1),
    *legs(3, None, 5),
    *legs(3, "N3", 4, cancelled=True),
    *legs(3, "N4", 4, carrier="DL"),
    *legs(9, "N1", 2),
    *legs(10, "N1", 9),  # too far
]


def test_the_legs_of_a_tail_and_day_are_those_of_a_week_that_is_over() -> None:
    day = DAY.date()
    found = (
        typical_legs(cleaned_flights(RECENT)).filter(pl.col("flight_date") == day).sort("carrier").collect()
    )
    assert found.select("carrier", "legs", "tail_days").rows() == [("AA", 6, 3), ("DL", 4, 1)]


def test_a_leg_that_was_not_over_by_the_next_noon_does_not_count() -> None:
    on_time = flight(1, 1380 - 1440 * 3)
    late = flight(2, 1380 - 1440 * 3, dep_delay=721)  # in at noon and a minute
    found = typical_legs(cleaned_flights([on_time, late | {"tail": "N2"}]))
    assert found.filter(pl.col("flight_date") == DAY.date()).select("legs", "tail_days").collect().rows() == [
        (1, 1)
    ]


def test_the_relative_position_is_the_leg_number_over_the_carriers_mean_legs_a_day() -> None:
    row = one(recent=RECENT, known={"leg_number_day": 3.0})
    assert row["relative_leg_position"] == 3 / (6 / 3)
    assert one(known={"leg_number_day": 3.0})["relative_leg_position"] is None


def test_the_relative_position_is_blind_to_the_flights_own_day_and_the_day_before() -> None:
    more = [*RECENT, *legs(0, "N5", 6), *legs(1, "N6", 6)]
    assert one(recent=more, known={"leg_number_day": 3.0}) == one(
        recent=RECENT, known={"leg_number_day": 3.0}
    )


# ---- the aircraft ---------------------------------------------------------------------------------------
PLANE: Row = {"tail": "N1", "year_mfr": 2004, "no_engines": 2, "no_seats": 150}
AIRCRAFT = ("aircraft_year_mfr", "aircraft_no_eng", "aircraft_no_seats", "aircraft_age")


def test_the_aircraft_is_known_where_a_link_vouches_for_it() -> None:
    row = one(aircraft=PLANE, known={"up1_is_linked": 1.0})
    assert some(row, *AIRCRAFT) == [2004, 2, 150, 20]


@pytest.mark.parametrize("known", [{"up1_is_linked": 0.0}, {}])
def test_without_a_link_the_tail_that_flew_is_hindsight(known: Row) -> None:
    assert some(one(aircraft=PLANE, known=known), *AIRCRAFT) == [None] * 4


def test_another_tail_is_not_the_aircraft() -> None:
    assert some(one(aircraft=PLANE, tail="N2", known={"up1_is_linked": 1.0}), *AIRCRAFT) == [None] * 4


@pytest.mark.parametrize(
    ("built", "expected"),
    [
        (2024, [2024, 2, 150, 0]),
        (2025, [None] * 4),  # a later user of the number
        (1964, [1964, 2, 150, 60]),
        (1963, [1963, 2, 150, None]),
        (None, [None, 2, 150, None]),
    ],
)
def test_the_age_of_the_aircraft_lies_between_0_and_60(built: int | None, expected: list[Any]) -> None:
    row = one(aircraft=PLANE | {"year_mfr": built}, known={"up1_is_linked": 1.0})
    assert some(row, *AIRCRAFT) == expected


# ---- sets -----------------------------------------------------------------------------------------------
def test_the_papers_sets_have_the_papers_sizes() -> None:
    sizes = {name: len(names) for name, names in FEATURE_SETS.items() if name.startswith("xgb_")}
    assert sizes == {
        "xgb_schedule": 9,
        "xgb_context": 20,
        "xgb_2hop_propagation": 30,
        "xgb_full": 33,
        "xgb_full_aircraft": 37,
    }


def test_the_papers_sets_are_nested_in_order_and_name_each_feature_once() -> None:
    names = [feature_set(name) for name in FEATURE_SETS if name.startswith("xgb_")]
    for smaller, larger in pairwise(names):
        assert larger[: len(smaller)] == smaller
    for features_of_set in FEATURE_SETS.values():
        assert len(set(features_of_set)) == len(features_of_set)
    assert set(ALL_FEATURES) == set().union(*FEATURE_SETS.values())


def test_the_largest_of_the_papers_sets_has_the_papers_names() -> None:
    weather = [
        f"{e}_{v}"
        for e in ("dep", "arr")
        for v in ("temp_c", "wind_speed_m_s", "wind_dir_deg", "ceiling_height_m")
    ]
    hops = [f"prev{k}_{v}" for k in (1, 2) for v in ("arr_delay", "dep_delay", "arr_del15", "dep_del15")]
    assert set(feature_set("xgb_full_aircraft")) == {
        "distance", "dep_hour_local", "dep_weekday_local", "dep_month_local", "dep_time_bucket", "is_weekend",
        "is_holiday", "days_to_nearest_holiday", "crs_elapsed_time",
        *weather, "route_frequency", "origin_flight_volume", "dest_flight_volume",
        *hops, "prev1_turnaround_minutes", "time_since_prev2_arrival_minutes",
        "aircraft_leg_number_day", "relative_leg_position", "rotation_continuity_flag",
        "aircraft_year_mfr", "aircraft_no_eng", "aircraft_no_seats", "aircraft_age",
    }  # fmt: skip


def test_sets_are_chosen_by_name_in_their_own_order() -> None:
    assert chosen_sets(()) == tuple(FEATURE_SETS)
    assert chosen_sets(("xgb_full", "xgb_schedule")) == ("xgb_schedule", "xgb_full")
    with pytest.raises(SettingsError) as refused:
        chosen_sets(("xgb_full", "xgb_best"))
    for part in ("'xgb_best'", *FEATURE_SETS):
        assert part in str(refused.value)


def test_no_flights_have_no_features() -> None:
    assert features() == []
