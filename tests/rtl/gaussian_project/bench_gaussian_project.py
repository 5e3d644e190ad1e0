"""cocotb bench of the gaussian_project top: the input monitor feeds the integer model."""

from __future__ import annotations

import random

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ReadOnly, RisingEdge
from cocotb.utils import get_sim_time
from cocotbext.axi import (
    AxiStreamBus,
    AxiStreamFrame,
    AxiStreamMonitor,
    AxiStreamSink,
    AxiStreamSource,
)

from golden.params import Parameters
from golden.records import MEMBER_DTYPE, SPLAT_DTYPE, streamed
from golden.stages.gaussian_project.constants import GaussianProjectConstants
from golden.stages.gaussian_project.integer import gaussian_project
from hw.stages.gaussian_project.gaussian_project import GaussianProject
from tests.rtl.bus.axi_memory import pause_patterns
from tests.rtl.gaussian_project.projection_stimulus import random_members, random_projection

PARAMS = Parameters()
LATENCY_CYCLES = GaussianProject(PARAMS).latency_cycles
QUEUE_DEPTH = GaussianProject(PARAMS).queue_depth
PATTERNS = pause_patterns(11)
CYCLE_COUNTERS = ("members", "starved_cycles", "stalled_cycles")


class Testbench:
    """Source, sink, and a monitor that feeds the model."""

    def __init__(self, dut, params: Parameters = PARAMS):
        self.dut, self.params = dut, params
        self.record = streamed(SPLAT_DTYPE, params)
        cocotb.start_soon(Clock(dut.aclk, 10, unit="ns").start())
        reset = {"reset": dut.aresetn, "reset_active_level": False}
        members = AxiStreamBus.from_prefix(dut, "s_axis_member")
        self.source = AxiStreamSource(members, dut.aclk, **reset)
        self.seen = AxiStreamMonitor(members, dut.aclk, **reset)
        splats = AxiStreamBus.from_prefix(dut, "m_axis_splat")
        self.sink = AxiStreamSink(splats, dut.aclk, **reset)
        self.cycle = 0
        cocotb.start_soon(self._watch())
        cocotb.start_soon(self._count())

    async def _count(self):
        while True:
            await RisingEdge(self.dut.aclk)
            self.cycle += 1

    async def _watch(self):
        """A splat that waits must not change, whatever the input does."""
        dut, waiting = self.dut, None
        while True:
            await RisingEdge(dut.aclk)
            await ReadOnly()
            if not dut.aresetn.value:
                waiting = None
                continue
            if waiting is not None:
                assert dut.m_axis_splat_tvalid.value, "a splat went away before it was taken"
                assert int(dut.m_axis_splat_tdata.value) == waiting, "a splat changed"
            held = dut.m_axis_splat_tvalid.value and not dut.m_axis_splat_tready.value
            waiting = int(dut.m_axis_splat_tdata.value) if held else None

    def pause(self, idle: str, pressure: str):
        """Idle pattern on the input, back-pressure on the output."""
        if PATTERNS[idle]:
            self.source.set_pause_generator(PATTERNS[idle]())
        if PATTERNS[pressure]:
            self.sink.set_pause_generator(PATTERNS[pressure]())

    async def reset(self):
        self.dut.aresetn.value = 0
        for _ in range(3):
            await RisingEdge(self.dut.aclk)
        self.dut.aresetn.value = 1
        for _ in range(2):
            await RisingEdge(self.dut.aclk)

    def set_constants(self, constants: GaussianProjectConstants):
        for name, value in constants.as_ports().items():
            port = getattr(self.dut, f"frame_{name}")
            port.value = value & ((1 << len(port)) - 1)

    async def frame(self, members: np.ndarray):
        """Sends the members and waits until the hardware is not busy."""
        await self.source.send(beats(members))
        await self.source.wait()
        for _ in range(2):  # the last member is offered, then taken
            await RisingEdge(self.dut.aclk)
        while self.dut.busy.value:
            await RisingEdge(self.dut.aclk)
        for _ in range(3):
            await RisingEdge(self.dut.aclk)

    def check(self, constants: GaussianProjectConstants) -> int:
        """What the monitor saw through the model, against what the sink took."""
        members = np.frombuffer(drained(self.seen), dtype=MEMBER_DTYPE)
        expected = gaussian_project(members, constants, self.params).splats
        got = np.frombuffer(drained(self.sink), dtype=self.record)
        above = got.view(np.uint8).reshape(len(got), -1)[:, SPLAT_DTYPE.itemsize :]
        assert not above.any(), "something lies above a splat"
        got = got.astype(SPLAT_DTYPE)
        assert len(got) == len(expected), f"{len(got)} splats where {len(expected)} are due"
        differs = np.flatnonzero(got != expected)
        assert not len(differs), f"splat {differs[0]}: {got[differs[0]]} != {expected[differs[0]]}"
        assert self.source.empty()
        assert self.sink.empty()
        return len(members)


