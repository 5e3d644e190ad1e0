"""The direction from the camera to a splat, from its place on the screen."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Mux
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.color.direction import reciprocal_root_table
from golden.stages.color.formats import (
    COARSE_STEP,
    COARSE_STEPS,
    OPERAND_BITS,
    RECIPROCAL_BITS,
    ColorFormats,
)
from hw.blocks.held_block import HeldBlock
from hw.blocks.normalize import LeadingOne
from hw.blocks.shift import STEPS_PER_STAGE, ShiftRight, select
from hw.blocks.table_function import TableFunction
from hw.layouts import color_constants, shape

AXES = "xyz"


class LongDirection(HeldBlock):
    """d = floor((t_x axis_x + t_y axis_y) / 2^axis_shift) + floor(forward / 2^(COARSE_STEP n)).

    t = (u - cx, v - cy) / 2^(shift + COARSE_STEP n), down; n is the least with which both fit.

    Latency: `latency_cycles`. Multipliers: 6 products of 18 x 18 for each `cycles`.

    Parameters
    ----------
    cycles : that splats are apart.

    Members
    -------
    start : In(1). constants : In(color_constants), held during a frame.
    u, v : In(`screen` of ColorFormats).
    x, y, z : Out(`long_direction`).
    """

    def __init__(self, params: Parameters, cycles: int):
        self.cycles = cycles
        self._formats = formats = ColorFormats(params)
        super().__init__(
            {
                "start": In(1),
                "constants": In(color_constants(params)),
                **{name: In(shape(formats.screen)) for name in "uv"},
                **{axis: Out(shape(formats.long_direction)) for axis in AXES},
            }
        )

    def build(self, p):
        shifted = [self._shifted(p, *names) for names in zip("uv", "xy", strict=True)]
        steps = self._steps(p, shifted)
        cut = [
            p.register(
                f"cut_{axis}",
                lambda v, n: select(
                    n, lambda i: v.shift_right(COARSE_STEP * i)[:OPERAND_BITS].as_signed()
                ),
                *(value, steps),
            )
            for axis, value in zip("xy", shifted, strict=True)
        ]
        pairs = [
            (value, self.constants[f"axis_{axis}{j}"])
            for j in range(3)
            for axis, value in zip("xy", cut, strict=True)
        ]
        products = p.multiply_all("axis", pairs)
        outputs = []
        for j, axis in enumerate(AXES):
            forward = self.constants[f"forward_{j}"]
            nearer = p.register(
                f"forward_{axis}",
                lambda n, v=forward: select(n, lambda i: v.shift_right(COARSE_STEP * i)),
                steps,
            )
            total = p.register(f"sum_{axis}", lambda a, b: a + b, *products[2 * j : 2 * j + 2])
            long = p.register(
                f"long_{axis}",
                lambda v, c: v.shift_right(self._formats.axis_shift) + c,
                *(total, nearer),
            )
            outputs.append((getattr(self, axis), long))
        return p.finish(*outputs)

    def _shifted(self, p, name, axis):
        """A tangent without the bits that the frame's scale cuts."""
        principal = self.constants[f"principal_{axis}"]
        tangent = p.register(
            f"tangent_{axis}", lambda v: v - principal, p.input(getattr(self, name))
        )
        shifter = ShiftRight(tangent.value.shape(), len(self.constants.shift), "floor")
        amount = p.input(self.constants.shift, cycle=tangent.cycle)
        return p.call(f"shift_{axis}", shifter, value=tangent, amount=amount)["result"]

    def _steps(self, p, shifted):
        """n: how many steps the longer of the tangents is beyond an operand."""

        def size(x, y):
            return (x[:-1] ^ x[-1].replicate(len(x) - 1)) | (y[:-1] ^ y[-1].replicate(len(y) - 1))

        both = p.register("size", size, *shifted)

        def number(size):
            beyond = [size[OPERAND_BITS - 1 + COARSE_STEP * n :].any() for n in range(COARSE_STEPS)]
            return Cat(beyond[2] | (beyond[0] & ~beyond[1]), beyond[1])

        return p.register("steps", number, both)


