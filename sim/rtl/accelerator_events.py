"""What happens in the accelerator cycle by cycle: its ports, and the stages' inner handshakes."""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass
from enum import IntEnum

from hw.verilog import Design

# Bit of inner_events -> module and stream of which a handshake sets it.
INNER_STREAMS = (
    ("cluster_cull", "groups"),
    ("cluster_cull", "clusters"),
    ("gaussian_fetch.merger", "i"),
    ("gaussian_project", "i"),
)


class EventKind(IntEnum):
    """What an event is; its two numbers are what is named here, or 0."""

    ADDRESS = 0  # a burst is asked: byte address, beats
    BEAT = 1  # a data beat comes: byte address, 1 for the last of its burst
    GROUP = 2  # a group enters its test
    CLUSTER = 3  # a cluster enters its test
    VISIBLE = 4  # a visible cluster goes from the cluster stage to the fetch of its members
    MEMBERS = 5  # a beat of members enters the projection
    SPLATS = 6  # a beat of splats leaves: splats in it, 1 for the last of the frame
    INTERRUPT = 7  # irq rises
    WRITE = 8  # a register write is answered: offset, value


@dataclass(frozen=True, order=True)
class Event:
    """Something that happened in a clock cycle.

    Parameters
    ----------
    cycle : since the reset.
    kind : what.
    value, more : as EventKind says.
    """

    cycle: int
    kind: EventKind
    value: int
    more: int


class RawEvent(ctypes.Structure):
    """An event as the C++ harness keeps it."""

    _fields_ = (
        ("cycle", ctypes.c_uint64),
        ("value", ctypes.c_uint64),
        ("kind", ctypes.c_uint32),
        ("more", ctypes.c_uint32),
    )


def watchable(design: Design) -> str:
    """The Verilog of an accelerator, in which Verilator keeps the wires of INNER_STREAMS.

    Raises RuntimeError where such a wire is neither a port of its module nor assigned one.
    """
    text: str = design.text
    for module, stream in INNER_STREAMS:
        begin = text.index(f"module \\{design.name}.accelerator.{module} (")
        end = text.index("endmodule", begin)
        body = text[begin:end]
        for wire in (f"{stream}__valid", f"{stream}__ready"):
            body, found = re.subn(
                rf"^(  (?:wire|reg) {wire})( = [^;]+)?;",
                r"\1 /*verilator public_flat_rd*/\2;",
                body,
                flags=re.MULTILINE,
            )
            # A port that another signal is one with may go under that one's name.
            driven = rf"^  ((input|output) {wire};|assign {wire} = )"
            if found != 1 or not re.search(driven, body, re.MULTILINE):
                raise RuntimeError(f"{wire} is no port of the module {module}.")
        text = text[:begin] + body + text[end:]
    return text


# Of a netlist, whose inner wires have other names.
NO_INNER_EVENTS = "static uint32_t inner_events(Vtop&) { return 0; }\n"


def inner_events_function(design: Design) -> str:
    """C++ of inner_events(top): bit n says that a beat of INNER_STREAMS[n] is taken."""
    terms = []
    for n, (module, stream) in enumerate(INNER_STREAMS):
        path = [design.name, "accelerator", *module.split("."), f"{stream}___05F"]
        inner = f"r.{'__DOT__'.join(path)}"
        terms.append(f"uint32_t({inner}valid & {inner}ready & 1) << {n}")
    return (
        "static uint32_t inner_events(Vtop& top) {\n"
        f"    const auto& r = *top.rootp;\n    return {' | '.join(terms)};\n}}\n"
    )
