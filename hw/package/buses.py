"""Which ports of an exported top belong together: IP-XACT and the attributes for Vivado read it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

AXI, AXI_READ, AXI_LITE, STREAM = "axi", "axi_read", "axi_lite", "stream"
CLOCK, RESET, INTERRUPT = "clock", "reset", "interrupt"
# Port -> kind, logical name, whether the core drives it.
SINGLE = {
    "aclk": (CLOCK, "CLK", False),
    "aresetn": (RESET, "RST", False),
    "m_axi_aresetn": (RESET, "RST", False),
    "irq": (INTERRUPT, "INTERRUPT", True),
}


@dataclass(frozen=True)
class Bus:
    """Ports that are connected as one.

    Parameters
    ----------
    name : the ports' common prefix, or the port.
    kind : AXI, AXI_READ (no write channels), AXI_LITE, STREAM, CLOCK, RESET or INTERRUPT.
    is_master : whether the core begins transfers on it.
    signals : port -> name in the standard of the bus, in the order of the ports.
    parameters : what ports do not show, in the words of Vivado.
    """

    name: str
    kind: str
    is_master: bool
    signals: dict[str, str]
    parameters: dict[str, str] = field(default_factory=dict)


def buses_of(ports: Iterable[str]) -> list[Bus]:
    """The buses of a top, then clock, resets and interrupt; ports of neither are constants,
    counters and `busy` of a stage alone.

    Parameters
    ----------
    ports : names of all.
    """
    names = list(ports)
    buses = [_bus(prefix, names) for prefix in _prefixes(names)]
    single = [name for name in SINGLE if name in names]
    resets = [name for name in single if SINGLE[name][0] == RESET]
    parameters = {
        CLOCK: {
            "ASSOCIATED_BUSIF": ":".join(bus.name for bus in buses),
            "ASSOCIATED_RESET": ":".join(resets),
        },
        RESET: {"POLARITY": "ACTIVE_LOW"},
        INTERRUPT: {"SENSITIVITY": "LEVEL_HIGH"},
    }
    for name in single:
        kind, logical, is_master = SINGLE[name]
        buses.append(Bus(name, kind, is_master, {name: logical}, parameters[kind]))
    return buses


def _prefixes(names: list[str]) -> list[str]:
    """Of the ports of each bus, those of memory mapped ones first."""
    mapped = [prefix for prefix in ("s_axil", "m_axi") if f"{prefix}_arvalid" in names]
    return mapped + [n.removesuffix("_tvalid") for n in names if n.endswith("_tvalid")]


def _bus(prefix: str, names: list[str]) -> Bus:
    members = [n for n in names if n.startswith(f"{prefix}_") and n not in SINGLE]
    signals = {name: name.removeprefix(f"{prefix}_").upper() for name in members}
    kind, parameters = STREAM, {}
    if prefix == "s_axil":
        kind, parameters = AXI_LITE, {"PROTOCOL": "AXI4LITE"}
    elif prefix == "m_axi":
        kind = AXI if f"{prefix}_awvalid" in names else AXI_READ
        mode = "READ_WRITE" if kind == AXI else "READ_ONLY"
        parameters = {"PROTOCOL": "AXI4", "READ_WRITE_MODE": mode}
    return Bus(prefix, kind, prefix.startswith("m_"), signals, parameters)
