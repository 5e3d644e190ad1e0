"""cocotb bench of the cluster_cull top: the input monitor feeds the integer model."""

from __future__ import annotations

import itertools
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

from golden.cluster_cull import cluster_cull
from golden.frame import FrameConstants
from golden.params import Parameters
from golden.records import CLUSTER_DTYPE, VISIBLE_DTYPE
from hw.cluster_cull import ClusterCull
from tests.rtl.stimulus import directed_clusters, random_clusters, random_view

PARAMS = Parameters()
PATTERNS = {
    "always": None,
    "random": lambda: (random.random() < 0.4 for _ in itertools.count()),
    "bursts": lambda: itertools.cycle([False] * 23 + [True] * 11),
    "rarely": lambda: itertools.cycle([True] * 6 + [False]),
}


class Testbench:
    """Source, sink and monitors; the model sees only what the input monitor saw."""

    def __init__(self, dut):
        self.dut = dut
        cocotb.start_soon(Clock(dut.aclk, 10, unit="ns").start())
        reset = {"reset": dut.aresetn, "reset_active_level": False}
        source, sink = (
            AxiStreamBus.from_prefix(dut, "s_axis"),
            AxiStreamBus.from_prefix(dut, "m_axis"),
        )
        self.source = AxiStreamSource(source, dut.aclk, **reset)
        self.sink = AxiStreamSink(sink, dut.aclk, **reset)
        self.monitor = AxiStreamMonitor(source, dut.aclk, **reset)
        self.cycle = 0
        cocotb.start_soon(self._watch())

    async def _watch(self):
        """Counts cycles; an output that waits must not change, whatever the input does."""
        waiting = None
        while True:
            await RisingEdge(self.dut.aclk)
            self.cycle += 1
            await ReadOnly()
            if not self.dut.aresetn.value:
                waiting = None
                continue
            if waiting is not None:
                assert self.dut.m_axis_tvalid.value, "valid fell before the output was taken"
                assert int(self.dut.m_axis_tdata.value) == waiting, "a waiting output changed"
            held = self.dut.m_axis_tvalid.value and not self.dut.m_axis_tready.value
            waiting = int(self.dut.m_axis_tdata.value) if held else None

    async def reset(self):
        self.dut.aresetn.value = 0
        for _ in range(3):
            await RisingEdge(self.dut.aclk)
        self.dut.aresetn.value = 1
        await RisingEdge(self.dut.aclk)

    def set_constants(self, constants: FrameConstants):
        for name, value in constants.as_ports().items():
            port = getattr(self.dut, f"frame_{name}")
            port.value = value & ((1 << len(port)) - 1)

    async def drain(self):
        await self.source.wait()
        idle = 0
        while idle < 4 * ClusterCull.PIPELINE_CYCLES:
            await RisingEdge(self.dut.aclk)
            idle = 0 if self.dut.m_axis_tvalid.value else idle + 1

    def check(self, constants: FrameConstants) -> int:
        """Everything the monitor saw through the model, against everything the sink took."""
        seen = np.frombuffer(drained(self.monitor), dtype=CLUSTER_DTYPE)
        result = cluster_cull(seen, constants, PARAMS)
        expected = np.zeros(int(result.visible.sum()), dtype=VISIBLE_DTYPE)
        expected["center_camera"] = result.center_camera[result.visible]
        for name in ("base", "count", "member_exponent"):
            expected[name] = seen[name][result.visible]
        got = np.frombuffer(drained(self.sink), dtype=VISIBLE_DTYPE)
        assert len(got) == len(expected), f"{len(got)} outputs where {len(expected)} are due"
        differs = np.flatnonzero(got != expected)
        assert not len(differs), f"output {differs[0]}: {got[differs[0]]} != {expected[differs[0]]}"
        assert self.source.empty()
        assert self.sink.empty()
        assert self.monitor.empty()
        return len(seen)


def drained(queue) -> bytes:
    """All beats waiting in a sink or monitor, as the bytes of their records."""
    taken = b""
    while not queue.empty():
        taken += bytes(queue.recv_nowait().tdata)
    return taken


async def start(dut) -> Testbench:
    bench = Testbench(dut)
    bench.set_constants(random_view(0, PARAMS))
    await bench.reset()
    return bench


