"""Matches the beats of the bus with the bursts that they answer."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Shape, Signal
from amaranth.lib import data, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from golden.params import Parameters


def granted_burst(clients: int) -> data.StructLayout:
    """A burst under way: beats - 1, whether its first and last slot hold no record, frame, owner.

    Parameters
    ----------
    clients : how many; `owner` has a bit each.
    """
    flags = dict.fromkeys(("skip_first", "skip_last", "frame"), 1)
    return data.StructLayout({"length": 8, **flags, "owner": clients})


class ReadAnswers(wiring.Component):
    """Says of each beat whose burst it is of and where it is in it; all bursts have one id, so they
    come in the order of grants.

    A beat counts only while the address of a burst was taken and its last beat has not come: what
    nobody asked for, as a memory may give that was not reset with the master, is ignored. A burst
    ends with its `last`, at whichever beat.

    Latency: 1 from a beat taken to `valid`.

    Parameters
    ----------
    clients : how many.

    Members
    -------
    grant : In(1), `granted` : In(granted_burst), a burst will be offered.
    addressed : In(1), an address was taken.
    r_valid, r_last : In(1), always taken.
    valid : Out(1), for a cycle each, a beat counts; those below are of it.
    ends : Out(1), it is the last of its burst.
    burst : Out(granted_burst), its burst.
    first, due_last, beyond : Out(1), it is the first beat asked for, the last one, or none.
    wrong_length : Out(1), it ends the burst early, or does not where due.
    beyond_next : Out(1), `beyond` of the beat that counts next.
    """

    def __init__(self, params: Parameters, clients: int):
        self._limit, self._layout = params.outstanding_bursts, granted_burst(clients)
        outputs = ("valid", "ends", "first", "due_last", "beyond", "wrong_length", "beyond_next")
        super().__init__(
            {
                **{name: In(1) for name in ("grant", "addressed", "r_valid", "r_last")},
                "granted": In(self._layout),
                **{name: Out(1) for name in outputs},
                "burst": Out(self._layout),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.order = order = SyncFIFOBuffered(
            width=Shape.cast(self._layout).width, depth=self._limit + 1
        )
        addressed, after = (
            Signal(range(self._limit + 1), name=name) for name in ("addressed", "addressed_after")
        )
        last, is_first, count = Signal(reset_less=True), Signal(init=1), Signal(8)
        m.d.comb += [
            order.w_en.eq(self.grant),
            order.w_data.eq(self.granted),
            order.r_en.eq(self.ends),
            self.burst.eq(order.r_data),
            after.eq(addressed + self.addressed - self.ends),
            self.ends.eq(self.valid & last),
            self.first.eq(is_first),
            self.due_last.eq(~self.beyond & (count == self.burst.length)),
            self.wrong_length.eq(self.valid & ~self.beyond & (last ^ self.due_last)),
            self.beyond_next.eq(
                Mux(self.valid, (self.beyond | self.due_last) & ~last, self.beyond)
            ),
        ]
        m.d.sync += [
            addressed.eq(after),
            self.valid.eq(self.r_valid & (after != 0)),
            last.eq(self.r_last),
            self.beyond.eq(self.beyond_next),
        ]
        with m.If(self.valid):
            m.d.sync += [is_first.eq(last), count.eq(Mux(last, 0, count + 1))]
        return m
