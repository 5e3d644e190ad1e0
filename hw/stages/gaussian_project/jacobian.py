"""The Jacobian of the projection, turned into the world: A = f^ r - t r_z."""

from __future__ import annotations

from amaranth.hdl import Mux, Signal, signed
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.gaussian_project.formats import ProjectionFormats
from hw.blocks.held_block import HeldBlock, start_member
from hw.blocks.shift import ShiftRight
from hw.layouts import gaussian_project_constants, shape

AXES = "xy"
# F, the fraction bits of a tangent, exceeds those of the Jacobian by 0 to 6.
SHIFT_BITS = 3


class Jacobian(HeldBlock):
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
        self._params, self.cycles = params, params.project_cycles
        self._formats = formats = ProjectionFormats(params)
        entry = shape(formats.jacobian)
        super().__init__(
            {
                **start_member(self.cycles),
                "constants": In(gaussian_project_constants(params)),
                **{f"tangent_{axis}": In(signed(formats.screen_bits - 1)) for axis in AXES},
                **{f"{axis}{j}": Out(entry) for axis in AXES for j in range(3)},
            }
        )

    def build(self, p):
        jobs = {
            axis: {"t": p.input(getattr(self, f"tangent_{axis}"))}
            | {side: p.constant(self.constants[f"clamp_{side}_{axis}"]) for side in ("low", "high")}
            for axis in AXES
        }
        clamped = p.alike(jobs, self._clamped)
        jobs = {
            f"{axis}{j}": {
                "tangent": tangent["clamped"],
                "rotation": p.constant(self.constants[f"rotation_2{j}"]),
                "constant": p.constant(self.constants[f"jacobian_{axis}{j}"]),
            }
            for axis, tangent in zip(AXES, clamped, strict=True)
            for j in range(3)
        }
        entries = p.alike(jobs, self._entry)
        return p.finish(
            *((getattr(self, name), v["a"]) for name, v in zip(jobs, entries, strict=True))
        )

    def _clamped(self, p, axis, t, low, high):
        """t within the clamp range, in the format of the Jacobian."""
        below = p.register(f"below_{axis}", lambda t, low: t < low, t, low)
        above = p.register(f"above_{axis}", lambda t, high: t > high, t, high)
        clamped = p.register(
            f"clamped_{axis}",
            lambda t, low, high, below, above: Mux(below, low, Mux(above, high, t)).as_signed(),
            *(t, low, high, below, above),
        )
        shift = Signal(SHIFT_BITS, name=f"amount_{axis}")
        of = self.constants.tangent_shift - self._formats.jacobian.fraction_bits
        p.m.d.sync += shift.eq(of)
        shifter = ShiftRight(clamped.value.shape(), SHIFT_BITS, "floor")
        amount = p.constant(shift)
        shifted = p.call(f"shift_{axis}", shifter, value=clamped, amount=amount)["result"]
        bits = self._formats.jacobian.bits
        return {"clamped": p.wire(f"tangent_{axis}", lambda t: t[:bits].as_signed(), shifted)}

    def _entry(self, p, name, tangent, rotation, constant):
        fraction = self._params.rotation_fraction_bits
        product = p.multiply(f"product_{name}", tangent, rotation)
        turned = p.register(
            f"turned_{name}", lambda v: (v + (1 << (fraction - 1))) >> fraction, product
        )
        bits = self._formats.jacobian.bits

        def entry(c, v):
            return (c - v)[:bits].as_signed()

        return {"a": p.register(f"entry_{name}", entry, constant, turned)}
