"""Inputs as people have them: other worlds, rigs, sizes, photographs and nearly right scenes."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from golden.scene_io import write_ply
from tests.cli.calls import call, refuse, run, warned
from tests.golden.scene_io.scene_files import inria_columns, ply_file, random_scene, table

WIDTH_PX, HEIGHT_PX = 64, 48
VIEWS = 4


def looking_in(turn: float) -> tuple[np.ndarray, np.ndarray]:
    """Camera-to-world rotation and place of a camera 6 units from the origin that looks at it."""
    position = 6 * np.array([math.sin(turn), 0.0, -math.cos(turn)])
    forward = -position / 6
    right = np.cross([0.0, 1.0, 0.0], forward)
    return np.column_stack([right, np.cross(forward, right), forward]), position


def entries(names: list[str], world: float = 1.0, shift: float = 0.0, away: bool = False):
    """INRIA's cameras around the origin of a world that is larger and lies elsewhere."""
    found = []
    for i, name in enumerate(names):
        rotation, position = looking_in(2 * math.pi * i / len(names))
        if away:
            rotation = rotation * [-1, 1, -1]
        place = (world * position + [shift, 0, 0]).tolist()
        size = {"width": WIDTH_PX, "height": HEIGHT_PX, "fx": 70.0, "fy": 70.0}
        found.append(size | {"id": i, "img_name": name, "position": place})
        found[-1]["rotation"] = rotation.tolist()
    return found


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    """A small scene, its pack and cameras: of its world, of a larger one, and turned away."""
    folder = tmp_path_factory.mktemp("field")
    wide = random_scene(400, degree=1)
    near = replace(wide, means=0.1 * wide.means, scales=0.05 * wide.scales)
    write_ply(near, folder / "s.ply")
    names = [f"im_{i}.png" for i in range(VIEWS)]
    (folder / "c.json").write_text(json.dumps(entries(names)))
    (folder / "far.json").write_text(json.dumps(entries(names, 2.0, 20.0)))
    (folder / "away.json").write_text(json.dumps(entries(names, away=True)))
    move = np.diag([0.5, 0.5, 0.5, 1.0])
    move[0, 3] = -10.0
    np.savetxt(folder / "move.txt", move)
    call("pack", folder / "s.ply", "-o", folder / "s.pack", "--clusters", "20")
    return folder


def test_views_that_see_nothing_are_said_and_a_transform_mends_them(files):
    common = ["cull", files / "s.pack", "--check", files / "s.ply", "--json"]
    right = json.loads(call(*common, "--cameras", files / "c.json"))
    assert right["warnings"] == []
    out, said = warned(*common, "--cameras", files / "far.json")
    wrong = json.loads(out)
    assert len(said) == 1
    assert "views see nothing of s.ply (im_" in said[0]
    assert "--transform" in said[0]
    assert wrong["warnings"] == said
    assert len(wrong["views"]) == VIEWS  # the figures are there all the same
    moved = json.loads(
        call(*common, "--cameras", files / "far.json", "--transform", files / "move.txt")
    )
    for key in ("gaussians_visible", "unnecessary", "lost", "found"):
        assert [v[key] for v in moved["views"]] == [v[key] for v in right["views"]]


def test_frame_render_and_psnr_say_it_too(files, tmp_path):
    cameras, photos = ["--cameras", files / "away.json"], tmp_path / "photos"
    for words in (
        ["frame", files / "s.pack", *cameras],
        ["render", files / "s.ply", *cameras, "-o", photos / "im_0.png"],
        ["psnr", files / "s.ply", "--pack", files / "s.pack", *cameras, "--photos", photos],
    ):
        out, said = warned(*words, "--json")
        assert "the view sees nothing of s.ply (im_0.png)" in said[0]
        assert json.loads(out)["warnings"] == said


def test_a_transform_is_of_files_of_cameras(files):
    refuse("share a world: no --transform", "render", "default", "--transform", files / "move.txt",
           "-o", files / "x.png")  # fmt: skip


