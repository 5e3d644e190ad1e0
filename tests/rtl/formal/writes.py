"""Harnesses of what writes: a client's beats as bursts, their data, their answers, the whole."""

from __future__ import annotations

from amaranth.asserts import AnyConst, AnySeq
from amaranth.hdl import Assume, Cat, Const, Module, Mux, Signal

from golden.params import Parameters
from hw.bus.write_answers import WriteAnswers
from hw.bus.write_client import WriteClient
from hw.bus.write_master import WriteMaster
from hw.bus.write_sender import WriteSender
from tests.rtl.formal.properties import given, holds, moves, occurs, stays, steady, symbol

LIMIT = 2
PARAMS = Parameters(data_bits=64, address_bits=32, outstanding_bursts=LIMIT, burst_beats=4)
BEAT_SHIFT = 3  # of a byte address, to the number of a beat
PAGE_SHIFT = 12


def _address(any_of, low: int = 0):
    """A byte address around a boundary of 4 KiB, low or high in memory; `low` of its lowest bits
    are free too, the rest of those within a beat 0."""
    beat = Signal(32 - BEAT_SHIFT)
    value = (505 + any_of(4)) | any_of(1) << (31 - BEAT_SHIFT)
    lowest = Cat(any_of(low), Const(0, BEAT_SHIFT - low)) if low else Const(0, BEAT_SHIFT)
    return beat, value, Cat(lowest, beat)


def _drive(m: Module, target, any_of, low: int = 0) -> None:
    beat, value, address = _address(any_of, low)
    m.d.comb += [beat.eq(value), target.eq(address)]


def _window(m: Module, first, end, low: int) -> None:
    """Bounds with `low` free bits within a beat, end above first or not."""
    _drive(m, first, AnyConst, low)
    _drive(m, end, AnyConst, low)


def _sends(m: Module, stream) -> None:
    """A client: any beat at any time, and it keeps to its offer."""
    beat = stream.payload
    _drive(m, beat.address, AnySeq)
    m.d.comb += [
        stream.valid.eq(AnySeq(1)),
        beat.data.eq(symbol(64)),
        beat.strobe.eq(symbol(8)),
        *(beat.last.eq(AnySeq(1)), beat.frame.eq(AnySeq(1))),
        given(stays(m, stream)),
    ]


def _is_inside(beat, first, end):
    """The same as the window check, said in bytes."""
    return (beat.address >= first) & (beat.address + 8 <= end)


class _Chosen:
    """A beat inside the window that the solver chooses, and its place among those of its client.

    Parameters
    ----------
    take : a beat inside is taken. beat : it. taken : how many were, before it.
    flush, owed : forgets the beat where it is none of the first `owed`.
    """

    def __init__(self, m: Module, take, beat, taken, flush, owed):
        self.valid, self.place = Signal(), Signal(6)
        self.address, self.frame = Signal(32), Signal()
        self.word = Signal(72)
        with m.If(flush):
            m.d.sync += self.valid.eq(self.valid & (self.place < owed))
        with m.Elif(take & ~self.valid & AnySeq(1)):
            m.d.sync += [
                *(self.valid.eq(1), self.place.eq(taken)),
                *(self.address.eq(beat.address), self.frame.eq(beat.frame)),
                self.word.eq(Cat(beat.data, beat.strobe)),
            ]


