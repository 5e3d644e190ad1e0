"""DepthCode, compiled, against golden.numbers.depth: bit for bit, for any depth of any unit."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from golden.numbers.depth import depth_code
from golden.stages.gaussian_project.formats import ProjectionFormats
from hw.stages.gaussian_project.depth_code import DepthCode
from sim.rtl.block_harness import run_block
from tests.rtl.gaussian_project.projection_stimulus import PARAMETERS


@pytest.mark.parametrize("name", PARAMETERS)
def test_any_depth(name):
    bits = ProjectionFormats(PARAMETERS[name]).depth_bits
    rng = np.random.default_rng(1)
    ends = [v for n in range(bits) for v in ((1 << n) - 1, 1 << n, (2 << n) - 1)]
    corners = np.array(list(itertools.product([v for v in ends if v], range(256))))
    count = 200_000
    depth = np.maximum(rng.integers(0, 1 << bits, count) >> rng.integers(0, bits, count), 1)
    unit = rng.integers(0, 256, count) >> rng.integers(0, 8, count)
    depth = np.concatenate((corners[:, 0], depth))
    unit = np.concatenate((corners[:, 1], unit))
    got = run_block(DepthCode(PARAMETERS[name]), {"depth": depth, "unit_exponent": unit})
    np.testing.assert_array_equal(got["code"], depth_code(depth, unit))
