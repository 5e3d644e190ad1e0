"""PSNR of rendered views against photographs, whole and with what a stage left."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import tee
from pathlib import Path
from typing import Literal, cast, get_args

import numpy as np

from golden.camera import Camera, same_shape
from golden.errors import InputError
from golden.gaussians.covariance import covariance3d
from golden.image import BLACK, Background, image_size_px, psnr_db, read_image
from golden.pack import Pack
from golden.pack.unpack import stored_colors
from golden.params import Parameters
from golden.render import render
from golden.rules import Rules
from golden.scene import Scene
from sim.views.cluster_cull import Engine
from sim.views.draw import draw_stage
from sim.views.photo_match import match_names
from sim.views.stages import DrawnStage

Colors = Literal["scene", "pack"]


def colors_named(name: str) -> Colors:
    """Whose colours a picture has; raises InputError on another word."""
    for known in get_args(Colors):
        if name == known:
            return cast(Colors, known)
    raise InputError(f"colours of {name!r} are not known: choose scene or pack.")


@dataclass(frozen=True)
class PhotoMatch:
    """One view against its photograph.

    Parameters
    ----------
    view : image name.
    psnr_whole_db, psnr_culled_db : of the whole scene, and of what the stage left.
    psnr_between_db : of the two pictures, one against the other; None where they show the same.
    pictures_equal : whether the two pictures agree in every bit.
    gaussians_kept : Gaussians that the stage kept: of visible clusters, or splats.
    gaussians_drawn : splats of the whole scene that touch the picture.
    rtl_mismatches : records of the RTL that differ from the integer model; None for other engines.
    """

    view: str
    psnr_whole_db: float
    psnr_culled_db: float
    psnr_between_db: float | None
    pictures_equal: bool
    gaussians_kept: int
    gaussians_drawn: int
    rtl_mismatches: int | None


def photographed(cameras: Iterable[Camera], folder: Path) -> list[tuple[Camera, Path]]:
    """Cameras that have a photograph in the folder, at its size, and its path.

    Which belongs to which: sim.views.photo_match.

    Raises InputError where the folder is missing or fits no camera, where two photographs fit one
    camera or the other way round, and where a photograph has another shape than its camera.
    """
    if not os.path.isdir(folder):  # unlike Path.is_dir, False on a name that is too long
        raise InputError(f"{folder} is no folder: name the folder of the photographs.")
    wanted = list(cameras)
    found = match_names(wanted, folder)
    if not found:
        raise InputError(f"{folder} holds no photograph that is named as a camera: check both.")
    pairs = []
    for camera in (camera for camera in wanted if camera.name in found):
        path = found[camera.name]
        pairs.append((camera_of_photo(camera, image_size_px(path), path), path))
    return pairs


def camera_of_photo(camera: Camera, size_px: tuple[int, int], path: Path) -> Camera:
    """The camera at the size of its photograph; raises InputError on another shape."""
    if not same_shape((camera.width, camera.height), size_px):
        raise InputError(
            f"{path} is {size_px[0]}x{size_px[1]} px, of another shape than camera {camera.name} "
            f"({camera.width}x{camera.height}), so they show different things: give the photograph "
            "that the camera was found from."
        )
    return camera.resized(*size_px)


def match_photos(
    scene: Scene,
    pack: Pack,
    views: Iterable[tuple[Camera, Path]],
    rules: Rules,
    stage: DrawnStage = "cluster",
    engine: Engine = "integer",
    colors: Colors = "scene",
    params: Parameters | None = None,
    *,
    background: Background = BLACK,
) -> Iterator[PhotoMatch]:
    """Draws each view twice, whole and from what the stage of that engine left, and compares.

    Parameters
    ----------
    colors : of the second picture: the scene's, or as the pack holds them.
    params : of the build that draws (stage picture). background : R, G, B behind the pictures.
    """
    covariances = covariance3d(scene)
    pairs, given = tee(views)
    cameras = (camera for camera, _ in given)
    sh = stored_colors(pack) if colors == "pack" else None
    drawn = draw_stage(
        scene, pack, cameras, rules, stage, engine, covariances, sh, params, background=background
    )
    for (camera, path), picture in zip(pairs, drawn, strict=True):
        photo, culled = read_image(path), picture.image
        drawn_whole = render(scene, camera, rules, None, background, covariances=covariances)
        whole = drawn_whole.image
        between_db = psnr_db(whole, culled)
        yield PhotoMatch(
            view=camera.name,
            psnr_whole_db=psnr_db(whole, photo),
            psnr_culled_db=psnr_db(culled, photo),
            psnr_between_db=between_db if math.isfinite(between_db) else None,
            pictures_equal=bool(np.array_equal(whole, culled)),
            gaussians_kept=picture.kept,
            gaussians_drawn=drawn_whole.counts.emitted,
            rtl_mismatches=picture.mismatches,
        )
