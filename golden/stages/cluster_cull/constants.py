"""Frame constants: what the host computes once a frame from a camera, rounded the safe way.

A Gaussian with camera-space mean q cannot reach a pixel at or right of u_min when (DESIGN of the
bound in golden.gaussians.bound)

    fx q_x + (cx - u_min + k sqrt(0.3)) q_z + fx sqrt(1 + lim^2) k s < 0

Divided by the length of the normal (fx, cx - u_min + k sqrt(0.3)) that is n . q + b k s < 0 with
b = fx sqrt(1 + lim^2) / |normal|. lim is the largest |x/z| after the clamp among Gaussians on the
outer side of the plane. For b > 1.3 the normal is shortened by 1.3 / b instead, since
r(b) <= r(1.3) b / 1.3; for b < 1, r(b) <= r(1). So every camera is covered by two stored radii.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.gaussians.bound import B_HIGH, B_LOW, LOW_PASS_REACH_PX
from golden.grid import Grid
from golden.numbers.fixed import Fixed
from golden.params import Parameters
from golden.rules import Rules

PLANES = ("left", "right", "top", "bottom")

# A float32 renderer places a mean with an error of a few 2^-24 of its world coordinates, and a
# pixel with a few 2^-24 of the image width.
FLOAT32_POSITION_MARGIN = 2.0**-20
FLOAT32_PIXEL_MARGIN_PX = 2.0**-6

# Errors of the datapath that do not grow with distance, in its last place: position and centre
# rounded (2.81), floor of the plane product (1), floor of the distance margin (1).
ROUNDING_MARGIN = 5

# Exponents of a ball and of the frame that lie farther apart are cut to it: nothing is left of what
# is shifted so far.
MAX_APART = 63
# Offsets of that exponent and of lower ones are nothing in the unit of their centre.
LEAST_MEMBER_EXPONENT = -32


@dataclass(frozen=True)
class ViewPlanes:
    """The side planes of a view in camera space, real numbers.

    Parameters
    ----------
    lateral, depth : per plane of PLANES, the normal's x (or y) and z entry; length <= 1.
    weight : of the stored radius r(1.3) against r(1.0), for x and for y, 0 to 1.
    near : depth of the near plane, scene units.
    """

    lateral: tuple[float, float, float, float]
    depth: tuple[float, float, float, float]
    weight: tuple[float, float]
    near: float


@dataclass(frozen=True, eq=False)
class ClusterCullConstants:
    """What the cluster_cull datapath holds during a frame; integers in the formats of Parameters.

    Lengths are in units of the frame, 2^camera_exponent grid units.

    Parameters
    ----------
    camera_exponent : format `exponent`.
    camera_position : (3,) format `camera_position`, from the pack's origin.
    rotation : (3, 3) format `rotation`, rows are the camera's axes in world space.
    normal_lateral, normal_depth : (4,) format `normal`, planes in the order of PLANES.
    weight : (2,) format `weight`, for x and y, rounded up.
    side_offset : format `plane_offset`, what a float32 renderer may be off by, rounded up.
    near_offset : format `plane_offset`, the same minus the near depth, rounded up.
    """

    camera_exponent: int
    camera_position: NDArray[np.int64]
    rotation: NDArray[np.int64]
    normal_lateral: NDArray[np.int64]
    normal_depth: NDArray[np.int64]
    weight: NDArray[np.int64]
    side_offset: int
    near_offset: int

    def as_ports(self) -> dict[str, int]:
        """Each constant under the name of its hardware port."""
        ports: dict[str, int] = {"camera_exponent": self.camera_exponent}
        for i, axis in enumerate("xyz"):
            ports[f"camera_position_{axis}"] = int(self.camera_position[i])
        for i in range(3):
            for j in range(3):
                ports[f"rotation_{i}{j}"] = int(self.rotation[i, j])
        for i, plane in enumerate(PLANES):
            ports[f"{plane}_lateral"] = int(self.normal_lateral[i])
            ports[f"{plane}_depth"] = int(self.normal_depth[i])
        ports["weight_x"], ports["weight_y"] = (int(w) for w in self.weight)
        ports["side_offset"], ports["near_offset"] = self.side_offset, self.near_offset
        return ports


def constant_formats(params: Parameters) -> dict[str, Fixed]:
    """Format of each constant, under the names and in the order of as_ports."""
    formats = {"camera_exponent": params.exponent}
    formats |= {f"camera_position_{axis}": params.camera_position for axis in "xyz"}
    formats |= {f"rotation_{i}{j}": params.rotation for i in range(3) for j in range(3)}
    formats |= {f"{p}_{part}": params.normal for p in PLANES for part in ("lateral", "depth")}
    formats |= {f"weight_{axis}": params.weight for axis in "xy"}
    return formats | {"side_offset": params.plane_offset, "near_offset": params.plane_offset}


def view_planes(camera: Camera, rules: Rules) -> ViewPlanes:
    """Side planes of a view under a rule set; see the module for the equations."""
    x_low, x_high, y_low, y_high = rules.clamp_limits(camera)
    reach_px = LOW_PASS_REACH_PX + FLOAT32_PIXEL_MARGIN_PX
    sides = (
        # sign, focal length, principal point, first and last pixel centre, clamp range
        (camera.fx, camera.cx - 0.5 + reach_px, x_low, x_high),
        (camera.fx, camera.width - 0.5 - camera.cx + reach_px, -x_high, -x_low),
        (camera.fy, camera.cy - 0.5 + reach_px, y_low, y_high),
        (camera.fy, camera.height - 0.5 - camera.cy + reach_px, -y_high, -y_low),
    )
    lateral, depth, weights = [], [], []
    for index, (focal, inside_px, clamp_low, clamp_high) in enumerate(sides):
        # The right and bottom planes are the left and top ones of the mirrored view.
        edge = min(max(-inside_px / focal, clamp_low), clamp_high)
        limit = max(abs(clamp_low), abs(edge))
        length = float(np.hypot(focal, inside_px))
        magnification = focal * float(np.hypot(1.0, limit)) / length
        shorten = max(1.0, magnification / B_HIGH) * length
        mirror = -1.0 if index % 2 else 1.0
        lateral.append(mirror * focal / shorten)
        depth.append(inside_px / shorten)
        weight = (min(magnification, B_HIGH) - B_LOW) / (B_HIGH - B_LOW)
        weights.append(max(0.0, weight))
    return ViewPlanes(
        lateral=(lateral[0], lateral[1], lateral[2], lateral[3]),
        depth=(depth[0], depth[1], depth[2], depth[3]),
        weight=(max(weights[:2]), max(weights[2:])),
        near=rules.near,
    )


def rotation_constants(camera: Camera, params: Parameters) -> NDArray[np.int64]:
    """(3, 3) rotation world to camera, nearest, entries of +1 cut to the format's largest."""
    scaled = np.rint(np.ldexp(camera.viewmat[:3, :3], params.rotation_fraction_bits))
    return np.minimum(scaled, params.rotation.max_int).astype(np.int64)


