"""`splatsieve info`: what it says of a scene."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from golden.default_scene import default_scene
from golden.scene_io import write_ply
from tests.cli.calls import call, refuse

COUNT = 2000


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A scene with three floaters, two needles and one Gaussian too faint to be seen."""
    scene = default_scene(COUNT)
    means, scales, opacities = (
        array.copy() for array in (scene.means, scene.scales, scene.opacities)
    )
    means[:3] = ((1e5, 0, 0), (0, -1e4, 0), (0, 0, 1e6))
    scales[3:5] = (1e-4, 2.0, 1e-3)
    opacities[:] = np.clip(opacities, 0.1, 0.9)
    opacities[5] = 1e-3
    path = tmp_path_factory.mktemp("info") / "scene.ply"
    write_ply(replace(scene, means=means, scales=scales, opacities=opacities), path)
    return path


def test_what_is_unusual_is_counted(path):
    said = json.loads(call("info", path, "--json"))
    assert said["gaussians"] == COUNT
    assert (said["far_out"], said["needles"], said["faint"]) == (3, 2, 1)
    assert said["high"][0] == pytest.approx(1e5)
    assert said["high"][2] == pytest.approx(1e6)
    assert said["low"][1] == pytest.approx(-1e4)
    assert all(-50 < value < 50 for value in said["middle_low"] + said["middle_high"])
    assert said["opacity"] == pytest.approx([1e-3, said["opacity"][1], 0.9], rel=1e-3)
    assert said["narrow_colors"] == "fit"
    assert said["warnings"] == []


def test_text(path):
    lines = call("info", path).splitlines()
    assert any(line.startswith("Gaussians") and line.endswith("2,000") for line in lines)
    assert any(line.startswith("far out") and " 3, over 10" in line for line in lines)


def test_what_is_no_scene_is_refused(tmp_path):
    (tmp_path / "a.ply").write_text("ply\n")
    refuse("a.ply", "info", tmp_path / "a.ply")
