"""cocotb bench of the color top: the input monitor feeds the integer model."""

from __future__ import annotations

import random

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ReadOnly, RisingEdge
from cocotbext.axi import (
    AxiStreamBus,
    AxiStreamFrame,
    AxiStreamMonitor,
    AxiStreamSink,
    AxiStreamSource,
)

from golden.params import Parameters
from golden.records import COLORED_DTYPE, SPLAT_DTYPE
from golden.stages.color.constants import ColorConstants
from golden.stages.color.integer import color
from hw.bus.read_master import ReadMaster
from hw.stages.color.color import Color
from hw.stages.color.color_fetch import WAIT_CYCLES, run_records
from tests.rtl.bus.axi_memory import DECERR, OKAY, SLVERR, Memory, pause_patterns
from tests.rtl.color.color_stimulus import (
    constants_of,
    random_camera,
    random_indices,
    random_records,
    random_splats,
)

PATTERNS = pause_patterns(41)
GAUSSIANS = 4096
TABLE_BYTES = 3 << 20  # where the colours lie
CYCLE_COUNTERS = ("starved_cycles", "stalled_cycles")


class Testbench:
    """Source, sink, a memory of colour records, and a monitor that feeds the model."""

    def __init__(self, dut):
        self.dut = dut
        cycles, data_bits = (int(part) for part in dut._name.split("_")[1:])
        self.params = Parameters(color_cycles=cycles, data_bits=data_bits)
        self.unit, self.cycles_apart = Color(self.params), cycles
        self.records = random_records(GAUSSIANS, 1)
        self.content = self.records.tobytes()
        self.cycle = 0
        dut.flush.value = 0
        dut.table.value = TABLE_BYTES // 32
        cocotb.start_soon(Clock(dut.aclk, 10, unit="ns").start())
        reset = {"reset": dut.aresetn, "reset_active_level": False}
        splats = AxiStreamBus.from_prefix(dut, "s_axis_splat")
        self.source = AxiStreamSource(splats, dut.aclk, **reset)
        self.seen = AxiStreamMonitor(splats, dut.aclk, **reset)
        colored = AxiStreamBus.from_prefix(dut, "m_axis_color")
        self.sink = AxiStreamSink(colored, dut.aclk, **reset)
        self.memory = Memory(self, self._bytes, dut.aresetn)
        cocotb.start_soon(self._watch())

    def _bytes(self, address: int, length: int) -> bytes | None:
        first = address - TABLE_BYTES
        inside = 0 <= first < len(self.content)
        return self.content[first : first + length] if inside else None

    async def _watch(self):
        """A splat that waits must not change."""
        dut, waiting = self.dut, None
        while True:
            await RisingEdge(dut.aclk)
            self.cycle += 1
            await ReadOnly()
            if not dut.aresetn.value or dut.flush.value:
                waiting = None
                continue
            if waiting is not None:
                assert dut.m_axis_color_tvalid.value, "a splat went away before it was taken"
                assert int(dut.m_axis_color_tdata.value) == waiting, "a splat changed"
            held = dut.m_axis_color_tvalid.value and not dut.m_axis_color_tready.value
            waiting = int(dut.m_axis_color_tdata.value) if held else None

    async def start(self, seed: int = 0, latency_cycles=lambda: 12) -> ColorConstants:
        self.memory.latency_cycles = latency_cycles
        constants = self.set_camera(seed)
        self.dut.aresetn.value = 0
        await self.cycles(3)
        self.dut.aresetn.value = 1
        await self.cycles(10)
        return constants

    def set_camera(self, seed: int) -> ColorConstants:
        constants = constants_of(random_camera(seed), self.params)
        for name, value in constants.as_ports().items():
            port = getattr(self.dut, f"frame_{name}")
            port.value = value & ((1 << len(port)) - 1)
        return constants

    def pause(self, idle: str, pressure: str):
        """Idle pattern on the splats and the memory's data, back-pressure on output and address."""
        if PATTERNS[idle]:
            self.source.set_pause_generator(PATTERNS[idle]())
            self.memory.r_channel.set_pause_generator(PATTERNS[idle]())
        if PATTERNS[pressure]:
            self.sink.set_pause_generator(PATTERNS[pressure]())
            self.memory.ar_channel.set_pause_generator(PATTERNS[pressure]())

    def splats(self, count: int, seed: int, neighbours: bool = False) -> np.ndarray:
        splats = random_splats(count, seed, random_camera(seed), self.params)
        index = random_indices(count, seed, GAUSSIANS)
        splats["index"] = np.arange(count) if neighbours else index
        return splats

    async def cycles(self, count: int):
        for _ in range(count):
            await RisingEdge(self.dut.aclk)

    async def send(self, splats: np.ndarray):
        for splat in splats:
            await self.source.send(AxiStreamFrame(splat.tobytes()))

    async def frame(self, splats: np.ndarray):
        """Sends the splats and waits until the hardware is not busy."""
        await self.send(splats)
        await self.source.wait()
        await self.cycles(2)
        while self.dut.busy.value:
            await RisingEdge(self.dut.aclk)
        await self.cycles(4)

    def check(self, constants: ColorConstants) -> int:
        """What the monitor saw through the model, against what the sink took."""
        splats = np.frombuffer(drained(self.seen), dtype=SPLAT_DTYPE)
        got = np.frombuffer(drained(self.sink), dtype=COLORED_DTYPE)
        assert len(got) == len(splats), f"{len(got)} splats where {len(splats)} are due"
        np.testing.assert_array_equal(got["splat"], splats)
        expected = color(splats, self.records, constants, self.params)
        np.testing.assert_array_equal(got["color"], expected)
        assert (got["reserved"] == 0).all()
        assert self.source.empty()
        assert self.dut.idle.value
        return len(splats)

    def counter(self, name: str) -> int:
        return getattr(self.dut, f"counter_{name}").value.to_unsigned()


