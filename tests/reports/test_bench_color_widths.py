"""The width study of color on the scene that comes along: rows, texts, refusals."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras, default_scene
from golden.pack import build_pack
from golden.pack.file import save_pack
from golden.rules import GSPLAT, INRIA
from reports.benches.bench_color_widths import cuts_text, main, markdown, study
from reports.benches.color_study import RANGES, points, widths_of

OPTIONS = ClusterOptions("morton", 100, "safe", 0)


@pytest.fixture(scope="module")
def subject():
    """A scene with bright and dark colours, its pack, and two small views."""
    scene = default_scene(3_000)
    sh = scene.sh.copy()
    sh[::100, 0] = 5.4
    scene = replace(scene, sh=sh)
    cameras = [camera.resized(120, 80) for camera in default_cameras()[:2]]
    return scene, build_pack(scene, OPTIONS, INRIA, colors="narrow"), cameras


@pytest.fixture(scope="module")
def result(subject):
    scene, pack, cameras = subject
    names = ("direction_fraction_bits", "basis_fraction_bits")
    return study(scene, pack, [(camera, None) for camera in cameras], GSPLAT, names, "command")


def test_points_vary_one_width(result):
    chosen = points()
    usual = widths_of(chosen[0].formats)
    assert len(chosen) == 1 + sum(len(widths) - 1 for widths in RANGES.values())
    for point in chosen[1:]:
        others = widths_of(point.formats)
        assert {name for name in usual if usual[name] != others[name]} == {point.name}
        assert others[point.name] == point.bits


def test_pictures_are_near_and_fewer_bits_are_worse(result):
    rows = {(row["width"], row["bits"]): row for row in result["points"]}
    built = rows["as built", 0]
    assert built["picture_db_worst"] >= 60
    assert len(built["picture_db_views"]) == 2
    for name in ("direction_fraction_bits", "basis_fraction_bits"):
        worst = rows[name, RANGES[name][0]]
        assert worst["error_rms"] > built["error_rms"]
        assert worst["picture_db_worst"] < built["picture_db_worst"]
    assert built["photo_change_db_mean"] is None
    assert built["error_largest"] < 0.02


def test_what_is_cut_is_counted(subject, result):
    cuts = result["cuts"]
    assert 0 < cuts["above"] < cuts["splats"]
    assert cuts["largest"] > 2
    text = cuts_text(result)
    assert text.startswith(f"{cuts['above']:,} of {cuts['splats']:,} splats have a channel above 2")


def test_the_table_has_a_row_a_point(result):
    lines = markdown(result).splitlines()
    assert len(lines) == 2 + len(result["points"])
    assert len({line.count("|") for line in lines}) == 1


def test_float16_packs_and_bad_counts_are_refused(subject, tmp_path, capsys, monkeypatch):
    scene, _, cameras = subject
    pack = tmp_path / "wide.pack"
    save_pack(build_pack(scene, OPTIONS, INRIA), pack)
    monkeypatch.setattr("reports.benches.bench_color_widths.scene_of", lambda _: scene)
    monkeypatch.setattr("reports.benches.bench_color_widths.cameras_of", lambda *_: cameras)
    command = ["scene.ply", str(pack), "--cameras", "cameras.json"]
    assert main(command) == 2
    assert "has float16 colours" in capsys.readouterr().err
    assert main([*command, "--views", "0"]) == 2
    assert capsys.readouterr().err == (
        "bench_color_widths: 0 views cannot be measured: choose 1 or more.\n"
    )


def test_the_command_writes_its_document(subject, tmp_path, capsys, monkeypatch):
    scene, pack, cameras = subject
    path, output = tmp_path / "narrow.pack", tmp_path / "out.json"
    save_pack(pack, path)
    monkeypatch.setattr("reports.benches.bench_color_widths.scene_of", lambda _: scene)
    monkeypatch.setattr("reports.benches.bench_color_widths.cameras_of", lambda *_: cameras)
    command = ["scene.ply", str(path), "--cameras", "cameras.json", "--views", "1"]
    assert main([*command, "--widths", "-o", str(output)]) == 0
    written = json.loads(output.read_text())
    assert [row["width"] for row in written["points"]] == ["as built"]
    assert written["command"].endswith(
        "scene.ply narrow.pack --cameras cameras.json --views 1 --rules gsplat --widths -o out.json"
    )
    assert np.isfinite(written["points"][0]["error_rms"])
    assert "| as built |" in capsys.readouterr().out
