"""EWA projection of one Gaussian, compiled: the equations that projection and visibility share."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.gaussians.covariance import Float64
from golden.jit import parallel_kernel, parallel_range, serial_kernel
from golden.rules import LOW_PASS_PX2, TILE_PX, Rules
from golden.scene import Float32

Mask = NDArray[np.bool_]
Int32 = NDArray[np.int32]
Box = tuple[float, float, float, float]

FAR_AXES = 1e10  # gsplat's far plane unless told otherwise, scene units; inria has none


# Camera and rules as a kernel reads them: one record, lengths in px and scene units.
VIEW_DTYPE = np.dtype(
    [
        ("rotation", "f8", (3, 3)),  # world to camera
        ("translation", "f8", (3,)),
        ("focal", "f8", (2,)),  # px
        ("center", "f8", (2,)),  # principal point, px
        ("size", "f8", (2,)),  # width, height, px
        ("tiles", "f8", (2,)),  # across, down
        ("low", "f8", (2,)),  # least and largest x/z and y/z that the Jacobian sees
        ("high", "f8", (2,)),
        ("near", "f8"),  # planes, scene units
        ("far", "f8"),
        ("low_pass", "f8"),  # added to the covariance, px^2
        ("tile", "f8"),  # side of a tile, px
        ("near_is_out", "?"),  # a depth of `near` itself is left out
        ("axes", "?"),  # an extent on each axis; False: one circle
        ("antialiased", "?"),  # opacity times sqrt(det / det with low pass)
    ]
)


class Projected(NamedTuple):
    """One Gaussian on the screen; nothing but `emitted` is meant where that is False."""

    emitted: bool
    u: float
    v: float
    depth: float
    cov: tuple[float, float, float]
    det: float
    radius: tuple[float, float]
    rect: Box
    light: float  # what its opacity is multiplied with


def tile_grid(camera: Camera) -> tuple[int, int]:
    """Tiles of 16 px across and down, the last ones perhaps cut by the image side."""
    return -(-camera.width // TILE_PX), -(-camera.height // TILE_PX)


def view_constants(camera: Camera, rules: Rules) -> NDArray[np.void]:
    """(1,) VIEW_DTYPE: what of a camera and a rule set projection reads."""
    view, axes = np.zeros(1, VIEW_DTYPE), rules.extent == "axes"
    x_low, x_high, y_low, y_high = rules.clamp_limits(camera)
    view["rotation"], view["translation"] = camera.viewmat[:3, :3], camera.viewmat[:3, 3]
    view["focal"], view["center"] = (camera.fx, camera.fy), (camera.cx, camera.cy)
    view["size"], view["tiles"] = (camera.width, camera.height), tile_grid(camera)
    view["low"], view["high"] = (x_low, y_low), (x_high, y_high)
    view["near"], view["far"] = rules.near, FAR_AXES if axes else math.inf
    view["low_pass"], view["tile"] = LOW_PASS_PX2, TILE_PX
    view["near_is_out"], view["axes"] = rules.near_is_out, axes
    view["antialiased"] = rules.antialiased
    return view


@serial_kernel
def _nothing() -> Projected:
    zero = 0.0
    return Projected(
        *(False, zero, zero, zero, (zero, zero, zero), zero, (zero, zero)),
        *((zero, zero, zero, zero), zero),
    )


@serial_kernel
def _project(view: Any, x: float, y: float, z: float, sigma: Float64, reach: float) -> Projected:
    r, t, fx, fy = view.rotation, view.translation, view.focal[0], view.focal[1]
    depth = r[2, 0] * x + r[2, 1] * y + r[2, 2] * z + t[2]
    # written so that a value that is not a number is dropped too
    if not (depth > view.near if view.near_is_out else depth >= view.near):
        return _nothing()
    if depth > view.far or (view.axes and reach < 0.0):
        return _nothing()
    x_z = (r[0, 0] * x + r[0, 1] * y + r[0, 2] * z + t[0]) / depth
    y_z = (r[1, 0] * x + r[1, 1] * y + r[1, 2] * z + t[1]) / depth
    u, v = fx * x_z + view.center[0], fy * y_z + view.center[1]

    # J R, two rows of three
    x_c = min(max(x_z, view.low[0]), view.high[0])
    y_c = min(max(y_z, view.low[1]), view.high[1])
    jx, jy = fx / depth, fy / depth
    a0, b0 = jx * (r[0, 0] - x_c * r[2, 0]), jy * (r[1, 0] - y_c * r[2, 0])
    a1, b1 = jx * (r[0, 1] - x_c * r[2, 1]), jy * (r[1, 1] - y_c * r[2, 1])
    a2, b2 = jx * (r[0, 2] - x_c * r[2, 2]), jy * (r[1, 2] - y_c * r[2, 2])
    # Sigma (J R)^T, then J R times it
    xx, xy, xz, yy, yz, zz = sigma[0], sigma[1], sigma[2], sigma[3], sigma[4], sigma[5]
    p0, p1, p2 = (
        xx * a0 + xy * a1 + xz * a2,
        xy * a0 + yy * a1 + yz * a2,
        xz * a0 + yz * a1 + zz * a2,
    )
    q0, q1, q2 = (
        xx * b0 + xy * b1 + xz * b2,
        xy * b0 + yy * b1 + yz * b2,
        xz * b0 + yz * b1 + zz * b2,
    )
    sharp_xx, sharp_yy = a0 * p0 + a1 * p1 + a2 * p2, b0 * q0 + b1 * q1 + b2 * q2
    cxx, cyy = sharp_xx + view.low_pass, sharp_yy + view.low_pass
    cxy = a0 * q0 + a1 * q1 + a2 * q2
    det = cxx * cyy - cxy * cxy
    if not det > 0.0:
        return _nothing()
    light = 1.0
    if view.antialiased:
        light = math.sqrt(max(0.0, sharp_xx * sharp_yy - cxy * cxy) / det)

    tile = view.tile
    if view.axes:
        extent = reach
        if view.antialiased:  # sqrt(2 ln(255 opacity light)); below 0 alpha 1/255 is out of reach
            square = reach * reach + 2.0 * math.log(light) if light > 0.0 else -1.0
            if square < 0.0:
                return _nothing()
            extent = math.sqrt(square)
        extent = min(3.33, extent)
        rx, ry = np.ceil(extent * math.sqrt(cxx)), np.ceil(extent * math.sqrt(cyy))
        if not (rx > 0 and ry > 0):
            return _nothing()
        if u + rx <= 0 or u - rx >= view.size[0]:
            return _nothing()
        if v + ry <= 0 or v - ry >= view.size[1]:
            return _nothing()
        left, top = np.floor((u - rx) / tile), np.floor((v - ry) / tile)
        right, bottom = np.ceil((u + rx) / tile), np.ceil((v + ry) / tile)
    else:
        mid = 0.5 * (cxx + cyy)
        rx = np.ceil(3.0 * math.sqrt(mid + math.sqrt(max(0.1, mid * mid - det))))
        ry = rx
        # pixel centres at integers; below zero truncation and floor both end at zero
        px, py = u - 0.5, v - 0.5
        left, top = np.floor((px - rx) / tile), np.floor((py - ry) / tile)
        right = np.floor((px + rx + tile - 1) / tile)
        bottom = np.floor((py + ry + tile - 1) / tile)
    x0, x1 = min(max(left, 0.0), view.tiles[0]), min(max(right, 0.0), view.tiles[0])
    y0, y1 = min(max(top, 0.0), view.tiles[1]), min(max(bottom, 0.0), view.tiles[1])
    if not (x0 < x1 and y0 < y1):
        return _nothing()
    return Projected(True, u, v, depth, (cxx, cxy, cyy), det, (rx, ry), (x0, y0, x1, y1), light)


@parallel_kernel
def mask_kernel(
    view: NDArray[np.void],
    means: Float32,
    sigma: Float64,
    reach: Float64,
    keep: Mask,
    slack: tuple[float, float],
    emitted: Mask,
    reaching: Mask,
) -> None:
    """Fills `emitted` and `reaching`; slack: relative widening of k^2, fixed and per cond."""
    for i in parallel_range(len(keep)):
        emitted[i] = reaching[i] = False
        if keep[i]:
            s = _project(
                view[0],
                np.float64(means[i, 0]),
                np.float64(means[i, 1]),
                np.float64(means[i, 2]),
                sigma[i],
                reach[i],
            )
            emitted[i] = s.emitted
            if s.emitted and reach[i] >= 0.0:
                wider = 1.0 + slack[0] + slack[1] * (s.cov[0] * s.cov[2] / s.det)
                du = reach[i] * math.sqrt(s.cov[0] * wider)
                dv = reach[i] * math.sqrt(s.cov[2] * wider)
                # the pixel centres in the box: first <= last on both axes
                reaching[i] = max(np.ceil(s.u - du - 0.5), 0.0) <= min(
                    np.floor(s.u + du - 0.5), view[0].size[0] - 1
                ) and max(np.ceil(s.v - dv - 0.5), 0.0) <= min(
                    np.floor(s.v + dv - 0.5), view[0].size[1] - 1
                )


@parallel_kernel
def splat_kernel(
    view: NDArray[np.void],
    means: Float32,
    sigma: Float64,
    reach: Float64,
    index: Int32,
    mean2d: Float64,
    conic: Float64,
    depth: Float64,
    opacity: Float64,
    radius_px: Int32,
    tile_rect: Int32,
) -> None:
    """Fills the splats of the Gaussians `index`, all of which are emitted; `opacity` holds theirs,
    which antialiasing lessens."""
    for j in parallel_range(len(index)):
        i = index[j]
        s = _project(
            view[0],
            np.float64(means[i, 0]),
            np.float64(means[i, 1]),
            np.float64(means[i, 2]),
            sigma[i],
            reach[i],
        )
        mean2d[j, 0], mean2d[j, 1], depth[j] = s.u, s.v, s.depth
        opacity[j] *= s.light
        cxx, cxy, cyy = s.cov
        conic[j, 0], conic[j, 1], conic[j, 2] = cyy / s.det, -cxy / s.det, cxx / s.det
        for k in range(2):
            radius_px[j, k] = np.int32(min(s.radius[k], 2147483647.0))
        for k in range(4):
            tile_rect[j, k] = np.int32(s.rect[k])