def write_client(m: Module) -> None:
    """The bursts of a client are its beats within the window, in order and each once, in one page
    and of one frame; those outside are reported; the data is there; a flush keeps what is granted.
    """
    depth = 4
    m.submodules.dut = dut = WriteClient(PARAMS, depth)
    _sends(m, dut.i)
    _window(m, dut.window_first, dut.window_end, BEAT_SHIFT)
    beat, burst, accept, granted = (
        dut.i.payload,
        dut.bursts.payload,
        moves(dut.i),
        moves(dut.bursts),
    )
    m.d.comb += [
        *(dut.flush.eq(AnySeq(1)), dut.bursts.ready.eq(AnySeq(1)), dut.read.eq(AnySeq(1))),
        Assume(~(dut.flush & dut.bursts.ready)),
    ]
    inside, length = Signal(), Signal(9)
    m.d.comb += [
        inside.eq(_is_inside(beat, dut.window_first, dut.window_end)),
        length.eq(burst.length + 1),
    ]
    taken, owed, read = Signal(6), Signal(6), Signal(6)  # beats inside, in bursts granted, read
    outside, reported = Signal(6), Signal(6)
    closed, waits = Signal(), Signal(4)  # what was taken last ends its run; cycles since
    m.d.comb += Assume(~dut.read | (read < owed))
    m.d.sync += [owed.eq(owed + Mux(granted, length, 0)), read.eq(read + dut.read)]
    m.d.sync += [reported.eq(reported + dut.outside), waits.eq(waits + (waits != 15))]
    with m.If(dut.flush):
        m.d.sync += [taken.eq(owed), outside.eq(reported), closed.eq(1)]
    with m.Elif(accept):
        m.d.sync += [
            taken.eq(taken + inside),
            outside.eq(outside + ~inside),
            closed.eq(beat.last | ~inside),
            waits.eq(0),
        ]
    chosen = _Chosen(m, accept & inside, beat, taken, dut.flush, owed)
    _bursts(m, dut, chosen, owed, taken, length)
    shown, offset = Signal(6), Signal(6)
    m.d.sync += shown.eq(Mux(dut.read, read, shown))
    m.d.comb += offset.eq(read - 1)
    is_early = accept | (waits < WriteClient.OFFER_CYCLES - 1)
    is_shown = chosen.valid & (read != 0) & (offset == chosen.place)
    m.d.comb += [
        holds(~is_shown | (Cat(dut.o.data, dut.o.strobe) == chosen.word)),
        holds(taken - read <= depth),
        holds(reported <= outside),
        holds(dut.busy | ((owed == taken) & (reported == outside))),
        holds(~closed | is_early | dut.bursts.valid | ~dut.busy),
        occurs(is_shown & (read == 3) & (reported != 0)),
        occurs(granted & (length == 4)),
    ]


def _bursts(m: Module, dut, chosen, owed, taken, length) -> None:
    burst = dut.bursts.payload
    offset, last = Signal(6), Signal(33)
    m.d.comb += [offset.eq(chosen.place - owed), last.eq(burst.address + (length << BEAT_SHIFT))]
    covers = chosen.valid & (chosen.place >= owed) & (offset < length)
    waited, offer = Signal(), Signal(len(burst.as_value()))
    m.d.sync += [
        waited.eq(dut.bursts.valid & ~dut.bursts.ready & ~dut.flush),
        offer.eq(burst),
    ]
    m.d.comb += [
        holds(~waited | (dut.bursts.valid & (burst.as_value() == offer))),
        holds(~dut.bursts.valid | (owed + length <= taken)),
        holds(~dut.bursts.valid | (burst.address >= dut.window_first)),
        holds(~dut.bursts.valid | (last <= dut.window_end)),
        holds(~dut.bursts.valid | ~burst.address[:BEAT_SHIFT].any()),
        holds(~dut.bursts.valid | (burst.address[PAGE_SHIFT:] == (last - 1)[PAGE_SHIFT:])),
        holds(~(dut.bursts.valid & covers) | (burst.frame == chosen.frame)),
        holds(
            ~(dut.bursts.valid & covers)
            | (burst.address + (offset << BEAT_SHIFT) == chosen.address)
        ),
    ]


def write_sender(m: Module) -> None:
    """The beats of the bursts granted, in the order of the grants, each entry of its owner once."""
    m.submodules.dut = dut = WriteSender(PARAMS, 2)
    m.d.comb += [
        dut.grant.eq(AnySeq(1)),
        dut.owner.eq(Mux(AnySeq(1), 1, 2)),
        dut.length.eq(AnySeq(2)),
        dut.o.ready.eq(AnySeq(1)),
        holds(stays(m, dut.o)),
    ]
    # Each queue's entries are numbered; what one shows is its entry read last.
    for n in range(2):
        number, shown = Signal(5, name=f"number_{n}"), Signal(5, name=f"shown_{n}")
        with m.If(dut.read[n]):
            m.d.sync += [number.eq(number + 1), shown.eq(number)]
        m.d.comb += dut.entries[n].as_value().eq(_repeated(shown, Const(n, 1)))
    # Beats granted and sent; those of each client among them.
    granted, sent, waiting = Signal(6), Signal(6), Signal(range(LIMIT + 1))
    ends = moves(dut.o) & dut.o.payload.last
    of_client = [Signal(5, name=f"of_client_{n}") for n in range(2)]
    m.d.comb += Assume(~dut.grant | (waiting < LIMIT))
    m.d.sync += [sent.eq(sent + moves(dut.o)), waiting.eq(waiting + dut.grant - ends)]
    chosen, at, first, size, owner = Signal(), Signal(6), Signal(5), Signal(3), Signal()
    with m.If(dut.grant):
        m.d.sync += granted.eq(granted + dut.length + 1)
        for n in range(2):
            with m.If(dut.owner[n]):
                m.d.sync += of_client[n].eq(of_client[n] + dut.length + 1)
        with m.If(~chosen & AnySeq(1)):
            m.d.sync += [
                *(chosen.eq(1), at.eq(granted), size.eq(dut.length + 1)),
                *(owner.eq(dut.owner[1]), first.eq(Mux(dut.owner[1], *of_client[::-1]))),
            ]
    offset, beat = Signal(6), dut.o.payload
    m.d.comb += offset.eq(sent - at)
    here = dut.o.valid & chosen & (sent >= at) & (offset < size)
    m.d.comb += [
        holds(~dut.o.valid | (sent < granted)),
        holds(~here | (Cat(beat.data, beat.strobe) == _repeated((first + offset)[:5], owner))),
        holds(~here | (beat.last == (offset == size - 1))),
        occurs(here & moves(dut.o) & (offset == 2) & owner & (at > 1)),
    ]


