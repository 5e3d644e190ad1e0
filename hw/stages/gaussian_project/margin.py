"""What the place of a Gaussian on the screen may be off by."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Mux, unsigned
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.gaussian_project.constants import POSITION_MANTISSA_BITS
from golden.stages.gaussian_project.formats import ProjectionFormats
from hw.blocks.normalize import LeadingOne
from hw.blocks.pipeline import Block
from hw.blocks.shift import ShiftLeft, ShiftRight
from hw.layouts import gaussian_project_constants
from hw.stages.gaussian_project.place import place_shapes
from hw.stages.gaussian_project.reach import unsigned_cut

INPUTS = ("tangent_x", "tangent_y", "reciprocal", "depth_exponent", "error_exponent")
# The screen margin is moved by twice the doublings: beyond so many bits of them all is one.
DOUBLING_BITS = 4


class Margin(Block):
    """screen_margin 4^h + position margin 2^h error / z, each cut to extent_bits, and their sum.

    h >= 0: |t| < 2^(bound_bits + h) for both axes. The second term is rounded up: a mantissa
    times floor(1/z's mantissa, 8 bits) + 1, shifted up by 0..extent_bits or down by 0..17.

    Latency: `latency_cycles`, 20 by default: doublings, exponent, two shifts, sum, cut.
    Multipliers: 1 of 8 x 9.

    Members
    -------
    constants : In(gaussian_project_constants), held during a frame.
    tangent_x, tangent_y, reciprocal, depth_exponent, error_exponent : In, as Place gives them.
    margin : Out(extent_bits), S fraction bits.
    """

    def __init__(self, params: Parameters):
        self._formats = formats = ProjectionFormats(params)
        shapes = place_shapes(params)
        super().__init__(
            {
                "constants": In(gaussian_project_constants(params)),
                **{name: In(shapes[name]) for name in INPUTS},
                "margin": Out(formats.extent_bits),
            }
        )

    def build(self, p):
        bits = self._formats.extent_bits
        doublings = self._doublings(p)
        screen, position = self._screen(p, doublings), self._position(p, doublings)
        total = p.register("total", lambda a, b: a + b, screen, position)
        return p.finish((self.margin, p.register("cut", lambda v: unsigned_cut(v, bits), total)))

    def _doublings(self, p):
        """h = max(floor(log2(|t_x| | |t_y|)) + 1 - bound_bits, 0)."""
        size_bits = self.tangent_x.shape().width - 1
        sizes = [
            p.register(
                f"size_{axis}",
                lambda v: Mux(v < 0, -v, v)[:size_bits],
                p.input(getattr(self, f"tangent_{axis}")),
            )
            for axis in "xy"
        ]
        both = p.register("both", lambda a, b: a | b, *sizes)
        place = p.call("place", LeadingOne(size_bits), value=both)["place"]
        full = p.register("doublings_full", lambda v: v + 1 - self.constants.bound_bits, place)
        return p.register("doublings", lambda v: Mux(v < 0, 0, v.as_unsigned())[:5], full)

    def _screen(self, p, doublings):
        bits = self._formats.extent_bits

        def twice(v):
            return Cat(Const(0, 1), unsigned_cut(v, DOUBLING_BITS))

        amount = p.register("screen_amount", twice, doublings)
        shifter = ShiftLeft(unsigned(bits), DOUBLING_BITS + 1, bits)
        margin = p.input(self.constants.screen_margin, amount.cycle)
        return p.call("screen", shifter, value=margin, amount=amount)["result"]

    def _position(self, p, doublings):
        """ceil(mantissa near 2^exponent), shifts cut to what they can do."""
        bits, b = self._formats.extent_bits, self._formats.mantissa
        names = ("reciprocal", "depth_exponent", "error_exponent")
        reciprocal, depth, error = (p.input(getattr(self, name)) for name in names)
        near = p.register("near", lambda v: v[b - POSITION_MANTISSA_BITS :] + 1, reciprocal)
        product = p.multiply("product", near, self.constants.position_mantissa)
        own = p.register("own", lambda error, depth: error - depth, error, depth)
        offset = p.register(
            "offset", lambda v: v + self.constants.position_exponent - POSITION_MANTISSA_BITS, own
        )
        exponent = p.register("exponent", lambda v, h: v + h, offset, doublings)
        below = p.register("below", lambda v: -v, exponent)

        def cut(top):
            return lambda v: Mux(v < 0, 0, Mux(v > top, top, v[: top.bit_length()]))

        down = p.register("down", cut(2 * POSITION_MANTISSA_BITS + 1), below)
        up = p.register("up", cut(bits), exponent)
        right = ShiftRight(product.value.shape(), down.value.shape().width, "ceil")
        length = p.call("right", right, value=product, amount=down)["result"]
        left = ShiftLeft(length.value.shape(), up.value.shape().width, bits)
        return p.call("left", left, value=length, amount=up)["result"]
