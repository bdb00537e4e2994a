"""`reliability` and `impact`: how well a scored year's probabilities held, and what alerts by them are worth."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from aeroflux_assets.contracts.calibrated import IMPACT, RELIABILITY
from aeroflux_assets.contracts.cleaned import LATE_MIN
from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.evaluation.calibrated_tables import DELAYS, is_covered, sets_of
from aeroflux_assets.evaluation.impact import (
    CARRY_FORWARD,
    CARRY_FORWARD_PCT,
    counts_by_threshold,
    counts_of_alerts,
    outcome_code,
)
from aeroflux_assets.evaluation.reliability import deciles, slice_rows, with_slices
from aeroflux_assets.lake import Commit, Lake, Partition

RAW, RECALIBRATED = "raw", "recalibrated"
RELIABILITY_KINDS = ("overall", "origin", "carrier", "hour", "hub")
IMPACT_KINDS = ("overall", "origin", "carrier")


def make_reliability(lake: Lake, scored: int, cutoff: Cutoff, *, refresh: bool = False) -> Commit:
    """`reliability` of a scored year at a cutoff, for every set of its `calibrated_predictions`."""
    part: Partition = {"scored_year": scored, "cutoff": cutoff.name}
    made_from: list[tuple[str, Partition]] = [
        ("predictions", part),
        ("calibrated_predictions", part),
        ("cleaned_flights", {"year": scored}),
    ]

    def build(_: dict[str, Any]) -> pl.DataFrame:
        flights = with_slices(
            lake.scan("cleaned_flights", [{"year": scored}])
            .select(
                "flight_id", "origin", "carrier", "sched_dep_local", "arr_delay_min", late="is_arr_late15"
            )
            .collect()
        )
        rows: list[dict[str, Any]] = []
        for name in sets_of(lake, "calibrated_predictions", part):
            judged = _judged(lake, part, name, flights)
            rows += (
                {"feature_set": name, "version": version, **row}
                for version in (RAW, RECALIBRATED)
                for row in _reliability_rows(judged, version)
            )
        return pl.DataFrame(rows, schema=RELIABILITY.schema)

    return lake.ensure(RELIABILITY, part, lake.inputs(RELIABILITY, made_from), build, refresh=refresh)


def _judged(lake: Lake, part: Partition, name: str, flights: pl.DataFrame) -> pl.DataFrame:
    """The flights of a set that arrived: raw and recalibrated probability, covered, width, and their slices.

    In the order of `calibrated_predictions`: it says which of equal probabilities falls into which bin.
    """
    of_set = pl.col("feature_set") == name
    raw = lake.scan("predictions", [part]).filter(of_set).select("flight_id", raw="prob_late15")
    made = lake.scan("calibrated_predictions", [part]).filter(of_set)
    return (
        made.select("flight_id", *DELAYS, recalibrated="prob_late15")
        .join(raw, on="flight_id", maintain_order="left")
        .join(flights.lazy().filter(pl.col("late").is_not_null()), on="flight_id", maintain_order="left")
        .with_columns(
            pl.col("late", RAW, RECALIBRATED).cast(pl.Float64),
            covered=is_covered(pl.col("arr_delay_min")).fill_null(False),
            width=(pl.col(DELAYS[2]) - pl.col(DELAYS[0])).cast(pl.Float64).fill_null(float("nan")),
        )
        .collect()
    )


def _reliability_rows(judged: pl.DataFrame, version: str) -> Iterator[dict[str, Any]]:
    # Stable, as the sort of the calibration error is.
    judged = judged.sort(version, maintain_order=True)
    late, probability = judged["late"].to_numpy(), judged[version].to_numpy()
    interval = (
        {}
        if version == RAW
        else {"covered": judged["covered"].to_numpy(), "width": judged["width"].to_numpy()}
    )
    slices = {kind: judged[kind] for kind in RELIABILITY_KINDS} | {"decile": deciles(judged.height)}
    for kind, column in slices.items():
        for row in slice_rows(late, probability, column, **interval):
            yield {"slice_kind": kind, **row}


def make_impact(lake: Lake, scored: int, cutoff: Cutoff, *, refresh: bool = False) -> Commit:
    """`impact` of a scored year at a cutoff: every set of its `calibrated_predictions`, and carry-forward."""
    part: Partition = {"scored_year": scored, "cutoff": cutoff.name}
    known: Partition = {"year": scored, "cutoff": cutoff.name}
    made_from = [
        ("calibrated_predictions", part),
        ("cleaned_flights", {"year": scored}),
        ("propagation", known),
    ]

    def build(_: dict[str, Any]) -> Iterator[pl.DataFrame]:
        outcome = outcome_code(pl.col("is_arr_late15"), pl.col("is_cancelled"))
        flights = with_slices(
            lake.scan("cleaned_flights", [{"year": scored}])
            .select("flight_id", "flight_date", "origin", "carrier", "sched_dep_local", outcome=outcome)
            .collect()
        )
        days = {
            kind: flights.group_by(kind).agg(pl.col("flight_date").n_unique()).drop_nulls()
            for kind in IMPACT_KINDS
        }
        made = lake.scan("calibrated_predictions", [part])
        for name in sets_of(lake, "calibrated_predictions", part):
            of_set = made.filter(pl.col("feature_set") == name).select("flight_id", "prob_late15").collect()
            yield _impact_rows(name, flights.join(of_set, on="flight_id"), days)
        alert = pl.col("earliest_dep_delay_min").fill_null(0) >= LATE_MIN
        alerts = lake.scan("propagation", [known]).select("flight_id", alert=alert).collect()
        yield _impact_rows(CARRY_FORWARD, flights.join(alerts, on="flight_id"), days)

    return lake.ensure(IMPACT, part, lake.inputs(IMPACT, made_from), build, refresh=refresh)


def _impact_rows(name: str, rows: pl.DataFrame, days: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """The counts of a set (column prob_late15) or of carry-forward (column alert), by kind, slice and threshold."""
    return pl.concat(
        _kind_rows(name, kind, rows.filter(pl.col(kind).is_not_null()), of_kind)
        for kind, of_kind in days.items()
    )


def _kind_rows(name: str, kind: str, rows: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    names = days[kind].sort()
    code = rows[kind].cast(pl.Enum(names)).to_physical().cast(pl.Int64).to_numpy()
    outcome = rows["outcome"].to_numpy()
    if name == CARRY_FORWARD:
        thresholds = np.array([CARRY_FORWARD_PCT])
        counts = counts_of_alerts(rows["alert"].to_numpy(), outcome, code, len(names))
    else:
        probability = rows["prob_late15"].cast(pl.Float64).to_numpy()
        counts = counts_by_threshold(probability, outcome, code, len(names))
        thresholds = np.arange(counts["tp"].shape[1])
    frame = pl.DataFrame(
        {
            "feature_set": name,
            "slice_kind": kind,
            kind: np.repeat(names.to_numpy(), len(thresholds)),
            "threshold_pct": np.tile(thresholds, len(names)),
            **{column: values.ravel() for column, values in counts.items()},
        }
    )
    return frame.join(days, on=kind, maintain_order="left").rename({kind: "slice", "flight_date": "days"})
