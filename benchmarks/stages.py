"""Where the seconds and bytes of a year go: each table's time and peak memory, and how far it stands from its floor.

    AEROFLUX_SOURCE=mirror:../shared/mirror AEROFLUX_YEARS=2008 python benchmarks/stages.py [--cutoff T-0] [--data DIR]

Makes every table of the first selected year, upstream files to features, in a fresh lake (a temporary one, or below
--data). The floor of a table is one scan and one write of its own Parquet, measured right after it was made; that of
`raw_flights` is unzipping its months and a bare parse of the kept columns as text, written as Parquet. The peak is
the process's high-water mark of resident memory, set back before each table (Linux).
"""

import argparse
import contextlib
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl

from aeroflux_assets.contracts.raw_flights import RAW_FLIGHTS
from aeroflux_assets.cutoffs import Cutoff, cutoff_named
from aeroflux_assets.evaluation.making import cutoff_stages, make_reference, year_stages
from aeroflux_assets.lake import Lake
from aeroflux_assets.memory import peak_mb
from aeroflux_assets.raw.flights import unpacked
from aeroflux_assets.rotation.tables import make_ledger
from aeroflux_assets.settings import Settings, load_settings
from aeroflux_assets.sources.bts import month_path, published_months
from aeroflux_assets.sources.upstream import Upstream

BTS = "transtats.bts.gov"


def floor_s(lake: Lake, upstream: Upstream, tables: tuple[str, ...], year: int) -> float:
    """Seconds of the least that making the tables could take."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        if tables == ("raw_flights",):
            for month in published_months(upstream, year):
                with unpacked(local_archive(upstream, month_path(month))) as csv:
                    bare_parse(csv).sink_parquet(Path(folder) / f"{month.month}.parquet", compression_level=1)
            return time.perf_counter() - began
        for table in tables:
            for partition in lake.partitions(table):
                lake.scan(table, [partition]).sink_parquet(
                    Path(folder) / "again.parquet", compression_level=1
                )
        return time.perf_counter() - began


def local_archive(upstream: Upstream, path: str) -> Path:
    """A month's archive: in a folder source where it lies, else in the cache."""
    return (upstream.folder(BTS) or upstream.cache / BTS) / path


def bare_parse(csv: Path) -> pl.LazyFrame:
    """The columns that we keep, as text."""
    frame = pl.scan_csv(csv, infer_schema=False)
    kept = {column.name.lower() for column in RAW_FLIGHTS.columns}
    names = frame.collect_schema().names()
    alike = [name for name in names if name.lower() in kept or name.lower().replace("_", "") in kept]
    return frame.select(alike or names)


def forget_peak() -> None:
    """Set the process's high-water mark back to what it holds now."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def rows_of(
    settings: Settings, year: int, cutoff: Cutoff
) -> Iterator[tuple[str, float, float, float, float]]:
    """Table, seconds, peak MB, MB on disk and seconds of its floor, one after another as they are made."""
    lake = Lake(settings.lake)
    upstream = make_reference(settings, lake, lambda _: None)
    stages = [
        *year_stages(settings, lake, upstream, year),
        (("ledger",), lambda: make_ledger(lake, year)),
        *cutoff_stages(lake, year, cutoff),
    ]
    for tables, make_tables in stages:
        forget_peak()
        began = time.perf_counter()
        make_tables()
        seconds, peak = time.perf_counter() - began, peak_mb() or 0
        commits = [lake.commit_of(table, part) for table in tables for part in lake.partitions(table)]
        size = sum(commit.bytes for commit in commits if commit) / 1e6
        yield ", ".join(tables), seconds, peak, size, floor_s(lake, upstream, tables, year)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cutoff", default="T-0")
    parser.add_argument("--data", type=Path, help="keep the lake here; default: a temporary folder")
    asked = parser.parse_args()
    settings = load_settings()
    year, cutoff = settings.years[0], cutoff_named(asked.cutoff)
    with tempfile.TemporaryDirectory() as folder:
        own = replace(settings, data=(asked.data or Path(folder)).absolute(), years=(year,))
        print("| table | seconds | share | peak MB | MB on disk | floor s | times its floor |")
        print("|---|---|---|---|---|---|---|")
        made = list(rows_of(own, year, cutoff))
        flights = Lake(own.lake).commit_of("cleaned_flights", {"year": year})
    whole = sum(seconds for _, seconds, *_ in made)
    for tables, seconds, peak, size, floor in made:
        share, times = seconds / whole, seconds / max(floor, 0.01)
        print(
            f"| {tables} | {seconds:.1f} | {share:.0%} | {peak:,.0f} | {size:,.0f} | {floor:.1f} | {times:.1f} |"
        )
    print(
        f"| **all** | {whole:.1f} | 100% | {max(m[2] for m in made):,.0f} | {sum(m[3] for m in made):,.0f} "
        f"| {sum(m[4] for m in made):.1f} | {whole / sum(m[4] for m in made):.1f} |"
    )
    print(f"\n{year} at {cutoff.name}: {flights.rows if flights else 0:,} flights")


if __name__ == "__main__":
    main()
