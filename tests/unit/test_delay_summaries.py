"""The delay summaries against small cases counted by hand."""

from datetime import date, timedelta

import polars as pl
import pytest
from builders import DAY, cleaned_flights, flight

from aeroflux_assets.contracts.base import violations
from aeroflux_assets.contracts.summaries_delay import (
    SUMMARY_DAYS,
    SUMMARY_DELAYS,
    SUMMARY_HOURS,
    SUMMARY_NETWORK,
    SUMMARY_OUTLIERS,
    SUMMARY_ROUTES,
    SUMMARY_TURNAROUNDS,
    SUMMARY_WAVES,
    SUMMARY_WEATHER,
)
from aeroflux_assets.summaries.buckets import INBOUND, TURNAROUND, Scale, flight_category
from aeroflux_assets.summaries.carried import by_turnaround, by_wave
from aeroflux_assets.summaries.network import by_airport
from aeroflux_assets.summaries.outliers import FLAG_FROM_Z, find_outliers
from aeroflux_assets.summaries.traffic import by_day, by_delay, by_hour, by_route
from aeroflux_assets.summaries.weather import by_weather

# On the minute, 14 late, 15 late with causes, 20 early, cancelled for weather, diverted after a late departure.
FLIGHTS = cleaned_flights(
    [
        flight(1, 0),
        flight(2, 10, dep_delay=14),
        flight(3, 20, dep_delay=15, carrier_delay_min=10, nas_delay_min=5),
        flight(4, 30, dep_delay=-20),
        flight(5, 40, cancelled=True, cancellation_code="B"),
        flight(6, 50, dep_delay=30, diverted=True),
    ]
)


def test_a_route_adds_up_every_kind_of_flight() -> None:
    row = by_route(FLIGHTS).collect().row(0, named=True)

    assert (row["flights"], row["cancelled"], row["diverted"]) == (6, 1, 1)
    assert (row["departed"], row["dep_on_time"], row["dep_delay_sum_min"]) == (5, 2, 14 + 15 - 20 + 30)
    assert (row["arrived"], row["arr_on_time"], row["late15"], row["arr_delay_sum_min"]) == (4, 2, 1, 9)
    assert (row["caused"], row["carrier_delay_min"], row["nas_delay_min"]) == (1, 10, 5)


def test_a_late_flight_without_causes_is_not_counted_as_explained() -> None:
    silent = cleaned_flights([flight(1, 0, dep_delay=60)])

    row = by_route(silent).collect().row(0, named=True)

    assert (row["late15"], row["caused"]) == (1, 0)


def test_days_and_hours_split_the_same_sums() -> None:
    day = by_day(FLIGHTS).collect().row(0, named=True)
    hour = by_hour(FLIGHTS).collect().row(0, named=True)

    assert day["flight_date"] == DAY.date()
    assert (day["cancelled_weather"], day["cancelled_carrier"]) == (1, 0)
    assert (hour["hour_local"], hour["hour_utc"], hour["flights"], hour["late15"]) == (0, 0, 6, 1)


@pytest.mark.parametrize(
    ("delay", "bin_min"), [(-200, -60), (-1, -5), (0, 0), (4, 0), (5, 5), (239, 235), (999, 240)]
)
def test_a_delay_falls_into_its_five_minutes(delay: int, bin_min: int) -> None:
    rows = by_delay(cleaned_flights([flight(1, 0, dep_delay=delay)])).collect()

    assert rows.select("bin_min", "departures", "arrivals").rows() == [(bin_min, 1, 1)]


def test_a_diverted_flight_is_in_the_departures_of_the_distribution_alone() -> None:
    rows = by_delay(FLIGHTS).collect()

    assert (rows["departures"].sum(), rows["arrivals"].sum()) == (5, 4)


def test_scales_close_their_buckets_on_the_left() -> None:
    values = pl.DataFrame({"v": [-9, 0, 1, 14, 15, 119, 120, None]})

    assert values.select(INBOUND.bucket(pl.col("v"))).to_series().to_list() == [0, 0, 1, 1, 2, 4, 5, None]
    assert values.select(TURNAROUND.bucket(pl.col("v"))).to_series().to_list() == [0, 0, 0, 0, 0, 4, 5, None]


def test_a_scale_needs_a_label_a_bucket() -> None:
    with pytest.raises(ValueError, match="2 labels for 2 edges"):
        Scale("x", "", (1, 2), ("low", "high"))


