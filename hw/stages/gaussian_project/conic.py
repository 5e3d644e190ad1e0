"""The conic of a splat: the inverse of its 2-D covariance."""

from __future__ import annotations

from amaranth.hdl import Mux, signed, unsigned
from amaranth.lib.wiring import In, Out

from golden.numbers.tables import reciprocal_table
from golden.params import Parameters
from golden.stages.gaussian_project.formats import ProjectionFormats
from hw.blocks.held_block import HeldBlock, start_member
from hw.blocks.multiply import Multiply, Square
from hw.blocks.normalize import LeadingOne, Normalize
from hw.blocks.shift import ShiftLeft
from hw.blocks.table_function import TableFunction
from hw.stages.gaussian_project.light import (
    kept_light,
    lessened,
    opacity_members,
    share_members,
)


class ConicScale(HeldBlock):
    """zm^2 / det as a mantissa, and the exponent of det = xx yy - xy^2, exact, 1 at least.

    scale = floor(zm^2 reciprocal(det's mantissa) / 2^B).

    Latency: `latency_cycles`. Multipliers: 4 + 3 of 16 x 16 (32 bits), 1 in the reciprocal,
    1 of B x B; where params.antialiased those of kept_light too.

    Members
    -------
    xx, yy : In(covariance_bits). size : In(covariance_bits), |xy|. depth_squared : In(B).
    scale : Out(B). exponent : Out, floor(log2 det).
    sharp_xx, sharp_yy, antialiased, share, halvings : of kept_light, where params.antialiased.
    """

    def __init__(self, params: Parameters):
        self._antialiased, self.cycles = bool(params.antialiased), params.project_cycles
        self._formats = formats = ProjectionFormats(params)
        bits, b = formats.covariance_bits, formats.mantissa
        super().__init__(
            {
                **start_member(self.cycles),
                "xx": In(bits),
                "yy": In(bits),
                "size": In(bits),
                "depth_squared": In(b),
                "scale": Out(b),
                "exponent": Out(range(2 * bits)),
                **share_members(params),
            }
        )

    def build(self, p):
        bits, b = self._formats.covariance_bits, self._formats.mantissa
        operand = unsigned(bits)
        product = p.call(
            "diagonal", Multiply(operand, operand), a=p.input(self.xx), b=p.input(self.yy)
        )["product"]
        cross = p.call("cross", Square(operand), a=p.input(self.size))["product"]
        det = p.register("det", lambda v, c: (v - c)[: 2 * bits] | 1, product, cross)
        normal = p.call("normalize", Normalize(2 * bits, b), value=det)
        reciprocal = p.call("reciprocal", TableFunction(reciprocal_table(b)), x=normal["mantissa"])[
            "y"
        ]
        scale = p.multiply("scaled", p.input(self.depth_squared), reciprocal)
        cut = p.wire("scale_cut", lambda v: v[b:], scale)
        outputs = [(self.scale, cut), (self.exponent, normal["exponent"])]
        if self._antialiased:
            sharp = p.input(self.sharp_xx), p.input(self.sharp_yy)
            light = kept_light(p, self._formats, sharp, cross, normal, self.antialiased)
            outputs += zip((self.share, self.halvings), light, strict=True)
        return p.finish(*outputs)


