"""NOAA's access service: station-months in JSON, five stations a request, smaller requests where one fails.

The service fails under load (web pages with status 200, 5xx bursts, JSON cut off before its closing bracket,
empty answers), and a smaller question often gets through: a month, then 15, 7, 3 and 1 days, and at last
station by station. What is kept is one file a station and span, so that other station lists find it again.
"""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aeroflux_assets.errors import SettingsError, SourceError
from aeroflux_assets.sources.cache import Fetched, manifest_of
from aeroflux_assets.sources.noaa_forms import (
    GHCNH_FIELDS,
    GLOBAL_HOURLY_FIELDS,
    Dataset,
    Span,
    spans,
    upstream_names,
)
from aeroflux_assets.sources.transfer import (
    GivenUpError,
    TransientError,
    download,
    record,
    refuse_wrong_start,
    remove_abandoned,
    side_by_side,
    with_retries,
)
from aeroflux_assets.sources.upstream import NOAA_HOST, Progress, Upstream

ACCESS_PATH = "access/services/data/v1"
STATIONS_A_REQUEST = 5
FALLBACK_DAYS = (15, 7, 3, 1)
_DATASETS: Mapping[Dataset, tuple[str, tuple[str, ...]]] = {
    "global-hourly": ("global-hourly", GLOBAL_HOURLY_FIELDS),
    "ghcnh": ("global-historical-climatology-network-hourly", GHCNH_FIELDS),
}

Row = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """Some stations (as the dataset calls them) over some days of one dataset."""

    span: Span
    stations: tuple[str, ...]

    def __str__(self) -> str:
        """For messages: `global-hourly 2024-09-01 to 2024-09-30, 72219013874`."""
        return f"{self.span.dataset} {self.span.start} to {self.span.end}, {', '.join(self.stations)}"

    def params(self) -> dict[str, str]:
        """The query; ends are given to the second, so that both days count whole."""
        name, fields = _DATASETS[self.span.dataset]
        return {
            "dataset": name,
            "stations": ",".join(self.stations),
            "startDate": f"{self.span.start}T00:00:00",
            "endDate": f"{self.span.end}T23:59:59",
            "dataTypes": ",".join(fields),
            "format": "json",
            "includeAttributes": "true",
        }

    def pieces(self, days: int) -> list["Request"]:
        """The same stations in spans of at most `days` days."""
        found, start = [], self.span.start
        while start <= self.span.end:
            end = min(start + timedelta(days=days - 1), self.span.end)
            found.append(Request(Span(self.span.dataset, start, end), self.stations))
            start = end + timedelta(days=1)
        return found

    def singles(self) -> list["Request"]:
        """The same days, station by station."""
        return [Request(self.span, (station,)) for station in self.stations]

    @property
    def days(self) -> int:
        """How many days it spans."""
        return (self.span.end - self.span.start).days + 1


def fetch_access_year(
    upstream: Upstream,
    stations: Sequence[str],
    year: int,
    *,
    refresh: bool = False,
    progress: Progress | None = None,
    known: Mapping[str, str] | None = None,
) -> dict[str, tuple[Fetched, ...]]:
    """Station id to its files of a year, oldest first; stations without any rows are left out.

    Days that are not over yet are not asked for. An answer without rows is not kept and so is asked for again
    next time. Raises SettingsError for a folder source, SourceError naming the requests that failed.
    """
    if upstream.folder(NOAA_HOST) is not None:
        raise SettingsError(
            f"route access: {upstream.base(NOAA_HOST)} is a folder and answers no queries; use route bulk"
        )
    manifest = manifest_of(upstream.cache)
    found: dict[str, dict[date, Fetched]] = {station: {} for station in stations}
    requests: list[Request] = []
    owners: dict[str, str] = {}
    for span in _year_spans(year, upstream.now().date()):
        names = upstream_names(span.dataset, stations, known)
        owners.update(names)
        pending = []
        for name, station in names.items():
            kept = None if refresh else manifest.get(_address(upstream, span, name))
            if kept is None:
                pending.append(name)
            else:
                found[station][span.start] = kept
        requests += [Request(span, group) for group in _groups(pending)]
    batch = side_by_side(
        upstream,
        requests,
        lambda request: _fetch_request(upstream, request),
        what=f"weather requests of {year}",
        progress=progress,
    )
    batch.raise_failures(f"weather requests of {year}")
    for request, files in batch.done.items():
        for name in request.stations:
            # A refresh that brings no rows keeps the rows of before; where there are none, nothing is on record.
            file = files.get(name) or manifest.get(_address(upstream, request.span, name))
            if file is not None:
                found[owners[name]][request.span.start] = file
                if name not in files and progress is not None:
                    progress(f"{file.address}: no rows now; those fetched at {file.fetched_at} are kept")
    return {s: tuple(files[start] for start in sorted(files)) for s, files in found.items() if files}


