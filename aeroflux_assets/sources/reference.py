"""The reference files: OurAirports, NOAA's two station lists, and the FAA aircraft registry.

The registry's owners' names and addresses never reach the disk beyond the download itself: what is kept is an
archive in the FAA's own form with only the columns that are used. A download that was killed (SIGKILL, loss of power)
lies until the registry is next asked for, half an hour later or more.
"""

import csv
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

from aeroflux_assets.errors import SourceError
from aeroflux_assets.sources.cache import Fetched
from aeroflux_assets.sources.transfer import TransientError, fetch, refuse_wrong_start
from aeroflux_assets.sources.upstream import AIRPORTS_HOST, FAA_HOST, NOAA_HOST, Upstream

AIRPORTS_PATH = "ourairports-data/airports.csv"
ISD_HISTORY_PATH = "pub/data/noaa/isd-history.csv"
GHCNH_STATIONS_PATH = "oa/global-historical-climatology-network/hourly/doc/ghcnh-station-list.csv"
REGISTRY_PATH = "database/ReleasableAircraft.zip"

# What the readers use of each list: a file that lacks one of these is not kept.
AIRPORT_COLUMNS = (
    *("ident", "type", "name", "latitude_deg", "longitude_deg", "elevation_ft", "iso_country"),
    *("iso_region", "municipality", "icao_code", "iata_code", "keywords"),
)
ISD_COLUMNS = (
    "USAF",
    "WBAN",
    "STATION NAME",
    "CTRY",
    "STATE",
    "ICAO",
    "LAT",
    "LON",
    "ELEV(M)",
    "BEGIN",
    "END",
)
GHCNH_LIST_COLUMNS = (
    "GHCN_ID",
    "LATITUDE",
    "LONGITUDE",
    "ELEVATION",
    "STATE",
    "NAME",
    "WMO_ID",
    "ICAO",
    "ISO_CODE",
)
# What is kept of each registry file; hyphens and spaces are one and the same in the FAA's names.
REGISTRY_COLUMNS = {
    "MASTER.txt": ("N NUMBER", "MFR MDL CODE", "YEAR MFR"),
    "ACFTREF.txt": ("CODE", "MFR", "MODEL", "NO ENG", "NO SEATS"),
    "DEREG.txt": ("N NUMBER", "MFR MDL CODE", "YEAR MFR", "CANCEL DATE"),
}
REGISTRY_NEEDED = ("MASTER.txt", "ACFTREF.txt")


def fetch_airports(upstream: Upstream, *, refresh: bool = False) -> Fetched:
    """OurAirports' airports.csv. Raises NotPublishedError or SourceError."""
    return _fetch_csv(upstream, AIRPORTS_HOST, AIRPORTS_PATH, AIRPORT_COLUMNS, refresh)


def fetch_isd_history(upstream: Upstream, *, refresh: bool = False) -> Fetched:
    """NOAA's isd-history.csv: the stations of global-hourly. Raises NotPublishedError or SourceError."""
    return _fetch_csv(upstream, NOAA_HOST, ISD_HISTORY_PATH, ISD_COLUMNS, refresh)


def fetch_ghcnh_stations(upstream: Upstream, *, refresh: bool = False) -> Fetched:
    """NOAA's ghcnh-station-list.csv. Raises NotPublishedError or SourceError."""
    return _fetch_csv(upstream, NOAA_HOST, GHCNH_STATIONS_PATH, GHCNH_LIST_COLUMNS, refresh)


def fetch_registry(upstream: Upstream, *, refresh: bool = False) -> Fetched:
    """The FAA registry archive, reduced to the used columns. Raises NotPublishedError or SourceError."""
    return fetch(upstream, FAA_HOST, REGISTRY_PATH, verify_registry, refresh=refresh, reduce=reduce_registry)


def _fetch_csv(upstream: Upstream, host: str, path: str, needed: Sequence[str], refresh: bool) -> Fetched:
    return fetch(upstream, host, path, lambda file: verify_csv(file, needed), refresh=refresh)


def verify_csv(path: Path, needed: Sequence[str]) -> int:
    """Check a CSV's header, that it has rows and is not cut off; the number of its data rows."""
    start = refuse_wrong_start(path, "a CSV file")
    first = start.decode("utf-8-sig", "replace").split("\n")[0]
    header = [name.strip() for name in next(csv.reader([first]))]
    missing = [name for name in needed if name not in header]
    if missing:
        raise SourceError(f"columns missing from its header: {', '.join(missing)}")
    lines, last = 0, b""
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            lines, last = lines + chunk.count(b"\n"), chunk
    if not last.endswith(b"\n"):
        raise TransientError("a CSV file cut off within its last line")
    if lines < 2:
        raise TransientError("a CSV file with a header and no rows")
    return lines - 1


def verify_registry(path: Path) -> int:
    """Check the registry archive (whole, MASTER and ACFTREF with their columns); the rows of MASTER."""
    refuse_wrong_start(path, "the FAA registry archive")
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            absent = [name for name in REGISTRY_NEEDED if name not in names]
            if absent:
                raise SourceError(f"the FAA registry archive lacks {', '.join(absent)}")
            broken = archive.testzip()
            if broken is not None:
                raise TransientError(f"the FAA registry archive is damaged at {broken}")
            for name in REGISTRY_COLUMNS:
                if name in names:
                    with archive.open(name) as file:
                        column_places(file.readline(), REGISTRY_COLUMNS[name], name)
            with archive.open("MASTER.txt") as file:
                return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b"")) - 1
    except (zipfile.BadZipFile, EOFError, OSError) as fault:
        raise TransientError(f"the FAA registry archive is not a whole zip ({fault})") from fault


def plain_name(name: str) -> str:
    """A registry column name without BOM, padding or hyphens: `" KIT MODEL"` and `N-NUMBER` read alike."""
    return name.replace("\ufeff", "").replace("-", " ").strip().upper()


def column_places(line: bytes, needed: Sequence[str], where: str) -> list[int]:
    """The places of `needed` columns in a registry header line; SourceError names the missing ones."""
    header = [plain_name(name) for name in line.decode("utf-8-sig", "replace").strip("\r\n").split(",")]
    missing = [name for name in needed if name not in header]
    if missing:
        raise SourceError(f"{where}: columns missing from its header: {', '.join(missing)}")
    return [header.index(name) for name in needed]


def reduce_registry(source: Path, target: Path) -> None:
    """Write an archive in the FAA's form with only REGISTRY_COLUMNS, so that no owner is ever kept."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name, needed in REGISTRY_COLUMNS.items():
            if name not in old.namelist():
                continue
            with old.open(name) as file, new.open(name, "w") as out:
                places = column_places(file.readline(), needed, name)
                out.write(("\ufeff" + ",".join(needed) + ",\r\n").encode())
                text = io.TextIOWrapper(file, "utf-8", errors="replace", newline="\r\n")
                for line in text:
                    fields = line.rstrip("\r\n").split(",")
                    if len(fields) > max(places):
                        out.write((",".join(fields[place] for place in places) + ",\r\n").encode())
