"""The contracts of what was known at the cutoff: upstream legs, and the state of airports, routes, carriers."""

from collections.abc import Iterable

import polars as pl

from aeroflux_assets.contracts.base import Column, Contract, Rule

_F = pl.Float32()
BY_CUTOFF = ("year", "cutoff")
_FLIGHT = Column("flight_id", pl.Int64(), "the flight", nullable=False)
HOPS = 3


def _known(name: str, description: str, unit: str = "") -> Column:
    return Column(name, _F, description, unit, "cutoff")


def _hop(k: int) -> list[Column]:
    leg = f"upstream leg {k}"
    after = "the flight" if k == 1 else f"upstream leg {k - 1}"
    return [
        Column(
            f"up{k}_flight_id", pl.Int64(), f"{leg}: its flight_id, where a link is vouched for", "", "cutoff"
        ),
        _known(f"up{k}_is_linked", f"{leg}: 1 where schedule or landing vouches for it", "flag"),
        _known(f"up{k}_has_departed", f"{leg}: 1 = departed by the cutoff", "flag"),
        _known(f"up{k}_has_landed", f"{leg}: 1 = at its gate by the cutoff", "flag"),
        _known(f"up{k}_dep_delay_min", f"{leg}: departure delay, if departed by the cutoff", "min"),
        _known(f"up{k}_arr_delay_min", f"{leg}: arrival delay, if landed by the cutoff", "min"),
        _known(
            f"up{k}_late_so_far_min",
            f"{leg}: arrival delay if landed; else the greater of its departure delay and minutes past its schedule",
            "min",
        ),
        _known(f"up{k}_min_since_landing", f"{leg}: cutoff less its gate arrival, if landed", "min"),
        _known(
            f"up{k}_sched_turnaround_min",
            f"scheduled departure of {after} less scheduled arrival of {leg}",
            "min",
        ),
        _known(f"up{k}_sched_block_min", f"{leg}: scheduled block time", "min"),
    ]


def upstream_names(hops: int) -> list[str]:
    """The columns of what was known of `hops` upstream legs: those of `propagation` where it is HOPS."""
    legs = [column.name for k in range(1, hops + 1) for column in _hop(k)]
    return ["flight_id", *legs, "slack_min", "earliest_dep_delay_min", "leg_number_day"]


PROPAGATION = Contract(
    name="propagation",
    room="propagation",
    description="What was known at the cutoff of the last three upstream legs whose link schedule or landing vouches for",
    partitioned_by=BY_CUTOFF,
    key=("flight_id",),
    columns=(
        _FLIGHT,
        *(column for k in range(1, HOPS + 1) for column in _hop(k)),
        _known("slack_min", "scheduled departure less the earliest feasible arrival of the inbound", "min"),
        _known(
            "earliest_dep_delay_min",
            "delay of the earliest feasible departure, at the minimum turnaround",
            "min",
        ),
        _known("leg_number_day", "1 and the vouched links before it on its local date", "count"),
    ),
    rules=(
        Rule(
            "landed only if departed",
            ~(pl.col("up1_has_landed") == 1) | (pl.col("up1_has_departed") == 1),
            "",
        ),
        Rule("landing is not from after the cutoff", pl.col("up1_min_since_landing") >= 0, ""),
        Rule(
            "no arrival delay without a landing",
            pl.col("up1_arr_delay_min").is_null() | (pl.col("up1_has_landed") == 1),
            "",
        ),
    ),
)

WINDOWS = ("1h", "3h", "6h")
FAST = ("30m", *WINDOWS)
CARRIER = ("1h", "3h")
HISTORY = ("3d", "28d")


def _windowed(names: Iterable[tuple[str, str, str]], windows: Iterable[str]) -> list[Column]:
    names = list(names)
    return [
        _known(f"{name}_{window}", f"{text}, over {window} before the cutoff", unit)
        for window in windows
        for name, text, unit in names
    ]


def _departures(prefix: str, place: str, windows: Iterable[str]) -> list[Column]:
    return _windowed(
        [
            (f"{prefix}_departures", f"departures {place}", "count"),
            (f"{prefix}_dep_delay_mean_min", f"mean departure delay {place}", "min"),
            (
                f"{prefix}_dep_delay_clipped_min",
                f"the same, each delay clipped to -30 to 180, {place}",
                "min",
            ),
            (f"{prefix}_dep_late_share", f"share 15 minutes late or more of departures {place}", ""),
            (f"{prefix}_cancellations", f"cancellations {place}", "count"),
        ],
        windows,
    )


def _arrivals(prefix: str, place: str, windows: Iterable[str]) -> list[Column]:
    return _windowed(
        [
            (f"{prefix}_arrivals", f"arrivals {place}", "count"),
            (f"{prefix}_arr_delay_mean_min", f"mean arrival delay {place}", "min"),
            (
                f"{prefix}_arr_delay_clipped_min",
                f"the same, each delay clipped to -30 to 180, {place}",
                "min",
            ),
            (f"{prefix}_arr_late_share", f"share 15 minutes late or more of arrivals {place}", ""),
            (f"{prefix}_en_route_loss_min", f"mean arrival delay less departure delay {place}", "min"),
        ],
        windows,
    )


