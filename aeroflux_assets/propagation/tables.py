"""The tables of what was known at the cutoff, built month by month so that two months bound the memory."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import polars as pl

from aeroflux_assets.cleaned.span import flights_around, flights_of_month, months_of, neighbours, periods
from aeroflux_assets.contracts.base import Contract
from aeroflux_assets.contracts.propagation import AIRPORT_STATE, CARRIER_STATE, HOPS, PROPAGATION, ROUTE_STATE
from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.lake import Commit, Lake, Partition
from aeroflux_assets.memory import give_back
from aeroflux_assets.propagation.chain import LOOKBACK_MIN, Links, known_upstream
from aeroflux_assets.propagation.state import (
    HISTORY_DAYS,
    MonthState,
    airport_state,
    carrier_state,
    route_state,
)
from aeroflux_assets.years import Period

# A day more than the longest window and the longest lead, and a day of schedule after for the demand.
STATE_BEFORE = timedelta(days=HISTORY_DAYS + 2)
STATE_AFTER = timedelta(days=1)
CHAIN_BEFORE = timedelta(minutes=HOPS * LOOKBACK_MIN)

StateTable = Callable[[MonthState], pl.DataFrame]
STATES: dict[str, tuple[Contract, StateTable]] = {
    "airport_state": (AIRPORT_STATE, airport_state),
    "route_state": (ROUTE_STATE, route_state),
    "carrier_state": (CARRIER_STATE, carrier_state),
}


def _wanted(lake: Lake, month: Period) -> pl.DataFrame:
    return flights_of_month(lake, month).select("flight_id").collect()


def propagation_of(lake: Lake, month: Period, cutoff: Cutoff, links: Links = "vouched") -> pl.DataFrame:
    """The `propagation` rows of a month."""
    flights = flights_around(lake, month, before=CHAIN_BEFORE)
    return known_upstream(flights, _wanted(lake, month), cutoff, links)


def month_state(lake: Lake, month: Period, cutoff: Cutoff) -> MonthState:
    """The events and queries from which the state tables of a month are made."""
    flights = flights_around(lake, month, before=STATE_BEFORE, after=STATE_AFTER)
    return MonthState(flights, _wanted(lake, month), cutoff)


def make_propagation(lake: Lake, year: int, cutoff: Cutoff, *, refresh: bool = False) -> Commit:
    """`propagation` of a year at a cutoff; the notes say how many flights have a vouched link."""
    inputs = lake.inputs(PROPAGATION, neighbours(year))

    def months(notes: dict[str, Any]) -> Iterator[pl.DataFrame]:
        for month in periods(lake, months_of(lake, year)):
            frame = propagation_of(lake, month, cutoff)
            for hop in range(1, HOPS + 1):
                linked = frame[f"up{hop}_flight_id"].count()
                notes[f"up{hop}_linked"] = notes.get(f"up{hop}_linked", 0) + linked
            notes["flights"] = notes.get("flights", 0) + frame.height
            yield frame

    return lake.ensure(PROPAGATION, {"year": year, "cutoff": cutoff.name}, inputs, months, refresh=refresh)


def make_states(
    lake: Lake, year: int, cutoff: Cutoff, *, only: tuple[str, ...] = tuple(STATES), refresh: bool = False
) -> dict[str, Commit]:
    """`airport_state`, `route_state` and `carrier_state` of a year at a cutoff, in one pass over its months.

    They share the sorted events of a month: made apart they would each read and code the flights again.
    """
    part: Partition = {"year": year, "cutoff": cutoff.name}
    inputs = {name: lake.inputs(STATES[name][0], neighbours(year)) for name in only}
    stale = [name for name in only if refresh or lake.current(name, part, inputs[name]) is None]
    if stale:
        with ExitStack() as stack:
            writers = {
                name: stack.enter_context(lake.writer(STATES[name][0], part, inputs=inputs[name]))
                for name in stale
            }
            for month in periods(lake, months_of(lake, year)):
                state = month_state(lake, month, cutoff)
                for name, writer in writers.items():
                    writer.add(STATES[name][1](state))
                del state
                give_back()
    commits = {name: lake.commit_of(name, part) for name in only}
    return {name: commit for name, commit in commits.items() if commit is not None}
