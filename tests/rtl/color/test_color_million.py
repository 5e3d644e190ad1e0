"""A million random and hostile splats through the compiled RTL at every pace: the same bits.

`uv run pytest -m slow -n 0 tests/rtl/color/test_color_million.py`: 4 minutes, 2 of them to compile.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.params import Parameters
from golden.stages.color.integer import color
from sim.rtl.color_harness import ColorHarness, ColorStalls
from tests.rtl.color.color_stimulus import (
    axis_camera,
    constants_of,
    directed_records,
    random_camera,
    random_indices,
    random_records,
    random_splats,
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("color_million")]

PACES = (1, 2, 4, 8)
VIEWS, SPLATS = 20, 50_000
AXES = 24
STALLS = ColorStalls(60, idle_256=60, stall_256=60, busy_256=60, address_256=60)


@pytest.fixture(scope="module")
def records() -> np.ndarray:
    """Every field at its ends with every exponent, and any bits."""
    return np.concatenate((directed_records(), random_records(60_000, 1)))


@pytest.fixture(scope="module", params=PACES)
def harness(request) -> ColorHarness:
    built = ColorHarness(Parameters(color_cycles=request.param))
    built.build()
    return built


def check(harness: ColorHarness, splats, records, camera, stalls: ColorStalls):
    """Every bit and every splat of a frame."""
    constants = constants_of(camera, harness.params)
    run = harness.run(splats, records, constants, stalls)
    np.testing.assert_array_equal(run.colored["splat"], splats)
    expected = color(splats, records, constants, harness.params)
    np.testing.assert_array_equal(run.colored["color"], expected)
    assert run.counters["splats"] == len(splats)
    assert run.error == 0


@pytest.mark.parametrize("seed", range(VIEWS))
def test_random_and_hostile_views(harness, records, seed):
    """Of all focal lengths; splats far beside the picture; every other view with stalls."""
    camera = random_camera(seed)
    splats = random_splats(SPLATS, seed, camera, harness.params)
    splats["index"] = random_indices(SPLATS, seed, len(records))
    check(
        harness, splats, records, camera, replace(STALLS if seed % 2 else ColorStalls(), seed=seed)
    )


def test_every_field_at_its_ends_along_every_axis(harness, records):
    """All records of one field, from the centre and around it, for cameras along all axes."""
    count = len(directed_records())
    for number in range(AXES):
        camera = axis_camera(number)
        splats = random_splats(count, number, camera, harness.params)
        center = np.array([camera.cx, camera.cy]) * (1 << harness.params.screen_fraction_bits)
        splats["mean2d"][number % 2 :: 2] = center
        splats["index"] = np.arange(count)
        check(harness, splats, records, camera, ColorStalls())
