"""The tables of the model room: a scored year's models, predictions and metrics at a cutoff."""

import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from aeroflux_assets.contracts.model import METRICS, MODELS, PREDICTIONS
from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.errors import MissingTableError
from aeroflux_assets.features.sets import feature_set
from aeroflux_assets.features.tables import features_of
from aeroflux_assets.lake import Commit, Lake, Partition
from aeroflux_assets.model.data import blocks, labels_of, months_in_lake
from aeroflux_assets.model.evaluate import figures
from aeroflux_assets.model.train import TARGETS, TREES, Trained, train
from aeroflux_assets.years import Month, role, training_years

MODEL_FILES = "model_files"
ALL, NO_SWAPS = "all", "without swap-shaped legs"


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
        years = (*self.train_years, self.scored)
        features: list[tuple[str, Partition]] = [
            ("features", {"year": y, "cutoff": self.cutoff.name}) for y in years
        ]
        return features + [("cleaned_flights", {"year": y}) for y in years]


def make_scored_year(
    lake: Lake,
    years: tuple[int, ...],
    scored: int,
    cutoff: Cutoff,
    sets: Sequence[str],
    *,
    trees: int = TREES,
    refresh: bool = False,
    progress: Callable[[str], None] | None = None,
) -> tuple[Commit, Commit, Commit]:
    """`models`, `predictions` and `metrics` of a scored year at a cutoff, for the given feature sets.

    Raises MissingTableError where no earlier selected year has features at the cutoff.
    """
    scoring = Scoring(lake, years, scored, cutoff)
    if not scoring.train_years:
        raise MissingTableError(
            f"no year before {scored} has features at {cutoff.name}, so that nothing can be trained to score it; "
            f"run earlier years first (AEROFLUX_YEARS now selects {', '.join(map(str, years))})"
        )
    recipe = {"sets": ",".join(sets), "trees": str(trees)}
    inputs = {c.name: lake.inputs(c, scoring.inputs()) | recipe for c in (MODELS, PREDICTIONS, METRICS)}
    done = [None if refresh else lake.current(name, scoring.partition, inputs[name]) for name in inputs]
    if all(done):
        return done[0], done[1], done[2]  # type: ignore[return-value]
    models: list[dict[str, Any]] = []
    metrics: list[dict[str, Any]] = []
    predictions = lake.writer(PREDICTIONS, scoring.partition, inputs=inputs[PREDICTIONS.name])
    folder = Path(MODEL_FILES) / f"scored_year={scored}" / f"cutoff={cutoff.name}"
    with predictions:
        for name in sets:
            began = time.perf_counter()
            trained = _trained(scoring, name, trees, progress)
            models += _model_rows(scoring, name, trained, folder, trees)
            for month in months_in_lake(lake, [scored], cutoff):
                predictions.add(predict_month(lake, month, cutoff, trained, name))
            parts = _scored_rows(scoring, trained)
            seconds = time.perf_counter() - began
            metrics += [
                _metric_row(scoring, name, trained, slice_, rows, seconds)
                for slice_, rows in parts.items()
                if rows.height
            ]
    # The metrics come last: where they stand, predictions and models do too.
    made = lake.write(MODELS, pl.DataFrame(models), scoring.partition, inputs=inputs[MODELS.name])
    measured = lake.write(
        METRICS,
        pl.DataFrame(metrics, infer_schema_length=None),
        scoring.partition,
        inputs=inputs[METRICS.name],
    )
    assert predictions.commit is not None
    return made, predictions.commit, measured


def _trained(scoring: Scoring, name: str, trees: int, progress: Callable[[str], None] | None) -> Trained:
    months = months_in_lake(scoring.lake, scoring.train_years, scoring.cutoff)
    names = feature_set(name)
    told = (
        None
        if progress is None
        else (lambda text: progress(f"{scoring.scored} {scoring.cutoff.name} {name}: {text}"))
    )
    return train(
        lambda: blocks(scoring.lake, months, scoring.cutoff, names), names, trees=trees, progress=told
    )


def _model_rows(
    scoring: Scoring, name: str, trained: Trained, folder: Path, trees: int
) -> list[dict[str, Any]]:
    root = scoring.lake.root.parent
    fresh = root / folder / f".{name}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    trained.save(fresh)
    final = root / folder / name
    final.mkdir(parents=True, exist_ok=True)
    for target in TARGETS:
        (fresh / f"{target}.ubj").replace(final / f"{target}.ubj")
    shutil.rmtree(fresh)
    return [
        {
            "feature_set": name,
            "target": target,
            "path": str(folder / name / f"{target}.ubj"),
            "features": ",".join(trained.names),
            "train_years": ",".join(map(str, scoring.train_years)),
            "train_rows": trained.rows,
            "trees": trees,
            "seconds": trained.seconds,
        }
        for target in TARGETS
    ]


def predict_month(lake: Lake, month: Month, cutoff: Cutoff, trained: Trained, name: str) -> pl.DataFrame:
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


def _scored_rows(scoring: Scoring, trained: Trained) -> dict[str, pl.DataFrame]:
    """Outcome beside prediction of the scored year's flights that arrived: all, and without swap-shaped legs."""
    rows = []
    for month in months_in_lake(scoring.lake, [scoring.scored], scoring.cutoff):
        predicted = predict_month(scoring.lake, month, scoring.cutoff, trained, "")
        rows.append(labels_of(scoring.lake, month).collect().join(predicted, on="flight_id"))
    everything = pl.concat(rows)
    return {ALL: everything, NO_SWAPS: without_swaps(scoring.lake, [scoring.scored], everything)}


def without_swaps(lake: Lake, years: Iterable[int], rows: pl.DataFrame) -> pl.DataFrame:
    """The rows whose leg is not swap-shaped, by the `rotations` of the years; all where there are none."""
    parts = [{"year": year} for year in years if lake.has("rotations", {"year": year})]
    if not parts:
        return rows
    swaps = lake.scan("rotations", parts).filter(pl.col("is_swap_shaped")).select("flight_id").collect()
    return rows.join(swaps, on="flight_id", how="anti")


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
