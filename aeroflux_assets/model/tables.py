"""The tables of the model room: a scored year's models, predictions and metrics at a cutoff."""

import json
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from aeroflux_assets.cleaned.span import periods
from aeroflux_assets.contracts.model import METRICS, MODELS, PREDICTIONS
from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.errors import MissingTableError
from aeroflux_assets.features.sets import feature_set
from aeroflux_assets.features.tables import features_of
from aeroflux_assets.lake import Commit, Lake, Partition, Writer
from aeroflux_assets.model.data import blocks, labels_of, months_in_lake, rows_in_lake, training_tables
from aeroflux_assets.model.distributed import train_on_cluster
from aeroflux_assets.model.evaluate import figures
from aeroflux_assets.model.feed import Engine
from aeroflux_assets.model.files import MODEL_FILES, refuse_gone, save_models, sweep_models
from aeroflux_assets.model.recipes import Recipe, recipe_of
from aeroflux_assets.model.train import Trained, train
from aeroflux_assets.years import Period, role, training_years

ALL, NO_SWAPS = "all", "without swap-shaped legs"
_MADE = (MODELS, PREDICTIONS, METRICS)
# An input of `metrics` alone, and what its commit notes where the figures are those of an earlier one.
ROLE, SAME_FIGURES = "role", "same_figures_as"


@dataclass(frozen=True)
class Scoring:
    """One scored year at a cutoff: the selected years tell which part it plays and what its model may see."""

    lake: Lake
    years: tuple[int, ...]
    scored: int
    cutoff: Cutoff

    @property
    def partition(self) -> Partition:
        """The partition of the model tables."""
        return {"scored_year": self.scored, "cutoff": self.cutoff.name}

    @property
    def train_years(self) -> tuple[int, ...]:
        """The selected earlier years whose features are in the lake."""
        earlier = training_years(self.years, self.scored)
        return tuple(y for y in earlier if self.lake.has("features", {"year": y, "cutoff": self.cutoff.name}))

    def inputs(self) -> list[tuple[str, Partition]]:
        """The feature and label partitions that models and predictions are made from."""
        read = training_tables((*self.train_years, self.scored), self.cutoff)
        return [*read, ("rotations", {"year": self.scored})]


def make_scored_year(
    lake: Lake,
    years: tuple[int, ...],
    scored: int,
    cutoff: Cutoff,
    sets: Sequence[str],
    *,
    trees: int | None = None,
    engine: Engine = Engine(),  # noqa: B008 (frozen)
    scheduler: str | None = None,
    refresh: bool = False,
    progress: Callable[[str], None] | None = None,
) -> tuple[Commit, Commit, Commit]:
    """`models`, `predictions` and `metrics` of a scored year at a cutoff, for the given feature sets.

    Where another selection of years changed nothing but the part that the year plays, only `metrics` is written anew.

    scheduler: of the Dask cluster that trains, None to train here; scoring is done here in any case.

    Raises MissingTableError where an earlier selected year has no features at the cutoff, or none is selected, and
    SettingsError where the year is not one that the selection scores.
    """
    scoring = Scoring(lake, years, scored, cutoff)
    _refuse_missing_years(scoring)
    # What computes a model is part of it (a GPU adds in another order), where its rows lay is not.
    recipes = {name: recipe_of(name, trees, engine.device) for name in sets}
    recipe = {name: json.dumps(each.as_dict(), sort_keys=True) for name, each in recipes.items()}
    inputs = {c.name: lake.inputs(c, scoring.inputs()) | recipe for c in _MADE}
    inputs[METRICS.name][ROLE] = role(years, scored)
    kept = None if refresh else _kept(scoring, inputs)
    if kept is not None:
        return kept
    models: list[dict[str, Any]] = []
    metrics: list[dict[str, Any]] = []
    # A folder of its own for each version: the models in use stay until the new table points elsewhere.
    folder = f"{MODEL_FILES}/scored_year={scored}/cutoff={cutoff.name}/{uuid.uuid4().hex}"
    with lake.writer(PREDICTIONS, scoring.partition, inputs=inputs[PREDICTIONS.name]) as predictions:
        for name in sets:
            began = time.perf_counter()
            trained = _trained(scoring, name, recipes[name], engine, scheduler, progress)
            models += _model_rows(scoring, name, trained, f"{folder}/{name}")
            rows = pl.concat(_predicted(scoring, name, trained, predictions))
            metrics += _metric_rows(scoring, name, trained, rows, time.perf_counter() - began)
        # Before the predictions are committed: they and their models stand together or not at all.
        refuse_gone(lake.store, (row["path"] for row in models))
    made = _committed(scoring, models, inputs[MODELS.name], folder)
    # The metrics come last: where they stand, predictions and models do too.
    measured = lake.write(
        METRICS,
        pl.DataFrame(metrics, infer_schema_length=None),
        scoring.partition,
        inputs=inputs[METRICS.name],
    )
    assert predictions.commit is not None
    return made, predictions.commit, measured


