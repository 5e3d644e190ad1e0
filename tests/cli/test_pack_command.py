"""`splatsieve pack`: arguments, refusals, what it prints and writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from golden.errors import InputError
from golden.pack import check_scene
from golden.pack.file import load_pack
from golden.scene_io import read_scene, write_ply
from splatsieve.commands.pack import pack
from tests.golden.hostile_scenes import make_scene


@pytest.fixture(scope="module")
def scene_path(tmp_path_factory) -> Path:
    points = np.random.default_rng(0).normal(size=(640, 3))
    path = tmp_path_factory.mktemp("pack") / "room.ply"
    write_ply(make_scene(points, degree=1), path)
    return path


def run(*arguments: object):
    app = typer.Typer()
    app.command()(pack)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def refusal(*arguments: object) -> str:
    result = run(*arguments)
    assert isinstance(result.exception, InputError)
    text = str(result.exception)
    assert "\n" not in text
    return text


@pytest.mark.parametrize(
    ("options", "clusters", "rules"),
    [
        ((), 26, "inria"),
        (("--method", "paper"), 7, "inria"),
        (("--method", "reach", "--per-group", 5), 26, "inria"),
        (("--method", "morton", "--rules", "gsplat"), 20, "gsplat"),
        (("--method", "reach", "--clusters", 5, "--radius", "3sigma", "--seed", 9), 5, "inria"),
    ],
)
def test_json_tells_what_was_written(scene_path, tmp_path, options, clusters, rules):
    target = tmp_path / "room.pack"
    result = run(scene_path, "-o", target, "--json", *options)
    assert result.exit_code == 0, result.output
    report = json.loads(result.output)
    written = load_pack(target)
    check_scene(written, read_scene(scene_path))
    assert report["clusters"] == written.meta.clusters == clusters
    assert report["rules"] == written.meta.rules == rules
    for key in ("scene", "scene_sha256", "method", "radius", "seed", "gaussians"):
        assert report[key] == getattr(written.meta, key), key
    grid = written.meta.grid
    assert report["grid_exponent"] == grid.exponent
    assert report["grid_unit_scene_units"] == 2.0**grid.exponent
    coarsest = grid.exponent + int(written.clusters["exponent"].max())
    assert report["coarsest_unit_scene_units"] == 2.0**coarsest
    assert report["origin"] == list(grid.origin)
    assert report["gaussians"] == 640
    assert report["mean_cluster_gaussians"] == round(640 / clusters, 2)
    assert report["largest_cluster_gaussians"] == written.clusters["count"].max()
    groups = report["groups"]
    assert groups == written.meta.groups == len(written.groups)
    assert report["mean_group_clusters"] == round(clusters / groups, 2)
    assert report["largest_group_clusters"] == written.groups["count"].max()
    assert report["group_table_bytes"] == 32 * groups
    assert report["never_culled_clusters"] == 0
    assert report["cluster_table_bytes"] == 32 * clusters
    assert report["geometry_bytes"] == 32 * 640
    assert report["color_bytes"] == 6 * 4 * 640
    assert report["order_bytes"] == 4 * 640
    assert report["file"] == str(target)
    assert report["file_bytes"] == target.stat().st_size
    assert all(report[f"{step}_s"] >= 0 for step in ("read", "cluster", "tables", "write"))
    options = dict(zip(options[::2], options[1::2], strict=True))
    assert written.meta.method == options.get("--method", "reach")
    assert written.meta.radius == options.get("--radius", "safe")
    assert written.meta.seed == options.get("--seed", 0)
    assert groups == max(round(clusters / options.get("--per-group", 24)), 1)


def test_text(scene_path, tmp_path):
    result = run(scene_path, "-o", tmp_path / "room.pack", "--clusters", "5")
    assert result.exit_code == 0, result.output
    text = " ".join(result.output.split())
    for piece in (
        "scene room.ply",
        "clustering reach, seed 0",
        "radius safe, rules inria",
        "Gaussians 640",
        "clusters 5 a cluster 128.0 Gaussians in the mean",
        "groups 1 a group 5.0 clusters in the mean, 5 at most",
        "group table 32 bytes",
        "geometry 20,480 bytes",
        "time read ",
    ):
        assert piece in text


def test_narrow_colours(scene_path, tmp_path):
    target = tmp_path / "narrow.pack"
    result = run(scene_path, "-o", target, "--json", "--colors", "narrow")
    assert result.exit_code == 0, result.output
    report = json.loads(result.output)
    assert (report["colors"], report["color_bytes"]) == ("narrow", 32 * 640)
    assert load_pack(target).meta.colors == "narrow"


def test_narrow_colours_of_degree_4_are_refused_before_clustering(tmp_path, monkeypatch):
    points = np.random.default_rng(0).normal(size=(64, 3))
    write_ply(make_scene(points, degree=4), tmp_path / "four.ply")
    monkeypatch.setattr("golden.clustering.cluster.cluster_gaussians", None)
    text = refusal(tmp_path / "four.ply", "-o", tmp_path / "p", "--colors", "narrow")
    assert "degree 4: pack with --colors float16" in text
    assert not (tmp_path / "p").exists()


def test_same_seed_same_bytes(scene_path, tmp_path):
    for name in ("a", "b"):
        assert run(scene_path, "-o", tmp_path / name, "--seed", 3).exit_code == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_scene_that_comes_with_the_project(tmp_path, monkeypatch):
    from golden import default_scene

    small = make_scene(np.random.default_rng(0).normal(size=(64, 3)), name="the default")
    monkeypatch.setattr(default_scene, "default_scene", lambda: small)
    result = run("default", "-o", tmp_path / "d.pack", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["scene"] == "the default"
    check_scene(load_pack(tmp_path / "d.pack"), small)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--clusters", 0), "0 clusters are outside 1..100000000"),
        (("--clusters", -1), "-1 clusters are outside"),
        (("--clusters", 10**15), "1000000000000000 clusters are outside"),
        (("--method", "kmeans"), "method 'kmeans' is not known"),
        (("--radius", "4sigma"), "radius '4sigma' is not known"),
        (("--rules", "nerf"), "rules 'nerf' are not known"),
        (("--colors", "jpeg"), "colours 'jpeg' are not known: choose float16 or narrow"),
        (("--per-group", -1), "-1 clusters a group are outside 0..100000000"),
        (("--seed", -1), "seed -1 is outside"),
    ],
)
def test_bad_options_are_refused_before_the_scene_is_read(options, message, tmp_path):
    target = tmp_path / "out" / "room.pack"
    assert message in refusal(tmp_path / "missing.ply", "-o", target, *options)
    assert not target.parent.exists()


def test_bad_scenes_leave_no_file(tmp_path):
    target = tmp_path / "out" / "room.pack"
    assert "missing.ply" in refusal(tmp_path / "missing.ply", "-o", target)
    (tmp_path / "cut.ply").write_bytes(b"ply\nformat binary_little_endian 1.0\n")
    assert "cut.ply" in refusal(tmp_path / "cut.ply", "-o", target)
    assert not target.parent.exists()


def test_output_that_cannot_be_written(scene_path, tmp_path):
    assert "is a folder" in refusal(scene_path, "-o", tmp_path)
    before = scene_path.read_bytes()
    assert "is the scene itself" in refusal(scene_path, "-o", scene_path)
    assert scene_path.read_bytes() == before
    assert run(scene_path).exit_code == 2  # -o is not optional


def test_one_sentence_and_exit_code_2(tmp_path):
    """Through the real command line, in its own process."""
    root = Path(__file__).resolve().parents[2]
    result = subprocess.run(
        [sys.executable, "-m", "splatsieve", "pack", "missing.ply", "-o", tmp_path / "x.pack"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        check=False,
    )
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("splatsieve: missing.ply cannot be read")
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
