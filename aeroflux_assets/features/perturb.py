"""Raw rows with everything changed that was not known at an instant: the adversary of the point-in-time audit.

Which columns change goes by the published `known_at` of the `raw_flights` contract, not by what the feature
code believes; when an event happened goes by the flight's actual times. A column whose word is missing here stops
the audit, so that no new raw column can slip past it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from aeroflux_assets.contracts.raw_flights import RAW_FLIGHTS
from aeroflux_assets.errors import ContractError
from aeroflux_assets.rotation.turnaround import MIN_TURNAROUND_MIN

# Words whose values never change: they stand before any cutoff, or are the pipeline's own bookkeeping.
FIXED = ("schedule", "reference", "record")
# The word of each column with, for those that change, the times column that says when it became known.
KNOWN_WHEN: Mapping[str, str] = {
    "departure": "dep_utc",
    "wheels_off": "wheels_off_utc",
    "wheels_on": "wheels_on_utc",
    "arrival": "arr_utc",
    "cancellation": "sched_dep_utc",
    "tail": "arr_utc",
    "after": "never",
}
TIMES = ("sched_dep_utc", "dep_utc", "wheels_off_utc", "wheels_on_utc", "arr_utc")
_LINK = timedelta(hours=36)
_LOST = timedelta(hours=18)


def perturb_flights(raw: pl.DataFrame, times: pl.DataFrame, instant: datetime, seed: int) -> pl.DataFrame:
    """`raw` with every value that became known after `instant` replaced by another that is known after it too.

    raw: `raw_flights` rows. times: source_month, source_row, tail, origin, dest, sched_arr_utc and the columns of
    TIMES, of the same rows as cleaned (rows without times stay), with the gate departure of a flight that was cancelled
    after it as its dep_utc. What happened by the instant is untouched.
    """
    words = {c.name: c.known_at for c in RAW_FLIGHTS.columns}
    unknown = sorted(set(words.values()) - set(KNOWN_WHEN) - set(FIXED))
    if unknown:
        raise ContractError(f"raw_flights: known_at {', '.join(unknown)} has no rule in features/perturb.py")
    frame = raw.join(times, on=["source_month", "source_row"], how="left", maintain_order="left")
    frame = _with_new_outcomes(frame, instant, np.random.default_rng(seed))
    return frame.with_columns(
        pl.when(_later(word, instant))
        .then(_new_value(name))
        .otherwise(pl.col(name))
        .cast(RAW_FLIGHTS.schema[name])
        .alias(name)
        for name, word in words.items()
        if word not in FIXED
    ).select(raw.columns)


def _later(word: str, instant: datetime) -> pl.Expr:
    """Whether a value of this word became known after the instant, in rows whose times are known."""
    timed = pl.col("sched_dep_utc").is_not_null()
    if word == "after":
        return timed
    when = pl.col(KNOWN_WHEN[word])
    # No such event by the end of the data: it lies after any instant. A cancellation that is known keeps its row.
    later = (when > instant) | when.is_null()
    if word == "cancellation":
        # A flight that is out may yet come back to its gate and be cancelled there.
        return timed & ((when > instant) | pl.col("is_out"))
    if word == "tail":
        return timed & later & ~pl.col("is_vouched")
    if word == "departure":
        # A departure is never counted as known before its schedule, whenever it happened.
        later = later | (pl.col("sched_dep_utc") > instant)
    if word in ("wheels_off", "wheels_on"):
        # Where upstream reports no such time there is no event, and none may be made up before the instant.
        later = when.is_not_null() & (later | (pl.col("new_dep") > instant))
    return timed & later & ~pl.col("cancelled_by_then") & ~pl.col("is_lost")


def _with_new_outcomes(frame: pl.DataFrame, instant: datetime, rng: np.random.Generator) -> pl.DataFrame:
    """Columns new_*: another course of the day for each flight, all of it after the instant."""
    n = frame.height
    wait, fly, late = (rng.integers(1, high, n) for high in (600, 300, 300))
    cancel, divert, tail = rng.random(n) < 0.3, rng.random(n) < 0.2, rng.integers(0, 10**6, n)
    minutes = {"_wait": wait, "_fly": fly, "_late": late}
    frame = frame.with_columns(
        **{name: pl.Series(values, dtype=pl.Int64) for name, values in minutes.items()},
        new_cancelled=pl.Series(cancel),
        new_diverted=pl.Series(divert),
        new_tail=pl.format("QQ{}", pl.Series(tail)),
        cancelled_by_then=(pl.col("Cancelled") == 1)
        & pl.col("dep_utc").is_null()
        & (pl.col("sched_dep_utc") <= instant),
        # Left long ago and never arrived (diverted): it can no longer arrive within a day's block time.
        is_lost=(pl.col("arr_utc").is_null() & (pl.col("dep_utc") < instant - _LOST)).fill_null(value=False),
    ).pipe(_with_vouched)
    # Left by then, and neither in nor given up.
    left_by_then = pl.max_horizontal("dep_utc", "sched_dep_utc") <= instant
    not_in = pl.col("arr_utc").is_null() | (pl.col("arr_utc") > instant)
    frame = frame.with_columns(
        is_out=pl.col("dep_utc").is_not_null() & left_by_then & not_in & ~pl.col("is_lost")
    )
    start = pl.max_horizontal(pl.col("sched_dep_utc"), pl.lit(instant))
    left_later = (
        pl.col("dep_utc").is_null() | (pl.col("dep_utc") > instant) | (pl.col("sched_dep_utc") > instant)
    )
    left = (
        pl.when(left_later)
        .then(start.dt.offset_by("1m") + pl.duration(minutes="_wait"))
        .otherwise(pl.col("dep_utc"))
    )
    frame = frame.with_columns(new_dep=left)
    there = pl.max_horizontal(pl.col("new_dep"), pl.lit(instant)) + pl.duration(minutes=pl.col("_fly") + 1)
    return frame.with_columns(
        new_delay=(pl.col("new_dep") - pl.col("sched_dep_utc")).dt.total_minutes(),
        new_block=(there - pl.col("new_dep")).dt.total_minutes(),
        # It takes off after the instant too, if it had not by then.
        new_taxi=(
            pl.max_horizontal(pl.col("new_dep"), pl.lit(instant)) - pl.col("new_dep")
        ).dt.total_minutes()
        + 1
        + pl.col("_late") % 40,
        drops=pl.col("new_cancelled") & ((pl.col("sched_dep_utc") > instant) | pl.col("is_out")),
    )


def _with_vouched(frame: pl.DataFrame) -> pl.DataFrame:
    """is_vouched: whether the leg's tail joins it to another leg by schedule or landing; such tails stay.

    Wider than any feature's rule: any earlier or later leg of the tail within the link's reach counts.
    """
    legs = frame.select(
        "tail", "origin", "dest", "sched_dep_utc", "sched_arr_utc", "arr_utc", row=pl.int_range(pl.len())
    )
    legs = legs.drop_nulls(["tail", "sched_dep_utc"])
    pairs = legs.join(legs, on="tail", suffix="_down").filter(
        (pl.col("dest") == pl.col("origin_down"))
        & (pl.col("sched_dep_utc") <= pl.col("sched_dep_utc_down"))
        & (pl.col("sched_dep_utc_down") - pl.col("sched_dep_utc") <= _LINK)
        & (pl.col("row") != pl.col("row_down"))
    )
    by_schedule = pl.col("sched_arr_utc").dt.offset_by(f"{MIN_TURNAROUND_MIN}m") <= pl.col(
        "sched_dep_utc_down"
    )
    by_landing = pl.col("arr_utc") <= pl.col("sched_dep_utc_down")
    vouched = pairs.filter(by_schedule | by_landing.fill_null(value=False))
    rows = pl.concat([vouched["row"], vouched["row_down"]]).unique()
    return frame.with_columns(is_vouched=pl.int_range(pl.len()).is_in(rows.implode()))


def _new_value(name: str) -> pl.Expr:
    """Another value of a column, from the row's new course of the day."""
    drops = pl.col("drops")
    clock = ((pl.col("_wait") * 7 + pl.col("_late")) % 1440).alias("clock")
    text = pl.format(
        "{}{}", (clock // 60).cast(pl.String).str.zfill(2), (clock % 60).cast(pl.String).str.zfill(2)
    )
    values: dict[str, pl.Expr] = {
        "Cancelled": pl.when(pl.col("new_cancelled")).then(1.0).otherwise(0.0),
        "Diverted": pl.when(~drops & pl.col("new_diverted")).then(1.0).otherwise(0.0),
        "DepDelay": pl.col("new_delay").cast(pl.Float64),
        "ActualElapsedTime": pl.col("new_block").cast(pl.Float64),
        "ArrDelay": pl.col("_late").cast(pl.Float64),
        "TaxiOut": pl.col("new_taxi").cast(pl.Float64),
        "Tail_Number": pl.col("new_tail"),
        "CancellationCode": pl.lit("B"),
        "Div1Airport": pl.lit("ORD"),
    }
    value = values.get(
        name, text if RAW_FLIGHTS.schema[name] == pl.String() else pl.col("_late").cast(pl.Float64) % 40
    )
    flags = ("Cancelled", "Diverted", "Tail_Number", "CancellationCode")
    return value if name in flags else pl.when(~drops).then(value)


def perturb_weather(raw: pl.DataFrame, instant: datetime, seed: int) -> pl.DataFrame:
    """`raw_weather` with every value of an observation after `instant` replaced; which are missing stays."""
    rng = np.random.default_rng(seed)
    later = pl.col("valid_utc") > instant
    values = [c for c in raw.columns if raw.schema[c].is_numeric()]
    noise = {name: pl.Series(rng.integers(1, 20, raw.height)) for name in values}
    return raw.with_columns(
        pl.when(later & pl.col(name).is_not_null())
        .then(noise[name].cast(raw.schema[name]))
        .otherwise(pl.col(name))
        .alias(name)
        for name in values
    )
