"""The data of BallCull where balls come some cycles apart."""

from __future__ import annotations

from amaranth.hdl import Cat
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.blocks.held_block import HeldBlock
from hw.layouts import cluster_cull_constants, cluster_record, visible_cluster
from hw.stages.cluster_cull.common_unit import RADII
from hw.stages.cluster_cull.unit_in_turn import UnitInTurn
from hw.stages.cluster_cull.view_in_turn import ViewInTurn

BIAS_CYCLES = 4  # from the centre to where the planes add what does not depend on it


class BallInTurn(HeldBlock):
    """A ball against the view, bit for bit as CommonUnit and BallOutside have it.

    Axes, radii, rows of the rotation and planes each take turns, cull_cycles of them.

    Latency: `latency_cycles`, from `start` to `ends`. A ball every cull_cycles.
    Multipliers where cull_cycles is 4: 3 of 31x18, 2 of 32x18, 1 of 24x17, and 5 shifts of 2.

    Members
    -------
    start : In(1), a ball comes: `ball` and `is_group` are held for cull_cycles cycles.
    constants : In(cluster_cull_constants), held while balls are under way.
    ball : In(cluster_record). is_group : In(1), its level.
    ends : Out(1), a ball leaves: in this cycle all that follows is its.
    seen : Out(1), the view may need it. visible : Out(visible_cluster). from_group : Out(1).
    """

    def __init__(self, params: Parameters):
        self._params, self.cycles = params, params.cull_cycles
        super().__init__(
            {
                "start": In(1),
                "constants": In(cluster_cull_constants(params)),
                "ball": In(cluster_record(params)),
                "is_group": In(1),
                "ends": Out(1),
                "seen": Out(1),
                "visible": Out(visible_cluster(params)),
                "from_group": Out(1),
            }
        )

    def build(self, p):
        ball, visible = self.ball, self.visible
        unit = UnitInTurn(p, self._params, self.constants, p.input(ball.exponent))
        view = ViewInTurn(p, self._params, self.constants)
        differences, distance = unit.differences({a: p.input(ball.center[a]) for a in "xyz"})
        low, high, mean, never = unit.radii({name: p.input(ball[name]) for name in RADII})
        bits = self._params.radius_bits
        growth = p.register("growth", lambda a, b: (b - a)[:bits], low, high)
        center = view.center_camera(differences)
        last = max(coordinate.cycle for coordinate in center)
        near = view.near(center[2], mean, unit.bias("near", distance, last - 2))
        bias = unit.bias("side", distance, last + BIAS_CYCLES)
        sides = view.sides(center, low=low, growth=growth, bias=bias)
        seen = p.register(
            "ball_seen", lambda never, *out: never | ~Cat(*out).any(), never, near, *sides
        )
        # What only passes by, in one memory each.
        exponents = p.wire("exponents", Cat, *unit.exponents(p.input(ball.member_exponent)))
        run = p.wire("run", Cat, p.input(ball.base), p.input(ball.count), p.input(self.is_group))
        for output, value in (
            *((visible.center_camera[a], q) for a, q in zip("xyz", center, strict=True)),
            (Cat(visible.exponent, visible.member_exponent), exponents),
            (Cat(visible.base, visible.count, self.from_group), run),
        ):
            p.m.d.comb += output.eq(p.peek(value, seen.cycle))
        p.m.d.comb += self.ends.eq(p.strobe(seen.cycle))
        return p.finish((self.seen, seen))
