"""The compiled rasterize RTL behind a Python call."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from golden.params import Parameters
from golden.stages.rasterize.constants import RasterizeConstants, constant_formats
from golden.stages.rasterize.integer import bins_of_picture
from golden.stages.tile_bin.entry import ENTRY_DTYPE
from hw.generate import verilog_text
from hw.stages.rasterize.rasterize import COUNTERS
from hw.stages.rasterize.top import RasterizeTop
from hw.verilog import Design
from sim.rtl.design_cache import cached_design
from sim.rtl.verilated import build_library

SOURCE = Path(__file__).with_name("rasterize_harness.cpp")
NAME = "splatsieve_rasterize"
PICTURE_BASE = 1 << 20
UNWRITTEN = 0xA5


class _RasterFrame(ctypes.Structure):
    _fields_ = (
        ("constants", ctypes.c_void_p),
        ("bins", ctypes.c_void_p),
        ("offsets", ctypes.c_void_p),
        ("entries", ctypes.c_void_p),
        ("bin_count", ctypes.c_uint64),
        ("picture", ctypes.c_void_p),
        ("picture_base", ctypes.c_uint64),
        ("picture_bytes", ctypes.c_uint64),
        ("idle_bin_256", ctypes.c_uint32),
        ("idle_256", ctypes.c_uint32),
        ("stall_256", ctypes.c_uint32),
        ("uses_drain", ctypes.c_uint32),
        ("seed", ctypes.c_uint64),
        ("limit_cycles", ctypes.c_uint64),
        ("reset_cycle", ctypes.c_uint64),
    )


class _RasterRun(ctypes.Structure):
    _fields_ = (
        ("cycles", ctypes.c_uint64),
        ("beats", ctypes.c_uint64),
        ("first_beat_cycle", ctypes.c_uint64),
        ("entries", ctypes.c_uint64),
        ("counters", ctypes.c_uint32 * len(COUNTERS)),
        ("failure", ctypes.c_int32),
    )


FAILURES = (
    "is not done in time",
    "changes a beat that waits",
    "writes outside its picture or out of order",
)


@dataclass(frozen=True, eq=False)
class RasterRun:
    """What the RTL did with one picture.

    Parameters
    ----------
    image : (height, width, 4) uint8; what was not written is UNWRITTEN.
    cycles : from the reset until the hardware is not busy.
    first_beat_cycle : in which the first beat was taken.
    beats, entries : taken from and by the hardware.
    counters : the RTL's counters by name.
    """

    image: NDArray[np.uint8]
    cycles: int
    first_beat_cycle: int
    beats: int
    entries: int
    counters: dict[str, int]


def rasterize_design(params: Parameters) -> Design:
    """Verilog of rasterize alone."""
    top = RasterizeTop(params)
    text = verilog_text(top, NAME)
    return Design(NAME, text, {})


@dataclass(frozen=True)
class RasterizeHarness:
    """Builds the RTL of `params` once (kept in the user's cache) and draws pictures by it.

    Raises InputError where a tool is missing or the build fails.
    """

    params: Parameters = field(default_factory=lambda: Parameters(raster_lanes=4))

    @cached_property
    def _library(self) -> ctypes.CDLL:
        design = cached_design(rasterize_design, self.params)
        header = _bindings(self.params)
        path = build_library(design.name, design.text, SOURCE, {"bind_top.h": header})
        library = ctypes.CDLL(str(path))
        library.raster_run.restype = None
        return library

    def build(self) -> None:
        """Builds the RTL now."""
        _ = self._library

    def run(
        self,
        entries: NDArray[np.void],
        offsets: NDArray[np.int64],
        size: tuple[int, int],
        constants: RasterizeConstants,
        *,
        idle_bin_256: int = 0,
        idle_256: int = 0,
        stall_256: int = 0,
        uses_drain: bool = False,
        seed: int = 0,
        reset_cycle: int = 0,
    ) -> RasterRun:
        """One picture.

        Parameters
        ----------
        entries : (E,) ENTRY_DTYPE, each bin's in order; no bin without.
        offsets : (B + 1,) of each bin's entries. size : width and height of the picture, px.
        idle_bin_256, idle_256, stall_256 : chance of an idle input, a blocked output, of 256.
        uses_drain : lists are cut short where the hardware says so.
        reset_cycle : a reset in that cycle, and the picture again from its start; 0 for none.

        Raises RuntimeError when a beat changes while it waits or lies outside the picture, or the
        RTL does not finish within a stated time.
        """
        width, height = size
        entries = np.ascontiguousarray(entries, dtype=ENTRY_DTYPE)
        places = bins_of_picture(size, self.params.bin_px)
        stride = constants.stride_bytes
        bins = np.zeros((len(places), 5), np.uint64)
        bins[:, :4] = places
        bins[:, 4] = PICTURE_BASE + places[:, 1] * stride + 4 * places[:, 0]
        picture = np.full((height, stride), UNWRITTEN, np.uint8)
        ports = constants.as_ports()
        values = np.array([ports[name] for name in constant_formats(self.params)], np.int64)
        starts = np.ascontiguousarray(offsets, dtype=np.uint64)
        slowest = 3000 * len(entries) + 70000 * len(places) + 20000
        frame = _RasterFrame(
            values.ctypes.data,
            bins.ctypes.data,
            starts.ctypes.data,
            entries.ctypes.data,
            len(places),
            picture.ctypes.data,
            PICTURE_BASE,
            picture.nbytes,
            idle_bin_256,
            idle_256,
            stall_256,
            uses_drain,
            seed,
            slowest,
            reset_cycle,
        )
        result = _RasterRun()
        self._library.raster_run(ctypes.byref(frame), ctypes.byref(result))
        if result.failure:
            counts = dict(zip(COUNTERS, result.counters, strict=True))
            raise RuntimeError(f"rasterize {FAILURES[result.failure - 1]}, counters {counts}.")
        return RasterRun(
            image=picture[:, : 4 * width].reshape(height, width, 4),
            cycles=result.cycles,
            first_beat_cycle=result.first_beat_cycle,
            beats=result.beats,
            entries=result.entries,
            counters=dict(zip(COUNTERS, result.counters, strict=True)),
        )


def _bindings(params: Parameters) -> str:
    """C++ that names the ports of a top with such a bus."""
    wide = params.data_bits > 64
    data = "t.m_beat_data.data()" if wide else "(uint32_t*)&t.m_beat_data"
    constants = "".join(
        f"    t.frame_{name} = c[{index}];\n" for index, name in enumerate(constant_formats(params))
    )
    counters = "".join(
        f"    c[{index}] = t.counter_{name};\n" for index, name in enumerate(COUNTERS)
    )
    bins = "".join(f"    t.s_bin_{k} = b.{k};\n" for k in ("x", "y", "columns", "rows", "address"))
    return (
        f"constexpr int kBeatBytes = {params.data_bits // 8};\n"
        f"constexpr int kCounters = {len(COUNTERS)};\n"
        "static void bind_ports(Vtop& t, Ports& p) {\n"
        f"    p = {{t.s_entry_entry.data(), {data}, (uint8_t*)&t.m_beat_strobe}};\n}}\n"
        f"static void set_bin(Vtop& t, const Bin& b) {{\n{bins}    t.s_bin_frame = 0;\n}}\n"
        f"static void set_constants(Vtop& t, const int64_t* c) {{\n{constants}}}\n"
        f"static void read_counters(Vtop& t, uint32_t* c) {{\n{counters}}}\n"
    )
