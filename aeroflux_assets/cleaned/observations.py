"""Raw observations to one row a station and time, with bad quality flags set to null."""

import polars as pl

from aeroflux_assets.contracts.cleaned import CLEANED_WEATHER

# ISD quality codes: 2 and 6 suspect, 3 and 7 erroneous. GHCNh keeps its sources' codes for these rows.
BAD_QUALITY = ("2", "3", "6", "7")
# Summaries of a day or month stand among the observations and carry no weather.
SUMMARY_REPORTS = ("SOD", "SOM")
_JUDGED = {
    "temp_c": "temp_quality",
    "dew_point_c": "dew_point_quality",
    "wind_dir_deg": "wind_dir_quality",
    "wind_speed_m_s": "wind_speed_quality",
    "ceiling_height_m": "ceiling_quality",
    "visibility_m": "visibility_quality",
}
# What a report must have one of to count (the paper drops rows where temperature, wind and ceiling are all null).
_PRIMARY = ("temp_c", "wind_speed_m_s", "ceiling_height_m", "visibility_m")


def clean_weather(raw: pl.LazyFrame) -> pl.LazyFrame:
    """The `cleaned_weather` table of a year from `raw_weather`, sorted by station and time.

    Of several reports of one station and time the last in the file counts. Implausible values (outside the
    contract's ranges) become null like those that upstream itself marks.
    """
    good = raw.filter(
        ~pl.col("report_type").str.strip_chars().is_in(SUMMARY_REPORTS).fill_null(value=False)
    ).with_columns(
        pl.when(~pl.col(flag).str.strip_chars().is_in(BAD_QUALITY).fill_null(value=False))
        .then(pl.col(value))
        .alias(value)
        for value, flag in _JUDGED.items()
    )
    plausible = good.with_columns(
        pl.when(rule_holds.fill_null(value=False)).then(pl.col(column)).alias(column)
        for column, rule_holds in _plausible().items()
    )
    return (
        plausible.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in _PRIMARY))
        .unique(["station_id", "valid_utc"], keep="last", maintain_order=True)
        .sort("station_id", "valid_utc")
        .select(CLEANED_WEATHER.names)
    )


def _plausible() -> dict[str, pl.Expr]:
    columns = ("temp_c", "wind_speed_m_s", "wind_dir_deg")
    return dict(zip(columns, (rule.holds for rule in CLEANED_WEATHER.rules), strict=True))
