"""Outcomes by the weather at the origin: flight category, wind, precipitation, temperature."""

import polars as pl

from aeroflux_assets.contracts.summaries_delay import SUMMARY_WEATHER
from aeroflux_assets.summaries.buckets import (
    CATEGORY,
    PRECIPITATION,
    TEMPERATURE,
    WIND,
    flight_category,
)
from aeroflux_assets.summaries.traffic import outcomes, with_month

_GROUP = ("month", "carrier", "origin")


def by_weather(flights: pl.LazyFrame, seen: pl.LazyFrame) -> pl.LazyFrame:
    """`summary_weather`: a row a scale and bucket. seen: `flights_with_weather` of the same flights.

    Flights without the observation that a scale needs are in none of its buckets.
    """
    joined = with_month(flights).join(seen.select("flight_id", *_buckets()), on="flight_id")
    scales = [
        joined.filter(pl.col(scale.name).is_not_null())
        .group_by(*_GROUP, pl.col(scale.name).alias("bucket"))
        .agg(outcomes())
        .with_columns(factor=pl.lit(scale.name))
        .select(SUMMARY_WEATHER.names)
        for scale in (CATEGORY, WIND, PRECIPITATION, TEMPERATURE)
    ]
    return pl.concat(scales).sort(*_GROUP, "factor", "bucket")


def _buckets() -> list[pl.Expr]:
    return [
        flight_category(pl.col("dep_ceiling_height_m"), pl.col("dep_visibility_m")).alias(CATEGORY.name),
        WIND.bucket(pl.col("dep_wind_speed_m_s")).alias(WIND.name),
        PRECIPITATION.bucket(pl.col("dep_precipitation_mm")).alias(PRECIPITATION.name),
        TEMPERATURE.bucket(pl.col("dep_temp_c")).alias(TEMPERATURE.name),
    ]
