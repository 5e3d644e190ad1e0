"""First values of memories as loops: Verilator and g++ read a line where Yosys writes thousands."""

from __future__ import annotations

import re

LEAST_WORDS = 4  # fewer stay as they are
BLOCK = re.compile(r"^  initial begin\n((?:    \w+\[\d+\] = [^\n]+;\n)+)  end\n", re.MULTILINE)
WORD = re.compile(r"    (\w+)\[(\d+)\] = ([^\n]+);\n")


def with_memory_loops(verilog: str) -> str:
    """The same design in SystemVerilog: neighbouring words of a memory that begin with one value
    are given it in a loop.

    Parameters
    ----------
    verilog : as Yosys writes it, with an `initial` block a memory and a line a word.
    """
    return BLOCK.sub(_shortened, verilog)


def _shortened(block: re.Match[str]) -> str:
    runs: list[tuple[str, int, int, str]] = []  # memory, first and last word, value
    for name, place, value in WORD.findall(block.group(1)):
        if runs and (runs[-1][0], runs[-1][2] + 1, runs[-1][3]) == (name, int(place), value):
            runs[-1] = (name, runs[-1][1], int(place), value)
        else:
            runs.append((name, int(place), int(place), value))
    return "  initial begin\n" + "".join(_lines(*run) for run in runs) + "  end\n"


def _lines(name: str, first: int, last: int, value: str) -> str:
    if last - first + 1 < LEAST_WORDS:
        return "".join(f"    {name}[{at}] = {value};\n" for at in range(first, last + 1))
    return f"    for (int at = {first}; at <= {last}; at = at + 1) {name}[at] = {value};\n"
