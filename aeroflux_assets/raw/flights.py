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


def _typed(column: str, dtype: pl.DataType | type[pl.DataType]) -> pl.Expr:
    text = pl.col(column)
    if dtype == pl.String():
        return text
    if dtype == pl.Date():
        return text.str.to_date("%Y-%m-%d", strict=False)
    # Counts and flags read "1.00"; the float step accepts both forms.
    return text.cast(pl.Float32, strict=False).cast(dtype, strict=False)


def scan_month(csv: Path, month: int) -> pl.LazyFrame:
    """A lazy frame of one unpacked month under the `raw_flights` contract.

    csv: the unpacked file. month: 1 to 12, the month that was asked for, recorded as `source_month`.
    Raises SourceError when the header lacks a needed column.
    """
    header = _header(csv)
    present: Mapping[str, str] = {OLD_NAMES.get(name, name): name for name in header}
    missing = [name for name in _NEEDED if name not in present]
    if missing:
        raise SourceError(
            f"{csv.name}, month {month}: the header lacks {', '.join(missing)}; its {len(header)} columns begin "
            f"{', '.join(header[:6])}. Upstream may have changed its format: compare docs/sources.md"
        )
    frame = pl.scan_csv(
        csv,
        has_header=True,
        infer_schema=False,  # everything as text: "0930" would otherwise be read as an integer
        null_values=NULLS,
        truncate_ragged_lines=True,
        encoding="utf8-lossy",
        row_index_name="source_row",
    )
    read = [c for c in _UPSTREAM if c.name in present]
    absent = [c for c in _UPSTREAM if c.name not in present]
    texts = frame.select(
        "source_row", *(pl.col(present[c.name]).str.strip_chars().alias(c.name) for c in read)
    )
    texts = texts.with_columns(
        pl.when(pl.col(c.name).is_in(NULLS)).then(None).otherwise(pl.col(c.name)).alias(c.name) for c in read
    )
    failed = pl.concat_str(
        [
            pl.when(_typed(c.name, c.dtype).is_null() & pl.col(c.name).is_not_null()).then(pl.lit(c.name))
            for c in read
            if c.dtype != pl.String()
        ],
        separator=",",
        ignore_nulls=True,
    )
    return texts.select(
        pl.lit(month, dtype=pl.Int8).alias("source_month"),
        pl.col("source_row").cast(pl.Int32),
        pl.when(failed != "").then(failed).alias("unparsed"),
        *(_typed(c.name, c.dtype).alias(c.name) for c in read),
        *(pl.lit(None, dtype=c.dtype).alias(c.name) for c in absent),
    ).select(RAW_FLIGHTS.names)