def rig(folder: Path, **changes: object) -> Path:
    poses = []
    for i, name in enumerate(("left/0.jpg", "left/1.jpg", "right/0.jpg", "right/1.jpg")):
        rotation, position = looking_in(2 * math.pi * i / VIEWS)
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = rotation * [1, -1, -1], position
        poses.append({"file_path": f"images/{name}", "transform_matrix": pose.tolist()})
    angle = {"camera_angle_x": 2 * math.atan(0.5 * WIDTH_PX / 70)}
    (folder / "t.json").write_text(json.dumps(angle | {"k1": 0.0, "frames": poses} | changes))
    return folder / "t.json"


def test_a_rig_with_an_angle_alone_and_a_size(files, tmp_path):
    size = ["--size", f"{WIDTH_PX}x{HEIGHT_PX}"]
    common = ["cull", files / "s.pack", "--json", *size, "--cameras"]
    rigged = json.loads(call(*common, rig(tmp_path)))
    assert [v["view"] for v in rigged["views"]] == [
        "left/0.jpg", "left/1.jpg", "right/0.jpg", "right/1.jpg"
    ]  # fmt: skip
    plain = json.loads(call(*common, files / "c.json"))
    kept = [v["gaussians_visible"] for v in plain["views"]]
    assert [v["gaussians_visible"] for v in rigged["views"]] == kept
    refuse("no image size", *common[:3], "--cameras", tmp_path / "t.json")
    refuse("lens distortion k1 is not zero", *common, rig(tmp_path, k1=0.1))


def test_a_size_of_another_shape_is_warned_of(files, tmp_path):
    words = ["render", files / "s.ply", "--cameras", files / "c.json", "-o", tmp_path / "x.png"]
    call(*words, "--size", "32x24")
    _, said = warned(*words, "--size", "32x32")
    assert said == [
        "--size 32x32 is of another shape than 1 of 1 views (im_0.png is 64x48 px), and stretches "
        "them: choose such as 32x24, or only views of one shape with --views."
    ]


def test_photographs_of_other_names_clear_and_lying(files, tmp_path):
    """The same picture, named without suffix, transparent, and on its side: equal but for JPEG."""
    cameras, photos = files / "c.json", tmp_path / "photos"
    for view in range(2):
        call("render", files / "s.ply", "--cameras", cameras, "--view", view,
             "-o", tmp_path / f"{view}.png")  # fmt: skip
    photos.mkdir()
    with Image.open(tmp_path / "0.png") as one:
        levels = np.asarray(one)
    alpha = np.where(levels.max(axis=2) == 0, 0, 255).astype(np.uint8)
    clear = np.where(alpha[..., None] == 0, 255, levels).astype(np.uint8)
    Image.fromarray(np.dstack([clear, alpha])).save(photos / "im_0.png")
    exif = Image.Exif()
    exif[274] = 6
    with Image.open(tmp_path / "1.png") as other:
        lying = other.rotate(90, expand=True)
        lying.save(photos / "im_1.jpg", exif=exif, quality=98, subsampling=0)
    words = ["psnr", files / "s.ply", "--pack", files / "s.pack", "--photos", photos, "--json"]
    views = json.loads(call(*words, "--cameras", cameras))["views"]
    assert [view["view"] for view in views] == ["im_0.png", "im_1.png"]
    assert views[0]["psnr_whole_db"] > 58  # rounding to 8 bits: 58.9 dB where it is uniform
    assert views[1]["psnr_whole_db"] > 35
    (photos / "im_0.jpg").write_bytes((photos / "im_1.jpg").read_bytes())
    (tmp_path / "stem.json").write_text(json.dumps(entries([f"im_{i}" for i in range(VIEWS)])))
    refuse("both im_0.jpg and im_0.png in", *words, "--cameras", tmp_path / "stem.json")


