"""Write the simulated airspace as upstream files, laid out by host and path."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from aeroflux_assets.simulated.bts import month_path, write_month
from aeroflux_assets.simulated.carriers import stations
from aeroflux_assets.simulated.files import atomic
from aeroflux_assets.simulated.noaa import observation_folders, write_observations
from aeroflux_assets.simulated.registers import write_airports, write_registry, write_stations

# Raise it when the same parameters give other files, so that folders written before are written anew.
VERSION = 3
MARKER = ".simulated.json"


def _read_marker(root: Path, parameters: dict[str, Any]) -> list[int]:
    """The years already complete for these parameters."""
    try:
        marker = json.loads((root / MARKER).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return []
    if not isinstance(marker, dict) or {k: marker.get(k) for k in parameters} != parameters:
        return []
    return [int(year) for year in marker.get("years", [])]


def _write_marker(root: Path, parameters: dict[str, Any], years: Iterable[int]) -> None:
    with atomic(root / MARKER) as path:
        path.write_text(json.dumps({**parameters, "years": sorted(years)}) + "\n", encoding="utf-8")


def write_months(
    root: Path,
    months: Iterable[tuple[int, int]],
    *,
    flights_per_day: int = 60,
    seed: int = 7,
    observations: bool = False,
) -> int:
    """Write single months and the small files, without a marker: for tests and calibration.

    months: (year, month) pairs. observations: also the weather of their years. Returns the flights written.
    """
    wanted = list(months)
    places = stations(flights_per_day)
    write_airports(root)
    write_stations(root)
    write_registry(root, seed, flights_per_day)
    if observations:
        for year in sorted({year for year, _ in wanted}):
            write_observations(root, seed, places, year)
    return sum(write_month(root, seed, flights_per_day, places, year, month) for year, month in wanted)


def write_upstream(
    root: Path,
    years: Iterable[int],
    *,
    flights_per_day: int = 60,
    seed: int = 7,
    progress: Callable[[str], None] | None = None,
) -> None:
    """Write what is missing of the years' files under `root`.

    A year that is complete for the same seed, size and version is left as it is; files of other parameters
    are written over. Every file is put in place whole. A year's files depend on the year, the seed and the
    size only. progress: called with one line a year.
    """
    wanted = sorted(set(years))
    parameters: dict[str, Any] = {"version": VERSION, "seed": seed, "flights_per_day": flights_per_day}
    done = {year for year in _read_marker(root, parameters) if _all_there(root, year)}
    if not done or not (root / "registry.faa.gov").is_dir():
        write_airports(root)
        write_stations(root)
        write_registry(root, seed, flights_per_day)
        _write_marker(root, parameters, done)
    places = stations(flights_per_day)
    for year in wanted:
        if year in done:
            continue
        write_observations(root, seed, places, year)
        flights = sum(write_month(root, seed, flights_per_day, places, year, month) for month in range(1, 13))
        done.add(year)
        _write_marker(root, parameters, done)
        if progress is not None:
            progress(f"simulated {year}: {flights:,} flights, weather at {len(places)} airports")


def _all_there(root: Path, year: int) -> bool:
    months = all(month_path(root, year, month).is_file() for month in range(1, 13))
    return months and all(folder.is_dir() for folder in observation_folders(root, year))
