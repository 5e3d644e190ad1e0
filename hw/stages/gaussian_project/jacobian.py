"""The Jacobian of the projection, turned into the world: A = f^ r - t r_z."""

from __future__ import annotations

from amaranth.hdl import Mux, Signal, signed
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.gaussian_project.formats import ProjectionFormats
from hw.blocks.pipeline import Block
from hw.blocks.shift import ShiftRight
from hw.layouts import gaussian_project_constants, shape

AXES = "xy"
# F, the fraction bits of a tangent, exceeds those of the Jacobian by 0 to 6.
SHIFT_BITS = 3


class Jacobian(Block):
    """Rows x and y of f^ J R, J the derivative of the projection with t clamped.

    A_j = f^ r_j - floor(t r_z,j / 2^R + 1/2), t cut to [clamp_low, clamp_high] and to the fraction
    bits of `jacobian`, rounded down. Only two entries a row of J are not zero, so this takes one
    product an entry: the other is a constant of the frame.

    Latency: `latency_cycles`: comparison, clamp, shift, product, rounding, difference.
    Multipliers: 6 of B x rotation.bits.

    Members
    -------
    constants : In(gaussian_project_constants), held during a frame.
    tangent_x, tangent_y : In(signed), f^ x/z and f^ y/z, F fraction bits.
    x0 to x2, y0 to y2 : Out(`jacobian` of ProjectionFormats).
    """

    def __init__(self, params: Parameters):
        self._params = params
        self._formats = formats = ProjectionFormats(params)
        entry = shape(formats.jacobian)
        super().__init__(
            {
                "constants": In(gaussian_project_constants(params)),
                **{f"tangent_{axis}": In(signed(formats.screen_bits - 1)) for axis in AXES},
                **{f"{axis}{j}": Out(entry) for axis in AXES for j in range(3)},
            }
        )

    def build(self, p):
        constants, formats = self.constants, self._formats
        outputs = []
        for axis in AXES:
            shift = Signal(SHIFT_BITS, name=f"amount_{axis}")
            p.m.d.sync += shift.eq(constants.tangent_shift - formats.jacobian.fraction_bits)
            tangent = self._clamped(p, axis, shift)
            for j in range(3):
                outputs.append((getattr(self, f"{axis}{j}"), self._entry(p, axis, j, tangent)))
        return p.finish(*outputs)

    def _clamped(self, p, axis, shift):
        """t within the clamp range, in the format of the Jacobian."""
        t = p.input(getattr(self, f"tangent_{axis}"))
        low, high = (self.constants[f"clamp_{side}_{axis}"] for side in ("low", "high"))
        below = p.register(f"below_{axis}", lambda t: t < low, t)
        above = p.register(f"above_{axis}", lambda t: t > high, t)
        clamped = p.register(
            f"clamped_{axis}",
            lambda t, below, above: Mux(below, low, Mux(above, high, t)).as_signed(),
            *(t, below, above),
        )
        shifter = ShiftRight(clamped.value.shape(), SHIFT_BITS, "floor")
        amount = p.input(shift, clamped.cycle)
        shifted = p.call(f"shift_{axis}", shifter, value=clamped, amount=amount)["result"]
        bits = self._formats.jacobian.bits
        return p.wire(f"tangent_{axis}", lambda t: t[:bits].as_signed(), shifted)

    def _entry(self, p, axis, j, tangent):
        fraction = self._params.rotation_fraction_bits
        constant = self.constants[f"jacobian_{axis}{j}"]
        product = p.multiply(f"product_{axis}{j}", tangent, self.constants[f"rotation_2{j}"])
        turned = p.register(
            f"turned_{axis}{j}", lambda v: (v + (1 << (fraction - 1))) >> fraction, product
        )
        bits = self._formats.jacobian.bits
        return p.register(f"entry_{axis}{j}", lambda v: (constant - v)[:bits].as_signed(), turned)
