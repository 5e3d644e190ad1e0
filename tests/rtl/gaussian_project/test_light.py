"""What antialiasing takes of an opacity, compiled, against its integer model: bit for bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.stages.gaussian_project.conic import conic
from golden.stages.gaussian_project.formats import ProjectionFormats
from golden.stages.gaussian_project.light import lessened, light_loss
from hw.stages.gaussian_project.conic import Conic
from sim.rtl.block_harness import BlockHarness
from tests.rtl.gaussian_project.projection_stimulus import PARAMETERS
from tests.rtl.gaussian_project.test_screen_shape import covariances

INPUTS = ("xx", "yy", "xy", "depth_squared", "sharp_xx", "sharp_yy")


@pytest.mark.parametrize("name", PARAMETERS)
def test_light_of_any_covariance(name):
    """Any covariance, and any sharp one beside it, such as no splat has: it may be larger."""
    params = replace(PARAMETERS[name], antialiased=1)
    formats = ProjectionFormats(params)
    count = 400_000 if name == "default" else 50_000
    shape = covariances(count, 5, formats)
    other = covariances(count, 6, formats)
    odd = np.arange(count) % 16 == 0
    shape = replace(
        shape,
        sharp_xx=np.where(odd, other.sharp_xx, shape.sharp_xx),
        sharp_yy=np.where(odd, other.sharp_yy, shape.sharp_yy),
    )
    rng = np.random.default_rng(7)
    opacity = rng.integers(0, 1 << 16, count) >> rng.integers(0, 9, count)
    inputs = {name: getattr(shape, name) for name in INPUTS} | {
        "footprint_exponent": shape.exponent,
        "opacity": opacity,
    }
    due = conic(shape, formats)
    loss = light_loss(shape, formats)
    harness = BlockHarness(Conic(params))
    # Further items follow, while `antialiased` stays.
    padded = {key: np.append(v, v[: harness.block.latency_cycles]) for key, v in inputs.items()}
    for antialiased in (0, 1):
        column = np.full(len(padded["xx"]), antialiased)
        got = harness.run(padded | {"antialiased": column})
        got = {key: value[:count] for key, value in got.items()}
        for n, entry in enumerate("abc"):
            np.testing.assert_array_equal(got[entry], due.mantissas[:, n], err_msg=entry)
        np.testing.assert_array_equal(got["exponent"], due.exponent)
        left = lessened(opacity, loss) if antialiased else opacity
        np.testing.assert_array_equal(got["lessened"], left)
    # All of it is met: nothing taken, some, all.
    assert (loss == 0).any()
    assert ((left > 0) & (left < opacity)).mean() > 0.1
    assert (left[opacity > 1000] == 0).any()


def test_the_latency_is_that_of_a_build_without():
    for params in PARAMETERS.values():
        assert Conic(replace(params, antialiased=1)).latency_cycles == Conic(params).latency_cycles
