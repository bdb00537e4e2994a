"""A seeded sample of flights with an outcome: features beside labels, small enough to be held at once."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from aeroflux_assets.cleaned.span import periods
from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.errors import AerofluxError
from aeroflux_assets.features.tables import features_of
from aeroflux_assets.lake import Lake
from aeroflux_assets.model.data import Floats, labels_of
from aeroflux_assets.years import Month, Period


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
    """At most `rows` of the months' flights that arrived, each as likely as the other, in the order of flight_id.

    The same flights for the same labels and seed, at every cutoff. AerofluxError where no flight arrived.
    """
    pieces = periods(lake, months)
    chosen, total = _chosen(lake, pieces, rows, seed)
    frames = [
        chosen.join(
            features_of(lake, piece, cutoff).select("flight_id", "flight_date", *names),
            on="flight_id",
            how="inner",
        ).collect(engine="streaming")
        for piece in pieces
    ]
    frame = pl.concat(frames).sort("flight_id")
    x: Floats = frame.select(pl.col(names).fill_null(float("nan"))).to_numpy(order="c")
    return Sample(
        frame["flight_id"],
        x,
        frame["late"].cast(pl.Float32).to_numpy(),
        frame["flight_date"].cast(pl.Int32).to_numpy(),
        names,
        total,
    )


def _chosen(lake: Lake, pieces: list[Period], rows: int, seed: int) -> tuple[pl.LazyFrame, int]:
    """flight_id and late of the sampled flights, and how many there are in all."""
    labels = pl.concat([labels_of(lake, piece) for piece in pieces]).select(
        "flight_id", late=pl.col("is_arr_late15")
    )
    every = labels.collect().sort("flight_id")
    if every.is_empty():
        raise AerofluxError("no flight with an outcome to sample; check the months and the quarantine")
    if every.height <= rows:
        return every.lazy(), every.height
    taken = np.sort(np.random.default_rng(seed).choice(every.height, rows, replace=False))
    return every[taken].lazy(), every.height
