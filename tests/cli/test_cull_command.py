"""`splatsieve cull` and `render` as a user calls them."""

import json

import numpy as np
import pytest
from PIL import Image

from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_scene
from golden.pack import build_pack
from golden.pack.file import save_pack
from golden.rules import INRIA
from golden.scene_io import write_ply
from tests.cli.calls import call, refuse


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A small scene as PLY, its pack, and its cameras."""
    folder = tmp_path_factory.mktemp("cull")
    scene = default_scene(3000)
    write_ply(scene, folder / "scene.ply")
    save_pack(build_pack(scene, ClusterOptions("reach", 100, "safe", 0), INRIA), folder / "s.pack")
    camera = {"width": 320, "height": 200, "fx": 330.0, "fy": 330.0}
    poses = [((0, 0, -4), np.eye(3)), ((0, 0, 4), np.diag([-1.0, 1.0, -1.0]))]
    cameras = [
        {"id": i, "img_name": f"{name}.png", "position": p, "rotation": r.tolist(), **camera}
        for i, (name, (p, r)) in enumerate(zip("ba", poses, strict=True))
    ]
    (folder / "cameras.json").write_text(json.dumps(cameras))
    return folder


def views_of(files, *arguments):
    base = ["cull", files / "s.pack", "--cameras", files / "cameras.json", "--json"]
    return json.loads(call(*base, *arguments))


def test_json_of_each_engine(files):
    results = {
        engine: views_of(files, "--engine", engine) for engine in ("float", "integer", "rtl")
    }
    for engine, result in results.items():
        assert result["engine"] == engine
        assert [view["view"] for view in result["views"]] == ["a.png", "b.png"]
        for view in result["views"]:
            assert view["gaussians"] == 3000
            assert view["clusters"] >= view["clusters_tested"] >= view["clusters_visible"] > 0
            assert view["tests"] == view["groups"] + view["clusters_tested"]
            kept = view["gaussians_visible"] / 3000
            assert view["excluded_fraction"] == pytest.approx(1 - kept)
        means = [view["excluded_fraction"] for view in result["views"]]
        assert result["average"]["excluded_fraction"] == pytest.approx(np.mean(means))
    for view in results["rtl"]["views"]:
        assert view["cycles"] == view["model_cycles"] > view["tests"]
        assert view["mismatches"] == 0
    assert "cycles" not in results["integer"]["views"][0]


def test_masks_hold_what_the_json_counts(files, tmp_path):
    masks = tmp_path / "m.npz"
    result = views_of(files, "--masks", masks, "--size", "160x100")
    with np.load(masks) as data:
        assert data["visible"].dtype == np.uint8
        assert int(data["gaussians"]) == 3000
        assert data["views"].tolist() == ["a.png", "b.png"]
        visible = np.unpackbits(data["visible"], axis=1, count=3000).astype(bool)
    counts = [view["gaussians_visible"] for view in result["views"]]
    assert visible.sum(axis=1).tolist() == counts
    assert result["size_px"] == "160x100"


def test_check_counts_against_the_scene(files, tmp_path):
    ply, pack = files / "scene.ply", tmp_path / "p.pack"
    call("pack", ply, "-o", pack, "--clusters", "150")
    arguments = ["--cameras", files / "cameras.json", "--check", ply, "--json"]
    for view in json.loads(call("cull", pack, *arguments))["views"]:
        assert view["lost"] == 0
        assert view["unnecessary"] <= view["cannot_reach"]
        assert view["found_fraction"] == pytest.approx(view["found"] / view["unnecessary"])


def test_text_names_the_totals(files):
    text = call("cull", files / "s.pack", "--cameras", files / "cameras.json", "--engine", "rtl")
    assert "3,000 Gaussians" in text
    assert "RTL against integer model: 0 mismatches" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--engine", "gpu"], "engine 'gpu' is not known"),
        (["--views", "5:9"], "choose none of the 2 cameras"),
        (["--views", "a"], "is not START:STOP:STEP"),
        (["--size", "0x5"], "outside 1..16384"),
        (["--size", "big"], "is not WIDTHxHEIGHT"),
        (["--rules", "mip"], "rules 'mip' are not known"),
        (["--masks", "/proc/none/m.npz"], "cannot be written"),
    ],
)
def test_cull_refuses(files, arguments, message):
    refuse(message, "cull", files / "s.pack", "--cameras", files / "cameras.json", *arguments)


def test_cull_without_cameras_is_refused(files, tmp_path):
    other = tmp_path / "other.pack"
    from golden.scene_io import read_scene

    scene = read_scene(files / "scene.ply")
    save_pack(build_pack(scene, ClusterOptions("morton", None, "safe", 0), INRIA), other)
    refuse("scene.ply comes without cameras", "cull", other)


def test_truncated_pack_leaves_no_masks(files, tmp_path):
    cut = tmp_path / "cut.pack"
    cut.write_bytes((files / "s.pack").read_bytes()[:-100])
    masks = tmp_path / "m.npz"
    refuse("cut.pack", "cull", cut, "--cameras", files / "cameras.json", "--masks", masks)
    assert [path.name for path in tmp_path.iterdir()] == ["cut.pack"]


def test_render_is_the_same_with_and_without_culling(files, tmp_path):
    common = ["--cameras", files / "cameras.json", "--view", "1", "--size", "160x100", "--json"]
    ply = files / "scene.ply"
    call("pack", ply, "-o", tmp_path / "p.pack", "--clusters", "100")
    whole = json.loads(call("render", ply, "-o", tmp_path / "whole.png", *common))
    arguments = ["-o", tmp_path / "culled.png", "--pack", tmp_path / "p.pack", *common]
    culled = json.loads(call("render", ply, *arguments))
    assert culled["gaussians_kept"] < whole["gaussians_kept"] == 3000
    images = [np.asarray(Image.open(tmp_path / name)) for name in ("whole.png", "culled.png")]
    np.testing.assert_array_equal(*images)
    assert images[0].shape == (100, 160, 3)
    assert images[0].max() > 0


def test_render_refuses_a_pack_of_another_scene(files, tmp_path):
    common = ["--cameras", files / "cameras.json", "-o", tmp_path / "x.png"]
    refuse("pack the scene again", "render", "default", *common, "--pack", files / "s.pack")
    assert not (tmp_path / "x.png").exists()
