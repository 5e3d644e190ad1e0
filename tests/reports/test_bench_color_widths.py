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
from golden.scene_io import read_scene, write_ply
from reports.benches.bench_color_widths import cuts_text, markdown, study
from reports.benches.color_study import RANGES, points, widths_of
from tests.cli.calls import call, refuse

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


def cameras_json(folder):
    """Cameras of the default scene in the INRIA format, small."""
    entries = []
    for camera in (camera.resized(120, 80) for camera in default_cameras()[:2]):
        pose = np.linalg.inv(camera.viewmat)
        entries.append(
            {
                "img_name": camera.name,
                "width": camera.width,
                "height": camera.height,
                "position": pose[:3, 3].tolist(),
                "rotation": pose[:3, :3].tolist(),
                "fx": camera.fx,
                "fy": camera.fy,
            }
        )
    path = folder / "cameras.json"
    path.write_text(json.dumps(entries))
    return path


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


def test_float16_packs_and_bad_counts_are_refused(subject, tmp_path):
    scene, _, _ = subject
    path, pack = tmp_path / "scene.ply", tmp_path / "wide.pack"
    write_ply(scene, path)
    save_pack(build_pack(read_scene(path), OPTIONS, INRIA), pack)
    cameras = cameras_json(tmp_path)
    command = ["bench", "color-widths", str(path), str(pack), "--cameras", str(cameras)]
    refuse("has float16 colours", *command)
    refuse("0 views cannot be measured: choose 1 or more.", *command, "--views", "0")
    refuse("width 'nonsense' is not varied", *command, "--widths", "nonsense")


def test_the_command_writes_its_document(subject, tmp_path):
    scene, _, _ = subject
    path, pack, output = (tmp_path / n for n in ("scene.ply", "narrow.pack", "out.json"))
    write_ply(scene, path)
    save_pack(build_pack(read_scene(path), OPTIONS, INRIA, colors="narrow"), pack)
    cameras = cameras_json(tmp_path)
    command = ["bench", "color-widths", str(path), str(pack), "--cameras", str(cameras)]
    text = call(*command, "--views", "1", "--widths", "none", "-o", str(output))
    written = json.loads(output.read_text())
    assert [row["width"] for row in written["points"]] == ["as built"]
    assert written["command"] == (
        "splatsieve bench color-widths scene.ply narrow.pack --cameras cameras.json --views 1 "
        "--rules gsplat --widths none -o out.json"
    )
    assert np.isfinite(written["points"][0]["error_rms"])
    assert "| as built |" in text