def drained(queue) -> bytes:
    """All beats waiting in a sink or monitor, as the bytes of their records."""
    taken = b""
    while not queue.empty():
        taken += bytes(queue.recv_nowait().tdata)
    return taken


def random_latency() -> int:
    return random.choice((0, 3, 20, 150))


@cocotb.test(timeout_time=2, timeout_unit="ms")
@cocotb.parametrize(idle=list(PATTERNS), pressure=list(PATTERNS))
async def streams(dut, idle, pressure):
    """Idle generator x back-pressure generator on all streams and channels, views in turn."""
    random.seed(f"{idle} {pressure}")
    bench = Testbench(dut)
    await bench.start(latency_cycles=random_latency)
    bench.pause(idle, pressure)
    total = 0
    for batch in range(2):
        seed = 10 * len(idle) + len(pressure) + batch
        constants = bench.set_camera(seed)
        await bench.frame(bench.splats(90, seed))
        total += bench.check(constants)
    assert bench.counter("splats") == total == 180
    assert dut.error.value == 0


@cocotb.test(timeout_time=200, timeout_unit="us")
async def latency_is_exact(dut):
    """Splat to address, last beat to splat offered: each exactly what the docstrings say."""
    bench = Testbench(dut)
    constants = await bench.start(latency_cycles=lambda: 100)
    splats = bench.splats(4, 1)
    for splat in splats:
        await bench.send([splat])
        while not (dut.s_axis_splat_tvalid.value and dut.s_axis_splat_tready.value):
            await RisingEdge(dut.aclk)
        taken = bench.cycle
        while not dut.m_axi_arvalid.value:
            await RisingEdge(dut.aclk)
        to_run = WAIT_CYCLES + Color.REQUEST_CYCLES + 1
        assert bench.cycle - taken == to_run + ReadMaster.ADDRESS_CYCLES
        while not (dut.m_axi_rvalid.value and dut.m_axi_rlast.value):
            await RisingEdge(dut.aclk)
        answered = bench.cycle
        assert answered - taken > bench.unit.direction_cycles  # it is the record that is last
        while not dut.m_axis_color_tvalid.value:
            await RisingEdge(dut.aclk)
        assert bench.cycle - answered == ReadMaster.SLOT_CYCLES + bench.unit.latency_cycles
        await bench.cycles(12)
        assert not dut.busy.value
    assert bench.check(constants) == len(splats)


