"""cocotb bench of the write master: bursts, cycles, and who goes first.

Its testbench: write_master_testbench; windows, flushes, resets and errors: bench_write_breaks.
"""

from __future__ import annotations

import itertools
import random

import cocotb
from cocotb.triggers import RisingEdge

from hw.bus.write_master import WriteMaster
from tests.rtl.bus.axi_memory import SLVERR
from tests.rtl.bus.write_master_testbench import (
    PAGE_BYTES,
    PATTERNS,
    Beat,
    Testbench,
    random_latency,
    random_run,
)


@cocotb.test(timeout_time=2, timeout_unit="ms")
@cocotb.parametrize(
    memory=["library", "parallel"],
    idle=["always", "random", "rarely"],
    pressure=list(PATTERNS),
)
async def writes(dut, memory, idle, pressure):
    """Random runs of all clients, some beyond their window: idle x back-pressure."""
    random.seed(f"{memory} {idle} {pressure}")
    bench = Testbench(dut)
    await bench.start(random_latency if memory == "parallel" else None)
    bench.pause(idle, pressure)
    for n in bench.clients:
        for _ in range(12):
            bench.write(n, *random_run(bench, n, beyond=True), frame=random.getrandbits(1))
    await bench.finish()
    assert dut.error_0.value == 0
    assert dut.error_1.value == 0


