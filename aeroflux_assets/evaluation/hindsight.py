"""The hindsight of the paper's pipeline, each kind rebuilt as its published code builds it.

These columns know what nobody knew at the cutoff. They exist to measure what that buys (`xray.py`) and stand only
here: every name begins with HINDSIGHT, no set of `features/sets.py` has such a name, they are written to no table,
and `unservable` finds a model that was trained on one. What each is, and where the paper's differs, is in
docs/leakage.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

import polars as pl

from aeroflux_assets.cleaned.span import flights_around, flights_of_month
from aeroflux_assets.contracts.cleaned import LATE_MIN
from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.errors import MissingTableError
from aeroflux_assets.features.build import BUCKET_HOURS, FeatureInputs, build_features
from aeroflux_assets.features.sets import AIRCRAFT, ALL_FEATURES, ROTATION, TWO_HOPS, WEATHER, feature_set
from aeroflux_assets.features.tables import feature_inputs
from aeroflux_assets.lake import Lake
from aeroflux_assets.model.files import load_model
from aeroflux_assets.propagation.tables import CHAIN_BEFORE, propagation_of
from aeroflux_assets.store import Store
from aeroflux_assets.weather_join.asof import weather_at_times
from aeroflux_assets.years import Period

HINDSIGHT = "hindsight_"
PAPER = feature_set("xgb_full_aircraft")
_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Kind:
    """One hindsight. replaces: the features whose place its columns take. adds: columns that come beside them."""

    name: str
    says: str
    replaces: tuple[str, ...] = ()
    adds: tuple[str, ...] = ()

    def column(self, feature: str, *, flown: bool = False) -> str:
        """The column that holds a feature with this hindsight; flown: on the links of the tail that flew."""
        return f"{HINDSIGHT}{self.name}{'_on_flown' if flown else ''}_{feature}"


TURNAROUND = Kind(
    "turnaround",
    "gaps to the upstream legs from the flight's actual departure",
    ("prev1_turnaround_minutes", "time_since_prev2_arrival_minutes"),
)
CLOCK = Kind(
    "clock",
    "hour, bucket, weekday and month of the actual departure",
    ("dep_hour_local", "dep_time_bucket", "dep_weekday_local", "dep_month_local", "is_weekend"),
)
WEATHER_THEN = Kind("weather", "weather at the actual departure and the actual arrival", WEATHER)
INBOUND = Kind(
    "inbound",
    "delays of the upstream legs, landed by the cutoff or not",
    tuple(f"prev{k}_{end}_{what}" for k in (1, 2) for end in ("arr", "dep") for what in ("delay", "del15")),
)
AIRPORT_HOUR = Kind(
    "airport_hour",
    "mean delays of the airport's clock hour, the flight itself among them",
    adds=("origin_dep_delay", "origin_dep_del15", "dest_arr_delay", "dest_arr_del15"),
)
TAIL_DAY = Kind(
    "tail_day",
    "delays of the aircraft summed over its day, the flight's own included",
    adds=("dep_delay_sum", "arr_delay_sum"),
)
VOLUMES = Kind(
    "volumes",
    "volumes of route and airports, and the tail's longest day, over all years",
    ("route_frequency", "origin_flight_volume", "dest_flight_volume", "relative_leg_position"),
)
FLOWN = Kind(
    "flown_tail",
    "the previous legs of the tail that flew, vouched for or not",
    (*TWO_HOPS, *ROTATION, *AIRCRAFT),
)
KINDS = (TURNAROUND, CLOCK, WEATHER_THEN, INBOUND, AIRPORT_HOUR, TAIL_DAY, VOLUMES, FLOWN)
# What the paper's 37 features have; the windows that hold the row stand in its first model of 47 and its tables.
IN_THE_37 = (TURNAROUND, CLOCK, WEATHER_THEN, INBOUND, VOLUMES, FLOWN)


def model_inputs(kinds: Iterable[Kind]) -> tuple[str, ...]:
    """The columns of a model with these hindsights: the paper's features, each replaced where a kind does, and more.

    The tail that flew comes first: what is made from upstream legs is then made from its legs.
    """
    on = tuple(kinds)
    flown = FLOWN in on
    names = dict(zip(PAPER, PAPER, strict=True))
    for kind in sorted(on, key=lambda kind: kind != FLOWN):
        # What FLOWN replaces is what is made from upstream legs.
        names |= {
            f: kind.column(f, flown=flown and kind != FLOWN and f in FLOWN.replaces) for f in kind.replaces
        }
    return (*names.values(), *(kind.column(name) for kind in on for name in kind.adds))


# ---- each kind, from frames -------------------------------------------------------------------------------
def outcomes(flights: pl.LazyFrame) -> pl.LazyFrame:
    """What an upstream leg did, whenever it became known: leg, leg_dest, leg_arr, leg_{dep,arr}_delay."""
    return flights.select(
        leg="flight_id",
        leg_dest="dest",
        leg_arr="arr_utc",
        leg_dep_delay="dep_delay_min",
        leg_arr_delay="arr_delay_min",
    )


def _with_legs(links: pl.LazyFrame, legs: pl.LazyFrame) -> pl.LazyFrame:
    """`links` with the outcomes of both upstream legs as leg{k}_*."""
    for k in (1, 2):
        one = legs.rename({name: f"leg{k}{name[3:]}" for name in legs.collect_schema().names()})
        links = links.join(
            one, left_on=f"up{k}_flight_id", right_on=f"leg{k}", how="left", maintain_order="left"
        )
    return links


def on_links(
    flights: pl.LazyFrame,
    links: pl.LazyFrame,
    legs: pl.LazyFrame,
    longest: pl.LazyFrame,
    *,
    flown: bool = False,
) -> pl.LazyFrame:
    """The kinds that are made from upstream legs: flight_id, and the columns of TURNAROUND, INBOUND, VOLUMES' position.

    flights: `cleaned_flights`. links: `propagation` of them. legs: `outcomes` around them. longest: tail, longest_day.
    """
    named = links.select("flight_id", "up1_flight_id", "up2_flight_id", "leg_number_day")
    left = flights.select("flight_id", "tail", "dep_utc")
    frame = _with_legs(left.join(named, on="flight_id", how="left", maintain_order="left"), legs)
    frame = frame.join(longest, on="tail", how="left", maintain_order="left")
    columns: dict[str, pl.Expr] = {}
    for k, feature in enumerate(TURNAROUND.replaces, start=1):
        gap = (pl.col("dep_utc") - pl.col(f"leg{k}_arr")).dt.total_minutes()
        columns[TURNAROUND.column(feature, flown=flown)] = gap
    for k in (1, 2):
        for end in ("arr", "dep"):
            delay = pl.col(f"leg{k}_{end}_delay")
            columns[INBOUND.column(f"prev{k}_{end}_delay", flown=flown)] = delay
            columns[INBOUND.column(f"prev{k}_{end}_del15", flown=flown)] = delay >= LATE_MIN
    columns[VOLUMES.column("relative_leg_position", flown=flown)] = pl.col("leg_number_day") / pl.col(
        "longest_day"
    )
    return frame.select("flight_id", **columns)


def clock(flights: pl.LazyFrame) -> pl.LazyFrame:
    """flight_id and CLOCK's columns, from the local time at which the flight left."""
    left = pl.col("sched_dep_local") + pl.duration(minutes=pl.col("dep_delay_min"))
    hour = left.dt.hour().cast(pl.Int32)
    values = {
        "dep_hour_local": hour,
        "dep_time_bucket": pl.when(hour.is_not_null()).then(
            pl.lit(1) + pl.sum_horizontal((hour >= bound).cast(pl.Int32) for bound in BUCKET_HOURS)
        ),
        "dep_weekday_local": left.dt.weekday(),
        "dep_month_local": left.dt.month(),
        "is_weekend": left.dt.weekday() >= 6,
    }
    return flights.select("flight_id", **{CLOCK.column(name): value for name, value in values.items()})


