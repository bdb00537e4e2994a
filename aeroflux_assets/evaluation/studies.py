"""What a search tries: the spaces of three kinds of model, the configurations it begins with, and one trial of each.

`xgboost`: the classifier of a feature set; it begins with the paper's four configurations (section 4.3). `lightgbm` and
`logistic`: the pair of the AeroScrape pipeline, delay by LightGBM and probability by logistic regression, on scaled
inputs with season, time of day, weekday and carrier as columns of their own; all four are known from the schedule.
A trial tells its metric at several rungs, so that a hopeless one can be stopped.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from aeroflux_assets.errors import SettingsError
from aeroflux_assets.evaluation.baselines import LEARNING_RATE, LEAVES, WEAK_L2
from aeroflux_assets.evaluation.inputs import Scaled, scaled, with_categories
from aeroflux_assets.evaluation.sample import SEED, Rows, threads
from aeroflux_assets.model.data import Block, Floats
from aeroflux_assets.model.feed import quantised
from aeroflux_assets.model.recipes import PAPER
from aeroflux_assets.model.train import OBJECTIVES

# Boosting rounds at which a trial is compared with the others; those of the logistic study are shares of the rows.
RUNGS = (25, 50, 100, 200, 400)
ROW_RUNGS = (0.25, 0.5)
MAX_ROUNDS, ROUNDS_STEP = 600, 50
# What the categories of the pair are read from: columns of the schedule only (a test).
CATEGORIES = ("dep_month_local", "dep_time_bucket", "dep_weekday_local")
DIRECTIONS = {"auc": "maximize", "logloss": "minimize", "rmse": "minimize"}


class Suggests(Protocol):
    """What a study asks of a trial of Optuna."""

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """A whole number."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """A number."""


# Takes a rung and the metric there; raises what stops the trial.
Report = Callable[[int, float], None]


@dataclass(frozen=True)
class Result:
    """A finished trial: the metric at the last rung, which stops nothing, and the rounds (or iterations) it took."""

    value: float
    rung: int
    rounds: int


@dataclass(frozen=True)
class Data:
    """Rows to train on and to score, with the features of a set and what the categories need."""

    train: Rows
    test: Rows
    names: tuple[str, ...]


Objective = Callable[[Suggests, Report], Result]


@dataclass(frozen=True)
class Study:
    """A kind of model. metrics: what may be searched for, the first if nothing is said. begins: named configurations.

    prepare: data and metric to the objective; what all trials share is made there once.
    """

    model: str
    feature_set: str
    metrics: tuple[str, ...]
    begins: Mapping[str, Mapping[str, float]]
    prepare: Callable[[Data, str], Objective]


def measured(metric: str, truth: Floats, predicted: Any) -> float:
    """auc, logloss (mean, natural) or rmse of predictions."""
    from sklearn.metrics import log_loss, roc_auc_score, root_mean_squared_error

    predicted = np.asarray(predicted, dtype=np.float64)
    if metric == "auc":
        return float(roc_auc_score(truth, predicted))
    if metric == "logloss":
        return float(log_loss(truth, predicted))
    return float(root_mean_squared_error(truth, predicted))


def _xgboost(data: Data, metric: str) -> Objective:
    import xgboost as xgb

    train, test = data.train.block(data.names), data.test.block(data.names)
    shared = {**PAPER.params, "objective": OBJECTIVES["late15"], "nthread": threads(len(train.late))}

    def objective(trial: Suggests, report: Report) -> Result:
        params = {
            "max_depth": trial.suggest_int("max_depth", 3, 10),
            "eta": trial.suggest_float("eta", 0.02, 0.2, log=True),
            "subsample": trial.suggest_float("subsample", 0.5, 1.0),
            "colsample_bytree": trial.suggest_float("colsample_bytree", 0.2, 1.0),
            "min_child_weight": trial.suggest_float("min_child_weight", 1, 200, log=True),
            "reg_lambda": trial.suggest_float("reg_lambda", 0.1, 30, log=True),
        }
        rounds = trial.suggest_int("rounds", ROUNDS_STEP, MAX_ROUNDS, step=ROUNDS_STEP)
        booster = xgb.Booster({**shared, **params}, [matrix])
        for done in range(1, rounds + 1):
            booster.update(matrix, done - 1)
            if done in RUNGS and done < rounds:
                report(done, measured(metric, test.late, booster.inplace_predict(test.x)))
        value = measured(metric, test.late, booster.inplace_predict(test.x))
        return Result(value, rounds, rounds)

    with quantised(lambda: [train], data.names, PAPER.params["max_bin"]) as held:
        matrix = held.matrix  # kept by the objective: nothing of it is on disk
    return objective


def _prepared(data: Data) -> tuple[Scaled, Block, Block]:
    train, test = data.train.block(data.names), data.test.block(data.names)
    return (
        with_categories(scaled(train.x, test.x, data.names), data.train.frame, data.test.frame),
        train,
        test,
    )


def _lightgbm(data: Data, metric: str) -> Objective:
    import lightgbm as lgb

    x, train, test = _prepared(data)
    # Rows a leaf must have are part of the space: features may not be left out for one trial's sake.
    held = lgb.Dataset(x.train, train.delay, params={"feature_pre_filter": False, "verbose": -1})
    fixed = {
        "objective": "regression",
        "seed": SEED,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": max(threads(len(train.late)), 0),
        "bagging_freq": 1,
        "feature_pre_filter": False,
        "verbose": -1,
    }

    def objective(trial: Suggests, report: Report) -> Result:
        params = {
            "num_leaves": trial.suggest_int("num_leaves", 15, 255, log=True),
            "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.2, log=True),
            "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 10, 500, log=True),
            "feature_fraction": trial.suggest_float("feature_fraction", 0.2, 1.0),
            "bagging_fraction": trial.suggest_float("bagging_fraction", 0.5, 1.0),
            "lambda_l2": trial.suggest_float("lambda_l2", 1e-3, 30, log=True),
        }
        rounds = trial.suggest_int("rounds", ROUNDS_STEP, MAX_ROUNDS, step=ROUNDS_STEP)

        def told(env: Any) -> None:
            done = env.iteration + 1
            if done in RUNGS and done < rounds:
                report(done, measured(metric, test.delay, env.model.predict(x.test)))

        booster = lgb.train({**fixed, **params}, held, rounds, callbacks=[told])
        value = measured(metric, test.delay, booster.predict(x.test))
        return Result(value, rounds, rounds)

    return objective


def _logistic(data: Data, metric: str) -> Objective:
    from sklearn.linear_model import LogisticRegression

    x, train, test = _prepared(data)
    order = np.random.default_rng(SEED).permutation(len(train.late))

    def objective(trial: Suggests, report: Report) -> Result:
        strength = trial.suggest_float("C", 1e-6, 1e2, log=True)
        # Delays have long tails: beyond so many standard deviations an input says no more.
        bound = trial.suggest_float("clip_sd", 1.5, 30, log=True)
        # In Float64: the solver's Hessian of collinear columns is ill-conditioned in Float32.
        seen, asked = (np.clip(part, -bound, bound).astype(np.float64) for part in (x.train, x.test))

        def fitted(rows: int) -> tuple[float, int]:
            taken = order[:rows]
            model = LogisticRegression(C=strength, solver="newton-cholesky")
            model.fit(seen[taken], train.late[taken])
            return measured(metric, test.late, model.predict_proba(asked)[:, 1]), int(model.n_iter_[0])

        for share in ROW_RUNGS:
            rung = round(share * len(order))
            report(rung, fitted(rung)[0])
        value, iterations = fitted(len(order))
        return Result(value, len(order), iterations)

    return objective


def _paper(rounds: int, depth: int, eta: float, columns: float) -> dict[str, float]:
    return {
        "rounds": rounds,
        "max_depth": depth,
        "eta": eta,
        "colsample_bytree": columns,
        "subsample": 0.8,
        "min_child_weight": 1.0,
        "reg_lambda": 1.0,
    }


# The paper's section 4.3.
GRID = {
    "xgb_00": _paper(250, 4, 0.05, 0.8),
    "xgb_01": _paper(250, 4, 0.05, 1.0),
    "xgb_02": _paper(300, 6, 0.05, 0.8),
    "xgb_03": _paper(400, 6, 0.03, 0.8),
}
_BASELINE = {
    "num_leaves": LEAVES,
    "learning_rate": LEARNING_RATE,
    "min_data_in_leaf": 20,
    "feature_fraction": 0.8,
    "bagging_fraction": 0.8,
    "lambda_l2": 1e-3,
    "rounds": 300,
}
STUDIES = {
    study.model: study
    for study in (
        Study("xgboost", "aeroflux_full", ("auc", "logloss"), GRID, _xgboost),
        Study("lightgbm", "xgb_full_aircraft", ("rmse",), {"baseline": _BASELINE}, _lightgbm),
        Study(
            "logistic",
            "xgb_full_aircraft",
            ("auc", "logloss"),
            {"baseline": {"C": WEAK_L2, "clip_sd": 30.0}},
            _logistic,
        ),
    )
}


def study_named(model: str, metric: str | None) -> tuple[Study, str]:
    """The study of a kind of model and what it searches for; SettingsError says what is allowed."""
    study = STUDIES.get(model)
    if study is None:
        raise SettingsError(f"--study {model!r}: allowed are {', '.join(STUDIES)}")
    if metric is not None and metric not in study.metrics:
        raise SettingsError(f"--metric {metric!r}: allowed for {model} are {', '.join(study.metrics)}")
    return study, metric or study.metrics[0]
