"""INRIA's .ply: any order, any number type, any degree, and back."""

from __future__ import annotations

import numpy as np
import pytest
from plyfile import PlyData

from golden.errors import InputError
from golden.scene import Scene
from golden.scene_io import read_scene, write_ply
from tests.golden.scene_io.scene_files import (
    inria_columns,
    inria_file,
    ply_file,
    ply_header,
    random_scene,
    table,
)

FORMS = ["ascii", "binary_little_endian", "binary_big_endian"]


def assert_same(read: Scene, wanted: Scene, scale_tolerance: float = 2e-6) -> None:
    """Equal to float32 accuracy; scales pass through a float32 logarithm."""
    np.testing.assert_array_equal(read.means, wanted.means)
    np.testing.assert_array_equal(read.sh, wanted.sh)
    np.testing.assert_allclose(read.scales, wanted.scales, rtol=scale_tolerance)
    np.testing.assert_allclose(read.quats, wanted.quats, atol=2e-7)
    np.testing.assert_allclose(read.opacities, wanted.opacities, rtol=1e-6)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("degree", range(5))
def test_every_form_and_degree_is_read(tmp_path, form, degree):
    scene = random_scene(degree=degree, seed=degree)
    path = tmp_path / "scene.ply"
    path.write_bytes(inria_file(scene, form))
    read = read_scene(path)
    assert read.sh_degree == degree
    assert read.name == "scene.ply"
    assert_same(read, scene)


@pytest.mark.parametrize("degree", range(5))
def test_round_trip(tmp_path, degree):
    scene = random_scene(count=300, degree=degree, seed=10 + degree)
    path = tmp_path / "new folder" / "scene.ply"
    write_ply(scene, path)
    assert_same(read_scene(path), scene)
    assert [p.name for p in path.parent.iterdir()] == ["scene.ply"]


def test_writer_lays_out_properties_as_inria_does(tmp_path):
    scene = random_scene(degree=3)
    write_ply(scene, tmp_path / "scene.ply")
    ply = PlyData.read(tmp_path / "scene.ply")
    wanted = ["x", "y", "z", "nx", "ny", "nz", "f_dc_0", "f_dc_1", "f_dc_2"]
    wanted += [f"f_rest_{i}" for i in range(45)] + ["opacity", "scale_0", "scale_1", "scale_2"]
    assert [p.name for p in ply["vertex"].properties] == [
        *wanted,
        "rot_0",
        "rot_1",
        "rot_2",
        "rot_3",
    ]
    assert {p.val_dtype for p in ply["vertex"].properties} == {"f4"}
    assert (ply.byte_order, ply.text) == ("<", False)
    np.testing.assert_array_equal(ply["vertex"]["f_rest_14"], scene.sh[:, 15, 0])
    np.testing.assert_array_equal(ply["vertex"]["f_rest_15"], scene.sh[:, 1, 1])
    assert not ply["vertex"]["nx"].any()


def test_extremes_survive_the_round_trip(tmp_path):
    opacities = np.float32([0, 1, 1e-45, 1e-30, 1 - 2**-24, 2**-24])
    scene = random_scene(count=len(opacities), degree=0)
    scales = np.float32([np.finfo(np.float32).tiny, 1e-20, 1e-5, 1, 1e5, 1e38])[:, None]
    scene = Scene("x", scene.means, np.repeat(scales, 3, 1), scene.quats, opacities, scene.sh)
    write_ply(scene, tmp_path / "scene.ply")
    logits = PlyData.read(tmp_path / "scene.ply")["vertex"]["opacity"]
    assert np.isfinite(logits).all()
    read = read_scene(tmp_path / "scene.ply")
    np.testing.assert_array_equal(read.opacities[:2], [0, 1])
    np.testing.assert_allclose(read.opacities, opacities, rtol=1e-5, atol=2e-45)
    np.testing.assert_allclose(read.scales, scene.scales, rtol=1e-5)


