"""Memories of a unit: which would be macros, and a netlist that has a box in their place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Netlist = dict[str, Any]
# From here on a macro is smaller than registers; below it its frame and decoder outweigh its bits.
MACRO_BITS = 2048


@dataclass(frozen=True)
class Memory:
    """A memory of a module.

    Parameters
    ----------
    depth, width : words, bits of a word.
    read_ports, write_ports : how many it has.
    is_clocked : whether every read port gives its word a cycle later, as a macro does.
    """

    depth: int
    width: int
    read_ports: int
    write_ports: int
    is_clocked: bool

    @property
    def bits(self) -> int:
        """Of all words."""
        return self.depth * self.width

    @property
    def is_macro(self) -> bool:
        """Whether it is large and clocked; a table without a write port becomes logic instead."""
        return self.bits >= MACRO_BITS and self.is_clocked and self.write_ports > 0

    @property
    def copies(self) -> int:
        """Memories that hold the same, one for each read port."""
        return max(self.read_ports, 1)

    @property
    def box(self) -> str:
        """Name of the module that stands for it."""
        return f"macro_{self.depth}x{self.width}_{self.read_ports}r{self.write_ports}w"


def memories(netlist: Netlist) -> dict[tuple[str, str], Memory]:
    """Module and cell -> memory, of a netlist of Yosys with its memories collected."""
    return {
        (module, name): _memory(cell["parameters"])
        for module, body in netlist["modules"].items()
        for name, cell in body["cells"].items()
        if cell["type"] == "$mem_v2"
    }


def with_boxes(netlist: Netlist) -> tuple[Netlist, dict[str, Memory]]:
    """The netlist, changed in place, with a black box for each memory that is a macro.

    Returns it, and the memory of each box by its name.
    """
    boxes: dict[str, Memory] = {}
    for (module, name), memory in memories(netlist).items():
        if not memory.is_macro:
            continue
        cell = netlist["modules"][module]["cells"][name]
        cell |= {"type": memory.box, "parameters": {}}
        for port in ("RD_CLK", "WR_CLK"):  # a bit for each port, all of them one clock
            cell["connections"][port] = cell["connections"][port][:1]
        boxes[memory.box] = memory
        netlist["modules"][memory.box] = _box(cell)
    return netlist, boxes


def _memory(parameters: dict[str, str]) -> Memory:
    number = {name: int(parameters[name], 2) for name in ("SIZE", "WIDTH", "RD_PORTS", "WR_PORTS")}
    reads = number["RD_PORTS"]
    clocked = reads > 0 and parameters["RD_CLK_ENABLE"][-reads:] == "1" * reads
    return Memory(number["SIZE"], number["WIDTH"], reads, number["WR_PORTS"], clocked)


def _box(cell: Netlist) -> Netlist:
    """A module without content that has the ports of a memory."""
    ports, bit = {}, 2
    for port, nets in cell["connections"].items():
        direction = cell["port_directions"][port]
        ports[port] = {"direction": direction, "bits": list(range(bit, bit + len(nets)))}
        bit += len(nets)
    names = {name: {"hide_name": 0, "bits": port["bits"]} for name, port in ports.items()}
    return {"attributes": {"blackbox": "1"}, "ports": ports, "cells": {}, "netnames": names}
