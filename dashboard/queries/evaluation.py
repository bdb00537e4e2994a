"""The tables of the evaluation as pages want them: small aggregates, read whole and cut in Polars."""

from collections.abc import Sequence

import polars as pl

from aeroflux_assets.contracts.base import Contract
from aeroflux_assets.contracts.calibrated import DELAY_GRID, IMPACT, RELIABILITY
from aeroflux_assets.contracts.experiments import BASELINES, XRAY
from aeroflux_assets.contracts.explanation import ABLATION, FAILURES, HOPS_BY_DEPTH, IMPORTANCE
from aeroflux_assets.cutoffs import CUTOFFS
from aeroflux_assets.evaluation.impact import CARRY_FORWARD
from aeroflux_assets.evaluation.paper import HEADLINE, figures_frame
from aeroflux_assets.evaluation.xray import HONEST
from aeroflux_assets.features.sets import FEATURE_SETS
from aeroflux_assets.lake import Lake, Partition
from aeroflux_assets.years import roles

OURS = "aeroflux_full"
FIGURES = ("auc", "pr_auc", "brier", "ece", "f1", "precision", "recall", "mae", "rmse")


def partitions_of(lake: Lake, table: str) -> list[tuple[int, str]]:
    """The (scored year, cutoff) pairs that a table has, newest year first, cutoffs from the latest on."""
    order = {cutoff.name: place for place, cutoff in enumerate(CUTOFFS)}
    pairs = [(int(part["scored_year"]), part["cutoff"]) for part in lake.partitions(table)]
    return sorted(pairs, key=lambda pair: (-pair[0], order[pair[1]]))


def rows_of(lake: Lake, contract: Contract, scored: int, cutoff: str) -> pl.DataFrame:
    """A table's rows of one scored year and cutoff; none of them, in its columns, where it was not made."""
    part: Partition = {"scored_year": scored, "cutoff": cutoff}
    if not lake.has(contract.name, part):
        return pl.DataFrame(schema=contract.schema)
    return lake.scan(contract.name, [part]).select(contract.names).collect()


def by_set(metrics: pl.DataFrame, scored: int, cutoff: str) -> pl.DataFrame:
    """One row a feature set in the order of the nesting: our figures, and the paper's AUC of its 2025 holdout.

    metrics: `metrics_frame`. The paper's figures rest on hindsight and on other years: they stand beside, not against.
    """
    rows = metrics.filter(
        (pl.col("scored_year") == scored) & (pl.col("cutoff") == cutoff) & (pl.col("slice") == "all")
    )
    paper = (
        figures_frame()
        .filter((pl.col("name") == "auc") & pl.col("where").str.contains("2025 before tuning"))
        .select(feature_set="subject", paper_auc="value")
    )
    order = pl.col("feature_set").replace_strict(
        {name: place for place, name in enumerate(FEATURE_SETS)}, default=99, return_dtype=pl.Int32
    )
    return (
        rows.join(paper, on="feature_set", how="left")
        .sort(order)
        .select(
            "feature_set", "rows", "base_rate", *FIGURES, "paper_auc", "train_years", "train_rows", "seconds"
        )
    )


def paper_headline() -> dict[str, float]:
    """The paper's headline figures of 2025, by name."""
    return {figure.name: figure.value for figure in HEADLINE}


def in_roles(metrics: pl.DataFrame, years: tuple[int, ...]) -> pl.DataFrame:
    """`metrics_frame` with the roles of the selected years; null for years scored under another selection only.

    The table's own roles are those of the selection under which it was last made.
    """
    role = pl.col("scored_year").replace_strict(
        roles(years) or {0: None}, default=None, return_dtype=pl.String
    )
    return metrics.with_columns(role=role)


def over_years(metrics: pl.DataFrame, cutoff: str) -> pl.DataFrame:
    """AUC, PR-AUC and Brier of every scored year at a cutoff: scored_year, role, feature_set and the figures.

    metrics: `in_roles`.
    """
    rows = metrics.filter((pl.col("slice") == "all") & (pl.col("cutoff") == cutoff))
    return rows.select("scored_year", "role", "feature_set", "base_rate", *FIGURES).sort(
        "feature_set", "scored_year"
    )


def folds_summary(metrics: pl.DataFrame, cutoff: str) -> pl.DataFrame:
    """Mean and true (n - 1) standard deviation of the scored years before the holdout, a row a feature set.

    metrics: `in_roles`; years without a role do not count.
    """
    rows = metrics.filter(
        (pl.col("slice") == "all") & (pl.col("cutoff") == cutoff) & (pl.col("role") != "holdout")
    )
    return (
        rows.group_by("feature_set")
        .agg(
            years=pl.len(),
            auc_mean=pl.col("auc").mean(),
            auc_sd=pl.col("auc").std(),
            pr_auc_mean=pl.col("pr_auc").mean(),
            brier_mean=pl.col("brier").mean(),
            mae_mean=pl.col("mae").mean(),
        )
        .sort("auc_mean", descending=True)
    )


