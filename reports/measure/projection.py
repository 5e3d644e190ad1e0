"""The projection of every view: by the integer model, checked against float64, and by the RTL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from golden.camera import Camera
from golden.gaussians.covariance import Covariances
from golden.image import psnr_db
from golden.pack import Pack
from golden.scene import Float32
from reports.measure.accelerator import ViewAccelerator, view_accelerator
from reports.measure.subject import Subject, Track, silent
from sim.views.draw import draw_stage
from sim.views.gaussian_project import ProjectFrame, project_views
from sim.views.gaussian_project_check import ProjectCheck, ProjectChecker

# PSNR of two pictures that show the same, dB: the true one is infinite, which JSON has no word for.
SAME_DB = 200.0


@dataclass(frozen=True)
class ViewProjection:
    """The projection of one view.

    Parameters
    ----------
    members : Gaussians of visible clusters. splats : of these, kept.
    dropped : the others, by the first reason that holds.
    tile_pairs : pairs of tile and splat.
    check : against the float64 reference of the whole scene.
    rtl_cycles, rtl_model_cycles : of the RTL without stalls, and of
        sim.model.stages.gaussian_project.project_cycles; None where it was not run.
    rtl_mismatches : its splats that differ from the integer model; None where it was not run.
    accelerator : the whole accelerator's frame; None where it was not run.
    """

    members: int
    splats: int
    dropped: Mapping[str, int]
    tile_pairs: int
    check: ProjectCheck
    rtl_cycles: int | None = None
    rtl_model_cycles: int | None = None
    rtl_mismatches: int | None = None
    accelerator: ViewAccelerator | None = None


@dataclass(frozen=True)
class Projection:
    """The projection of every view with one pack.

    Parameters
    ----------
    method : of its clustering.
    views : one each.
    """

    method: str
    views: tuple[ViewProjection, ...]

    @property
    def accelerators(self) -> list[ViewAccelerator | None]:
        """Each view's frame by the accelerator's RTL; None where it was not run."""
        return [view.accelerator for view in self.views]


def measure_projection(
    subject: Subject, pack: Pack, *, rtl_views: int, track: Track = silent
) -> Projection:
    """Projects every view with the integer model, checks it, and runs the RTL on some views.

    Parameters
    ----------
    rtl_views : number of views, evenly spaced, that the RTL runs.

    Raises InputError where the pack is not of that scene, a view does not fit the formats, or a
    tool is missing.
    """
    cameras, rules = subject.cameras, subject.rules
    checker = ProjectChecker(pack, subject.scene, rules)
    chosen = spread(len(cameras), rtl_views)
    hardware = iter(project_views(pack, [cameras[i] for i in chosen], rules, "rtl"))
    views = []
    shown = track(cameras, f"projecting ({pack.meta.method})")
    frames = project_views(pack, cameras, rules, "integer")
    for index, (camera, frame) in enumerate(zip(shown, frames, strict=True)):
        run = next(hardware) if index in chosen else None
        views.append(_view(camera, frame, run, checker))
    return Projection(pack.meta.method, tuple(views))


def splat_pictures(
    subject: Subject, pack: Pack, views: Sequence[int], covariances: Covariances
) -> Iterator[Float32]:
    """Each of the views drawn from its integer splats, in turn."""
    cameras = (subject.cameras[view] for view in views)
    drawn = draw_stage(
        subject.scene, pack, cameras, subject.rules, "gaussian", "integer", covariances
    )
    return (picture.image for picture in drawn)


def picture_distance_db(a: Float32, b: Float32) -> float:
    """PSNR of two pictures, SAME_DB at most."""
    return min(psnr_db(a, b), SAME_DB)


def spread(total: int, number: int) -> list[int]:
    """So many of `total` places, evenly spaced from the first on; all where there are no more."""
    number = min(number, total)
    return [place * total // number for place in range(number)]


def _view(
    camera: Camera, frame: ProjectFrame, run: ProjectFrame | None, checker: ProjectChecker
) -> ViewProjection:
    return ViewProjection(
        members=frame.members,
        splats=len(frame.splats),
        dropped=frame.dropped,
        tile_pairs=frame.tile_pairs,
        check=checker.check(camera, frame),
        rtl_cycles=run.cycles if run is not None else None,
        rtl_model_cycles=run.model_cycles if run is not None else None,
        rtl_mismatches=run.mismatches if run is not None else None,
        accelerator=view_accelerator(run.accelerator) if run is not None else None,
    )
