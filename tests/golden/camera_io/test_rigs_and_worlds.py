"""Names that keep their path, sizes that a file leaves out, and cameras of another world."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.transform import Rotation

from golden.camera import Camera, same_shape
from golden.camera_io import read_cameras
from golden.errors import InputError, InputWarning

POSE = np.eye(4).tolist()


def write(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document))
    return path


def frames(*names: str) -> list[dict[str, Any]]:
    return [{"file_path": name, "transform_matrix": POSE} for name in names]


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["right/0.jpg", "left/0.jpg"], ["right/0.jpg", "left/0.jpg"]),
        (["images/right/0.jpg", "./images/left/0.jpg"], ["right/0.jpg", "left/0.jpg"]),
        (["./train/r_0", "./train/r_1"], ["r_0", "r_1"]),
        (["../images/a.png"], ["a.png"]),
        (["/data/x/a.png", "/data/y/a.png"], ["x/a.png", "y/a.png"]),
        (["cam\\a.png", "rig\\a.png"], ["cam/a.png", "rig/a.png"]),
        (["a.png", "a/a.png"], ["a.png", "a/a.png"]),
    ],
)
def test_views_are_named_by_their_path(tmp_path, paths, names):
    document = {"w": 64, "h": 48, "fl_x": 50, "frames": frames(*paths)}
    assert [c.name for c in read_cameras(write(tmp_path / "t.json", document))] == names


def test_names_of_inria_that_repeat_are_told_apart_by_their_place(tmp_path):
    entry = {"width": 64, "height": 48, "position": [0, 0, 0], "fx": 50, "fy": 50}
    entry["rotation"] = np.eye(3).tolist()
    path = write(tmp_path / "c.json", [entry | {"img_name": n} for n in ("0", "1", "0")])
    with pytest.warns(InputWarning, match="share the image name 0, as those of a rig do"):
        cameras = read_cameras(path)
    assert [c.name for c in cameras] == ["0#0", "1", "0#2"]


def blender(angle: float = 2 * math.atan(0.5 * 320 / 500)) -> dict[str, Any]:
    return {"camera_angle_x": angle, "frames": frames("./train/r_0")}


def test_an_angle_is_enough_where_a_size_is_given(tmp_path):
    path = write(tmp_path / "t.json", blender())
    (camera,) = read_cameras(path, (320, 240))
    assert camera.fx == pytest.approx(500)
    assert camera.fy == camera.fx
    assert (camera.width, camera.height, camera.cx, camera.cy) == (320, 240, 160, 120)
    with pytest.raises(InputError, match=r"no image size: .* or give --size"):
        read_cameras(path)


def test_a_length_in_px_needs_the_size_that_it_belongs_to(tmp_path):
    path = write(tmp_path / "t.json", {"fl_x": 500, "frames": frames("a")})
    with pytest.raises(InputError, match="fl_x is in px of their size"):
        read_cameras(path, (320, 240))


def test_the_size_of_the_picture_beside_it(tmp_path):
    path = write(tmp_path / "t.json", blender())
    (tmp_path / "train").mkdir()
    Image.new("RGB", (640, 480)).save(tmp_path / "train" / "r_0.png")
    (camera,) = read_cameras(path, (320, 240))
    assert (camera.width, camera.height) == (640, 480)
    assert camera.fx == pytest.approx(1000)


def test_a_camera_path_has_its_angle_from_top_to_bottom(tmp_path):
    pose = np.eye(4)
    pose[:3, 3] = 1, 2, 3
    step = {"camera_to_world": pose.ravel().tolist(), "fov": 90.0}
    document = {"render_width": 640, "render_height": 480, "camera_path": [step, step]}
    one, two = read_cameras(write(tmp_path / "path.json", document))
    assert (one.name, two.name) == ("frame_00000", "frame_00001")
    assert one.fx == one.fy == pytest.approx(240)
    np.testing.assert_allclose(one.position, [1, 2, 3])
    np.testing.assert_allclose(one.viewmat[:3, :3], np.diag([1, -1, -1]))


def test_a_model_where_nerfstudio_keeps_it(tmp_path):
    folder = tmp_path / "colmap" / "sparse" / "0"
    folder.mkdir(parents=True)
    (folder / "cameras.txt").write_text("1 PINHOLE 64 48 50 50 32 24\n")
    (folder / "images.txt").write_text("1 1 0 0 0 0 0 0 1 a.png\n\n")
    assert [c.name for c in read_cameras(tmp_path)] == ["a.png"]


@pytest.fixture
def world() -> tuple[Rotation, float, np.ndarray]:
    return Rotation.from_rotvec([0.3, -1.1, 0.7]), 0.2, np.array([3.0, -1.0, 0.5])


def pixel(camera: Camera, point: np.ndarray) -> np.ndarray:
    x, y, z = camera.viewmat[:3, :3] @ point + camera.viewmat[:3, 3]
    return np.array([camera.fx * x / z + camera.cx, camera.fy * y / z + camera.cy])


def colmap(folder: Path) -> Path:
    folder.mkdir()
    (folder / "cameras.txt").write_text("1 PINHOLE 64 48 50 60 32 24\n")
    (folder / "images.txt").write_text("1 0.5 0.5 -0.5 0.5 1 2 9 1 a.png\n\n")
    return folder


def matrix(world: tuple[Rotation, float, np.ndarray]) -> np.ndarray:
    rotation, scale, shift = world
    whole = np.eye(4)
    whole[:3, :3] = scale * rotation.as_matrix()
    whole[:3, 3] = shift
    return whole


FORMS = {
    "rows.json": lambda m: json.dumps(m.tolist()),
    "three.json": lambda m: json.dumps(m[:3].tolist()),
    "lines.txt": lambda m: "\n".join(" ".join(map(repr, map(float, row))) for row in m),
    "commas.csv": lambda m: "\n".join(",".join(map(repr, map(float, row))) for row in m),
    "dataparser_transforms.json": lambda m: json.dumps(
        {
            "transform": (m[:3] / np.cbrt(np.linalg.det(m[:3, :3]))).tolist(),
            "scale": float(np.cbrt(np.linalg.det(m[:3, :3]))),
        }
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_point_moves_with_its_camera(tmp_path, world, form):
    """It lies at the same pixel before and after, as the scene was moved and not bent."""
    before = read_cameras(colmap(tmp_path / "model"))[0]
    whole = matrix(world)
    (tmp_path / form).write_text(FORMS[form](whole))
    after = read_cameras(tmp_path / "model", None, tmp_path / form)[0]
    for point in np.random.default_rng(1).normal(size=(5, 3)):
        moved = whole[:3, :3] @ point + whole[:3, 3]
        np.testing.assert_allclose(pixel(after, moved), pixel(before, point), rtol=1e-9)
    centre = whole[:3, :3] @ before.position + whole[:3, 3]
    np.testing.assert_allclose(after.position, centre, atol=1e-9)


def test_nerfstudio_s_transform_begins_before_what_its_poses_hold(tmp_path, world):
    """x_scene = s T x_colmap, and poses of transforms.json are those of A x_colmap."""
    before = read_cameras(colmap(tmp_path / "model"))[0]
    applied = np.array([[0.0, 1, 0, 0.5], [1, 0, 0, 0], [0, 0, -1, 2], [0, 0, 0, 1]])
    c2w = np.linalg.inv(before.viewmat)
    pose = applied @ c2w @ np.diag([1.0, -1, -1, 1])
    document = {"w": 64, "h": 48, "fl_x": 50, "fl_y": 60, "applied_transform": applied[:3].tolist()}
    document["frames"] = [{"file_path": "a.png", "transform_matrix": pose.tolist()}]
    write(tmp_path / "transforms.json", document)
    name = "dataparser_transforms.json"
    (tmp_path / name).write_text(FORMS[name](matrix(world)))
    of_colmap = read_cameras(tmp_path / "model", None, tmp_path / name)[0]
    of_json = read_cameras(tmp_path / "transforms.json", None, tmp_path / name)[0]
    np.testing.assert_allclose(of_json.viewmat, of_colmap.viewmat, atol=1e-9)


BAD = {
    "mirrored": (json.dumps(np.diag([1.0, 1, -1, 1]).tolist()), "no rotation with one scale"),
    "stretched": (json.dumps(np.diag([1.0, 1, 2, 1]).tolist()), "no rotation with one scale"),
    "zero": (json.dumps(np.zeros((4, 4)).tolist()), "no rotation with one scale"),
    "last row": (json.dumps(np.diag([1.0, 1, 1, 2]).tolist()), "last row 0 0 0 1"),
    "nine numbers": ("1 0 0 0 1 0 0 0 1", "give 4 lines of 4 numbers"),
    "words": ("one two", "give 4 lines of 4 numbers"),
    "other JSON": ('{"frames": []}', "has no 'transform'"),
    "no scale": (json.dumps({"transform": POSE[:3], "scale": 0}), "is not greater than zero"),
    "nan": ("nan 0 0 0 0 1 0 0 0 0 1 0", "is not a finite number"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_transform(tmp_path, case):
    text, wanted = BAD[case]
    (tmp_path / "t").write_text(text)
    with pytest.raises(InputError, match=wanted) as caught:
        read_cameras(colmap(tmp_path / "model"), None, tmp_path / "t")
    assert str(tmp_path / "t") in str(caught.value)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ((3118, 2078), (1559, 1039), True),
        ((3118, 2078), (800, 533), True),
        ((800, 533), (3118, 2078), True),
        ((4946, 3286), (1237, 822), True),
        ((320, 240), (640, 480), True),
        ((240, 320), (640, 480), False),
        ((3118, 2078), (1920, 1080), False),
        ((1000, 1000), (100, 98), True),
        ((1000, 1000), (100, 97), False),
        ((1, 1), (1, 1), True),
    ],
)
def test_sizes_of_one_shape(one, other, same):
    assert same_shape(one, other) is same
