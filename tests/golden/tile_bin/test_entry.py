"""The list entry: its layout bit by bit, what it decodes to, and what lies beyond its formats."""

from __future__ import annotations

import numpy as np
import pytest

from golden.numbers.logarithm import log2_of
from golden.params import Parameters
from golden.records import SPLAT_DTYPE
from golden.stages.tile_bin.encode import depth_key, encode
from golden.stages.tile_bin.entry import (
    ENTRY_BITS,
    ENTRY_DTYPE,
    ENTRY_FIELDS,
    KEY_KNEE,
    decode,
    depth_keys,
    null_entry,
    pack_fields,
    unpack_fields,
)
from tests.golden.tile_bin.random_conics import turn_ellipses

PARAMS = Parameters()
UNIT = 1 << PARAMS.screen_fraction_bits
CODE = 2.0**-5  # of a logarithm
# Half a code, two logarithms within 0.0025 each, and their rounding to 9 fraction bits.
LOG_ERROR = CODE / 2 + 2 * 0.0025 + 2.0**-9


def random_splats(count: int, seed: int, center_px: float = 2000.0) -> np.ndarray:
    """Splats with covariances of positive axes, as gaussian_project writes them."""
    rng = np.random.default_rng(seed)
    splats = np.zeros(count, SPLAT_DTYPE)
    splats["mean2d"] = np.rint(rng.uniform(-center_px, center_px, (count, 2)) * UNIT)
    low = np.exp2(rng.uniform(-0.86, 9, count))  # the low pass leaves no less
    high = low * np.exp2(rng.uniform(0, 5, count))
    turn_ellipses(rng, splats, low, high, PARAMS.conic_bits)
    splats["depth"] = rng.integers(0, 1 << 28, count)
    splats["opacity"] = rng.integers(258, 65536, count)
    return splats


def colors(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 1024, (count, 3))


def conic_of(splats: np.ndarray) -> np.ndarray:
    return splats["conic"] * np.ldexp(1.0, splats["conic_exponent"])[:, None]


def test_fields_fill_the_entry_without_gaps():
    place = 0
    for first, fixed in ENTRY_FIELDS.values():
        assert first == place
        place += fixed.bits
    assert place == ENTRY_BITS == 8 * ENTRY_DTYPE.itemsize


@pytest.mark.parametrize("name", ENTRY_FIELDS)
def test_each_field_lies_where_it_is_said_to(name):
    place, fixed = ENTRY_FIELDS[name]
    for value in {fixed.min_int, 1, fixed.max_int}:
        entry = pack_fields({name: np.array([value])})
        number = int.from_bytes(entry.tobytes(), "little")
        assert number == (value & ((1 << fixed.bits) - 1)) << place
        assert unpack_fields(entry)[name][0] == value


def test_a_value_beyond_its_field_is_refused():
    with pytest.raises(ValueError, match="w1 has values from 3 to 1024: its 10 bits hold 0 to"):
        pack_fields({"w1": np.array([3, 1024])})


def test_random_fields_come_back():
    rng = np.random.default_rng(1)
    fields = {
        name: rng.integers(fixed.min_int, fixed.max_int + 1, 5000)
        for name, (_, fixed) in ENTRY_FIELDS.items()
    }
    entries = pack_fields(fields)
    for name, values in unpack_fields(entries).items():
        np.testing.assert_array_equal(values, fields[name])
    np.testing.assert_array_equal(depth_keys(entries), fields["key"])


def test_logarithms_are_within_their_bound():
    rng = np.random.default_rng(2)
    values = np.unique(np.exp2(rng.uniform(0, 50, 200_000)).astype(np.int64))
    error = log2_of(values) / 512 - np.log2(values.astype(np.float64))
    assert np.abs(error).max() < 0.0025
    assert log2_of(np.array([0, 1])).tolist() == [log2_of(np.array([1]))[0]] * 2


