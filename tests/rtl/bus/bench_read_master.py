"""cocotb bench of the read master; its testbench: read_master_testbench."""

from __future__ import annotations

import itertools
import random

import cocotb
from cocotb.triggers import RisingEdge

from hw.bus.read_master import LENGTH_ERROR, ReadMaster
from tests.rtl.bus.axi_memory import DECERR, OKAY, SLVERR
from tests.rtl.bus.read_master_testbench import (
    PAGE_BYTES,
    PATTERNS,
    RECORD_BYTES,
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


@cocotb.test(timeout_time=200, timeout_unit="us")
@cocotb.parametrize(odd_beats=[-3, -1, 1, 7])
async def bursts_of_another_length(dut, odd_beats):
    """Code 3 in the frame of the run, the records before it, none behind it; then all is right."""
    bench = Testbench(dut)
    await bench.start(random_latency)
    bench.ask(0, 1, 8)
    size, entry = bench.data_bits // 8, max(RECORD_BYTES, bench.data_bits // 8)
    beats = PAGE_BYTES // 8 // size
    if min(bench.burst_beats, bench.depths[0] * entry // size) < beats:
        return  # no burst is as long
    bench.memory.odd_beats = lambda address: odd_beats * (address == 3 * PAGE_BYTES)
    first = 3 * PAGE_BYTES // RECORD_BYTES
    bench.ask(0, first, beats * size // RECORD_BYTES)
    bench.ask(0, 5 * first, 4)
    while not dut.error.value:
        await RisingEdge(dut.aclk)
    await bench.cycles(300)
    assert int(dut.error.value) == LENGTH_ERROR
    assert dut.idle.value
    right = beats + min(odd_beats, 0)
    assert bench.taken[0] == 8 + right * size // entry * entry // RECORD_BYTES
    dut.flush.value = 1
    await bench.cycles(2)
    dut.flush.value = 0
    bench.memory.odd_beats = lambda address: 0
    bench.ask(0, first - 2, 70)
    await bench.finish()
    assert dut.error.value == 0


@cocotb.test(timeout_time=200, timeout_unit="us")
async def what_nobody_asked_for_is_ignored(dut):
    """Beats while nothing is asked for, marked as the last or not: no trace of them."""
    bench = Testbench(dut)
    await bench.start(lambda: 4)
    for lasts in ([0], [1], [1, 1, 1, 0, 1, 0, 0]):
        for last in lasts:
            await bench.memory.send(rlast=last, rdata=random.getrandbits(64), rresp=SLVERR)
        await bench.cycles(4)
        assert dut.idle.value
        assert dut.error.value == 0
        bench.ask(0, 123, 70)
        await bench.finish()
