"""Ranges of keys from a histogram, as golden.stages.depth_sort.integer.sort_plan makes them."""

from __future__ import annotations

from itertools import pairwise

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.depth_sort.formats import BUCKET_BITS
from golden.stages.tile_bin.entry import KEY_BITS
from hw.stages.tile_bin.layouts import length_bits

LAST_BUCKET = (1 << BUCKET_BITS) - 1


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
    """Goes through a histogram, a bucket a cycle, and sets each counter that it used to 0.

    A bucket is named, read, held and added in four stages that move together; they stand while a
    range is offered. After a range with `refine` it waits for `go`: then the lower halves are
    counted, and it goes through these before it names the bucket behind that one.
    Time: 1024 + READ_MOVES cycles a level, and those in which a range waits to be taken.

    Members
    -------
    start : In(1), the upper halves are counted; while not busy. go : In(1), the lower ones are.
    bucket : Out(11), to be read: upper halves from 0, lower ones from 1024.
    clear : Out(1), `clear_bucket` becomes 0. clear_bucket : Out(11).
    move : Out(1), what is read goes on. walks : Out(1), the histogram is being read.
    stored : In(length_bits), of `bucket` two moves ago.
    o : Out(stream of key_range). busy : Out(1), until the last range was taken.
    """

    READ_MOVES = 3

    def __init__(self, params: Parameters):
        self._params = params
        self._bits = length_bits(params)
        super().__init__(
            {
                "start": In(1),
                "go": In(1),
                "bucket": Out(BUCKET_BITS + 1),
                "clear": Out(1),
                "clear_bucket": Out(BUCKET_BITS + 1),
                "move": Out(1),
                "walks": Out(1),
                "stored": In(self._bits),
                "o": Out(stream.Signature(key_range(params))),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        most = self._params.sort_entries
        is_lower, names = Signal(), Signal()
        next_bucket, first, upper = (
            Signal(BUCKET_BITS, name=name, reset_less=True)
            for name in ("next_bucket", "first", "upper")
        )
        total = Signal(range(most + 1), reset_less=True)
        valid, bucket, count = self._read(m, names, next_bucket)
        # Of the bucket at the end: more than N, or with the open range more than N.
        both, is_big, closes = Signal(range(2 * most + 1)), Signal(), Signal()
        is_last, moves_on = bucket == LAST_BUCKET, Signal()
        m.d.comb += [
            both.eq(total + count[: len(total)]),
            is_big.eq(count > most),
            closes.eq((total != 0) & (is_big | (both > most))),
            self.bucket.eq(Cat(next_bucket, is_lower)),
            self.clear_bucket.eq(Cat(bucket, is_lower)),
        ]
        with m.FSM():
            with m.State("REST"):
                m.d.sync += [next_bucket.eq(0), first.eq(0), total.eq(0), is_lower.eq(0)]
                with m.If(self.start):
                    m.d.sync += [self.busy.eq(1), names.eq(1)]
                    m.next = "WALK"
            with m.State("WALK"):
                m.d.comb += self.walks.eq(1)
                with m.If(valid & closes):
                    self._offer(m, is_lower, upper, first, bucket - 1, total)
                    with m.If(self.o.ready):
                        m.d.sync += [first.eq(bucket), total.eq(0)]
                with m.Elif(valid & is_big):
                    self._offer(m, is_lower, upper, bucket, bucket, count)
                    m.d.comb += [self.o.payload.refine.eq(~is_lower), moves_on.eq(self.o.ready)]
                    with m.If(self.o.ready):
                        m.d.sync += first.eq(bucket + 1)
                        with m.If(~is_lower):
                            m.d.sync += [upper.eq(bucket), names.eq(0)]
                            m.next = "COUNT"
                with m.Else():
                    m.d.comb += moves_on.eq(1)
                    m.d.sync += total.eq(Mux(valid, both, total))
                with m.If(valid & is_last & moves_on & (is_lower | ~is_big)):
                    m.next = "END"
            with m.State("COUNT"), m.If(self.go):
                m.d.sync += [next_bucket.eq(0), first.eq(0), is_lower.eq(1), names.eq(1)]
                m.next = "WALK"
            with m.State("END"):
                with m.If(total != 0):
                    self._offer(m, is_lower, upper, first, Const(-1, BUCKET_BITS), total)
                    with m.If(self.o.ready):
                        m.d.sync += total.eq(0)
                with m.Elif(is_lower & (upper != LAST_BUCKET)):
                    m.d.sync += [is_lower.eq(0), first.eq(upper + 1), names.eq(1)]
                    m.d.sync += next_bucket.eq(upper + 1)
                    m.next = "WALK"
                with m.Else():
                    m.d.sync += self.busy.eq(0)
                    m.next = "REST"
        m.d.comb += [self.move.eq(moves_on), self.clear.eq(moves_on & valid)]
        return m

    def _read(self, m, names, next_bucket):
        """The buckets on their way: whether there is one at the end, its number and its counter."""
        valid = Signal(self.READ_MOVES)
        buckets = [
            Signal(BUCKET_BITS, name=f"bucket_{n}", reset_less=True) for n in range(self.READ_MOVES)
        ]
        count = Signal(self._bits, reset_less=True)
        with m.If(self.move):
            m.d.sync += [
                valid.eq(Cat(names, valid[:-1])),
                buckets[0].eq(next_bucket),
                *(after.eq(before) for before, after in pairwise(buckets)),
                count.eq(self.stored),
                next_bucket.eq(next_bucket + names),
                names.eq(names & (next_bucket != LAST_BUCKET)),
            ]
        with m.If(~self.walks):
            m.d.sync += valid.eq(0)
        return valid[-1], buckets[-1], count

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
