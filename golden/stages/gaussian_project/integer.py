"""The bit-exact integer model of gaussian_project: members of visible clusters in, splats out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.numbers.depth import depth_code
from golden.params import Parameters
from golden.records import SPLAT_DTYPE
from golden.stages.gaussian_project.conic import conic
from golden.stages.gaussian_project.constants import GaussianProjectConstants
from golden.stages.gaussian_project.extent import cover
from golden.stages.gaussian_project.footprint import footprint
from golden.stages.gaussian_project.formats import DROPS, ProjectionFormats
from golden.stages.gaussian_project.light import FAINT_BITS, lessened, light_loss
from golden.stages.gaussian_project.place import place

Bool = NDArray[np.bool_]


# Rows at a time: their intermediate results stay in the processor's cache.
CHUNK_ROWS = 1 << 13


@dataclass(frozen=True, eq=False)
class ProjectedMembers:
    """Outcome of the projection of N members.

    Parameters
    ----------
    splats : (S,) SPLAT_DTYPE, in the order of the members.
    kept : (N,) bool, the members that became splats.
    dropped : members dropped, by the first reason of DROPS that holds: they can reach no pixel by
        their opacity, lie before the near plane, or cover no pixel centre of the picture.
    """

    splats: NDArray[np.void]
    kept: Bool
    dropped: dict[str, int]


def gaussian_project(
    members: NDArray[np.void], constants: GaussianProjectConstants, params: Parameters
) -> ProjectedMembers:
    """Splats of the members that can reach a pixel centre of the view.

    Each step is described where it is computed: place (golden.stages.gaussian_project.place),
    footprint, conic, cover (extent), and light where antialiased. README.md in this folder has the
    formats and the error budget.

    Parameters
    ----------
    members : (N,) MEMBER_DTYPE.
    """
    formats = ProjectionFormats(params)
    splats, reasons = [np.zeros(0, SPLAT_DTYPE)], [np.zeros(0, np.int8)]
    for first in range(0, len(members), CHUNK_ROWS):
        rows, why = _project(members[first : first + CHUNK_ROWS], constants, formats)
        splats.append(rows[why == 0])
        reasons.append(why)
    why = np.concatenate(reasons)
    counts = np.bincount(why, minlength=len(DROPS) + 1)[1:]
    return ProjectedMembers(
        splats=np.concatenate(splats),
        kept=why == 0,
        dropped={name: int(count) for name, count in zip(DROPS, counts, strict=True)},
    )


def _project(
    members: NDArray[np.void], constants: GaussianProjectConstants, formats: ProjectionFormats
) -> tuple[NDArray[np.void], NDArray[np.int8]]:
    """Splat of every member, and 0 or the number of the reason for which it is dropped."""
    where = place(members, constants, formats)
    shape = footprint(members, where, constants, formats)
    ellipse = conic(shape, formats)
    covered = cover(members, where, shape, constants, formats)
    splats = np.zeros(len(members), dtype=SPLAT_DTYPE)
    splats["mean2d"] = where.tangent + constants.principal
    splats["conic"], splats["conic_exponent"] = ellipse.mantissas, ellipse.exponent
    splats["depth"] = depth_code(where.depth, where.unit_exponent)
    splats["index"] = members["index"]
    splats["tile_rect"], splats["extent"] = covered.tile_rect, covered.extent_px
    opacity = members["geometry"]["opacity"]
    hidden = (members["geometry"]["flags"] & 1) == 0
    if constants.antialiased:
        opacity = lessened(opacity, light_loss(shape, formats))
        hidden |= opacity < 1 << FAINT_BITS
    splats["opacity"] = opacity
    why = np.select([hidden, where.before, covered.empty], [1, 2, 3], 0).astype(np.int8)
    return splats, why
