"""SHAP values of a booster, and their conversion from log-odds to points of probability.

The rule: let b be the bias (the log-odds without knowing anything of the flight), phi_i the SHAP values, S their
sum, and s the sigmoid. The flight's probability is p = s(b + S), its base s(b), and feature i is given

    points_i = phi_i / S * (p - base)

Every feature gets its part in proportion to its SHAP value, with its sign, and the parts add up to p - base exactly.
The factor (p - base) / S is the mean slope of the sigmoid between b and b + S, so it is never negative and never
above one quarter; where S is nearly 0 it is taken as the slope at b, which it tends to.
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from aeroflux_assets.model.data import Floats

if TYPE_CHECKING:
    import xgboost as xgb

Array = npt.NDArray[np.float64]
# Below, p - base loses more digits by cancellation than the slope at b does by the square of S.
NEARLY_ZERO = 1e-5


def sigmoid(log_odds: Array | float) -> Array:
    """Log-odds to probability."""
    value = np.asarray(log_odds, dtype=np.float64)
    # Written so that neither end overflows.
    grown = np.exp(-np.abs(value))
    return np.where(value >= 0, 1 / (1 + grown), grown / (1 + grown))


def shap_values(
    booster: "xgb.Booster", x: Floats, names: tuple[str, ...], *, approximate: bool = False
) -> tuple[Array, Array]:
    """SHAP values (rows, features) and the bias of each row, in log-odds; XGBoost's own, exact unless `approximate`.

    x: (rows, features) in the order of `names`, NaN where unknown. A row's values and bias add up to its margin.
    """
    import xgboost as xgb

    matrix = xgb.DMatrix(x, feature_names=list(names), nthread=1 if len(x) == 1 else -1)
    found = booster.predict(matrix, pred_contribs=True, approx_contribs=approximate).astype(np.float64)
    return found[:, :-1], found[:, -1]


def probability_points(phi: Array, bias: float) -> tuple[Array, float, float]:
    """Points of probability of each feature, the base, and the probability: points add up to probability - base.

    phi: SHAP values of one flight, log-odds. bias: log-odds. Points are probability (0.22 is 22 points).
    """
    total = float(phi.sum())
    base = float(sigmoid(bias))
    probability = float(sigmoid(bias + total))
    slope = base * (1 - base) if abs(total) < NEARLY_ZERO else (probability - base) / total
    return phi * slope, base, probability
