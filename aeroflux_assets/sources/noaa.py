"""NOAA hourly weather: station-years fetched by either route, from the datasets that their dates call for.

Route `bulk` (default) takes one file a station and year; route `access` asks the
access service for station-months (see `noaa_access`). Both end in files that `raw.weather` reads alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Literal

from aeroflux_assets.errors import NotPublishedError, SettingsError, SourceError
from aeroflux_assets.sources.cache import Fetched
from aeroflux_assets.sources.noaa_access import fetch_access_year
from aeroflux_assets.sources.noaa_forms import LAST_GLOBAL_HOURLY, Dataset, datasets, upstream_names
from aeroflux_assets.sources.transfer import (
    MAX_FAILURES,
    TransientError,
    cached,
    fetch,
    refuse_wrong_start,
    say_kept,
    side_by_side,
)
from aeroflux_assets.sources.upstream import NOAA_HOST, Progress, Upstream

Route = Literal["bulk", "access"]

# A station-year grows while its year runs, and reports reach it late. A copy counts as complete for a day once it was
# fetched so long after it. A month of flights is published four weeks after its end at the earliest: with three, a copy
# that is fetched along with a new month is complete for it, and a year costs a fetch of its files a month, not a run.
COMPLETE_AFTER = timedelta(weeks=3)
# No copy is fetched again sooner.
AGAIN_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class StationsReport:
    """What a year's weather fetch brought.

    files: station id (11 characters, USAF + WBAN) to its files in the order of time. missing: stations with
    no file at all. partial: stations that lack a dataset which the year's dates call for. ids: GHCNh id to
    station id, for the reader. kept: stations of which upstream did not give a file again; the copy of before
    serves on.
    """

    files: dict[str, tuple[Fetched, ...]]
    missing: tuple[str, ...]
    partial: tuple[str, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()

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


# For each dataset of a year: station id to what the dataset calls it.
_Names = Mapping[Dataset, Mapping[str, str]]


def _names(stations: Iterable[str], year: int, known: Mapping[str, str] | None) -> _Names:
    asked = list(stations)
    return {
        dataset: {station: name for name, station in upstream_names(dataset, asked, known).items()}
        for dataset in datasets(year)
    }


def may_lack_days(file: Fetched, until: date, now: datetime) -> bool:
    """Whether a copy in the cache was fetched too early to hold every report up to the day `until` (UTC).

    False, too, within a day of the fetch: no copy is fetched more often.
    """
    fetched = datetime.fromisoformat(file.fetched_at)
    complete = datetime.combine(until, time.min, UTC) + timedelta(days=1) + COMPLETE_AFTER
    return fetched < complete and now - fetched >= AGAIN_AFTER


@dataclass
class _Copies:
    """One fetch of station-years: which copies of the cache are fetched again, which serve on for want of new ones.

    kept: stations whose copy serves on. faults: fetches of a copy that failed; as in every batch, a few of them
    mean that the host is down, and the rest is left as it is.
    """

    upstream: Upstream
    year: int
    refresh: bool
    until: date
    progress: Progress | None
    kept: set[str] = field(default_factory=set)
    faults: int = 0

    def files(self, station_id: str, names: _Names) -> tuple[Fetched, ...]:
        """A station's bulk files in the order of time, those that upstream has."""
        files = []
        for dataset, of_station in names.items():
            name = of_station.get(station_id)
            if name is None:
                continue
            try:
                files.append(self._file(station_id, dataset, name))
            except NotPublishedError:
                continue
        return tuple(files)

    def _file(self, station_id: str, dataset: Dataset, name: str) -> Fetched:
        is_old = dataset == "global-hourly"
        path = bulk_path(name, self.year) if is_old else ghcnh_path(name, self.year)
        until = min(self.until, LAST_GLOBAL_HOURLY) if is_old else self.until
        known = cached(self.upstream, NOAA_HOST, path)
        early = known is not None and may_lack_days(known, until, self.upstream.now())
        if known is not None and early and not self.refresh and self.faults >= MAX_FAILURES:
            self.kept.add(station_id)
            return known
        try:
            return fetch(
                self.upstream,
                NOAA_HOST,
                path,
                lambda file: verify_station_file(file, name, self.year),
                refresh=self.refresh or early,
            )
        except SourceError as fault:
            gone = isinstance(fault, NotPublishedError)
            # A refresh that a person asked for fails loudly; one that was only due must not stop the year.
            if known is None or (self.refresh and not gone):
                raise
            self.faults += not gone
            self.kept.add(station_id)
            say_kept(self.progress, known, fault)
            return known


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
    copies = _Copies(upstream, year, refresh, date(year, 12, 31), None)
    return copies.files(station_id, _names([station_id], year, known))


def fetch_station_years(
    upstream: Upstream,
    station_ids: Iterable[str],
    year: int,
    *,
    route: Route = "bulk",
    refresh: bool = False,
    progress: Progress | None = None,
    known: Mapping[str, str] | None = None,
    until: date | None = None,
) -> StationsReport:
    """A year of weather for many stations, side by side.

    until: the last day (UTC) that is needed, by default the year's last. A bulk file that was fetched too early to
    hold it (`may_lack_days`) is fetched again; where that fails, the copy of before serves on and is told.
    Raises SourceError once at the end where files that upstream has could not be had, SettingsError where the
    access route is asked of a folder source.
    """
    stations = list(dict.fromkeys(station_ids))
    names = _names(stations, year, known)
    copies = _Copies(upstream, year, refresh, until or date(year, 12, 31), progress)
    if route == "access":
        got = fetch_access_year(upstream, stations, year, refresh=refresh, progress=progress, known=known)
    elif route == "bulk":
        batch = side_by_side(
            upstream,
            stations,
            lambda station: copies.files(station, names),
            what=f"weather stations of {year}",
            progress=progress,
        )
        batch.raise_failures(f"weather stations of {year}")
        got = batch.done
    else:
        raise SettingsError(f"route={route!r}: allowed are bulk and access")
    if copies.kept and progress is not None:
        progress(
            f"weather of {year}: stations as fetched before, whose last days may be missing: {len(copies.kept)}"
        )
    return _report(stations, got, names, tuple(sorted(copies.kept)))


def _report(
    stations: Sequence[str], got: Mapping[str, tuple[Fetched, ...]], names: _Names, kept: tuple[str, ...]
) -> StationsReport:
    files = {station: got[station] for station in stations if got.get(station)}
    return StationsReport(
        files=files,
        missing=tuple(station for station in stations if station not in files),
        partial=tuple(
            station for station, found in files.items() if {_dataset_of(file) for file in found} != set(names)
        ),
        ids={name: station for station, name in names.get("ghcnh", {}).items()},
        kept=kept,
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
