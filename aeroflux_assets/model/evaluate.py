"""The figures of a set of predictions, each defined once (docs/figures.md)."""

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from aeroflux_assets.errors import AerofluxError, SettingsError

Array = npt.NDArray[np.floating]
THRESHOLD = 0.5
ECE_BINS = 20


@dataclass(frozen=True)
class Figures:
    """rows: scored flights. base_rate: share late. mae, rmse: minutes. The rest as in `figures`; None: undefined."""

    rows: int
    base_rate: float
    auc: float | None
    pr_auc: float | None
    f1: float
    precision: float | None
    recall: float | None
    accuracy: float
    brier: float
    ece: float
    mae: float
    rmse: float

    def as_dict(self) -> dict[str, float | int | None]:
        """The figures by name."""
        return asdict(self)


def figures(late: Array, probability: Array, delay: Array, predicted_delay: Array) -> Figures:
    """Ranking (auc, pr_auc), the 0.5 rule (f1, precision, recall, accuracy), probabilities (brier, ece), minutes.

    late: 0 or 1. All four have one entry a flight. AUC and average precision are undefined (None) where only one
    class occurs; precision where nothing is predicted late. Raises AerofluxError for no rows.
    """
    from sklearn.metrics import average_precision_score, roc_auc_score

    if len(late) == 0:
        raise AerofluxError("no flight with an outcome to score; check the months and the quarantine")
    # Float32 sums over millions of rows lose digits: everything is summed in Float64.
    late, probability = late.astype(np.float64), probability.astype(np.float64)
    error = predicted_delay.astype(np.float64) - delay.astype(np.float64)
    flagged, actual = probability >= THRESHOLD, late == 1
    hits = int(np.sum(flagged & actual))
    both = bool(actual.any() and not actual.all())
    precision = hits / int(flagged.sum()) if flagged.any() else None
    recall = hits / int(actual.sum()) if actual.any() else None
    return Figures(
        rows=len(late),
        base_rate=float(actual.mean()),
        auc=float(roc_auc_score(actual, probability)) if both else None,
        pr_auc=float(average_precision_score(actual, probability)) if both else None,
        f1=2 * hits / max(int(flagged.sum()) + int(actual.sum()), 1),
        precision=precision,
        recall=recall,
        accuracy=float(np.mean(flagged == actual)),
        brier=float(np.mean((probability - late) ** 2)),
        ece=expected_calibration_error(late, probability),
        mae=float(np.mean(np.abs(error))),
        rmse=float(np.sqrt(np.mean(error**2))),
    )


def at_alerts(late: Array, probability: Array, alerts: int) -> dict[str, float | int | None]:
    """Precision and recall where the `alerts` most probable flights are called late, and the least of their chances.

    Of flights equally probable the first ones are taken. recall: None where no flight was late. Raises SettingsError
    where there are fewer flights, or no alert is asked for.
    """
    if not 0 < alerts <= len(late):
        raise SettingsError(f"--alerts {alerts}: allowed are 1 to {len(late)}, the flights that are scored")
    called = np.argsort(-probability, kind="stable")[:alerts]
    hits, actual = int(late[called].sum()), int(late.sum())
    return {
        "alerts": alerts,
        "alerts_threshold": float(probability[called[-1]]),
        "alerts_precision": hits / alerts,
        "alerts_recall": hits / actual if actual else None,
    }


def expected_calibration_error(late: Array, probability: Array, bins: int = ECE_BINS) -> float:
    """Mean distance of share late and mean probability over equal-count bins by probability, weighted by count.

    Flights of equal probability fall into bins in their given order: for a model with few distinct values the
    figure depends on it.
    """
    order = np.argsort(probability, kind="stable")
    gaps = [
        abs(float(late[part].mean()) - float(probability[part].mean())) * len(part)
        for part in np.array_split(order, bins)
        if len(part)
    ]
    return sum(gaps) / len(late)
