"""`--stage` and `--engine` of cull, render and psnr as a user calls them."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from golden.default_scene import default_scene
from golden.scene_io import write_ply
from golden.stages.gaussian_project.formats import DROPS
from tests.cli.calls import call, refuse

WIDTH, HEIGHT = 160, 100
# Few Gaussians make wide clusters, whose offsets are stored coarsely.
LIMITS = {"more_kept_fraction": 0.005, "center_off_fraction": 0.01, "depth_off_fraction": 0.1}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A small scene as PLY, its pack, two cameras, and a photograph of the first."""
    folder = tmp_path_factory.mktemp("stages")
    write_ply(default_scene(3000), folder / "scene.ply")
    camera = {"width": WIDTH, "height": HEIGHT, "fx": 165.0, "fy": 165.0}
    poses = [((0, 0, -4), np.eye(3)), ((0, 0, 4), np.diag([-1.0, 1.0, -1.0]))]
    cameras = [
        {"id": i, "img_name": f"{name}.png", "position": p, "rotation": r.tolist(), **camera}
        for i, (name, (p, r)) in enumerate(zip("ba", poses, strict=True))
    ]
    (folder / "cameras.json").write_text(json.dumps(cameras))
    call("pack", folder / "scene.ply", "-o", folder / "s.pack", "--clusters", "100")
    (folder / "photos").mkdir()
    render(folder, folder / "photos" / "a.png")
    return folder


@pytest.fixture(scope="module")
def narrow(files):
    """The same with a pack of the colours that the hardware evaluates."""
    words = ["--clusters", "100", "--colors", "narrow"]
    call("pack", files / "scene.ply", "-o", files / "narrow.pack", *words)
    return files


def cull(files, *arguments):
    base = ["cull", files / "s.pack", "--cameras", files / "cameras.json", "--stage", "gaussian"]
    return json.loads(call(*base, "--json", *arguments))


def render(files, output, *arguments):
    base = ["render", files / "scene.ply", "--cameras", files / "cameras.json", "-o", output]
    return json.loads(call(*base, "--json", *arguments))


@pytest.mark.parametrize("engine", ["float", "integer", "rtl"])
def test_cull_by_the_projection(files, engine, tmp_path):
    masks = tmp_path / "m.npz"
    arguments = ["--engine", engine, "--masks", masks, "--check", files / "scene.ply"]
    result = cull(files, *arguments)
    assert (result["stage"], result["engine"]) == ("gaussian", engine)
    with np.load(masks) as data:
        kept = np.unpackbits(data["visible"], axis=1, count=3000).astype(bool)
    for view, mask in zip(result["views"], kept, strict=True):
        dropped = [view[f"dropped_{reason}"] for reason in DROPS]
        assert view["members"] == view["gaussians_visible"] == view["kept"] + sum(dropped)
        assert mask.sum() == view["kept"] > 0
        assert view["tile_pairs"] >= view["kept"]
        assert view["lost"] == 0
        for key, limit in LIMITS.items():
            assert 0 <= view[key] < limit
        if engine == "rtl":
            assert view["mismatches"] == view["cluster_mismatches"] == 0
            assert view["cycles"] == view["model_cycles"] > view["members"]
            assert view["cluster_cycles"] == view["cluster_model_cycles"]
        else:
            assert "cycles" not in view
            assert "cluster_cycles" not in view
    kept = [view["kept"] for view in result["views"]]
    assert result["average"]["kept"] == pytest.approx(np.mean(kept))


def test_the_cluster_stage_is_what_cull_decides_unless_told(files):
    base = ["cull", files / "s.pack", "--cameras", files / "cameras.json", "--json"]
    default = json.loads(call(*base))
    assert default["stage"] == "cluster"
    assert "kept" not in default["views"][0]
    named = json.loads(call(*base, "--stage", "cluster"))
    same = [key for key in default["views"][0] if key != "seconds"]
    for a, b in zip(default["views"], named["views"], strict=True):
        assert [a[key] for key in same] == [b[key] for key in same]


