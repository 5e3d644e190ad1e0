"""What a camera reader works out itself: focal lengths, the nearest rotation; the real cameras."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from golden.camera_io import read_cameras

INTRINSICS = {
    "both angles": (
        {"camera_angle_x": 1.2, "camera_angle_y": 0.9},
        (400 / math.tan(0.6), 300 / math.tan(0.45)),
    ),
    "one angle": ({"camera_angle_x": 1.2}, (400 / math.tan(0.6),) * 2),
    "y alone": ({"fl_y": 700.5}, (700.5, 700.5)),
    "length before angle": ({"camera_angle_x": 1.2, "fl_x": 650.0}, (650.0, 650.0)),
}


@pytest.mark.parametrize("case", INTRINSICS)
@pytest.mark.parametrize("in_frame", [False, True])
def test_transforms_intrinsics(tmp_path: Path, case: str, in_frame: bool) -> None:
    given, focal = INTRINSICS[case]
    frame = {"file_path": "train/r_0", "transform_matrix": np.eye(4).tolist()[:3]}
    document = {"w": 800.0, "h": 600}
    (frame if in_frame else document).update(given)
    path = tmp_path / "transforms.json"
    path.write_text(json.dumps({**document, "frames": [frame]}))
    (camera,) = read_cameras(path)
    assert (camera.name, camera.width, camera.height) == ("r_0", 800, 600)
    assert (camera.cx, camera.cy) == (400, 300)
    assert (camera.fx, camera.fy) == pytest.approx(focal, abs=1e-9)
    np.testing.assert_array_equal(camera.viewmat, np.diag([1, -1, -1, 1]))


def test_a_rounded_rotation_becomes_the_nearest_rotation(tmp_path: Path) -> None:
    written = np.round(Rotation.random(9, random_state=4).as_matrix(), 4)
    positions = np.random.default_rng(4).normal(scale=10, size=(9, 3))
    entries = [
        {
            "img_name": str(i),
            "rotation": written[i].tolist(),
            "position": positions[i].tolist(),
            **{"width": 64, "height": 48, "fx": 50, "fy": 50},
        }
        for i in range(9)
    ]
    path = tmp_path / "cameras.json"
    path.write_text(json.dumps(entries))
    for i, camera in enumerate(read_cameras(path)):
        rotation = camera.viewmat[:3, :3]
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), rtol=0, atol=1e-15)
        left, _, right = np.linalg.svd(written[i])
        np.testing.assert_allclose(rotation.T, left @ right, rtol=0, atol=1e-14)
        np.testing.assert_allclose(camera.position, positions[i], rtol=0, atol=1e-13)


def test_the_real_cameras_look_at_the_scene(bonsai_dir: Path) -> None:
    cameras = read_cameras(bonsai_dir / "cameras.json")
    assert len(cameras) == 292
    assert {(c.width, c.height, c.cx, c.cy) for c in cameras} == {(3118, 2078, 1559.0, 1039.0)}
    # The point nearest to all optical axes: with a wrong axis or a transposed pose there is none
    # that every camera has before it, well inside its image.
    axes = np.stack([camera.viewmat[2, :3] for camera in cameras])
    positions = np.stack([camera.position for camera in cameras])
    across = np.eye(3) - axes[:, :, None] * axes[:, None, :]
    target = np.linalg.solve(across.sum(axis=0), np.einsum("nij,nj->i", across, positions))
    for camera in cameras:
        x, y, z = camera.viewmat[:3, :3] @ target + camera.viewmat[:3, 3]
        assert 2 < z < 6
        assert 0.2 < camera.fx * x / z / camera.width + 0.5 < 0.8
        assert 0.2 < camera.fy * y / z / camera.height + 0.5 < 0.8
