"""`splatsieve model`, `calibrate` and `docs`: what they print, write and refuse."""

from __future__ import annotations

import json

import pytest

from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras, default_scene
from golden.pack import build_pack
from golden.pack.file import load_pack, save_pack
from golden.rules import GSPLAT, INRIA
from sim.model.calibration import calibration_text, calibrations
from sim.model.config import load_model_config
from sim.model.counts import frame_counts, without_culling
from sim.model.frame import model_frame
from tests.cli.calls import call, refuse

VIEWS, SIZE = "0::12", "160x107"


@pytest.fixture(scope="module")
def pack_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "scene.pack"
    save_pack(build_pack(default_scene(3000), ClusterOptions("morton", 120), INRIA), path)
    return path


def test_figures_are_those_of_the_model(pack_path):
    words = ["model", pack_path, "--views", VIEWS, "--size", SIZE, "--config", "base"]
    result = json.loads(call(*words, "--json"))
    pack, config = load_pack(pack_path), load_model_config("base")
    cameras = [camera.resized(160, 107) for camera in default_cameras()[::12]]
    counts = [frame_counts(pack, camera, GSPLAT, config) for camera in cameras]
    on = [model_frame(one, config).frame_cycles for one in counts]
    off = [model_frame(without_culling(one), config).frame_cycles for one in counts]
    found = result["figures"]["frame_cycles"]
    assert result["views"] == [camera.name for camera in cameras]
    assert (found["views"], found["views_without_culling"]) == (on, off)
    assert found["mean"] == sum(on) / len(on)
    assert (found["largest"], found["gain"]) == (max(on), sum(off) / sum(on))
    text = call(*words)
    assert text.startswith(f"base: {config.description}; 2 views, gsplat rules\n")
    row = next(line for line in text.splitlines() if line.startswith("frame_cycles "))
    assert row.split()[1:3] == [f"{sum(on) / 2:.0f}", str(max(on))]


def test_calibration_is_that_of_the_model(pack_path):
    said = call("calibrate", pack_path, "--views", "0")
    rows = calibrations(load_pack(pack_path), default_cameras()[:1], GSPLAT)
    assert said == calibration_text(rows) + "\n"
    printed = json.loads(call("calibrate", pack_path, "--views", "0", "--json"))
    assert [row["frames_per_s"] for row in printed] == [row.frames_per_s for row in rows]


def test_refusals(pack_path, tmp_path):
    other = build_pack(default_scene(500), ClusterOptions("morton", 20), INRIA)
    save_pack(_renamed(other), tmp_path / "other.pack")
    for command in ("model", "calibrate"):
        refuse("missing.pack cannot be read", command, tmp_path / "missing.pack")
        refuse("comes without cameras", command, tmp_path / "other.pack")
        refuse("rules 'none' are not known", command, pack_path, "--rules", "none")
    refuse("none", "model", pack_path, "--config", "none")
    (tmp_path / "file").write_text("mine")
    refuse("cannot be written", "docs", tmp_path / "file")


def _renamed(pack):
    from dataclasses import replace

    return replace(pack, meta=replace(pack.meta, scene="a scene of someone's own"))


def test_requests_of_a_view(pack_path, tmp_path):
    """A line a burst of the memory, which is 32 bytes."""
    file = tmp_path / "requests.trace"
    words = ["model", pack_path, "--size", "96x64", "--requests", file]
    figures = json.loads(call(*words, "--views", "3", "--json"))["figures"]
    lines = file.read_text().splitlines()
    assert len(lines) * 32 >= figures["bytes"]["mean"]
    assert all(line.endswith((" R", " W")) for line in lines)
    file.unlink()
    refuse("--requests takes one view, not 2: give --views N.", *words, "--views", "3:5")
    refuse("base is modelled by formula", *words, "--views", "3", "--config", "base")
    assert not file.exists()
