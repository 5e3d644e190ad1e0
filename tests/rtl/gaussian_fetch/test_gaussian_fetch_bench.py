"""Runs the cocotb bench of gaussian_fetch under Verilator, by widths of the bus and lanes."""

from pathlib import Path

import pytest

from golden.params import Parameters
from sim.rtl.cocotb_bench import run_bench
from tests.rtl.gaussian_fetch.fetch_top import fetch_design

BENCH = Path(__file__).with_name("bench_gaussian_fetch.py")
TESTS = 16 + 3 + 1 + 1 + 1 + 4 + 4 + 1 + 1


@pytest.mark.parametrize(
    ("data_bits", "lanes"),
    [
        pytest.param(256, 1, marks=pytest.mark.slow),
        (512, 2),
        pytest.param(64, 1, marks=pytest.mark.slow),
        pytest.param(128, 2, marks=pytest.mark.slow),
        pytest.param(512, 1, marks=pytest.mark.slow),
    ],
)
def test_bench_passes(tmp_path, data_bits, lanes):
    design = fetch_design(Parameters(data_bits=data_bits, lanes=lanes))
    assert run_bench(design, BENCH, tmp_path) == TESTS
