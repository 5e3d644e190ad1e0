"""Harnesses of the two buses: the read master with its memory, and the slave of the host."""

from __future__ import annotations

from amaranth.asserts import AnySeq
from amaranth.hdl import Assume, Cat, Module, Mux, Signal

from golden.params import Parameters
from hw.bus.axi_lite import AxiLiteSlave, Response
from hw.bus.read_master import ReadMaster
from tests.rtl.formal.properties import RECORD_SHIFT, given, holds, moves, occurs, stays, steady

LIMIT, DEPTHS = 2, (4, 2)


def read_master(m: Module) -> None:
    """Each client gets the records it asked for, in order and each once, from a memory that
    answers when it likes; the bus keeps the rules of AXI.

    The memory gives each record its own number as its content.
    """
    params = Parameters(data_bits=256, outstanding_bursts=LIMIT, burst_beats=4)
    m.submodules.dut = dut = ReadMaster(params, DEPTHS)
    axi = dut.axi
    _memory(m, axi)
    for requests, slots, depth in zip(dut.requests, dut.slots, DEPTHS, strict=True):
        _client(m, requests, slots, min(depth, 3))
    address = Cat(axi.ar_address, axi.ar_length)
    first = axi.ar_address[RECORD_SHIFT:12]
    m.d.comb += [
        holds(steady(m, axi.ar_valid, axi.ar_ready, address)),
        holds(axi.r_ready),
        holds(~axi.ar_valid | ~(first + axi.ar_length)[7]),  # stays in its page
        holds(~axi.ar_valid | (axi.ar_length < max(DEPTHS))),
    ]


def _memory(m: Module, axi) -> None:
    """Takes and answers when it likes, in order; never has more than LIMIT bursts under way."""
    bits = len(axi.ar_address) - RECORD_SHIFT
    records = [Signal(bits, name=f"record_{n}") for n in range(LIMIT + 1)]
    lefts = [Signal(8, name=f"left_{n}") for n in range(LIMIT + 1)]  # beats behind the next one
    held = Signal(range(LIMIT + 2))
    takes, beat = Signal(), Signal()
    m.d.comb += [
        *(axi.ar_ready.eq(AnySeq(1)), takes.eq(axi.ar_valid & axi.ar_ready)),
        *(axi.r_valid.eq(AnySeq(1)), Assume(~axi.r_valid | (held > 0))),
        *(axi.r_data.eq(records[0]), axi.r_last.eq(lefts[0] == 0)),
        *(beat.eq(axi.r_valid & axi.r_ready), holds(held <= LIMIT)),
    ]
    ends = beat & axi.r_last
    m.d.sync += held.eq(held + takes - ends)
    with m.If(beat & ~axi.r_last):
        m.d.sync += [records[0].eq(records[0] + 1), lefts[0].eq(lefts[0] - 1)]
    with m.If(ends):
        for n in range(LIMIT):
            m.d.sync += [records[n].eq(records[n + 1]), lefts[n].eq(lefts[n + 1])]
    for n in range(LIMIT + 1):
        with m.If(takes & (held - ends == n)):
            m.d.sync += [records[n].eq(axi.ar_address >> RECORD_SHIFT), lefts[n].eq(axi.ar_length)]


def _client(m: Module, requests, slots, records: int) -> None:
    """Asks for runs of up to three records around a boundary of 4 KiB, takes when it likes.

    Parameters
    ----------
    records : of one run that it is seen to get.
    """
    run = requests.payload
    m.d.comb += [
        *(requests.valid.eq(AnySeq(1)), run.record.eq(124 + AnySeq(3)), run["count"].eq(AnySeq(2))),
        *(given(stays(m, requests)), slots.ready.eq(AnySeq(1))),
        holds(stays(m, slots)),
    ]
    came, left, at, size = Signal(6), Signal(6), Signal(6), Signal(2)
    chosen, record = Signal(), Signal(9)
    with m.If(moves(requests)):
        m.d.sync += came.eq(came + run["count"])
        with m.If(~chosen & (run["count"] != 0) & AnySeq(1)):
            m.d.sync += [chosen.eq(1), at.eq(came), record.eq(run.record), size.eq(run["count"])]
    m.d.sync += left.eq(left + moves(slots))
    offset = Signal(6)
    m.d.comb += offset.eq(left - at)
    here = slots.valid & chosen & (left >= at) & (offset < size)
    m.d.comb += [
        holds(~slots.valid | (left < came)),
        holds(~slots.valid | slots.payload.slots.all()),
        holds(~here | (slots.payload.data[0] == record + offset)),
        occurs(moves(slots) & here & (offset == records - 1)),
    ]


