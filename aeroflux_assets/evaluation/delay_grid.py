"""`delay_grid`: how often each predicted delay met each actual one, so that no page joins a year of flights for it."""

from typing import Any

import polars as pl

from aeroflux_assets.contracts.calibrated import DELAY_GRID
from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.lake import Commit, Lake, Partition
from aeroflux_assets.summaries.buckets import delay_bin


def make_delay_grid(lake: Lake, scored: int, cutoff: Cutoff, *, refresh: bool = False) -> Commit:
    """`delay_grid` of a scored year at a cutoff, for every feature set of its `predictions`.

    Raises MissingTableError where the predictions or the flights of the year are missing.
    """
    part: Partition = {"scored_year": scored, "cutoff": cutoff.name}
    made_from: list[tuple[str, Partition]] = [("predictions", part), ("cleaned_flights", {"year": scored})]

    def build(_: dict[str, Any]) -> pl.LazyFrame:
        flights = lake.scan("cleaned_flights", [{"year": scored}])
        return delay_grid(lake.scan("predictions", [part]), flights)

    return lake.ensure(DELAY_GRID, part, lake.inputs(DELAY_GRID, made_from), build, refresh=refresh)


def delay_grid(predictions: pl.LazyFrame, flights: pl.LazyFrame) -> pl.LazyFrame:
    """The flights that arrived, by feature set, predicted and actual arrival delay; combinations that occur only."""
    arrived = flights.filter(pl.col("is_arr_late15").is_not_null()).select("flight_id", "arr_delay_min")
    keys = ("feature_set", "predicted_bin_min", "actual_bin_min")
    return (
        predictions.select("flight_id", "feature_set", predicted_bin_min=delay_bin("pred_arr_delay_min"))
        .join(arrived.select("flight_id", actual_bin_min=delay_bin("arr_delay_min")), on="flight_id")
        .group_by(keys)
        .agg(pl.len().cast(pl.Int64).alias("flights"))
        .sort(keys)
    )
