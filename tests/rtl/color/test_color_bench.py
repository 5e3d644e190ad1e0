"""Runs the cocotb bench of color under Verilator: every pace, every bus."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from golden.params import Parameters
from hw.stages.color.color import Color
from hw.verilog import color_design
from sim.rtl.cocotb_bench import run_bench

BENCH = Path(__file__).with_name("bench_color.py")
TESTS = 16 + 1 + 1 + 2 + 1 + 6 + 5 + 2 + 1 + 1
USUAL = ((1, 512),)
OTHERS = ((4, 128), (2, 256), (8, 64), (1, 256), (2, 512), (4, 64), (4, 256), (8, 512))


def check(cycles: int, data_bits: int, folder: Path):
    """The bench, which reads the parameters from the module's name."""
    design = color_design(Parameters(color_cycles=cycles, data_bits=data_bits))
    name = f"color_{cycles}_{data_bits}"
    text = design.text.replace(f"module {design.name}(", f"module {name}(")
    assert run_bench(replace(design, name=name, text=text), BENCH, folder) == TESTS


@pytest.mark.parametrize(("cycles", "data_bits"), USUAL)
def test_bench_passes(cycles, data_bits, tmp_path):
    check(cycles, data_bits, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("cycles", "data_bits"), OTHERS)
def test_bench_passes_on_other_buses(cycles, data_bits, tmp_path):
    check(cycles, data_bits, tmp_path)


def test_a_build_without_colors_has_no_such_stage():
    with pytest.raises(
        ValueError, match=r"^color_cycles = 0 is a build without colours: choose 1, 2, 4 or 8\.$"
    ):
        Color(Parameters())