@pytest.mark.parametrize("engine", ["float", "integer", "rtl"])
def test_cull_by_the_colors(narrow, engine, tmp_path):
    """The masks are the projection's: color leaves no splat out."""
    common = ["--cameras", narrow / "cameras.json", "--engine", engine, "--json"]
    masks, results = {}, {}
    for stage in ("gaussian", "color"):
        path = tmp_path / f"{stage}.npz"
        words = ["--stage", stage, "--masks", path, "--check", narrow / "scene.ply"]
        results[stage] = json.loads(call("cull", narrow / "narrow.pack", *common, *words))
        with np.load(path) as data:
            masks[stage] = data["visible"]
    np.testing.assert_array_equal(masks["color"], masks["gaussian"])
    assert (results["color"]["stage"], results["color"]["engine"]) == ("color", engine)
    for view, before in zip(results["color"]["views"], results["gaussian"]["views"], strict=True):
        assert view["kept"] == before["kept"]
        assert view["lost"] == 0 <= view["cut_above"] <= view["cut_below"]
        assert 0 < view["color_rms"] < view["color_largest"] < 0.1
        assert view["color_off_fraction"] < 0.01
        if engine == "rtl":
            assert view["mismatches"] == view["accelerator_mismatches"] == 0
            assert view["project_mismatches"] == view["cluster_mismatches"] == 0
            assert view["cycles"] >= view["model_cycles"] >= 4 * view["kept"]
            assert view["project_cycles"] == before["cycles"]
            assert view["accelerator_cycles"] > before["accelerator_cycles"]
        else:
            assert "cycles" not in view


def test_text_of_the_color_stage(narrow):
    text = call(
        *("cull", narrow / "narrow.pack", "--cameras", narrow / "cameras.json"),
        *("--stage", "color", "--engine", "rtl", "--check", narrow / "scene.ply"),
    )
    assert "stage color by engine rtl" in text
    for column in ("kept", "cut_above", "cut_below", "cycles", "color_off_fraction", "lost"):
        assert column in text
    assert "RTL against integer model: 0 mismatches" in text
    assert len({len(line) for line in text.splitlines()[1:5]}) == 1


def test_text_of_the_gaussian_stage(files):
    arguments = ["--cameras", files / "cameras.json", "--stage", "gaussian", "--engine", "rtl"]
    text = call("cull", files / "s.pack", *arguments, "--check", files / "scene.ply")
    assert "stage gaussian by engine rtl" in text
    for column in ("kept", "dropped_near", "tile_pairs", "cycles", "center_off_fraction", "lost"):
        assert column in text
    assert "lost in all views: 0" in text
    assert "RTL against integer model: 0 mismatches" in text
    lengths = {len(line) for line in text.splitlines()[1:5]}
    assert len(lengths) == 1


def test_render_from_splats(files, tmp_path):
    pack = ["--pack", files / "s.pack"]
    whole = render(files, tmp_path / "whole.png")
    assert (whole["engine"], whole["stage"]) == ("float", "cluster")
    images = {"whole": np.asarray(Image.open(tmp_path / "whole.png"), dtype=int)}
    for engine in ("float", "integer", "rtl"):
        path = tmp_path / f"{engine}.png"
        result = render(files, path, *pack, "--engine", engine, "--stage", "gaussian")
        assert (result["engine"], result["stage"]) == (engine, "gaussian")
        assert result["gaussians_drawn"] < result["gaussians_kept"] < result["gaussians"] == 3000
        assert result.get("mismatches") == (0 if engine == "rtl" else None)
        images[engine] = np.asarray(Image.open(path), dtype=int)
        assert np.abs(images[engine] - images["whole"]).max() <= 8
        assert np.abs(images[engine] - images["whole"]).mean() < 0.1
    np.testing.assert_array_equal(images["rtl"], images["integer"])
    assert (images["integer"] != images["whole"]).any()


@pytest.mark.parametrize("engine", ["float", "integer", "rtl"])
def test_render_from_clusters_is_the_whole_picture(files, tmp_path, engine):
    render(files, tmp_path / "whole.png")
    result = render(files, tmp_path / "c.png", "--pack", files / "s.pack", "--engine", engine)
    assert result["stage"] == "cluster"
    assert result.get("mismatches") == (0 if engine == "rtl" else None)
    assert (tmp_path / "c.png").read_bytes() == (tmp_path / "whole.png").read_bytes()


