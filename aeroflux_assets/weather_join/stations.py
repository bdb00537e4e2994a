"""Which weather station speaks for an airport in a year: the nearest that reports while flights are there."""

from collections.abc import Iterable

import numpy as np
import polars as pl

from aeroflux_assets.contracts.weather import AIRPORT_STATIONS

MAX_DISTANCE_KM = 40.0
MAX_CANDIDATES = 6
# A station counts as reporting when it has temperature and wind in this share of the hours that are flown.
MIN_COVERAGE = 0.7


def candidates(airports: pl.DataFrame, stations: pl.DataFrame, served: Iterable[str], year: int) -> pl.DataFrame:
    """The stations within MAX_DISTANCE_KM of each served airport, nearest first, at most MAX_CANDIDATES.

    stations: `raw_stations` (isd-history). One whose record ends before the year or begins after it is left
    out: the same airport comes back there under old numbers. The list itself is a snapshot, so a station
    still open within a year before the list's last date counts as open.
    Returns airport, station_id, distance_km (geodesic, WGS84).
    """
    from pyproj import Geod

    end_of_list = stations["end"].max()
    open_ = stations.filter(
        (pl.col("begin").dt.year() <= year)
        & ((pl.col("end").dt.year() >= year) | (pl.col("end") >= pl.lit(end_of_list).dt.offset_by("-1y")))
        & pl.col("latitude_deg").is_not_null()
        & pl.col("longitude_deg").is_not_null()
    )
    wanted = airports.filter(pl.col("airport").is_in(list(served)))
    # A degree of latitude is 111 km: a coarse box by latitude and longitude before the exact distance.
    pairs = wanted.select("airport", lat="latitude_deg", lon="longitude_deg").join_where(
        open_.select("station_id", s_lat="latitude_deg", s_lon="longitude_deg"),
        (pl.col("lat") - pl.col("s_lat")).abs() <= MAX_DISTANCE_KM / 110,
        (pl.col("lon") - pl.col("s_lon")).abs() <= MAX_DISTANCE_KM / 35,
    )
    geod = Geod(ellps="WGS84")
    _, _, metres = geod.inv(*(pairs[c].to_numpy() for c in ("lon", "lat", "s_lon", "s_lat")))
    near = pairs.with_columns(distance_km=pl.Series(np.asarray(metres) / 1000))
    return (
        near.filter(pl.col("distance_km") <= MAX_DISTANCE_KM)
        .sort("airport", "distance_km", "station_id")
        .group_by("airport", maintain_order=True)
        .head(MAX_CANDIDATES)
        .select("airport", "station_id", "distance_km")
    )


def choose_stations(near: pl.DataFrame, weather: pl.LazyFrame, flights: pl.LazyFrame) -> pl.DataFrame:
    """The `airport_stations` table of a year.

    near: from `candidates`. weather: `cleaned_weather` of the year. flights: `cleaned_flights` of the year.
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
    chosen = flown.join(best.select("airport", "station_id", "distance_km", "coverage_share"), on="airport", how="left")
    table = chosen.join(count, on="airport", how="left").with_columns(pl.col("candidates").fill_null(0))
    return AIRPORT_STATIONS.conform(table.sort("airport").lazy()).collect()
