"""Delays looked at from every side: size, clock, calendar, weather, what legs hand on, the network."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from aeroflux_assets.contracts.base import Contract
from aeroflux_assets.contracts.cleaned import AIRPORTS
from aeroflux_assets.contracts.summaries_delay import (
    SUMMARY_DAYS,
    SUMMARY_DELAYS,
    SUMMARY_HOURS,
    SUMMARY_NETWORK,
    SUMMARY_TURNAROUNDS,
    SUMMARY_WAVES,
    SUMMARY_WEATHER,
)
from aeroflux_assets.lake import Lake
from aeroflux_assets.summaries.buckets import INBOUND, TURNAROUND, WEATHER_SCALES
from dashboard.queries.names import MONTHS, WEEKDAYS
from dashboard.queries.performance import OUTCOMES, PUNCTUALITY, sums
from dashboard.queries.selection import Filters, where
from dashboard.queries.views import Wanted, committed, open_views, query

NEAR_HOLIDAY_DAYS = 3
SCALES = {scale.name: scale for scale in WEATHER_SCALES}


def _read(
    lake: Lake, contract: Contract, filters: Filters, sql: str, *, month: str = "month"
) -> pl.DataFrame:
    """A query over the chosen years of one summary; `{where}` in it is the filters."""
    condition = where(filters, month=month)
    with open_views(lake, [Wanted(contract, committed(lake, contract, "year", filters.years))]) as con:
        return query(con, sql.replace("{where}", condition.sql), condition.params)


def distribution(lake: Lake, filters: Filters) -> pl.DataFrame:
    """bin_min (lower edge of five minutes), departures, arrivals, and each as a share of all of its kind."""
    frame = _read(
        lake,
        SUMMARY_DELAYS,
        filters,
        f"""
        SELECT bin_min, {sums(("departures", "arrivals"))} FROM summary_delays
        WHERE {{where}} GROUP BY bin_min ORDER BY bin_min
        """,
    )
    return frame.with_columns(
        (pl.col(kind) / pl.col(kind).sum()).alias(f"share_{kind}") for kind in ("departures", "arrivals")
    )


def at_most(bins: pl.DataFrame, kind: str, share: float) -> float | None:
    """The delay that `share` of all stay under, minutes, read off the bins with even spread inside a bin.

    bins: `distribution`. kind: departures or arrivals. None without any.
    """
    counts = bins.select("bin_min", kind).filter(pl.col(kind) > 0).sort("bin_min")
    total = int(counts[kind].sum())
    if not total:
        return None
    below = counts.with_columns(before=pl.col(kind).cum_sum() - pl.col(kind))
    row = below.filter(pl.col("before") + pl.col(kind) >= share * total).row(0, named=True)
    return float(row["bin_min"] + 5 * (share * total - row["before"]) / row[kind])


def by_hour(lake: Lake, filters: Filters) -> pl.DataFrame:
    """A row an hour of the scheduled departure, 0 to 23, local or in UTC as the filters say."""
    hour = "hour_utc" if filters.utc else "hour_local"
    return _figures(lake, SUMMARY_HOURS, filters, hour, "hour")


@dataclass(frozen=True)
class Calendar:
    """`by_weekday`, `by_calendar_month` and `by_holiday` of one reading of the summary."""

    weekdays: pl.DataFrame
    months: pl.DataFrame
    holidays: pl.DataFrame


def calendar(lake: Lake, filters: Filters) -> Calendar:
    """The selection by weekday, by month of the year, and around holidays."""
    days = _figures(lake, SUMMARY_DAYS, filters, "flight_date", "flight_date", month="month(flight_date)")
    near = pl.DataFrame(
        _near_holidays(filters.years),
        schema={"flight_date": pl.Date, "holiday": pl.String, "offset": pl.Int32},
        orient="row",
    )
    at = pl.col("flight_date").dt
    dated = days.join(near, on="flight_date", how="left").with_columns(number=at.weekday(), month=at.month())
    weekdays = _summed_by(lake, dated, "number").with_columns(
        pl.col("number").cast(pl.Int64),
        weekday=pl.col("number").cast(pl.Int64).replace_strict(dict(enumerate(WEEKDAYS, 1)), default=None),
    )
    names = dict(enumerate(MONTHS, 1))
    months = _summed_by(lake, dated, "month").with_columns(
        name=pl.col("month").cast(pl.Int64).replace_strict(names, default=None)
    )
    return Calendar(weekdays, months, _summed_by(lake, dated, "holiday", "offset"))


def _summed_by(lake: Lake, rows: pl.DataFrame, *keys: str) -> pl.DataFrame:
    """Sums of a frame by some of its columns, with the figures that follow from them; nulls first."""
    names = ", ".join(f'"{key}"' for key in keys)
    order = ", ".join(f'"{key}" NULLS FIRST' for key in keys)
    with open_views(lake) as con:
        con.register("rows", rows.to_arrow())
        return query(
            con,
            f"""
            WITH summed AS (SELECT {names}, {sums(OUTCOMES)} FROM rows GROUP BY {names})
            SELECT *, {PUNCTUALITY} FROM summed ORDER BY {order}
            """,
        )


def by_weekday(lake: Lake, filters: Filters) -> pl.DataFrame:
    """A row a weekday of the local departure date, Monday first: number, weekday, figures."""
    return calendar(lake, filters).weekdays


def by_calendar_month(lake: Lake, filters: Filters) -> pl.DataFrame:
    """A row a month of the year, the chosen years together: month, name, figures."""
    return calendar(lake, filters).months


def by_holiday(lake: Lake, filters: Filters) -> pl.DataFrame:
    """Around the US holidays: holiday, offset (days from it, -3 to 3), figures; ordinary days have a null holiday.

    A day near two holidays belongs to the nearer one, the earlier where both are as near. Observed days count
    as the holiday.
    """
    return calendar(lake, filters).holidays


def _near_holidays(years: tuple[int, ...]) -> list[tuple[date, str, int]]:
    import holidays

    if not years:
        return []
    free = holidays.country_holidays("US", years=range(min(years) - 1, max(years) + 2), observed=True)
    named = {day: _short(free[day]) for day in sorted(free)}
    found = []
    for day, name in named.items():
        for offset in range(-NEAR_HOLIDAY_DAYS, NEAR_HOLIDAY_DAYS + 1):
            at = day + timedelta(days=offset)
            # The earlier of two that are as near.
            around = (at + timedelta(days=k * way) for k in range(NEAR_HOLIDAY_DAYS + 1) for way in (-1, 1))
            if next(each for each in around if each in named) == day:
                found.append((at, name, offset))
    return found


def _short(name: str) -> str:
    """`Juneteenth National Independence Day (observed)` as people say it: `Juneteenth`."""
    first = name.split(";")[0].removesuffix(" (observed)").strip()
    return first.removesuffix(" National Independence Day")


def by_weather(lake: Lake, filters: Filters, factor: str) -> pl.DataFrame:
    """A row a bucket of one scale of weather at the origin: bucket, label, figures."""
    sql = f"""
        WITH summed AS (
            SELECT bucket, {sums(OUTCOMES)} FROM summary_weather
            WHERE factor = '{SCALES[factor].name}' AND {{where}} GROUP BY bucket
        )
        SELECT *, {PUNCTUALITY} FROM summed ORDER BY bucket
    """
    labels = dict(enumerate(SCALES[factor].labels))
    frame = _read(lake, SUMMARY_WEATHER, filters, sql)
    return frame.with_columns(label=pl.col("bucket").cast(pl.Int64).replace_strict(labels, default=None))


_CARRIED = ("legs", "inbound_delay_sum_min", "passed_sum_min", "dep_delay_sum_min", "dep_late15")
_CARRIED_FIGURES = """
    passed_sum_min / nullif(inbound_delay_sum_min, 0) AS pass_through,
    dep_delay_sum_min / nullif(legs, 0) AS mean_dep_delay_min,
    dep_late15 / nullif(legs, 0) AS share_dep_late
