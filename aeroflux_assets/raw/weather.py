"""Weather files to one typed table: the form is recognised from each file, never told by the caller.

Four forms: global-hourly CSV (packed fields such as `+0217,1`), the same as JSON from the access service,
GHCNh psv (plain columns), and GHCNh JSON. A file holds one station. The decoding itself lies in `isd` and
`ghcnh`.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

import polars as pl

from aeroflux_assets.contracts.raw_weather import RAW_WEATHER
from aeroflux_assets.errors import SourceError
from aeroflux_assets.raw import ghcnh, isd
from aeroflux_assets.sources.noaa_forms import GHCNH_MEASURES, LAST_GLOBAL_HOURLY, NO_USAF, NO_WBAN

# So many files are read at a time: each real station file has its own header and would be its own scan, and
# Polars opens the scans of one plan all at once (it warns of a deadlock past 512).
FILES_A_BATCH = 32
_HEAD = 1 << 16


@dataclass(frozen=True)
class _File:
    path: Path
    form: str
    # As the dataset calls it.
    station: str
    # The header of a text file; empty for JSON, whose rows name their own fields.
    columns: tuple[str, ...] = ()

    @property
    def is_ghcnh(self) -> bool:
        return self.form.startswith("ghcnh")


def read_weather(files: Iterable[Path], ids: Mapping[str, str] | None = None) -> pl.LazyFrame:
    """The rows of weather files of any of the four forms, in the order given, as contract raw_weather.

    ids: GHCNh id to station id (`StationsReport.ids`). A GHCNh station that it does not name takes the id
    of the global-hourly file of the same WBAN among `files`, else 999999 + WBAN.
    Where a station comes in both datasets, global-hourly counts up to its last day and GHCNh after it, so
    that no hour is doubled; a station that comes in one only keeps all its rows.
    Raises SourceError naming a file whose form is none of the four, or a GHCNh station without an id.
    """
    known = [_recognise(Path(path)) for path in files]
    if not known:
        return pl.LazyFrame(schema=RAW_WEATHER.schema)
    frames = [_read_form(form, list(group)) for form, group in groupby(known, key=lambda file: file.form)]
    table = pl.concat(frames, how="vertical")
    names = _station_names(known, ids or {})
    if names:
        table = table.with_columns(pl.col("station_id").replace(names))
        both = {names[file.station] for file in known if file.is_ghcnh} & {
            file.station for file in known if not file.is_ghcnh
        }
        if both:
            table = _cut_at_last_day(table, both)
    return RAW_WEATHER.conform(table)


def _recognise(path: Path) -> _File:
    with path.open("rb") as file:
        start = file.read(_HEAD).decode("utf-8-sig", "replace")
    if start.lstrip().startswith("["):
        return _recognise_json(path, start)
    line, _, rest = start.partition("\n")
    separator = "|" if "|" in line else ","
    columns = tuple(name.strip('" \r') for name in line.split(separator))
    form = None
    if separator == "|" and ghcnh.is_header(columns):
        form = "ghcnh-psv"
    elif separator == "," and {"STATION", "DATE", "TMP"} <= set(columns):
        form = "global-hourly-csv"
    if form is None:
        raise SourceError(
            f"{path}: not a weather form that is known (global-hourly CSV or JSON, GHCNh psv or JSON); it "
            f"begins {line[:80]!r}. Fetch it again with refresh"
        )
    # No field before STATION holds a separator, and STATION comes first in both forms that were seen.
    first = rest.split("\n", 1)[0].split(separator)
    place = columns.index("STATION")
    station = first[place].strip('" \r') if len(first) > place else ""
    return _File(path, form, station, columns)


def _recognise_json(path: Path, start: str) -> _File:
    stations = re.search(r'"STATION"\s*:\s*"([^"]*)"', start)
    station = stations.group(1).strip() if stations else path.stem
    plain = any(f'"{name}"' in start for name in GHCNH_MEASURES) or station[:2].isalpha()
    return _File(path, "ghcnh-json" if plain else "global-hourly-json", station)


def _read_form(form: str, files: Sequence[_File]) -> pl.LazyFrame:
    """Neighbouring files of one form: put together as text first, so that decoding is planned once."""
    module = ghcnh if form.startswith("ghcnh") else isd
    schema = dict.fromkeys(module.COLUMNS, pl.String())
    batches = [files[i : i + FILES_A_BATCH] for i in range(0, len(files), FILES_A_BATCH)]
    texts = [pl.defer(partial(_texts, batch, module.COLUMNS), schema=schema) for batch in batches]
    decode: Callable[[pl.LazyFrame, str], pl.LazyFrame] = module.decode
    return decode(pl.concat(texts, how="vertical"), form)


def _texts(files: Sequence[_File], wanted: Sequence[str]) -> pl.DataFrame:
    """The wanted columns of some files of one form as text, null where a file lacks one."""
    if files[0].form.endswith("json"):
        return _from_json([file.path for file in files], wanted)
    return pl.concat([_from_text(file, wanted) for file in files], how="vertical")


def _from_text(file: _File, wanted: Sequence[str]) -> pl.DataFrame:
    have = [name for name in wanted if name in file.columns]
    is_psv = file.form == "ghcnh-psv"
    frame = pl.read_csv(
        file.path,
        columns=have,
        separator="|" if is_psv else ",",
        # A psv file does not quote: a quotation mark in its remarks is just a character.
        quote_char=None if is_psv else '"',
        infer_schema=False,
        encoding="utf8-lossy",
    )
    absent = (pl.lit(None, dtype=pl.String).alias(name) for name in wanted if name not in have)
    return frame.with_columns(absent).select(wanted)


def _from_json(paths: Sequence[Path], wanted: Sequence[str]) -> pl.DataFrame:
    data: dict[str, list[str | None]] = {name: [] for name in wanted}
    for path in paths:
        for row in _load(path):
            for name, values in data.items():
                value = row.get(name)
                values.append(None if value is None else str(value))
    return pl.DataFrame(data, schema=dict.fromkeys(wanted, pl.String()))


def _load(path: Path) -> list[dict[str, object]]:
    try:
        rows = json.loads(path.read_text("utf-8"))
    except ValueError as fault:
        raise SourceError(f"{path}: not whole JSON ({fault}); fetch it again with refresh") from fault
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SourceError(f"{path}: not a JSON array of objects; fetch it again with refresh")
    return rows


def _station_names(files: Sequence[_File], ids: Mapping[str, str]) -> dict[str, str]:
    """GHCNh id to station id for every GHCNh file."""
    by_wban = {
        file.station[6:]: file.station for file in files if not file.is_ghcnh and file.station[6:] != NO_WBAN
    }
    names: dict[str, str] = {}
    for file in files:
        if not file.is_ghcnh or file.station in names:
            continue
        wban = file.station.removeprefix("USW000")
        if file.station in ids:
            names[file.station] = ids[file.station]
        elif len(wban) == 5:
            names[file.station] = by_wban.get(wban, NO_USAF + wban)
        else:
            raise SourceError(
                f"{file.path}: GHCNh station {file.station} has no WBAN number and no station id was given "
                "for it; pass ids (see raw.reference.ghcnh_ids)"
            )
    return names


def _cut_at_last_day(table: pl.LazyFrame, both: set[str]) -> pl.LazyFrame:
    old = pl.col("form").str.starts_with("global-hourly")
    after = pl.col("valid_utc").dt.date() > LAST_GLOBAL_HOURLY
    return table.filter(~pl.col("station_id").is_in(sorted(both)) | (old != after))
