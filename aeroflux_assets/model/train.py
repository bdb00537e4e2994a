"""Training the two models of a feature set: a classifier of ArrDel15 and a regressor of ArrDelay.

Rows reach XGBoost month by month and are quantised as they come (`feed.py`): memory holds the quantised rows and
one month, or with the cache on disk hardly more than one month, not the whole table.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aeroflux_assets.model.data import Floats
from aeroflux_assets.model.feed import Blocks, Engine, Quantised, quantised, refuse_missing_gpu
from aeroflux_assets.model.labels import classifier_labels
from aeroflux_assets.model.recipes import Recipe

if TYPE_CHECKING:
    import xgboost as xgb

OBJECTIVES = {"late15": "binary:logistic", "arr_delay_min": "reg:squarederror"}
TARGETS = tuple(OBJECTIVES)


@dataclass(frozen=True)
class Trained:
    """The two models of a set and what they cost.

    classifier: probability of ArrDel15. regressor: expected ArrDelay in minutes. rows: training rows. trees:
    boosting rounds of the classifier. seconds: all of it; boosting_seconds: of these, without reading and
    quantising the rows; None where nobody took that time.
    """

    classifier: "xgb.Booster"
    regressor: "xgb.Booster"
    names: tuple[str, ...]
    rows: int
    trees: int
    seconds: float
    boosting_seconds: float | None = None

    @property
    def boosters(self) -> "dict[str, xgb.Booster]":
        """The models by target."""
        return dict(zip(TARGETS, (self.classifier, self.regressor), strict=True))

    def predict(self, x: Floats) -> tuple[Floats, Floats]:
        """Probability late and expected delay of each row of x (rows, features)."""
        late: Floats = self.classifier.inplace_predict(x)
        delay: Floats = self.regressor.inplace_predict(x)
        return late, delay


def train(
    blocks: Blocks,
    names: tuple[str, ...],
    recipe: Recipe,
    *,
    engine: Engine = Engine(),  # noqa: B008 (frozen)
    rows: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> Trained:
    """Train both models on the rows of `blocks`.

    blocks: called once a pass over the data; it must give the same blocks each time. With `engine.folder` there is
    one pass, else as many as XGBoost likes. rows: about how many, which decides for `engine.memory` auto.
    Deterministic for the same rows, recipe and XGBoost version, however the rows are held. The recipe's device
    counts. Raises AerofluxError where there is no row, or no GPU build for `cuda`.
    """
    began = time.perf_counter()
    refuse_missing_gpu(recipe.params["device"])
    boosters = {}
    with quantised(blocks, names, recipe.params["max_bin"], engine=engine, rows=rows) as data:
        trained_on = int(data.matrix.num_row())
        quantised_by = time.perf_counter()
        for target in TARGETS:
            boosters[target] = boosted(data, target, recipe)
            if progress is not None:
                progress(
                    f"trained {target}: {trained_on} rows, {len(names)} features, {recipe.of(target).trees} trees"
                )
        boosted_by = time.perf_counter()
    return Trained(
        boosters["late15"],
        boosters["arr_delay_min"],
        names,
        trained_on,
        recipe.trees,
        time.perf_counter() - began,
        boosted_by - quantised_by,
    )


def boosted(data: Quantised, target: str, recipe: Recipe, onto: "xgb.Booster | None" = None) -> "xgb.Booster":
    """A booster of one target, of TARGETS, on quantised rows; with `onto`, its trees go on top of that one's.

    It predicts on the CPU, where predictions are asked for one block or one flight at a time.
    """
    import xgboost as xgb

    label = data.delay
    if target == "late15":
        label = classifier_labels(data.late, data.delay, recipe.label_width_min)
    data.matrix.set_label(label)
    recipe = recipe.of(target)
    params = {**recipe.params, "objective": OBJECTIVES[target]}
    booster = xgb.train(params, data.matrix, recipe.trees, xgb_model=onto)
    booster.set_param({"device": "cpu"})
    return booster
