"""The ball of a cluster against the four side planes and the near plane."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.frame import PLANES
from golden.params import Parameters
from hw.blocks.delay import Delay
from hw.cull.plane_test import NearTest, PlaneTest, RadiusAtView, bias_shape
from hw.layouts import frame_constants, shape, vector


class BallTest(wiring.Component):
    """Is a ball outside some plane of the view?

    side planes: floor(n . q) + margin + radius(weight) + side_offset < 0;
    near plane: q_z + margin + radius_mean + near_offset < 0;
    margin = distance >> distance_shift. Radii of all ones ("never cull") are never outside.

    Latency: PIPELINE_CYCLES = 3 enabled cycles; one ball a cycle.
    Multipliers: 8 in the planes, 2 in the radii.

    Members
    -------
    enable : In(1), the pipeline moves in this cycle.
    constants : In(frame_constants), held during a frame.
    center_camera : In(vector of `camera_space`).
    distance : In(unsigned), largest coordinate of the centre's distance from the camera.
    radius_low, radius_high, radius_mean : In(`radius`).
    is_out : Out(5), a bit a plane in the order left, right, top, bottom, near.
    """

    PIPELINE_CYCLES = PlaneTest.PIPELINE_CYCLES

    def __init__(self, params: Parameters):
        self._params = params
        radius = shape(params.radius)
        super().__init__(
            {
                "enable": In(1),
                "constants": In(frame_constants(params)),
                "center_camera": In(vector(params.camera_space)),
                "distance": In(params.difference.bits),
                "radius_low": In(radius),
                "radius_high": In(radius),
                "radius_mean": In(radius),
                "is_out": Out(len(PLANES) + 1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        p, constants = self._params, self.constants
        margin = Signal(p.difference.bits - p.distance_shift)
        side_bias = Signal(bias_shape(p))
        near_bias = Signal(bias_shape(p))
        with m.If(self.enable):
            m.d.sync += [
                margin.eq(self.distance >> p.distance_shift),
                side_bias.eq(margin + constants.side_offset),
                near_bias.eq(margin + constants.near_offset),
            ]
        m.submodules.never = never = Delay(1, self.PIPELINE_CYCLES)
        m.d.comb += [never.enable.eq(self.enable), never.i.eq(self.radius_high.all())]
        outside = []
        for side in PLANES:
            axis = "x" if side in PLANES[:2] else "y"
            if side in (PLANES[0], PLANES[2]):  # the first plane of an axis brings its radius
                m.submodules[f"radius_{axis}"] = radius = RadiusAtView(p)
                m.d.comb += [
                    radius.enable.eq(self.enable),
                    radius.low.eq(self.radius_low),
                    radius.high.eq(self.radius_high),
                    radius.weight.eq(constants[f"weight_{axis}"]),
                ]
            m.submodules[side] = plane = PlaneTest(p)
            m.d.comb += [
                plane.enable.eq(self.enable),
                plane.lateral.eq(self.center_camera[axis]),
                plane.depth.eq(self.center_camera.z),
                plane.normal_lateral.eq(constants[f"{side}_lateral"]),
                plane.normal_depth.eq(constants[f"{side}_depth"]),
                plane.radius.eq(radius.radius),
                plane.bias.eq(side_bias),
            ]
            outside.append(plane.is_out)
        m.submodules.near = near = NearTest(p)
        m.d.comb += [
            near.enable.eq(self.enable),
            near.depth.eq(self.center_camera.z),
            near.radius.eq(self.radius_mean),
            near.bias.eq(near_bias),
            self.is_out.eq(Mux(never.o, 0, Cat(*outside, near.is_out))),
        ]
        return m
