"""GHCNh's plain columns to the columns of raw_weather: units, the ceiling from the cloud layers, the calm.

GHCNh has no ceiling: it is the lowest base among the broken, overcast or obscured layers, and unlimited where
the sky was observed and has none.
"""

from collections.abc import Iterable

import polars as pl

from aeroflux_assets.contracts.raw_weather import RAW_WEATHER, UNLIMITED_CEILING_M
from aeroflux_assets.sources.noaa_forms import GHCNH_FIELDS, GHCNH_REPORT_TYPES, GHCNH_SKY

LAYERS = (1, 2, 3)
COLUMNS = GHCNH_FIELDS


def is_header(columns: Iterable[str]) -> bool:
    """Whether a header line is that of a GHCNh psv file by year."""
    return {"STATION", "DATE", "temperature"} <= set(columns)


def is_plain(columns: Iterable[str]) -> bool:
    """Whether the keys of a JSON answer are GHCNh's."""
    return bool(set(columns) & set(COLUMNS) - {"STATION", "DATE"})


def _text(name: str) -> pl.Expr:
    text = pl.col(name).str.strip_chars()
    return pl.when(text != "").then(text)


def _value(name: str) -> pl.Expr:
    return _text(name).cast(pl.Float64, strict=False)


def _quality(name: str) -> pl.Expr:
    return _text(f"{name}_Quality_Code")


def _is_ceiling(layer: int) -> pl.Expr:
    # `BKN:07`: the code before the colon, eighths after it. A bare number is eighths: 5 and more is broken.
    code = _text(f"sky_cover_{layer}")
    eighths = code.str.extract(r"^0?(\d)$").cast(pl.Int8, strict=False)
    return code.str.contains("^(BKN|OVC|VV|X)").fill_null(False) | eighths.is_between(5, 9).fill_null(False)


def _ceiling() -> pl.Expr:
    bases = [pl.when(_is_ceiling(layer)).then(_value(f"sky_cover_baseht_{layer}")) for layer in LAYERS]
    some_layer = pl.any_horizontal(_is_ceiling(layer) for layer in LAYERS)
    observed = pl.any_horizontal(_text(name).is_not_null() for name in GHCNH_SKY)
    height = pl.min_horizontal(bases)
    return pl.when(some_layer).then(height).when(observed).then(float(UNLIMITED_CEILING_M))


def _ceiling_quality() -> pl.Expr:
    # The mark of the layer that is the ceiling; under an unlimited sky there is none.
    picked = [
        pl.when(_is_ceiling(layer) & (_value(f"sky_cover_baseht_{layer}") == _ceiling())).then(
            _quality(f"sky_cover_baseht_{layer}")
        )
        for layer in LAYERS
    ]
    return pl.coalesce(picked)


def decode(frame: pl.LazyFrame, form: str) -> pl.LazyFrame:
    """Rows with the String columns COLUMNS to the columns of contract raw_weather; station_id is GHCNh's own.

    Empty is missing. Direction 000 is a calm here as in raw_weather; kilometres become metres.
    """
    return frame.select(
        pl.col("STATION").str.strip_chars().alias("station_id"),
        pl.col("DATE")
        .str.slice(0, 19)
        .str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False, time_unit="us")
        .alias("valid_utc"),
        pl.coalesce(_text(name) for name in GHCNH_REPORT_TYPES).alias("report_type"),
        _value("temperature").cast(pl.Float32).alias("temp_c"),
        _quality("temperature").alias("temp_quality"),
        _value("dew_point_temperature").cast(pl.Float32).alias("dew_point_c"),
        _quality("dew_point_temperature").alias("dew_point_quality"),
        pl.when(_value("wind_direction").is_between(0, 360))
        .then(_value("wind_direction"))
        .round()
        .cast(pl.Int16)
        .alias("wind_dir_deg"),
        _quality("wind_direction").alias("wind_dir_quality"),
        _value("wind_speed").cast(pl.Float32).alias("wind_speed_m_s"),
        _quality("wind_speed").alias("wind_speed_quality"),
        _ceiling().round().cast(pl.Int32).alias("ceiling_height_m"),
        _ceiling_quality().alias("ceiling_quality"),
        (_value("visibility") * 1000.0).round().cast(pl.Int32).alias("visibility_m"),
        _quality("visibility").alias("visibility_quality"),
        _value("sea_level_pressure").cast(pl.Float32).alias("sea_level_pressure_hpa"),
        _quality("sea_level_pressure").alias("sea_level_pressure_quality"),
        _value("precipitation").cast(pl.Float32).alias("precipitation_mm"),
        _quality("precipitation").alias("precipitation_quality"),
        pl.lit(form).alias("form"),
    ).select(RAW_WEATHER.names)
