"""The integer colours against float64, another definition of the harmonics, and hostile records."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy.special import lpmv

from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_scene
from golden.errors import InputError
from golden.pack import build_pack
from golden.pack.color_record import color_fields, decode_colors, encode_colors
from golden.records import COLOR_DTYPE
from golden.rules import INRIA
from golden.stages.color.basis import FUNCTIONS, basis, factor
from golden.stages.color.constants import color_constants, need_narrow_colors
from golden.stages.color.direction import direction
from golden.stages.color.formats import COLOR, ColorFormats
from golden.stages.color.integer import color, colors_of, cut, evaluate
from golden.stages.color.reference import sh_basis
from tests.golden.color.color_cases import (
    PARAMS,
    UNIT,
    camera_of,
    exact_directions,
    splats_at,
)

FORMATS = ColorFormats(PARAMS)
# Largest error of the 15 functions, README.md: the steepest is Y_12, 0.373 z (5 z^2 - 3) at z = 1.
STEEPEST = 0.3732 * 12


def basis_error(direction_error: float) -> float:
    """Direction; the function's half last place; products, polynomials and constants rounded."""
    return STEEPEST * direction_error + 2.0 ** -(FORMATS.basis_fraction_bits + 1) + 7e-4


DIRECTION_ERROR = 0.63 * 2.0**-FORMATS.direction_fraction_bits


def legendre_basis(directions: np.ndarray) -> np.ndarray:
    """Y_0 to Y_15 by scipy's associated Legendre functions and angles, real, 3DGS's signs.

    Y_l^m = sqrt(2) N_l^m P_l^m(cos theta) cos(m phi), sin(|m| phi) for m < 0. scipy's P_l^m has
    the Condon-Shortley sign (-1)^m, which is the one that trained scenes assume.
    """
    x, y, z = directions.T
    phi = np.arctan2(y, x)
    columns = []
    for degree in range(4):
        for order in range(-degree, degree + 1):
            m = abs(order)
            norm = math.sqrt(
                (2 * degree + 1)
                / (4 * math.pi)
                * math.factorial(degree - m)
                / math.factorial(degree + m)
            )
            angle = np.sin(m * phi) if order < 0 else np.cos(m * phi)
            scale = 1 if m == 0 else math.sqrt(2)
            columns.append(scale * norm * lpmv(m, degree, z) * angle)
    return np.stack(columns, axis=1)


def unit_vectors(count: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, 3))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def random_records(count: int, seed: int, size: float = 0.3) -> np.ndarray:
    """Records as the pack writes them, coefficients of about that size."""
    sh = np.random.default_rng(seed).normal(size=(count, 16, 3)) * size
    return encode_colors(sh.astype(np.float32))


