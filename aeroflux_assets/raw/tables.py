"""The raw tables of the lake: fetched where missing, verified, typed, committed."""

from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from aeroflux_assets.contracts.base import Contract
from aeroflux_assets.contracts.raw_flights import RAW_FLIGHTS
from aeroflux_assets.contracts.raw_weather import RAW_WEATHER
from aeroflux_assets.contracts.reference import RAW_AIRCRAFT, RAW_AIRPORTS, RAW_GHCNH_STATIONS, RAW_STATIONS
from aeroflux_assets.errors import SettingsError, SourceError
from aeroflux_assets.lake import NO_PARTITION, Commit, Lake
from aeroflux_assets.raw.flights import read_month, unpacked
from aeroflux_assets.raw.near_stations import near_stations
from aeroflux_assets.raw.reference import read_airports, read_ghcnh_stations, read_isd_history, read_registry
from aeroflux_assets.raw.weather import read_weather
from aeroflux_assets.sources.bts import fetch_months
from aeroflux_assets.sources.cache import Fetched
from aeroflux_assets.sources.noaa import fetch_station_years
from aeroflux_assets.sources.reference import (
    fetch_airports,
    fetch_ghcnh_stations,
    fetch_isd_history,
    fetch_registry,
)
from aeroflux_assets.sources.upstream import Progress, Upstream
from aeroflux_assets.years import Month


def _by_content(upstream: Upstream, *files: Fetched) -> dict[str, str]:
    return {upstream.name(file.path): file.sha256 for file in files}


def _reference(
    lake: Lake,
    upstream: Upstream,
    contract: Contract,
    file: Fetched,
    read: Callable[[Path], pl.LazyFrame],
    refresh: bool,
) -> Commit:
    """An unpartitioned table from one upstream file, as it stands where the file is unchanged."""
    inputs = lake.inputs(contract, []) | _by_content(upstream, file)
    return lake.ensure(contract, NO_PARTITION, inputs, lambda _: read(file.path), refresh=refresh)


def make_raw_airports(lake: Lake, upstream: Upstream, *, refresh: bool = False) -> Commit:
    """`raw_airports` from OurAirports."""
    file = fetch_airports(upstream, refresh=refresh)
    return _reference(lake, upstream, RAW_AIRPORTS, file, read_airports, refresh)


def make_raw_stations(lake: Lake, upstream: Upstream, *, refresh: bool = False) -> Commit:
    """`raw_stations` from isd-history."""
    file = fetch_isd_history(upstream, refresh=refresh)
    return _reference(lake, upstream, RAW_STATIONS, file, read_isd_history, refresh)


def make_raw_ghcnh_stations(lake: Lake, upstream: Upstream, *, refresh: bool = False) -> Commit:
    """`raw_ghcnh_stations` from the GHCNh station list."""
    file = fetch_ghcnh_stations(upstream, refresh=refresh)
    return _reference(lake, upstream, RAW_GHCNH_STATIONS, file, read_ghcnh_stations, refresh)


def make_raw_aircraft(lake: Lake, upstream: Upstream, *, refresh: bool = False) -> Commit:
    """`raw_aircraft` from the FAA registry, without its owners."""
    file = fetch_registry(upstream, refresh=refresh)
    return _reference(lake, upstream, RAW_AIRCRAFT, file, read_registry, refresh)


def make_raw_flights(
    lake: Lake,
    upstream: Upstream,
    year: int,
    *,
    source: str,
    refresh: bool = False,
    progress: Progress | None = None,
) -> Commit:
    """`raw_flights` of a year from the months that are published; which are not stands in the notes.

    Raises SourceError where the year has none, SettingsError where the lake's flights are invented and these are
    not, or the other way round.
    """
    refuse_mixed_worlds(lake, source)
    report = fetch_months(
        upstream, [Month(year, m) for m in range(1, 13)], refresh=refresh, progress=progress
    )
    if not report.files:
        raise SourceError(
            f"BTS has published no month of {year} at {upstream.base('transtats.bts.gov')}; leave the year out of "
            "AEROFLUX_YEARS, or check the source's address"
        )
    inputs = lake.inputs(RAW_FLIGHTS, []) | _by_content(upstream, *report.files.values())

    def months(notes: dict[str, Any]) -> Iterator[pl.DataFrame]:
        for month, file in sorted(report.files.items()):
            with unpacked(file.path) as csv:
                yield read_month(csv, month.month)
            if progress is not None:
                progress(f"raw_flights {month}: read")
        notes |= {
            "source": source,
            "months": [month.month for month in sorted(report.files)],
            "missing_months": [month.month for month in report.not_published],
            "months_kept_from_cache": [month.month for month in report.kept],
        }

    return lake.ensure(RAW_FLIGHTS, {"year": year}, inputs, months, refresh=refresh)


