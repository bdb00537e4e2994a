"""What was known at a cutoff, counted: how often the inbound leg is vouched for, and weather matches."""

import polars as pl

from aeroflux_assets.contracts.summaries import SUMMARY_CUTOFFS
from aeroflux_assets.lake import Lake, Partition


def summarize_cutoff(lake: Lake, year: int, cutoff: str) -> pl.DataFrame:
    """One row for `year` at `cutoff`, in the columns of `SUMMARY_CUTOFFS`.

    Needs `propagation` of the partition (MissingTableError otherwise); takes `weather_at_cutoff` where it is
    committed.
    """
    partition: Partition = {"year": year, "cutoff": cutoff}

    def flagged(name: str) -> pl.Expr:
        # The known states are Float32, 1 for yes, since they are features too.
        return (pl.col(name) == 1).sum().cast(pl.Int64)

    counts = lake.scan("propagation", [partition]).select(
        flights=pl.len().cast(pl.Int64),
        linked=flagged("up1_is_linked"),
        inbound_departed=flagged("up1_has_departed"),
        inbound_landed=flagged("up1_has_landed"),
        linked_two=flagged("up2_is_linked"),
        linked_three=flagged("up3_is_linked"),
    )
    return (
        counts.collect(engine="streaming")
        .with_columns(weather_both=pl.lit(_weather_both(lake, year, cutoff), dtype=pl.Int64))
        .select(SUMMARY_CUTOFFS.names)
    )


def _weather_both(lake: Lake, year: int, cutoff: str) -> int | None:
    partition: Partition = {"year": year, "cutoff": cutoff}
    if not lake.has("weather_at_cutoff", partition):
        return None
    both = pl.col("dep_obs_utc").is_not_null() & pl.col("arr_obs_utc").is_not_null()
    matched = lake.scan("weather_at_cutoff", [partition]).select(both.sum())
    return int(matched.collect(engine="streaming").item())
