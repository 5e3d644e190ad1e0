"""The conic of a splat as pivot, slope and two weights."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Mux, signed, unsigned
from amaranth.lib.wiring import In, Out

from golden.numbers.logarithm import LOG_TABLE_BITS
from golden.numbers.tables import reciprocal_table
from golden.params import Parameters
from golden.stages.tile_bin.encode import RECIPROCAL_BITS
from golden.stages.tile_bin.entry import (
    ENTRY_FIELDS,
    FAR_WEIGHT_MIN_LOG2,
    LOG_FRACTION_BITS,
    SLOPE_FRACTION_BITS,
    WEIGHT_MIN_LOG2,
)
from hw.blocks.held_block import InlineBlock
from hw.blocks.logarithm import Logarithm
from hw.blocks.multiply import Multiply, Square
from hw.blocks.normalize import Normalize
from hw.blocks.shift import ShiftLeft
from hw.blocks.table_function import TableFunction
from hw.stages.tile_bin.center import HALVING_BITS

ROUNDED_BITS = LOG_TABLE_BITS - LOG_FRACTION_BITS


class SplatShape(InlineBlock):
    """swap, slope, w1 and w2 of a conic: golden's encode, `_shape`.

    Latency: `latency_cycles`. Multipliers at 25 bits of a and c: 4 + 3 of 18 x 18 for the
    determinant, 1 in the reciprocal, 1 for the slope. Where splats are some cycles apart, both
    products of the determinant take turns, by 4, and both weights.

    Members
    -------
    a, c : In(conic_bits + 1). b : In(signed(conic_bits + 2)). exponent : In(signed(8)).
    far : In(1). halvings : In(4).
    swap : Out(1). slope : Out(signed(12)). w1, w2 : Out(10).
    """

    def __init__(self, params: Parameters):
        self._bits = bits = params.conic_bits + 1
        super().__init__(
            {
                "a": In(bits),
                "b": In(signed(bits + 1)),
                "c": In(bits),
                "exponent": In(signed(8)),
                "far": In(1),
                "halvings": In(HALVING_BITS),
                "swap": Out(1),
                "slope": Out(signed(ENTRY_FIELDS["slope"][1].bits)),
                "w1": Out(ENTRY_FIELDS["w1"][1].bits),
                "w2": Out(ENTRY_FIELDS["w2"][1].bits),
            }
        )

    def steps(self, p, *, a, b, c, exponent, far, halvings):
        bits = self._bits
        swap = p.register("is_swapped", lambda a, c: c > a, a, c)
        pivot = p.register("pivot", lambda s, a, c: Mux(s, c, a), swap, a, c)
        size = p.register("size", lambda b: Mux(b < 0, -b, b)[: bits + 1], b)
        scale = p.register("scale", lambda e, h: e + (h << 1), exponent, halvings)
        product, cross = self._products(p, a, c, size)
        difference = p.register("difference", lambda v, x: v - x, product, cross)
        is_none = p.register("is_none", lambda d: d <= 0, difference)
        det = p.register("det", lambda d, none: Mux(none, 1, d[: 2 * bits]), difference, is_none)
        log_det = p.call("log_det", Logarithm(2 * bits), value=det)["log"]
        log_pivot = p.call("log_pivot", Logarithm(bits), value=pivot)["log"]
        minor = p.register("log_minor", lambda d, v: d - v, log_det, log_pivot)
        slope = self._slope(p, b, size, pivot)
        jobs = {"w1": {"log": log_pivot}, "w2": {"log": minor}}
        if p.cycles > 1:
            missing = len(minor.value) - len(log_pivot.value)
            jobs["w1"]["log"] = p.wire(
                "log_major", lambda v: Cat(v, Const(0, missing)).as_signed(), log_pivot
            )
        weights = p.alike(jobs, self._weight, scale=scale, far=far)
        w1, w2 = (result["weight"] for result in weights)
        return {"swap": swap, "slope": slope, "w1": w1, "w2": w2}

    def _products(self, p, a, c, size):
        """a c and b^2."""
        bits = self._bits
        if p.cycles == 1:
            operand = unsigned(bits)
            product = p.call("product", Multiply(operand, operand), a=a, b=c)["product"]
            return product, p.call("cross", Square(unsigned(bits + 1)), a=size)["product"]
        a, c = (
            p.wire(f"wide_{n}", lambda v: Cat(v, Const(0, 1)), v) for n, v in (("a", a), ("c", c))
        )
        operand = unsigned(bits + 1)
        jobs = [{"a": a, "b": c}, {"a": size, "b": size}]
        results = p.share("product", lambda: Multiply(operand, operand), jobs)
        return [result["product"] for result in results]

    def _slope(self, p, b, size, pivot):
        """size / pivot by its reciprocal, nearest, cut, with the sign of b."""
        bits, kept = self._bits, RECIPROCAL_BITS
        normal = p.call("normalize", Normalize(bits, kept), value=pivot)
        up = p.register(
            "up", lambda n: (bits - 1 - n)[: (bits - 1).bit_length()], normal["exponent"]
        )
        shifter = ShiftLeft(unsigned(bits + 1), (bits - 1).bit_length(), bits)
        moved = p.call("align", shifter, value=size, amount=up)["result"]
        below = max(kept - bits, 0)
        mantissa = p.wire(
            "size_mantissa", lambda v: Cat(Const(0, below), v)[max(bits - kept, 0) :], moved
        )
        table = TableFunction(reciprocal_table(kept))
        reciprocal = p.call("reciprocal", table, x=normal["mantissa"])["y"]
        product = p.multiply("quotient", mantissa, reciprocal)
        shift = 2 * kept - 1 - SLOPE_FRACTION_BITS
        rounded = p.register("rounded", lambda v: (v + (1 << shift >> 1)) >> shift, product)
        top = ENTRY_FIELDS["slope"][1].max_int
        cut = p.register("slope_cut", lambda v: Mux(v > top, top, v)[:SLOPE_FRACTION_BITS], rounded)
        negative = p.wire("negative", lambda b: b[-1], b)
        return p.register("slope_signed", lambda v, n: Mux(n, -v, v), cut, negative)

    @staticmethod
    def _weight(p, name, log, scale, far):
        """Code of a weight: nearest, cut to its bits."""
        total = p.register(f"{name}_log", lambda v, e: v + (e << LOG_TABLE_BITS), log, scale)
        near_least = WEIGHT_MIN_LOG2 << LOG_FRACTION_BITS
        far_least = FAR_WEIGHT_MIN_LOG2 << (LOG_FRACTION_BITS - 1)
        half = 1 << ROUNDED_BITS >> 1
        near_code = p.register(
            f"{name}_near", lambda v: ((v + half) >> ROUNDED_BITS) - near_least, total
        )
        far_code = p.register(
            f"{name}_far", lambda v: ((v + 2 * half) >> (ROUNDED_BITS + 1)) - far_least, total
        )
        code = p.register(f"{name}_code", lambda f, x, y: Mux(f, y, x), far, near_code, far_code)
        bits, top = ENTRY_FIELDS["w1"][1].bits, ENTRY_FIELDS["w1"][1].max_int
        cut = p.register(f"{name}_cut", lambda v: Mux(v < 0, 0, Mux(v > top, top, v))[:bits], code)
        return {"weight": cut}
