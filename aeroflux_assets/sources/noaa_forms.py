"""NOAA's two hourly datasets: which dates each holds, what its stations and fields are called.

global-hourly ends on 2025-08-27; its successor GHCNh has what comes after. The dates asked for choose, never
a person.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Dataset = Literal["global-hourly", "ghcnh"]

# The last day (UTC) that global-hourly holds; GHCNh is asked for the days after it.
LAST_GLOBAL_HOURLY = date(2025, 8, 27)
NO_WBAN = "99999"
NO_USAF = "999999"

# What the readers use of each dataset, and so what the access service is asked for.
GLOBAL_HOURLY_FIELDS = ("STATION", "DATE", "REPORT_TYPE", "WND", "CIG", "VIS", "TMP", "DEW", "SLP", "AA1")
GHCNH_MEASURES = (
    "temperature",
    "dew_point_temperature",
    "wind_direction",
    "wind_speed",
    "visibility",
    "sea_level_pressure",
    "precipitation",
)
GHCNH_SKY = ("sky_cover_1", "sky_cover_2", "sky_cover_3")
GHCNH_BASES = ("sky_cover_baseht_1", "sky_cover_baseht_2", "sky_cover_baseht_3")
GHCNH_REPORT_TYPES = ("temperature_Report_Type", "wind_speed_Report_Type", "visibility_Report_Type")
GHCNH_FIELDS = (
    "STATION",
    "DATE",
    *GHCNH_MEASURES,
    *(f"{name}_Quality_Code" for name in GHCNH_MEASURES),
    *GHCNH_REPORT_TYPES,
    *GHCNH_SKY,
    *GHCNH_BASES,
    *(f"{name}_Quality_Code" for name in GHCNH_BASES),
)


@dataclass(frozen=True)
class Span:
    """Days of one dataset, both ends included."""

    dataset: Dataset
    start: date
    end: date


def spans(start: date, end: date) -> tuple[Span, ...]:
    """The days from `start` to `end` by the dataset that holds them: no day missing, none twice."""
    found: list[Span] = []
    if start > end:
        return ()
    if start <= LAST_GLOBAL_HOURLY:
        found.append(Span("global-hourly", start, min(end, LAST_GLOBAL_HOURLY)))
    if end > LAST_GLOBAL_HOURLY:
        found.append(Span("ghcnh", max(start, LAST_GLOBAL_HOURLY + timedelta(days=1)), end))
    return tuple(found)


def datasets(year: int) -> tuple[Dataset, ...]:
    """The datasets that a year's dates call for, in the order of time."""
    return tuple(span.dataset for span in spans(date(year, 1, 1), date(year, 12, 31)))


def ghcnh_id(station_id: str, known: Mapping[str, str] | None = None) -> str | None:
    """The GHCNh id of a station (USAF + WBAN): from `known` (station id to GHCNh id), else USW000 + WBAN.

    None where the station has no WBAN number and `known` does not name it.
    """
    if known is not None and station_id in known:
        return known[station_id]
    wban = station_id[6:]
    return None if wban == NO_WBAN else f"USW000{wban}"


def upstream_names(
    dataset: Dataset, stations: Iterable[str], known: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What a dataset calls each station, as name to station id; stations that it does not have are left out.

    Several stations can share one WBAN and so one GHCNh file (an airport before and after it got its USAF
    number). The file then belongs to one of them, or its rows would be doubled: to the first asked for that
    has a USAF number.
    """
    asked = list(stations)
    if dataset == "global-hourly":
        return {station: station for station in asked}
    names: dict[str, str] = {}
    for station in sorted(asked, key=lambda station: station.startswith(NO_USAF)):
        name = ghcnh_id(station, known)
        if name is not None:
            names.setdefault(name, station)
    return names
