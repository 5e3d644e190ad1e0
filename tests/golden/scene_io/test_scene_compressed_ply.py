"""SuperSplat's compressed .ply."""

from __future__ import annotations

import numpy as np
import pytest

from golden.scene import Scene
from golden.scene_io import read_scene
from tests.golden.scene_io.scene_files import (
    SH_C0,
    compressed_elements,
    gsply_data,
    ply_file,
    random_scene,
    table,
)


def spans(values: np.ndarray) -> np.ndarray:
    """Size of the chunk of 256 that each row sits in, (N, columns)."""
    chunks = [values[i : i + 256] for i in range(0, len(values), 256)]
    return np.concatenate([np.repeat(np.ptp(c, axis=0)[None], len(c), 0) for c in chunks])


@pytest.mark.parametrize("colour_bounds", [True, False])
@pytest.mark.parametrize("degree", range(5))
@pytest.mark.parametrize("count", [1, 40, 600])
def test_random_gaussians_within_the_quantisation_step(tmp_path, count, degree, colour_bounds):
    scene = random_scene(count, degree, seed=degree)
    path = tmp_path / "scene.compressed.ply"
    path.write_bytes(ply_file(compressed_elements(scene, colour_bounds)))
    read = read_scene(path)
    assert (len(read), read.sh_degree, read.name) == (count, degree, "scene.compressed.ply")
    step = 0.5 / np.array([2047, 1023, 2047])
    assert (np.abs(read.means - scene.means) <= spans(scene.means) * step + 2e-6).all()
    logs = np.log(scene.scales)
    assert (np.abs(np.log(read.scales) - logs) <= spans(logs) * step + 2e-6).all()
    np.testing.assert_allclose(read.opacities, scene.opacities, atol=0.5 / 255 + 1e-6)
    colour_step = spans(scene.sh[:, 0]) if colour_bounds else 1 / SH_C0
    assert (np.abs(read.sh[:, 0] - scene.sh[:, 0]) <= colour_step * 0.5 / 255 + 2e-6).all()
    np.testing.assert_allclose(read.sh[:, 1:], scene.sh[:, 1:], atol=4 / 256 + 1e-6)
    signs = np.sign((read.quats * scene.quats).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(read.quats * signs, scene.quats, atol=0.003)


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ((0 << 30) | (1023 << 20) | (512 << 10) | 511, (0.707, 0.707, 0.0007, -0.0007)),
        ((1 << 30) | (1023 << 20) | (512 << 10) | 511, (0.707, 0.707, 0.0007, -0.0007)),
        ((2 << 30) | (0 << 20) | (512 << 10) | 511, (-0.707, 0.0007, 0.707, -0.0007)),
        ((3 << 30) | (512 << 20) | (511 << 10) | 0, (0.0007, -0.0007, -0.707, 0.707)),
    ],
)
def test_the_two_bits_name_the_largest_of_w_x_y_z(tmp_path, word, wanted):
    elements = compressed_elements(random_scene(1, 0))
    elements["vertex"]["packed_rotation"] = word
    (tmp_path / "scene.ply").write_bytes(ply_file(elements))
    assert read_scene(tmp_path / "scene.ply").quats[0] == pytest.approx(wanted, abs=2e-4)


def test_one_gaussian_bit_by_bit(tmp_path):
    bounds = {f"min_{key}": [-1.0] for key in ("x", "y", "z", "scale_x", "scale_y")}
    bounds |= {"max_x": [1.0], "max_y": [3.0], "max_z": [-1.0], "min_scale_z": [0.0]}
    bounds |= {f"max_scale_{axis}": [1.0] for axis in "xyz"}
    words = {
        "packed_position": [(2047 << 21) | (0 << 11) | 1000],
        "packed_rotation": [(512 << 20) | (512 << 10) | 512],
        "packed_scale": [(0 << 21) | (1023 << 11) | 2047],
        "packed_color": [(255 << 24) | (0 << 16) | (51 << 8) | 102],
    }
    rest = {
        f"f_rest_{i}": [level] for i, level in enumerate([0, 255, 128, 127, 1, 254, 64, 192, 32])
    }
    elements = {"chunk": table({k: np.array(v) for k, v in bounds.items()})}
    elements["vertex"] = table({k: np.array(v) for k, v in words.items()}, "u4")
    elements["sh"] = table({k: np.array(v) for k, v in rest.items()}, "u1")
    (tmp_path / "scene.ply").write_bytes(ply_file(elements))
    scene = read_scene(tmp_path / "scene.ply")
    assert scene.means[0].tolist() == [1, -1, -1]
    assert scene.scales[0] == pytest.approx(np.exp([-1, 1, 1]), rel=1e-6)
    assert scene.opacities[0] == pytest.approx(0.4)
    assert scene.sh[0, 0] == pytest.approx(np.array([0.5, -0.5, -0.3]) / SH_C0, rel=1e-6)
    levels = [
        [-4, 4, 1 / 64],
        [-1 / 64, -4 + 3 / 64, 4 - 3 / 64],
        [-2 + 1 / 64, 2 + 1 / 64, -3 + 1 / 64],
    ]
    np.testing.assert_array_equal(scene.sh[0, 1:].T, np.float32(levels))


@pytest.mark.parametrize("form", ["binary_little_endian", "binary_big_endian"])
def test_order_of_elements_and_properties_does_not_matter(tmp_path, form):
    scene = random_scene(300, 1)
    elements = compressed_elements(scene)
    turned = {}
    for element, rows in reversed(elements.items()):
        columns = {prop: rows[prop] for prop in reversed(rows.dtype.names)}
        turned[element] = table(columns, rows.dtype[0].str[1:])
    (tmp_path / "a.ply").write_bytes(ply_file(elements))
    (tmp_path / "b.ply").write_bytes(ply_file(turned, form))
    assert read_scene(tmp_path / "a.ply").sha256() == read_scene(tmp_path / "b.ply").sha256()


def test_flat_chunks_and_full_opacity(tmp_path):
    base = random_scene(10, 0)
    scene = Scene(
        "flat",
        np.full_like(base.means, 2.5),
        np.full_like(base.scales, 0.5),
        base.quats,
        np.float32([0, 1] * 5),
        base.sh,
    )
    (tmp_path / "scene.ply").write_bytes(ply_file(compressed_elements(scene)))
    read = read_scene(tmp_path / "scene.ply")
    np.testing.assert_array_equal(read.means, scene.means)
    np.testing.assert_allclose(read.scales, scene.scales, rtol=1e-6)
    np.testing.assert_array_equal(read.opacities, scene.opacities)


@pytest.mark.slow
def test_same_values_as_another_reader(tmp_path):
    gsply = pytest.importorskip("gsply")
    data = gsply_data(gsply, random_scene(600, 3))
    gsply.plywrite(tmp_path / "scene.compressed.ply", data, compressed=True)
    theirs = gsply.plyread(tmp_path / "scene.compressed.ply")
    ours = read_scene(tmp_path / "scene.compressed.ply")
    np.testing.assert_allclose(ours.means, theirs.means, atol=2e-6)
    np.testing.assert_allclose(np.log(ours.scales), theirs.scales, atol=2e-6)
    np.testing.assert_allclose(ours.quats, theirs.quats, atol=1e-6)
    np.testing.assert_allclose(ours.sh[:, 0], theirs.sh0, atol=2e-6)
    np.testing.assert_allclose(ours.sh[:, 1:], theirs.shN, atol=1e-6)
    np.testing.assert_allclose(ours.opacities, 1 / (1 + np.exp(-theirs.opacities)), atol=1e-4)
