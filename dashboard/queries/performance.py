"""Punctuality of any selection of flights: totals, over time, by airline, by route. From `summary_routes` alone.

Every figure is a ratio of sums, as docs/figures.md#punctuality has it; 0 over 0 is null.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import polars as pl

from aeroflux_assets.contracts.summaries_delay import DELAY_CAUSES, SUMMARY_ROUTES
from aeroflux_assets.lake import Lake
from dashboard.queries.names import MONTHS
from dashboard.queries.selection import Filters, where
from dashboard.queries.views import Wanted, committed, open_views, query

OUTCOMES = (
    "flights", "cancelled", "departed", "dep_on_time", "dep_delay_sum_min", "arrived", "arr_on_time", "late15",
    "arr_delay_sum_min",
)  # fmt: skip
CAUSES = tuple(f"{cause}_delay_min" for cause in DELAY_CAUSES)
_EXTRA = (
    "diverted",
    "caused",
    *CAUSES,
    "taxied_out",
    "taxi_out_sum_min",
    "blocked",
    "block_sum_min",
    "sched_block_sum_min",
)
# Shares and means of a row of sums.
PUNCTUALITY = """
    late15 / nullif(arrived, 0) AS share_late,
    1 - late15 / nullif(arrived, 0) AS a14,
    arr_on_time / nullif(arrived, 0) AS a0,
    dep_on_time / nullif(departed, 0) AS d0,
    cancelled / nullif(flights, 0) AS share_cancelled,
    1 - cancelled / nullif(flights, 0) AS completion,
    (arrived - late15) / nullif(flights, 0) AS on_time_dot,
    dep_delay_sum_min / nullif(departed, 0) AS mean_dep_delay_min,
    arr_delay_sum_min / nullif(arrived, 0) AS mean_arr_delay_min
"""
_CONTROLLABLE = "carrier_delay_min + late_aircraft_delay_min"
_ALL_CAUSES = " + ".join(CAUSES)
_DETAILS = f"""
    diverted / nullif(flights, 0) AS share_diverted,
    ({_CONTROLLABLE}) / nullif({_ALL_CAUSES}, 0) AS share_controllable,
    ({_ALL_CAUSES}) / nullif(caused, 0) AS min_per_late,
    taxi_out_sum_min / nullif(taxied_out, 0) AS mean_taxi_out_min,
    block_sum_min / nullif(blocked, 0) AS mean_block_min,
    (sched_block_sum_min - block_sum_min) / nullif(blocked, 0) AS mean_spare_block_min
"""


def sums(columns: Iterable[str]) -> str:
    """`sum(...)` of each column under its own name; BIGINT, since DuckDB would widen to 128 bits."""
    return ", ".join(f"sum({column})::BIGINT AS {column}" for column in columns)


def grouped(lake: Lake, filters: Filters, *keys: str) -> pl.DataFrame:
    """The selection's sums and figures by `keys`, of year, month, carrier, origin, dest; sorted by them."""
    names = ", ".join(keys)
    by = (f"{names},", f"GROUP BY {names}", f"ORDER BY {names}") if keys else ("", "", "")
    return _summed(lake, filters, *by)


def _summed(lake: Lake, filters: Filters, keys: str, group: str, order: str) -> pl.DataFrame:
    condition = where(filters)
    sql = f"""
        WITH summed AS (
            SELECT {keys} {sums((*OUTCOMES, *_EXTRA))}, max(distance_mi) AS distance_mi
            FROM summary_routes WHERE {condition.sql} {group}
        )
        SELECT *, {PUNCTUALITY}, {_DETAILS} FROM summed {order}
    """
    wanted = Wanted(SUMMARY_ROUTES, committed(lake, SUMMARY_ROUTES, "year", filters.years))
    with open_views(lake, [wanted]) as con:
        return query(con, sql, condition.params)


@dataclass(frozen=True)
class Traffic:
    """A selection whole, by year, and by month: `totals`, `by_year` and `over_time` of one reading of the summary."""

    totals: dict[str, float | None]
    years: pl.DataFrame
    months: pl.DataFrame


