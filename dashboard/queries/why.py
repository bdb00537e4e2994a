"""Why a flight was given its probability, and how sure the minutes are: the model's own weights in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from aeroflux_assets.contracts.calibrated import CALIBRATED_PREDICTIONS
from aeroflux_assets.errors import AerofluxError
from aeroflux_assets.evaluation.explain import Explanation, explanation
from aeroflux_assets.evaluation.phrases import with_points
from aeroflux_assets.lake import Lake, Partition
from dashboard.queries.pruning import scan_between

SHOWN = 8
RECALIBRATION = "recalibration: what flights on earlier days showed"
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


def steps_of(found: Explanation, shown: int = SHOWN, recalibrated: float | None = None) -> list[Step]:
    """The strongest features in words, and all others together: they add up to the probability less the base.

    recalibrated: the flight's recalibrated probability, to which a last step leads from the model's own.
    """
    first, rest = found.rows.head(shown), found.rows.slice(shown)
    steps = [
        Step(str(words).rsplit(":", 1)[0], float(points))
        for words, points in first.select("words", "points").iter_rows()
    ]
    if not rest.is_empty():
        steps.append(Step(f"{rest.height} other features", float(rest["points"].sum())))
    if recalibrated is not None:
        steps.append(Step(RECALIBRATION, recalibrated - found.probability))
    return steps


def account(found: Explanation, recalibrated: float | None = None) -> pl.DataFrame:
    """Every feature with its points, and recalibration as the last row where there is one: they add up as steps do."""
    rows = found.rows.select("feature", "family", "value", "phi", "points", "words")
    if recalibrated is None:
        return rows
    points = recalibrated - found.probability
    last = {"feature": "recalibration", "points": points, "words": with_points(RECALIBRATION, points)}
    full = {name: [last.get(name)] for name in rows.columns}
    return pl.concat([rows, pl.DataFrame(full, schema=rows.schema)])


def interval(lake: Lake, flight: Row, cutoff: str, feature_set: str) -> Row | None:
    """prob_late15 (recalibrated) and delay_p10_min, p50, p90 of the flight; None where it has none."""
    key = flight["flight_id"]
    at: list[Partition] = [{"scored_year": flight["flight_date"].year, "cutoff": cutoff}]
    rows = scan_between(lake, CALIBRATED_PREDICTIONS, at, "flight_id", key, key, CALIBRATED_PREDICTIONS.names)
    mine = rows.filter((pl.col("flight_id") == key) & (pl.col("feature_set") == feature_set)).collect()
    return mine.row(0, named=True) if mine.height else None