def refuse_mixed_worlds(lake: Lake, source: str) -> None:
    """SettingsError where the lake holds flights of the other world, invented or real, than `source` has.

    They would stand in each other's look-back over New Year, and a forgotten setting would write over a real year.
    """
    for partition in lake.partitions("raw_flights"):
        commit = lake.sound_commit_of("raw_flights", partition)
        kept = str(commit.notes.get("source", source)) if commit else source
        if (kept == "simulated") != (source == "simulated"):
            raise SettingsError(
                f"the lake {lake.root} holds {partition['year']} of source {kept}, and AEROFLUX_SOURCE is {source}: "
                "invented and real flights do not mix. To do: set AEROFLUX_DATA to another folder, or AEROFLUX_SOURCE "
                "to what this one holds"
            )


def make_raw_weather(
    lake: Lake, upstream: Upstream, year: int, *, refresh: bool = False, progress: Progress | None = None
) -> Commit:
    """`raw_weather` of a year: the stations near the airports that the year's flights serve.

    A station that upstream does not have is reported in the notes, not an error: the next nearest may serve. Files of
    a running year are fetched again once its flights have a month that they may lack.
    """
    flights = lake.scan("raw_flights", [{"year": year}])
    served = pl.concat([flights.select(pl.col(end).alias("airport")) for end in ("Origin", "Dest")])
    airports = served.unique().drop_nulls().collect(engine="streaming")["airport"].to_list()
    near = near_stations(lake.scan("airports").collect(), lake.scan("raw_stations").collect(), airports, year)
    stations = near["station_id"].unique().sort().to_list()
    ids = _ghcnh_ids(lake)
    report = fetch_station_years(
        upstream,
        stations,
        year,
        refresh=refresh,
        progress=progress,
        known=ids,
        until=_last_day(lake, year),
    )
    files = [file for station in sorted(report.files) for file in report.files[station]]
    inputs = lake.inputs(RAW_WEATHER, []) | _by_content(upstream, *files)

    def build(notes: dict[str, Any]) -> pl.LazyFrame:
        notes |= {
            "stations": len(report.files),
            "missing_stations": len(report.missing),
            "partial_stations": len(report.partial),
            "stations_kept_from_cache": len(report.kept),
            "airports_without_a_station": sorted(set(airports) - set(near["airport"])),
        }
        return read_weather(report.paths, report.ids)

    return lake.ensure(RAW_WEATHER, {"year": year}, inputs, build, refresh=refresh)


def _last_day(lake: Lake, year: int) -> date:
    """The last day of the year's last month of flights: weather after it is not needed yet."""
    commit = lake.commit_of("raw_flights", {"year": year})
    last = max(commit.notes["months"]) if commit else 12
    return date(year, last, monthrange(year, last)[1])


def _ghcnh_ids(lake: Lake) -> dict[str, str]:
    """Station id to GHCNh id by ICAO, for stations that share one; the others follow from the WBAN number."""
    stations = lake.scan("raw_stations").select("station_id", "icao").drop_nulls()
    listed = lake.scan("raw_ghcnh_stations").select("ghcnh_id", "icao").drop_nulls()
    # A US id that ends in the WBAN is exact; only stations without a WBAN number need their ICAO code.
    pairs = (
        stations.filter(pl.col("station_id").str.ends_with("99999"))
        .join(listed, on="icao")
        .unique("station_id", keep="first", maintain_order=True)
    )
    return dict(pairs.collect().select("station_id", "ghcnh_id").iter_rows())
