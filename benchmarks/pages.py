"""How long every page takes on 7 and on 70 million flights, how long a lookup, and how much memory the server needs.

    python benchmarks/pages.py FOLDER --like DATA [--rest DATA] [--page NAME]
    python benchmarks/pages.py FOLDER --of DATA

FOLDER: where the two lakes are built (11 GB) unless they are there. --like: a data folder with real months to repeat;
--rest: one for tables that it lacks, such as the experiments. --of: a data folder that has seventy million flights; the
small lake is its last year, by hard links below FOLDER. A page is drawn whole, as Streamlit draws it, in a
process of its own that has drawn the frame of the desk on an empty lake and nothing else: *first* is its first
drawing, *again* the next one. Files are as the system's cache has them. Seconds of the processes' own time stand
beside those of the clock: a busy machine shows in the second only.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from lookups import sample
from replicate import Template, linked, replicate

from aeroflux_assets.lake import Lake
from aeroflux_assets.memory import peak_mb
from dashboard.queries.lookup import find_flights

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "dashboard" / "streamlit_app.py"
YEARS = tuple(range(2015, 2025))
FIRST_S, AGAIN_S, LOOKUP_MS, MEMORY_MB = 1.5, 0.3, 150, 1500
LOOKUPS = 200
VIEWS = ("Distribution", "When", "Weather", "Propagation", "Network")
SHOWN = ("Airport day", "Routes", "Airlines", "Trends", "Outliers")


def a_day(years: tuple[int, ...]) -> date:
    """A day of the month whose flights have everything: their features, their models, their intervals."""
    return date(years[-1], 1, 15)


def pages(tail: str, day: date) -> dict[str, tuple[str, dict[str, str]]]:
    """Name to file and address of every page, and of every view of the pages that show one at a time."""
    at = {"tail": tail, "date": str(day)}
    return {
        "overview": ("overview", {}),
        **{f"eda: {view}": ("eda", {"view": view}) for view in VIEWS},
        **{f"places: {view}": ("places", {"show": view}) for view in SHOWN},
        "model": ("model", {}),
        "leakage": ("leakage", {}),
        "impact": ("impact", {}),
        "lookup": ("lookup", at),
        "lookup, nothing asked": ("lookup", {}),
        "tail, a week": ("tail", {**at, "span": "Week"}),
        "worklist": ("worklist", {"moment_day": str(day)}),
        "health": ("health", {}),
    }


def draw(data: Path, wanted: dict[str, tuple[str, dict[str, str]]]) -> dict[str, Any]:
    """Draw the pages one after the other in this process; seconds and processor seconds, first and again; peak MB."""
    from streamlit.testing.v1 import AppTest

    def desk(page: str | None = None, address: dict[str, str] | None = None) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=600)
        for key, value in (address or {}).items():
            app.query_params[key] = value
        if page:
            app.switch_page(f"app_pages/{page}.py")
        return app

    os.environ["AEROFLUX_DATA"] = str(data / "nothing")
    desk().run()
    for thread in threading.enumerate():  # the imports that the frame began beside itself
        if thread.daemon and "_warm_up" in thread.name:
            thread.join()
    os.environ["AEROFLUX_DATA"] = str(data)
    found: dict[str, Any] = {}
    for name, (file, address) in wanted.items():
        app = desk(file, address)
        times = []
        for _ in range(3):
            began, cpu = time.perf_counter(), time.process_time()
            app.run()
            times.append((time.perf_counter() - began, time.process_time() - cpu))
            if app.exception:
                raise SystemExit(f"{name}: {app.exception[0].value}")
        found[name] = (*times[0], *min(times[1:]))
    found["peak_mb"] = peak_mb() or 0
    return found


def look_up(data: Path, years: tuple[int, ...]) -> dict[str, float]:
    """p50 and p99 of lookups of random flights of all years, and the longest of the first ones of each year.

    The first of a year reads the footers of its files, which are remembered; it is not among the others.
    """
    lake = Lake(data / "lake")
    times, first = [], []
    queries = [sample(lake, year, LOOKUPS // len(years) + 1, year) for year in years]
    for of_year in queries:
        began = time.perf_counter()
        find_flights(lake, of_year[0])
        first.append((time.perf_counter() - began) * 1e3)
    for query in (query for of_year in queries for query in of_year[1:]):
        began, cpu = time.perf_counter(), time.process_time()
        find_flights(lake, query)
        times.append(((time.perf_counter() - began) * 1e3, (time.process_time() - cpu) * 1e3))
    spread = pl.DataFrame(times, schema=["ms", "cpu_ms"], orient="row")
    return {"first": max(first)} | {
        f"p{q}{kind}": float(spread[column].quantile(q / 100, "nearest") or 0)
        for q in (50, 99)
        for kind, column in (("", "ms"), ("_cpu", "cpu_ms"))
    }


def _alone(data: Path, what: str, years: tuple[int, ...], tail: str) -> dict[str, Any]:
    """What another process of this program finds: its memory and its first time are its own."""
    command = [
        sys.executable,
        __file__,
        str(data),
        "--alone",
        what,
        "--tail",
        tail,
        "--years",
        *map(str, years),
    ]
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": path}
    )
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def a_tail(data: Path, day: date) -> str:
    """An aircraft that flew on the day: the one with the most legs."""
    rows = Lake(data / "lake").scan("cleaned_flights", [{"year": day.year}]).filter(flight_date=day)
    legs = rows.group_by("tail").len().sort("len", "tail", descending=True, nulls_last=True).head(1).collect()
    return str(legs["tail"].item())


def _report(data: dict[str, Path], years: tuple[int, ...], only: str | None) -> None:
    """data: the folders of the small lake, which has the last of the years, and of the large one."""
    sizes = {"small": years[-1:], "large": years}
    day = a_day(years)
    tail = a_tail(data["large"], day)
    rows = {
        size: Lake(data[size] / "lake").scan("cleaned_flights").select(pl.len()).collect().item()
        for size in sizes
    }
    print(f"{rows['small']:,} and {rows['large']:,} flights; seconds by the clock (of the processor)")
    print(f"{'page':24} {'first, 7M':>14} {'first, 70M':>14} {'ratio':>6} {'again, 70M':>14}  mark")
    for name in pages(tail, day):
        if only and only not in name:
            continue
        small, large = (_alone(data[size], name, sizes[size], tail)[name] for size in sizes)
        kept = large[0] < FIRST_S and large[2] < AGAIN_S
        cells = [f"{wall:6.2f} ({cpu:5.2f})" for wall, cpu in (small[:2], large[:2], large[2:])]
        ratio = large[0] / small[0]
        print(
            f"{name:24} {cells[0]:>14} {cells[1]:>14} {ratio:6.2f} {cells[2]:>14}  {'kept' if kept else 'MISSED'}",
            flush=True,
        )
    if only:
        return
    found = {size: _alone(data[size], "lookups", sizes[size], tail) for size in sizes}
    for q, mark in (("p50", None), ("p99", LOOKUP_MS)):
        small, large = (found[size][q] for size in sizes)
        judged = "" if mark is None else "kept" if large < mark else "MISSED"
        cells = [f"{found[size][q]:.0f} ms ({found[size][f'{q}_cpu']:.0f})" for size in sizes]
        print(f"lookup {q}: {cells[0]}, {cells[1]}, ratio {large / small:.2f}  {judged}")
    print(
        f"first lookup of a year: {found['small']['first']:.0f} ms, {found['large']['first']:.0f} ms at most"
    )
    peak = {size: _alone(data[size], "every", sizes[size], tail)["peak_mb"] for size in sizes}
    judged = "kept" if peak["large"] < MEMORY_MB else "MISSED"
    print(f"one process, every page: {peak['small']:,.0f} MB, {peak['large']:,.0f} MB at most  {judged}")


def main() -> None:
    """Build what is missing, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--like", type=Path)
    parser.add_argument("--rest", type=Path)
    parser.add_argument("--of", type=Path)
    parser.add_argument("--template-year", type=int, default=2008)
    parser.add_argument("--page", help="only pages whose name holds this")
    parser.add_argument("--alone", help=argparse.SUPPRESS)
    parser.add_argument("--tail", default="", help=argparse.SUPPRESS)
    parser.add_argument("--years", type=int, nargs="*", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone:
        years = tuple(asked.years)
        if asked.alone == "lookups":
            print(json.dumps(look_up(asked.folder, years)))
            return
        every = pages(asked.tail, a_day(years))
        wanted = every if asked.alone == "every" else {asked.alone: every[asked.alone]}
        print(json.dumps(draw(asked.folder, wanted)))
        return
    small, years = asked.folder / "small", YEARS
    large = asked.of or asked.folder / "large"
    if asked.of:
        years = tuple(
            sorted(int(part["year"]) for part in Lake(large / "lake").partitions("cleaned_flights"))
        )
        linked(Lake(large / "lake"), small, years[-1:])
    elif asked.like:
        rest = Lake(asked.rest / "lake") if asked.rest else None
        template = Template(Lake(asked.like / "lake"), asked.template_year, rest)
        linked(replicate(template, large, years), small, years[-1:])
    _report({"small": small, "large": large}, years, asked.page)


if __name__ == "__main__":
    main()
