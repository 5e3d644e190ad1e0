"""Harnesses of the two buses: the read master with its memory, and the slave of the host."""

from __future__ import annotations

from amaranth.asserts import AnyConst, AnySeq
from amaranth.hdl import Cat, Module, Mux, Signal

from golden.params import Parameters
from hw.bus.axi_lite import AxiLiteSlave, Response
from hw.bus.read_master import LENGTH_ERROR, ReadMaster
from tests.rtl.formal.properties import RECORD_SHIFT, given, holds, moves, occurs, stays, steady

LIMIT, DEPTHS = 2, (4, 2)
FRAME_SHIFT = 8  # of the bit of a record's number that says its frame, in the read master's proof


def read_master(m: Module) -> None:
    """Each client gets the records it asked for since the last flush, in order and each once, from
    a memory that answers what and when it likes; the bus keeps the rules of AXI.

    The memory gives each record its own number as its content. It may end a burst early or late,
    and answer what nobody asked for. A flush may come at any time.
    """
    flush = Signal()
    m.d.comb += flush.eq(AnySeq(1))
    _master(m, flush, flush)


def core_reset(m: Module) -> None:
    """The same of clients that are reset at any time for two cycles or more, and not the master.

    As in the top: the flush is a register that the reset sets, so it comes a cycle later and lasts
    a cycle longer, in which nothing is asked for yet.
    """
    reset, before, flush = Signal(), Signal(2), Signal(init=1)
    m.d.comb += [reset.eq(AnySeq(1)), given(~before[0] | before[1] | reset)]
    m.d.sync += [before.eq(Cat(reset, before)), flush.eq(reset)]
    dut = _master(m, flush, reset)
    for requests in dut.requests:
        m.d.comb += given(~requests.valid | ~flush)
    busy = Signal()
    m.d.sync += busy.eq(~dut.idle & (busy | (reset & dut.axi.r_valid)))
    m.d.comb += occurs(busy & ~flush & dut.requests[0].valid)


def _master(m: Module, flush, forget) -> ReadMaster:
    """A read master, its memory and two clients, whose knowledge `forget` takes away."""
    params = Parameters(data_bits=256, outstanding_bursts=LIMIT, burst_beats=4)
    m.submodules.dut = dut = ReadMaster(params, DEPTHS)
    axi = dut.axi
    m.d.comb += dut.flush.eq(flush)
    _memory(m, dut)
    for requests, slots, depth in zip(dut.requests, dut.slots, DEPTHS, strict=True):
        _client(m, forget, requests, slots, min(depth, 3))
    address = Cat(axi.ar_address, axi.ar_length)
    first = axi.ar_address[RECORD_SHIFT:12]
    waited, flushed = Signal(), Signal()
    m.d.sync += [waited.eq(axi.ar_valid & ~axi.ar_ready), flushed.eq(dut.flush)]
    m.d.comb += [
        holds(steady(m, axi.ar_valid, axi.ar_ready, address)),
        holds(axi.r_ready),
        holds(~axi.ar_valid | waited | ~flushed),
        holds(~axi.ar_valid | ~(first + axi.ar_length)[7]),  # stays in its page
        holds(~axi.ar_valid | (axi.ar_length < max(DEPTHS))),
    ]
    return dut


def _memory(m: Module, dut) -> None:
    """Takes and answers when it likes, in order; never has more than LIMIT bursts under way."""
    axi = dut.axi
    bits = len(axi.ar_address) - RECORD_SHIFT
    kept = [Signal(bits, name=f"kept_record_{n}") for n in range(LIMIT + 1)]
    kept_lefts = [Signal(8, name=f"kept_left_{n}") for n in range(LIMIT + 1)]
    held, held_now = Signal(range(LIMIT + 2)), Signal(range(LIMIT + 2))
    takes, beat, over = Signal(), Signal(), Signal()
    # With the burst that is taken in this cycle; lefts: beats behind the next one.
    records = [
        Mux(takes & (held == n), axi.ar_address >> RECORD_SHIFT, r) for n, r in enumerate(kept)
    ]
    lefts = [Mux(takes & (held == n), axi.ar_length, left) for n, left in enumerate(kept_lefts)]
    m.d.comb += [
        *(axi.ar_ready.eq(AnySeq(1)), takes.eq(axi.ar_valid & axi.ar_ready)),
        *(axi.r_valid.eq(AnySeq(1)), axi.r_last.eq(AnySeq(1))),
        axi.r_data.eq(Mux(held_now > 0, records[0], AnySeq(bits))),
        axi.r_response.eq(AnySeq(2)),
        held_now.eq(held + takes),
        beat.eq(axi.r_valid & axi.r_ready & (held_now > 0)),
        holds(held_now <= LIMIT),
    ]
    ends = beat & axi.r_last
    m.d.sync += held.eq(held_now - ends)
    for n in range(LIMIT + 1):
        m.d.sync += [kept[n].eq(records[n]), kept_lefts[n].eq(lefts[n])]
    with m.If(beat & ~axi.r_last):
        m.d.sync += [
            *(kept[0].eq(records[0] + 1), kept_lefts[0].eq(lefts[0] - 1)),
            over.eq(over | (lefts[0] == 0)),
        ]
    with m.If(ends):
        m.d.sync += over.eq(0)
        for n in range(LIMIT):
            m.d.sync += [kept[n].eq(records[n + 1]), kept_lefts[n].eq(lefts[n + 1])]
    wrong = beat & ~over & (axi.r_last ^ (lefts[0] == 0))
    _told(m, dut, held, beat, wrong, takes)


