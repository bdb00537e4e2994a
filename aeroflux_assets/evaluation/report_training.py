"""The report's sections on how models are trained: refit strategies, searches, readings of the holdout."""

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from aeroflux_assets.evaluation.report_parts import table
from aeroflux_assets.evaluation.search import best_first

SHOWN = 5


def refits(rows: pl.DataFrame, scored: int, cutoff: str) -> Iterator[str]:
    """The strategies of a scored year at a cutoff; rows: `refits`."""
    yield "## Refit strategies"
    if rows.is_empty():
        yield "Not made."
        return
    yield f"{rows['feature_set'][0]} for {scored} at {cutoff}, trained on {rows['train_years'][0]}:"
    left = rows.drop("scored_year", "cutoff", "feature_set", "train_years")
    yield table(left, {"seconds": ".1f", "mae": ".2f"})


def trials(rows: pl.DataFrame) -> Iterator[str]:
    """Each search: how many trials, the first few by value, and the configurations that it began with."""
    yield "## Searches"
    if rows.is_empty():
        yield "None was made: `aeroflux search` does, on months before the holdout."
        return
    shown = ("number", "origin", "state", "value", "rounds", "seconds", "params")
    for (study,), part in rows.sort("study", "number").group_by(["study"], maintain_order=True):
        first = part.row(0, named=True)
        ended = part.filter(pl.col("state") != "failed")
        pruned = ended.filter(pl.col("state") == "pruned").height
        yield (
            f"{study}: {ended.height} trials, {pruned} pruned; {first['metric']} on {first['scored_months']} "
            f"({first['rows']:,} flights), trained on {first['train_months']} ({first['train_rows']:,}"
            f"{', sampled' if first['is_sampled'] else ''})."
        )
        ordered = best_first(part.filter(pl.col("state") == "complete"), first["metric"])
        named = ended.filter(pl.col("origin").is_not_null())
        best = pl.concat([ordered.head(SHOWN), named]).unique("number", maintain_order=True)
        yield table(best.select(shown), {"value": ".5f", "seconds": ".1f"})


def holdout_readings(found: Sequence[dict[str, Any]], holdout: int | None) -> Iterator[str]:
    """How often the holdout was read, and by what."""
    yield "## Readings of the holdout"
    mine = [reading for reading in found if reading["scored_year"] == holdout]
    if not mine:
        yield "None was noted." if holdout else "No year is scored."
        return
    yield f"{holdout} was read {len(mine)} times, first at {mine[0]['at']}, last at {mine[-1]['at']}:"
    counts = pl.DataFrame({name: [reading[name] for reading in mine] for name in ("by", "cutoff", "recipe")})
    yield table(
        counts.group_by("by", "cutoff")
        .agg(readings=pl.len(), recipes=pl.col("recipe").n_unique())
        .sort("by", "cutoff")
    )
