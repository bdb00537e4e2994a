"""The waterfall adds up, whatever is shown and whatever is gathered into "other features"."""

import polars as pl
import pytest

from aeroflux_assets.evaluation.explain import Explanation
from dashboard.charts.why import waterfall
from dashboard.queries.why import steps_of

POINTS = [0.22, -0.05, 0.03, 0.01]
FOUND = Explanation(
    pl.DataFrame(
        {
            "feature": list("abcd"),
            "points": POINTS,
            "words": [
                f"fact {name}: {points * 100:+.0f} points"
                for name, points in zip("abcd", POINTS, strict=True)
            ],
        }
    ),
    base=0.2,
    probability=0.41,
)


@pytest.mark.parametrize("shown", [1, 2, 4, 9])
def test_the_steps_add_up_to_the_probability(shown: int) -> None:
    steps = steps_of(FOUND, shown)

    assert sum(step.points for step in steps) == pytest.approx(FOUND.probability - FOUND.base)
    assert steps[0].words == "fact a"
    assert len(steps) == min(shown, 4) + (shown < 4)


def test_what_is_not_shown_is_counted() -> None:
    assert steps_of(FOUND, 1)[-1].words == "3 other features"


def test_the_waterfall_begins_at_the_base_and_ends_at_the_probability() -> None:
    bars = waterfall(
        FOUND.base, [(step.words, step.points) for step in steps_of(FOUND, 2)], FOUND.probability
    ).data[0]

    assert list(bars.x) == pytest.approx([0.2, 0.22, -0.05, 0.04, 0.41])
    assert bars.measure[0] == "absolute"
    assert bars.measure[-1] == "total"


def test_a_step_of_nothing_reads_so() -> None:
    bars = waterfall(0.2, [("recalibration", -0.0004)], 0.1996).data[0]
    assert bars.text[1] == "±0"
    assert bars.hovertext[1] == "recalibration: ±0 points"
