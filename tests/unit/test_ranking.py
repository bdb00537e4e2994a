"""Figures of many groups at once are those that the model room gives for each of them."""

import numpy as np
import polars as pl
import pytest

from aeroflux_assets.evaluation.ranking import auc, ranked
from aeroflux_assets.model.evaluate import figures


def rows(seed: int = 3) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    chance = rng.random(3000).astype(np.float32).round(2)  # rounded: many ties
    late = (rng.random(3000) < chance * 0.7).astype(np.float32)
    return pl.DataFrame({"by": rng.choice(["a", "b", "c"], 3000), "late": late, "probability": chance})


def test_each_group_has_the_figures_of_the_model_room() -> None:
    frame = rows()
    found = ranked(frame.lazy(), ["by"]).sort("by").collect()
    assert found["by"].to_list() == ["a", "b", "c"]
    for row in found.iter_rows(named=True):
        part = frame.filter(pl.col("by") == row["by"])
        late, chance = part["late"].to_numpy(), part["probability"].to_numpy()
        want = figures(late, chance, late, late)
        assert row["rows"] == want.rows
        assert row["base_rate"] == pytest.approx(want.base_rate)
        assert row["auc"] == pytest.approx(want.auc)
        assert row["pr_auc"] == pytest.approx(want.pr_auc)
        assert row["brier"] == pytest.approx(want.brier)
        assert auc(late, chance) == pytest.approx(want.auc)


@pytest.mark.parametrize("late", [0.0, 1.0])
def test_a_group_of_one_class_has_no_ranking(late: float) -> None:
    frame = pl.DataFrame({"by": ["a", "a"], "late": [late, late], "probability": [0.2, 0.7]})
    (row,) = ranked(frame.lazy(), ["by"]).sort("by").collect().to_dicts()
    assert (row["auc"], row["pr_auc"], row["base_rate"]) == (None, None, late)
    assert auc(np.array([late, late]), np.array([0.2, 0.7])) is None


def test_no_order_of_rows_or_threads_changes_a_bit() -> None:
    rng = np.random.default_rng(5)
    chance = rng.random(400_000).astype(np.float32)
    frame = pl.DataFrame(
        {"by": rng.integers(0, 2, 400_000), "late": rng.random(400_000) < chance}
    ).with_columns(probability=pl.Series(chance), late=pl.col("late").cast(pl.Int8))
    found = [
        ranked(frame.sample(fraction=1.0, shuffle=True, seed=seed).lazy(), ["by"]).sort("by").collect()
        for seed in range(6)
    ]
    assert all(one.equals(found[0]) for one in found)
