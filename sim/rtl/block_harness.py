"""Any free-running pipeline of hw/ behind a Python call: millions of items a second."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from amaranth.hdl import ClockDomain, Module, Signal, Value
from amaranth.lib import data
from numpy.typing import NDArray

from hw.generate import verilog_text
from sim.rtl.verilated import build_library

SOURCE = Path(__file__).with_name("block_harness.cpp")
MAX_BITS = 64


@dataclass(frozen=True)
class Port:
    """One plain input or output: a member of the block, or a field of a member.

    Parameters
    ----------
    name : the member's name, with _ and the field's name where it has fields.
    value : the signal or slice.
    is_input : direction.
    """

    name: str
    value: Value
    is_input: bool

    @property
    def prefix(self) -> str:
        """Of the port's name in Verilog, so that it is no keyword and not the clock."""
        return "in_" if self.is_input else "out_"

    @property
    def bits(self) -> int:
        """Width."""
        return len(self.value)

    @property
    def signed(self) -> bool:
        """Is it two's complement?"""
        return bool(self.value.shape().signed)


@dataclass(frozen=True, eq=False)
class BlockHarness:
    """A compiled `hw.blocks.pipeline.Block`, built once and kept in the user's cache.

    Parameters
    ----------
    block : component with plain members or structs, each field of 64 bits or fewer, and
        latency_cycles. It must not have been elaborated.

    Raises ValueError where a port is wider, InputError where a tool is missing or the build fails.
    """

    block: Any

    @cached_property
    def ports(self) -> list[Port]:
        """Inputs and outputs in the order of the block's signature."""
        ports = []
        for path, member, value in self.block.signature.flatten(self.block):
            for name, leaf in _leaves("_".join(map(str, path)), value):
                if len(leaf) > MAX_BITS:
                    raise ValueError(f"port {name} has {len(leaf)} bits: at most 64 can be driven.")
                ports.append(Port(name, leaf, member.flow.name == "In"))
        return ports

    @cached_property
    def _library(self) -> ctypes.CDLL:
        name = f"block_{type(self.block).__name__.lower()}"
        text = _verilog(self.block, self.ports, name)
        return ctypes.CDLL(str(build_library(name, text, SOURCE, {"ports.h": _header(self.ports)})))

    def build(self) -> None:
        """Builds the RTL now, so that no run's time holds it."""
        _ = self._library

    def run(self, inputs: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Sends N items through the pipeline, one every cycle.

        Each output is read exactly latency_cycles after its item, and what surrounds the items is
        their complement.

        Parameters
        ----------
        inputs : (N,) integers by the name of each input port.

        Returns (N,) by the name of each output port: int64, or uint64 where it is unsigned and 64
        bits wide. Raises ValueError for wrong names, lengths or values.
        """
        count = _check(inputs, [port for port in self.ports if port.is_input])
        results = {
            port.name: np.zeros(count, dtype=np.uint64) for port in self.ports if not port.is_input
        }
        columns = [
            np.ascontiguousarray(inputs[port.name]).astype(np.uint64)
            for port in self.ports
            if port.is_input
        ]
        self._library.block_run(
            _pointers(columns),
            _pointers(list(results.values())),
            ctypes.c_uint64(count),
            ctypes.c_uint64(self.block.latency_cycles),
        )
        wide = {port.name for port in self.ports if port.bits == MAX_BITS and not port.signed}
        return {k: v if k in wide else v.view(np.int64) for k, v in results.items()}


def run_block(block: Any, inputs: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """BlockHarness(block).run(inputs), for a block that is run once."""
    return BlockHarness(block).run(inputs)


def _leaves(name: str, value: Any) -> list[tuple[str, Value]]:
    """A member's fields, by name, down to plain ones."""
    if isinstance(value, data.View) and not isinstance(value.shape(), data.FlexibleLayout):
        keys = [key for key, _ in value.shape()]
        return [leaf for key in keys for leaf in _leaves(f"{name}_{key}", value[key])]
    return [(name, Value.cast(value))]


def _verilog(block: Any, ports: list[Port], name: str) -> str:
    """A top of flat ports and one clock, which knows the block by its ports only."""
    m = Module()
    domain = ClockDomain("sync", reset_less=True)
    domain.clk = Signal(name="aclk")
    m.domains += domain
    m.submodules.block = block
    flat = [domain.clk]
    for port in ports:
        signal = Signal(port.value.shape(), name=port.prefix + port.name)
        m.d.comb += port.value.eq(signal) if port.is_input else signal.eq(port.value)
        flat.append(signal)
    return str(verilog_text(m, name, flat))


def _header(ports: list[Port]) -> str:
    """C++ that moves one item between arrays and ports: values cut to the port's width."""
    lines: dict[bool, list[str]] = {True: [], False: []}
    for port in ports:
        own, unused = lines[port.is_input], MAX_BITS - port.bits
        place, column = f"top.{port.prefix}{port.name}", f"[{len(own)}][i]"
        if port.is_input:
            own.append(f"{place} = ((in{column} ^ flip) << {unused}) >> {unused};")
        else:
            kind = "int64_t" if port.signed else "uint64_t"
            own.append(f"out{column} = {kind}(uint64_t({place}) << {unused}) >> {unused};")
    return (
        "static void set_inputs(Vtop& top, const uint64_t* const* in, uint64_t i,\n"
        "                       uint64_t flip) {\n"
        + "".join(f"    {line}\n" for line in lines[True])
        + "}\nstatic void get_outputs(Vtop& top, uint64_t* const* out, uint64_t i) {\n"
        + "".join(f"    {line}\n" for line in lines[False])
        + "}\n"
    )


def _check(inputs: dict[str, NDArray[Any]], ports: list[Port]) -> int:
    """The number of items; raises ValueError where the inputs are not what the ports take."""
    names = [port.name for port in ports]
    if set(inputs) != set(names):
        raise ValueError(f"inputs {sorted(inputs)} are given where the ports are {sorted(names)}.")
    lengths = {np.shape(values) for values in inputs.values()}
    if len(lengths) != 1 or len(next(iter(lengths))) != 1:
        raise ValueError(f"inputs have the shapes {sorted(lengths)}: give all of them one (N,).")
    for port in ports:
        values = inputs[port.name]
        if not np.issubdtype(values.dtype, np.integer):
            raise ValueError(f"input {port.name} is {values.dtype}: give it integers.")
        low = -(1 << port.bits - 1) if port.signed else 0
        high = low + (1 << port.bits) - 1
        if values.size and not low <= int(values.min()) <= int(values.max()) <= high:
            raise ValueError(
                f"input {port.name} has values from {values.min()} to {values.max()}: "
                f"its {port.bits} bits hold {low} to {high}."
            )
    return int(next(iter(lengths))[0])


def _pointers(columns: list[NDArray[np.uint64]]) -> Any:
    return (ctypes.c_void_p * len(columns))(*(column.ctypes.data for column in columns))
