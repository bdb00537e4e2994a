"""The contract of raw_weather: every upstream weather row, typed and decoded, nothing dropped."""

import polars as pl

from aeroflux_assets.contracts.base import Column, Contract, Rule

_QUALITY = "upstream's quality code of the value before it, as sent; null where none was sent"

# Upstream forms, as they stand in the column `form`.
FORMS = ("global-hourly-csv", "global-hourly-json", "ghcnh-psv", "ghcnh-json")
UNLIMITED_CEILING_M = 22_000


def _observed(name: str, dtype: type[pl.DataType], description: str, unit: str = "") -> Column:
    return Column(name, dtype, description, unit, known_at="observation")


RAW_WEATHER = Contract(
    name="raw_weather",
    room="raw",
    description=(
        "Hourly and special weather reports of NOAA's global-hourly (to 2025-08-27) and GHCNh (after), one "
        "row a report, in the order of the files. Missing codes are null; values that upstream marks as "
        "suspect stand with their mark."
    ),
    columns=(
        Column(
            "station_id",
            pl.String(),
            "ISD station: USAF and WBAN, 11 characters; GHCNh rows carry their ISD station's id",
            known_at="reference",
            nullable=False,
        ),
        Column(
            "valid_utc",
            pl.Datetime("us"),
            "time of the report, UTC without a zone attribute",
            "UTC",
            known_at="observation",
            nullable=False,
        ),
        _observed(
            "report_type", pl.String, "FM-15 routine, FM-16 special, FM-12 synoptic, SOD/SOM summaries"
        ),
        _observed("temp_c", pl.Float32, "air temperature", "deg C"),
        _observed("temp_quality", pl.String, _QUALITY),
        _observed("dew_point_c", pl.Float32, "dew point temperature", "deg C"),
        _observed("dew_point_quality", pl.String, _QUALITY),
        _observed(
            "wind_dir_deg", pl.Int16, "where the wind comes from; 360 north, 0 calm, null variable", "deg"
        ),
        _observed("wind_dir_quality", pl.String, _QUALITY),
        _observed("wind_speed_m_s", pl.Float32, "wind speed; 0 in a calm", "m/s"),
        _observed("wind_speed_quality", pl.String, _QUALITY),
        _observed("ceiling_height_m", pl.Int32, "lowest broken or overcast base; 22000 unlimited", "m"),
        _observed("ceiling_quality", pl.String, _QUALITY),
        _observed("visibility_m", pl.Int32, "horizontal visibility", "m"),
        _observed("visibility_quality", pl.String, _QUALITY),
        _observed("sea_level_pressure_hpa", pl.Float32, "pressure reduced to sea level", "hPa"),
        _observed("sea_level_pressure_quality", pl.String, _QUALITY),
        _observed("precipitation_mm", pl.Float32, "liquid precipitation of the last hour", "mm"),
        _observed("precipitation_quality", pl.String, _QUALITY),
        Column("form", pl.String(), f"upstream form: {', '.join(FORMS)}", nullable=False),
    ),
    partitioned_by=("year",),
    rules=(
        Rule(
            "station_id_form",
            pl.col("station_id").str.contains(r"^[0-9A-Z][0-9]{10}$"),
            "a station id is USAF (a digit or letter first) and WBAN, 11 characters",
        ),
        Rule("wind_dir_range", pl.col("wind_dir_deg").is_between(0, 360), "a direction is 0 to 360"),
        Rule("wind_speed_range", pl.col("wind_speed_m_s") >= 0, "a speed is not negative"),
        Rule("visibility_range", pl.col("visibility_m") >= 0, "a distance is not negative"),
        Rule("form_known", pl.col("form").is_in(list(FORMS)), "a form is one of those named"),
    ),
)
