"""Outcome of cluster_cull for a frame, by the float64 reference and the integer model alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.numbers.fixed import Int64

Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class CullResult:
    """Outcome of the cluster test for a frame.

    Parameters
    ----------
    visible : (M,) bool.
    center_camera : (M, 3) centres in camera space: float64 scene units from the reference,
        int64 in the format `camera_space` from the integer model.
    apart : (M,) int64, exponent of a ball's unit less that of the frame's; zero from the reference.
    """

    visible: Bool
    center_camera: NDArray[np.float64] | Int64
    apart: Int64


@dataclass(frozen=True, eq=False)
class LevelsResult:
    """Outcome of the two-level test for a frame.

    Parameters
    ----------
    group_visible : (G,) bool, groups that pass.
    tested : (M,) bool, clusters of groups that pass: only these are read and tested.
    visible : (M,) bool, clusters whose group and own ball pass.
    center_camera : (M, 3) as in CullResult; zero where not tested.
    apart : (M,) as in CullResult; zero where not tested.
    """

    group_visible: Bool
    tested: Bool
    visible: Bool
    center_camera: NDArray[np.float64] | Int64
    apart: Int64

    @property
    def tests(self) -> int:
        """Ball tests of the frame: every group, and the clusters of those that pass."""
        return len(self.group_visible) + int(self.tested.sum())


def spread_levels(passed: Bool, tested: Bool, members: CullResult) -> LevelsResult:
    """Spreads the result of the tested clusters over all clusters."""
    center: NDArray[Any]
    visible = np.zeros(len(tested), dtype=np.bool_)
    visible[tested] = members.visible
    center = np.zeros((len(tested), 3), dtype=members.center_camera.dtype)
    center[tested] = members.center_camera
    apart = np.zeros(len(tested), dtype=np.int64)
    apart[tested] = members.apart
    return LevelsResult(passed, tested, visible, center, apart)