def _repeated(number, owner):
    """All 72 bits of an entry say what it is."""
    return Cat(Cat(number, owner) for _ in range(12))


def write_answers(m: Module) -> None:
    """A response counts where a burst's address and data were taken, for the burst whose turn it
    is; others, at any time, do not."""
    m.submodules.dut = dut = WriteAnswers(PARAMS, 2)
    granted, addressed, sent, answered = (Signal(5, name=f"count_{n}") for n in range(4))
    m.d.comb += [
        *(each.eq(AnySeq(1)) for each in (dut.grant, dut.addressed, dut.sent, dut.b_valid)),
        *(dut.grant_owner.eq(Mux(AnySeq(1), 1, 2)), dut.grant_frame.eq(AnySeq(1))),
        dut.b_response.eq(AnySeq(2)),
        Assume(~dut.grant | (granted - answered < LIMIT)),
        Assume(~dut.addressed | (addressed < granted)),
        # The sender's data comes that much later than the grant.
        given(~dut.sent | (sent < granted)),
        Assume(~dut.sent | _later(m, granted, sent)),
    ]
    m.d.sync += [
        granted.eq(granted + dut.grant),
        addressed.eq(addressed + dut.addressed),
        sent.eq(sent + dut.sent),
        answered.eq(answered + dut.valid),
    ]
    came, response = Signal(), Signal(2)
    m.d.sync += [came.eq(dut.b_valid), response.eq(dut.b_response)]
    chosen, at, of = Signal(), Signal(5), Signal(3)
    with m.If(dut.grant & ~chosen & AnySeq(1)):
        m.d.sync += [
            *(chosen.eq(1), at.eq(granted)),
            of.eq(Cat(dut.grant_owner, dut.grant_frame)),
        ]
    due = came & (answered < addressed) & (answered < sent)
    is_chosen = dut.valid & chosen & (answered == at)
    m.d.comb += [
        holds(dut.valid == due),
        holds(~dut.valid | (dut.response == response)),
        holds(~is_chosen | (Cat(dut.owner, dut.frame) == of)),
        occurs(is_chosen & (at == 1)),
        occurs(came & ~dut.valid & (answered == 1)),
    ]


def _later(m: Module, granted, sent):
    """Whether the burst to be sent next was granted WriteSender's cycles ago, or more."""
    before = granted
    for n in range(WriteSender.LATENCY_CYCLES - 1):
        delayed = Signal.like(granted, name=f"granted_{n}")
        m.d.sync += delayed.eq(before)
        before = delayed
    return sent < before


