"""cocotb bench of the whole accelerator: memories, a host and a sink of other authors around it."""

from __future__ import annotations

import itertools
import logging
import random
from functools import cache

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.queue import Queue
from cocotb.triggers import RisingEdge, with_timeout
from cocotbext.axi import (
    AxiLiteBus,
    AxiLiteMaster,
    AxiRamRead,
    AxiReadBus,
    AxiResp,
    AxiStreamBus,
    AxiStreamSink,
)
from cocotbext.axi.axi_slave import AxiSlaveRead

from golden.params import Parameters
from golden.records import SPLAT_DTYPE
from hw.host.register_map import (
    COUNTERS,
    WORD_BYTES,
    StatusCode,
    constant_register,
    counter_register,
    register_map,
)
from sim.driver import pack_image
from tests.rtl.accelerator_stimulus import (
    View,
    field_of,
    random_views,
    small_pack,
    spoilt_images,
    view_of_all,
    view_of_nothing,
    words_of,
)

ADDRESS = 0x12_3456_7000
RAM_BYTES = 1 << 20  # the library's memory wraps around
CYCLE_NS = 10
PAGE_BYTES = 4096
START, STOP, QUEUE = 1, 2, 4
DONE, ERROR, IGNORED = 1, 2, 4
OKAY, SLVERR, DECERR = 0, 2, 3
PATTERNS = {
    "always": None,
    "random": lambda: (random.random() < 0.4 for _ in itertools.count()),
    "bursts": lambda: itertools.cycle([False] * 23 + [True] * 41),
    "rarely": lambda: itertools.cycle([True] * 6 + [False]),
}

MEMBERS_TO = ("dropped_opacity", "dropped_near", "dropped_outside", "splats")


@cache
def scene():
    """A pack, which all tests share, and its image."""
    pack = small_pack(seed=5, gaussians=200, clusters=24, per_group=4)
    return pack, pack_image(pack)


class Memory(AxiSlaveRead):
    """An image at ADDRESS; each burst is answered after a latency that runs beside the others'."""

    def __init__(self, bench, image: bytes):
        self.bench, self.image, self._answer_task = bench, image, None
        self.latency_cycles = lambda: 12
        self.response = lambda address: OKAY
        dut = bench.dut
        super().__init__(
            AxiReadBus.from_prefix(dut, "m_axi"), dut.aclk, dut.aresetn, reset_active_level=False
        )
        self.ar_channel.queue_occupancy_limit = -1

    def _handle_reset(self, state):
        if state and self._answer_task is not None:
            self._answer_task.cancel()
            self._answer_task = None
        super()._handle_reset(state)

    async def _process_read(self):
        waiting = Queue()
        self._answer_task = cocotb.start_soon(self._answer(waiting))
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
                place = address - ADDRESS
                beat = self.r_channel._transaction_obj()
                inside = place >= 0 and place + self.byte_lanes <= len(self.image)
                beat.rresp = self.response(address) if inside else DECERR
                beat.rid, beat.rlast = 0, n == count - 1
                data = self.image[place : place + self.byte_lanes] if inside else b"\xa5"
                beat.rdata = int.from_bytes(data, "little")
                await self.r_channel.send(beat)


