"""cocotb bench of the cluster_cull top: the input monitors feed the integer model."""

from __future__ import annotations

import os
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
from golden.records import CLUSTER_DTYPE, REQUEST_DTYPE, VISIBLE_DTYPE
from golden.stages.cluster_cull.constants import ClusterCullConstants
from golden.stages.cluster_cull.integer import cluster_cull
from golden.stages.gaussian_fetch.integer import visible_records
from hw.stages.cluster_cull.cluster_cull import ClusterCull
from tests.rtl.bus.axi_memory import pause_patterns
from tests.rtl.cluster_cull.stimulus import (
    directed_clusters,
    one_group,
    random_clusters,
    random_levels,
    random_view,
)

PARAMS = Parameters(cull_cycles=int(os.environ.get("CULL_CYCLES", "1")))
CULL = ClusterCull(PARAMS)
PATTERNS = pause_patterns(11)


class Testbench:
    """Sources, sinks, a memory that answers requests, and monitors that feed the model."""

    def __init__(self, dut, clusters: np.ndarray):
        self.dut, self.clusters = dut, clusters
        cocotb.start_soon(Clock(dut.aclk, 10, unit="ns").start())
        reset = {"reset": dut.aresetn, "reset_active_level": False}
        bus = {
            name: AxiStreamBus.from_prefix(dut, name)
            for name in ("s_axis_group", "m_axis_request", "s_axis_cluster", "m_axis_visible")
        }
        self.groups = AxiStreamSource(bus["s_axis_group"], dut.aclk, **reset)
        self.memory = AxiStreamSource(bus["s_axis_cluster"], dut.aclk, **reset)
        self.requests = AxiStreamSink(bus["m_axis_request"], dut.aclk, **reset)
        self.visible = AxiStreamSink(bus["m_axis_visible"], dut.aclk, **reset)
        self.seen_groups = AxiStreamMonitor(bus["s_axis_group"], dut.aclk, **reset)
        self.seen_clusters = AxiStreamMonitor(bus["s_axis_cluster"], dut.aclk, **reset)
        self.cycle = 0
        self.asked: list[tuple[int, int]] = []
        cocotb.start_soon(self._watch("m_axis_visible"))
        cocotb.start_soon(self._watch("m_axis_request"))
        cocotb.start_soon(self._count())
        cocotb.start_soon(self._answer())

    async def _count(self):
        while True:
            await RisingEdge(self.dut.aclk)
            self.cycle += 1

    async def _watch(self, stream: str):
        """An output that waits must not change, whatever the inputs do."""
        data, valid, ready = (
            getattr(self.dut, f"{stream}_{part}") for part in ("tdata", "tvalid", "tready")
        )
        waiting = None
        while True:
            await RisingEdge(self.dut.aclk)
            await ReadOnly()
            if not self.dut.aresetn.value:
                waiting = None
                continue
            if waiting is not None:
                assert valid.value, f"{stream} fell before it was taken"
                assert int(data.value) == waiting, f"{stream} changed while it waited"
            waiting = int(data.value) if valid.value and not ready.value else None

    async def _answer(self):
        """The memory: sends the clusters of each request, in order."""
        while True:
            frame = await self.requests.recv()
            for request in np.frombuffer(bytes(frame.tdata), dtype=REQUEST_DTYPE):
                base, count = int(request["base"]), int(request["count"])
                assert not request["reserved"]
                self.asked.append((base, count))
                records = self.clusters[base : base + count]
                await self.memory.send(AxiStreamFrame(records.tobytes()))

    def pause(self, idle: str, pressure: str):
        """Idle patterns on both inputs, back-pressure on both outputs."""
        for source in (self.groups, self.memory):
            if PATTERNS[idle]:
                source.set_pause_generator(PATTERNS[idle]())
        for sink in (self.requests, self.visible):
            if PATTERNS[pressure]:
                sink.set_pause_generator(PATTERNS[pressure]())

    async def reset(self):
        self.dut.aresetn.value = 0
        for _ in range(3):
            await RisingEdge(self.dut.aclk)
        self.dut.aresetn.value = 1
        await RisingEdge(self.dut.aclk)

    def set_constants(self, constants: ClusterCullConstants):
        for name, value in constants.as_ports().items():
            port = getattr(self.dut, f"frame_{name}")
            port.value = value & ((1 << len(port)) - 1)

    async def frame(self, groups: np.ndarray):
        """Sends the groups and waits until the hardware is not busy."""
        await self.groups.send(AxiStreamFrame(groups.tobytes()))
        await self.groups.wait()
        for _ in range(2):  # the last group is offered, then taken
            await RisingEdge(self.dut.aclk)
        while self.dut.busy.value:
            await RisingEdge(self.dut.aclk)
        for _ in range(3):
            await RisingEdge(self.dut.aclk)

    def check(self, constants: ClusterCullConstants) -> tuple[int, int]:
        """What the monitors saw through the model, against what the sinks took."""
        groups = np.frombuffer(drained(self.seen_groups), dtype=CLUSTER_DTYPE)
        result = cluster_cull(groups, self.clusters, constants, PARAMS)
        read = np.frombuffer(drained(self.seen_clusters), dtype=CLUSTER_DTYPE)
        assert np.array_equal(read, self.clusters[result.tested]), "other clusters were read"
        passed = groups[result.group_visible]
        due = [(int(g["base"]), int(g["count"])) for g in passed]
        assert self.asked == due, "other runs were asked for"
        self.asked = []
        expected = visible_records(self.clusters, result)
        got = np.frombuffer(drained(self.visible), dtype=VISIBLE_DTYPE)
        assert len(got) == len(expected), f"{len(got)} outputs where {len(expected)} are due"
        differs = np.flatnonzero(got != expected)
        assert not len(differs), f"output {differs[0]}: {got[differs[0]]} != {expected[differs[0]]}"
        for queue in (self.groups, self.memory, self.requests, self.visible):
            assert queue.empty()
        return len(groups), len(read)


