"""The attributes by which Vivado knows the buses of a top, in its Verilog."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hw.package.buses import AXI, AXI_LITE, AXI_READ, CLOCK, INTERRUPT, RESET, STREAM, buses_of

DEFINITIONS = {
    **dict.fromkeys((AXI, AXI_READ, AXI_LITE), "xilinx.com:interface:aximm:1.0"),
    STREAM: "xilinx.com:interface:axis:1.0",
    CLOCK: "xilinx.com:signal:clock:1.0",
    RESET: "xilinx.com:signal:reset:1.0",
    INTERRUPT: "xilinx.com:signal:interrupt:1.0",
}


def port_attributes(ports: Iterable[str]) -> dict[str, dict[str, str]]:
    """Attributes by name of each port of a bus.

    X_INTERFACE_INFO names bus and signal; X_INTERFACE_PARAMETER, on the first port of a bus, what
    the ports do not show: protocol, polarity, and which buses and resets go with the clock.
    """
    found: dict[str, dict[str, str]] = {}
    for bus in buses_of(ports):
        for port, signal in bus.signals.items():
            info = f"{DEFINITIONS[bus.kind]} {bus.name} {signal}"
            found[port] = {"X_INTERFACE_INFO": info}
        if bus.parameters:
            texts = [f"XIL_INTERFACENAME {bus.name}"]
            texts += [f"{name} {value}" for name, value in bus.parameters.items()]
            found[next(iter(bus.signals))]["X_INTERFACE_PARAMETER"] = ", ".join(texts)
    return found


def with_attributes(text: str, top: str, ports: Iterable[str]) -> str:
    """Verilog with the attributes before the ports of its top.

    Amaranth would write them before every wire of the same net as well.

    Parameters
    ----------
    text : as Amaranth writes it: a port a line. top : module of it. ports : names of its ports.
    """
    attributes = port_attributes(ports)
    begin = text.index(f"\nmodule {top}(")
    end = text.index("\nendmodule", begin)
    pattern = re.compile(r"^( *)(?:input|output) (?:\[\d+:0\] )?(\w+);", re.MULTILINE)

    def marked(found: re.Match[str]) -> str:
        lines = [
            f'{found[1]}(* {name} = "{value}" *)\n'
            for name, value in attributes.get(found[2], {}).items()
        ]
        return "".join(lines) + found[0]

    return text[:begin] + pattern.sub(marked, text[begin:end]) + text[end:]
