"""The compiled accelerator between a memory, a host's bus and a sink of splats."""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from golden.params import Parameters
from hw.accelerator_top import output_dtype, record_dtype
from hw.frame.splat_packer import output_lanes
from hw.verilog import accelerator_design
from sim.model.dram_port import clock_of_c, idle_dram
from sim.model.memory import MemoryModel
from sim.rtl.accelerator_events import (
    NO_INNER_EVENTS,
    Event,
    EventKind,
    RawEvent,
    inner_events_function,
    watchable,
)
from sim.rtl.compiled_model import OPTIMISATION
from sim.rtl.design_cache import cached_design
from sim.rtl.verilated import build_library

SOURCE = Path(__file__).with_name("accelerator_harness.cpp")
VIOLATIONS = {
    1: "a burst crosses 4 KiB",
    2: "an address changed while it waited",
    4: "a splat changed while it waited",
    8: "a burst is too long",
    16: "a write's address changed while it waited",
    32: "the last beat of a write is not marked, or another is",
}
MOST_FRAMES = 64


class _Memory(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("address", ctypes.c_uint64),
        ("bytes", ctypes.c_uint64),
        ("latency_cycles", ctypes.c_uint64),
        ("busy_256", ctypes.c_uint32),
        ("address_stall_256", ctypes.c_uint32),
        ("output_stall_256", ctypes.c_uint32),
        ("fail_beat", ctypes.c_uint64),
        ("fail_write", ctypes.c_uint64),
        ("odd_burst", ctypes.c_uint64),
        ("odd_beats", ctypes.c_int64),
        ("seed", ctypes.c_uint64),
        ("dram", ctypes.c_void_p),
        ("clock_dram", ctypes.c_void_p),
    )


class BusCounts(ctypes.Structure):
    """What the bus saw since the counts were cleared; `cycle` since the reset; `owed` now: bursts
    that the memory has not answered whole."""

    _fields_ = (
        ("cycle", ctypes.c_uint64),
        ("beats", ctypes.c_uint64),
        ("bursts", ctypes.c_uint64),
        ("bytes", ctypes.c_uint64),
        ("first_beat_cycle", ctypes.c_uint64),
        ("last_beat_cycle", ctypes.c_uint64),
        ("frames", ctypes.c_uint64),
        ("splats", ctypes.c_uint64),
        ("violations", ctypes.c_uint32),
        ("irq", ctypes.c_uint32),
        ("write_beats", ctypes.c_uint64),
        ("write_bursts", ctypes.c_uint64),
        ("owed", ctypes.c_uint64),
    )

    @property
    def utilisation(self) -> float:
        """Share of the cycles from the first to the last beat that carried one; 0 without beats."""
        if self.beats == 0:
            return 0.0
        return float(self.beats / (self.last_beat_cycle - self.first_beat_cycle + 1))


