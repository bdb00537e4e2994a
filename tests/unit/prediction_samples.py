"""Predictions beside outcomes, made up, for what is fitted on them."""

import numpy as np
import polars as pl

from aeroflux_assets.evaluation.calibrated_tables import as_outcomes

FIRST_DAY = 19_000


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def logit(p: np.ndarray) -> np.ndarray:
    return np.log(p / (1 - p))


def flights(
    days: int, a_day: int, *, seed: int, first: int = FIRST_DAY, shift: float = 0.0, stretch: float = 1.0
) -> pl.DataFrame:
    """Predictions beside outcomes; the true log-odds of being late are `stretch` times the predicted, plus `shift`.

    Residuals of the delay are skewed and grow with the predicted delay. A tenth arrive a UTC day after their cutoff.
    One in fifty never arrives.
    """
    rng = np.random.default_rng(seed)
    rows = days * a_day
    probability = rng.beta(1.2, 3, rows).clip(0.01, 0.99).astype(np.float32)
    predicted = (60 * probability - 8).astype(np.float32)
    late = rng.random(rows) < sigmoid(stretch * logit(probability.astype(float)) + shift)
    delay = (predicted + (rng.gamma(2, 1, rows) - 2) * (5 + 20 * probability)).round()
    cutoff_day = first + np.repeat(np.arange(days), a_day)
    arrived = pl.Series(rng.random(rows) > 0.02)
    return pl.DataFrame(
        {
            "flight_id": np.arange(rows),
            "carrier": np.array(["AA", "B6", "WN"])[rng.integers(0, 3, rows)],
            "origin": np.array(["ATL", "BOS", "DEN", "SEA"])[rng.integers(0, 4, rows)],
            "prob_late15": probability,
            "pred_arr_delay_min": predicted,
            "late": late.astype(np.int8),
            "delay": delay.astype(np.int32),
            "known_day": (cutoff_day + (rng.random(rows) < 0.1)).astype(np.int32),
            "cutoff_day": cutoff_day.astype(np.int32),
        }
    ).with_columns(pl.when(arrived).then(pl.col("late", "delay", "known_day")))


PRIOR = as_outcomes(flights(100, 60, seed=1, first=FIRST_DAY - 400))
