"""The footprint T = A L of a Gaussian on the screen, in block floating point."""

from __future__ import annotations

from amaranth.hdl import Mux, signed
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.gaussian_project.formats import (
    COARSE_STEP,
    COARSE_STEPS,
    EXPONENT_MAX,
    ProjectionFormats,
)
from hw.blocks.held_block import HeldBlock, start_member
from hw.blocks.pipeline import Block
from hw.layouts import gaussian_project_constants, shape

FACTOR = ("00", "10", "11", "20", "21", "22")
# Entries of column k of L, and the entries of a row of A that they meet.
COLUMNS = (((0, "00"), (1, "10"), (2, "20")), ((1, "11"), (2, "21")), ((2, "22"),))


class FootprintExponent(Block):
    """Exponent of a footprint, and how far its entries are shifted for it.

    e = factor_exponent + exponent_offset - (depth_exponent + unit_exponent), raised by steps of
    COARSE_STEP to exponent_min where it lies below, COARSE_STEPS at most, and cut to
    exponent_min..EXPONENT_MAX.

    Latency: `latency_cycles` = 5.

    Members
    -------
    constants : In(gaussian_project_constants), held during a frame.
    factor_exponent : In(signed(8)). depth_exponent : In(6). unit_exponent : In(`exponent`).
    steps : Out(3). exponent : Out(signed(6)).
    """

    def __init__(self, params: Parameters):
        self._formats = ProjectionFormats(params)
        super().__init__(
            {
                "constants": In(gaussian_project_constants(params)),
                "factor_exponent": In(signed(8)),
                "depth_exponent": In(6),
                "unit_exponent": In(shape(params.exponent)),
                "steps": Out(3),
                "exponent": Out(signed(6)),
            }
        )

    def build(self, p):
        low = self._formats.exponent_min
        own, depth = p.input(self.factor_exponent), p.input(self.depth_exponent)
        offset = self.constants.exponent_offset
        scaled = p.register("scaled", lambda own: own + offset, own)
        away = p.register("away", lambda depth, k: depth + k, depth, p.input(self.unit_exponent))
        exponent = p.register("exponent_full", lambda e, away: e - away, scaled, away)
        # ceil((low - e) / 4), 0 to COARSE_STEPS
        missing = p.register(
            "missing",
            lambda e: (low - e + COARSE_STEP - 1) >> COARSE_STEP.bit_length() - 1,
            exponent,
        )
        steps = p.register(
            "steps_cut",
            lambda n: Mux(n < 0, 0, Mux(n > COARSE_STEPS, COARSE_STEPS, n))[:3],
            missing,
        )
        raised = p.register("raised", lambda e, n: e + COARSE_STEP * n, exponent, steps)
        cut = p.register(
            "exponent_cut",
            lambda e: Mux(e < low, low, Mux(e > EXPONENT_MAX, EXPONENT_MAX, e)).as_signed()[:6],
            raised,
        )
        return p.finish((self.steps, steps), (self.exponent, cut))


class Footprint(HeldBlock):
    """T_k = floor(sum_j A_j L_jk / 2^(J + 4 steps) + 1/2), cut to +-(2^(bits - 1) - 1).

    L is lower triangular, so a row takes 3 + 2 + 1 products. J: fraction bits of A.

    Latency: `latency_cycles` = 9: product (2), two sums, two of shift, rounding, two of cutting.
    Multipliers: 12 of B x 16.

    Members
    -------
    x0 to x2, y0 to y2 : In(`jacobian`), rows of A.
    factor_00 to factor_22 : In(signed(16)), entries of L.
    steps : In(3), 0 to 5.
    tx0 to tx2, ty0 to ty2 : Out(`footprint`), rows of T.
    """

    def __init__(self, params: Parameters):
        self.cycles = params.project_cycles
        self._formats = formats = ProjectionFormats(params)
        super().__init__(
            {
                **start_member(self.cycles),
                **{f"{axis}{j}": In(shape(formats.jacobian)) for axis in "xy" for j in range(3)},
                **{f"factor_{name}": In(signed(16)) for name in FACTOR},
                "steps": In(3),
                **{f"t{axis}{k}": Out(shape(formats.footprint)) for axis in "xy" for k in range(3)},
            }
        )

    def build(self, p):
        jobs = {
            axis: {f"a{j}": p.input(getattr(self, f"{axis}{j}")) for j in range(3)} for axis in "xy"
        }
        common = {f"factor_{name}": p.input(getattr(self, f"factor_{name}")) for name in FACTOR}
        rows = p.alike(jobs, self._row, **common, steps=p.input(self.steps))
        return p.finish(
            *(
                (getattr(self, f"t{axis}{k}"), row[f"t{k}"])
                for axis, row in zip("xy", rows, strict=True)
                for k in range(3)
            )
        )

    def _row(self, p, axis, steps, **values):
        outputs = {}
        for k, entries in enumerate(COLUMNS):
            name = f"{axis}{k}"
            products = [
                p.multiply(f"product_{name}_{j}", values[f"a{j}"], values[f"factor_{at}"])
                for j, at in entries
            ]
            total = products[0]
            for part in products[1:]:
                total = p.register(f"sum_{name}_{total.cycle}", lambda a, b: a + b, total, part)
            outputs[f"t{k}"] = self._scaled(p, name, total, steps)
        return outputs

    def _scaled(self, p, name, total, steps):
        """Shifted by 0 to 5 coarse steps, rounded, cut."""
        below = self._formats.jacobian.fraction_bits - 1  # one bit stays for rounding

        def fine(v, n):
            v = v >> below
            options = [v >> COARSE_STEP * i for i in range(4)]
            return Mux(n[1], Mux(n[0], options[3], options[2]), Mux(n[0], options[1], options[0]))

        shifted = p.register(f"fine_{name}", lambda v, n: fine(v, n).as_signed(), total, steps)
        shifted = p.register(
            f"coarse_{name}",
            lambda v, n: Mux(n[2], v >> 4 * COARSE_STEP, v).as_signed(),
            *(shifted, steps),
        )
        rounded = p.register(f"rounded_{name}", lambda v: (v + 1) >> 1, shifted)
        top = self._formats.footprint.max_int
        over = p.register(f"over_{name}", lambda v: v > top, rounded)
        under = p.register(f"under_{name}", lambda v: v < -top, rounded)
        bits = self._formats.footprint.bits
        return p.register(
            f"entry_{name}",
            lambda v, over, under: Mux(over, top, Mux(under, -top, v[:bits].as_signed())),
            *(rounded, over, under),
        )
