"""Runs a cocotb bench on generated Verilog under Verilator."""

from __future__ import annotations

import sys
from pathlib import Path

from cocotb_tools.runner import get_results, get_runner

from golden.environment import lent_environment
from hw.verilog import Design
from sim.rtl.toolchain import tool_environment
from sim.rtl.verilated import build_simulator


def run_bench(design: Design, bench: Path, folder: Path) -> int:
    """Compiles `design` and runs every cocotb test of `bench` on it in `folder`.

    Returns how many tests passed. Raises AssertionError when one failed or none ran, and
    InputError where a tool is missing.
    """
    program = folder / design.name
    program.symlink_to(build_simulator(design.name, design.text))
    with lent_environment(tool_environment()):
        runner = get_runner("verilator")
        # The runner hands sys.path on to the simulator as its PYTHONPATH.
        sys.path.insert(0, str(bench.parent))
        try:
            results = runner.test(
                hdl_toplevel=design.name,
                test_module=bench.stem,
                hdl_toplevel_lang="verilog",
                build_dir=folder,
                test_dir=folder,
                results_xml=str(folder / "results.xml"),
                log_file=folder / "test.log",
            )
            tests, failures = get_results(results)
        except SystemExit:  # the runner's way to say that a test failed or the simulator died
            written = folder / "results.xml"
            tests, failures = get_results(written) if written.is_file() else (0, 0)
        finally:
            sys.path.remove(str(bench.parent))
    if tests == 0 or failures:
        log = (folder / "test.log").read_text()[-6000:]
        raise AssertionError(f"{failures} of {tests} tests of {bench.name} failed:\n{log}")
    return int(tests)
