"""Flights as events: who departed, took off, arrived, was cancelled or fell due, when, and how late.

Every stream is a minute and integer values, one entry a flight, from which indexes by any key (airport,
route, carrier, ...) are made.
"""

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from aeroflux_assets.contracts.cleaned import LATE_MIN
from aeroflux_assets.propagation.codes import dense, text_codes
from aeroflux_assets.propagation.known import NEVER, timeline
from aeroflux_assets.propagation.windows import Ints, Stream

# One flight that is a day late must not speak for its airport: delays also enter window sums clipped.
CLIP_MIN, CLIP_MAX = -30, 180
# A flight that has not shown up this long after its schedule no longer counts as queueing.
QUEUE_DEP_MIN = 360
QUEUE_ARR_MIN = 180
# A flight that has not come in this long after its block time was diverted, or will never be reported.
OVERDUE_MIN = 180

# The columns that make a key, by the key's name.
KEYS: Mapping[str, tuple[str, ...]] = {
    "route": ("origin", "dest"),
    "carrier": ("carrier",),
    "carrier_origin": ("carrier", "origin"),
    "carrier_dest": ("carrier", "dest"),
    "carrier_route": ("carrier", "origin", "dest"),
    "carrier_origin_hour": ("carrier", "origin", "hour"),
    "flight": ("carrier", "flight_number", "origin", "dest"),
}


