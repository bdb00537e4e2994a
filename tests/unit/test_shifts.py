"""Where each carrier stands beside the day's map."""

import numpy as np
import polars as pl
import pytest

from aeroflux_assets.evaluation.calibrated_tables import calibrate
from aeroflux_assets.evaluation.evidence import Days, no_outcomes
from aeroflux_assets.evaluation.shifts import BELIEF, HALF_LIFE_DAYS, PULL, Told, daily_shifts, shifted
from aeroflux_assets.model.evaluate import expected_calibration_error

FIRST, DAYS = 19_000, Days(19_000, 12)


def seen(seed: int, rows: int = 3000) -> Told:
    rng = np.random.default_rng(seed)
    cutoff_day = FIRST + rng.integers(0, 12, rows)
    return Told(
        cutoff_day=cutoff_day,
        known_day=cutoff_day + rng.integers(0, 3, rows),
        group=rng.integers(0, 4, rows),
        groups=4,
        happened=rng.integers(0, 2, rows).astype(float),
        probability=rng.uniform(0.05, 0.95, rows),
    )


def slowly(of: Told) -> np.ndarray:
    """The same figures by loops over days, carriers and flights."""
    miss, information = of.happened - of.probability, of.probability * (1 - of.probability)
    known = [np.flatnonzero(of.known_day == FIRST + day) for day in range(DAYS.count)]
    common = [miss[on].sum() / information[on].sum() if len(on) else 0.0 for on in known]
    found = np.zeros((DAYS.count, of.groups))
    for day in range(DAYS.count):
        for group in range(of.groups):
            up, down = 0.0, PULL
            for earlier in range(day):
                weight = 0.5 ** ((day - 1 - earlier) / HALF_LIFE_DAYS)
                for k in known[earlier]:
                    if of.group[k] == group:
                        up += weight * (miss[k] - common[earlier] * information[k])
                        down += weight * information[k]
            found[day, group] = up / down
    shares = []
    for day in range(DAYS.count):
        gained = spread = BELIEF
        for on in known[:day]:
            given = found[of.cutoff_day[on] - FIRST, of.group[on]]
            apart = given - np.average(given, weights=information[on]) if len(on) else given
            gained += (miss[on] * apart).sum()
            spread += (information[on] * apart**2).sum()
        shares.append(min(max(gained / spread, 0.0), 1.0))
    return found * np.array(shares)[:, None]


@pytest.mark.parametrize("seed", range(3))
def test_shifts_are_what_loops_over_days_carriers_and_flights_find(seed: int) -> None:
    of = seen(seed)

    made = daily_shifts(DAYS, of)

    assert made == pytest.approx(slowly(of), abs=1e-12)
    assert (made[0] == 0).all()
    assert (np.abs(made[2:]) > 0).all()


def test_what_all_carriers_missed_alike_is_left_to_the_map() -> None:
    probability = np.tile([0.2, 0.5], 2000)
    day = FIRST + np.repeat(np.arange(8), 500)
    alike = Told(
        cutoff_day=day,
        known_day=day,
        group=np.tile(np.repeat(np.arange(2), 2), 1000),
        groups=2,
        happened=probability + 0.1 * probability * (1 - probability),
        probability=probability,
    )

    assert daily_shifts(DAYS, alike) == pytest.approx(np.zeros((12, 2)), abs=1e-12)


def test_shifts_that_were_worth_nothing_so_far_are_given_up() -> None:
    """Two carriers that change places every day: what one missed yesterday is the other's today."""
    days, a_day = Days(FIRST, 60), 4000
    cutoff_day = FIRST + np.repeat(np.arange(days.count), a_day)
    group = np.tile([0, 1], days.count * a_day // 2)

    def shifts(turns: int) -> np.ndarray:
        late = np.where((cutoff_day // turns + group) % 2 == 0, 0.4, 0.2)
        told = Told(cutoff_day, cutoff_day, group, 2, late, np.full(len(group), 0.3))
        return daily_shifts(days, told)

    assert np.abs(shifts(1)[40:]).max() < 0.02
    assert np.abs(shifts(1_000_000)[40:]).min() > 0.4


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
            "origin": "BOS",
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
