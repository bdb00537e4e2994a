"""BTS On-Time archives to typed frames: every row, the declared columns, nothing decided.

Both header generations are read (`UniqueCarrier`, `TailNum`, ... became `Reporting_Airline`,
`Tail_Number`, ...). A value that its type cannot hold becomes null and its column's name goes into
`unparsed`, so that cleaning can quarantine the row with a reason instead of losing it.
"""

import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from aeroflux_assets.contracts.raw_flights import RAW_FLIGHTS
from aeroflux_assets.errors import SourceError
from aeroflux_assets.sources.bts import OLD_NAMES

NULLS = ["", "NA", "NULL"]
_ADDED = ("source_month", "source_row", "unparsed")
_UPSTREAM = [column for column in RAW_FLIGHTS.columns if column.name not in _ADDED]
# Without these a row says nothing; all others may be absent from a file and are then null.
_NEEDED = ("FlightDate", "Reporting_Airline", "Origin", "Dest", "CRSDepTime")


@contextmanager
def unpacked(archive: Path) -> Iterator[Path]:
    """The archive's one CSV, unpacked to a temporary file for the time of the block.

    A file can be scanned and streamed; the bytes in memory would cost their whole size (240 MB a month).
    Raises SourceError where the archive cannot be opened or holds no CSV.
    """
    with tempfile.TemporaryDirectory(prefix="aeroflux-") as folder:
        target = Path(folder) / "flights.csv"
        try:
            with zipfile.ZipFile(archive) as opened:
                members = [n for n in opened.namelist() if n.lower().endswith(".csv")]
                if len(members) != 1:
                    raise SourceError(
                        f"{archive}: {len(members)} CSV files inside instead of one; fetch it again with --refresh"
                    )
                with opened.open(members[0]) as packed, target.open("wb") as out:
                    shutil.copyfileobj(packed, out, 1 << 20)
        except zipfile.BadZipFile as error:
            raise SourceError(
                f"{archive}: not a zip archive ({error}); fetch it again with --refresh"
            ) from error
        yield target


def _header(path: Path) -> list[str]:
    with path.open("rb") as file:
        line = file.readline().decode("utf-8-sig")
    return [name.strip().strip('"') for name in line.rstrip("\r\n").split(",")]


def _typed(name: str, dtype: pl.DataType | type[pl.DataType]) -> pl.Expr:
    """A column as read, text or number, in its type; null where it cannot be had."""
    value = pl.col(name)
    if dtype == pl.String():
        return value
    if dtype == pl.Date():
        return value.str.to_date("%Y-%m-%d", strict=False)
    # Counts and flags read "1.00"; the float step accepts both forms.
    return value.cast(pl.Float32, strict=False).cast(dtype, strict=False)


def read_month(csv: Path, month: int) -> pl.DataFrame:
    """The rows of `scan_month`, numbers read as numbers: half the time where every field is well formed.

    One field that is not (`" 12"`, `x`) fails the whole file, which is then read with care.
    """
    try:
        return _scan(csv, month, careful=False).collect(engine="streaming")
    except pl.exceptions.ComputeError:
        return scan_month(csv, month).collect(engine="streaming")


def scan_month(csv: Path, month: int) -> pl.LazyFrame:
    """A lazy frame of one unpacked month under the `raw_flights` contract.

    csv: the unpacked file. month: 1 to 12, the month that was asked for, recorded as `source_month`.
    Raises SourceError when the header lacks a needed column.
    """
    return _scan(csv, month, careful=True)


def _scan(csv: Path, month: int, *, careful: bool) -> pl.LazyFrame:
    header = _header(csv)
    present: Mapping[str, str] = {OLD_NAMES.get(name, name): name for name in header}
    missing = [name for name in _NEEDED if name not in present]
    if missing:
        raise SourceError(
            f"{csv.name}, month {month}: the header lacks {', '.join(missing)}; its {len(header)} columns begin "
            f"{', '.join(header[:6])}. Upstream may have changed its format: compare docs/sources.md"
        )
    read = [c for c in _UPSTREAM if c.name in present]
    numbers = {present[c.name] for c in read if not careful and c.dtype.is_numeric()}
    # Texts stay texts, whatever they look like: "0930" would otherwise be read as an integer.
    frame = pl.scan_csv(
        csv,
        has_header=True,
        schema={name: pl.Float32() if name in numbers else pl.String() for name in header},
        null_values=NULLS,
        truncate_ragged_lines=True,
        encoding="utf8-lossy",
        row_index_name="source_row",
    ).select("source_row", *(pl.col(present[c.name]).alias(c.name) for c in read))
    stripped = {c.name: pl.col(c.name).str.strip_chars() for c in read if present[c.name] not in numbers}
    frame = frame.with_columns(
        pl.when(~text.is_in(NULLS)).then(text).alias(name) for name, text in stripped.items()
    )
    failed = pl.concat_str(
        [
            pl.when(_typed(c.name, c.dtype).is_null() & pl.col(c.name).is_not_null()).then(pl.lit(c.name))
            for c in read
            # A number read as a Float32 is one already.
            if c.dtype != pl.String() and (careful or c.dtype != pl.Float32())
        ],
        separator=",",
        ignore_nulls=True,
    )
    absent = [c for c in _UPSTREAM if c.name not in present]
    return frame.select(
        pl.lit(month, dtype=pl.Int8).alias("source_month"),
        pl.col("source_row").cast(pl.Int32),
        pl.when(failed != "").then(failed).alias("unparsed"),
        *(_typed(c.name, c.dtype).alias(c.name) for c in read),
        *(pl.lit(None, dtype=c.dtype).alias(c.name) for c in absent),
    ).select(RAW_FLIGHTS.names)
