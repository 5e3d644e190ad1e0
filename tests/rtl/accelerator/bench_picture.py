"""cocotb bench of whole pictures; its testbench: picture_testbench."""

from __future__ import annotations

import random

import cocotb

from hw.host.status import StatusCode
from tests.rtl.accelerator.accelerator_stimulus import field_of
from tests.rtl.accelerator.accelerator_testbench import PATTERNS
from tests.rtl.accelerator.host_side import DONE, ERROR, QUEUE, START, STOP
from tests.rtl.accelerator.picture_testbench import LISTS, PACK, PICTURES, any_pause, start
from tests.rtl.bus.axi_memory import DECERR, OKAY, SLVERR

# A table, and the one whose length it has.
TABLES = {"groups": "groups", "clusters": "clusters", "geometry": "geometry", "colors": "geometry"}


@cocotb.test(timeout_time=4, timeout_unit="ms")
@cocotb.parametrize(memory=["library", "parallel"], idle=["always", "random"],
                    pressure=list(PATTERNS))  # fmt: skip
async def pictures(dut, memory, idle, pressure):
    """Two views, all five channels of the memory: idle patterns x back-pressure."""
    random.seed(f"{memory} {idle} {pressure}")
    bench = await start(dut, memory == "library")
    bench.pause(idle, pressure)
    for n in range(2):
        await bench.right(bench.view(random.randrange(5)), n)


@cocotb.test(timeout_time=8, timeout_unit="ms")
@cocotb.parametrize(response=[SLVERR, DECERR])
async def reads_that_fail(dut, response):
    """In the header, at both ends of each table, in the lists: its code, and the next frame."""
    random.seed(response)
    bench = await start(dut)
    seen, other = bench.view(0), bench.view(1)
    due = {SLVERR: StatusCode.BUS_SLAVE_ERROR, DECERR: StatusCode.BUS_DECODE_ERROR}[response]
    places = [PACK, LISTS[0]]
    for table, counted in TABLES.items():
        place = PACK + field_of(bench.image, f"{table}_offset")
        places += [place, place + 32 * (field_of(bench.image, f"{counted}_count") - 1)]
    for bad in places:
        hit = []

        def answer(address, bad=bad, hit=hit):
            if not bad <= address < bad + 32:
                return OKAY
            hit.append(address)
            return response

        bench.reads.response = answer
        any_pause(bench)
        await bench.put(seen)
        await bench.write("CONTROL", START)
        code = await bench.end()
        assert code == (due if hit else StatusCode.DONE), f"{bad:#x}"
        assert hit or bad not in (PACK, LISTS[0])
        bench.reads.response = lambda address: OKAY
        bench.check_rest()
        await bench.right(other)


@cocotb.test(timeout_time=8, timeout_unit="ms")
@cocotb.parametrize(response=[SLVERR, DECERR])
async def writes_that_fail(dut, response):
    """The first burst, any, or the last of lists and of picture."""
    random.seed(response)
    bench = await start(dut)
    seen, other = bench.view(0), bench.view(1)
    due = {SLVERR: StatusCode.WRITE_SLAVE_ERROR, DECERR: StatusCode.WRITE_DECODE_ERROR}[response]
    found = [[], []]

    def record(address):
        found[address >= PICTURES[0]].append(address)
        return OKAY

    bench.writes.response = record
    await bench.right(seen)
    for bursts in found:
        for bad in {bursts[0], random.choice(bursts), bursts[-1]}:
            bench.writes.response = lambda address, bad=bad: response if address == bad else OKAY
            any_pause(bench)
            await bench.put(seen)
            await bench.write("CONTROL", START)
            assert await bench.end() == due, f"{bad:#x}"
            bench.writes.response = lambda address: OKAY
            bench.check_rest()
            await bench.right(other)


@cocotb.test(timeout_time=10, timeout_unit="ms")
async def a_stop_at_any_time(dut):
    """Code 10, or, too late, the picture; the next frame is right."""
    random.seed(7)
    bench = await start(dut)
    seen, other = bench.view(0), bench.view(2)
    frame_cycles = (await bench.right(seen))["frame_cycles"]
    codes = set()
    for after in (0, 3, 40, *range(100, 6 * frame_cycles, frame_cycles // 4)):
        any_pause(bench)
        await bench.put(seen)
        await bench.write("CONTROL", START)
        await bench.cycles(after)
        await bench.write("CONTROL", STOP)
        code = await bench.end()
        codes.add(code)
        if code == StatusCode.DONE:
            bench.check_picture(seen)
        bench.check_rest()
        bench.pause("always", "always")
        await bench.right(other)
    assert codes == {StatusCode.STOPPED, StatusCode.DONE}


@cocotb.test(timeout_time=8, timeout_unit="ms")
@cocotb.parametrize(pressure=["always", "random"])
async def queued_frames(dut, pressure):
    """Two list memories in turn: lists of the next view beside the drawing of this one."""
    random.seed(pressure)
    bench = await start(dut)
    bench.pause("always", pressure)
    frames = [(bench.view(n, n % 2), n % 2) for n in range(5)]
    for n, (seen, slot) in enumerate(frames):
        if n >= 2:  # its window is that of two before, which has to be drawn
            while await bench.read("COUNTER_FRAMES") < n - 1:
                pass
            bench.check_picture(*frames[n - 2])
        await bench.put(seen, slot)
        await bench.write("CONTROL", QUEUE)
        while (await bench.status())["queued"]:
            pass
    while (await bench.status())["busy"]:
        pass
    for seen, slot in frames[-2:]:
        bench.check_picture(seen, slot)
    bench.check_rest()
    assert await bench.read("INTERRUPT") == DONE


@cocotb.test(timeout_time=8, timeout_unit="ms")
async def a_reset_of_the_core_alone(dut):
    """The memory goes on answering reads and writes: busy until it is quiet; then all is right."""
    random.seed(4)
    bench = await start(dut)
    seen, other = bench.view(0), bench.view(3)
    frame_cycles = (await bench.right(seen))["frame_cycles"]
    for after in (5, 200, *range(600, frame_cycles, frame_cycles // 6)):
        any_pause(bench)
        await bench.put(seen)
        await bench.write("CONTROL", START)
        await bench.cycles(after)
        await bench.reset(core_alone=True)
        while (await bench.status())["busy"]:
            pass
        bench.check_rest()
        await bench.right(other)


@cocotb.test(timeout_time=4, timeout_unit="ms")
async def lists_that_do_not_fit(dut):
    """Their code, nothing outside the window, and the next frame."""
    bench = await start(dut)
    seen = bench.view(0, pages=1)
    await bench.put(seen)
    await bench.write("CONTROL", START)
    assert await bench.end() == StatusCode.LISTS_FULL
    assert await bench.read("INTERRUPT") & ERROR == 0
    bench.check_rest()
    await bench.right(bench.view(0))
