"""A netlist in the place of the component that it was made of."""

from __future__ import annotations

from amaranth.hdl import ClockSignal, Instance, Module, ResetSignal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from hw.generate import verilog_text
from hw.synth.devices import LARGE
from hw.synth.mutants import PORT, PORT_BITS
from hw.synth.units import Unit


class NetlistComponent(wiring.Component):
    """The gates of `top` under the members of a component.

    Parameters
    ----------
    component : whose Verilog was synthesised, its ports named by their paths.
    has_mutants : the netlist has an input `mutant`; it is a member then.
    """

    def __init__(self, component: wiring.Component, top: str, has_mutants: bool = False):
        self._top = top
        more = {PORT: In(PORT_BITS)} if has_mutants else {}
        super().__init__({**component.signature.members, **more})

    def elaborate(self, platform):
        m = Module()
        ports = {"i_clk": ClockSignal(), "i_rst": ResetSignal()}
        for path, member, value in self.signature.flatten(self):
            direction = "i" if member.flow is In else "o"
            ports[f"{direction}_{'__'.join(map(str, path))}"] = Value.cast(value)
        m.submodules.gates = Instance(self._top, **ports)
        return m


def unit_of(name: str, component: wiring.Component) -> Unit:
    """A component as a unit of `hw.synth`, of any parameters."""
    top = f"splatsieve_{name}"
    return Unit(name, top, verilog_text(component, top), None, LARGE)
