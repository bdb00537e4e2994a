"""The paper's phase 1, honest: one year, its last month held out, many kinds of model on the same features.

Nothing is tuned. What each model is made of stands in the `note` of its row. The features are those of the paper's
widest set (xgb_full_aircraft) as known at the cutoff; the split is by month, so every model predicts a month that
lies after all that it has seen.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from aeroflux_assets.errors import MissingTableError
from aeroflux_assets.evaluation import clusters, floors, lstm
from aeroflux_assets.evaluation.inputs import Scaled, scaled, with_categories
from aeroflux_assets.evaluation.profiles import Profile
from aeroflux_assets.evaluation.sample import SEED, Rows, threads
from aeroflux_assets.features.sets import feature_set
from aeroflux_assets.model.data import Block
from aeroflux_assets.model.evaluate import figures
from aeroflux_assets.model.recipes import PAPER as RECIPE
from aeroflux_assets.model.train import train
from aeroflux_assets.years import Month

Doubles = npt.NDArray[np.floating]
Say = Callable[[str], None]

PAPER = feature_set("xgb_full_aircraft")
PAPER_YEAR = 2019  # its phase 1: 2019, December held out
SCHEDULE = ("carrier", "origin")  # what the floors need beside the features
# Features that the floors and the LSTM read and the paper's set has not.
EXTRA = tuple(name for name in ("earliest_dep_delay_min", *lstm.NAMES) if name not in PAPER)
NEIGHBOURS, PCA_SHARE, WEAK_L2, STRONG_L2, RIDGE_ALPHA = 50, 0.9, 1.0, 1e-3, 1e3
TREE_DEPTH, LEAF_ROWS, LEAVES, LEARNING_RATE = 8, 50, 63, 0.05


@dataclass(frozen=True)
class Split:
    """The months that the baselines see, and the one that they are asked for."""

    train: tuple[Month, ...]
    test: Month


def split_of(months: Mapping[int, Iterable[Month]], scored: int) -> Split:
    """The paper's 2019 with its last month held out, where the span has it; else its counterpart.

    months: the months with features of each selected year. The counterpart is the last year before `scored` with two
    months or more, else `scored` itself; where no year has two, the last month of all is asked for and the others are
    seen. Raises MissingTableError where there is one month at most up to `scored`.
    """
    every = sorted(month for year, of_year in months.items() if year <= scored for month in of_year)
    enough = {y: tuple(sorted(m)) for y, m in months.items() if y <= scored and len(tuple(m)) >= 2}
    earlier = [year for year in enough if year < scored]
    if len(every) < 2:
        raise MissingTableError(
            f"baselines of {scored}: the selected years up to {scored} have features of {len(every)} month; train and "
            "test need one each. Make more months with `aeroflux run`"
        )
    if not enough:
        return Split(tuple(every[:-1]), every[-1])
    year = PAPER_YEAR if PAPER_YEAR in enough else max(earlier, default=scored)
    return Split(enough[year][:-1], enough[year][-1])


@dataclass(frozen=True)
class Data:
    """What the models read: rows, the paper's features as they are (NaN where unknown), and scaled."""

    train_rows: Rows
    test_rows: Rows
    train: Block
    test: Block
    x: Scaled
    profile: Profile

    @classmethod
    def of(cls, train_rows: Rows, test_rows: Rows, profile: Profile) -> "Data":
        """The rows in every form; they have PAPER, EXTRA and SCHEDULE as columns."""
        train, test = train_rows.block(PAPER), test_rows.block(PAPER)
        return cls(train_rows, test_rows, train, test, scaled(train.x, test.x, PAPER), profile)


@dataclass(frozen=True)
class Predicted:
    """Probability late and delay (min) of the test rows, None where a model has none; `at`: of these rows only."""

    late: Doubles
    delay: Doubles
    note: str
    train_rows: int | None = None
    at: npt.NDArray[np.int64] | None = None


def _climatology(data: Data) -> Predicted:
    late, delay = floors.climatology(data.train_rows.frame, data.test_rows.frame)
    return Predicted(
        late, delay, "share late and mean delay of carrier, origin and hour in the training months"
    )


def _carry_forward(data: Data) -> Predicted:
    late, delay = floors.carry_forward(data.train_rows.frame, data.test_rows.frame)
    return Predicted(late, delay, "as late as the inbound is known to be; probability by bins of that minute")


def _linear_pair(train: Any, test: Any, data: Data, l2: float, delay_model: Any) -> tuple[Doubles, Doubles]:
    from sklearn.linear_model import LogisticRegression

    # In Float64: the solver's Hessian of collinear columns is ill-conditioned in Float32.
    train, test = train.astype(np.float64), test.astype(np.float64)
    late = LogisticRegression(C=l2, solver="newton-cholesky").fit(train, data.train.late)
    delay_model.fit(train, data.train.delay)
    return late.predict_proba(test)[:, 1], delay_model.predict(test)


