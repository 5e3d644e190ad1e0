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
from hw.blocks.held_block import InlineBlock
from hw.blocks.multiply import OPERAND_BITS, ShiftAdd
from hw.layouts import shape
from hw.stages.tile_bin.layouts import EDGE_BITS, bin_bits, entry_spans
from hw.stages.tile_bin.reach import LOG_BITS, Reach

FIELDS = ("u", "v", "swap", "slope", "w1", "w2", "opacity", "far")  # that are looked at
REACH_LOG_BITS = 9


class EntrySpans(InlineBlock):
    """golden.stages.tile_bin.spans.entry_spans, of an entry and its Rectangle.

    Latency: `latency_cycles`. No multiplier: products are made of adders. Where splats are some
    cycles apart, both reaches and both products take turns, and there is 1 multiplier of 18 x 12.

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
        names = [name for name in self.signature.members if name != "spans"]
        spans = self.steps(p, **{name: p.input(getattr(self, name)) for name in names})
        return p.finish(*((self.spans[name], value) for name, value in spans.items()))

    def steps(self, p, *, first, left, row, columns, rows, **entry):
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
        height, width = self._reaches(p, entry)
        middle, clip = self._products(p, slope, edge, height)
        return {
            "first": first,
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

    def _reaches(self, p, entry):
        """Along and across."""
        if p.cycles == 1:
            return [self._reach(p, name, entry) for name in ("w2", "w1")]
        reach_log = self._reach_log(p, "reach_log", entry)

        def reach(p, name, weight, reach_log):
            return {"reach": self._from_log(p, name, reach_log, weight)}

        jobs = {name: {"weight": entry[name]} for name in ("w1", "w2")}
        width, height = (v["reach"] for v in p.alike(jobs, reach, reach_log=reach_log))
        return height, width

    def _reach(self, p, name, entry):
        """Reach along or across, by the logarithms of opacity and weight."""
        read = self._reach_log(p, f"reach_log_{name}", entry)
        reach_log = p.register(f"log_{name}", lambda v: v, read)
        return self._from_log(p, name, reach_log, entry[name])

    @staticmethod
    def _reach_log(p, name, entry):
        """What a table has for the opacity."""
        words = reach_log_table().tolist()
        table = Memory(shape=signed(REACH_LOG_BITS), depth=len(words), init=words)
        p.m.submodules[name] = table
        port, opacity = table.read_port(), entry["opacity"]
        p.m.d.comb += port.addr.eq(opacity.value)
        return p.input(port.data, opacity.cycle + 1)

    @staticmethod
    def _from_log(p, name, reach_log, weight):
        log = p.register(
            f"reach_of_{name}",
            lambda r, w: (r - w + (ONE + 1))[:LOG_BITS].as_signed(),
            reach_log,
            weight,
        )
        return p.call(f"reach_{name}", Reach(), log=log)["reach"]

    def _products(self, p, slope, edge, height):
        """m at the first band's edge, and s H."""
        whole_down = SLOPE_FRACTION_BITS - MIDDLE_FRACTION_BITS
        middle_down, clip_down = (
            whole_down + bits for bits in (CENTER_FRACTION_BITS, PLACE_FRACTION_BITS)
        )
        if p.cycles > 1:
            return self._products_in_turn(p, slope, edge, height, middle_down, clip_down)
        size = p.register("size", lambda s: Mux(s < 0, -s, s)[:SLOPE_FRACTION_BITS], slope)
        against = p.register("against", lambda s, e: Mux(s < 0, e, -e), slope, edge)
        whole = p.register("whole_height", lambda h: h + HEIGHT_MARGIN, height)
        along = p.register("signed_height", lambda s, h: Mux(s < 0, -h, h), slope, whole)
        middle = self._times(p, "middle_product", against, size)
        clip = self._times(p, "clip_product", along, size)
        return (
            p.wire("middle", lambda v: v >> middle_down, middle),
            p.wire("clip", lambda v: v >> clip_down, clip),
        )

    @staticmethod
    def _products_in_turn(p, slope, edge, height, middle_down, clip_down):
        """The same by one multiplier: a value's lowest bits, which it has no room for, add the
        slope once or twice."""
        against = p.register("against", lambda e: (-e)[:EDGE_BITS].as_signed(), edge)
        whole = p.register(
            "whole_height",
            lambda h: (h + Const(HEIGHT_MARGIN, EDGE_BITS))[:EDGE_BITS].as_signed(),
            height,
        )
        below = EDGE_BITS - OPERAND_BITS

        def product(p, name, value, slope):
            upper = p.wire(f"{name}_upper", lambda v: v >> below, value)
            upper = p.multiply(f"{name}_upper_product", upper, slope)
            rest = p.register(
                f"{name}_rest",
                lambda v, s: Mux(v[0], s, 0) + (Mux(v[1], s, 0) << 1),
                value,
                slope,
            )
            total = p.register(f"{name}_product", lambda a, b: (a << below) + b, upper, rest)
            return {
                "middle": p.wire(f"{name}_middle", lambda v: v >> middle_down, total),
                "clip": p.wire(f"{name}_clip", lambda v: v >> clip_down, total),
            }

        jobs = {"middle": {"value": against}, "clip": {"value": whole}}
        middle, clip = p.alike(jobs, product, slope=slope)
        return middle["middle"], clip["clip"]

    def _times(self, p, name, a, b):
        return p.call(name, ShiftAdd(a.value.shape(), len(b.value)), a=a, b=b)["product"]


def _places(bins, bits):
    """Bins as places of so many bits each."""
    return Cat(Const(0, bits), bins)
