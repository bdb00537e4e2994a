"""The figures of the overview, from the summaries and the commits: no query here looks at flights."""

import polars as pl

from aeroflux_assets.contracts.model import METRICS
from aeroflux_assets.contracts.summaries import SUMMARY_CUTOFFS, SUMMARY_MONTHS, SUMMARY_YEARS
from aeroflux_assets.cutoffs import CUTOFFS
from aeroflux_assets.lake import Lake
from dashboard.queries.gaps import not_at
from dashboard.queries.inventory import notes_of
from dashboard.queries.views import Wanted, committed, open_views, query

Years = tuple[int, ...]

# Derived shares of a frame of counts. 0 over 0 is null, not 0: nothing was looked at.
_SHARES = """
    late15 / nullif(arrived, 0) AS share_late,
    cancelled / nullif(flights, 0) AS share_cancelled,
    diverted / nullif(flights, 0) AS share_diverted,
    dep_delay_sum_min / nullif(departed, 0) AS mean_dep_delay_min,
    arr_delay_sum_min / nullif(arrived, 0) AS mean_arr_delay_min,
    weather_both / nullif(flights, 0) AS share_weather_both,
    continuous / nullif(with_previous, 0) AS share_continuous,
    swap_shaped / nullif(with_tail, 0) AS share_swap_shaped
"""


def years_frame(lake: Lake, years: Years) -> pl.DataFrame:
    """One row a year of `summary_years`, with its shares."""
    with open_views(lake, [Wanted(SUMMARY_YEARS, committed(lake, SUMMARY_YEARS, "year", years))]) as con:
        return query(con, f"SELECT *, {_SHARES} FROM summary_years ORDER BY year")


def months_frame(lake: Lake, years: Years) -> pl.DataFrame:
    """One row a year and month of `summary_months`, with its shares."""
    with open_views(lake, [Wanted(SUMMARY_MONTHS, committed(lake, SUMMARY_MONTHS, "year", years))]) as con:
        return query(con, f"SELECT *, {_SHARES} FROM summary_months ORDER BY year, month")


def cutoffs_frame(lake: Lake, years: Years) -> pl.DataFrame:
    """One row a year and cutoff: shares with a vouched link, a departed or landed inbound, weather."""
    sql = """
        SELECT *,
            linked / nullif(flights, 0) AS share_linked,
            inbound_departed / nullif(linked, 0) AS share_inbound_departed,
            inbound_landed / nullif(linked, 0) AS share_inbound_landed,
            weather_both / nullif(flights, 0) AS share_weather_both
        FROM summary_cutoffs
    """
    with open_views(lake, [Wanted(SUMMARY_CUTOFFS, committed(lake, SUMMARY_CUTOFFS, "year", years))]) as con:
        return query(con, sql).pipe(_in_order_of_cutoff, "year")


def quarantine_frame(lake: Lake, years: Years) -> pl.DataFrame:
    """Year, reason and rows that cleaning set aside, as its commits note them; most rows first."""
    rows = [
        (year, str(reason), int(count))
        for year in years
        for reason, count in (notes_of(lake, "cleaned_flights", year).get("quarantined") or {}).items()
    ]
    schema = {"year": pl.Int32, "reason": pl.String, "rows": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row").sort("rows", "reason", descending=[True, False])


def metrics_frame(lake: Lake) -> pl.DataFrame:
    """How each scored year did, by cutoff and feature set; every scored year, whatever years are chosen.

    A scored year is judged by models of other years, so that hiding years would hide what it rests on.
    """
    sql = """
        SELECT scored_year, cutoff, feature_set, slice, role, train_years, train_rows, "rows", base_rate,
               auc, pr_auc, brier, ece, mae, f1, precision, recall, accuracy, rmse, seconds
        FROM metrics
    """
    with open_views(lake, [Wanted(METRICS, lake.partitions(METRICS.name))]) as con:
        frame = query(con, sql)
    # aeroflux_full is the project's own; the rest lead up to it.
    mine = (pl.col("feature_set") != "aeroflux_full").alias("other")
    order = ("scored_year", "other", "feature_set", "slice")
    return frame.with_columns(mine).pipe(_in_order_of_cutoff, *order).drop("other")


def model_line(metrics: pl.DataFrame, cutoff: str | None = None) -> str:
    """How well the models do, in a sentence: the newest scored year, our own set, every cutoff or the one given.

    metrics: `metrics_frame` of every cutoff. Without any to tell of: what makes them.
    """
    measured = metrics.filter((pl.col("slice") == "all") & pl.col("auc").is_not_null())
    whole = measured if cutoff is None else measured.filter(pl.col("cutoff") == cutoff)
    if measured.is_empty():
        return "No model is measured yet: `aeroflux run` trains and scores."
    if whole.is_empty():
        made = measured.sort("lead_min")["cutoff"].unique(maintain_order=True)
        return f"Models are {not_at(str(cutoff), made)}."
    newest = whole.filter(pl.col("scored_year") == pl.col("scored_year").max())
    ours = newest.filter(pl.col("feature_set") == newest["feature_set"][0]).sort("lead_min")
    first = ours.row(0, named=True)
    scores = ", ".join(f"{row['auc']:.3f} at {row['cutoff']}" for row in ours.iter_rows(named=True))
    return (
        f"**{first['feature_set']}** on {first['scored_year']}, trained on earlier years only: AUC {scores}; "
        f"{first['base_rate']:.1%} of {first['rows']:,} flights were late."
    )


def _in_order_of_cutoff(frame: pl.DataFrame, first: str, *then: str) -> pl.DataFrame:
    lead = {cutoff.name: cutoff.lead_min for cutoff in CUTOFFS}
    lead_min = pl.col("cutoff").replace_strict(lead, default=None, return_dtype=pl.Int32)
    return frame.with_columns(lead_min.alias("lead_min")).sort(first, "lead_min", *then)
