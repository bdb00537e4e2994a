"""global-hourly's packed fields (the ISD form) to typed columns.

A packed field holds values and their quality codes, comma separated: `WND` is `270,1,N,0041,1`.
"""

import polars as pl

from aeroflux_assets.contracts.raw_weather import RAW_WEATHER
from aeroflux_assets.sources.noaa_forms import GLOBAL_HOURLY_FIELDS

COLUMNS = GLOBAL_HOURLY_FIELDS


def _part(name: str, place: int, parts: int) -> pl.Expr:
    field = pl.col(name).str.split_exact(",", parts - 1).struct.field(f"field_{place}").str.strip_chars()
    return pl.when(field != "").then(field)


def _number(name: str, place: int, parts: int, missing: int) -> pl.Expr:
    value = _part(name, place, parts).str.to_integer(strict=False, dtype=pl.Int32)
    return pl.when(value != missing).then(value)


def _tenths(value: pl.Expr) -> pl.Expr:
    return (value.cast(pl.Float64) / 10.0).cast(pl.Float32)


def decode(frame: pl.LazyFrame, form: str) -> pl.LazyFrame:
    """Rows with the String columns COLUMNS to the columns of contract raw_weather.

    9999-like missing codes become null. A calm (type C, or type 9 with speed 0) has direction 0 and speed
    0; a variable wind (type V) has no direction. AA1 is hourly precipitation where its period is one hour.
    """
    direction, kind = _number("WND", 0, 5, 999), _part("WND", 2, 5)
    speed = _number("WND", 3, 5, 9999)
    calm = (kind == "C") | ((kind == "9") & (speed == 0))
    hourly = _part("AA1", 0, 4) == "01"
    return frame.select(
        pl.col("STATION").str.strip_chars().alias("station_id"),
        pl.col("DATE")
        .str.slice(0, 19)
        .str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False, time_unit="us")
        .alias("valid_utc"),
        pl.col("REPORT_TYPE").str.strip_chars().alias("report_type"),
        _tenths(_number("TMP", 0, 2, 9999)).alias("temp_c"),
        _part("TMP", 1, 2).alias("temp_quality"),
        _tenths(_number("DEW", 0, 2, 9999)).alias("dew_point_c"),
        _part("DEW", 1, 2).alias("dew_point_quality"),
        pl.when(calm)
        .then(0)
        .when(kind.is_null() | (kind != "V"))
        .then(direction)
        .cast(pl.Int16)
        .alias("wind_dir_deg"),
        _part("WND", 1, 5).alias("wind_dir_quality"),
        pl.when(calm & speed.is_null())
        .then(0.0)
        .otherwise(_tenths(speed))
        .cast(pl.Float32)
        .alias("wind_speed_m_s"),
        _part("WND", 4, 5).alias("wind_speed_quality"),
        _number("CIG", 0, 4, 99999).alias("ceiling_height_m"),
        _part("CIG", 1, 4).alias("ceiling_quality"),
        _number("VIS", 0, 4, 999999).alias("visibility_m"),
        _part("VIS", 1, 4).alias("visibility_quality"),
        _tenths(_number("SLP", 0, 2, 99999)).alias("sea_level_pressure_hpa"),
        _part("SLP", 1, 2).alias("sea_level_pressure_quality"),
        pl.when(hourly).then(_tenths(_number("AA1", 1, 4, 9999))).alias("precipitation_mm"),
        pl.when(hourly).then(_part("AA1", 3, 4)).alias("precipitation_quality"),
        pl.lit(form).alias("form"),
    ).select(RAW_WEATHER.names)
