"""The contracts of the model room: metrics and predictions of a scored year at a cutoff."""

import polars as pl

from aeroflux_assets.contracts.base import Column, Contract, Rule

_F = pl.Float64()

PREDICTIONS = Contract(
    name="predictions",
    room="model",
    description="Predictions of a scored year by models of earlier years only, one row a flight and feature set",
    partitioned_by=("scored_year", "cutoff"),
    key=("flight_id", "feature_set"),
    columns=(
        Column("flight_id", pl.Int64(), "the flight", nullable=False),
        Column("feature_set", pl.String(), "name of the feature set", nullable=False),
        Column(
            "prob_late15",
            pl.Float32(),
            "probability of arriving 15 minutes late or more",
            "",
            "cutoff",
            nullable=False,
        ),
        Column("pred_arr_delay_min", pl.Float32(), "expected arrival delay", "min", "cutoff", nullable=False),
    ),
    rules=(Rule("probability in range", pl.col("prob_late15").is_between(0, 1), ""),),
)

METRICS = Contract(
    name="metrics",
    room="model",
    description="How the predictions of a scored year did, one row a feature set and slice",
    partitioned_by=("scored_year", "cutoff"),
    key=("feature_set", "slice"),
    columns=(
        Column("feature_set", pl.String(), "name of the feature set", nullable=False),
        Column(
            "slice",
            pl.String(),
            "all flights that arrived, or those without swap-shaped legs",
            nullable=False,
        ),
        Column("role", pl.String(), "fold, validation or holdout", nullable=False),
        Column("train_years", pl.String(), "years that the model saw", nullable=False),
        Column("train_rows", pl.Int64(), "rows that the model saw", "count", nullable=False),
        Column("rows", pl.Int64(), "scored flights", "count", nullable=False),
        Column("base_rate", _F, "share late"),
        Column("auc", _F, "area under the ROC curve; null where one class is missing"),
        Column("pr_auc", _F, "average precision"),
        Column("f1", _F, "F1 at 0.5"),
        Column("precision", _F, "precision at 0.5"),
        Column("recall", _F, "recall at 0.5"),
        Column("accuracy", _F, "accuracy at 0.5"),
        Column("brier", _F, "mean squared error of the probability"),
        Column("ece", _F, "expected calibration error, 20 equal-count bins"),
        Column("mae", _F, "mean absolute error of the delay", "min"),
        Column("rmse", _F, "root mean squared error of the delay", "min"),
        Column("seconds", _F, "training and scoring", "s"),
    ),
)

MODELS = Contract(
    name="models",
    room="model",
    description="Where the trained models of a scored year lie, and what they were trained on",
    partitioned_by=("scored_year", "cutoff"),
    key=("feature_set", "target"),
    columns=(
        Column("feature_set", pl.String(), "name of the feature set", nullable=False),
        Column("target", pl.String(), "late15 or arr_delay_min", nullable=False),
        Column(
            "path", pl.String(), "the model file (XGBoost UBJ), relative to the data folder", nullable=False
        ),
        Column("features", pl.String(), "names of its inputs in order, comma separated", nullable=False),
        Column("train_years", pl.String(), "years that the model saw", nullable=False),
        Column("train_rows", pl.Int64(), "rows that the model saw", "count", nullable=False),
        Column("trees", pl.Int32(), "boosting rounds", "count", nullable=False),
        Column("seconds", _F, "training", "s", nullable=False),
    ),
)
