"""Recalibration: a monotone map of the predicted probability for each UTC day, fitted on outcomes known before it.

The map is beta calibration (Kull, Silva Filho and Flach 2017): logit q = c + a ln p - b ln(1 - p), which holds
Platt's logistic map (a = b) and the identity (a = b = 1, c = 0). It is fitted on counts by bins of the logit, all days
at once, by Newton's method, drawn towards the identity where there is little evidence.
"""

import numpy as np
import numpy.typing as npt

from aeroflux_assets.evaluation.evidence import Array, Days, Evidence, Ints, Outcomes

# Chosen by mean log loss on predictions from before any holdout: docs/figures.md#recalibration has the trials. With
# 19,000 flights a day the last day says most; with 33 a day some months do.
LEAST_HALF_LIFE_DAYS, MEMORY_ROWS = 1.0, 4000.0
# Earlier years tell the shape but not this year's level: they count as few rows, and carry the first days.
PRIOR_ROWS = 1000.0
# Worth this many flights (at p = 1/2: four times as many) of pull towards the identity, on each parameter.
RIDGE = 10.0

IDENTITY = np.array([0.0, 1.0, 1.0])
# A slope at or below zero would turn the order round; evidence that asks for it is not believed.
LEAST_SLOPE = 0.05
BIN_WIDTH, LOGIT_LIMIT = 0.05, 8.0
BINS = round(2 * LOGIT_LIMIT / BIN_WIDTH)
_LEAST_P = 1.0 / (1.0 + np.exp(LOGIT_LIMIT))
_NEWTON_STEPS, _HALVINGS, _CLOSE, _ROUNDING = 50, 20, 1e-6, 1e-12
_PINNED = 1e12


def _sigmoid(x: Array) -> Array:
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def _inputs(probability: Array) -> Array:
    """1, ln p and -ln(1 - p) of each probability, kept off 0 and 1: (rows, 3)."""
    p = np.clip(probability, _LEAST_P, 1.0 - _LEAST_P)
    return np.stack([np.ones_like(p), np.log(p), -np.log1p(-p)], axis=-1)


_CENTRES = _inputs(_sigmoid(-LOGIT_LIMIT + BIN_WIDTH * (np.arange(BINS, dtype=np.float64) + 0.5)))


def bin_of(probability: Array) -> Ints:
    """The bin of each probability's logit, 0 to BINS - 1."""
    x = _inputs(probability)
    return np.clip((x[:, 1] + x[:, 2] + LOGIT_LIMIT) / BIN_WIDTH, 0, BINS - 1).astype(np.int64)


def daily_maps(days: Days, rolling: Outcomes, prior: Outcomes) -> Array:
    """The parameters (c, a, b) for the flights whose cutoff lies on each day: (days, 3).

    rolling: outcomes of the scored year, of which each day sees those of earlier UTC days, decayed. prior:
    out-of-fold outcomes; those known on or after the first day are left out.
    """
    evidence = Evidence.of(
        days, rolling, prior, rows=PRIOR_ROWS, memory_rows=MEMORY_ROWS, least_days=LEAST_HALF_LIFE_DAYS
    )
    bins = bin_of(rolling.probability), bin_of(evidence.known.probability)
    rows = evidence.sums(bins, BINS, lambda of: of.weight)
    late = evidence.sums(bins, BINS, lambda of: of.weight * of.late)
    return fit(rows, late)


def fit(rows: Array, late: Array) -> Array:
    """The map of each day from its counts by bin: rows, and how many of them were late, both (days, BINS).

    Returns (days, 3). Without evidence it is the identity; the slopes are never below LEAST_SLOPE.
    """
    pull = np.full((len(rows), 3), RIDGE)
    target = np.tile(IDENTITY, (len(rows), 1))
    theta = _newton(rows, late, target, pull)
    for _ in range(2):  # one slope may come to its bound only after the other was held there
        low = theta < np.array([-np.inf, LEAST_SLOPE, LEAST_SLOPE])
        if not low.any():
            break
        pull[low], target[low] = _PINNED, LEAST_SLOPE
        theta = _newton(rows, late, target, pull)
    theta[:, 1:] = np.maximum(theta[:, 1:], LEAST_SLOPE)
    return theta


def _newton(rows: Array, late: Array, target: Array, pull: Array) -> Array:
    """Minimise the penalised log loss of every day at once; a step that makes it worse is halved for its day.

    A day that is there moves no more: its map must not depend on how hard another day was, to the last bit.
    """
    theta, going = target.copy(), np.ones(len(rows), dtype=bool)
    loss = _loss(theta, rows, late, target, pull)
    outer = (_CENTRES[:, :, None] * _CENTRES[:, None, :]).reshape(BINS, 9)
    for _ in range(_NEWTON_STEPS):
        mean = _sigmoid(theta @ _CENTRES.T)
        slope = (rows * mean - late) @ _CENTRES + pull * (theta - target)
        curve = ((rows * mean * (1.0 - mean)) @ outer).reshape(-1, 3, 3) + pull[:, :, None] * np.eye(3)
        step = np.linalg.solve(curve, slope[:, :, None])[:, :, 0]
        going &= np.abs(step).max(axis=1) >= _CLOSE
        step[~going] = 0.0
        if not going.any():
            break
        better = _loss(theta - step, rows, late, target, pull)
        for _ in range(_HALVINGS):
            worse = better > loss + _ROUNDING * np.abs(loss)
            if not worse.any():
                break
            step[worse] *= 0.5
            better = _loss(theta - step, rows, late, target, pull)
        theta, loss = theta - step, better
    return theta


def _loss(theta: Array, rows: Array, late: Array, target: Array, pull: Array) -> Array:
    score = theta @ _CENTRES.T
    likelihood: Array = (rows * np.logaddexp(0.0, score) - late * score).sum(axis=1)
    pulled: Array = 0.5 * (pull * (theta - target) ** 2).sum(axis=1)
    return likelihood + pulled


def recalibrated(probability: Array, theta: Array) -> npt.NDArray[np.float32]:
    """The mapped probability of each flight; theta: the parameters of its day (rows, 3)."""
    return _sigmoid((theta * _inputs(probability)).sum(axis=1)).astype(np.float32)
