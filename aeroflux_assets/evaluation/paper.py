"""The paper's own figures, read off it, to stand beside ours: each with the section it comes from.

"From Prediction to Digital Twin: A Propagation-Aware Machine Learning Framework for Flight Delay Modeling". Its
tables of results carry no numbers, so sections are named. Two things are not in its text and come from the results
that the authors published with their code: the AUC of each fold (their mean is the paper's 0.8222) and the baselines
of 2019, of which section 5.2 says that they "will be added". What the figures rest on: docs/features.md.
"""

from dataclasses import dataclass

import polars as pl

REPOSITORY = "the authors' published results, not the paper"


@dataclass(frozen=True)
class PaperFigure:
    """A figure of the paper. where: its section. subject: the model or set. name: as in model/evaluate.py."""

    where: str
    subject: str
    name: str
    value: float


def _row(where: str, subject: str, names: str, *values: float) -> tuple[PaperFigure, ...]:
    return tuple(
        PaperFigure(where, subject, name, value) for name, value in zip(names.split(), values, strict=True)
    )


_CLASS, _MIN = "auc f1 precision recall accuracy", "mae rmse"
_FOLDS, _TABLE, _FINAL = "5.1.1, mean of five folds", "5.1.2, 2025 before tuning", "5.1.2, 2025, tuned"

