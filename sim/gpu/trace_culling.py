"""Cluster culling on the GPU, as a trace records it."""

from __future__ import annotations

from dataclasses import dataclass

from sim.gpu.trace_checks import refuse, refuse_hash


@dataclass(frozen=True)
class TraceCulling:
    """The cluster culling that a trace was recorded with, on the GPU.

    Parameters
    ----------
    method, radius : of the pack, as in golden.clustering.cluster.ClusterOptions.
    levels : 2: groups, then clusters of groups that pass; 1: all clusters.
    groups, clusters : of the pack.
    tables_sha256 : SHA-256 of the pack's group table, cluster table and order, 64 hex digits.

    Raises InputError where one of these does not hold.
    """

    method: str
    radius: str
    levels: int
    groups: int
    clusters: int
    tables_sha256: str

    def __post_init__(self) -> None:
        for field in ("method", "radius"):
            refuse(not getattr(self, field), f"culling {field} is empty")
        refuse(self.levels not in (1, 2), f"culling levels is {self.levels}, not 1 or 2")
        refuse(
            not 1 <= self.groups <= self.clusters,
            f"culling in {self.groups} groups of {self.clusters} clusters is impossible",
        )
        refuse_hash(self.tables_sha256, "culling tables_sha256")


@dataclass(frozen=True)
class ViewCulling:
    """What culling on the GPU did in one view.

    Parameters
    ----------
    groups_tested, clusters_tested : ball tests.
    clusters_visible : clusters that passed.
    gaussians_kept : Gaussians in them, all that gsplat was given.
    picture_equal : the colours and the alpha of all pixels equal those of the whole scene, bit for
        bit, compared on the device.

    Raises InputError on counts that contradict each other.
    """

    groups_tested: int
    clusters_tested: int
    clusters_visible: int
    gaussians_kept: int
    picture_equal: bool

    def __post_init__(self) -> None:
        refuse(self.groups_tested < 0, f"groups_tested is negative ({self.groups_tested})")
        refuse(
            not 0 <= self.clusters_visible <= self.clusters_tested,
            f"{self.clusters_visible} clusters_visible of {self.clusters_tested} clusters_tested "
            "is impossible",
        )
        refuse(
            self.gaussians_kept < self.clusters_visible
            or (self.clusters_visible == 0 and self.gaussians_kept > 0),
            f"{self.gaussians_kept} gaussians_kept contradict {self.clusters_visible} "
            "clusters_visible, which hold one Gaussian or more each",
        )
