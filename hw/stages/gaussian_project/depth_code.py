"""Depths of any unit as codes of 32 bits that compare as they do."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Mux, unsigned
from amaranth.lib.wiring import In, Out

from golden.numbers.depth import CODE_BITS, LINEAR_BITS, OCTAVE_BITS
from golden.params import Parameters
from golden.stages.gaussian_project.formats import ProjectionFormats
from hw.blocks.normalize import Normalize
from hw.blocks.pipeline import Block
from hw.blocks.shift import ShiftLeft
from hw.layouts import shape

AMOUNT_BITS = 5  # shifts by more leave nothing below LINEAR_BITS


class DepthCode(Block):
    """golden.numbers.depth.depth_code: z 2^k below 2^31, its octave and 23 bits beyond.

    Latency: `latency_cycles`, 5 by default: normalising (3) or shift (4, with its amount), octave,
    choice. No multiplier.

    Members
    -------
    depth : In(depth_bits), z, 1 or more. unit_exponent : In(`exponent`), k.
    code : Out(CODE_BITS).
    """

    def __init__(self, params: Parameters):
        self._bits = ProjectionFormats(params).depth_bits
        super().__init__(
            {
                "depth": In(self._bits),
                "unit_exponent": In(shape(params.exponent)),
                "code": Out(CODE_BITS),
            }
        )

    def build(self, p):
        depth, unit = p.input(self.depth), p.input(self.unit_exponent)
        normal = p.call("normalize", Normalize(self._bits, OCTAVE_BITS + 1), value=depth)
        octave = p.register(
            "octave", lambda place, k: place + k - LINEAR_BITS, normal["exponent"], unit
        )
        most = (1 << AMOUNT_BITS) - 1
        amount = p.register("amount", lambda k: Mux(k > most, most, k[:AMOUNT_BITS]), unit)
        shifter = ShiftLeft(unsigned(self._bits), AMOUNT_BITS, LINEAR_BITS)
        near = p.call("near", shifter, value=depth, amount=amount)["result"]

        def chosen(octave, mantissa, near):
            octave_bits = CODE_BITS - 1 - OCTAVE_BITS
            far = Cat(mantissa[:OCTAVE_BITS], octave[:octave_bits], Const(1, 1))
            return Mux(octave < 0, near, far)

        code = p.register("code_chosen", chosen, octave, normal["mantissa"], near)
        return p.finish((self.code, code))
