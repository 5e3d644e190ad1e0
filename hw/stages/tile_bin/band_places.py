"""The bins of one band that an entry goes to."""

from __future__ import annotations

from amaranth.hdl import Mux
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.tile_bin.constants import BIN_BITS
from golden.stages.tile_bin.spans import (
    EDGE_SHIFT,
    MIDDLE_SHIFT,
    PLACE_FRACTION_BITS,
    band_bits,
    side_bits,
)
from hw.blocks.multiply import ShiftAdd
from hw.blocks.pipeline import Block
from hw.stages.tile_bin.layouts import bin_band, bin_bits, entry_spans


class BandPlaces(Block):
    """golden.stages.tile_bin.spans, `_places`, and the number of the first bin.

    Latency: `latency_cycles`. No multiplier: adders and comparators.

    Members
    -------
    across : In(10), bins of a row of the strip, held.
    span : In(entry_spans) with `edge`, `middle` and `first` those of the band.
    edge_1, middle_1 : In, those of the next one. is_last : In(1), passes.
    band : Out(bin_band).
    """

    def __init__(self, params: Parameters):
        self._params, layout = params, entry_spans(params)
        super().__init__(
            {
                "across": In(BIN_BITS),
                "span": In(layout),
                "edge_1": In(layout["edge"].shape),
                "middle_1": In(layout["middle"].shape),
                "is_last": In(1),
                "band": Out(bin_band(params)),
            }
        )

    def build(self, p):
        span = {name: p.input(self.span[name]) for name in entry_spans(self._params).members}
        places, whole = span["places"], span["whole"]
        below, over = _beyond(p, "0", p.input(self.span.edge), span["height"])
        edge_1 = p.register("edge_1_held", lambda v: v, p.input(self.edge_1))
        under, above = _beyond(p, "1", edge_1, span["height"])
        misses = p.register("misses", lambda a, b: a | b, over, under)
        near = p.register("near", lambda s, c, m: Mux(s, c, m), below, span["clip"], span["middle"])
        end = p.register(
            "end", lambda s, c, m: Mux(s, ~c, m), above, span["clip"], p.input(self.middle_1)
        )
        rises = p.wire("rises", lambda s: s[-1], span["slope"])
        down = side_bits(self._params) + PLACE_FRACTION_BITS

        def place(name, at, when_rises, else_):
            def added(s, a, x, y):
                return (a + (Mux(s, x, y) >> MIDDLE_SHIFT)) >> down

            return p.register(name, added, rises, span[at], when_rises, else_)

        low, high = place("low", "low", near, end), place("high", "high", end, near)

        def has_none(misses, low, high, places):
            return misses | (high < 0) | (low > places) | (low > high)

        none = p.register("none", has_none, misses, low, high, places)
        first = p.register(
            "first", lambda w, v: Mux(w | (v < 0), 0, v[: len(places.value)]), whole, low
        )
        last = p.register(
            "last",
            lambda w, v, n: Mux(w | (v > n), n, v[: len(n)]),
            whole,
            high,
            places,
        )
        count = p.register("count", lambda a, b: (b - a)[: len(a)], first, last)
        empty = p.register("empty", lambda w, none: none & ~w, whole, none)
        return p.finish(
            (self.band.number, self._number(p, span, first)),
            (self.band.places, count),
            (self.band.is_column, span["swap"]),
            (self.band.is_empty, empty),
            (self.band.is_last, p.input(self.is_last)),
        )

    def _number(self, p, span, first):
        """Of the first bin: so many rows or columns on."""
        bits = bin_bits(self._params)
        step = p.register("step", lambda s: Mux(s, self.across, 1)[:bits], span["swap"])
        product = ShiftAdd(step.value.shape(), band_bits(self._params))
        moved = p.call("moved", product, a=step, b=first)["product"]
        return p.register("number", lambda a, b: (a + b)[:bits], span["first"], moved)


def _beyond(p, name, edge, height):
    """Whether an edge is below -height, and above height."""
    below = p.register(f"below_{name}", lambda e, h: (e + (h << EDGE_SHIFT)) < 0, edge, height)
    return below, p.register(f"above_{name}", lambda e, h: e > (h << EDGE_SHIFT), edge, height)
