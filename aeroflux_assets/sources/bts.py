"""BTS On-Time monthly archives (PREZIP): which months there are, and each month fetched and verified.

An archive is opened and read to its end (which checks its CRC and counts its rows) and its header and first
row's Year and Month are checked before it is kept: upstream has been seen to answer with a web page, half an
archive, or another month under the right name.
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from aeroflux_assets.errors import NotPublishedError, SourceError
from aeroflux_assets.sources.cache import Fetched
from aeroflux_assets.sources.transfer import (
    TransientError,
    cached,
    fetch,
    head,
    refuse_wrong_start,
    say_kept,
    side_by_side,
)
from aeroflux_assets.sources.upstream import BTS_HOST, Progress, Upstream
from aeroflux_assets.years import Month

# Older archives carry other names for the same columns: old name to today's.
OLD_NAMES: Mapping[str, str] = {
    "UniqueCarrier": "Reporting_Airline",
    "AirlineID": "DOT_ID_Reporting_Airline",
    "Carrier": "IATA_CODE_Reporting_Airline",
    "TailNum": "Tail_Number",
    "FlightNum": "Flight_Number_Reporting_Airline",
}
# Without these no flight can be named, timed or labelled. The rest may be missing from a partial archive.
NEEDED = (
    "Year",
    "Month",
    "FlightDate",
    "Reporting_Airline",
    "Tail_Number",
    "Flight_Number_Reporting_Airline",
    "Origin",
    "Dest",
    "CRSDepTime",
    "DepTime",
    "CRSArrTime",
    "ArrTime",
    "ArrDelay",
    "Cancelled",
    "Diverted",
)
_BAD_ARCHIVE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError)


@dataclass(frozen=True)
class MonthsReport:
    """The months that are there, ascending, and those that upstream has not published.

    kept: the months among `files` that a refresh did not find upstream any more; the copy of before serves on.
    """

    files: dict[Month, Fetched]
    not_published: tuple[Month, ...]
    kept: tuple[Month, ...] = ()


def month_path(month: Month) -> str:
    """The archive's path on the host; the month is not zero-padded."""
    stem = "On_Time_Reporting_Carrier_On_Time_Performance_1987_present"
    return f"PREZIP/{stem}_{month.year}_{month.month}.zip"


def fetch_month(upstream: Upstream, month: Month, *, refresh: bool = False) -> Fetched:
    """One verified monthly archive.

    Raises NotPublishedError where upstream has no such month, SourceError where no good archive could be had.
    """
    try:
        return fetch(
            upstream, BTS_HOST, month_path(month), lambda path: verify_zip(path, month), refresh=refresh
        )
    except NotPublishedError as fault:
        raise NotPublishedError(
            f"BTS month {month} is not published: {fault}. BTS publishes 4 to 10 weeks after a month's end"
        ) from None


def fetch_months(
    upstream: Upstream,
    months: Iterable[Month],
    *,
    refresh: bool = False,
    progress: Progress | None = None,
) -> MonthsReport:
    """Every month that is published, side by side; the rest reported.

    A month that is in the cache was published: where a refresh gets 404 for it, its copy is kept, and told.
    Raises SourceError once at the end, naming the months that are published but could not be had.
    """
    kept: list[Month] = []

    def one(month: Month) -> Fetched | None:
        try:
            return fetch_month(upstream, month, refresh=refresh)
        except NotPublishedError as fault:
            known = cached(upstream, BTS_HOST, month_path(month))
            if known is not None:
                kept.append(month)
                say_kept(progress, known, fault)
            return known

    batch = side_by_side(upstream, sorted(set(months)), one, what="BTS months", progress=progress)
    batch.raise_failures("BTS months")
    return MonthsReport(
        files={month: file for month, file in batch.done.items() if file is not None},
        not_published=tuple(month for month, file in batch.done.items() if file is None),
        kept=tuple(sorted(kept)),
    )


def published_months(upstream: Upstream, year: int) -> tuple[Month, ...]:
    """The months of `year` that upstream has, ascending: by listing a folder, by HEAD requests over HTTP."""
    folder = upstream.folder(BTS_HOST)
    today = upstream.now()
    months = [Month(year, number) for number in range(1, 13)]
    if folder is not None:
        return tuple(month for month in months if (folder / month_path(month)).is_file())
    past = [month for month in months if (month.year, month.month) < (today.year, today.month)]
    base = upstream.base(BTS_HOST)
    batch = side_by_side(
        upstream, past, lambda month: head(upstream, f"{base}/{month_path(month)}"), what=f"BTS {year}"
    )
    batch.raise_failures(f"BTS months of {year}")
    return tuple(month for month, there in batch.done.items() if there)


def csv_member(path: Path) -> str:
    """The name of the one CSV inside an archive. SourceError where there is none or more than one."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.lower().endswith(".csv")]
    except _BAD_ARCHIVE as broken:
        raise TransientError(f"{path.name} is not a whole zip archive ({broken})") from broken
    if len(names) != 1:
        found = ", ".join(names) or "none"
        raise SourceError(f"{path.name}: {len(names)} CSV files inside, expected one: {found}")
    return names[0]


def verify_zip(path: Path, month: Month) -> int:
    """Read an archive to its end and check that it holds `month`; the number of its data rows.

    Raises TransientError for a web page, an empty answer or a damaged archive; SourceError for a readable
    archive that is not what was asked for (wrong month, needed columns missing, no rows).
    """
    refuse_wrong_start(path, f"the BTS archive of {month}")
    member = csv_member(path)
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as file:
            head_bytes = file.read(1 << 16)
            _check_head(head_bytes, f"BTS {month}, {member}", month)
            lines, last = head_bytes.count(b"\n"), head_bytes
            while chunk := file.read(1 << 20):
                lines, last = lines + chunk.count(b"\n"), chunk
    except _BAD_ARCHIVE as broken:
        raise TransientError(f"the BTS archive of {month} is damaged ({broken})") from broken
    return lines - 1 + (0 if last.endswith(b"\n") else 1)


def _check_head(start: bytes, where: str, month: Month) -> None:
    rows = csv.reader(io.StringIO(start.decode("utf-8-sig", "replace")))
    header = [name.strip() for name in next(rows, [])]
    known = {OLD_NAMES.get(name, name) for name in header}
    missing = [name for name in NEEDED if name not in known]
    if missing:
        raise SourceError(
            f"{where}: columns missing from the header: {', '.join(missing)}; BTS may have changed its form"
        )
    first = next(rows, [])
    if len(first) < len(header) - 1:
        raise SourceError(f"{where}: no data rows")
    said = tuple(first[header.index(name)].strip().lstrip("0") for name in ("Year", "Month"))
    if said != (str(month.year), str(month.month)):
        raise SourceError(
            f"{where}: the first row is of {'-'.join(said)}, not of {month}: a wrong month under this name; "
            "it was not kept"
        )
