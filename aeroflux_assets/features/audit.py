"""The point-in-time audit: change everything after an instant, and the features before it stay bit-identical.

A slice of the raw tables is put through every room twice: as published, and with all that became known after
the instant replaced (`perturb.py`). Every flight whose cutoff is not after the instant must get the same bits.
That the features of later flights do differ shows that the perturbation bites.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from aeroflux_assets.cleaned.tables import make_cleaned_flights, make_cleaned_weather
from aeroflux_assets.contracts.cleaned import AIRPORTS
from aeroflux_assets.contracts.raw_flights import RAW_FLIGHTS
from aeroflux_assets.contracts.raw_weather import RAW_WEATHER
from aeroflux_assets.contracts.reference import RAW_AIRCRAFT, RAW_STATIONS
from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.errors import AerofluxError
from aeroflux_assets.features.perturb import TIMES, perturb_flights, perturb_weather
from aeroflux_assets.features.sets import ALL_FEATURES
from aeroflux_assets.features.tables import make_features
from aeroflux_assets.lake import Lake
from aeroflux_assets.propagation.tables import make_propagation, make_states
from aeroflux_assets.weather_join.tables import make_airport_stations, make_weather_at_cutoff

BEFORE, AFTER = timedelta(days=4), timedelta(days=2)
MakeFeatures = Callable[[Lake, int, Cutoff], pl.DataFrame]


@dataclass(frozen=True)
class AuditReport:
    """The outcome at one instant.

    flights: rows whose cutoff is not after the instant. changed: feature to the number of those rows in which it
    changed; empty when the promise holds. later_flights, later_changed: rows after it, and how many of them changed.
    """

    instant: datetime
    cutoff: str
    flights: int
    changed: dict[str, int]
    later_flights: int
    later_changed: int

    @property
    def holds(self) -> bool:
        """Whether no feature changed, and the perturbation was seen at all."""
        return not self.changed and self.flights > 0 and self.later_changed > 0


def features_from_raw(lake: Lake, year: int, cutoff: Cutoff) -> pl.DataFrame:
    """Every room from the raw tables in `lake` to features."""
    make_cleaned_flights(lake, year)
    make_cleaned_weather(lake, year)
    make_airport_stations(lake, year)
    make_weather_at_cutoff(lake, year, cutoff)
    make_propagation(lake, year, cutoff)
    make_states(lake, year, cutoff)
    make_features(lake, year, cutoff)
    return lake.scan("features", [{"year": year, "cutoff": cutoff.name}]).collect()


def audit(
    lake: Lake, instant: datetime, cutoff: Cutoff, *, seed: int = 1, make: MakeFeatures = features_from_raw
) -> AuditReport:
    """Audit the features at a cutoff around an instant (naive UTC), on the raw rows of `lake` four days before to
    two days after it.

    make: from a lake with raw tables to features; tests pass one that leaks, to see that it is caught.
    Raises AerofluxError where the lake has no flights there.
    """
    year = instant.year
    days = (pl.col("FlightDate") >= (instant - BEFORE).date()) & (
        pl.col("FlightDate") <= (instant + AFTER).date()
    )
    flights = lake.scan("raw_flights", [{"year": year}]).select(RAW_FLIGHTS.names).filter(days).collect()
    if flights.is_empty():
        raise AerofluxError(f"audit at {instant}: raw_flights of {year} has no flights around it")
    weather = (
        lake.scan("raw_weather", [{"year": year}])
        .select(RAW_WEATHER.names)
        .filter(pl.col("valid_utc").is_between(instant - BEFORE - AFTER, instant + AFTER + AFTER))
        .collect()
    )
    times = _times(lake, year)
    with tempfile.TemporaryDirectory(prefix="aeroflux-audit-") as folder:
        world = _copy(lake, Path(folder) / "a", year, flights, weather)
        other = _copy(
            lake,
            Path(folder) / "b",
            year,
            perturb_flights(flights, times, instant, seed),
            perturb_weather(weather, instant, seed),
        )
        before, after = make(world, year, cutoff), make(other, year, cutoff)
        asked = world.scan("cleaned_flights").select("flight_id", "sched_dep_utc").collect()
    return _compare(before, after, asked, instant, cutoff)


def _times(lake: Lake, year: int) -> pl.DataFrame:
    names = ("source_month", "source_row", "tail", "origin", "dest", "sched_arr_utc", *TIMES)
    left = pl.coalesce("dep_utc", "gate_left_utc").alias("dep_utc")
    return lake.scan("cleaned_flights", [{"year": year}]).with_columns(left).select(names).collect()


def _copy(lake: Lake, root: Path, year: int, flights: pl.DataFrame, weather: pl.DataFrame) -> Lake:
    """A lake of its own with the reference tables and the given raw rows."""
    world = Lake(root)
    for contract in (AIRPORTS, RAW_STATIONS, RAW_AIRCRAFT):
        world.write(contract, lake.scan(contract.name))
    months = sorted(flights["source_month"].unique())
    world.write(RAW_FLIGHTS, flights, {"year": year}, notes={"months": months, "missing_months": []})
    world.write(RAW_WEATHER, weather, {"year": year})
    return world


def _compare(
    before: pl.DataFrame, after: pl.DataFrame, asked: pl.DataFrame, instant: datetime, cutoff: Cutoff
) -> AuditReport:
    lead = timedelta(minutes=cutoff.lead_min)
    rows = asked.with_columns(known=pl.col("sched_dep_utc") - lead <= instant).join(before, on="flight_id")
    both = rows.join(after, on="flight_id", how="left", suffix="_after")
    # Equal floats without a tolerance, and null only beside null.
    differs = {name: ~pl.col(name).eq_missing(pl.col(f"{name}_after")) for name in ALL_FEATURES}
    counts = (
        both.filter("known")
        .select(expr.sum().alias(name) for name, expr in differs.items())
        .row(0, named=True)
    )
    later = both.filter(~pl.col("known"))
    return AuditReport(
        instant=instant,
        cutoff=cutoff.name,
        flights=both.filter("known").height,
        changed={name: int(count) for name, count in counts.items() if count},
        later_flights=later.height,
        later_changed=int(later.select(pl.any_horizontal(*differs.values()).sum()).item()),
    )