def beats(members: np.ndarray) -> AxiStreamFrame:
    """A member a beat, in the one lane: tuser says that it is there."""
    return AxiStreamFrame(members.tobytes(), tuser=1)


def drained(queue) -> bytes:
    """All beats waiting in a sink or monitor, as the bytes of their records."""
    taken = b""
    while not queue.empty():
        taken += bytes(queue.recv_nowait().tdata)
    return taken


def counter(dut, name: str) -> int:
    return getattr(dut, f"counter_{name}").value.to_unsigned()


def kept_members(count: int, seed: int, constants: GaussianProjectConstants) -> np.ndarray:
    """Members that all become splats."""
    members = random_members(200 * count, seed, PARAMS)
    members = members[gaussian_project(members, constants, PARAMS).kept]
    assert len(members) >= count
    return members[:count]


async def start(dut, params: Parameters = PARAMS) -> tuple[Testbench, GaussianProjectConstants]:
    bench = Testbench(dut, params)
    constants = random_projection(0, params)
    bench.set_constants(constants)
    await bench.reset()
    return bench, constants


@cocotb.test(timeout_time=400, timeout_unit="us")
@cocotb.parametrize(idle=list(PATTERNS), pressure=list(PATTERNS))
async def streams(dut, idle, pressure):
    """Idle generator x back-pressure generator, a new view for every batch."""
    random.seed(f"{idle} {pressure}")
    bench, _ = await start(dut)
    bench.pause(idle, pressure)
    total = 0
    for batch in range(3):
        constants = random_projection(10 * len(idle) + len(pressure) + batch, PARAMS)
        bench.set_constants(constants)
        members = random_members(120, batch, PARAMS)
        members[::2] = kept_members(60, batch, constants)
        await bench.frame(members)
        total += bench.check(constants)
    assert total == 360
    assert counter(dut, "members") == total
    dropped = sum(counter(dut, f"dropped_{name}") for name in ("opacity", "near", "outside"))
    assert counter(dut, "splats") == total - dropped


async def splat_cycles(bench: Testbench, member: np.ndarray) -> int:
    """Cycles from a member taken to its splat offered, where nothing else is under way; it has left
    three cycles later."""
    dut = bench.dut
    await bench.source.send(beats(member))
    while not (dut.s_axis_member_tvalid.value and dut.s_axis_member_tready.value):
        await RisingEdge(dut.aclk)
    cycle = bench.cycle
    while not dut.m_axis_splat_tvalid.value:
        await RisingEdge(dut.aclk)
    cycles = bench.cycle - cycle
    for _ in range(3):
        await RisingEdge(dut.aclk)
    return cycles


@cocotb.test(timeout_time=200, timeout_unit="us")
async def latency_is_exact(dut):
    """From a member taken to its splat offered in LATENCY_CYCLES, exactly."""
    bench, constants = await start(dut)
    members = kept_members(5, 1, constants)
    for n in range(len(members)):
        assert await splat_cycles(bench, members[n : n + 1]) == LATENCY_CYCLES
        assert not dut.busy.value
    assert bench.check(constants) == len(members)