@cocotb.test(timeout_time=200, timeout_unit="us")
@cocotb.parametrize(idle=list(PATTERNS), pressure=list(PATTERNS))
async def streams(dut, idle, pressure):
    """Idle generator x back-pressure generator, a new view for every batch."""
    random.seed(f"{idle} {pressure}")
    bench = await start(dut)
    if PATTERNS[idle]:
        bench.source.set_pause_generator(PATTERNS[idle]())
    if PATTERNS[pressure]:
        bench.sink.set_pause_generator(PATTERNS[pressure]())
    sent = 0
    for batch in range(3):
        constants = random_view(10 * len(idle) + len(pressure) + batch, PARAMS)
        bench.set_constants(constants)
        items = random_clusters(120, batch, PARAMS)
        if batch == 0:
            items = np.concatenate([items, directed_clusters(PARAMS)])
        await bench.source.send(AxiStreamFrame(items.tobytes()))
        await bench.drain()
        assert bench.check(constants) == len(items)
        sent += len(items)
    assert dut.counter_tested.value.to_unsigned() == sent


def all_visible(count: int) -> np.ndarray:
    items = random_clusters(count, 5, PARAMS)
    items["radius_high"] = PARAMS.radius.max_int
    return items


@cocotb.test(timeout_time=200, timeout_unit="us")
async def latency_is_exact(dut):
    """Taken in cycle t, at the output in cycle t + PIPELINE_CYCLES: not earlier, not later."""
    bench = await start(dut)
    for _ in range(5):
        await bench.source.send(AxiStreamFrame(all_visible(1).tobytes()))
        while not (dut.s_axis_tvalid.value and dut.s_axis_tready.value):
            await RisingEdge(dut.aclk)
        taken = bench.cycle
        while not dut.m_axis_tvalid.value:
            await RisingEdge(dut.aclk)
        assert bench.cycle - taken == ClusterCull.PIPELINE_CYCLES
        await bench.drain()
    bench.check(random_view(0, PARAMS))


@cocotb.test(timeout_time=200, timeout_unit="us")
async def one_cluster_a_cycle(dut):
    """With both sides willing, input and output move in every cycle."""
    bench = await start(dut)
    count = 300
    await bench.source.send(AxiStreamFrame(all_visible(count).tobytes()))
    while not dut.s_axis_tvalid.value:
        await RisingEdge(dut.aclk)
    first = bench.cycle
    for _ in range(count):
        assert dut.s_axis_tvalid.value
        assert dut.s_axis_tready.value
        due = bench.cycle >= first + ClusterCull.PIPELINE_CYCLES
        assert bool(dut.m_axis_tvalid.value) == due
        await RisingEdge(dut.aclk)
    await bench.drain()
    assert bench.check(random_view(0, PARAMS)) == count
    assert dut.counter_stalled_cycles.value.to_unsigned() == 0


@cocotb.test(timeout_time=200, timeout_unit="us")
@cocotb.parametrize(after=[1, 3, 7, 20, 61])
async def reset_in_mid_flight(dut, after):
    """A reset forgets what was under way, and the next frame is right."""
    bench = await start(dut)
    bench.sink.set_pause_generator(PATTERNS["bursts"]())
    await bench.source.send(AxiStreamFrame(all_visible(200).tobytes()))
    for _ in range(after):
        await RisingEdge(dut.aclk)
    await bench.reset()
    bench.source.clear()
    for name in ("tested", "visible", "stalled_cycles"):
        assert getattr(dut, f"counter_{name}").value.to_unsigned() == 0
    await bench.drain()
    assert dut.counter_visible.value.to_unsigned() == 0, "a cluster outlived the reset"
    drained(bench.sink), drained(bench.monitor)
    items = random_clusters(100, after, PARAMS)
    await bench.source.send(AxiStreamFrame(items.tobytes()))
    await bench.drain()
    assert bench.check(random_view(0, PARAMS)) == len(items)


@cocotb.test(timeout_time=200, timeout_unit="us")
async def counters_add_up(dut):
    """tested + starved + stalled = cycles since reset; visible = what the sink took."""
    random.seed(9)
    bench = Testbench(dut)
    bench.set_constants(random_view(3, PARAMS))
    bench.source.set_pause_generator(PATTERNS["random"]())
    bench.sink.set_pause_generator(PATTERNS["random"]())
    await bench.reset()
    before = bench.cycle
    start_total = sum(counter(dut, name) for name in ("tested", "starved_cycles", "stalled_cycles"))
    await bench.source.send(AxiStreamFrame(random_clusters(300, 1, PARAMS).tobytes()))
    await bench.drain()
    names = ("tested", "starved_cycles", "stalled_cycles")
    assert sum(counter(dut, name) for name in names) - start_total == bench.cycle - before
    assert counter(dut, "stalled_cycles") > 0
    assert counter(dut, "visible") == len(drained(bench.sink)) // VISIBLE_DTYPE.itemsize


def counter(dut, name: str) -> int:
    return getattr(dut, f"counter_{name}").value.to_unsigned()
