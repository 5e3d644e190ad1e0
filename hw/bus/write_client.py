"""What a write master has of each client: check, bursts and data."""

from __future__ import annotations

from amaranth.hdl import Module, ResetInserter
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.bus.window_check import WindowCheck
from hw.bus.write_queue import WriteQueue
from hw.bus.write_splitter import WriteSplitter, write_burst
from hw.layouts import write_beat, write_word


class WriteClient(wiring.Component):
    """Takes a client's beats, drops those outside its window, and offers bursts of the others.

    A burst is offered once all of its data is in the queue.

    Latency: OFFER_CYCLES = 5 from the last beat of a run taken to its burst offered;
    OUTSIDE_CYCLES = 2 from a beat taken to `outside`.
    Throughput: a beat a cycle.

    Parameters
    ----------
    depth : entries of the queue, a beat each, 2 or more.

    Members
    -------
    i : In(stream of write_beat); `ready` is a register.
    window_first, window_end : In(address_bits), byte addresses.
    bursts : Out(stream of write_burst); one that is taken has its entries granted.
    read : In(1), the next granted entry is shown from the next cycle on.
    o : Out(write_word), that entry.
    outside : Out(1), for a cycle each, a beat of `outside_frame` was dropped.
    outside_frame : Out(1).
    busy : Out(1), a beat is taken, or some that were taken are not granted yet.
    flush : In(1), forgets what is not granted, also what is offered now.
    """

    OFFER_CYCLES = WindowCheck.LATENCY_CYCLES + WriteSplitter.OFFER_CYCLES
    OUTSIDE_CYCLES = WindowCheck.LATENCY_CYCLES

    def __init__(self, params: Parameters, depth: int):
        self._check = WindowCheck(params)
        self._splitter = WriteSplitter(params, depth)
        self._queue = WriteQueue(params, depth)
        super().__init__(
            {
                "i": In(stream.Signature(write_beat(params))),
                "window_first": In(params.address_bits),
                "window_end": In(params.address_bits),
                "bursts": Out(stream.Signature(write_burst(params))),
                "read": In(1),
                "o": Out(write_word(params)),
                "outside": Out(1),
                "outside_frame": Out(1),
                "busy": Out(1),
                "flush": In(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        check, splitter, queue = self._check, self._splitter, self._queue
        m.submodules.check = ResetInserter(self.flush)(check)
        m.submodules.splitter = ResetInserter(self.flush)(splitter)
        m.submodules.queue = queue
        accept = self.i.valid & self.i.ready
        beat = check.o
        m.d.comb += [
            self.i.ready.eq(queue.ready),
            check.i_valid.eq(accept),
            check.i.eq(self.i.payload),
            check.window_first.eq(self.window_first),
            check.window_end.eq(self.window_end),
            splitter.address.eq(beat.address),
            *(
                getattr(splitter, name).eq(getattr(check, name))
                for name in ("valid", "inside", "follows")
            ),
            splitter.last.eq(beat.last),
            splitter.frame.eq(beat.frame),
            queue.has_room.eq(splitter.has_room),
            queue.reserve.eq(accept),
            queue.drop.eq(check.valid & ~check.inside),
            queue.write.eq(check.valid & check.inside),
            queue.entry.data.eq(beat.data),
            queue.entry.strobe.eq(beat.strobe),
            queue.grant.eq(self.bursts.valid & self.bursts.ready),
            queue.length.eq(self.bursts.payload.length),
            queue.read.eq(self.read),
            queue.flush.eq(self.flush),
            self.o.eq(queue.o),
            self.outside.eq(queue.drop & ~self.flush),
            self.outside_frame.eq(beat.frame),
            self.busy.eq(accept | check.busy | splitter.busy),
        ]
        wiring.connect(m, splitter.o, wiring.flipped(self.bursts))
        return m
