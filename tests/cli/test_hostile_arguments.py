"""Outputs that are inputs, names without end, and results that JSON cannot hold."""

import json
import sys
import warnings
from io import BytesIO, TextIOWrapper

import numpy as np
import pytest

from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras, default_scene
from golden.image import write_png
from golden.pack import build_pack
from golden.pack.file import save_pack
from golden.rules import INRIA
from golden.scene_io import read_scene, write_ply
from splatsieve import cli
from tests.cli.calls import call, refuse, warned

LONG = "n" * 300


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A small scene, its pack, cameras that see nothing, and black photographs."""
    folder = tmp_path_factory.mktemp("hostile")
    write_ply(default_scene(500), folder / "scene.ply")
    scene = read_scene(folder / "scene.ply")
    save_pack(build_pack(scene, ClusterOptions("morton", 20, "safe", 0), INRIA), folder / "s.pack")
    camera = {"width": 40, "height": 30, "fx": 40.0, "fy": 40.0, "rotation": np.eye(3).tolist()}
    cameras = [{"id": 0, "img_name": "a☃.png", "position": [0, 0, 30], **camera}]
    (folder / "cameras.json").write_text(json.dumps(cameras))
    (folder / "photos").mkdir()
    write_png(folder / "photos" / "a☃.png", np.zeros((30, 40, 3)))
    write_png(folder / "small.png", np.zeros((3, 4, 3)))
    return folder


def command(files, name):
    """A whole command but for its output."""
    cameras = ["--cameras", files / "cameras.json"]
    pack, scene = files / "s.pack", files / "scene.ply"
    photos = ["--photos", files / "photos"]
    return {
        "cull": ["cull", pack, *cameras, "--check", scene, "--masks"],
        "frame": ["frame", pack, *cameras, "--splats"],
        "render": ["render", scene, *cameras, "--photo", files / "small.png", "-o"],
        "psnr": ["psnr", scene, *cameras, "--pack", pack, *photos],
    }[name]


@pytest.mark.parametrize(
    ("name", "target", "what"),
    [
        ("cull", "s.pack", "pack"),
        ("cull", "cameras.json", "cameras"),
        ("cull", "scene.ply", "scene"),
        ("frame", "s.pack", "pack"),
        ("frame", "cameras.json", "cameras"),
        ("render", "scene.ply", "scene"),
        ("render", "cameras.json", "cameras"),
        ("render", "small.png", "photograph"),
    ],
)
def test_no_input_is_written_over(files, name, target, what):
    before = (files / target).read_bytes()
    refuse(f"{target} is the {what} itself", *command(files, name), files / target)
    assert (files / target).read_bytes() == before


@pytest.mark.parametrize("name", ["cull", "frame"])
@pytest.mark.parametrize(("target", "message"), [("", "is a folder"), (LONG, "cannot be written")])
def test_names_that_no_file_can_have(files, tmp_path, monkeypatch, name, target, message):
    monkeypatch.chdir(tmp_path)
    refuse(message, *command(files, name), target)
    assert list(tmp_path.iterdir()) == []


def test_names_that_no_folder_can_have(files, tmp_path):
    scene, cameras = files / "scene.ply", ["--cameras", files / "cameras.json"]
    refuse("cannot be written", "pack", scene, "-o", tmp_path / LONG)
    refuse("is no folder", *command(files, "psnr")[:-1], tmp_path / LONG)
    refuse("cannot be written", "report", scene, *cameras, "-o", tmp_path / LONG)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["file", "file/x", LONG])
def test_synth_refuses_its_folder_before_it_starts(tmp_path, monkeypatch, name):
    (tmp_path / "file").write_text("mine")
    monkeypatch.setattr("hw.synth.units.make_unit", lambda name: pytest.fail("started"))
    refuse("cannot be written", "synth", "--unit", "cover", "-o", tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_bad_photograph_leaves_no_picture(files, tmp_path):
    refuse("cannot be compared", *command(files, "render"), tmp_path / "x.png")
    photo = ["--photo", files / "scene.ply"]
    refuse("neither a PNG nor a JPEG", *command(files, "render"), tmp_path / "x.png", *photo)
    assert list(tmp_path.iterdir()) == []


def test_equal_pictures_are_null_in_json(files, tmp_path):
    photo = ["--photo", files / "photos" / "a☃.png", "--json"]
    drawn = json.loads(warned(*command(files, "render"), tmp_path / "x.png", *photo)[0])
    assert drawn["psnr_db"] is None
    result = json.loads(warned(*command(files, "psnr"), "--json")[0])
    assert result["mean_psnr_whole_db"] is result["views"][0]["psnr_whole_db"] is None
    assert "  inf  " in warned(*command(files, "psnr"))[0]


@pytest.mark.parametrize("size", ["9" * 5000 + "x5", "100000x5", "5x" + "0" * 5000 + "5"])
def test_sizes_of_many_digits(files, size):
    refuse("is outside 1..16384", *command(files, "cull")[:4], "--size", size)


def test_a_line_break_in_a_name_is_none_in_the_sentence(tmp_path):
    refuse("a b.ply cannot be read", "pack", tmp_path / "a\nb.ply", "-o", tmp_path / "x.pack")


def test_no_memory_is_one_sentence(monkeypatch):
    monkeypatch.setattr(cli, "app", lambda *_, **options: np.empty(1 << 60, np.uint8))
    refuse("needs more memory than there is", "pack")


def test_names_that_the_terminal_cannot_show(files, monkeypatch):
    out = TextIOWrapper(BytesIO(), encoding="latin-1")
    arguments = ["splatsieve", *command(files, "cull")[:4]]
    monkeypatch.setattr(sys, "argv", [str(word) for word in arguments])
    monkeypatch.setattr(sys, "stdout", out)
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 0
    out.flush()
    assert rb"a\u2603.png" in out.buffer.getvalue()


def test_a_pack_of_the_default_scene_has_the_cameras_of_that(tmp_path):
    save_pack(
        build_pack(default_scene(300), ClusterOptions("morton", 20, "safe", 0), INRIA),
        tmp_path / "d.pack",
    )
    views = json.loads(call("cull", tmp_path / "d.pack", "--size", "48x32", "--json"))["views"]
    assert len(views) == len(default_cameras())
    assert "splats" in call("frame", tmp_path / "d.pack", "--size", "48x32")


def test_a_camera_beyond_float32_is_drawn_in_silence(files, tmp_path):
    camera = json.loads((files / "cameras.json").read_text())[0]
    (tmp_path / "far.json").write_text(json.dumps([{**camera, "position": [0, 0, -1e300]}]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        base = ["render", files / "scene.ply", "--cameras", tmp_path / "far.json"]
        call(*base, "-o", tmp_path / "x.png")
