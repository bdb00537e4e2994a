"""The inner block: out-of-fold predictions for the first scored year, which has no earlier one to learn from."""

from collections.abc import Callable, Iterator
from typing import Any

import polars as pl

from aeroflux_assets.cleaned.span import periods
from aeroflux_assets.contracts.calibrated import INNER_PREDICTIONS
from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.lake import Commit, Lake, Partition
from aeroflux_assets.model.data import blocks, labelled_rows, months_in_lake
from aeroflux_assets.model.feed import Engine
from aeroflux_assets.model.recipes import recipe_of
from aeroflux_assets.model.tables import Scoring, predict_month
from aeroflux_assets.model.train import train
from aeroflux_assets.years import earlier_scored_years, inner_block


def make_inner_predictions(
    lake: Lake,
    years: tuple[int, ...],
    scored: int,
    cutoff: Cutoff,
    *,
    engine: Engine = Engine(),  # noqa: B008 (frozen)
    refresh: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Commit:
    """`inner_predictions` of a scored year at a cutoff: each set of its `models`, trained as they were.

    Empty where there is an earlier scored year, or one training month only. The notes say what was trained on and
    what was held out. Raises MissingTableError where the models of the scored year are missing.
    """
    part: Partition = {"scored_year": scored, "cutoff": cutoff.name}
    if earlier_scored_years(years, scored):
        inputs = lake.inputs(INNER_PREDICTIONS, [])
        why = "none needed: the predictions of earlier scored years serve"
        return lake.ensure(INNER_PREDICTIONS, part, inputs, lambda notes: _none(notes, why), refresh=refresh)
    scoring = Scoring(lake, years, scored, cutoff)
    earlier: list[tuple[str, Partition]] = [
        (table, key) for table, key in scoring.inputs() if key["year"] != scored
    ]
    inputs = lake.inputs(INNER_PREDICTIONS, [("models", part), *earlier])

    def build(notes: dict[str, Any]) -> Iterator[pl.DataFrame]:
        before, inner = inner_block(tuple(months_in_lake(lake, scoring.train_years, cutoff)))
        if not inner:
            yield _none(notes, f"{before[0]} is the only training month: no inner block")
            return
        notes |= {"trained_on": _texts(before), "held_out": _texts(inner)}
        rows = labelled_rows(lake, before)
        for name, features, trees in _recipes(lake, part):
            trained = train(
                lambda names=features: blocks(lake, before, cutoff, names),  # type: ignore[misc]
                features,
                recipe_of(name, trees, engine.device),
                engine=engine,
                rows=rows,
                progress=progress,
            )
            notes[f"{name}_train_rows"] = trained.rows
            for month in periods(lake, inner):
                yield predict_month(lake, month, cutoff, trained, name)

    return lake.ensure(INNER_PREDICTIONS, part, inputs, build, refresh=refresh)


def _none(notes: dict[str, Any], why: str) -> pl.DataFrame:
    notes["inner_block"] = why
    return pl.DataFrame(schema=INNER_PREDICTIONS.schema)


def _texts(months: tuple[Any, ...]) -> list[str]:
    return [str(month) for month in months]


def _recipes(lake: Lake, part: Partition) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """Name, features and trees of each set that the scored year's models were trained with."""
    models = lake.scan("models", [part]).filter(pl.col("target") == "late15")
    for name, features, trees in models.select("feature_set", "features", "trees").collect().iter_rows():
        yield name, tuple(features.split(",")), trees