def random_places(count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.rint(rng.uniform([-800, -500], [2400, 1500], (count, 2)) * UNIT).astype(np.int64)


def test_the_references_agree():
    directions = unit_vectors(2_000, 0)
    np.testing.assert_allclose(sh_basis(directions, 3), legendre_basis(directions), atol=1e-13)


def test_functions_are_those_of_legendre():
    """Directions rounded and not: each of the 15 within the stated bound, the mean near 0."""
    directions = unit_vectors(100_000, 1)
    rounded = np.rint(np.ldexp(directions, FORMATS.direction_fraction_bits)).astype(np.int64)
    found = np.ldexp(basis(rounded, FORMATS).astype(float), -FORMATS.basis_fraction_bits)
    error = found - legendre_basis(directions)[:, 1:]
    assert error.shape[1] == FUNCTIONS
    assert np.abs(error).max() <= basis_error(2.0 ** -(FORMATS.direction_fraction_bits + 1))
    assert np.abs(error.mean(axis=0)).max() <= 2.0**-12
    assert basis(rounded, FORMATS).min() >= FORMATS.basis.min_int
    assert basis(rounded, FORMATS).max() <= FORMATS.basis.max_int


def test_functions_on_the_axes():
    one = 1 << FORMATS.direction_fraction_bits
    axes = np.concatenate((np.eye(3), -np.eye(3))).astype(np.int64) * one
    found = np.ldexp(basis(axes, FORMATS).astype(float), -FORMATS.basis_fraction_bits)
    exact = legendre_basis(axes / one)[:, 1:]
    assert np.abs(found - exact).max() <= 2.0**-(FORMATS.basis_fraction_bits)


def test_sums_are_exact_in_rational_numbers():
    """With Python's fractions: each degree cut down, then nearest; then the range of COLOR."""
    rng = np.random.default_rng(4)
    records = np.zeros(400, dtype=COLOR_DTYPE)
    records["words"] = rng.integers(0, 1 << 64, (400, 4), dtype=np.uint64)
    limit = 1 << FORMATS.basis_fraction_bits
    functions = rng.integers(-limit, limit, (400, FUNCTIONS))
    fields = color_fields(records)
    found = evaluate(functions, fields, FORMATS)
    within = cut(found)
    cut_unit = Fraction(1, 1 << FORMATS.sum_fraction_bits)
    first, units = (0, 1, 4, 9, 16), (-10, -10, -10, -9)
    y_0 = Fraction(round(0.5 / math.sqrt(math.pi) * (1 << 14)), 1 << 14)
    for n in range(len(records)):
        for channel in range(3):
            total = Fraction(1, 2)
            for degree in range(4):
                part = sum(
                    Fraction(int(fields.mantissas[n, k, channel]))
                    * (Fraction(int(functions[n, k - 1]), limit) if k else y_0)
                    for k in range(first[degree], first[degree + 1])
                )
                part *= Fraction(2) ** int(fields.exponents[n, degree] + units[degree])
                total += part / cut_unit // 1 * cut_unit
            nearest = (total * 512 + Fraction(1, 2)) // 1
            assert found[n, channel] == nearest
            assert within[n, channel] == min(max(nearest, 0), COLOR.max_int)


@pytest.mark.parametrize("degree", range(4))
def test_colors_are_within_the_budget(degree):
    """Against float64 from the same records and places: the bound of each splat, README.md.

    Half a last place of the colour, 4 cuts, the constant of degree 0, and the functions' error
    times the sizes of the coefficients.
    """
    count = 40_000
    sh = np.random.default_rng(degree).normal(size=(count, (degree + 1) ** 2, 3)) * 0.2
    records = encode_colors(sh.astype(np.float32))
    places, camera = random_places(count, degree), camera_of(degree)
    found = colors_of(color(splats_at(places), records, color_constants(camera, PARAMS), PARAMS))
    stored = decode_colors(records, 16).astype(float)
    exact = 0.5 + np.einsum("nk,nkc->nc", legendre_basis(exact_directions(places, camera)), stored)
    bound = (
        2.0**-10
        + 4 * 2.0**-FORMATS.sum_fraction_bits
        + np.abs(stored[:, 0]) * 1e-5
        + basis_error(DIRECTION_ERROR) * np.abs(stored[:, 1:]).sum(axis=1)
    )
    error = np.abs(found - np.clip(exact, 0, COLOR.max_int / 512))
    assert (error <= bound).all(), (error - bound).max()
    assert error.mean() < 2.0**-10


def test_colors_are_cut_at_both_ends():
    sh = np.zeros((5, 16, 3), dtype=np.float32)
    sh[:, 0] = np.array([-9.0, -1.7725, 0.0, 5.0, 300.0])[:, None]
    places = np.full((5, 2), 700 * UNIT)
    constants = color_constants(camera_of(0), PARAMS)
    found = color(splats_at(places), encode_colors(sh), constants, PARAMS)
    assert (found[:, 0] == [0, 0, 256, 978, COLOR.max_int]).all()


def test_records_are_those_of_the_index():
    """Splats in any order, the same record twice."""
    records, constants = random_records(500, 3), color_constants(camera_of(0), PARAMS)
    index = np.random.default_rng(0).integers(0, 500, 2_000)
    places = random_places(2_000, 1)
    found = color(splats_at(places, index), records, constants, PARAMS)
    alone = color(splats_at(places), records[index], constants, PARAMS)
    np.testing.assert_array_equal(found, alone)


def test_chunks_do_not_matter(monkeypatch):
    records, constants = random_records(3_000, 5), color_constants(camera_of(2), PARAMS)
    splats = splats_at(random_places(3_000, 2))
    whole = color(splats, records, constants, PARAMS)
    monkeypatch.setattr("golden.stages.color.integer.CHUNK_ROWS", 7)
    np.testing.assert_array_equal(whole, color(splats, records, constants, PARAMS))


def test_no_splats_have_no_colors():
    constants = color_constants(camera_of(0), PARAMS)
    found = color(splats_at(np.zeros((0, 2))), random_records(1, 0), constants, PARAMS)
    assert found.shape == (0, 3)


@pytest.mark.parametrize("seed", range(5))
def test_any_bits_give_a_color(seed):
    """Records of random bits, at the ends of the screen too: in range, as if each were alone."""
    rng = np.random.default_rng(seed)
    records = np.zeros(20_000, dtype=COLOR_DTYPE)
    records["words"] = rng.integers(0, 1 << 64, (20_000, 4), dtype=np.uint64)
    places = rng.integers(-(1 << 31), 1 << 31, (20_000, 2))
    constants = color_constants(camera_of(seed), PARAMS)
    found = color(splats_at(places), records, constants, PARAMS)
    assert found.max() <= COLOR.max_int
    one = color(splats_at(places[77:78], np.array([77])), records, constants, PARAMS)
    np.testing.assert_array_equal(found[77:78], one)


def test_sums_cannot_overflow_what_the_hardware_holds():
    """The largest of all sums stays below 2^16 in size: 30 bits with 13 fraction bits."""
    limit = 1 << FORMATS.basis_fraction_bits
    worst = abs(factor(0.2821, FORMATS)) / 1024 * 2**11 * 2.0**5
    for mantissa, count, unit in ((16, 3, 5), (16, 5, 5), (8, 7, 6)):
        worst += mantissa * count * (limit / limit) * 2.0**unit
    assert worst < 2**16


def test_other_widths_are_models_of_their_own():
    records, constants = random_records(2_000, 9), color_constants(camera_of(4), PARAMS)
    splats = splats_at(random_places(2_000, 3))
    usual = color(splats, records, constants, PARAMS)
    wide = color(splats, records, constants, PARAMS, ColorFormats(PARAMS, 13, 15, 13, 15))
    narrow = color(splats, records, constants, PARAMS, ColorFormats(PARAMS, 7, 9, 6))
    exact_error = np.abs(usual.astype(int) - wide).max()
    assert 0 < exact_error < np.abs(narrow.astype(int) - wide).max()


def test_float16_packs_are_refused():
    options = ClusterOptions("morton", 20, "safe", 0)
    scene = default_scene(500)
    need_narrow_colors(build_pack(scene, options, INRIA, colors="narrow"))
    with pytest.raises(InputError, match="has float16 colours, and the hardware evaluates narrow"):
        need_narrow_colors(build_pack(scene, options, INRIA))


def test_places_and_index_are_all_that_is_read():
    records, constants = random_records(100, 1), color_constants(camera_of(1), PARAMS)
    splats = splats_at(random_places(100, 1))
    others = splats.copy()
    for name in ("conic", "depth", "tile_rect", "extent", "opacity"):
        others[name] = 7
    found = color(splats, records, constants, PARAMS)
    np.testing.assert_array_equal(found, color(others, records, constants, PARAMS))
    exact = exact_directions(splats["mean2d"].astype(np.int64), camera_of(1))
    rounded = direction(splats["mean2d"], constants, FORMATS)
    assert np.abs(rounded / 1024 - exact).max() < 2.0**-10