def write_master(m: Module) -> None:
    """Two clients' beats reach a memory that takes and answers when it likes: legal bursts within
    the client's window, all data behind its address, in order; a flush leaves no burst unfinished.
    """
    m.submodules.dut = dut = WriteMaster(PARAMS, (4, 2))
    axi = dut.axi
    m.d.comb += dut.flush.eq(AnySeq(1))
    for n in range(2):
        _sends(m, dut.writes[n])
        _window(m, dut.window_first[n], dut.window_end[n], 0)
        # The clients' windows do not meet: an address says whose it is.
        m.d.comb += Assume(~dut.window_first[n][31] ^ n)
        m.d.comb += Assume(~dut.window_end[n][31] ^ n)
    addressed, due, sent = Signal(6), Signal(6), Signal(6)  # bursts offered, their beats, sent
    answered, ended = Signal(6), Signal(6)
    taken_aw, taken_w = axi.aw_valid & axi.aw_ready, axi.w_valid & axi.w_ready
    ends = taken_w & axi.w_last
    length, end = Signal(9), Signal(33)
    waited = Signal()  # the address was offered before
    m.d.comb += [
        *(each.eq(AnySeq(1)) for each in (axi.aw_ready, axi.w_ready, axi.b_valid)),
        axi.b_response.eq(AnySeq(2)),
        length.eq(axi.aw_length + 1),
        end.eq(axi.aw_address + (length << BEAT_SHIFT)),
    ]
    begins = axi.aw_valid & ~waited
    due_now = due + Mux(begins, length, 0)
    flushed = Signal()
    m.d.sync += [
        waited.eq(axi.aw_valid & ~axi.aw_ready),
        addressed.eq(addressed + taken_aw),
        due.eq(due_now),
        sent.eq(sent + taken_w),
        ended.eq(ended + ends),
        flushed.eq(dut.flush),
    ]
    counts = axi.b_valid & (answered < addressed + taken_aw) & (answered < ended + ends)
    m.d.sync += answered.eq(answered + counts)
    owner = axi.aw_address[31]
    first, last = (Mux(owner, bound[1], bound[0]) for bound in (dut.window_first, dut.window_end))
    m.d.comb += [
        holds(steady(m, axi.aw_valid, axi.aw_ready, Cat(axi.aw_address, axi.aw_length))),
        holds(steady(m, axi.w_valid, axi.w_ready, Cat(axi.w_data, axi.w_strobe, axi.w_last))),
        holds(axi.b_ready),
        holds(~begins | ~flushed),
        holds(~axi.aw_valid | (length <= 4)),
        holds(~axi.aw_valid | ((axi.aw_address >= first) & (end <= last))),
        holds(~axi.aw_valid | (axi.aw_address[PAGE_SHIFT:] == (end - 1)[PAGE_SHIFT:])),
        holds(~axi.w_valid | (sent < due_now)),
        holds(addressed + axi.aw_valid <= answered + LIMIT),
        holds(~dut.idle | ((addressed == answered) & (sent == due) & ~axi.aw_valid)),
        holds(~(dut.drained[0] & dut.drained[1]) | ((addressed == answered) & ~axi.aw_valid)),
        occurs(counts & (answered == 0)),
    ]
    _follow(m, dut, due, due_now, begins, sent)


def _follow(m: Module, dut, due, due_now, begins, sent) -> None:
    """A beat of one client, from its taking to the bus: its place among the data is its address's.

    Parameters
    ----------
    due : beats of the bursts offered before this cycle; due_now : with this one's.
    """
    axi, n = dut.axi, 0
    stream, first, end = dut.writes[n], dut.window_first[n], dut.window_end[n]
    beat = stream.payload
    inside = _is_inside(beat, first, end)
    take = moves(stream) & inside & ~dut.flush
    taken, owed = Signal(6), Signal(6)  # beats of this client: taken, in bursts offered
    length = axi.aw_length + 1
    of_client = begins & (axi.aw_address[31] == n)
    owed_now = owed + Mux(of_client, length, 0)
    place, position = Signal(6), Signal(6)
    m.d.sync += [owed.eq(owed_now), taken.eq(Mux(dut.flush, owed_now, taken + take))]
    chosen, found = Signal(), Signal()
    address, word = Signal(32), Signal(72)
    offset = Signal(6)
    m.d.comb += offset.eq(place - owed)
    covers = of_client & chosen & ~found & (offset < length)
    with m.If(dut.flush & ~found & ~covers):
        m.d.sync += chosen.eq(0)
    with m.Elif(take & ~chosen & AnySeq(1)):
        m.d.sync += [
            *(chosen.eq(1), place.eq(taken), address.eq(beat.address)),
            word.eq(Cat(beat.data, beat.strobe)),
        ]
    with m.If(covers):
        m.d.sync += [found.eq(1), position.eq(due + offset)]
    shows = found & axi.w_valid & (sent == position)
    m.d.comb += [
        holds(~of_client | (owed_now <= taken)),
        holds(~covers | (axi.aw_address + (offset << BEAT_SHIFT) == address)),
        holds(~shows | (Cat(axi.w_data, axi.w_strobe) == word)),
        holds(~dut.drained[n] | (owed == taken)),
        occurs(shows & (position == 0)),
    ]
