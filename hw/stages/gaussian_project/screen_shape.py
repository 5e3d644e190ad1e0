"""The shape of a Gaussian on the screen: its 2-D covariance, in block floating point."""

from __future__ import annotations

from amaranth.hdl import signed
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.gaussian_project.formats import ProjectionFormats
from hw.blocks.held_block import HeldBlock, start_member
from hw.layouts import gaussian_project_constants, shape
from hw.stages.gaussian_project.covariance2d import Covariance2d, LowPass
from hw.stages.gaussian_project.footprint import FACTOR, Footprint, FootprintExponent
from hw.stages.gaussian_project.jacobian import AXES, Jacobian
from hw.stages.gaussian_project.light import sharp_members


class ScreenShape(HeldBlock):
    """golden.stages.gaussian_project.footprint: A = f^ J R, T = A L, T T^T plus the low pass.

    Latency: `latency_cycles`, that of Jacobian, Footprint and Covariance2d one after another.
    Multipliers: 6 + 12 + 9, and 2 in LowPass.

    Members
    -------
    constants : In(gaussian_project_constants), held during a frame.
    tangent_x, tangent_y : In(signed), F fraction bits.
    depth_exponent : In(6). depth_mantissa : In(B). unit_exponent : In(`exponent`).
    factor_00 to factor_22 : In(signed(16)). factor_exponent : In(signed(8)).
    xx, yy : Out(covariance_bits). xy : Out(signed(covariance_bits + 1)), units of
        2^(2 exponent) / zm^2 px^2.
    sharp_xx, sharp_yy : Out(covariance_bits), without the low pass; where params.antialiased.
    exponent : Out(signed(6)). depth_squared : Out(B), zm^2.
    """

    def __init__(self, params: Parameters):
        self._params, self.cycles = params, params.project_cycles
        self._formats = formats = ProjectionFormats(params)
        bits = formats.covariance_bits
        self._sharp = sharp_members(params, Out)
        super().__init__(
            {
                **start_member(self.cycles),
                "constants": In(gaussian_project_constants(params)),
                **{f"tangent_{axis}": In(signed(formats.screen_bits - 1)) for axis in AXES},
                "depth_exponent": In(6),
                "unit_exponent": In(shape(params.exponent)),
                "depth_mantissa": In(formats.mantissa),
                **{f"factor_{name}": In(signed(16)) for name in FACTOR},
                "factor_exponent": In(signed(8)),
                "xx": Out(bits),
                "yy": Out(bits),
                "xy": Out(signed(bits + 1)),
                **self._sharp,
                "exponent": Out(signed(6)),
                "depth_squared": Out(formats.mantissa),
            }
        )

    def build(self, p):
        exponents = p.call(
            "exponents",
            self._with_constants(p, FootprintExponent(self._params)),
            factor_exponent=p.input(self.factor_exponent),
            depth_exponent=p.input(self.depth_exponent),
            unit_exponent=p.input(self.unit_exponent),
        )
        rows = p.call(
            "jacobian",
            self._with_constants(p, Jacobian(self._params)),
            **{f"tangent_{axis}": p.input(getattr(self, f"tangent_{axis}")) for axis in AXES},
        )
        footprint = p.call(
            "footprint",
            Footprint(self._params),
            **rows,
            **{f"factor_{name}": p.input(getattr(self, f"factor_{name}")) for name in FACTOR},
            steps=exponents["steps"],
        )
        filtered = p.call(
            "low_pass",
            LowPass(self._params),
            depth_mantissa=p.input(self.depth_mantissa),
            exponent=exponents["exponent"],
        )
        covariance = p.call(
            "covariance2d", Covariance2d(self._params), **footprint, low_pass=filtered["low_pass"]
        )
        return p.finish(
            *((getattr(self, name), covariance[name]) for name in ("xx", "yy", "xy", *self._sharp)),
            (self.exponent, exponents["exponent"]),
            (self.depth_squared, filtered["depth_squared"]),
        )

    def _with_constants(self, p, block):
        p.m.d.comb += block.constants.eq(self.constants)
        return block