"""


@dataclass(frozen=True)
class Carried:
    """What legs hand on: by scheduled turnaround and inbound delay (`cells`), by turnaround, carrier, and origin.

    cells, turnarounds: numbers and labels of both scales, legs, figures. carriers, origins: most legs first.
    """

    cells: pl.DataFrame
    turnarounds: pl.DataFrame
    carriers: pl.DataFrame
    origins: pl.DataFrame


def carried(lake: Lake, filters: Filters, least_legs: int = 100) -> Carried:
    """What legs hand on, of one reading of the summary; no carrier or origin with fewer than `least_legs`."""
    keys = ("turnaround", "inbound", "carrier", "origin")
    levels = {name: f"1 - grouping({name}) AS has_{name}" for name in keys}
    sql = f"""
        WITH summed AS (
            SELECT {", ".join(keys)}, {", ".join(levels.values())}, {sums(_CARRIED)}
            FROM summary_turnarounds WHERE {{where}}
            GROUP BY GROUPING SETS ((turnaround, inbound), (turnaround), (carrier), (origin))
        )
        SELECT *, {_CARRIED_FIGURES} FROM summed ORDER BY turnaround, inbound
    """
    rows = _read(lake, SUMMARY_TURNAROUNDS, filters, sql)

    def level(*names: str) -> pl.DataFrame:
        here = pl.all_horizontal((pl.col(f"has_{name}") == int(name in names)) for name in keys)
        rest = [name for name in keys if name not in names]
        return rows.filter(here).drop(rest, [f"has_{name}" for name in keys]).pipe(_labelled)

    def places(name: str) -> pl.DataFrame:
        enough = level(name).filter(pl.col("legs") >= least_legs)
        return enough.sort("legs", name, descending=[True, False])

    return Carried(level("turnaround", "inbound"), level("turnaround"), places("carrier"), places("origin"))


def _labelled(rows: pl.DataFrame) -> pl.DataFrame:
    scales = (("turnaround", TURNAROUND.labels), ("inbound", INBOUND.labels))
    return rows.with_columns(
        pl.col(scale)
        .cast(pl.Int64)
        .replace_strict(dict(enumerate(labels)), default=None)
        .alias(f"{scale}_label")
        for scale, labels in scales
        if scale in rows.columns
    )


def by_wave(lake: Lake, filters: Filters) -> pl.DataFrame:
    """A row a wave (number of the leg in the aircraft's day): wave, label, figures, late-aircraft minutes a flight."""
    sql = f"""
        WITH summed AS (
            SELECT wave, {sums((*OUTCOMES, "late_aircraft_delay_min"))} FROM summary_waves
            WHERE {{where}} GROUP BY wave
        )
        SELECT *, {PUNCTUALITY}, late_aircraft_delay_min / nullif(arrived, 0) AS late_aircraft_min_per_arrival
        FROM summed ORDER BY wave
    """
    label = pl.when(pl.col("wave") == 8).then(pl.lit("8 or later")).otherwise(pl.col("wave").cast(pl.String))
    return _read(lake, SUMMARY_WAVES, filters, sql).with_columns(label=label)


def centrality(lake: Lake, year: int, least_flights: int = 0) -> pl.DataFrame:
    """Each airport of a year: degree, betweenness, pagerank, figures, and where it lies (null if unknown)."""
    wanted = [Wanted(SUMMARY_NETWORK, committed(lake, SUMMARY_NETWORK, "year", [year])), Wanted(AIRPORTS)]
    sql = f"""
        SELECT n.*, {PUNCTUALITY}, a.municipality AS city, a.latitude_deg, a.longitude_deg
        FROM summary_network n LEFT JOIN airports a USING (airport)
        WHERE flights >= ? ORDER BY pagerank DESC
    """
    with open_views(lake, wanted) as con:
        return query(con, sql, [least_flights])


def _figures(
    lake: Lake, contract: Contract, filters: Filters, key: str, name: str, *, month: str = "month"
) -> pl.DataFrame:
    sql = f"""
        WITH summed AS (
            SELECT {key} AS {name}, {sums(OUTCOMES)} FROM {contract.name} WHERE {{where}} GROUP BY {name}
        )
        SELECT *, {PUNCTUALITY} FROM summed ORDER BY {name}
    """
    return _read(lake, contract, filters, sql, month=month)
