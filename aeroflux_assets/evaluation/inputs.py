"""Inputs for models that take neither gaps nor units: filled, scaled, and with categories as columns of their own.

Everything that is learnt here (medians, means, spreads, which categories there are) comes from the training rows.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from aeroflux_assets.model.data import Floats

Doubles = npt.NDArray[np.float64]
SEASONS = {12: "winter", 1: "winter", 2: "winter", 3: "spring", 4: "spring", 5: "spring"} | {
    6: "summer",
    7: "summer",
    8: "summer",
    9: "autumn",
    10: "autumn",
    11: "autumn",
}
# dep_time_bucket in words, from the paper's bounds.
TIMES_OF_DAY = {1: "night", 2: "morning", 3: "midday", 4: "afternoon", 5: "evening", 6: "late"}


@dataclass(frozen=True)
class Scaled:
    """Training and test rows in standard deviations from the training mean.

    names: the columns; those that end in `_is_unknown` say where a value was missing. mean, spread: of the columns
    before scaling. Columns that are unknown or equal in all training rows are left out.
    """

    train: Floats
    test: Floats
    names: tuple[str, ...]
    mean: Doubles
    spread: Doubles


def scaled(train: Floats, test: Floats, names: tuple[str, ...], *, unknown: bool = True) -> Scaled:
    """Gaps filled with the training median and, with `unknown`, marked in columns of their own; then scaled.

    Features that are always missing together share one mark.
    """
    known = np.flatnonzero(~np.isnan(train).all(axis=0))
    train, test = train[:, known], test[:, known]
    kept = [names[number] for number in known]
    gaps, test_gaps = np.isnan(train), np.isnan(test)
    medians = np.nanmedian(train, axis=0)
    columns = [np.where(gaps, medians, train)]
    test_columns = [np.where(test_gaps, medians, test)]
    if unknown:
        patterns: dict[bytes, int] = {}
        for number in np.flatnonzero(gaps.any(axis=0)):
            patterns.setdefault(np.packbits(gaps[:, number]).tobytes(), int(number))
        marks = list(patterns.values())
        columns.append(gaps[:, marks].astype(np.float32))
        test_columns.append(test_gaps[:, marks].astype(np.float32))
        kept += [f"{kept[number]}_is_unknown" for number in marks]
    return _standard(np.hstack(columns), np.hstack(test_columns), tuple(kept))


def _standard(train: Floats, test: Floats, names: tuple[str, ...]) -> Scaled:
    mean, spread = train.mean(axis=0, dtype=np.float64), train.std(axis=0, dtype=np.float64)
    varies = spread > 0
    mean, spread = mean[varies], spread[varies]
    return Scaled(
        ((train[:, varies] - mean) / spread).astype(np.float32),
        ((test[:, varies] - mean) / spread).astype(np.float32),
        tuple(name for name, keep in zip(names, varies, strict=True) if keep),
        mean,
        spread,
    )


def with_categories(inputs: Scaled, train: pl.DataFrame, test: pl.DataFrame) -> Scaled:
    """`inputs` with a column of 0 and 1 for each season, time of day, weekday and carrier of the training rows.

    train, test: their rows' dep_month_local, dep_time_bucket, dep_weekday_local and carrier. A category that the
    training rows have not is 0 in every column.
    """
    words = {
        "season": pl.col("dep_month_local").cast(pl.Int32).replace_strict(SEASONS, default="unknown"),
        "time": pl.col("dep_time_bucket").cast(pl.Int32).replace_strict(TIMES_OF_DAY, default="unknown"),
        "weekday": pl.col("dep_weekday_local").cast(pl.Int32).cast(pl.String),
        "carrier": pl.col("carrier"),
    }
    seen, asked = train.select(**words), test.select(**words)
    pairs = [(name, value) for name in words for value in sorted(seen[name].unique().drop_nulls())]

    def flags(frame: pl.DataFrame) -> Floats:
        columns = [
            (pl.col(n) == v).fill_null(value=False).cast(pl.Float32).alias(f"{n}={v}") for n, v in pairs
        ]
        return frame.select(columns).to_numpy()

    none = np.zeros(len(pairs))
    return Scaled(
        np.hstack([inputs.train, flags(seen)]),
        np.hstack([inputs.test, flags(asked)]),
        (*inputs.names, *(f"{name}={value}" for name, value in pairs)),
        np.concatenate([inputs.mean, none]),
        np.concatenate([inputs.spread, none + 1]),
    )
