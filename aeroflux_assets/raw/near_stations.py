"""Which weather stations are worth fetching for the airports served in a year."""

from collections.abc import Iterable

import numpy as np
import polars as pl

MAX_DISTANCE_KM = 40.0
MAX_CANDIDATES = 6
# isd-history is a snapshot: a station whose record ended within this of the newest one still reports.
OPEN_DAYS = 365
# Kilometres in a degree: of latitude at least 110; of longitude at least 35 up to 71 degrees north (Utqiagvik).
_KM_LATITUDE, _KM_LONGITUDE = 110, 35


def near_stations(
    airports: pl.DataFrame, stations: pl.DataFrame, served: Iterable[str], year: int
) -> pl.DataFrame:
    """The stations within MAX_DISTANCE_KM of each served airport, nearest first, at most MAX_CANDIDATES.

    airports: `airports`. stations: `raw_stations` (isd-history); one whose record ends before the year or begins
    after it is left out, for the same place comes back there under old numbers.
    Returns airport, station_id, distance_km (geodesic on WGS84).
    """
    from pyproj import Geod

    still_open = pl.col("end") >= pl.col("end").max().dt.offset_by(f"-{OPEN_DAYS}d")
    reporting = stations.filter(
        (pl.col("begin").dt.year() <= year)
        & ((pl.col("end").dt.year() >= year) | still_open)
        & pl.col("latitude_deg").is_not_null()
    ).select("station_id", s_lat="latitude_deg", s_lon="longitude_deg")
    wanted = airports.filter(pl.col("airport").is_in(list(served)))
    # A coarse box before the exact distance.
    pairs = (
        wanted.lazy()
        .select("airport", lat="latitude_deg", lon="longitude_deg")
        .join_where(
            reporting.lazy(),
            (pl.col("lat") - pl.col("s_lat")).abs() <= MAX_DISTANCE_KM / _KM_LATITUDE,
            (pl.col("lon") - pl.col("s_lon")).abs() <= MAX_DISTANCE_KM / _KM_LONGITUDE,
        )
        .collect()
    )
    geod = Geod(ellps="WGS84")
    _, _, metres = geod.inv(*(pairs[name].to_numpy() for name in ("lon", "lat", "s_lon", "s_lat")))
    return (
        pairs.with_columns(distance_km=pl.Series(np.asarray(metres, dtype=float) / 1000, dtype=pl.Float64))
        .filter(pl.col("distance_km") <= MAX_DISTANCE_KM)
        .sort("airport", "distance_km", "station_id")
        .group_by("airport", maintain_order=True)
        .head(MAX_CANDIDATES)
        .select("airport", "station_id", "distance_km")
    )
