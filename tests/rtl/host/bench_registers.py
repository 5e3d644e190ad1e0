"""cocotb bench of the register file; its testbench: registers_testbench."""

from __future__ import annotations

import random

import cocotb
from cocotb.triggers import Combine, ReadOnly
from cocotbext.axi import AxiResp

from hw.bus.axi_lite import AxiLiteSlave
from hw.host.register_map import WINDOW_BITS, WORD_BYTES, counter_register, frame_counters
from hw.host.registers import Registers
from hw.host.status import StatusCode
from tests.rtl.host.registers_testbench import (
    DONE,
    ERROR,
    IGNORED,
    MAP,
    PARAMS,
    PULSES,
    QUEUE,
    START,
    STOP,
    driven,
    read_back,
    start,
)


@cocotb.test(timeout_time=500, timeout_unit="us")
@cocotb.parametrize(pauses=[False, True])
async def every_register(dut, pauses):
    """What is written comes back and out; what is constant stays; wo reads 0."""
    random.seed(1)
    bench = await start(dut, pauses)
    due = {}
    for name, register in MAP.items():
        word = random.getrandbits(32)
        if name == "CONTROL":
            word &= ~(START | QUEUE)
        await bench.write(name, word)
        if register.access == "rw":
            due[name] = read_back(name, word)
        else:
            constants = [field for field in register.fields if field.value is not None]
            due[name] = sum(field.value << field.first_bit for field in constants)
    for name in random.sample(list(MAP), len(MAP)):
        assert await bench.read(name) == due[name], name
    enabled = due.pop("INTERRUPT_ENABLE")
    assert enabled == read_back("INTERRUPT_ENABLE", enabled)
    written = {name: word for name, word in due.items() if MAP[name].access == "rw"}
    assert driven(bench) == written
    assert len(written) == 4 + 49
    assert not any(bench.pulses.values())


@cocotb.test(timeout_time=500, timeout_unit="us")
@cocotb.parametrize(pauses=[False, True])
async def strobes(dut, pauses):
    """Each pattern of byte strobes changes those bytes and no others."""
    random.seed(2)
    bench = await start(dut, pauses)
    channels = bench.master.write_if
    for name in ("PACK_BYTES_LOW", "FRAME_CAMERA_POSITION_X", "FRAME_WEIGHT_Y", "FRAME_NEAR"):
        word = 0
        for pattern in random.sample(range(16), 16):
            data = random.getrandbits(32)
            address = channels.aw_channel._transaction_obj()
            address.awaddr = MAP[name].offset | random.randrange(WORD_BYTES)
            beat = channels.w_channel._transaction_obj()
            beat.wdata, beat.wstrb = data, pattern
            await channels.aw_channel.send(address)
            await channels.w_channel.send(beat)
            answer = await channels.b_channel.recv()
            assert answer.bresp == AxiResp.OKAY
            for byte in range(WORD_BYTES):
                if pattern >> byte & 1:
                    mask = 0xFF << 8 * byte
                    word = (word & ~mask) | (data & mask)
            assert await bench.read(name) == read_back(name, word)


@cocotb.test(timeout_time=200, timeout_unit="us")
async def strobes_of_pulses(dut):
    """A pulse or an acknowledgement whose byte is not strobed does not happen."""
    bench = await start(dut)
    await bench.finish(StatusCode.DONE)
    for name, value in (("CONTROL", START), ("INTERRUPT", DONE)):
        word = value.to_bytes(WORD_BYTES, "little")
        await bench.master.write(MAP[name].offset + 1, word[:3])
    await bench.cycles(5)
    assert bench.pulses["start"] == []
    assert await bench.read("INTERRUPT") == DONE


@cocotb.test(timeout_time=2, timeout_unit="ms")
@cocotb.parametrize(pauses=[False, True])
async def unmapped(dut, pauses):
    """Every other word of the window answers SLVERR, reads 0 there, and changes nothing."""
    random.seed(3)
    bench = await start(dut, pauses)
    await bench.write("PACK_BYTES_LOW", 0x12345678)
    mapped = {register.offset for register in MAP.values()}
    holes = [o for o in range(0, 1 << WINDOW_BITS, WORD_BYTES) if o not in mapped]
    for offset in random.sample(holes, 150 if pauses else len(holes)):
        answer = await bench.master.write(offset, b"\xff" * WORD_BYTES)
        assert answer.resp == AxiResp.SLVERR, hex(offset)
        answer = await bench.master.read(offset, WORD_BYTES)
        assert answer.resp == AxiResp.SLVERR, hex(offset)
        assert not any(answer.data)
    assert await bench.read("PACK_BYTES_LOW") == 0x12345678
    assert not any(bench.pulses.values())
    words = driven(bench)
    assert words.pop("PACK_BYTES_LOW") == 0x12345678
    assert not any(words.values())