def weather_then(flights: pl.LazyFrame, weather: pl.LazyFrame, stations: pl.DataFrame) -> pl.LazyFrame:
    """flight_id and WEATHER_THEN's columns: the origin when the flight left, the destination when it got there."""
    timed = flights.select("flight_id", "origin", "dest", "dep_utc", "arr_utc")
    seen = weather_at_times(timed, weather, stations, {"dep": "dep_utc", "arr": "arr_utc"})
    return seen.select("flight_id", **{WEATHER_THEN.column(name): pl.col(name) for name in WEATHER})


def airport_hour(flights: pl.LazyFrame) -> pl.LazyFrame:
    """flight_id and AIRPORT_HOUR's columns: means over the flights that left the origin in the UTC clock hour in which
    this one left, and over those that reached the destination in the hour in which it did. It is one of them.
    """
    wanted = flights.select("flight_id")
    for place, end, when in (("origin", "dep", "dep_utc"), ("dest", "arr", "arr_utc")):
        delay = pl.col(f"{end}_delay_min")
        hour = flights.filter(pl.col(when).is_not_null()).select(
            "flight_id",
            delay.mean().over(place, pl.col(when).dt.truncate("1h")).alias(f"{place}_{end}_delay"),
            (delay >= LATE_MIN)
            .mean()
            .over(place, pl.col(when).dt.truncate("1h"))
            .alias(f"{place}_{end}_del15"),
        )
        wanted = wanted.join(hour, on="flight_id", how="left", maintain_order="left")
    return wanted.select("flight_id", **{AIRPORT_HOUR.column(n): pl.col(n) for n in AIRPORT_HOUR.adds})


