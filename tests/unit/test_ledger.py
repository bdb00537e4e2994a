"""The delay ledger: known values by hand, and real rows against the published delays."""

from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from builders import cleaned_flights, epoch_minute, flight

from aeroflux_assets.cleaned.tables import make_airports, make_cleaned_flights
from aeroflux_assets.contracts.base import violations
from aeroflux_assets.contracts.ledger import LEDGER
from aeroflux_assets.lake import Lake
from aeroflux_assets.raw.tables import make_raw_airports, make_raw_flights
from aeroflux_assets.rotation.ledger import build_ledger, totals
from aeroflux_assets.rotation.legs import build_rotations
from aeroflux_assets.rotation.tables import make_ledger, make_rotations
from aeroflux_assets.settings import Settings
from aeroflux_assets.sources.upstream import upstream_for

Row = dict[str, Any]


def ledger(*rows: Row, year: int = 2024) -> dict[int, Row]:
    flights = cleaned_flights(rows)
    frame = build_ledger(flights, build_rotations(flights, year), year)
    assert violations(LEDGER, frame) == []
    return {row["flight_id"]: row for row in frame.collect().iter_rows(named=True)}


def minutes(row: Row) -> tuple[int, ...]:
    """Inbound late, absorbed in the turnaround, inherited, new at the gate, new and made up en route, early."""
    names = (
        "inbound_late_min", "absorbed_turnaround_min", "inherited_min", "new_turnaround_min",
        "new_en_route_min", "absorbed_en_route_min", "early_min",
    )  # fmt: skip
    return tuple(row[name] for name in names)


def inbound(arr_delay: int, **more: Any) -> Row:
    """Flight 1: AAA to BBB, due at 460."""
    return flight(1, 400, dep_delay=arr_delay, arr_delay=arr_delay, **more)


def onward(dep: int, dep_delay: int, arr_delay: int, **more: Any) -> Row:
    """Flight 2: on from BBB."""
    return flight(2, dep, dep_delay=dep_delay, arr_delay=arr_delay, **{"origin": "BBB", "dest": "AAA"} | more)


def test_lateness_beyond_the_buffer_is_inherited_and_the_rest_is_new() -> None:
    # 45 minutes planned are 30 of buffer; of 50 late, 20 reach the departure, 5 come at the gate, 7 go en route.
    row = ledger(inbound(50), onward(505, 25, 18))[2]
    assert (row["inbound_flight_id"], row["sched_buffer_min"]) == (1, 30)
    assert minutes(row) == (50, 30, 20, 5, 0, 7, 0)
    assert row["arr_delay_min"] == 18 == 20 + 5 - 7


def test_a_turnaround_that_takes_it_all_in_leaves_nothing_to_inherit() -> None:
    assert minutes(ledger(inbound(30), onward(505, 0, -4))[2]) == (30, 30, 0, 0, 0, 0, 4)
    assert minutes(ledger(inbound(-9), onward(505, -3, 12))[2]) == (0, 0, 0, 0, 12, 0, 0)


def test_a_leg_inherits_no_more_than_it_left_late() -> None:
    # Turned in 5 minutes rather than 15: ten of the twenty were made up at the gate.
    assert minutes(ledger(inbound(50), onward(505, 10, 10))[2]) == (50, 40, 10, 0, 0, 0, 0)


def test_a_turnaround_that_nobody_plans_passes_on_no_more_than_the_inbound_was_late() -> None:
    row = ledger(inbound(10), onward(455, 40, 40))[2]
    assert (row["sched_buffer_min"], minutes(row)) == (0, (10, 0, 10, 30, 0, 0, 0))


