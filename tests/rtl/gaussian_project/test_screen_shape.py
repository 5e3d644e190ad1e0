"""ScreenShape and Conic, compiled, against their integer models: bit for bit, for any record."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from golden.params import Parameters
from golden.records import PARTS
from golden.stages.gaussian_project.conic import conic
from golden.stages.gaussian_project.footprint import Footprint, footprint
from golden.stages.gaussian_project.formats import EXPONENT_MAX, ProjectionFormats
from golden.stages.gaussian_project.place import place
from hw.stages.gaussian_project.conic import Conic
from hw.stages.gaussian_project.screen_shape import ScreenShape
from sim.rtl.block_harness import BlockHarness, run_block
from tests.rtl.gaussian_project.projection_stimulus import (
    PARAMETERS,
    directed_members,
    random_members,
    random_projection,
    run_with_constants,
)


@cache
def shape_harness(params: Parameters) -> BlockHarness:
    return BlockHarness(ScreenShape(params))


def check_shape(params: Parameters, members: np.ndarray, seed: int):
    formats, constants = ProjectionFormats(params), random_projection(seed, params)
    where = place(members, constants, formats)
    geometry = members["geometry"]
    inputs = {f"factor_{p}": geometry["factor"][:, n] for n, p in enumerate(PARTS["factor"])}
    inputs |= {f"tangent_{axis}": where.tangent[:, n] for n, axis in enumerate("xy")}
    inputs |= {"depth_exponent": where.depth_exponent, "depth_mantissa": where.depth_mantissa}
    inputs |= {"factor_exponent": geometry["factor_exponent"], "unit_exponent": members["exponent"]}
    inputs = {key: value.astype(np.int64) for key, value in inputs.items()}
    got = run_with_constants(shape_harness(params), constants, inputs)
    due = footprint(members, where, constants, formats)
    sharp = ("sharp_xx", "sharp_yy") if params.antialiased else ()
    for output in ("xx", "yy", "xy", "exponent", "depth_squared", *sharp):
        np.testing.assert_array_equal(got[output], getattr(due, output), err_msg=output)


@pytest.mark.parametrize("name", PARAMETERS)
def test_shape_of_any_member(name):
    count, params = 150_000 if name == "default" else 30_000, PARAMETERS[name]
    for seed in range(4):
        check_shape(params, random_members(count, seed, params), seed)
    for seed in range(4):
        check_shape(params, directed_members(params), seed)


def test_shape_without_the_low_pass():
    params = Parameters(antialiased=1)
    for seed in range(2):
        check_shape(params, random_members(50_000, seed, params), seed)
    check_shape(params, directed_members(params), 1)


def covariances(count: int, seed: int, formats: ProjectionFormats) -> Footprint:
    """Products of random vectors of every length, and needles; a low pass of every size."""
    rng = np.random.default_rng(seed)
    top = formats.footprint.max_int
    t = rng.integers(-top, top + 1, (count, 2, 3)) >> rng.integers(0, 17, (count, 1, 1))
    t[::3, 1] = t[::3, 0]  # needles along the diagonal: the determinant is the low pass's
    t[1::9, 0] = 0
    low = np.maximum(rng.integers(0, 1 << 28, count) >> rng.integers(0, 29, count), 1)
    limit = (1 << formats.covariance_bits) - 1
    sharp = np.minimum((t**2).sum(axis=2), limit)
    b = formats.mantissa
    mantissa = rng.integers(1 << (b - 1), 1 << b, count)
    return Footprint(
        xx=np.minimum((t[:, 0] ** 2).sum(axis=1) + low, limit),
        yy=np.minimum((t[:, 1] ** 2).sum(axis=1) + low, limit),
        xy=np.clip((t[:, 0] * t[:, 1]).sum(axis=1), -limit, limit),
        sharp_xx=sharp[:, 0],
        sharp_yy=sharp[:, 1],
        exponent=rng.integers(formats.exponent_min, EXPONENT_MAX + 1, count),
        depth_squared=mantissa * mantissa >> b,
    )


@pytest.mark.parametrize("name", PARAMETERS)
def test_conic_of_any_covariance(name):
    params = PARAMETERS[name]
    formats = ProjectionFormats(params)
    shape = covariances(1_000_000 if name == "default" else 100_000, 5, formats)
    inputs = {name: getattr(shape, name) for name in ("xx", "yy", "xy", "depth_squared")}
    got = run_block(Conic(params), inputs | {"footprint_exponent": shape.exponent})
    due = conic(shape, formats)
    for n, entry in enumerate("abc"):
        np.testing.assert_array_equal(got[entry], due.mantissas[:, n], err_msg=entry)
    np.testing.assert_array_equal(got["exponent"], due.exponent)
    assert (due.mantissas[:, 0] > 0).all()
