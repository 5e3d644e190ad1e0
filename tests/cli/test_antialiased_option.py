"""Scenes trained with antialiasing: drawn so where that can be, and said where it cannot."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from golden.default_scene import default_scene
from golden.errors import InputWarning
from golden.image import psnr_db, read_image
from golden.scene_io import read_scene, write_scene
from splatsieve.inputs import scene_of
from tests.cli.calls import call, refuse, run, warned
from tests.cli.default_files import cameras_file

TOLD = "was trained with antialiasing, which is left out here"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A scene that says so, and the same one that does not."""
    folder = tmp_path_factory.mktemp("antialiased")
    scene = default_scene(2000)
    write_scene(replace(scene, antialiased=True), folder / "a.spz")
    write_scene(scene, folder / "b.spz")
    for name in "ab":
        call("pack", folder / f"{name}.spz", "-o", folder / f"{name}.pack", "--colors", "narrow")
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


def test_every_stage_draws_it(folder):
    pack = ("--pack", folder / "a.pack")
    whole, plain = drawn(folder, "a.spz")[0], drawn(folder, "a.spz", "--plain")[0]
    for stage in ("gaussian", "color", "picture"):
        own, said = drawn(folder, "a.spz", *pack, "--stage", stage)
        assert (said["rules"], said["warnings"]) == ("inria, antialiased", [])
        without, said = drawn(folder, "a.spz", *pack, "--stage", stage, "--plain")
        assert said["rules"] == "inria"
        if stage == "gaussian":
            assert psnr_db(own, whole) > 50
            assert psnr_db(own, plain) < 40
        assert np.abs(own - without).max() > 0.02


def test_a_frame_follows_the_pack(folder):
    view = ("--cameras", folder / "cameras.json", "--view", "1", "--size", "96x64", "--json")

    def drawn_by(pack, *more):
        said = json.loads(call("frame", folder / pack, *view, "--picture", folder / "f.png", *more))
        return read_image(folder / "f.png"), said

    own, said = drawn_by("a.pack")
    assert said["rules"] == "inria, antialiased"
    plain, said = drawn_by("a.pack", "--plain")
    assert said["rules"] == "inria"
    np.testing.assert_array_equal(drawn_by("b.pack")[0], plain)
    np.testing.assert_array_equal(drawn_by("b.pack", "--antialiased")[0], own)
    rendered, _ = drawn(folder, "a.spz", "--pack", folder / "a.pack", "--stage", "picture")
    np.testing.assert_array_equal(rendered, own)
    assert np.abs(own - plain).max() > 0.02
    # A build of the hardware has it or not.
    for build in ((), ("--preset", "render")):
        refuse(
            "this build has no antialiasing: take one that has it with --set antialiased=1",
            *("frame", folder / "a.pack", *view, "--engine", "rtl", *build),
        )
    refuse("raster_lanes=4", "frame", folder / "a.pack", *view, "--set", "raster_lanes=4")


@pytest.mark.slow
def test_a_picture_by_the_rtl_of_such_a_build(folder):
    view = ("--cameras", folder / "cameras.json", "--view", "1", "--size", "96x64", "--json")
    build = ("--engine", "rtl", "--preset", "render", "--set", "antialiased=1")
    said = json.loads(call("frame", folder / "a.pack", *view, *build))
    assert (said["status"], said["mismatches"]) == ("done", 0)
    assert said["rules"] == "inria, antialiased"


def test_what_leaves_it_out_says_so(folder, recwarn):
    with pytest.warns(InputWarning, match=TOLD):
        assert scene_of(str(folder / "a.spz")).antialiased
    scene_of(str(folder / "a.spz"), knows_antialiased=True)
    scene_of(str(folder / "b.spz"))
    assert len(recwarn) == 0


def test_info_and_convert_know_of_it(folder, tmp_path):
    assert json.loads(call("info", folder / "a.spz", "--json"))["antialiased"] is True
    assert json.loads(call("info", folder / "b.spz", "--json"))["antialiased"] is False
    call("convert", folder / "a.spz", tmp_path / "c.spz")
    assert read_scene(tmp_path / "c.spz").antialiased
    _, told = warned("convert", folder / "a.spz", tmp_path / "c.ply")
    assert "which a .ply cannot say: draw c.ply with --antialiased" in told[0]
