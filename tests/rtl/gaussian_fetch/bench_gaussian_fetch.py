"""cocotb bench of gaussian_fetch behind a read client: its monitor feeds the integer model."""

from __future__ import annotations

import random

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ReadOnly, RisingEdge
from cocotbext.axi.stream import define_stream

from golden.records import GEOMETRY_DTYPE, MEMBER_DTYPE, RECORD_BYTES, VISIBLE_DTYPE
from golden.stages.gaussian_fetch.integer import members_of
from hw.bus.read_master import ReadMaster
from hw.stages.gaussian_fetch.gaussian_fetch import CLUSTERS_AHEAD, CLUSTERS_WAITING
from tests.rtl.bus.axi_memory import SLVERR, Memory, pause_patterns

PATTERNS = pause_patterns(41)
FIRST_RECORD, GAUSSIANS = 0x80_0000 // RECORD_BYTES + 5, 3000  # not at the begin of a wide beat
# Of the fetch and of the client before the bus: queue 2, registers 2, merger 4.
FETCH_CYCLES = 8
StreamBus, Item, StreamSource, StreamSink, StreamMonitor = define_stream(
    "Item", signals=["payload", "valid", "ready"]
)


class Table:
    """A table of random geometry as members_of takes a pack, and its bytes in memory."""

    def __init__(self, seed: int, first: int = FIRST_RECORD, count: int = GAUSSIANS):
        data = np.random.default_rng(seed).integers(0, 256, RECORD_BYTES * count, dtype=np.uint8)
        self.geometry = np.frombuffer(data.tobytes(), GEOMETRY_DTYPE).copy()
        self.geometry["reserved"] = 0
        self.first, self._bytes = first, self.geometry.tobytes()

    def __len__(self) -> int:
        return len(self.geometry)

    def content(self, address: int, length: int) -> bytes:
        """Bytes from an address on; 0xEE beside the table."""
        begin = address - RECORD_BYTES * self.first
        inside = self._bytes[max(begin, 0) : max(begin + length, 0)]
        return (b"\xee" * min(max(-begin, 0), length) + inside).ljust(length, b"\xee")


FIRST, SECOND = Table(0), Table(1, FIRST_RECORD + (1 << 16), 500)


def clusters(rng: np.random.Generator, count: int, longest: int, table: Table) -> np.ndarray:
    """Visible clusters: many that follow their neighbour, some that go back."""
    found = np.zeros(count, VISIBLE_DTYPE)
    base = 0
    for row in found:
        size = int(rng.integers(1, longest + 1))
        if base + size > len(table) or rng.random() < 0.3:
            base = int(rng.integers(0, len(table) - size))
        row["base"], row["count"] = base, size
        row["center_camera"] = rng.integers(-(1 << 31), 1 << 31, 3)
        row["member_exponent"] = rng.integers(-128, 128)
        base += size
    return found


