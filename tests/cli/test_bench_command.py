"""`splatsieve bench`: each study as a command, and what each refuses."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

import splatsieve.inputs
from golden.default_scene import default_cameras, default_scene
from golden.image import write_png
from golden.render import render
from golden.rules import GSPLAT
from golden.scene_io import write_ply
from reports.benches.bench_clusters import markdown as clusters_table
from reports.benches.bench_widths import markdown as widths_table
from tests.cli.calls import call, refuse
from tests.reports.report_cases import tiny_subject

STUDIES = ("clusters", "colors", "pack", "widths")


@pytest.fixture
def tiny(monkeypatch):
    """Makes the default scene tiny."""
    subject = tiny_subject(views=2)
    monkeypatch.setattr("golden.default_scene.default_scene", lambda: subject.scene)
    monkeypatch.setattr("golden.default_scene.default_cameras", lambda: list(subject.cameras))


def test_the_help_names_every_study():
    shown = call("bench", "--help")
    for study in STUDIES:
        assert re.search(rf"\b{study}\b", shown)
        assert f"Usage: splatsieve bench {study}" in call("bench", study, "--help")


def test_clusters(tiny, tmp_path):
    path = tmp_path / "found.json"
    said = call("bench", "clusters", "default", "--tests", "50", "-o", path)
    result = json.loads(path.read_text())
    assert {row["aimed_tests"] for row in result["points"]} == {50, None}
    assert clusters_table(result) in said
    assert said.count(" clusters, ") == len(result["points"])  # a line a point
    assert said.endswith("lost in all points: 0\n")


def test_widths(tiny, tmp_path):
    path, figure = tmp_path / "widths.json", tmp_path / "widths.png"
    words = ["--views", "1", "--rules", "gsplat", "--parameters", "screen_fraction_bits"]
    said = call("bench", "widths", "default", *words, "-o", path, "--figure", figure)
    result = json.loads(path.read_text())
    assert {row["parameter"] for row in result["points"]} == {"screen_fraction_bits"}
    assert result["command"] == (
        "splatsieve bench widths default --views 1 --rules gsplat --parameters "
        "screen_fraction_bits -o widths.json --figure widths.png"
    )
    assert widths_table(result) in said
    assert figure.stat().st_size > 1000


def test_colors(tmp_path, monkeypatch):
    cameras = [replace(c, name=f"{n}.png") for n, c in enumerate(default_cameras(2, 64, 48))]
    scene, photos = default_scene(2000), tmp_path / "photos"
    photos.mkdir()
    for camera in cameras:
        write_png(photos / camera.name, render(scene, camera, GSPLAT).image)
    write_ply(scene, tmp_path / "scene.ply")
    monkeypatch.setattr(splatsieve.inputs, "cameras_of", lambda *_: cameras)
    out = tmp_path / "out.json"
    words = [tmp_path / "scene.ply", "--cameras", "x.json", "--photos", photos, "-o", out]
    said = call("bench", "colors", *words, "--rules", "gsplat")
    result = json.loads(out.read_text())
    assert (result["photographs"], result["size_px"]) == (2, [64, 48])
    assert result["command_line"] == (
        "splatsieve bench colors scene.ply --cameras x.json --photos photos --rules gsplat "
        "--seed 0 -o out.json"
    )
    assert len(said.splitlines()) == 2 + len(result["rows"])
    out.unlink()
    refuse("rules 'other' are not known", "bench", "colors", *words, "--rules", "other")
    assert not out.exists()


@pytest.mark.parametrize("repeats", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_pack(repeats, tmp_path):
    write_ply(default_scene(2000), tmp_path / "small.ply")
    result = tmp_path / "scale.json"
    words = [tmp_path / "small.ply", "--copies", "1,2", "--repeats", repeats]
    said = call("bench", "pack", *words, "-o", result)
    document = json.loads(result.read_text())
    assert [run["gaussians"] for run in document["runs"]] == [2000] * repeats + [4000] * repeats
    assert document["same_bytes"] is (True if repeats > 1 else None)
    for run in document["runs"]:
        steps = sum(run[f"{step}_s"] for step in ("read", "cluster", "tables", "write"))
        assert 0 < steps <= run["total_s"] + 0.05
        assert 0.01 < run["peak_memory_gib"] < 4
        assert run["pack_file_bytes"] > 32 * run["gaussians"]
    assert document["runs"][0]["pack_sha256"] != document["runs"][-1]["pack_sha256"]
    assert said.count("Gaussians") == 2 * repeats


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["clusters", "bonsai.spz"], "bonsai.spz comes without cameras"),
        (["clusters", "default", "--tests", "0"], "--tests '0' is not positive whole numbers"),
        (["clusters", "default", "--size", "0x5"], "size"),
        (["clusters", "default", "--rules", "none"], "rules 'none' are not known"),
        (["widths", "bonsai.spz"], "bonsai.spz comes without cameras"),
        (["widths", "none.spz", "--cameras", "none.json"], "none.json"),
        (["widths", "default", "--views", "0"], "0 views cannot be measured"),
        (["widths", "default", "--size", "0x5"], "size"),
        (["widths", "default", "--rules", "gsplat,none"], "rules 'none' are not known"),
        (["widths", "default", "--parameters", "lanes"], "parameter 'lanes' is not varied"),
        (["pack", "bad.ply"], "bad.ply"),
        (["pack", "bad.ply", "--copies", "1,x"], "--copies '1,x' is not positive whole numbers"),
    ],
)
def test_refused_in_one_sentence(words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.ply").write_bytes(b"ply\nnothing")
    refuse(message, "bench", *words, "-o", "out.json")
    assert [path.name for path in tmp_path.iterdir()] == ["bad.ply"]


def test_a_study_that_is_none():
    refuse("no such command 'nope': see `splatsieve bench --help`", "bench", "nope")
    refuse("missing command: see `splatsieve bench --help`", "bench")