@pytest.mark.parametrize("seed", range(3))
def test_every_field_is_within_its_bound(seed):
    splats = random_splats(100_000, seed)
    entries = encode(splats, colors(len(splats)), 8, PARAMS)
    found, conic = decode(entries), conic_of(splats)
    assert np.abs(found.mean2d - splats["mean2d"] / UNIT).max() <= 2.0**-6
    a, b, c = conic.T
    pivot = np.maximum(a, c)
    assert np.array_equal(found.swap, c > a)
    assert np.abs(found.slope - b / pivot).max() <= 2.0**-12 + 2.0**-16
    assert np.abs(np.log2(found.p2 / pivot)).max() <= LOG_ERROR
    det = (a * c - b * b) / pivot
    assert np.abs(np.log2(found.r2 / det)).max() <= LOG_ERROR
    opacity = splats["opacity"] / 65535
    shown = opacity > 1 / 250
    assert np.abs(np.log2(found.opacity / opacity))[shown].max() <= LOG_ERROR
    assert np.array_equal(found.color, colors(len(splats)) / 512)
    assert np.array_equal(found.key, depth_key(splats["depth"].astype(np.int64), 8))


@pytest.mark.parametrize("seed", range(2))
def test_alpha_changes_by_no_more_than_the_stated_bound(seed):
    """|alpha' - alpha| <= 0.0315 + 0.61 p (2^-6 (1 + |s|) + 2^-12 |dy|): README.md, Bounds."""
    splats = random_splats(60_000, 10 + seed)
    rng = np.random.default_rng(seed)
    offset = rng.uniform(-300, 300, (len(splats), 2))
    true = _alpha(splats["mean2d"] / UNIT, conic_of(splats), splats["opacity"] / 65535, offset)
    entry = decode(encode(splats, colors(len(splats)), 8, PARAMS))
    pixel = splats["mean2d"] / UNIT + offset
    found = _alpha(entry.mean2d, entry.conic, entry.opacity, pixel - entry.mean2d)
    across = np.where(entry.swap, np.abs(offset[:, 0]), np.abs(offset[:, 1]))
    sigma = np.sqrt(np.maximum(conic_of(splats)[:, 0], conic_of(splats)[:, 2]))
    bound = 0.0315 + 0.61 * sigma * (2.0**-6 * 2.01 + 2.0**-12 * 1.01 * across) * 1.02
    assert (np.abs(found - true) <= bound).all()


def _alpha(center, conic, opacity, offset) -> np.ndarray:
    dx, dy = offset.T
    a, b, c = conic.T
    return opacity * np.exp(-(a * dx * dx + c * dy * dy) / 2 - b * dx * dy)


def test_opacities_at_the_threshold_change_by_less_than_a_step_of_the_picture():
    splats = random_splats(400, 3)
    splats["opacity"] = np.arange(len(splats))
    found = decode(encode(splats, colors(len(splats)), 8, PARAMS)).opacity
    opacity = splats["opacity"] / 65535
    assert found.min() > 1 / 255  # what gaussian_project let through stays visible
    assert np.abs(found - opacity)[opacity >= 1 / 255].max() < 1e-4


@pytest.mark.parametrize("shift", [0, 3, 12])
def test_keys_never_fall_as_the_depth_grows(shift):
    """Exact below the knee; from there on depths of equal keys differ by less than 2^-12."""
    rng = np.random.default_rng(4)
    depth = np.unique(np.exp2(rng.uniform(0, 32, 300_000)).astype(np.int64))
    key = depth_key(depth, shift)
    shifted = depth >> shift
    near = shifted < KEY_KNEE
    assert np.array_equal(key[near], shifted[near])
    assert (np.diff(key) >= 0).all()
    assert 0 <= key.min() <= key.max() < 1 << 20
    equal = (np.diff(key) == 0) & ~near[1:]
    assert (np.diff(depth)[equal] < depth[1:][equal] * 2.0**-12 + (1 << shift)).all()
    assert depth_key(np.array([(1 << 32) - 1]), shift)[0] < 1 << 20


