"""glTF with KHR_gaussian_splatting: plain and .spz attributes, nodes, and files that lie."""

from __future__ import annotations

import json
import struct
from functools import partial

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from golden.errors import InputError, InputWarning
from golden.scene_io import read_scene
from golden.stages.color.reference import sh_basis
from tests.golden.scene_io.gltf_scene_files import (
    SPLATS,
    Builder,
    glb,
    glb_file,
    glb_of_spz,
    gltf_text,
    splat_primitive,
    spz_primitive,
)
from tests.golden.scene_io.scene_files import inria_file, random_scene, spz_file
from tests.golden.scene_io.scene_refusal import low_memory, refused

HALF_TURN = np.diag([-1.0, -1.0, 1.0])


@pytest.fixture
def refusal(tmp_path):
    return partial(refused, tmp_path)


def shapes(scene) -> np.ndarray:
    """(N, 3, 3) covariances over the square of the largest size."""
    axes = Rotation.from_quat(scene.quats, scalar_first=True).as_matrix()
    wide = axes * scene.scales[:, None].astype(np.float64) ** 2 @ axes.transpose(0, 2, 1)
    return wide / scene.scales.max(axis=1)[:, None, None].astype(np.float64) ** 2


def assert_same(read, scene):
    np.testing.assert_array_equal(read.means, scene.means)
    np.testing.assert_array_equal(read.scales, scene.scales)
    np.testing.assert_array_equal(read.opacities, scene.opacities)
    np.testing.assert_array_equal(read.sh, scene.sh)
    np.testing.assert_allclose(shapes(read), shapes(scene), atol=1e-6)


def read_glb(folder, build: Builder, primitives: list[dict], nodes=None, **options):
    path = folder / "scene.glb"
    path.write_bytes(glb(build.document(primitives, nodes), build.binary))
    return read_scene(path, **options)


@pytest.mark.parametrize("degree", range(4))
def test_plain_attributes_come_back(tmp_path, degree):
    scene = random_scene(30, degree)
    build = Builder()
    primitives = [splat_primitive(build, scene)]
    assert_same(read_glb(tmp_path, build, primitives), scene)
    (tmp_path / "scene.gltf").write_bytes(gltf_text(build.document(primitives), build.binary))
    assert_same(read_scene(tmp_path / "scene.gltf"), scene)
    document = build.document(primitives)
    document["buffers"][0]["uri"] = "my%20data.bin"
    (tmp_path / "my data.bin").write_bytes(build.binary)
    (tmp_path / "scene.gltf").write_text(json.dumps(document))
    assert_same(read_scene(tmp_path / "scene.gltf"), scene)


@pytest.mark.parametrize("beside", [False, True])
def test_spz_within_is_as_spz_alone(tmp_path, beside):
    scene = random_scene(30, 2)
    build = Builder()
    read = read_glb(tmp_path, build, [spz_primitive(build, scene, beside)])
    (tmp_path / "s.spz").write_bytes(spz_file(scene))
    assert_same(read, read_scene(tmp_path / "s.spz"))


@pytest.mark.parametrize(("quats", "opacities"), [("h", "H"), ("b", "B")])
def test_attributes_as_whole_numbers(tmp_path, quats, opacities):
    scene = random_scene(30, 0)
    build = Builder()
    read = read_glb(
        tmp_path, build, [splat_primitive(build, scene, quats=quats, opacities=opacities)]
    )
    np.testing.assert_allclose(shapes(read), shapes(scene), atol=0.03 if quats == "b" else 1e-4)
    most = np.iinfo(opacities).max
    np.testing.assert_allclose(read.opacities, scene.opacities, atol=0.51 / most)


def test_scales_of_the_review_draft_are_logarithms(tmp_path):
    scene = random_scene(30, 0)
    build = Builder()
    primitive = splat_primitive(build, scene, log_scales=True)
    with pytest.warns(InputWarning, match="negative scales, as logarithms are"):
        read = read_glb(tmp_path, build, [primitive])
    np.testing.assert_allclose(read.scales, scene.scales, rtol=1e-6)


def test_axes_that_an_exporter_kept(tmp_path):
    """rdf takes every number as it stands, where luf turns it."""
    scene = random_scene(30, 2)
    for data in (glb_file(scene), glb_of_spz(scene)):
        (tmp_path / "s.glb").write_bytes(data)
        luf, rdf = read_scene(tmp_path / "s.glb"), read_scene(tmp_path / "s.glb", axes="rdf")
        np.testing.assert_array_equal(rdf.means, luf.means * np.float32([-1, -1, 1]))
        np.testing.assert_allclose(shapes(rdf), HALF_TURN @ shapes(luf) @ HALF_TURN, atol=1e-6)
        np.testing.assert_array_equal(rdf.sh[:, 1], -luf.sh[:, 1])
        np.testing.assert_array_equal(rdf.sh[:, 2], luf.sh[:, 2])
    with pytest.raises(InputError, match="is a glTF, which has axes luf or rdf"):
        read_scene(tmp_path / "s.glb", axes="rub")


