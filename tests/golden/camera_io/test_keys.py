"""Every row of the table of camera keys against what the readers do with that key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import golden.camera_io
from golden.camera import Camera
from golden.camera_io import read_cameras
from golden.camera_io.colmap_records import PARAMETERS
from golden.camera_io.keys import Row, rows, table
from golden.errors import InputError

POSE = np.eye(4).tolist()
MOVED = [[1, 0, 0, 5], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
# Another value of each key that is used, which must change what is read, and what must go for it
# to have the word.
TRANSFORMS_USED: dict[str, tuple[Any, tuple[str, ...]]] = {
    "w": (320, ()),
    "h": (240, ()),
    "fl_x": (400.0, ()),
    "fl_y": (400.0, ()),
    "cx": (300.0, ()),
    "cy": (200.0, ()),
    "camera_angle_x": (1.0, ("fl_x", "fl_y")),
    "camera_angle_y": (1.0, ("fl_x", "fl_y")),
}
FRAME_USED: dict[str, Any] = {"file_path": "other.png", "transform_matrix": MOVED}
INRIA_USED: dict[str, Any] = {
    "img_name": "b",
    "width": 320,
    "height": 240,
    "position": [1, 2, 3],
    "rotation": [[-1, 0, 0], [0, -1, 0], [0, 0, 1]],
    "fx": 400.0,
    "fy": 400.0,
    "cx": 300.0,
    "cy": 200.0,
}
PATH_USED: dict[str, Any] = {"render_width": 320, "render_height": 240}
STEP_USED: dict[str, Any] = {"camera_to_world": np.ravel(MOVED).tolist(), "fov": 30.0}
OTHERS = [17, "text", [1, 2], {"a": 1}, None, True]


def transforms() -> dict[str, Any]:
    frame = {"file_path": "a.png", "transform_matrix": POSE}
    return {"fl_x": 500.0, "fl_y": 500.0, "w": 640, "h": 480, "frames": [frame]}


def inria() -> list[dict[str, Any]]:
    entry = {"id": 0, "img_name": "a", "width": 640, "height": 480, "position": [0, 0, 0]}
    return [entry | {"rotation": np.eye(3).tolist(), "fx": 500.0, "fy": 500.0}]


def camera_path() -> dict[str, Any]:
    step = {"camera_to_world": np.ravel(POSE).tolist(), "fov": 50.0, "aspect": 1.3}
    return {"render_width": 640, "render_height": 480, "camera_path": [step]}


def read(folder: Path, document: Any) -> list[Any]:
    path = folder / "cameras.json"
    path.write_text(json.dumps(document))
    return [values(camera) for camera in read_cameras(path)]


def values(camera: Camera) -> tuple[Any, ...]:
    numbers = (camera.width, camera.height, camera.fx, camera.fy, camera.cx, camera.cy)
    return (camera.name, *numbers, camera.viewmat.tolist())


def refusal(folder: Path, document: Any) -> str:
    with pytest.raises(InputError) as caught:
        read(folder, document)
    assert str(caught.value).endswith(".")
    return str(caught.value)


MAKERS = {
    "transforms.json": transforms,
    "INRIA's cameras.json": inria,
    "nerfstudio's camera path": camera_path,
}


def put(writer: str, key: str, value: Any) -> list[Any]:
    """Documents with the key at each place where that writer may have it."""
    documents = []
    for place in range(2):
        document = MAKERS[writer]()
        if writer == "INRIA's cameras.json":
            document[0][key] = value
        elif place and writer == "transforms.json":
            document["frames"][0][key] = value
        else:
            document[key] = value
        documents.append(document)
    return documents


def ids(row: Row) -> str:
    return f"{row.writer}-{row.key}".replace(" ", "_")


JSON_ROWS = [row for row in rows() if row.writer in MAKERS]


@pytest.mark.parametrize("row", [r for r in JSON_ROWS if r.done == "ignored"], ids=ids)
def test_what_is_passed_over_changes_nothing(tmp_path: Path, row: Row) -> None:
    plain = read(tmp_path, MAKERS[row.writer]())
    for value in OTHERS:
        for document in put(row.writer, row.key, value):
            assert read(tmp_path, document) == plain


@pytest.mark.parametrize("row", [r for r in JSON_ROWS if r.done == "zero"], ids=ids)
def test_a_distortion_of_zero_is_none_and_another_is_refused_by_name(
    tmp_path: Path, row: Row
) -> None:
    plain = read(tmp_path, MAKERS[row.writer]())
    for value in (0, 0.0, -0.0, [0, 0.0, 0, 0, 0, 0], None, []):
        for document in put(row.writer, row.key, value):
            assert read(tmp_path, document) == plain
    for value in (1e-9, -0.2, [0, 0, 0.1]):
        for document in put(row.writer, row.key, value):
            assert f"{row.key} is not zero" in refusal(tmp_path, document)


@pytest.mark.parametrize("row", [r for r in JSON_ROWS if r.done in ("off", "refused")], ids=ids)
def test_what_is_no_pinhole_is_refused_by_name(tmp_path: Path, row: Row) -> None:
    plain = read(tmp_path, MAKERS[row.writer]())
    for value in (None, False) if row.done == "off" else (None,):
        for document in put(row.writer, row.key, value):
            assert read(tmp_path, document) == plain
    for value in (True, 1, MOVED):
        for document in put(row.writer, row.key, value):
            assert row.key in refusal(tmp_path, document)


def test_what_is_used_changes_what_is_read(tmp_path: Path) -> None:
    used = {(r.writer, r.key) for r in JSON_ROWS if r.done == "used"}
    seen = {("transforms.json", key) for key in ("frames", "applied_transform", "applied_scale")}
    seen |= {("nerfstudio's camera path", "camera_path")}  # without it there is no view
    for key, (value, gone) in TRANSFORMS_USED.items():
        plain = {k: v for k, v in transforms().items() if k not in gone} | (
            {"camera_angle_x" if key.endswith("y") else "camera_angle_y": 0.7} if gone else {}
        )
        assert read(tmp_path, plain | {key: value}) != read(tmp_path, plain)
        seen.add(("transforms.json", key))
    for writer, at, changes in (
        ("transforms.json", "frames", FRAME_USED),
        ("nerfstudio's camera path", "camera_path", STEP_USED),
    ):
        for key, value in changes.items():
            document = MAKERS[writer]()
            plain = read(tmp_path, document)
            document[at][0][key] = value
            assert read(tmp_path, document) != plain
            seen.add((writer, key))
    for key, value in INRIA_USED.items():
        assert read(tmp_path, [inria()[0] | {key: value}]) != read(tmp_path, inria())
        seen.add(("INRIA's cameras.json", key))
    for key, value in PATH_USED.items():
        assert read(tmp_path, camera_path() | {key: value}) != read(tmp_path, camera_path())
        seen.add(("nerfstudio's camera path", key))
    for writer in ("transforms.json", "nerfstudio's camera path"):
        for key in ("camera_model", "camera_type"):
            plain = MAKERS[writer]()
            for model in ("OPENCV", "PINHOLE", "perspective"):
                assert read(tmp_path, plain | {key: model}) == read(tmp_path, plain)
            for model in ("OPENCV_FISHEYE", "EQUIRECTANGULAR", "ORTHOPHOTO", "fisheye", ["x"]):
                assert "is no pinhole" in refusal(tmp_path, plain | {key: model})
            seen.add((writer, key))
    assert used <= seen


@pytest.mark.parametrize("row", [r for r in rows() if r.writer == "COLMAP"], ids=ids)
def test_colmap_models(tmp_path: Path, row: Row) -> None:
    names = PARAMETERS.get(row.key, ("f", "cx", "cy", "k"))
    given = {"f": 500.0, "fx": 500.0, "fy": 400.0, "cx": 320.0, "cy": 240.0}
    (tmp_path / "images.txt").write_text("1 1 0 0 0 0 0 0 1 cam0/a.png\n\n")

    def lens(**changes: float) -> Path:
        numbers = [str((given | changes).get(name, 0.0)) for name in names]
        (tmp_path / "cameras.txt").write_text(f"1 {row.key} 640 480 {' '.join(numbers)}\n")
        return tmp_path

    if row.done == "refused":
        with pytest.raises(InputError, match=f"camera model '{row.key}' is not supported"):
            read_cameras(lens())
        return
    (camera,) = read_cameras(lens())
    assert (camera.name, camera.fx, camera.cx) == ("cam0/a.png", 500.0, 320.0)
    assert camera.fy == (400.0 if "fy" in names else 500.0)
    bends = names[names.index("cy") + 1 :]
    assert bool(bends) == (row.done == "zero")
    for name in bends:
        with pytest.raises(InputError, match=f"lens distortion {name} is 0.001, not zero"):
            read_cameras(lens(**{name: 0.001}))


def test_poses_of_ns_export_are_named_for_what_they_are(tmp_path: Path) -> None:
    assert [row.key for row in rows() if "ns-export" in row.writer] == ["transform"]
    text = refusal(tmp_path, [{"file_path": "a.png", "transform": POSE[:3]}])
    assert "as `ns-export cameras` writes it" in text
    assert "--transform dataparser_transforms.json" in text


def test_the_table_of_the_docs() -> None:
    text = (Path(golden.camera_io.__file__).parent / "README.md").read_text()
    made = text.split("<!-- keys -->\n")[1].split("\n<!-- end -->")[0]
    assert made == table()
    assert max(map(len, text.split("\n"))) <= 140
