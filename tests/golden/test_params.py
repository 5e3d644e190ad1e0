"""Parameters refuse what cannot be built, and derive formats that hold their values."""

import itertools

import numpy as np
import pytest

from golden.params import Parameters
from golden.records import CLUSTER_DTYPE, GEOMETRY_DTYPE, RECORD_BYTES, VISIBLE_DTYPE


def test_records_fill_a_beat():
    assert CLUSTER_DTYPE.itemsize == GEOMETRY_DTYPE.itemsize == RECORD_BYTES == 32
    assert VISIBLE_DTYPE.itemsize == 20


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("center_bits", 11, "center_bits = 11 is outside 12..30."),
        ("radius_bits", 31, "radius_bits = 31 is outside 12..30."),
        ("count_bits", 17, "count_bits = 17 is outside 1..16."),
        ("length_fraction_bits", 1, "length_fraction_bits = 1 is outside 2..8."),
        ("weight_fraction_bits", 2.5, "weight_fraction_bits = 2.5 is outside 4..20."),
        ("data_bits", 96, "data_bits = 96 is not a power of two."),
        ("burst_beats", 48, "burst_beats = 48 is not a power of two."),
        ("lanes", 9, "lanes = 9 is outside 1..8."),
        ("factor_bits", 7, "factor_bits = 7 is outside 8..16."),
        ("mantissa_bits", 16, "mantissa_bits = 16 must exceed factor_bits = 16."),
        ("center_bits", 25, "camera space needs 33 bits where records hold 32"),
    ],
)
def test_refuses(field, value, message):
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        Parameters(**{field: value})


def test_a_burst_holds_a_record():
    Parameters(data_bits=64, burst_beats=4)
    with pytest.raises(ValueError, match="hold no record of 256 bits"):
        Parameters(data_bits=64, burst_beats=2)


@pytest.mark.parametrize("params", [Parameters(), Parameters(center_bits=14, radius_bits=12)])
def test_camera_space_holds_the_farthest_corner(params):
    """The longest difference, turned onto an axis and rounded, still fits."""
    center = params.center
    farthest = max(
        abs((c << params.length_fraction_bits) - p)
        for c, p in itertools.product(
            (center.min_int, center.max_int),
            (params.camera_position.min_int, params.camera_position.max_int),
        )
    )
    assert params.difference.contains(farthest)
    assert params.difference.contains(-farthest)
    # The host keeps the camera a grid unit inside its range; sqrt(3) for a rotated corner.
    assert np.sqrt(3) * farthest * (1 + 2.0**-14) + 1 < params.camera_space.max_int