def test_a_mesh_that_is_placed_too_often_is_refused(tmp_path, monkeypatch):
    """A thousand places of 30 Gaussians, where memory is left for a few hundred of them."""
    nodes = [{"children": list(range(1, 1001))}, *[{"mesh": 0}] * 1000]
    (tmp_path / "s.glb").write_bytes(glb_file(random_scene(30, 0), nodes))
    assert len(read_scene(tmp_path / "s.glb")) == 30_000
    monkeypatch.setattr("golden.memory.available_bytes", lambda: 60_000)
    with pytest.raises(InputError, match=r"s\.glb: 840 Gaussians need"):
        low_memory(lambda: read_scene(tmp_path / "s.glb"))
    monkeypatch.setattr("golden.scene_io.raw.MAX_GAUSSIANS", 100)
    with pytest.raises(InputError, match="places 120 Gaussians, above the limit of 100"):
        read_scene(tmp_path / "s.glb")


NODES = {
    "matrix": [{"mesh": 0, "matrix": [0, 0, -2, 0, 0, 2, 0, 0, 2, 0, 0, 0, 1, 2, 3, 1]}],
    "parts": [
        {"children": [1], "translation": [1, 2, 3], "scale": [2, 2, 2]},
        {"mesh": 0, "rotation": [0, np.sqrt(0.5), 0, np.sqrt(0.5)]},
    ],
}