def _kept(scoring: Scoring, inputs: Mapping[str, Mapping[str, str]]) -> tuple[Commit, Commit, Commit] | None:
    """The three commits where nothing need be trained; None where something must be."""
    lake, part = scoring.lake, scoring.partition
    models, predictions, metrics = (lake.current(c.name, part, inputs[c.name]) for c in _MADE)
    if models is None or predictions is None:
        return None
    metrics = metrics or _in_new_role(scoring, inputs[METRICS.name])
    return None if metrics is None else (models, predictions, metrics)


def _in_new_role(scoring: Scoring, inputs: Mapping[str, str]) -> Commit | None:
    """`metrics` as they stand, under their new role; None where they were made from something else besides."""
    lake, kept = scoring.lake, scoring.lake.commit_of(METRICS.name, scoring.partition)
    if kept is None or dict(kept.inputs) | {ROLE: inputs[ROLE]} != dict(inputs):
        return None
    rows = lake.scan(METRICS.name, [scoring.partition]).collect()
    return lake.write(
        METRICS,
        rows.with_columns(pl.lit(inputs[ROLE]).alias("role")),
        scoring.partition,
        inputs=inputs,
        notes={SAME_FIGURES: kept.notes.get(SAME_FIGURES, kept.version)},
    )


def _committed(
    scoring: Scoring, models: list[dict[str, Any]], inputs: Mapping[str, str], folder: str
) -> Commit:
    """Commit `models`, then remove the files that neither it nor the table before it names."""
    lake = scoring.lake
    before = lake.sound_commit_of(MODELS.name, scoring.partition)
    used = set() if before is None else set(lake.scan(MODELS.name, [scoring.partition]).collect()["path"])
    made = lake.write(MODELS, pl.DataFrame(models), scoring.partition, inputs=inputs)
    sweep_models(lake.store, folder, used)
    return made


def _refuse_missing_years(scoring: Scoring) -> None:
    """A model of a few of the earlier years would pass for one of them all: better none."""
    earlier = training_years(scoring.years, scoring.scored)
    missing = [str(year) for year in earlier if year not in scoring.train_years]
    if not earlier or missing:
        what = (
            f"features of {', '.join(missing)} are missing"
            if missing
            else f"no year before {scoring.scored} is selected"
        )
        raise MissingTableError(
            f"nothing can be trained to score {scoring.scored} at {scoring.cutoff.name}: {what}. Run the earlier years "
            f"first, or select fewer (AEROFLUX_YEARS now selects {', '.join(map(str, scoring.years))})"
        )


