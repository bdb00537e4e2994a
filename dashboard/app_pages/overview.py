"""The desk at a glance: punctuality, delays over time and by cause, the model in a line, what is made and how fresh."""

import polars as pl
import streamlit as st

from aeroflux_assets.lake import Lake
from dashboard.app_pages import _parts as parts
from dashboard.app_pages._remember import remember
from dashboard.charts import delays as delay_charts
from dashboard.charts import overview as charts
from dashboard.filters import Filters
from dashboard.queries import gaps, inventory, performance
from dashboard.queries import overview as queries

_ROUTES = ("summary_routes",)


def _headline(lake: Lake, filters: Filters, summarized: bool) -> None:
    totals = remember(lake, _ROUTES, performance.traffic, filters).totals if summarized else {}
    cells = [
        ("Flights", _flights(lake, filters, totals), "scheduled, cancelled and diverted ones included"),
        ("Late", parts.percent(totals.get("share_late")), "arrived 15 minutes late or more"),
        ("D0", parts.percent(totals.get("d0")), "left the gate on or before the minute"),
        ("A0", parts.percent(totals.get("a0")), "at the gate on or before the minute"),
        ("A14", parts.percent(totals.get("a14")), "at the gate less than 15 minutes late"),
        ("Completion", parts.percent(totals.get("completion")), "of scheduled flights were not cancelled"),
        ("Arrival delay", parts.minutes(totals.get("mean_arr_delay_min")), "mean, early arrivals negative"),
    ]
    parts.metrics(
        cells, "punctuality", ("flights", "late", "d0", "a0", "a14", "completion", "mean_arr_delay")
    )
    st.caption(f"{gaps.spelled(filters.years)}. {_fresh(lake, filters)}")
    metrics = remember(lake, ("metrics",), queries.metrics_frame)
    st.markdown(f":material/model_training: {queries.model_line(metrics, filters.cutoff)}")


def _flights(lake: Lake, filters: Filters, totals: dict[str, float | None]) -> str:
    if totals:
        return f"{totals['flights'] or 0:,.0f}"
    if filters.narrowed:  # only the summaries know months, carriers and airports
        return parts.NOTHING
    commits = (lake.commit_of("cleaned_flights", {"year": year}) for year in filters.years)
    return f"{sum(commit.rows for commit in commits if commit):,}"


def _fresh(lake: Lake, filters: Filters) -> str:
    """How new the flights and the tables are, and what upstream did not have."""
    partitions = remember(lake, lake.tables(), inventory.partitions_frame)
    tables = inventory.tables_frame(partitions)
    made = tables.filter(pl.col("partitions") > 0)
    newest = remember(lake, _ROUTES, performance.newest_month)
    said = [
        f"Newest flights {newest}" if newest else None,
        f"tables last made {partitions.sort('committed_at')['committed_at'][-1]:%Y-%m-%d %H:%M} UTC",
        f"{made.height} of {tables.height} tables",
    ]
    absent = sum(len(months) for months in inventory.missing_months(lake, filters.years).values())
    if aside := int(queries.quarantine_frame(lake, filters.years)["rows"].sum()):
        said.append(f"raw rows set aside by cleaning: {aside:,}")
    said.append(f"months that upstream did not have: {absent}" if absent else None)
    return " · ".join(part for part in said if part) + "."


def _traffic(lake: Lake, filters: Filters, summarized: bool) -> None:
    if summarized:
        found = remember(lake, _ROUTES, performance.traffic, filters)
        months, years = found.months, found.years
    elif filters.narrowed:
        return
    else:
        months = queries.months_frame(lake, filters.years)
        years = queries.years_frame(lake, filters.years)
    if years.is_empty():
        if summarized:
            parts.nothing_fits()
        return
    left, right = st.container(key="pair_traffic").columns([2, 3], gap="large")
    with left:
        parts.figure(
            charts.share_by_year(years), years, "by-year", "Late and cancelled by year", ("late", "cancelled")
        )
    with right:
        if months.is_empty():
            parts.missing("Monthly figures are not summarized yet.")
        else:
            parts.figure(charts.month_heatmap(months), months, "by-month", "Late by month", ("late",))
    if summarized:
        _causes(months)


