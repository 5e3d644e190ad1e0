"""Pictures of the whole chain as a user asks for them: frame, psnr and the benches."""

from __future__ import annotations

import json

import numpy as np
import pytest

from golden.default_scene import default_scene
from golden.image import psnr_db, read_image
from golden.scene_io import write_ply
from tests.cli.calls import call, refuse

# Few clusters would be wide, and their offsets coarse.
SIZE = (96, 64)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A small scene, its packs with colours of both formats, a camera, and its photograph."""
    folder = tmp_path_factory.mktemp("pictures")
    write_ply(default_scene(3000), folder / "scene.ply")
    for colors in ("narrow", "float16"):
        words = ["--clusters", "1500", "--colors", colors]
        call("pack", folder / "scene.ply", "-o", folder / f"{colors}.pack", *words)
    camera = {"width": SIZE[0], "height": SIZE[1], "fx": 99.0, "fy": 99.0}
    camera |= {"id": 0, "img_name": "a.png", "position": [0, 0, 4]}
    camera["rotation"] = np.diag([-1.0, 1.0, -1.0]).tolist()
    (folder / "cameras.json").write_text(json.dumps([camera]))
    (folder / "photos").mkdir()
    scene_and_cameras = (folder / "scene.ply", "--cameras", folder / "cameras.json")
    call("render", *scene_and_cameras, "--rules", "gsplat", "-o", folder / "photos" / "a.png")
    return folder


def frame(files, *more, pack="narrow.pack"):
    cameras = ["--cameras", files / "cameras.json", "--rules", "gsplat"]
    return ["frame", files / pack, *cameras, *more]


def test_a_frame_is_drawn_near_the_float_reference(files, tmp_path):
    path = tmp_path / "drawn.png"
    result = json.loads(call(*frame(files, "--picture", path, "--json")))
    assert (result["stage"], result["engine"]) == ("picture", "integer")
    assert result["splats"] > 0
    drawn, reference = read_image(path), read_image(files / "photos" / "a.png")
    assert drawn.shape == (SIZE[1], SIZE[0], 3)
    assert psnr_db(drawn, reference) > 48


def test_a_background_lies_behind_every_picture(files, tmp_path):
    """The same scene over black and over white differs by what the scene lets through."""
    scene = [files / "scene.ply", "--cameras", files / "cameras.json", "--rules", "gsplat"]
    pictures = {}
    for name, behind in (("black", []), ("white", ["--background", "1,1,1"])):
        path = tmp_path / f"{name}.png"
        call("render", *scene, "-o", path, *behind)
        reference = read_image(path)
        call(*frame(files, "--picture", path, *behind))
        pictures[name] = read_image(path)
        assert psnr_db(pictures[name], reference) > 45
    shown = pictures["white"] - pictures["black"]
    assert shown.min() >= -1 / 255
    assert shown.max() > 0.1
    words = ["psnr", *scene, "--pack", files / "narrow.pack", "--photos", files / "photos"]
    behind = ["--background", "1,1,1", "--stage", "picture", "--json"]
    over_white = json.loads(call(*words, *behind))
    assert over_white["least_psnr_between_db"] > 45
    assert over_white["mean_psnr_whole_db"] < 50  # the photograph has black behind it
    for wrong in ("1,1", "white", "2,0,0", "nan,0,0"):
        refuse("is not three numbers of 0 to 1", *frame(files, "--background", wrong))
    refuse("leave --background out", *frame(files, "--background", "1,1,1", "--stage", "color"))


@pytest.mark.parametrize(
    ("more", "pack", "message"),
    [
        (("--stage", "color"), "narrow.pack", "ends with color draws no picture"),
        (("--stage", "blend"), "narrow.pack", "stage 'blend' ends no build: choose gaussian"),
        (("--preset", "cull"), "narrow.pack", "preset 'cull' runs no frames: choose base"),
        (("--preset", "render", "--stage", "color"), "narrow.pack", "preset render ends with"),
        ((), "float16.pack", "pack the scene with --colors narrow"),
    ],
)
def test_what_draws_no_picture_is_refused(files, tmp_path, more, pack, message):
    path = tmp_path / "drawn.png"
    refuse(message, *frame(files, "--picture", path, *more, pack=pack))
    assert not path.exists()


def test_psnr_of_the_picture(files):
    words = ["psnr", files / "scene.ply", "--cameras", files / "cameras.json", "--stage", "picture"]
    words += ["--pack", files / "narrow.pack", "--photos", files / "photos", "--rules", "gsplat"]
    result = json.loads(call(*words, "--json"))
    assert (result["stage"], result["colors"], result["photos"]) == ("picture", "narrow", 1)
    assert 48 < result["least_psnr_between_db"] < 70
    assert "drawn_db" in call(*words)
    refuse("engine 'float' runs no frames", *words, "--engine", "float")


def test_bench_picture_and_entries(files, tmp_path):
    scene = [files / "scene.ply"]
    common = ["--cameras", files / "cameras.json", "--rules", "gsplat"]
    drawn = tmp_path / "pictures.json"
    text = call("bench", "picture", *scene, files / "narrow.pack", *common, "-o", drawn)
    result = json.loads(drawn.read_text())
    assert result["worst_db"] == result["views"][0]["psnr_db"] > 48
    assert f"worst of 1 views: {result['worst_db']:.2f} dB" in text
    listed = tmp_path / "entries.json"
    text = call("bench", "entries", *scene, *common, "-o", listed)
    result = json.loads(listed.read_text())
    assert result["worst_db"] > 55
    assert set(result["views"][0]["alone_db"]) == {"mean2d", "conic", "depth", "opacity", "color"}
