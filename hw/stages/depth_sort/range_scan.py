"""Ranges of keys from a histogram, as golden.stages.depth_sort.integer.sort_plan makes them."""

from __future__ import annotations

from itertools import pairwise

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.depth_sort.formats import BUCKET_BITS
from golden.stages.tile_bin.entry import KEY_BITS
from hw.blocks.stream_register import StreamRegister
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


def bucket_count(params: Parameters) -> data.StructLayout:
    """A bucket and its counter; is_big : more than N. some : not 0."""
    members = {"bucket": BUCKET_BITS, "count": length_bits(params), "is_big": 1, "some": 1}
    return data.StructLayout(members)


class RangeScan(wiring.Component):
    """Goes through a histogram, a bucket a cycle, and sets each counter that it used to 0.

    A bucket is named, read, held and added in stages that move together, up to a register of a
    stream; behind it lies the decision whether the bucket belongs to the open range. Ranges wait in
    another such register, so neither the histogram nor who takes them is in the decision's cycle.
    After a range with `refine` it waits for `go`: then the lower halves are counted, and it goes
    through these before it names the bucket behind that one.
    Time: 1024 + READ_MOVES + 1 cycles a level, one a range, and those in which ranges wait.

    Members
    -------
    start : In(1), the upper halves are counted; while not busy. go : In(1), the lower ones are, and
        DRAIN_CYCLES have passed since the range with `refine` was taken.
    bucket : Out(11), to be read: upper halves from 0, lower ones from 1024.
    clear : Out(1), `clear_bucket` becomes 0. clear_bucket : Out(11).
    move : Out(1), what is read goes on; a register, and 1 from DRAIN_CYCLES after a walk.
    stored : In(length_bits), of `bucket` two moves ago.
    o : Out(stream of key_range). busy : Out(1), until the last range was taken.
    """

    READ_MOVES = 3
    DRAIN_CYCLES = 2

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
                "stored": In(self._bits),
                "o": Out(stream.Signature(key_range(params))),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        most = self._params.sort_entries
        m.submodules.ranges = ranges = StreamRegister(key_range(self._params))
        wiring.connect(m, ranges.o, wiring.flipped(self.o))
        is_lower, names, walks, is_active = (Signal() for _ in range(4))
        next_bucket, first, upper = (
            Signal(BUCKET_BITS, name=name, reset_less=True)
            for name in ("next_bucket", "first", "upper")
        )
        # Entries of the open range, and how many more fit.
        total = Signal(range(most + 1), reset_less=True)
        room, is_open = Signal.like(total), Signal(reset_less=True)
        buckets = self._read(m, walks, names, next_bucket)
        bucket, count, is_big = (buckets.payload[name] for name in ("bucket", "count", "is_big"))
        closes, is_last, passes = Signal(), bucket == LAST_BUCKET, Signal()
        m.d.comb += [
            closes.eq(is_open & (is_big | (count[: len(room)] > room))),
            self.bucket.eq(Cat(next_bucket, is_lower)),
            self.busy.eq(is_active | self.o.valid),
            buckets.ready.eq(passes | ~walks),
        ]
        m.d.sync += [
            self.clear.eq(walks & buckets.valid & passes),
            self.clear_bucket.eq(Cat(bucket, is_lower)),
        ]
        emptied = [total.eq(0), room.eq(most), is_open.eq(0)]
        with m.FSM():
            with m.State("REST"):
                m.d.sync += [next_bucket.eq(0), first.eq(0), is_lower.eq(0), *emptied]
                with m.If(self.start):
                    m.d.sync += [is_active.eq(1), names.eq(1)]
                    m.next = "WALK"
            with m.State("WALK"):
                m.d.comb += walks.eq(1)
                with m.If(buckets.valid & closes):
                    self._offer(m, ranges.i, is_lower, upper, first, bucket - 1, total)
                    with m.If(ranges.i.ready):
                        m.d.sync += [first.eq(bucket), *emptied]
                with m.Elif(buckets.valid & is_big):
                    self._offer(m, ranges.i, is_lower, upper, bucket, bucket, count)
                    m.d.comb += [
                        ranges.i.payload.refine.eq(~is_lower),
                        passes.eq(ranges.i.ready),
                    ]
                    with m.If(ranges.i.ready):
                        m.d.sync += first.eq(bucket + 1)
                        with m.If(~is_lower):
                            m.d.sync += [upper.eq(bucket), names.eq(0)]
                            m.next = "COUNT"
                with m.Else():
                    m.d.comb += passes.eq(1)
                    with m.If(buckets.valid):
                        m.d.sync += [
                            total.eq(total + count),
                            room.eq(room - count),
                            is_open.eq(is_open | buckets.payload.some),
                        ]
                with m.If(buckets.valid & is_last & passes & (is_lower | ~is_big)):
                    m.next = "END"
            with m.State("COUNT"), m.If(self.go):
                m.d.sync += [next_bucket.eq(0), first.eq(0), is_lower.eq(1), names.eq(1)]
                m.next = "WALK"
            with m.State("END"):
                with m.If(is_open):
                    self._offer(m, ranges.i, is_lower, upper, first, Const(-1, BUCKET_BITS), total)
                    with m.If(ranges.i.ready):
                        m.d.sync += emptied
                with m.Elif(is_lower & (upper != LAST_BUCKET)):
                    m.d.sync += [is_lower.eq(0), first.eq(upper + 1), names.eq(1)]
                    m.d.sync += next_bucket.eq(upper + 1)
                    m.next = "WALK"
                with m.Else():
                    m.d.sync += is_active.eq(0)
                    m.next = "REST"
        return m

    def _read(self, m, walks, names, next_bucket):
        """The stream of the buckets and their counters; of those that are on their way at the end
        of a walk none is offered in the next one."""
        m.submodules.buckets = held = StreamRegister(bucket_count(self._params))
        valid = Signal(self.READ_MOVES)
        buckets = [
            Signal(BUCKET_BITS, name=f"bucket_{n}", reset_less=True) for n in range(self.READ_MOVES)
        ]
        count = Signal(self._bits, reset_less=True)
        m.d.comb += [
            self.move.eq(held.i.ready),
            held.i.valid.eq(valid[-1]),
            held.i.payload.bucket.eq(buckets[-1]),
            held.i.payload["count"].eq(count),
            held.i.payload.is_big.eq(count > self._params.sort_entries),
            held.i.payload.some.eq(count != 0),
        ]
        with m.If(self.move):
            m.d.sync += [
                valid.eq(Cat(names, valid[:-1])),
                buckets[0].eq(next_bucket),
                *(after.eq(before) for before, after in pairwise(buckets)),
                count.eq(self.stored),
                next_bucket.eq(next_bucket + names),
                names.eq(names & (next_bucket != LAST_BUCKET)),
            ]
        with m.If(~walks):
            m.d.sync += valid.eq(0)
        return held.o

    def _offer(self, m, ranges, is_lower, upper, first, last, number):
        """Puts the range of some buckets into the stream of ranges."""
        low = Mux(is_lower, Cat(first, upper), Cat(Const(0, BUCKET_BITS), first))
        high = Mux(is_lower, Cat(last[:BUCKET_BITS], upper),
                   Cat(Const(-1, BUCKET_BITS), last[:BUCKET_BITS]))  # fmt: skip
        m.d.comb += [
            ranges.valid.eq(1),
            ranges.payload.low.eq(low),
            ranges.payload.high.eq(high),
            ranges.payload["count"].eq(number),
        ]