def coded(flights: pl.LazyFrame) -> pl.DataFrame:
    """`cleaned_flights` as integers, but for its texts: the `timeline` minutes, delays, hour of the schedule."""
    return (
        timeline(flights)
        .select(
            "flight_id",
            "carrier",
            "origin",
            "dest",
            pl.col("flight_number").cast(pl.Int64),
            (pl.col("sched_dep") // 60 % 24).alias("hour"),
            "sched_dep",
            "sched_arr",
            "dep",
            "off",
            "arr",
            pl.col("dep_delay_min").fill_null(0).cast(pl.Int64).alias("dep_delay"),
            pl.col("arr_delay_min").fill_null(0).cast(pl.Int64).alias("arr_delay"),
            pl.col("taxi_out_min").fill_null(0).cast(pl.Int64).alias("taxi_out"),
            pl.col("taxi_in_min").fill_null(NEVER).cast(pl.Int64).alias("taxi_in"),
            pl.col("block_min").fill_null(0).cast(pl.Int64).alias("block"),
            pl.col("sched_block_min").cast(pl.Int64).alias("sched_block"),
            pl.col("is_cancelled").cast(pl.Int64).alias("cancelled"),
        )
        .collect()
    )


class Events:
    """The event streams of the flights in a `coded` frame.

    Keys (see KEYS) are dense codes from 0, made when first asked for; `origin` and `dest` share theirs, and
    `carrier_dest` is the carrier at the destination in the codes of `carrier_origin`.
    """

    def __init__(self, flights: pl.DataFrame) -> None:
        self._frame = flights
        self._keys: dict[str, Ints] = {}
        # A cancelled flight never falls due: by its scheduled departure it is known not to go. One that left its gate
        # first went, for all that was known while it was out.
        self._going = (self["cancelled"] == 0) | (self["dep"] >= 0)

    def __getitem__(self, name: str) -> Ints:
        column: npt.NDArray[np.int64] = self._frame[name].to_numpy()
        return column

    def key(self, name: str) -> Ints:
        """The codes of a key, one a flight."""
        if name not in self._keys:
            self._keys |= self._made(name)
        return self._keys[name]

    def _made(self, name: str) -> dict[str, Ints]:
        if name in ("origin", "dest"):
            origin, dest = text_codes(self._frame["origin"], self._frame["dest"])
            return {"origin": origin, "dest": dest}
        if name == "carrier":
            return {name: text_codes(self._frame["carrier"])[0]}
        if name in ("carrier_origin", "carrier_dest"):
            size = 1 + max(int(self.key(end).max(initial=0)) for end in ("origin", "dest"))
            ends = [self.key("carrier") * size + self.key(end) for end in ("origin", "dest")]
            both = dense(np.concatenate(ends))
            return dict(zip(("carrier_origin", "carrier_dest"), np.split(both, 2), strict=True))
        code: Ints = np.zeros(len(self._going), dtype=np.int64)
        for part in KEYS[name]:
            of_part = self.key(part) if part in ("carrier", "origin", "dest") else self[part]
            # Dense after each step: the next product stays small.
            code = dense(code * (int(of_part.max(initial=0)) + 1) + of_part)
        return {name: code}

    @cached_property
    def departures(self) -> Stream:
        """Gate departures: delay, clipped delay, late."""
        return Stream(self["dep"], self._departure_delays())

    def _departure_delays(self) -> dict[str, Ints]:
        delay = self["dep_delay"]
        return {"delay": delay, "clipped": np.clip(delay, CLIP_MIN, CLIP_MAX), "late": _late(delay)}

    @cached_property
    def arrivals(self) -> Stream:
        """Gate arrivals: delay, clipped delay, late, minutes lost en route, block time."""
        delay = self["arr_delay"]
        values = {
            "delay": delay,
            "clipped": np.clip(delay, CLIP_MIN, CLIP_MAX),
            "late": _late(delay),
            "loss": np.clip(delay - self["dep_delay"], -120, 120),
            "block": self["block"],
        }
        return Stream(self["arr"], values)

    @cached_property
    def no_longer_under_way(self) -> Stream:
        """Departed flights at the gate again, or given up OVERDUE_MIN past their block time: their departure delays."""
        dep, arr = self["dep"], self["arr"]
        limit = dep + self["sched_block"] + OVERDUE_MIN
        over = np.where(arr >= 0, np.minimum(np.maximum(arr, dep), limit), limit)
        values = self._departure_delays()
        return Stream(np.where(dep >= 0, over, NEVER), {name: values[name] for name in ("clipped", "late")})

    @cached_property
    def take_offs(self) -> Stream:
        """Take-offs: taxi-out minutes."""
        return Stream(self["off"], {"taxi": self["taxi_out"]})

    @cached_property
    def taxi_ins(self) -> Stream:
        """Gate arrivals whose taxi-in time is reported."""
        minute = np.where(self["taxi_in"] >= 0, self["arr"], NEVER)
        return Stream(minute, {"taxi": np.maximum(self["taxi_in"], 0)})

    @cached_property
    def cancellations(self) -> Stream:
        """Cancellations of flights that never left their gate, known from the scheduled departure."""
        return Stream(np.where(self._going, NEVER, self["sched_dep"]), {})

    @cached_property
    def scheduled(self) -> Stream:
        """Scheduled departures, cancelled or not: the published demand."""
        return Stream(self["sched_dep"], {})

    @cached_property
    def scheduled_arrivals(self) -> Stream:
        """Scheduled arrivals, cancelled or not."""
        return Stream(self["sched_arr"], {})

    @cached_property
    def due(self) -> Stream:
        """Departures falling due (not cancelled), with their minute, for the queue."""
        minute = np.where(self._going, self["sched_dep"], NEVER)
        return Stream(minute, {"minute": self["sched_dep"]})

    @cached_property
    def done(self) -> Stream:
        """Departures leaving the queue: gone, or no longer counted after QUEUE_DEP_MIN."""
        dep, limit = self["dep"], self["sched_dep"] + QUEUE_DEP_MIN
        minute = np.where(self._going, np.where(dep >= 0, np.minimum(dep, limit), limit), NEVER)
        return Stream(minute, {"minute": self["sched_dep"]})

    @cached_property
    def arrivals_due(self) -> Stream:
        """Arrivals falling due (not cancelled), with their minute."""
        minute = np.where(self._going, self["sched_arr"], NEVER)
        return Stream(minute, {"minute": self["sched_arr"]})

    @cached_property
    def arrivals_done(self) -> Stream:
        """Arrivals leaving the queue: at the gate, or no longer counted after QUEUE_ARR_MIN."""
        due, arr = self["sched_arr"], self["arr"]
        limit = due + QUEUE_ARR_MIN
        # An early arrival leaves the queue when it falls due, not before it entered.
        done = np.where(arr >= 0, np.minimum(np.maximum(arr, due), limit), limit)
        return Stream(np.where(self._going, done, NEVER), {"minute": due})


def _late(delay: Ints) -> Ints:
    return (delay >= LATE_MIN).astype(np.int64)
