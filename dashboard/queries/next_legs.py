"""What a flight's lateness may do to the next legs of its aircraft, as it stood at one of its cutoffs.

Which legs the aircraft flew next is hindsight (a plan may have been another); what is said of their risk is not:
their chances are those of the latest cutoff that had come, and their minutes follow from what was expected of the
leg before.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from aeroflux_assets.rotation.turnaround import MIN_TURNAROUND_MIN
from dashboard.queries.predicted import latest_cutoff

Row = Mapping[str, Any]
SCHEMA: dict[str, pl.DataType] = {
    "flight_id": pl.Int64(),
    "sched_dep_utc": pl.Datetime("us"),
    "turnaround_min": pl.Int64(),
    "carried_min": pl.Float64(),
    "cutoff": pl.String(),
    "prob_late15": pl.Float32(),
}


def next_legs(
    flight: Row,
    day: pl.DataFrame,
    predictions: pl.DataFrame,
    moment: datetime,
    expected_min: float,
    cutoffs: Sequence[str],
) -> pl.DataFrame:
    """The later legs of the day in order: their chance of being late as it stood at `moment`, and what is passed on.

    day: the legs of the aircraft on that date. predictions: of those legs, of one feature set. expected_min: the
    arrival delay expected of `flight` at that moment. turnaround_min: scheduled, after the leg before. carried_min:
    the lateness that reaches the leg's departure if `flight` arrives as expected and every turnaround takes the
    shortest time. prob_late15 is null where none of the leg's cutoffs had come.
    """
    legs = day.filter(pl.col("flight_id") == flight["flight_id"])
    later = day.filter(pl.col("sched_dep_utc") > flight["sched_dep_utc"]).sort("sched_dep_utc", "flight_id")
    if legs.is_empty() or later.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    chain = pl.concat([legs, later]).with_columns(
        turnaround_min=(pl.col("sched_dep_utc") - pl.col("sched_arr_utc").shift(1)).dt.total_minutes()
    )
    buffers = (pl.col("turnaround_min") - MIN_TURNAROUND_MIN).clip(lower_bound=0).fill_null(0)
    # Each buffer takes what it can: what is left after several is the lateness less their sum.
    carried = (pl.lit(float(expected_min)) - buffers.cum_sum()).clip(lower_bound=0.0)
    at = predictions.select("flight_id", "cutoff", "prob_late15")
    return (
        chain.with_columns(carried_min=carried, cutoff=latest_cutoff(moment, cutoffs))
        .slice(1)
        .join(at, on=["flight_id", "cutoff"], how="left", maintain_order="left")
        .with_columns(cutoff=pl.when(pl.col("prob_late15").is_not_null()).then("cutoff"))
        .select(list(SCHEMA))
        .cast(SCHEMA)  # type: ignore[arg-type]
    )
