"""The pipeline that tests balls, of groups and of clusters alike, one a cycle."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.blocks.pipeline import Block
from hw.layouts import cluster_cull_constants, cluster_record, visible_cluster
from hw.stages.cluster_cull.ball_in_turn import BallInTurn
from hw.stages.cluster_cull.ball_outside import BallOutside
from hw.stages.cluster_cull.common_unit import RADII, CommonUnit

EXPONENTS = ("exponent", "member_exponent")
MEMBERS = ("base", "count")
LEVELS = ("group", "cluster")


class BallCull(wiring.Component):
    """Tells the balls that the view may need, with their centres in camera space.

    The pipeline never stands still: who offers a ball has kept a place for it.

    Radii of all ones ("never cull") are always seen.

    Latency: `latency_cycles`, 21 by default: a ball offered in cycle t is answered in cycle
    t + 21. One ball a cycle, or every cull_cycles. Multipliers: those of one BallOutside, or
    of BallInTurn.

    Members
    -------
    group, cluster : In(1), a ball of that level is offered; not both. Where cull_cycles is above 1,
        so many cycles after the one before, and `group` tells its level.
    ball : In(cluster_record), for cull_cycles from the one in which it is offered.
    constants : In(cluster_cull_constants); may change only while the pipeline is empty.
    seen_group, seen_cluster : Out(1), `visible` is such a ball, and the view may need it.
    dropped_group, dropped_cluster : Out(1), such a ball leaves the pipeline unseen.
    visible : Out(visible_cluster).
    """

    def __init__(self, params: Parameters):
        self._path = BallInTurn(params) if params.cull_cycles > 1 else _BallPath(params)
        self.latency_cycles = self._path.latency_cycles
        answers = [f"{answer}_{level}" for answer in ("seen", "dropped") for level in LEVELS]
        super().__init__(
            {
                **{level: In(1) for level in LEVELS},
                "ball": In(cluster_record(params)),
                "constants": In(cluster_cull_constants(params)),
                **{name: Out(1) for name in answers},
                "visible": Out(visible_cluster(params)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.path = path = self._path
        m.d.comb += [
            path.constants.eq(self.constants),
            path.ball.eq(self.ball),
            self.visible.eq(path.visible),
        ]
        if isinstance(path, BallInTurn):
            self._answer(m, path)
            return m
        for level in LEVELS:
            under_way = Signal(self.latency_cycles, name=f"{level}_under_way")
            m.d.sync += under_way.eq(Cat(getattr(self, level), under_way))
            m.d.comb += [
                getattr(self, f"seen_{level}").eq(under_way[-1] & path.seen),
                getattr(self, f"dropped_{level}").eq(under_way[-1] & ~path.seen),
            ]
        return m

    def _answer(self, m, path):
        """Where the path itself says when a ball of which level leaves it."""
        m.d.comb += [path.start.eq(self.group | self.cluster), path.is_group.eq(self.group)]
        for level, is_level in zip(LEVELS, (path.from_group, ~path.from_group), strict=True):
            leaves = path.ends & is_level
            m.d.comb += [
                getattr(self, f"seen_{level}").eq(leaves & path.seen),
                getattr(self, f"dropped_{level}").eq(leaves & ~path.seen),
            ]


class _BallPath(Block):
    """The data of BallCull; its first register is that of the ball, its last that of `seen`."""

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "constants": In(cluster_cull_constants(params)),
                "ball": In(cluster_record(params)),
                "visible": Out(visible_cluster(params)),
                "seen": Out(1),
            }
        )

    def build(self, p):
        ball = {
            name: p.register(f"ball_{name}", lambda v: v, p.input(self.ball[name]))
            for name in (*RADII, *EXPONENTS, *MEMBERS)
        }
        axes = [p.input(self.ball.center[axis]) for axis in "xyz"]
        center = p.register("ball_center", lambda *axes: Cat(*axes), *axes)
        units, test = CommonUnit(self._params), BallOutside(self._params)
        p.m.d.comb += [block.constants.eq(self.constants) for block in (units, test)]
        named = {name: ball[name] for name in (*RADII, *EXPONENTS)}
        common = p.call("common_unit", units, center=center, **named)
        above, member = common.pop("above"), common.pop("member")
        result = p.call("test", test, **common)
        never = p.register("never", lambda radius: radius.all(), ball["radius_high"])
        seen = p.register("ball_seen", lambda planes, n: n | ~planes.any(), result["is_out"], never)
        visible = self.visible
        return p.finish(
            (visible.center_camera, result["center_camera"]),
            *((visible[name], ball[name]) for name in MEMBERS),
            (visible.exponent, above),
            (visible.member_exponent, member),
            (self.seen, seen),
        )
