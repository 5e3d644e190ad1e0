"""The compiled gaussian_project RTL behind a Python call: hundreds of thousands a second."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from golden.params import Parameters
from golden.records import MEMBER_DTYPE, SPLAT_DTYPE, streamed
from golden.stages.gaussian_project.constants import GaussianProjectConstants, constant_formats
from hw.stages.gaussian_project.gaussian_project import COUNTERS
from hw.verilog import Design, project_design
from sim.rtl.design_cache import cached_design
from sim.rtl.verilated import build_library

SOURCE = Path(__file__).with_name("gaussian_project_harness.cpp")


class _ProjectFrame(ctypes.Structure):
    _fields_ = (
        ("constants", ctypes.c_void_p),
        ("members", ctypes.c_void_p),
        ("member_count", ctypes.c_uint64),
        ("idle_256", ctypes.c_uint32),
        ("gap_256", ctypes.c_uint32),
        ("stall_256", ctypes.c_uint32),
        ("seed", ctypes.c_uint64),
        ("limit_cycles", ctypes.c_uint64),
    )


class _ProjectRun(ctypes.Structure):
    _fields_ = (
        ("cycles", ctypes.c_uint64),
        ("splats", ctypes.c_uint64),
        ("first_splat_cycle", ctypes.c_uint64),
        ("taken_cycles", ctypes.c_uint64),
        ("beats", ctypes.c_uint64),
        ("counters", ctypes.c_uint32 * len(COUNTERS)),
        ("failure", ctypes.c_int32),
    )


@dataclass(frozen=True, eq=False)
class ProjectRun:
    """What the RTL did with one frame.

    Parameters
    ----------
    splats : (S,) SPLAT_DTYPE, in the order of the members.
    cycles : from the first offered member until the hardware is not busy.
    first_splat_cycle : cycle in which the first splat was taken, 0-based; 0 where there was none.
    taken_cycles : cycles until the last member was taken.
    beats : taken, each of 1 to `lanes` members.
    counters : the RTL's counters by name, sums over the lanes.
    """

    splats: NDArray[np.void]
    cycles: int
    first_splat_cycle: int
    taken_cycles: int
    beats: int
    counters: dict[str, int]


@dataclass(frozen=True)
class GaussianProjectHarness:
    """Builds the RTL of `params` once (kept in the user's cache) and runs frames through it.

    Raises InputError where a tool is missing or the build fails.
    """

    params: Parameters = field(default_factory=Parameters)

    @cached_property
    def latency_cycles(self) -> int:
        """From a member taken to its splat offered."""
        return int(str(self._design.metadata["latency_cycles"]))

    @cached_property
    def _design(self) -> Design:
        return cached_design(project_design, self.params)

    @cached_property
    def _library(self) -> ctypes.CDLL:
        header = _bindings(self.params)
        path = build_library(self._design.name, self._design.text, SOURCE, {"bind_top.h": header})
        library = ctypes.CDLL(str(path))
        library.project_run.restype = None
        return library

    def build(self) -> None:
        """Builds the RTL now, so that no frame's time holds it."""
        _ = self._library

    def run(
        self,
        members: NDArray[np.void],
        constants: GaussianProjectConstants,
        *,
        idle_256: int = 0,
        gap_256: int = 0,
        stall_256: int = 0,
        seed: int = 0,
    ) -> ProjectRun:
        """One frame; a beat holds as many members as there are lanes.

        Parameters
        ----------
        members : (N,) MEMBER_DTYPE.
        idle_256, gap_256, stall_256 : chance of an idle input, an empty lane, a blocked output,
            of 256.

        Raises RuntimeError when a splat changes while it waits, or the RTL does not finish within
        256 cycles a member and 4000.
        """
        members = np.ascontiguousarray(members, dtype=MEMBER_DTYPE)
        ports = constants.as_ports()
        formats = constant_formats(self.params)
        # Verilator wants the bits above a port's width to be 0, of negative values too.
        values = np.array(
            [ports[name] & (1 << fixed.bits) - 1 for name, fixed in formats.items()], dtype=np.int64
        )
        splats = np.empty(len(members), dtype=SPLAT_DTYPE)
        frame = _ProjectFrame(
            values.ctypes.data,
            members.ctypes.data,
            len(members),
            idle_256,
            gap_256,
            stall_256,
            seed,
            256 * len(members) + 4000,
        )
        result = _ProjectRun()
        self._library.project_run(
            ctypes.byref(frame), ctypes.c_void_p(splats.ctypes.data), ctypes.byref(result)
        )
        if result.failure:
            reason = ("is not done in time", "changes a splat that waits")
            raise RuntimeError(f"gaussian_project {reason[result.failure - 1]}.")
        return ProjectRun(
            splats=splats[: result.splats],
            cycles=result.cycles,
            first_splat_cycle=result.first_splat_cycle,
            taken_cycles=result.taken_cycles,
            beats=result.beats,
            counters=dict(zip(COUNTERS, result.counters, strict=True)),
        )


def _bindings(params: Parameters) -> str:
    """C++ that names the ports of a top with that many lanes."""
    slot = streamed(SPLAT_DTYPE, params).itemsize
    parts = ("tuser", "tvalid", "tready")
    ports = ", ".join(
        f"t.{stream}_tdata.data(), " + ", ".join(f"&t.{stream}_{part}" for part in parts)
        for stream in ("s_axis_member", "m_axis_splat")
    )
    constants = "".join(
        f"    t.frame_{name} = c[{index}];\n" for index, name in enumerate(constant_formats(params))
    )
    counters = "".join(
        f"    c[{index}] = t.counter_{name};\n" for index, name in enumerate(COUNTERS)
    )
    return (
        f"constexpr int kLanes = {params.lanes}, kSlotWords = {slot // 4};\n"
        f"static void bind_ports(Vtop& t, Ports& p) {{\n    p = {{{ports}}};\n}}\n"
        f"static void set_constants(Vtop& t, const int64_t* c) {{\n{constants}}}\n"
        f"static void read_counters(Vtop& t, uint32_t* c) {{\n{counters}}}\n"
    )