def tail_day(flights: pl.LazyFrame) -> pl.LazyFrame:
    """flight_id and TAIL_DAY's columns: delays summed over the tail's legs of the date in the order in which they left,
    up to and with this one.
    """
    summed = (
        flights.filter(pl.col("tail").is_not_null() & pl.col("dep_utc").is_not_null())
        .sort("tail", "dep_utc", "flight_id")
        .select(
            "flight_id",
            *(
                pl.col(f"{end}_delay_min")
                .fill_null(0)
                .cum_sum()
                .over("tail", "flight_date")
                .alias(TAIL_DAY.column(f"{end}_delay_sum"))
                for end in ("dep", "arr")
            ),
        )
    )
    return flights.select("flight_id").join(summed, on="flight_id", how="left", maintain_order="left")


@dataclass(frozen=True)
class WholeSpan:
    """Counts over every arrived flight of all years: by route (origin, dest), origin, dest, and longest (by tail)."""

    route: pl.LazyFrame
    origin: pl.LazyFrame
    dest: pl.LazyFrame
    longest: pl.LazyFrame


def whole_span(flights: pl.LazyFrame) -> WholeSpan:
    """The counts that the paper takes over its whole table, the years to come included.

    flights: `cleaned_flights` of all years. The longest day of a tail is the most legs that it flew on one date.
    """
    arrived = flights.filter(pl.col("arr_delay_min").is_not_null())
    counted = {
        name: arrived.group_by(keys).agg(pl.len().alias(VOLUMES.column(feature))).collect(engine="streaming")
        for name, keys, feature in (
            ("route", ["origin", "dest"], "route_frequency"),
            ("origin", ["origin"], "origin_flight_volume"),
            ("dest", ["dest"], "dest_flight_volume"),
        )
    }
    days = arrived.filter(pl.col("tail").is_not_null()).group_by("tail", "flight_date").agg(legs=pl.len())
    longest = days.group_by("tail").agg(longest_day=pl.col("legs").max()).collect(engine="streaming")
    return WholeSpan(**{name: frame.lazy() for name, frame in counted.items()}, longest=longest.lazy())


def volumes(flights: pl.LazyFrame, span: WholeSpan) -> pl.LazyFrame:
    """flight_id and VOLUMES' counts."""
    frame = flights.select("flight_id", "origin", "dest")
    for keys, counts in ((["origin", "dest"], span.route), (["origin"], span.origin), (["dest"], span.dest)):
        frame = frame.join(counts, on=keys, how="left", maintain_order="left")
    return frame.drop("origin", "dest")


