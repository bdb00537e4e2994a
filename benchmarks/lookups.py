"""How long a lookup takes: p50 and p99 over random flights of the lake, warm and first.

    python benchmarks/lookups.py [--count 200] [--year 2008] [--seed 1]

Reads the lake that AEROFLUX_DATA names. Half of the flights are looked up by carrier, number, date and origin,
half by tail and date, as people do. The seconds of Python's own processor time stand beside those of the clock,
since a busy machine shows in the second only.
"""

import argparse
import time

import polars as pl

from aeroflux_assets.lake import Lake
from aeroflux_assets.settings import load_settings
from dashboard.queries.inventory import years_of
from dashboard.queries.lookup import find_flights
from dashboard.queries.lookup_query import LookupQuery, parse_query


def sample(lake: Lake, year: int, count: int, seed: int) -> list[LookupQuery]:
    """`count` queries for random flights with a tail of a year."""
    columns = ("tail", "flight_date", "carrier", "flight_number", "origin")
    flights = lake.scan("cleaned_flights", [{"year": year}]).select(columns).drop_nulls().collect()
    rows = flights.sample(min(count, flights.height), seed=seed).to_dicts()
    return [
        parse_query(tail=row["tail"], day=row["flight_date"])
        if number % 2
        else parse_query(
            carrier=row["carrier"], number=row["flight_number"], day=row["flight_date"], origin=row["origin"]
        )
        for number, row in enumerate(rows)
    ]


def main() -> None:
    """Print one line of figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--year", type=int, help="default: the last of the lake with the most flights")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    lake = Lake(load_settings().lake)
    commits = {year: lake.commit_of("cleaned_flights", {"year": year}) for year in years_of(lake)}
    sizes = {year: commit.rows for year, commit in commits.items() if commit}
    year = asked.year or max(sizes, key=lambda each: (sizes[each], each))
    queries = sample(lake, year, asked.count, asked.seed)
    times = []
    cpu = time.process_time()
    for query in queries:
        began = time.perf_counter()
        find_flights(lake, query)
        times.append(time.perf_counter() - began)
    cpu = time.process_time() - cpu
    spread = pl.Series(times[1:])
    p50, p99 = (spread.quantile(q, "nearest") or 0.0 for q in (0.5, 0.99))
    print(
        f"{year}: {sizes[year]:,} flights; {len(times)} lookups in {sum(times):.1f} s ({cpu:.1f} s of processor); "
        f"first {times[0] * 1e3:.0f} ms, p50 {p50 * 1e3:.0f} ms, p99 {p99 * 1e3:.0f} ms, "
        f"longest {max(times[1:]) * 1e3:.0f} ms"
    )


if __name__ == "__main__":
    main()
