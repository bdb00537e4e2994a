"""Raw BTS rows to flights on one UTC time line, and the rows that break a rule to quarantine.

The scheduled local departure is converted to UTC by the origin's IANA zone; every other time follows
from it and from BTS's own minutes. The published clocks are then a check: their distance from the
derived times is kept in the `*_clock_gap_min` columns and counted.

Cancelled and diverted flights stay: they belong to the rotation. They leave only the labels.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from aeroflux_assets.cleaned.clocks import (
    clock_minutes,
    dst_case,
    prefixed,
    to_local,
    to_utc,
    wrapped_minutes,
    zone_offsets,
)
from aeroflux_assets.cleaned.keys import (
    SHARED_KEYS,
    airport_ok,
    airport_part,
    canonical_tail,
    carrier_ok,
    carrier_part,
    packed_key,
)
from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS, LATE_MIN, QUARANTINED_FLIGHTS

WHEN = pl.Datetime("us")
# No US domestic flight is scheduled or flown for longer than a day; delays beyond ten days are keying errors.
MAX_BLOCK_MIN = 1440
MAX_DELAY_MIN = 14_400
# BTS has departures up to about two hours early; further is another day's clock.
MAX_EARLY_MIN = 720


# The raw columns that cleaning reads or that quarantine shows.
USED = tuple(
    dict.fromkeys(
        (
            *(name for name in QUARANTINED_FLIGHTS.names if name != "reason"),
            "DepTime",
            "ArrTime",
            "TaxiOut",
            "TaxiIn",
            "AirTime",
            "Distance",
            "Cancelled",
            "CancellationCode",
            "Diverted",
            "CarrierDelay",
            "WeatherDelay",
            "NASDelay",
            "SecurityDelay",
            "LateAircraftDelay",
        )
    )
)


@dataclass(frozen=True)
class CleanedMonth:
    """The good flights of a month and those set aside, both in memory (0.6 million rows, about 150 MB)."""

    flights: pl.DataFrame
    quarantined: pl.DataFrame


def clean_month(raw: pl.LazyFrame, airports: pl.DataFrame, year: int) -> CleanedMonth:
    """Clean one month of `raw_flights`.

    raw: rows of one `source_month`. airports: the `airports` table. year: the partition's year.
    Every raw row ends in exactly one of the two frames. Flights come sorted by scheduled departure.
    """
    offsets = zone_offsets(airports["time_zone"].unique(), year)
    rows = raw.select(USED).collect(engine="streaming")
    timed = (
        rows.lazy()
        .pipe(_with_places, _places(rows, airports, offsets))
        .pipe(
            _with_distinct,
            rows,
            "Reporting_Airline",
            {"carrier_ok": carrier_ok, "carrier_part": carrier_part},
        )
        .pipe(_with_distinct, rows, "Tail_Number", {"tail": canonical_tail})
        .pipe(_with_schedule, offsets)
        .pipe(_with_actuals)
        .pipe(_with_clock_gaps, offsets)
        .with_columns(reason=_reason(year), flight_id=_key())
        # One pass over the wide rows; what only helped is left behind.
        .select(*CLEANED_FLIGHTS.names, "reason", "crs_dep")
        .collect(engine="streaming")
    )
    bad = timed.filter(pl.col("reason").is_not_null()).select("source_row", "reason")
    good, repeats = _without_duplicates(timed.filter(pl.col("reason").is_null()))
    quarantined = pl.concat([bad, repeats]).join(rows, on="source_row", how="left", maintain_order="left")
    # Only then the order: a sort gathers every column it is given.
    flights = good.select(CLEANED_FLIGHTS.names).sort("sched_dep_utc", "flight_id")
    return CleanedMonth(flights, quarantined.select(QUARANTINED_FLIGHTS.names))


def _with_distinct(
    frame: pl.LazyFrame, rows: pl.DataFrame, name: str, columns: Mapping[str, Callable[[str], pl.Expr]]
) -> pl.LazyFrame:
    """Columns that follow from one text column, worked out once for each value that it takes, not for each row."""
    values = rows.lazy().select(pl.col(name).unique())
    table = values.with_columns(make(name).alias(column) for column, make in columns.items())
    return frame.join(table, on=name, how="left", nulls_equal=True, maintain_order="left")


def _places(rows: pl.DataFrame, airports: pl.DataFrame, offsets: pl.DataFrame) -> pl.DataFrame:
    """Each airport code that occurs: whether it is one, its part of the key, its zone and the zone's offsets."""
    zones = airports.select("airport", "time_zone").join(offsets, on="time_zone", how="left")
    codes = pl.concat([rows["Origin"], rows["Dest"]]).unique().alias("airport").to_frame()
    return codes.with_columns(ok=airport_ok("airport"), part=airport_part("airport")).join(
        zones, on="airport", how="left"
    )


