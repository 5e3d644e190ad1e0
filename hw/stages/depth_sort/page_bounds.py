"""Least and largest upper half of the keys in each page of a long list."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.depth_sort.formats import BUCKET_BITS
from hw.stages.tile_bin.layouts import RECORD_ENTRIES, page_bits


class PageBounds(wiring.Component):
    """Learns a list's bounds as its keys are counted, and gives those of a page.

    Entries come cluster by cluster, so a page holds keys that lie near each other, and a range of
    keys needs few pages of a long list.

    Latency: WRITE_CYCLES = 3 from a page's last record to its bounds, READ_CYCLES = 2 from `index`
    to `low` and `high`. Throughput: a record a cycle.

    Members
    -------
    start : In(1), for a cycle: the next record is the first of a list.
    valid : In(1), a record. buckets : In(10 an entry), upper halves of its keys.
    is_half : In(1), it holds one entry. last : In(1), it is the last one of its page.
    index : In(page_bits), of a page in its list. low, high : Out(10), both included.
    """

    WRITE_CYCLES = 3
    READ_CYCLES = 2

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "start": In(1),
                "valid": In(1),
                "buckets": In(BUCKET_BITS).array(RECORD_ENTRIES),
                "is_half": In(1),
                "last": In(1),
                "index": In(page_bits(params)),
                "low": Out(BUCKET_BITS),
                "high": Out(BUCKET_BITS),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.pages = memory = Memory(
            shape=2 * BUCKET_BITS, depth=self._params.list_pages, init=[]
        )
        write, read = memory.write_port(), memory.read_port()
        valid, last, is_first = Signal(), Signal(reset_less=True), Signal()
        least, most, low, high = (
            Signal(BUCKET_BITS, name=name, reset_less=True)
            for name in ("least", "most", "page_low", "page_high")
        )
        ended, place = Signal(), Signal(page_bits(self._params), reset_less=True)
        first, second = self.buckets
        falls = ~self.is_half & (second < first)
        rises = ~self.is_half & (second > first)
        m.d.sync += [
            # The record alone, then the page so far.
            valid.eq(self.valid),
            last.eq(self.last),
            least.eq(Mux(falls, second, first)),
            most.eq(Mux(rises, second, first)),
            ended.eq(valid & last),
            Cat(self.low, self.high).eq(read.data),
        ]
        with m.If(valid):
            m.d.sync += [
                is_first.eq(last),
                low.eq(Mux(is_first | (least < low), least, low)),
                high.eq(Mux(is_first | (most > high), most, high)),
            ]
        m.d.comb += [
            read.addr.eq(self.index),
            read.en.eq(1),
            write.addr.eq(place),
            write.data.eq(Cat(low, high)),
            write.en.eq(ended),
        ]
        m.d.sync += place.eq(place + ended)
        with m.If(self.start):
            m.d.sync += [is_first.eq(1), place.eq(0)]
        return m
