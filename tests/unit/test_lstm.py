"""The LSTM: which value stands in which step, and that a seeded network repeats and learns. Needs PyTorch, an extra."""

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from aeroflux_assets.errors import AerofluxError
from aeroflux_assets.evaluation import lstm
from aeroflux_assets.evaluation.lstm import NAMES, fit, sequences
from aeroflux_assets.evaluation.sample import Rows
from aeroflux_assets.features.sets import ALL_FEATURES


def rows(count: int, seed: int) -> Rows:
    """Noise, but for leg 1: where it has landed its delay is the flight's."""
    rng = np.random.default_rng(seed)
    frame = pl.DataFrame(rng.normal(size=(count, len(NAMES))).astype(np.float32), schema=list(NAMES))
    delay = rng.normal(10, 30, count).astype(np.float32)
    landed = pl.Series(rng.random(count) < 0.8)
    return Rows(
        frame.with_columns(
            flight_id=pl.int_range(count),
            up1_has_landed=landed.cast(pl.Float32),
            up1_arr_delay_min=pl.when(landed).then(pl.Series(delay)),
            arr_delay_min=pl.Series(delay),
            is_arr_late15=pl.Series(delay >= 15),
        ),
        count,
    )


def test_every_input_is_a_feature_known_at_the_cutoff() -> None:
    assert set(NAMES) <= set(ALL_FEATURES)
    assert len(set(NAMES)) == len(NAMES)


def test_each_value_stands_in_the_step_of_its_leg_and_is_zero_elsewhere() -> None:
    found = sequences(rows(50, 1), rows(5, 2))
    assert found.train.shape == (50, 3, len(found.names))
    delay, mark = found.names.index("arr_delay"), found.names.index("arr_delay_is_unknown")
    assert not found.train[:, 2, delay].any()
    assert found.train[:, 0, delay].std() == pytest.approx(1, abs=1e-4)
    # Leg 2 is always known, so that only leg 1 has a mark.
    assert found.train[:, 1, mark].any()
    assert not found.train[:, (0, 2), mark].any()
    distance = found.names.index("distance")
    assert found.train[:, 2, distance].any()
    assert not found.train[:, :2, distance].any()


def test_without_pytorch_one_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lstm, "has_torch", lambda: False)
    x = np.zeros((2, 3, 1), dtype=np.float32)
    with pytest.raises(AerofluxError, match=r"pip install -r requirements/lstm\.txt"):
        fit(x, x[:, 0, 0], x[:, 0, 0], epochs=1)


def test_a_seeded_network_repeats_on_the_cpu_and_learns_what_there_is() -> None:
    pytest.importorskip("torch", reason="PyTorch is an extra: pip install -r requirements/lstm.txt")
    train, test = rows(4000, 1), rows(1000, 2)
    steps, seen, asked = sequences(train, test), train.block(NAMES), test.block(NAMES)

    def fitted(seed: int, epochs: int) -> lstm.Lstm:
        return fit(steps.train, seen.late, seen.delay, epochs=epochs, seed=seed, device="cpu")

    one, two, other = (fitted(seed, 1).predict(steps.test)[0] for seed in (3, 3, 4))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)

    long = fitted(3, 20)
    late, delay = long.predict(steps.test)
    assert long.losses[-1] < 0.6 * long.losses[0]
    assert roc_auc_score(asked.late, late) > 0.8
    assert np.abs(delay - asked.delay).mean() < 0.7 * np.abs(asked.delay - seen.delay.mean()).mean()
