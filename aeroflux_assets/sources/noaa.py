"""NOAA hourly weather: station-years fetched by either route, from the datasets that their dates call for.

Route `bulk` (default) takes one file a station and year; route `access` asks the
access service for station-months (see `noaa_access`). Both end in files that `raw.weather` reads alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from aeroflux_assets.errors import NotPublishedError, SettingsError, SourceError
from aeroflux_assets.sources.cache import Fetched
from aeroflux_assets.sources.noaa_access import fetch_access_year
from aeroflux_assets.sources.noaa_forms import Dataset, datasets, upstream_names
from aeroflux_assets.sources.transfer import (
    TransientError,
    fetch,
    refuse_wrong_start,
    side_by_side,
)
from aeroflux_assets.sources.upstream import NOAA_HOST, Progress, Upstream

Route = Literal["bulk", "access"]


@dataclass(frozen=True)
class StationsReport:
    """What a year's weather fetch brought.

    files: station id (11 characters, USAF + WBAN) to its files in the order of time. missing: stations with
    no file at all. partial: stations that lack a dataset which the year's dates call for. ids: GHCNh id to
    station id, for the reader.
    """

    files: dict[str, tuple[Fetched, ...]]
    missing: tuple[str, ...]
    partial: tuple[str, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict)

    @property
    def paths(self) -> list[Path]:
        """Every file, station by station."""
        return [file.path for files in self.files.values() for file in files]


def bulk_path(station_id: str, year: int) -> str:
    """The path of a global-hourly station-year on the host."""
    return f"data/global-hourly/access/{year}/{station_id}.csv"


def ghcnh_path(ghcn: str, year: int) -> str:
    """The path of a GHCNh station-year on the host."""
    return (
        f"oa/global-historical-climatology-network/hourly/access/by-year/{year}/psv/GHCNh_{ghcn}_{year}.psv"
    )


def fetch_station_year(
    upstream: Upstream,
    station_id: str,
    year: int,
    *,
    refresh: bool = False,
    known: Mapping[str, str] | None = None,
) -> tuple[Fetched, ...]:
    """The bulk files that hold a station's year: one, or two where the datasets change within it.

    Empty where upstream has none. known: station id to GHCNh id; without it USW000 + WBAN. Raises SourceError
    where a file is there but no good copy could be had.
    """
    return _fetch_named(upstream, station_id, year, refresh, _names([station_id], year, known))


# For each dataset of a year: station id to what the dataset calls it.
_Names = Mapping[Dataset, Mapping[str, str]]


def _names(stations: Iterable[str], year: int, known: Mapping[str, str] | None) -> _Names:
    asked = list(stations)
    return {
        dataset: {station: name for name, station in upstream_names(dataset, asked, known).items()}
        for dataset in datasets(year)
    }


def _fetch_named(
    upstream: Upstream, station_id: str, year: int, refresh: bool, names: _Names
) -> tuple[Fetched, ...]:
    files = []
    for dataset, of_station in names.items():
        name = of_station.get(station_id)
        if name is None:
            continue
        path = bulk_path(name, year) if dataset == "global-hourly" else ghcnh_path(name, year)
        try:
            files.append(_fetch_bulk(upstream, path, name, year, refresh))
        except NotPublishedError:
            continue
    return tuple(files)


def _fetch_bulk(upstream: Upstream, path: str, station: str, year: int, refresh: bool) -> Fetched:
    return fetch(
        upstream, NOAA_HOST, path, lambda file: verify_station_file(file, station, year), refresh=refresh
    )


def fetch_station_years(
    upstream: Upstream,
    station_ids: Iterable[str],
    year: int,
    *,
    route: Route = "bulk",
    refresh: bool = False,
    progress: Progress | None = None,
    known: Mapping[str, str] | None = None,
) -> StationsReport:
    """A year of weather for many stations, side by side.

    Raises SourceError once at the end where files that upstream has could not be had, SettingsError where the
    access route is asked of a folder source.
    """
    stations = list(dict.fromkeys(station_ids))
    names = _names(stations, year, known)
    if route == "access":
        got = fetch_access_year(upstream, stations, year, refresh=refresh, progress=progress, known=known)
    elif route == "bulk":
        batch = side_by_side(
            upstream,
            stations,
            lambda station: _fetch_named(upstream, station, year, refresh, names),
            what=f"weather stations of {year}",
            progress=progress,
        )
        batch.raise_failures(f"weather stations of {year}")
        got = batch.done
    else:
        raise SettingsError(f"route={route!r}: allowed are bulk and access")
    return _report(stations, got, names)


def _report(stations: Sequence[str], got: Mapping[str, tuple[Fetched, ...]], names: _Names) -> StationsReport:
    files = {station: got[station] for station in stations if got.get(station)}
    return StationsReport(
        files=files,
        missing=tuple(station for station in stations if station not in files),
        partial=tuple(
            station for station, found in files.items() if {_dataset_of(file) for file in found} != set(names)
        ),
        ids={name: station for station, name in names.get("ghcnh", {}).items()},
    )


def _dataset_of(file: Fetched) -> Dataset:
    address = file.address
    return "ghcnh" if "global-historical-climatology-network" in address else "global-hourly"


def verify_station_file(path: Path, station: str, year: int) -> int:
    """Check a bulk station-year (CSV or psv) and count its rows.

    The header must name STATION and DATE, the first row must be of `station` and `year`, and the file must
    end in a line end (a cut one does not). Raises TransientError for a fault that another try may mend,
    SourceError for a readable file that is another station's or another year's.
    """
    what = f"the weather of station {station} in {year}"
    start = refuse_wrong_start(path, what)
    lines = start.decode("utf-8", "replace").splitlines()
    separator = "|" if "|" in lines[0] else ","
    header = [name.strip(' "\ufeff').upper() for name in lines[0].split(separator)]
    if "STATION" not in header or "DATE" not in header:
        raise SourceError(f"{what}: no STATION and DATE in its header: {lines[0][:120]!r}")
    if len(lines) < 2:
        raise TransientError(f"{what}: a header and no rows")
    first = [value.strip(' "') for value in lines[1].split(separator)]
    said = dict(zip(header, first, strict=False))
    if said.get("STATION") != station or not said.get("DATE", "").startswith(str(year)):
        raise SourceError(
            f"{what}: its first row is of station {said.get('STATION')} at {said.get('DATE')}; not kept"
        )
    return _count_rows(path, what)


def _count_rows(path: Path, what: str) -> int:
    lines, last = 0, b""
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            lines, last = lines + chunk.count(b"\n"), chunk
    if not last.endswith(b"\n"):
        raise TransientError(f"{what}: cut off within its last line")
    return lines - 1
