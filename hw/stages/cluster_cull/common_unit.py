"""A ball and the frame's constants in the coarser unit of both."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Mux, signed
from amaranth.lib.wiring import In, Out

from golden.numbers.fixed import Fixed
from golden.params import Parameters
from golden.stages.cluster_cull.constants import (
    LEAST_MEMBER_EXPONENT,
    MAX_APART,
    ROUNDING_MARGIN,
)
from hw.blocks.pipeline import Block
from hw.blocks.shift import ShiftRight
from hw.layouts import cluster_cull_constants, shape, vector

RADII = ("radius_low", "radius_high", "radius_mean")
OFFSETS = ("side_offset", "near_offset")
AMOUNT_BITS = MAX_APART.bit_length()


def world_format(params: Parameters) -> Fixed:
    """A coordinate of a centre with the fraction bits of lengths, exact in the ball's unit."""
    fraction = params.length_fraction_bits
    return Fixed(True, params.center_bits + fraction, fraction)


class CommonUnit(Block):
    """Brings a ball of units 2^e and the frame's constants of units 2^p to 2^max(e, p).

    apart = e - p, and a shift of min(|apart|, MAX_APART): where it is above 0, the camera position
    (to nearest) and the offsets (up) come down; below 0 the centre (to nearest), the radii (up) and
    the exponent of its members. The offsets get ROUNDING_MARGIN last places on top.

    Latency: `latency_cycles`, 7 by default: difference of exponents, amounts, three of shift,
    rounding, margin; one ball a cycle. No multiplier.

    Members
    -------
    constants : In(cluster_cull_constants), held during a frame.
    exponent : In(`exponent`), e. member_exponent : In(signed(8)).
    center : In(vector of `center`). radius_low, radius_high, radius_mean : In(`radius`).
    world : Out(vector of world_format), the centre. position : Out(vector of `camera_position`).
    low, high, mean : Out(`radius`).
    side, near : Out(signed(`plane_offset` and a bit)).
    above : Out(`exponent`), of the common unit over the frame's: max(apart, 0).
    member : Out(signed(8)), exponent of the members' offsets over the common unit.
    """

    def __init__(self, params: Parameters):
        self._params = params
        offset = signed(params.plane_offset.bits + 1)
        super().__init__(
            {
                "constants": In(cluster_cull_constants(params)),
                "exponent": In(shape(params.exponent)),
                "member_exponent": In(signed(8)),
                "center": In(vector(params.center)),
                **{name: In(shape(params.radius)) for name in RADII},
                "world": Out(vector(world_format(params))),
                "position": Out(vector(params.camera_position)),
                **{name: Out(shape(params.radius)) for name in ("low", "high", "mean")},
                "side": Out(offset),
                "near": Out(offset),
                "above": Out(shape(params.exponent)),
                "member": Out(signed(8)),
            }
        )

    def build(self, p):
        own, frame = p.input(self.exponent), self.constants.camera_exponent
        apart = p.register("apart", lambda e: e - frame, own)
        frame_down = p.register("frame_down", _amount, apart)
        below = p.register("below", lambda e: frame - e, own)
        ball_down = p.register("ball_down", _amount, below)
        above = p.register("above_frame", lambda v: Mux(v < 0, 0, v[:-1]), apart)
        outputs = [(self.above, above), (self.member, self._member(p, ball_down))]
        for axis in "xyz":
            fraction = Const(0, self._params.length_fraction_bits)
            world = p.wire(
                f"world_{axis}",
                lambda c, fraction=fraction: Cat(fraction, c.as_unsigned()).as_signed(),
                p.input(self.center[axis]),
            )
            position = p.input(self.constants[f"camera_position_{axis}"], frame_down.cycle)
            outputs += [
                (self.world[axis], self._down(p, f"world_{axis}", world, ball_down, "nearest")),
                (
                    self.position[axis],
                    self._down(p, f"position_{axis}", position, frame_down, "nearest"),
                ),
            ]
        for name, output in zip(RADII, (self.low, self.high, self.mean), strict=True):
            outputs.append(
                (output, self._down(p, name, p.input(getattr(self, name)), ball_down, "ceil"))
            )
        for name, output in zip(OFFSETS, (self.side, self.near), strict=True):
            offset = p.input(self.constants[name], frame_down.cycle)
            offset = self._down(p, name, offset, frame_down, "ceil")
            outputs.append(
                (output, p.register(f"{name}_margin", lambda v: v + ROUNDING_MARGIN, offset))
            )
        return p.finish(*outputs)

    def _down(self, p, name, value, amount, rounding):
        shifter = ShiftRight(value.value.shape(), AMOUNT_BITS, rounding)
        result = p.call(f"{name}_down", shifter, value=value, amount=amount)["result"]
        width, is_signed = value.value.shape().width, value.value.shape().signed

        def same(v):
            return v[:width].as_signed() if is_signed else v[:width]

        return p.wire(f"{name}_shifted", same, result)

    def _member(self, p, ball_down):
        """Exponent of the members' offsets: the same unit, counted from the common one."""
        own, least = p.input(self.member_exponent), LEAST_MEMBER_EXPONENT
        full = p.register("member_full", lambda m, down: m - down, own, ball_down)

        def cut(v):
            return Mux(v < least, least, v[:8].as_signed()).as_signed()[:8]

        return p.register("member_cut", cut, full)


def _amount(apart):
    return Mux(apart < 0, 0, Mux(apart > MAX_APART, MAX_APART, apart[:AMOUNT_BITS]))
