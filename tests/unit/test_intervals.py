"""The intervals of delay."""

import numpy as np
import polars as pl
import pytest
from prediction_samples import FIRST_DAY, PRIOR, flights

from aeroflux_assets.evaluation import intervals
from aeroflux_assets.evaluation.calibrated_tables import DELAYS, as_outcomes, calibrate
from aeroflux_assets.evaluation.distributions import BINS, LOW_MIN, Distributions, moved
from aeroflux_assets.evaluation.evidence import Days, no_outcomes
from aeroflux_assets.evaluation.intervals import Groups, Residuals


def residuals(*minutes: int) -> np.ndarray:
    return np.bincount(np.array(minutes, dtype=int) - LOW_MIN, minlength=BINS).astype(float)


def quantiles(mass: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """The corrected 10, 50 and 90% quantiles of histograms (..., bins): (..., 3)."""
    found = Distributions.of(mass.reshape(-1, BINS), squares.reshape(-1))
    return found.at(np.arange(len(found.mass)), found.levels).reshape(*mass.shape[:-1], 3)


def test_quantiles_by_hand() -> None:
    # 99 residuals of 1 to 99 minutes: of these and the one to come, the bounds are the 10th and the 90th.
    low, middle, high = quantiles(residuals(*range(1, 100)), np.array(99.0))

    assert low == pytest.approx(10.0, abs=1e-9)
    assert middle == pytest.approx(50.5)
    assert high == pytest.approx(91.0, abs=1e-9)  # the end of the 90th minute


def test_nine_residuals_bound_by_their_ends_and_eight_do_not() -> None:
    nine = quantiles(residuals(*range(9)), np.array(9.0))

    assert nine == pytest.approx([0.0, 4.5, 9.0])
    assert np.isnan(quantiles(residuals(*range(8)), np.array(8.0))).all()
    assert np.isnan(quantiles(residuals(), np.array(0.0))).all()


def test_many_histograms_at_once_are_each_alone() -> None:
    rng = np.random.default_rng(2)
    mass = rng.random((3, 2, BINS)) * (rng.random((3, 2, BINS)) < 0.1)
    squares = (mass**2).sum(axis=-1)
    together = quantiles(mass, squares)

    assert together[1, 1] == pytest.approx(quantiles(mass[1, 1], squares[1, 1]), abs=1e-9)
    assert np.all(np.diff(together, axis=-1) >= 0)


def test_old_evidence_counts_as_fewer_rows() -> None:
    even = quantiles(residuals(*range(100)), np.array(100.0))
    # The same shape, but most of the weight in few rows.
    uneven = quantiles(residuals(*range(100)), np.array(500.0))

    assert uneven[2] > even[2]
    assert uneven[0] < even[0]


def test_intervals_cover_what_they_promise_in_every_part_of_the_predictions() -> None:
    rows = flights(80, 400, seed=8)

    made = calibrate(rows, PRIOR)

    both = rows.hstack(made.select(DELAYS)).drop_nulls("delay")
    inside = pl.col("delay").is_between("delay_p10_min", "delay_p90_min")
    below = pl.col("delay") <= pl.col("delay_p50_min")
    third = pl.col("pred_arr_delay_min").qcut(3, labels=["low", "mid", "high"])
    covered = both.group_by(third).agg(inside.mean().alias("inside"), below.mean().alias("below"))
    assert covered["inside"].to_list() == pytest.approx([0.8] * 3, abs=0.015)
    assert covered["below"].to_list() == pytest.approx([0.5] * 3, abs=0.03)  # delays are whole minutes
    assert (both["delay_p10_min"] <= both["delay_p50_min"]).all()
    assert (both["delay_p50_min"] <= both["delay_p90_min"]).all()


def test_without_any_earlier_outcome_there_is_no_interval_and_the_probability_stays() -> None:
    rows = flights(6, 300, seed=4, shift=1.0)

    made = calibrate(rows, no_outcomes())

    first = rows["cutoff_day"] == FIRST_DAY
    assert made.filter(first)["delay_p10_min"].null_count() == first.sum()
    assert made.filter(first)["prob_late15"].to_numpy() == pytest.approx(
        rows.filter(first)["prob_late15"].to_numpy(), rel=1e-5
    )
    assert made.filter(rows["cutoff_day"] == FIRST_DAY + 5)["delay_p10_min"].null_count() < 15


def test_groups_hold_equal_counts_of_the_prior() -> None:
    groups = Groups.of(PRIOR)
    sizes = np.bincount(groups.at(PRIOR.predicted, PRIOR.probability), minlength=groups.count)

    assert groups.count == intervals.PARTS * (PRIOR.rows // intervals.LEAST_GROUP_ROWS)
    assert sizes.min() > 0.9 * PRIOR.rows / groups.count


def test_a_small_prior_is_one_group_of_predicted_delay_and_no_prior_has_fixed_ones() -> None:
    small = PRIOR.where(np.arange(PRIOR.rows) < 300)

    assert (Groups.of(small).count, len(Groups.of(small).edges)) == (intervals.PARTS, 0)
    assert Groups.of(no_outcomes()).count == len(intervals.FIXED_EDGES) + 1
    assert calibrate(flights(4, 60, seed=6), small)["delay_p10_min"].null_count() == 0


# ---- carriers and origins beside their group ------------------------------------------------------------
def test_levels_move_in_log_odds_stay_in_order_and_stay_unknown() -> None:
    levels = np.array([[0.1, 0.5, 0.9], [0.1, 0.5, 0.9], [0.0, 0.5, 1.0], [np.nan] * 3])
    shift = np.array(
        [[0.0, 0.0, 0.0], [np.log(9.0), np.log(3.0), -np.log(81.0)], [4.0, 0.0, -4.0], [1.0, 1.0, 1.0]]
    )

    found = moved(levels, shift)

    assert found[0] == pytest.approx([0.1, 0.5, 0.9])
    assert found[1] == pytest.approx([0.1, 0.5, 0.75])  # 0.5, 0.75 and 0.1, in rising order
    assert found[2] == pytest.approx([0.0, 0.5, 1.0])  # the last residual of nine is never passed over
    assert np.isnan(found[3]).all()


def test_flights_that_are_moved_by_nothing_have_the_quantiles_of_their_group() -> None:
    rows = as_outcomes(flights(9, 200, seed=2))
    residuals = Residuals(Days(FIRST_DAY, 9), rows, PRIOR)
    day = rows.known_day.clip(max=FIRST_DAY + 8) - FIRST_DAY
    group = residuals.groups.at(rows.predicted, rows.probability)

    same = residuals.offsets_at(day, group, np.zeros((rows.rows, 3)))
    up = residuals.offsets_at(day, group, np.full((rows.rows, 3), 0.5))

    assert same == pytest.approx(residuals.daily_offsets()[day, group], abs=1e-9)
    assert (up > same).all()


def test_carriers_and_origins_are_covered_alike_within_weeks() -> None:
    """A carrier that pads its schedule, an origin whose delays spread further: each gets its own 80%."""
    rows = flights(80, 2000, seed=9)
    spread = pl.when(pl.col("origin") == "SEA").then(1.5).otherwise(1.0)
    padded = pl.when(pl.col("carrier") == "WN").then(4.0).otherwise(0.0)
    residual = pl.col("delay") - pl.col("pred_arr_delay_min")
    rows = rows.with_columns(
        delay=(pl.col("pred_arr_delay_min") + spread * residual - padded).round().cast(pl.Int32)
    )
    alike = rows.with_columns(carrier=pl.lit("AA"), origin=pl.lit("ATL"))

    def worst(by: str, of: pl.DataFrame) -> tuple[float, float]:
        """How far coverage and the share below the median are off at most, after three weeks."""
        both = rows.hstack(calibrate(of, PRIOR).select(DELAYS)).drop_nulls("delay")
        late = both.filter(pl.col("cutoff_day") >= FIRST_DAY + 21)
        inside = pl.col("delay").is_between("delay_p10_min", "delay_p90_min").mean()
        below = (pl.col("delay") <= pl.col("delay_p50_min")).mean()
        found = late.group_by(by).agg(
            (inside - 0.8).abs().alias("inside"), (below - 0.5).abs().alias("below")
        )
        return found["inside"].max(), found["below"].max()

    for by in ("carrier", "origin"):
        inside, below = worst(by, rows)
        blind_inside, blind_below = worst(by, alike)
        assert inside < 0.025
        assert below < 0.025
        assert blind_inside > 0.04
        assert blind_below > 0.025
    made = calibrate(rows, PRIOR)
    assert (made["delay_p10_min"] <= made["delay_p50_min"]).all()
    assert (made["delay_p50_min"] <= made["delay_p90_min"]).all()
