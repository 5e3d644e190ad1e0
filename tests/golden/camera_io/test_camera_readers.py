"""Each camera format: written by an encoder of its own here, read back, and projected by hand."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from golden.camera import Camera
from golden.camera_io import read_cameras

VIEWS = 7


@dataclass(frozen=True)
class View:
    """What is written: OpenCV camera-to-world rotation, centre, and intrinsics."""

    name: str
    rotation: Rotation
    position: np.ndarray
    size: tuple[int, int]
    focal: tuple[float, float]
    centre: tuple[float, float]

    def viewmat(self) -> np.ndarray:
        viewmat = np.eye(4)
        viewmat[:3, :3] = self.rotation.inv().as_matrix()
        viewmat[:3, 3] = -self.rotation.inv().apply(self.position)
        return viewmat

    def quat_wxyz(self) -> np.ndarray:
        return self.rotation.inv().as_quat()[[3, 0, 1, 2]]

    def opengl_pose(self) -> np.ndarray:
        pose = np.eye(4)
        pose[:3, :3] = self.rotation.as_matrix() * [1, -1, -1]
        pose[:3, 3] = self.position
        return pose


@pytest.fixture
def views() -> list[View]:
    rng = np.random.default_rng(5)
    rotations = Rotation.random(VIEWS, random_state=5)
    return [
        View(
            name=f"image {i:03}.png",
            rotation=rotations[i],
            position=rng.normal(scale=10, size=3),
            size=(int(rng.integers(300, 4000)), int(rng.integers(300, 4000))),
            focal=(float(rng.uniform(300, 4000)), float(rng.uniform(300, 4000))),
            centre=(float(rng.uniform(100, 2000)), float(rng.uniform(100, 2000))),
        )
        for i in range(VIEWS)
    ]


def one_focal(views: list[View]) -> list[View]:
    return [
        View(v.name, v.rotation, v.position, v.size, (v.focal[0],) * 2, v.centre) for v in views
    ]


def centred(views: list[View]) -> list[View]:
    return [replace(v, centre=(v.size[0] / 2, v.size[1] / 2)) for v in views]


def inria_text(views: list[View]) -> str:
    return json.dumps(
        [
            {
                "id": i,
                "img_name": v.name,
                "width": v.size[0],
                "height": v.size[1],
                "position": v.position.tolist(),
                "rotation": v.rotation.as_matrix().tolist(),
                "fy": v.focal[1],
                "fx": v.focal[0],
            }
            for i, v in enumerate(views)
        ]
    )


def transforms_text(views: list[View]) -> str:
    frames = [
        {
            "file_path": f"./images/{v.name}",
            "transform_matrix": v.opengl_pose().tolist(),
            **dict(zip(("w", "h"), v.size, strict=True)),
            **dict(zip(("fl_x", "fl_y"), v.focal, strict=True)),
            **dict(zip(("cx", "cy"), v.centre, strict=True)),
        }
        for v in views
    ]
    # The frame has the last word over the top.
    return json.dumps({"camera_model": "OPENCV", "k1": 0, "p2": 0.0, "w": 1, "frames": frames})


def write_colmap_text(folder: Path, views: list[View], simple: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lenses, images = ["# Camera list"], ["# Image list", ""]
    for i, v in enumerate(views):
        model, focal = ("SIMPLE_PINHOLE", v.focal[:1]) if simple else ("PINHOLE", v.focal)
        numbers = " ".join(map(repr, (*v.size, *focal, *v.centre)))
        lenses.append(f"{i + 3} {model} {numbers}")
        pose = " ".join(repr(float(x)) for x in (*(2.5 * v.quat_wxyz()), *v.viewmat()[:3, 3]))
        images.append(f"{i + 1} {pose} {i + 3} {v.name}")
        images.append("" if i % 2 else "1.5 2.5 -1 3.5 4.5 17")
    (folder / "cameras.txt").write_text("\n".join(lenses))
    (folder / "images.txt").write_text("\n".join(images) + "\n")


def write_colmap_binary(folder: Path, views: list[View], simple: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lenses, images = struct.pack("<Q", len(views)), struct.pack("<Q", len(views))
    for i, v in enumerate(views):
        parameters = (*(v.focal[:1] if simple else v.focal), *v.centre)
        lenses += struct.pack("<IiQQ", i + 3, 0 if simple else 1, *v.size)
        lenses += struct.pack(f"<{len(parameters)}d", *parameters)
        images += struct.pack("<I7dI", i + 1, *v.quat_wxyz(), *v.viewmat()[:3, 3], i + 3)
        images += v.name.encode() + b"\0" + struct.pack("<Q", i)
        images += struct.pack("<ddq", 1.5, 2.5, -1) * i
    (folder / "cameras.bin").write_bytes(lenses)
    (folder / "images.bin").write_bytes(images)


def pixel(camera: Camera, point: np.ndarray) -> np.ndarray:
    """As Camera defines it."""
    x, y, z = camera.viewmat[:3, :3] @ point + camera.viewmat[:3, 3]
    return np.array([camera.fx * x / z + camera.cx, camera.fy * y / z + camera.cy])


def inria_pixel(entry: dict, point: np.ndarray) -> np.ndarray:
    """Columns of `rotation` are the axes; the principal point is the centre."""
    x, y, z = (point - entry["position"]) @ np.array(entry["rotation"])
    return np.array(
        [entry["width"] / 2 + entry["fx"] * x / z, entry["height"] / 2 + entry["fy"] * y / z]
    )


def transforms_pixel(frame: dict, point: np.ndarray) -> np.ndarray:
    """OpenGL: y up, so v falls as y rises; z back, so the depth is -z."""
    right, up, back, _ = np.linalg.inv(frame["transform_matrix"]) @ [*point, 1]
    return np.array(
        [frame["cx"] + frame["fl_x"] * right / -back, frame["cy"] - frame["fl_y"] * up / -back]
    )


def colmap_pixel(line: str, lens: str, point: np.ndarray) -> np.ndarray:
    """q p q* + t by the vector form of a rotation, p + 2 w (v x p) + 2 v x (v x p)."""
    quat = np.array([float(x) for x in line.split()[1:5]])
    w, v = quat[0] / np.linalg.norm(quat), quat[1:] / np.linalg.norm(quat)
    turned = point + 2 * w * np.cross(v, point) + 2 * np.cross(v, np.cross(v, point))
    x, y, z = turned + [float(x) for x in line.split()[5:8]]
    fx, fy, cx, cy = (float(x) for x in lens.split()[4:])
    return np.array([fx * x / z + cx, fy * y / z + cy])


def assert_same(cameras: list[Camera], views: list[View]) -> None:
    assert [c.name for c in cameras] == [v.name for v in views]
    for camera, view in zip(cameras, views, strict=True):
        assert (camera.width, camera.height) == view.size
        assert (camera.fx, camera.fy) == view.focal
        assert (camera.cx, camera.cy) == view.centre
        np.testing.assert_allclose(camera.viewmat, view.viewmat(), rtol=0, atol=1e-9)
        np.testing.assert_allclose(camera.position, view.position, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", ["cameras.json", "no-suffix", "other.txt"])
def test_inria_read_back(tmp_path: Path, views: list[View], name: str) -> None:
    path = tmp_path / name
    path.write_text(inria_text(centred(views)))
    assert_same(read_cameras(path), centred(views))


@pytest.mark.parametrize("lead", ["", "\ufeff", " \n\t"])
def test_transforms_read_back(tmp_path: Path, views: list[View], lead: str) -> None:
    path = tmp_path / "transforms_train.json"
    path.write_text(lead + transforms_text(views), encoding="utf-8")
    if lead == "\ufeff":
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert_same(read_cameras(path), views)


@pytest.mark.parametrize("place", ["", "sparse", "sparse/0"])
@pytest.mark.parametrize("simple", [False, True])
@pytest.mark.parametrize("write", [write_colmap_text, write_colmap_binary])
def test_colmap_read_back(tmp_path: Path, views: list[View], place: str, simple, write) -> None:
    views = one_focal(views) if simple else views
    write(tmp_path / place, views, simple)
    assert_same(read_cameras(tmp_path), views)


def test_colmap_by_any_of_its_files(tmp_path: Path, views: list[View]) -> None:
    write_colmap_text(tmp_path, views[:2], False)
    write_colmap_binary(tmp_path, views[2:], False)
    for stem in ("cameras", "images", "points3D"):
        assert_same(read_cameras(tmp_path / f"{stem}.txt"), views[:2])
        assert_same(read_cameras(tmp_path / f"{stem}.bin"), views[2:])
    assert_same(read_cameras(tmp_path), views[2:])  # binary wins


def test_a_point_lands_on_the_pixel_of_each_format(tmp_path: Path, views: list[View]) -> None:
    (tmp_path / "cameras.json").write_text(inria_text(views))
    (tmp_path / "transforms.json").write_text(transforms_text(views))
    write_colmap_text(tmp_path, views, False)
    inria = read_cameras(tmp_path / "cameras.json")
    transforms = read_cameras(tmp_path / "transforms.json")
    colmap = read_cameras(tmp_path)
    entries = json.loads((tmp_path / "cameras.json").read_text())
    frames = json.loads((tmp_path / "transforms.json").read_text())["frames"]
    lines = [x for x in (tmp_path / "images.txt").read_text().split("\n") if ".png" in x]
    lenses = (tmp_path / "cameras.txt").read_text().split("\n")[1:]
    rng = np.random.default_rng(6)
    for i, view in enumerate(views):
        point = view.position + view.rotation.apply([*rng.uniform(-1, 1, 2), rng.uniform(2, 9)])
        np.testing.assert_allclose(pixel(inria[i], point), inria_pixel(entries[i], point))
        np.testing.assert_allclose(pixel(transforms[i], point), transforms_pixel(frames[i], point))
        np.testing.assert_allclose(
            pixel(colmap[i], point), colmap_pixel(lines[i], lenses[i], point)
        )
