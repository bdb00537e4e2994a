"""The contracts of the explanation and of the four research questions. All of it is measured afterwards."""

import polars as pl

from aeroflux_assets.contracts.base import Column, Contract, Rule

_N, _F = pl.Int64(), pl.Float64()
_SCORED = ("scored_year", "cutoff")


def _text(name: str, description: str) -> Column:
    return Column(name, pl.String(), description, nullable=False)


def _number(name: str, description: str, unit: str = "") -> Column:
    return Column(name, _F, description, unit)


def _count(name: str, description: str) -> Column:
    return Column(name, _N, description, "count", nullable=False)


IMPORTANCE = Contract(
    name="importance",
    room="evaluation",
    description=(
        "What the classifiers of a scored year go by: gain, SHAP values, and what permuting costs, by feature and by "
        "family"
    ),
    partitioned_by=_SCORED,
    key=("feature_set", "level", "name"),
    columns=(
        _text("feature_set", "name of the feature set"),
        _text("level", "feature, or family: the features of a family together"),
        _text("name", "the feature or the family"),
        _text("family", "the family of the feature, or the family itself"),
        Column("features", pl.Int32(), "features of the set that the row is about", "count", nullable=False),
        _number("gain_share", "share of the total gain of all splits"),
        _number(
            "gain_per_split_share",
            "share of the sum over features of the mean gain of a split: XGBoost's default, and likely the paper's",
        ),
        _number(
            "shap_share",
            "share of the mean absolute SHAP value (of a family: of its features' sum), exact, in log-odds",
        ),
        _number(
            "permutation_auc_drop",
            "fall of the AUC when the values (of a family: all of them together) are shuffled among the flights",
        ),
        Column("rank", pl.Int32(), "by gain_share within set and level, 1 the highest", nullable=False),
        _count("permutation_rows", "scored flights that were permuted"),
        _count("shap_rows", "of those, with SHAP values"),
        _count("scored_rows", "scored flights of the year that the permuted ones were sampled from"),
    ),
    rules=(
        Rule("gain is a share", pl.col("gain_share").is_between(0, 1 + 1e-9), ""),
        Rule("SHAP is a share", pl.col("shap_share").is_between(0, 1 + 1e-9), ""),
        Rule("sampled of the scored", pl.col("permutation_rows") <= pl.col("scored_rows"), ""),
    ),
)

FAILURES = Contract(
    name="failures",
    room="evaluation",
    description="Where prediction fails: the figures of a scored year by slices of its flights, made in hindsight",
    partitioned_by=_SCORED,
    key=("feature_set", "dimension", "slice"),
    columns=(
        _text("feature_set", "name of the feature set"),
        _text("dimension", "what the flights are cut by (evaluation/slices.py says what each means)"),
        _text("slice", "the part; `all` for every scored flight"),
        Column("position", pl.Int32(), "order of the slice in its dimension", nullable=False),
        _count("rows", "scored flights"),
        _number("base_rate", "share late"),
        _number("mean_probability", "mean predicted probability"),
        _number("auc", "area under the ROC curve; null where one class is missing"),
        _number("pr_auc", "average precision; null where one class is missing"),
        _number("brier", "mean squared error of the probability"),
    ),
    rules=(
        Rule("share late is a share", pl.col("base_rate").is_between(0, 1), ""),
        Rule("AUC is a chance", pl.col("auc").is_between(0, 1), ""),
    ),
)

PASS_THROUGH = Contract(
    name="pass_through",
    room="evaluation",
    description=(
        "Inbound arrival delay beside the departure delay of the same aircraft, by scheduled turnaround, as flown; "
        "an association"
    ),
    partitioned_by=("year",),
    key=("turnaround", "inbound"),
    columns=(
        _text("turnaround", "scheduled turnaround; `under 15 min` is the shape of a swap; `all`"),
        _text("inbound", "arrival delay of the inbound leg; `all`"),
        _count("rows", "flown flights whose tail last arrived where they leave from"),
        _number("mean_inbound_delay_min", "mean arrival delay of the inbound, early negative", "min"),
        _number("mean_dep_delay_min", "mean departure delay, early negative", "min"),
        _number("late_dep_share", "share that departed 15 minutes late or more"),
        _number(
            "slope",
            "least squares of departure delay on inbound delay; null where that is constant",
            "min/min",
        ),
    ),
    rules=(Rule("share is a share", pl.col("late_dep_share").is_between(0, 1), ""),),
)

