"""Whatever a raw month holds, each row ends in exactly one frame, and the good ones keep the contract."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from builders import ZONES, airports, raw_flight, raw_flights
from hypothesis import given, settings
from hypothesis import strategies as st

from aeroflux_assets.cleaned.flights import clean_month
from aeroflux_assets.contracts.base import violations
from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS, QUARANTINED_FLIGHTS

PORTS = airports()

clocks = st.one_of(
    st.integers(0, 1440).map(lambda m: f"{m // 60:02d}{m % 60:02d}"),
    st.sampled_from([None, "2400", "0960", "2401", "5", "abc", "", "-5"]),
)
minutes = st.one_of(
    st.none(), st.integers(-60, 600).map(float), st.sampled_from([-1e9, 1e9, float("nan"), float("inf"), 0.4])
)
flags = st.sampled_from([0.0, 0.0, 0.0, 1.0, None])
codes = st.sampled_from([*ZONES, "XXX", "x", None])
# Few carriers, numbers and days, so that keys repeat.
dirty = st.fixed_dictionaries(
    {
        "FlightDate": st.sampled_from([date(2024, 3, 10), date(2024, 3, 9), date(2024, 4, 1), None]),
        "Reporting_Airline": st.sampled_from(["DL", "OH (1)", "dl", None]),
        "Flight_Number_Reporting_Airline": st.sampled_from([7, 7, 8, -1, None]),
        "Tail_Number": st.sampled_from(["N1", "1", "UNKNOW", None]),
        "Origin": codes,
        "Dest": codes,
        "CRSDepTime": clocks,
        "DepTime": clocks,
        "CRSArrTime": clocks,
        "ArrTime": clocks,
        "DepDelay": minutes,
        "ArrDelay": minutes,
        "TaxiOut": minutes,
        "TaxiIn": minutes,
        "CRSElapsedTime": minutes,
        "ActualElapsedTime": minutes,
        "Cancelled": flags,
        "Diverted": flags,
        "unparsed": st.sampled_from([None, None, None, None, "Distance"]),
    }
)


@settings(deadline=None, max_examples=40)
@given(
    changes=st.lists(st.tuples(dirty, st.sets(st.sampled_from(range(19)), max_size=6)), max_size=12),
    order=st.randoms(use_true_random=False),
)
def test_every_raw_row_ends_in_exactly_one_frame(
    changes: list[tuple[dict[str, Any], set[int]]], order: Any
) -> None:
    # Only some of a row's fields are made dirty: of wholly random rows hardly one is good.
    rows = []
    for number, (fields, chosen) in enumerate(changes):
        base = {"source_month": 3, "FlightDate": date(2024, 3, 10), "Flight_Number_Reporting_Airline": 7}
        changed = {name: value for i, (name, value) in enumerate(fields.items()) if i in chosen}
        rows.append(raw_flight(number, **base | changed))
    shuffled = list(rows)
    order.shuffle(shuffled)

    result = clean_month(raw_flights(rows), PORTS, 2024)
    again = clean_month(raw_flights(shuffled), PORTS, 2024)

    kept, aside = result.flights["source_row"].to_list(), result.quarantined["source_row"].to_list()
    assert sorted(kept + aside) == list(range(len(rows)))
    assert violations(CLEANED_FLIGHTS, result.flights.lazy()) == []
    assert violations(QUARANTINED_FLIGHTS, result.quarantined.lazy()) == []
    assert again.flights.equals(result.flights)
    assert again.quarantined.sort("source_row").equals(result.quarantined.sort("source_row"))


@settings(deadline=None, max_examples=40)
@given(
    origin=st.sampled_from(list(ZONES)),
    dest=st.sampled_from(list(ZONES)),
    dep=st.integers(0, 1439),
    block=st.integers(20, 700),
    delay=st.integers(-120, 900),
    change=st.integers(-15, 400),
)
def test_the_published_clocks_of_a_consistent_row_agree_with_the_derived_times(
    origin: str, dest: str, dep: int, block: int, delay: int, change: int
) -> None:
    # Clocks as a carrier would publish them, through zoneinfo.
    here, there = ZoneInfo(ZONES[origin]), ZoneInfo(ZONES[dest])
    left = (datetime(2024, 6, 12) + timedelta(minutes=dep)).replace(tzinfo=here).astimezone(UTC)

    def shown(after: int, zone: ZoneInfo) -> str:
        return (left + timedelta(minutes=after)).astimezone(zone).strftime("%H%M")

    actual = max(block + change, 10)
    row = raw_flight(
        Origin=origin,
        Dest=dest,
        CRSDepTime=shown(0, here),
        DepTime=shown(delay, here),
        DepDelay=float(delay),
        CRSElapsedTime=float(block),
        CRSArrTime=shown(block, there),
        ActualElapsedTime=float(actual),
        ArrTime=shown(delay + actual, there),
        ArrDelay=float(delay + actual - block),
    )
    (flight,) = clean_month(raw_flights([row]), PORTS, 2024).flights.to_dicts()
    assert flight["sched_dep_utc"] == left.replace(tzinfo=None)
    assert flight["arr_utc"] == (left + timedelta(minutes=delay + actual)).replace(tzinfo=None)
    assert [flight[f"{gap}_clock_gap_min"] for gap in ("sched_arr", "dep", "arr")] == [0, 0, 0]
    # The same row without its scheduled block time is the same flight.
    without = clean_month(raw_flights([row | {"CRSElapsedTime": None}]), PORTS, 2024).flights
    assert without["sched_arr_utc"].item() == flight["sched_arr_utc"]
    assert without.select(pl.col("sched_block_min")).item() == block
