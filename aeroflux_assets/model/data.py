"""Features beside labels, month by month: what training and scoring read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from aeroflux_assets.cleaned.span import flights_of_month, periods
from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.errors import MissingTableError
from aeroflux_assets.features.tables import features_of
from aeroflux_assets.lake import Lake, Partition
from aeroflux_assets.years import Month, Period

Floats = npt.NDArray[np.float32]
LABELS = ("is_arr_late15", "arr_delay_min")


@dataclass(frozen=True)
class Block:
    """A month's flights that arrived, in the order of the table.

    x: one row a flight, one column a feature, NaN where unknown. late: 0 or 1 (ArrDel15). delay: minutes (ArrDelay).
    """

    flight_id: pl.Series
    x: Floats
    late: Floats
    delay: Floats


def labels_of(lake: Lake, month: Period) -> pl.LazyFrame:
    """flight_id and labels of the month's flights that arrived; cancelled and diverted ones have none."""
    return flights_of_month(lake, month).select("flight_id", *LABELS).drop_nulls()


def block(labels: pl.LazyFrame, features: pl.LazyFrame, names: tuple[str, ...]) -> Block:
    """Labels joined to the features of the named columns."""
    rows = labels.join(
        features.select("flight_id", *names), on="flight_id", how="inner", maintain_order="left"
    ).collect()
    x: Floats = rows.select(pl.col(names).fill_null(float("nan"))).to_numpy(order="c")
    return Block(
        rows["flight_id"],
        x,
        rows["is_arr_late15"].cast(pl.Float32).to_numpy(),
        rows["arr_delay_min"].cast(pl.Float32).to_numpy(),
    )


def blocks(lake: Lake, months: Iterable[Month], cutoff: Cutoff, names: tuple[str, ...]) -> Iterator[Block]:
    """One block a month (a small year in one), in order; only one is in memory at a time."""
    for month in periods(lake, months):
        yield block(labels_of(lake, month), features_of(lake, month, cutoff), names)


def months_in_lake(lake: Lake, years: Iterable[int], cutoff: Cutoff) -> list[Month]:
    """Every month of the years that `features` at the cutoff holds.

    Raises MissingTableError naming the years that have none.
    """
    months: list[Month] = []
    missing = []
    for year in years:
        commit = lake.commit_of("features", {"year": year, "cutoff": cutoff.name})
        if commit is None:
            missing.append(str(year))
        else:
            months += [Month(year, month) for month in commit.notes["months"]]
    if missing:
        raise MissingTableError(
            f"table features at {cutoff.name}: {', '.join(missing)} missing; make them with `aeroflux run` with these "
            "years in AEROFLUX_YEARS"
        )
    return months


def training_tables(years: Iterable[int], cutoff: Cutoff) -> list[tuple[str, Partition]]:
    """The partitions that hold the features and the labels of the years, as `Lake.inputs` asks for them."""
    tables: list[tuple[str, Partition]] = []
    for year in years:
        tables += [("features", {"year": year, "cutoff": cutoff.name}), ("cleaned_flights", {"year": year})]
    return tables


def rows_in_lake(lake: Lake, years: Iterable[int], cutoff: Cutoff) -> int:
    """Rows of `features` of the years at the cutoff, from the commits alone: training reads hardly fewer."""
    commits = (lake.commit_of("features", {"year": year, "cutoff": cutoff.name}) for year in years)
    return sum(commit.rows for commit in commits if commit is not None)


def labelled_rows(lake: Lake, months: Iterable[Month]) -> int:
    """Flights of the months that have an outcome: just the rows that training on these months reads."""
    counts = [labels_of(lake, piece).select(pl.len()) for piece in periods(lake, months)]
    return sum(int(count.item()) for count in pl.collect_all(counts))
