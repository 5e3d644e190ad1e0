"""Joins beats that follow one another into AXI bursts."""

from __future__ import annotations

from amaranth.hdl import C, Cat, Module, Mux, Shape, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.bus.burst_splitter import PAGE_BYTES


def write_burst(params: Parameters) -> data.StructLayout:
    """A burst whose beats are all in the queue: byte address, beats - 1, and the frame."""
    return data.StructLayout({"address": params.address_bits, "length": 8, "frame": 1})


class WriteSplitter(wiring.Component):
    """Makes bursts of the beats of one client, in their order, and keeps them until granted.

    A beat joins the burst before it where it follows it. A burst is closed at `burst_entries`, at
    the 4 KiB boundary, by the `last` of a run, by a beat that does not follow, or by one outside
    the window, which is in no burst. Only closed bursts are offered: one that its client leaves
    open waits.

    Latency: OFFER_CYCLES = 3 from the beat that closes a burst to its offer; 2 where the next beat
    does not follow. Throughput: a beat a cycle, also in bursts of one; never held up while
    `has_room` is heeded.

    Parameters
    ----------
    depth : entries of the client's queue, a beat each, 2 or more.
    bursts : closed bursts kept, more than MARGIN.

    Members
    -------
    valid, inside, follows : In(1), of a beat, as WindowCheck has them.
    address : In(address_bits), last, frame : In(1), of the same.
    o : Out(stream of write_burst).
    has_room : Out(1), there is room for the bursts of MARGIN beats more.
    busy : Out(1), a burst is open, or closed and not yet granted.

    Attributes
    ----------
    burst_entries : the longest burst, the largest power of two that neither burst_beats, nor the
        page, nor the depth forbids.
    """

    OFFER_CYCLES = 3
    # Beats that a client's `ready` has let in before it sees the burst of the first of them: two
    # in WindowCheck, the burst register, the beat that is taken, and the one in the cycle of ready.
    MARGIN = 5

    def __init__(self, params: Parameters, depth: int, bursts: int = 16):
        if depth < 2:
            raise ValueError(f"a queue of {depth} entries is too short: give it 2 or more.")
        if bursts <= self.MARGIN:
            raise ValueError(
                f"a queue of {bursts} bursts is too short: give it {self.MARGIN + 1} or more."
            )
        self._params, self._bursts = params, bursts
        page_beats = PAGE_BYTES * 8 // params.data_bits
        self._beat_bits = (params.data_bits // 8).bit_length() - 1  # of a byte address
        self._place_bits = page_beats.bit_length() - 1
        fitting = 1 << (depth.bit_length() - 1)
        self.burst_entries = min(params.burst_beats, page_beats, fitting)
        super().__init__(
            {
                **{name: In(1) for name in ("valid", "inside", "follows", "last", "frame")},
                "address": In(params.address_bits),
                "o": Out(stream.Signature(write_burst(params))),
                "has_room": Out(1, init=1),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        layout = write_burst(self._params)
        burst = Signal(layout, reset_less=True)
        held, closed = Signal(), Signal()
        number = self.address[self._beat_bits :]
        joins, closes, push, length = Signal(), Signal(), Signal(), Signal(8)
        ends_page = number[: self._place_bits].all()
        m.d.comb += [
            joins.eq(held & ~closed & self.inside & self.follows),
            length.eq(Mux(joins, burst.length + 1, 0)),
            closes.eq(self.last | ends_page | (length == self.burst_entries - 1)),
            push.eq(held & (closed | (self.valid & ~joins))),
        ]
        with m.If(self.valid & self.inside):
            m.d.sync += [held.eq(1), closed.eq(closes), burst.length.eq(length)]
        with m.Elif(push):
            m.d.sync += [held.eq(0), closed.eq(0)]
        with m.If(self.valid & ~joins):
            m.d.sync += [
                burst.address.eq(Cat(C(0, self._beat_bits), number)),
                burst.frame.eq(self.frame),
            ]
        m.submodules.queue = queue = SyncFIFOBuffered(
            width=Shape.cast(layout).width, depth=self._bursts
        )
        m.d.comb += [
            queue.w_en.eq(push),
            queue.w_data.eq(burst),
            self.o.valid.eq(queue.r_rdy),
            self.o.payload.eq(queue.r_data),
            queue.r_en.eq(self.o.ready),
            self.has_room.eq(queue.level <= self._bursts - self.MARGIN),
            self.busy.eq(held | queue.level.any()),
        ]
        return m
