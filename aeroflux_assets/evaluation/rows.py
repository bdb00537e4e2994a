"""A seeded sample of flights with an outcome: features beside labels, small enough to be held at once."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.evaluation.sample import feature_rows
from aeroflux_assets.lake import Lake
from aeroflux_assets.model.data import Floats
from aeroflux_assets.years import Month


@dataclass(frozen=True)
class Sample:
    """Some flights that arrived. x: (rows, names), NaN where unknown. late: 0 or 1. day: days since 1970.

    total: how many flights there were to sample from.
    """

    flight_id: pl.Series
    x: Floats
    late: Floats
    day: npt.NDArray[np.int32]
    names: tuple[str, ...]
    total: int

    @property
    def rows(self) -> int:
        """Sampled flights."""
        return len(self.late)

    @property
    def is_sampled(self) -> bool:
        """Whether flights were left out."""
        return self.rows < self.total

    def columns(self, names: Iterable[str]) -> Floats:
        """The values of some of the features, in their order."""
        at = {name: i for i, name in enumerate(self.names)}
        return np.ascontiguousarray(self.x[:, [at[name] for name in names]])


def sample_rows(
    lake: Lake, months: Iterable[Month], cutoff: Cutoff, names: tuple[str, ...], rows: int, seed: int
) -> Sample:
    """At most about `rows` of the months' flights that arrived, evenly over the months, in the order of flight_id.

    The same flights for the same labels and seed, at every cutoff. AerofluxError where no flight arrived.
    """
    drawn = feature_rows(lake, months, cutoff, names, rows, ("flight_date",), seed)
    frame = drawn.frame.sort("flight_id")
    x: Floats = frame.select(pl.col(names).fill_null(float("nan"))).to_numpy(order="c")
    return Sample(
        frame["flight_id"],
        x,
        frame["is_arr_late15"].cast(pl.Float32).to_numpy(),
        frame["flight_date"].cast(pl.Int32).to_numpy(),
        names,
        drawn.of,
    )