def by_lead(metrics: pl.DataFrame, scored: int) -> pl.DataFrame:
    """AUC of each feature set by how long before the departure it is asked: lead_h, feature_set, auc."""
    leads = {cutoff.name: cutoff.lead_min / 60 for cutoff in CUTOFFS}
    rows = metrics.filter((pl.col("slice") == "all") & (pl.col("scored_year") == scored))
    return rows.select(
        "cutoff", "feature_set", "auc", lead_h=pl.col("cutoff").replace_strict(leads, return_dtype=pl.Float64)
    ).sort("feature_set", "lead_h")


def calibration(lake: Lake, scored: int, cutoff: str, feature_set: str) -> pl.DataFrame:
    """The deciles of probability before and after recalibration: version, slice, rows, share_late, mean_probability."""
    rows = rows_of(lake, RELIABILITY, scored, cutoff)
    return rows.filter((pl.col("feature_set") == feature_set) & (pl.col("slice_kind") == "decile")).sort(
        "version", "slice"
    )


def coverage(lake: Lake, scored: int, cutoff: str, feature_set: str) -> pl.DataFrame:
    """Calibration error and interval coverage by slice, recalibrated, overall first."""
    rows = rows_of(lake, RELIABILITY, scored, cutoff)
    kinds = {"overall": 0, "hub": 1, "hour": 2, "carrier": 3, "origin": 4}
    return (
        rows.filter(
            (pl.col("feature_set") == feature_set)
            & (pl.col("version") == "recalibrated")
            & pl.col("slice_kind").is_in(list(kinds))
        )
        .sort(pl.col("slice_kind").replace_strict(kinds, return_dtype=pl.Int32), "slice")
        .select(
            "slice_kind",
            "slice",
            "rows",
            "share_late",
            "mean_probability",
            "ece",
            "coverage_80",
            "mean_width_80_min",
        )
    )


def densities(lake: Lake, scored: int, cutoff: str, feature_set: str) -> pl.DataFrame:
    """Where the probabilities of late and of other flights lie: probability_pct, late, not_late (shares a point).

    Differences of the alert counts of `impact` from one threshold to the next.
    """
    rows = overall(impact_of(lake, scored, cutoff), feature_set)
    return rows.select(
        probability_pct="threshold_pct",
        late=(pl.col("tp") - pl.col("tp").shift(-1, fill_value=0)) / pl.col("tp").max(),
        not_late=(pl.col("fp") - pl.col("fp").shift(-1, fill_value=0)) / pl.col("fp").max(),
    )


def delay_grid(lake: Lake, scored: int, cutoff: str, feature_set: str) -> pl.DataFrame:
    """Flights by predicted and actual delay: predicted_bin_min, actual_bin_min (lower edges of 5 minutes), flights."""
    rows = rows_of(lake, DELAY_GRID, scored, cutoff)
    return rows.filter(pl.col("feature_set") == feature_set).drop("feature_set")


def delay_densities(grid: pl.DataFrame) -> pl.DataFrame:
    """The two densities: bin_min, and the share of flights predicted and of flights that arrived in it. grid: above."""
    both = [
        grid.group_by(bin_min=f"{kind}_bin_min").agg(
            (pl.col("flights").sum() / grid["flights"].sum()).alias(kind)
        )
        for kind in ("predicted", "actual")
    ]
    return both[0].join(both[1], on="bin_min", how="full", coalesce=True).fill_null(0.0).sort("bin_min")


def delay_spread(grid: pl.DataFrame, least: int = 20) -> pl.DataFrame:
    """By predicted delay: bin_min, flights, and the actual delay that 10, 50 and 90% of them stay under, minutes.

    Read off the bins with even spread inside a bin; bins of fewer than `least` flights are left out. grid: above.
    """
    below = grid.sort("predicted_bin_min", "actual_bin_min").with_columns(
        total=pl.col("flights").sum().over("predicted_bin_min"),
        upto=pl.col("flights").cum_sum().over("predicted_bin_min"),
    )
    marks = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
    before = pl.col("upto") - pl.col("flights")
    return (
        below.filter(pl.col("total") >= least)
        .group_by(bin_min="predicted_bin_min")
        .agg(
            pl.col("total").first().alias("flights"),
            *(
                (pl.col("actual_bin_min") + 5 * (share * pl.col("total") - before) / pl.col("flights"))
                .filter(pl.col("upto") >= share * pl.col("total"))
                .first()
                .alias(f"actual_{name}_min")
                for name, share in marks.items()
            ),
        )
        .sort("bin_min")
    )


