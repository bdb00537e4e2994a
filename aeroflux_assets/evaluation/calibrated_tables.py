"""`calibrated_predictions`: each prediction of a scored year, recalibrated on what was known by its cutoff."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from aeroflux_assets.contracts.calibrated import CALIBRATED_PREDICTIONS
from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.errors import MissingTableError
from aeroflux_assets.evaluation.calibration import daily_maps, recalibrated
from aeroflux_assets.evaluation.distributions import LEVELS
from aeroflux_assets.evaluation.evidence import Array, Days, Ints, Outcomes, pooled
from aeroflux_assets.evaluation.intervals import Residuals, intervals
from aeroflux_assets.evaluation.shifts import Told, daily_shifts, shifted
from aeroflux_assets.lake import Commit, Lake, Partition
from aeroflux_assets.model.evaluate import expected_calibration_error
from aeroflux_assets.years import earlier_scored_years

DELAYS = ("delay_p10_min", "delay_p50_min", "delay_p90_min")
# What moves the levels of the interval: docs/figures.md#delay-intervals has the trials.
LEVELS_BY = ("carrier", "origin")


@dataclass(frozen=True)
class Scored:
    """A scored year at a cutoff; earlier: the scored years before it, whose predictions are evidence for it."""

    lake: Lake
    scored: int
    cutoff: Cutoff
    earlier: tuple[int, ...]

    @property
    def partition(self) -> Partition:
        """The partition of the tables."""
        return self.of(self.scored)

    def of(self, year: int) -> Partition:
        """The partition of another scored year at the same cutoff."""
        return {"scored_year": year, "cutoff": self.cutoff.name}

    @property
    def evidence(self) -> list[tuple[str, Partition, tuple[int, ...]]]:
        """Where the out-of-fold predictions stand: table, partition, and the years whose outcomes belong to them."""
        if self.earlier:
            return [("predictions", self.of(year), (year,)) for year in self.earlier]
        inner = self.lake.commit_of("inner_predictions", self.partition)
        held_out = inner.notes.get("held_out", []) if inner else []
        return [
            ("inner_predictions", self.partition, (year,))
            for year in sorted({int(month[:4]) for month in held_out})
        ]

    def inputs(self) -> list[tuple[str, Partition]]:
        """What the table is made from. Raises MissingTableError where predictions that it needs are missing."""
        tables = [("inner_predictions", self.partition), ("predictions", self.partition)]
        tables += [("predictions", self.of(year)) for year in self.earlier]
        for table, part in tables:
            if not self.lake.has(table, part):
                raise MissingTableError(
                    f"{self.scored} at {self.cutoff.name} cannot be recalibrated: table {table} of "
                    f"{part['scored_year']} is missing. Earlier scored years come first: make them with `aeroflux run`"
                )
        years = {self.scored, *(year for _, _, of in self.evidence for year in of)}
        flights: list[tuple[str, Partition]] = [("cleaned_flights", {"year": year}) for year in sorted(years)]
        return [*tables, *flights]


def make_calibrated_predictions(
    lake: Lake, years: tuple[int, ...], scored: int, cutoff: Cutoff, *, refresh: bool = False
) -> Commit:
    """`calibrated_predictions` of a scored year at a cutoff, for every feature set of its `predictions`.

    The notes say which evidence was used, and for each set the calibration error before and after and the coverage
    of the 80% interval. Raises MissingTableError where predictions of an earlier scored year, or of a set in them,
    are missing.
    """
    year = Scored(lake, scored, cutoff, earlier_scored_years(years, scored))
    inputs = lake.inputs(CALIBRATED_PREDICTIONS, year.inputs())

    def build(notes: dict[str, Any]) -> Iterator[pl.DataFrame]:
        notes["evidence"] = _said(year)
        flights = {of: outcomes_of(lake, of, cutoff) for _, _, years in year.evidence for of in years}
        flights[scored] = outcomes_of(lake, scored, cutoff)
        for name in sets_of(lake, "predictions", year.partition):
            prior = pooled(
                [
                    (of[0], _prior(lake, table, part, name, flights[of[0]]))
                    for table, part, of in year.evidence
                ],
                scored,
            )
            rows = predictions_of(lake, "predictions", year.partition, name).join(
                flights[scored], on="flight_id", how="left", maintain_order="left"
            )
            made = calibrate(rows, prior)
            notes[name] = _held(rows, made, prior)
            yield made.select("flight_id", *DELAYS, "prob_late15", feature_set=pl.lit(name))

    return lake.ensure(CALIBRATED_PREDICTIONS, year.partition, inputs, build, refresh=refresh)


def calibrate(rows: pl.DataFrame, prior: Outcomes) -> pl.DataFrame:
    """Recalibrated probability and delay quantiles of the flights of a scored year.

    rows: predictions (flight_id, prob_late15, pred_arr_delay_min) beside the columns of `outcomes_of`. prior:
    out-of-fold evidence from before. Returns flight_id, prob_late15 and DELAYS, in the order of `rows`.
    """
    cutoff_day = _ints(rows["cutoff_day"])
    days = Days.of(cutoff_day)
    rolling = as_outcomes(rows)
    sliced = {by: _Sliced.of(rows, days, by) for by in LEVELS_BY}
    probability, predicted = _floats(rows["prob_late15"]), _floats(rows["pred_arr_delay_min"])
    day = cutoff_day - days.first
    mapped = recalibrated(probability, daily_maps(days, rolling, prior)[day]).astype(np.float64)
    late = shifted(mapped, sliced["carrier"].shift(_floats(rows["late"]), mapped))
    residuals = Residuals(days, rolling, prior)
    group = residuals.groups.at(predicted, probability)
    alike = predicted[:, None] + residuals.daily_offsets()[day, group]
    level_shift = _level_shift(sliced.values(), _floats(rows["delay"]), alike)
    delay = intervals(predicted, residuals.offsets_at(day, group, level_shift))
    return pl.DataFrame(
        {
            "flight_id": rows["flight_id"],
            "prob_late15": late,
            **{name: pl.Series(delay[:, k]).fill_nan(None) for k, name in enumerate(DELAYS)},
        }
    )


def _level_shift(sliced: Collection["_Sliced"], delay: Array, bounds: Array) -> Array:
    """What to add to the log-odds of each flight's three levels, (rows, 3): the shifts by each slicing together.

    bounds: its 10, 50 and 90% delay where all flights of a group are alike. A carrier whose flights lay beyond the
    90% one more often than a tenth of the time has its flights read the distribution at a higher level.
    """
    moved_by = np.zeros(bounds.shape)
    for k, level in enumerate(LEVELS):
        told = np.full(len(delay), 1.0 - level)
        # Where no bound stood nothing was missed.
        beyond = np.where(np.isnan(bounds[:, k]), told, delay > bounds[:, k])
        for of in sliced:
            moved_by[:, k] += of.shift(beyond, told)
    return moved_by


@dataclass(frozen=True)
class _Sliced:
    """Flights by the groups of a column, such as the carrier. day, group and arrived: an entry for each flight."""

    days: Days
    day: Ints
    known_day: Ints
    group: Ints
    groups: int
    arrived: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, rows: pl.DataFrame, days: Days, by: str) -> "_Sliced":
        groups = rows[by].unique().sort()
        group = _ints(rows[by].cast(pl.Enum(groups)).to_physical())
        arrived = rows.select(_has_arrived()).to_series()
        known_day = _ints(rows["known_day"].filter(arrived))
        return cls(days, _ints(rows["cutoff_day"]), known_day, group, len(groups), arrived.to_numpy())

    def shift(self, happened: Array, told: Array) -> Array:
        """Where each flight's group stood beside what it was told before the flight's day, in log-odds: (rows,).

        happened: 1 or 0. told: the probability that was given. Both of all flights; of those that arrived it learns.
        """
        seen = self.arrived
        learned = Told(
            self.day[seen], self.known_day, self.group[seen], self.groups, happened[seen], told[seen]
        )
        by_flight: Array = daily_shifts(self.days, learned)[self.day - self.days.first, self.group]
        return by_flight


def outcomes_of(lake: Lake, year: int, cutoff: Cutoff) -> pl.DataFrame:
    """What became of each flight of a year, and when: flight_id, carrier, origin, late, delay, known_day, cutoff_day.

    late (0 or 1) and delay (minutes) are null where it never arrived; known_day is the UTC date of the arrival,
    cutoff_day that of the cutoff, both in days since 1970. An arrival counts as known at the scheduled departure at the
    earliest (`propagation/known.py`): one before it, across midnight, would tell the flight its own outcome.
    """
    known = pl.max_horizontal("arr_utc", "sched_dep_utc")
    cutoff_at = pl.col("sched_dep_utc").dt.offset_by(f"-{cutoff.lead_min}m")
    return (
        lake.scan("cleaned_flights", [{"year": year}])
        .select(
            "flight_id",
            "carrier",
            "origin",
            late=pl.col("is_arr_late15").cast(pl.Int8),
            delay=pl.when(pl.col("is_arr_late15").is_not_null()).then("arr_delay_min"),
            known_day=pl.when(pl.col("arr_utc").is_not_null()).then(known).dt.date().to_physical(),
            cutoff_day=cutoff_at.dt.date().to_physical(),
        )
        .collect()
    )


def predictions_of(lake: Lake, table: str, part: Partition, name: str) -> pl.DataFrame:
    """flight_id, prob_late15 and pred_arr_delay_min of one feature set, in the order of the table."""
    rows = lake.scan(table, [part]).filter(pl.col("feature_set") == name)
    return rows.select("flight_id", "prob_late15", "pred_arr_delay_min").collect()


def sets_of(lake: Lake, table: str, part: Partition) -> list[str]:
    """The feature sets of a partition, in the order of the table."""
    names = lake.scan(table, [part]).select(pl.col("feature_set").unique(maintain_order=True))
    return list(names.collect()["feature_set"])


def as_outcomes(rows: pl.DataFrame) -> Outcomes:
    """The rows (predictions beside `outcomes_of`) of flights that arrived."""
    arrived = rows.filter(_has_arrived())
    return Outcomes(
        probability=_floats(arrived["prob_late15"]),
        predicted=_floats(arrived["pred_arr_delay_min"]),
        late=_floats(arrived["late"]),
        delay=_floats(arrived["delay"]),
        known_day=_ints(arrived["known_day"]),
        weight=np.ones(arrived.height),
    )


def _has_arrived() -> pl.Expr:
    return pl.all_horizontal(pl.col("late", "delay", "known_day").is_not_null())


def _prior(lake: Lake, table: str, part: Partition, name: str, outcomes: pl.DataFrame) -> Outcomes:
    predicted = predictions_of(lake, table, part, name)
    if predicted.is_empty():
        raise MissingTableError(
            f"table {table} of {part['scored_year']} at {part['cutoff']} has no {name}: run the earlier scored years "
            "with it in AEROFLUX_SETS first"
        )
    return as_outcomes(predicted.join(outcomes, on="flight_id"))


def _said(year: Scored) -> str:
    if year.earlier:
        return f"predictions of {', '.join(map(str, year.earlier))}, and outcomes of {year.scored} as they came in"
    inner = year.lake.commit_of("inner_predictions", year.partition)
    held_out = inner.notes.get("held_out") if inner else None
    before = f"inner block {held_out[0]} to {held_out[-1]}" if held_out else "no earlier predictions"
    return f"{before}, and outcomes of {year.scored} as they came in"


def _held(rows: pl.DataFrame, made: pl.DataFrame, prior: Outcomes) -> dict[str, Any]:
    """For the notes: rows of evidence, calibration error before and after, coverage of the 80% interval."""
    both = rows.select("late", "delay", raw="prob_late15").hstack(made.drop("flight_id"))
    arrived = both.drop_nulls(["late", "delay"])
    bounded = arrived.drop_nulls(["delay_p10_min"])
    inside = bounded.select(is_covered(pl.col("delay")).mean()).item()
    late = _floats(arrived["late"])
    return {
        "prior_rows": prior.rows,
        "rolling_rows": arrived.height,
        "ece_raw": expected_calibration_error(late, _floats(arrived["raw"])) if arrived.height else None,
        "ece": expected_calibration_error(late, _floats(arrived["prob_late15"])) if arrived.height else None,
        "coverage_80": inside,
        "without_interval": arrived.height - bounded.height,
    }


def is_covered(delay: pl.Expr) -> pl.Expr:
    """Whether the actual delay lies within the 10 to 90% interval, both ends included."""
    return delay.is_between(pl.col("delay_p10_min"), pl.col("delay_p90_min"))


def _floats(column: pl.Series) -> Array:
    return column.cast(pl.Float64).to_numpy()


def _ints(column: pl.Series) -> Ints:
    return column.cast(pl.Int64).to_numpy()
