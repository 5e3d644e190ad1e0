"""Culling of every view by the integer model or the RTL, checked against float64."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.pack import Pack, scene_mask
from reports.measure.subject import Subject, Track, silent
from sim.views.cluster_cull import CullChecker, cull_views


@dataclass(frozen=True)
class ViewCulling:
    """The cluster test of one view.

    Parameters
    ----------
    groups_tested, clusters_tested : ball tests: all groups, and clusters of those that passed.
    clusters_visible, gaussians_visible : passed on, and the Gaussians in them.
    unnecessary : Gaussians with radii == 0 under the rules; found : of these, excluded.
    cannot_reach : Gaussians that reach alpha 1/255 at no pixel.
    lost : excluded Gaussians that do reach it.
    model_cycles : of cluster_cull without stalls, at one test a cycle, by
        sim.model.stages.cluster_cull.
    rtl_cycles : of the RTL without stalls; None where it was not run.
    rtl_mismatches : its records that differ from the integer model; None where it was not run.
    """

    groups_tested: int
    clusters_tested: int
    clusters_visible: int
    gaussians_visible: int
    unnecessary: int
    found: int
    cannot_reach: int
    lost: int
    model_cycles: int
    rtl_cycles: int | None
    rtl_mismatches: int | None

    @property
    def tests(self) -> int:
        """Ball tests of both levels."""
        return self.groups_tested + self.clusters_tested


@dataclass(frozen=True, eq=False)
class Culling:
    """The cluster test of every view with one pack.

    Parameters
    ----------
    method, radius : of the clustering.
    gaussians, clusters, groups : in the pack.
    color_record_bytes : of one Gaussian's colour in the pack.
    views : one a camera.
    kept_bits : of each view, the Gaussians left, a bit each in the scene's order (np.packbits).
    """

    method: str
    radius: str
    gaussians: int
    clusters: int
    groups: int
    color_record_bytes: int
    views: tuple[ViewCulling, ...]
    kept_bits: tuple[NDArray[np.uint8], ...]

    def keep(self, view: int) -> NDArray[np.bool_]:
        """(N,) bool in the scene's order, the Gaussians left in a view."""
        return np.unpackbits(self.kept_bits[view], count=self.gaussians).astype(np.bool_)


def measure_culling(subject: Subject, pack: Pack, *, rtl: bool, track: Track = silent) -> Culling:
    """Culls every view and checks it against float64.

    With `rtl` the visible clusters are the RTL's; each record that differs from the integer
    model's counts in rtl_mismatches. Without, they are the model's.

    Raises InputError where the pack is not of that scene or, with `rtl`, a tool is missing.
    """
    cameras, rules = subject.cameras, subject.rules
    checker = CullChecker(pack, subject.scene, rules)
    views = []
    kept_bits = []
    shown = track(cameras, f"culling ({pack.meta.method}, {pack.meta.radius})")
    frames = cull_views(pack, cameras, rules, "rtl" if rtl else "integer")
    for camera, frame in zip(shown, frames, strict=True):
        check = checker.check(camera, frame)
        views.append(
            ViewCulling(
                groups_tested=frame.groups_tested,
                clusters_tested=frame.clusters_tested,
                clusters_visible=int(frame.visible.sum()),
                gaussians_visible=frame.visible_gaussians,
                unnecessary=check.unnecessary,
                found=check.found,
                cannot_reach=check.cannot_reach,
                lost=check.lost,
                model_cycles=frame.model_cycles,
                rtl_cycles=frame.cycles,
                rtl_mismatches=frame.mismatches,
            )
        )
        kept_bits.append(np.packbits(scene_mask(pack, frame.visible)))
    return Culling(
        method=pack.meta.method,
        radius=pack.meta.radius,
        gaussians=pack.meta.gaussians,
        clusters=pack.meta.clusters,
        groups=pack.meta.groups,
        color_record_bytes=pack.colors[0].nbytes,
        views=tuple(views),
        kept_bits=tuple(kept_bits),
    )
