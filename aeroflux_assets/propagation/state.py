"""The three state tables of a month: airports, routes, and carriers with the history of the flight.

They are built month by month: a month's queries need the events of the HISTORY_DAYS before it and no more,
so that memory is bounded by two months and nothing is counted over the whole span.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

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
    under_way_state,
)
from aeroflux_assets.propagation.windows import Ints, Queries, mean

_DAY = 1440
HISTORY_DAYS = 28
AT_ONCE = 2
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
    return month.frame(_together(month, (_left, _reached, _bound, _queues, _taxi, _demand, volumes)))


def _left(month: MonthState) -> Columns:
    """What leaves the origin and the destination."""
    ev, o, d = month.events, month.queries("origin"), month.queries("dest")
    gone, cancelled = ev.departures.by(ev.key("origin")), ev.cancellations.by(ev.key("origin"))
    columns = departures_state(gone, cancelled, o, "origin", FAST)
    columns |= departures_state(gone, cancelled, d, "dest", WINDOWS)
    return columns | medians(gone, o, WINDOWS, "origin_dep_delay_median_min")


def _reached(month: MonthState) -> Columns:
    """What reaches the destination and the origin."""
    ev, o, d = month.events, month.queries("origin"), month.queries("dest")
    landed = ev.arrivals.by(ev.key("dest"))
    columns = arrivals_state(landed, o, "origin", WINDOWS) | arrivals_state(landed, d, "dest", FAST)
    return columns | medians(landed, d, WINDOWS, "dest_arr_delay_median_min")


def _bound(month: MonthState) -> Columns:
    """Flights bound for an airport leave late when it is being metered: seen before anything arrives late."""
    ev, o, d = month.events, month.queries("origin"), month.queries("dest")
    gone, cancelled = ev.departures.by(ev.key("dest")), ev.cancellations.by(ev.key("dest"))
    columns = departures_state(gone, cancelled, d, "dest_bound", FAST)
    return columns | departures_state(gone, cancelled, o, "origin_bound", WINDOWS)


def _taxi(month: MonthState) -> Columns:
    ev, o, d = month.events, month.queries("origin"), month.queries("dest")
    columns = means(ev.take_offs.by(ev.key("origin")), o, WINDOWS, {"taxi": "origin_taxi_out_mean_min"})
    return columns | means(ev.taxi_ins.by(ev.key("dest")), d, WINDOWS, {"taxi": "dest_taxi_in_mean_min"})


def _queues(month: MonthState) -> Columns:
    """Departures waited for at both airports and towards the destination; arrivals waited for at both."""
    ev, o, d = month.events, month.queries("origin"), month.queries("dest")
    leaving = ev.due.by(ev.key("origin")), ev.done.by(ev.key("origin"))
    columns = queue_state(*leaving, o, "origin") | queue_state(*leaving, d, "dest")
    columns |= queue_state(ev.due.by(ev.key("dest")), ev.done.by(ev.key("dest")), d, "dest_bound")
    landing = ev.arrivals_due.by(ev.key("dest")), ev.arrivals_done.by(ev.key("dest"))
    columns |= queue_state(*landing, d, "dest_arrivals") | queue_state(*landing, o, "origin_arrivals")
    return columns


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


def _together(month: MonthState, parts: Sequence[Callable[[MonthState], Columns]]) -> Columns:
    """The columns of all parts, two made at a time: numpy sorts and searches without holding the interpreter.

    Two, not as many as there are cores: each holds indexes of its own over the month's events.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        made = list(pool.map(lambda part: part(month), parts))
    return {name: column for columns in made for name, column in columns.items()}


def route_state(month: MonthState) -> pl.DataFrame:
    """The `route_state` table of a month: the flight's route, as seen at its cutoff."""
    ev, queries, key = month.events, month.queries("route"), month.events.key("route")
    columns = departures_state(ev.departures.by(key), ev.cancellations.by(key), queries, "route", WINDOWS)
    columns |= arrivals_state(ev.arrivals.by(key), queries, "route", WINDOWS)
    return month.frame(columns)


def carrier_state(month: MonthState) -> pl.DataFrame:
    """The `carrier_state` table of a month: the carrier at large, at both ends, and the flight's history."""
    return month.frame(_together(month, (_carrier, _carrier_at_both_ends, _carrier_bound, _histories)))


def _carrier(month: MonthState) -> Columns:
    ev, queries, key = month.events, month.queries("carrier"), month.events.key("carrier")
    gone, cancelled = ev.departures.by(key), ev.cancellations.by(key)
    columns = departures_state(gone, cancelled, queries, "carrier", CARRIER_WINDOWS)
    return columns | queue_state(ev.due.by(key), ev.done.by(key), queries, "carrier")


def _carrier_at_both_ends(month: MonthState) -> Columns:
    ev, o, d = month.events, month.queries("carrier_origin"), month.queries("carrier_dest")
    here, there = ev.key("carrier_origin"), ev.key("carrier_dest")
    gone, cancelled = ev.departures.by(here), ev.cancellations.by(here)
    columns = departures_state(gone, cancelled, o, "carrier_origin", CARRIER_WINDOWS)
    landed = ev.arrivals.by(there)
    columns |= arrivals_state(landed, o, "carrier_origin", CARRIER_WINDOWS)
    columns |= arrivals_state(landed, d, "carrier_dest", CARRIER_WINDOWS)
    return columns | queue_state(ev.due.by(here), ev.done.by(here), o, "carrier_origin")


def _carrier_bound(month: MonthState) -> Columns:
    """The carrier's flights on their way to the origin: with them come crews, and the aircraft that it would swap."""
    ev, queries, to = month.events, month.queries("carrier_origin"), month.events.key("carrier_dest")
    under_way = ev.departures.by(to), ev.no_longer_under_way.by(to)
    columns = under_way_state(*under_way, queries, "carrier_origin_bound")
    return columns | queue_state(ev.due.by(to), ev.done.by(to), queries, "carrier_origin_bound")


def _histories(month: MonthState) -> Columns:
    keys = ("flight", "carrier_route", "carrier_origin_hour")
    return {name: column for key in keys for name, column in _history(month, key).items()}


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