def _logistic(data: Data) -> Predicted:
    from sklearn.linear_model import LinearRegression

    late, delay = _linear_pair(data.x.train, data.x.test, data, WEAK_L2, LinearRegression())
    return Predicted(late, delay, f"scaled, gaps marked: {len(data.x.names)} inputs; delay by least squares")


def _ridge(data: Data) -> Predicted:
    from sklearn.linear_model import Ridge

    late, delay = _linear_pair(data.x.train, data.x.test, data, STRONG_L2, Ridge(RIDGE_ALPHA))
    return Predicted(late, delay, f"the same with an L2 penalty: C={STRONG_L2:g}, alpha={RIDGE_ALPHA:g}")


def _tree(data: Data) -> Predicted:
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    size = {"max_depth": TREE_DEPTH, "min_samples_leaf": LEAF_ROWS, "random_state": SEED}
    late = DecisionTreeClassifier(**size).fit(data.train.x, data.train.late)
    delay = DecisionTreeRegressor(**size).fit(data.train.x, data.train.delay)
    return Predicted(
        late.predict_proba(data.test.x)[:, 1],
        delay.predict(data.test.x),
        f"depth {TREE_DEPTH}, {LEAF_ROWS} rows a leaf",
    )


def _forest(data: Data) -> Predicted:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    trees = data.profile.forest_trees
    size = {
        "n_estimators": trees,
        "min_samples_leaf": LEAF_ROWS,
        "max_features": "sqrt",
        "n_jobs": -1,
        "random_state": SEED,
    }
    late = RandomForestClassifier(**size).fit(data.train.x, data.train.late)
    delay = RandomForestRegressor(**size).fit(data.train.x, data.train.delay)
    return Predicted(
        late.predict_proba(data.test.x)[:, 1],
        delay.predict(data.test.x),
        f"{trees} trees, {LEAF_ROWS} rows a leaf",
    )


def _neighbours(data: Data) -> Predicted:
    from sklearn.neighbors import NearestNeighbors

    limit, rng = data.profile.neighbour_rows, np.random.default_rng(SEED)
    seen, asked = (
        np.sort(rng.choice(len(rows), size=min(limit, len(rows)), replace=False))
        for rows in (data.x.train, data.x.test)
    )
    count = min(NEIGHBOURS, len(seen))
    near = NearestNeighbors(n_neighbors=count).fit(data.x.train[seen])
    found = seen[near.kneighbors(data.x.test[asked], return_distance=False)]
    return Predicted(
        data.train.late[found].mean(axis=1),
        data.train.delay[found].mean(axis=1),
        f"mean of the {count} nearest, scaled inputs",
        len(seen),
        asked,
    )


def _pca(data: Data) -> Predicted:
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LinearRegression

    pca = PCA(n_components=PCA_SHARE, svd_solver="full").fit(data.x.train)
    late, delay = _linear_pair(
        pca.transform(data.x.train), pca.transform(data.x.test), data, WEAK_L2, LinearRegression()
    )
    first = ", ".join(f"{share:.1%}" for share in pca.explained_variance_ratio_[:5])
    return Predicted(
        late,
        delay,
        f"logistic on {pca.n_components_} of {len(data.x.names)} components that explain {PCA_SHARE:.0%} of the "
        f"variance; the first {first}",
    )


def _lightgbm(data: Data) -> Predicted:
    from lightgbm import LGBMClassifier, LGBMRegressor

    size = lightgbm_size(data)
    late = LGBMClassifier(**size).fit(data.train.x, data.train.late)
    delay = LGBMRegressor(**size).fit(data.train.x, data.train.delay)
    return Predicted(
        late.booster_.predict(data.test.x),
        delay.booster_.predict(data.test.x),
        f"{data.profile.trees} trees, {LEAVES} leaves, learning rate {LEARNING_RATE}",
    )


def lightgbm_size(data: Data) -> dict[str, Any]:
    """LightGBM's settings: the paper's learning rate and shares, and the same result every time."""
    return {
        "n_estimators": data.profile.trees,
        "n_jobs": threads(len(data.train.late)),
        "num_leaves": LEAVES,
        "learning_rate": LEARNING_RATE,
        "subsample": 0.8,
        "subsample_freq": 1,
        "colsample_bytree": 0.8,
        "random_state": SEED,
        "deterministic": True,
        "force_row_wise": True,
        "verbose": -1,
    }


def _xgboost(data: Data) -> Predicted:
    threads_ = {"nthread": threads(len(data.train.late))}
    trained = train(lambda: iter([data.train]), PAPER, RECIPE.but(data.profile.trees, **threads_))
    late, delay = trained.predict(data.test.x)
    return Predicted(late, delay, f"{data.profile.trees} trees, the paper's parameters")


