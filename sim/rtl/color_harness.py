"""The compiled color RTL with its read master and a memory behind a Python call."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from golden.params import Parameters
from golden.records import COLOR_DTYPE, COLORED_DTYPE, SPLAT_DTYPE
from golden.stages.color.constants import ColorConstants, constant_formats
from hw.stages.color.color import COUNTERS
from hw.verilog import Design, color_design
from sim.rtl.compiled_model import OPTIMISATION
from sim.rtl.design_cache import cached_design
from sim.rtl.verilated import build_library

SOURCE = Path(__file__).with_name("color_harness.cpp")
BUS_COUNTERS = ("beats", "bursts")
FAILURES = ("is not done in time", "changes a splat that waits", "crosses 4 KiB with a burst")


class _ColorFrame(ctypes.Structure):
    _fields_ = (
        ("constants", ctypes.c_void_p),
        ("splats", ctypes.c_void_p),
        ("count", ctypes.c_uint64),
        ("records", ctypes.c_void_p),
        ("address", ctypes.c_uint64),
        ("bytes", ctypes.c_uint64),
        ("latency_cycles", ctypes.c_uint64),
        ("idle_256", ctypes.c_uint32),
        ("stall_256", ctypes.c_uint32),
        ("busy_256", ctypes.c_uint32),
        ("address_stall_256", ctypes.c_uint32),
        ("fail_beat", ctypes.c_uint64),
        ("seed", ctypes.c_uint64),
        ("limit_cycles", ctypes.c_uint64),
    )


class _ColorRun(ctypes.Structure):
    _fields_ = (
        ("cycles", ctypes.c_uint64),
        ("splats", ctypes.c_uint64),
        ("taken_cycles", ctypes.c_uint64),
        ("first_address_cycle", ctypes.c_uint64),
        ("first_beat_cycle", ctypes.c_uint64),
        ("first_color_cycle", ctypes.c_uint64),
        ("last_color_cycle", ctypes.c_uint64),
        ("counters", ctypes.c_uint32 * (len(COUNTERS) + len(BUS_COUNTERS))),
        ("error", ctypes.c_uint32),
        ("failure", ctypes.c_int32),
    )


@dataclass(frozen=True)
class ColorStalls:
    """What holds a run up.

    Parameters
    ----------
    latency_cycles : of the memory, from an address taken to its first beat.
    idle_256, stall_256, busy_256, address_256 : chance of 256 in a cycle of no splat offered, a
        blocked output, no beat of the memory, and no address taken.
    fail_beat : number of the beat, from 1, that answers SLVERR; 0 for none.
    seed : of the patterns.
    """

    latency_cycles: int = 20
    idle_256: int = 0
    stall_256: int = 0
    busy_256: int = 0
    address_256: int = 0
    fail_beat: int = 0
    seed: int = 0


@dataclass(frozen=True, eq=False)
class ColorRun:
    """What the RTL did with one frame.

    Parameters
    ----------
    colored : (S,) COLORED_DTYPE, in the order of the splats.
    cycles : from the first offered splat until the hardware is not busy.
    taken_cycles : until the last splat was taken.
    first_address_cycle, first_beat_cycle, first_color_cycle, last_color_cycle : in which the first
        address, beat and splat, and the last splat were taken, 0-based.
    counters : those of the RTL by name, and of its bus.
    error : of the memory: 0 none, 1 SLVERR, 2 DECERR.
    """

    colored: NDArray[np.void]
    cycles: int
    taken_cycles: int
    first_address_cycle: int
    first_beat_cycle: int
    first_color_cycle: int
    last_color_cycle: int
    counters: dict[str, int]
    error: int


@dataclass(frozen=True)
class ColorHarness:
    """Builds the RTL of `params` once (kept in the user's cache) and runs frames through it.

    Parameters
    ----------
    params : color_cycles is not 0.
    netlist : another design of the same ports, such as one of gates, in place of the RTL.
    more_inputs : further input ports of that design, to be set for each frame.
    optimisation : of g++; a netlist of thousands of cells is compiled quicker without.

    Raises InputError where a tool is missing or the build fails.
    """

    params: Parameters
    netlist: Design | None = None
    more_inputs: tuple[str, ...] = ()
    optimisation: str = OPTIMISATION

    @cached_property
    def latency_cycles(self) -> int:
        """From a record taken to its splat offered."""
        return int(str(self._rtl.metadata["latency_cycles"]))

    @cached_property
    def _rtl(self) -> Design:
        return cached_design(color_design, self.params)

    @cached_property
    def _library(self) -> ctypes.CDLL:
        design, header = self.netlist or self._rtl, _bindings(self.params, self.more_inputs)
        path = build_library(
            design.name, design.text, SOURCE, {"bind_top.h": header}, self.optimisation
        )
        library = ctypes.CDLL(str(path))
        library.color_run.restype = None
        return library

    def build(self) -> None:
        """Builds the RTL now, so that no frame's time holds it."""
        _ = self._library

    def run(
        self,
        splats: NDArray[np.void],
        records: NDArray[np.generic],
        constants: ColorConstants,
        stalls: ColorStalls | None = None,
        address: int = 1 << 20,
        more_inputs: tuple[int, ...] = (),
    ) -> ColorRun:
        """One frame.

        Parameters
        ----------
        splats : (S,) SPLAT_DTYPE. records : (N,) COLOR_DTYPE of the pack, in memory at `address`,
            a multiple of 4096.
        more_inputs : values of the design's further inputs.

        Raises RuntimeError when a splat changes while it waits, a burst crosses 4 KiB, or the RTL
        does not finish within 400 cycles a splat and 20,000.
        """
        stalls = stalls or ColorStalls()
        splats = np.ascontiguousarray(splats, dtype=SPLAT_DTYPE)
        # The last beat may reach beyond the last record.
        padded = np.zeros(len(records) + 2, dtype=COLOR_DTYPE)
        padded[: len(records)] = records
        ports, formats = constants.as_ports(), constant_formats(self.params)
        # Verilator wants the bits above a port's width to be 0, of negative values too.
        held = [ports[name] & (1 << fixed.bits) - 1 for name, fixed in formats.items()]
        values = np.array([*held, *more_inputs], dtype=np.int64)
        colored = np.zeros(len(splats), dtype=COLORED_DTYPE)
        frame = _ColorFrame(
            values.ctypes.data,
            splats.ctypes.data,
            len(splats),
            padded.ctypes.data,
            address,
            padded.nbytes,
            stalls.latency_cycles,
            stalls.idle_256,
            stalls.stall_256,
            stalls.busy_256,
            stalls.address_256,
            stalls.fail_beat,
            stalls.seed,
            400 * len(splats) + 20_000,
        )
        result = _ColorRun()
        self._library.color_run(
            ctypes.byref(frame), ctypes.c_void_p(colored.ctypes.data), ctypes.byref(result)
        )
        if result.failure:
            raise RuntimeError(f"color {FAILURES[result.failure - 1]}.")
        names = (*COUNTERS, *BUS_COUNTERS)
        return ColorRun(
            colored=colored[: result.splats],
            cycles=result.cycles,
            taken_cycles=result.taken_cycles,
            first_address_cycle=result.first_address_cycle,
            first_beat_cycle=result.first_beat_cycle,
            first_color_cycle=result.first_color_cycle,
            last_color_cycle=result.last_color_cycle,
            counters=dict(zip(names, result.counters, strict=True)),
            error=result.error,
        )


def _bindings(params: Parameters, more_inputs: tuple[str, ...]) -> str:
    """C++ that names the ports of a top of that bus."""
    data = "t.m_axi_rdata.data()" if params.data_bits > 64 else "&t.m_axi_rdata"
    inputs = [*(f"frame_{name}" for name in constant_formats(params)), *more_inputs]
    constants = "".join(f"    t.{name} = c[{index}];\n" for index, name in enumerate(inputs))
    counters = "".join(
        f"    c[{index}] = t.counter_{name};\n"
        for index, name in enumerate((*COUNTERS, *BUS_COUNTERS))
    )
    return (
        f"constexpr int kBusBytes = {params.data_bits // 8};\n"
        f"static void* read_data(Vtop& t) {{ return {data}; }}\n"
        f"static void set_constants(Vtop& t, const int64_t* c) {{\n{constants}}}\n"
        f"static void read_counters(Vtop& t, uint32_t* c) {{\n{counters}}}\n"
    )