def cluster_cull_constants(
    camera: Camera, rules: Rules, grid: Grid, params: Parameters
) -> ClusterCullConstants:
    """Integer frame constants of a view for packs of a grid.

    Normals and rotation are rounded to nearest (the datapath's distance margin pays for it),
    the weight and both offsets up. Raises InputError where the camera stands too far away.
    """
    planes = view_planes(camera, rules)
    camera_exponent = grid.camera_exponent(camera, params)
    position = np.ldexp(grid.position(camera), -grid.exponent - camera_exponent)
    margin = np.abs(position).sum() * FLOAT32_POSITION_MARGIN
    near = np.ldexp(planes.near, -grid.exponent - camera_exponent)
    # A near plane beyond the format can only cull less: keep it inside.
    near = min(near, np.ldexp(1.0, params.plane_offset.bits - 2 - params.length_fraction_bits))

    def nearest(values: NDArray[np.float64]) -> NDArray[np.int64]:
        rounded = [params.normal.nearest(float(v), "a plane normal") for v in values]
        return np.array(rounded, dtype=np.int64)

    return ClusterCullConstants(
        camera_exponent=camera_exponent,
        camera_position=np.array(
            [params.camera_position.nearest(float(p), "the camera position") for p in position]
        ),
        rotation=rotation_constants(camera, params),
        normal_lateral=nearest(np.array(planes.lateral)),
        normal_depth=nearest(np.array(planes.depth)),
        weight=np.array([params.weight.ceil(w, "the radius weight") for w in planes.weight]),
        side_offset=params.plane_offset.ceil(margin, "the side margin"),
        near_offset=params.plane_offset.ceil(margin - near, "the near offset"),
    )
