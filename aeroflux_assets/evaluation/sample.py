"""The rows of an experiment: flights with an outcome, sampled evenly over the months where there are too many.

The same lake, months, limit and seed give the same flights, so that every variant of an experiment is trained and
scored on the same rows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from aeroflux_assets.cleaned.span import flights_of_month, periods
from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.errors import AerofluxError, MissingTableError
from aeroflux_assets.features.tables import features_of
from aeroflux_assets.lake import Lake
from aeroflux_assets.model.data import LABELS, Block, Floats, labels_of
from aeroflux_assets.years import Month, Period, training_years

SEED = 42
# Below this many rows a second thread costs more than it brings: the threads meet at every level of every tree.
THREADED_ROWS = 50_000
# A prediction is as much work as its rows times the trees that each of them goes through.
THREADED_ROW_TREES = 1_000_000


@dataclass(frozen=True)
class Rows:
    """Flights of an experiment: flight_id, is_arr_late15, arr_delay_min, then features, one row a flight.

    of: how many flights with an outcome the months have. is_sampled: whether `frame` has fewer.
    """

    frame: pl.DataFrame
    of: int

    @property
    def is_sampled(self) -> bool:
        """Whether some flights were left out."""
        return self.frame.height < self.of

    def block(self, names: tuple[str, ...]) -> Block:
        """The rows as training reads them, with the named columns as inputs."""
        x = self.frame.select(pl.col(names).cast(pl.Float32).fill_null(float("nan"))).to_numpy(order="c")
        return Block(
            self.frame["flight_id"],
            x,
            self.frame["is_arr_late15"].cast(pl.Float32).to_numpy(),
            self.frame["arr_delay_min"].cast(pl.Float32).to_numpy(),
        )

    def head(self, rows: int, seed: int = SEED) -> "Rows":
        """At most `rows` of them, drawn by the seed, in their order."""
        return self if self.frame.height <= rows else Rows(_drawn(self.frame, rows, [seed]), self.of)


@dataclass(frozen=True)
class Sample:
    """Such flights as one matrix. x: (rows, names), NaN where unknown. late: 0 or 1. day: days since 1970.

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


def years_before(
    table: str, years: tuple[int, ...], scored: int, cutoff: Cutoff, last: int | None
) -> tuple[int, ...]:
    """The last so many selected years before `scored`, all of them where `last` is None: what an experiment trains on.

    Raises MissingTableError, naming the table that is made, where none is selected.
    """
    earlier = training_years(years, scored)
    if not earlier:
        raise MissingTableError(
            f"table {table} of {scored} at {cutoff.name}: no year before {scored} is selected to train on "
            f"(AEROFLUX_YEARS now selects {', '.join(map(str, years))})"
        )
    return earlier[-(last or len(earlier)) :]


def threads(rows: int) -> int:
    """Threads for a model of so many rows: 1 for few, -1 (all) for many. The result is the same."""
    return 1 if rows < THREADED_ROWS else -1


def prediction_threads(rows: int, trees: int) -> int:
    """Threads for predictions of so many rows by so many trees: 1 for little work, -1 (all) for much."""
    return 1 if rows * trees < THREADED_ROW_TREES else -1


def _drawn(frame: pl.DataFrame, rows: int, seed: list[int]) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    return frame[np.sort(rng.choice(frame.height, size=rows, replace=False))]


def sampled_labels(
    lake: Lake, months: Iterable[Month], limit: int, seed: int = SEED
) -> tuple[list[tuple[Period, pl.DataFrame]], int]:
    """Labels of at most about `limit` flights, a period at a time, and how many flights have an outcome at all.

    Each period gives its share of the limit. Raises AerofluxError where the months have no flight with an outcome.
    """
    pieces = periods(lake, months)
    counts = [int(labels_of(lake, piece).select(pl.len()).collect().item()) for piece in pieces]
    total = sum(counts)
    if total == 0:
        raise AerofluxError("no flight with an outcome in the months of the experiment; check the quarantine")
    found = []
    for piece, count in zip(pieces, counts, strict=True):
        labels = labels_of(lake, piece).collect()
        wanted = round(limit * count / total)
        if total > limit:
            labels = _drawn(labels, wanted, [seed, piece.first.index])
        found.append((piece, labels.select("flight_id", *LABELS)))
    return found, total


def feature_rows(
    lake: Lake,
    months: Iterable[Month],
    cutoff: Cutoff,
    names: tuple[str, ...],
    limit: int,
    schedule: tuple[str, ...] = (),
    seed: int = SEED,
) -> Rows:
    """At most about `limit` flights of the months with the named features at the cutoff.

    schedule: columns of `cleaned_flights` that come along, such as carrier and origin; known before any cutoff only.
    """
    drawn, total = sampled_labels(lake, months, limit, seed)

    def parts() -> Iterator[pl.DataFrame]:
        for period, labels in drawn:
            features = features_of(lake, period, cutoff).select("flight_id", *names)
            rows = labels.lazy().join(features, on="flight_id", how="inner", maintain_order="left")
            if schedule:
                planned = flights_of_month(lake, period).select("flight_id", *schedule)
                rows = rows.join(planned, on="flight_id", how="left", maintain_order="left")
            yield rows.collect()

    return Rows(pl.concat(parts()), total)


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
