"""PSNR of rendered views against photographs, whole and with what the culling left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from golden.camera import Camera
from golden.covariance import covariance3d
from golden.errors import InputError
from golden.image import psnr_db, read_image
from golden.pack import Pack, check_scene, scene_mask
from golden.render import render
from golden.rules import Rules
from golden.scene import Scene
from sim.cull import cull_views


@dataclass(frozen=True)
class PhotoMatch:
    """One view against its photograph.

    Parameters
    ----------
    view : image name.
    psnr_whole_db, psnr_culled_db : of the whole scene, and of what the culling left.
    pictures_equal : whether the two pictures agree in every bit.
    gaussians_kept : Gaussians that the culling left.
    """

    view: str
    psnr_whole_db: float
    psnr_culled_db: float
    pictures_equal: bool
    gaussians_kept: int


def photographed(cameras: Iterable[Camera], folder: Path) -> list[tuple[Camera, Path]]:
    """Cameras that have a photograph of their name in the folder, at its size, and its path.

    Raises InputError where the folder is missing or fits no camera.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder: name the folder of the photographs.")
    pairs = []
    for camera in cameras:
        path = folder / Path(camera.name).name
        if path.is_file():
            height, width = read_image(path).shape[:2]
            pairs.append((camera.resized(width, height), path))
    if not pairs:
        raise InputError(f"{folder} holds no photograph that is named as a camera: check both.")
    return pairs


def match_photos(
    scene: Scene, pack: Pack, views: Iterable[tuple[Camera, Path]], rules: Rules
) -> Iterator[PhotoMatch]:
    """Renders each view twice and compares; the integer model culls."""
    check_scene(pack, scene)
    covariances = covariance3d(scene)
    for camera, path in views:
        photo = read_image(path)
        frame = next(cull_views(pack, [camera], rules, "integer"))
        keep = scene_mask(pack, frame.visible)
        whole = render(scene, camera, rules, covariances=covariances).image
        culled = render(scene, camera, rules, keep, covariances=covariances).image
        yield PhotoMatch(
            view=camera.name,
            psnr_whole_db=psnr_db(whole, photo),
            psnr_culled_db=psnr_db(culled, photo),
            pictures_equal=bool(np.array_equal(whole, culled)),
            gaussians_kept=int(keep.sum()),
        )