def axi_lite_slave(m: Module) -> None:
    """Answers stay until taken; each address and data are written once and answered once."""
    m.submodules.dut = dut = AxiLiteSlave(6)
    bus = dut.bus
    for signal in (
        *(bus.awaddr, bus.awvalid, bus.wdata, bus.wstrb, bus.wvalid, bus.bready),
        *(bus.araddr, bus.arvalid, bus.rready, dut.write_error, dut.read_error, dut.read_data),
    ):
        m.d.comb += signal.eq(AnySeq(len(signal)))
    m.d.comb += [
        given(steady(m, bus.awvalid, bus.awready, bus.awaddr)),
        given(steady(m, bus.wvalid, bus.wready, Cat(bus.wdata, bus.wstrb))),
        given(steady(m, bus.arvalid, bus.arready, bus.araddr)),
        holds(steady(m, bus.bvalid, bus.bready, bus.bresp)),
        holds(steady(m, bus.rvalid, bus.rready, Cat(bus.rdata, bus.rresp))),
    ]
    _writes(m, dut)
    _reads(m, dut)


def _writes(m: Module, dut) -> None:
    bus = dut.bus
    address, data, addressed, filled, answers = Signal(6), Signal(36), Signal(), Signal(), Signal()
    with m.If(bus.awvalid & bus.awready):
        m.d.sync += [addressed.eq(1), address.eq(bus.awaddr)]
    with m.If(bus.wvalid & bus.wready):
        m.d.sync += [filled.eq(1), data.eq(Cat(bus.wdata, bus.wstrb))]
    written = Cat(dut.write_data, dut.write_strobes)
    error = Signal()
    with m.If(dut.write):
        m.d.sync += [addressed.eq(0), filled.eq(0), answers.eq(1), error.eq(dut.write_error)]
    with m.Elif(bus.bvalid & bus.bready):
        m.d.sync += answers.eq(0)
    m.d.comb += [
        holds(bus.bvalid == answers),
        holds(bus.awready == ~addressed),
        holds(bus.wready == ~filled),
        holds(dut.write == (addressed & filled & ~answers)),
        holds(~addressed | (dut.write_word == address >> 2)),
        holds(~filled | (written == data)),
        holds(~answers | (bus.bresp == Mux(error, Response.SLAVE_ERROR, Response.OKAY))),
        occurs(bus.bvalid & bus.bready & error & addressed & filled),
    ]


def _reads(m: Module, dut) -> None:
    bus = dut.bus
    word, cycles, error, data = Signal(4), Signal(2), Signal(), Signal(32)
    asks, answers = Signal(), Signal()
    with m.If(bus.arvalid & bus.arready):
        m.d.sync += [asks.eq(1), cycles.eq(0), word.eq(bus.araddr >> 2)]
    with m.Elif(asks):
        m.d.sync += cycles.eq(cycles + 1)
        with m.If(cycles == 1):
            m.d.sync += [asks.eq(0), answers.eq(1), data.eq(dut.read_data)]
            m.d.sync += error.eq(dut.read_error)
    with m.If(bus.rvalid & bus.rready):
        m.d.sync += answers.eq(0)
    m.d.comb += [
        holds(bus.rvalid == answers),
        holds(bus.arready == ~(asks | answers)),
        holds(~asks | (dut.read_word == word)),
        holds(~answers | (bus.rdata == data)),
        holds(~answers | (bus.rresp == Mux(error, Response.SLAVE_ERROR, Response.OKAY))),
        occurs(bus.rvalid & bus.rready & error),
    ]