@cocotb.test(timeout_time=200, timeout_unit="us")
async def frames(dut):
    """Starts, ends and their codes, a start while busy, a stop, interrupts and acknowledgements."""
    random.seed(4)
    bench = await start(dut, pauses=True)
    idle = dict.fromkeys(("busy", "done", "start_ignored", "queued", "code", "frames"), 0)
    assert await bench.status() == idle
    await bench.write("CONTROL", STOP)
    assert bench.pulses["stop"] == [], "a stop without a frame"
    for number, code in enumerate([c for c in StatusCode if c != StatusCode.IGNORED], 1):
        if code == StatusCode.NONE:
            continue
        await bench.write("CONTROL", START)
        dut.busy.value = 1
        ended = number - 2
        assert await bench.status() == idle | {"busy": 1, "frames": ended}
        await bench.finish(code)
        assert (await bench.status())["busy"] == 1
        dut.busy.value = 0
        due = {"busy": 0, "done": 1, "code": int(code), "frames": ended + 1}
        assert await bench.status() == idle | due
        assert await bench.read(counter_register("frames")) == ended + 1
        causes = DONE if code == StatusCode.DONE else DONE | ERROR
        assert await bench.read("INTERRUPT") == causes
        assert not dut.irq.value
        for cause in (DONE, ERROR, IGNORED):
            await bench.write("INTERRUPT_ENABLE", cause)
            await bench.cycles(3)
            assert bool(dut.irq.value) == bool(cause & causes)
        await bench.write("INTERRUPT_ENABLE", DONE | ERROR)
        await bench.write("INTERRUPT", ERROR)
        assert await bench.read("INTERRUPT") == DONE
        await bench.cycles(2)
        assert dut.irq.value
        await bench.write("INTERRUPT", DONE)
        await bench.cycles(2)
        assert not dut.irq.value
        await bench.write("INTERRUPT_ENABLE", 0)
        assert len(bench.pulses["start"]) == ended + 1


@cocotb.test(timeout_time=200, timeout_unit="us")
async def ignored_starts(dut):
    """A start while a frame is under way, or with a stop, is recorded; the frame goes on."""
    bench = await start(dut, pauses=True)
    await bench.write("CONTROL", START)
    await bench.write("CONTROL", START)
    status = await bench.status()
    assert (status["busy"], status["start_ignored"], status["code"]) == (1, 1, 0)
    assert len(bench.pulses["start"]) == 1
    assert await bench.read("INTERRUPT") == IGNORED
    await bench.write("INTERRUPT_ENABLE", IGNORED)
    await bench.cycles(2)
    assert dut.irq.value
    await bench.write("INTERRUPT", IGNORED)
    assert (await bench.status())["start_ignored"] == 0
    await bench.write("CONTROL", START | STOP)
    assert (await bench.status())["start_ignored"] == 1
    assert [len(bench.pulses[name]) for name in ("start", "stop")] == [1, 1]
    await bench.finish(StatusCode.STOPPED)
    status = await bench.status()
    assert (status["busy"], status["done"], status["code"]) == (0, 1, StatusCode.STOPPED)
    await bench.write("CONTROL", START | STOP)
    await bench.write("CONTROL", STOP)
    assert [len(bench.pulses[name]) for name in ("start", "stop")] == [1, 1]
    dut.busy.value = 1  # something is still under way
    await bench.write("CONTROL", START)
    dut.busy.value = 0
    assert len(bench.pulses["start"]) == 1
    await bench.write("CONTROL", START)
    await bench.cycles(3)
    assert len(bench.pulses["start"]) == 2


@cocotb.test(timeout_time=200, timeout_unit="us")
async def queued_starts(dut):
    """One start waits until it can begin; a second is ignored and recorded until then."""
    bench = await start(dut, pauses=True)

    async def state() -> tuple[int, ...]:
        status = await bench.status()
        return tuple(status[n] for n in ("busy", "queued", "done", "start_ignored", "frames"))

    await bench.write("CONTROL", QUEUE)  # nothing under way: a start
    assert await state() == (1, 0, 0, 0, 0)
    await bench.write("CONTROL", QUEUE)
    dut.waiting.value = 1
    assert await state() == (1, 1, 0, 0, 0)
    assert [len(bench.pulses[name]) for name in PULSES] == [0, 0, 2]
    await bench.write("CONTROL", QUEUE)
    assert await state() == (1, 1, 0, 1, 0)
    dut.waiting.value = 0  # it has begun behind the first
    await bench.write("INTERRUPT", IGNORED)
    await bench.write("CONTROL", QUEUE)
    dut.waiting.value = 1
    assert await state() == (1, 1, 0, 0, 0)
    for ended in (1, 2):
        await bench.finish(StatusCode.DONE)
        dut.waiting.value = 0
        assert await state() == (1, 0, 1, 0, ended)
    for both in (QUEUE | START, QUEUE | STOP):
        await bench.write("CONTROL", both)
        assert await state() == (1, 0, 1, 1, 2)
        await bench.write("INTERRUPT", IGNORED)
    assert [len(bench.pulses[name]) for name in PULSES] == [0, 1, 3]
    await bench.finish(StatusCode.STOPPED)
    assert await state() == (0, 0, 1, 0, 3)
    await bench.write("CONTROL", QUEUE)
    assert await state() == (1, 0, 0, 0, 3)


