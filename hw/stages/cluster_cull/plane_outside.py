"""One plane against one ball: is all of the ball on the outer side?"""

from __future__ import annotations

from amaranth.hdl import signed
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.blocks.multiply import times_constant
from hw.blocks.pipeline import Block
from hw.layouts import shape


class RadiusAtView(Block):
    """The ball's radius as a view magnifies it: low + ceil(weight (high - low) / 2^f).

    Latency: `latency_cycles`, 6 by default: difference, products (2), their sum, rounding, sum;
    f is weight_fraction_bits. Multipliers: 1 of radius_bits x weight.bits.

    Members
    -------
    low, high : In(`radius`), r(1.0) and r(1.3), with low <= high.
    weight : In(`weight`), held during a frame.
    radius : Out(radius_bits + 1).
    """

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "low": In(shape(params.radius)),
                "high": In(shape(params.radius)),
                "weight": In(shape(params.weight)),
                "radius": Out(params.radius_bits + 1),
            }
        )

    def build(self, p):
        fraction, bits = self._params.weight_fraction_bits, self._params.radius_bits
        low = p.input(self.low)
        growth = p.register("growth", lambda a, b: (b - a)[:bits], low, p.input(self.high))
        product = times_constant(p, "product", growth, self.weight)
        grown = p.register("grown", lambda v: (v + ((1 << fraction) - 1)) >> fraction, product)
        return p.finish(
            (self.radius, p.register("radius_sum", lambda v, g: (v + g)[: bits + 1], low, grown))
        )


class PlaneOutside(Block):
    """floor(n . q / 2^f) + radius + bias < 0: the ball lies outside the plane, margins included.

    Latency: `latency_cycles`, 5 by default: products (2), their parts, sum, comparison; f is
    normal_fraction_bits. Multipliers: 2 of camera_space.bits x normal.bits.

    Members
    -------
    lateral, depth : In(`camera_space`), the centre's x or y, and its z.
    normal_lateral, normal_depth : In(`normal`), held during a frame.
    radius : In(radius_bits + 1), grid units.
    bias : In(`bias_shape`), grid units with length_fraction_bits.
    is_out : Out(1).
    """

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "lateral": In(shape(params.camera_space)),
                "depth": In(shape(params.camera_space)),
                "normal_lateral": In(shape(params.normal)),
                "normal_depth": In(shape(params.normal)),
                "radius": In(params.radius_bits + 1),
                "bias": In(bias_shape(params)),
                "is_out": Out(1),
            }
        )

    def build(self, p):
        lengths, f = self._params.length_fraction_bits, self._params.normal_fraction_bits
        lateral = times_constant(p, "lateral_product", p.input(self.lateral), self.normal_lateral)
        depth = times_constant(p, "depth_product", p.input(self.depth), self.normal_depth)
        distance = p.register("distance", lambda a, b: (a + b) >> f, lateral, depth)
        reach = p.register(
            "reach", lambda r, b: (r << lengths) + b, p.input(self.radius), p.input(self.bias)
        )
        return p.finish((self.is_out, p.register("sign", lambda a, b: a + b < 0, distance, reach)))


class NearOutside(Block):
    """depth + radius + bias < 0: all means of the ball lie before the near plane.

    Latency: `latency_cycles` = 2: two sums; no multiplier.

    Members
    -------
    depth : In(`camera_space`), the centre's z.
    radius : In(`radius`), largest distance of a mean, grid units.
    bias : In(`bias_shape`), grid units with length_fraction_bits.
    is_out : Out(1).
    """

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "depth": In(shape(params.camera_space)),
                "radius": In(shape(params.radius)),
                "bias": In(bias_shape(params)),
                "is_out": Out(1),
            }
        )

    def build(self, p):
        lengths = self._params.length_fraction_bits
        deepest = p.register(
            "deepest", lambda z, r: z + (r << lengths), p.input(self.depth), p.input(self.radius)
        )
        sign = p.register("sign", lambda d, b: d + b < 0, deepest, p.input(self.bias))
        return p.finish((self.is_out, sign))


def bias_shape(params: Parameters):
    """Shape of a plane's offset plus the distance margin: a bit above `plane_offset`."""
    return signed(params.plane_offset.bits + 1)
