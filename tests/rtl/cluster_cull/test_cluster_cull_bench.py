"""Runs the cocotb bench of cluster_cull under Verilator."""

from pathlib import Path

import pytest

from golden.params import Parameters
from hw.verilog import cull_design
from sim.rtl.cocotb_bench import run_bench


@pytest.mark.parametrize("cycles", [1, 2, 4])
def test_bench_passes(tmp_path, monkeypatch, cycles):
    monkeypatch.setenv("CULL_CYCLES", str(cycles))
    bench = Path(__file__).with_name("bench_cluster_cull.py")
    tests = run_bench(cull_design(Parameters(cull_cycles=cycles)), bench, tmp_path)
    assert tests == 16 + 1 + 1 + 1 + 6 + 1
