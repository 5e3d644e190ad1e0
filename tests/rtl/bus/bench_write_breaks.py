"""cocotb bench of the write master: windows, flushes, resets, and errors of the memory."""

from __future__ import annotations

import random

import cocotb
from cocotb.triggers import RisingEdge

from tests.rtl.bus.axi_memory import DECERR, OKAY, SLVERR
from tests.rtl.bus.write_master_testbench import (
    PAGE_BYTES,
    Testbench,
    random_latency,
    random_run,
)


@cocotb.test(timeout_time=400, timeout_unit="us")
@cocotb.parametrize(odd=[0, 1])
async def nothing_goes_outside(dut, odd):
    """Around both bounds of a window, of whole beats or not, at both ends of the addresses."""
    bench = Testbench(dut)
    top = 1 << bench.address_bits
    low, high = 16 * bench.size, top - 16 * bench.size
    for n in bench.clients:
        bench.windows[n] = [(low - odd, 2 * low + odd), (high - odd, top - 4 * bench.size + odd)][
            n % 2
        ]
    if len(bench.clients) > 2:
        bench.windows[2] = (0, 4 * bench.size)
    await bench.start(lambda: 4)
    for n in bench.clients:
        first, end = (bound // bench.size * bench.size for bound in bench.windows[n])
        for bound in (first, end):
            for start in range(-3, 4):
                for count in (1, 2, 5):
                    address = (bound + start * bench.size) % top
                    bench.write(n, address, count, frame=n % 2)
        bench.write(n, top - 3 * bench.size, 6, frame=n % 2)  # beyond the last address, to 0
    await bench.finish()
    assert bench.dropped
    assert dut.outside_0.value


@cocotb.test(timeout_time=200, timeout_unit="us")
async def an_empty_window_holds_nothing(dut):
    """End at or below first: no address at all, and each beat is reported."""
    bench = Testbench(dut)
    first, _ = bench.windows[0]
    await bench.start(lambda: 4)
    for window in ((first, first), (first, 0), (first + bench.size, first)):
        bench.windows[0] = window
        bench.drive_windows()
        await bench.cycles(2)
        bench.write(0, first - 3 * bench.size, 7, frame=1)
        await bench.finish()
        assert not bench.bursts
        assert dut.outside_1.value
        assert not dut.outside_0.value
        dut.flush.value = 1
        await bench.cycles(1)
        dut.flush.value = 0
        await bench.cycles(2)
        assert not dut.outside_1.value


@cocotb.test(timeout_time=800, timeout_unit="us")
@cocotb.parametrize(after=[1, 5, 6, 7, 8, 30, 160], held=["one cycle", "until idle"])
async def flush_in_mid_flight(dut, after, held):
    """Addresses offered before a flush are written whole, no others are; then all is right."""
    random.seed(f"{after} {held}")
    bench = Testbench(dut)
    await bench.start(random_latency)
    bench.pause("always", "random")
    for round_number in range(4):
        for n in bench.clients:
            for _ in range(3):
                bench.write(n, *random_run(bench, n, beyond=True), frame=random.getrandbits(1))
        await bench.cycles(after + round_number)
        dut.flush.value = 1
        await RisingEdge(dut.aclk)
        if held == "until idle":
            await RisingEdge(dut.aclk)
            while not dut.idle.value or not all(source.idle() for source in bench.sources):
                await RisingEdge(dut.aclk)
            assert not bench.unanswered
            await bench.cycles(2)
            assert all(bench.drained(n) for n in bench.clients)
        dut.flush.value = 0
        for n in bench.clients:
            bench.write(n, *random_run(bench, n))
        await bench.finish()


@cocotb.test(timeout_time=400, timeout_unit="us")
async def after_a_flush_no_address_before_the_last_answer(dut):
    """New beats wait until the writes from before the flush are answered."""
    bench = Testbench(dut)
    await bench.start(lambda: 100)
    bench.write(0, bench.windows[0][0], 3)
    while not bench.taken_bursts:
        await RisingEdge(dut.aclk)
    dut.flush.value = 1
    await bench.cycles(2)
    dut.flush.value = 0
    before = len(bench.bursts)
    bench.write(0, bench.windows[0][0] + PAGE_BYTES, 2)
    while bench.unanswered:
        assert len(bench.bursts) == before
        await RisingEdge(dut.aclk)
    await bench.finish()
    assert len(bench.bursts) > before


@cocotb.test(timeout_time=800, timeout_unit="us")
@cocotb.parametrize(after=[1, 7, 8, 12, 13, 40, 90])
async def reset_in_mid_flight(dut, after):
    """Master and memory are reset: nothing of before is seen after it."""
    random.seed(after)
    bench = Testbench(dut)
    await bench.start(random_latency)
    bench.pause("random", "random")
    for _ in range(3):
        for n in bench.clients:
            bench.write(n, *random_run(bench, n, beyond=True), frame=random.getrandbits(1))
        await bench.cycles(after)
        await bench.reset()
        assert dut.idle.value
        for n in bench.clients:
            bench.write(n, *random_run(bench, n))
        await bench.finish()


@cocotb.test(timeout_time=200, timeout_unit="us")
async def late_answers_are_ignored(dut):
    """The master alone is reset while responses are outstanding: they come, and change nothing."""
    bench = Testbench(dut)
    await bench.start(lambda: 60, lambda address: SLVERR, resets_memory=False)
    runs = min(4, bench.outstanding_limit)
    for k in range(runs):
        bench.write(0, bench.windows[0][0] + 2 * k * bench.size, 1)
    while bench.last_beats < runs:
        await RisingEdge(dut.aclk)
    await bench.cycles(2)
    await bench.reset()
    answers = 0
    bench.memory.response = lambda address: OKAY
    for _ in range(100):
        answers += int(dut.m_axi_bvalid.value)
        assert dut.idle.value
        assert all(bench.drained(n) for n in bench.clients)
        await RisingEdge(dut.aclk)
    assert answers == runs
    for n in bench.clients:
        bench.write(n, *random_run(bench, n))
    await bench.finish()
    assert dut.error_0.value == 0


@cocotb.test(timeout_time=200, timeout_unit="us")
@cocotb.parametrize(response=[SLVERR, DECERR])
async def the_first_error_of_a_frame_stays(dut, response):
    """The first error of a frame is kept until a flush, there once drained, and its frame's."""
    bench = Testbench(dut)
    other = SLVERR + DECERR - response
    first, size = bench.windows[0][0], bench.size
    bad = {first + PAGE_BYTES: response, first + 2 * PAGE_BYTES: other}
    await bench.start(lambda: 5, lambda address: bad.get(address, OKAY))
    bench.write(0, first, 5, frame=1)
    await bench.finish()
    assert dut.error_1.value == 0
    for place in (1, 2):
        bench.write(0, first + place * PAGE_BYTES, 2, frame=1)
        await bench.finish()
        assert int(dut.error_1.value) == response - 1
        assert dut.error_0.value == 0
    bench.write(0, first + 2 * PAGE_BYTES, 1, frame=0)
    await bench.finish()
    assert int(dut.error_0.value) == other - 1
    dut.flush.value = 1
    await bench.cycles(2)
    dut.flush.value = 0
    await bench.cycles(2)
    assert dut.error_0.value == 0
    assert dut.error_1.value == 0
    bench.write(0, first + 2 * PAGE_BYTES - size, 2, frame=1)
    await bench.finish()
    assert int(dut.error_1.value) == other - 1


@cocotb.test(timeout_time=200, timeout_unit="us")
async def errors_of_before_a_flush_do_not_count(dut):
    """A write from before a flush may fail after it: nobody is told."""
    bench = Testbench(dut)
    split = bench.windows[0][0] + PAGE_BYTES
    await bench.start(lambda: 30, lambda address: SLVERR if address < split else OKAY)
    bench.write(0, split - PAGE_BYTES, 3)
    while not bench.taken_bursts:
        await RisingEdge(dut.aclk)
    dut.flush.value = 1
    await bench.cycles(1)
    dut.flush.value = 0
    bench.write(0, split, 3)
    await bench.finish()
    assert dut.error_0.value == 0
