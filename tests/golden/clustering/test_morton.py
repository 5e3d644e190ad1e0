"""Morton codes, bit by bit."""

from __future__ import annotations

import numpy as np

from golden.clustering.morton import morton_codes, morton_order


def test_codes():
    side = 1 << 21
    points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [side] * 3], float)
    assert morton_codes(points).tolist() == [0, 1, 2, 4, (1 << 63) - 1]
    rng = np.random.default_rng(0)
    cells = rng.integers(0, side, (50, 3))
    cells[0], cells[1] = 0, side - 1
    whole = np.vstack((cells, [[side] * 3])).astype(float)
    for (x, y, z), code in zip(cells, morton_codes(whole)[:-1], strict=True):
        bits = sum(
            ((int(v) >> i) & 1) << (3 * i + a) for a, v in enumerate((x, y, z)) for i in range(21)
        )
        assert int(code) == bits


def test_cells_are_cubes():
    codes = morton_codes(np.array([[0, 0, 0], [1024, 0, 0], [0, 1, 0.0]]))
    assert codes.tolist()[2] == 1 << (3 * 11 + 1)


def test_ties_keep_their_order():
    np.testing.assert_array_equal(morton_order(np.ones((9, 3))), np.arange(9))


def test_extreme_sizes():
    points = np.random.default_rng(0).normal(size=(50, 3))
    for size in (2.0**-140, 2.0**120):
        np.testing.assert_array_equal(morton_codes(points * size), morton_codes(points))
