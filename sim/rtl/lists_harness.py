"""The compiled RTL of tile_bin and depth_sort, and a memory between them, behind a Python call."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from amaranth.hdl import ClockDomain, Module, Mux, Signal, Value
from numpy.typing import NDArray

from golden.params import Parameters
from golden.stages.tile_bin.constants import (
    PAGE_BYTES,
    ListOutcome,
    TileBinConstants,
    constant_formats,
)
from golden.stages.tile_bin.entry import ENTRY_DTYPE
from hw.generate import verilog_text
from hw.layouts import colored_splat
from hw.stages.depth_sort.depth_sort import COUNTERS as SORT_COUNTERS
from hw.stages.depth_sort.depth_sort import DepthSort
from hw.stages.tile_bin.tile_bin import COUNTERS as BIN_COUNTERS
from hw.stages.tile_bin.tile_bin import TileBin
from sim.rtl.compiled_model import OPTIMISATION
from sim.rtl.payload import packed
from sim.rtl.verilated import build_library

TOP = "lists"
SOURCE = Path(__file__).with_name("lists_harness.cpp")
FAILURES = {
    1: "is not done in time",
    2: "changes what waits",
    3: "reaches outside the list memory",
    4: "sends more entries than the lists have",
    5: "writes or reads runs that are not what they were said to be",
}


class _Frame(ctypes.Structure):
    _fields_ = (
        ("constants", ctypes.c_void_p),
        ("splats", ctypes.c_void_p),
        ("splat_count", ctypes.c_uint64),
        ("memory", ctypes.c_void_p),
        ("memory_bytes", ctypes.c_uint64),
        ("window_first", ctypes.c_uint64),
        ("window_end", ctypes.c_uint64),
        ("idle_256", ctypes.c_uint32),
        ("stall_256", ctypes.c_uint32),
        ("busy_256", ctypes.c_uint32),
        ("latency_cycles", ctypes.c_uint32),
        ("seed", ctypes.c_uint64),
        ("stop_cycle", ctypes.c_uint64),
        ("sort_stop_cycle", ctypes.c_uint64),
        ("frames_before", ctypes.c_uint64),
        ("limit_cycles", ctypes.c_uint64),
    )


class _Run(ctypes.Structure):
    _fields_ = (
        ("fill_cycles", ctypes.c_uint64),
        ("sort_cycles", ctypes.c_uint64),
        ("entries", ctypes.c_uint64),
        ("beats", ctypes.c_uint64),
        ("records", ctypes.c_uint64),
        ("first_entry_cycle", ctypes.c_uint64),
        ("outcome", ctypes.c_uint32),
        ("bins", ctypes.c_uint32),
        ("counters", ctypes.c_uint32 * (len(BIN_COUNTERS) + len(SORT_COUNTERS))),
        ("failure", ctypes.c_int32),
    )


@dataclass(frozen=True)
class Pressure:
    """What the neighbours do: chances of 256, and when a frame is broken off.

    Parameters
    ----------
    idle_256, stall_256, busy_256 : of an idle input, of a write, request or entry not taken, of a
        memory that has no record yet.
    latency_cycles : from a request for records taken to the first one offered.
    stop_cycle, sort_stop_cycle : a reset in that cycle of the filling, of the sorting, before the
        frame that is looked at; 0 for none.
    frames_before : how often the frame is run before, without a reset between.
    seed : of the chances.
    """

    idle_256: int = 0
    stall_256: int = 0
    busy_256: int = 0
    latency_cycles: int = 20
    stop_cycle: int = 0
    sort_stop_cycle: int = 0
    frames_before: int = 0
    seed: int = 1


@dataclass(frozen=True, eq=False)
class ListsRun:
    """What the RTL did with one frame.

    Parameters
    ----------
    outcome : of tile_bin; nothing was sorted where it is not COMPLETE.
    memory : (bytes,) uint8, the memory from address 0 on, as it was given and written.
    length, first_page, next_page : the tables, as tile_bin shows them.
    entries : (P,) ENTRY_DTYPE, in the order in which depth_sort sent them. lasts : (P,) bool.
    fill_cycles, sort_cycles : from the start until done, until not busy.
    first_entry_cycle : of the sorting, in which the first entry was taken.
    beats, records : written, read.
    counters : of both, by name.
    """

    outcome: ListOutcome
    memory: NDArray[np.uint8]
    length: NDArray[np.int64]
    first_page: NDArray[np.int64]
    next_page: NDArray[np.int64]
    entries: NDArray[np.void]
    lasts: NDArray[np.bool_]
    fill_cycles: int
    sort_cycles: int
    first_entry_cycle: int
    beats: int
    records: int
    counters: dict[str, int]


@dataclass(frozen=True)
class ListsHarness:
    """Builds the RTL of `params` once (kept in the user's cache) and runs frames through it.

    Parameters
    ----------
    text : Verilog in place of that of `lists_verilog`; None for that.
    optimisation : of g++.

    Raises InputError where a tool is missing or the build fails.
    """

    params: Parameters = field(default_factory=Parameters)
    text: str | None = None
    optimisation: str = OPTIMISATION

    @cached_property
    def _library(self) -> ctypes.CDLL:
        text = lists_verilog(self.params) if self.text is None else self.text
        headers = {"bind_top.h": _bindings(self.params)}
        library = ctypes.CDLL(str(build_library(TOP, text, SOURCE, headers, self.optimisation)))
        library.lists_run.restype = None
        return library

    def build(self) -> None:
        """Builds the RTL now, so that no frame's time holds it."""
        _ = self._library

    def run(
        self,
        splats: NDArray[np.void],
        colors: NDArray[np.integer],
        constants: TileBinConstants,
        pressure: Pressure | None = None,
        capacity: int = 1 << 20,
        limit_cycles: int = 10_000_000,
    ) -> ListsRun:
        """One frame: lists filled in memory, and sorted from there.

        Parameters
        ----------
        splats : (N,) SPLAT_DTYPE. colors : (N, 3) R, G, B, 10 bits.
        capacity : entries that may come at most.

        Raises RuntimeError when the RTL breaks a rule of FAILURES.
        """
        pressure = pressure or Pressure()
        ports = constants.as_ports()
        formats = constant_formats(self.params)
        values = np.array([ports[name] for name in formats], np.int64)
        words = packed(colored_splat(self.params), splat_columns(splats, colors))
        first = constants.list_page * PAGE_BYTES
        end = first + constants.pages * PAGE_BYTES
        memory = np.full(end + PAGE_BYTES, 0xA5, np.uint8)
        length, heads = (np.zeros(self.params.max_bins, np.int64) for _ in range(2))
        following = np.zeros(constants.pages, np.int64)
        entries, lasts = np.zeros(capacity, ENTRY_DTYPE), np.zeros(capacity, np.uint8)
        frame = _Frame(
            values.ctypes.data,
            words.ctypes.data,
            len(words),
            memory.ctypes.data,
            len(memory),
            first,
            end,
            pressure.idle_256,
            pressure.stall_256,
            pressure.busy_256,
            pressure.latency_cycles,
            pressure.seed,
            pressure.stop_cycle,
            pressure.sort_stop_cycle,
            pressure.frames_before,
            limit_cycles,
        )
        result = _Run()
        self._library.lists_run(
            ctypes.byref(frame),
            *(ctypes.c_void_p(table.ctypes.data) for table in (length, heads, following)),
            ctypes.c_uint64(len(following)),
            ctypes.c_void_p(entries.ctypes.data),
            ctypes.c_void_p(lasts.ctypes.data),
            ctypes.c_uint64(capacity),
            ctypes.byref(result),
        )
        if result.failure:
            raise RuntimeError(f"the hardware of the lists {FAILURES[result.failure]}.")
        counters = dict(zip((*BIN_COUNTERS, *SORT_COUNTERS), result.counters, strict=True))
        return ListsRun(
            outcome=ListOutcome(result.outcome),
            memory=memory,
            length=length[: result.bins],
            first_page=heads[: result.bins],
            next_page=following[: counters["pages"]],
            entries=entries[: result.entries],
            lasts=lasts[: result.entries].astype(np.bool_),
            fill_cycles=result.fill_cycles,
            sort_cycles=result.sort_cycles,
            first_entry_cycle=result.first_entry_cycle,
            beats=result.beats,
            records=result.records,
            counters=counters,
        )


def splat_columns(splats: NDArray[np.void], colors: NDArray[np.integer]) -> dict[str, NDArray[Any]]:
    """Columns of colored_splat, by the paths of its fields."""
    columns: dict[str, NDArray[Any]] = {}
    for name, parts in (
        ("mean2d", ("u", "v")),
        ("conic", ("a", "b", "c")),
        ("tile_rect", ("x0", "y0", "x1", "y1")),
        ("extent", ("x", "y")),
    ):
        columns |= {f"splat_{name}_{part}": splats[name][:, n] for n, part in enumerate(parts)}
    for name in ("depth", "index", "opacity", "conic_exponent"):
        columns[f"splat_{name}"] = splats[name]
    for n, channel in enumerate(("red", "green", "blue")):
        columns[f"color_{channel}"] = colors[:, n]
    return columns


def lists_verilog(
    params: Parameters, bins: TileBin | None = None, sort: DepthSort | None = None
) -> str:
    """A top with both stages, the tables wired, all streams flat.

    Parameters
    ----------
    bins, sort : components with the members of the stages, in place of these.
    """
    m = Module()
    m.domains.sync = domain = ClockDomain()
    domain.clk, domain.rst = Signal(name="aclk"), Signal(name="reset")
    m.submodules.tile_bin = bins = bins or TileBin(params)
    m.submodules.depth_sort = sort = sort or DepthSort(params)
    ports: list[Signal] = [domain.clk, domain.rst]

    def flat(port: str, value: Any, is_input: bool) -> Signal:
        inner = Value.cast(value)
        signal = Signal(len(inner), name=port)
        m.d.comb += inner.eq(signal) if is_input else signal.eq(inner)
        ports.append(signal)
        return signal

    for key in constant_formats(params):
        m.d.comb += sort.constants[key].eq(bins.constants[key])
        flat(f"constants_{key}", bins.constants[key], True)
    probe = Signal(name="probe")
    number = Signal(len(bins.number), name="probe_number")
    page = Signal(len(bins.page), name="probe_page")
    ports += [probe, number, page]
    m.d.comb += [
        bins.number.eq(Mux(probe, number, sort.number)),
        bins.page.eq(Mux(probe, page, sort.page)),
        sort.length.eq(bins.length),
        sort.first_page.eq(bins.first_page),
        sort.next_page.eq(bins.next_page),
        sort.bins.eq(bins.bins),
    ]
    for port, value, is_input in _wires(bins, sort):
        flat(port, value, is_input)
    for counter in BIN_COUNTERS:
        flat(f"counter_{counter}", getattr(bins, counter), False)
    for counter in SORT_COUNTERS:
        flat(f"counter_{counter}", getattr(sort, counter), False)
    return str(verilog_text(m, TOP, ports))


def _wires(bins: Any, sort: Any) -> list[tuple[str, Any, bool]]:
    """Flat ports beside constants and counters: name, inner value, is it an input?"""
    beat, request, slots = bins.writes.payload, sort.requests.payload, sort.slots.payload
    return [
        ("start", bins.start, True),
        ("finish", bins.finish, True),
        ("splat_payload", bins.i.payload, True),
        ("splat_valid", bins.i.valid, True),
        ("splat_ready", bins.i.ready, False),
        ("writes_valid", bins.writes.valid, False),
        ("writes_ready", bins.writes.ready, True),
        *((f"writes_{part}", beat[part], False) for part in ("address", "data", "strobe", "last")),
        ("bin_done", bins.done, False),
        ("outcome", bins.outcome, False),
        ("bins", bins.bins, False),
        ("length", bins.length, False),
        ("first_page", bins.first_page, False),
        ("next_page", bins.next_page, False),
        ("sort_start", sort.start, True),
        ("requests_valid", sort.requests.valid, False),
        ("requests_ready", sort.requests.ready, True),
        *((f"requests_{part}", request[part], False) for part in ("record", "count")),
        ("slots_valid", sort.slots.valid, True),
        ("slots_ready", sort.slots.ready, False),
        ("slots_data", slots.data, True),
        ("slots_slots", slots.slots, True),
        ("o_valid", sort.o.valid, False),
        ("o_ready", sort.o.ready, True),
        ("o_payload", sort.o.payload, False),
        ("sort_busy", sort.busy, False),
    ]


def _bindings(params: Parameters) -> str:
    """C++ that names the ports of a top of those parameters."""
    words = -(-colored_splat(params).size // 32)
    size, slots = params.data_bits // 8, max(1, params.data_bits // 256)
    constants = "".join(
        f"    t.constants_{name} = c[{n}];\n" for n, name in enumerate(constant_formats(params))
    )
    counters = "".join(
        f"    c[{n}] = t.counter_{name};\n"
        for n, name in enumerate((*BIN_COUNTERS, *SORT_COUNTERS))
    )
    data = "&t.writes_data" if params.data_bits <= 64 else "&t.writes_data[0]"
    return (
        f"constexpr int kSplatWords = {words}, kDataBytes = {size}, kSlots = {slots};\n"
        "static const uint8_t* write_data(Vtop& t) {\n"
        f"    return reinterpret_cast<const uint8_t*>({data});\n}}\n"
        "static int offer_slots(Vtop& t, const uint8_t* from, uint64_t count) {\n"
        "    int taken = count < kSlots ? int(count) : kSlots;\n"
        "    std::memcpy(&t.slots_data[0], from, taken * 32);\n"
        "    t.slots_slots = (1 << taken) - 1;\n    return taken;\n}\n"
        f"static void set_constants(Vtop& t, const int64_t* c) {{\n{constants}}}\n"
        f"static void read_counters(Vtop& t, uint32_t* c) {{\n{counters}}}\n"
    )