def _queue(prefix: str, what: str) -> list[Column]:
    return [
        _known(f"{prefix}_queue", f"{what}: due by the cutoff less done by it", "count"),
        _known(f"{prefix}_queue_wait_min", f"{what}: minutes waited so far, summed over the queue", "min"),
    ]


def _under_way(prefix: str, what: str) -> list[Column]:
    who = f"{what}, departed and not in by the cutoff"
    return [
        _known(f"{prefix}_under_way", who, "count"),
        _known(
            f"{prefix}_under_way_dep_delay_clipped_min",
            f"mean departure delay (each clipped to -30 to 180) of {who}",
            "min",
        ),
        _known(f"{prefix}_under_way_late_share", f"share that left 15 minutes late or more of {who}", ""),
    ]


AIRPORT_STATE = Contract(
    name="airport_state",
    room="propagation",
    description="Both airports of each flight as seen at its cutoff, from events known by then, the row itself left out",
    partitioned_by=BY_CUTOFF,
    key=("flight_id",),
    columns=(
        _FLIGHT,
        *_departures("origin", "from the origin", FAST),
        *_arrivals("origin", "at the origin", WINDOWS),
        *_departures("dest", "from the destination", WINDOWS),
        *_arrivals("dest", "at the destination", FAST),
        *_departures("dest_bound", "of flights bound for the destination", FAST),
        *_departures("origin_bound", "of flights bound for the origin", WINDOWS),
        *_windowed([("origin_taxi_out_mean_min", "mean taxi-out at the origin", "min")], WINDOWS),
        *_windowed([("dest_taxi_in_mean_min", "mean taxi-in at the destination", "min")], WINDOWS),
        *_windowed(
            [("origin_dep_delay_median_min", "median departure delay from the origin", "min")], WINDOWS
        ),
        *_windowed(
            [("dest_arr_delay_median_min", "median arrival delay at the destination", "min")], WINDOWS
        ),
        *_queue("origin", "departures of the origin"),
        *_queue("dest", "departures of the destination"),
        *_queue("dest_bound", "departures bound for the destination"),
        *_queue("dest_arrivals", "arrivals at the destination"),
        *_queue("origin_arrivals", "arrivals at the origin"),
        _known(
            "origin_demand",
            "other departures scheduled at the origin within 30 minutes of the flight's",
            "count",
        ),
        _known(
            "dest_demand",
            "other arrivals scheduled at the destination within 30 minutes of the flight's",
            "count",
        ),
        _known(
            "origin_flight_volume_28d", "departures scheduled at the origin in the 28 days before", "count"
        ),
        _known(
            "dest_flight_volume_28d",
            "flights bound for the destination scheduled in the 28 days before",
            "count",
        ),
        _known("route_frequency_28d", "flights scheduled on the route in the 28 days before", "count"),
    ),
    rules=(
        Rule("queue is not negative", pl.col("origin_queue") >= 0, ""),
        Rule("waiting is not negative", pl.col("origin_queue_wait_min") >= 0, ""),
        Rule("share is a share", pl.col("origin_dep_late_share_1h").is_between(0, 1), ""),
    ),
)

ROUTE_STATE = Contract(
    name="route_state",
    room="propagation",
    description="The flight's route as seen at its cutoff, from events known by then, the row itself left out",
    partitioned_by=BY_CUTOFF,
    key=("flight_id",),
    columns=(
        _FLIGHT,
        *_departures("route", "on the route", WINDOWS),
        *_arrivals("route", "on the route", WINDOWS),
    ),
)


def _history(prefix: str, what: str) -> list[Column]:
    names = [
        (f"{prefix}_history_arrivals", f"earlier arrivals of {what}", "count"),
        (
            f"{prefix}_history_arr_delay_min",
            f"mean arrival delay (each clipped to -30 to 180) of {what}",
            "min",
        ),
        (f"{prefix}_history_late_share", f"share late of {what}", ""),
    ]
    if prefix == "carrier_route":
        names.append(
            (f"{prefix}_history_loss_min", f"mean arrival delay less departure delay of {what}", "min")
        )
    return _windowed(names, HISTORY)


CARRIER_STATE = Contract(
    name="carrier_state",
    room="propagation",
    description="The carrier at large and at both ends as seen at the cutoff, and the history of the flight",
    partitioned_by=BY_CUTOFF,
    key=("flight_id",),
    columns=(
        _FLIGHT,
        *_departures("carrier", "of the carrier anywhere", CARRIER),
        *_departures("carrier_origin", "of the carrier from the origin", CARRIER),
        *_arrivals("carrier_origin", "of the carrier at the origin", CARRIER),
        *_arrivals("carrier_dest", "of the carrier at the destination", CARRIER),
        *_queue("carrier_origin", "departures of the carrier from the origin"),
        *_queue("carrier", "departures of the carrier anywhere"),
        *_under_way("carrier_origin_bound", "flights of the carrier bound for the origin"),
        *_queue("carrier_origin_bound", "departures of the carrier bound for the origin"),
        *_history("flight", "the same flight (carrier, number, route)"),
        *_history("carrier_route", "the carrier on the route"),
        *_history("carrier_origin_hour", "the carrier from the origin in the same UTC hour of the day"),
        _known(
            "block_pad_min",
            "scheduled block time less the carrier's mean actual one on the route in 28 days",
            "min",
        ),
    ),
    rules=(Rule("no less than none is under way", pl.col("carrier_origin_bound_under_way") >= 0, ""),),
)
