"""Evidence in its order of time, and the map of probabilities."""

from datetime import datetime

import numpy as np
import polars as pl
import pytest
from builders import cleaned_flights, flight
from prediction_samples import FIRST_DAY, PRIOR, flights, logit, sigmoid

from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS
from aeroflux_assets.cutoffs import cutoff_named
from aeroflux_assets.evaluation import calibration, evidence
from aeroflux_assets.evaluation.calibrated_tables import DELAYS, calibrate, outcomes_of
from aeroflux_assets.evaluation.calibration import BINS, IDENTITY, LEAST_SLOPE, bin_of, fit, recalibrated
from aeroflux_assets.evaluation.evidence import Days, Outcomes, decayed, no_outcomes, pooled
from aeroflux_assets.lake import Lake
from aeroflux_assets.model.evaluate import expected_calibration_error


# ---- evidence -------------------------------------------------------------------------------------------
def test_a_day_sees_the_days_before_it_halved_by_age() -> None:
    assert decayed(np.array([[1.0], [2.0], [4.0], [8.0]]), 1.0)[:, 0].tolist() == [0, 1, 2.5, 5.25]


def test_outcomes_known_outside_the_days_are_in_no_histogram() -> None:
    counts = Days(10, 3).histogram(np.array([9, 10, 12, 12, 13]), np.array([0, 1, 0, 1, 0]), 2, np.ones(5))

    assert counts.tolist() == [[0, 1], [0, 0], [1, 1]]


def test_later_years_weigh_more_and_none_may_be_of_the_scored_year() -> None:
    both = pooled([(2020, PRIOR), (2022, PRIOR)], 2023)

    assert both.rows == 2 * PRIOR.rows
    assert (both.weight[0], both.weight[-1]) == (0.25, 1.0)
    with pytest.raises(ValueError, match="before 2022"):
        pooled([(2020, PRIOR), (2022, PRIOR)], 2022)


def test_memory_is_long_where_days_have_few_flights() -> None:
    a_day = PRIOR.rows / len(np.unique(PRIOR.known_day))

    assert evidence.half_life(PRIOR, 1000, 2) == pytest.approx(1000 * np.log(2) / a_day)
    assert evidence.half_life(PRIOR, 10, 2) == 2
    assert evidence.prior_scale(PRIOR, 500) * PRIOR.weight.sum() == pytest.approx(500)
    assert evidence.prior_scale(PRIOR, 1e9) * PRIOR.weight.sum() == pytest.approx(PRIOR.rows)
    assert evidence.prior_scale(no_outcomes(), 500) == 0


@pytest.mark.parametrize("seed", range(4))
def test_outcomes_from_the_cutoffs_own_day_on_change_nothing(seed: int) -> None:
    """The promise: whatever happens on a UTC day or later, flights whose cutoff lies on it are told the same."""
    rows = flights(30, 60, seed=seed, shift=0.4)
    rng = np.random.default_rng(seed)
    day = FIRST_DAY + int(rng.integers(2, 28))
    later = pl.col("known_day") >= day
    other = rows.with_columns(
        late=pl.when(later).then(1 - pl.col("late")).otherwise("late"),
        delay=pl.when(later).then(-3 * pl.col("delay") + 40).otherwise("delay"),
        known_day=pl.when(later).then(pl.col("known_day") + pl.col("flight_id") % 3).otherwise("known_day"),
    ).with_columns(
        pl.when(~(later & (pl.col("flight_id") % 7 == 0))).then(pl.col("late", "delay", "known_day"))
    )

    one, two = calibrate(rows, PRIOR), calibrate(other, PRIOR)

    until = rows["cutoff_day"] <= day
    assert one.filter(until).equals(two.filter(until))
    after = rows["cutoff_day"] > day
    for name in ("prob_late15", *DELAYS):
        assert (one[name] != two[name]).filter(after).mean() > 0.9


def test_an_outcome_of_the_day_before_does_change_the_next_day() -> None:
    rows = flights(10, 60, seed=3)
    day = FIRST_DAY + 5
    turned = pl.when(pl.col("known_day") == day - 1).then(1 - pl.col("late")).otherwise("late")

    one, two = calibrate(rows, PRIOR), calibrate(rows.with_columns(late=turned), PRIOR)

    changed = (one["prob_late15"] != two["prob_late15"]).to_numpy()
    assert set(rows["cutoff_day"].filter(pl.Series(changed))) == set(range(day, FIRST_DAY + 10))


