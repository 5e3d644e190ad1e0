"""Sends the data of granted bursts."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.blocks.pair_register import PairRegister
from hw.layouts import write_word


def sent_beat(params: Parameters) -> data.StructLayout:
    """A beat of the data channel: data, a strobe a byte, and whether it ends its burst."""
    return data.StructLayout({**write_word(params).members, "last": 1})


class WriteSender(wiring.Component):
    """Reads the beats of bursts from the queues of their owners, in the order of the grants.

    Latency: LATENCY_CYCLES = 6 from a grant to its first beat offered, where nothing is ahead.
    Throughput: a beat a cycle, from burst to burst too. Bubbles come only between bursts.

    Parameters
    ----------
    clients : how many.

    Members
    -------
    grant : In(1), a burst of `owner` is to be sent; at most outstanding_bursts wait.
    owner : In(clients), a bit each. length : In(8), beats - 1.
    read : Out(clients), the next entry of that client is to be shown from the next cycle on.
    entries : In(write_word), one a client, held until the next read.
    o : Out(stream of sent_beat).
    """

    LATENCY_CYCLES = 6

    def __init__(self, params: Parameters, clients: int):
        self._params, self._clients = params, clients
        super().__init__(
            {
                "grant": In(1),
                "owner": In(clients),
                "length": In(8),
                "read": Out(clients),
                "entries": In(write_word(params)).array(clients),
                "o": Out(stream.Signature(sent_beat(params))),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.bursts = bursts = SyncFIFOBuffered(
            width=self._clients + 8, depth=self._params.outstanding_bursts + 1
        )
        m.submodules.output = output = PairRegister(sent_beat(self._params))
        wiring.connect(m, output.o, wiring.flipped(self.o))
        advance = output.i.ready
        active, is_last = Signal(), Signal(reset_less=True)
        owner, left = Signal(self._clients, reset_less=True), Signal(8, reset_less=True)
        next_owner, next_length = bursts.r_data[: self._clients], bursts.r_data[self._clients :]
        m.d.comb += [
            bursts.w_en.eq(self.grant),
            bursts.w_data.eq(Cat(self.owner, self.length)),
            bursts.r_en.eq(~active | (advance & is_last)),
            self.read.eq(Mux(active & advance, owner, 0)),
        ]
        with m.If(bursts.r_en):
            m.d.sync += [
                active.eq(bursts.r_rdy),
                owner.eq(next_owner),
                left.eq(next_length),
                is_last.eq(next_length == 0),
            ]
        with m.Elif(advance):
            m.d.sync += [left.eq(left - 1), is_last.eq(left == 1)]
        self._collect(m, output.i, Cat(active, is_last), owner)
        return m

    def _collect(self, m, sent, flags, owner):
        """The memories' outputs, then a register that takes the owner's, then the stream."""
        shown, collected = Signal(2), Signal(2)  # valid, last
        shown_owner = Signal.like(owner)
        word = Signal(write_word(self._params), reset_less=True)
        chosen = 0
        for n, entry in enumerate(self.entries):
            chosen = chosen | Mux(shown_owner[n], entry.as_value(), 0)
        with m.If(sent.ready):
            m.d.sync += [
                shown.eq(flags),
                shown_owner.eq(owner),
                collected.eq(shown),
                word.eq(chosen),
            ]
        m.d.comb += [
            sent.valid.eq(collected[0]),
            sent.payload.last.eq(collected[1]),
            sent.payload.data.eq(word.data),
            sent.payload.strobe.eq(word.strobe),
        ]