class Testbench:
    """Host, memory, sink, and a watcher of what no frame may break."""

    def __init__(self, dut, library_memory: bool = False):
        self.dut, self.cycle, self.beats, self.lasts = dut, 0, 0, 0
        # The models of the library tell of every access: a third of the bench's time.
        logging.getLogger(f"cocotb.{dut._name}").setLevel(logging.WARNING)
        self.params = Parameters(
            data_bits=len(dut.m_axi_rdata),
            lanes=len(dut.m_axis_splat_tkeep) // SPLAT_DTYPE.itemsize,
        )
        self.map = {register.name: register for register in register_map(self.params)}
        self.pack, self.image = scene()
        cocotb.start_soon(Clock(dut.aclk, CYCLE_NS, unit="ns").start())
        reset = {"reset": dut.aresetn, "reset_active_level": False}
        lite = AxiLiteBus.from_prefix(dut, "s_axil")
        self.host = AxiLiteMaster(lite, dut.aclk, **reset)
        stream = AxiStreamBus.from_prefix(dut, "m_axis_splat")
        self.sink = AxiStreamSink(stream, dut.aclk, **reset)
        if library_memory:
            bus = AxiReadBus.from_prefix(dut, "m_axi")
            self.memory = AxiRamRead(bus, dut.aclk, size=RAM_BYTES, **reset)
            self.memory.write(ADDRESS % RAM_BYTES, self.image)
        else:
            self.memory = Memory(self, self.image)
        cocotb.start_soon(self._watch())

    def pause(self, idle: str, pressure: str):
        """`idle` on what the memory and host send, `pressure` on what memory and sink take."""
        write, read = self.host.write_if, self.host.read_if
        sources = (self.memory.r_channel, write.aw_channel, write.w_channel, read.ar_channel)
        sinks = (self.sink, self.memory.ar_channel, write.b_channel, read.r_channel)
        for channels, name in ((sources, idle), (sinks, pressure)):
            for channel in channels:
                if PATTERNS[name]:
                    channel.set_pause_generator(PATTERNS[name]())
                else:
                    channel.clear_pause_generator()
                    channel.pause = False

    async def _watch(self):
        """Addresses and splats stay while they wait; bursts are legal; data is never held up."""
        dut, address, splat = self.dut, None, None
        size = self.params.data_bits // 8
        while True:
            await RisingEdge(dut.aclk)
            self.cycle += 1
            if not dut.aresetn.value:
                address = splat = None
                continue
            assert dut.m_axi_rready.value
            self.beats += bool(dut.m_axi_rvalid.value)
            offered = None
            if dut.m_axi_arvalid.value:
                offered = int(dut.m_axi_araddr.value), int(dut.m_axi_arlen.value) + 1
                assert offered[0] % size == 0
                assert offered[1] <= self.params.burst_beats
                assert offered[0] % PAGE_BYTES + offered[1] * size <= PAGE_BYTES
            assert address in (None, offered), "an address changed before it was taken"
            address = None if dut.m_axi_arready.value else offered
            offered = None
            if dut.m_axis_splat_tvalid.value:
                last = bool(dut.m_axis_splat_tlast.value)
                keep = int(dut.m_axis_splat_tkeep.value)
                offered = last, keep, int(dut.m_axis_splat_tdata.value)
                assert last or keep == (1 << len(dut.m_axis_splat_tkeep)) - 1, "a gap"
                assert keep & (keep + 1) == 0, "a gap"
                if dut.m_axis_splat_tready.value:
                    self.lasts += last
            assert splat in (None, offered), "a splat changed before it was taken"
            splat = None if dut.m_axis_splat_tready.value else offered

    async def cycles(self, count: int):
        for _ in range(count):
            await RisingEdge(self.dut.aclk)

    async def reset(self):
        self.dut.aresetn.value = 0
        await self.cycles(3)
        while not self.sink.empty():
            self.sink.recv_nowait()
        self.lasts = 0
        self.dut.aresetn.value = 1
        await self.cycles(2)
        assert not self.dut.irq.value
        assert not self.dut.m_axis_splat_tvalid.value
        assert not self.dut.m_axi_arvalid.value

    async def write(self, name: str, value: int):
        word = (value % (1 << 32)).to_bytes(WORD_BYTES, "little")
        answer = await self.host.write(self.map[name].offset, word)
        assert answer.resp == AxiResp.OKAY

    async def read(self, name: str) -> int:
        answer = await self.host.read(self.map[name].offset, WORD_BYTES)
        assert answer.resp == AxiResp.OKAY
        return int.from_bytes(answer.data, "little")

    async def status(self) -> dict[str, int]:
        word = await self.read("STATUS")
        return {field.name: field.of(word) for field in self.map["STATUS"].fields}

    async def counters(self) -> dict[str, int]:
        return {name: await self.read(counter_register(name)) for name in COUNTERS}

    async def open(self, address: int = ADDRESS, size: int | None = None):
        for name, value in (("ADDRESS", address), ("BYTES", size or len(self.image))):
            low, high = words_of(value)
            await self.write(f"PACK_{name}_LOW", low)
            await self.write(f"PACK_{name}_HIGH", high)
        await self.write("INTERRUPT_ENABLE", DONE)

    async def set_view(self, view: View):
        for name, value in view.ports.items():
            await self.write(constant_register(name), value)

    async def irq(self):
        while not self.dut.irq.value:
            await RisingEdge(self.dut.aclk)

    async def end(self) -> tuple[StatusCode, np.ndarray]:
        """Waits for the interrupt; what the frame ended with, and its splats."""
        await self.irq()
        status = await self.status()
        assert (status["busy"], status["queued"], status["done"]) == (0, 0, 1)
        code = StatusCode(status["code"])
        causes = DONE if code == StatusCode.DONE else DONE | ERROR
        assert await self.read("INTERRUPT") & ~IGNORED == causes
        await self.write("INTERRUPT", DONE | ERROR | IGNORED)
        splats = self.taken()
        self.at_rest()
        return code, splats

    def taken(self) -> np.ndarray:
        """The splats of the oldest frame that the sink took whole."""
        frame = self.sink.recv_nowait(compact=True)
        return np.frombuffer(bytes(frame.tdata), dtype=SPLAT_DTYPE)

    def at_rest(self):
        """Nothing is left anywhere, and each frame had its end."""
        assert self.sink.empty(), "splats behind the end of the frame"
        assert self.lasts == 1, "tlast did not come exactly once"
        self.lasts = 0
        assert not self.dut.m_axis_splat_tvalid.value
        assert not self.dut.m_axi_arvalid.value
        assert self.memory.ar_channel.empty()
        assert self.memory.r_channel.idle()

    async def right(self, view: View, control: int = START) -> dict[str, int]:
        """A whole frame, bit for bit; its counters."""
        await self.set_view(view)
        self.beats = 0
        await self.write("CONTROL", control)
        code, splats = await self.end()
        assert code == StatusCode.DONE
        assert_equal(splats, view.splats)
        counters = await self.counters()
        assert {name: counters[name] for name in view.counters} == view.counters
        assert counters["members"] == sum(counters[name] for name in MEMBERS_TO)
        self.check_sums(counters)
        return counters

    def check_sums(self, counters: dict[str, int]):
        bus = ("bus_beats", "bus_wait_cycles", "bus_idle_cycles")
        assert sum(counters[name] for name in bus) == counters["frame_cycles"]
        assert counters["bus_beats"] == self.beats
        # A frame that breaks off loses the members that are under way.
        assert counters["members"] >= sum(counters[name] for name in MEMBERS_TO)

    def views(self, count: int, seed: int = 0) -> list[View]:
        return random_views(self.pack, count, self.params, seed)

    @property
    def of_all(self) -> View:
        return view_of_all(self.pack, self.params)


def assert_equal(found: np.ndarray, expected: np.ndarray):
    assert len(found) == len(expected), f"{len(found)} splats where {len(expected)} are due"
    differs = np.flatnonzero(found != expected)
    assert not len(differs), f"splat {differs[0]}: {found[differs[0]]} != {expected[differs[0]]}"


def random_latency() -> int:
    return random.choice((0, 1, 5, 40, 150))


async def start(dut, library_memory: bool = False) -> Testbench:
    bench = Testbench(dut, library_memory)
    await bench.reset()
    await bench.open()
    return bench


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
        bench.memory.image = spoilt
        bench.memory.latency_cycles = random_latency
        await bench.write("CONTROL", START)
        code, _ = await with_timeout(bench.end(), 60, "us")
        assert code == due, what
    bench.memory.image = bench.image
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
