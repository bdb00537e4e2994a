"""The leakage X-ray: the paper's 37 features, honest and with each hindsight switched on, on the same rows.

Every variant is trained and scored on the same flights with the same parameters; only the columns differ. A
hindsight that has no data in the training or the scored years is not passed off as one that buys nothing: its row
has no figures and says why. Our own features, honest, are asked on the same flights: do they beat hindsight?
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.evaluation.hindsight import (
    IN_THE_37,
    KINDS,
    PAPER,
    Kind,
    WholeSpan,
    hindsight_of,
    model_inputs,
    whole_span,
)
from aeroflux_assets.evaluation.sample import Rows, sampled_labels, threads
from aeroflux_assets.features.sets import ALL_FEATURES, feature_set
from aeroflux_assets.features.tables import features_of
from aeroflux_assets.lake import Lake
from aeroflux_assets.model.evaluate import figures
from aeroflux_assets.model.recipes import PAPER as RECIPE
from aeroflux_assets.model.train import train
from aeroflux_assets.years import Month

HONEST, OURS = "honest", "aeroflux_full"
FIGURES = ("auc", "pr_auc", "brier", "mae")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Variant:
    """A model of the X-ray and the hindsights that are switched on in it.

    honest: the features known at the cutoff that it reads where it reads no hindsight: the paper's, or ours.
    """

    name: str
    says: str
    kinds: tuple[Kind, ...]
    honest: tuple[str, ...] = PAPER


VARIANTS = (
    Variant(HONEST, "the paper's 37 features as known at the cutoff", ()),
    Variant(OURS, "none: our own features as known at the cutoff", (), feature_set(OURS)),
    *(Variant(kind.name, kind.says, (kind,)) for kind in KINDS),
    Variant("all_in_the_37", "every hindsight that the paper's 37 features have", IN_THE_37),
    Variant("all", "every hindsight, the windows that hold the row among them", KINDS),
)


def xray_rows(lake: Lake, months: Iterable[Month], cutoff: Cutoff, span: WholeSpan, limit: int) -> Rows:
    """At most about `limit` flights of the months: labels, every feature, and every hindsight column."""
    drawn, total = sampled_labels(lake, months, limit)
    parts = []
    for period, labels in drawn:
        honest = features_of(lake, period, cutoff).select("flight_id", *ALL_FEATURES)
        known = labels.lazy().join(honest, on="flight_id", how="inner", maintain_order="left")
        later = hindsight_of(lake, period, cutoff, span)
        parts.append(known.join(later, on="flight_id", how="left", maintain_order="left").collect())
    return Rows(pl.concat(parts), total)


def without_data(kind: Kind, train_rows: Rows, test_rows: Rows) -> bool:
    """Whether a hindsight is null in every training row, or in every scored one."""
    columns = [kind.column(name) for name in (*kind.replaces, *kind.adds)]
    return any(
        rows.frame.select(pl.all_horizontal(pl.col(columns).is_null().all())).item()
        for rows in (train_rows, test_rows)
    )


def xray(
    train_rows: Rows, test_rows: Rows, *, trees: int, train_years: tuple[int, ...], say: Say = lambda _: None
) -> pl.DataFrame:
    """The rows of the `xray` table: every variant trained on `train_rows` and scored on `test_rows`."""
    empty = tuple(kind for kind in KINDS if without_data(kind, train_rows, test_rows))
    found: list[dict[str, Any]] = []
    for variant in VARIANTS:
        kinds = tuple(kind for kind in variant.kinds if kind not in empty)
        lacking = ", ".join(kind.name for kind in variant.kinds if kind in empty)
        row: dict[str, Any] = {
            "variant": variant.name,
            "says": variant.says,
            "hindsights": ",".join(kind.name for kind in kinds),
            "train_years": ",".join(map(str, train_years)),
            "is_sampled": train_rows.is_sampled or test_rows.is_sampled,
            "reason": f"no data in the training or the scored years for: {lacking}" if lacking else None,
        }
        if kinds or not variant.kinds:
            names = model_inputs(kinds) if kinds else variant.honest
            row |= _measured(names, train_rows, test_rows, trees)
            say(f"{variant.name}: AUC {row['auc']}")
        found.append(row)
    table = pl.DataFrame(found, infer_schema_length=None)
    base = found[0]
    return table.with_columns((pl.col(name) - base[name]).alias(f"{name}_gain") for name in FIGURES)


def _measured(names: tuple[str, ...], train_rows: Rows, test_rows: Rows, trees: int) -> dict[str, Any]:
    began = time.perf_counter()
    block = train_rows.block(names)
    params = {"nthread": threads(len(block.late))}
    trained = train(lambda: iter([block]), names, RECIPE.but(trees, **params))
    test = test_rows.block(names)
    late, delay = trained.predict(test.x)
    measured = figures(test.late, late, test.delay, delay)
    return {
        "inputs": len(names),
        "rows": measured.rows,
        "train_rows": trained.rows,
        **{name: getattr(measured, name) for name in FIGURES},
        "seconds": time.perf_counter() - began,
    }


def span_of(lake: Lake, years: Iterable[int]) -> WholeSpan:
    """`whole_span` of the years that are in the lake."""
    parts = [{"year": year} for year in years if lake.has("cleaned_flights", {"year": year})]
    return whole_span(lake.scan("cleaned_flights", parts))
