"""Where each carrier stands beside the day's map."""

import numpy as np
import polars as pl
import pytest

from aeroflux_assets.evaluation.calibrated_tables import calibrate
from aeroflux_assets.evaluation.evidence import Days, no_outcomes
from aeroflux_assets.evaluation.shifts import HALF_LIFE_DAYS, PULL, daily_shifts, shifted
from aeroflux_assets.model.evaluate import expected_calibration_error

FIRST, DAYS = 19_000, Days(19_000, 12)


def seen(seed: int, rows: int = 3000) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        "known_day": FIRST + rng.integers(-1, 14, rows),
        "group": rng.integers(0, 4, rows),
        "late": rng.integers(0, 2, rows).astype(float),
        "probability": rng.uniform(0.05, 0.95, rows),
    }


def shifts(of: dict[str, np.ndarray], groups: int = 4) -> np.ndarray:
    return daily_shifts(DAYS, of["known_day"], of["group"], groups, of["late"], of["probability"])


@pytest.mark.parametrize("seed", range(3))
def test_shifts_are_what_a_loop_over_days_and_carriers_finds(seed: int) -> None:
    of = seen(seed)
    expected = np.zeros((DAYS.count, 4))
    for day in range(DAYS.count):
        for group in range(4):
            miss = information = 0.0
            for earlier in range(day):
                known = of["known_day"] == FIRST + earlier
                p, late = of["probability"][known], of["late"][known]
                common = (late - p).sum() / (p * (1 - p)).sum()
                own = of["group"][known] == group
                weight = 0.5 ** ((day - 1 - earlier) / HALF_LIFE_DAYS)
                spread = (p * (1 - p))[own].sum()
                miss += weight * ((late - p)[own].sum() - common * spread)
                information += weight * spread
            expected[day, group] = miss / (information + PULL)

    assert shifts(of) == pytest.approx(expected, abs=1e-12)
    assert (shifts(of)[0] == 0).all()
    assert (np.abs(shifts(of)[1:]) > 0).all()


def test_what_all_carriers_missed_alike_is_left_to_the_map() -> None:
    of = seen(1)
    # Every carrier's flights once with each outcome that is due, and a tenth more of them late than told.
    probability = np.tile([0.2, 0.5], 2000)
    same = of | {
        "known_day": FIRST + np.repeat(np.arange(8), 500),
        "group": np.tile(np.repeat(np.arange(2), 2), 1000),
        "probability": probability,
        "late": probability + 0.1 * probability * (1 - probability),
    }

    assert shifts(same, 2) == pytest.approx(np.zeros((12, 2)), abs=1e-12)


def test_a_carrier_that_is_later_than_told_is_told_so_within_weeks() -> None:
    rng = np.random.default_rng(5)
    days, a_day = 60, 2000
    rows = days * a_day
    probability = rng.beta(1.2, 3, rows).clip(0.01, 0.99)
    worse = rng.random(rows) < 0.3
    log_odds = np.log(probability / (1 - probability)) + np.where(worse, 0.6, 0.0)
    day = np.repeat(np.arange(FIRST, FIRST + days), a_day)
    flights = pl.DataFrame(
        {
            "flight_id": np.arange(rows),
            "carrier": np.where(worse, "ZZ", "AA"),
            "prob_late15": probability.astype(np.float32),
            "pred_arr_delay_min": (60 * probability).astype(np.float32),
            "late": (rng.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(np.int8),
            "delay": np.zeros(rows, dtype=np.int32),
            "known_day": day.astype(np.int32),
            "cutoff_day": day.astype(np.int32),
        }
    )

    made = calibrate(flights, no_outcomes())["prob_late15"].to_numpy().astype(float)
    blind = (
        calibrate(flights.with_columns(carrier=pl.lit("AA")), no_outcomes())["prob_late15"]
        .to_numpy()
        .astype(float)
    )

    late = flights["late"].to_numpy().astype(float)
    for carrier in (worse, ~worse):
        after = carrier & (day >= FIRST + 30)
        assert expected_calibration_error(late[after], made[after]) < 0.015
        assert expected_calibration_error(late[after], blind[after]) > 0.03


def test_without_a_shift_probabilities_stay_and_ends_stay_inside() -> None:
    p = np.array([0.0, 1e-9, 0.3, 0.9999999, 1.0])

    assert shifted(p, np.zeros(5)) == pytest.approx(p, abs=2e-6)
    moved = shifted(p, np.full(5, -20.0))
    assert ((moved >= 0) & (moved <= 1)).all()
    assert (np.diff(shifted(np.linspace(0.01, 0.99, 50), np.full(50, 0.4))) > 0).all()
