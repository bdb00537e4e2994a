"""What alerts are worth: counts at every threshold, and the money that a user's own costs make of them.

An alert is raised for a flight whose probability is at or above the threshold. Cancelled and diverted flights have no
outcome to be right about, but an alert for one was raised all the same: it counts as an alert, and costs what a false
alarm costs. The functions on counts take rows of the `impact` table and look at nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from aeroflux_assets.errors import AerofluxError

THRESHOLDS = 101
CARRY_FORWARD = "carry_forward"
# Carry-forward has one way of alerting. It is kept under this threshold_pct.
CARRY_FORWARD_PCT = 50
COUNTS = ("tp", "fp", "fn", "tn", "alerts_cancelled", "alerts_diverted")
ARRIVED_ON_TIME, ARRIVED_LATE, CANCELLED, DIVERTED = range(4)

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Costs:
    """What a user says things cost, in any one currency; docs/figures.md#costs gives the source of the defaults.

    missed: a late arrival that nobody was warned of. false_alarm: acting on an alert for a flight that was then not
    late, or never arrived. saved_share: the part of `missed` that acting on an alert saves, 0 to 1.
    Raises AerofluxError for a value outside its range.
    """

    # 60 minutes, about the mean delay of late flights, at $100.80 a minute (Airlines for America, 2023).
    missed: float = 6048.0
    # Assumptions: no published figure was found.
    false_alarm: float = 500.0
    saved_share: float = 0.3

    def __post_init__(self) -> None:
        if not (self.missed >= 0 and self.false_alarm >= 0 and 0 <= self.saved_share <= 1):
            raise AerofluxError(
                f"costs {self}: missed and false_alarm must be 0 or more, saved_share between 0 and 1"
            )


def outcome_code(late: pl.Expr, cancelled: pl.Expr) -> pl.Expr:
    """ARRIVED_ON_TIME, ARRIVED_LATE, CANCELLED or DIVERTED of a flight; late is null where it never arrived."""
    never = pl.when(cancelled).then(CANCELLED).otherwise(DIVERTED)
    return pl.when(late.is_null()).then(never).otherwise(late.cast(pl.Int32)).cast(pl.Int64)


def counts_by_threshold(probability: Array, outcome: Ints, code: Ints, codes: int) -> dict[str, Ints]:
    """The counts of each slice at each threshold of 0, 1, ... 100%: name to (codes, THRESHOLDS).

    outcome: codes as in `outcome_code`. code: each flight's slice, 0 to codes - 1.
    """
    levels = np.arange(THRESHOLDS) / 100.0
    highest = np.searchsorted(levels, probability, side="right") - 1  # the highest threshold that alerts
    cell = (code * 4 + outcome) * THRESHOLDS + highest
    at = np.bincount(cell, minlength=codes * 4 * THRESHOLDS).reshape(codes, 4, THRESHOLDS)
    alerts = np.cumsum(at[:, :, ::-1], axis=2)[:, :, ::-1]
    return _counts(alerts, at.sum(axis=2, keepdims=True) - alerts)


def counts_of_alerts(alert: npt.NDArray[np.bool_], outcome: Ints, code: Ints, codes: int) -> dict[str, Ints]:
    """The counts of each slice for one given way of alerting: name to (codes, 1)."""
    cell = (code * 4 + outcome) * 2 + alert
    at = np.bincount(cell, minlength=codes * 8).reshape(codes, 4, 2)
    return _counts(at[:, :, 1:], at[:, :, :1])


def _counts(alerts: Ints, silent: Ints) -> dict[str, Ints]:
    return {
        "tp": alerts[:, ARRIVED_LATE],
        "fp": alerts[:, ARRIVED_ON_TIME],
        "fn": silent[:, ARRIVED_LATE],
        "tn": silent[:, ARRIVED_ON_TIME],
        "alerts_cancelled": alerts[:, CANCELLED],
        "alerts_diverted": alerts[:, DIVERTED],
    }


# ---- on counts: frames with COUNTS, `threshold_pct` and `days` -------------------------------------------
def cost_curve(counts: pl.DataFrame, costs: Costs) -> pl.DataFrame:
    """`counts` with what follows from them, by threshold: alerts, alerts_a_day, precision, recall, cost, value.

    counts: the rows of one feature set and slice, or of several. precision is null without an alert for a flight that
    arrived, recall without a late flight. cost: fn x missed + tp x missed x (1 - saved_share) + (fp +
    alerts_cancelled + alerts_diverted) x false_alarm. value: what is saved against never alerting.
    """
    tp, fp, fn = pl.col("tp"), pl.col("fp"), pl.col("fn")
    in_vain = fp + pl.col("alerts_cancelled") + pl.col("alerts_diverted")
    saved, wasted = tp * (costs.missed * costs.saved_share), in_vain * costs.false_alarm
    return counts.with_columns(
        alerts=tp + in_vain,
        alerts_a_day=(tp + in_vain) / pl.col("days"),
        precision=pl.when(tp + fp > 0).then(tp / (tp + fp)),
        recall=pl.when(tp + fn > 0).then(tp / (tp + fn)),
        cost=(tp + fn) * costs.missed - saved + wasted,
        value=saved - wasted,
    )


def best_threshold(counts: pl.DataFrame, costs: Costs) -> int:
    """The threshold_pct of least cost in the rows of one feature set and slice; of equal ones the highest.

    It is the best with hindsight of the rows that it is chosen on: choose on an earlier scored year, and read the
    value on a later one. Raises AerofluxError for no rows.
    """
    if counts.is_empty():
        raise AerofluxError("no rows of the table impact to choose a threshold from")
    curve = cost_curve(counts, costs).sort(["cost", "threshold_pct"], descending=[False, True])
    return int(curve["threshold_pct"][0])


def expected_threshold(costs: Costs) -> float:
    """The probability above which an alert pays, if probabilities are calibrated; it needs no outcome.

    p x missed x saved_share = (1 - p) x false_alarm; above 1 never (infinity where nothing can be saved).
    """
    gain = costs.missed * costs.saved_share
    if gain + costs.false_alarm == 0:
        return float("inf")
    return costs.false_alarm / (gain + costs.false_alarm) if gain else float("inf")


@dataclass(frozen=True)
class Value:
    """What alerting at a threshold is worth on given counts, in the currency of the costs.

    cost: in all. over_nothing: saved against never alerting. over_carry_forward: saved against alerting by what is
    known of the inbound; None where those counts were not given.
    """

    threshold_pct: int
    cost: float
    over_nothing: float
    over_carry_forward: float | None


def value_at(
    counts: pl.DataFrame, threshold_pct: int, costs: Costs, carry_forward: pl.DataFrame | None = None
) -> Value:
    """The worth of one threshold on the rows of one feature set and slice.

    carry_forward: the one row of the policy for the same slice. Raises AerofluxError where the threshold is not
    among the rows.
    """
    here = _only(cost_curve(counts.filter(pl.col("threshold_pct") == threshold_pct), costs), threshold_pct)
    carried = None
    if carry_forward is not None:
        carried = here["value"] - _only(cost_curve(carry_forward, costs), CARRY_FORWARD_PCT)["value"]
    return Value(threshold_pct, here["cost"], here["value"], carried)


def _only(rows: pl.DataFrame, threshold_pct: int) -> dict[str, float]:
    if rows.height != 1:
        raise AerofluxError(
            f"{rows.height} rows of the table impact at {threshold_pct}%: one is needed; filter by feature_set, "
            "slice_kind and slice"
        )
    return rows.row(0, named=True)


def added_up(counts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The counts of several partitions (years, say) in one, by feature_set, slice_kind, slice and threshold."""
    keys = ["feature_set", "slice_kind", "slice", "threshold_pct"]
    return pl.concat(counts).group_by(keys).agg(pl.col(*COUNTS, "days").sum()).sort(keys)