def _trained(
    scoring: Scoring,
    name: str,
    recipe: Recipe,
    engine: Engine,
    scheduler: str | None,
    progress: Callable[[str], None] | None,
) -> Trained:
    months = months_in_lake(scoring.lake, scoring.train_years, scoring.cutoff)
    names = feature_set(name)

    def told(text: str) -> None:
        if progress is not None:
            progress(f"{scoring.scored} {scoring.cutoff.name} {name}: {text}")

    if scheduler is not None:
        return train_on_cluster(scheduler, scoring.lake, months, scoring.cutoff, names, recipe, progress=told)
    return train(
        lambda: blocks(scoring.lake, months, scoring.cutoff, names),
        names,
        recipe,
        engine=engine,
        rows=rows_in_lake(scoring.lake, scoring.train_years, scoring.cutoff),
        progress=told,
    )


def _model_rows(scoring: Scoring, name: str, trained: Trained, folder: str) -> list[dict[str, Any]]:
    files = save_models(scoring.lake.store, trained, folder)
    return [
        {
            "feature_set": name,
            "target": target,
            "path": files[target],
            "features": ",".join(trained.names),
            "train_years": ",".join(map(str, scoring.train_years)),
            "train_rows": trained.rows,
            "trees": booster.num_boosted_rounds(),
            "seconds": trained.seconds,
        }
        for target, booster in trained.boosters.items()
    ]


def _predicted(scoring: Scoring, name: str, trained: Trained, predictions: Writer) -> Iterator[pl.DataFrame]:
    """Predict the scored year month by month; give outcome beside prediction of the flights that arrived."""
    for month in periods(scoring.lake, months_in_lake(scoring.lake, [scoring.scored], scoring.cutoff)):
        predicted = predict_month(scoring.lake, month, scoring.cutoff, trained, name)
        predictions.add(predicted)
        yield labels_of(scoring.lake, month).collect().join(predicted, on="flight_id")


def predict_month(lake: Lake, month: Period, cutoff: Cutoff, trained: Trained, name: str) -> pl.DataFrame:
    """`predictions` rows of every flight of a month: those that never arrived are predicted as well."""
    features = features_of(lake, month, cutoff).select("flight_id", *trained.names).collect()
    x = features.select(pl.col(trained.names).fill_null(float("nan"))).to_numpy(order="c")
    late, delay = trained.predict(x)
    return pl.DataFrame(
        {
            "flight_id": features["flight_id"],
            "feature_set": name,
            "prob_late15": late,
            "pred_arr_delay_min": delay,
        },
        schema_overrides={"prob_late15": pl.Float32, "pred_arr_delay_min": pl.Float32},
    )


def without_swaps(lake: Lake, years: Iterable[int], rows: pl.DataFrame) -> pl.DataFrame:
    """The rows whose leg is not swap-shaped, by the `rotations` of the years; all where there are none."""
    parts = [{"year": year} for year in years if lake.has("rotations", {"year": year})]
    if not parts:
        return rows
    swaps = lake.scan("rotations", parts).filter(pl.col("is_swap_shaped")).select("flight_id").collect()
    return rows.join(swaps, on="flight_id", how="anti")


def _metric_rows(
    scoring: Scoring, name: str, trained: Trained, rows: pl.DataFrame, seconds: float
) -> list[dict[str, Any]]:
    """A row for all flights and one for those without swap-shaped legs, where there are any."""
    parts = {ALL: rows, NO_SWAPS: without_swaps(scoring.lake, [scoring.scored], rows)}
    return [
        _metric_row(scoring, name, trained, slice_, part, seconds)
        for slice_, part in parts.items()
        if part.height
    ]


def _metric_row(
    scoring: Scoring, name: str, trained: Trained, slice_: str, rows: pl.DataFrame, seconds: float
) -> dict[str, Any]:
    measured = figures(
        rows["is_arr_late15"].cast(pl.Float64).to_numpy(),
        rows["prob_late15"].to_numpy(),
        rows["arr_delay_min"].cast(pl.Float64).to_numpy(),
        rows["pred_arr_delay_min"].to_numpy().astype(np.float64),
    )
    return {
        "feature_set": name,
        "slice": slice_,
        "role": role(scoring.years, scoring.scored),
        "train_years": ",".join(map(str, scoring.train_years)),
        "train_rows": trained.rows,
        "seconds": seconds,
        **measured.as_dict(),
    }
