"""How far a Gaussian reaches on the screen, from its 2-D covariance."""

from __future__ import annotations

from functools import reduce
from operator import or_

from amaranth.hdl import Cat, Const, Mux, Shape, signed, unsigned
from amaranth.lib.wiring import In, Out

from golden.numbers.tables import square_root_table
from golden.params import Parameters
from golden.stages.gaussian_project.extent import REACH_SHIFT, RECIPROCAL_MARGIN
from golden.stages.gaussian_project.formats import (
    DEPTH_TRUST_BITS,
    EXPONENT_MAX,
    FOOTPRINT_MARGIN,
    ProjectionFormats,
)
from hw.blocks.held_block import HeldBlock, start_member
from hw.blocks.normalize import Normalize
from hw.blocks.pipeline import Block
from hw.blocks.shift import ShiftRight
from hw.blocks.table_function import TableFunction
from hw.stages.gaussian_project.place import place_shapes

REACH_FACTOR_BITS = 16


def trust_shape(params: Parameters):
    """log2 of a depth over its error: the difference of their exponents."""
    shapes = place_shapes(params)
    widths = (Shape.cast(shapes[name]).width for name in ("depth_exponent", "error_exponent"))
    return signed(max(widths) + 1)


def unsigned_cut(value, bits: int):
    """An unsigned value that does not fit so many bits as all ones."""
    return value[:bits] | value[bits:].any().replicate(bits)


class StandardDeviation(Block):
    """sigma = ceil(sqrt(variance)) + slack, the root as its table rounds it.

    Latency: `latency_cycles`, 14 by default: normalising, argument, table, shift, sum.
    Multipliers: 1 in the root's table.

    Members
    -------
    variance : In(covariance_bits), units of the footprint squared.
    slack : In(factor_bits), units of the footprint.
    sigma : Out(factor_bits + 1), units of the footprint.
    """

    def __init__(self, params: Parameters):
        self._params = params
        self._formats = formats = ProjectionFormats(params)
        super().__init__(
            {
                "variance": In(formats.covariance_bits),
                "slack": In(params.factor_bits),
                "sigma": Out(params.factor_bits + 1),
            }
        )

    def build(self, p):
        bits, b = self._formats.covariance_bits, self._formats.mantissa
        variance = p.input(self.variance)
        normal = p.call("normalize", Normalize(bits, b), value=variance)
        exponent = normal["exponent"]
        # The root's argument is in [1, 4): its exponent is even.
        argument = p.register(
            "argument", lambda m, e: Mux(e[0], m, m >> 1), normal["mantissa"], exponent
        )
        root = p.call("root", TableFunction(square_root_table(b)), x=argument)["y"]
        amount_bits = (b - 1).bit_length()
        amount = p.register("amount", lambda e: (b - 1 - e[1:])[:amount_bits], exponent)
        shifter = ShiftRight(unsigned(b), amount_bits, "ceil")
        shifted = p.call("shift", shifter, value=root, amount=amount)["result"]
        bits = self._params.factor_bits + 1
        sigma = p.register("sigma_sum", lambda v, s: (v + s)[:bits], shifted, p.input(self.slack))
        return p.finish((self.sigma, sigma))


class Reach(HeldBlock):
    """k sqrt(cov) of both axes, rounded up: ceil(k/zm sigma 2^(exponent + S + 2 - B)), cut.

    k/zm = min(floor(k (1/zm + RECIPROCAL_MARGIN) / 2^REACH_SHIFT) + 1, 2^B - 1). The slack of sigma
    is FOOTPRINT_MARGIN + 2^(factor_bits + 1 - trust) + 1, golden.stages.gaussian_project.extent.

    Latency: `latency_cycles`, 24 by default: sigma, product, shift, cut.
    Multipliers: 1 of 16 x B, 2 of B x (factor_bits + 1), 2 in the roots.

    Members
    -------
    reach_factor : In(16), k. reciprocal : In(B), 1/zm.
    trust : In(signed), log2 of the depth over its error.
    xx, yy : In(covariance_bits). exponent : In(signed(6)), exponent_min to EXPONENT_MAX.
    reach_x, reach_y : Out(extent_bits), S fraction bits.
    """

    def __init__(self, params: Parameters):
        self._params, self.cycles = params, params.project_cycles
        self._formats = formats = ProjectionFormats(params)
        super().__init__(
            {
                **start_member(self.cycles),
                "reach_factor": In(REACH_FACTOR_BITS),
                "reciprocal": In(formats.mantissa),
                "trust": In(trust_shape(params)),
                "xx": In(formats.covariance_bits),
                "yy": In(formats.covariance_bits),
                "exponent": In(signed(6)),
                "reach_x": Out(formats.extent_bits),
                "reach_y": Out(formats.extent_bits),
            }
        )

    def build(self, p):
        scaled, slack = self._scaled(p), self._slack(p)
        most = (EXPONENT_MAX - self._formats.exponent_min).bit_length()
        amount = p.register("amount", lambda e: (EXPONENT_MAX - e)[:most], p.input(self.exponent))
        jobs = {"x": {"variance": p.input(self.xx)}, "y": {"variance": p.input(self.yy)}}
        x, y = p.alike(jobs, self._length, slack=slack, scaled=scaled, amount=amount)
        return p.finish((self.reach_x, x["length"]), (self.reach_y, y["length"]))

    def _scaled(self, p):
        """k / zm."""
        factor, b = p.input(self.reach_factor), self._formats.mantissa
        product = p.multiply("product", factor, p.input(self.reciprocal))
        total = p.register(
            "total", lambda v, k: (v + k * RECIPROCAL_MARGIN) >> REACH_SHIFT, product, factor
        )
        scaled = p.register("scaled_full", lambda v: v + 1, total)
        return p.register("scaled", lambda v: unsigned_cut(v, b), scaled)

    def _slack(self, p):
        """What sigma may be off by: a power of two for the error of the place, and the rest."""
        w, trust = self._params.factor_bits, p.input(self.trust)
        powers = [(n, 1 << (w + 1 - n)) for n in range(DEPTH_TRUST_BITS, w + 2)]

        def power(trust):
            return reduce(or_, (Mux(trust == n, bit, 0) for n, bit in powers[1:]))

        few = p.register("few", lambda v: v <= DEPTH_TRUST_BITS, trust)
        turned = p.register("turned", power, trust)
        turned = p.register("turned_cut", lambda v, few: Mux(few, powers[0][1], v), turned, few)
        return p.register("slack", lambda v: v + (FOOTPRINT_MARGIN + 1), turned)

    def _length(self, p, axis, variance, slack, scaled, amount):
        bits = self._formats.extent_bits
        deviation = StandardDeviation(self._params)
        slack = p.wire(f"slack_{axis}", lambda v: v[: self._params.factor_bits], slack)
        sigma = p.call(f"deviation_{axis}", deviation, variance=variance, slack=slack)["sigma"]
        product = p.multiply(f"product_{axis}", scaled, sigma)
        # Moved up by what the largest exponent asks for, so that all go down: EXPONENT_MAX - e.
        up = EXPONENT_MAX + self._params.screen_fraction_bits + 2 - self._formats.mantissa
        raised = p.wire(f"raised_{axis}", lambda v: Cat(Const(0, up), v), product)
        shifter = ShiftRight(raised.value.shape(), amount.value.shape().width, "ceil")
        length = p.call(f"shift_{axis}", shifter, value=raised, amount=amount)["result"]
        return {"length": p.register(f"length_{axis}", lambda v: unsigned_cut(v, bits), length)}
