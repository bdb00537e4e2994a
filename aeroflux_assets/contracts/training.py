"""The contracts of how models are trained: refit strategies compared, and the trials of the search."""

import polars as pl

from aeroflux_assets.contracts.base import Column, Contract, Rule, figures_or_reason
from aeroflux_assets.contracts.experiments import QUALITY

_F, _N, _T, _B = pl.Float64(), pl.Int64(), pl.String(), pl.Boolean()

REFITS = Contract(
    name="refits",
    room="evaluation",
    description="Ways to refit on many rows, compared: every row, the paper's stratified sample, the paper's boosting year by year",
    partitioned_by=("scored_year", "cutoff"),
    key=("strategy",),
    columns=(
        Column("strategy", _T, "all_rows, stratified_sample or by_year", nullable=False),
        Column("says", _T, "what the strategy does", nullable=False),
        Column("feature_set", _T, "name of the feature set", nullable=False),
        Column("train_years", _T, "years that the model was given", nullable=False),
        Column("train_rows", _N, "rows that the model saw", "count"),
        Column("trees", _N, "boosting rounds in all", "count", nullable=False),
        Column("rows", _N, "scored flights", "count"),
        *QUALITY,
        Column("seconds", _F, "reading, quantising and boosting both targets", "s"),
        Column(
            "peak_mb",
            _N,
            "peak memory of the strategy's own process until its models were trained, libraries included; null where the system does not tell",
            "MB",
        ),
        Column("memory", _T, "where the quantised rows lay: memory or disk"),
        Column(
            "is_sampled",
            _B,
            "whether earlier selected years were left out; what the strategy itself leaves out does not count",
            nullable=False,
        ),
        Column("reason", _T, "why there are no figures"),
    ),
    rules=(figures_or_reason("strategy", "mae"),),
)

TRIALS = Contract(
    name="trials",
    room="evaluation",
    description="Every trial of every search by `aeroflux search`, scored on months before the holdout",
    key=("study", "number"),
    columns=(
        Column(
            "study",
            _T,
            "name of the search: model, set, cutoff, metric, and a hash of all else",
            nullable=False,
        ),
        Column("model", _T, "xgboost, lightgbm or logistic", nullable=False),
        Column("feature_set", _T, "name of the feature set", nullable=False),
        Column("cutoff", _T, "the cutoff", nullable=False),
        Column("train_months", _T, "first and last month trained on", nullable=False),
        Column("scored_months", _T, "first and last month scored; before the holdout", nullable=False),
        Column("number", _N, "number of the trial in its search, from 0", nullable=False),
        Column("state", _T, "complete, pruned, or failed (its process was killed)", nullable=False),
        Column("origin", _T, "a named configuration that the search begins with; null where it was sampled"),
        Column("params", _T, "parameters as JSON", nullable=False),
        Column("metric", _T, "what is searched for: auc, logloss, rmse", nullable=False),
        Column("value", _F, "the metric at the end; of a pruned trial where it was stopped"),
        Column(
            "values",
            _T,
            "the metric at each rung as JSON: boosting rounds, or rows, to value",
            nullable=False,
        ),
        Column("rounds", _N, "boosting rounds done; iterations of the solver", "count"),
        Column("train_rows", _N, "rows trained on at most", "count", nullable=False),
        Column("rows", _N, "scored flights", "count", nullable=False),
        Column("is_sampled", _B, "whether some flights of the months were left out", nullable=False),
        Column("seconds", _F, "training and scoring", "s"),
    ),
    rules=(
        Rule(
            "a complete trial has a value",
            (pl.col("state") != "complete") | pl.col("value").is_not_null(),
            "",
        ),
        Rule("states are three", pl.col("state").is_in(["complete", "pruned", "failed"]), ""),
    ),
)
