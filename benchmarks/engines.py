"""The same work in AeroFlux, in DuckDB SQL and in pandas: a month's zip to honest features, side by side in one run.

    python benchmarks/engines.py [--month 2008-01] [--runs 1]

The work: unzip and parse; scheduled departures from local time to UTC by zone; the other times from it and the
minutes; for each flight at its scheduled departure the last two legs of its tail that the schedule or a landing vouches
for, what was known of them, and the flights scheduled from its origin, to its destination and on its route in the 28
days before. Written as Parquet. AeroFlux also quarantines, removes duplicates, compares clocks and checks nothing less
than it always does; the other two leave that out. The results are compared flight by flight before a ratio is printed:
an engine that finds other values ends the program with status 1.

Reads the mirror (AEROFLUX_MIRROR, or ../shared/mirror). Each engine runs in a process of its own.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from real_rows import mirror_root

from aeroflux_assets.memory import peak_mb

if TYPE_CHECKING:
    import pandas as pd

KEY = ["flight_date", "carrier", "flight_number", "origin", "sched_dep"]
VALUES = [
    "prev1_arr_delay",
    "prev1_dep_delay",
    "prev2_arr_delay",
    "prev2_dep_delay",
    "origin_flight_volume",
    "dest_flight_volume",
    "route_frequency",
]
# Turnaround, look-back and window as aeroflux_assets has them.
TURNAROUND, LOOKBACK, WINDOW = 15, 36 * 60, 28 * 1440
COLUMNS = {
    "FlightDate": "flight_date",
    "Reporting_Airline": "carrier",
    "Flight_Number_Reporting_Airline": "flight_number",
    "Tail_Number": "tail",
    "Origin": "origin",
    "Dest": "dest",
    "CRSDepTime": "crs_dep",
    "CRSElapsedTime": "block",
    "DepDelay": "dep_delay",
    "ArrDelay": "arr_delay",
    "ActualElapsedTime": "elapsed",
    "Cancelled": "cancelled",
    "Diverted": "diverted",
}


def by_aeroflux(csv: Path, zones: Path, out: Path, month: int, year: int) -> None:
    """Our own functions, as the assets call them."""
    from aeroflux_assets.cleaned.flights import clean_month
    from aeroflux_assets.cutoffs import cutoff_named
    from aeroflux_assets.propagation.chain import known_upstream
    from aeroflux_assets.propagation.known import minute_of
    from aeroflux_assets.propagation.state import MonthState, volumes
    from aeroflux_assets.raw.flights import read_month

    cutoff = cutoff_named("T-0")
    flights = clean_month(read_month(csv, month).lazy(), pl.read_parquet(zones), year).flights
    wanted = flights.select("flight_id")
    state = MonthState(flights.lazy(), wanted, cutoff)
    parts = [
        flights.select(*KEY[:-1], sched_dep=minute_of("sched_dep_utc")),
        known_upstream(flights.lazy(), wanted, cutoff, depth=2).select(
            pl.col(f"up{k}_{end}_delay_min").alias(f"prev{k}_{end}_delay")
            for k in (1, 2)
            for end in ("arr", "dep")
        ),
        state.frame(volumes(state)).select(
            route_frequency="route_frequency_28d",
            origin_flight_volume="origin_flight_volume_28d",
            dest_flight_volume="dest_flight_volume_28d",
        ),
    ]
    pl.concat(parts, how="horizontal").write_parquet(out, compression_level=1)


_SQL = """
CREATE TABLE f AS
WITH r AS (
  SELECT {columns} FROM read_csv('{csv}', all_varchar = true, header = true)
), s AS (
  SELECT r.*, z.time_zone AS zone, CAST(flight_date AS TIMESTAMP)
    + to_minutes(CAST(crs_dep AS INT) // 100 * 60 + CAST(crs_dep AS INT) % 100) AS local
  FROM r JOIN read_parquet('{zones}') z ON z.airport = r.origin
), u AS (
  SELECT *, CAST(epoch(timezone(zone, local)) // 60 AS BIGINT) AS sched_dep,
    TRY_CAST(block AS DOUBLE)::BIGINT AS b, TRY_CAST(elapsed AS DOUBLE)::BIGINT AS el,
    coalesce(TRY_CAST(cancelled AS DOUBLE), 0) = 1 AS c, coalesce(TRY_CAST(diverted AS DOUBLE), 0) = 1 AS d,
    TRY_CAST(dep_delay AS DOUBLE)::BIGINT AS dd, TRY_CAST(arr_delay AS DOUBLE)::BIGINT AS ad
  FROM s
)
SELECT row_number() OVER () AS id, CAST(flight_date AS DATE) AS flight_date, carrier,
  CAST(flight_number AS INT) AS flight_number,
  nullif(tail, '') AS tail, origin, dest, sched_dep, sched_dep + b AS sched_arr, c AS cancelled,
  CASE WHEN NOT c THEN greatest(sched_dep + dd, sched_dep) END AS dep, CASE WHEN NOT c THEN dd END AS dep_delay,
  CASE WHEN NOT c AND NOT d THEN greatest(coalesce(sched_dep + dd + el, sched_dep + b + ad), sched_dep) END AS arr,
  CASE WHEN NOT c AND NOT d THEN coalesce(ad, dd + el - b) END AS arr_delay
FROM u;

CREATE TABLE up1 AS SELECT f.id, f.sched_dep AS t, arg_max(p.id, (p.sched_dep, p.sched_arr, p.id)) AS up
FROM f JOIN f p ON p.tail = f.tail AND p.dest = f.origin
  AND (p.sched_dep, p.sched_arr, p.id) < (f.sched_dep, f.sched_arr, f.id) AND p.sched_dep >= f.sched_dep - {lookback}
  AND (p.sched_arr + {turn} <= f.sched_dep OR p.arr <= f.sched_dep)
  AND NOT (p.cancelled AND p.sched_dep < f.sched_dep) GROUP BY ALL;
CREATE TABLE up2 AS SELECT up1.id, arg_max(p.id, (p.sched_dep, p.sched_arr, p.id)) AS up
FROM up1 JOIN f ON f.id = up1.up JOIN f p ON p.tail = f.tail AND p.dest = f.origin
  AND (p.sched_dep, p.sched_arr, p.id) < (f.sched_dep, f.sched_arr, f.id) AND p.sched_dep >= f.sched_dep - {lookback}
  AND (p.sched_arr + {turn} <= f.sched_dep OR p.arr <= up1.t) AND NOT (p.cancelled AND p.sched_dep < up1.t)
  GROUP BY ALL;

COPY (
  SELECT f.flight_date, f.carrier, f.flight_number, f.origin, f.sched_dep,
    CASE WHEN a.arr <= f.sched_dep THEN a.arr_delay END AS prev1_arr_delay,
    CASE WHEN a.dep <= f.sched_dep THEN a.dep_delay END AS prev1_dep_delay,
    CASE WHEN b.arr <= f.sched_dep THEN b.arr_delay END AS prev2_arr_delay,
    CASE WHEN b.dep <= f.sched_dep THEN b.dep_delay END AS prev2_dep_delay,
    count(*) OVER o AS origin_flight_volume, count(*) OVER d AS dest_flight_volume,
    count(*) OVER r AS route_frequency
  FROM f LEFT JOIN up1 USING (id) LEFT JOIN f a ON a.id = up1.up
    LEFT JOIN up2 ON up2.id = f.id LEFT JOIN f b ON b.id = up2.up
  WINDOW o AS (PARTITION BY f.origin ORDER BY f.sched_dep RANGE BETWEEN {window} PRECEDING AND 1 PRECEDING),
    d AS (PARTITION BY f.dest ORDER BY f.sched_dep RANGE BETWEEN {window} PRECEDING AND 1 PRECEDING),
    r AS (PARTITION BY f.origin, f.dest ORDER BY f.sched_dep RANGE BETWEEN {window} PRECEDING AND 1 PRECEDING)
) TO '{out}' (FORMAT parquet, COMPRESSION zstd);
"""


def by_duckdb(csv: Path, zones: Path, out: Path, month: int, year: int) -> None:  # noqa: ARG001 - one form for all
    """SQL as an analyst would write it: joins of a tail's legs, counts over ranges of minutes."""
    import duckdb

    with duckdb.connect(":memory:") as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute("SET preserve_insertion_order = true")
        columns = ", ".join(f'"{theirs}" AS {ours}' for theirs, ours in COLUMNS.items())
        con.execute(
            _SQL.format(
                columns=columns,
                csv=csv,
                zones=zones,
                out=out,
                lookback=LOOKBACK,
                turn=TURNAROUND,
                window=WINDOW,
            )
        )


def by_pandas(csv: Path, zones: Path, out: Path, month: int, year: int) -> None:  # noqa: ARG001 - one form for all
    """pandas as an analyst would write it: merges of a tail's legs, searches in sorted minutes."""
    import numpy as np
    import pandas as pd

    f = pd.read_csv(csv, usecols=list(COLUMNS), dtype={"CRSDepTime": "int32"}).rename(columns=COLUMNS)
    f = f.merge(pd.read_parquet(zones)[["airport", "time_zone"]], left_on="origin", right_on="airport")
    clock = f["crs_dep"]
    f["flight_date"] = pd.to_datetime(f["flight_date"])
    f["local"] = f["flight_date"] + pd.to_timedelta((clock // 100) * 60 + clock % 100, unit="min")
    f["sched_dep"] = f.groupby("time_zone")["local"].transform(_utc_minutes)
    f["sched_arr"] = f["sched_dep"] + f["block"]
    gone, there = f["cancelled"] != 1, (f["cancelled"] != 1) & (f["diverted"] != 1)
    dep = (f["sched_dep"] + f["dep_delay"]).where(gone)
    arr = (dep + f["elapsed"]).fillna(f["sched_arr"] + f["arr_delay"]).where(there)
    f["arr_delay"] = f["arr_delay"].fillna(arr - f["sched_arr"]).where(there)
    f["dep_delay"] = f["dep_delay"].where(gone)
    f["dep"], f["arr"] = np.maximum(dep, f["sched_dep"]), np.maximum(arr, f["sched_dep"])
    f["id"] = np.arange(len(f))
    f = f.sort_values(["tail", "sched_dep", "sched_arr", "id"], ignore_index=True)
    f["order"] = np.arange(len(f))
    first = _previous(f, pd.DataFrame({"order": f["order"], "down": f["order"], "t": f["sched_dep"]}))
    second = _previous(f, first.rename(columns={"up": "down"}))
    f = f.set_index("order")
    for k, link in ((1, first), (2, second)):
        leg = f[["dep", "arr", "dep_delay", "arr_delay"]].reindex(
            link.set_index("order")["up"].reindex(f.index)
        )
        t = f["sched_dep"].to_numpy()
        f[f"prev{k}_arr_delay"] = np.where(leg["arr"] <= t, leg["arr_delay"], np.nan)
        f[f"prev{k}_dep_delay"] = np.where(leg["dep"] <= t, leg["dep_delay"], np.nan)
    for name, by in (
        ("origin_flight_volume", ["origin"]),
        ("dest_flight_volume", ["dest"]),
        ("route_frequency", ["origin", "dest"]),
    ):
        f[name] = f.groupby(by)["sched_dep"].transform(_scheduled_before)
    f[[*KEY, *VALUES]].to_parquet(out, compression="zstd", index=False)


def _utc_minutes(local: "pd.Series[pd.Timestamp]") -> "pd.Series[int]":
    import pandas as pd

    zone = local.name
    utc = local.dt.tz_localize(str(zone), ambiguous=True, nonexistent="shift_forward").dt.tz_convert("UTC")
    return (utc - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(minutes=1)


def _previous(f: "pd.DataFrame", asked: "pd.DataFrame") -> "pd.DataFrame":
    """For each asked leg (order, the leg `down` below it, the time t): the last leg that may be linked, `up`."""
    below = asked.merge(f, left_on="down", right_index=True, suffixes=("", "_below"))
    below = below[["order", "t", "down", "tail", "origin", "sched_dep"]].dropna(subset=["tail"])
    legs = f[["order", "tail", "dest", "sched_dep", "sched_arr", "arr", "cancelled"]].rename(
        columns={"order": "up"}
    )
    both = below.merge(legs, left_on=["tail", "origin"], right_on=["tail", "dest"], suffixes=("", "_up"))
    vouched = (both["sched_arr"] + TURNAROUND <= both["sched_dep"]) | (both["arr"] <= both["t"])
    near = (both["up"] < both["down"]) & (both["sched_dep_up"] >= both["sched_dep"] - LOOKBACK)
    known_off = (both["cancelled"] == 1) & (both["sched_dep_up"] < both["t"])
    return both[vouched & near & ~known_off].groupby(["order", "t"], as_index=False)["up"].max()


def _scheduled_before(minutes: "pd.Series[int]") -> "pd.Series[int]":
    import numpy as np
    import pandas as pd

    ordered = np.sort(minutes.to_numpy())
    count = np.searchsorted(ordered, minutes) - np.searchsorted(ordered, minutes - WINDOW)
    return pd.Series(count, index=minutes.index)


ENGINES = {"AeroFlux": by_aeroflux, "DuckDB SQL": by_duckdb, "pandas": by_pandas}


def measure(engine: str, mirror: Path, month_text: str, out: Path) -> dict[str, float]:
    """One engine, zip to Parquet: seconds and this process's peak memory; zones are made before the clock starts."""
    from aeroflux_assets.cleaned.tables import make_airports
    from aeroflux_assets.lake import Lake
    from aeroflux_assets.raw.flights import unpacked
    from aeroflux_assets.raw.tables import make_raw_airports
    from aeroflux_assets.settings import Settings
    from aeroflux_assets.sources.bts import month_path
    from aeroflux_assets.sources.upstream import upstream_for
    from aeroflux_assets.years import parse_month

    month = parse_month(month_text)
    with tempfile.TemporaryDirectory() as folder:
        lake, zones = Lake(Path(folder) / "lake"), Path(folder) / "zones.parquet"
        make_raw_airports(lake, upstream_for(Settings(source="mirror", mirror=mirror, data=Path(folder))))
        make_airports(lake)
        lake.scan("airports").collect().write_parquet(zones)
        began = time.perf_counter()
        with unpacked(mirror / "transtats.bts.gov" / month_path(month)) as csv:
            ENGINES[engine](csv, zones, out, month.month, month.year)
        seconds = time.perf_counter() - began
    return {"seconds": seconds, "peak_mb": peak_mb() or 0}


def compared(ours: Path, theirs: Path) -> tuple[int, int]:
    """Flights that both found, and how many of these differ in any value.

    AeroFlux sets impossible rows aside, the others count them: a volume may differ by as many as there are.
    """
    frames = [pl.read_parquet(path) for path in (ours, theirs)]
    aside = frames[1].height - frames[0].height
    one, other = (
        frame.select(
            pl.col("flight_date").cast(pl.Date),
            pl.col("carrier", "origin").cast(pl.String),
            pl.col("flight_number", "sched_dep").cast(pl.Int64),
            pl.col(VALUES).cast(pl.Float64).fill_nan(None),
        ).unique(KEY, keep="none")
        for frame in frames
    )
    both = one.join(other, on=KEY, how="inner", suffix="_2")
    delays = (pl.col(name).ne_missing(pl.col(f"{name}_2")) for name in VALUES if name.startswith("prev"))
    volumes = ((pl.col(n) - pl.col(f"{n}_2")).abs() > aside for n in VALUES if not n.startswith("prev"))
    return both.height, both.filter(pl.any_horizontal(*delays, *volumes)).height


def main() -> int:
    """Measure all, compare, print; 1 where the results differ in more than a flight in ten thousand."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--month", default="2008-01")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--one", nargs=2, metavar=("ENGINE", "OUT"))
    asked = parser.parse_args()
    mirror = mirror_root()
    if asked.one:
        print(json.dumps(measure(asked.one[0], mirror, asked.month, Path(asked.one[1]))))
        return 0
    worst, best = 0.0, {}
    with tempfile.TemporaryDirectory() as folder:
        print(
            "| engine | seconds | peak MB | times our seconds | times our memory | flights compared | that differ |"
        )
        print("|---|---|---|---|---|---|---|")
        for number, engine in enumerate(ENGINES):
            out = Path(folder) / f"{number}.parquet"
            command = [sys.executable, __file__, "--month", asked.month, "--one", engine, str(out)]
            runs = [
                json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
                for _ in range(asked.runs)
            ]
            best[engine] = min(runs, key=lambda run: run["seconds"])
            mine, base = best[engine], best["AeroFlux"]
            shared, unlike = compared(Path(folder) / "0.parquet", out)
            worst = max(worst, unlike / max(shared, 1))
            print(
                f"| {engine} | {mine['seconds']:.1f} | {mine['peak_mb']:,.0f} "
                f"| {mine['seconds'] / base['seconds']:.2f} | {mine['peak_mb'] / base['peak_mb']:.2f} "
                f"| {shared:,} | {unlike:,} |",
                flush=True,
            )
    return 1 if worst > 1e-4 else 0


if __name__ == "__main__":
    sys.exit(main())
