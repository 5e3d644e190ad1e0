"""Narrow colour records: their bits, their rounding, and what no encoder would write."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from golden.errors import InputError
from golden.pack.color_record import DEGREES, color_fields, complaint, decode_colors, encode_colors
from golden.records import COLOR_DTYPE, RECORD_BYTES
from golden.scene import SH_COEFFICIENTS

# By hand, from the table in golden/pack/color_record.py: bits of a mantissa, unit of e = 0,
# largest.
WIDTHS = (12, 5, 5, 4)
UNITS = (Fraction(1, 1024), Fraction(1, 1024), Fraction(1, 1024), Fraction(1, 512))
LARGEST = (65504, 480, 480, 448)
FIRST_BITS = (16, 52, 97, 172)


def degree_of(k):
    return int(np.sqrt(k))


def number(record):
    return int.from_bytes(record.tobytes(), "little")


def by_hand(sh):
    """One record as a Python integer, by exact fractions."""
    record = 0
    for degree, count in enumerate(SH_COEFFICIENTS.values()):
        if count > len(sh) or degree > 3:
            break
        block = [Fraction(float(x)) for x in sh[degree**2 : count].ravel()]
        limit = 2 ** (WIDTHS[degree] - 1) - 1
        for e in range(16):
            mantissas = [round(x / (UNITS[degree] * 2**e)) for x in block]
            if max(map(abs, mantissas)) <= limit:
                break
        mantissas = [max(-limit, min(limit, m)) for m in mantissas]
        record |= e << (4 * degree)
        for i, m in enumerate(mantissas):
            width = WIDTHS[degree]
            record |= (m % 2**width) << (FIRST_BITS[degree] + i * width)
    return record


def random_colors(n, degree, seed=0):
    """Of all magnitudes, with zeros, huge and tiny values."""
    rng = np.random.default_rng(seed)
    k = SH_COEFFICIENTS[degree]
    sh = rng.normal(size=(n, k, 3)) * np.exp2(rng.uniform(-16, 12, (n, k, 1)))
    sh[rng.random(sh.shape) < 0.2] = 0
    sh[::17] = 0
    sh[5::31, 0, 1] = 3e38
    sh[7::31, -1, 2] = -3e38
    return sh.astype(np.float32)


def test_fields_fill_the_record_once():
    used = [bit for part in DEGREES for bit in range(part.exponent_bit, part.exponent_bit + 4)]
    for part in DEGREES:
        width = 3 * part.coefficients * part.mantissa.bits
        used += range(part.mantissa_bit, part.mantissa_bit + width)
    assert sorted(used) == list(range(256))
    assert COLOR_DTYPE.itemsize == RECORD_BYTES == 32


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_every_bit_is_as_written_down(degree):
    sh = random_colors(300, degree)
    records = encode_colors(sh)
    assert [number(record) for record in records] == [by_hand(colors) for colors in sh]
    assert complaint(records, sh.shape[1]) is None


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_what_is_decoded_is_near_and_encodes_to_the_same(degree):
    sh = random_colors(2000, degree, 1)
    records = encode_colors(sh)
    decoded = decode_colors(records, sh.shape[1])
    exponents = color_fields(records).exponents
    for k in range(sh.shape[1]):
        part = degree_of(k)
        unit = float(UNITS[part]) * np.exp2(exponents[:, part])[:, None]
        cut = np.clip(sh[:, k], -LARGEST[part], LARGEST[part])
        assert (np.abs(decoded[:, k] - cut) <= unit / 2).all()
    assert encode_colors(decoded).tobytes() == records.tobytes()


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(
        np.float32, (2, 16, 3), elements=st.floats(width=32, allow_nan=False, allow_infinity=False)
    )
)
def test_any_finite_colour_is_safe(sh):
    records = encode_colors(sh)
    assert [number(record) for record in records] == [by_hand(colors) for colors in sh]
    decoded = decode_colors(records, 16)
    assert np.isfinite(decoded).all()
    for k in range(16):
        assert np.abs(decoded[:, k]).max() <= LARGEST[degree_of(k)]


def test_values_of_an_spz_lattice_come_back_as_they_are():
    """Multiples of 1/16 (degree 1) and 1/8 up to +-7/8: what .spz with 5 and 4 bits stores."""
    rng = np.random.default_rng(2)
    sh = rng.integers(-7, 8, (500, 16, 3)) / 8
    sh[:, 1:4] = rng.integers(-15, 16, (500, 3, 3)) / 16
    sh = sh.astype(np.float32)
    assert np.array_equal(decode_colors(encode_colors(sh), 16), sh)


def test_degree_4_is_refused():
    sh = np.zeros((2, 25, 3), dtype=np.float32)
    for call in (lambda: encode_colors(sh), lambda: decode_colors(np.zeros(2, COLOR_DTYPE), 25)):
        with pytest.raises(InputError, match="degree 4: pack with --colors float16"):
            call()


@pytest.mark.parametrize(
    ("value", "coefficients", "message"),
    [
        (0b1000 << 52, 16, None),
        (0b10000 << 52, 16, "a mantissa of degree 1 is below -15"),
        (0b1000 << 252, 16, "a mantissa of degree 3 is below -7"),
        (0x800 << 40, 1, "a mantissa of degree 0 is below -2047"),
        (1, 16, "an exponent of degree 0 is not the smallest that fits"),
        (1 | 1023 << 16, 16, "an exponent of degree 0 is not the smallest that fits"),
        (1 | 1024 << 28, 16, None),
        (3 << 12 | 3 << 172, 16, "an exponent of degree 3 is not the smallest that fits"),
        (3 << 12 | 4 << 172, 16, None),
        (1 << 97, 4, "a field of degree 2 is not zero"),
        (1 << 12, 9, "a field of degree 3 is not zero"),
    ],
)
def test_what_no_encoder_writes(value, coefficients, message):
    records = np.frombuffer(value.to_bytes(32, "little") * 2, COLOR_DTYPE)
    assert complaint(records, coefficients) == message
