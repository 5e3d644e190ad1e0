"""Constants of a frame for color: what the host computes once from a camera.

The direction towards a splat at (u, v) is that of R^T (t_x/f_x, t_y/f_y, 1), t_x = u - cx and
t_y = v - cy: three columns, of which the first two meet the tangents. Its length is of no
importance, so the host scales the columns to fill the operands of the multipliers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.errors import InputError
from golden.numbers.fixed import Fixed
from golden.pack import Pack
from golden.params import Parameters
from golden.stages.color.formats import OPERAND_BITS, TANGENT_RANGE_BITS, ColorFormats

SHIFT_BITS = 4
# Columns are scaled so that their length is this at most: no entry is cut.
AXIS_LENGTH = 2.0 ** (OPERAND_BITS - 2)


@dataclass(frozen=True, eq=False)
class ColorConstants:
    """What the color datapath holds during a frame.

    Parameters
    ----------
    principal : (2,) format `principal`, cx and cy.
    axis : (2, 3) format `axis`, rows R_0 / f_x and R_1 / f_y, scaled.
    forward : (3,) format `forward`, R_2, scaled, and what the cut of tangents takes in the mean.
    shift : bits that are cut from a tangent, 0 to 15.
    """

    principal: NDArray[np.int64]
    axis: NDArray[np.int64]
    forward: NDArray[np.int64]
    shift: int

    def as_ports(self) -> dict[str, int]:
        """Each constant under the name of its hardware port."""
        ports = {f"principal_{a}": int(self.principal[i]) for i, a in enumerate("xy")}
        for i, name in enumerate("xy"):
            ports |= {f"axis_{name}{j}": int(self.axis[i, j]) for j in range(3)}
        ports |= {f"forward_{j}": int(self.forward[j]) for j in range(3)}
        return ports | {"shift": self.shift}


def constant_formats(params: Parameters) -> dict[str, Fixed]:
    """Format of each constant, under the names and in the order of as_ports."""
    formats = ColorFormats(params)
    names = {f"principal_{a}": formats.principal for a in "xy"}
    names |= {f"axis_{a}{j}": formats.axis for a in "xy" for j in range(3)}
    names |= {f"forward_{j}": formats.forward for j in range(3)}
    return names | {"shift": Fixed(False, SHIFT_BITS)}


def color_constants(camera: Camera, params: Parameters) -> ColorConstants:
    """Integer constants of a view.

    shift is the least with 2^(17 + shift) units of a tangent at 8 focal lengths or beyond. All
    three columns have one scale, the largest with which those of `axis` are no longer than
    AXIS_LENGTH and the optical axis is no longer than 1 in the fraction bits of `forward`. To
    nearest.

    Raises InputError where a focal length or the principal point is too large for the formats.
    """
    formats = ColorFormats(params)
    focal = np.array([camera.fx, camera.fy]) * 2.0**params.screen_fraction_bits
    reach = float(focal.min()) * 2.0 ** (TANGENT_RANGE_BITS - 1)
    shift = max(0, int(np.ceil(np.log2(reach))) - (OPERAND_BITS - 1))
    if shift >= 1 << SHIFT_BITS:
        raise InputError(
            f"camera {camera.name} has focal lengths of {camera.fx:g} and {camera.fy:g} px, more "
            "than the colours' formats hold: choose a smaller --size, or leave that view out with "
            "--views."
        )
    rows = camera.viewmat[:2, :3] * (2.0**shift / focal)[:, None]
    # A unit of the tangents' products after axis_shift, over one of the direction's length.
    scale = min(
        AXIS_LENGTH / float(np.linalg.norm(rows, axis=1).max()),
        2.0 ** (formats.forward.fraction_bits + formats.axis_shift),
    )
    # What the cut of `shift` bits takes from a tangent in the mean.
    forward = camera.viewmat[2, :3] + rows.sum(axis=0) * (1 - 2.0**-shift) / 2
    center_px = np.array([camera.cx, camera.cy])
    return ColorConstants(
        principal=np.array(
            [formats.principal.nearest(float(c), "the principal point") for c in center_px]
        ),
        axis=np.rint(rows * scale).astype(np.int64),
        forward=np.rint(np.ldexp(forward * scale, -formats.axis_shift)).astype(np.int64),
        shift=shift,
    )


def need_narrow_colors(pack: Pack) -> None:
    """Raises InputError where the hardware cannot evaluate the pack's colours."""
    if pack.meta.colors != "narrow":
        raise InputError(
            f"the pack of {pack.meta.scene} has {pack.meta.colors} colours, and the hardware "
            "evaluates narrow ones only: pack the scene with --colors narrow."
        )
