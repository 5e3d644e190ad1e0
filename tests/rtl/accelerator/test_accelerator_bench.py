"""Runs the cocotb bench of the whole accelerator under Verilator, at several widths and lanes."""

from __future__ import annotations

from pathlib import Path

import pytest

from golden.params import Parameters
from hw.verilog import accelerator_design
from sim.rtl.cocotb_bench import run_bench
from sim.rtl.design_cache import cached_design

BENCH = Path(__file__).with_name("bench_accelerator.py")
TESTS = 24 + 1 + 2 + 1 + 1 + 2 + 3 + 2 + 2 + 1 + 1 + 1 + 1 + 2

OTHERS = ((64, 1), (64, 4), (128, 2), (256, 2), (256, 4), (512, 1), (512, 2), (512, 4))
WIDTHS_AND_LANES = [(256, 1), *(pytest.param(*other, marks=pytest.mark.slow) for other in OTHERS)]


@pytest.mark.parametrize(("data_bits", "lanes"), WIDTHS_AND_LANES)
def test_bench_passes(tmp_path, data_bits, lanes):
    design = cached_design(accelerator_design, Parameters(data_bits=data_bits, lanes=lanes))
    assert run_bench(design, BENCH, tmp_path) == TESTS
