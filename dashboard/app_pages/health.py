"""Data health: what is made, missing or stale, what was set aside, and what matches nothing."""

from typing import Any

import polars as pl
import streamlit as st

from aeroflux_assets.lake import Lake
from dashboard.app_pages import _parts as parts
from dashboard.app_pages._remember import remember
from dashboard.charts.health import made_grid
from dashboard.filters import Filters
from dashboard.queries import gaps, health, inventory
from dashboard.queries import overview as queries
from dashboard.queries.names import MONTHS

_BYTES = st.column_config.NumberColumn("size", format="bytes")
_YEAR = st.column_config.NumberColumn("year", format="%d", width=60)
_MADE = st.column_config.DatetimeColumn("made (UTC)", format="YYYY-MM-DD HH:mm", timezone="UTC")
SHOWN_TAILS = 200


def _all_tables() -> tuple[str, ...]:
    return tuple(health.BY_NAME)


def _narrowed(cells: pl.DataFrame, years: tuple[int, ...]) -> pl.DataFrame:
    return cells.filter(pl.col("year").is_in([*map(str, years), health.WHOLE]))


def _headline(lake: Lake, filters: Filters, cells: pl.DataFrame) -> None:
    counts = dict(cells.group_by("state").len().iter_rows())
    quarantined = queries.quarantine_frame(lake, filters.years)["rows"].sum()
    absent = sum(len(months) for months in inventory.missing_months(lake, filters.years).values())
    last = health.newest(cells)
    cells_of = [
        ("Partitions", f"{cells['made'].sum():,}", "committed, of the chosen years"),
        ("Stale", f"{counts.get(health.STALE, 0):,}", "tables and years with an input that was made again since"),
        ("Missing", f"{counts.get(health.MISSING, 0) + counts.get(health.PART, 0):,}",
         "tables and years that are not there, or not at every cutoff"),
        ("Size", f"{int(cells['bytes'].sum()) / 1e9:,.2f} GB", None),
        ("Set aside", f"{quarantined:,}", "raw rows that cleaning set aside"),
        ("Missing months", f"{absent:,}", "for which upstream had no file"),
    ]  # fmt: skip
    parts.metrics(cells_of, "health", ("quarantine", "stale"))
    if last:
        st.caption(
            f"{cells['rows'].sum():,} rows in {lake.root}, last committed to on {last:%Y-%m-%d at %H:%M} UTC."
        )


def _made(filters: Filters, cells: pl.DataFrame) -> None:
    rows = cells.drop("room")
    parts.figure(
        made_grid(cells), rows, "made", "What is made", ("stale",),
        "A fraction is cutoffs made of those that the lake has anywhere. Tables without years fill their row.",
    )  # fmt: skip
    absent = cells.filter(pl.col("state").is_in([health.MISSING, health.PART]))["table"].unique(
        maintain_order=True
    )
    if not absent.is_empty():
        names = ", ".join(absent.head(6)) + (f" and {absent.len() - 6} more" if absent.len() > 6 else "")
        parts.missing(f"Not there for every year and cutoff: {names}.", gaps.command_for(filters.years))
    stale = cells.filter(pl.col("state") == health.STALE)
    if not stale.is_empty():
        command = gaps.command_for(filters.years)
        parts.table(
            stale.select("table", "year", "why"), "stale", "Stale", ("stale",),
            f"`{command}` makes them again.", {"why": st.column_config.TextColumn(width="large")}, height=260,
        )  # fmt: skip


def _one_table(lake: Lake, made: list[health.Made]) -> None:
    names = [name for name in lake.tables() if name in health.BY_NAME]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        table = st.selectbox("Table", names, key="health_table", width=240, **parts.KEPT)
        partitions = lake.partitions(table)
        labels = [", ".join(f"{k} {v}" for k, v in each.items()) or "whole" for each in partitions]
        chosen = st.selectbox("Partition", labels, index=len(labels) - 1, width=240)
        go = st.button("Check its contract now", icon=":material/rule:")
    if go:
        with st.spinner("Reading every row of it"):
            broken = health.check(lake, table, partitions[labels.index(chosen)])
        if broken.is_empty():
            contract = health.BY_NAME[table]
            rules = len(contract.rules) + sum(not column.nullable for column in contract.columns)
            st.success(
                f"{table} {chosen} keeps its contract: {len(contract.columns)} columns, {rules} rules"
                + (f", key {', '.join(contract.key)}." if contract.key else "."),
                icon=":material/check:",
            )
        else:
            st.error(f"{table} {chosen} breaks its contract:", icon=":material/error:")
            st.dataframe(broken, hide_index=True)
    rows = health.partition_rows(lake, table, made)
    config: dict[str, Any] = {
        "rows": parts.COUNT, "bytes": _BYTES, "committed_at": _MADE,
        "notes": st.column_config.TextColumn("noted at its commit", width="large"),
    }  # fmt: skip
    parts.table(
        rows, "partitions", f"Partitions of {table}", caption="Every contract is checked when a table is made; "
        "the button checks one again.", column_config=config, height=330,
    )  # fmt: skip


