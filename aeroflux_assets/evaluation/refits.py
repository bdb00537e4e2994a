"""Refit strategies: every row, and the paper's two ways around its memory, on the same rows and recipe.

The paper needed 88 to 92 GB for its span and fell back to a stratified sample of 35% (one of its runs) or to 30 trees
a year on top of those of the years before (another). All three are trained here as it says and scored alike. Each runs
in a process of its own (`refit_worker.py`), so that its peak memory is its own.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from aeroflux_assets.cleaned.span import flights_of_month, periods
from aeroflux_assets.cutoffs import cutoff_named
from aeroflux_assets.errors import AerofluxError
from aeroflux_assets.features.sets import feature_set
from aeroflux_assets.features.tables import features_of
from aeroflux_assets.lake import Lake
from aeroflux_assets.memory import peak_mb
from aeroflux_assets.model.data import LABELS, Block, block, blocks, months_in_lake, rows_in_lake
from aeroflux_assets.model.evaluate import figures
from aeroflux_assets.model.feed import Engine, quantised, refuse_missing_gpu
from aeroflux_assets.model.recipes import Recipe, recipe_of
from aeroflux_assets.model.train import TARGETS, Trained, boosted, train
from aeroflux_assets.years import Month

# The paper's share (its published run; docs/figures.md).
SHARE, SEED = 0.35, 42
ALL_ROWS, SAMPLE, BY_YEAR = "all_rows", "stratified_sample", "by_year"
STRATEGIES = {
    ALL_ROWS: "every row of the earlier years at once",
    SAMPLE: f"{SHARE:.0%} of the rows of each month and label, by a seed",
    BY_YEAR: "boosting goes on from year to year, the trees shared out over the years",
}


@dataclass(frozen=True)
class Refit:
    """A refit to be made. lake: its root. years: those to train on. trees: rounds in all. threads: of
    XGBoost, -1 for all; the model is the same with any. memory, device, folder: see `Engine`.
    """

    lake: str
    years: tuple[int, ...]
    scored: int
    cutoff: str
    feature_set: str
    trees: int
    memory: Any
    device: Any
    folder: str
    threads: int = -1

    @property
    def engine(self) -> Engine:
        """Where its rows lie and what trains it."""
        return Engine(self.memory, self.device, Path(self.folder))

    @property
    def recipe(self) -> Recipe:
        """The set's own recipe with these rounds."""
        return recipe_of(self.feature_set, self.trees, self.device).but(nthread=self.threads)


def refit(strategy: str, of: Refit) -> dict[str, Any]:
    """Train by a strategy and score the year: the figures of a row of `refits`, peak memory read before the scoring."""
    lake, cutoff, names = Lake(Path(of.lake)), cutoff_named(of.cutoff), feature_set(of.feature_set)
    months = months_in_lake(lake, of.years, cutoff)
    rows = {year: rows_in_lake(lake, [year], cutoff) for year in of.years}
    held = sum(rows.values())
    if strategy == BY_YEAR:
        trained = by_year(lake, months, of, rows)
        held = max(rows.values())
    elif strategy == SAMPLE:
        held = round(held * SHARE)
        trained = train(
            lambda: stratified(lake, months, of, names), names, of.recipe, engine=of.engine, rows=held
        )
    elif strategy == ALL_ROWS:
        trained = train(
            lambda: blocks(lake, months, cutoff, names), names, of.recipe, engine=of.engine, rows=held
        )
    else:
        raise AerofluxError(f"{strategy!r} is no refit strategy; there are {', '.join(STRATEGIES)}")
    peak = peak_mb()
    measured = scored(lake, of, trained, names)
    return {
        "train_rows": trained.rows,
        **{name: measured[name] for name in ("rows", "auc", "pr_auc", "brier", "mae")},
        "seconds": trained.seconds,
        "peak_mb": peak,
        "memory": "disk" if of.engine.on_disk(held, len(names)) else "memory",
    }


def stratified(lake: Lake, months: list[Month], of: Refit, names: tuple[str, ...]) -> Iterator[Block]:
    """SHARE of the flights that arrived, of each month and label, drawn by SEED; in the order of the table."""
    cutoff, strata = cutoff_named(of.cutoff), ["month", LABELS[0]]
    for period in periods(lake, months):
        flights = flights_of_month(lake, period).select("flight_id", "flight_date", *LABELS)
        labels = flights.drop_nulls().collect()
        drawn = np.random.default_rng([SEED, period.first.index]).random(labels.height)
        kept = (
            labels.with_columns(month=pl.col("flight_date").dt.truncate("1mo"), drawn=drawn)
            .filter(pl.col("drawn").rank("ordinal").over(strata) <= (pl.len().over(strata) * SHARE).round())
            .select("flight_id", *LABELS)
        )
        yield block(kept.lazy(), features_of(lake, period, cutoff), names)


def shared_out(trees: int, years: int) -> list[int]:
    """Rounds of each year: equal parts, the later years one more where they do not divide; one each at least."""
    each, rest = divmod(trees, years)
    return [max(each + (year >= years - rest), 1) for year in range(years)]


def by_year(lake: Lake, months: list[Month], of: Refit, rows: dict[int, int]) -> Trained:
    """Both models boosted on one year after the other; only one year's rows are held at a time."""
    began, boosting, total = time.perf_counter(), 0.0, 0
    refuse_missing_gpu(of.device)
    cutoff, names, recipe = cutoff_named(of.cutoff), feature_set(of.feature_set), of.recipe
    boosters: dict[str, Any] = dict.fromkeys(TARGETS)
    for year, trees in zip(of.years, shared_out(of.trees, len(of.years)), strict=True):
        own = [month for month in months if month.year == year]
        with quantised(
            lambda own=own: blocks(lake, own, cutoff, names),  # type: ignore[misc]
            names,
            recipe.params["max_bin"],
            engine=of.engine,
            rows=rows[year],
        ) as data:
            total += int(data.matrix.num_row())
            quantised_by = time.perf_counter()
            for target in TARGETS:
                boosters[target] = boosted(data, target, recipe.but(trees), boosters[target])
            boosting += time.perf_counter() - quantised_by
    late, delay = boosters.values()
    return Trained(late, delay, names, total, of.trees, time.perf_counter() - began, boosting)


def scored(lake: Lake, of: Refit, trained: Trained, names: tuple[str, ...]) -> dict[str, Any]:
    """The figures of the scored year, month by month."""
    cutoff = cutoff_named(of.cutoff)
    parts = [
        (month.late, month.delay, *trained.predict(month.x))
        for month in blocks(lake, months_in_lake(lake, [of.scored], cutoff), cutoff, names)
    ]
    late, delay, probability, predicted = (np.concatenate(part) for part in zip(*parts, strict=True))
    return figures(late, probability, delay, predicted).as_dict()