class Testbench:
    """Source of clusters, sink of members, a memory, and a monitor that feeds the model."""

    def __init__(self, dut):
        self.dut, self.table = dut, FIRST
        self.data_bits, self.lanes = (int(part) for part in dut._name.split("_")[2:])
        self.cycle, self.beats_read = 0, 0
        cocotb.start_soon(Clock(dut.aclk, 10, unit="ns").start())
        reset = {"reset": dut.aresetn, "reset_active_level": False}
        visible = StreamBus.from_prefix(dut, "visible")
        self.source = StreamSource(visible, dut.aclk, **reset)
        self.seen = StreamMonitor(visible, dut.aclk, **reset)
        self.sink = StreamSink(StreamBus.from_prefix(dut, "member"), dut.aclk, **reset)
        self.memory = Memory(self, self._content, dut.aresetn)
        self.open(self.table, 0)
        dut.served.value = 0
        cocotb.start_soon(self._count())
        cocotb.start_soon(self._watch())

    def _content(self, address: int, length: int) -> bytes:
        self.beats_read += 1
        beyond = RECORD_BYTES * SECOND.first - length
        return (self.table if address < beyond else SECOND).content(address, length)

    def open(self, table: Table, frame: int):
        """The table of the clusters to come, which are of that frame."""
        for name, value in (
            ("table_record", table.first),
            ("table_count", len(table)),
            ("frame", frame),
        ):
            getattr(self.dut, name).value = value

    async def _count(self):
        while True:
            await RisingEdge(self.dut.aclk)
            self.cycle += 1

    async def _watch(self):
        """Members that wait must not change, whatever comes behind them."""
        dut, waiting = self.dut, None
        while True:
            await RisingEdge(dut.aclk)
            await ReadOnly()
            if not dut.aresetn.value:
                waiting = None
                continue
            if waiting is not None:
                assert dut.member_valid.value, "members went away before they were taken"
                assert int(dut.member_payload.value) == waiting, "members changed"
            held = dut.member_valid.value and not dut.member_ready.value
            waiting = int(dut.member_payload.value) if held else None

    def pause(self, idle: str, pressure: str):
        """`idle` on clusters and data, `pressure` on members and addresses."""
        for source in (self.source, self.memory.r_channel):
            if PATTERNS[idle]:
                source.set_pause_generator(PATTERNS[idle]())
        for sink in (self.sink, self.memory.ar_channel):
            if PATTERNS[pressure]:
                sink.set_pause_generator(PATTERNS[pressure]())

    async def reset(self):
        self.dut.aresetn.value = 0
        await self.cycles(3)
        self.dut.aresetn.value = 1
        await self.cycles(2)

    async def cycles(self, count: int):
        for _ in range(count):
            await RisingEdge(self.dut.aclk)

    def send(self, visible: np.ndarray):
        for row in visible:
            word = int.from_bytes(row.tobytes(), "little")
            self.source.send_nowait(Item(payload=word))

    async def fetch(self, visible: np.ndarray):
        """Sends the clusters and waits until all of their members are taken."""
        self.send(visible)
        await self.source.wait()
        await self.cycles(2)  # the last cluster is offered, then taken
        while self.dut.busy.value:
            await RisingEdge(self.dut.aclk)
        await self.cycles(3)
        assert self.dut.idle.value

    def members(self) -> np.ndarray:
        """(N,) MEMBER_DTYPE that the sink took, lanes without one left out."""
        size, records = MEMBER_DTYPE.itemsize, []
        while not self.sink.empty():
            word = int(self.sink.recv_nowait().payload)
            mask = word >> (8 * size * self.lanes)
            assert mask, "a beat without a member"
            assert not mask & (mask + 1), "a beat with a gap"
            data = word.to_bytes(size * self.lanes + 1, "little")
            records += [data[n * size : (n + 1) * size] for n in range(mask.bit_count())]
        return np.frombuffer(b"".join(records), MEMBER_DTYPE)

    def visible(self) -> np.ndarray:
        """(V,) VISIBLE_DTYPE that the monitor saw taken."""
        words = []
        while not self.seen.empty():
            words.append(int(self.seen.recv_nowait().payload))
        data = b"".join(word.to_bytes(VISIBLE_DTYPE.itemsize, "little") for word in words)
        return np.frombuffer(data, VISIBLE_DTYPE)

    def check(self) -> int:
        """What the monitor saw through the model, against what the sink took; members."""
        expected, found = members_of(self.table, self.visible()), self.members()
        assert len(found) == len(expected), "members are missing, or too many"
        for name in ("geometry", "center_camera", "index", "member_exponent"):
            assert np.array_equal(found[name], expected[name]), f"other {name}"
        return len(found)


async def start(dut, latency_cycles: int = 20) -> Testbench:
    bench = Testbench(dut)
    bench.memory.latency_cycles = lambda: latency_cycles
    await bench.reset()
    return bench


