"""What a classifier goes by, in three readings: gain, SHAP values, and what permuting costs.

They differ, and each misleads alone. Gain counts how often and how well a feature split the training rows. SHAP
values say how far it moved predictions. The permutation drop says what the ranking loses when the feature's values
are shuffled among the flights; it is small for a feature whose relatives say the same, which is why families are
permuted together.
"""

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from aeroflux_assets.evaluation.families import by_family, family_of
from aeroflux_assets.evaluation.ranking import auc
from aeroflux_assets.evaluation.sample import Sample
from aeroflux_assets.evaluation.shapley import Array, shap_values
from aeroflux_assets.model.data import Floats

if TYPE_CHECKING:
    import xgboost as xgb

FEATURE, FAMILY = "feature", "family"


def importance(
    booster: "xgb.Booster", sample: Sample, names: tuple[str, ...], *, shap_rows: int, seed: int
) -> pl.DataFrame:
    """One row a feature and one a family, in the columns of `IMPORTANCE` but feature_set.

    sample: scored flights with at least the columns `names`, the booster's inputs in order. shap_rows: of those, how
    many (the first of a seeded shuffle) get exact SHAP values. Where the sample has one class only, drops are null.
    """
    x = sample.columns(names)
    picked = np.sort(np.random.default_rng(seed).permutation(len(x))[:shap_rows])
    phi, _ = shap_values(booster, x[picked], names)
    total, split = _gains(booster, names)
    drops = _drops(booster, x, sample.late, names, total, seed)
    families = by_family(names)
    at = {name: i for i, name in enumerate(names)}
    groups = {family: [at[name] for name in members] for family, members in families.items()}
    features = pl.DataFrame(
        {
            "level": FEATURE,
            "name": list(names),
            "family": [family_of(name) for name in names],
            "features": [1] * len(names),
            "gain_share": total,
            "gain_per_split_share": split,
            "shap_share": _shares(np.abs(phi).mean(axis=0)),
            "permutation_auc_drop": [drops[(i,)] for i in range(len(names))],
        }
    )
    grouped = pl.DataFrame(
        {
            "level": FAMILY,
            "name": list(groups),
            "family": list(groups),
            "features": [len(members) for members in groups.values()],
            "gain_share": [float(total[members].sum()) for members in groups.values()],
            "gain_per_split_share": [float(split[members].sum()) for members in groups.values()],
            "shap_share": _shares(np.array([np.abs(phi[:, m].sum(axis=1)).mean() for m in groups.values()])),
            "permutation_auc_drop": [drops[tuple(members)] for members in groups.values()],
        }
    )
    return (
        pl.concat([features, grouped])
        .with_columns(
            rank=pl.col("gain_share").rank("ordinal", descending=True).over("level").cast(pl.Int32),
            permutation_rows=pl.lit(sample.rows, dtype=pl.Int64),
            shap_rows=pl.lit(len(picked), dtype=pl.Int64),
        )
        .sort("level", "rank", descending=[True, False])
    )


def _shares(values: Array) -> Array:
    whole = float(values.sum())
    return values / whole if whole else values


def _gains(booster: "xgb.Booster", names: tuple[str, ...]) -> tuple[Array, Array]:
    """Shares of the total gain, and of the sum of mean gains a split; 0 for a feature that no tree splits on."""
    shares = []
    for kind in ("total_gain", "gain"):
        score = booster.get_score(importance_type=kind)
        shares.append(_shares(np.array([float(score.get(name, 0.0)) for name in names])))
    return shares[0], shares[1]


def _drops(
    booster: "xgb.Booster",
    x: Floats,
    late: Floats,
    names: tuple[str, ...],
    gain: Array,
    seed: int,
) -> dict[tuple[int, ...], float | None]:
    """The fall of the AUC when columns are shuffled among the rows, together: by feature and by family."""
    whole = auc(late, booster.inplace_predict(x))
    at = {name: i for i, name in enumerate(names)}
    groups: set[tuple[int, ...]] = {(i,) for i in range(len(names))}
    groups |= {tuple(at[name] for name in members) for members in by_family(names).values()}
    work = x.copy()
    found: dict[tuple[int, ...], float | None] = {}
    for columns in sorted(groups):
        if whole is None:
            found[columns] = None
        elif not any(gain[column] for column in columns):
            found[columns] = 0.0  # no tree looks at it: shuffling changes no prediction
        else:
            order = np.random.default_rng([seed, *columns]).permutation(len(x))
            work[:, columns] = x[order][:, columns]
            shuffled = auc(late, booster.inplace_predict(work))
            work[:, columns] = x[:, columns]
            assert shuffled is not None
            found[columns] = whole - shuffled
    return found
