"""The integer direction against float64, in every part of the screen and far beside it."""

from __future__ import annotations

import numpy as np
import pytest

from golden.camera import Camera
from golden.errors import InputError
from golden.stages.color.constants import color_constants, constant_formats
from golden.stages.color.direction import direction, reciprocal_root_table
from golden.stages.color.formats import RECIPROCAL_BITS, ColorFormats
from tests.golden.color.color_cases import PARAMS, UNIT, camera_of, exact_directions

FORMATS = ColorFormats(PARAMS)
LAST_PLACE = 2.0**-FORMATS.direction_fraction_bits


def errors(places: np.ndarray, camera: Camera) -> np.ndarray:
    """(N, 3) integer direction less the exact one."""
    found = direction(places, color_constants(camera, PARAMS), FORMATS)
    return found * LAST_PLACE - exact_directions(places, camera)


def scattered(seed: int, low_px: float, high_px: float, count: int = 20_000) -> np.ndarray:
    """Places whose distance from the principal point is of all magnitudes within the range."""
    rng = np.random.default_rng(seed)
    distance = np.exp(rng.uniform(np.log(low_px), np.log(high_px), count))
    angle = rng.uniform(0, 2 * np.pi, count)
    center = np.array([812.25, 490.5])
    places = center + distance[:, None] * np.column_stack((np.cos(angle), np.sin(angle)))
    return np.rint(places * UNIT).astype(np.int64)


def test_the_table_is_within_two_last_places():
    table = reciprocal_root_table(RECIPROCAL_BITS, FORMATS.reciprocal.bits)
    v = np.arange(1 << (RECIPROCAL_BITS - 2), 1 << RECIPROCAL_BITS)
    exact = np.ldexp(1 / np.sqrt((v + 0.5) / 2.0 ** (RECIPROCAL_BITS - 2)), FORMATS.reciprocal.bits)
    assert np.abs(table(v) - np.minimum(exact, FORMATS.reciprocal.max_int)).max() <= 2
    assert (table(np.arange(1 << (RECIPROCAL_BITS - 2))) == 0).all()


@pytest.mark.parametrize("focal_px", [40.0, 300.0, 900.0, 31_000.0])
@pytest.mark.parametrize("seed", range(4))
def test_directions_within_eight_focal_lengths(seed, focal_px):
    """Half a last place, and what README.md's budget adds: below 0.63 of the last place."""
    camera = camera_of(seed, focal_px)
    assert np.abs(errors(scattered(seed, 0.01, 8 * focal_px), camera)).max() <= 0.63 * LAST_PLACE


@pytest.mark.parametrize("aspect", [0.8, 1.0, 1.25])
@pytest.mark.parametrize("focal_px", [40.0, 900.0, 31_000.0])
def test_directions_far_beside_the_picture(focal_px, aspect):
    """Beyond 8 focal lengths tangents are coarser: half a last place and 2^-11."""
    camera = camera_of(3, focal_px, aspect)
    places = scattered(5, 8 * focal_px, 2.0**22)
    assert np.abs(errors(places, camera)).max() <= LAST_PLACE / 2 + 2.0**-11


def test_the_ends_of_the_screen_have_a_direction():
    ends = np.array([-(1 << 31), -1, 0, (1 << 31) - 1])
    places = np.stack(np.meshgrid(ends, ends), axis=-1).reshape(-1, 2)
    assert np.abs(errors(places, camera_of(1))).max() <= LAST_PLACE / 2 + 2.0**-11


@pytest.mark.parametrize("focal_px", [1.0, 5.0, 20.0])
def test_short_lenses(focal_px):
    """A unit of the screen is 1/256 px: 2^-9 of a focal length of 1 px, and so the direction."""
    places = scattered(2, 0.01, 300 * focal_px)
    error = np.abs(errors(places, camera_of(2, focal_px))).max()
    assert error <= LAST_PLACE * 0.63 + 2.0**-9 / focal_px


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("sign", [-1, 1])
def test_the_axes_are_met_exactly(axis, sign):
    """A splat on the optical axis of a camera along a world axis: 1 in that coordinate."""
    forward = np.zeros(3)
    forward[axis] = sign
    right = np.roll(np.abs(forward), 1)
    viewmat = np.eye(4)
    viewmat[:3, :3] = np.stack((right, np.cross(forward, right), forward))
    camera = Camera("axis", 640, 480, 500.0, 500.0, 320.0, 240.0, viewmat)
    found = direction(np.array([[320, 240]]) * UNIT, color_constants(camera, PARAMS), FORMATS)
    np.testing.assert_array_equal(found[0], forward / LAST_PLACE)


@pytest.mark.parametrize("seed", range(300))
def test_constants_fit_their_formats(seed):
    rng = np.random.default_rng(seed)
    camera = camera_of(seed, 2.0 ** rng.uniform(-3, 14.9), 2.0 ** rng.uniform(-3, 3))
    ports = color_constants(camera, PARAMS).as_ports()
    formats = constant_formats(PARAMS)
    assert list(ports) == list(formats)
    assert all(formats[name].contains(value) for name, value in ports.items()), ports


def test_a_lens_beyond_the_formats_is_refused():
    with pytest.raises(InputError, match="choose a smaller --size, or leave that view out"):
        color_constants(camera_of(0, 2.0**23), PARAMS)