@pytest.mark.parametrize("nodes", NODES.values(), ids=NODES)
@pytest.mark.parametrize("make", [glb_file, glb_of_spz], ids=["plain", "spz"])
def test_nodes_turn_scale_and_move_shapes_and_colours(tmp_path, nodes, make):
    """A quarter turn about y, twice as large, moved: x to -z and z to x, in glTF's axes."""
    scene = random_scene(25, 3)
    (tmp_path / "still.glb").write_bytes(make(scene))
    (tmp_path / "moved.glb").write_bytes(make(scene, nodes))
    still, moved = read_scene(tmp_path / "still.glb"), read_scene(tmp_path / "moved.glb")
    luf = np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]])
    turn, shift = HALF_TURN @ luf @ HALF_TURN, HALF_TURN @ [1, 2, 3]
    np.testing.assert_allclose(moved.means, 2 * still.means @ turn.T + shift, atol=1e-5)
    np.testing.assert_allclose(moved.scales, 2 * still.scales, rtol=1e-6)
    np.testing.assert_allclose(shapes(moved), turn @ shapes(still) @ turn.T, atol=1e-6)
    directions = np.random.default_rng(4).normal(size=(50, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    before = np.einsum("dk,nkc->ndc", sh_basis(directions, 3), still.sh)
    after = np.einsum("dk,nkc->ndc", sh_basis(directions @ turn.T, 3), moved.sh)
    np.testing.assert_allclose(after, before, atol=1e-5)


def test_several_places_of_one_mesh_and_meshes_without_gaussians(tmp_path):
    scene = random_scene(10, 1)
    build = Builder()
    primitive = splat_primitive(build, scene)
    plain = {"mode": 0, "attributes": {"POSITION": primitive["attributes"]["POSITION"]}}
    nodes = [{"children": [1, 2]}, {"mesh": 0}, {"mesh": 0, "translation": [0, 0, 5]}]
    with pytest.warns(InputWarning, match="2 meshes and points without"):
        read = read_glb(tmp_path, build, [primitive, plain], nodes)
    np.testing.assert_array_equal(read.means[:10], scene.means)
    np.testing.assert_allclose(read.means[10:], scene.means + np.float32([0, 0, 5]), rtol=1e-6)
    with pytest.raises(InputError, match="holds no Gaussians"):
        read_glb(tmp_path, build, [plain])


@pytest.mark.parametrize(
    "node",
    [
        {"mesh": 0, "scale": [1, 2, 1]},
        {"mesh": 0, "scale": [-1, 1, 1]},
        {"mesh": 0, "scale": [0, 0, 0]},
        {"mesh": 0, "matrix": [1, 0, 0, 0, 0.5, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]},
        {"mesh": 0, "scale": [1e200, 1e200, 1e200]},
    ],
    ids=["stretched", "mirrored", "flat", "sheared", "endless"],
)
def test_transforms_that_no_gaussian_takes(refusal, node):
    text = refusal(glb_file(random_scene(5, 0), [node]), "scene.glb")
    assert "mirrors its Gaussians or stretches axes unlike" in text


def lied(change) -> tuple[dict, bytes]:
    build = Builder()
    document = build.document([splat_primitive(build, random_scene(20, 1))])
    change(document)
    return document, build.binary


def set_to(path: str, value: object):
    """Changes the value at a path of keys."""

    def change(document: dict) -> None:
        *steps, last = (int(key) if key.isdigit() else key for key in path.split("/"))
        place = document
        for step in steps:
            place = place[step]
        place[last] = value

    return change


ATTRIBUTES = "meshes/0/primitives/0/attributes"
RULES = f"meshes/0/primitives/0/extensions/{SPLATS}"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (set_to("accessors/0/count", 10**8), "ends after its 240 bytes"),
        (set_to("accessors/0/count", 2**64), "accessors.0.count is"),
        (set_to("accessors/1/count", 19), "has 19 of 20 Gaussians"),
        (set_to("accessors/0/type", "VEC2"), "is not of 3 known components"),
        (set_to("accessors/0/componentType", 5130), "is not of 3 known components"),
        (set_to("accessors/0/sparse", {}), "is sparse"),
        (set_to("accessors/0/byteOffset", 4), "ends after"),
        (set_to("accessors/0/byteOffset", -4), "byteOffset is -4"),
        (set_to("accessors/0/bufferView", 10**6), "has no bufferViews.1000000"),
        (set_to("bufferViews/0/byteLength", 10**7), "ends after its buffer"),
        (set_to("bufferViews/0/byteOffset", 10**7), "ends after its buffer"),
        (set_to("bufferViews/0/byteStride", 4), "ends after"),
        (set_to("bufferViews/0/buffer", 3), "has no buffers.3"),
        (set_to("bufferViews/0/extensions", {"EXT_meshopt_compression": {}}), "EXT_meshopt"),
        (set_to("buffers/0/uri", "http://x/y.bin"), "outside its folder"),
        (set_to("buffers/0/uri", "../y.bin"), "outside its folder"),
        (set_to("buffers/0/uri", "y.bin"), "lacks its file"),
        (set_to("buffers/0/uri", "data:;base64,???"), "no base64"),
        (set_to(f"{ATTRIBUTES}/POSITION", 99), "has no accessors.99"),
        (set_to(f"{ATTRIBUTES}/{SPLATS}:SH_DEGREE_2_COEF_0", 4), "SH_DEGREE_2_COEF_1"),
        (set_to(f"{RULES}/kernel", "box"), "kernel is 'box', where ellipse is drawn"),
        (set_to(f"{RULES}/projection", "fisheye"), "projection is 'fisheye'"),
        (set_to("extensionsRequired", ["KHR_draco"]), "needs KHR_draco, which is not known"),
        (set_to("nodes/0", {"mesh": 0, "children": [0]}), "node 0 is reached twice"),
        (set_to("nodes/0/children", [5]), "has no nodes.5"),
        (set_to("nodes/0/rotation", [0, 0, 0, 0]), "is no rotation"),
        (set_to("nodes/0/extensions", {"EXT_mesh_gpu_instancing": {}}), "gpu_instancing"),
        (set_to("scene", 1), "has no scenes.1"),
        (set_to("meshes", {}), "a list"),
    ],
)
def test_documents_that_lie(refusal, change, what):
    document, binary = lied(change)
    if "uri" in document["buffers"][0]:
        data, name = json.dumps(document).encode(), "scene.gltf"
    else:
        data, name = glb(document, binary), "scene.glb"
    assert low_memory(lambda: what in refusal(data, name))


def test_colours_of_another_space_are_said(tmp_path):
    document, binary = lied(set_to(f"{RULES}/colorSpace", "lin_rec709_display"))
    (tmp_path / "s.glb").write_bytes(glb(document, binary))
    with pytest.warns(InputWarning, match="colours in 'lin_rec709_display'"):
        assert len(read_scene(tmp_path / "s.glb")) == 20


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (struct.pack("<4sII", b"glTF", 1, 12), "is glTF 1"),
        (struct.pack("<4sII", b"glTF", 2, 99), "of the 99 bytes"),
        (struct.pack("<4sII", b"glTF", 2, 12), "has no JSON"),
        (struct.pack("<4sIIII", b"glTF", 2, 20, 8, 0), "a chunk ends after the file"),
        (struct.pack("<4sIII4s", b"glTF", 2, 20, 0, b"JSON"), "its JSON is damaged"),
        (b"glTF", "ends within its header"),
    ],
)
def test_containers_that_lie(refusal, data, what):
    assert what in refusal(data, "scene.glb")


def test_a_ply_is_no_gltf_whatever_its_name(tmp_path):
    (tmp_path / "s.glb").write_bytes(inria_file(random_scene(5, 0)))
    assert len(read_scene(tmp_path / "s.glb")) == 5
