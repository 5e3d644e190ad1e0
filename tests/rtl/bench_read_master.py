"""cocotb bench of the read master: monitors of requests and bus, memories of known content."""

from __future__ import annotations

import itertools
import random
from collections import deque

import cocotb
from cocotb.clock import Clock
from cocotb.queue import Queue
from cocotb.triggers import RisingEdge
from cocotbext.axi import AxiReadBus
from cocotbext.axi.axi_slave import AxiSlaveRead
from cocotbext.axi.stream import define_stream

from hw.bus.read_master import ReadMaster

PAGE_BYTES, RECORD_BYTES, COUNT_BITS = 4096, 32, 20
OKAY, SLVERR, DECERR = 0, 2, 3
PATTERNS = {
    "always": None,
    "random": lambda: (random.random() < 0.4 for _ in itertools.count()),
    "bursts": lambda: itertools.cycle([False] * 23 + [True] * 41),
    "rarely": lambda: itertools.cycle([True] * 6 + [False]),
}
StreamBus, Item, StreamSource, StreamSink, StreamMonitor = define_stream(
    "Item", signals=["payload", "valid", "ready"]
)


def words(address: int, length: int) -> bytes:
    """The memory's content: each 8 bytes differ from all others."""
    numbers = range(address // 8, (address + length) // 8)
    return b"".join((n * 0x9E3779B97F4A7C15 % 2**64).to_bytes(8, "little") for n in numbers)


def record(number: int) -> int:
    return int.from_bytes(words(number * RECORD_BYTES, RECORD_BYTES), "little")


class Memory(AxiSlaveRead):
    """Answers bursts in order, each after a latency of its own that runs beside the others'.

    latency_cycles : callable, of an address taken to its first beat.
    response : callable, RRESP of a beat from its byte address.
    """

    def __init__(self, bench, latency_cycles, response=lambda address: OKAY):
        self.bench, self.latency_cycles, self.response = bench, latency_cycles, response
        dut = bench.dut
        super().__init__(AxiReadBus.from_prefix(dut, "m_axi"), dut.aclk)
        self.ar_channel.queue_occupancy_limit = -1

    async def _process_read(self):
        waiting = Queue()
        cocotb.start_soon(self._answer(waiting))
        while True:
            burst = await self.ar_channel.recv()
            waiting.put_nowait((self.bench.cycle + self.latency_cycles(), burst))

    async def _answer(self, waiting):
        while True:
            due, burst = await waiting.get()
            while self.bench.cycle < due:
                await RisingEdge(self.clock)
            count = int(burst.arlen) + 1
            for n in range(count):
                address = int(burst.araddr) + n * self.byte_lanes
                beat = self.r_channel._transaction_obj()
                beat.rid, beat.rlast, beat.rresp = 0, n == count - 1, self.response(address)
                beat.rdata = int.from_bytes(words(address, self.byte_lanes), "little")
                await self.r_channel.send(beat)


class LibraryMemory:
    """Content for cocotbext-axi's own slave, which takes one burst at a time."""

    async def read(self, address: int, length: int) -> bytes:
        return words(address, length)


class Testbench:
    """Sources and sinks of all clients, and monitors that hold the rules of the bus."""

    def __init__(self, dut):
        self.dut = dut
        values = [int(part) for part in dut._name.split("_")[2:]]
        self.data_bits, self.address_bits, self.outstanding_limit, self.burst_beats = values[:4]
        self.depths = values[4:]
        self.clients = range(len(self.depths))
        self.slot_count = max(1, self.data_bits // 256)
        self.cycle, self.outstanding, self.most_outstanding = 0, 0, 0
        self.bursts: list[tuple[int, int, int]] = []  # cycle, byte address, beats
        self.beat_cycles: list[int] = []
        self.due: list[deque[int]] = [deque() for _ in self.clients]
        self.taken = [0 for _ in self.clients]
        dut.flush.value = 0
        cocotb.start_soon(Clock(dut.aclk, 10, unit="ns").start())
        self.sources = [
            StreamSource(StreamBus.from_prefix(dut, f"request_{n}"), dut.aclk) for n in self.clients
        ]
        self.sinks = [
            StreamSink(StreamBus.from_prefix(dut, f"slots_{n}"), dut.aclk) for n in self.clients
        ]

    async def start(self, latency_cycles=None, response=lambda address: OKAY):
        """Resets; latency_cycles: a callable, or None for the memory of the library."""
        dut = self.dut
        dut.aresetn.value = 0
        if latency_cycles is None:
            bus = AxiReadBus.from_prefix(dut, "m_axi")
            self.memory = AxiSlaveRead(bus, dut.aclk, target=LibraryMemory())
        else:
            self.memory = Memory(self, latency_cycles, response)
        for _ in range(3):
            await RisingEdge(dut.aclk)
        dut.aresetn.value = 1
        await RisingEdge(dut.aclk)
        cocotb.start_soon(self._watch_bus())
        for n in self.clients:
            cocotb.start_soon(self._watch_client(n))

    def pause(self, idle: str, pressure: str):
        """`idle` on what comes from memory and clients, `pressure` on what the master sends."""
        for source in (*self.sources, self.memory.r_channel):
            if PATTERNS[idle]:
                source.set_pause_generator(PATTERNS[idle]())
        for sink in (*self.sinks, self.memory.ar_channel):
            if PATTERNS[pressure]:
                sink.set_pause_generator(PATTERNS[pressure]())

    def ask(self, client: int, first: int, count: int):
        first %= 1 << (self.address_bits - 5)
        payload = first | count << (self.address_bits - 5)
        self.sources[client].send_nowait(Item(payload=payload))

    async def cycles(self, count: int):
        for _ in range(count):
            await RisingEdge(self.dut.aclk)

    async def finish(self):
        """Waits until all is answered, and holds the counters against what was seen."""
        while not all(source.idle() for source in self.sources) or any(self.due):
            await RisingEdge(self.dut.aclk)
        await self.cycles(6)
        self.check_end()

    def check_end(self):
        assert self.dut.idle.value
        assert self.outstanding == 0
        assert int(self.dut.beats.value) == len(self.beat_cycles)
        assert int(self.dut.bursts.value) == len(self.bursts)
        for n in self.clients:
            assert not getattr(self.dut, f"slots_{n}_valid").value
            assert not self.due[n]

    async def _watch_bus(self):
        """AXI4's rules, and the master's own: bursts, boundaries, outstanding, never held up."""
        dut, waiting, flushed = self.dut, None, False
        while True:
            await RisingEdge(dut.aclk)
            self.cycle += 1
            assert dut.m_axi_rready.value, "the bus was held up"
            offered = None
            if dut.m_axi_arvalid.value:
                offered = int(dut.m_axi_araddr.value), int(dut.m_axi_arlen.value) + 1
                assert not dut.idle.value
                assert waiting or not flushed, "an address was offered under flush"
            if waiting:
                assert offered == waiting, "an address changed before it was taken"
            if dut.m_axi_rvalid.value:
                assert self.outstanding, "data that nobody asked for"
                self.beat_cycles.append(self.cycle)
                self.outstanding -= bool(dut.m_axi_rlast.value)
            waiting = offered
            if offered and dut.m_axi_arready.value:
                self._check_burst(*offered)
                waiting = None
            assert not (dut.idle.value and self.outstanding)
            flushed = bool(dut.flush.value)

    def _check_burst(self, address: int, beats: int):
        size = self.data_bits // 8
        assert address % size == 0
        assert beats <= self.burst_beats
        assert address % PAGE_BYTES + beats * size <= PAGE_BYTES, "a burst crosses 4 KiB"
        self.outstanding += 1
        self.most_outstanding = max(self.most_outstanding, self.outstanding)
        assert self.outstanding <= self.outstanding_limit
        self.bursts.append((self.cycle, address, beats))

    async def _watch_client(self, n: int):
        """The requests taken say which records are due; the slots taken must hold them."""
        dut = self.dut
        request, slots = (
            [getattr(dut, f"{name}_{n}_{part}") for part in ("payload", "valid", "ready")]
            for name in ("request", "slots")
        )
        waiting = None
        while True:
            await RisingEdge(dut.aclk)
            flush = bool(dut.flush.value)
            offered = int(slots[0].value) if slots[1].value else None
            if waiting is not None:
                assert offered == waiting, "a slot changed before it was taken"
            waiting = None if slots[2].value or flush else offered
            if offered is not None and slots[2].value:
                self._take(n, offered)
            if flush:
                self.due[n].clear()
            elif request[1].value and request[2].value:
                payload = int(request[0].value)
                first = payload % (1 << (self.address_bits - 5))
                count = payload >> (self.address_bits - 5)
                self.due[n].extend(range(first, first + count))

    def _take(self, n: int, payload: int):
        used = payload >> (256 * self.slot_count)
        assert used, "a beat without a record"
        for slot in range(self.slot_count):
            if used >> slot & 1:
                assert self.due[n], "a record that nobody asked for"
                number = self.due[n].popleft()
                data = payload >> (256 * slot) & (2**256 - 1)
                assert data == record(number), f"not record {number}"
                assert number % self.slot_count == slot
                self.taken[n] += 1


def random_run(bench: Testbench) -> tuple[int, int]:
    """Many runs of 1, many around a 4 KiB boundary, addresses of all the width."""
    top = 1 << (bench.address_bits - 5)
    longest = 300 if bench.data_bits >= 256 else 140  # a page is 128 records
    count = random.choice((1, 1, 2, 3, random.randint(1, 30), random.randint(1, longest)))
    page = random.randrange(0, top, PAGE_BYTES // RECORD_BYTES)
    first = random.choice((page + random.randint(-30, 30), random.randrange(top)))
    return min(max(first, 0), top - count), count


def random_latency() -> int:
    return random.choice((0, 3, 20, 60))


@cocotb.test(timeout_time=2, timeout_unit="ms")
@cocotb.parametrize(
    memory=["library", "parallel"],
    idle=["always", "random", "rarely"],
    pressure=list(PATTERNS),
)
async def streams(dut, memory, idle, pressure):
    """Random runs of all clients: idle x back-pressure on every channel."""
    random.seed(f"{memory} {idle} {pressure}")
    bench = Testbench(dut)
    await bench.start(random_latency if memory == "parallel" else None)
    bench.pause(idle, pressure)
    total = 0
    for n in bench.clients:
        runs = [random_run(bench) for _ in range(5)]
        total += sum(count for _, count in runs)
        for first, count in runs:
            bench.ask(n, first, count)
    await bench.finish()
    assert sum(bench.taken) == total
    assert dut.error.value == 0


def due_bursts(bench: Testbench, first: int, count: int, longest: int) -> list[tuple[int, int]]:
    """Byte address and beats of the bursts of a run: full, to the boundary, or to its end."""
    size = bench.data_bits // 8
    beat, end = first * RECORD_BYTES // size, -(-(first + count) * RECORD_BYTES // size)
    bursts = []
    while beat < end:
        beats = min(longest, end - beat, PAGE_BYTES // size - beat % (PAGE_BYTES // size))
        bursts.append((beat * size, beats))
        beat += beats
    return bursts


@cocotb.test(timeout_time=4, timeout_unit="ms")
async def bursts_are_full(dut):
    """Starts and ends on all sides of a boundary: the bursts are exactly the longest allowed."""
    bench = Testbench(dut)
    await bench.start(lambda: 5)
    depth_beats = bench.depths[0] * max(1, 256 // bench.data_bits)
    longest = min(bench.burst_beats, 1 << (depth_beats.bit_length() - 1))
    per_page = PAGE_BYTES // RECORD_BYTES
    expected = []
    for start in (0, 1, 63, per_page - 2, per_page - 1):
        for count in (1, 2, 3, 64, 65, per_page, per_page + 1, 2 * per_page):
            first = 5 * per_page + start
            bench.ask(0, first, count)
            expected += due_bursts(bench, first, count, longest)
    await bench.finish()
    assert [burst[1:] for burst in bench.bursts] == expected


@cocotb.test(timeout_time=200, timeout_unit="us")
async def latency_is_exact(dut):
    """Request to address in ADDRESS_CYCLES, last beat to slots in SLOT_CYCLES, exactly."""
    bench = Testbench(dut)
    await bench.start(lambda: 20)
    for n in bench.clients:
        bench.ask(n, 77 + n, 1)
        while not (
            getattr(dut, f"request_{n}_valid").value and getattr(dut, f"request_{n}_ready").value
        ):
            await RisingEdge(dut.aclk)
        for _ in range(ReadMaster.ADDRESS_CYCLES):
            assert not dut.m_axi_arvalid.value
            await RisingEdge(dut.aclk)
        assert dut.m_axi_arvalid.value
        while not (dut.m_axi_rvalid.value and dut.m_axi_rlast.value):
            await RisingEdge(dut.aclk)
        valid = getattr(dut, f"slots_{n}_valid")
        for _ in range(ReadMaster.SLOT_CYCLES):
            assert not valid.value
            await RisingEdge(dut.aclk)
        assert valid.value
        await bench.finish()


@cocotb.test(timeout_time=400, timeout_unit="us")
async def the_bus_is_full(dut):
    """A long run with 100 cycles of latency: data in 98% of the cycles at least."""
    bench = Testbench(dut)
    await bench.start(lambda: 100)
    record_beats = 256 / bench.data_bits
    room = bench.depths[0] * max(1, record_beats)
    longest = min(bench.burst_beats, PAGE_BYTES * 8 // bench.data_bits)
    can_fill = bench.outstanding_limit * longest > 120 and room > 120 + longest and longest > 4
    bench.ask(0, 1001, int((6000 if can_fill else 300) / record_beats))
    await bench.finish()
    cycles = bench.beat_cycles[-1] - bench.beat_cycles[0] + 1
    dut._log.info(f"{len(bench.beat_cycles)} beats in {cycles} cycles")
    assert len(bench.beat_cycles) >= 0.98 * cycles or not can_fill


@cocotb.test(timeout_time=200, timeout_unit="us")
async def short_runs_take_four_cycles(dut):
    """Runs of one record: an address every 4 cycles while nothing else limits."""
    bench = Testbench(dut)
    await bench.start(lambda: 0)
    for n in range(40):
        bench.ask(0, 1000 - 3 * n, 1)
    await bench.finish()
    gaps = {b[0] - a[0] for a, b in itertools.pairwise(bench.bursts)}
    slow = max(1, 256 // bench.data_bits) > 4 or bench.depths[0] < 16 or bench.outstanding_limit < 4
    assert gaps == {4} or slow


@cocotb.test(timeout_time=400, timeout_unit="us")
async def outstanding_stays_below_its_limit(dut):
    """With a slow memory and runs of one, the limit is reached and not passed."""
    bench = Testbench(dut)
    await bench.start(lambda: 400)
    for n in range(3 * bench.outstanding_limit):
        for client in bench.clients:
            bench.ask(client, 1000 * client + 2 * n, 1)
    await bench.finish()
    assert bench.most_outstanding == min(bench.outstanding_limit, sum(bench.depths))


@cocotb.test(timeout_time=800, timeout_unit="us")
async def a_blocked_client_blocks_no_other(dut):
    """Client 0 takes nothing: its queue fills to its depth, and the others go on."""
    bench = Testbench(dut)
    await bench.start(lambda: 10)
    count = max(bench.depths) * bench.slot_count + 50
    bench.sinks[0].pause = True
    for n in bench.clients:
        bench.ask(n, 900 * n + 1, count)
    while any(taken < count for taken in bench.taken[1:]) or len(bench.bursts) == 0:
        await RisingEdge(dut.aclk)
    await bench.cycles(400)
    assert bench.taken == [0, *(count for _ in bench.depths[1:])]
    assert dut.idle.value
    bench.sinks[0].pause = False
    await bench.finish()
    assert bench.taken[0] == count


@cocotb.test(timeout_time=400, timeout_unit="us")
async def the_first_client_goes_first(dut):
    """With a bus slower than the clients ask, one is served only when those before are done."""
    bench = Testbench(dut)
    await bench.start(lambda: 2)
    bench.memory.ar_channel.set_pause_generator(itertools.cycle([True] * 9 + [False]))
    runs = min(6, *bench.depths)  # so many fit in each queue
    for n in bench.clients:
        for k in range(runs):
            bench.ask(n, (n << 20) + 4 * k, 1)
    await bench.finish()
    owners = [address >> 25 for _, address, _ in bench.bursts]
    assert owners == [n for n in bench.clients for _ in range(runs)]


@cocotb.test(timeout_time=100, timeout_unit="us")
async def a_run_of_none_is_forgotten(dut):
    """A count of 0 asks for nothing, and what follows is right."""
    bench = Testbench(dut)
    await bench.start(lambda: 3)
    for count in (0, 3, 0, 0, 1):
        bench.ask(0, 13, count)
    await bench.finish()
    assert bench.taken[0] == 4


@cocotb.test(timeout_time=400, timeout_unit="us")
@cocotb.parametrize(after=[1, 5, 6, 7, 30, 160], held=["one cycle", "until idle"])
async def flush_in_mid_flight(dut, after, held):
    """Nothing of before the flush is seen after it, and the next runs are right."""
    random.seed(f"{after} {held}")
    bench = Testbench(dut)
    await bench.start(random_latency)
    bench.pause("always", "random")
    for round_number in range(3):
        for n in bench.clients:
            for _ in range(3):
                bench.ask(n, *random_run(bench))
        await bench.cycles(after + round_number)
        dut.flush.value = 1
        await RisingEdge(dut.aclk)
        if held == "until idle":
            await RisingEdge(dut.aclk)
            while not dut.idle.value or not all(source.idle() for source in bench.sources):
                await RisingEdge(dut.aclk)
            assert bench.outstanding == 0
            for n in bench.clients:
                assert not getattr(dut, f"slots_{n}_valid").value
        dut.flush.value = 0
        for n in bench.clients:
            bench.ask(n, *random_run(bench))
        await bench.finish()


@cocotb.test(timeout_time=200, timeout_unit="us")
@cocotb.parametrize(response=[SLVERR, DECERR])
async def the_first_error_stays(dut, response):
    """The first error of a flush's time is kept, is there before its record, and is forgotten."""
    bench = Testbench(dut)
    other = SLVERR + DECERR - response
    bad = {40 * RECORD_BYTES: response, 90 * RECORD_BYTES: other}
    await bench.start(lambda: 5, lambda address: bad.get(address, OKAY))
    bench.ask(0, 0, 40)
    await bench.finish()
    assert dut.error.value == 0
    bench.ask(0, 40, 1)
    while not dut.slots_0_valid.value:
        await RisingEdge(dut.aclk)
    assert int(dut.error.value) == response - 1
    await bench.finish()
    assert int(dut.error.value) == response - 1
    bench.ask(0, 80, 20)
    await bench.finish()
    assert int(dut.error.value) == response - 1
    dut.flush.value = 1
    await bench.cycles(2)
    dut.flush.value = 0
    await bench.cycles(2)
    assert dut.error.value == 0
    bench.ask(bench.clients[-1], 60, 32)
    await bench.finish()
    assert int(dut.error.value) == other - 1


@cocotb.test(timeout_time=200, timeout_unit="us")
async def errors_of_dropped_data_do_not_count(dut):
    """Data that a flush has forgotten may fail: nobody is told."""
    bench = Testbench(dut)
    await bench.start(lambda: 30, lambda address: SLVERR if address < 2**16 else OKAY)
    bench.ask(0, 0, 100)
    await bench.cycles(20)
    dut.flush.value = 1
    await bench.cycles(1)
    dut.flush.value = 0
    bench.ask(0, 1 << 16, 10)
    await bench.finish()
    assert dut.error.value == 0
