"""One row a flight: the features of every set as known at the cutoff, and no outcome.

The tables of the earlier rooms are joined on flight_id; what is made here comes from the schedule, from
reference tables, or from those tables' columns.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from aeroflux_assets.contracts.cleaned import LATE_MIN
from aeroflux_assets.contracts.features import features_contract
from aeroflux_assets.features.sets import ALL_FEATURES

FEATURES = features_contract(ALL_FEATURES)
MAX_AGE_YEARS = 60
# Bounds of the paper's dep_time_bucket: before 6, 11, 14, 18, 21, later = 1 to 6.
BUCKET_HOURS = (6, 11, 14, 18, 21)
# The days whose legs say how many a tail of the carrier flies: all of them are over at any cutoff.
LEG_DAYS = range(3, 10)


@dataclass(frozen=True)
class FeatureInputs:
    """A month's tables, one row a flight each, and the reference tables.

    recent: `cleaned_flights` of the month and of ten days before it. weather may be None: no weather that year.
    """

    flights: pl.LazyFrame
    recent: pl.LazyFrame
    propagation: pl.LazyFrame
    airport_state: pl.LazyFrame
    route_state: pl.LazyFrame
    carrier_state: pl.LazyFrame
    weather: pl.LazyFrame
    airports: pl.LazyFrame
    aircraft: pl.LazyFrame


def build_features(inputs: FeatureInputs, names: tuple[str, ...] = ALL_FEATURES) -> pl.LazyFrame:
    """The rows of the `features` table for the flights of `inputs.flights`, in their order.

    names: the features wanted, all by default; of the state tables only the columns that they need must be there.
    """
    frame = inputs.flights.select(
        "flight_id",
        "flight_date",
        "carrier",
        "flight_number",
        "tail",
        "origin",
        "dest",
        "sched_dep_local",
        "sched_arr_local",
        "sched_block_min",
        "distance_mi",
    )
    states = (
        inputs.propagation,
        inputs.airport_state,
        inputs.route_state,
        inputs.carrier_state,
        inputs.weather,
    )
    ids = inputs.flights.select("flight_id").collect()["flight_id"]
    for state in states:
        columns = [n for n in state.collect_schema().names() if n not in ("year", "cutoff")]
        frame = _beside(frame, state.select(columns), ids)
    return (
        frame.pipe(_with_schedule)
        .pipe(_with_places, inputs.airports)
        .pipe(_with_two_hops)
        .pipe(_with_rotation, inputs.recent)
        .pipe(_with_aircraft, inputs.aircraft)
        .select("flight_id", "flight_date", *(pl.col(name).cast(pl.Float32) for name in names))
    )


def _beside(frame: pl.LazyFrame, table: pl.LazyFrame, ids: pl.Series) -> pl.LazyFrame:
    """A table's columns beside the flights `ids`: row by row where it has their order, as the lake's tables do.

    A join finds the same at five times the price.
    """
    if table.select("flight_id").collect()["flight_id"].equals(ids):
        return pl.concat([frame, table.drop("flight_id")], how="horizontal")
    return frame.join(table, on="flight_id", how="left", maintain_order="left")


def _with_schedule(frame: pl.LazyFrame) -> pl.LazyFrame:
    local, there = pl.col("sched_dep_local"), pl.col("sched_arr_local")
    hour = local.dt.hour().cast(pl.Int32)
    bucket = pl.lit(1) + pl.sum_horizontal((hour >= bound).cast(pl.Int32) for bound in BUCKET_HOURS)
    base36 = pl.col("carrier").str.slice(0, 2).str.to_integer(base=36, strict=False)
    return frame.join(_holidays(frame), on="flight_date", how="left", maintain_order="left").with_columns(
        distance=pl.col("distance_mi"),
        dep_hour_local=hour,
        dep_weekday_local=local.dt.weekday(),
        dep_month_local=local.dt.month(),
        dep_time_bucket=bucket,
        is_weekend=local.dt.weekday() >= 6,
        crs_elapsed_time=pl.col("sched_block_min"),
        route_frequency=pl.col("route_frequency_28d"),
        origin_flight_volume=pl.col("origin_flight_volume_28d"),
        dest_flight_volume=pl.col("dest_flight_volume_28d"),
        carrier_code=base36,
        dep_minute_local=hour * 60 + local.dt.minute(),
        arr_minute_local=there.dt.hour().cast(pl.Int32) * 60 + there.dt.minute(),
    )


def _holidays(frame: pl.LazyFrame) -> pl.LazyFrame:
    """is_holiday and days_to_nearest_holiday of each date that occurs."""
    import holidays

    days = frame.select("flight_date").unique().collect()["flight_date"].sort()
    if days.is_empty():
        free: list[date] = []
    else:
        years = range(days[0].year - 1, days[-1].year + 2)
        free = sorted(holidays.country_holidays("US", years=years, observed=True))
    nearest = [min((abs((day - other).days) for other in free), default=None) for day in days]
    return pl.LazyFrame(
        {"flight_date": days, "days_to_nearest_holiday": pl.Series(nearest, dtype=pl.Int32)}
    ).with_columns(is_holiday=pl.col("days_to_nearest_holiday") == 0)


def _with_places(frame: pl.LazyFrame, airports: pl.LazyFrame) -> pl.LazyFrame:
    for end in ("origin", "dest"):
        place = airports.select(
            pl.col("airport").alias(end),
            pl.col("latitude_deg").alias(f"{end}_latitude"),
            pl.col("longitude_deg").alias(f"{end}_longitude"),
        )
        frame = frame.join(place, on=end, how="left", maintain_order="left")
    return frame


def _with_two_hops(frame: pl.LazyFrame) -> pl.LazyFrame:
    """The paper's propagation features from what was known: a value that was not known yet is null."""
    columns: dict[str, pl.Expr] = {}
    for k in (1, 2):
        arr, dep = pl.col(f"up{k}_arr_delay_min"), pl.col(f"up{k}_dep_delay_min")
        columns |= {
            f"prev{k}_arr_delay": arr,
            f"prev{k}_dep_delay": dep,
            f"prev{k}_arr_del15": arr >= LATE_MIN,
            f"prev{k}_dep_del15": dep >= LATE_MIN,
        }
    # A landed leg's actual arrival is its scheduled one plus its delay; else the schedule stands.
    gap1 = pl.col("up1_sched_turnaround_min") - pl.col("up1_arr_delay_min").fill_null(0)
    since2 = (
        pl.col("up1_sched_turnaround_min")
        + pl.col("up1_sched_block_min")
        + pl.col("up2_sched_turnaround_min")
        - pl.col("up2_arr_delay_min").fill_null(0)
    )
    return frame.with_columns(
        **columns, prev1_turnaround_minutes=gap1, time_since_prev2_arrival_minutes=since2
    )