@pytest.mark.parametrize(
    "rows",
    [
        (flight(2, 505, dep_delay=40),),
        (inbound(50, dest="CCC"), onward(505, 40, 40)),
        (inbound(50, diverted=True), onward(505, 40, 40)),
        (inbound(50, tail="N2"), onward(505, 40, 40)),
        (inbound(50, tail=None), onward(505, 40, 40, tail=None)),
        # The tail that is reported left before it had arrived.
        (inbound(90), onward(505, 40, 40)),
    ],
    ids=["first leg", "from elsewhere", "inbound diverted", "other tail", "no tail", "left before it came"],
)
def test_without_an_inbound_that_came_all_delay_is_new(rows: tuple[Row, ...]) -> None:
    row = ledger(*rows)[2]
    assert (row["inbound_flight_id"], row["sched_buffer_min"]) == (None, None)
    assert minutes(row) == (0, 0, 0, 40, 0, 0, 0)


def test_flights_that_never_arrived_have_no_row_and_a_cancelled_leg_passes_lateness_on() -> None:
    rows = [
        inbound(50),
        flight(3, 470, origin="BBB", dest="CCC", cancelled=True),
        flight(4, 480, origin="CCC", dest="BBB", cancelled=True),
        onward(505, 25, 25),
        flight(5, 700, origin="AAA", dest="CCC", diverted=True),
    ]
    found = ledger(*rows)
    assert sorted(found) == [1, 2]
    assert found[2]["inherited_min"] == 20


def test_the_first_leg_of_a_year_inherits_from_the_last_of_the_year_before() -> None:
    new_year = epoch_minute(datetime(2025, 1, 1)) - epoch_minute(datetime(2024, 6, 12))
    rows = [
        flight(1, new_year - 90, dep_delay=50),
        flight(2, new_year + 15, origin="BBB", dest="AAA", dep_delay=25, arr_delay=25),
    ]
    found = ledger(*rows, year=2025)
    assert sorted(found) == [2]
    assert minutes(found[2]) == (50, 30, 20, 5, 0, 0, 0)


def test_totals_are_sums() -> None:
    flights = cleaned_flights([inbound(50), onward(505, 25, 18)])
    sums = totals(build_ledger(flights, build_rotations(flights, 2024), 2024))
    assert (sums["flights"], sums["with_inbound"]) == (2, 1)
    assert (sums["inherited_min"], sums["new_turnaround_min"], sums["arr_delay_min"]) == (20, 55, 68)


@pytest.mark.mirror
def test_on_real_rows_the_minutes_add_up_to_the_published_delay_of_every_flight(
    mirror: Path, tmp_path: Path
) -> None:
    settings = Settings(source="mirror", mirror=mirror, years=(2024,), data=tmp_path)
    lake, upstream = Lake(settings.lake), upstream_for(settings)
    make_raw_airports(lake, upstream)
    make_airports(lake)
    make_raw_flights(lake, upstream, 2024, source="mirror")
    make_cleaned_flights(lake, 2024)
    make_rotations(lake, 2024)

    commit = make_ledger(lake, 2024)

    table = lake.scan("ledger", [{"year": 2024}])
    assert violations(LEDGER, table.select(LEDGER.names)) == []
    source = lake.scan("cleaned_flights").select("flight_id", "source_month", "source_row")
    raw = lake.scan("raw_flights").select("source_month", "source_row", "ArrDelay", "DepDelay")
    rows = (
        table.join(source, on="flight_id")
        .join(raw, on=["source_month", "source_row"])
        .with_columns(
            at_gate=pl.col("inherited_min") + pl.col("new_turnaround_min"),
            en_route=pl.col("new_en_route_min") - pl.col("absorbed_en_route_min") - pl.col("early_min"),
        )
        .collect()
    )
    published = lake.scan("raw_flights").filter(pl.col("ArrDelay").is_not_null()).collect().height
    assert rows.height == commit.rows == published == 93_686
    assert rows.filter(pl.col("at_gate") != pl.col("DepDelay").clip(lower_bound=0)).is_empty()
    assert rows.filter(pl.col("at_gate") + pl.col("en_route") != pl.col("ArrDelay")).is_empty()
    assert rows.filter(pl.col("inherited_min") > 0).height > 1_000