@pytest.mark.parametrize(
    ("ceiling_ft", "visibility_mi", "category"),
    [
        (None, 10, "VFR"), (3100, 6, "VFR"), (3000, 10, "MVFR"), (5000, 5, "MVFR"), (1000, 3, "MVFR"),
        (900, 10, "IFR"), (5000, 2.9, "IFR"), (400, 10, "LIFR"), (5000, 0.9, "LIFR"), (None, None, None),
    ],
)  # fmt: skip
def test_flight_categories_are_the_faas(
    ceiling_ft: float | None, visibility_mi: float | None, category: str | None
) -> None:
    metres = pl.DataFrame(
        {
            "c": [None if ceiling_ft is None else round(ceiling_ft * 0.3048)],
            "v": [None if visibility_mi is None else round(visibility_mi * 1609.344)],
        },
        schema={"c": pl.Int32, "v": pl.Int32},
    )

    number = metres.select(flight_category(pl.col("c"), pl.col("v"))).item()

    assert number == (None if category is None else ("LIFR", "IFR", "MVFR", "VFR").index(category))


# One aircraft: 30 late in, 20 late out of a turnaround of 40 minutes; the third leg leaves early after 20 late in.
LEGS = [
    flight(1, 0, dep_delay=30, origin="A", dest="B"),
    flight(2, 100, dep_delay=20, origin="B", dest="C"),
    flight(3, 200, dep_delay=-5, origin="C", dest="A"),
]
ROTATION = pl.LazyFrame(
    {
        "flight_id": [1, 2, 3],
        "prev_flight_id": [None, 1, 2],
        "rotation_continuity_flag": [None, True, True],
        "sched_turnaround_min": [None, 40, 40],
        "aircraft_leg_number_day": [1, 2, 9],
    },
    schema_overrides={"sched_turnaround_min": pl.Int32, "aircraft_leg_number_day": pl.Int32},
)


def test_a_leg_passes_on_no_more_than_came_in() -> None:
    flights = cleaned_flights(LEGS)

    rows = by_turnaround(flights, ROTATION, flights.select("flight_id", "arr_delay_min")).collect()

    found = {row["origin"]: row for row in rows.iter_rows(named=True)}
    assert (found["B"]["inbound_delay_sum_min"], found["B"]["passed_sum_min"]) == (30, 20)
    assert (found["C"]["inbound_delay_sum_min"], found["C"]["passed_sum_min"]) == (20, 0)
    assert {row["turnaround"] for row in found.values()} == {1}
    assert (found["B"]["inbound"], found["C"]["inbound"]) == (3, 2)


def test_a_leg_that_the_aircraft_did_not_continue_is_left_out() -> None:
    flights = cleaned_flights(LEGS)
    broken = ROTATION.with_columns(rotation_continuity_flag=pl.col("flight_id") == 3)

    rows = by_turnaround(flights, broken, flights.select("flight_id", "arr_delay_min")).collect()

    assert rows["origin"].to_list() == ["C"]


def test_the_eighth_wave_holds_all_later_ones() -> None:
    waves = by_wave(cleaned_flights(LEGS), ROTATION).collect()

    assert sorted(waves["wave"].to_list()) == [1, 2, 8]


def test_weather_buckets_leave_out_what_was_not_observed() -> None:
    seen = pl.LazyFrame(
        {
            "flight_id": [1, 2, 3],
            "dep_ceiling_height_m": [22000, None, 100],
            "dep_visibility_m": [16000, None, 16000],
            "dep_wind_speed_m_s": [2.9, None, 15.0],
            "dep_precipitation_mm": [0.0, None, None],
            "dep_temp_c": [30.0, None, -40.0],
        }
    )

    rows = by_weather(FLIGHTS, seen).collect()

    counted = {(row["factor"], row["bucket"]): row["flights"] for row in rows.iter_rows(named=True)}
    assert counted == {
        ("flight category", 3): 1, ("flight category", 0): 1, ("wind speed", 0): 1, ("wind speed", 5): 1,
        ("precipitation", 0): 1, ("temperature", 5): 1, ("temperature", 0): 1,
    }  # fmt: skip


def test_betweenness_and_degree_of_a_star() -> None:
    spokes = [("HUB", name) for name in "ABC"] + [(name, "HUB") for name in "ABC"]
    routes = by_route(
        cleaned_flights(
            flight(100 * number + turn, turn, origin=origin, dest=dest)
            for number, (origin, dest) in enumerate(spokes)
            for turn in range(12)
        )
    ).collect()

    network = by_airport(routes)

    hub = network.filter(pl.col("airport") == "HUB").row(0, named=True)
    assert (hub["degree"], hub["betweenness"], hub["flights"]) == (3, 1.0, 36)
    assert network["pagerank"].sum() == pytest.approx(1)
    assert network.filter(pl.col("airport") == "A")["betweenness"].item() == 0


