"""Cover, compiled, against its integer model (extent): bit for bit, for anything before it."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest

from golden.params import Parameters
from golden.records import MEMBER_DTYPE
from golden.stages.gaussian_project.extent import cover
from golden.stages.gaussian_project.footprint import Footprint, footprint
from golden.stages.gaussian_project.formats import EXPONENT_MAX, ProjectionFormats
from golden.stages.gaussian_project.place import Place, place
from hw.stages.gaussian_project.cover import Cover
from hw.stages.gaussian_project.position import largest_error_exponent
from sim.rtl.block_harness import BlockHarness
from tests.rtl.gaussian_project.projection_stimulus import (
    PARAMETERS,
    directed_members,
    random_members,
    random_projection,
    run_with_constants,
)


@cache
def harness(name: str) -> BlockHarness:
    return BlockHarness(Cover(PARAMETERS[name]))


def check(name: str, members: np.ndarray, where: Place, shape: Footprint, seed: int):
    """Every output of every member; returns the outputs."""
    constants = random_projection(seed, PARAMETERS[name])
    inputs = {
        "reach_factor": members["geometry"]["reach_factor"].astype(np.int64),
        "tangent_x": where.tangent[:, 0],
        "tangent_y": where.tangent[:, 1],
    }
    for key in ("reciprocal", "depth_exponent", "error_exponent"):
        inputs[key] = getattr(where, key)
    inputs |= {key: getattr(shape, key) for key in ("xx", "yy", "exponent")}
    got = run_with_constants(harness(name), constants, inputs)
    due = cover(members, where, shape, constants, ProjectionFormats(PARAMETERS[name]))
    compare("empty", got["empty"], due.empty, inputs)
    for number, axis in enumerate("xy"):
        compare(axis, got[f"extent_px_{axis}"], due.extent_px[:, number], inputs)
    for number, tile in enumerate(("x0", "y0", "x1", "y1")):
        drawn = np.where(due.empty, 0, due.tile_rect[:, number])
        compare(tile, np.where(due.empty, 0, got[tile]), drawn, inputs)
    return got


def compare(what: str, got: np.ndarray, due: np.ndarray, inputs: dict[str, np.ndarray]):
    differs = np.flatnonzero(got != due)
    if len(differs):
        first = {key: int(value[differs[0]]) for key, value in inputs.items()}
        raise AssertionError(
            f"{what} differs {len(differs)} times: {got[differs[0]]} where {due[differs[0]]} is "
            f"due for {first}."
        )


def any_inputs(count: int, seed: int, params: Parameters):
    """Members, places and footprints with each number anywhere in its format."""
    rng = np.random.default_rng(seed)
    formats = ProjectionFormats(params)

    def spread(bits, shape):
        values = rng.integers(0, 1 << bits, shape) >> rng.integers(0, bits, shape)
        return np.where(rng.random(shape) < 0.03, (1 << bits) - 1, values)

    members = np.zeros(count, dtype=MEMBER_DTYPE)
    members["geometry"]["reach_factor"] = spread(16, count)
    shape = footprint_of(
        np.maximum(spread(formats.covariance_bits, count), 1),
        np.maximum(spread(formats.covariance_bits, count), 1),
        rng.integers(formats.exponent_min, EXPONENT_MAX + 1, count),
    )
    return members, any_place(rng, spread, count, params), shape


def footprint_of(xx: np.ndarray, yy: np.ndarray, exponent: np.ndarray) -> Footprint:
    """A footprint of these numbers, all that the cover reads; the others are 0."""
    zero = np.zeros_like(xx)
    return Footprint(
        xx=xx,
        yy=yy,
        xy=zero,
        sharp_xx=zero,
        sharp_yy=zero,
        exponent=exponent,
        depth_squared=zero,
    )


def any_place(rng, spread, count, params: Parameters) -> Place:
    formats = ProjectionFormats(params)
    size = spread(formats.tangent_bits, (count, 2))
    normalised = rng.integers(1 << (formats.mantissa - 1), 1 << formats.mantissa, count)
    depth_exponent = rng.integers(0, formats.depth_bits, count)
    # As likely far from as near to the depth's.
    error = np.where(
        rng.random(count) < 0.5,
        rng.integers(0, largest_error_exponent(params) + 1, count),
        np.clip(depth_exponent - rng.integers(0, 16, count), 0, largest_error_exponent(params)),
    )
    return Place(
        depth=1 << depth_exponent,
        unit_exponent=np.zeros(count, np.int64),
        before=np.zeros(count, bool),
        depth_exponent=depth_exponent,
        depth_mantissa=normalised,
        reciprocal=np.where(rng.random(count) < 0.1, spread(formats.mantissa, count), normalised),
        tangent=np.where(rng.random((count, 2)) < 0.5, -size, size),
        error_exponent=error,
    )


def from_members(members: np.ndarray, seed: int, params: Parameters):
    constants, formats = random_projection(seed, params), ProjectionFormats(params)
    where = place(members, constants, formats)
    return members, where, footprint(members, where, constants, formats)


def corner_inputs(params: Parameters):
    """Ends of all numbers together."""
    formats = ProjectionFormats(params)
    b, top = formats.mantissa, (1 << formats.covariance_bits) - 1
    tangent = (1 << formats.tangent_bits) - 1
    axes = (
        (0, 1, 54545, 65535),
        (1 << (b - 1), (1 << b) - 1),
        (1, 2, 3, 4, 5, top - 1, top),
        (formats.exponent_min, 0, EXPONENT_MAX - 1, EXPONENT_MAX),
        (0, 1, formats.depth_bits // 2, formats.depth_bits - 1),
        (0, largest_error_exponent(params) // 2, largest_error_exponent(params)),
        (-tangent, -1, 0, 9999, tangent),
    )
    factor, reciprocal, variance, exponent, depth, error, lateral = np.array(
        list(itertools.product(*axes)), dtype=np.int64
    ).T
    members = np.zeros(len(factor), dtype=MEMBER_DTYPE)
    members["geometry"]["reach_factor"] = factor
    zero = np.zeros_like(factor)
    where = Place(
        depth=zero + 1,
        unit_exponent=zero,
        before=zero > 0,
        depth_exponent=depth,
        depth_mantissa=reciprocal,
        reciprocal=reciprocal,
        tangent=np.column_stack((lateral, lateral[::-1])),
        error_exponent=error,
    )
    return members, where, footprint_of(variance, variance[::-1], exponent)


@pytest.mark.parametrize("name", PARAMETERS)
def test_corners(name):
    """Ends of every format together, under both rules."""
    for seed in range(4):
        got = check(name, *corner_inputs(PARAMETERS[name]), seed)
        assert set(got["empty"]) == {0, 1}
        assert got["extent_px_x"].max() == 0xFFFF
        check(name, *from_members(directed_members(PARAMETERS[name]), seed, PARAMETERS[name]), seed)


@pytest.mark.parametrize(
    ("name", "count", "views"),
    [("default", 80_000, 7), ("narrow", 20_000, 6), ("between", 20_000, 6)],
)
def test_any_members(name, count, views):
    """Random and hostile members as the steps before pass them on, and any numbers at all."""
    params = PARAMETERS[name]
    for seed in range(views):
        check(name, *from_members(random_members(count, seed, params), seed, params), seed)
        check(name, *any_inputs(count, seed, params), seed)