class Conic(HeldBlock):
    """(a, b, c) = (yy, -xy, xx) zm^2 2^(-2 e) / det, mantissas of 2^exponent px^-2.

    The entries are cut to conic_bits below the highest bit of xx | yy, multiplied by
    zm^2 / det and rounded to nearest, b by its magnitude.

    Latency: `latency_cycles`. Multipliers: those of ConicScale, and 3 of conic_bits x B; where
    params.antialiased that of `lessened` too.

    Members
    -------
    xx, yy : In(covariance_bits). xy : In(signed(covariance_bits + 1)).
    footprint_exponent : In(signed(6)). depth_squared : In(B).
    a, c : Out(conic_bits + 1). b : Out(signed(conic_bits + 2)). exponent : Out(signed(8)).
    sharp_xx, sharp_yy : In(covariance_bits), without the low pass. antialiased : In(1), held.
    opacity : In(16). lessened : Out(16), what is left of it. These where params.antialiased.
    """

    def __init__(self, params: Parameters):
        self._params, self._antialiased = params, bool(params.antialiased)
        self.cycles = params.project_cycles
        self._formats = formats = ProjectionFormats(params)
        bits = formats.covariance_bits
        super().__init__(
            {
                **start_member(self.cycles),
                "xx": In(bits),
                "yy": In(bits),
                "xy": In(signed(bits + 1)),
                "footprint_exponent": In(signed(6)),
                "depth_squared": In(formats.mantissa),
                "a": Out(params.conic_bits + 1),
                "b": Out(signed(params.conic_bits + 2)),
                "c": Out(params.conic_bits + 1),
                "exponent": Out(signed(8)),
                **opacity_members(params),
            }
        )

    def build(self, p):
        bits = self._formats.covariance_bits
        xx, yy, xy = (p.input(getattr(self, name)) for name in ("xx", "yy", "xy"))
        negative = p.wire("negative", lambda v: v < 0, xy)
        size = p.register("size", lambda v: Mux(v < 0, -v, v)[:bits], xy)
        inputs = {"xx": xx, "yy": yy, "size": size, "depth_squared": p.input(self.depth_squared)}
        block, light = ConicScale(self._params), []
        if self._antialiased:
            p.m.d.comb += block.antialiased.eq(self.antialiased)
            inputs |= {n: p.input(getattr(self, n)) for n in ("sharp_xx", "sharp_yy")}
        scale = p.call("scale", block, **inputs)
        if self._antialiased:
            left = lessened(p, p.input(self.opacity), scale["share"], scale["halvings"])
            light.append((self.lessened, left))
        largest = p.register("largest", lambda a, b: a | b, xx, yy)
        place = p.call("place", LeadingOne(bits), value=largest)["place"]
        up = p.register("up", lambda v: (bits - 1 - v)[: (bits - 1).bit_length()], place)
        jobs = {name: {"value": value} for name, value in (("a", yy), ("b", size), ("c", xx))}
        entries = p.alike(jobs, self._entry, up=up, scale=scale["scale"])
        a, b, c = (entry["rounded"] for entry in entries)
        b = p.register("b_signed", lambda v, negative: Mux(negative, v, -v), b, negative)
        offset = 3 - self._params.conic_bits
        from_shape = p.register(
            "from_shape", lambda v, e: v + offset - 2 * e, place, p.input(self.footprint_exponent)
        )
        exponent = p.register(
            "exponent_sum", lambda v, det: (v - det)[:8].as_signed(), from_shape, scale["exponent"]
        )
        conic = (self.a, a), (self.b, b), (self.c, c), (self.exponent, exponent)
        return p.finish(*conic, *light)

    def _entry(self, p, name, value, up, scale):
        """floor(value 2^up / 2^(bits - conic_bits)) scale / 2^B, to nearest."""
        bits, kept, b = self._formats.covariance_bits, self._params.conic_bits, scale.value.shape()
        shifter = ShiftLeft(unsigned(bits), (bits - 1).bit_length(), bits)
        shifted = p.call(f"shift_{name}", shifter, value=value, amount=up)["result"]
        mantissa = p.wire(
            f"mantissa_{name}", lambda v: (v << max(kept - bits, 0))[max(bits - kept, 0) :], shifted
        )
        multiply = Multiply(unsigned(kept), b)
        product = p.call(f"multiply_{name}", multiply, a=mantissa, b=scale)["product"]
        half = 1 << (b.width - 1)
        rounded = p.register(f"rounded_{name}", lambda v: (v + half) >> b.width, product)
        return {"rounded": rounded}
