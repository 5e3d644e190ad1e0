"""Ranges of keys from a histogram, as golden.stages.depth_sort.integer.sort_plan makes them."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.depth_sort.formats import BUCKET_BITS
from golden.stages.tile_bin.entry import KEY_BITS
from hw.stages.tile_bin.layouts import length_bits


def key_range(params: Parameters) -> data.StructLayout:
    """Keys to be read, and how many there are.

    Members
    -------
    low, high : keys, both included. count : entries that have them.
    refine : 1, they are one bucket of the upper half with more than N: count its lower halves.
    """
    return data.StructLayout(
        {"low": KEY_BITS, "high": KEY_BITS, "count": length_bits(params), "refine": 1}
    )


class RangeScan(wiring.Component):
    """Goes through a histogram bucket by bucket, and sets each counter that it read to 0.

    After a range with `refine` it waits for `go`: then the lower halves are counted, and it goes
    through these before it goes on.
    Time: BUCKET_CYCLES = 6 a bucket, and BUCKET_CYCLES - 3 more where a range ends before it.

    Members
    -------
    start : In(1), the upper halves are counted; while not busy. go : In(1), the lower ones are.
    bucket : Out(11), of a CountMemory: upper halves from 0, lower ones from 1024.
    clear : Out(1). stored : In(length_bits), two cycles later.
    o : Out(stream of key_range). busy : Out(1), until the last range was taken.
    """

    BUCKET_CYCLES = 6

    def __init__(self, params: Parameters):
        self._params = params
        self._bits = length_bits(params)
        super().__init__(
            {
                "start": In(1),
                "go": In(1),
                "bucket": Out(BUCKET_BITS + 1),
                "clear": Out(1),
                "stored": In(self._bits),
                "o": Out(stream.Signature(key_range(params))),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        is_lower = Signal()
        bucket, first, upper = (Signal(BUCKET_BITS, reset_less=True) for _ in range(3))
        total, count, both = (Signal(self._bits + 1, reset_less=True) for _ in range(3))
        is_big, closes = Signal(reset_less=True), Signal(reset_less=True)
        at_end = bucket == (1 << BUCKET_BITS) - 1
        m.d.comb += self.bucket.eq(Cat(bucket, is_lower))
        with m.FSM():
            with m.State("REST"):
                m.d.sync += [bucket.eq(0), first.eq(0), total.eq(0), is_lower.eq(0)]
                with m.If(self.start):
                    m.d.sync += self.busy.eq(1)
                    m.next = "READ"
            with m.State("READ"):
                m.next = "WAIT"
            with m.State("WAIT"):
                m.next = "TAKE"
            with m.State("TAKE"):
                m.d.comb += self.clear.eq(1)
                m.d.sync += count.eq(self.stored)
                m.next = "ADD"
            with m.State("ADD"):
                m.d.sync += [both.eq(total + count), is_big.eq(count > self._params.sort_entries)]
                m.next = "DECIDE"
            with m.State("DECIDE"):
                m.d.sync += closes.eq((total != 0) & (both > self._params.sort_entries))
                m.next = "ACT"
            with m.State("ACT"):
                with m.If(closes):
                    self._offer(m, is_lower, upper, first, bucket - 1, total)
                    with m.If(self.o.ready):
                        m.d.sync += [first.eq(bucket), total.eq(0)]
                        m.next = "ADD"
                with m.Elif(is_big):
                    self._offer(m, is_lower, upper, bucket, bucket, count)
                    m.d.comb += self.o.payload.refine.eq(~is_lower)
                    with m.If(self.o.ready):
                        m.d.sync += first.eq(bucket + 1)
                        with m.If(is_lower):
                            self._next(m, bucket, at_end)
                        with m.Else():
                            m.d.sync += upper.eq(bucket)
                            m.next = "COUNT"
                with m.Else():
                    m.d.sync += total.eq(both)
                    self._next(m, bucket, at_end)
            with m.State("COUNT"), m.If(self.go):
                m.d.sync += [bucket.eq(0), first.eq(0), is_lower.eq(1)]
                m.next = "READ"
            with m.State("END"):
                with m.If(total != 0):
                    self._offer(m, is_lower, upper, first, Const(-1, BUCKET_BITS), total)
                    with m.If(self.o.ready):
                        m.d.sync += total.eq(0)
                with m.Elif(is_lower):
                    m.d.sync += [is_lower.eq(0), first.eq(upper + 1), bucket.eq(upper)]
                    m.next = "BACK"
                with m.Else():
                    m.d.sync += self.busy.eq(0)
                    m.next = "REST"
            with m.State("BACK"):
                self._next(m, bucket, at_end)
        return m

    def _next(self, m, bucket, at_end):
        """To the next bucket of this level, or to its end."""
        m.d.sync += bucket.eq(bucket + 1)
        with m.If(at_end):
            m.next = "END"
        with m.Else():
            m.next = "READ"

    def _offer(self, m, is_lower, upper, first, last, number):
        """Puts the range of some buckets at the output."""
        low = Mux(is_lower, Cat(first, upper), Cat(Const(0, BUCKET_BITS), first))
        high = Mux(is_lower, Cat(last[:BUCKET_BITS], upper),
                   Cat(Const(-1, BUCKET_BITS), last[:BUCKET_BITS]))  # fmt: skip
        m.d.comb += [
            self.o.valid.eq(1),
            self.o.payload.low.eq(low),
            self.o.payload.high.eq(high),
            self.o.payload["count"].eq(number),
        ]
