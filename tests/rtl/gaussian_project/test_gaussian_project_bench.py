"""Runs the cocotb bench of gaussian_project under Verilator."""

from pathlib import Path

from golden.params import Parameters
from hw.verilog import project_design
from sim.rtl.cocotb_bench import run_bench


def test_bench_passes(tmp_path):
    bench = Path(__file__).with_name("bench_gaussian_project.py")
    tests = run_bench(project_design(Parameters()), bench, tmp_path)
    assert tests == 16 + 1 + 1 + 1 + 5 + 1


def test_bench_of_the_options_passes(tmp_path):
    bench = Path(__file__).with_name("bench_options.py")
    design = project_design(Parameters(antialiased=1, padded_splats=1))
    assert run_bench(design, bench, tmp_path) == 8 + 1
