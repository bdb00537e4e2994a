"""What is in the lake: traffic and delays by year and month, matches, data health, models, tables."""

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
from dashboard.queries.names import MONTHS

SHARE, COUNT, MINUTES, NOTHING = parts.SHARE, parts.COUNT, parts.MINUTES, parts.NOTHING
SCORE = st.column_config.NumberColumn(format="%.4f")
_ROUTES = ("summary_routes",)


def _headline(lake: Lake, filters: Filters, summarized: bool) -> None:
    totals = remember(lake, _ROUTES, performance.totals, filters) if summarized else {}
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
    metrics = remember(lake, ("metrics",), queries.metrics_frame, filters.cutoff)
    if line := queries.model_line(metrics):
        st.markdown(f":material/model_training: {line}")


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
    said.append(f"months that upstream did not have: {absent}" if absent else None)
    return " · ".join(part for part in said if part) + "."


def _traffic(lake: Lake, filters: Filters, summarized: bool) -> None:
    if summarized:
        months = remember(lake, _ROUTES, performance.over_time, filters)
        years = remember(lake, _ROUTES, performance.by_year, filters)
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


def _matches(lake: Lake, filters: Filters, years: pl.DataFrame) -> None:
    st.subheader("Weather and upstream legs")
    cutoffs = queries.cutoffs_frame(lake, filters.years)
    if filters.cutoff:
        cutoffs = cutoffs.filter(pl.col("cutoff") == filters.cutoff)
    left, right = st.container(key="pair_matches").columns([4, 5], gap="large")
    with left:
        if cutoffs.is_empty():
            st.info("What was known at the cutoffs is not summarized yet: `aeroflux run` makes it.")
        else:
            st.caption("What is known of a flight at each cutoff, as a share of all flights")
            st.plotly_chart(charts.links_by_cutoff(cutoffs), width="stretch", key="links")
    with right:
        st.caption("With hindsight, by year")
        shares = {
            "share_weather_both": "weather, both ends",
            "share_continuous": "aircraft was there",
            "share_swap_shaped": "swap-shaped",
        }
        if years.is_empty():
            st.write(NOTHING)
        else:
            st.dataframe(
                years.select("year", *shares),
                width="stretch",
                hide_index=True,
                column_config={
                    "year": st.column_config.NumberColumn(format="%d", width=60),
                    **{k: st.column_config.NumberColumn(v, format="percent") for k, v in shares.items()},
                },
            )
            st.caption(
                "*Aircraft was there*: the tail's last leg ended where this one began. *Swap-shaped*: "
                "it did not, or the turnaround was too short to be planned."
            )


def _health(lake: Lake, filters: Filters, years: pl.DataFrame) -> None:
    left, right = st.container(key="pair_health").columns(2, gap="large")
    with left:
        st.subheader("Set aside by cleaning")
        quarantine = queries.quarantine_frame(lake, filters.years)
        if quarantine.is_empty():
            st.success("No row of these years was set aside.", icon=":material/check:")
        else:
            st.plotly_chart(charts.quarantine_bars(quarantine), width="stretch", key="quarantine")
        absent = inventory.missing_months(lake, filters.years)
        st.subheader("Missing months")
        if absent:
            for year, months in absent.items():
                st.markdown(f"**{year}**: {', '.join(MONTHS[month - 1] for month in months)}")
        else:
            st.markdown("None: every month asked for was there.")
    with right:
        st.subheader("Clocks that disagree")
        st.caption("Derived from the schedule and BTS's own minutes, against the published clock")
        if years.is_empty():
            st.info("Not summarized yet: `aeroflux run` makes it.")
        else:
            st.dataframe(
                queries.clocks_frame(years).select("year", "clock", "any", "over15"),
                width="stretch",
                hide_index=True,
                column_config={
                    "year": st.column_config.NumberColumn(format="%d", width=60),
                    "any": st.column_config.NumberColumn("at all", format="localized"),
                    "over15": st.column_config.NumberColumn("over 15 min", format="localized"),
                },
            )
    st.subheader("Counted by cleaning")
    st.dataframe(
        queries.cleaning_notes(lake, filters.years),
        width="stretch",
        hide_index=True,
        column_config={
            "year": st.column_config.NumberColumn(format="%d"),
            "rows_in": st.column_config.NumberColumn("raw rows", format="localized"),
            "duplicates": COUNT,
            "unplaceable_cancelled": st.column_config.NumberColumn("cancelled, no place", format="localized"),
            "unmatched_airports": "airports not found",
        },
    )


