"""Points of probability add up, whatever the SHAP values are, and keep their signs and their order."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aeroflux_assets.evaluation.shapley import probability_points

phis = st.lists(st.floats(-8, 8), min_size=1, max_size=40)
# Sums that nearly cancel are where the rule could lose its digits.
nearly = st.builds(lambda big, small: [big, -big + small], st.floats(-5, 5), st.floats(-1e-4, 1e-4))


@given(phi=st.one_of(phis, nearly), bias=st.floats(-6, 6))
def test_points_add_up_to_the_probability_less_the_base(phi: list[float], bias: float) -> None:
    points, base, probability = probability_points(np.array(phi), bias)
    assert abs(points.sum() - (probability - base)) < 1e-9
    assert 0 <= base <= 1
    assert 0 <= probability <= 1


@given(phi=st.one_of(phis, nearly), bias=st.floats(-6, 6))
def test_points_have_the_sign_and_the_order_of_the_shap_values(phi: list[float], bias: float) -> None:
    values = np.array(phi)
    points, _, _ = probability_points(values, bias)
    assert np.all(points * values >= 0)
    assert np.all(np.diff(points[np.argsort(values, kind="stable")]) >= 0)
    # No feature is given more than the steepest slope of the sigmoid times its SHAP value.
    assert np.all(np.abs(points) <= np.abs(values) * 0.25 + 1e-9)