@cocotb.test(timeout_time=200, timeout_unit="us")
async def one_member_a_cycle(dut):
    """With both sides willing, members move in and splats out in every cycle."""
    count = 3 * QUEUE_DEPTH
    bench, constants = await start(dut)
    members = kept_members(count, 2, constants)
    await bench.source.send(beats(members))
    while not dut.s_axis_member_tvalid.value:
        await RisingEdge(dut.aclk)
    first = bench.cycle
    for _ in range(count):
        assert dut.s_axis_member_tvalid.value
        assert dut.s_axis_member_tready.value
        assert bool(dut.m_axis_splat_tvalid.value) == (bench.cycle >= first + LATENCY_CYCLES)
        await RisingEdge(dut.aclk)
    while dut.busy.value:
        await RisingEdge(dut.aclk)
    for _ in range(3):
        await RisingEdge(dut.aclk)
    assert bench.check(constants) == count
    assert counter(dut, "stalled_cycles") <= 1  # the one in which the reset ends


@cocotb.test(timeout_time=200, timeout_unit="us")
async def blocked_output_holds_the_queue(dut):
    """With the output blocked the queue fills, no more is taken, and nothing is lost."""
    bench, constants = await start(dut)
    bench.sink.pause = True
    members = kept_members(2 * QUEUE_DEPTH, 3, constants)
    await bench.source.send(beats(members))
    for _ in range(2 * QUEUE_DEPTH + LATENCY_CYCLES):
        await RisingEdge(dut.aclk)
    assert not dut.s_axis_member_tready.value
    assert counter(dut, "members") == QUEUE_DEPTH
    bench.sink.pause = False
    await bench.source.wait()
    while dut.busy.value or not bench.source.empty():
        await RisingEdge(dut.aclk)
    for _ in range(3):
        await RisingEdge(dut.aclk)
    assert bench.check(constants) == len(members)


@cocotb.test(timeout_time=200, timeout_unit="us")
@cocotb.parametrize(after=[1, 3, 20, LATENCY_CYCLES, 150])
async def reset_in_mid_flight(dut, after):
    """A reset forgets what is under way, and the next frame is right."""
    bench, constants = await start(dut)
    members = kept_members(200, after, constants)
    bench.pause("always", "bursts")
    await bench.source.send(beats(members))
    for _ in range(after):
        await RisingEdge(dut.aclk)
    dut.aresetn.value = 0
    for _ in range(3):
        await RisingEdge(dut.aclk)
    bench.source.clear()
    for queue in (bench.sink, bench.seen):
        drained(queue)
    dut.aresetn.value = 1
    for _ in range(2 * LATENCY_CYCLES):
        await RisingEdge(dut.aclk)
        assert not dut.busy.value, "something outlived the reset"
        assert not dut.m_axis_splat_tvalid.value
    assert counter(dut, "members") == 0
    assert counter(dut, "splats") == 0
    await bench.frame(members)
    assert bench.check(constants) == len(members)


@cocotb.test(timeout_time=200, timeout_unit="us")
async def counters_add_up(dut):
    """Every cycle since reset counts as one member or one cause of having none."""
    random.seed(9)
    bench, constants = await start(dut)
    bench.pause("random", "rarely")
    members = kept_members(300, 7, constants)
    for _ in range(3):
        await RisingEdge(dut.aclk)
    before, start_ns = sum(counter(dut, name) for name in CYCLE_COUNTERS), get_sim_time("ns")
    await bench.frame(members)
    cycles = (get_sim_time("ns") - start_ns) / 10
    assert sum(counter(dut, name) for name in CYCLE_COUNTERS) - before == cycles
    assert counter(dut, "stalled_cycles") > 0
    assert counter(dut, "members") == len(members)
    assert counter(dut, "splats") == len(drained(bench.sink)) // SPLAT_DTYPE.itemsize
