"""cocotb bench of the whole accelerator; its testbench: accelerator_testbench."""

from __future__ import annotations

import random

import cocotb
from cocotb.triggers import NextTimeStep, ReadOnly, RisingEdge, with_timeout

from hw.host.register_map import counter_register
from hw.host.status import StatusCode
from tests.rtl.accelerator.accelerator_stimulus import (
    field_of,
    spoilt_images,
    view_of_nothing,
)
from tests.rtl.accelerator.accelerator_testbench import (
    ADDRESS,
    PATTERNS,
    assert_equal,
    random_latency,
    start,
)
from tests.rtl.accelerator.host_side import DONE, ERROR, QUEUE, START, STOP
from tests.rtl.bus.axi_memory import DECERR, OKAY, SLVERR


@cocotb.test(timeout_time=1, timeout_unit="ms")
@cocotb.parametrize(
    memory=["library", "parallel"], idle=["always", "random", "rarely"], pressure=list(PATTERNS)
)
async def streams(dut, memory, idle, pressure):
    """Two views, all channels: idle patterns x back-pressure."""
    random.seed(f"{memory} {idle} {pressure}")
    bench = await start(dut, memory == "library")
    if memory == "parallel":
        bench.memory.latency_cycles = random_latency
    bench.pause(idle, pressure)
    for view in bench.views(2, seed=len(memory) + len(idle)):
        await bench.right(view)


@cocotb.test(timeout_time=500, timeout_unit="us")
async def views_of_all_and_of_nothing(dut):
    """A frame without a splat is a single beat with tlast, between two full ones."""
    bench = await start(dut)
    nothing = view_of_nothing(bench.pack, bench.params)
    assert len(nothing.splats) == 0
    for view in (nothing, bench.of_all, nothing, nothing, bench.of_all):
        await bench.right(view)


@cocotb.test(timeout_time=500, timeout_unit="us")
@cocotb.parametrize(pressure=["always", "bursts"])
async def queued_frames(dut, pressure):
    """The next view is written and queued while a frame runs, and begins behind it."""
    bench = await start(dut)
    bench.pause("always", pressure)
    views = bench.views(6, seed=1)
    await bench.set_view(views[0])
    await bench.write("CONTROL", QUEUE)
    for view in views[1:]:
        await bench.set_view(view)
        await bench.write("CONTROL", QUEUE)
        while (await bench.status())["queued"]:
            pass
    while (await bench.status())["busy"]:
        pass
    assert await bench.read(counter_register("frames")) == len(views)
    assert bench.lasts == len(views)
    bench.lasts = 1
    for view in views:
        assert_equal(bench.taken(), view.splats)
    bench.at_rest()


