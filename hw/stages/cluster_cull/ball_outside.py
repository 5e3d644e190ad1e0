"""The ball of a cluster against the four side planes and the near plane."""

from __future__ import annotations

from amaranth.hdl import Cat, signed
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.cluster_cull.constants import PLANES
from hw.blocks.pipeline import Block
from hw.layouts import cluster_cull_constants, shape, vector
from hw.stages.cluster_cull.camera_transform import CameraTransform
from hw.stages.cluster_cull.common_unit import world_format
from hw.stages.cluster_cull.plane_outside import NearOutside, PlaneOutside, RadiusAtView


class BallOutside(Block):
    """Is a ball outside some plane of the view?

    q: CameraTransform of the centre; side planes: floor(n . q) + margin + radius(weight) +
    side < 0; near plane: q_z + margin + mean + near < 0; margin = distance >> distance_shift.

    Latency: `latency_cycles`, 12 by default: CameraTransform, the bias, PlaneOutside; one ball a
    cycle. Multipliers: 9 in the transform, 8 in the planes, 2 in the radii.

    Members
    -------
    constants : In(cluster_cull_constants), held during a frame.
    world, position, low, high, mean, side, near : In, as CommonUnit gives them.
    center_camera : Out(vector of `camera_space`).
    is_out : Out(5), a bit a plane in the order left, right, top, bottom, near.
    """

    def __init__(self, params: Parameters):
        self._params = params
        radius, offset = shape(params.radius), signed(params.plane_offset.bits + 1)
        super().__init__(
            {
                "constants": In(cluster_cull_constants(params)),
                "world": In(vector(world_format(params))),
                "position": In(vector(params.camera_position)),
                **{name: In(radius) for name in ("low", "high", "mean")},
                "side": In(offset),
                "near": In(offset),
                "center_camera": Out(vector(params.camera_space)),
                "is_out": Out(len(PLANES) + 1),
            }
        )

    def build(self, p):
        transform = CameraTransform(self._params)
        p.m.d.comb += transform.constants.eq(self.constants)
        points = {name: p.input(getattr(self, name)) for name in ("world", "position")}
        place = p.call("transform", transform, **points)
        center = place["center_camera"]
        coordinate = {
            axis: p.wire(f"center_{axis}", lambda c, a=axis: c[a], center) for axis in "xyz"
        }
        radius = {axis: self._radius(p, axis) for axis in "xy"}
        bias = {name: self._bias(p, name, place["distance"]) for name in ("side", "near")}
        outside = []
        for side in PLANES:
            axis = "x" if side in PLANES[:2] else "y"
            plane = PlaneOutside(self._params)
            p.m.d.comb += [
                plane.normal_lateral.eq(self.constants[f"{side}_lateral"]),
                plane.normal_depth.eq(self.constants[f"{side}_depth"]),
            ]
            inputs = {"lateral": coordinate[axis], "depth": coordinate["z"]}
            inputs |= {"radius": radius[axis], "bias": bias["side"]}
            outside.append(p.call(side, plane, **inputs)["is_out"])
        mean = p.input(self.mean)
        near = {"depth": coordinate["z"], "radius": mean, "bias": bias["near"]}
        outside.append(p.call("near", NearOutside(self._params), **near)["is_out"])
        is_out = p.wire("outside", lambda *planes: Cat(*planes), *outside)
        return p.finish((self.center_camera, center), (self.is_out, is_out))

    def _radius(self, p, axis):
        block = RadiusAtView(self._params)
        p.m.d.comb += block.weight.eq(self.constants[f"weight_{axis}"])
        radii = {"low": p.input(self.low), "high": p.input(self.high)}
        return p.call(f"radius_{axis}", block, **radii)["radius"]

    def _bias(self, p, name, distance):
        shift = self._params.distance_shift
        offset = p.input(getattr(self, name))
        return p.register(f"{name}_bias", lambda d, o: (d >> shift) + o, distance, offset)
