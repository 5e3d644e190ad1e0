"""The logarithm against the true one, for every table entry's ends and at random; both tables."""

from __future__ import annotations

import numpy as np

from golden.numbers.logarithm import log2_of, log2_table, power_table

UNIT = 2.0**-9  # of a logarithm


def test_the_logarithm_is_within_its_bound():
    rng = np.random.default_rng(1)
    starts = np.arange(512, 1024) << 20
    values = np.concatenate(
        [np.arange(1, 4096), starts, starts + (1 << 20) - 1, rng.integers(1, 1 << 62, 10000)]
    )
    error = np.abs(log2_of(values) * UNIT - np.log2(values.astype(np.float64)))
    assert 0.0022 < error.max() < 0.0025


def test_zero_counts_as_one():
    assert log2_of(np.array([0, 1])).tolist() == [1, 1]  # the middle of [1, 1 + 1/512)


def test_the_table_of_logarithms():
    table = log2_table()
    exact = 512 * np.log2(1 + (np.arange(512) + 0.5) / 512)
    assert len(table) == 512
    assert table.max() == 511
    assert np.abs(table - exact)[:-1].max() <= 0.5


def test_the_table_of_powers():
    table = power_table()
    assert len(table) == 512
    assert (table[0], table[-1]) == (65536, 32812)
    assert np.abs(table - 65536 * np.exp2(-np.arange(512) / 512)).max() <= 0.5
