"""The three state tables of a month: airports, routes, and carriers with the history of the flight.

They are built month by month: a month's queries need the events of the HISTORY_DAYS before it and no more,
so that memory is bounded by two months and nothing is counted over the whole span.
"""

from collections.abc import Mapping

import polars as pl

from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.propagation.events import Events, coded
from aeroflux_assets.propagation.network import (
    FAST,
    WINDOWS,
    Columns,
    arrivals_state,
    counts,
    demand,
    departures_state,
    means,
    medians,
    queue_state,
)
from aeroflux_assets.propagation.windows import Ints, Queries, mean

_DAY = 1440
HISTORY_DAYS = 28
HISTORY: Mapping[str, int] = {"3d": 3 * _DAY, "28d": HISTORY_DAYS * _DAY}
CARRIER_WINDOWS: Mapping[str, int] = {"1h": 60, "3h": 180}
# Departures planned within this many minutes either side of the flight's own are the demand that it meets.
DEMAND_HALF_WIDTH_MIN = 30


class MonthState:
    """The events around a month and the month's queries at one cutoff.

    flights: `cleaned_flights` of the wanted flights, of the HISTORY_DAYS and a cutoff before them, and of the
    schedule about them. wanted: one column `flight_id`; every result has one row a wanted flight, in its order.
    """

    def __init__(self, flights: pl.LazyFrame, wanted: pl.DataFrame, cutoff: Cutoff) -> None:
        frame = coded(flights)
        position = frame.select("flight_id", row=pl.int_range(pl.len(), dtype=pl.Int64))
        self.events = Events(frame)
        self._ids = wanted["flight_id"]
        self._rows: Ints = wanted.join(position, on="flight_id", how="left", maintain_order="left")[
            "row"
        ].to_numpy()
        self._t: Ints = self.mine("sched_dep") - cutoff.lead_min
        # Not functools.cache on a method of ours: that is a cycle, and a month's arrays would wait for the collector.
        self._asked: dict[str, Queries] = {}

    def mine(self, column: str) -> Ints:
        """The wanted flights' own entries of a column."""
        return self.events[column][self._rows]

    def my_key(self, name: str) -> Ints:
        """The wanted flights' own codes of a key."""
        return self.events.key(name)[self._rows]

    def queries(self, key: str) -> Queries:
        """The wanted flights' cutoffs under a key, made when first asked for."""
        if key not in self._asked:
            self._asked[key] = Queries(self.my_key(key), self._t)
        return self._asked[key]

    def frame(self, columns: Columns) -> pl.DataFrame:
        """The columns beside their flight_id, NaN as null."""
        return pl.DataFrame({"flight_id": self._ids, **columns}).with_columns(
            pl.col(pl.Float32).fill_nan(None)
        )


def airport_state(month: MonthState) -> pl.DataFrame:
    """The `airport_state` table of a month: both airports of each flight, as seen at its cutoff."""
    ev, o, d = month.events, month.queries("origin"), month.queries("dest")
    columns: Columns = {}
    # What leaves and reaches the origin; what reaches and leaves the destination.
    columns |= departures_state(ev, "origin", o, "origin", FAST)
    columns |= arrivals_state(ev, "dest", o, "origin", WINDOWS)
    columns |= departures_state(ev, "origin", d, "dest", WINDOWS)
    columns |= arrivals_state(ev, "dest", d, "dest", FAST)
    # Flights bound for an airport leave late when it is being metered: seen before anything arrives late.
    columns |= departures_state(ev, "dest", d, "dest_bound", FAST)
    columns |= departures_state(ev, "dest", o, "origin_bound", WINDOWS)
    columns |= means(ev.take_offs.by(ev.key("origin")), o, WINDOWS, {"taxi": "origin_taxi_out_mean_min"})
    columns |= means(ev.taxi_ins.by(ev.key("dest")), d, WINDOWS, {"taxi": "dest_taxi_in_mean_min"})
    columns |= medians(ev.departures.by(ev.key("origin")), o, WINDOWS, "origin_dep_delay_median_min")
    columns |= medians(ev.arrivals.by(ev.key("dest")), d, WINDOWS, "dest_arr_delay_median_min")
    columns |= queue_state(ev.due, ev.done, ev, "origin", o, "origin")
    columns |= queue_state(ev.due, ev.done, ev, "origin", d, "dest")
    columns |= queue_state(ev.due, ev.done, ev, "dest", d, "dest_bound")
    columns |= queue_state(ev.arrivals_due, ev.arrivals_done, ev, "dest", d, "dest_arrivals")
    columns |= queue_state(ev.arrivals_due, ev.arrivals_done, ev, "dest", o, "origin_arrivals")
    return month.frame(columns | _demand(month) | volumes(month))


