"""Cluster culling on the GPU, in tensor operations of PyTorch: ball tests, compaction, gather.

A row of a table is (C, r(B_LOW), r(B_HIGH) - r(B_LOW), max d) of a ball, so the test of a view is
one matrix product and a comparison: with plane p of outward side n_p . q + D_p < 0 and weight w_p,

    keep  <=>  n_p . C + D_p + r(B_LOW) + w_p (r(B_HIGH) - r(B_LOW)) >= 0   for the four sides
               n_z . C + D_z + max d >= 0                                   for the near plane

It is computed in float32. A sum of six products with 2^-24 of each lost is off by less than
2^-21 (|C|_1 + |P|_1 + r), P the camera's place, which the margins below cover twice; so no cluster
is culled that the exact test of golden.stages.cluster_cull.reference keeps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.errors import InputError
from golden.pack import Pack
from golden.rules import Rules
from golden.stages.cluster_cull.constants import FLOAT32_POSITION_MARGIN, view_planes
from sim.gpu.trace_culling import TraceCulling

# A ball that is never culled: larger than any scene, and finite, so that 0 times it is 0.
NEVER_CULLED = 1e30

Mark = Callable[[str], None]


@dataclass(frozen=True)
class Survivors:
    """What culling left in one view.

    Parameters
    ----------
    indices : (K,) int64 tensor, Gaussians in pack order.
    groups_tested, clusters_tested, clusters_visible : as in sim.gpu.trace_culling.ViewCulling.
    """

    indices: Any
    groups_tested: int
    clusters_tested: int
    clusters_visible: int


class GpuCuller:
    """The tables of a pack on the device, and the test of them.

    Parameters
    ----------
    torch : the module. device : of the tensors.
    pack : groups and clusters are tested, Gaussians named in its order.
    levels : 2: groups, then clusters of groups that pass; 1: all clusters.

    Raises InputError on other levels, and on two levels of a pack with one group.
    """

    def __init__(self, torch: Any, pack: Pack, levels: int, device: str = "cuda") -> None:
        if levels not in (1, 2):
            raise InputError(f"culling in {levels} levels is not known: choose 1 or 2.")
        if levels == 2 and len(pack.groups) == 1:
            raise InputError(
                f"the pack of {pack.meta.scene} has one group, so two levels test nothing more: "
                "choose one level, or pack with --per-group."
            )
        self._torch, self._device = torch, device
        self.levels = levels
        clusters = len(pack.clusters)
        self._groups = self._tensor(ball_rows(pack.groups, pack))
        self._clusters = self._tensor(ball_rows(pack.clusters, pack))
        groups = np.repeat(np.arange(len(pack.groups)), pack.groups["count"])
        self._group_of_cluster = self._tensor(groups)
        self._counts = self._tensor(pack.clusters["count"].astype(np.int64))
        self._bases = self._tensor(pack.clusters["base"].astype(np.int64))
        self.record = TraceCulling(
            method=pack.meta.method,
            radius=pack.meta.radius,
            levels=levels,
            groups=len(pack.groups),
            clusters=clusters,
            tables_sha256=tables_sha256(pack),
        )

    def _tensor(self, array: NDArray[Any]) -> Any:
        return self._torch.tensor(array, dtype=None, device=self._device)

    def planes(self, camera: Camera, rules: Rules) -> tuple[Any, Any]:
        """The (6, 5) matrix and (5,) offsets of a view, float32, on the device."""
        matrix, offsets = plane_matrix(camera, rules)
        return self._tensor(matrix), self._tensor(offsets)

    def _pass(self, rows: Any, planes: tuple[Any, Any]) -> Any:
        matrix, offsets = planes
        return (self._torch.addmm(offsets, rows, matrix) >= 0).all(1)

    def _where(self, mask: Any) -> Any:
        return self._torch.nonzero(mask).flatten()

    def cull(self, planes: tuple[Any, Any], mark: Mark) -> Survivors:
        """The Gaussians of clusters that pass; tells `mark` as each part begins.

        Parts: "cluster_cull": ball tests, with the rows that they read; "compaction": from masks to
        indices, of clusters and then of their Gaussians.
        """
        select = self._torch.index_select
        mark("cluster_cull")
        if self.levels == 2:
            groups = self._pass(self._groups, planes)
            mark("compaction")
            tested = self._where(select(groups, 0, self._group_of_cluster))
            mark("cluster_cull")
            passed = self._pass(select(self._clusters, 0, tested), planes)
            mark("compaction")
            visible = select(tested, 0, self._where(passed))
        else:
            tested = self._clusters
            passed = self._pass(tested, planes)
            mark("compaction")
            visible = self._where(passed)
        return Survivors(
            indices=self._members(visible),
            groups_tested=len(self._groups) if self.levels == 2 else 0,
            clusters_tested=len(tested),
            clusters_visible=len(visible),
        )

    def _members(self, visible: Any) -> Any:
        """(K,) Gaussians of the clusters named, one run after the other."""
        torch = self._torch
        counts = torch.index_select(self._counts, 0, visible)
        ends = torch.cumsum(counts, 0)
        kept = int(ends[-1]) if len(visible) else 0
        first = torch.index_select(self._bases, 0, visible) - (ends - counts)
        within = torch.arange(kept, device=self._device)
        return torch.repeat_interleave(first, counts, output_size=kept) + within


def ball_rows(table: NDArray[np.void], pack: Pack) -> NDArray[np.float32]:
    """(M, 6) float32 rows of a group or cluster table, scene units; radii hold their margin."""
    grid = np.ldexp(1.0, table["exponent"].astype(np.int64) + pack.meta.grid.exponent)
    center = table["center"] * grid[:, None] + np.array(pack.meta.grid.origin)
    low, high, mean = (table[f"radius_{name}"] * grid for name in ("low", "high", "mean"))
    margin = FLOAT32_POSITION_MARGIN * (np.abs(center).sum(axis=1) + high)
    never = table["radius_high"] == (1 << pack.meta.radius_bits) - 1
    low, mean = (np.where(never, NEVER_CULLED, radius + margin) for radius in (low, mean))
    spread = np.where(never, 0.0, high - table["radius_low"] * grid)
    return np.column_stack((center, low, spread, mean)).astype(np.float32)


def plane_matrix(camera: Camera, rules: Rules) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(6, 5) columns left, right, top, bottom, near, and their (5,) offsets, scene units."""
    planes = view_planes(camera, rules)
    rotation, translation = camera.viewmat[:3, :3], camera.viewmat[:3, 3]
    matrix = np.zeros((6, 5))
    offsets = np.zeros(5)
    for plane in range(4):
        axis = plane // 2
        normal = np.zeros(3)
        normal[axis], normal[2] = planes.lateral[plane], planes.depth[plane]
        matrix[:3, plane] = normal @ rotation
        matrix[3:5, plane] = 1.0, planes.weight[axis]
        offsets[plane] = normal @ translation
    matrix[:3, 4], matrix[5, 4] = rotation[2], 1.0
    offsets[4] = translation[2] - planes.near
    offsets += 2 * FLOAT32_POSITION_MARGIN * np.abs(camera.position).sum()
    return matrix.astype(np.float32), offsets.astype(np.float32)


def tables_sha256(pack: Pack) -> str:
    """SHA-256 of the group table, the cluster table and the order: all that culling reads."""
    digest = hashlib.sha256()
    for table in (pack.groups, pack.clusters, pack.order):
        digest.update(np.ascontiguousarray(table).tobytes())
    return digest.hexdigest()
