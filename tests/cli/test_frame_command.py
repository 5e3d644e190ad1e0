"""`splatsieve frame` as a user calls it."""

import json
from dataclasses import replace

import numpy as np
import pytest

from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_scene
from golden.pack import build_pack, with_colors
from golden.pack.file import load_pack, save_pack
from golden.params import Parameters
from golden.records import SPLAT_DTYPE
from golden.rules import INRIA
from golden.scene_io import write_ply
from golden.view import view_frame
from hw.host.register_map import frame_counters
from splatsieve.inputs import cameras_of
from tests.cli.calls import call, refuse


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The pack of a small scene and two cameras."""
    folder = tmp_path_factory.mktemp("frame")
    scene = replace(default_scene(3000), name="scene.ply")  # not the one that has cameras
    write_ply(scene, folder / "scene.ply")
    pack = build_pack(scene, ClusterOptions("morton", 100, "safe", 0), INRIA)
    save_pack(pack, folder / "s.pack")
    save_pack(with_colors(pack, scene, "narrow"), folder / "narrow.pack")
    camera = {"width": 320, "height": 200, "fx": 330.0, "fy": 330.0}
    poses = [((0, 0, -4), np.eye(3)), ((0, 0, 4), np.diag([-1.0, 1.0, -1.0]))]
    cameras = [
        {"id": i, "img_name": f"{name}.png", "position": p, "rotation": r.tolist(), **camera}
        for i, (name, (p, r)) in enumerate(zip("ba", poses, strict=True))
    ]
    (folder / "cameras.json").write_text(json.dumps(cameras))
    return folder


def arguments(files, *more):
    return ["frame", files / "s.pack", "--cameras", files / "cameras.json", *more]


def frame(files, *more):
    return json.loads(call(*arguments(files, "--json", *more)))


@pytest.mark.parametrize("rules", ["inria", "gsplat"])
def test_both_engines_give_the_same_splats(files, tmp_path, rules):
    common = ["--view", "1", "--size", "160x100", "--rules", rules]
    results, arrays = {}, {}
    for engine in ("integer", "rtl"):
        path = tmp_path / f"{engine}.npz"
        results[engine] = frame(files, *common, "--engine", engine, "--splats", path)
        with np.load(path) as data:
            arrays[engine] = dict(data)
    model, rtl = results["integer"], results["rtl"]
    for result, engine in ((model, "integer"), (rtl, "rtl")):
        assert (result["engine"], result["rules"]) == (engine, rules)
        assert (result["view"], result["size_px"]) == ("b.png", "160x100")
        assert result["seconds"] >= 0
    for name in SPLAT_DTYPE.names:
        field = arrays["rtl"][name]
        np.testing.assert_array_equal(field, arrays["integer"][name])
        assert field.dtype == SPLAT_DTYPE[name].base
        assert field.shape == (rtl["splats"], *SPLAT_DTYPE[name].shape)
    assert set(arrays["rtl"]) == set(SPLAT_DTYPE.names)
    assert len(np.unique(arrays["rtl"]["index"])) == rtl["splats"] > 0
    assert set(frame_counters(Parameters())) <= set(rtl)
    known = set(frame_counters(Parameters())) & set(model)
    assert {"groups_tested", "clusters_visible", "members", "dropped_near", "splats"} <= known
    assert {name: rtl[name] for name in known} == {name: model[name] for name in known}
    assert "bus_beats" not in model
    assert rtl["mismatches"] == 0
    assert rtl["status"] == "done"
    assert rtl["cycles"] == rtl["frame_cycles"] > rtl["bus_beats"] > rtl["members"]
    assert 0 < rtl["bus_utilisation"] <= 1


@pytest.mark.parametrize("engine", ["integer", "rtl"])
def test_splats_with_their_colors(files, tmp_path, engine):
    """Of a build with color: the same splats, and the colours of the model beside them."""
    words = ["frame", files / "narrow.pack", "--cameras", files / "cameras.json", "--json"]
    words += ["--engine", engine, "--splats", tmp_path / "s.npz"]
    result = json.loads(call(*words, "--stage", "color"))
    assert result["stage"] == "color"
    with np.load(tmp_path / "s.npz") as data:
        found = dict(data)
    assert set(found) == {*SPLAT_DTYPE.names, "color"}
    camera = cameras_of(files / "cameras.json", None, "0")[0]
    build = Parameters(color_cycles=4)
    expected = view_frame(load_pack(files / "narrow.pack"), camera, INRIA, build).colored
    np.testing.assert_array_equal(found["color"], expected["color"])
    np.testing.assert_array_equal(found["mean2d"], expected["splat"]["mean2d"])
    assert found["color"].dtype == np.uint16
    assert 0 < found["color"].max() <= 1023
    if engine == "rtl":
        assert (result["mismatches"], result["status"]) == (0, "done")
        counters = set(frame_counters(build))
        assert counters <= set(result)
        assert result["color_runs"] > 0 < result["color_stalled_cycles"]


def test_a_preset_that_ends_elsewhere(files):
    refuse(
        "preset base ends with gaussian: leave --preset or --stage out.",
        *arguments(files, "--preset", "base", "--stage", "color"),
    )


def test_defaults(files):
    result = frame(files)
    assert (result["view"], result["engine"], result["rules"]) == ("a.png", "integer", "inria")
    assert result["size_px"] == "320x200"


def test_latency_is_the_memorys(files):
    quick, slow = (frame(files, "--engine", "rtl", "--latency", n) for n in (2, 300))
    assert (quick["latency_cycles"], slow["latency_cycles"]) == (2, 300)
    assert slow["cycles"] > quick["cycles"] + 3 * 290  # three reads one after another at least
    assert slow["splats"] == quick["splats"]


def test_a_dram_behind_the_bus(files):
    """Cycles and counters of the RTL are the frame clock's; a faster clock waits longer for it."""
    words = ("--engine", "rtl", "--memory", "lpddr4_3200_x128")
    usual, slow = frame(files, *words), frame(files, *words, "--clock", "300")
    for result in (usual, slow):
        assert (result["mismatches"], result["status"]) == (0, "done")
        assert result["memory"].startswith("LPDDR4-3200")
        assert "latency_cycles" not in result
        assert 0 < result["dram_energy_mj"] < 1
    assert usual["cycles"] > slow["cycles"]


