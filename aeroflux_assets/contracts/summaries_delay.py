"""The contracts of the delay summaries: what the pages on delays, places and airlines read.

Sums and counts, never means: any selection of months, carriers and airports adds up. Keys are chosen so that
every shared filter of the dashboard (year, month, carrier, origin) narrows every table.
"""

import polars as pl

from aeroflux_assets.contracts.base import Column, Contract, Rule

_N, _F = pl.Int32(), pl.Float64()
DELAY_CAUSES = ("carrier", "late_aircraft", "nas", "weather", "security")
CANCELLATIONS = {"A": "carrier", "B": "weather", "C": "nas", "D": "security"}


def _count(name: str, description: str) -> Column:
    return Column(name, _N, description, "count", "after", nullable=False)


def _sum(name: str, description: str) -> Column:
    return Column(name, _N, description, "min", "after", nullable=False)


def _key(name: str, dtype: pl.DataType, description: str, unit: str = "") -> Column:
    return Column(name, dtype, description, unit, "schedule", nullable=False)


MONTH = _key("month", pl.Int8(), "month of the local departure date")
CARRIER = _key("carrier", pl.String(), "carrier code")
ORIGIN = _key("origin", pl.String(), "IATA code of the origin")
_GROUP = (MONTH, CARRIER, ORIGIN)
_GROUP_KEY = ("month", "carrier", "origin")

# Numerators and denominators of D0, A0, A14, completion factor, means: see docs/figures.md#punctuality.
_OUTCOME = (
    _count("flights", "scheduled flights, cancelled and diverted ones included"),
    _count("cancelled", "cancelled"),
    _count("departed", "left the gate: denominator of D0 and of the mean departure delay"),
    _count("dep_on_time", "left the gate at or before the scheduled minute: numerator of D0"),
    _sum("dep_delay_sum_min", "sum of gate departure delays, early negative"),
    _count("arrived", "arrived at the destination: denominator of A0, A14 and the mean arrival delay"),
    _count("arr_on_time", "arrived at or before the scheduled minute: numerator of A0"),
    _count("late15", "arrived 15 minutes late or more (BTS ArrDel15)"),
    _sum("arr_delay_sum_min", "sum of gate arrival delays, early negative"),
)
_CAUSES = (
    _count("caused", "late arrivals whose causes are reported: without any, the minutes below say nothing"),
    *(
        _sum(f"{cause}_delay_min", f"arrival delay put down to {cause.replace('_', ' ')}")
        for cause in DELAY_CAUSES
    ),
)
_RULES = (
    Rule("late among arrived", pl.col("late15") <= pl.col("arrived"), ""),
    Rule("arrived among departed", pl.col("arrived") <= pl.col("departed"), ""),
    Rule("departed or cancelled", pl.col("departed") <= pl.col("flights"), ""),
    Rule("D0 is a share", pl.col("dep_on_time") <= pl.col("departed"), ""),
    Rule("A0 is a share", pl.col("arr_on_time") + pl.col("late15") <= pl.col("arrived"), ""),
)

SUMMARY_ROUTES = Contract(
    name="summary_routes",
    room="summaries",
    description="Outcomes by month, carrier and route",
    partitioned_by=("year",),
    key=(*_GROUP_KEY, "dest"),
    columns=(
        *_GROUP,
        _key("dest", pl.String(), "IATA code of the destination"),
        Column("distance_mi", _N, "great-circle distance", "mi", "schedule"),
        *_OUTCOME,
        _count("diverted", "diverted"),
        *_CAUSES,
        _count("taxied_out", "flights with a taxi-out time"),
        _sum("taxi_out_sum_min", "sum of taxi-out times"),
        _count("blocked", "flights that arrived with an actual block time"),
        _sum("block_sum_min", "their actual block times"),
        _sum("sched_block_sum_min", "their scheduled block times"),
    ),
    rules=(
        *_RULES,
        Rule("diverted among departed", pl.col("diverted") + pl.col("arrived") <= pl.col("flights"), ""),
    ),
)

SUMMARY_DAYS = Contract(
    name="summary_days",
    room="summaries",
    description="Outcomes by local date of departure, carrier and origin",
    partitioned_by=("year",),
    key=("flight_date", "carrier", "origin"),
    columns=(
        _key("flight_date", pl.Date(), "local date of the scheduled departure"),
        CARRIER,
        ORIGIN,
        *_OUTCOME,
        *_CAUSES,
        *(
            _count(f"cancelled_{why}", f"cancelled with BTS code {code}, {why.replace('_', ' ')}")
            for code, why in CANCELLATIONS.items()
        ),
    ),
    rules=_RULES,
)

SUMMARY_HOURS = Contract(
    name="summary_hours",
    room="summaries",
    description="Outcomes by month, carrier, origin and hour of the scheduled departure, local and UTC",
    partitioned_by=("year",),
    key=(*_GROUP_KEY, "hour_local", "hour_utc"),
    columns=(
        *_GROUP,
        _key("hour_local", pl.Int8(), "hour of the scheduled departure on the origin's clock, 0 to 23"),
        _key("hour_utc", pl.Int8(), "the same in UTC: two where the clocks change in the month"),
        *_OUTCOME,
    ),
    rules=_RULES,
)

SUMMARY_DELAYS = Contract(
    name="summary_delays",
    room="summaries",
    description="How delays are distributed: counts by five minutes, by month, carrier and origin",
    partitioned_by=("year",),
    key=(*_GROUP_KEY, "bin_min"),
    columns=(
        *_GROUP,
        _key(
            "bin_min", pl.Int16(),
            "lower edge of the five minutes; -60 holds everything below -55, 240 everything from there on", "min",
        ),
        _count("departures", "flights whose departure delay lies in the bin"),
        _count("arrivals", "flights whose arrival delay lies in the bin"),
    ),
)  # fmt: skip

