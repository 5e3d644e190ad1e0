"""The arithmetic of gaussian_project: one free-running pipeline from a member to its splat."""

from __future__ import annotations

from amaranth.hdl import Mux
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.blocks.held_block import HeldBlock, start_member
from hw.layouts import gaussian_project_constants, member_record, splat_record
from hw.stages.gaussian_project.conic import Conic
from hw.stages.gaussian_project.cover import Cover
from hw.stages.gaussian_project.depth_code import DepthCode
from hw.stages.gaussian_project.footprint import FACTOR
from hw.stages.gaussian_project.light import faint
from hw.stages.gaussian_project.place import Place
from hw.stages.gaussian_project.screen_shape import ScreenShape

# Why a member is dropped: the numbers of golden.stages.gaussian_project.formats.DROPS, from 1 on.
OPACITY, NEAR, OUTSIDE = 1, 2, 3


class Projection(HeldBlock):
    """Splat of a member, and whether the view can need it.

    The steps are those of golden.stages.gaussian_project: Place, ScreenShape (footprint), Conic,
    Cover (extent); DepthCode.

    Latency: `latency_cycles`, the sum along its longest path, through Conic.
    Multipliers: the sum of its parts'.

    Members
    -------
    constants : In(gaussian_project_constants), held while members are under way.
    member : In(member_record).
    splat : Out(splat_record).
    drop : Out(2), 0 where the splat is to be drawn, or why not: OPACITY, NEAR, OUTSIDE.
    """

    def __init__(self, params: Parameters):
        self._params, self.cycles = params, params.project_cycles
        super().__init__(
            {
                **start_member(self.cycles),
                "constants": In(gaussian_project_constants(params)),
                "member": In(member_record(params)),
                "splat": Out(splat_record(params)),
                "drop": Out(2),
            }
        )

    def build(self, p):
        member = self.member
        where = self._place(p)
        shape = self._shape(p, where)
        conic = self._conic(p, shape)
        cover = self._cover(p, where, shape)
        depth = p.call(
            "depth",
            DepthCode(self._params),
            depth=where["depth"],
            unit_exponent=p.input(member.exponent),
        )["code"]
        opacity, shows = p.input(member.geometry.opacity), p.input(member.geometry.flags[0])
        if self._params.antialiased:
            opacity, off = conic["lessened"], ~self.constants.antialiased
            shows = p.wire("visible", lambda shows, o: shows & (off | ~faint(o)), shows, opacity)
        # Inputs of `drop` in the order of their precedence.
        drop = p.register(
            "drop_reason",
            lambda shows, before, empty: Mux(
                ~shows, OPACITY, Mux(before, NEAR, Mux(empty, OUTSIDE, 0))
            ),
            *(shows, where["before"], cover["empty"]),
        )
        splat = self.splat
        return p.finish(
            *self._center(p, where),
            *((splat.conic[name], conic[name]) for name in "abc"),
            (splat.conic_exponent, conic["exponent"]),
            (splat.depth, depth),
            (splat.index, p.input(member.index)),
            *((splat.tile_rect[name], cover[name]) for name in ("x0", "y0", "x1", "y1")),
            *((splat.extent[axis], cover[f"extent_px_{axis}"]) for axis in "xy"),
            (splat.opacity, opacity),
            (self.drop, drop),
        )

    def _with_constants(self, p, block):
        p.m.d.comb += block.constants.eq(self.constants)
        return block

    def _place(self, p):
        member = self.member
        inputs = {f"offset_{axis}": member.geometry.offset[axis] for axis in "xyz"}
        inputs |= {f"center_camera_{axis}": member.center_camera[axis] for axis in "xyz"}
        inputs |= {"member_exponent": member.member_exponent, "unit_exponent": member.exponent}
        block = self._with_constants(p, Place(self._params))
        return p.call("place", block, **{name: p.input(value) for name, value in inputs.items()})

    def _shape(self, p, where):
        geometry = self.member.geometry
        names = ("tangent_x", "tangent_y", "depth_exponent", "depth_mantissa")
        return p.call(
            "shape",
            self._with_constants(p, ScreenShape(self._params)),
            **{name: where[name] for name in names},
            **{f"factor_{name}": p.input(geometry.factor[name]) for name in FACTOR},
            factor_exponent=p.input(geometry.factor_exponent),
            unit_exponent=p.input(self.member.exponent),
        )

    def _conic(self, p, shape):
        names, block = ("xx", "yy", "xy", "depth_squared"), Conic(self._params)
        light = {}
        if self._params.antialiased:
            p.m.d.comb += block.antialiased.eq(self.constants.antialiased)
            names += ("sharp_xx", "sharp_yy")
            light["opacity"] = p.input(self.member.geometry.opacity)
        return p.call(
            "conic",
            block,
            footprint_exponent=shape["exponent"],
            **{name: shape[name] for name in names},
            **light,
        )

    def _cover(self, p, where, shape):
        names = ("depth_exponent", "reciprocal", "error_exponent", "tangent_x", "tangent_y")
        return p.call(
            "cover",
            self._with_constants(p, Cover(self._params)),
            reach_factor=p.input(self.member.geometry.reach_factor),
            **{name: where[name] for name in names},
            **{name: shape[name] for name in ("xx", "yy")},
            exponent=shape["exponent"],
        )

    def _center(self, p, where):
        """u and v: the principal point plus the tangent."""
        for axis, name in zip("xy", "uv", strict=True):
            principal = self.constants[f"principal_{axis}"]
            tangent = where[f"tangent_{axis}"]
            center = p.register(f"{name}_sum", lambda t, c=principal: t + c, tangent)
            yield self.splat.mean2d[name], center
