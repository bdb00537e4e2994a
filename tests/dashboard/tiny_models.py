"""The tiny lake with a second year and with models: what a reader needs to ask why, and what alerts are worth."""

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
from tiny_lake import CUTOFF, FEATURE_SETS, YEAR, flight_rows, known_rows, put, write_whole

from aeroflux_assets.contracts.calibrated import CALIBRATED_PREDICTIONS, IMPACT
from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS, QUARANTINED_FLIGHTS
from aeroflux_assets.contracts.features import features_contract
from aeroflux_assets.contracts.model import MODELS, PREDICTIONS
from aeroflux_assets.contracts.raw_flights import RAW_FLIGHTS
from aeroflux_assets.contracts.summaries import SUMMARY_MONTHS, SUMMARY_YEARS
from aeroflux_assets.evaluation.impact import CARRY_FORWARD
from aeroflux_assets.lake import Lake
from aeroflux_assets.summaries.delay_tables import make_summary_traffic
from aeroflux_assets.summaries.years import summarize_months, summarize_year

EARLIER = YEAR - 1
DAYS_BACK = timedelta(days=364)  # the same weekdays of the year before
# Inputs of the tiny classifier, and what `known_rows` calls them.
INPUTS = {"slack_min": "slack_min", "up1_late_so_far_min": "up1_late_so_far_min", "dep_hour_local": None}
AT = {"scored_year": YEAR, "cutoff": CUTOFF}


def write_desk(lake: Lake) -> None:
    """The whole tiny lake, WN and DL of the year before, and a model with everything that pages make of it."""
    write_whole(lake)
    _write_earlier(lake)
    ids, probability = _write_model(lake)
    rows = [
        {"flight_id": key, "feature_set": name, "prob_late15": chance, "pred_arr_delay_min": 60 * chance - 6}
        for name in FEATURE_SETS
        for key, chance in zip(ids, probability, strict=True)
    ]
    put(lake, PREDICTIONS, rows, AT)
    bounds = {"delay_p10_min": -9.0, "delay_p50_min": 2.0, "delay_p90_min": 33.0}
    put(lake, CALIBRATED_PREDICTIONS, [{**row, **bounds} for row in rows], AT)
    put(lake, IMPACT, [*_alerts(pl.Series(probability)), _alert_row(CARRY_FORWARD, 50, 2, 1, 3, 32)], AT)


def _write_earlier(lake: Lake) -> None:
    moved = [_a_year_before(row) for row in flight_rows() if row["carrier"] != "9E"]
    here = {"year": EARLIER}
    put(
        lake,
        RAW_FLIGHTS,
        [{"Year": EARLIER}],
        here,
        {"months": [6], "missing_months": [], "source": "mirror"},
    )
    put(lake, CLEANED_FLIGHTS, moved, here, {"quarantined": {}, "clock_gaps": {}})
    put(lake, QUARANTINED_FLIGHTS, [], here)
    make_summary_traffic(lake, EARLIER)
    lake.write(SUMMARY_YEARS, summarize_year(lake, EARLIER), here)
    lake.write(SUMMARY_MONTHS, summarize_months(lake, EARLIER), here)


def _a_year_before(row: dict[str, Any]) -> dict[str, Any]:
    times = [name for name in row if name.endswith(("_utc", "_local")) or name == "flight_date"]
    early = {name: row[name] - DAYS_BACK for name in times if row[name] is not None}
    return {**row, **early, "flight_id": row["flight_id"] - 100_000}


def _write_model(lake: Lake) -> tuple[list[int], list[float]]:
    """Features, a booster of a few trees on them, and its probability of each flight."""
    import xgboost as xgb

    flights = {row["flight_id"]: row for row in flight_rows()}
    rows = [
        {
            "flight_id": known["flight_id"],
            **{name: known.get(column) for name, column in INPUTS.items() if column},
            "dep_hour_local": float(flights[known["flight_id"]]["sched_dep_local"].hour),
        }
        for known in known_rows()
    ]
    rows = [{**row, "flight_date": flights[row["flight_id"]]["flight_date"]} for row in rows]
    put(lake, features_contract(tuple(INPUTS)), rows, {"year": YEAR, "cutoff": CUTOFF})
    x = np.array([[row[name] for name in INPUTS] for row in rows], dtype=np.float32)
    late = np.array([float((flights[row["flight_id"]]["arr_delay_min"] or 0) >= 15) for row in rows])
    matrix = xgb.DMatrix(x, label=late, feature_names=list(INPUTS))
    params = {"objective": "binary:logistic", "max_depth": 3, "min_child_weight": 0.1, "nthread": 1}
    booster = xgb.train(params, matrix, 6)
    folder = lake.root.parent / "model_files"
    folder.mkdir()
    booster.save_model(folder / "late15.ubj")
    model = {"feature_set": FEATURE_SETS[0], "target": "late15", "path": "model_files/late15.ubj",
             "features": ",".join(INPUTS), "train_years": str(EARLIER), "train_rows": len(rows), "trees": 6,
             "seconds": 0.1}  # fmt: skip
    put(lake, MODELS, [model], AT)
    return [row["flight_id"] for row in rows], [float(p) for p in booster.predict(matrix)]


def _alerts(probability: pl.Series) -> list[dict[str, Any]]:
    """The counts of every threshold, counted flight by flight."""
    rows = flight_rows()
    late = [row["arr_delay_min"] is not None and row["arr_delay_min"] >= 15 for row in rows]
    arrived = [row["arr_delay_min"] is not None for row in rows]
    found = []
    for pct in range(101):
        flights = zip(probability, late, arrived, strict=True)
        seen = [(p >= pct / 100, is_late) for p, is_late, there in flights if there]
        counts = [seen.count(cell) for cell in ((True, True), (True, False), (False, True), (False, False))]
        found.append(_alert_row(FEATURE_SETS[0], pct, *counts))
    return found


def _alert_row(name: str, pct: int, tp: int, fp: int, fn: int, tn: int) -> dict[str, Any]:
    where = {"feature_set": name, "slice_kind": "overall", "slice": "all", "threshold_pct": pct}
    counts = {"tp": tp, "fp": fp, "fn": fn, "tn": tn, "alerts_cancelled": 0, "alerts_diverted": 0}
    return {**where, **counts, "days": 3}
