"""Days beyond their own history, with the reason that the data gives."""

from typing import Any

import polars as pl

from aeroflux_assets.contracts.summaries_delay import (
    CANCELLATIONS,
    DELAY_CAUSES,
    SUMMARY_DAYS,
    SUMMARY_OUTLIERS,
)
from aeroflux_assets.lake import Lake
from dashboard.queries.selection import Filters
from dashboard.queries.views import Wanted, committed, open_views, query

# Nobody reads further, and each gets its sentence.
MOST = 1000
SCOPES = ("airport", "carrier", "network")
_CAUSE_WORDS = {
    "carrier": "the carrier",
    "late_aircraft": "late inbound aircraft",
    "nas": "the air system",
    "weather": "weather",
    "security": "security",
}
# Weather that is worth a word: the wind of a 30-knot gale, under three miles, an hour of real rain.
_WIND_M_S, _VISIBILITY_M, _RAIN_MM = 15.0, 4_800, 4.0


def outliers(lake: Lake, filters: Filters, scope: str, least_flights: int = 0) -> pl.DataFrame:
    """The MOST flagged days of a scope that lie furthest beyond their history: `z` (the larger), `what`, `reason`.

    `found` is how many there are in all. Airports and carriers chosen at the left narrow their own scope.
    """
    chosen = {"airport": filters.airports, "carrier": filters.carriers, "network": ()}[scope]
    sql = """
        SELECT *, greatest(coalesce(late_z, 0), coalesce(cancelled_z, 0)) AS z,
            count(*) OVER () AS found
        FROM summary_outliers
        WHERE scope = ? AND flights >= ?
            AND (len(?::VARCHAR[]) = 0 OR list_contains(?::VARCHAR[], name))
            AND (len(?::INTEGER[]) = 0 OR list_contains(?::INTEGER[], month(flight_date)))
        ORDER BY z DESC, flight_date, name LIMIT ?
    """
    names, months = list(chosen), list(filters.months)
    wanted = Wanted(SUMMARY_OUTLIERS, committed(lake, SUMMARY_OUTLIERS, "year", filters.years))
    with open_views(lake, [wanted]) as con:
        frame = query(con, sql, [scope, least_flights, names, names, months, months, MOST])
    rows = frame.to_dicts()
    return frame.with_columns(
        pl.Series("what", [what(row) for row in rows], dtype=pl.String),
        pl.Series("reason", [reason(row) for row in rows], dtype=pl.String),
    )


def scopes_with_days(lake: Lake, filters: Filters) -> tuple[str, ...]:
    """The scopes of SCOPES, in its order, in which some day of the selection is flagged."""
    sql = """
        SELECT DISTINCT scope FROM summary_outliers
        WHERE (scope <> 'airport' OR len(?::VARCHAR[]) = 0 OR list_contains(?::VARCHAR[], name))
            AND (scope <> 'carrier' OR len(?::VARCHAR[]) = 0 OR list_contains(?::VARCHAR[], name))
            AND (len(?::INTEGER[]) = 0 OR list_contains(?::INTEGER[], month(flight_date)))
    """
    airports, carriers, months = list(filters.airports), list(filters.carriers), list(filters.months)
    wanted = Wanted(SUMMARY_OUTLIERS, committed(lake, SUMMARY_OUTLIERS, "year", filters.years))
    with open_views(lake, [wanted]) as con:
        found = query(con, sql, [airports, airports, carriers, carriers, months, months])["scope"].to_list()
    return tuple(scope for scope in SCOPES if scope in found)


def most_flights(lake: Lake, filters: Filters, scope: str) -> int:
    """The flights of the fullest day that a scope has in the selection: a day of fewer than some is not judged."""
    name, chosen = {
        "airport": ("origin", filters.airports),
        "carrier": ("carrier", filters.carriers),
        "network": ("'all'", ()),
    }[scope]
    sql = f"""
        SELECT coalesce(max(flights), 0)::BIGINT FROM (
            SELECT sum(flights) AS flights FROM summary_days
            WHERE (len(?::VARCHAR[]) = 0 OR list_contains(?::VARCHAR[], {name}))
                AND (len(?::INTEGER[]) = 0 OR list_contains(?::INTEGER[], month(flight_date)))
            GROUP BY flight_date, {name}
        )
    """
    names, months = list(chosen), list(filters.months)
    wanted = Wanted(SUMMARY_DAYS, committed(lake, SUMMARY_DAYS, "year", filters.years))
    with open_views(lake, [wanted]) as con:
        return int(query(con, sql, [names, names, months, months]).item())


def what(row: dict[str, Any]) -> str:
    """What was unusual: `62% late (usually 17%)`, `18% cancelled (usually 1%)`, or both."""
    parts = []
    for name, word in (("late", "late"), ("cancelled", "cancelled")):
        z = row[f"{name}_z"]
        if z is not None and z >= 3.5:
            parts.append(f"{row[f'share_{name}']:.0%} {word} (usually {row[f'{name}_median']:.0%})")
    return ", ".join(parts)


def reason(row: dict[str, Any]) -> str:
    """What the data says of it: delay minutes by cause, cancellations by code, the day's weather.

    >>> reason({"late15": 0, "cancelled": 0, "caused": 0, "observed": None})
    'nothing reported'
    """
    parts = [part for part in (_causes(row), _cancelled(row), _weather(row)) if part]
    return "; ".join(parts) or "nothing reported"


def _causes(row: dict[str, Any]) -> str:
    if not row["late15"]:
        return ""
    if not row["caused"]:
        return f"{row['late15']} late, no causes reported"
    minutes = {cause: row[f"{cause}_delay_min"] for cause in DELAY_CAUSES}
    total = sum(minutes.values())
    if not total:
        return ""
    leading = sorted(((value / total, cause) for cause, value in minutes.items() if value), reverse=True)[:2]
    return "delay minutes: " + ", ".join(f"{share:.0%} {_CAUSE_WORDS[cause]}" for share, cause in leading)


def _cancelled(row: dict[str, Any]) -> str:
    if not row["cancelled"]:
        return ""
    by_code = {why: row[f"cancelled_{why}"] for why in CANCELLATIONS.values()}
    known = sorted(((count, why) for why, count in by_code.items() if count), reverse=True)
    words = ", ".join(f"{count} for {_CAUSE_WORDS[why]}" for count, why in known)
    return f"{row['cancelled']} cancelled ({words or 'no code reported'})"


def _weather(row: dict[str, Any]) -> str:
    if not row["observed"]:
        return ""
    parts = []
    if row["below_visual"]:
        parts.append(f"IFR weather at {row['below_visual'] / row['observed']:.0%} of departures")
    if (row["wind_max_m_s"] or 0) >= _WIND_M_S:
        parts.append(f"wind to {row['wind_max_m_s']:.0f} m/s")
    if row["visibility_min_m"] is not None and row["visibility_min_m"] < _VISIBILITY_M:
        parts.append(f"visibility down to {row['visibility_min_m']:,} m")
    if (row["precipitation_max_mm"] or 0) >= _RAIN_MM:
        parts.append(f"{row['precipitation_max_mm']:.0f} mm of rain in an hour")
    return ", ".join(parts) or "no bad weather seen at the origin"