@pytest.mark.parametrize("form", FORMS)
def test_order_extra_properties_and_extra_elements_do_not_matter(tmp_path, form):
    scene = random_scene(degree=2)
    columns = inria_columns(scene) | {"nx": np.ones(len(scene)), "label": np.arange(len(scene))}
    names = list(columns)
    np.random.default_rng(5).shuffle(names)
    shuffled = {name: columns[name] for name in names}
    camera = {"camera": table({"fov": np.array([1.5]), "id": np.array([7.0])})}
    elements = camera | {"vertex": table(shuffled)} | {"after": camera["camera"]}
    path = tmp_path / "scene.ply"
    path.write_bytes(ply_file(elements, form))
    assert_same(read_scene(path), scene)


@pytest.mark.parametrize("form", FORMS)
def test_other_number_types_are_read(tmp_path, form):
    scene = random_scene(degree=1)
    path = tmp_path / "scene.ply"
    path.write_bytes(ply_file({"vertex": table(inria_columns(scene), "f8")}, form))
    assert_same(read_scene(path), scene)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends_of_the_header(tmp_path, newline):
    scene = random_scene(degree=0)
    rows = {"vertex": table(inria_columns(scene), "f8")}
    rows["vertex"]["x"][0] = np.frombuffer(b"\n\n\n\n\n\n\n\x10", "<f8")[0]  # begins with line ends
    header = ply_header(rows, "binary_little_endian", newline)
    path = tmp_path / "scene.ply"
    path.write_bytes(header + rows["vertex"].tobytes())
    np.testing.assert_array_equal(read_scene(path).means[1:], scene.means[1:])


@pytest.mark.parametrize("form", FORMS)
def test_elements_without_properties_or_items_are_passed_over(tmp_path, form):
    data = inria_file(random_scene(degree=0), form)
    extra = b"element nothing 3\nelement none 0\nproperty float q\nelement vertex"
    (tmp_path / "scene.ply").write_bytes(data.replace(b"element vertex", extra))
    assert len(read_scene(tmp_path / "scene.ply")) == 40


def test_values_are_activated_as_stated(tmp_path):
    names = "x y z f_dc_0 f_dc_1 f_dc_2 opacity scale_0 scale_1 scale_2 rot_0 rot_1 rot_2 rot_3"
    numbers = "1 2 3 0.1 0.2 0.3 -1.5 -2 0 1 0 3 0 -4"
    header = ["ply", "format ascii 1.0", "element vertex 1"]
    header += [f"property float {name}" for name in names.split()] + ["end_header", numbers, ""]
    path = tmp_path / "one.ply"
    path.write_text("\n".join(header))
    scene = read_scene(path)
    assert scene.means[0].tolist() == [1, 2, 3]
    assert scene.scales[0] == pytest.approx([np.exp(-2), 1, np.e], rel=1e-6)
    assert scene.opacities[0] == pytest.approx(1 / (1 + np.exp(1.5)), rel=1e-6)
    assert scene.quats[0] == pytest.approx([0, 0.6, 0, -0.8], abs=1e-7)
    assert scene.sh[0, 0] == pytest.approx([0.1, 0.2, 0.3], rel=1e-6)


def test_comments_in_any_language_are_passed_over(tmp_path):
    data = inria_file(random_scene(degree=0))
    path = tmp_path / "scene.ply"
    path.write_bytes(data.replace(b"comment made by a test", "comment éléments 3 €".encode()))
    assert len(read_scene(path)) == 40


def test_failed_write_leaves_nothing(tmp_path, monkeypatch):
    def broken(self, stream):
        stream.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(PlyData, "write", broken)
    with pytest.raises(InputError, match=r"cannot be written \(disk full\)"):
        write_ply(random_scene(), tmp_path / "scene.ply")
    assert list(tmp_path.iterdir()) == []


def test_writing_where_no_file_can_be(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot be written"):
        write_ply(random_scene(), tmp_path / "file" / "scene.ply")
    with pytest.raises(InputError, match="is a folder"):
        write_ply(random_scene(), tmp_path)
