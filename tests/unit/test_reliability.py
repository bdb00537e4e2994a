"""Slices of reliability against the figures as they are defined once; alerts against counting by hand."""

import numpy as np
import polars as pl
import pytest

from aeroflux_assets.errors import AerofluxError
from aeroflux_assets.evaluation.impact import (
    CARRY_FORWARD_PCT,
    COUNTS,
    Costs,
    added_up,
    best_threshold,
    cost_curve,
    counts_by_threshold,
    counts_of_alerts,
    expected_threshold,
    outcome_code,
    value_at,
)
from aeroflux_assets.evaluation.reliability import busiest, deciles, slice_rows, with_slices
from aeroflux_assets.model.evaluate import expected_calibration_error

RNG = np.random.default_rng(3)
ROWS = 3000
# Rounded, so that many flights are predicted alike and the order among them counts.
P = np.sort(RNG.random(ROWS).round(2))
LATE = (RNG.random(ROWS) < 0.8 * P).astype(float)
SLICES = pl.Series(RNG.choice(["ATL", "DEN", "JFK"], ROWS, p=[0.7, 0.29, 0.01]))


# ---- reliability ----------------------------------------------------------------------------------------
def test_each_slice_has_the_figures_of_its_own_rows() -> None:
    found = {row["slice"]: row for row in slice_rows(LATE, P, SLICES)}

    assert list(found) == ["ATL", "DEN", "JFK"]
    for name, row in found.items():
        of = SLICES.to_numpy() == name
        assert row["rows"] == of.sum()
        assert row["share_late"] == pytest.approx(LATE[of].mean())
        assert row["mean_probability"] == pytest.approx(P[of].mean())
        assert row["ece"] == pytest.approx(expected_calibration_error(LATE[of], P[of]))
        assert row["brier"] == pytest.approx(((LATE[of] - P[of]) ** 2).mean())
        assert "coverage_80" not in row


def test_flights_in_no_slice_and_without_an_interval_are_left_out() -> None:
    slices = pl.Series(["a", None, "a", "a", "b"])
    covered, width = np.array([True, True, False, False, False]), np.array([10, 99, 30, np.nan, np.nan])

    a, b = slice_rows(np.zeros(5), np.zeros(5), slices, covered, width)

    assert (a["rows"], a["coverage_80"], a["mean_width_80_min"]) == (3, 0.5, 20)
    assert (b["rows"], b["coverage_80"], b["mean_width_80_min"]) == (1, None, None)
    assert list(slice_rows(np.zeros(1), np.zeros(1), pl.Series([None], dtype=pl.String))) == []


@pytest.mark.parametrize("flights", [7, 10, 23])
def test_deciles_are_cut_as_the_bins_are(flights: int) -> None:
    wanted = [f"{k + 1:02d}" for k, part in enumerate(np.array_split(np.arange(flights), 10)) for _ in part]

    assert deciles(flights).to_list() == wanted


def test_slices_are_the_busiest_origins_carriers_hours_and_hubs() -> None:
    origins = [f"A{k:02d}" for k in range(45) for _ in range(50 - k)]
    flights = pl.DataFrame({"origin": origins, "carrier": "AA"}).with_columns(
        sched_dep_local=pl.datetime(2024, 6, 1, 7, 59)
    )

    made = with_slices(flights)

    assert busiest(flights, 2) == ["A00", "A01"]
    assert made["origin"].drop_nulls().n_unique() == 40
    assert made.filter(pl.col("hub") == "yes")["origin"].n_unique() == 30
    assert made["origin"].null_count() == sum(50 - k for k in range(40, 45))
    assert (made["hour"].unique().to_list(), made["overall"].unique().to_list()) == (["07"], ["all"])


# ---- impact ---------------------------------------------------------------------------------------------
def test_counts_are_those_of_looking_at_each_threshold() -> None:
    # Some lie exactly on a threshold, as Float32 has it.
    p = np.concatenate([RNG.random(400), np.arange(101) / 100]).astype(np.float32).astype(float)
    outcome, code = RNG.integers(0, 4, len(p)), RNG.integers(0, 2, len(p))

    found = counts_by_threshold(p, outcome, code, 2)

    for pct in (0, 1, 37, 50, 99, 100):
        alert = p >= pct / 100
        for k in (0, 1):
            of = {n: alert & (outcome == n) & (code == k) for n in range(4)}
            silent = {n: ~alert & (outcome == n) & (code == k) for n in range(4)}
            wanted = [of[1], of[0], silent[1], silent[0], of[2], of[3]]
            assert [found[name][k, pct] for name in COUNTS] == [rows.sum() for rows in wanted]
    given = counts_of_alerts(p >= 0.37, outcome, code, 2)
    assert all((given[name][:, 0] == found[name][:, 37]).all() for name in COUNTS)