def test_a_route_flown_once_is_no_shortcut() -> None:
    regular = [("A", "HUB"), ("HUB", "B"), ("B", "HUB"), ("HUB", "A")]
    rows = [
        flight(100 * number + turn, turn, origin=origin, dest=dest)
        for number, (origin, dest) in enumerate(regular)
        for turn in range(12)
    ]
    network = by_airport(by_route(cleaned_flights([*rows, flight(9999, 0, origin="A", dest="B")])).collect())

    assert network.filter(pl.col("airport") == "HUB")["betweenness"].item() == 1.0
    assert network.filter(pl.col("airport") == "A")["degree"].item() == 1


FIRST = date(2024, 3, 1)


def _days(late: list[int], flights: int = 100) -> pl.LazyFrame:
    """`summary_days` of one carrier and airport, one row a day from FIRST, so many of `flights` late."""
    names = [name for name in SUMMARY_DAYS.names if name not in ("flight_date", "carrier", "origin")]
    frame = pl.DataFrame(
        {"flight_date": [FIRST + timedelta(days=n) for n in range(len(late))], "late15": late}
    )
    zeros = [pl.lit(0, dtype=pl.Int32).alias(name) for name in names if name != "late15"]
    full = [pl.lit(flights, dtype=pl.Int32).alias(name) for name in ("flights", "departed", "arrived")]
    return frame.with_columns(*zeros, carrier=pl.lit("AA"), origin=pl.lit("ATL")).with_columns(*full).lazy()


def test_a_day_far_beyond_its_trailing_weeks_is_flagged_in_every_scope() -> None:
    usual = [10, 20, 30, 20] * 15

    found = find_outliers(_days([*usual, 90]), 2024, None)

    day = FIRST + timedelta(days=60)
    assert found.select("flight_date", "scope").rows() == [
        (day, s) for s in ("airport", "carrier", "network")
    ]
    row = found.row(0, named=True)
    past = pl.Series(usual[4:]) / 100
    spread = (past.quantile(0.75, "linear") - past.quantile(0.25, "linear")) / 1.349
    assert row["late_z"] == pytest.approx((0.9 - 0.2) / max(spread, 0.04, (0.2 * 0.8 / 100) ** 0.5))
    assert (row["history_days"], row["late_median"]) == (56, pytest.approx(0.2))


def test_a_day_is_judged_by_nothing_later() -> None:
    usual = [10, 20, 30, 20] * 15
    alone = find_outliers(_days([*usual, 90]), 2024, None)

    with_future = find_outliers(_days([*usual, 90, *([95] * 30)]), 2024, None)

    day = FIRST + timedelta(days=60)
    assert with_future.filter(pl.col("flight_date") == day).equals(alone)


def test_three_weeks_of_history_come_before_any_flag() -> None:
    assert find_outliers(_days([*([20] * 20), 100]), 2024, None).is_empty()
    assert find_outliers(_days([*([20] * 21), 100]), 2024, None).height == 3


def test_one_late_flight_of_few_is_chance() -> None:
    few = find_outliers(_days([*([0] * 40), 1], flights=12), 2024, None)
    many = find_outliers(_days([*([0] * 40), 40], flights=120), 2024, None)

    assert few.is_empty()
    assert many["late_z"].min() > FLAG_FROM_Z


def test_only_days_of_the_year_are_kept() -> None:
    assert find_outliers(_days([*([20] * 40), 90]), 2025, None).is_empty()


def test_summaries_keep_their_contracts() -> None:
    flights = cleaned_flights(LEGS)
    before = flights.select("flight_id", "arr_delay_min")
    frames = (
        (SUMMARY_ROUTES, by_route(FLIGHTS)),
        (SUMMARY_DAYS, by_day(FLIGHTS)),
        (SUMMARY_HOURS, by_hour(FLIGHTS)),
        (SUMMARY_DELAYS, by_delay(FLIGHTS)),
        (SUMMARY_TURNAROUNDS, by_turnaround(flights, ROTATION, before)),
        (SUMMARY_WAVES, by_wave(flights, ROTATION)),
        (SUMMARY_NETWORK, by_airport(by_route(FLIGHTS).collect()).lazy()),
        (SUMMARY_OUTLIERS, find_outliers(_days([*([20] * 40), 90]), 2024, None).lazy()),
        (SUMMARY_WEATHER, pl.LazyFrame(schema=SUMMARY_WEATHER.schema)),
    )

    for contract, frame in frames:
        assert violations(contract, contract.conform(frame)) == [], contract.name
