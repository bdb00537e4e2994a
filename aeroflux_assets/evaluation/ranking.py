"""The area under the ROC curve, average precision and Brier score of many groups at once.

The definitions are those of `model/evaluate.py` (a test holds them together); these ask for no pass per group, and
cost no more than a sort: an importance needs hundreds of AUCs, a table of slices a hundred.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

Array = npt.NDArray[np.floating]
# Sums are of whole multiples of this: 2^31 flights do not overflow, and a mean is off by some 1e-10 at most.
UNIT = 2.0**-32


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


def ranked(frame: pl.LazyFrame, by: Sequence[str]) -> pl.LazyFrame:
    """Figures of each group: `by`, rows, base_rate, mean_probability, auc, pr_auc, brier; the groups in no order.

    frame: the columns `by` (never null), late (0 or 1), probability; one row a flight. auc and pr_auc are null where a
    group has one class only.
    """
    late, chance = pl.col("late").cast(pl.Float64), pl.col("probability").cast(pl.Float64)
    n, hit = pl.col("n"), pl.col("hit")
    # One row a distinct probability, from the highest down: ties are one threshold.
    steps = (
        frame.group_by(*by, "probability")
        .agg(n=pl.len().cast(pl.Float64), hit=late.sum())
        .sort("probability", descending=True)
        .with_columns(flagged=n.cum_sum().over(by), found=hit.cum_sum().over(by))
    )
    hits, misses = pl.col("hits"), pl.col("rows") - pl.col("hits")
    both = (hits > 0) & (misses > 0)
    return (
        steps.group_by(by)
        .agg(
            rows=n.sum(),
            hits=hit.sum(),
            sum_probability=_total(n * chance),
            # Of the n flights of a step hit were late: (p - 1)^2 for these, p^2 for the others.
            squares=_total(hit * (chance - 1) ** 2 + (n - hit) * chance**2),
            # Each miss is beaten by the hits above its threshold and half of those at it.
            beaten=((n - hit) * (pl.col("found") - hit / 2)).sum(),
            gained=_total(hit * pl.col("found") / pl.col("flagged")),
        )
        .select(
            *by,
            rows=pl.col("rows").cast(pl.Int64),
            base_rate=hits / pl.col("rows"),
            mean_probability=pl.col("sum_probability") / pl.col("rows"),
            auc=pl.when(both).then(pl.col("beaten") / (hits * misses)),
            pr_auc=pl.when(both).then(pl.col("gained") / hits),
            brier=pl.col("squares") / pl.col("rows"),
        )
    )


def _total(each: pl.Expr) -> pl.Expr:
    """The sum of fractions, the same to the last bit in whatever order threads add them up."""
    return (each / UNIT).round().cast(pl.Int64).sum() * UNIT