def _told(m: Module, dut, held, beat, wrong, takes) -> None:
    """What the master says of the memory: `idle`, and that something was wrong.

    Parameters
    ----------
    held : bursts under way. beat : one of them goes on. wrong : it ends early, or not where due.
    """
    axi = dut.axi
    quiet, dropped = Signal(range(4)), Signal()  # cycles with nothing under way; as they began
    with m.If((held > 0) | takes | axi.ar_valid):
        m.d.sync += quiet.eq(0)
    with m.Elif(quiet != 3):
        m.d.sync += quiet.eq(quiet + 1)
    # A flush forgets what was wrong, and what comes until all of before it has come.
    with m.If(dut.flush):
        m.d.sync += dropped.eq(1)
    with m.Elif(dut.idle):
        m.d.sync += dropped.eq(0)
    bad, is_bad = Signal(2), Signal()
    response = Signal(2)
    m.d.sync += [is_bad.eq(wrong), response.eq(Mux(beat, axi.r_response, 0))]
    counts = ~dropped & ~dut.flush
    with m.If(dut.flush):
        m.d.sync += bad.eq(0)
    with m.Elif(counts):
        m.d.sync += bad.eq(bad | Cat(is_bad, response[1]))
    errors = Cat(*dut.error)
    m.d.comb += [
        holds(~dut.idle | ((held == 0) & ~axi.ar_valid)),
        holds((quiet != 3) | axi.ar_valid | dut.idle),  # it waits for nothing that nobody owes
        holds(errors.any() == bad.any()),
        *(holds((error != LENGTH_ERROR) | bad[0]) for error in dut.error),
        *(holds(~error.any() | (error == LENGTH_ERROR) | bad[1]) for error in dut.error),
        occurs((dut.error[0] == LENGTH_ERROR) & (quiet == 3)),
        occurs(axi.r_valid & ~beat & (quiet == 3)),
    ]


def _client(m: Module, forget, requests, slots, records: int) -> None:
    """Asks for runs of up to three records around a boundary of 4 KiB, takes when it likes.

    A bit of the number says the frame; what is followed is of one frame. Where a burst of the other
    one ends early, that one's records are missing, and no others.

    Parameters
    ----------
    records : of one run that it is seen to get.
    """
    run, slot, frame, forgot = requests.payload, slots.payload, Signal(), Signal()
    m.d.comb += [
        *(requests.valid.eq(AnySeq(1)), run.frame.eq(AnySeq(1)), run["count"].eq(AnySeq(2))),
        run.record.eq(124 + AnySeq(3) + (run.frame << FRAME_SHIFT)),
        *(given(forgot | stays(m, requests)), slots.ready.eq(AnySeq(1)), frame.eq(AnyConst(1))),
    ]
    waits, offer = Signal(), Signal(len(slot.as_value()))
    m.d.sync += [waits.eq(slots.valid & ~slots.ready & ~forget), offer.eq(slot)]
    m.d.sync += forgot.eq(forget)
    came, left, at, size = Signal(6), Signal(6), Signal(6), Signal(2)
    chosen, record = Signal(), Signal(FRAME_SHIFT + 1)
    asked = moves(requests) & (run.frame == frame)
    offered = slots.valid & (slot.data[0][FRAME_SHIFT] == frame)
    with m.If(forget):
        m.d.sync += [came.eq(0), left.eq(0), chosen.eq(0)]
    with m.Else():
        m.d.sync += [
            came.eq(came + Mux(asked, run["count"], 0)),
            left.eq(left + (offered & slots.ready)),
        ]
        with m.If(asked & ~chosen & (run["count"] != 0) & AnySeq(1)):
            m.d.sync += [chosen.eq(1), at.eq(came), record.eq(run.record), size.eq(run["count"])]
    offset = Signal(6)
    m.d.comb += offset.eq(left - at)
    here = offered & chosen & (left >= at) & (offset < size)
    m.d.comb += [
        holds(~waits | (slots.valid & (slot.as_value() == offer))),
        holds(forget | ~offered | (left < came)),
        holds(~slots.valid | slot.slots.all()),
        holds(forget | ~here | (slot.data[0] == record + offset)),
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
    error, decoded = Signal(), Signal()  # decoded: both were there in the cycle before
    m.d.sync += decoded.eq(addressed & filled & ~dut.write)
    with m.If(dut.write):
        m.d.sync += [addressed.eq(0), filled.eq(0), answers.eq(1), error.eq(dut.write_error)]
    with m.Elif(bus.bvalid & bus.bready):
        m.d.sync += answers.eq(0)
    m.d.comb += [
        holds(bus.bvalid == answers),
        holds(bus.awready == ~addressed),
        holds(bus.wready == ~filled),
        holds(dut.write == (decoded & ~answers)),
        holds(~decoded | (addressed & filled)),
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
