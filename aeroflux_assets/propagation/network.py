"""The state of a place at the cutoff, from what had happened there by then: the measures.

Each function asks an event stream, by a key, for the windows that end just before the queries' minutes and
returns columns in the queries' own order. A flight never sees its own row.
"""

from collections.abc import Mapping

import numpy as np

from aeroflux_assets.propagation.quantiles import Medians
from aeroflux_assets.propagation.windows import EventIndex, Floats, Queries, mean

Columns = dict[str, Floats]
Windows = Mapping[str, int]

# The paper's windows (1, 3 and 6 hours); half an hour added where the state turns fast.
WINDOWS: Windows = {"1h": 60, "3h": 180, "6h": 360}
FAST: Windows = {"30m": 30, **WINDOWS}
# Further back than the events of any build: a queue is the difference of two running counts.
_EVER: Windows = {"ever": 400 * 1440}


def counts(index: EventIndex, queries: Queries, windows: Windows, name: str) -> Columns:
    """Events in each window: `{name}_{window}`."""
    places = index.places(queries, windows)
    return {f"{name}_{label}": queries.restore(index.count(place)) for label, place in places.items()}


def means(
    index: EventIndex, queries: Queries, windows: Windows, names: Mapping[str, str], count: str | None = None
) -> Columns:
    """Means of values (event value to column name) in each window, null-like NaN where nothing happened.

    count: the name of a column with the number of events, where it is wanted.
    """
    columns: Columns = {}
    for label, place in index.places(queries, windows).items():
        n = index.count(place)
        if count is not None:
            columns[f"{count}_{label}"] = queries.restore(n)
        for value, column in names.items():
            columns[f"{column}_{label}"] = queries.restore(mean(index.total(place, value), n))
    return columns


def departures_state(
    index: EventIndex, cancelled: EventIndex, queries: Queries, prefix: str, windows: Windows
) -> Columns:
    """Departures under a key: flights, mean delay (raw and clipped), share late, cancellations."""
    names = {
        "delay": f"{prefix}_dep_delay_mean_min",
        "clipped": f"{prefix}_dep_delay_clipped_min",
        "late": f"{prefix}_dep_late_share",
    }
    columns = means(index, queries, windows, names, f"{prefix}_departures")
    return columns | counts(cancelled, queries, windows, f"{prefix}_cancellations")


def arrivals_state(index: EventIndex, queries: Queries, prefix: str, windows: Windows) -> Columns:
    """Arrivals under a key: flights, mean delay (raw and clipped), share late, minutes lost en route."""
    names = {
        "delay": f"{prefix}_arr_delay_mean_min",
        "clipped": f"{prefix}_arr_delay_clipped_min",
        "late": f"{prefix}_arr_late_share",
        "loss": f"{prefix}_en_route_loss_min",
    }
    return means(index, queries, windows, names, f"{prefix}_arrivals")


def medians(index: EventIndex, queries: Queries, windows: Windows, name: str) -> Columns:
    """Median delay in each window."""
    wavelet = Medians(index.values["delay"])
    places = index.places(queries, windows)
    return {f"{name}_{label}": queries.restore(wavelet.median(place)) for label, place in places.items()}


def queue_state(came: EventIndex, went: EventIndex, queries: Queries, prefix: str) -> Columns:
    """The queue at t: due by now less done by now, and how long its flights have waited in all."""
    in_, out = came.places(queries, _EVER)["ever"], went.places(queries, _EVER)["ever"]
    count = came.count(in_) - went.count(out)
    waited = count * queries.minute - (came.total(in_, "minute") - went.total(out, "minute"))
    return {
        f"{prefix}_queue": queries.restore(count),
        f"{prefix}_queue_wait_min": queries.restore(waited),
    }


def under_way_state(left: EventIndex, over: EventIndex, queries: Queries, prefix: str) -> Columns:
    """Flights under way at t, departed and not yet in: how many, their mean clipped departure delay, share late."""
    out, in_ = left.places(queries, _EVER)["ever"], over.places(queries, _EVER)["ever"]
    count = left.count(out) - over.count(in_)
    names = {"clipped": "dep_delay_clipped_min", "late": "late_share"}
    columns = {f"{prefix}_under_way": queries.restore(count)}
    for value, name in names.items():
        total = left.total(out, value) - over.total(in_, value)
        columns[f"{prefix}_under_way_{name}"] = queries.restore(mean(total, count))
    return columns


def demand(index: EventIndex, queries: Queries, width: int, name: str) -> Columns:
    """Flights scheduled in the `width` minutes before the queries' minutes, the row itself left out."""
    place = index.places(queries, {"": width})[""]
    return {name: queries.restore(np.maximum(index.count(place) - 1, 0))}
