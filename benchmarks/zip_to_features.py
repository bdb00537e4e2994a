"""From a month's zip to features: rows a second and peak memory, the paper's features and all of ours.

    python benchmarks/zip_to_features.py [--month 2008-01] [--cutoff T-0]

Each figure is had in a process of its own, so that its peak memory is its own. Reads the mirror (AEROFLUX_MIRROR,
or ../shared/mirror). The paper authors' published pipeline needs 24 s and 3.9 GB for 2008-01 from zip to
modelling table on a machine of this kind (2 cores): the last column sets ours beside it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from real_rows import mirror_root

from aeroflux_assets.memory import peak_mb

if TYPE_CHECKING:
    import polars as pl

    from aeroflux_assets.cutoffs import Cutoff
    from aeroflux_assets.features.build import FeatureInputs

THEIR_SECONDS, THEIR_MB = 24.0, 3.9 * 1024
WHAT = {"paper": "the paper's 37 features", "all": "all features of every set"}


def measure(mirror: Path, month_text: str, cutoff_name: str, what: str) -> dict[str, float]:
    """Zip to features once; seconds by stage, rows, and this process's peak memory in MB."""
    import polars as pl

    from aeroflux_assets.cleaned.flights import clean_month
    from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS
    from aeroflux_assets.cutoffs import cutoff_named
    from aeroflux_assets.features.build import build_features
    from aeroflux_assets.features.sets import ALL_FEATURES, feature_set
    from aeroflux_assets.raw.flights import read_month, unpacked
    from aeroflux_assets.sources.bts import month_path
    from aeroflux_assets.years import parse_month

    month, full = parse_month(month_text), what == "all"
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        airports, aircraft = reference(mirror, here)

        began = time.perf_counter()
        with unpacked(mirror / "transtats.bts.gov" / month_path(month)) as csv:
            read_month(csv, month.month).write_parquet(
                here / "raw.parquet", compression="zstd", compression_level=1
            )
        read = time.perf_counter()
        cleaned = clean_month(pl.scan_parquet(here / "raw.parquet"), airports, month.year).flights
        cleaned.write_parquet(here / "cleaned.parquet", compression_level=1)
        del cleaned
        flights = pl.scan_parquet(here / "cleaned.parquet")
        clean = time.perf_counter()
        inputs = feature_inputs(flights, airports, aircraft, cutoff_named(cutoff_name), full=full)
        names = ALL_FEATURES if full else feature_set("xgb_full_aircraft")
        build_features(inputs, names).sink_parquet(here / "features.parquet", compression_level=1)
        done = time.perf_counter()
        assert CLEANED_FLIGHTS.schema == flights.select(CLEANED_FLIGHTS.names).collect_schema()
        rows = flights.select(pl.len()).collect().item()
    return {
        "rows": rows,
        "features": len(names),
        "unzip_parse_s": read - began,
        "clean_s": clean - read,
        "features_s": done - clean,
        "seconds": done - began,
        "peak_mb": peak_mb() or 0,
    }


def reference(mirror: Path, folder: Path) -> "tuple[pl.DataFrame, pl.LazyFrame]":
    """Airports and aircraft: made once for all months, so nothing of it is timed."""
    from aeroflux_assets.cleaned.tables import make_airports
    from aeroflux_assets.lake import Lake
    from aeroflux_assets.raw.tables import make_raw_aircraft, make_raw_airports
    from aeroflux_assets.settings import Settings
    from aeroflux_assets.sources.upstream import upstream_for

    lake = Lake(folder / "lake")
    upstream = upstream_for(Settings(source="mirror", mirror=mirror, data=folder))
    make_raw_airports(lake, upstream)
    make_raw_aircraft(lake, upstream)
    make_airports(lake)
    return lake.scan("airports").collect(), lake.scan("raw_aircraft")


def feature_inputs(
    flights: "pl.LazyFrame",
    airports: "pl.DataFrame",
    aircraft: "pl.LazyFrame",
    cutoff: "Cutoff",
    *,
    full: bool,
) -> "FeatureInputs":
    """What the features of a month are built from. full: the states of places too, not the paper's volumes alone."""
    import polars as pl

    from aeroflux_assets.contracts.weather import WEATHER_AT_CUTOFF
    from aeroflux_assets.features.build import FeatureInputs
    from aeroflux_assets.propagation.chain import known_upstream
    from aeroflux_assets.propagation.state import (
        MonthState,
        airport_state,
        carrier_state,
        route_state,
        volumes,
    )

    wanted = flights.select("flight_id").collect()
    nothing = wanted.lazy()
    # One table after the other, as the assets are made: the events of the states are gone before the chain is.
    state = MonthState(flights, wanted, cutoff)
    airport = (airport_state(state) if full else state.frame(volumes(state))).lazy()
    route = route_state(state).lazy() if full else nothing
    carrier = carrier_state(state).lazy() if full else nothing
    del state
    return FeatureInputs(
        flights=flights,
        recent=flights,
        propagation=known_upstream(flights, wanted, cutoff).lazy(),
        airport_state=airport,
        route_state=route,
        carrier_state=carrier,
        # The month has no weather in the mirror: the columns are there, and null.
        weather=nothing.select(
            "flight_id",
            *(pl.lit(None, dtype=c.dtype).alias(c.name) for c in WEATHER_AT_CUTOFF.columns[1:]),
        ),
        airports=airports.lazy(),
        aircraft=aircraft,
    )


def main() -> None:
    """Measure both in processes of their own and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--month", default="2008-01")
    parser.add_argument("--cutoff", default="T-0")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--one", choices=list(WHAT))
    arguments = parser.parse_args()
    mirror = mirror_root()
    if arguments.one:
        print(json.dumps(measure(mirror, arguments.month, arguments.cutoff, arguments.one)))
        return
    print(f"{arguments.month} at {arguments.cutoff}, best of {arguments.runs}, {os.cpu_count()} cores\n")
    print(
        "| what | rows | seconds | rows/s | unzip, parse | clean | features | peak MB | their 24 s | their 3.9 GB |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for what, title in WHAT.items():
        runs = []
        for _ in range(arguments.runs):
            which = ["--month", arguments.month, "--cutoff", arguments.cutoff, "--one", what]
            command = [sys.executable, __file__, *which]
            runs.append(
                json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            )
        best = min(runs, key=lambda run: run["seconds"])
        print(
            f"| {title} ({best['features']:.0f}) | {best['rows']:,.0f} | {best['seconds']:.1f} "
            f"| {best['rows'] / best['seconds']:,.0f} | {best['unzip_parse_s']:.1f} | {best['clean_s']:.1f} "
            f"| {best['features_s']:.1f} | {best['peak_mb']:,.0f} | {best['seconds'] / THEIR_SECONDS:.2f} "
            f"| {best['peak_mb'] / THEIR_MB:.2f} |"
        )


if __name__ == "__main__":
    main()