@cocotb.test(timeout_time=300, timeout_unit="us")
async def constants_are_taken_as_the_frame_begins(dut):
    """Constants, address and length may change behind the start."""
    bench = await start(dut)
    first, second = bench.views(2, seed=2)
    await bench.set_view(first)
    await bench.write("CONTROL", START)
    await bench.open(0, 64)
    await bench.set_view(second)
    code, splats = await bench.end()
    assert code == StatusCode.DONE
    assert_equal(splats, first.splats)
    await bench.open()
    await bench.right(second)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def reset_at_any_time(dut):
    """A reset forgets the frame; nothing of it comes later, and the next frame is right."""
    random.seed(3)
    bench = await start(dut)
    view, other = bench.views(2, seed=3)
    frame_cycles = (await bench.right(view))["frame_cycles"]
    for after in (0, 1, 2, 3, 5, 8, 13, 21, *range(40, frame_cycles + 40, frame_cycles // 9)):
        bench.pause("always", random.choice(list(PATTERNS)))
        await bench.set_view(view)
        await bench.write("CONTROL", START)
        await bench.cycles(after)
        await bench.reset()
        bench.pause("always", "always")
        assert await bench.status() == dict.fromkeys(await bench.status(), 0)
        await bench.open()
        await bench.right(other)
        assert await bench.read(counter_register("frames")) == 1


@cocotb.test(timeout_time=100, timeout_unit="us")
@cocotb.parametrize(core_alone=[False, True])
async def the_host_is_taken_two_edges_behind_a_reset(dut, core_alone):
    """Of one cycle; not before, not later."""
    bench = await start(dut)
    for _ in range(2):
        dut.aresetn.value = 0
        dut.m_axi_aresetn.value = int(core_alone)
        await bench.cycles(1)
        dut.aresetn.value = dut.m_axi_aresetn.value = 1
        ready = []
        for _ in range(6):
            await RisingEdge(dut.aclk)
            await ReadOnly()
            ready.append(bool(dut.s_axil_arready.value) and bool(dut.s_axil_awready.value))
            await NextTimeStep()
        assert ready == [False, True, True, True, True, True]
    await bench.open()
    await bench.right(bench.views(1)[0])


@cocotb.test(timeout_time=1, timeout_unit="ms")
@cocotb.parametrize(cycles=[1, 5])
async def reset_of_the_core_alone(dut, cycles):
    """The memory goes on answering: busy until it is quiet, and the next frame is right."""
    random.seed(4)
    bench = await start(dut)
    view, other = bench.views(2, seed=3)
    owed = []
    for after in (1, 4, 20, 100, 150, 200, 300):
        bench.memory.latency_cycles = random.choice((lambda: 3, lambda: 60, random_latency))
        bench.pause(random.choice(("always", "random")), random.choice(list(PATTERNS)))
        await bench.set_view(view)
        await bench.write("CONTROL", START)
        await bench.cycles(after)
        await bench.reset(core_alone=True, cycles=cycles)
        owed.append(bench.owed)
        quiet = False
        while (status := await bench.status())["busy"]:
            assert not quiet
            quiet = bench.owed == 0 and not dut.m_axi_arvalid.value and not dut.m_axi_rvalid.value
        assert status == dict.fromkeys(status, 0)
        assert bench.owed == 0
        bench.pause("always", "always")
        await bench.open()
        await bench.right(other)
        assert await bench.read(counter_register("frames")) == 1
    assert any(owed)


@cocotb.test(timeout_time=1, timeout_unit="ms")
@cocotb.parametrize(odd_beats=[-1, 1, 20])
async def bursts_of_another_length(dut, odd_beats):
    """rlast early or late, in each table: code 17, right splats until then, and the next frame."""
    random.seed(odd_beats)
    bench = await start(dut)
    view, other = bench.of_all, bench.views(1, seed=4)[0]
    for table in ("groups", "clusters", "geometry"):
        place = ADDRESS + field_of(bench.image, f"{table}_offset")
        bench.memory.latency_cycles = random_latency
        bench.memory.odd_beats = lambda address, place=place: odd_beats * (address == place)
        await bench.set_view(view)
        await bench.write("CONTROL", START)
        code, splats = await bench.end()
        assert code == StatusCode.BUS_LENGTH, table
        assert_equal(splats, view.splats[: len(splats)])
        bench.memory.odd_beats = lambda address: 0
        await bench.right(other)


@cocotb.test(timeout_time=1, timeout_unit="ms")
@cocotb.parametrize(response=[SLVERR, DECERR])
async def errors_of_the_memory(dut, response):
    """An error in the header, at both ends of a table and in its middle: its code, and no more."""
    random.seed(response)
    bench = await start(dut)
    view, other = bench.of_all, bench.views(1, seed=4)[0]
    places = [0, 128]
    for table in ("groups", "clusters", "geometry"):
        first = field_of(bench.image, f"{table}_offset")
        end = first + 32 * field_of(bench.image, f"{table}_count")
        places += [first, (first + end) // 64 * 32, end - 32]
    size = bench.params.data_bits // 8
    for place in places:
        bad = (ADDRESS + place) // size * size
        bench.memory.latency_cycles = random_latency
        bench.memory.response = lambda address, bad=bad: response if address == bad else OKAY
        bench.pause("random", random.choice(list(PATTERNS)))
        await bench.set_view(view)
        bench.beats = 0
        await bench.write("CONTROL", START)
        code, splats = await bench.end()
        due = {SLVERR: StatusCode.BUS_SLAVE_ERROR, DECERR: StatusCode.BUS_DECODE_ERROR}
        assert code == due[response], f"byte {place}"
        assert len(splats) <= len(view.splats)
        bench.check_sums(await bench.counters())
        bench.memory.response = lambda address: OKAY
        await bench.right(other)


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def what_no_host_should_send(dut):
    """Each wrong image ends in its code; the frame of the right one behind it is right."""
    random.seed(6)
    bench = await start(dut)
    view = bench.of_all
    await bench.set_view(view)
    for what, (spoilt, due) in spoilt_images(bench.image, bench.pack).items():
        bench.held_image = spoilt
        bench.memory.latency_cycles = random_latency
        await bench.write("CONTROL", START)
        code, _ = await with_timeout(bench.end(), 60, "us")
        assert code == due, what
    bench.held_image = bench.image
    await bench.right(view)


@cocotb.test(timeout_time=5, timeout_unit="ms")  # 30 times two frames: long on a narrow bus
async def a_stop_at_any_time(dut):
    """Code 10 and the splats until then, or, too late, the frame as it is."""
    random.seed(7)
    bench = await start(dut)
    bench.memory.latency_cycles = random_latency
    view, other = bench.views(2, seed=3)
    frame_cycles = (await bench.right(view))["frame_cycles"]
    codes = set()
    for after in (*range(0, 24, 3), *range(24, 4 * frame_cycles, frame_cycles // 5)):
        bench.pause("always", random.choice(("always", "always", "random", "bursts")))
        await bench.set_view(view)
        await bench.write("CONTROL", START)
        await bench.cycles(after)
        await bench.write("CONTROL", STOP)
        code, splats = await bench.end()
        codes.add(code)
        due = view.splats if code == StatusCode.DONE else view.splats[: len(splats)]
        assert_equal(splats, due)
        bench.pause("always", "always")
        await bench.right(other)
    assert codes == {StatusCode.STOPPED, StatusCode.DONE}


@cocotb.test(timeout_time=300, timeout_unit="us")
async def a_stop_lets_the_queued_frame_begin(dut):
    """Three frames, three ends: the first stopped, the one that it overlaps and the next right."""
    bench = await start(dut)
    first, (second, third) = bench.of_all, bench.views(2, seed=5)
    await bench.set_view(first)
    bench.sink.pause = True  # so that the first one is still there
    await bench.write("CONTROL", START)
    await bench.set_view(second)
    await bench.write("CONTROL", QUEUE)
    while (await bench.status())["queued"]:  # its culling begins behind that of the first
        pass
    await bench.set_view(third)
    await bench.write("CONTROL", QUEUE)
    assert (await bench.status())["queued"], "a third frame began beside two"
    await bench.write("CONTROL", STOP)
    bench.sink.pause = False
    while (await bench.status())["busy"]:
        pass
    assert (await bench.status())["code"] == StatusCode.DONE
    assert bench.lasts == 3
    bench.lasts = 1
    splats = bench.taken()
    assert_equal(splats, first.splats[: len(splats)])
    for view in (second, third):
        assert_equal(bench.taken(), view.splats)
    bench.at_rest()
    assert await bench.read("INTERRUPT") == DONE | ERROR


@cocotb.test(timeout_time=300, timeout_unit="us")
async def a_start_while_busy_is_ignored(dut):
    """It is recorded, and the frame goes on."""
    bench = await start(dut)
    view = bench.of_all
    await bench.set_view(view)
    await bench.write("CONTROL", START)
    for _ in range(3):
        await bench.write("CONTROL", START)
        assert (await bench.status())["start_ignored"]
    code, splats = await bench.end()
    assert code == StatusCode.DONE
    assert_equal(splats, view.splats)
    await bench.cycles(100)
    assert (await bench.status())["frames"] == 1
    assert not dut.m_axi_arvalid.value
    await bench.right(view, QUEUE)


@cocotb.test(timeout_time=300, timeout_unit="us")
@cocotb.parametrize(stopped=[False, True])
async def a_sink_that_takes_nothing(dut, stopped):
    """The frame waits for it, whatever the time, and ends once it takes."""
    bench = await start(dut)
    view = bench.of_all
    await bench.set_view(view)
    bench.sink.pause = True
    await bench.write("CONTROL", START)
    await bench.cycles(3000)
    if stopped:
        await bench.write("CONTROL", STOP)
        await bench.cycles(200)
    assert (await bench.status())["busy"]
    assert dut.m_axis_splat_tvalid.value
    assert not dut.irq.value
    bench.sink.pause = False
    code, splats = await bench.end()
    assert code == (StatusCode.STOPPED if stopped else StatusCode.DONE)
    assert_equal(splats, view.splats[: len(splats)] if stopped else view.splats)
    assert (await bench.counters())["output_stalled_cycles"] > 2000 or stopped
    await bench.right(bench.views(1)[0])
