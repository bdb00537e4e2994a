"""Weather files to one typed table: the form is recognised from each file, never told by the caller.

Four forms: global-hourly CSV (packed fields such as `+0217,1`), the same as JSON from the access service,
GHCNh psv (plain columns), and GHCNh JSON. The decoding itself lies in `isd` and `ghcnh`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import polars as pl

from aeroflux_assets.contracts.raw_weather import RAW_WEATHER
from aeroflux_assets.errors import SourceError
from aeroflux_assets.raw import ghcnh, isd
from aeroflux_assets.sources.noaa import LAST_GLOBAL_HOURLY, NO_WBAN

UNKNOWN_USAF = "999999"


@dataclass(frozen=True)
class _File:
    path: Path
    form: str
    # The names of its columns: the header of a text file, the union of the keys of a JSON file.
    columns: tuple[str, ...]


def read_weather(files: Iterable[Path], ids: Mapping[str, str] | None = None) -> pl.LazyFrame:
    """The rows of weather files of any of the four forms, in the order given, as contract raw_weather.

    ids: GHCNh id to station id (`StationsReport.ids`). A GHCNh station that it does not name takes the id
    of the global-hourly file of the same WBAN among `files`, else 999999 + WBAN.
    Where a station comes in both datasets, global-hourly counts up to its last day and GHCNh after it, so
    that no hour is doubled; a station that comes in one only keeps all its rows.
    Raises SourceError naming a file whose form is none of the four.
    """
    known = [_recognise(Path(path)) for path in files]
    frames = []
    for (form, columns), group in groupby(known, key=lambda file: (file.form, file.columns)):
        frames.append(_FORM_READERS[form]([file.path for file in group], columns, form))
    if not frames:
        return pl.LazyFrame(schema=RAW_WEATHER.schema)
    table = pl.concat(frames, how="vertical")
    forms = {file.form.rsplit("-", 1)[0] for file in known}
    if "ghcnh" in forms:
        table = _to_station_ids(table, known, dict(ids or {}))
        if "global-hourly" in forms:
            table = _cut_at_last_day(table)
    return RAW_WEATHER.conform(table)


def _recognise(path: Path) -> _File:
    with path.open("rb") as file:
        line = file.readline().decode("utf-8-sig", "replace").strip()
    if line.startswith("["):
        return _recognise_json(path)
    separator = "|" if "|" in line else ","
    columns = tuple(name.strip().strip('"') for name in line.split(separator))
    if separator == "|" and ghcnh.is_header(columns):
        return _File(path, "ghcnh-psv", columns)
    if separator == "," and {"STATION", "DATE", "TMP"} <= set(columns):
        return _File(path, "global-hourly-csv", columns)
    raise SourceError(
        f"{path}: not a weather form that is known (global-hourly CSV or JSON, GHCNh psv or JSON); it begins "
        f"{line[:80]!r}. Fetch it again with refresh"
    )


def _recognise_json(path: Path) -> _File:
    rows = _load(path)
    columns = tuple(sorted({key for row in rows for key in row}))
    stations = {str(row.get("STATION", "")) for row in rows[:1]}
    plain = ghcnh.is_plain(columns) or any(
        not station[:6].isalnum() or station[:3].isalpha() for station in stations
    )
    return _File(path, "ghcnh-json" if plain else "global-hourly-json", columns)


def _load(path: Path) -> list[dict[str, object]]:
    try:
        rows = json.loads(path.read_text("utf-8"))
    except ValueError as fault:
        raise SourceError(f"{path}: not whole JSON ({fault}); fetch it again with refresh") from fault
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SourceError(f"{path}: not a JSON array of objects; fetch it again with refresh")
    return rows


def _scan(
    paths: Sequence[Path], separator: str, columns: Sequence[str], wanted: Sequence[str]
) -> pl.LazyFrame:
    frame = pl.scan_csv(
        list(paths),
        separator=separator,
        quote_char='"' if separator == "," else None,
        infer_schema=False,
        encoding="utf8-lossy",
        glob=False,
    )
    return _with_absent(frame, columns, wanted)


def _with_absent(frame: pl.LazyFrame, columns: Sequence[str], wanted: Sequence[str]) -> pl.LazyFrame:
    have = set(columns)
    return frame.select(
        pl.col(name) if name in have else pl.lit(None, dtype=pl.String).alias(name) for name in wanted
    )


def _from_json(paths: Sequence[Path], wanted: Sequence[str]) -> pl.LazyFrame:
    data: dict[str, list[str | None]] = {name: [] for name in wanted}
    for path in paths:
        for row in _load(path):
            for name, values in data.items():
                value = row.get(name)
                values.append(None if value is None else str(value))
    return pl.LazyFrame(data, schema=dict.fromkeys(wanted, pl.String()))


def _isd_csv(paths: Sequence[Path], columns: Sequence[str], form: str) -> pl.LazyFrame:
    return isd.decode(_scan(paths, ",", columns, isd.COLUMNS), form)


def _isd_json(paths: Sequence[Path], columns: Sequence[str], form: str) -> pl.LazyFrame:
    return isd.decode(_from_json(paths, isd.COLUMNS), form)


def _ghcnh_psv(paths: Sequence[Path], columns: Sequence[str], form: str) -> pl.LazyFrame:
    return ghcnh.decode(_scan(paths, "|", columns, ghcnh.COLUMNS), form)


def _ghcnh_json(paths: Sequence[Path], columns: Sequence[str], form: str) -> pl.LazyFrame:
    return ghcnh.decode(_from_json(paths, ghcnh.COLUMNS), form)


_FORM_READERS = {
    "global-hourly-csv": _isd_csv,
    "global-hourly-json": _isd_json,
    "ghcnh-psv": _ghcnh_psv,
    "ghcnh-json": _ghcnh_json,
}


def _to_station_ids(table: pl.LazyFrame, files: Sequence[_File], ids: dict[str, str]) -> pl.LazyFrame:
    by_wban = {
        f"USW000{file.path.stem[6:]}": file.path.stem
        for file in files
        if file.form.startswith("global-hourly")
        and len(file.path.stem) == 11
        and file.path.stem[6:] != NO_WBAN
    }
    station = pl.col("station_id")
    named = (
        station.replace_strict({**by_wban, **ids}, default=None, return_dtype=pl.String)
        if ids or by_wban
        else None
    )
    rule = pl.when(station.str.starts_with("USW000")).then(UNKNOWN_USAF + station.str.slice(6))
    plain = pl.coalesce(named, rule.otherwise(station)) if named is not None else rule.otherwise(station)
    return table.with_columns(
        pl.when(pl.col("form").str.starts_with("ghcnh")).then(plain).otherwise(station).alias("station_id")
    )


def _cut_at_last_day(table: pl.LazyFrame) -> pl.LazyFrame:
    old = pl.col("form").str.starts_with("global-hourly")
    both = old.any().over("station_id") & (~old).any().over("station_id")
    after = pl.col("valid_utc").dt.date() > LAST_GLOBAL_HOURLY
    return table.filter(~both | (old != after))
