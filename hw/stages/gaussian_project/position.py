"""The mean of a Gaussian in camera space, and whether it may lie before the near plane."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Mux, Shape, signed
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.gaussian_project.formats import (
    ERROR_FLOOR,
    MAX_MEMBER_EXPONENT,
    MEMBER_SHIFT_MAX,
    ProjectionFormats,
)
from golden.stages.gaussian_project.place import DEPTH_ERROR_SHIFT, OFFSET_ERROR_BITS
from hw.blocks.held_block import HeldBlock, start_member
from hw.blocks.pipeline import Block
from hw.blocks.shift import ShiftRight
from hw.layouts import gaussian_project_constants, shape

AXES = "xyz"
OFFSET_BITS = 16  # of the record, whatever offset_bits the pack uses


def largest_error_exponent(params: Parameters) -> int:
    """What the exponent of a position's error is cut to."""
    return MAX_MEMBER_EXPONENT + params.length_fraction_bits + OFFSET_ERROR_BITS


def error_shape(params: Parameters) -> Shape:
    """Shape of the exponent of a position's error."""
    return Shape.cast(range(largest_error_exponent(params) + 1))


class Position(HeldBlock):
    """q = C + floor(R offset / 2^s + 1/2), cut to +-(2^(bits - 1) - 1) of the format `position`.

    s = rotation_fraction_bits - length_fraction_bits - member_exponent, cut to 1..63. One bit of
    the shift is left to the sum: floor((2 C + 1 + floor(R offset / 2^(s - 1))) / 2).

    Latency: `latency_cycles` = 10: product (2), two sums, three of shift, sum, two of cutting.
    Multipliers: 9 of 16 x rotation.bits; 3 where all axes take turns.

    Members
    -------
    constants : In(gaussian_project_constants), held during a frame.
    offset_x, offset_y, offset_z : In(signed(16)), 2^member_exponent units of the cluster.
    member_exponent : In(signed(8)). unit_exponent : In(`exponent`), of that unit over the frame's.
    center_camera_x, center_camera_y, center_camera_z : In(`camera_space`).
    x, y, z : Out(`position` of ProjectionFormats).
    error_exponent : Out(error_shape), log2 of a bound of the error of q.
    """

    def __init__(self, params: Parameters):
        self._params, self.cycles = params, params.project_cycles
        self._formats = formats = ProjectionFormats(params)
        super().__init__(
            {
                **start_member(self.cycles),
                "constants": In(gaussian_project_constants(params)),
                **{f"offset_{axis}": In(signed(OFFSET_BITS)) for axis in AXES},
                "member_exponent": In(signed(8)),
                "unit_exponent": In(shape(params.exponent)),
                **{f"center_camera_{axis}": In(shape(params.camera_space)) for axis in AXES},
                **{axis: Out(shape(formats.position)) for axis in AXES},
                "error_exponent": Out(error_shape(params)),
            }
        )

    def build(self, p):
        offset = [p.input(getattr(self, f"offset_{axis}")) for axis in AXES]
        exponent = p.input(self.member_exponent)
        amount = self._amount(p, exponent)
        jobs = {
            axis: {"center": p.input(getattr(self, f"center_camera_{axis}"))}
            | {f"r{j}": p.constant(self.constants[f"rotation_{i}{j}"]) for j in range(3)}
            for i, axis in enumerate(AXES)
        }
        common = {f"offset{j}": part for j, part in enumerate(offset)} | {"amount": amount}
        axes = p.alike(jobs, self._axis, **common)
        outputs = zip((getattr(self, axis) for axis in AXES), (v["q"] for v in axes), strict=True)
        return p.finish(*outputs, (self.error_exponent, self._error(p, exponent)))

    def _axis(self, p, axis, center, amount, **parts):
        """q of one axis, of a row of R."""
        i = axis if axis not in AXES else AXES.index(axis)
        products = [
            p.multiply(f"product_{i}{j}", parts[f"offset{j}"], parts[f"r{j}"]) for j in range(3)
        ]
        pair = p.register(f"pair_{i}", lambda a, b: a + b, *products[:2])
        rotated = p.register(f"rotated_{i}", lambda a, b: a + b, pair, products[2])
        shifter = ShiftRight(rotated.value.shape(), amount.value.shape().width, "floor")
        shifted = p.call(f"shift_{axis}", shifter, value=rotated, amount=amount)["result"]
        total = p.register(
            f"total_{axis}",
            lambda c, v: (Cat(Const(1, 1), c).as_signed() + v) >> 1,
            *(center, shifted),
        )
        return {"q": symmetric_cut(p, axis, total, self._formats.position.bits)}

    def _amount(self, p, exponent):
        """s - 1, cut to 0..MEMBER_SHIFT_MAX - 1."""
        base = self._params.rotation_fraction_bits - self._params.length_fraction_bits - 1
        top = MEMBER_SHIFT_MAX - 1
        full = p.register("amount_full", lambda e: base - e, exponent)
        return p.register(
            "amount",
            lambda v: Mux(v < 0, 0, Mux(v > top, top, v[: top.bit_length()])),
            full,
        )

    def _error(self, p, exponent):
        """log2 of the error: the offset's rounding, or the least there is; cut from above."""
        own = self._params.length_fraction_bits + OFFSET_ERROR_BITS
        top, frame = largest_error_exponent(self._params), self.constants.error_floor
        bits = error_shape(self._params).width
        full = p.register("error_full", lambda e: e + own, exponent)
        least = p.register("error_least", lambda k: frame - k, p.input(self.unit_exponent))
        floor = p.register(
            "error_floor", lambda v: Mux(v < ERROR_FLOOR, ERROR_FLOOR, v[: len(frame)]), least
        )
        raised = p.register(
            "error_raised", lambda v, least: Mux(v < least, least, v.as_unsigned()), full, floor
        )
        return p.register("error", lambda v: Mux(v > top, top, v[:bits]), raised)