class AcceleratorHarness:
    """One accelerator of some parameters, out of reset, with a memory image; a sim.rtl.driver.Bus.

    Parameters
    ----------
    params : the hardware's.
    image : bytes of the memory from `memory.address` on.
    memory : how it behaves.
    traces_activity : begin_activity can be called; slower, and a build of its own.
    netlist : Verilog in place of the RTL, with the same top; its inner events are not kept.

    Raises InputError where a tool is missing or the build fails.
    """

    def __init__(
        self,
        params: Parameters,
        image: bytes,
        memory: MemoryModel | None = None,
        traces_activity: bool = False,
        netlist: str | None = None,
    ):
        self._library = _library(params, traces_activity, netlist)
        self._record = output_dtype(params)
        self._params = params
        self._image = np.frombuffer(image, dtype=np.uint8).copy()  # a build may write to it
        self._model = memory or MemoryModel()
        self._dram: NDArray[np.void] | None = None
        self._handle = ctypes.c_void_p(self._library.accelerator_new(self._memory(self._model)))

    def __enter__(self) -> AcceleratorHarness:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._library.accelerator_delete(self._handle)

    def set_memory(self, memory: MemoryModel) -> None:
        """From now on the memory behaves so."""
        self._model = memory
        self._library.accelerator_set_memory(self._handle, self._memory(memory))

    def read(self, offset: int) -> int:
        """A register; raises RuntimeError where the answer is no OKAY."""
        value = ctypes.c_uint32()
        response = self._library.accelerator_read(self._handle, offset, ctypes.byref(value))
        if response:
            raise RuntimeError(f"reading register {offset:#05x} answered {response}.")
        return value.value

    def write(self, offset: int, value: int) -> None:
        """Writes a register; raises RuntimeError where the answer is no OKAY."""
        response = self._library.accelerator_write(self._handle, offset, value & 0xFFFFFFFF)
        if response:
            raise RuntimeError(f"writing register {offset:#05x} answered {response}.")

    def run(self, limit_cycles: int, until_irq: bool = True) -> int:
        """Cycles run: `limit_cycles`, or fewer until the interrupt."""
        return int(
            self._library.accelerator_run(
                self._handle, ctypes.c_uint64(limit_cycles), int(until_irq)
            )
        )

    def reset(self, cycles: int = 1, port: bool = False) -> None:
        """Resets for that many cycles, while the memory goes on; splats not fetched yet are lost.

        Parameters
        ----------
        port : of the memory port too, as if the memory were reset with it; of the core alone where
            it is False.
        """
        self._library.accelerator_reset(self._handle, ctypes.c_uint64(cycles), int(port))

    def memory_bytes(self, address: int, size: int) -> bytes:
        """What the memory holds now, from a byte address on."""
        first = address - self._model.address
        return self._image[first : first + size].tobytes()

    def set_memory_bytes(self, address: int, data: bytes) -> None:
        """Puts bytes into the memory, from a byte address on."""
        first = address - self._model.address
        self._image[first : first + len(data)] = np.frombuffer(data, np.uint8)

    def counts(self) -> BusCounts:
        """What the bus saw; raises RuntimeError where a rule of AXI was broken."""
        counts = BusCounts()
        self._library.accelerator_counts(self._handle, ctypes.byref(counts))
        broken = [text for bit, text in VIOLATIONS.items() if counts.violations & bit]
        if broken:
            raise RuntimeError(f"the accelerator breaks a rule: {'; '.join(broken)}.")
        return counts

    def clear_counts(self) -> None:
        """Begins the counts of beats and bursts anew."""
        self._library.accelerator_clear_counts(self._handle)

    def keep_events(self) -> None:
        """From now on every event is kept; this costs time and memory each cycle."""
        self._library.accelerator_keep_events(self._handle, 1)

    def events(self) -> list[Event]:
        """What happened since keep_events or the last call, by cycle; all are taken out."""
        call = self._library.accelerator_events
        count = int(call(self._handle, None, ctypes.c_uint64(0)))
        raw = (RawEvent * count)()
        call(self._handle, raw, ctypes.c_uint64(count))
        return [Event(e.cycle, EventKind(e.kind), e.value, e.more) for e in raw]

    def begin_activity(self, path: Path, window_cycles: int, period_cycles: int) -> None:
        """From now on the transitions of every net are counted, into a file of the form SAIF.

        Parameters
        ----------
        window_cycles, period_cycles : this many cycles of every period are looked at.
        """
        self._library.accelerator_begin_activity(
            self._handle,
            str(path).encode(),
            ctypes.c_uint64(window_cycles),
            ctypes.c_uint64(period_cycles),
        )

    def end_activity(self) -> int:
        """Writes that file; how many cycles were looked at."""
        return int(self._library.accelerator_end_activity(self._handle))

    def frames(self) -> list[NDArray[np.void]]:
        """(S,) record_dtype of each frame that ended, in stream order, and what came after the last
        end as one more; all are taken out."""
        splats = np.empty(self.counts().splats, dtype=self._record)
        ends = (ctypes.c_uint64 * MOST_FRAMES)()
        frames = self._library.accelerator_splats(
            self._handle, ctypes.c_void_p(splats.ctypes.data), ends, ctypes.c_uint64(MOST_FRAMES)
        )
        records = _unpadded(splats, record_dtype(self._params))
        return list(np.split(records, list(ends[: min(frames, MOST_FRAMES)])))

    def dram_commands(self) -> dict[str, int] | None:
        """Rows opened, bursts read and written so far over all channels; None without a DRAM."""
        if self._dram is None:
            return None
        channels = self._dram[0]["channel"]
        sums = {name: int(channels[name].sum()) for name in ("misses", "bursts", "written")}
        writes = sums["written"]
        return {"activates": sums["misses"], "reads": sums["bursts"] - writes, "writes": writes}

    def _dram_of(self, model: MemoryModel) -> tuple[int | None, int | None]:
        """Addresses of a DRAM out of reset and of what clocks it; none where there is none."""
        if model.dram is None:
            self._dram = None
            return None, None
        self._dram = idle_dram(model.dram, self._params)  # kept as long as the library looks at it
        return self._dram.ctypes.data, clock_of_c().address

    def _memory(self, model: MemoryModel) -> object:
        return ctypes.byref(
            _Memory(
                self._image.ctypes.data,
                model.address,
                self._image.nbytes,
                model.latency_cycles,
                model.busy_256,
                model.address_stall_256,
                model.output_stall_256,
                model.fail_beat,
                model.fail_write,
                model.odd_burst,
                model.odd_beats,
                model.seed,
                *self._dram_of(model),
            )
        )


