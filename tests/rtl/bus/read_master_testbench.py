"""Testbench of bench_read_master: monitors of requests and bus, memories of known content."""

from __future__ import annotations

import random
from collections import deque

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge
from cocotbext.axi import AxiReadBus
from cocotbext.axi.axi_slave import AxiSlaveRead
from cocotbext.axi.stream import define_stream

from tests.rtl.bus.axi_memory import OKAY, Memory, pause_patterns

PAGE_BYTES, RECORD_BYTES, COUNT_BITS = 4096, 32, 20
PATTERNS = pause_patterns(41)
StreamBus, Item, StreamSource, StreamSink, StreamMonitor = define_stream(
    "Item", signals=["payload", "valid", "ready"]
)


def words(address: int, length: int) -> bytes:
    """The memory's content: each 8 bytes differ from all others."""
    numbers = range(address // 8, (address + length) // 8)
    return b"".join((n * 0x9E3779B97F4A7C15 % 2**64).to_bytes(8, "little") for n in numbers)


def record(number: int) -> int:
    return int.from_bytes(words(number * RECORD_BYTES, RECORD_BYTES), "little")


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
            self.memory = Memory(self, words)
            self.memory.latency_cycles, self.memory.response = latency_cycles, response
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
            if dut.m_axi_rvalid.value and self.outstanding:
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