class NearPlane(Block):
    """before = z + slack <= near, slack = 2^error_exponent + floor(|q|_1 / 2^15) + 1.

    Latency: `latency_cycles` = 5: sizes, two sums, slack, comparison. No multiplier.

    Members
    -------
    near : In(`camera_space`), in the unit of the position.
    x, y, z : In(`position` of ProjectionFormats).
    error_exponent : In(error_shape).
    before : Out(1), the mean may lie before the near plane.
    """

    def __init__(self, params: Parameters):
        self._formats = formats = ProjectionFormats(params)
        super().__init__(
            {
                "near": In(shape(params.camera_space)),
                **{axis: In(shape(formats.position)) for axis in AXES},
                "error_exponent": In(error_shape(params)),
                "before": Out(1),
            }
        )

    def build(self, p):
        bits = self._formats.depth_bits
        position = [p.input(getattr(self, axis)) for axis in AXES]
        sizes = [
            p.register(f"size_{axis}", lambda v: Mux(v < 0, -v, v)[:bits], part)
            for axis, part in zip(AXES, position, strict=True)
        ]
        room = p.register("room", lambda near, z: near - z, p.input(self.near), position[2])
        pair = p.register("pair", lambda a, b: a + b, *sizes[:2])
        total = p.register("total", lambda a, b: a + b, pair, sizes[2])
        own = p.register("own", lambda e: Const(1) << e, p.input(self.error_exponent))
        # The 1 of the slack makes "at most" of "below".
        slack = p.register("slack", lambda v, own: (v >> DEPTH_ERROR_SHIFT) + own, total, own)
        before = p.register("before_near", lambda slack, room: slack < room, slack, room)
        return p.finish((self.before, before))


def symmetric_cut(p, name, value, bits):
    """golden.numbers.bits.saturate of a timed value: +-(2^(bits - 1) - 1), two stages.

    Comparisons are of the kinds that one carry chain answers: < and >=.
    """
    top = (1 << (bits - 1)) - 1
    over = p.register(f"over_{name}", lambda v: v >= top + 1, value)
    under = p.register(f"under_{name}", lambda v: v < -top, value)

    def cut(v, over, under):
        return Mux(over, top, Mux(under, -top, v[:bits].as_signed()))[:bits].as_signed()

    return p.register(f"cut_{name}", cut, value, over, under)