def test_centres_beyond_4096_px_are_half_pixels():
    splats = random_splats(50_000, 5, center_px=65_000.0)
    found = decode(encode(splats, colors(50_000), 8, PARAMS)).mean2d
    true = splats["mean2d"] / UNIT
    far = (np.abs(true) > 4096).any(axis=1)
    assert np.abs(found - true)[far].max() <= 0.25
    assert np.abs(found - true)[~far].max() <= 2.0**-6


def test_centres_beyond_the_format_stay_flat_over_the_picture():
    """Beyond 2^16 px: the power at pixel (0, 0) as it was, the rest within the stated bound."""
    rng = np.random.default_rng(6)
    count = 20_000
    splats = np.zeros(count, SPLAT_DTYPE)
    angle = rng.uniform(0, 2 * np.pi, count)
    distance = np.exp2(rng.uniform(16.1, 22, count))
    direction = np.stack((np.cos(angle), np.sin(angle)), axis=1)
    splats["mean2d"] = np.rint(direction * distance[:, None] * UNIT)
    sigma = distance / rng.uniform(0.5, 3.33, count)  # round: it covers all of the picture
    exponent = np.frexp(sigma**-2)[1] - PARAMS.conic_bits
    splats["conic_exponent"] = exponent
    splats["conic"][:, 0] = splats["conic"][:, 2] = np.rint(np.ldexp(sigma**-2, -exponent))
    splats["opacity"] = 65535
    entry = decode(encode(splats, colors(count), 8, PARAMS))
    pixel = rng.uniform(0, 1, (count, 2)) * (1559, 1039)
    true = _power(splats["mean2d"] / UNIT, conic_of(splats), pixel)
    found = _power(entry.mean2d, entry.conic, pixel)
    # The gradient times the diagonal, and 1.7% of a power for w1 and w2.
    bound = 3.33 * 1874 * 3.33 / 32768 * 1.1 + 0.025 * true
    assert (np.abs(found - true) <= bound).all()


def _power(center, conic, pixel) -> np.ndarray:
    dx, dy = (pixel - center).T
    a, b, c = conic.T
    return (a * dx * dx + c * dy * dy) / 2 + b * dx * dy


def test_hostile_numbers_have_an_entry():
    """Ends of every range of a splat: encoded without a trace of an overflow."""
    rng = np.random.default_rng(7)
    splats = np.zeros(4000, SPLAT_DTYPE)
    splats["mean2d"] = rng.choice([-(1 << 31), -1, 0, 1, (1 << 31) - 1], (4000, 2))
    splats["conic"][:, (0, 2)] = rng.choice([0, 1, (1 << 24) - 1, 1 << 24], (4000, 2))
    splats["conic"][:, 1] = rng.choice([-(1 << 24), -1, 0, 1, 1 << 24], 4000)
    splats["conic_exponent"] = rng.choice([-128, -1, 0, 127], 4000)
    splats["opacity"] = rng.choice([0, 1, 257, 65535], 4000)
    splats["depth"] = rng.choice([0, 1, (1 << 32) - 1], 4000)
    found = decode(encode(splats, colors(4000), 0, PARAMS))
    assert (found.p2 > 0).all()
    assert (found.r2 > 0).all()
    assert np.isfinite(found.conic).all()


@pytest.mark.parametrize("screen_fraction_bits", [4, 6, 8])
def test_other_fractions_of_a_pixel(screen_fraction_bits):
    params = Parameters(screen_fraction_bits=screen_fraction_bits)
    splats = random_splats(2000, 8)
    places = np.rint(splats["mean2d"] / UNIT * (1 << screen_fraction_bits))
    splats["mean2d"] = places
    found = decode(encode(splats, colors(2000), 8, params)).mean2d
    assert np.abs(found - places / (1 << screen_fraction_bits)).max() <= 2.0**-6


def test_the_null_entry_reaches_no_pixel():
    entry = decode(null_entry())
    pixel = np.array([[0.5, 0.5]])
    power = _power(entry.mean2d, entry.conic, pixel)
    assert np.exp(-power[0]) == 0.0
