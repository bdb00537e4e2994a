"""The tables of the explanation and of the research questions, made from a lake and committed to it."""

from typing import Any

import polars as pl

from aeroflux_assets.cleaned.span import neighbours
from aeroflux_assets.contracts.explanation import (
    ABLATION,
    FAILURES,
    HOPS_BY_DEPTH,
    IMPORTANCE,
    PASS_THROUGH,
    PASS_THROUGH_MATCHED,
)
from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.evaluation import questions
from aeroflux_assets.evaluation.effort import Effort
from aeroflux_assets.evaluation.explain import CLASSIFIER
from aeroflux_assets.evaluation.importance import importance
from aeroflux_assets.evaluation.pass_through import matched, pass_through, turnarounds
from aeroflux_assets.evaluation.sample import prediction_threads, sample_rows
from aeroflux_assets.evaluation.slices import sliced
from aeroflux_assets.lake import Commit, Lake, Partition
from aeroflux_assets.model.data import months_in_lake
from aeroflux_assets.model.files import load_model
from aeroflux_assets.years import training_years


def _scored(scored: int, cutoff: Cutoff) -> Partition:
    return {"scored_year": scored, "cutoff": cutoff.name}


def make_importance(
    lake: Lake, scored: int, cutoff: Cutoff, effort: Effort, *, refresh: bool = False
) -> Commit:
    """`importance` of a scored year at a cutoff: of every set that `models` has there.

    Raises MissingTableError where the year was not scored at the cutoff.
    """
    part = _scored(scored, cutoff)
    inputs = lake.inputs(
        IMPORTANCE,
        [
            ("models", part),
            ("features", {"year": scored, "cutoff": cutoff.name}),
            ("cleaned_flights", {"year": scored}),
        ],
    )

    def build(_: dict[str, Any]) -> pl.DataFrame:
        models = lake.scan("models", [part]).filter(pl.col("target") == CLASSIFIER).collect()
        names = {
            name: tuple(features.split(","))
            for name, features in models.select("feature_set", "features").iter_rows()
        }
        every = tuple(dict.fromkeys(feature for features in names.values() for feature in features))
        months = months_in_lake(lake, [scored], cutoff)
        sample = sample_rows(lake, months, cutoff, every, effort.permutation_rows, effort.seed)
        found = []
        for name, path in models.select("feature_set", "path").iter_rows():
            booster = load_model(lake.store, path)
            booster.set_param({"nthread": prediction_threads(sample.rows, booster.num_boosted_rounds())})
            table = importance(booster, sample, names[name], shap_rows=effort.shap_rows, seed=effort.seed)
            found.append(table.with_columns(feature_set=pl.lit(name), scored_rows=pl.lit(sample.total)))
        return pl.concat(found)

    return lake.ensure(IMPORTANCE, part, inputs | effort.recipe(), build, refresh=refresh)


def make_failures(lake: Lake, scored: int, cutoff: Cutoff, *, refresh: bool = False) -> Commit:
    """`failures` of a scored year at a cutoff. Raises MissingTableError where it was not scored."""
    part = _scored(scored, cutoff)
    year: Partition = {"year": scored}
    inputs = lake.inputs(
        FAILURES,
        [
            ("predictions", part),
            ("features", {"year": scored, "cutoff": cutoff.name}),
            *((name, year) for name in ("cleaned_flights", "rotations", "flights_with_weather")),
        ],
    )
    return lake.ensure(FAILURES, part, inputs, lambda _: sliced(lake, scored, cutoff), refresh=refresh)


def make_pass_through(lake: Lake, year: int, *, refresh: bool = False) -> tuple[Commit, Commit]:
    """`pass_through` and `pass_through_matched` of a year, in one pass over its turnarounds.

    Raises MissingTableError where the year's flights or rotations are missing.
    """
    part: Partition = {"year": year}
    contracts = (PASS_THROUGH, PASS_THROUGH_MATCHED)
    inputs = {c.name: lake.inputs(c, [*neighbours(year), ("rotations", part)]) for c in contracts}
    done = [None if refresh else lake.current(c.name, part, inputs[c.name]) for c in contracts]
    if done[0] is not None and done[1] is not None:
        return done[0], done[1]
    lake.files("cleaned_flights", [part])
    there = [p for _, p in neighbours(year) if lake.has("cleaned_flights", p)]
    flights = lake.scan("cleaned_flights", there)
    rows = turnarounds(flights, lake.scan("rotations", [part])).collect(engine="streaming").lazy()
    made = lake.write(PASS_THROUGH, pass_through(rows), part, inputs=inputs[PASS_THROUGH.name])
    paired = lake.write(PASS_THROUGH_MATCHED, matched(rows), part, inputs=inputs[PASS_THROUGH_MATCHED.name])
    return made, paired


def make_experiments(
    lake: Lake,
    years: tuple[int, ...],
    scored: int,
    cutoff: Cutoff,
    effort: Effort,
    *,
    refresh: bool = False,
    say: questions.Say = questions.silent,
) -> tuple[Commit, Commit]:
    """`ablation` and `hops` of a scored year at a cutoff, on the same sampled rows.

    Raises MissingTableError where the year, or the latest selected years before it, have no features at the cutoff,
    or none is selected.
    """
    part = _scored(scored, cutoff)
    used = (*training_years(years, scored)[-effort.train_years :], scored)
    tables: list[tuple[str, Partition]] = [("features", {"year": y, "cutoff": cutoff.name}) for y in used]
    flights = [entry for y in used for entry in neighbours(y)]
    contracts = (ABLATION, HOPS_BY_DEPTH)
    inputs = {c.name: lake.inputs(c, [*tables, *flights]) | effort.recipe() for c in contracts}
    done = [None if refresh else lake.current(c.name, part, inputs[c.name]) for c in contracts]
    if done[0] is not None and done[1] is not None:
        return done[0], done[1]
    rows = questions.experiment_rows(lake, years, scored, cutoff, effort)
    worth = questions.ablation(rows, questions.recipe_for(effort), say)
    first = lake.write(ABLATION, worth, part, inputs=inputs[ABLATION.name])
    depth = questions.hops(lake, cutoff, rows, questions.recipe_for(effort), say)
    return first, lake.write(HOPS_BY_DEPTH, depth, part, inputs=inputs[HOPS_BY_DEPTH.name])