def test_invalid_rows_are_dropped_on_request_in_every_command(files, tmp_path):
    columns = inria_columns(random_scene(40))
    columns["x"][3] = np.nan
    (tmp_path / "nan.ply").write_bytes(ply_file({"vertex": table(columns)}))
    scene, pack = tmp_path / "nan.ply", tmp_path / "nan.pack"
    refuse("means of Gaussian 3 is not a finite number", "pack", scene, "-o", pack)
    assert not pack.exists()
    out, said = warned("pack", scene, "-o", pack, "--drop-invalid", "--json")
    assert json.loads(out)["gaussians"] == 39
    assert json.loads(out)["warnings"] == said
    assert said[0].startswith("nan.ply: 1 of 40 Gaussians were dropped (1 with a value")
    cameras = ["--cameras", files / "c.json", "--drop-invalid"]
    for words in (
        ["cull", pack, "--check", scene, *cameras],
        ["render", scene, "--pack", pack, "-o", tmp_path / "im_0.png", *cameras],
        ["psnr", scene, "--pack", pack, "--photos", tmp_path, *cameras],
    ):
        assert "1 of 40 Gaussians were dropped" in warned(*words)[1][0]


def test_a_warning_is_told_once_and_on_one_line(files, tmp_path):
    """A name may hold line breaks, the sentence none."""
    scene = tmp_path / "two\nlines.ply"
    scene.write_bytes((files / "s.ply").read_bytes() + b"x")
    code, _, err = run("pack", scene, "-o", tmp_path / "p.pack")
    assert code == 0
    assert err.count("\n") == 1
    assert "two lines.ply goes on for 1 bytes" in err


@pytest.fixture(scope="module")
def odd_report(files, tmp_path_factory) -> Path:
    """A report of a scene and a view whose names hold what outputs take for their own."""
    folder = tmp_path_factory.mktemp("names")
    scene = folder / '_s,"$_$"|<b>\n*x*.ply'
    scene.write_bytes((files / "s.ply").read_bytes())
    names = ["x$_$.png", "_a|b.png", "<i>&amp;.png", "`c`.png"]
    (folder / "c.json").write_text(json.dumps(entries(names)))
    call("report", scene, "--cameras", folder / "c.json", "--no-rtl", "-o", folder / "r")
    return folder / "r"


def test_a_report_has_names_as_they_are(odd_report):
    document = json.loads((odd_report / "report.json").read_text())
    assert document["scene"]["name"] == '_s,"$_$"|<b>\n*x*.ply'
    assert document["views"] == ["<i>&amp;.png", "_a|b.png", "`c`.png", "x$_$.png"]
    page = (odd_report / "report.html").read_text()
    body = page.split("<main>")[1].split("</main>")[0]
    assert "&lt;i&gt;&amp;amp;.png" in body
    assert "<i>" not in body
    assert "<b>" not in body
    assert "x$_$.png" in body
    assert "<td>_a|b.png</td>" in body
    assert "_s,&quot;$_$&quot;|&lt;b&gt;\\n*x*.ply" in body
    assert (odd_report / "excluded_fraction.png").stat().st_size > 10_000


def test_a_report_of_nothing_does_not_speak_of_gains(files, tmp_path):
    words = ["report", files / "s.ply", "--cameras", files / "away.json", "--no-rtl"]
    out, said = warned(*words, "-o", tmp_path / "r")
    assert "4 of 4 views see nothing of s.ply" in said[0]
    text = (tmp_path / "r" / "report.md").read_text()
    for result in (out, text):
        assert "No view shows anything" in result
        for word in ("speed-up", "Speed-up", "saves ", "faster", "cost of", "claims"):
            assert word not in result.replace("what culling saves or how fast it is", "")
    assert "**Warning**: 4 of 4 views see nothing" in text
    document = json.loads((tmp_path / "r" / "report.json").read_text())
    assert document["warnings"] == said
    assert document["methods"]["reach"]["lost"]["mean"] == 0  # figures of every view are kept
