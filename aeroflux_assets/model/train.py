"""Training the two models of a feature set: a classifier of ArrDel15 and a regressor of ArrDelay.

Rows reach XGBoost month by month through an iterator: they are quantised as they come, so that memory holds
the quantised rows (a byte a value) and one month, not the whole table.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aeroflux_assets.errors import AerofluxError
from aeroflux_assets.model.data import Block, Floats
from aeroflux_assets.model.recipes import Recipe

if TYPE_CHECKING:
    import xgboost as xgb

OBJECTIVES = {"late15": "binary:logistic", "arr_delay_min": "reg:squarederror"}
TARGETS = tuple(OBJECTIVES)
Blocks = Callable[[], Iterable[Block]]


def _target(block: Block, target: str) -> Floats:
    return block.late if target == "late15" else block.delay


def quantised(blocks: Blocks, names: tuple[str, ...], max_bin: int = 256) -> "xgb.QuantileDMatrix":
    """The rows of `blocks` (called once a pass) as a QuantileDMatrix, both targets left to the caller's labels.

    The label it carries is ArrDel15; `train` sets the one it needs. Raises AerofluxError when there is no row.
    """
    import xgboost as xgb

    class _Months(xgb.DataIter):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.given = False
            self._left = iter(blocks())

        def next(self, input_data: Callable[..., None]) -> bool:
            month = next(self._left, None)
            if month is None:
                return False
            self.given = True
            input_data(data=month.x, label=month.late, feature_names=list(names))
            return True

        def reset(self) -> None:
            self._left = iter(blocks())

    none = "no flight with an outcome to train on; check the months and the quarantine"
    months = _Months()
    try:
        matrix = xgb.QuantileDMatrix(months, max_bin=max_bin)
    except xgb.core.XGBoostError as error:
        # Without a single block XGBoost itself fails, with its own words.
        if months.given:
            raise
        raise AerofluxError(none) from error
    if matrix.num_row() == 0:
        raise AerofluxError(none)
    return matrix


@dataclass(frozen=True)
class Trained:
    """The two models of a set and what they cost.

    classifier: probability of ArrDel15. regressor: expected ArrDelay in minutes. rows: training rows. trees:
    boosting rounds.
    """

    classifier: "xgb.Booster"
    regressor: "xgb.Booster"
    names: tuple[str, ...]
    rows: int
    trees: int
    seconds: float

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
    progress: Callable[[str], None] | None = None,
) -> Trained:
    """Train both models on the rows of `blocks`.

    blocks: called once a pass over the data (twice to quantise, once for the second target); it must give the
    same blocks each time. Deterministic for the same rows, recipe and XGBoost version.
    """
    import numpy as np
    import xgboost as xgb

    began = time.perf_counter()
    matrix = quantised(blocks, names, recipe.params["max_bin"])
    rows = int(matrix.num_row())
    boosters = {}
    for target in TARGETS:
        if target != "late15":
            matrix.set_label(np.concatenate([_target(month, target) for month in blocks()]))
        boosters[target] = xgb.train({**recipe.params, "objective": OBJECTIVES[target]}, matrix, recipe.trees)
        if progress is not None:
            progress(f"trained {target}: {rows} rows, {len(names)} features, {recipe.trees} trees")
    return Trained(
        boosters["late15"], boosters["arr_delay_min"], names, rows, recipe.trees, time.perf_counter() - began
    )