def drained(queue) -> bytes:
    """All beats waiting in a sink or monitor, as the bytes of their records."""
    taken = b""
    while not queue.empty():
        taken += bytes(queue.recv_nowait().tdata)
    return taken


def counter(dut, name: str) -> int:
    return getattr(dut, f"counter_{name}").value.to_unsigned()


async def start(dut, clusters: np.ndarray) -> Testbench:
    bench = Testbench(dut, clusters)
    bench.set_constants(random_view(0, PARAMS))
    await bench.reset()
    return bench


@cocotb.test(timeout_time=200, timeout_unit="us")
@cocotb.parametrize(idle=list(PATTERNS), pressure=list(PATTERNS))
async def streams(dut, idle, pressure):
    """Idle generator x back-pressure generator on all streams, a new view for every batch."""
    random.seed(f"{idle} {pressure}")
    groups, clusters = random_levels(60, 6, len(idle), PARAMS)
    bench = await start(dut, clusters)
    bench.pause(idle, pressure)
    tested = [0, 0]
    for batch in range(3):
        constants = random_view(10 * len(idle) + len(pressure) + batch, PARAMS)
        bench.set_constants(constants)
        await bench.frame(groups)
        counts = bench.check(constants)
        assert counts[0] == len(groups)
        tested = [before + now for before, now in zip(tested, counts, strict=True)]
    assert [counter(dut, "groups_tested"), counter(dut, "clusters_tested")] == tested


@cocotb.test(timeout_time=200, timeout_unit="us")
async def extremes(dut):
    """Corners of the range with extreme radii, as clusters of one group and as groups."""
    clusters = directed_clusters(PARAMS)
    bench = await start(dut, clusters)
    single = clusters.copy()
    single["base"], single["count"] = np.arange(len(clusters)), 1
    for groups in (one_group(clusters, PARAMS), single):
        await bench.frame(groups)
        assert bench.check(random_view(0, PARAMS))[0] == len(groups)


def all_visible(count: int) -> np.ndarray:
    items = random_clusters(count, 5, PARAMS)
    items["radius_high"] = PARAMS.radius.max_int
    return items


async def taken_by(dut, stream: str):
    """Waits for the edge that moves a beat of a stream."""
    valid, ready = getattr(dut, f"{stream}_tvalid"), getattr(dut, f"{stream}_tready")
    while not (valid.value and ready.value):
        await RisingEdge(dut.aclk)


@cocotb.test(timeout_time=200, timeout_unit="us")
async def latency_is_exact(dut):
    """Cluster to output and group to request, exactly."""
    clusters = all_visible(1)
    bench = await start(dut, clusters)
    for _ in range(5):
        await bench.groups.send(AxiStreamFrame(one_group(clusters, PARAMS).tobytes()))
        await taken_by(dut, "s_axis_group")
        cycle = bench.cycle
        while not dut.m_axis_request_tvalid.value:
            await RisingEdge(dut.aclk)
        assert bench.cycle - cycle == CULL.request_latency_cycles
        await taken_by(dut, "s_axis_cluster")
        cycle = bench.cycle
        while not dut.m_axis_visible_tvalid.value:
            await RisingEdge(dut.aclk)
        assert bench.cycle - cycle == CULL.latency_cycles
        while dut.busy.value:
            await RisingEdge(dut.aclk)
    for _ in range(3):
        await RisingEdge(dut.aclk)


