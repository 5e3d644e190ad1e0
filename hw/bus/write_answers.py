"""Matches the responses of the bus with the bursts that they answer."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.bus.axi import Response


class WriteAnswers(wiring.Component):
    """Says whose burst a response answers; all have one id, so they come in the order of grants.

    A response counts only where a burst's address and last data were both taken: one that nobody
    asked for, as a memory may give that was not reset with the master, is ignored.

    Latency: 1 from a response taken to `valid`.

    Parameters
    ----------
    clients : how many.

    Members
    -------
    grant : In(1), a burst of `grant_owner`, `grant_frame` will be offered.
    grant_owner : In(clients), a bit each. grant_frame : In(1).
    addressed : In(1), an address was taken. sent : In(1), a last beat was taken.
    b_valid : In(1), b_response : In(2), always taken.
    valid : Out(1), for a cycle each, a burst was answered.
    owner : Out(clients), frame : Out(1), of that burst.
    response : Out(Response), to it.
    """

    def __init__(self, params: Parameters, clients: int):
        self._limit, self._clients = params.outstanding_bursts, clients
        super().__init__(
            {
                **{name: In(1) for name in ("grant", "grant_frame", "addressed", "sent")},
                "grant_owner": In(clients),
                "b_valid": In(1),
                "b_response": In(2),
                "valid": Out(1),
                "owner": Out(clients),
                "frame": Out(1),
                "response": Out(Response),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.order = order = SyncFIFOBuffered(
            width=self._clients + 1, depth=self._limit + 1
        )
        response_valid, response = Signal(), Signal(Response, reset_less=True)
        m.d.sync += [response_valid.eq(self.b_valid), response.eq(self.b_response)]
        addressed, sent = (
            Signal(range(self._limit + 1), name=name) for name in ("addressed", "sent")
        )
        m.d.sync += [
            addressed.eq(addressed + self.addressed - self.valid),
            sent.eq(sent + self.sent - self.valid),
        ]
        m.d.comb += [
            order.w_en.eq(self.grant),
            order.w_data.eq(Cat(self.grant_owner, self.grant_frame)),
            order.r_en.eq(self.valid),
            Cat(self.owner, self.frame).eq(order.r_data),
            self.valid.eq(response_valid & addressed.any() & sent.any()),
            self.response.eq(response),
        ]
        return m