def test_without_a_pack_the_float_engine_draws_all(files, tmp_path):
    render(files, tmp_path / "whole.png")
    arguments = ["--engine", "float", "--stage", "gaussian"]
    result = render(files, tmp_path / "float.png", *arguments)
    assert result["gaussians_kept"] == 3000
    assert (tmp_path / "float.png").read_bytes() == (tmp_path / "whole.png").read_bytes()


def psnr_arguments(files, *arguments):
    base = ["psnr", files / "scene.ply", "--cameras", files / "cameras.json"]
    return [*base, "--pack", files / "s.pack", "--photos", files / "photos", *arguments]


def of_narrow(arguments):
    """The same with the narrow pack."""
    return [
        word.with_name("narrow.pack") if Path(word).name == "s.pack" else word for word in arguments
    ]


def test_psnr_of_clusters_and_of_splats(files):
    cluster = json.loads(call(*psnr_arguments(files, "--json")))
    assert (cluster["stage"], cluster["pictures_equal"], cluster["photos"]) == ("cluster", 1, 1)
    assert cluster["mean_psnr_between_db"] is cluster["views"][0]["psnr_between_db"] is None
    assert cluster["mean_psnr_culled_db"] == cluster["mean_psnr_whole_db"] > 50
    splats = json.loads(call(*psnr_arguments(files, "--stage", "gaussian", "--json")))
    assert (splats["stage"], splats["engine"]) == ("gaussian", "integer")
    assert splats["pictures_equal"] == 0
    assert splats["mean_psnr_whole_db"] == cluster["mean_psnr_whole_db"]
    assert splats["least_psnr_between_db"] == splats["views"][0]["psnr_between_db"] > 50
    assert splats["views"][0]["gaussians_kept"] < cluster["views"][0]["gaussians_kept"]


@pytest.mark.parametrize("engine", ["float", "integer", "rtl"])
def test_render_with_the_stages_colors(narrow, tmp_path, engine):
    pack = ["--pack", narrow / "narrow.pack", "--engine", engine]
    splats = render(narrow, tmp_path / "splats.png", *pack, "--stage", "gaussian")
    colored = render(narrow, tmp_path / "colored.png", *pack, "--stage", "color")
    assert (colored["engine"], colored["stage"]) == (engine, "color")
    assert colored.get("mismatches") == (0 if engine == "rtl" else None)
    same = ("gaussians_kept", "gaussians_drawn", "tile_pairs")
    assert [colored[key] for key in same] == [splats[key] for key in same]
    images = [np.asarray(Image.open(tmp_path / f"{n}.png"), int) for n in ("splats", "colored")]
    assert 0 < np.abs(images[0] - images[1]).max() <= 8


def test_render_of_what_the_hardware_draws(narrow, tmp_path):
    pack = ["--pack", narrow / "narrow.pack"]
    drawn = render(narrow, tmp_path / "drawn.png", *pack, "--stage", "picture")
    assert (drawn["stage"], drawn["engine"]) == ("picture", "integer")
    assert "tile_pairs" not in drawn
    colored = render(narrow, tmp_path / "colored.png", *pack, "--stage", "color")
    assert drawn["gaussians_kept"] == colored["gaussians_kept"]
    images = [np.asarray(Image.open(tmp_path / f"{n}.png"), int) for n in ("drawn", "colored")]
    assert 0 < np.abs(images[0] - images[1]).mean() < 1


def test_psnr_with_the_stages_colors(narrow):
    words = of_narrow(psnr_arguments(narrow))
    colored = json.loads(call(*words, "--stage", "color", "--json"))
    assert (colored["stage"], colored["colors"]) == ("color", "narrow")
    assert 45 < colored["least_psnr_between_db"] < 80
    assert "colored_db" in call(*words, "--stage", "color")


