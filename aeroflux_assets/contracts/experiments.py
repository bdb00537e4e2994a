"""The contracts of the evaluation's experiments: what hindsight buys, the baselines and floors, the clusters."""

import polars as pl

from aeroflux_assets.contracts.base import Column, Contract, Rule, figures_or_reason

_F, _N, _T, _B = pl.Float64(), pl.Int64(), pl.String(), pl.Boolean()
_PARTS = ("scored_year", "cutoff")


# How good a model's predictions are, by the four figures that every comparison of models has.
QUALITY = (
    Column("auc", _F, "area under the ROC curve"),
    Column("pr_auc", _F, "average precision"),
    Column("brier", _F, "mean squared error of the probability"),
    Column("mae", _F, "mean absolute error of the delay", "min"),
)


def _figures(*, rmse: bool) -> tuple[Column, ...]:
    columns = (
        Column("rows", _N, "scored flights", "count"),
        Column("train_rows", _N, "rows that the model saw", "count"),
        *QUALITY,
    )
    return (*columns, Column("rmse", _F, "root mean squared error of the delay", "min")) if rmse else columns


XRAY = Contract(
    name="xray",
    room="evaluation",
    description="What each hindsight of the paper buys: the paper's features honest, and with each switched on, on the same rows",
    partitioned_by=_PARTS,
    key=("variant",),
    columns=(
        Column(
            "variant",
            _T,
            "honest, aeroflux_full (our own features, honest), one hindsight, all in the paper's 37 features, or all",
            nullable=False,
        ),
        Column("says", _T, "what is switched on", nullable=False),
        Column("hindsights", _T, "names of the hindsights that are on, comma separated", nullable=False),
        Column("inputs", _N, "columns that the model reads", "count"),
        Column("train_years", _T, "years that the model saw", nullable=False),
        *_figures(rmse=False),
        Column("auc_gain", _F, "auc less that of the honest variant"),
        Column("pr_auc_gain", _F, "pr_auc less that of the honest variant"),
        Column("brier_gain", _F, "brier less that of the honest variant; negative is better"),
        Column("mae_gain", _F, "mae less that of the honest variant; negative is better", "min"),
        Column("seconds", _F, "training and scoring", "s"),
        Column("is_sampled", _B, "whether some flights of the years were left out", nullable=False),
        Column("reason", _T, "why there are no figures, or which hindsight had no data"),
    ),
    rules=(
        figures_or_reason("variant", "auc"),
        Rule(
            "honest gains nothing",
            (pl.col("variant") != "honest") | (pl.col("auc_gain") == 0),
            "",
        ),
    ),
)

BASELINES = Contract(
    name="baselines",
    room="evaluation",
    description="The paper's phase 1 and the floors that any model must beat: one year, its last month held out",
    partitioned_by=_PARTS,
    key=("model",),
    columns=(
        Column("model", _T, "name", nullable=False),
        Column("family", _T, "floor, linear, tree, forest, neighbours, ...", nullable=False),
        Column("train_months", _T, "months that the model saw, comma separated", nullable=False),
        Column("test_month", _T, "the month held out, as 2019-12", nullable=False),
        *_figures(rmse=True),
        Column("seconds", _F, "fitting and scoring", "s"),
        Column("is_sampled", _B, "whether some flights of the months were left out", nullable=False),
        Column("note", _T, "what the model is made of, or why it was not run", nullable=False),
    ),
    rules=(
        Rule("a model that was run has figures", pl.col("rows").is_null() == pl.col("mae").is_null(), ""),
    ),
)

CLUSTERS = Contract(
    name="clusters",
    room="evaluation",
    description="What the k-means clusters of the baselines' training flights are",
    partitioned_by=_PARTS,
    key=("cluster",),
    columns=(
        Column("cluster", pl.Int32(), "number, the largest cluster first", nullable=False),
        Column("rows", _N, "training flights in it", "count", nullable=False),
        Column("share", _F, "of the training flights", nullable=False),
        Column(
            "late_share", _F, "of its flights, those that arrived 15 minutes late or more", nullable=False
        ),
        Column("mean_arr_delay_min", _F, "mean arrival delay of its flights", "min", nullable=False),
        Column(
            "silhouette", _F, "mean silhouette of its flights in the sample; null where it has none there"
        ),
        Column("silhouette_all", _F, "mean silhouette of the whole sample"),
        Column("silhouette_rows", _N, "flights in that sample", "count", nullable=False),
        Column(
            "words",
            _T,
            "the features that set it apart: standard deviations from the mean of all, and its own mean",
            nullable=False,
        ),
        Column(
            "centroid",
            _T,
            "mean of each feature in its own unit, unknown as the median, as JSON",
            nullable=False,
        ),
    ),
    rules=(
        Rule("share in range", pl.col("share").is_between(0, 1), ""),
        Rule("silhouette in range", pl.col("silhouette").is_between(-1, 1), ""),
    ),
)
