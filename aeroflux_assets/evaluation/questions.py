"""Two questions that need models of their own: what each family is worth, and how deep the chain of legs must be.

Every model of an experiment sees the same sampled training rows and is scored on the same sampled rows of the scored
year; only its features differ. The figures compare with each other, not with those of models of all rows.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from aeroflux_assets.cleaned.span import flights_around, flights_of_month, periods
from aeroflux_assets.contracts.propagation import upstream_names
from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.evaluation.effort import Effort
from aeroflux_assets.evaluation.families import by_family
from aeroflux_assets.evaluation.ranking import ranked
from aeroflux_assets.evaluation.sample import Sample, sample_rows, threads
from aeroflux_assets.features.sets import feature_set
from aeroflux_assets.lake import Lake
from aeroflux_assets.model.data import Block, Floats, months_in_lake
from aeroflux_assets.model.feed import quantised
from aeroflux_assets.model.recipes import PAPER, Recipe
from aeroflux_assets.model.train import OBJECTIVES
from aeroflux_assets.propagation.chain import LOOKBACK_MIN, known_upstream
from aeroflux_assets.years import Month, training_years

SET = "aeroflux_full"
BASE_FAMILY = "schedule"
# What the chain of legs says in whatever form: all of it leaves the base of the hops, or a depth would see deeper.
CHAIN_FAMILIES = ("upstream legs", "rotation", "aircraft")
DEPTHS = range(6)
# The leg number follows the chain of the day to its end, whatever the depth.
NOT_OF_A_DEPTH = ("flight_id", "leg_number_day")
# Groups of days by which a difference of two models varies: its standard error comes from them.
DAY_GROUPS = 10
Say = Callable[[str], None]


def silent(_: str) -> None:
    """Tells nobody."""


@dataclass(frozen=True)
class Rows:
    """The rows that every model of an experiment shares. months: those of train and test, for what is looked up."""

    train: Sample
    test: Sample
    train_months: list[Month]
    test_months: list[Month]
    train_years: tuple[int, ...]


def experiment_rows(lake: Lake, years: tuple[int, ...], scored: int, cutoff: Cutoff, effort: Effort) -> Rows:
    """Sampled rows of the latest `effort.train_years` selected years before the scored one, and of the scored one.

    Raises MissingTableError where one of these years has no features at the cutoff.
    """
    before = training_years(years, scored)[-effort.train_years :]
    names = feature_set(SET)
    train_months = months_in_lake(lake, before, cutoff)
    test_months = months_in_lake(lake, [scored], cutoff)
    return Rows(
        sample_rows(lake, train_months, cutoff, names, effort.train_rows, effort.seed),
        sample_rows(lake, test_months, cutoff, names, effort.test_rows, effort.seed),
        train_months,
        test_months,
        before,
    )


def recipe_for(effort: Effort) -> Recipe:
    """How the models of an experiment are trained: the paper's parameters, with the effort's rounds and bins.

    Not the set's own: those were chosen for all of its features and for many more rounds.
    """
    return PAPER.but(effort.trees, max_bin=effort.max_bin)


@dataclass(frozen=True)
class Fit:
    """A model of the experiment on the test rows. figures: auc, pr_auc, brier. groups: AUC of each group of days."""

    features: int
    figures: Mapping[str, float | None]
    groups: Mapping[int, float | None]
    seconds: float


def fitted(train: tuple[Floats, Floats], test: tuple[Floats, Floats], day: Any, recipe: Recipe) -> Fit:
    """A classifier of (x, late) scored on another (x, late). day: of each test row, days since 1970."""
    import xgboost as xgb

    began = time.perf_counter()
    names = tuple(f"f{i}" for i in range(train[0].shape[1]))
    block = Block(pl.Series([], dtype=pl.Int64), train[0], train[1], train[1])
    params = {**recipe.params, "objective": OBJECTIVES["late15"], "nthread": threads(len(train[1]))}
    with quantised(lambda: [block], names, recipe.params["max_bin"]) as data:
        booster = xgb.train(params, data.matrix, recipe.trees)
    scored = pl.LazyFrame(
        {"late": test[1], "probability": booster.inplace_predict(test[0]), "group": day % DAY_GROUPS}
    )
    whole = ranked(scored.with_columns(all=pl.lit(0)), ["all"]).collect().row(0, named=True)
    groups = ranked(scored, ["group"]).select("group", "auc").sort("group").collect()
    return Fit(
        len(names),
        {name: whole[name] for name in ("auc", "pr_auc", "brier")},
        dict(groups.iter_rows()),
        time.perf_counter() - began,
    )


def difference(fit: Fit, base: Fit) -> dict[str, float | None]:
    """delta_auc, its standard error, and delta_pr_auc, of a model against another on the same rows.

    The standard error is that of the mean difference over the groups of days; null for fewer than two of them.
    """
    pairs = [(mine, base.groups.get(group)) for group, mine in fit.groups.items() if mine is not None]
    each = np.array([mine - other for mine, other in pairs if other is not None])
    error = float(each.std(ddof=1) / np.sqrt(len(each))) if len(each) > 1 else None

    def less(name: str) -> float | None:
        mine, other = fit.figures[name], base.figures[name]
        return None if mine is None or other is None else mine - other

    return {"delta_auc": less("auc"), "delta_auc_se": error, "delta_pr_auc": less("pr_auc")}


def _row(fit: Fit, base: Fit, rows: Rows, recipe: Recipe) -> dict[str, Any]:
    return {
        "features": fit.features,
        **fit.figures,
        **difference(fit, base),
        "train_years": ",".join(map(str, rows.train_years)),
        "train_rows": rows.train.rows,
        "test_rows": rows.test.rows,
        "is_sampled": rows.train.is_sampled or rows.test.is_sampled,
        "trees": recipe.trees,
        "seconds": fit.seconds,
    }


def ablation(rows: Rows, recipe: Recipe, say: Say = silent) -> pl.DataFrame:
    """What each family is worth: the whole set without it, and the schedule with it alone; columns of `ABLATION`."""
    families = by_family(rows.train.names)

    def fit(names: tuple[str, ...]) -> Fit:
        train = (rows.train.columns(names), rows.train.late)
        return fitted(train, (rows.test.columns(names), rows.test.late), rows.test.day, recipe)

    whole, base = fit(rows.train.names), fit(families[BASE_FAMILY])
    found = [
        {"change": "none", "family": "all", **_row(whole, whole, rows, recipe)},
        {"change": "only", "family": BASE_FAMILY, **_row(base, base, rows, recipe)},
    ]
    for family, members in families.items():
        kept = tuple(name for name in rows.train.names if name not in members)
        found.append({"change": "removed", "family": family, **_row(fit(kept), whole, rows, recipe)})
        if family != BASE_FAMILY:
            added = fit((*families[BASE_FAMILY], *members))
            found.append({"change": "added", "family": family, **_row(added, base, rows, recipe)})
        say(f"ablation: {family}")
    return pl.DataFrame(found, infer_schema_length=None)


def hops(lake: Lake, cutoff: Cutoff, rows: Rows, recipe: Recipe, say: Say = silent) -> pl.DataFrame:
    """How far upstream it pays to look: depth 0 to 5 of vouched legs; columns of `HOPS_BY_DEPTH`.

    The base is the set without anything that the chain says. To it come, for each leg up to the depth, everything
    that is known of it at the cutoff, and the slack and earliest departure that follow from just these legs.
    """
    families = by_family(rows.train.names)
    chain = {name for family in CHAIN_FAMILIES for name in families.get(family, ())}
    kept = tuple(name for name in rows.train.names if name not in chain)
    x, z = rows.train.columns(kept), rows.test.columns(kept)
    found: list[dict[str, Any]] = []
    fits: list[Fit] = []
    for depth in DEPTHS:
        more = upstream_features(lake, rows.train_months, rows.train.flight_id, cutoff, depth)
        there = upstream_features(lake, rows.test_months, rows.test.flight_id, cutoff, depth)
        fits.append(
            fitted(
                (np.hstack([x, more]), rows.train.late),
                (np.hstack([z, there]), rows.test.late),
                rows.test.day,
                recipe,
            )
        )
        last = difference(fits[-1], fits[max(depth - 1, 0)])
        linked = None if depth == 0 else float(np.mean(_linked(there, depth)))
        found.append(
            {
                "depth": depth,
                "linked_share": linked,
                **_row(fits[-1], fits[0], rows, recipe),
                "gain_auc": last["delta_auc"],
                "gain_auc_se": last["delta_auc_se"],
            }
        )
        say(f"hops: depth {depth}")
    return pl.DataFrame(found, infer_schema_length=None)


def _columns_of(depth: int) -> list[str]:
    """What is taken of `known_upstream`: no ids, and not the leg number."""
    names = upstream_names(depth)
    return [name for name in names if name not in NOT_OF_A_DEPTH and not name.endswith("_flight_id")]


def _linked(values: Floats, depth: int) -> Any:
    """Whether the deepest leg is there, of each row."""
    return values[:, _columns_of(depth).index(f"up{depth}_is_linked")] == 1


def upstream_features(
    lake: Lake, months: list[Month], wanted: pl.Series, cutoff: Cutoff, depth: int
) -> Floats:
    """(rows, columns) known of `depth` upstream legs at the cutoff, of the wanted flights in their order.

    Depth 0 has no columns. wanted: flight_ids of the months, ascending.
    """
    if depth == 0:
        return np.empty((len(wanted), 0), dtype=np.float32)
    before = timedelta(minutes=depth * LOOKBACK_MIN)
    frames = []
    for piece in periods(lake, months):
        # flight_id begins with the date: its bounds are those of the piece, and no two pieces share one.
        ids = flights_of_month(lake, piece).select(
            low=pl.col("flight_id").min(), high=pl.col("flight_id").max()
        )
        mine = wanted.filter(wanted.is_between(*ids.collect().row(0)))
        flights = flights_around(lake, piece, before=before)
        frames.append(known_upstream(flights, pl.DataFrame({"flight_id": mine}), cutoff, depth=depth))
    every = pl.concat(frames)
    ordered = pl.DataFrame({"flight_id": wanted}).join(
        every, on="flight_id", how="left", maintain_order="left"
    )
    values: Floats = ordered.select(pl.col(_columns_of(depth)).fill_null(float("nan"))).to_numpy(order="c")
    return values
