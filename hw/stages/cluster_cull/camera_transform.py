"""World to camera space for cluster centres: q = R (C - P)."""

from __future__ import annotations

from amaranth.hdl import Mux
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.blocks.multiply import times_constant
from hw.blocks.pipeline import Block
from hw.layouts import cluster_cull_constants, vector
from hw.stages.cluster_cull.common_unit import world_format


class CameraTransform(Block):
    """Rotates the difference between a point and the camera position.

    d = C - P; q_i = floor(sum_j R_ij d_j / 2^rotation_fraction_bits + 1/2);
    distance = max_j |d_j|. Subtracting first keeps the rotation's rounding proportional to the
    distance from the camera, not from the origin.

    Latency: `latency_cycles`, 6 by default: difference, products (2), their parts, two sums; one
    point a cycle. Multipliers: 9 of difference.bits x rotation.bits.

    Members
    -------
    constants : In(cluster_cull_constants), held during a frame.
    world : In(vector of world_format), the point. position : In(vector of `camera_position`).
    center_camera : Out(vector of `camera_space`).
    distance : Out(unsigned), `difference` without its sign.
    """

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "constants": In(cluster_cull_constants(params)),
                "world": In(vector(world_format(params))),
                "position": In(vector(params.camera_position)),
                "center_camera": Out(vector(params.camera_space)),
                "distance": Out(params.difference.bits),
            }
        )

    def build(self, p):
        differences = [self._difference(p, axis) for axis in "xyz"]
        sizes = [
            p.register(f"magnitude_{axis}", lambda d: Mux(d < 0, -d, d)[: len(d)], difference)
            for axis, difference in zip("xyz", differences, strict=True)
        ]
        larger = p.register("larger", _larger, *sizes[:2])
        return p.finish(
            *(
                (self.center_camera[axis], self._rotated(p, row, differences))
                for row, axis in enumerate("xyz")
            ),
            (self.distance, p.register("largest", _larger, larger, sizes[2])),
        )

    def _difference(self, p, axis):
        world, position = p.input(self.world[axis]), p.input(self.position[axis])
        return p.register(f"difference_{axis}", lambda c, p: c - p, world, position)

    def _rotated(self, p, row, differences):
        """A row of R times the difference, rounded to nearest."""
        fraction = self._params.rotation_fraction_bits
        products = [
            times_constant(p, f"product_{row}{j}", d, self.constants[f"rotation_{row}{j}"])
            for j, d in enumerate(differences)
        ]
        pair = p.register(f"pair_{row}", lambda a, b: a + b, *products[:2])
        half = p.register(f"half_{row}", lambda c: c + (1 << (fraction - 1)), products[2])
        bits = self._params.camera_space.bits
        return p.register(
            f"row_{row}", lambda a, b: ((a + b) >> fraction)[:bits].as_signed(), pair, half
        )


def _larger(a, b):
    return Mux(a > b, a, b)