def traffic(lake: Lake, filters: Filters) -> Traffic:
    """What the overview shows of a selection, in one pass instead of three."""
    level = "grouping(year) + grouping(month) AS level, year, month,"
    rows = _summed(
        lake, filters, level, "GROUP BY GROUPING SETS ((), (year), (year, month))", "ORDER BY year, month"
    )
    whole, years, months = (rows.filter(level=each).drop("level") for each in (2, 1, 0))
    return Traffic(
        whole.drop("year", "month").row(0, named=True),
        years.drop("month"),
        months.pipe(_with_causes_per_arrival),
    )


def totals(lake: Lake, filters: Filters) -> dict[str, float | None]:
    """The selection as one row: sums, and figures null where nothing was counted."""
    return grouped(lake, filters).row(0, named=True)


def over_time(lake: Lake, filters: Filters) -> pl.DataFrame:
    """A row a month of the selection: `date` (its first), figures, and minutes by cause for each arrival.

    A month whose late arrivals have no causes reported has null minutes, not 0.
    """
    return grouped(lake, filters, "year", "month").pipe(_with_causes_per_arrival)


def _with_causes_per_arrival(months: pl.DataFrame) -> pl.DataFrame:
    reported = (pl.col("caused") > 0) | (pl.col("late15") == 0)
    return months.with_columns(
        pl.date("year", "month", 1).alias("date"),
        *(
            pl.when(reported).then(pl.col(cause) / pl.col("arrived")).alias(f"{cause}_per_arrival")
            for cause in CAUSES
        ),
    )


def airlines(lake: Lake, filters: Filters) -> pl.DataFrame:
    """A row a carrier, most flights first."""
    return grouped(lake, filters, "carrier").sort("flights", "carrier", descending=[True, False])


def airports(lake: Lake, filters: Filters) -> pl.DataFrame:
    """A row an origin, most flights first."""
    return grouped(lake, filters, "origin").sort("flights", "origin", descending=[True, False])


def routes(lake: Lake, filters: Filters) -> pl.DataFrame:
    """A row a route (directed), most flights first."""
    return grouped(lake, filters, "origin", "dest").sort(
        "flights", "origin", "dest", descending=[True, False, False]
    )


def routes_by_carrier(lake: Lake, filters: Filters, chosen: Iterable[tuple[str, str]]) -> pl.DataFrame:
    """A row a chosen route and carrier; whatever airports are chosen at the left, the routes decide."""
    pairs = pl.DataFrame(list(chosen), schema={"origin": pl.String, "dest": pl.String}, orient="row")
    near = replace(filters, airports=tuple(pairs["origin"].unique().sort().to_list()))
    return (
        grouped(lake, near, "origin", "dest", "carrier")
        .join(pairs, on=["origin", "dest"], how="semi")
        .sort("origin", "dest", "flights", descending=[False, False, True])
    )


def trend(lake: Lake, filters: Filters, by: str, names: Iterable[str], *, monthly: bool) -> pl.DataFrame:
    """The figures of each of `names` over time. by: carrier or origin. `date`: first day of year or month.

    A month or year in between that the lake does not have is a row of nulls.
    """
    time = ("year", "month") if monthly else ("year",)
    wanted = list(names)
    if by == "origin":
        filters = replace(filters, airports=tuple(wanted))
    frame = grouped(lake, filters, *time, by).filter(pl.col(by).is_in(wanted))
    first = pl.date("year", "month" if monthly else 1, 1)
    return frame.with_columns(date=first).sort(by, "date").pipe(_with_gaps, by, "1mo" if monthly else "1y")


def _with_gaps(rows: pl.DataFrame, by: str, every: str) -> pl.DataFrame:
    """Null rows where a month or year is not in the lake, so that no line is drawn over it."""
    if rows.is_empty():
        return rows
    whole = rows.select(pl.date_range(pl.col("date").min(), pl.col("date").max(), every).alias("date"))
    return (
        whole.join(rows.select(by).unique(), how="cross")
        .join(rows, on=[by, "date"], how="left")
        .sort(by, "date")
    )


def by_year(lake: Lake, filters: Filters) -> pl.DataFrame:
    """A row a year of the selection."""
    return grouped(lake, filters, "year")


def newest_month(lake: Lake) -> str | None:
    """The newest month with flights that are summarized: `Dec 2025`; None without any."""
    years = [int(each["year"]) for each in lake.partitions(SUMMARY_ROUTES.name)]
    if not years:
        return None
    months = grouped(lake, Filters((max(years),), None), "month")
    return None if months.is_empty() else f"{MONTHS[months['month'][-1] - 1]} {max(years)}"
