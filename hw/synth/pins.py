"""A frame around a unit with four pins of its own: so it is placed as part of a whole device."""

from __future__ import annotations

import re

from golden.errors import InputError

CLOCKS = ("aclk", "clk")
RESETS = ("aresetn", "m_axi_aresetn", "rst")


def top_with_pins(text: str, top: str) -> tuple[str, str]:
    """Verilog of a module around `top`, and its name.

    Every input but clock and reset comes from a shift register that one pin feeds, every output
    goes into a register and from there, folded into a chain of exclusive ors, to one pin. So paths
    begin and end in registers as in a larger design, the clock is on a global net, and no unit has
    more ports than a package has pins. Clock and reset are pins.

    Parameters
    ----------
    text : Verilog as amaranth writes it: a port a line. top : module of it.

    Raises InputError where the module is not found or has no clock.
    """
    ports = _ports(text, top)
    names = {name for _, _, name in ports}
    clock = next((name for name in CLOCKS if name in names), None)
    if clock is None:
        raise InputError(f"unit {top} has no clock {' or '.join(CLOCKS)}: it cannot be placed.")
    pins = [clock, *(name for name in RESETS if name in names)]
    inputs = [(name, bits) for flow, bits, name in ports if flow == "input" and name not in pins]
    outputs = [(name, bits) for flow, bits, name in ports if flow == "output"]
    around = f"{top}_pins"
    lines = [
        f"module {around}({', '.join(f'input {pin}' for pin in pins)}, input si, output so);",
        *_shifted(sum(bits for _, bits in inputs), clock),
        *_folded(sum(bits for _, bits in outputs), clock),
    ]
    connections = [f".{pin}({pin})" for pin in pins]
    for vector, members in (("shifted", inputs), ("given", outputs)):
        place = 0
        for name, bits in members:
            connections.append(f".{name}({vector}[{place}+:{bits}])")
            place += bits
    lines += [f"  {top} unit({', '.join(connections)});", "endmodule", ""]
    return "\n".join(lines), around


def _ports(text: str, top: str) -> list[tuple[str, int, str]]:
    """Flow, bits and name of every port."""
    module = re.search(rf"^module \\?{re.escape(top)} ?\(.*?^endmodule", text, re.M | re.S)
    if module is None:
        raise InputError(f"no module {top} is in the Verilog of this unit.")
    found = re.findall(r"^  (input|output) (?:\[(\d+):0\] )?(\\?\S+?) ?;", module.group(0), re.M)
    # the name of a port that is a keyword is escaped, and ends at a space
    return [
        (flow, int(high or 0) + 1, f"{name} " if name.startswith("\\") else name)
        for flow, high, name in found
    ]


def _shifted(bits: int, clock: str) -> list[str]:
    """The shift register of all inputs; a bit more, so that none needs an empty part."""
    return [
        f"  reg [{bits}:0] shifted;",
        f"  always @(posedge {clock}) shifted <= {{shifted, si}};",
    ]


def _folded(bits: int, clock: str) -> list[str]:
    """The registers of all outputs, and the chain that folds them."""
    return [
        f"  wire [{bits}:0] given;",
        f"  assign given[{bits}] = 1'b0;",
        f"  reg [{bits}:0] held, folded;",
        f"  always @(posedge {clock}) begin held <= given; folded <= held ^ {{folded, 1'b0}}; end",
        f"  assign so = folded[{bits}];",
    ]