def flown_features(inputs: FeatureInputs, flown: pl.LazyFrame, legs: pl.LazyFrame) -> pl.LazyFrame:
    """flight_id and FLOWN's columns: the features as made from the plain previous flown legs of the tail.

    What is known of those legs at the cutoff stays honest. The continuity flag asks, as the paper's does, whether the
    last leg ended where this one begins.
    """
    made = build_features(replace(inputs, propagation=flown), PAPER).drop("rotation_continuity_flag")
    ends = legs.select(up1_flight_id="leg", leg_dest="leg_dest")
    joins = (
        inputs.flights.select("flight_id", "origin")
        .join(flown.select("flight_id", "up1_flight_id"), on="flight_id", how="left", maintain_order="left")
        .join(ends, on="up1_flight_id", how="left", maintain_order="left")
        .select(
            "flight_id", rotation_continuity_flag=(pl.col("leg_dest") == pl.col("origin")).fill_null(False)
        )
    )
    frame = made.join(joins, on="flight_id", how="left", maintain_order="left")
    return frame.select("flight_id", **{FLOWN.column(name): pl.col(name) for name in FLOWN.replaces})


# ---- a month of the lake ----------------------------------------------------------------------------------
def hindsight_of(lake: Lake, month: Period, cutoff: Cutoff, span: WholeSpan) -> pl.LazyFrame:
    """Every hindsight column of a month's flights, one row a flight: flight_id, then Float32 columns.

    span: `whole_span` of all years. Raises MissingTableError where a table that features are made from is missing.
    """
    inputs = feature_inputs(lake, month, cutoff)
    flights = flights_of_month(lake, month)
    near = flights_around(lake, month, before=_A_DAY, after=_A_DAY)
    legs = outcomes(flights_around(lake, month, before=CHAIN_BEFORE))
    flown = propagation_of(lake, month, cutoff, "flown").lazy()
    stations = lake.scan("airport_stations", [{"year": month.year}]).collect()
    years = [{"year": y} for y in (month.year - 1, month.year) if lake.has("cleaned_weather", {"year": y})]
    parts = (
        on_links(flights, inputs.propagation, legs, span.longest),
        on_links(flights, flown, legs, span.longest, flown=True),
        clock(flights),
        weather_then(flights, lake.scan("cleaned_weather", years), stations),
        airport_hour(near),
        tail_day(near),
        volumes(flights, span),
        flown_features(inputs, flown, legs),
    )
    frame = flights.select("flight_id")
    for part in parts:
        frame = frame.join(part, on="flight_id", how="left", maintain_order="left")
    return frame.with_columns(pl.exclude("flight_id").cast(pl.Float32))


# ---- what keeps them away from models ---------------------------------------------------------------------
def unservable(models: pl.DataFrame, store: Store) -> dict[str, str]:
    """Models that may not be served, with the reason: an input that is hindsight or no feature of any set.

    models: rows of the `models` table. store: where its paths start from. Both what the table says and what
    the model file itself says are asked; a file that cannot be read may not be served either.
    """
    found = {}
    for path, listed in models.select("path", "features").iter_rows():
        named = listed.split(",")
        own = _names_in(store, path)
        wrong = sorted({name for name in (*named, *(own or ())) if name not in ALL_FEATURES})
        leaks = [name for name in wrong if name.startswith(HINDSIGHT)]
        if leaks:
            found[path] = f"trained on hindsight: {', '.join(leaks)}"
        elif wrong:
            found[path] = f"trained on what is no feature: {', '.join(wrong)}"
        elif own != named:
            found[path] = "the model file is missing, or its inputs are not those that the table names"
    return found


def _names_in(store: Store, path: str) -> list[str] | None:
    """The inputs that a model file names, None where it cannot be read."""
    try:
        names = load_model(store, path).feature_names
    except MissingTableError:
        return None
    return None if names is None else list(names)