def _with_rotation(frame: pl.LazyFrame, recent: pl.LazyFrame) -> pl.LazyFrame:
    number = pl.col("leg_number_day")
    return frame.join(
        typical_legs(recent), on=["carrier", "flight_date"], how="left", maintain_order="left"
    ).with_columns(
        aircraft_leg_number_day=number,
        rotation_continuity_flag=pl.col("up1_is_linked"),
        relative_leg_position=number * pl.col("tail_days") / pl.col("legs"),
    )


def typical_legs(recent: pl.LazyFrame) -> pl.LazyFrame:
    """Legs flown and tail-days of a carrier over the LEG_DAYS before each date: carrier, flight_date, legs, tail_days.

    Only legs that were over by noon UTC of the day after count, so that all are known at the earliest cutoff.
    """
    over = pl.col("arr_utc") < (pl.col("flight_date") + timedelta(days=1)).cast(
        pl.Datetime("us")
    ) + timedelta(hours=12)
    daily = (
        recent.filter(over & pl.col("tail").is_not_null())
        .group_by("carrier", "flight_date")
        .agg(legs=pl.len().cast(pl.Int64), tail_days=pl.col("tail").n_unique().cast(pl.Int64))
        .collect()
    )
    shifted = [daily.with_columns(pl.col("flight_date") + timedelta(days=days)) for days in LEG_DAYS]
    return pl.concat(shifted).group_by("carrier", "flight_date").agg(pl.col("legs", "tail_days").sum()).lazy()


def _with_aircraft(frame: pl.LazyFrame, aircraft: pl.LazyFrame) -> pl.LazyFrame:
    """Aircraft by tail, only where a link vouches for it: otherwise the tail that flew is hindsight.

    An aircraft made after the flight is a later user of the N-number: its row says nothing.
    """
    made = pl.col("year_mfr")
    age = pl.col("flight_date").dt.year() - made
    ours = (pl.col("up1_is_linked") == 1) & ~(age < 0).fill_null(value=False)
    known = aircraft.select("tail", "year_mfr", "no_engines", "no_seats")
    return frame.join(known, on="tail", how="left", maintain_order="left").with_columns(
        aircraft_year_mfr=pl.when(ours).then(made),
        aircraft_no_eng=pl.when(ours).then(pl.col("no_engines")),
        aircraft_no_seats=pl.when(ours).then(pl.col("no_seats")),
        aircraft_age=pl.when(ours & age.is_between(0, MAX_AGE_YEARS)).then(age),
    )