def _causes(months: pl.DataFrame) -> None:
    reported = months.filter(pl.col("caused") > 0)
    if reported.is_empty():
        parts.header("Minutes by cause", "causes", None, ("causes",))
        st.caption("No causes are reported for these flights.")
        return
    absent = months.height - reported.height
    caption = f"Months without reported causes are left out: {absent}." if absent else None
    figure = delay_charts.causes_over_time(reported)
    parts.figure(figure, reported, "causes", "Minutes of delay by cause", ("causes", "controllable"), caption)


def _matches(lake: Lake, filters: Filters) -> None:
    st.subheader("Weather and upstream legs")
    cutoffs = remember(lake, ("summary_cutoffs",), queries.cutoffs_frame, filters.years)
    if filters.cutoff:
        cutoffs = cutoffs.filter(pl.col("cutoff") == filters.cutoff)
    left, right = st.container(key="pair_matches").columns([4, 5], gap="large")
    with left:
        if cutoffs.is_empty():
            parts.missing("What was known at the cutoffs is not summarized yet.")
        else:
            caption = (
                "As a share of all flights: every year and carrier chosen or not, months and places together."
            )
            parts.figure(
                charts.links_by_cutoff(cutoffs), cutoffs, "links", "What is known of a flight at each cutoff",
                ("cutoff", "inbound", "weather_at"), caption,
            )  # fmt: skip
    with right:
        years = remember(lake, ("summary_years",), queries.years_frame, filters.years)
        if years.is_empty():
            parts.missing("Match rates by year are not summarized yet.")
            return
        shares = {
            "share_weather_both": "weather, both ends",
            "share_continuous": "aircraft was there",
            "share_swap_shaped": "swap-shaped",
        }
        terms = ("weather_at", "continuous", "swap_shaped")
        parts.table(
            years.select("year", *shares), "matches", "With hindsight, by year", terms,
            column_config={
                "year": st.column_config.NumberColumn(format="%d", width=60),
                **{k: st.column_config.NumberColumn(v, format="percent") for k, v in shares.items()},
            },
        )  # fmt: skip


def _tables(lake: Lake) -> None:
    partitions = remember(lake, lake.tables(), inventory.partitions_frame)
    tables = inventory.tables_frame(partitions)
    parts.table(
        tables, "tables", "What is made, and when", (),
        f"{lake.root}: {sum(tables['bytes']) / 1e6:,.0f} MB in {partitions.height} partitions; each of them is on the "
        "page Data health.",
        {
            "rows": parts.COUNT,
            "bytes": st.column_config.NumberColumn("size", format="bytes"),
            "last_made": st.column_config.DatetimeColumn("made (UTC)", format="YYYY-MM-DD HH:mm", timezone="UTC"),
        },
        height=360,
    )  # fmt: skip


def page() -> None:
    """Draw the overview."""
    lake: Lake = st.session_state["lake"]
    filters: Filters = st.session_state["filters"]
    st.title("Overview")
    # A year that is not summarized yet is left out, and said so, where others are.
    absent = gaps.lacking(lake, _ROUTES, filters.years)
    summarized = len(absent) < len(filters.years)
    if summarized and absent:
        parts.missing(f"Punctuality: {gaps.spelled(absent)} not summarized yet.", gaps.command_for(absent))
    _headline(lake, filters, summarized)
    if found := gaps.gaps(lake, filters.years):
        with st.expander(f"Not in the lake yet: {len(found)}", icon=":material/inventory_2:"):
            for gap in found:
                st.markdown(f"- {gap.text}")
    _traffic(lake, filters, summarized)
    _matches(lake, filters)
    _tables(lake)


page()
