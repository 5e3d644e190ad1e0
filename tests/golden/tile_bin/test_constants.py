"""Constants of tile_bin: what the host computes, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.camera import Camera
from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras
from golden.errors import InputError
from golden.pack import Pack, build_pack
from golden.params import Parameters
from golden.rules import INRIA
from golden.stages.tile_bin.constants import (
    PAGE_BYTES,
    bin_grid,
    constant_formats,
    strip_rows,
    tile_bin_constants,
)
from golden.stages.tile_bin.entry import KEY_KNEE
from golden.view import view_frame
from tests.golden.random_hostile import hostile_camera, hostile_scene

PARAMS = Parameters()


@pytest.fixture(scope="module")
def camera() -> Camera:
    return default_cameras(1, 1559, 1039)[0]


@pytest.fixture(scope="module")
def pack() -> Pack:
    return build_pack(hostile_scene(1, 300), ClusterOptions(method="morton"), INRIA)


@pytest.mark.parametrize("seed", range(5))
def test_few_depths_lie_beyond_the_knee(seed):
    """Of the splats that the integer models of the stages before let through."""
    scene = hostile_scene(seed)
    camera = hostile_camera(seed, scene)
    pack = build_pack(scene, ClusterOptions(method="morton"), INRIA)
    constants = tile_bin_constants(camera, pack, PARAMS, 0, PAGE_BYTES)
    splats = view_frame(pack, camera, INRIA, PARAMS).splats
    beyond = (splats["depth"].astype(np.int64) >> constants.depth_shift) >= KEY_KNEE
    assert beyond.mean() <= 0.01
    for name, fixed in constant_formats(PARAMS).items():
        assert fixed.contains(constants.as_ports()[name]), name


def test_grid_and_strips(camera):
    assert bin_grid(camera, PARAMS) == (25, 17)
    assert bin_grid(camera, Parameters(bin_px=32)) == (49, 33)
    assert strip_rows(camera, PARAMS) == 17
    assert strip_rows(camera, Parameters(max_bins=64)) == 2
    with pytest.raises(InputError, match="is 1559 px wide, 25 bins of 64 px where the hardware"):
        strip_rows(camera, Parameters(max_bins=16))


def test_list_memory_is_whole_pages(camera, pack):
    constants = tile_bin_constants(camera, pack, PARAMS, 1 << 20, 10 * PAGE_BYTES + 2047)
    assert (constants.list_page, constants.pages) == (512, 10)
    huge = tile_bin_constants(camera, pack, PARAMS, 0, 1 << 40)
    assert huge.pages == PARAMS.list_pages
    strip = tile_bin_constants(camera, pack, PARAMS, 0, 1 << 20, range(4, 9))
    assert (strip.first_row, strip.across, strip.down, strip.bins) == (4, 25, 5, 125)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"list_address": 1024}, "begins at 0x400, which is no multiple of 2048"),
        ({"list_bytes": 2047}, "list memory of 2047 bytes holds no page of 2048"),
        ({"rows": range(16, 18)}, "are not among the picture's 17"),
        ({"rows": range(3, 3)}, "are not among the picture's 17"),
    ],
)
def test_bad_requests(camera, pack, changes, words):
    arguments = {"list_address": 0, "list_bytes": 1 << 20, "rows": None} | changes
    with pytest.raises(InputError, match=words):
        tile_bin_constants(camera, pack, PARAMS, **arguments)


def test_pictures_that_are_too_large_are_refused(camera, pack):
    with pytest.raises(InputError, match="has 4097x2000 px, more than the 4096 a side"):
        tile_bin_constants(camera.resized(4097, 2000), pack, PARAMS, 0, 1 << 20)


def test_parameters_are_powers_of_two():
    with pytest.raises(ValueError, match="max_bins = 1000 is not a power of two"):
        replace(PARAMS, max_bins=1000)
    with pytest.raises(ValueError, match="bin_px = 48 is not a power of two"):
        replace(PARAMS, bin_px=48)