PASS_THROUGH_MATCHED = Contract(
    name="pass_through_matched",
    room="evaluation",
    description=(
        "Late inbounds beside on-time ones of the same carrier, origin, hours and turnaround: an association, since "
        "what makes both late is matched in part only"
    ),
    partitioned_by=("year",),
    key=("matched_on", "turnaround"),
    columns=(
        _text("matched_on", "what the compared flights have in common"),
        _text("turnaround", "scheduled turnaround; `all`"),
        _count("late_rows", "flights whose inbound arrived 15 minutes late or more"),
        _count("matched_late_rows", "of those, with an on-time one in the same cell"),
        _count("matched_on_time_rows", "on-time ones in cells with a late one"),
        _count("cells", "cells with both"),
        _number("late_inbound_delay_min", "mean arrival delay of the matched late inbounds", "min"),
        _number(
            "on_time_inbound_delay_min",
            "the same of the on-time ones, cells weighted by their late ones",
            "min",
        ),
        _number("late_dep_delay_min", "mean departure delay after matched late inbounds", "min"),
        _number("on_time_dep_delay_min", "the same after on-time ones, cells weighted alike", "min"),
        _number("late_dep_late_share", "share departed 15 minutes late or more after matched late inbounds"),
        _number("on_time_dep_late_share", "the same after on-time ones, cells weighted alike"),
        _number("difference_min", "difference of the two mean departure delays", "min"),
        _number("per_inbound_min", "that difference a minute of difference in inbound delay", "min/min"),
    ),
    rules=(Rule("matched of the late", pl.col("matched_late_rows") <= pl.col("late_rows"), ""),),
)

_FIT = (
    Column("features", pl.Int32(), "inputs of the model", "count", nullable=False),
    _number("auc", "area under the ROC curve"),
    _number("pr_auc", "average precision"),
    _number("brier", "mean squared error of the probability"),
    _number("delta_auc", "AUC less that of the model it is compared with"),
    _number("delta_auc_se", "standard error of that, over ten groups of days of the test rows"),
    _number("delta_pr_auc", "average precision less that of the model it is compared with"),
    _text("train_years", "years of the training rows: the latest before the scored one"),
    _count("train_rows", "training rows"),
    _count("test_rows", "scored rows"),
    Column("is_sampled", pl.Boolean(), "whether either are a seeded sample", nullable=False),
    Column("trees", pl.Int32(), "boosting rounds", "count", nullable=False),
    Column("seconds", _F, "training and scoring", "s", nullable=False),
)

ABLATION = Contract(
    name="ablation",
    room="evaluation",
    description=(
        "What each family of features is worth: aeroflux_full without it, and the schedule with it alone, all on the "
        "same sampled rows"
    ),
    partitioned_by=_SCORED,
    key=("change", "family"),
    columns=(
        _text(
            "change",
            "none: the whole set; removed: it without the family (compared with it); only: the schedule alone; "
            "added: the schedule and the family (compared with it)",
        ),
        _text("family", "the family, or all"),
        *_FIT,
    ),
)

HOPS_BY_DEPTH = Contract(
    name="hops",
    room="evaluation",
    description=(
        "How many upstream legs it pays to look at: aeroflux_full without all that the chain of legs says (upstream "
        "legs, rotation, aircraft), and with 0 to 5 legs of it"
    ),
    partitioned_by=_SCORED,
    key=("depth",),
    columns=(
        Column("depth", pl.Int32(), "upstream legs, each vouched for at the cutoff", "count", nullable=False),
        _number("linked_share", "share of the test rows whose chain reaches the depth; null for 0"),
        *_FIT,
        _number("gain_auc", "AUC less that of one leg less"),
        _number("gain_auc_se", "standard error of that, over ten groups of days of the test rows"),
    ),
)
