"""The drawing order of depths: ascending as float32, equal ones as they come."""

import numpy as np
import pytest

from golden.stages.depth_sort.reference import depth_order

RANDOM = np.random.default_rng(5)


@pytest.mark.parametrize(
    "depth",
    [
        np.zeros(0),
        np.array([0.0, -0.0, 1, -1, np.inf, 1e300, -np.inf, 1e-45, -1e-45, 0.0, -0.0]),
        RANDOM.normal(size=5000),
        np.round(RANDOM.random(5000), 2),  # ties
        2.0 + RANDOM.random(5000) * 1e-8,  # one float32
    ],
)
def test_it_is_a_stable_sort_as_float32(depth):
    with np.errstate(over="ignore"):
        expected = np.argsort(depth.astype(np.float32), kind="stable")
    assert np.array_equal(depth_order(depth), expected)
