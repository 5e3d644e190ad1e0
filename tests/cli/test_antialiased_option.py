"""Scenes trained with antialiasing: drawn so where that can be, and said where it cannot."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from golden.default_scene import default_scene
from golden.image import read_image
from golden.scene_io import read_scene, write_scene
from tests.cli.calls import call, refuse, run, warned
from tests.cli.default_files import cameras_file

TOLD = "was trained with antialiasing, which is not drawn here"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A scene that says so, and the same one that does not."""
    folder = tmp_path_factory.mktemp("antialiased")
    scene = default_scene(2000)
    write_scene(replace(scene, antialiased=True), folder / "a.spz")
    write_scene(scene, folder / "b.spz")
    warned("pack", folder / "a.spz", "-o", folder / "a.pack", "--colors", "narrow")
    cameras_file(folder)
    return folder


def drawn(folder, scene, *more):
    view = ("--cameras", folder / "cameras.json", "--view", "1", "--size", "96x64")
    code, out, err = run("render", folder / scene, *view, "-o", folder / "x.png", "--json", *more)
    assert code == 0, err
    return read_image(folder / "x.png"), json.loads(out)


def test_it_is_drawn_as_the_file_says_unless_told_otherwise(folder):
    own, said = drawn(folder, "a.spz")
    assert (said["rules"], said["warnings"]) == ("inria, antialiased", [])
    plain, said = drawn(folder, "a.spz", "--plain")
    assert said["rules"] == "inria"
    np.testing.assert_array_equal(drawn(folder, "b.spz")[0], plain)
    np.testing.assert_array_equal(drawn(folder, "b.spz", "--antialiased")[0], own)
    assert np.abs(own - plain).max() > 0.02


def test_what_the_clusters_left_is_drawn_the_same(folder):
    pack = ("--pack", folder / "a.pack")
    whole = drawn(folder, "a.spz")[0]
    culled, said = drawn(folder, "a.spz", *pack)
    assert said["rules"] == "inria, antialiased"
    np.testing.assert_array_equal(culled, whole)
    stored, said = drawn(folder, "a.spz", *pack, "--stage", "gaussian", "--engine", "float")
    assert said["rules"] == "inria, antialiased"
    assert np.abs(stored - whole).mean() < 0.01


def test_what_has_no_antialiasing_says_so(folder):
    pack = ("--pack", folder / "a.pack")
    for stage in ("gaussian", "picture"):
        _, said = drawn(folder, "a.spz", *pack, "--stage", stage)
        assert said["rules"] == "inria"
        assert TOLD in said["warnings"][0]
        view = ("--cameras", folder / "cameras.json", "--size", "96x64")
        refuse(
            f"stage {stage} by engine integer has no antialiasing",
            *("render", folder / "a.spz", *view, "-o", folder / "y.png", *pack),
            *("--stage", stage, "--antialiased"),
        )
    _, told = warned("pack", folder / "a.spz", "-o", folder / "again.pack")
    assert TOLD in told[0]


def test_info_and_convert_know_of_it(folder, tmp_path):
    assert json.loads(call("info", folder / "a.spz", "--json"))["antialiased"] is True
    assert json.loads(call("info", folder / "b.spz", "--json"))["antialiased"] is False
    call("convert", folder / "a.spz", tmp_path / "c.spz")
    assert read_scene(tmp_path / "c.spz").antialiased
    _, told = warned("convert", folder / "a.spz", tmp_path / "c.ply")
    assert "which a .ply cannot say: draw c.ply with --antialiased" in told[0]
