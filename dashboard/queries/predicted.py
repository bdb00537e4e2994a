"""Predictions as they stood: of some flights at every cutoff, and the latest of them at a moment.

A flight has one probability at a cutoff, wherever it is shown: the recalibrated one, on which intervals, thresholds
and alerts rest; the model's own only where no recalibrated one was made.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import polars as pl

from aeroflux_assets.contracts.calibrated import CALIBRATED_PREDICTIONS
from aeroflux_assets.contracts.model import PREDICTIONS
from aeroflux_assets.cutoffs import CUTOFFS
from aeroflux_assets.lake import Lake, Partition
from dashboard.queries.pruning import scan_between

LEADS = {cutoff.name: cutoff.lead_min for cutoff in CUTOFFS}
# The project's own set first, then the paper's largest; others by name.
FIRST_SETS = ("aeroflux_full", "xgb_full_aircraft")


def preferred_set(names: Iterable[str]) -> str | None:
    """The set that a page shows where it shows one; None without any."""
    have = sorted(set(names))
    return next((name for name in FIRST_SETS if name in have), have[0] if have else None)


def cutoffs_of(lake: Lake, years: Iterable[int]) -> list[str]:
    """The cutoffs at which one of the years is predicted, the latest first."""
    asked = [{"scored_year": year} for year in years]
    return [
        cutoff.name
        for cutoff in CUTOFFS
        if any(lake.has(PREDICTIONS.name, {**year, "cutoff": cutoff.name}) for year in asked)
    ]


def predictions_of(
    lake: Lake, years: Sequence[int], ids: Sequence[int], cutoffs: Iterable[str] = tuple(LEADS)
) -> pl.DataFrame:
    """The predictions of flights, in order of flight, cutoff (the latest first) and set.

    cutoff, lead_min, flight_id, feature_set, prob_late15, pred_arr_delay_min, is_recalibrated: prob_late15 is the
    recalibrated probability, or the model's own where `calibrated_predictions` lacks the year, cutoff, set or flight.
    """
    if not ids:
        return pl.DataFrame(schema=_SCHEMA)
    at: list[Partition] = [{"scored_year": year, "cutoff": name} for year in years for name in cutoffs]
    low, high, mine = min(ids), max(ids), pl.col("flight_id").is_in(ids)
    rows = scan_between(lake, PREDICTIONS, at, "flight_id", low, high).filter(mine)
    key = ("scored_year", "cutoff", "flight_id", "feature_set")
    corrected = (
        scan_between(lake, CALIBRATED_PREDICTIONS, at, "flight_id", low, high, (*key[2:], "prob_late15"))
        .filter(mine)
        .rename({"prob_late15": "corrected"})
    )
    return (
        rows.join(corrected, on=key, how="left")
        .with_columns(
            lead_min=lead_min(),
            is_recalibrated=pl.col("corrected").is_not_null(),
            prob_late15=pl.coalesce("corrected", "prob_late15"),
        )
        .select(list(_SCHEMA))
        .collect()
        .sort("flight_id", "lead_min", "feature_set")
    )


_SCHEMA: dict[str, pl.DataType] = {
    "cutoff": pl.String(),
    "lead_min": pl.Int32(),
    **{name: PREDICTIONS.schema[name] for name in PREDICTIONS.names},
    "is_recalibrated": pl.Boolean(),
}


def lead_min(column: str = "cutoff") -> pl.Expr:
    """The lead of a cutoff's name in minutes."""
    return pl.col(column).replace_strict(LEADS, default=None, return_dtype=pl.Int32)


def latest_cutoff(moment: datetime, cutoffs: Iterable[str], departure: str = "sched_dep_utc") -> pl.Expr:
    """The name of the latest of `cutoffs` that has come by `moment`; null where none has.

    A cutoff has come once its instant, the scheduled departure less its lead, is not after the moment.
    """
    ahead = (pl.col(departure) - pl.lit(moment)).dt.total_microseconds()
    chosen: pl.Expr = pl.lit(None, dtype=pl.String)
    for name in sorted(cutoffs, key=LEADS.__getitem__, reverse=True):
        chosen = pl.when(ahead <= LEADS[name] * 60_000_000).then(pl.lit(name)).otherwise(chosen)
    return chosen


def years_between(first: date, last: date) -> list[int]:
    """The years of the dates from first to last."""
    return list(range(first.year, last.year + 1))
