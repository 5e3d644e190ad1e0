"""`splatsieve convert`: kinds, cleaning, and what is refused before any work."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from golden.default_scene import default_scene
from golden.scene_io import read_scene, write_ply
from tests.cli.calls import call, refuse, warned
from tests.golden.scene_io.scene_files import inria_columns, ply_file, table

COUNT = 1000


@pytest.fixture(scope="module")
def scene():
    """Three floaters, of which one is faint, and two more faint ones."""
    scene = default_scene(COUNT)
    means, opacities = scene.means.copy(), np.clip(scene.opacities, 0.1, 0.9)
    means[:3] = ((900, 0, 0), (0, -1000, 0), (0, 0, 1500))
    opacities[2:5] = 1e-3
    return replace(scene, means=means, opacities=opacities)


@pytest.fixture(scope="module")
def path(scene, tmp_path_factory):
    path = tmp_path_factory.mktemp("convert") / "scene.ply"
    write_ply(scene, path)
    return path


def test_there_and_back(path, tmp_path):
    said = json.loads(call("convert", path, tmp_path / "s.spz", "--json"))
    assert (said["read"], said["written"]) == (COUNT, COUNT)
    assert said["file_bytes"] == (tmp_path / "s.spz").stat().st_size < path.stat().st_size / 4
    call("convert", tmp_path / "s.spz", tmp_path / "s.ply")
    spz, ply = read_scene(tmp_path / "s.spz"), read_scene(tmp_path / "s.ply")
    np.testing.assert_array_equal(ply.means, spz.means)
    np.testing.assert_array_equal(ply.sh, spz.sh)
    np.testing.assert_allclose(ply.scales, spz.scales, rtol=1e-5)


def test_what_is_left_out_is_counted(path, scene, tmp_path):
    out = tmp_path / "clean.ply"
    said = json.loads(call("convert", path, out, "--drop-faint", "--drop-far", "--json"))
    assert (said["dropped_faint"], said["dropped_far"], said["written"]) == (3, 2, COUNT - 5)
    np.testing.assert_array_equal(read_scene(out).means, scene.means[5:])
    text = call("convert", path, out, "--drop-far")
    assert "left out 3 far out; " in text
    assert text.endswith(f"{COUNT - 3:,} Gaussians, {out.stat().st_size:,} bytes\n")


def test_invalid_rows_go_with_a_warning(scene, tmp_path):
    columns = inria_columns(scene)
    columns["x"] = columns["x"].copy()
    columns["x"][7:9] = np.nan
    (tmp_path / "s.ply").write_bytes(ply_file({"vertex": table(columns)}))
    refuse("is not a finite number", "convert", tmp_path / "s.ply", tmp_path / "t.ply")
    assert not (tmp_path / "t.ply").exists()
    _, said = warned("convert", tmp_path / "s.ply", tmp_path / "t.ply", "--drop-invalid")
    assert "2 of 1,000 Gaussians were dropped" in said[0]
    assert len(read_scene(tmp_path / "t.ply")) == COUNT - 2


def test_what_is_refused(path, tmp_path):
    refuse("name a .ply or a .spz", "convert", tmp_path / "none.ply", tmp_path / "s.sog")
    refuse("is the scene itself", "convert", path, path)
    faint = tmp_path / "faint.ply"
    small = default_scene(COUNT)
    write_ply(replace(small, opacities=np.full(COUNT, 1e-4, np.float32)), faint)
    refuse("no Gaussian would be left", "convert", faint, tmp_path / "t.ply", "--drop-faint")