def _aeroscrape(data: Data) -> Predicted:
    """The AeroScrape pipeline's pair: logistic classification and LightGBM regression on the same prepared inputs."""
    from lightgbm import LGBMRegressor
    from sklearn.linear_model import LinearRegression

    x = with_categories(data.x, data.train_rows.frame, data.test_rows.frame)
    late, _ = _linear_pair(x.train, x.test, data, WEAK_L2, LinearRegression())
    delay = LGBMRegressor(**lightgbm_size(data)).fit(x.train, data.train.delay)
    return Predicted(
        late,
        delay.booster_.predict(x.test),
        f"probability by logistic regression, delay by LightGBM; {len(x.names)} inputs: scaled, and one-hot season, "
        "time of day, weekday, carrier",
    )


MODELS: tuple[tuple[str, str, Callable[[Data], Predicted]], ...] = (
    ("climatology", "floor", _climatology),
    ("carry_forward", "floor", _carry_forward),
    ("logistic_regression", "linear", _logistic),
    ("ridge", "linear", _ridge),
    ("decision_tree", "tree", _tree),
    ("random_forest", "forest", _forest),
    ("nearest_neighbours", "neighbours", _neighbours),
    ("pca_logistic", "components", _pca),
    ("lightgbm", "boosting", _lightgbm),
    ("xgboost", "boosting", _xgboost),
    ("aeroscrape", "pair", _aeroscrape),
)


def baselines(data: Data, split: Split, say: Say = lambda _: None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of `baselines` and of `clusters`: every model fitted on the split's months and asked for the last."""
    rows = [row_of(name, family, model, data, split, say) for name, family, model in MODELS]
    row, table = _clustered(data, split, say)
    rows += [row, _lstm_row(data, split, say)]
    return pl.DataFrame(rows, infer_schema_length=None), table


def _lstm_row(data: Data, split: Split, say: Say) -> dict[str, Any]:
    """The LSTM's row; where it was left out, one without figures that says why."""
    reason = None
    if not data.profile.lstm_rows:
        reason = f"the profile {data.profile.name} leaves it out"
    elif not lstm.has_torch():
        reason = "PyTorch is not installed (requirements/lstm.txt)"
    if reason is None:
        return row_of("lstm", "sequence", _lstm, data, split, say)
    none = dict.fromkeys(("rows", "train_rows", "auc", "pr_auc", "brier", "mae", "rmse", "seconds"))
    return {**described("lstm", "sequence", split), **none, "is_sampled": False, "note": f"not run: {reason}"}


def _lstm(data: Data) -> Predicted:
    seen = data.train_rows.head(data.profile.lstm_rows)
    steps = lstm.sequences(seen, data.test_rows)
    block = seen.block(PAPER)
    fitted = lstm.fit(steps.train, block.late, block.delay, epochs=data.profile.lstm_epochs)
    late, delay = fitted.predict(steps.test)
    return Predicted(
        late,
        delay,
        f"{lstm.STEPS} steps of {len(steps.names)} values, layers of {lstm.UNITS[0]} and {lstm.UNITS[1]}, dropout "
        f"{lstm.DROPOUT}, {data.profile.lstm_epochs} epochs on {fitted.device}",
        len(seen.frame),
    )


def row_of(
    name: str,
    family: str,
    model: Callable[[Data], Predicted],
    data: Data,
    split: Split,
    say: Say = lambda _: None,
) -> dict[str, Any]:
    """A row of `baselines`: the model fitted, asked, and measured by the figures of `model/evaluate.py`."""
    began = time.perf_counter()
    found = model(data)
    at = slice(None) if found.at is None else found.at
    measured = figures(data.test.late[at], found.late, data.test.delay[at], found.delay)
    say(f"{name}: AUC {measured.auc}, MAE {measured.mae:.2f}")
    return {
        **described(name, family, split),
        "rows": measured.rows,
        "train_rows": found.train_rows or len(data.train.late),
        **{figure: getattr(measured, figure) for figure in ("auc", "pr_auc", "brier", "mae", "rmse")},
        "seconds": time.perf_counter() - began,
        "is_sampled": found.at is not None or data.train_rows.is_sampled or data.test_rows.is_sampled,
        "note": found.note,
    }


def described(name: str, family: str, split: Split) -> dict[str, Any]:
    """What a row says of the model and its months, run or not."""
    return {
        "model": name,
        "family": family,
        "train_months": ",".join(map(str, split.train)),
        "test_month": str(split.test),
    }


def _clustered(data: Data, split: Split, say: Say) -> tuple[dict[str, Any], pl.DataFrame]:
    """K-means as a model (what the flight's cluster did in training), and its clusters described."""
    plain = scaled(data.train.x, data.test.x, PAPER, unknown=False)
    kept: list[clusters.Clusters] = []

    def model(given: Data) -> Predicted:
        found = clusters.fitted(plain.train, given.train.late, given.train.delay, SEED)
        kept.append(found)
        of = found.of(plain.test)
        return Predicted(
            found.late[of],
            found.delay[of],
            f"share late and mean delay of the flight's cluster, {clusters.CLUSTERS} clusters; see the table clusters",
        )

    row = row_of("k_means", "clusters", model, data, split, say)
    return row, clusters.described(kept[0], plain, data.profile.neighbour_rows, SEED)