# Section 5.1.1: validation years 2019 to 2023, 250 trees of depth 4.
FOLD_MEANS = (
    *_row(_FOLDS, "xgb_schedule", _CLASS, 0.6491, 0.0706, 0.7029, 0.0376, 0.8284),
    *_row(_FOLDS, "xgb_context", _CLASS, 0.6791, 0.0855, 0.7094, 0.0459, 0.8295),
    *_row(_FOLDS, "xgb_2hop_propagation", _CLASS, 0.8195, 0.4700, 0.7414, 0.3465, 0.8663),
    *_row(_FOLDS, "xgb_full", _CLASS, 0.8215, 0.4758, 0.7468, 0.3512, 0.8675),
    *_row(_FOLDS, "xgb_full_aircraft", _CLASS, 0.8222, 0.4766, 0.7505, 0.3511, 0.8680),
    *_row(_FOLDS, "xgb_schedule", _MIN, 23.71, 49.05),
    *_row(_FOLDS, "xgb_context", _MIN, 22.80, 48.53),
    *_row(_FOLDS, "xgb_2hop_propagation", _MIN, 18.82, 43.20),
    *_row(_FOLDS, "xgb_full", _MIN, 18.69, 41.99),
    *_row(_FOLDS, "xgb_full_aircraft", _MIN, 18.73, 42.02),
)
# The same section's "standard deviations", which it approximates as range / 4.
FOLD_SPREAD = (
    *_row(_FOLDS, "xgb_schedule", "auc f1 mae rmse", 0.0173, 0.0193, 0.96, 4.05),
    *_row(_FOLDS, "xgb_context", "auc f1 mae rmse", 0.0120, 0.0189, 0.98, 4.11),
    *_row(_FOLDS, "xgb_2hop_propagation", "auc f1 mae rmse", 0.0114, 0.0338, 0.59, 3.13),
    *_row(_FOLDS, "xgb_full", "auc f1 mae rmse", 0.0113, 0.0332, 0.54, 3.05),
    *_row(_FOLDS, "xgb_full_aircraft", "auc f1 mae rmse", 0.0118, 0.0342, 0.55, 3.12),
)
# Section 5.1.2: the holdout 2025 by set, the same 250 trees of depth 4.
HOLDOUT_BY_SET = (
    *_row(_TABLE, "xgb_schedule", f"{_CLASS} {_MIN}", 0.6849, 0.1014, 0.7559, 0.0544, 0.7853, 26.45, 57.37),
    *_row(_TABLE, "xgb_context", f"{_CLASS} {_MIN}", 0.6906, 0.1038, 0.7672, 0.0556, 0.7857, 25.87, 56.96),
    *_row(
        _TABLE,
        "xgb_2hop_propagation",
        f"{_CLASS} {_MIN}",
        0.8287,
        0.5267,
        0.7830,
        0.3968,
        0.8410,
        21.25,
        49.65,
    ),
    *_row(_TABLE, "xgb_full", f"{_CLASS} {_MIN}", 0.8302, 0.5293, 0.7850, 0.3993, 0.8417, 21.11, 48.40),
    *_row(
        _TABLE, "xgb_full_aircraft", f"{_CLASS} {_MIN}", 0.8308, 0.5321, 0.7849, 0.4025, 0.8422, 21.12, 48.43
    ),
)
# Section 5.1.2: its headline, 300 trees of depth 6.
HEADLINE = _row(
    _FINAL, "xgb_full_aircraft", f"{_CLASS} {_MIN}", 0.8402, 0.5542, 0.7938, 0.4257, 0.8473, 20.32, 46.03
)
# Section 5.1.4. It says that the counts follow from a base rate of 23.4%; its precision, recall and accuracy
# together imply 22.3%.
IMPACT = _row(
    "5.1.4",
    "xgb_full_aircraft",
    "rows base_rate alerts true_positives false_positives false_negatives true_negatives alerts_per_day",
    *(6_857_845, 0.234, 861_831, 683_215, 178_616, 921_521, 5_074_493, 2_360),
)
# Section 4.1.
ROWS = _row(
    "4.1",
    "splits",
    "train_2015_2023 validation_2024 holdout_2025 refit_2015_2024 refit_sample",
    *(54_620_695, 6_947_566, 6_857_845, 61_568_261, 21_548_891),
)
FOLD_AUC: dict[int, float] = {2019: 0.8406, 2020: 0.7933, 2021: 0.8163, 2022: 0.8295, 2023: 0.8312}
BASELINES = (
    *_row(REPOSITORY, "logistic regression, 2019", "auc", 0.6805),
    *_row(REPOSITORY, "random forest, 2019", "auc mae rmse", 0.7440, 24.0, 49.7),
    *_row(REPOSITORY, "XGBoost, 2019", "auc mae rmse", 0.7565, 23.8, 51.2),
    *_row(REPOSITORY, "linear regression, 2019", "mae rmse", 26.1, 53.2),
)
# Section 5.3.1: rank, feature, importance. It says "gain"; half of it on one flag and a scale that adds up to one
# over all features are what XGBoost gives as the mean gain of a split, its default, and not as the total.
IMPORTANCE: tuple[tuple[int, str, float], ...] = (
    (1, "prev1_arr_del15", 0.5106),
    (2, "prev1_dep_del15", 0.1247),
    (3, "prev1_arr_delay", 0.1135),
    (4, "dep_hour_local", 0.0277),
    (5, "dep_time_bucket", 0.0267),
    (6, "prev1_turnaround_minutes", 0.0262),
)
# The set whose features carry the paper's names: ours beside theirs is meant for this one.
IMPORTANCE_SET = "xgb_full_aircraft"


def figures_frame() -> pl.DataFrame:
    """Every figure above in rows: where, subject, name, value."""
    groups = (FOLD_MEANS, HOLDOUT_BY_SET, HEADLINE, IMPACT, ROWS, BASELINES)
    folds = (PaperFigure(REPOSITORY, f"fold {y}", "auc", auc) for y, auc in FOLD_AUC.items())
    rows = [figure for group in groups for figure in group] + list(folds)
    return pl.DataFrame(
        [(f.where, f.subject, f.name, float(f.value)) for f in rows],
        schema={"where": pl.String, "subject": pl.String, "name": pl.String, "value": pl.Float64},
        orient="row",
    )


def importance_frame() -> pl.DataFrame:
    """The paper's list: paper_rank, name, paper_importance."""
    return pl.DataFrame(
        IMPORTANCE,
        schema={"paper_rank": pl.Int32, "name": pl.String, "paper_importance": pl.Float64},
        orient="row",
    )