def test_text(files):
    lines = call(*arguments(files, "--engine", "rtl")).splitlines()
    shown = dict(line.split(maxsplit=1) for line in lines)
    assert set(frame_counters(Parameters())) <= set(shown)
    assert (shown["mismatches"], shown["status"]) == ("0", "done")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--engine", "float"], "engine 'float' runs no frames: choose integer or rtl"),
        (["--view", "2"], "view"),
        (["--size", "0x5"], "outside 1..16384"),
        (["--rules", "mip"], "rules 'mip' are not known"),
        (["--latency", "0"], "a latency of 0 cycles is outside 1..1000000"),
        (["--latency", "-5"], "a latency of -5 cycles is outside"),
        (["--latency", "99999999"], "a latency of 99999999 cycles is outside"),
        (["--memory", "sdram"], "memory 'sdram' is not known"),
        (["--memory", "lpddr4_3200_x128", "--clock", "0"], "a clock of 0 MHz is outside 1..5000"),
        (["--splats", "/proc/none/s.npz"], "cannot be written"),
    ],
)
def test_refusals(files, more, message):
    refuse(message, *arguments(files, *more))


def test_no_splats_are_left_where_the_pack_is_bad(files, tmp_path):
    cut = tmp_path / "cut.pack"
    cut.write_bytes((files / "s.pack").read_bytes()[:-100])
    common = ["--cameras", files / "cameras.json", "--splats", tmp_path / "s.npz"]
    refuse("cut.pack", "frame", cut, *common)
    assert [path.name for path in tmp_path.iterdir()] == ["cut.pack"]


def test_the_pack_is_not_overwritten(files):
    before = (files / "s.pack").read_bytes()
    refuse("is the pack itself", *arguments(files, "--splats", files / "s.pack"))
    assert (files / "s.pack").read_bytes() == before


def test_cameras_are_needed(files):
    refuse("comes without cameras", "frame", files / "s.pack")
