"""The tables of the experiments: `xray`, `baselines` and `clusters` of a scored year at a cutoff."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import polars as pl

from aeroflux_assets.contracts.base import Contract
from aeroflux_assets.contracts.experiments import BASELINES, CLUSTERS, XRAY
from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.evaluation.baselines import EXTRA, PAPER, SCHEDULE, Data, baselines, split_of
from aeroflux_assets.evaluation.lstm import has_torch
from aeroflux_assets.evaluation.profiles import Profile
from aeroflux_assets.evaluation.sample import feature_rows, years_before
from aeroflux_assets.evaluation.xray import span_of, xray, xray_rows
from aeroflux_assets.features.tables import STATE_TABLES
from aeroflux_assets.lake import NO_PARTITION, Commit, Lake, Partition
from aeroflux_assets.model.data import months_in_lake
from aeroflux_assets.model.recipes import PAPER as RECIPE

Say = Callable[[str], None]


def _inputs(
    lake: Lake, contract: Contract, years: tuple[int, ...], cutoff: Cutoff, profile: Profile
) -> dict[str, str]:
    """What a table is made from: the tables of the years, and the sizes of the profile."""
    tables: list[tuple[str, Partition]] = [("airports", NO_PARTITION), ("raw_aircraft", NO_PARTITION)]
    for year in years:
        tables += [(name, {"year": year, "cutoff": cutoff.name}) for name in ("features", *STATE_TABLES)]
        tables += [
            (name, {"year": year}) for name in ("cleaned_flights", "cleaned_weather", "airport_stations")
        ]
    # PyTorch is an extra: with it the LSTM's row is another.
    extra = {"params": json.dumps(RECIPE.as_dict(), sort_keys=True), "torch": str(has_torch())}
    sizes = {f"profile {name}": str(value) for name, value in asdict(profile).items() if name != "cutoffs"}
    return lake.inputs(contract, tables) | sizes | extra


def make_xray(
    lake: Lake,
    years: tuple[int, ...],
    scored: int,
    cutoff: Cutoff,
    profile: Profile,
    *,
    refresh: bool = False,
    say: Say = lambda _: None,
) -> Commit:
    """`xray` of a scored year at a cutoff, trained on the last `profile.train_years` selected years before it.

    Raises MissingTableError where no earlier year is selected, or one has no features at the cutoff.
    """
    trained_on = years_before(XRAY.name, years, scored, cutoff, profile.train_years)
    part: Partition = {"scored_year": scored, "cutoff": cutoff.name}
    inputs = _inputs(lake, XRAY, years, cutoff, profile)

    def build(notes: dict[str, Any]) -> pl.DataFrame:
        months = months_in_lake(lake, trained_on, cutoff)
        span = span_of(lake, years)
        train_rows = xray_rows(lake, months, cutoff, span, profile.train_rows)
        test_rows = xray_rows(lake, months_in_lake(lake, [scored], cutoff), cutoff, span, profile.test_rows)
        notes |= {
            "profile": profile.name,
            "train_flights": train_rows.of,
            "scored_flights": test_rows.of,
            "trees": profile.trees,
        }
        return xray(train_rows, test_rows, trees=profile.trees, train_years=trained_on, say=say)

    return lake.ensure(XRAY, part, inputs, build, refresh=refresh)


def make_baselines(
    lake: Lake,
    years: tuple[int, ...],
    scored: int,
    cutoff: Cutoff,
    profile: Profile,
    *,
    refresh: bool = False,
    say: Say = lambda _: None,
) -> tuple[Commit, Commit]:
    """`baselines` and `clusters` that stand beside the models of a scored year at a cutoff.

    Which months they are trained on and asked for: `split_of`. Raises MissingTableError where there are not two.
    """
    part: Partition = {"scored_year": scored, "cutoff": cutoff.name}
    there = [y for y in years if y <= scored and lake.has("features", {"year": y, "cutoff": cutoff.name})]
    split = split_of({y: months_in_lake(lake, [y], cutoff) for y in there}, scored)
    read = tuple(sorted({month.year for month in (*split.train, split.test)}))
    inputs = {c.name: _inputs(lake, c, read, cutoff, profile) for c in (BASELINES, CLUSTERS)}
    done = [None if refresh else lake.current(name, part, inputs[name]) for name in inputs]
    if done[0] is not None and done[1] is not None:
        return done[0], done[1]
    train_rows, test_rows = (
        feature_rows(lake, months, cutoff, (*PAPER, *EXTRA), limit, SCHEDULE)
        for months, limit in ((split.train, profile.train_rows), ([split.test], profile.test_rows))
    )
    table, groups = baselines(Data.of(train_rows, test_rows, profile), split, say)
    notes = {
        "profile": profile.name,
        "test_month": str(split.test),
        "train_flights": train_rows.of,
        "test_flights": test_rows.of,
    }
    made = lake.write(CLUSTERS, groups, part, inputs=inputs[CLUSTERS.name], notes=notes)
    # The baselines come last: where they stand, the clusters do too.
    return lake.write(BASELINES, table, part, inputs=inputs[BASELINES.name], notes=notes), made
