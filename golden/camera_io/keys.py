"""Every key that camera writers are known to write, and what is done with it.

README.md of this folder has the same as a table. A key that is not here is ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from golden.camera_io.checks import number
from golden.camera_io.colmap_records import MODELS, PARAMETERS
from golden.errors import InputError

Done = Literal["used", "zero", "off", "refused", "ignored"]
WORDS: dict[Done, str] = {
    "used": "used",
    "zero": "taken where zero, otherwise refused by name",
    "off": "taken where false, otherwise refused by name",
    "refused": "refused by name",
    "ignored": "changes no picture here: ignored",
}
UNDISTORT = "undistort the images first, for example with COLMAP's image_undistorter."

# Of transforms.json: nerfstudio, instant-ngp, Blender exports and what converts to them.
TRANSFORMS: dict[Done, str] = {
    "used": "frames file_path transform_matrix w h fl_x fl_y cx cy camera_angle_x camera_angle_y "
    "camera_model camera_type applied_transform applied_scale",
    "zero": "k k1 k2 k3 k4 k5 k6 p1 p2 s1 s2 s3 s4 omega distortion_params distortion "
    "distortion_coeffs dist_coeffs radial_distortion tangential_distortion skew "
    "rolling_shutter",
    "off": "is_fisheye equirectangular latlong lens_mode",
    "refused": "ftheta_p0 ftheta_p1 ftheta_p2 ftheta_p3 ftheta_p4 transform_matrix_start "
    "transform_matrix_end",
    "ignored": "aabb_scale scale offset aabb render_aabb from_na up centroid avg_len "
    "n_extra_learnable_dims sharpness rotation time timestamp cam_idx camera_label colmap_im_id "
    "depth_file_path mask_path mask_file semantic_path ply_file_path orientation_override "
    "train_filenames val_filenames test_filenames auxiliary_data integer_depth_scale "
    "depth_unit_scale_factor enable_depth_loading enable_ray_loading fisheye_crop_radius "
    "white_transparent black_transparent fix_premult is_hdr metadata exposure",
}
# Of nerfstudio's camera paths, as its viewer saves them.
CAMERA_PATH: dict[Done, str] = {
    "used": "camera_path camera_type render_width render_height camera_to_world fov",
    "off": "crop",
    "ignored": "aspect keyframes fps seconds smoothness_value is_cycle default_fov "
    "default_transition_sec render_time appearance_index file_path",
}
# Of INRIA's cameras.json and the trainers that came from it.
INRIA: dict[Done, str] = {
    "used": "img_name width height position rotation fx fy cx cy",
    "zero": "k k1 k2 k3 k4 k5 k6 p1 p2 distortion_params skew",
    "ignored": "id uid time timestamp exposure depth_path mask_path",
}
# Of `ns-export cameras`: a list of poses that has no focal length.
NS_EXPORT: dict[Done, str] = {"refused": "transform"}
GROUPS: dict[str, Mapping[Done, str]] = {
    "transforms.json": TRANSFORMS,
    "nerfstudio's camera path": CAMERA_PATH,
    "INRIA's cameras.json": INRIA,
    "a list of `ns-export cameras`": NS_EXPORT,
}
PINHOLE_MODELS = (
    *("PINHOLE", "SIMPLE_PINHOLE", "OPENCV", "SIMPLE_RADIAL", "RADIAL", "FULL_OPENCV"),
    *("perspective", "PERSPECTIVE"),
)


@dataclass(frozen=True)
class Row:
    """A row of the table. writer : file or tool; key : or camera model; done : what is done."""

    writer: str
    key: str
    done: Done


def rows() -> Iterator[Row]:
    """Every key of every writer, and COLMAP's camera models."""
    for model in MODELS:
        names = PARAMETERS.get(model)
        if names is None:
            yield Row("COLMAP", model, "refused")
        else:
            yield Row("COLMAP", model, "zero" if len(names) > names.index("cy") + 1 else "used")
    for writer, groups in GROUPS.items():
        for done, keys in groups.items():
            for key in keys.split():
                yield Row(writer, key, done)


def table() -> str:
    """The table of README.md, a row for each writer and each thing that is done."""
    cells: dict[tuple[str, Done], list[str]] = {}
    for row in rows():
        cells.setdefault((row.writer, row.done), []).append(f"`{row.key}`")
    lines = ["| written by | key or camera model | what is done |", "| --- | --- | --- |"]
    for (writer, done), keys in cells.items():
        what = WORDS[done]
        if writer == "COLMAP" and done == "zero":
            what = "taken where every parameter of the distortion is zero, otherwise refused"
        parts = [keys[i : i + 4] for i in range(0, len(keys), 4)]
        lines += [
            f"| {writer if not n else ''} | {', '.join(part)} | {what if not n else ''} |"
            for n, part in enumerate(parts)
        ]
    return "\n".join(lines)


def refuse_what_bends(values: Mapping[str, object], keys: Mapping[Done, str], where: str) -> None:
    """Raises InputError on a key by which rays are bent, or a pose moves, unless it is zero."""
    for key in keys.get("zero", "").split():
        value = values.get(key)
        for item in value if isinstance(value, list) else [value]:
            if item is not None and number(item, key, where) != 0:
                raise InputError(f"{where}: lens distortion {key} is not zero: {UNDISTORT}")
    for key in keys.get("off", "").split():
        if values.get(key):
            raise InputError(
                f"{where}: {key} is set, and a camera of this kind is no pinhole that sees all of "
                f"the scene: {UNDISTORT}"
            )
    for key in keys.get("refused", "").split():
        if values.get(key) is not None:
            raise InputError(
                f"{where}: {key} is given, and such a camera is no pinhole that stands still: "
                f"{UNDISTORT}"
            )


def refuse_other_models(values: Mapping[str, object], where: str) -> None:
    """Raises InputError where camera_model or camera_type is not a pinhole's."""
    for key in ("camera_model", "camera_type"):
        model = values.get(key)
        if model is not None and model not in PINHOLE_MODELS:
            raise InputError(
                f"{where}: {key.replace('_', ' ')} {str(model)[:40]!r} is no pinhole: {UNDISTORT}"
            )