def _with_places(frame: pl.LazyFrame, places: pl.DataFrame) -> pl.LazyFrame:
    for column, prefix in (("Origin", "o_"), ("Dest", "d_")):
        ends = prefixed(places, prefix).lazy()
        frame = frame.join(
            ends,
            left_on=column,
            right_on=f"{prefix}airport",
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
    return frame


def _int(name: str) -> pl.Expr:
    return pl.col(name).round().cast(pl.Int32, strict=False)


def _minutes(expr: pl.Expr) -> pl.Expr:
    return (expr.cast(pl.Int64) * 60_000_000).cast(pl.Duration("us"))


def _with_schedule(frame: pl.LazyFrame, offsets: pl.DataFrame) -> pl.LazyFrame:
    """Scheduled times. A missing scheduled block time follows from the two clocks."""
    midnight = pl.col("FlightDate").cast(WHEN)
    frame = frame.with_columns(
        crs_dep=clock_minutes("CRSDepTime"),
        crs_arr=clock_minutes("CRSArrTime"),
        block=_int("CRSElapsedTime"),
    ).with_columns(sched_dep_local=midnight + _minutes(pl.col("crs_dep")))
    frame = frame.with_columns(
        sched_dep_utc=to_utc(pl.col("sched_dep_local"), offsets, "o_"),
        dst_case=dst_case(pl.col("sched_dep_local"), offsets, "o_"),
    )
    # The departure shown on the destination's clock; what the arrival clock is ahead of it is the block.
    there = to_local(pl.col("sched_dep_utc"), offsets, "d_")
    minute_there = there.dt.hour().cast(pl.Int32) * 60 + there.dt.minute().cast(pl.Int32)
    from_clocks = (pl.col("crs_arr") - minute_there) % 1440
    usable = pl.col("block").is_between(1, MAX_BLOCK_MIN)
    frame = frame.with_columns(
        sched_block_min=pl.when(usable).then(pl.col("block")).when(from_clocks > 0).then(from_clocks)
    )
    return frame.with_columns(sched_arr_utc=pl.col("sched_dep_utc") + _minutes(pl.col("sched_block_min")))


def _with_actuals(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Actual times: gate departure from the delay, gate arrival from the actual block time.

    Where BTS gives no delay but a departure clock, the delay is the clocks' distance, taken as a delay
    unless it is under MAX_EARLY_MIN / 2 early. Where it gives no actual block time, the arrival delay serves.
    A flight that left its gate and was cancelled after it has no departure: when it left is `gate_left_utc`.
    """
    cancelled = (pl.col("Cancelled") == 1).fill_null(value=False)
    by_clock = (clock_minutes("DepTime") - pl.col("crs_dep") + 360) % 1440 - 360
    # A cancelled flight that has one left its gate and came back.
    frame = frame.with_columns(
        is_cancelled=cancelled,
        is_diverted=(pl.col("Diverted") == 1).fill_null(value=False) & ~cancelled,
        left_delay=pl.coalesce(_int("DepDelay"), by_clock),
    )
    gone, left_utc = ~pl.col("is_cancelled"), pl.col("sched_dep_utc") + _minutes(pl.col("left_delay"))
    frame = frame.with_columns(
        dep_delay_min=pl.when(gone).then("left_delay"),
        dep_utc=pl.when(gone).then(left_utc),
        gate_left_utc=pl.when(~gone).then(left_utc),
    )
    arrived = ~pl.col("is_cancelled") & ~pl.col("is_diverted") & pl.col("dep_utc").is_not_null()
    by_block = pl.col("dep_utc") + _minutes(_int("ActualElapsedTime"))
    by_delay = pl.col("sched_arr_utc") + _minutes(_int("ArrDelay"))
    frame = frame.with_columns(
        arr_utc=pl.when(arrived).then(pl.coalesce(by_block, by_delay)),
        arr_delay_min=pl.when(arrived).then(_int("ArrDelay")),
    )
    # No ArrDelay, but an arrival: the published clocks are not needed to say how late it was.
    late = (pl.col("arr_utc") - pl.col("sched_arr_utc")).dt.total_minutes().cast(pl.Int32)
    return frame.with_columns(arr_delay_min=pl.coalesce("arr_delay_min", late)).with_columns(
        is_arr_late15=pl.col("arr_delay_min") >= LATE_MIN,
        block_min=(pl.col("arr_utc") - pl.col("dep_utc")).dt.total_minutes().cast(pl.Int32),
        wheels_off_utc=pl.col("dep_utc") + _minutes(_int("TaxiOut")),
        wheels_on_utc=pl.col("arr_utc") - _minutes(_int("TaxiIn")),
    )


def _reason(year: int) -> pl.Expr:
    """The first rule that a row breaks, in the order below, or null."""
    outcome = ~pl.col("is_cancelled")
    rules: list[tuple[str, pl.Expr]] = [
        ("unreadable field", pl.col("unparsed").is_not_null()),
        ("no flight date", pl.col("FlightDate").is_null()),
        (
            "date outside its file's month",
            (pl.col("FlightDate").dt.year() != year)
            | (pl.col("FlightDate").dt.month() != pl.col("source_month")),
        ),
        ("carrier code is malformed", ~pl.col("carrier_ok").fill_null(value=False)),
        (
            "flight number is not 0 to 9999",
            ~pl.col("Flight_Number_Reporting_Airline").is_between(0, 9999).fill_null(value=False),
        ),
        ("origin is not a three-letter code", ~pl.col("o_ok").fill_null(value=False)),
        ("destination is not a three-letter code", ~pl.col("d_ok").fill_null(value=False)),
        ("origin has no known time zone", pl.col("o_time_zone").is_null()),
        ("scheduled departure is no clock time", pl.col("crs_dep").is_null()),
        ("scheduled block time is missing or impossible", pl.col("sched_block_min").is_null()),
        ("departed without a departure time", outcome & pl.col("dep_delay_min").is_null()),
        ("departure delay is impossible", ~pl.col("left_delay").is_between(-MAX_EARLY_MIN, MAX_DELAY_MIN)),
        ("arrival delay is impossible", ~pl.col("arr_delay_min").is_between(-MAX_EARLY_MIN, MAX_DELAY_MIN)),
        ("actual block time is impossible", ~pl.col("block_min").is_between(1, MAX_BLOCK_MIN)),
    ]
    reason: pl.Expr = pl.lit(None, dtype=pl.String)
    for name, broken in reversed(rules):
        reason = pl.when(broken.fill_null(value=False)).then(pl.lit(name)).otherwise(reason)
    return reason


def _key() -> pl.Expr:
    return packed_key(
        "FlightDate", pl.col("carrier_part"), "Flight_Number_Reporting_Airline", pl.col("o_part")
    )


def _without_duplicates(good: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Number the flights that share a packed key, and set repeats of one flight aside: source_row and reason.

    A repeat has the same date, carrier, number, origin, destination and scheduled departure; the first in
    the file is kept.
    """
    shared = good["flight_id"].is_duplicated()
    single, several = good.filter(~shared), good.filter(shared)
    several = several.sort("flight_id", "crs_dep", "dest", "source_row")
    repeat = several.select(pl.struct("flight_id", "crs_dep", "dest").is_first_distinct().not_()).to_series()
    repeats = several.filter(repeat).select("source_row", reason=pl.lit("duplicate of another row"))
    several = several.filter(~repeat).with_columns(number=pl.int_range(pl.len()).over("flight_id"))
    # The key numbers the flights that share it in 5 bits; more than that in a day is no schedule.
    too_many = pl.col("number") >= SHARED_KEYS
    crowd = several.filter(too_many).select("source_row", reason=pl.lit("too many flights share its key"))
    several = several.filter(~too_many).with_columns(pl.col("flight_id") + pl.col("number")).drop("number")
    return pl.concat([single, several]), pl.concat([repeats, crowd])


def _with_clock_gaps(good: pl.LazyFrame, offsets: pl.DataFrame) -> pl.LazyFrame:
    """The contract's columns, with the distances between derived times and published clocks."""

    def gap(utc: str, prefix: str, clock: str) -> pl.Expr:
        local = to_local(pl.col(utc), offsets, prefix)
        minute = local.dt.hour().cast(pl.Int32) * 60 + local.dt.minute().cast(pl.Int32)
        known = pl.col(f"{prefix}time_zone").is_not_null()
        return pl.when(known).then(wrapped_minutes(minute - clock_minutes(clock)))

    return good.with_columns(
        sched_arr_clock_gap_min=gap("sched_arr_utc", "d_", "CRSArrTime"),
        dep_clock_gap_min=gap("dep_utc", "o_", "DepTime"),
        arr_clock_gap_min=gap("arr_utc", "d_", "ArrTime"),
        sched_arr_local=pl.when(pl.col("d_time_zone").is_not_null()).then(
            to_local(pl.col("sched_arr_utc"), offsets, "d_")
        ),
        flight_date=pl.col("FlightDate"),
        carrier=pl.col("Reporting_Airline"),
        flight_number=pl.col("Flight_Number_Reporting_Airline"),
        origin=pl.col("Origin"),
        dest=pl.col("Dest"),
        air_min=_int("AirTime"),
        taxi_out_min=_int("TaxiOut"),
        taxi_in_min=_int("TaxiIn"),
        distance_mi=_int("Distance"),
        cancellation_code=pl.when("is_cancelled").then(pl.col("CancellationCode")),
        carrier_delay_min=_int("CarrierDelay"),
        weather_delay_min=_int("WeatherDelay"),
        nas_delay_min=_int("NASDelay"),
        security_delay_min=_int("SecurityDelay"),
        late_aircraft_delay_min=_int("LateAircraftDelay"),
    )