def test_earlier_predictions_whose_outcome_came_after_the_first_cutoff_are_left_out() -> None:
    rows = flights(5, 60, seed=3)
    strange = Outcomes(*(np.full(500, value) for value in (0.5, 20.0, 1.0, 90.0, FIRST_DAY, 1.0)))

    assert calibrate(rows, pooled([(2022, PRIOR), (2023, strange)], 2024)).equals(
        calibrate(rows, pooled([(2022, PRIOR), (2023, strange.before(0))], 2024))
    )


def test_outcomes_are_dated_by_the_utc_day_of_cutoff_and_arrival(tmp_path) -> None:
    lake = Lake(tmp_path)
    rows = [flight(1, 60, block=60), flight(2, 23 * 60 + 30, dep_delay=20), flight(3, 100, cancelled=True)]
    lake.write(CLEANED_FLIGHTS, cleaned_flights(rows), {"year": 2024}, notes={"months": [6]})
    day = (datetime(2024, 6, 12) - datetime(1970, 1, 1)).days

    found = outcomes_of(lake, 2024, cutoff_named("T-2h")).sort("flight_id")

    # The first was asked about on the evening before, the second arrives after midnight.
    assert found["cutoff_day"].to_list() == [day - 1, day, day - 1]
    assert found["known_day"].to_list() == [day, day + 1, None]
    assert found.rows(named=True)[1] | {"late": 1, "delay": 20} == found.rows(named=True)[1]
    assert found["late"].to_list() == [0, 1, None]


# ---- the map --------------------------------------------------------------------------------------------
def counts(theta: tuple[float, float, float], rows: float) -> tuple[np.ndarray, np.ndarray]:
    """Counts of one day as the map `theta` of the bins' own probabilities has them, without noise."""
    late = sigmoid(calibration._CENTRES @ np.array(theta))
    return np.full((1, BINS), rows), rows * late[None]


def test_without_evidence_the_map_is_the_identity() -> None:
    p = np.array([0.001, 0.2, 0.5, 0.97])

    theta = fit(np.zeros((2, BINS)), np.zeros((2, BINS)))

    assert theta == pytest.approx(np.tile(IDENTITY, (2, 1)))
    assert recalibrated(p, theta[:1]) == pytest.approx(p, rel=1e-6)


@pytest.mark.parametrize("theta", [(0.0, 1.0, 1.0), (-0.7, 0.6, 1.4), (0.5, 1.3, 0.3)])
def test_the_map_is_recovered_from_ample_evidence(theta: tuple[float, float, float]) -> None:
    assert fit(*counts(theta, 1e5))[0] == pytest.approx(theta, abs=1e-3)


def test_days_are_fitted_apart() -> None:
    few, many = counts((0.5, 1.0, 1.0), 1.0), counts((-0.5, 0.8, 1.2), 1000.0)
    together = fit(*(np.concatenate([one, two]) for one, two in zip(few, many, strict=True)))

    assert together[:1] == pytest.approx(fit(*few), abs=1e-6)
    assert together[1:] == pytest.approx(fit(*many), abs=1e-6)


def test_evidence_that_turns_the_order_round_does_not() -> None:
    rows, late = counts((0.0, -1.0, -0.5), 100.0)
    theta = fit(rows, late)

    assert theta[0, 1:].min() >= LEAST_SLOPE
    mapped = recalibrated(np.linspace(0.01, 0.99, 99), np.tile(theta, (99, 1)))
    assert np.all(np.diff(mapped) > 0)


def test_bins_hold_the_logits_that_their_centres_stand_for() -> None:
    p = np.array([0.0, 0.01, 0.2, 0.5, 0.99, 1.0])
    centre = calibration._CENTRES[bin_of(p)] @ IDENTITY

    assert centre[1:-1] == pytest.approx(logit(p[1:-1]), abs=calibration.BIN_WIDTH / 2 + 1e-9)
    assert (bin_of(p)[0], bin_of(p)[-1]) == (0, BINS - 1)


def test_recalibration_brings_the_error_down_and_keeps_the_order_within_a_carriers_day() -> None:
    rows = flights(60, 500, seed=5, shift=0.6, stretch=0.7)

    made = calibrate(rows, PRIOR)

    both = rows.select("carrier", "late", "cutoff_day", raw="prob_late15").hstack(made.drop("flight_id"))
    arrived = both.drop_nulls("late")
    before, after = (
        expected_calibration_error(arrived["late"].to_numpy().astype(float), arrived[name].to_numpy())
        for name in ("raw", "prob_late15")
    )
    assert before > 0.08
    assert after < 0.03  # the first days are in it, on a prior that knew of no shift
    of_a_carrier = pl.col("prob_late15").diff().over("cutoff_day", "carrier")
    by_day = both.sort("cutoff_day", "raw").select(of_a_carrier >= 0)
    assert by_day.to_series().drop_nulls().all()