SUMMARY_TURNAROUNDS = Contract(
    name="summary_turnarounds",
    room="summaries",
    description=(
        "What a leg took over from the leg before, as flown: by scheduled turnaround and inbound delay. Hindsight: "
        "the tail that flew"
    ),
    partitioned_by=("year",),
    key=(*_GROUP_KEY, "turnaround", "inbound"),
    columns=(
        *_GROUP,
        _key("turnaround", pl.Int8(), "bucket of the scheduled turnaround (summaries/buckets.py)"),
        Column("inbound", pl.Int8(), "bucket of the inbound's arrival delay", "", "after", nullable=False),
        _count("legs", "departed legs whose aircraft last arrived here, with a known inbound delay"),
        _sum("inbound_delay_sum_min", "sum of inbound arrival delays above 0"),
        _sum("passed_sum_min", "sum of the smaller of inbound delay and departure delay, both above 0"),
        _sum("dep_delay_sum_min", "sum of departure delays, early negative"),
        _count("dep_late15", "legs that left 15 minutes late or more"),
    ),
    rules=(
        Rule(
            "passes on no more than came in", pl.col("passed_sum_min") <= pl.col("inbound_delay_sum_min"), ""
        ),
    ),
)

SUMMARY_WAVES = Contract(
    name="summary_waves",
    room="summaries",
    description="Outcomes by the number of the leg in its aircraft's local day",
    partitioned_by=("year",),
    key=(*_GROUP_KEY, "wave"),
    columns=(
        *_GROUP,
        Column(
            "wave",
            pl.Int8(),
            "leg of the aircraft's day; 8 is the eighth or later",
            "",
            "after",
            nullable=False,
        ),
        *_OUTCOME,
        _sum("late_aircraft_delay_min", "arrival delay put down to the late inbound aircraft"),
    ),
    rules=_RULES,
)

SUMMARY_WEATHER = Contract(
    name="summary_weather",
    room="summaries",
    description="Outcomes by the weather observed at the origin before the scheduled departure; hindsight",
    partitioned_by=("year",),
    key=(*_GROUP_KEY, "factor", "bucket"),
    columns=(
        *_GROUP,
        Column(
            "factor", pl.String(), "name of the scale (summaries/buckets.py)", "", "after", nullable=False
        ),
        Column("bucket", pl.Int8(), "its bucket", "", "after", nullable=False),
        *_OUTCOME,
    ),
    rules=_RULES,
)

SUMMARY_NETWORK = Contract(
    name="summary_network",
    room="summaries",
    description="Each airport's place in the year's network of nonstop routes, and its departures' outcomes",
    partitioned_by=("year",),
    key=("airport",),
    columns=(
        Column("airport", pl.String(), "IATA code", "", "schedule", nullable=False),
        Column("degree", _N, "airports with a route from here", "count", "schedule", nullable=False),
        Column(
            "betweenness",
            _F,
            "share of shortest ways between other pairs that lead through here",
            "",
            "schedule",
        ),
        Column("pagerank", _F, "PageRank, flights as weights, damping 0.85", "", "schedule", nullable=False),
        *_OUTCOME,
    ),
    rules=(
        *_RULES,
        Rule("betweenness is a share", pl.col("betweenness").is_between(0, 1), ""),
        Rule("pagerank is a share", pl.col("pagerank").is_between(0, 1), ""),
    ),
)

SUMMARY_OUTLIERS = Contract(
    name="summary_outliers",
    room="summaries",
    description="Days that lie beyond the trailing weeks of their airport, carrier or the whole network, with what the data says of them",
    partitioned_by=("year",),
    key=("flight_date", "scope", "name"),
    columns=(
        Column("flight_date", pl.Date(), "local date of departure", "", "schedule", nullable=False),
        Column("scope", pl.String(), "airport, carrier or network", nullable=False),
        Column("name", pl.String(), "its code; all for the network", nullable=False),
        Column("history_days", _N, "days with flights among the 56 before", "count", "after", nullable=False),
        Column("share_late", _F, "late among arrived", "", "after"),
        Column("late_median", _F, "median of share_late over the 56 days before", "", "after"),
        Column("late_z", _F, "robust z of share_late", "", "after"),
        Column("share_cancelled", _F, "cancelled among flights", "", "after", nullable=False),
        Column("cancelled_median", _F, "median of share_cancelled over the 56 days before", "", "after"),
        Column("cancelled_z", _F, "robust z of share_cancelled", "", "after"),
        *_OUTCOME,
        *_CAUSES,
        *(_count(f"cancelled_{why}", f"cancelled with code {code}") for code, why in CANCELLATIONS.items()),
        Column("observed", _N, "flights with an observation at the origin", "count", "after"),
        Column("below_visual", _N, "of those, with IFR or LIFR weather", "count", "after"),
        Column("wind_max_m_s", pl.Float32(), "strongest wind seen", "m/s", "after"),
        Column("visibility_min_m", _N, "lowest visibility seen", "m", "after"),
        Column("precipitation_max_mm", pl.Float32(), "most precipitation of an hour", "mm", "after"),
    ),
    rules=(
        *_RULES,
        Rule("beyond its history", pl.max_horizontal("late_z", "cancelled_z") >= 3.5, "robust z of 3.5"),
    ),
)

DELAY_SUMMARIES = (
    SUMMARY_ROUTES,
    SUMMARY_DAYS,
    SUMMARY_HOURS,
    SUMMARY_DELAYS,
    SUMMARY_TURNAROUNDS,
    SUMMARY_WAVES,
    SUMMARY_WEATHER,
    SUMMARY_NETWORK,
    SUMMARY_OUTLIERS,
)