@cocotb.test(timeout_time=400, timeout_unit="us")
@cocotb.parametrize(idle=list(PATTERNS), pressure=list(PATTERNS))
async def streams(dut, idle, pressure):
    """Idle generator x back-pressure generator x latency of each burst."""
    random.seed(f"{idle} {pressure}")
    rng = np.random.default_rng(len(idle) + 20 * len(pressure))
    bench = await start(dut)
    bench.memory.latency_cycles = lambda: random.choice((0, 3, 20, 60))
    bench.pause(idle, pressure)
    total = due = 0
    for longest in (1, 3, 40):
        visible = clusters(rng, 400 // longest + 5, longest, bench.table)
        due += int(visible["count"].sum())
        await bench.fetch(visible)
        total += bench.check()
    assert total == due
    assert not dut.outside.value


@cocotb.test(timeout_time=400, timeout_unit="us")
@cocotb.parametrize(latency_cycles=[1, 20, 60])
async def the_bus_is_kept_busy(dut, latency_cycles):
    """A run of neighbours, nobody waiting: a beat of memory a cycle, `lanes` members at most."""
    bench = await start(dut, latency_cycles)
    visible = np.zeros(40, VISIBLE_DTYPE)
    visible["count"], visible["base"] = 50, 50 * np.arange(40)
    bench.send(visible)
    while not dut.member_valid.value:
        await RisingEdge(dut.aclk)
    first = bench.cycle
    while not bench.source.empty() or dut.busy.value:
        await RisingEdge(dut.aclk)
    members = 40 * 50
    slots = bench.data_bits / 256
    cycles = members / min(slots, bench.lanes)
    # An odd record at each side of a cluster takes a cycle of its own.
    odd = 2 * 40 if slots > 1 and bench.lanes > 1 else 0
    assert bench.cycle - first <= cycles + odd + latency_cycles + 30
    assert bench.check() == members


@cocotb.test(timeout_time=100, timeout_unit="us")
async def each_record_is_read_once(dut):
    """Neighbours are one run: no beat is read twice, but where a run begins or ends within one."""
    bench = await start(dut)
    visible = np.zeros(100, VISIBLE_DTYPE)
    visible["count"], visible["base"] = 7, 7 * np.arange(100)
    bench.memory.ar_channel.pause = True  # all clusters wait, and are joined
    bench.send(visible)
    await bench.cycles(200)
    bench.memory.ar_channel.pause = False
    await bench.fetch(visible[:0])
    assert bench.check() == 700
    beats = 700 * 256 / bench.data_bits
    assert beats <= bench.beats_read <= beats + 2 * bench.data_bits // 256 + 6


@cocotb.test(timeout_time=100, timeout_unit="us")
async def latency_is_exact(dut):
    """From a cluster taken to its address offered: FETCH_CYCLES and those of the client."""
    bench = await start(dut)
    for base in (0, 100, 50):
        visible = np.zeros(1, VISIBLE_DTYPE)
        visible["base"], visible["count"] = base, 3
        bench.send(visible)
        while not (dut.visible_valid.value and dut.visible_ready.value):
            await RisingEdge(dut.aclk)
        cycle = bench.cycle
        while not dut.m_axi_arvalid.value:
            await RisingEdge(dut.aclk)
        assert bench.cycle - cycle == FETCH_CYCLES + ReadMaster.ADDRESS_CYCLES
        await bench.fetch(visible[:0])
    assert bench.check() == 9


@cocotb.test(timeout_time=400, timeout_unit="us")
async def clusters_wait_and_none_is_lost(dut):
    """A memory that takes no address: so many clusters are taken, no more, and all come at last."""
    bench = await start(dut)
    rng = np.random.default_rng(5)
    count = CLUSTERS_WAITING + CLUSTERS_AHEAD + 100
    visible = clusters(rng, count, 3, bench.table)
    visible["base"] = 2 * rng.permutation(len(bench.table) // 2 - 2)[:count]  # hardly a neighbour
    bench.memory.ar_channel.pause = True
    bench.send(visible)
    await bench.cycles(2 * count)
    assert not dut.visible_ready.value
    assert dut.busy.value
    assert not dut.member_valid.value
    bench.memory.ar_channel.pause = False
    await bench.fetch(visible[:0])
    assert bench.check() == visible["count"].sum()


@cocotb.test(timeout_time=200, timeout_unit="us")
@cocotb.parametrize(after=[1, 12, 30, 150])
async def reset_in_mid_flight(dut, after):
    """A reset of fetch, client and memory forgets what is under way; what follows is right."""
    bench = await start(dut)
    bench.pause("always", "bursts")
    rng = np.random.default_rng(after)
    visible = clusters(rng, 60, 12, bench.table)
    bench.send(visible)
    await bench.cycles(after)
    dut.aresetn.value = 0
    await bench.cycles(3)
    bench.source.clear()
    bench.sink.clear()
    bench.seen.clear()
    dut.aresetn.value = 1
    for _ in range(60):
        await RisingEdge(dut.aclk)
        assert not dut.busy.value, "something outlived the reset"
        assert not dut.member_valid.value
    await bench.fetch(visible)
    assert bench.check() == visible["count"].sum()


@cocotb.test(timeout_time=400, timeout_unit="us")
@cocotb.parametrize(pressure=list(PATTERNS))
async def frames_follow_one_another(dut, pressure):
    """Clusters of the next frame are fetched from its own table, and wait until it is served."""
    bench = await start(dut)
    bench.pause("always", pressure)
    rng = np.random.default_rng(len(pressure))
    older, younger = (clusters(rng, 30, 9, table) for table in (FIRST, SECOND))
    bench.send(older)
    await bench.source.wait()
    await bench.cycles(2)
    bench.open(SECOND, 1)
    bench.send(younger)
    await bench.source.wait()
    for _ in range(2000):
        await RisingEdge(dut.aclk)
        if not dut.busy.value:
            break
    await bench.cycles(300)
    assert not dut.busy.value
    assert not dut.member_valid.value, "members of a frame that is not served"
    taken = bench.visible()
    assert bench.members().tobytes() == members_of(FIRST, taken[:30]).tobytes()
    dut.served.value = 1
    await bench.cycles(3)
    while dut.busy.value:
        await RisingEdge(dut.aclk)
    await bench.cycles(3)
    assert bench.members().tobytes() == members_of(SECOND, taken[30:]).tobytes()
    assert not dut.outside.value


@cocotb.test(timeout_time=200, timeout_unit="us")
async def what_lies_outside_is_not_read(dut):
    """A cluster of none or beyond the table raises its frame's bit and asks for nothing."""
    bench = await start(dut)
    good = np.zeros(2, VISIBLE_DTYPE)
    good["base"], good["count"] = (0, len(bench.table) - 1), 1
    await bench.fetch(good)
    assert bench.check() == 2
    assert not dut.outside.value
    read = bench.beats_read
    for frame, base, count in ((1, len(bench.table), 1), (0, 0, 0)):
        bad = np.zeros(1, VISIBLE_DTYPE)
        bad["base"], bad["count"] = base, count
        dut.frame.value = frame
        bench.send(bad)
        await bench.cycles(40)
        assert int(dut.outside.value) == (2 if frame else 3)
    assert bench.beats_read == read
    assert bench.sink.empty()


@cocotb.test(timeout_time=200, timeout_unit="us")
async def an_error_is_told_and_members_still_come(dut):
    """SLVERR of the memory is the client's to say; the fetch goes on to its end."""
    bench = await start(dut)
    visible = clusters(np.random.default_rng(8), 30, 10, bench.table)
    failing = RECORD_BYTES * (bench.table.first + int(visible["base"][10]))
    beat_bytes = bench.data_bits // 8
    bench.memory.response = lambda address: (
        SLVERR if address == failing // beat_bytes * beat_bytes else 0
    )
    await bench.fetch(visible)
    assert int(dut.error.value) == 1
    assert bench.check() == visible["count"].sum()
