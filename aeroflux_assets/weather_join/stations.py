"""Which weather station speaks for an airport in a year: the nearest that reports while flights are there."""

import polars as pl

from aeroflux_assets.contracts.weather import AIRPORT_STATIONS

# A station counts as reporting when it has temperature and wind in this share of the hours that are flown.
MIN_COVERAGE = 0.7


def choose_stations(near: pl.DataFrame, weather: pl.LazyFrame, flights: pl.LazyFrame) -> pl.DataFrame:
    """The `airport_stations` table of a year.

    near: stations near each served airport (airport, station_id, distance_km). weather, flights:
    `cleaned_weather` and `cleaned_flights` of the year.
    Of the stations of an airport the nearest with MIN_COVERAGE counts; where none has it, the one that covers
    most (the nearer of equals); where none reports at all, null.
    """
    ends = pl.concat(
        [
            flights.select(airport="origin", hour=pl.col("sched_dep_utc").dt.truncate("1h")),
            flights.select(airport="dest", hour=pl.col("sched_arr_utc").dt.truncate("1h")),
        ]
    )
    hours = ends.group_by("airport", "hour").agg(flights=pl.len()).collect(engine="streaming")
    reported = (
        weather.filter(pl.col("temp_c").is_not_null() & pl.col("wind_speed_m_s").is_not_null())
        .select("station_id", hour=pl.col("valid_utc").dt.truncate("1h"))
        .unique()
        .collect(engine="streaming")
    )
    flown = hours.group_by("airport").agg(hours=pl.len(), flights=pl.col("flights").sum().cast(pl.Int64))
    covered = (
        near.join(hours.select("airport", "hour"), on="airport")
        .join(reported, on=["station_id", "hour"], how="semi")
        .group_by("airport", "station_id")
        .agg(covered=pl.len())
    )
    ranked = (
        near.join(covered, on=["airport", "station_id"], how="left")
        .join(flown, on="airport")
        .with_columns(coverage_share=pl.col("covered").fill_null(0) / pl.col("hours"))
        .with_columns(enough=pl.col("coverage_share") >= MIN_COVERAGE)
        .sort(
            "airport",
            pl.col("enough").not_(),
            pl.when("enough").then(0.0).otherwise(-pl.col("coverage_share")),
            "distance_km",
        )
    )
    best = ranked.group_by("airport", maintain_order=True).first().filter(pl.col("coverage_share") > 0)
    count = near.group_by("airport").agg(candidates=pl.len().cast(pl.Int32))
    chosen = flown.join(
        best.select("airport", "station_id", "distance_km", "coverage_share"), on="airport", how="left"
    )
    table = chosen.join(count, on="airport", how="left").with_columns(pl.col("candidates").fill_null(0))
    return AIRPORT_STATIONS.conform(table.sort("airport").lazy()).collect()
