"""What an entry's spans in the bands of its rectangle are made of."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Mux, signed
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.rasterize.entry_steps import ONE
from golden.stages.rasterize.formats import reach_log_table
from golden.stages.tile_bin.entry import (
    CENTER_FRACTION_BITS,
    ENTRY_FIELDS,
    SLOPE_FRACTION_BITS,
)
from golden.stages.tile_bin.spans import (
    EDGE_MARGIN,
    EDGE_SHIFT,
    HEIGHT_MARGIN,
    MIDDLE_FRACTION_BITS,
    PLACE_FRACTION_BITS,
    PLACE_MARGIN,
    band_bits,
    side_bits,
)
from hw.blocks.multiply import ShiftAdd
from hw.blocks.pipeline import Block
from hw.layouts import shape
from hw.stages.tile_bin.layouts import EDGE_BITS, bin_bits, entry_spans
from hw.stages.tile_bin.reach import LOG_BITS, Reach

FIELDS = ("u", "v", "swap", "slope", "w1", "w2", "opacity", "far")  # that are looked at
REACH_LOG_BITS = 9


class EntrySpans(Block):
    """golden.stages.tile_bin.spans.entry_spans, of an entry and its Rectangle.

    Latency: `latency_cycles`. No multiplier: products are made of adders.

    Members
    -------
    first, left, row, columns, rows : In, of its Rectangle.
    u, v, swap, slope, w1, w2, opacity, far : In, of the entry.
    spans : Out(entry_spans).
    """

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "first": In(bin_bits(params)),
                **{name: In(band_bits(params)) for name in ("left", "row", "columns", "rows")},
                **{name: In(shape(ENTRY_FIELDS[name][1])) for name in FIELDS},
                "spans": Out(entry_spans(params)),
            }
        )

    def build(self, p):
        entry = {name: p.input(getattr(self, name)) for name in FIELDS}
        left, row, columns, rows = (
            p.input(getattr(self, name)) for name in ("left", "row", "columns", "rows")
        )
        swap, slope, side = entry["swap"], entry["slope"], side_bits(self._params)

        def choose(name, a, b):
            return p.register(name, lambda s, a, b: Mux(s, b, a), swap, a, b)

        along = choose("along", entry["u"], entry["v"])
        across = choose("across", entry["v"], entry["u"])
        edge = p.register(
            "edge",
            lambda f, c: (_places(f, side + CENTER_FRACTION_BITS) - c)[:EDGE_BITS].as_signed(),
            choose("first_across", row, left),
            across,
        )
        center = p.register(
            "center",
            lambda c, f: (c >> EDGE_SHIFT) - _places(f, side + PLACE_FRACTION_BITS),
            along,
            choose("first_along", left, row),
        )
        height, width = (self._reach(p, name, entry) for name in ("w2", "w1"))
        middle, clip = self._products(p, slope, edge, height)
        spans = {
            "first": p.input(self.first),
            "bands": choose("bands", rows, columns),
            "places": choose("places", columns, rows),
            "swap": swap,
            "whole": entry["far"],
            "edge": edge,
            "middle": middle,
            "slope": slope,
            "height": p.register("height", lambda h: h + EDGE_MARGIN, height),
            "clip": clip,
            "low": p.register("low", lambda c, w: c - w - PLACE_MARGIN, center, width),
            "high": p.register("high", lambda c, w: c + w + PLACE_MARGIN, center, width),
        }
        return p.finish(*((self.spans[name], value) for name, value in spans.items()))

    def _reach(self, p, name, entry):
        """Reach along or across, by the logarithms of opacity and weight."""
        words = reach_log_table().tolist()
        table = Memory(shape=signed(REACH_LOG_BITS), depth=len(words), init=words)
        p.m.submodules[f"reach_log_{name}"] = table
        port, opacity = table.read_port(), entry["opacity"]
        p.m.d.comb += port.addr.eq(opacity.value)
        read = p.input(port.data, opacity.cycle + 1)
        reach_log = p.register(f"log_{name}", lambda v: v, read)
        log = p.register(
            f"reach_of_{name}",
            lambda r, w: (r - w + (ONE + 1))[:LOG_BITS].as_signed(),
            reach_log,
            entry[name],
        )
        return p.call(f"reach_{name}", Reach(), log=log)["reach"]

    def _products(self, p, slope, edge, height):
        """m at the first band's edge, and s H."""
        size = p.register("size", lambda s: Mux(s < 0, -s, s)[:SLOPE_FRACTION_BITS], slope)
        against = p.register("against", lambda s, e: Mux(s < 0, e, -e), slope, edge)
        whole = p.register("whole_height", lambda h: h + HEIGHT_MARGIN, height)
        along = p.register("signed_height", lambda s, h: Mux(s < 0, -h, h), slope, whole)
        down = SLOPE_FRACTION_BITS - MIDDLE_FRACTION_BITS
        middle = self._times(p, "middle_product", against, size)
        clip = self._times(p, "clip_product", along, size)
        return (
            p.wire("middle", lambda v: v >> (CENTER_FRACTION_BITS + down), middle),
            p.wire("clip", lambda v: v >> (PLACE_FRACTION_BITS + down), clip),
        )

    def _times(self, p, name, a, b):
        return p.call(name, ShiftAdd(a.value.shape(), len(b.value)), a=a, b=b)["product"]


def _places(bins, bits):
    """Bins as places of so many bits each."""
    return Cat(Const(0, bits), bins)
