"""Why a flight was given its probability, and how sure the minutes are: the model's own weights in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from aeroflux_assets.contracts.calibrated import CALIBRATED_PREDICTIONS
from aeroflux_assets.errors import AerofluxError
from aeroflux_assets.evaluation.explain import Explanation, explanation
from aeroflux_assets.lake import Lake, Partition
from dashboard.queries.pruning import scan_between

SHOWN = 8
Row = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One bar of the waterfall. points: of probability, 0.22 is 22 points."""

    words: str
    points: float


def why(
    lake: Lake,
    flight: Row,
    known: Row | None,
    upstream: Mapping[int, Mapping[str, Any]],
    cutoff: str,
    feature_set: str,
) -> Explanation | None:
    """The explanation of a flight's probability at a cutoff; None where there is no model of it.

    known: its row of `propagation` at the cutoff; upstream: the legs that it links to, by flight_id: what they are
    called.
    """
    legs = {}
    for hop, who in ((1, "inbound"), (2, "leg before the inbound"), (3, "leg two before the inbound")):
        leg = upstream.get((known or {}).get(f"up{hop}_flight_id") or 0)
        if leg is not None:
            legs[hop] = f"{who} {leg['carrier']}{leg['flight_number']}"
    try:
        return explanation(lake, flight["flight_id"], flight["flight_date"].year, cutoff, feature_set, legs)
    except AerofluxError:
        return None


def steps_of(found: Explanation, shown: int = SHOWN) -> list[Step]:
    """The strongest features in words, and all others together: they add up to the probability less the base."""
    first, rest = found.rows.head(shown), found.rows.slice(shown)
    steps = [
        Step(str(words).rsplit(":", 1)[0], float(points))
        for words, points in first.select("words", "points").iter_rows()
    ]
    if not rest.is_empty():
        steps.append(Step(f"{rest.height} other features", float(rest["points"].sum())))
    return steps


def interval(lake: Lake, flight: Row, cutoff: str, feature_set: str) -> Row | None:
    """prob_late15 (recalibrated) and delay_p10_min, p50, p90 of the flight; None where it has none."""
    key = flight["flight_id"]
    at: list[Partition] = [{"scored_year": flight["flight_date"].year, "cutoff": cutoff}]
    rows = scan_between(lake, CALIBRATED_PREDICTIONS, at, "flight_id", key, key, CALIBRATED_PREDICTIONS.names)
    mine = rows.filter((pl.col("flight_id") == key) & (pl.col("feature_set") == feature_set)).collect()
    return mine.row(0, named=True) if mine.height else None
