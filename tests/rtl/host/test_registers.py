"""Runs the cocotb bench of the register file under Verilator."""

from pathlib import Path

from golden.params import Parameters
from hw.generate import verilog_text
from hw.host.registers import Registers
from hw.verilog import Design
from sim.rtl.cocotb_bench import run_bench


def registers_design(params: Parameters) -> Design:
    """The register file alone, ports as Amaranth names them: bus__awaddr and so on."""
    name = "registers"
    text = verilog_text(Registers(params), name)
    return Design(name, text, {})


def test_bench_passes(tmp_path):
    bench = Path(__file__).with_name("bench_registers.py")
    tests = run_bench(registers_design(Parameters()), bench, tmp_path)
    assert tests == 2 + 2 + 1 + 2 + 8