def importance(lake: Lake, scored: int, cutoff: str, feature_set: str, level: str) -> pl.DataFrame:
    """What the classifier goes by: name, family, gain_share, shap_share, permutation_auc_drop; most gain first."""
    rows = rows_of(lake, IMPORTANCE, scored, cutoff)
    return (
        rows.filter((pl.col("feature_set") == feature_set) & (pl.col("level") == level))
        .sort("rank")
        .select("rank", "name", "family", "features", "gain_share", "shap_share", "permutation_auc_drop")
    )


def failures(lake: Lake, scored: int, cutoff: str, feature_set: str) -> pl.DataFrame:
    """Figures by slice of the flights: dimension, slice, rows, base_rate, auc, pr_auc, brier."""
    rows = rows_of(lake, FAILURES, scored, cutoff)
    return rows.filter(pl.col("feature_set") == feature_set).sort("dimension", "position").drop("feature_set")


def ablation(lake: Lake, scored: int, cutoff: str) -> pl.DataFrame:
    """Families removed from the whole set, and added to the schedule."""
    return rows_of(lake, ABLATION, scored, cutoff)


def hops(lake: Lake, scored: int, cutoff: str) -> pl.DataFrame:
    """AUC by the number of upstream legs looked at."""
    return rows_of(lake, HOPS_BY_DEPTH, scored, cutoff).sort("depth")


def experiment_caption(rows: pl.DataFrame, scored: int) -> str:
    """Of what set, rows and trees the models of an experiment are. rows: `ablation` or `hops`, not empty."""
    first = rows.row(0, named=True)
    sampled = " on sampled flights" if first["is_sampled"] else ""
    return (
        f"Always of {OURS}, whatever set is chosen above: models of {first['trees']:,} trees{sampled}, "
        f"{first['train_rows']:,} of {first['train_years'].replace(',', ', ')} to train on and "
        f"{first['test_rows']:,} of {scored} scored."
    )


def baselines(lake: Lake, scored: int, cutoff: str) -> pl.DataFrame:
    """Baselines and floors, the best AUC first; those that were not run last."""
    return rows_of(lake, BASELINES, scored, cutoff).sort("auc", descending=True, nulls_last=True)


def xray(lake: Lake, scored: int, cutoff: str) -> pl.DataFrame:
    """What each hindsight buys: honest first, single ones by what they buy, all together last."""
    rows = rows_of(lake, XRAY, scored, cutoff)
    place = (
        pl.when(pl.col("variant") == "honest")
        .then(0)
        .when(pl.col("variant").str.starts_with("all"))
        .then(2)
        .otherwise(1)
    )
    return rows.sort(place, "auc_gain", descending=[False, True], nulls_last=True)


def xray_caption(lake: Lake, rows: pl.DataFrame, scored: int, cutoff: str) -> str:
    """How many flights and trees the X-ray's models are of, and what they compare with. rows: `xray`."""
    honest = rows.filter(pl.col("variant") == HONEST).row(0, named=True)
    commit = lake.commit_of(XRAY.name, {"scored_year": scored, "cutoff": cutoff})
    # An older version's table may not have counted what it drew from.
    notes = commit.notes if commit else {}

    def share(drawn: int, whole: int | None) -> str:
        return f"{drawn:,} of {whole:,}" if whole and whole > drawn else f"{drawn:,}"

    sampled = "sampled flights" if honest["is_sampled"] else "flights"
    trees = f", {notes['trees']:,} trees" if "trees" in notes else ""
    return (
        f"Every variant on the same {sampled}: "
        f"{share(honest['train_rows'], notes.get('train_flights'))} of {honest['train_years'].replace(',', ', ')} "
        f"to train on, {share(honest['rows'], notes.get('scored_flights'))} of {scored} scored{trees}. The figures "
        "compare with one another, not with those of the Model page, whose models are trained and scored on every "
        "flight."
    )


def impact_of(lake: Lake, scored: int, cutoff: str) -> pl.DataFrame:
    """The alert counts of a scored year and cutoff, every slice and policy."""
    return rows_of(lake, IMPACT, scored, cutoff)


def overall(impact: pl.DataFrame, feature_set: str) -> pl.DataFrame:
    """The rows of all flights of a feature set or of carry-forward, by threshold."""
    return impact.filter((pl.col("feature_set") == feature_set) & (pl.col("slice_kind") == "overall")).sort(
        "threshold_pct"
    )


def carry_forward(impact: pl.DataFrame) -> pl.DataFrame:
    """The one row of the carry-forward policy over all flights; none where it was not made."""
    return overall(impact, CARRY_FORWARD)


def sets_in(rows: pl.DataFrame, first: str = OURS) -> Sequence[str]:
    """The feature sets that occur, our own first, carry-forward not among them."""
    found = [name for name in rows["feature_set"].unique().sort() if name != CARRY_FORWARD]
    place = {name: number for number, name in enumerate(FEATURE_SETS)}
    # A set that an older version trained may be known no more: last, by name.
    return sorted(found, key=lambda name: (name != first, place.get(name, len(place)), name))