@cocotb.test(timeout_time=200, timeout_unit="us")
async def one_cluster_after_the_other(dut):
    """With both sides willing, clusters move in and out every cull_cycles."""
    count = 300
    clusters = all_visible(count)
    bench = await start(dut, clusters)
    await bench.groups.send(AxiStreamFrame(one_group(clusters, PARAMS).tobytes()))
    while not dut.s_axis_cluster_tvalid.value:
        await RisingEdge(dut.aclk)
    first = bench.cycle + CULL.apart - 1
    for _ in range(count * CULL.apart):
        assert dut.s_axis_cluster_tvalid.value
        since = bench.cycle - first
        assert bool(dut.s_axis_cluster_tready.value) == (since % CULL.apart == 0)
        since -= CULL.latency_cycles
        assert bool(dut.m_axis_visible_tvalid.value) == (since >= 0 and since % CULL.apart == 0)
        await RisingEdge(dut.aclk)
    while dut.busy.value:
        await RisingEdge(dut.aclk)
    for _ in range(3):
        await RisingEdge(dut.aclk)
    assert bench.check(random_view(0, PARAMS)) == (1, count)
    # Of each test all cycles but the last.
    assert counter(dut, "stalled_cycles") == count * (CULL.apart - 1)


@cocotb.test(timeout_time=200, timeout_unit="us")
@cocotb.parametrize(after=[1, 3, 9, 20, 61, 150])
async def reset_in_mid_flight(dut, after):
    """A reset forgets pipeline, requests and awaited clusters, and the next frame is right."""
    groups, clusters = random_levels(80, 8, after, PARAMS)
    groups["radius_high"] = PARAMS.radius.max_int
    bench = await start(dut, clusters)
    bench.pause("always", "bursts")
    await bench.groups.send(AxiStreamFrame(groups.tobytes()))
    for _ in range(after):
        await RisingEdge(dut.aclk)
    assert dut.busy.value or after == 1
    dut.aresetn.value = 0
    for _ in range(3):
        await RisingEdge(dut.aclk)
    for source in (bench.groups, bench.memory):
        source.clear()
    for queue in (bench.requests, bench.visible, bench.seen_groups, bench.seen_clusters):
        drained(queue)
    bench.asked = []
    dut.aresetn.value = 1
    for _ in range(2 * CULL.request_latency_cycles):
        await RisingEdge(dut.aclk)
        assert not dut.busy.value, "something outlived the reset"
    for name in ("groups_tested", "clusters_tested", "clusters_visible"):
        assert counter(dut, name) == 0
    await bench.frame(groups)
    assert bench.check(random_view(0, PARAMS))[0] == len(groups)


@cocotb.test(timeout_time=200, timeout_unit="us")
async def counters_add_up(dut):
    """Every cycle since reset counts as one test or one cause of having none."""
    random.seed(9)
    # Many clusters a group, all of them seen, stall the output; one a group keeps the groups
    # waiting for room.
    tables = [random_levels(150, per_group, 1, PARAMS) for per_group in (4, 1)]
    for groups, clusters in tables:
        groups["radius_high"] = clusters["radius_high"] = PARAMS.radius.max_int
    bench = await start(dut, tables[0][1])
    bench.pause("random", "rarely")
    names = ("groups_tested", "clusters_tested", "starved_cycles", "stalled_cycles")
    names += ("request_cycles",)
    await RisingEdge(dut.aclk)
    await RisingEdge(dut.aclk)
    before, start_ns = sum(counter(dut, name) for name in names), get_sim_time("ns")
    for groups, bench.clusters in tables:
        await bench.frame(groups)
    cycles = (get_sim_time("ns") - start_ns) / 10
    assert sum(counter(dut, name) for name in names) - before == cycles
    assert counter(dut, "stalled_cycles") > 0
    assert counter(dut, "request_cycles") > 0
    assert counter(dut, "groups_visible") == sum(len(groups) for groups, _ in tables)
    visible = counter(dut, "clusters_visible")
    assert visible == len(drained(bench.visible)) // VISIBLE_DTYPE.itemsize
