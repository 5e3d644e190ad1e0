"""Netlists with one LUT changed at a time, to show that a bench at gate level notices it."""

from __future__ import annotations

import re

PORT = "mutant"  # the input that is added to the top: 0 changes nothing, n the n-th chosen LUT
PORT_BITS = 16
_LUT = re.compile(r"^  LUT4 #\(\n", re.MULTILINE)
_CELL_PORTS = re.compile(r"^  \) (\S+ +)\(\n", re.MULTILINE)

_MODEL = f"""
module LUT4_MUTANT(input A, B, C, D, input [{PORT_BITS - 1}:0] {PORT}, output Z);
  parameter [15:0] INIT = 16'h0000;
  parameter NUMBER = 0;
  wire [15:0] table_bits = {PORT} == NUMBER ? ~INIT : INIT;
  assign Z = table_bits[{{D, C, B, A}}];
endmodule
"""


def with_mutants(netlist: str, top: str, count: int) -> tuple[str, int]:
    """A flat netlist whose input `mutant` inverts the table of one of its LUTs, and their number.

    Parameters
    ----------
    netlist : of synth_ecp5, without models. top : its module.
    count : of LUTs that can be changed, evenly spread over the netlist; all where it has fewer.
    """
    places = [found.start() for found in _LUT.finditer(netlist)]
    chosen = places[:: max(1, len(places) // count)][:count]
    parts, end = [], 0
    for number, start in enumerate(chosen, 1):
        ports = _CELL_PORTS.search(netlist, start)
        if ports is None:
            raise ValueError("a LUT4 of the netlist has no ports.")
        parameters = netlist[start : ports.start()].replace("  LUT4 #(", "  LUT4_MUTANT #(")
        parts += [netlist[end:start], f"{parameters.rstrip()},\n    .NUMBER({number})\n"]
        parts += [ports[0], f"    .{PORT}({PORT}),\n"]
        end = ports.end()
    text = "".join(parts) + netlist[end:]
    return _with_input(text, top) + _MODEL, len(chosen)


def _with_input(text: str, top: str) -> str:
    """The netlist with the port added to its top."""
    head = re.compile(rf"^module {re.escape(top)}\(", re.MULTILINE)
    start = head.search(text)
    if start is None:
        raise ValueError(f"the netlist has no module {top}.")
    close = text.index(");", start.end()) + 2
    names = text[start.end() : close]
    return (
        f"{text[: start.end()]}{PORT}, {names}\n  input [{PORT_BITS - 1}:0] {PORT};{text[close:]}"
    )
