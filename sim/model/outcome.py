"""What the front end finds in a frame: all that its clocks need to know of the data."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from golden.errors import InputError
from golden.pack import Pack
from golden.pack.file import section_offsets
from golden.stages.cluster_cull.result import LevelsResult

Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class FrameOutcome:
    """What the stages find in a frame, in the order in which the hardware does.

    Parameters
    ----------
    group_visible : (G,) bool.
    group_runs : (G, 2) first cluster, and clusters, 1 or more.
    cluster_visible : (T,) bool, of the clusters of visible groups.
    cluster_runs : (T, 2) first Gaussian, and Gaussians, 1 or more, of the same.
    kept : (N,) bool, of the Gaussians of visible clusters, those that become splats.
    offsets : first byte of each section in the pack; needed behind a DRAM, which tells addresses
        apart.

    Raises InputError where the lengths contradict each other or a run holds nothing.
    """

    group_visible: Bool
    group_runs: NDArray[np.int64]
    cluster_visible: Bool
    cluster_runs: NDArray[np.int64]
    kept: Bool
    offsets: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, mask, runs in (
            ("group", self.group_visible, self.group_runs),
            ("cluster", self.cluster_visible, self.cluster_runs),
        ):
            if runs.shape != (len(mask), 2) or (runs < [0, 1]).any():
                raise InputError(
                    f"{name}_runs of a frame are no {len(mask)} pairs of a base and a count of 1 "
                    "or more: take them from the pack's table."
                )
        clusters = int(self.group_runs[self.group_visible, 1].sum())
        members = int(self.cluster_runs[self.cluster_visible, 1].sum())
        found = (len(self.cluster_visible), len(self.kept))
        if len(self.group_visible) == 0 or found != (clusters, members):
            raise InputError(
                f"a frame of {len(self.group_visible)} groups tests {found[0]} clusters and "
                f"projects {found[1]} Gaussians where its tables say {clusters} and {members}: "
                "take all of them from one frame."
            )

    @property
    def splats(self) -> int:
        """Gaussians kept."""
        return int(self.kept.sum())


def frame_outcome(pack: Pack, levels: LevelsResult, kept: Bool) -> FrameOutcome:
    """The outcome of a frame as the integer models have it.

    Parameters
    ----------
    pack : of the scene.
    levels : of golden.stages.cluster_cull.integer.cluster_cull.
    kept : (N,) of golden.stages.gaussian_project.integer.ProjectedMembers.
    """

    def runs(table: NDArray[np.void]) -> NDArray[np.int64]:
        return np.stack([table["base"], table["count"]], axis=1).astype(np.int64)

    return FrameOutcome(
        group_visible=levels.group_visible,
        group_runs=runs(pack.groups),
        cluster_visible=levels.visible[levels.tested],
        cluster_runs=runs(pack.clusters[levels.tested]),
        kept=kept,
        offsets=section_offsets(pack),
    )
