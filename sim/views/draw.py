"""Pictures of what a stage left of a scene."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import tee

import numpy as np

from golden.camera import Camera
from golden.errors import InputError
from golden.gaussians.covariance import Covariances, Float64
from golden.image import BLACK, Background
from golden.maps import Maps, maps_of_splats
from golden.pack import Pack, check_scene, scene_mask
from golden.params import Parameters
from golden.render import RenderCounts, Rendered, render
from golden.rules import Rules
from golden.scene import Float32, Scene
from golden.stages.color.reference import color_reference
from golden.stages.depth_sort.reference import depth_sort_reference
from golden.stages.gaussian_project.ewa import tile_grid
from golden.stages.gaussian_project.reference import Splats
from golden.stages.rasterize.reference import rasterize_reference
from golden.stages.tile_bin.reference import tile_bin_reference
from sim.views.cluster_cull import Engine, cull_views
from sim.views.color import color_views
from sim.views.frame import FrameRunner, frame_engine_named
from sim.views.gaussian_project import ProjectFrame, project_views
from sim.views.stages import DrawnStage


@dataclass(frozen=True, eq=False)
class StagePicture:
    """One view, drawn from what a stage left.

    Parameters
    ----------
    view : name of the camera.
    image : (height, width, 3), the picture.
    counts : of the float64 renderer; None of a picture that an engine drew.
    members : Gaussians of the visible clusters.
    kept : Gaussians that the stage kept: the members (cluster) or the splats (the others).
    mismatches : records of the RTL of all stages run that differ from the integer model; None for
        other engines.
    maps : alpha and depth by the float64 renderer; None where they were not asked for, or an
        engine drew.
    """

    view: str
    image: Float32
    counts: RenderCounts | None
    members: int
    kept: int
    mismatches: int | None
    maps: Maps | None = None


def draw_stage(
    scene: Scene,
    pack: Pack,
    cameras: Iterable[Camera],
    rules: Rules,
    stage: DrawnStage,
    engine: Engine,
    covariances: Covariances | None = None,
    sh: Float32 | None = None,
    params: Parameters | None = None,
    *,
    background: Background = BLACK,
    with_maps: bool = False,
) -> Iterator[StagePicture]:
    """Draws each view, in turn, from what a stage of an engine left.

    cluster: the Gaussians of the visible clusters, by the float64 reference of the later stages.
    gaussian: the engine's splats, with the scene's colours, blended in float64.
    color: the engine's splats and colours, of the pack's records, blended in float64.
    picture: what the engine itself draws, 8 bits a channel, with the pack's colours.

    Parameters
    ----------
    params : of the build that draws (picture).
    covariances : covariance3d(scene) where it is at hand.
    sh : (N, K, 3) float32, spherical harmonics to draw with (cluster, gaussian); the scene's own
        where not given.
    background : R, G, B behind the pictures.
    with_maps : gives alpha and depth, too, where the float64 renderer draws.

    Raises InputError where the pack is of another scene, and as project_views does.
    """
    check_scene(pack, scene)
    if sh is not None:
        scene = replace(scene, sh=sh)
    views, given = tee(cameras)
    if stage == "picture":
        runner = FrameRunner(pack, frame_engine_named(engine), None, params, background)
        for camera in views:
            yield _drawn(runner, camera, rules)
        return
    if stage == "cluster":
        for camera, culled in zip(views, cull_views(pack, given, rules, engine), strict=True):
            keep = scene_mask(pack, culled.visible)
            drawn = render(scene, camera, rules, keep, background, covariances, with_maps)
            members = culled.visible_gaussians
            differ = culled.mismatches
            yield StagePicture(
                camera.name, drawn.image, drawn.counts, members, members, differ, drawn.maps
            )
        return
    if stage == "color":
        for camera, colored in zip(views, color_views(pack, given, rules, engine), strict=True):
            splats = colored.projected
            drawn = draw_splats(
                scene,
                camera,
                rules,
                splats.splats,
                splats.members,
                colored.colors,
                background,
                with_maps,
            )
            yield _of_splats(splats, drawn, colored.all_mismatches)
        return
    for camera, frame in zip(views, project_views(pack, given, rules, engine), strict=True):
        drawn = draw_splats(
            scene,
            camera,
            rules,
            frame.splats,
            frame.members,
            background=background,
            with_maps=with_maps,
        )
        yield _of_splats(frame, drawn, frame.all_mismatches)


def _of_splats(frame: ProjectFrame, drawn: Rendered, mismatches: int | None) -> StagePicture:
    """A view drawn from its splats."""
    return StagePicture(
        view=frame.view,
        image=drawn.image,
        counts=drawn.counts,
        members=frame.members,
        kept=len(frame.splats),
        mismatches=mismatches,
        maps=drawn.maps,
    )


def _drawn(runner: FrameRunner, camera: Camera, rules: Rules) -> StagePicture:
    """A view by a build that draws."""
    run = runner.run(camera, rules)
    if run.status is not None:
        run.status.check()
    if run.picture is None:
        raise InputError("the build has no rasteriser: give one with raster_lanes above 0.")
    return StagePicture(
        view=camera.name,
        image=(run.picture[..., :3] / np.float32(255)).astype(np.float32),
        counts=None,
        members=run.counters["members"],
        kept=run.counters["splats"],
        mismatches=run.mismatches,
    )


def draw_splats(
    scene: Scene,
    camera: Camera,
    rules: Rules,
    splats: Splats,
    gaussians: int,
    colors: Float64 | None = None,
    background: Background = BLACK,
    with_maps: bool = False,
) -> Rendered:
    """The picture of splats by the float64 stages 5 to 7.

    Parameters
    ----------
    gaussians : that were projected, for the counts.
    colors : (S, 3) of the splats; the scene's by float64 where not given.
    background : R, G, B behind the picture.
    with_maps : gives alpha and depth, too.
    """
    pairs = tile_bin_reference(splats, tile_grid(camera))
    if colors is None:
        colors = color_reference(scene, camera, splats)
    lists = depth_sort_reference(pairs, splats.depth)
    image, raster = rasterize_reference(splats, colors, lists, camera, rules, background)
    maps = maps_of_splats(splats, lists, camera, rules) if with_maps else None
    return Rendered(image, RenderCounts(gaussians, len(splats), len(pairs), raster), maps)