@cocotb.test(timeout_time=200, timeout_unit="us")
async def queue_beside_the_end(dut):
    """A queued start that meets the end of the frame, a cycle before or after, is never lost."""
    bench = await start(dut)
    for delay in range(10):
        await bench.write("CONTROL", START)
        queued = len(bench.pulses["queued_start"])
        writing = cocotb.start_soon(bench.write("CONTROL", QUEUE))
        await bench.cycles(delay + 1)
        await bench.finish(StatusCode.DONE)
        await writing
        await bench.cycles(3)
        assert len(bench.pulses["queued_start"]) == queued + 1
        status = await bench.status()
        assert (status["busy"], status["queued"]) == (1, 0)
        await bench.finish(StatusCode.DONE)
        assert (await bench.status())["busy"] == 0


@cocotb.test(timeout_time=200, timeout_unit="us")
async def event_beside_acknowledgement(dut):
    """An end in the cycle of the acknowledgement or later stays; an earlier one is cleared."""
    bench = await start(dut)
    outcomes = set()
    for delay in range(10):
        await bench.write("INTERRUPT", DONE)
        writing = cocotb.start_soon(bench.write("INTERRUPT", DONE))
        taken = cocotb.start_soon(bench.taken("aw", "w"))
        await bench.cycles(delay + 1)
        dut.finished.value, dut.code.value = 1, int(StatusCode.DONE)
        await bench.cycles(1)
        dut.finished.value = 0
        await ReadOnly()
        ended = bench.cycle  # the edge at which the end was seen
        await Combine(writing, taken)
        stays = ended >= taken.result() + AxiLiteSlave.WRITE_CYCLES
        await bench.cycles(4)
        assert await bench.read("INTERRUPT") == (DONE if stays else 0)
        outcomes.add(ended - taken.result())
    assert {0, 1, 2} <= outcomes


@cocotb.test(timeout_time=200, timeout_unit="us")
async def latency_is_exact(dut):
    """Pulses WRITE_CYCLES + 1 after the write was taken, data READ_CYCLES + 2 after its address."""
    bench = await start(dut)
    for _ in range(4):
        writing = cocotb.start_soon(bench.write("CONTROL", START))
        taken = await bench.taken("aw", "w")
        await writing
        await bench.cycles(4)
        # Seen by the edge at which the pulse ends, a cycle after it began.
        assert bench.pulses["start"][-1] - taken == AxiLiteSlave.WRITE_CYCLES + 1
        await bench.finish(StatusCode.DONE)
        reading = cocotb.start_soon(bench.read("VERSION"))
        taken = await bench.taken("ar")
        answered = await bench.taken("r")
        assert answered - taken == Registers.READ_CYCLES + 2
        await reading


@cocotb.test(timeout_time=200, timeout_unit="us")
async def counters(dut):
    """Each counter is read where the map says, as it stands."""
    bench = await start(dut)
    for seed in range(2):
        random.seed(seed)
        values = {name: random.getrandbits(32) for name in frame_counters(PARAMS)}
        for name, value in values.items():
            getattr(dut, name).value = value
        for name, value in values.items():
            assert await bench.read(counter_register(name)) == value


@cocotb.test(timeout_time=200, timeout_unit="us")
async def reset_in_mid_flight(dut):
    """A reset forgets a frame, values, causes and half a write; what follows is right."""
    bench = await start(dut)
    await bench.write("PACK_BYTES_LOW", 77)
    await bench.write("INTERRUPT_ENABLE", DONE)
    await bench.finish(StatusCode.BAD_MAGIC)
    await bench.write("CONTROL", START)
    channels = bench.master.write_if
    address = channels.aw_channel._transaction_obj()
    address.awaddr = MAP["CONTROL"].offset
    await channels.aw_channel.send(address)
    await bench.cycles(3)
    await bench.reset()
    assert not dut.irq.value
    started = len(bench.pulses["start"])
    assert not any((await bench.status()).values())
    for name in ("PACK_BYTES_LOW", "INTERRUPT", "INTERRUPT_ENABLE"):
        assert await bench.read(name) == 0
    await bench.write("PACK_BYTES_LOW", START)
    assert await bench.read("PACK_BYTES_LOW") == START
    assert len(bench.pulses["start"]) == started