def _unpadded(splats: NDArray[np.void], record: np.dtype) -> NDArray[np.void]:
    """Records without what lies above them; raises RuntimeError where that is not 0."""
    if splats.dtype.itemsize == record.itemsize:
        return splats
    rows = splats.view(np.uint8).reshape(len(splats), -1)
    if rows[:, record.itemsize :].any():
        raise RuntimeError("the accelerator gives something above a splat's record.")
    return np.ascontiguousarray(rows[:, : record.itemsize]).view(record)[:, 0]


def build_accelerator(params: Parameters) -> None:
    """Builds the RTL now, so that no frame's time holds it. Raises what AcceleratorHarness does."""
    _library(params)


@cache
def _library(
    params: Parameters, traces_activity: bool = False, netlist: str | None = None
) -> ctypes.CDLL:
    design = cached_design(accelerator_design, params)
    define = f"#define ACTIVITY {int(traces_activity)}\n"
    events = inner_events_function(design) if netlist is None else NO_INNER_EVENTS
    header = {"bind_top.h": define + _bindings(params) + events}
    library = ctypes.CDLL(
        str(
            build_library(
                design.name,
                watchable(design) if netlist is None else netlist,
                SOURCE,
                header,
                optimisation=OPTIMISATION if netlist is None else "-O0",  # of many small functions
                traces_activity=traces_activity,
            )
        )
    )
    if traces_activity:
        library.accelerator_begin_activity.restype = None
        library.accelerator_end_activity.restype = ctypes.c_uint64
    library.accelerator_new.restype = ctypes.c_void_p
    for name in ("accelerator_run", "accelerator_splats", "accelerator_events"):
        getattr(library, name).restype = ctypes.c_uint64
    for name in ("delete", "reset", "counts", "set_memory", "clear_counts", "keep_events"):
        getattr(library, f"accelerator_{name}").restype = None
    return library


def _bindings(params: Parameters) -> str:
    """C++ that names the wide ports of a top of these parameters."""
    data = "&top.m_axi_rdata" if params.data_bits <= 64 else "top.m_axi_rdata.data()"
    if params.raster_lanes:
        written = "&top.m_axi_wdata" if params.data_bits <= 64 else "top.m_axi_wdata.data()"
        return (
            "#define DRAWS 1\n"
            f"constexpr int kBusBytes = {params.data_bits // 8}, kLanes = 1;\n"
            "constexpr int kSplatWords = 1;\n"
            f"constexpr uint32_t kBurstBeats = {params.burst_beats};\n"
            f"static void* read_data(Vtop& top) {{ return {data}; }}\n"
            f"static const void* write_data(Vtop& top) {{ return {written}; }}\n"
        )
    size, lanes = output_dtype(params).itemsize, output_lanes(params)
    keep_bits, bit = size * lanes, f"lane * {size}"
    if keep_bits <= 64:
        keep = f"top.m_axis_splat_tkeep >> ({bit}) & 1"
    else:
        keep = f"top.m_axis_splat_tkeep.data()[({bit}) / 32] >> (({bit}) % 32) & 1"
    return (
        "#define DRAWS 0\n"
        f"constexpr int kBusBytes = {params.data_bits // 8}, kLanes = {lanes};\n"
        f"constexpr int kSplatWords = {size // 4};\n"
        f"constexpr uint32_t kBurstBeats = {params.burst_beats};\n"
        f"static void* read_data(Vtop& top) {{ return {data}; }}\n"
        "static uint32_t* splat_data(Vtop& top) { return top.m_axis_splat_tdata.data(); }\n"
        f"static bool splat_keep(Vtop& top, int lane) {{ return {keep}; }}\n"
    )