def _quarantine(lake: Lake, filters: Filters) -> None:
    reasons = queries.quarantine_frame(lake, filters.years)
    if reasons.is_empty():
        parts.header("Set aside by cleaning", "quarantine", None, ("quarantine",))
        st.success("No row of these years was set aside.", icon=":material/check:")
        return
    parts.table(
        reasons, "quarantine", "Set aside by cleaning", ("quarantine",),
        column_config={"year": _YEAR, "rows": parts.COUNT},
    )  # fmt: skip
    samples = health.quarantine_samples(lake, filters.years)
    if not samples.is_empty():
        parts.table(
            samples, "quarantine-samples", "Sample rows", ("quarantine",),
            "The first rows of each reason and year, as published.",
            {"year": _YEAR, "FlightDate": st.column_config.DateColumn(format="YYYY-MM-DD")}, height=330,
        )  # fmt: skip


def _upstream(lake: Lake, filters: Filters) -> None:
    absent = inventory.missing_months(lake, filters.years)
    rows = pl.DataFrame(
        [(year, " ".join(MONTHS[month - 1] for month in months), len(months)) for year, months in absent.items()],
        schema={"year": pl.Int32, "which": pl.String, "months": pl.Int64}, orient="row",
    )  # fmt: skip
    left, right = st.container(key="pair_upstream").columns(2, gap="large")
    with left:
        if rows.is_empty():
            parts.header("Missing months", "months", None)
            st.success("None: every month asked for was there.", icon=":material/check:")
        else:
            config: dict[str, Any] = {"year": _YEAR, "which": st.column_config.TextColumn(width="large")}
            parts.table(rows, "months", "Missing months", caption="For which upstream had no file.",
                        column_config=config, column_order=("year", "months", "which"), height=260)  # fmt: skip
    with right:
        clocks = health.clock_counts(lake, filters.years)
        parts.table(
            clocks, "clock-counts", "Clocks that disagree",
            caption="Flights whose derived time differs from the published clock, and by whole hours of those.",
            column_config={
                "year": _YEAR, "differ": parts.COUNT,
                "whole_hours": st.column_config.NumberColumn("by whole hours", format="localized"),
            }, height=260,
        )  # fmt: skip
    _stations(lake, filters)


def _stations(lake: Lake, filters: Filters) -> None:
    found = health.stations(lake, filters.years)
    if found.is_empty():
        parts.missing("No weather was asked for in these years.", gaps.command_for(filters.years))
        return
    parts.table(
        found, "stations", "Weather stations", column_config={
            "year": _YEAR, "stations": st.column_config.NumberColumn("with a file", format="localized"),
            "missing": st.column_config.NumberColumn("without one", format="localized"),
            "partial": st.column_config.NumberColumn("in part", format="localized"),
            "airports_far": st.column_config.NumberColumn("airports with none near"),
            "airports_silent": st.column_config.NumberColumn("airports without weather"),
            "which": st.column_config.TextColumn("which", width="large"),
        }, height=260,
        caption="Station files that upstream had; airports with no station within reach, or none that reported.",
    )  # fmt: skip


def _unmatched(lake: Lake, filters: Filters) -> None:
    left, right = st.container(key="pair_unmatched").columns(2, gap="large")
    with left:
        airports = health.unmatched_airports(lake, filters.years)
        if airports.is_empty():
            parts.header("Airports not found", "airports", None)
            st.success("None: every airport flown from or to is known.", icon=":material/check:")
        else:
            parts.table(airports, "airports", "Airports not found", column_config={"year": _YEAR, "rows": parts.COUNT},
                        height=330)  # fmt: skip
    with right:
        have = [year for year in filters.years if lake.has("cleaned_flights", {"year": year})]
        if not have:
            parts.header("Tails not in the registry", "tails", None)
            st.write(parts.NOTHING)
            return
        year = st.selectbox("Tails of", have, index=len(have) - 1, key="health_year", width=120)
        tails = remember(lake, ("cleaned_flights", "raw_aircraft"), health.unmatched_tails, year)
        if tails is None:
            parts.missing("The registry (raw_aircraft) is not in the lake.")
        else:
            parts.table(
                tails.head(SHOWN_TAILS), "tails", "Tails not in the registry",
                caption=f"{tails.height:,} tails of {tails['flights'].sum():,} flights of {year}; the registry is "
                "today's, so that older aircraft are often gone from it.",
                column_config={"flights": parts.COUNT}, height=330,
            )  # fmt: skip


def page() -> None:
    """Draw the page."""
    lake: Lake = st.session_state["lake"]
    filters: Filters = st.session_state["filters"]
    st.title("Data health")
    made = remember(lake, _all_tables(), health.made_partitions)
    cells = _narrowed(health.grid(lake, made), filters.years)
    _headline(lake, filters, cells)
    _made(filters, cells)
    tabs = st.tabs(["Set aside", "Upstream and clocks", "Unmatched", "Partitions and contracts"])
    with tabs[0]:
        _quarantine(lake, filters)
    with tabs[1]:
        _upstream(lake, filters)
    with tabs[2]:
        _unmatched(lake, filters)
    with tabs[3]:
        _one_table(lake, made)


page()
