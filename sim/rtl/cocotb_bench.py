"""Runs a cocotb bench on generated Verilog under Verilator."""

from __future__ import annotations

import sys
from pathlib import Path

from cocotb_tools.runner import get_results, get_runner

from golden.environment import lent_environment
from hw.verilog import Design
from sim.rtl.toolchain import VERILATOR_FLAGS, tool_environment
from sim.rtl.verilated import OPTIMISATION


def run_bench(design: Design, bench: Path, folder: Path) -> int:
    """Builds `design` in `folder` and runs every cocotb test of `bench` on it.

    Returns how many tests passed. Raises AssertionError when one failed or none ran, and
    InputError where a tool is missing.
    """
    source = folder / f"{design.name}.v"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(design.text)
    environment = tool_environment()
    with lent_environment(environment):
        runner = get_runner("verilator")
        runner.build(
            sources=[source],
            hdl_toplevel=design.name,
            build_dir=folder / "build",
            # A bench drives and reads the ports of the top: nothing below need be public. Most of
            # its time is Python's, so compiling fast is worth more than running fast.
            build_args=[
                *VERILATOR_FLAGS,
                *("--no-public-flat-rw", "--public-depth", "1"),
                *("-CFLAGS", OPTIMISATION),
            ],
            timescale=("1ns", "1ps"),
            log_file=folder / "build.log",
        )
        # The runner hands sys.path on to the simulator as its PYTHONPATH.
        sys.path.insert(0, str(bench.parent))
        try:
            results = runner.test(
                hdl_toplevel=design.name,
                test_module=bench.stem,
                build_dir=folder / "build",
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
