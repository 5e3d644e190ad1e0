"""One plane against one ball: is all of the ball on the outer side?"""

from __future__ import annotations

from amaranth.hdl import Module, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.blocks.delay import Delay
from hw.layouts import shape


class RadiusAtView(wiring.Component):
    """The ball's radius as a view magnifies it: low + ceil(weight (high - low) / 2^f).

    Latency: PIPELINE_CYCLES = 2 enabled cycles (product, sum); f is weight_fraction_bits.
    Multipliers: 1 of radius_bits x weight.bits.

    Members
    -------
    enable : In(1), the pipeline moves in this cycle.
    low, high : In(`radius`), r(1.0) and r(1.3), with low <= high.
    weight : In(`weight`), held during a frame.
    radius : Out(radius_bits + 1).
    """

    PIPELINE_CYCLES = 2

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "enable": In(1),
                "low": In(shape(params.radius)),
                "high": In(shape(params.radius)),
                "weight": In(shape(params.weight)),
                "radius": Out(params.radius_bits + 1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        fraction = self._params.weight_fraction_bits
        growth = Signal(self._params.radius_bits)
        product = Signal((growth * self.weight).shape())
        low = Signal.like(self.low)
        m.d.comb += growth.eq(self.high - self.low)
        with m.If(self.enable):
            m.d.sync += [product.eq(growth * self.weight), low.eq(self.low)]
            m.d.sync += self.radius.eq(low + ((product + (1 << fraction) - 1) >> fraction))
        return m


class PlaneTest(wiring.Component):
    """floor(n . q / 2^f) + radius + bias < 0: the ball lies outside the plane, margins included.

    Latency: PIPELINE_CYCLES = 3 enabled cycles (products, sum, comparison); f is
    normal_fraction_bits. `radius` and `bias` are wanted RADIUS_CYCLES = 2 enabled cycles after
    the centre. Multipliers: 2 of camera_space.bits x normal.bits.

    Members
    -------
    enable : In(1), the pipeline moves in this cycle.
    lateral, depth : In(`camera_space`), the centre's x or y, and its z.
    normal_lateral, normal_depth : In(`normal`), held during a frame.
    radius : In(radius_bits + 1), grid units.
    bias : In(`bias_shape`), grid units with length_fraction_bits.
    is_out : Out(1).
    """

    PIPELINE_CYCLES = 3
    RADIUS_CYCLES = 2

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "enable": In(1),
                "lateral": In(shape(params.camera_space)),
                "depth": In(shape(params.camera_space)),
                "normal_lateral": In(shape(params.normal)),
                "normal_depth": In(shape(params.normal)),
                "radius": In(params.radius_bits + 1),
                "bias": In(bias_shape(params)),
                "is_out": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        p = self._params
        product_shape = (self.lateral * self.normal_lateral).shape()
        lateral, depth = Signal(product_shape), Signal(product_shape)
        total = lateral + depth
        distance = Signal((total >> p.normal_fraction_bits).shape())
        reach = (self.radius << p.length_fraction_bits) + self.bias
        with m.If(self.enable):
            m.d.sync += [
                lateral.eq(self.lateral * self.normal_lateral),
                depth.eq(self.depth * self.normal_depth),
                distance.eq(total >> p.normal_fraction_bits),
                self.is_out.eq(distance + reach < 0),
            ]
        return m


class NearTest(wiring.Component):
    """depth + radius + bias < 0: all means of the ball lie before the near plane.

    Latency: PIPELINE_CYCLES = 3 enabled cycles, as PlaneTest; no multiplier. `bias` is wanted
    RADIUS_CYCLES = 2 enabled cycles after the depth.

    Members
    -------
    enable : In(1), the pipeline moves in this cycle.
    depth : In(`camera_space`), the centre's z.
    radius : In(`radius`), largest distance of a mean, grid units, together with the depth.
    bias : In(`bias_shape`), grid units with length_fraction_bits.
    is_out : Out(1).
    """

    PIPELINE_CYCLES = PlaneTest.PIPELINE_CYCLES

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "enable": In(1),
                "depth": In(shape(params.camera_space)),
                "radius": In(shape(params.radius)),
                "bias": In(bias_shape(params)),
                "is_out": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        deepest = self.depth + (self.radius << self._params.length_fraction_bits)
        m.submodules.delay = delay = Delay(deepest.shape(), PlaneTest.RADIUS_CYCLES)
        m.d.comb += [delay.enable.eq(self.enable), delay.i.eq(deepest)]
        with m.If(self.enable):
            m.d.sync += self.is_out.eq(delay.o + self.bias < 0)
        return m


def bias_shape(params: Parameters):
    """Shape of a plane's offset plus the distance margin: a bit above `plane_offset`."""
    return signed(params.plane_offset.bits + 1)
