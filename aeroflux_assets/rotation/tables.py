"""The `rotations` and `ledger` tables of the lake."""

from typing import Any

import polars as pl

from aeroflux_assets.cleaned.span import neighbours
from aeroflux_assets.contracts.ledger import LEDGER
from aeroflux_assets.contracts.rotation import ROTATIONS
from aeroflux_assets.lake import Commit, Lake, Partition
from aeroflux_assets.rotation.ledger import build_ledger, totals
from aeroflux_assets.rotation.legs import CARRY_OVER, build_rotations, continuity_share, year_start


def make_rotations(lake: Lake, year: int, *, refresh: bool = False) -> Commit:
    """`rotations` of a year, carried over from the end of the year before where that is in the lake."""
    part = {"year": year}
    inputs = lake.inputs(ROTATIONS, neighbours(year))

    def build(notes: dict[str, Any]) -> pl.DataFrame:
        recent = _recent(lake, year)
        rotations = build_rotations(recent, year).collect()
        notes["continuity_share"] = continuity_share(rotations.lazy(), recent)
        notes["swap_shaped"] = rotations.filter(pl.col("is_swap_shaped")).height
        return rotations

    return lake.ensure(ROTATIONS, part, inputs, build, refresh=refresh)


def make_ledger(lake: Lake, year: int, *, refresh: bool = False) -> Commit:
    """`ledger` of a year; its first inbound legs are of the end of the year before, where that is in the lake."""
    part: Partition = {"year": year}
    inputs = lake.inputs(LEDGER, [("rotations", part), *neighbours(year)])

    def build(notes: dict[str, Any]) -> pl.DataFrame:
        ledger = build_ledger(_recent(lake, year), lake.scan("rotations", [part]), year).collect()
        notes |= totals(ledger.lazy())
        return ledger

    return lake.ensure(LEDGER, part, inputs, build, refresh=refresh)


def _recent(lake: Lake, year: int) -> pl.LazyFrame:
    """`cleaned_flights` of a year, and of the end of the year before where that is in the lake."""
    years = [p for _, p in neighbours(year) if lake.has("cleaned_flights", p)]
    flights = lake.scan("cleaned_flights", years)
    return flights.filter(pl.col("sched_dep_utc") >= year_start(year) - CARRY_OVER)
