"""How well probabilities and intervals held, slice by slice: the rows of the `reliability` table."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from aeroflux_assets.model.evaluate import ECE_BINS

ORIGINS, HUBS, DECILES = 40, 30, 10
OVERALL = "all"

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


def busiest(flights: pl.DataFrame, count: int) -> list[str]:
    """The origins with most scheduled flights, most first; equal counts by name."""
    counts = flights.group_by("origin").len().sort(["len", "origin"], descending=[True, False])
    return counts.head(count)["origin"].to_list()


def with_slices(flights: pl.DataFrame) -> pl.DataFrame:
    """`flights` (origin, carrier, sched_dep_local) with a column a slice kind: overall, origin, carrier, hour, hub.

    Null where a flight is in no slice of the kind: its origin is not among the ORIGINS busiest. hour is that of the
    scheduled departure, local; hub says whether the origin is one of the HUBS busiest.
    """
    origin = pl.col("origin")
    return flights.select(
        pl.all().exclude("origin", "carrier"),
        overall=pl.lit(OVERALL),
        origin=pl.when(origin.is_in(busiest(flights, ORIGINS))).then(origin),
        carrier=pl.col("carrier"),
        hour=pl.col("sched_dep_local").dt.strftime("%H"),
        hub=pl.when(origin.is_in(busiest(flights, HUBS))).then(pl.lit("yes")).otherwise(pl.lit("no")),
    )


def deciles(flights: int) -> pl.Series:
    """The tenth that each flight is in, where flights stand in the order of their probability: `01` to `10`."""
    names = np.array([f"{k:02d}" for k in range(1, DECILES + 1)])
    return pl.Series(np.repeat(names, _part_sizes(np.array([flights]), DECILES)[0]))


def _part_sizes(size: Ints, parts: int) -> Ints:
    """The sizes of equal-count parts as numpy.array_split cuts them, the first ones longer: (len(size), parts)."""
    sizes: Ints = size[:, None] // parts + (np.arange(parts) < (size % parts)[:, None])
    return sizes


def slice_rows(
    late: Array,
    probability: Array,
    slices: pl.Series,
    covered: Bools | None = None,
    width: Array | None = None,
) -> Iterator[dict[str, Any]]:
    """One row a value of `slices` (nulls left out): rows, share_late, mean_probability, ece, brier, coverage, width.

    All have one entry a flight, in ascending order of probability. late: 0 or 1. covered: whether the actual delay
    lies within the 80% interval; width: of it, in minutes, NaN where there is none. Both None where there are no
    intervals. ece as in `model/evaluate.py`, over the slice's own rows.
    """
    names = slices.drop_nulls().unique().sort()
    if names.is_empty():
        return
    coded = slices.cast(pl.Enum(names)).to_physical().cast(pl.Int16).fill_null(-1).to_numpy()
    # Stable, so that flights stay in the order of their probability within each slice.
    order = np.argsort(coded, kind="stable")[int((coded < 0).sum()) :]
    size = np.bincount(coded[order], minlength=len(names))
    y, p = late[order], probability[order]
    ends = np.cumsum(size)
    columns = {
        "rows": size,
        "share_late": _sums(y, ends) / size,
        "mean_probability": _sums(p, ends) / size,
        "ece": _gaps(y - p, size) / size,
        "brier": _sums((y - p) ** 2, ends) / size,
    }
    if covered is not None and width is not None:
        columns |= _intervals(covered[order], width[order], ends)
    for at, name in enumerate(names):
        yield {"slice": name, **{column: _plain(values[at]) for column, values in columns.items()}}


def _gaps(error: Array, size: Ints) -> Array:
    """The distances between share late and mean probability over each slice's bins, times their rows, summed."""
    ends = np.cumsum(_part_sizes(size, ECE_BINS))
    gaps: Array = np.abs(_sums(error, ends)).reshape(-1, ECE_BINS).sum(axis=1)
    return gaps


def _intervals(covered: Bools, width: Array, ends: Ints) -> dict[str, Array]:
    there = np.isfinite(width)
    with np.errstate(invalid="ignore"):  # a slice without an interval has none to average
        rows = _sums(there.astype(np.float64), ends)
        return {
            "coverage_80": _sums((covered & there).astype(np.float64), ends) / rows,
            "mean_width_80_min": _sums(np.where(there, width, 0.0), ends) / rows,
        }


def _sums(values: Array, ends: Ints) -> Array:
    """Sums of consecutive runs of `values` that end before each of `ends`."""
    return np.diff(np.concatenate([[0.0], np.cumsum(values)])[np.concatenate([[0], ends])])


def _plain(value: np.generic) -> float | int | None:
    plain = value.item()
    return None if plain != plain else plain
