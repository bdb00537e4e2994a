"""Why a flight was given its probability: SHAP values as points of probability, by feature and by family, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import polars as pl

from aeroflux_assets.cutoffs import cutoff_named
from aeroflux_assets.errors import AerofluxError, LookupMissError
from aeroflux_assets.evaluation.families import family_of
from aeroflux_assets.evaluation.phrases import phrase, with_points
from aeroflux_assets.evaluation.shapley import probability_points, shap_values
from aeroflux_assets.extents import may_hold
from aeroflux_assets.lake import Lake, Partition
from aeroflux_assets.model.data import Floats
from aeroflux_assets.model.files import gone, load_model
from aeroflux_assets.store import Address, scan_files, store_at

if TYPE_CHECKING:
    import xgboost as xgb

# Boosters kept in memory: the sets of a few scored years and cutoffs, some megabytes each.
KEPT_BOOSTERS = 16
CLASSIFIER = "late15"


@dataclass(frozen=True)
class Explanation:
    """rows: feature, family, value, phi, points, words; strongest first. probability - base = the sum of points.

    value: as the model got it, null where unknown. phi: SHAP value, log-odds. points: probability (0.22 is 22 points).
    """

    rows: pl.DataFrame
    base: float
    probability: float

    def families(self) -> pl.DataFrame:
        """family, phi, points: sums over the family's features, strongest first."""
        summed = self.rows.group_by("family").agg(pl.col("phi", "points").sum())
        return summed.sort(pl.col("points").abs(), "family", descending=[True, False])


@lru_cache(maxsize=KEPT_BOOSTERS)
def _booster_at(root: Address, path: str) -> "xgb.Booster":
    """The model of a file, kept in memory: every version of a model has a path of its own."""
    booster = load_model(store_at(root), path)
    booster.set_param({"nthread": 1})  # one row at a time: threads would only wait for each other
    return booster


def classifier_of(
    lake: Lake, scored_year: int, cutoff: str, feature_set: str
) -> tuple["xgb.Booster", tuple[str, ...]]:
    """The classifier of a set that scored the year at the cutoff, and its inputs in order.

    Raises MissingTableError where the year was not scored at the cutoff or the model's file is gone, AerofluxError
    where the set has no model.
    """
    part: Partition = {"scored_year": scored_year, "cutoff": cutoff_named(cutoff).name}
    models = lake.scan("models", [part]).filter(pl.col("target") == CLASSIFIER).collect()
    row = models.filter(pl.col("feature_set") == feature_set)
    if row.is_empty():
        raise AerofluxError(
            f"no model of the set {feature_set!r} scores {scored_year} at {cutoff}; there are models of "
            f"{', '.join(models['feature_set'])}"
        )
    path, features = row.select("path", "features").row(0)
    if not lake.store.has(path):
        raise gone(lake.store, path)
    return _booster_at(lake.store.root, path), tuple(features.split(","))


def explanation(
    lake: Lake,
    flight_id: int,
    scored_year: int,
    cutoff: str,
    feature_set: str,
    legs: Mapping[int, str] | None = None,
) -> Explanation:
    """The explanation of one flight of a scored year; legs: what to call its upstream legs (see `phrase`).

    Raises LookupMissError where the year's features have no such flight, and what `classifier_of` raises.
    """
    booster, names = classifier_of(lake, scored_year, cutoff, feature_set)
    row = _features_of(lake, flight_id, {"year": scored_year, "cutoff": cutoff}, names)
    if row.is_empty():
        raise LookupMissError(f"flight {flight_id} is not among the features of {scored_year} at {cutoff}")
    return explained(booster, row, names, legs)


def _features_of(lake: Lake, flight_id: int, part: Partition, names: tuple[str, ...]) -> pl.DataFrame:
    """The flight's row, read from the one file that can hold it; no row where there is none."""
    files = [
        file for file in lake.files("features", [part]) if may_hold(file, "flight_id", flight_id, flight_id)
    ]
    if not files:
        return pl.DataFrame(schema=dict.fromkeys(names, pl.Float32))
    return scan_files(files).filter(pl.col("flight_id") == flight_id).select(names).head(1).collect()


def explained(
    booster: "xgb.Booster", row: pl.DataFrame, names: tuple[str, ...], legs: Mapping[int, str] | None = None
) -> Explanation:
    """The explanation of a row (one row, a column a feature, null where unknown) by a classifier of these inputs."""
    x: Floats = row.select(pl.col(names).fill_null(float("nan"))).cast(pl.Float32).to_numpy(order="c")
    phi, bias = shap_values(booster, x, names)
    points, base, probability = probability_points(phi[0], float(bias[0]))
    values = row.select(names).row(0)
    rows = pl.DataFrame(
        {
            "feature": list(names),
            "family": [family_of(name) for name in names],
            "value": pl.Series(values, dtype=pl.Float64, strict=False),
            "phi": phi[0],
            "points": points,
            "words": [
                with_points(phrase(name, value, legs), part)
                for name, value, part in zip(names, values, points, strict=True)
            ],
        }
    ).sort(pl.col("points").abs(), "feature", descending=[True, False])
    return Explanation(rows, base, probability)


def explain_flight(
    lake: Lake, flight_id: int, scored_year: int, cutoff: str, feature_set: str
) -> pl.DataFrame:
    """`explanation` as a frame: feature, family, value, phi (log-odds), points (probability), words; strongest first.

    The points add up to the probability less the base. Raises as `explanation` does.
    """
    return explanation(lake, flight_id, scored_year, cutoff, feature_set).rows
