"""Days beyond their own history: airports, carriers and the whole network against their own trailing weeks.

A day is judged by the 56 days before it and by nothing later, so that a flag of today would have been the
same today. The measure is a robust z (Iglewicz and Hoaglin 1993, who flag from 3.5 on) with the interquartile
range in the place of the median absolute deviation: both ignore the few bad days of the past, and quartiles
can be rolled. The scale is never smaller than chance: the standard deviation of a share of so many flights.
"""

import polars as pl

from aeroflux_assets.contracts.summaries_delay import CANCELLATIONS, DELAY_CAUSES, SUMMARY_OUTLIERS
from aeroflux_assets.summaries.buckets import flight_category
from aeroflux_assets.summaries.network import OUTCOME_SUMS

HISTORY_DAYS = 56
LEAST_HISTORY_DAYS = 21
LEAST_FLIGHTS = 10
FLAG_FROM_Z = 3.5
IQR_PER_SIGMA = 1.349
# Quiet places have days without any spread: a scale below these would flag what nobody would notice.
SMALLEST_SCALE = {"late": 0.04, "cancelled": 0.02}
# Of few flights one or two are always late: the share counts as at least this much when chance is reckoned.
SMALLEST_SHARE = 0.01
COUNTED = {"late": "arrived", "cancelled": "flights"}
_VISUAL = 2  # MVFR and better: below is IFR and LIFR


def find_outliers(days: pl.LazyFrame, year: int, seen: pl.LazyFrame | None) -> pl.DataFrame:
    """`summary_outliers` of a year.

    days: `summary_days` of the year and of the year before, where it is there. seen: weather by day and
    airport as `airport_weather` gives it; None leaves it null.
    """
    scopes = [
        ("airport", pl.col("origin")),
        ("carrier", pl.col("carrier")),
        ("network", pl.lit("all")),
    ]
    judged = pl.concat([_judged(days, scope, name) for scope, name in scopes])
    # A z over too little history is null by then, and null is not beyond anything.
    beyond = pl.max_horizontal("late_z", "cancelled_z") >= FLAG_FROM_Z
    found = judged.filter(beyond & (pl.col("flight_date").dt.year() == year))
    names = ("observed", "below_visual", "wind_max_m_s", "visibility_min_m", "precipitation_max_mm")
    if seen is None:
        found = found.with_columns(pl.lit(None).alias(name) for name in names)
    else:
        found = found.join(
            seen.with_columns(scope=pl.lit("airport")), on=["flight_date", "scope", "name"], how="left"
        )
    return SUMMARY_OUTLIERS.conform(found).sort("flight_date", "scope", "name").collect(engine="streaming")


def airport_weather(flights: pl.LazyFrame, seen: pl.LazyFrame) -> pl.LazyFrame:
    """What was observed at each origin on each local date: flight_date, name, and the worst of the day."""
    category = flight_category(pl.col("dep_ceiling_height_m"), pl.col("dep_visibility_m"))
    return (
        flights.select("flight_id", "flight_date", name="origin")
        .join(seen, on="flight_id")
        .group_by("flight_date", "name")
        .agg(
            pl.col("dep_obs_utc").is_not_null().sum().alias("observed"),
            (category < _VISUAL).sum().alias("below_visual"),
            pl.col("dep_wind_speed_m_s").max().alias("wind_max_m_s"),
            pl.col("dep_visibility_m").min().alias("visibility_min_m"),
            pl.col("dep_precipitation_mm").max().alias("precipitation_max_mm"),
        )
    )


def _judged(days: pl.LazyFrame, scope: str, name: pl.Expr) -> pl.LazyFrame:
    sums = [*OUTCOME_SUMS, "caused", *(f"{cause}_delay_min" for cause in DELAY_CAUSES)]
    sums += [f"cancelled_{why}" for why in CANCELLATIONS.values()]
    return (
        days.with_columns(name=name)
        .group_by("flight_date", "name")
        .agg(pl.col(sums).sum())
        .with_columns(
            scope=pl.lit(scope),
            share_late=pl.when(pl.col("arrived") >= LEAST_FLIGHTS).then(pl.col("late15") / pl.col("arrived")),
            share_cancelled=pl.col("cancelled") / pl.col("flights"),
        )
        .sort("name", "flight_date")
        .with_columns(
            history_days=pl.col("flights")
            .is_not_null()
            .cast(pl.Int32)
            .rolling_sum_by("flight_date", f"{HISTORY_DAYS}d", closed="left")
            .over("name")
            .fill_null(0)
        )
        .pipe(_with_z, "late")
        .pipe(_with_z, "cancelled")
    )


def _with_z(days: pl.LazyFrame, what: str) -> pl.LazyFrame:
    """The median of the days before and the robust z of `share_{what}`; null where there is too little to say."""
    share, window = pl.col(f"share_{what}"), f"{HISTORY_DAYS}d"

    def trailing(quantile: float) -> pl.Expr:
        # closed="left": the day itself is no part of its past.
        rolled = share.rolling_quantile_by(
            "flight_date", window, quantile=quantile, interpolation="linear", closed="left"
        )
        return rolled.over("name")

    usual = pl.col("_middle").clip(SMALLEST_SHARE, 1 - SMALLEST_SHARE)
    chance = (usual * (1 - usual) / pl.col(COUNTED[what]).clip(1)).sqrt()
    spread = (pl.col("_high") - pl.col("_low")) / IQR_PER_SIGMA
    scale = pl.max_horizontal(spread, chance, pl.lit(SMALLEST_SCALE[what]))
    enough = (pl.col("history_days") >= LEAST_HISTORY_DAYS) & (pl.col("flights") >= LEAST_FLIGHTS)
    return (
        days.with_columns(_low=trailing(0.25), _high=trailing(0.75), _middle=trailing(0.5))
        .with_columns(
            pl.col("_middle").alias(f"{what}_median"),
            pl.when(enough).then((share - pl.col("_middle")) / scale).alias(f"{what}_z"),
        )
        .drop("_low", "_high", "_middle")
    )
