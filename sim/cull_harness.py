"""The compiled cluster_cull RTL behind a Python call: millions of clusters a second."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from golden.frame import FrameConstants
from golden.params import Parameters
from golden.records import CLUSTER_DTYPE, VISIBLE_DTYPE
from hw.cluster_cull import COUNTERS, ClusterCull
from hw.layouts import FRAME_FORMATS
from hw.verilog import Design, cull_design
from sim.verilated import build_library

SOURCE = Path(__file__).with_name("cull_harness.cpp")


class _CullRun(ctypes.Structure):
    _fields_ = (
        ("cycles", ctypes.c_uint64),
        ("visible", ctypes.c_uint64),
        ("first_visible_cycle", ctypes.c_uint64),
        ("counters", ctypes.c_uint32 * len(COUNTERS)),
        ("timed_out", ctypes.c_int32),
    )


@dataclass(frozen=True, eq=False)
class CullRun:
    """What the RTL did with one frame.

    Parameters
    ----------
    visible : (V,) VISIBLE_DTYPE, in stream order.
    cycles : from the first offered record until the pipeline is empty.
    first_visible_cycle : cycle in which the first visible cluster was taken, 0-based.
    counters : the RTL's counters by name.
    """

    visible: NDArray[np.void]
    cycles: int
    first_visible_cycle: int
    counters: dict[str, int]


@dataclass(frozen=True)
class CullHarness:
    """Builds the RTL of `params` once (kept in the user's cache) and runs frames through it.

    Raises InputError where a tool is missing or the build fails.
    """

    params: Parameters = field(default_factory=Parameters)

    @cached_property
    def _library(self) -> ctypes.CDLL:
        library = ctypes.CDLL(str(_built(cull_design(self.params))))
        library.cull_run.restype = None
        return library

    def build(self) -> None:
        """Builds the RTL now, so that no frame's time holds it."""
        _ = self._library

    def run(
        self,
        clusters: NDArray[np.void],
        constants: FrameConstants,
        *,
        idle_256: int = 0,
        stall_256: int = 0,
        seed: int = 0,
    ) -> CullRun:
        """One frame. idle_256, stall_256: chance of an idle input, a blocked output, of 256.

        Raises RuntimeError when the RTL does not finish within 64 cycles a cluster.
        """
        records = np.ascontiguousarray(clusters, dtype=CLUSTER_DTYPE)
        ports = constants.as_ports()
        values = np.array([ports[name] for name in FRAME_FORMATS], dtype=np.int64)
        visible = np.zeros(len(records), dtype=VISIBLE_DTYPE)
        result = _CullRun()
        limit = 64 * len(records) + 10_000
        self._library.cull_run(
            values.ctypes.data_as(ctypes.c_void_p),
            records.ctypes.data_as(ctypes.c_void_p),
            ctypes.c_uint64(len(records)),
            ctypes.c_uint32(ClusterCull.PIPELINE_CYCLES),
            ctypes.c_uint32(idle_256),
            ctypes.c_uint32(stall_256),
            ctypes.c_uint64(seed),
            ctypes.c_uint64(limit),
            visible.ctypes.data_as(ctypes.c_void_p),
            ctypes.byref(result),
        )
        if result.timed_out:
            raise RuntimeError(f"cluster_cull did not finish within {limit} cycles.")
        return CullRun(
            visible=visible[: result.visible],
            cycles=result.cycles,
            first_visible_cycle=result.first_visible_cycle,
            counters=dict(zip(COUNTERS, result.counters, strict=True)),
        )


def _built(design: Design) -> Path:
    """The shared library of a design, from the cache or built now."""
    setters = "".join(
        f"    top.frame_{name} = c[{index}];\n" for index, name in enumerate(FRAME_FORMATS)
    )
    header = f"static void set_constants(Vtop& top, const int64_t* c) {{\n{setters}}}\n"
    return build_library(design.name, design.text, SOURCE, {"set_constants.h": header})