@pytest.mark.parametrize("engine", ["integer", "rtl"])
def test_colors_that_the_hardware_has_not_are_refused(files, tmp_path, engine):
    """In one sentence, whatever command it is; float evaluates them."""
    cameras, stage = ["--cameras", files / "cameras.json"], ["--stage", "color"]
    message = "has float16 colours, and the hardware evaluates narrow ones only: pack the scene"
    for words in (
        ["cull", files / "s.pack", *cameras],
        ["render", files / "scene.ply", *cameras, "--pack", files / "s.pack", "-o", tmp_path / "x"],
        psnr_arguments(files),
        ["frame", files / "s.pack", *cameras],
    ):
        refuse(message, *words, *stage, "--engine", engine)
    assert not list(tmp_path.iterdir())
    assert cull(files, "--stage", "color", "--engine", "float")["views"][0]["kept"] > 0


def test_psnr_with_the_colours_of_a_narrow_pack(narrow):
    arguments = of_narrow(psnr_arguments(narrow))
    scene = json.loads(call(*arguments, "--json"))
    assert (scene["colors"], scene["pictures_equal"]) == ("scene", 1)
    narrow = json.loads(call(*arguments, "--json", "--colors", "pack"))
    assert (narrow["colors"], narrow["pictures_equal"]) == ("narrow", 0)
    assert 45 < narrow["least_psnr_between_db"] < 80
    assert "colours narrow: " in call(*arguments, "--colors", "pack")
    refuse("colours of 'file' are not known", *arguments, "--colors", "file")


def test_text_of_psnr(files):
    text = call(*psnr_arguments(files, "--stage", "gaussian", "--engine", "rtl"))
    assert "int_vs_float_db" in text
    assert "RTL against integer model: 0 mismatches" in text
    assert "one picture against the other: " in text
    text = call(*psnr_arguments(files))
    assert "1 of 1 pictures equal bit for bit" in text
    assert " same " in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--stage", "pixel"], "stage 'pixel' is not known: choose cluster"),
        (["--engine", "gpu"], "engine 'gpu' is not known: choose float, integer or rtl"),
        (["--stage", ""], "stage '' is not known"),
    ],
)
def test_unknown_stages_and_engines(files, tmp_path, arguments, message):
    cameras = ["--cameras", files / "cameras.json"]
    refuse(message, "cull", files / "s.pack", *cameras, *arguments)
    refuse(message, *psnr_arguments(files, *arguments))
    output = tmp_path / "x.png"
    refuse(message, "render", files / "scene.ply", *cameras, "-o", output, *arguments)
    assert not output.exists()


@pytest.mark.parametrize(
    "arguments",
    [["--engine", "integer"], ["--engine", "rtl"], ["--stage", "gaussian"]],
    ids=["integer", "rtl", "gaussian"],
)
def test_render_without_a_pack_says_what_it_needs(files, tmp_path, arguments):
    base = ["render", files / "scene.ply", "--cameras", files / "cameras.json"]
    refuse("name it with --pack", *base, "-o", tmp_path / "x.png", *arguments)
    assert list(tmp_path.iterdir()) == []


def test_packs_of_other_scenes_are_refused(files, tmp_path):
    write_ply(default_scene(2900), tmp_path / "other.ply")
    other = ["--cameras", files / "cameras.json", "--pack", files / "s.pack", "--stage", "gaussian"]
    base = ["render", tmp_path / "other.ply", "-o", tmp_path / "x.png"]
    refuse("pack the scene again", *base, *other)
    photos = ["--photos", files / "photos"]
    refuse("pack the scene again", "psnr", tmp_path / "other.ply", *other, *photos)
    masks = tmp_path / "m.npz"
    arguments = ["--check", tmp_path / "other.ply", "--masks", masks, "--stage", "gaussian"]
    refuse("pack the scene again", "cull", files / "s.pack", *other[:2], *arguments)
    assert [path.name for path in tmp_path.iterdir()] == ["other.ply"]


def test_psnr_without_photographs_is_refused(files, tmp_path):
    arguments = [a if a != files / "photos" else tmp_path for a in psnr_arguments(files)]
    refuse("no photograph that is named as a camera", *arguments, "--stage", "gaussian")
