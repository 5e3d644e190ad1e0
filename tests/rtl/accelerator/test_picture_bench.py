"""Runs the cocotb bench of whole pictures under Verilator."""

from __future__ import annotations

from pathlib import Path

import pytest

from hw.verilog import accelerator_design
from sim.rtl.cocotb_bench import run_bench
from sim.rtl.design_cache import cached_design
from tests.rtl.accelerator.picture_stimulus import SMALL

BENCH = Path(__file__).with_name("bench_picture.py")
TESTS = 2 * 2 * 4 + 2 + 2 + 1 + 2 + 1 + 1


@pytest.mark.slow  # a minute; the suite draws these pictures in the compiled harness
def test_bench_passes(tmp_path):
    assert run_bench(cached_design(accelerator_design, SMALL), BENCH, tmp_path) == TESTS