def test_a_flight_that_never_arrived_is_cancelled_or_diverted() -> None:
    flights = pl.DataFrame({"late": [True, False, None, None], "cancelled": [False, False, True, False]})

    codes = flights.select(outcome_code(pl.col("late"), pl.col("cancelled"))).to_series()

    assert codes.to_list() == [1, 0, 2, 3]


def counts(*rows: tuple[int, ...]) -> pl.DataFrame:
    names = ["threshold_pct", *COUNTS, "days"]
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(
        feature_set=pl.lit("x"), slice_kind=pl.lit("overall"), slice=pl.lit("all")
    )


TWO = counts((20, 8, 10, 2, 80, 1, 1, 2), (60, 5, 1, 5, 89, 0, 0, 2))
COSTS = Costs(missed=1000, false_alarm=100, saved_share=0.5)


def test_cost_precision_and_alerts_by_hand() -> None:
    low, high = cost_curve(TWO, COSTS).rows(named=True)

    # Ten late flights; eight alerts of them save half, twelve alerts were in vain.
    assert low["cost"] == 10 * 1000 - 8 * 500 + 12 * 100
    assert low["value"] == 8 * 500 - 12 * 100
    assert (low["alerts"], low["alerts_a_day"]) == (20, 10)
    assert (low["precision"], low["recall"]) == (pytest.approx(8 / 18), 0.8)
    assert high["value"] == 5 * 500 - 100


def test_the_best_threshold_follows_the_costs() -> None:
    assert best_threshold(TWO, COSTS) == 20
    assert best_threshold(TWO, Costs(missed=1000, false_alarm=200, saved_share=0.5)) == 60
    with pytest.raises(AerofluxError, match="no rows"):
        best_threshold(TWO.clear(), COSTS)


def test_value_is_against_nothing_and_against_carry_forward() -> None:
    carried = counts((CARRY_FORWARD_PCT, 4, 0, 6, 90, 0, 0, 2))

    found = value_at(TWO, 60, COSTS, carried)

    assert (found.over_nothing, found.over_carry_forward) == (2400, 2400 - 4 * 500)
    assert value_at(TWO, 60, COSTS).over_carry_forward is None
    with pytest.raises(AerofluxError, match="0 rows of the table impact at 55%"):
        value_at(TWO, 55, COSTS)


def test_calibrated_probabilities_pay_best_at_the_expected_threshold() -> None:
    p = RNG.random(200_000)
    late = (RNG.random(len(p)) < p).astype(int)
    found = counts_by_threshold(p, late, np.zeros(len(p), dtype=int), 1)
    rows = pl.DataFrame({name: values[0] for name, values in found.items()}).with_columns(
        threshold_pct=pl.int_range(101), days=1
    )
    costs = Costs(missed=900, false_alarm=100, saved_share=1 / 3)

    assert expected_threshold(costs) == pytest.approx(0.25)
    assert best_threshold(rows, costs) == pytest.approx(25, abs=3)
    assert expected_threshold(Costs(missed=900, false_alarm=1, saved_share=0)) == float("inf")


def test_no_alert_and_no_late_flight_have_no_precision_and_no_recall() -> None:
    none = cost_curve(counts((100, 0, 0, 0, 5, 0, 0, 1)), COSTS).row(0, named=True)

    assert (none["precision"], none["recall"], none["value"]) == (None, None, 0)


def test_years_add_up() -> None:
    both = added_up([TWO, TWO])

    assert both["tp"].to_list() == [16, 10]
    assert both["days"].to_list() == [4, 4]


@pytest.mark.parametrize("wrong", [{"missed": -1}, {"false_alarm": -1}, {"saved_share": 1.1}])
def test_costs_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(AerofluxError, match="between 0 and 1"):
        Costs(**wrong)
