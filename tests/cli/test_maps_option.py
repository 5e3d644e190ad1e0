"""`--maps` of render and frame: alpha and depth beside the picture."""

from __future__ import annotations

import numpy as np
import pytest

from golden.default_scene import default_scene
from golden.image import read_image
from golden.scene_io import write_ply
from tests.cli.calls import call, refuse
from tests.cli.default_files import cameras_file

SIZE = ("--size", "96x64", "--view", "2")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("maps")
    write_ply(default_scene(2000), folder / "s.ply")
    call("pack", folder / "s.ply", "-o", folder / "s.pack", "--colors", "narrow")
    cameras_file(folder)
    return folder


def loaded(path) -> tuple[np.ndarray, np.ndarray]:
    maps = np.load(path)
    assert maps["alpha"].shape == maps["depth"].shape == (64, 96)
    assert maps["alpha"].dtype == maps["depth"].dtype == np.float32
    return maps["alpha"], maps["depth"]


def test_render_and_frame_agree(folder):
    cameras = ("--cameras", folder / "cameras.json", *SIZE)
    scene, pack, out = folder / "s.ply", folder / "s.pack", folder / "a.png"
    call("render", scene, *cameras, "-o", out, "--maps", folder / "whole.npz")
    alpha, depth = loaded(folder / "whole.npz")
    assert 0 < depth.min() < depth.max()
    black = read_image(out).mean()
    call("render", scene, *cameras, "-o", out, "--background", "1,1,1")
    white = read_image(out).mean()
    assert white - black == pytest.approx(1 - alpha.mean(), abs=2 / 255)
    for stage in ("cluster", "gaussian"):
        more = ("--pack", pack, "--stage", stage, "--maps", folder / "culled.npz")
        call("render", scene, *cameras, "-o", out, *more)
        again = loaded(folder / "culled.npz")
        assert np.abs(again[0] - alpha).mean() < 0.001
        assert np.abs(again[1] - depth).mean() < 0.01 * depth.max()
    call("frame", pack, *cameras, "--maps", folder / "frame.npz")
    again = loaded(folder / "frame.npz")
    assert np.abs(again[0] - alpha).mean() < 0.002
    assert np.abs(again[1] - depth).mean() < 0.01 * depth.max()


def test_what_has_no_maps_is_refused(folder):
    cameras = ("--cameras", folder / "cameras.json", *SIZE)
    maps = ("--maps", folder / "x.npz")
    pack = folder / "s.pack"
    refuse("writes no depth", "frame", pack, *cameras, *maps, "--engine", "rtl")
    refuse("draws no picture", "frame", pack, *cameras, *maps, "--stage", "color")
    refuse(
        "from splatsieve frame",
        *("render", folder / "s.ply", *cameras, "-o", folder / "y.png", "--pack", pack),
        *("--stage", "picture", *maps),
    )
    refuse("is the pack itself", "frame", pack, *cameras, "--maps", pack)
    assert not (folder / "x.npz").exists()
