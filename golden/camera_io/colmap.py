"""COLMAP models: where they lie in a folder, and cameras from lenses and poses."""

from __future__ import annotations

from os.path import isfile
from pathlib import Path

from golden.camera import Camera
from golden.camera_io.checks import finished, make_camera
from golden.camera_io.colmap_binary import binary_lenses, binary_poses
from golden.camera_io.colmap_text import text_lenses, text_poses
from golden.errors import InputError

STEMS = ("cameras", "images", "points3D", "frames", "rigs")
SUFFIXES = (".bin", ".txt")
PLACES = ("sparse/0", "sparse", "colmap/sparse/0")  # the last is nerfstudio's


def find_model(folder: Path) -> tuple[Path, str]:
    """Where a COLMAP model lies in a folder, and its suffix; binary wins, as in COLMAP.

    Raises InputError where there is none.
    """
    for place in (folder, *(folder / name for name in PLACES)):
        for suffix in SUFFIXES:
            if all(isfile(place / f"{stem}{suffix}") for stem in ("cameras", "images")):
                return place, suffix
    raise InputError(
        f"{folder} holds no COLMAP model (cameras.bin and images.bin, or .txt, there or under "
        f"{', '.join(PLACES)}): name the camera file itself."
    )


def read_model(folder: Path, suffix: str) -> list[Camera]:
    """Cameras of cameras{suffix} and images{suffix}, suffix .bin or .txt, in the images' order.

    An image holds the world-to-camera quaternion w, x, y, z and translation t, viewmat =
    [R(q/|q|), t]; its lens is f or fx, fy, then cx, cy, px, where the centre of the first pixel
    lies at (0.5, 0.5), and a distortion of zero. A view is named by its path, as COLMAP has it.

    Raises InputError on lenses that bend rays, zero quaternions, missing cameras, names that
    appear twice, truncated files, and counts that a file is too small for.

    Source: COLMAP documentation, "Output Format".
    """
    lens_path, pose_path = folder / f"cameras{suffix}", folder / f"images{suffix}"
    if suffix == ".bin":
        lenses, poses = binary_lenses(lens_path), binary_poses(pose_path)
    else:
        lenses, poses = text_lenses(lens_path), text_poses(pose_path)
    cameras = []
    for pose in poses:
        lens = lenses.get(pose.camera_id)
        if lens is None:
            raise InputError(
                f"{pose.where} refers to camera {pose.camera_id}, which {lens_path.name} does not "
                "hold: give both files of one model."
            )
        cameras.append(
            make_camera(pose_path, pose.name, lens.size, lens.focal, lens.centre, pose.viewmat())
        )
    return finished(cameras, pose_path)
