"""The area under the ROC curve, average precision and Brier score of many groups at once.

The definitions are those of `model/evaluate.py` (a test holds them together); these ask for no pass per group, and
cost no more than a sort: an importance needs hundreds of AUCs, a table of slices a hundred.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

Array = npt.NDArray[np.floating]


def auc(late: Array, probability: Array) -> float | None:
    """The chance that a late flight is ranked above one that is not, ties half; None where one class is missing."""
    positive = late == 1
    hits = int(positive.sum())
    misses = len(late) - hits
    if not hits or not misses:
        return None
    order = np.argsort(probability, kind="stable")
    ordered = probability[order]
    # Equal probabilities share the mean of their ranks.
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    ends = np.r_[starts[1:], len(ordered)]
    ranks = np.repeat((starts + ends + 1) / 2, ends - starts)
    above = float(ranks[positive[order]].sum()) - hits * (hits + 1) / 2
    return above / (hits * misses)


def ranked(frame: pl.LazyFrame, by: str) -> pl.LazyFrame:
    """Figures of each group: by, rows, base_rate, mean_probability, auc, pr_auc, brier.

    frame: `by`, late (0 or 1), probability; one row a flight. auc and pr_auc are null where a group has one class
    only (pr_auc of a group without a late flight, like auc, is not defined).
    """
    late, chance = pl.col("late").cast(pl.Float64), pl.col("probability").cast(pl.Float64)
    whole = frame.group_by(by).agg(
        rows=pl.len().cast(pl.Int64),
        base_rate=late.mean(),
        mean_probability=chance.mean(),
        brier=((chance - late) ** 2).mean(),
        hits=late.sum(),
    )
    # One row a distinct probability, from the highest down: ties are one threshold.
    steps = (
        frame.group_by(by, chance.alias("probability"))
        .agg(n=pl.len().cast(pl.Float64), hit=late.sum())
        .sort(by, "probability", descending=[False, True])
        .with_columns(
            flagged=pl.col("n").cum_sum().over(by),
            found=pl.col("hit").cum_sum().over(by),
        )
    )
    miss = pl.col("n") - pl.col("hit")
    # Each miss is beaten by the hits above its threshold and half of those at it.
    beaten = (miss * (pl.col("found") - pl.col("hit") / 2)).sum()
    areas = steps.group_by(by).agg(
        beaten=beaten, gained=(pl.col("hit") * pl.col("found") / pl.col("flagged")).sum()
    )
    misses = pl.col("rows") - pl.col("hits")
    both = (pl.col("hits") > 0) & (misses > 0)
    return (
        whole.join(areas, on=by, how="left", nulls_equal=True)
        .with_columns(
            auc=pl.when(both).then(pl.col("beaten") / (pl.col("hits") * misses)),
            pr_auc=pl.when(both).then(pl.col("gained") / pl.col("hits")),
        )
        .select(by, "rows", "base_rate", "mean_probability", "auc", "pr_auc", "brier")
        .sort(by)
    )
