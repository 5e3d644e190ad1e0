"""From a direction and a colour record to a colour: the second half of color's arithmetic."""

from __future__ import annotations

from amaranth.lib.wiring import In, Out

from golden.pack.color_record import DEGREES
from golden.params import Parameters
from golden.stages.color.basis import FUNCTIONS
from golden.stages.color.formats import COLOR, ColorFormats
from hw.blocks.held_block import HeldBlock
from hw.layouts import CHANNELS, color_record, shape
from hw.stages.color.basis import AXES, Basis
from hw.stages.color.evaluate import Evaluate


class Shade(HeldBlock):
    """R, G, B of a record seen from a direction.

    Latency: `latency_cycles`, of Basis and Evaluate, with 3 more where the channels take turns (2
    where two of them do).
    Multipliers: those of Basis. One Evaluate a channel where splats come every cycle, 2 where they
    are 2 cycles apart, otherwise one.

    Parameters
    ----------
    cycles : that splats are apart.

    Members
    -------
    start : In(1).
    x, y, z : In(`direction` of ColorFormats).
    record : In(color_record).
    red, green, blue : Out(COLOR).
    """

    def __init__(self, params: Parameters, cycles: int):
        self._params, self.cycles = params, cycles
        super().__init__(
            {
                "start": In(1),
                **{axis: In(shape(ColorFormats(params).direction)) for axis in AXES},
                "record": In(color_record()),
                **{channel: Out(shape(COLOR)) for channel in CHANNELS},
            }
        )

    def build(self, p):
        direction = {axis: p.input(getattr(self, axis)) for axis in AXES}
        functions = p.call("basis", Basis(self._params, self.cycles), **direction)
        jobs = [{"mantissas": p.input(self.record[channel])} for channel in CHANNELS]
        common = {f"y_{k}": functions[f"y_{k}"] for k in range(1, FUNCTIONS + 1)}
        common["exponents"] = p.input(self.record.exponents)
        results = p.share("evaluate", lambda: Evaluate(self._params), jobs, **common)
        return p.finish(
            *(
                (getattr(self, channel), result["color"])
                for channel, result in zip(CHANNELS, results, strict=True)
            )
        )


def unpacked_color(view, word) -> list:
    """Assignments of the fields of a narrow colour record to a view of color_record.

    Parameters
    ----------
    word : the record as it lies in memory, 256 bits.
    """
    pairs = []
    for degree, part in enumerate(DEGREES):
        bits = view.exponents[f"e_{degree}"].shape().width
        pairs.append(
            view.exponents[f"e_{degree}"].eq(word[part.exponent_bit : part.exponent_bit + bits])
        )
        place = part.mantissa_bit
        for j in range(part.coefficients):
            for channel in CHANNELS:
                field = view[channel][f"m_{part.first + j}"]
                pairs.append(field.eq(word[place : place + part.mantissa.bits]))
                place += part.mantissa.bits
    return pairs