def _demand(month: MonthState) -> Columns:
    half = DEMAND_HALF_WIDTH_MIN
    leaves = Queries(month.my_key("origin"), month.mine("sched_dep") + half + 1)
    reaches = Queries(month.my_key("dest"), month.mine("sched_arr") + half + 1)
    ev = month.events
    width = 2 * half + 1
    return demand(ev.scheduled.by(ev.key("origin")), leaves, width, "origin_demand") | demand(
        ev.scheduled_arrivals.by(ev.key("dest")), reaches, width, "dest_demand"
    )


def volumes(month: MonthState) -> Columns:
    """The paper's volumes made honest: flights scheduled in the 28 days before, not in the whole span."""
    names = {"origin": "origin_flight_volume", "dest": "dest_flight_volume", "route": "route_frequency"}
    ev, columns = month.events, Columns()
    for key, name in names.items():
        index = ev.scheduled.by(ev.key(key))
        columns |= counts(index, month.queries(key), {"28d": HISTORY["28d"]}, name)
    return columns


def route_state(month: MonthState) -> pl.DataFrame:
    """The `route_state` table of a month: the flight's route, as seen at its cutoff."""
    queries = month.queries("route")
    columns = departures_state(month.events, "route", queries, "route", WINDOWS)
    columns |= arrivals_state(month.events, "route", queries, "route", WINDOWS)
    return month.frame(columns)


def carrier_state(month: MonthState) -> pl.DataFrame:
    """The `carrier_state` table of a month: the carrier at large, at both ends, and the flight's history."""
    ev = month.events
    c, o, d = month.queries("carrier"), month.queries("carrier_origin"), month.queries("carrier_dest")
    columns = departures_state(ev, "carrier", c, "carrier", CARRIER_WINDOWS)
    columns |= departures_state(ev, "carrier_origin", o, "carrier_origin", CARRIER_WINDOWS)
    columns |= arrivals_state(ev, "carrier_dest", o, "carrier_origin", CARRIER_WINDOWS)
    columns |= arrivals_state(ev, "carrier_dest", d, "carrier_dest", CARRIER_WINDOWS)
    columns |= queue_state(ev.due, ev.done, ev, "carrier_origin", o, "carrier_origin")
    columns |= queue_state(ev.due, ev.done, ev, "carrier", c, "carrier")
    for key in ("flight", "carrier_route", "carrier_origin_hour"):
        columns |= _history(month, key)
    return month.frame(columns)


def _history(month: MonthState, key: str) -> Columns:
    """How earlier arrivals under a key did: the same flight, the carrier on the route, the same hour of day."""
    ev, queries = month.events, month.queries(key)
    index = ev.arrivals.by(ev.key(key))
    names = {"clipped": f"{key}_history_arr_delay_min", "late": f"{key}_history_late_share"}
    if key == "carrier_route":
        names["loss"] = f"{key}_history_loss_min"
    columns = means(index, queries, HISTORY, names, f"{key}_history_arrivals")
    if key == "carrier_route":
        place = index.places(queries, {"28d": HISTORY["28d"]})["28d"]
        typical = queries.restore(mean(index.total(place, "block"), index.count(place)))
        columns["block_pad_min"] = (month.mine("sched_block") - typical).astype("float32")
    return columns