def _models(lake: Lake, filters: Filters) -> None:
    metrics = remember(lake, ("metrics",), queries.metrics_frame, filters.cutoff)
    if metrics.is_empty():
        at = f" at {filters.cutoff}" if filters.cutoff else ""
        st.info(
            f"No model is measured{at} yet: `aeroflux run` trains and scores.",
            icon=":material/model_training:",
        )
        return
    whole = metrics.filter(pl.col("slice") == "all")
    if whole["cutoff"].n_unique() > 1:
        st.caption("AUC against the cutoff, mean of the scored years")
        st.plotly_chart(charts.auc_by_cutoff(whole), width="stretch", key="auc")
    st.caption(
        "Every scored year, whatever years are chosen: a year is scored by models of earlier years only."
    )
    st.dataframe(
        metrics.drop("lead_min"),
        width="stretch",
        hide_index=True,
        column_order=(
            "scored_year", "role", "cutoff", "feature_set", "slice", "rows", "base_rate", "auc", "pr_auc",
            "brier", "ece", "mae", "rmse", "f1", "train_years", "train_rows", "seconds",
        ),
        column_config={
            "scored_year": st.column_config.NumberColumn("scored", format="%d"),
            "feature_set": "feature set",
            "rows": COUNT,
            "train_rows": COUNT,
            "base_rate": SHARE,
            **dict.fromkeys(("auc", "pr_auc", "brier", "ece"), SCORE),
            **dict.fromkeys(("mae", "rmse"), MINUTES),
            "f1": st.column_config.NumberColumn(format="%.3f"),
            "seconds": st.column_config.NumberColumn(format="%.0f"),
        },
    )  # fmt: skip


def _tables(lake: Lake) -> None:
    partitions = remember(lake, lake.tables(), inventory.partitions_frame)
    tables = inventory.tables_frame(partitions)
    st.caption(f"{lake.root}: {sum(tables['bytes']) / 1e6:,.0f} MB in {partitions.height} partitions")
    config = {
        "rows": COUNT,
        "bytes": st.column_config.NumberColumn("size", format="bytes"),
        **{
            name: st.column_config.DatetimeColumn("made (UTC)", format="YYYY-MM-DD HH:mm", timezone="UTC")
            for name in ("last_made", "committed_at")
        },
    }
    st.dataframe(
        tables, width="stretch", hide_index=True, column_config=config, height=35 * (tables.height + 1) + 3
    )
    with st.expander("Every partition"):
        names: list[str] = partitions["table"].unique(maintain_order=True).to_list()
        table = st.selectbox("Table", names)
        mine = partitions.filter(pl.col("table") == table)
        st.dataframe(
            mine.select("partition", "rows", "bytes", "committed_at"),
            width="stretch",
            hide_index=True,
            column_config=config,
        )


def page() -> None:
    """Draw the overview."""
    lake: Lake = st.session_state["lake"]
    filters: Filters = st.session_state["filters"]
    st.title("Overview")
    summarized = not gaps.lacking(lake, _ROUTES, filters.years)
    _headline(lake, filters, summarized)
    if found := gaps.gaps(lake, filters.years):
        with st.expander(f"Not in the lake yet: {len(found)}", icon=":material/inventory_2:"):
            for gap in found:
                st.markdown(f"- {gap.text}")
    _traffic(lake, filters, summarized)
    years = queries.years_frame(lake, filters.years)
    _matches(lake, filters, years)
    models, health, tables = st.tabs(["Models", "Data health", "What is made, and when"])
    with models:
        _models(lake, filters)
    with health:
        _health(lake, filters, years)
    with tables:
        _tables(lake)


page()
