"""The compiled cluster_cull RTL behind a Python call: millions of clusters a second."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from golden.params import Parameters
from golden.records import CLUSTER_DTYPE, VISIBLE_DTYPE
from golden.stages.cluster_cull.constants import ClusterCullConstants, constant_formats
from hw.stages.cluster_cull.cluster_cull import COUNTERS
from hw.verilog import Design, cull_design
from sim.rtl.compiled_model import OPTIMISATION
from sim.rtl.design_cache import cached_design
from sim.rtl.verilated import build_library

SOURCE = Path(__file__).with_name("cluster_cull_harness.cpp")


# From a request taken to its first cluster offered, where nothing else is said: a DRAM read.
MEMORY_CYCLES = 100


class _CullFrame(ctypes.Structure):
    _fields_ = (
        ("constants", ctypes.c_void_p),
        ("groups", ctypes.c_void_p),
        ("group_count", ctypes.c_uint64),
        ("clusters", ctypes.c_void_p),
        ("cluster_count", ctypes.c_uint64),
        ("memory_cycles", ctypes.c_uint64),
        ("idle_256", ctypes.c_uint32),
        ("stall_256", ctypes.c_uint32),
        ("seed", ctypes.c_uint64),
        ("limit_cycles", ctypes.c_uint64),
    )


class _CullRun(ctypes.Structure):
    _fields_ = (
        ("cycles", ctypes.c_uint64),
        ("visible", ctypes.c_uint64),
        ("first_request_cycle", ctypes.c_uint64),
        ("first_visible_cycle", ctypes.c_uint64),
        ("counters", ctypes.c_uint32 * len(COUNTERS)),
        ("failure", ctypes.c_int32),
    )


@dataclass(frozen=True, eq=False)
class CullRun:
    """What the RTL did with one frame.

    Parameters
    ----------
    visible : (V,) VISIBLE_DTYPE, in stream order.
    cycles : from the first offered group until the hardware is not busy.
    first_request_cycle, first_visible_cycle : cycle in which the first request, the first visible
        cluster was taken, 0-based; 0 where there was none.
    counters : the RTL's counters by name.
    """

    visible: NDArray[np.void]
    cycles: int
    first_request_cycle: int
    first_visible_cycle: int
    counters: dict[str, int]


@dataclass(frozen=True)
class ClusterCullHarness:
    """Builds the RTL of `params` once (kept in the user's cache) and runs frames through it.

    Parameters
    ----------
    design : with the same ports, in place of the RTL of `params`: a netlist after synthesis.
    more_inputs : further input ports of that design, to be set for each frame.
    optimisation : of g++; a netlist of thousands of cells is compiled quicker without.

    Raises InputError where a tool is missing or the build fails.
    """

    params: Parameters = field(default_factory=Parameters)
    design: Design | None = None
    more_inputs: tuple[str, ...] = ()
    optimisation: str = OPTIMISATION

    @cached_property
    def _library(self) -> ctypes.CDLL:
        design = self.design or cached_design(cull_design, self.params)
        library = ctypes.CDLL(str(_built(design, self.more_inputs, self.optimisation)))
        library.cull_run.restype = None
        return library

    def build(self) -> None:
        """Builds the RTL now, so that no frame's time holds it."""
        _ = self._library

    def run(
        self,
        groups: NDArray[np.void],
        clusters: NDArray[np.void],
        constants: ClusterCullConstants,
        *,
        memory_cycles: int = MEMORY_CYCLES,
        idle_256: int = 0,
        stall_256: int = 0,
        seed: int = 0,
        more_inputs: tuple[int, ...] = (),
    ) -> CullRun:
        """One frame.

        Parameters
        ----------
        groups : (G,) CLUSTER_DTYPE. clusters : (M,) CLUSTER_DTYPE, read as the RTL asks for them.
        memory_cycles : from a request taken to its first cluster offered, then one a cycle.
        idle_256, stall_256 : chance of an idle input, a blocked output, of 256.
        more_inputs : values of the design's further inputs.

        Raises RuntimeError when the RTL asks for clusters that do not exist, gives more than there
        are, or does not finish within 64 cycles a record and 2000 and the memory's latency a group.
        """
        tables = [np.ascontiguousarray(table, dtype=CLUSTER_DTYPE) for table in (groups, clusters)]
        ports = constants.as_ports()
        # Verilator wants the bits above a port's width to be 0, of negative values too.
        values = np.array(
            [
                ports[name] & (1 << form.bits) - 1
                for name, form in constant_formats(self.params).items()
            ]
            + list(more_inputs),
            dtype=np.int64,
        )
        visible = np.zeros(len(clusters), dtype=VISIBLE_DTYPE)
        records = len(groups) + len(clusters)
        frame = _CullFrame(
            values.ctypes.data,
            tables[0].ctypes.data,
            len(groups),
            tables[1].ctypes.data,
            len(clusters),
            memory_cycles,
            idle_256,
            stall_256,
            seed,
            64 * records + (2000 + memory_cycles) * (len(groups) + 1),
        )
        result = _CullRun()
        self._library.cull_run(
            ctypes.byref(frame), ctypes.c_void_p(visible.ctypes.data), ctypes.byref(result)
        )
        if result.failure:
            reason = (
                "is not done in time",
                "asks for clusters outside the table",
                "gives more visible clusters than there are",
            )
            raise RuntimeError(f"cluster_cull {reason[result.failure - 1]}.")
        return CullRun(
            visible=visible[: result.visible],
            cycles=result.cycles,
            first_request_cycle=result.first_request_cycle,
            first_visible_cycle=result.first_visible_cycle,
            counters=dict(zip(COUNTERS, result.counters, strict=True)),
        )


def _built(design: Design, more_inputs: tuple[str, ...], optimisation: str) -> Path:
    """The shared library of a design, from the cache or built now."""
    ports = [*(f"frame_{name}" for name in constant_formats(Parameters())), *more_inputs]
    setters = "".join(f"    top.{port} = c[{index}];\n" for index, port in enumerate(ports))
    header = f"static void set_constants(Vtop& top, const int64_t* c) {{\n{setters}}}\n"
    return build_library(
        design.name, design.text, SOURCE, {"set_constants.h": header}, optimisation
    )
