"""Camera files that cannot be used: each gives one sentence that names the file and the fault."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from golden.camera_io import read_cameras
from golden.errors import InputError
from tests.golden.scene_io.byte_changes import refusals_of_changes

EYE = np.eye(3).tolist()
POSE = np.eye(4).tolist()
NAN, INF = float("nan"), float("inf")


def refusal(path: Path) -> str:
    """The message of the InputError, one line that starts with the file and ends as a sentence."""
    with pytest.raises(InputError) as caught:
        read_cameras(path)
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith(".")
    assert len(text) < 400
    return text


def inria(**changes: Any) -> list[dict[str, Any]]:
    entry = {
        "id": 0,
        "img_name": "a.png",
        "width": 640,
        "height": 480,
        "position": [0, 0, 0],
        "rotation": EYE,
        "fx": 500.0,
        "fy": 500.0,
        **changes,
    }
    return [{key: value for key, value in entry.items() if value != "gone"}]


def transforms(frame: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    frame = {"file_path": "images/a.png", "transform_matrix": POSE, **(frame or {})}
    document = {"fl_x": 500.0, "fl_y": 500.0, "w": 640, "h": 480, "frames": [frame], **changes}
    return {key: value for key, value in document.items() if value != "gone"}


JSON_CASES: dict[str, tuple[Any, str]] = {
    "inria empty": ([], "holds no cameras"),
    "inria of numbers": ([1, 2], "camera 0 is not an object"),
    "inria missing": (inria(fx="gone", rotation="gone"), "camera 0 lacks rotation, fx"),
    "inria name": (inria(img_name=7), "camera 0: the image name 7 is not printable"),
    "inria name lines": (inria(img_name="a\nb"), "is not printable"),
    "inria name long": (inria(img_name="a" * 100_000), "is not printable"),
    "inria width zero": (inria(width=0), "camera a.png: the image size is outside 1..16384 px"),
    "inria width huge": (inria(width=10**300), "the image size is outside 1..16384 px"),
    "inria width part": (inria(width=640.5), "width is 640.5, not a whole number"),
    "inria width text": (inria(width="640"), "(a.png): width is '640', not a number"),
    "inria width true": (inria(width=True), "width is True, not a number"),
    "inria focal nan": (inria(fx=NAN), "(a.png): fx is not a finite number"),
    "inria focal huge": (inria(fx=10**400), "fx is not a finite number"),
    "inria focal zero": (inria(fy=0), "camera a.png: intrinsics fx=500.0 fy=0.0"),
    "inria focal null": (inria(fy=None), "fy is None, not a number"),
    "inria position": (inria(position=[0, 0]), "position is not 1 rows of 3 numbers"),
    "inria position inf": (inria(position=[0, INF, 0]), "position is not a finite number"),
    "inria position huge": (inria(position=[1e308] * 3, rotation=EYE), None),
    "inria rotation row": (inria(rotation=[*EYE[:2], [0, 0]]), "rotation is not 3 rows of 3"),
    "inria rotation text": (inria(rotation="eye"), "rotation is not 3 rows of 3 numbers"),
    "inria rotation scaled": (inria(rotation=(2 * np.eye(3)).tolist()), "is not a rotation"),
    "inria rotation flat": (inria(rotation=[[1, 0, 0], [0, 1, 0], [0, 0, 0]]), "not a rotation"),
    "inria mirrored": (inria(rotation=np.diag([1, 1, -1]).tolist()), "is not a rotation"),
    "inria rotation huge": (inria(rotation=[[1e308] * 3] * 3), "is not a rotation"),
    "ns-export": ([{"file_path": "a.png", "transform": POSE[:3]}], "as `ns-export cameras` writes"),
    "transforms no frames": ({"fl_x": 1}, "has no list 'frames'"),
    "transforms frames": (transforms(frames={}), "has no list 'frames'"),
    "transforms empty": (transforms(frames=[]), "holds no cameras"),
    "transforms frame": (transforms(frames=["a"]), "frame 0 is not an object"),
    "transforms missing": (transforms(frames=[{}]), "frame 0 lacks file_path, transform_matrix"),
    "transforms path": (transforms({"file_path": "///"}), "the image name '' is not printable"),
    "transforms no size": (transforms(w="gone"), "(a.png) has no image size: add w and h"),
    "transforms no focal": (
        transforms(fl_x="gone", fl_y="gone"),
        "(a.png) has no focal length: add fl_x and fl_y",
    ),
    "transforms angle": (
        transforms(fl_x="gone", camera_angle_x=3.2),
        "camera_angle_x is 3.2, outside 0..pi radians",
    ),
    "transforms distortion": (transforms(k1=0.01), "lens distortion k1 is not zero"),
    "transforms frame distortion": (transforms({"p2": -1e-9}), "lens distortion p2 is not zero"),
    "transforms distortion nan": (transforms(k3=NAN), "k3 is not a finite number"),
    "transforms fisheye": (transforms(camera_model="OPENCV_FISHEYE"), "is no pinhole"),
    "transforms model": (transforms(camera_model=["OPENCV"]), "is no pinhole"),
    "transforms ngp fisheye": (transforms(is_fisheye=True), "is no pinhole"),
    "transforms rows": (transforms({"transform_matrix": POSE[:2]}), "not 3 or 4 rows of 4"),
    "transforms last row": (
        transforms({"transform_matrix": [*POSE[:3], [0, 0, 1, 1]]}),
        "the last row of transform_matrix is not 0 0 0 1",
    ),
    "transforms opencv axes kept right-handed": (
        transforms({"transform_matrix": np.diag([1, 1, -1, 1]).tolist()}),
        "(a.png): the rotation is not a rotation",
    ),
    "transforms nan pose": (
        transforms({"transform_matrix": [[NAN, 0, 0, 0], *POSE[1:]]}),
        "transform_matrix is not a finite number",
    ),
    "transforms twice": (
        transforms(frames=[{"file_path": "l/a.png", "transform_matrix": POSE}] * 2),
        "the image name a.png appears twice",
    ),
}


@pytest.mark.parametrize("case", JSON_CASES)
def test_bad_json(tmp_path: Path, case: str) -> None:
    document, wanted = JSON_CASES[case]
    path = tmp_path / "views.json"
    path.write_text(json.dumps(document))
    if wanted is None:  # large but finite: whatever is read must be finite
        assert np.isfinite(read_cameras(path)[0].viewmat).all()
        return
    text = refusal(path)
    assert text.startswith(str(path))
    assert wanted in text


RAW_CASES = {
    "empty": (b"", "is empty"),
    "cut off": (json.dumps(inria()).encode()[:-9], "is not JSON"),
    "deep": (b"[" * 200_000, "is nested too deeply"),
    "not text": (b"[\xff\xfe]", "is not JSON"),
    "many digits": (b"[" + b"9" * 5000 + b"]", "is not JSON"),
    "a number": (b"17", "is no camera file that is known"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "is no camera file that is known"),
    "a scene": (b"ply\nformat ascii 1.0\n", "is no camera file that is known"),
}


@pytest.mark.parametrize("case", RAW_CASES)
def test_bad_bytes(tmp_path: Path, case: str) -> None:
    data, wanted = RAW_CASES[case]
    (tmp_path / "cameras.json").write_bytes(data)
    text = refusal(tmp_path / "cameras.json")
    assert wanted in text
    assert "cameras.json" in text


def test_every_cut_and_every_changed_byte_is_an_answer_or_a_refusal(tmp_path: Path) -> None:
    """No other exception, whatever a byte becomes."""
    files = {
        "cameras.json": json.dumps(inria()).encode(),
        "transforms.json": json.dumps(transforms()).encode(),
    }
    assert len(refusals_of_changes(tmp_path, files)) > 400
