"""The grid of predicted and actual delays counts each flight that arrived once, in the bins that hold its minutes."""

import polars as pl
import pytest

from aeroflux_assets.contracts.base import violations
from aeroflux_assets.contracts.calibrated import DELAY_GRID
from aeroflux_assets.evaluation.delay_grid import delay_grid
from dashboard.queries.evaluation import delay_densities, delay_spread

# Flight, predicted, actual (None: it never arrived).
ROWS = [(1, 4.9, -61), (2, 5.0, 0), (3, -0.1, -1), (4, 999.0, 500), (5, 7.0, 4), (6, 3.0, None)]


@pytest.fixture
def grid() -> pl.DataFrame:
    predictions = pl.LazyFrame(
        [(key, "ours", predicted) for key, predicted, _ in ROWS],
        schema=["flight_id", "feature_set", "pred_arr_delay_min"],
        orient="row",
    )
    flights = pl.LazyFrame(
        [(key, actual, None if actual is None else actual >= 15) for key, _, actual in ROWS],
        schema=["flight_id", "arr_delay_min", "is_arr_late15"],
        orient="row",
    )
    return DELAY_GRID.conform(delay_grid(predictions, flights)).collect()


def test_every_flight_that_arrived_is_in_its_bins(grid: pl.DataFrame) -> None:
    cells = grid.select("predicted_bin_min", "actual_bin_min", "flights").rows()

    assert sorted(cells) == [(-5, -5, 1), (0, -60, 1), (5, 0, 2), (240, 240, 1)]
    assert violations(DELAY_GRID, grid.lazy()) == []


def test_the_two_densities_are_shares_of_the_same_flights(grid: pl.DataFrame) -> None:
    both = delay_densities(grid)

    assert both["predicted"].sum() == pytest.approx(1)
    assert both["actual"].sum() == pytest.approx(1)
    assert both.filter(bin_min=0).row(0) == (0, pytest.approx(0.2), pytest.approx(0.4))


def test_the_spread_is_read_off_the_bins() -> None:
    rows = [(10, -5, 10), (10, 0, 30), (10, 20, 60), (50, 0, 3)]
    grid = pl.DataFrame(rows, schema=["predicted_bin_min", "actual_bin_min", "flights"], orient="row")
    spread = delay_spread(grid, least=20)

    # Of 100 flights 10 lie below 0, 40 below 5; the fiftieth is a sixth into the third bin, the ninetieth five sixths.
    (only,) = spread.rows(named=True)
    assert (only["bin_min"], only["flights"]) == (10, 100)
    assert only["actual_p10_min"] == pytest.approx(0)
    assert only["actual_p50_min"] == pytest.approx(20 + 5 / 6)
    assert only["actual_p90_min"] == pytest.approx(20 + 5 * 5 / 6)