class Direction(HeldBlock):
    """The unit vector towards a splat: golden.stages.color.direction, bit for bit.

    m = d 2^up, the longest coordinate of an operand's length;  r = 1/sqrt(m . m);  d / |d| = m r,
    to nearest.

    Latency: `latency_cycles`: LongDirection, leading one, shift, squares, table, products.
    Multipliers: for each `cycles`, of 6, 3 and 3 products of 18 x 18; 1 in the table.

    Parameters
    ----------
    cycles : that splats are apart.

    Members
    -------
    start : In(1). constants : In(color_constants), held during a frame.
    u, v : In(`screen` of ColorFormats).
    x, y, z : Out(`direction`).
    """

    def __init__(self, params: Parameters, cycles: int):
        self._params, self.cycles = params, cycles
        self._formats = formats = ColorFormats(params)
        super().__init__(
            {
                "start": In(1),
                "constants": In(color_constants(params)),
                **{name: In(shape(formats.screen)) for name in "uv"},
                **{axis: Out(shape(formats.direction)) for axis in AXES},
            }
        )

    def build(self, p):
        formats = self._formats
        block = LongDirection(self._params, self.cycles)
        p.m.d.comb += block.constants.eq(self.constants)
        long = p.call("long", block, u=p.input(self.u), v=p.input(self.v))
        mantissas = self._normal(p, [long[axis] for axis in AXES])
        reciprocal = self._reciprocal(p, mantissas)
        products = p.multiply_all("unit", [(mantissa, reciprocal) for mantissa in mantissas])
        down = OPERAND_BITS - 2 + formats.reciprocal.fraction_bits - formats.direction_fraction_bits
        bits = formats.direction.bits
        return p.finish(
            *(
                (
                    getattr(self, axis),
                    p.register(
                        f"rounded_{axis}",
                        lambda v: ((v + (1 << (down - 1))) >> down)[:bits].as_signed(),
                        product,
                    ),
                )
                for axis, product in zip(AXES, products, strict=True)
            )
        )

    def _normal(self, p, long):
        """All coordinates moved up alike, the longest to an operand's length."""
        bits = self._formats.long_direction.bits
        sizes = [
            p.register(f"size_{axis}", lambda v: Mux(v < 0, -v, v)[:bits], value)
            for axis, value in zip(AXES, long, strict=True)
        ]
        largest = p.register("sizes", lambda a, b, c: a | b | c, *sizes)
        place = p.call("place", LeadingOne(bits), value=largest)["place"]
        most = (1 << self._formats.scale_shift_bits) - 1
        up = p.register(
            "up",
            lambda v: Mux(v < bits - 1 - most, most, bits - 1 - v)[: most.bit_length()],
            place,
        )
        return [self._moved(p, axis, value, up) for axis, value in zip(AXES, long, strict=True)]

    def _moved(self, p, axis, value, up):
        bits = self._formats.long_direction.bits + 1
        for low in range(0, self._formats.scale_shift_bits, STEPS_PER_STAGE):

            def digit(n, low=low):
                return n[low : low + STEPS_PER_STAGE]

            def moved(v, n, low=low):
                return select(n, lambda i: (v << (i << low))[:bits].as_signed())

            digits = p.wire(f"digit_{axis}_{low}", digit, up)
            value = p.register(f"moved_{axis}_{low}", moved, value, digits)
        return p.wire(f"mantissa_{axis}", lambda v: v[bits - OPERAND_BITS :].as_signed(), value)

    def _reciprocal(self, p, mantissas):
        """1 over the length of the mantissas, as a signed operand."""
        top = 2 * OPERAND_BITS - 2  # squares below 2^top are halved operands': their root is not
        squares = [
            p.wire(f"square_{axis}", lambda v: v[: top + 1].as_unsigned(), square)
            for axis, square in zip(
                AXES, p.multiply_all("square", [(v, v) for v in mantissas]), strict=True
            )
        ]
        pair = p.register("pair", lambda a, b: a + b, *squares[:2])
        squared = p.register("squared", lambda a, b: (a + b)[: top + 2], pair, squares[2])
        above = p.wire("above", lambda v: v[top:].any(), squared)
        kept = p.register(
            "kept",
            lambda v, above: Mux(above, v[2:], v[:top])[top - RECIPROCAL_BITS :],
            *(squared, above),
        )
        table = reciprocal_root_table(RECIPROCAL_BITS, self._formats.reciprocal.bits)
        root = p.call("reciprocal", TableFunction(table), x=kept)["y"]
        return p.register(
            "reciprocal_halved",
            lambda v, above: Cat(Mux(above, v[1:], v), Const(0, 1)).as_signed(),
            *(root, above),
        )