def _year_spans(year: int, today: date) -> list[Span]:
    found: list[Span] = []
    for month in range(1, 13):
        start = date(year, month, 1)
        following = date(year + month // 12, month % 12 + 1, 1)
        # A span cut at yesterday has its own name, so a month in progress is asked for again tomorrow.
        found += spans(start, min(following, today) - timedelta(days=1))
    return found


def _groups(names: Sequence[str]) -> Iterable[tuple[str, ...]]:
    return (tuple(names[i : i + STATIONS_A_REQUEST]) for i in range(0, len(names), STATIONS_A_REQUEST))


def _address(upstream: Upstream, span: Span, name: str) -> str:
    query = urlencode(Request(span, (name,)).params(), safe=",:")
    return f"{upstream.base(NOAA_HOST)}/{ACCESS_PATH}?{query}"


def _fetch_request(upstream: Upstream, request: Request) -> dict[str, Fetched]:
    rows = ask(upstream, request)
    by_station: dict[str, list[Row]] = {name: [] for name in request.stations}
    for row in rows:
        by_station[row["STATION"]].append(row)
    return {name: _keep(upstream, request.span, name, own) for name, own in by_station.items() if own}


def _keep(upstream: Upstream, span: Span, name: str, rows: list[Row]) -> Fetched:
    folder = (
        upstream.cache / NOAA_HOST / ACCESS_PATH / _DATASETS[span.dataset][0] / f"{span.start}_{span.end}"
    )
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{name}.json"
    part = folder / f".{name}.{uuid.uuid4().hex}.part"
    try:
        part.write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return record(upstream, target, _address(upstream, span, name), len(rows))


def ask(upstream: Upstream, request: Request) -> list[Row]:
    """The rows of a request, each with STATION and DATE, in the order of the answers.

    Where a request fails for good it is asked again in smaller spans, at last station by station. Raises
    SourceError with the service's explanation for a request it refuses, and where even the smallest fails.
    """
    try:
        rows = _ask_once(upstream, request)
    except GivenUpError:
        days = next((step for step in FALLBACK_DAYS if step < request.days), None)
        smaller = request.pieces(days) if days is not None else request.singles()
        if len(smaller) == 1:
            raise
        return [row for piece in smaller for row in ask(upstream, piece)]
    if len(request.stations) > 1 and any("STATION" not in row for row in rows):
        # Rows that do not say whose they are can only be told apart by asking for one station.
        return [row for single in request.singles() for row in ask(upstream, single)]
    return _of_request(request, rows)


def _of_request(request: Request, rows: list[Row]) -> list[Row]:
    first, last = str(request.span.start), str(request.span.end)
    for row in rows:
        row.setdefault("STATION", request.stations[0])
    own = [
        row
        for row in rows
        if row["STATION"] in request.stations and first <= str(row.get("DATE", ""))[:10] <= last
    ]
    if rows and not own:
        raise SourceError(
            f"{request}: the answer has {len(rows)} rows, none of these stations and days; its first is of "
            f"{rows[0]['STATION']} at {rows[0].get('DATE')}. Nothing was kept"
        )
    return own


def _ask_once(upstream: Upstream, request: Request) -> list[Row]:
    address = f"{upstream.base(NOAA_HOST)}/{ACCESS_PATH}"
    part = upstream.cache / f".access.{uuid.uuid4().hex}.part"
    upstream.cache.mkdir(parents=True, exist_ok=True)
    remove_abandoned(upstream.cache / "access", upstream.access_retry)

    def once() -> list[Row]:
        download(upstream.access_retry, address, part, params=request.params())
        return _parse(part, request)

    try:
        return with_retries(upstream, upstream.access_retry, f"{address} ({request})", once)
    finally:
        part.unlink(missing_ok=True)


def _parse(path: Path, request: Request) -> list[Row]:
    # An empty body is not `[]`: the service gives it under load, and a smaller request brings rows.
    refuse_wrong_start(path, "a JSON array")
    try:
        answer = json.loads(path.read_text("utf-8"))
    except ValueError as fault:
        raise TransientError(f"JSON that does not end as it should ({fault})") from fault
    if not isinstance(answer, list) or not all(isinstance(row, dict) for row in answer):
        raise SourceError(f"{request}: not an array of rows but {json.dumps(answer)[:300]}")
    return answer
