"""The paper's LSTM on honest inputs: two legs back, one back, this flight; two heads, one joint loss.

PyTorch is an extra that nothing else here needs (requirements/lstm.txt); it is imported inside the functions. The
two upstream steps hold what was known of those legs at the cutoff, the third what was known of the flight itself.
Where the paper's LSTM reads real delays of legs that had not landed, this one reads a gap and a mark.
"""

import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aeroflux_assets.errors import AerofluxError
from aeroflux_assets.evaluation.inputs import Scaled, scaled
from aeroflux_assets.evaluation.sample import SEED, Rows
from aeroflux_assets.features.sets import AIRCRAFT, CONTEXT, ROTATION, SCHEDULE
from aeroflux_assets.model.data import Floats

if TYPE_CHECKING:
    import torch

# What is known of an upstream leg, and its name in the features of leg 1 and of leg 2.
LEG = {
    **{
        name: (f"up1_{name}", f"up2_{name}")
        for name in (
            "has_departed",
            "has_landed",
            "late_so_far_min",
            "min_since_landing",
            "sched_turnaround_min",
            "sched_block_min",
        )
    },
    "dep_delay": ("up1_dep_delay_min", "prev2_dep_delay"),
    "arr_delay": ("up1_arr_delay_min", "prev2_arr_delay"),
}
FLIGHT = (*SCHEDULE, *CONTEXT, *ROTATION, *AIRCRAFT)
NAMES = (*(name for pair in LEG.values() for name in pair), *FLIGHT)
STEPS = 3
# The paper's layers and dropout; the delay is learnt in standard deviations, so that both losses weigh alike.
UNITS, DROPOUT, REGRESSION_WEIGHT = (64, 32), 0.2, 1.0
BATCH, LEARNING_RATE = 512, 1e-3


def has_torch() -> bool:
    """Whether PyTorch is installed."""
    return importlib.util.find_spec("torch") is not None


def _torch() -> Any:
    if not has_torch():
        raise AerofluxError(
            "the LSTM needs PyTorch, which is an extra; install it into the same environment with "
            "`pip install -r requirements/lstm.txt`"
        )
    import torch

    return torch


@dataclass(frozen=True)
class Sequences:
    """Rows as (flights, STEPS, values) for training and test; names of the values, 0 in the steps that lack them."""

    train: Floats
    test: Floats
    names: tuple[str, ...]


def sequences(train: Rows, test: Rows) -> Sequences:
    """The rows' NAMES scaled, gaps filled and marked, each value in the step that it belongs to."""
    flat = scaled(train.block(NAMES).x, test.block(NAMES).x, NAMES)
    places = [_place(name) for name in flat.names]
    names = tuple(dict.fromkeys(value for _, value in places))
    return Sequences(_in_steps(flat.train, flat, names), _in_steps(flat.test, flat, names), names)


def _place(name: str) -> tuple[int, str]:
    """The step of a scaled column (0: two legs back) and the value that it holds there."""
    feature = name.removesuffix("_is_unknown")
    mark = name[len(feature) :]
    for value, (one, two) in LEG.items():
        if feature in (one, two):
            return (1 if feature == one else 0), value + mark
    return 2, name


def _in_steps(x: Floats, flat: Scaled, names: tuple[str, ...]) -> Floats:
    steps = np.zeros((len(x), STEPS, len(names)), dtype=np.float32)
    for column, name in enumerate(flat.names):
        step, value = _place(name)
        steps[:, step, names.index(value)] = x[:, column]
    return steps


def _network(values: int) -> Any:
    torch = _torch()

    class Network(torch.nn.Module):  # type: ignore[misc, name-defined]
        """Two stacked LSTMs with dropout behind each, and the two heads on the last hidden state."""

        def __init__(self) -> None:
            super().__init__()
            self.first = torch.nn.LSTM(values, UNITS[0], batch_first=True)
            self.second = torch.nn.LSTM(UNITS[0], UNITS[1], batch_first=True)
            self.dropout = torch.nn.Dropout(DROPOUT)
            self.late = torch.nn.Linear(UNITS[1], 1)
            self.delay = torch.nn.Linear(UNITS[1], 1)

        def forward(self, x: Any) -> tuple[Any, Any]:
            """Log-odds late and delay in standard deviations, one a flight."""
            hidden, _ = self.first(x)
            hidden, _ = self.second(self.dropout(hidden))
            last = self.dropout(hidden[:, -1])
            return self.late(last).squeeze(1), self.delay(last).squeeze(1)

    return Network()


@dataclass(frozen=True)
class Lstm:
    """A fitted network, where it runs (cpu or cuda), and how to turn its second head into minutes."""

    network: "torch.nn.Module"
    device: str
    mean: float
    spread: float
    losses: tuple[float, ...]

    def predict(self, x: Floats) -> tuple[Floats, Floats]:
        """Probability late and expected delay (min) of each sequence."""
        torch = _torch()
        self.network.eval()
        late, delay = [], []
        with torch.no_grad():
            for start in range(0, len(x), 16 * BATCH):
                part = torch.from_numpy(x[start : start + 16 * BATCH]).to(self.device)
                odds, minutes = self.network(part)
                late.append(torch.sigmoid(odds).cpu().numpy())
                delay.append(minutes.cpu().numpy())
        minutes_late: Floats = (np.concatenate(delay) * self.spread + self.mean).astype(np.float32)
        return np.concatenate(late), minutes_late


def fit(
    x: Floats, late: Floats, delay: Floats, *, epochs: int, seed: int = SEED, device: str | None = None
) -> Lstm:
    """The network fitted on sequences (flights, STEPS, values): log loss late plus squared error of the delay.

    device: cuda where there is one, unless told. On the CPU the same rows and seed give the same network. Raises
    AerofluxError without PyTorch.
    """
    torch = _torch()
    where = device or ("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(seed)
    shuffle = torch.Generator().manual_seed(seed)
    mean, spread = float(delay.mean(dtype=np.float64)), float(delay.std(dtype=np.float64)) or 1.0
    network = _network(x.shape[2]).to(where)
    steps = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    rows = [torch.tensor(v, device=where) for v in (x, late, ((delay - mean) / spread).astype(np.float32))]
    losses = []
    network.train()
    for _ in range(epochs):
        order, total = torch.randperm(len(x), generator=shuffle).to(where), 0.0
        for at in order.split(BATCH):
            inputs, was_late, minutes = (values[at] for values in rows)
            odds, expected = network(inputs)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(odds, was_late)
            loss = loss + REGRESSION_WEIGHT * torch.nn.functional.mse_loss(expected, minutes)
            steps.zero_grad()
            loss.backward()
            steps.step()
            total += float(loss.detach()) * len(at)
        losses.append(total / len(x))
    return Lstm(network, where, mean, spread, tuple(losses))
