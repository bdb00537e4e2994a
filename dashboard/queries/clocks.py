"""Legs with their airports, and their actual times on the clocks of both ends."""

import polars as pl

from aeroflux_assets.contracts.cleaned import AIRPORTS
from aeroflux_assets.lake import Lake

_ENDS = (("origin", "dep"), ("dest", "arr"))


def with_clocks(lake: Lake, legs: pl.DataFrame) -> pl.DataFrame:
    """The legs in order of schedule with, of each end, time zone, city, coordinates, and the local actual time.

    legs: rows of `cleaned_flights`. Where an airport is not in the lake its zone, city and place are null, and the
    actual time stands as far from the scheduled local one as it does in UTC.
    """
    codes = pl.concat([legs["origin"], legs["dest"]]).unique().to_list()
    airports = places(lake, codes)
    for end, _ in _ENDS:
        renamed = {name: f"{end}_{name}" for name in airports.columns if name != "airport"}
        legs = legs.join(airports.rename(renamed), left_on=end, right_on="airport", how="left")
    zones = airports["time_zone"].unique(maintain_order=True).to_list()
    return legs.with_columns(
        local_time(f"{side}_utc", f"{end}_time_zone", zones)
        .fill_null(pl.col(f"sched_{side}_local") + (pl.col(f"{side}_utc") - pl.col(f"sched_{side}_utc")))
        .alias(f"{side}_local")
        for end, side in _ENDS
    ).sort("sched_dep_utc", "flight_id")


def places(lake: Lake, codes: list[str]) -> pl.DataFrame:
    """Of these airports: airport, time_zone, city, lat, lon; empty where the table was never made."""
    if lake.has(AIRPORTS.name):
        airports = lake.scan(AIRPORTS.name).filter(pl.col("airport").is_in(codes))
    else:
        airports = pl.LazyFrame(schema=AIRPORTS.schema)
    return airports.select(
        "airport",
        "time_zone",
        pl.coalesce("municipality", "airport_name").alias("city"),
        pl.col("latitude_deg").alias("lat"),
        pl.col("longitude_deg").alias("lon"),
    ).collect()


def local_time(utc: str, zone: str, zones: list[str]) -> pl.Expr:
    """A naive UTC column on the clocks of the zone that stands beside it; null where that is not among `zones`."""
    at = pl.col(utc).dt.replace_time_zone("UTC")
    each = [
        pl.when(pl.col(zone) == name).then(at.dt.convert_time_zone(name).dt.replace_time_zone(None))
        for name in zones
    ]
    return pl.coalesce(*each, pl.lit(None, dtype=pl.Datetime("us")))