def burst_entries(bench: Testbench, n: int) -> int:
    """The longest burst of a client, beats."""
    fitting = 1 << (bench.depths[n].bit_length() - 1)
    return min(bench.burst_beats, fitting, PAGE_BYTES // bench.size)


def due_bursts(bench: Testbench, address: int, count: int, longest: int) -> list[tuple[int, int]]:
    """Byte address and beats of the bursts of a run: full, to the boundary, or to its end."""
    bursts, end = [], address + count * bench.size
    while address < end:
        to_page = PAGE_BYTES - address % PAGE_BYTES
        beats = min(longest, (end - address) // bench.size, to_page // bench.size)
        bursts.append((address, beats))
        address += beats * bench.size
    return bursts


@cocotb.test(timeout_time=4, timeout_unit="ms")
async def bursts_are_full(dut):
    """Starts and ends on all sides of a boundary: the bursts are exactly the longest allowed."""
    bench = Testbench(dut)
    await bench.start(lambda: 5)
    longest, expected = burst_entries(bench, 0), []
    per_page = PAGE_BYTES // bench.size
    for start in (0, 1, 63, per_page - 2, per_page - 1):
        for count in (1, 2, 3, 64, 65, per_page + 1):
            address = bench.windows[0][0] + (5 * per_page + start) * bench.size
            bench.write(0, address, count)
            expected += due_bursts(bench, address, count, longest)
    await bench.finish()
    assert [(burst.address, burst.beats) for burst in bench.bursts] == expected


@cocotb.test(timeout_time=200, timeout_unit="us")
async def beats_that_do_not_follow_end_a_burst(dut):
    """A gap, a step back, the same again, another page or frame: never joined, never lost."""
    bench = Testbench(dut)
    await bench.start(lambda: 5)
    first, size, per_page = bench.windows[0][0], bench.size, PAGE_BYTES // bench.size
    places = [0, 1, 3, 4, 3, 3, 4, per_page + 5, per_page + 6, 7, 8, 9, 10]
    frames = [0] * 11 + [1, 1]
    for n, (place, frame) in enumerate(zip(places, frames, strict=True)):
        last = int(n == len(places) - 1)
        bench.send(0, Beat(first + place * size, random.getrandbits(64), 1, last, frame))
    await bench.finish()
    runs = [(0, 2), (3, 2), (3, 1), (3, 2), (per_page + 5, 2), (7, 2), (9, 2)]
    longest = burst_entries(bench, 0)
    due = [due_bursts(bench, first + place * size, beats, longest) for place, beats in runs]
    assert [(burst.address, burst.beats) for burst in bench.bursts] == list(itertools.chain(*due))
    assert [burst.frame for burst in bench.bursts][-1] == 1


async def moved(dut, valid, ready):
    """Waits for the cycle in which something goes over."""
    while not (valid.value and ready.value):
        await RisingEdge(dut.aclk)


async def rises_after(dut, signal, cycles: int):
    """Holds that a signal is low for so many cycles, and high then."""
    for _ in range(cycles):
        assert not signal.value
        await RisingEdge(dut.aclk)
    assert signal.value


@cocotb.test(timeout_time=200, timeout_unit="us")
@cocotb.parametrize(address_stall=[0, 30])
async def latency_is_exact(dut, address_stall):
    """Beat to address, address to data whether or not it is taken, response to drained: exactly."""
    bench = Testbench(dut)
    await bench.start(lambda: 20, lambda address: SLVERR)
    for n in bench.clients:
        if address_stall:
            stalls = [True] * address_stall + [False] * 1000
            bench.memory.aw_channel.set_pause_generator(iter(stalls))
        bench.write(n, bench.windows[n][0], 1)
        write, drained = f"write_{n}", getattr(dut, f"drained_{n}")
        await moved(dut, getattr(dut, f"{write}_valid"), getattr(dut, f"{write}_ready"))
        await rises_after(dut, dut.m_axi_awvalid, WriteMaster.ADDRESS_CYCLES)
        await rises_after(dut, dut.m_axi_wvalid, WriteMaster.DATA_CYCLES)
        await moved(dut, dut.m_axi_bvalid, dut.m_axi_bready)
        assert not dut.idle.value
        if n == 0:
            assert dut.error_0.value == 0
        await rises_after(dut, drained, WriteMaster.ANSWER_CYCLES)
        assert dut.idle.value
        assert int(dut.error_0.value) == SLVERR - 1
        await bench.finish()
    bench.write(0, bench.windows[0][1], 1)
    await moved(dut, dut.write_0_valid, dut.write_0_ready)
    await rises_after(dut, dut.outside_0, WriteMaster.OUTSIDE_CYCLES)
    assert not dut.drained_0.value
    await RisingEdge(dut.aclk)
    assert dut.drained_0.value
    await bench.finish()


def can_fill(bench: Testbench, n: int, run: int) -> bool:
    """Whether queue and outstanding bursts cover a run's way from its first beat to the answer."""
    beats = min(run, burst_entries(bench, n))
    way = WriteMaster.ADDRESS_CYCLES + WriteMaster.DATA_CYCLES + WriteMaster.ANSWER_CYCLES
    return (
        beats > 1
        and bench.outstanding_limit * beats >= way + 2 * beats + 12
        and bench.depths[n] >= 2 * beats + way
    )


@cocotb.test(timeout_time=400, timeout_unit="us")
@cocotb.parametrize(run=[4, 7, 64, 600])
async def the_bus_is_full(dut, run):
    """Runs of one client back to back: a beat in every cycle from the first to the last."""
    bench = Testbench(dut)
    await bench.start(lambda: 8)
    # A burst longer than those before it makes the bus wait for its data: the longest comes first.
    address = bench.windows[0][0]
    for _ in range(max(1, 600 // run)):
        bench.write(0, address, run)
        address += (run + 4) * bench.size
    await bench.finish()
    cycles = bench.beat_cycles[-1] - bench.beat_cycles[0] + 1
    dut._log.info(f"{len(bench.beat_cycles)} beats in {cycles} cycles")
    assert cycles == len(bench.beat_cycles) or not can_fill(bench, 0, run)
    if bench.depths[0] >= 160:
        assert can_fill(bench, 0, run)


@cocotb.test(timeout_time=400, timeout_unit="us")
async def clients_share_a_full_bus(dut):
    """All clients at once in runs of 4: a beat in every cycle, from client to client too."""
    bench = Testbench(dut)
    await bench.start(lambda: 8)
    for n in bench.clients:
        for k in range(50):
            bench.write(n, bench.windows[n][0] + 8 * k * bench.size, 4)
    await bench.finish()
    cycles = bench.beat_cycles[-1] - bench.beat_cycles[0] + 1
    full = all(burst_entries(bench, n) >= 4 for n in bench.clients) and can_fill(bench, 0, 4)
    assert cycles == len(bench.beat_cycles) or not full


@cocotb.test(timeout_time=200, timeout_unit="us")
async def single_beats_take_two_cycles(dut):
    """Runs of one: an address every 2 cycles while nothing else limits."""
    bench = Testbench(dut)
    await bench.start(lambda: 0)
    for n in range(60):
        bench.write(0, bench.windows[0][0] + 3 * n * bench.size, 1)
    await bench.finish()
    gaps = {b.cycle - a.cycle for a, b in itertools.pairwise(bench.bursts)}
    slow = bench.depths[0] < 32 or bench.outstanding_limit < 16
    assert gaps == {2} or slow


@cocotb.test(timeout_time=400, timeout_unit="us")
async def outstanding_reaches_its_limit(dut):
    """With a slow memory and runs of one, the limit is reached; the monitor holds it."""
    bench = Testbench(dut)
    await bench.start(lambda: 300)
    for k in range(3 * bench.outstanding_limit):
        for n in bench.clients:
            bench.write(n, bench.windows[n][0] + 2 * k * bench.size, 1)
    await bench.finish()
    assert bench.most_outstanding == bench.outstanding_limit


@cocotb.test(timeout_time=400, timeout_unit="us")
@cocotb.parametrize(order=["data first", "address first"])
async def channels_wait_for_each_other(dut, order):
    """A memory that takes no address before its data, or no data before its address."""
    bench = Testbench(dut)
    await bench.start(lambda: 3)
    memory = bench.memory
    if order == "data first":
        ahead = (
            not (dut.m_axi_wvalid.value or memory.w_channel.count()) for _ in itertools.count()
        )
        memory.aw_channel.set_pause_generator(ahead)
    else:
        ahead = (bench.taken_bursts <= bench.last_beats for _ in itertools.count())
        memory.w_channel.set_pause_generator(ahead)
    for n in bench.clients:
        for _ in range(6):
            bench.write(n, *random_run(bench, n))
    await bench.finish()


@cocotb.test(timeout_time=400, timeout_unit="us")
async def an_open_run_blocks_no_other(dut):
    """Client 0 does not end its run: the others are served, and it is not drained until then."""
    bench = Testbench(dut)
    await bench.start(lambda: 10)
    first = bench.windows[0][0]
    bench.write(0, first, 1, closes=False)
    for n in bench.clients[1:]:
        bench.write(n, *random_run(bench, n))
    await bench.cycles(20)
    while not all(source.idle() for source in bench.sources):
        await RisingEdge(dut.aclk)
    await bench.cycles(300)
    assert all(bench.drained(n) for n in bench.clients[1:])
    assert dut.idle.value
    longest = burst_entries(bench, 0)
    assert bench.drained(0) == (longest == 1)  # nothing can be joined to a burst of one
    bench.write(0, first + bench.size, 1)
    await bench.finish()
    assert [burst.beats for burst in bench.bursts if burst.client == 0] == (
        [2] if longest > 1 else [1, 1]
    )


@cocotb.test(timeout_time=400, timeout_unit="us")
async def the_first_client_goes_first(dut):
    """With a bus slower than the clients write, one is served only when those before are done."""
    bench = Testbench(dut)
    await bench.start(lambda: 2)
    bench.memory.aw_channel.set_pause_generator(itertools.cycle([True] * 19 + [False]))
    runs = min(6, *bench.depths)  # so many fit in each queue
    for n in bench.clients:
        for k in range(runs):
            bench.write(n, bench.windows[n][0] + 4 * k * bench.size, 1)
    await bench.finish()
    assert [burst.client for burst in bench.bursts] == [
        n for n in bench.clients for _ in range(runs)
    ]
