"""Testbench of the benches of the write master: clients, and one monitor of clients and bus."""

from __future__ import annotations

import random
from collections import deque
from typing import NamedTuple

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge
from cocotbext.axi import AxiRamWrite, AxiWriteBus
from cocotbext.axi.stream import define_stream

from tests.rtl.bus.axi_memory import OKAY, pause_patterns
from tests.rtl.bus.write_memory import MEMORY_BYTES, WriteMemory

PAGE_BYTES = 4096
PATTERNS = pause_patterns(41)
StreamBus, Item, StreamSource, StreamSink, StreamMonitor = define_stream(
    "Item", signals=["payload", "valid", "ready"]
)


class Beat(NamedTuple):
    """A beat as the client gives it; `last` on the bus is that of the burst."""

    address: int
    data: int
    strobe: int
    last: int
    frame: int


class Burst(NamedTuple):
    """An address offered: in which cycle, by whom, where, and how many beats."""

    cycle: int
    client: int
    address: int
    beats: int
    frame: int


class Testbench:
    """Sources of all clients, and a monitor that holds the rules of the bus.

    The monitor knows from the beats taken which bursts and which data are due; a window is
    the client's alone, so an address says whose it is.
    """

    def __init__(self, dut):
        self.dut = dut
        values = [int(part) for part in dut._name.split("_")[2:]]
        self.data_bits, self.address_bits, self.outstanding_limit, self.burst_beats = values[:4]
        self.depths = values[4:]
        self.clients = range(len(self.depths))
        self.size = self.data_bits // 8
        self.cycle, self.most_outstanding = 0, 0
        self.bursts: list[Burst] = []
        self.taken_bursts = self.last_beats = 0
        self.beat_cycles: list[int] = []
        self.dropped = 0
        self.forget_all()
        dut.flush.value = 0
        cocotb.start_soon(Clock(dut.aclk, 10, unit="ns").start())
        self.sources = [
            StreamSource(
                StreamBus.from_prefix(dut, f"write_{n}"),
                dut.aclk,
                dut.aresetn,
                reset_active_level=False,
            )
            for n in self.clients
        ]
        # Windows of 1 MiB; the second ends with the address space, less one page.
        top = 1 << self.address_bits
        self.windows = [
            (0x40_0000 * (n + 1), 0x40_0000 * (n + 1) + (1 << 20)) for n in self.clients
        ]
        if len(self.clients) > 1:
            self.windows[1] = (top - (1 << 20), top - PAGE_BYTES)

    def forget_all(self):
        """Of a reset: nothing is due."""
        self.due: list[deque[Beat]] = [deque() for _ in self.clients]
        self.words: deque[tuple[int, Beat, bool]] = deque()
        self.unanswered: deque[Burst] = deque()
        self.answerable = 0
        self.outside = [False, False]
        self.pages: dict[int, bytearray] = {}
        self.waiting, self.waits_for_data, self.in_burst, self.flushed = None, False, False, False

    async def start(self, latency_cycles=None, response=lambda address: OKAY, resets_memory=True):
        """Resets; latency_cycles: a callable, or None for the RAM of the library."""
        dut = self.dut
        dut.aresetn.value = 0
        reset = dut.aresetn if resets_memory else None
        if latency_cycles is None:
            bus = AxiWriteBus.from_prefix(dut, "m_axi")
            self.memory = AxiRamWrite(
                bus, dut.aclk, reset, reset_active_level=False, size=MEMORY_BYTES
            )
        else:
            self.memory = WriteMemory(self, reset)
            self.memory.latency_cycles, self.memory.response = latency_cycles, response
        self.drive_windows()
        await self.cycles(3)
        dut.aresetn.value = 1
        await self.cycles(2)
        self.watcher = cocotb.start_soon(self._watch())

    def drive_windows(self):
        for n, (first, end) in enumerate(self.windows):
            getattr(self.dut, f"window_first_{n}").value = first
            getattr(self.dut, f"window_end_{n}").value = end

    async def reset(self):
        """A reset in mid-flight, also of the sources, and of the memory where it is connected."""
        self.watcher.cancel()
        self.dut.aresetn.value = 0
        for source in self.sources:
            source.clear()
        await self.cycles(3)
        self.forget_all()
        self.beat_cycles, self.taken_bursts, self.last_beats = [], 0, 0
        if hasattr(self.memory, "mem"):
            self.memory.mem.clear()
        self.dut.aresetn.value = 1
        await self.cycles(1)
        self.watcher = cocotb.start_soon(self._watch())

    def pause(self, idle: str, pressure: str):
        """`idle` on what clients and the memory send, `pressure` on what the master sends."""
        for source in (*self.sources, self.memory.b_channel):
            if PATTERNS[idle]:
                source.set_pause_generator(PATTERNS[idle]())
        for sink in (self.memory.aw_channel, self.memory.w_channel):
            if PATTERNS[pressure]:
                sink.set_pause_generator(PATTERNS[pressure]())

    def write(self, client: int, address: int, count: int, frame: int = 0, closes: bool = True):
        """A run; its strobes are all set, or of any kind."""
        full = (1 << self.size) - 1
        is_sparse = random.random() < 0.5
        for n in range(count):
            strobe = random.choice((full, 0, random.getrandbits(self.size))) if is_sparse else full
            last = int(closes and n == count - 1)
            data = random.getrandbits(self.data_bits)
            self.send(client, Beat(address + n * self.size, data, strobe, last, frame))

    def send(self, client: int, beat: Beat):
        payload, place = 0, 0
        widths = (self.address_bits, self.data_bits, self.size, 1, 1)
        for value, width in zip(beat, widths, strict=True):
            payload |= value % (1 << width) << place
            place += width
        self.sources[client].send_nowait(Item(payload=payload))

    def _unpacked(self, payload: int) -> Beat:
        values = []
        for width in (self.address_bits, self.data_bits, self.size, 1, 1):
            values.append(payload % (1 << width))
            payload >>= width
        return Beat(*values)

    async def cycles(self, count: int):
        for _ in range(count):
            await RisingEdge(self.dut.aclk)

    def drained(self, n: int) -> bool:
        return bool(getattr(self.dut, f"drained_{n}").value)

    async def finish(self):
        """Waits until all is answered, and holds counters and memory against what was seen."""
        while not all(source.idle() for source in self.sources):
            await RisingEdge(self.dut.aclk)
        await self.cycles(2)
        while not all(self.drained(n) for n in self.clients):
            await RisingEdge(self.dut.aclk)
        await self.cycles(4)
        self.check_end()

    def check_end(self):
        dut = self.dut
        assert dut.idle.value
        assert all(self.drained(n) for n in self.clients)
        for pending in (*self.due, self.words, self.unanswered):
            assert not pending
        assert not dut.m_axi_awvalid.value
        assert not dut.m_axi_wvalid.value
        assert int(dut.beats.value) == len(self.beat_cycles)
        assert int(dut.bursts.value) == self.taken_bursts
        assert [bool(dut.outside_0.value), bool(dut.outside_1.value)] == self.outside
        self.check_memory()

    def check_memory(self):
        """Every byte of the memory is what was due there, and no other was written."""
        empty = bytes(PAGE_BYTES)
        written = {page: bytes(data) for page, data in self.memory.mem.segs.items()}
        due = {page: bytes(data) for page, data in self.pages.items() if any(data)}
        assert {page: data for page, data in written.items() if data != empty} == due

    async def _watch(self):
        """What is to be seen in each cycle; bus first, as it shows what was taken before."""
        dut = self.dut
        clients = [
            [getattr(dut, f"write_{n}_{part}") for part in ("payload", "valid", "ready")]
            for n in self.clients
        ]
        while True:
            await RisingEdge(dut.aclk)
            self.cycle += 1
            self._watch_addresses()
            self._watch_data()
            for n in self.clients:
                open_writes = self.due[n] or any(burst.client == n for burst in self.unanswered)
                assert not (self.drained(n) and open_writes), "drained too early"
            assert not (dut.idle.value and self.unanswered), "idle too early"
            self._watch_responses()
            flush = bool(dut.flush.value)
            for n, (payload, valid, ready) in enumerate(clients):
                if valid.value and ready.value and not flush:
                    self._take(n, self._unpacked(int(payload.value)))
                if flush:
                    self.due[n].clear()
            if flush:
                self.outside = [False, False]
            self.flushed = flush

    def _take(self, n: int, beat: Beat):
        """A beat of a client: it is due on the bus, or is dropped."""
        first, end = self.windows[n]
        if first <= beat.address and beat.address + self.size <= end:
            self.due[n].append(beat)
        else:
            self.outside[beat.frame] = True
            self.dropped += 1

    def _watch_addresses(self):
        dut, offered = self.dut, None
        if dut.m_axi_awvalid.value:
            offered = int(dut.m_axi_awaddr.value), int(dut.m_axi_awlen.value) + 1
        if self.waiting is not None:
            assert offered == self.waiting, "an address changed before it was taken"
        elif offered is not None:
            assert not self.flushed, "an address was offered under flush"
            self._offer(*offered)
        is_taken = offered is not None and dut.m_axi_awready.value
        self.taken_bursts += bool(is_taken)
        self.waiting = None if is_taken else offered

    def _offer(self, address: int, beats: int):
        """A burst offered: legal, in one window, and of the beats that are due next there."""
        assert address % self.size == 0
        assert beats <= self.burst_beats
        assert address % PAGE_BYTES + beats * self.size <= PAGE_BYTES, "a burst crosses 4 KiB"
        end = address + beats * self.size
        owners = [n for n in self.clients if self._holds(n, address, end)]
        assert len(owners) == 1, "a burst is outside the windows"
        due = self.due[owners[0]]
        assert len(due) >= beats, "a burst without its data"
        frames = set()
        for n in range(beats):
            beat = due.popleft()
            assert beat.address == address + n * self.size, "a beat in the place of another"
            frames.add(beat.frame)
            self.words.append((owners[0], beat, n == beats - 1))
        assert len(frames) == 1, "a burst of two frames"
        burst = Burst(self.cycle, owners[0], address, beats, frames.pop())
        self.bursts.append(burst)
        self.unanswered.append(burst)
        self.most_outstanding = max(self.most_outstanding, len(self.unanswered))

    def _holds(self, n: int, address: int, end: int) -> bool:
        return self.windows[n][0] <= address and end <= self.windows[n][1]

    def _watch_data(self):
        dut = self.dut
        assert dut.m_axi_bready.value, "a response was held up"
        if not dut.m_axi_wvalid.value:
            assert not self.waits_for_data, "data vanished before it was taken"
            assert not self.in_burst, "the bus waits for a client"
            return
        assert self.words, "data without an address"
        _, beat, last = self.words[0]
        assert int(dut.m_axi_wdata.value) == beat.data
        assert int(dut.m_axi_wstrb.value) == beat.strobe
        assert bool(dut.m_axi_wlast.value) == last
        self.waits_for_data = not dut.m_axi_wready.value
        self.in_burst = True
        if dut.m_axi_wready.value:
            self.words.popleft()
            self.beat_cycles.append(self.cycle)
            self.answerable += last
            self.last_beats += last
            self.in_burst = not last
            self._store(beat)

    def _store(self, beat: Beat):
        data = beat.data.to_bytes(self.size, "little")
        first = beat.address % MEMORY_BYTES // PAGE_BYTES * PAGE_BYTES
        page = self.pages.setdefault(first, bytearray(PAGE_BYTES))
        for lane in range(self.size):
            if beat.strobe >> lane & 1:
                page[beat.address % PAGE_BYTES + lane] = data[lane]

    def _watch_responses(self):
        """A response is the next burst's, where one awaits it; others do not count."""
        if self.dut.m_axi_bvalid.value and self.answerable:
            self.answerable -= 1
            self.unanswered.popleft()
        assert len(self.unanswered) <= self.outstanding_limit


def random_run(bench: Testbench, n: int, beyond: bool = False) -> tuple[int, int]:
    """Address and beats: many of 1, many around a 4 KiB boundary; `beyond`: some at a bound."""
    first, end = bench.windows[n]
    per_page = PAGE_BYTES // bench.size
    count = random.choice((1, 1, 2, 3, 4, random.randint(1, 30), random.randint(1, 90)))
    page = random.randrange(first, end, PAGE_BYTES) + random.randint(-20, 20) * bench.size
    if beyond and random.random() < 0.4:
        start = random.choice((first, end)) + random.randint(-count - 1, 2) * bench.size
        return start % (1 << bench.address_bits), count
    latest = end - count * bench.size
    address = random.choice((page, random.randrange(first, latest, bench.size)))
    assert per_page > 20
    return min(max(address, first), latest), count


def random_latency() -> int:
    return random.choice((0, 3, 20, 60))
