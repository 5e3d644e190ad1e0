"""Place, compiled, against golden.stages.gaussian_project.place: bit for bit, for any record."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from golden.stages.gaussian_project.formats import ProjectionFormats
from golden.stages.gaussian_project.place import place
from hw.stages.gaussian_project.place import Place, place_shapes
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
    return BlockHarness(Place(PARAMETERS[name]))


def place_inputs(members: np.ndarray) -> dict[str, np.ndarray]:
    inputs = {"member_exponent": members["member_exponent"], "unit_exponent": members["exponent"]}
    for number, axis in enumerate("xyz"):
        inputs[f"offset_{axis}"] = members["geometry"]["offset"][:, number]
        inputs[f"center_camera_{axis}"] = members["center_camera"][:, number]
    return {key: value.astype(np.int64) for key, value in inputs.items()}


def check(name: str, members: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Every output of every member; returns the outputs."""
    params = PARAMETERS[name]
    constants = random_projection(seed, params)
    got = run_with_constants(harness(name), constants, place_inputs(members))
    where = place(members, constants, ProjectionFormats(params))
    for output in place_shapes(params):
        if output.startswith("tangent"):
            expected = where.tangent[:, "xy".index(output[-1])]
        else:
            expected = getattr(where, output).astype(np.int64)
        differs = np.flatnonzero(got[output] != expected)
        assert not len(differs), (
            f"{output} of {len(differs)} members, first {differs[0]}: {got[output][differs[0]]} "
            f"where {expected[differs[0]]} is due, seed {seed}: {members[differs[0]]}"
        )
    return got


@pytest.mark.parametrize("name", PARAMETERS)
def test_corners(name):
    """Ends of every format together, and every exponent, under both rules."""
    members = directed_members(PARAMETERS[name])
    for seed in range(4):
        got = check(name, members, seed)
        top = ProjectionFormats(PARAMETERS[name]).depth_bits
        assert got["depth"].min() == 1
        assert got["depth"].max() == (1 << top) - 1
        assert set(got["depth_exponent"]) == set(range(top))
        assert set(got["before"]) == {0, 1}


@pytest.mark.parametrize(
    ("name", "count", "views"),
    [("default", 150_000, 7), ("narrow", 30_000, 6), ("between", 30_000, 6)],
)
def test_any_members(name, count, views):
    """Random and hostile members before random cameras."""
    for seed in range(views):
        check(name, random_members(count, seed, PARAMETERS[name]), seed)
