"""A year of flights in one row, and in a row a month.

Sums rather than means, so that a page can add months and years up without another look at the flights.
Weather and rotation are optional: a year without them has nulls there, not a failure.
"""

import polars as pl

from aeroflux_assets.contracts.summaries import SUMMARY_MONTHS, SUMMARY_YEARS
from aeroflux_assets.lake import Lake

_GAP_COLUMNS = ("sched_arr_clock_gap_min", "dep_clock_gap_min", "arr_clock_gap_min")
_LARGE_GAP_MIN = 15


def summarize_months(lake: Lake, year: int) -> pl.DataFrame:
    """One row a month of `year`, in the columns of `SUMMARY_MONTHS`.

    Needs `cleaned_flights` of the year (MissingTableError otherwise); takes `flights_with_weather` and
    `rotations` where they are committed.
    """
    flights = _flights(lake, year).group_by("month").agg(*_traffic())
    for matched in _matches(lake, year):
        flights = flights.join(matched, on="month", how="left")
    months = flights.sort("month").collect(engine="streaming")
    return months.pipe(_with_missing).select(SUMMARY_MONTHS.names)


def summarize_year(lake: Lake, year: int) -> pl.DataFrame:
    """One row for `year`, in the columns of `SUMMARY_YEARS`. Needs and takes what `summarize_months` does."""
    months = summarize_months(lake, year)
    traffic = [name for name in SUMMARY_MONTHS.names if name != "month"]
    # A sum of nulls is 0, which would say "none matched" where nothing was looked at.
    totals = months.select(
        pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()) for name in traffic
    )
    extent = _flights(lake, year).select(*_extent(), *_clock_checks()).collect(engine="streaming")
    quarantine = lake.commit_of("quarantined_flights", {"year": year})
    rows = quarantine.rows if quarantine else None
    return (
        pl.concat([totals, extent], how="horizontal")
        .with_columns(months=pl.lit(months.height, dtype=pl.Int64), quarantined=pl.lit(rows, dtype=pl.Int64))
        .select(SUMMARY_YEARS.names)
    )


def _flights(lake: Lake, year: int) -> pl.LazyFrame:
    flights = lake.scan("cleaned_flights", [{"year": year}])
    return flights.with_columns(month=pl.col("flight_date").dt.month())


def _count(condition: pl.Expr, name: str) -> pl.Expr:
    return condition.sum().cast(pl.Int64).alias(name)


def _traffic() -> list[pl.Expr]:
    return [
        pl.len().cast(pl.Int64).alias("flights"),
        _count(pl.col("is_arr_late15").is_not_null(), "arrived"),
        _count(pl.col("is_arr_late15"), "late15"),
        _count(pl.col("is_cancelled"), "cancelled"),
        _count(pl.col("is_diverted"), "diverted"),
        pl.col("dep_delay_min").cast(pl.Int64).sum().alias("dep_delay_sum_min"),
        _count(pl.col("dep_delay_min").is_not_null(), "departed"),
        pl.col("arr_delay_min").cast(pl.Int64).sum().alias("arr_delay_sum_min"),
        _count(pl.col("tail").is_not_null(), "with_tail"),
    ]


def _matches(lake: Lake, year: int) -> list[pl.LazyFrame]:
    """Per month, what the joined tables say of the year's flights; nothing for a table that is missing."""
    months = _flights(lake, year).select("flight_id", "month")
    dep, arr = pl.col("dep_obs_utc").is_not_null(), pl.col("arr_obs_utc").is_not_null()
    wanted = {
        "flights_with_weather": [_count(dep & arr, "weather_both"), _count(~dep & ~arr, "weather_none")],
        "rotations": [
            _count(pl.col("prev_flight_id").is_not_null(), "with_previous"),
            _count(pl.col("rotation_continuity_flag"), "continuous"),
            _count(pl.col("is_swap_shaped"), "swap_shaped"),
        ],
    }
    return [
        lake.scan(table, [{"year": year}]).join(months, on="flight_id").group_by("month").agg(counts)
        for table, counts in wanted.items()
        if lake.has(table, {"year": year})
    ]


def _with_missing(months: pl.DataFrame) -> pl.DataFrame:
    absent = [name for name in SUMMARY_MONTHS.names if name not in months.columns]
    return months.with_columns(pl.lit(None, dtype=pl.Int64).alias(name) for name in absent)


def _extent() -> list[pl.Expr]:
    # Lists of distinct values are small (hundreds of airports, thousands of tails) and stream.
    return [
        pl.col("flight_date").min().alias("first_date"),
        pl.col("flight_date").max().alias("last_date"),
        pl.col("carrier").n_unique().cast(pl.Int64).alias("carriers"),
        pl.col("origin").unique().append(pl.col("dest").unique()).n_unique().cast(pl.Int64).alias("airports"),
        pl.col("tail").drop_nulls().n_unique().cast(pl.Int64).alias("tails"),
    ]


def _clock_checks() -> list[pl.Expr]:
    gaps = []
    for column in _GAP_COLUMNS:
        base, gap = column.removesuffix("_min"), pl.col(column).abs()
        gaps += [_count(gap > 0, f"{base}_any"), _count(gap > _LARGE_GAP_MIN, f"{base}_over15")]
    return [*gaps, *(_count(pl.col("dst_case") == case, f"dst_{case}") for case in ("gap", "fold"))]