@cocotb.test(timeout_time=400, timeout_unit="us")
async def the_next_index_ends_a_run(dut):
    """An index that is no neighbour: the run before is asked for REQUEST_CYCLES later."""
    bench = Testbench(dut)
    constants = await bench.start()
    splats = bench.splats(2, 1)
    splats["index"] = [7, 9]
    await bench.send(splats)
    taken = []
    while not dut.m_axi_arvalid.value:
        if dut.s_axis_splat_tvalid.value and dut.s_axis_splat_tready.value:
            taken.append(bench.cycle)
        await RisingEdge(dut.aclk)
    assert taken[1] - taken[0] == bench.cycles_apart
    assert bench.cycle - taken[1] == Color.REQUEST_CYCLES + ReadMaster.ADDRESS_CYCLES
    await bench.frame(splats[:0])
    assert bench.check(constants) == 2
    assert bench.counter("runs") == 2


@cocotb.test(timeout_time=2, timeout_unit="ms")
@cocotb.parametrize(latency=[5, 120])
async def a_splat_every_color_cycles(dut, latency):
    """Neighbours: splats enter and leave exactly color_cycles apart, whatever the latency."""
    bench = Testbench(dut)
    constants = await bench.start(latency_cycles=lambda: latency)
    # A bus narrower than a record takes longer for one: then it sets the pace.
    apart = max(bench.cycles_apart, 256 // bench.params.data_bits)
    count = 4 * bench.unit.queue_depth if apart < 4 else 2 * bench.unit.queue_depth
    splats = bench.splats(count, 2, neighbours=True)
    task = cocotb.start_soon(bench.frame(splats))
    entered, left = [], []
    while len(left) < count:
        await RisingEdge(dut.aclk)
        if dut.s_axis_splat_tvalid.value and dut.s_axis_splat_tready.value:
            entered.append(bench.cycle)
        if dut.m_axis_color_tvalid.value and dut.m_axis_color_tready.value:
            left.append(bench.cycle)
    await task
    assert bench.check(constants) == count
    assert bench.counter("runs") == -(-count // run_records(bench.params))
    if apart == bench.cycles_apart:
        assert set(np.diff(entered)) == {apart}
        assert set(np.diff(left)) == {apart}
    else:  # the pace of the bus, with a cycle or two a burst to begin
        assert (left[-1] - left[0]) <= 1.1 * apart * count + latency


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def blocked_output_holds_the_queue(dut):
    """With the output blocked the queues fill, no more is taken, and nothing is lost."""
    bench = Testbench(dut)
    constants = await bench.start()
    bench.sink.pause = True
    depth = bench.unit.queue_depth
    splats = bench.splats(depth + 40, 3, neighbours=True)
    task = cocotb.start_soon(bench.frame(splats))
    await bench.cycles((depth + 60) * max(4, bench.cycles_apart) + 400)
    assert not dut.s_axis_splat_tready.value
    seen = bench.seen.count()
    # A place is kept for what might be taken in the cycle after.
    assert seen == depth - (bench.cycles_apart > 1)
    bench.sink.pause = False
    await task
    assert bench.check(constants) == len(splats)


@cocotb.test(timeout_time=1, timeout_unit="ms")
@cocotb.parametrize(after=[1, 5, 30, 60, 90, 200])
async def reset_in_mid_flight(dut, after):
    """A reset of all, memory too, forgets what is under way, and the next frame is right."""
    bench = Testbench(dut)
    constants = await bench.start(latency_cycles=random_latency)
    bench.pause("always", "bursts")
    splats = bench.splats(100, after)
    await bench.send(splats)
    await bench.cycles(after)
    dut.aresetn.value = 0
    await bench.cycles(3)
    bench.source.clear()
    for queue in (bench.sink, bench.seen):
        drained(queue)
    dut.aresetn.value = 1
    for _ in range(3 * bench.unit.latency_cycles):
        await RisingEdge(dut.aclk)
        assert not dut.busy.value, "something outlived the reset"
        assert not dut.m_axis_color_tvalid.value
    assert bench.counter("splats") == 0
    await bench.frame(splats)
    assert bench.check(constants) == len(splats)


@cocotb.test(timeout_time=1, timeout_unit="ms")
@cocotb.parametrize(after=[2, 40, 55, 70, 150])
async def flush_in_mid_flight(dut, after):
    """A frame that is broken off: held until the bus is idle, then the next one is right."""
    random.seed(after)
    bench = Testbench(dut)
    constants = await bench.start(latency_cycles=random_latency)
    await bench.send(bench.splats(100, after))
    await bench.cycles(after)
    bench.source.pause = True
    await RisingEdge(dut.aclk)
    dut.flush.value = 1
    await bench.cycles(2)
    while not dut.idle.value:
        await RisingEdge(dut.aclk)
    bench.source.clear()
    dut.flush.value = 0
    bench.source.pause = False
    await bench.cycles(60)  # what was offered as the flush began is taken after it
    while dut.busy.value:
        await RisingEdge(dut.aclk)
    for queue in (bench.sink, bench.seen):
        drained(queue)
    splats = bench.splats(80, after + 1)
    await bench.frame(splats)
    assert bench.check(constants) == len(splats)


@cocotb.test(timeout_time=1, timeout_unit="ms")
@cocotb.parametrize(response=[SLVERR, DECERR])
async def memory_errors_are_told(dut, response):
    """A record that cannot be read: the code, and the frame still ends, with all its splats."""
    bench = Testbench(dut)
    await bench.start()
    bad = TABLE_BYTES + 32 * 40
    bench.memory.response = lambda address: (
        response if address <= bad < address + bench.memory.byte_lanes else OKAY
    )
    splats = bench.splats(90, 5, neighbours=True)
    await bench.frame(splats[:40])
    drained(bench.sink)
    await bench.frame(splats[40:])
    assert int(dut.error.value) == {SLVERR: 1, DECERR: 2}[response]
    assert len(drained(bench.sink)) == 50 * COLORED_DTYPE.itemsize


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def a_record_outside_the_memory_is_told(dut):
    """An index beyond all memory answers DECERR and does not hang."""
    bench = Testbench(dut)
    await bench.start()
    splats = bench.splats(3, 5, neighbours=True)
    splats["index"] = [0, GAUSSIANS + 100, 0xFFFFFFFF]
    await bench.frame(splats)
    assert int(dut.error.value) == 2
    assert len(drained(bench.sink)) == 3 * COLORED_DTYPE.itemsize


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def counters_add_up(dut):
    """Every cycle counts as a splat taken or one cause of having none."""
    random.seed(9)
    bench = Testbench(dut)
    constants = await bench.start()
    bench.pause("random", "rarely")
    await bench.cycles(3)
    before, start = sum(bench.counter(name) for name in CYCLE_COUNTERS), bench.cycle
    splats = bench.splats(120, 7)
    await bench.frame(splats)
    cycles = bench.cycle - start
    waited = sum(bench.counter(name) for name in CYCLE_COUNTERS) - before
    assert waited + len(splats) == cycles
    assert bench.counter("splats") == len(splats)
    assert bench.counter("bursts") >= bench.counter("runs") > 0
    assert bench.check(constants) == len(splats)
