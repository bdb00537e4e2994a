"""The ledger over random days: it adds up on every leg, and agrees with a naive walk along each tail."""

from typing import Any

from builders import cleaned_flights
from hypothesis import given
from random_flights import minutes, tables

from aeroflux_assets.contracts.base import violations
from aeroflux_assets.contracts.ledger import LEDGER
from aeroflux_assets.rotation.ledger import build_ledger
from aeroflux_assets.rotation.legs import build_rotations

Row = dict[str, Any]
BUFFERLESS_MIN = 15


def _naive_inherited(row: Row, rows: list[Row]) -> tuple[int | None, int]:
    """The inbound's id and the inherited minutes, by the definition in docs/figures.md."""
    order = ("sched_dep_utc", "sched_arr_utc", "flight_id")
    key = tuple(row[name] for name in order)
    earlier = [
        each
        for each in rows
        if each["tail"] == row["tail"] is not None
        and not each["is_cancelled"]
        and tuple(each[name] for name in order) < key
    ]
    last = max(earlier, key=lambda each: tuple(each[name] for name in order), default=None)
    if last is None or last["dest"] != row["origin"] or last["arr_utc"] is None:
        return None, 0
    if last["arr_utc"] > row["dep_utc"]:
        return None, 0
    ready = minutes(last["arr_utc"] - row["sched_dep_utc"]) + BUFFERLESS_MIN
    return last["flight_id"], max(0, min(ready, last["arr_delay_min"], row["dep_delay_min"]))


@given(tables(tails=("N1", "N1", "N2", None)))
def test_the_ledger_adds_up_on_every_leg(rows: list[Row]) -> None:
    flights = cleaned_flights(rows)
    table = build_ledger(flights, build_rotations(flights, 2024), 2024)

    assert violations(LEDGER, table) == []
    found = {row["flight_id"]: row for row in table.collect().iter_rows(named=True)}
    assert sorted(found) == sorted(row["flight_id"] for row in rows if row["arr_delay_min"] is not None)
    for row in (each for each in rows if each["flight_id"] in found):
        mine = found[row["flight_id"]]
        assert (mine["inbound_flight_id"], mine["inherited_min"]) == _naive_inherited(row, rows)
        at_gate = mine["inherited_min"] + mine["new_turnaround_min"]
        assert at_gate == max(0, row["dep_delay_min"])
        en_route = mine["new_en_route_min"] - mine["absorbed_en_route_min"] - mine["early_min"]
        assert at_gate + en_route == row["arr_delay_min"]
