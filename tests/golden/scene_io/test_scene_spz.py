"""Niantic's .spz, versions 1 to 4, and its axes."""

from __future__ import annotations

import gzip
import json
import struct

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from scipy.special import sph_harm_y

from golden.scene_io import read_scene
from golden.scene_io.spz import sh_signs
from tests.golden.scene_io.scene_files import (
    SH_MONOMIALS,
    gsply_data,
    random_scene,
    spz4_file,
    spz_file,
    spz_header,
)

HALF_TURN = np.diag([1.0, -1.0, -1.0])


def spz_bytes(scene, version: int) -> bytes:
    if version == 4:
        return spz4_file(scene)
    return spz_file(scene, version)


@pytest.mark.parametrize("version", [1, 2, 3, 4])
@pytest.mark.parametrize("degree", range(5))
def test_random_gaussians_within_the_quantisation_step(tmp_path, version, degree):
    scene = random_scene(count=60, degree=degree, seed=version)
    path = tmp_path / "scene.spz"
    path.write_bytes(spz_bytes(scene, version))
    read = read_scene(path)
    assert (len(read), read.sh_degree, read.name) == (60, degree, "scene.spz")
    if version == 1:
        np.testing.assert_allclose(read.means, scene.means, rtol=2**-11)
    else:
        np.testing.assert_allclose(read.means, scene.means, atol=0.5 / 4096)
    np.testing.assert_allclose(np.log(read.scales), np.log(scene.scales), atol=1 / 32 + 1e-5)
    np.testing.assert_allclose(read.opacities, scene.opacities, atol=0.5 / 255 + 1e-6)
    np.testing.assert_allclose(read.sh[:, 0], scene.sh[:, 0], atol=0.5 / 255 / 0.15 + 1e-6)
    np.testing.assert_allclose(read.sh[:, 1:], scene.sh[:, 1:], atol=0.5 / 128 + 1e-6)
    signs = np.sign((read.quats * scene.quats).sum(axis=1, keepdims=True))
    off = np.abs(read.quats * signs - scene.quats)
    if version >= 3:
        assert off.max() < 0.003  # half of 1 / (511 sqrt 2), and what the largest makes of it
    else:
        assert off[:, 1:].max() < 0.012
        assert off[np.abs(scene.quats[:, 0]) > 0.3, 0].max() < 0.025


@pytest.mark.parametrize("bits", [0, 8, 12, 16, 20])
def test_fraction_bits(tmp_path, bits):
    scene = random_scene(degree=0)
    scene.means[:] *= min(1, 2 ** (22 - bits) / 10)
    (tmp_path / "scene.spz").write_bytes(spz_file(scene, 2, bits))
    read = read_scene(tmp_path / "scene.spz")
    np.testing.assert_allclose(read.means, scene.means, atol=0.5 / 2**bits)


def test_one_gaussian_byte_by_byte(tmp_path):
    positions = bytes([0x00, 0x10, 0x00, 0x00, 0xF0, 0xFF, 0x01, 0x00, 0x80])
    # largest is y (1); then x = +256 steps, z = -511 steps, w = 0 with a minus sign
    word = (1 << 30) | (256 << 20) | ((512 | 511) << 10) | 512
    rest = bytes([130, 128, 126, 0, 255, 128, 129, 127, 192])
    payload = positions + bytes([51, 255, 0, 128, 160, 176, 0]) + struct.pack("<I", word) + rest
    (tmp_path / "one.spz").write_bytes(gzip.compress(spz_header(3, 1, 1) + payload))
    scene = read_scene(tmp_path / "one.spz")
    assert scene.means[0] == pytest.approx([1, 1, (2**23 - 1) / 4096])
    assert scene.opacities[0] == pytest.approx(0.2)
    assert scene.sh[0, 0] == pytest.approx([0.5 / 0.15, -0.5 / 0.15, (128 / 255 - 0.5) / 0.15])
    assert scene.scales[0] == pytest.approx(np.exp([0, 1, -10]), rel=1e-6)
    x, z = 256 / 511 / np.sqrt(2), 1 / np.sqrt(2)
    assert scene.quats[0] == pytest.approx([0, x, -np.sqrt(1 - x * x - z * z), z], abs=1e-6)
    # degree 1 goes with y, z, x: the first two change sign
    wanted = np.array([[2, 0, -2], [-128, 127, 0], [1, -1, 64]]) / 128 * [[-1], [-1], [1]]
    np.testing.assert_array_equal(scene.sh[0, 1:], wanted.astype(np.float32))


def test_axes_turn_the_shape_of_a_gaussian(tmp_path):
    """The covariance read is F C F, F = diag(1, -1, -1), of the one that the file holds in RUB."""
    held = random_scene(degree=0, seed=3)
    turned = random_scene(degree=0, seed=3)
    turned.quats[:] = held.quats * np.float32([1, 1, -1, -1])  # so that the encoder stores `held`
    turned.means[:] = held.means * np.float32([1, -1, -1])
    (tmp_path / "scene.spz").write_bytes(spz_file(turned))
    read = read_scene(tmp_path / "scene.spz")
    shapes = []
    for scene in (held, read):
        axes = Rotation.from_quat(scene.quats, scalar_first=True).as_matrix()
        shapes.append(axes * held.scales[:, None] ** 2 @ axes.transpose(0, 2, 1))
    size = held.scales.max(axis=1)[:, None, None] ** 2
    np.testing.assert_allclose(
        shapes[1] / size, HALF_TURN @ shapes[0] @ HALF_TURN / size, atol=0.01
    )
    np.testing.assert_allclose(read.means, held.means @ HALF_TURN, atol=1e-3)


def real_harmonics(degree: int, directions: np.ndarray) -> np.ndarray:
    """Real harmonics above degree 0 up to the sign of each, (directions, K - 1)."""
    polar = np.arccos(directions[:, 2])
    around = np.arctan2(directions[:, 1], directions[:, 0])
    columns = []
    for band in range(1, degree + 1):
        for order in range(-band, band + 1):
            value = sph_harm_y(band, abs(order), polar, around)
            columns.append(value.imag if order < 0 else value.real)
    return np.stack(columns, axis=1)


@pytest.mark.parametrize("degree", [0, 1, 2, 3, 4])
def test_sh_signs_turn_every_harmonic(degree):
    rng = np.random.default_rng(1)
    directions = rng.normal(size=(50, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    if degree:
        ours = real_harmonics(degree, directions)
        theirs = real_harmonics(degree, directions @ HALF_TURN)
        exact = slice(0, 23)  # of degree 4 the last is as the format's library has it
        np.testing.assert_allclose(
            (ours * sh_signs(degree))[:, exact], theirs[:, exact], atol=1e-12
        )
    listed = [(-1) ** (("y" in m) + ("z" in m)) for m in SH_MONOMIALS]
    assert sh_signs(degree).tolist() == listed[: (degree + 1) ** 2 - 1]


RECORDS = {
    "camera limits": struct.pack("<II3f", 0xADBE0002, 12, 0, 1, 2),
    "own axes by name": struct.pack("<III", 0xADBE0003, 4, 4) + struct.pack("<II", 5, 0),
}


@pytest.mark.parametrize("records", RECORDS.values(), ids=RECORDS)
@pytest.mark.parametrize("version", [3, 4])
def test_extension_records_are_passed_over(tmp_path, records, version):
    scene = random_scene(count=5)
    path = tmp_path / "scene.spz"
    if version == 4:
        path.write_bytes(spz4_file(scene, records))
    else:
        plain = bytearray(gzip.decompress(spz_file(scene)))
        plain[14] |= 2
        path.write_bytes(gzip.compress(bytes(plain) + records))
    np.testing.assert_allclose(read_scene(path).means, scene.means, atol=0.5 / 4096)


@pytest.mark.parametrize("version", [3, 4])
def test_files_of_another_writer(tmp_path, version):
    """gsply turns no axes: what it writes is RUB, what is read is RDF."""
    gsply = pytest.importorskip("gsply")
    scene = random_scene(count=100)
    data = gsply_data(gsply, scene)
    gsply.write_spz(tmp_path / "scene.spz", data, version=version)
    assert (tmp_path / "scene.spz").read_bytes()[:4] == b"NGSP" or version == 3
    read = read_scene(tmp_path / "scene.spz")
    np.testing.assert_allclose(read.means, scene.means @ HALF_TURN, atol=0.5 / 4096)
    np.testing.assert_allclose(
        np.abs(read.sh[:, 1:]), np.abs(scene.sh[:, 1:]), atol=0.5 / 128 + 1e-6
    )
    turned = read.quats * [1, 1, -1, -1]
    np.testing.assert_allclose(np.abs((turned * scene.quats).sum(axis=1)), 1, atol=2e-5)


@pytest.mark.slow
@pytest.mark.parametrize("version", [3, 4])
def test_same_values_as_another_reader(tmp_path, version):
    gsply = pytest.importorskip("gsply")
    gsply.write_spz(tmp_path / "scene.spz", gsply_data(gsply, random_scene()), version=version)
    theirs, ours = gsply.read_spz(tmp_path / "scene.spz"), read_scene(tmp_path / "scene.spz")
    np.testing.assert_array_equal(ours.means, theirs.means @ HALF_TURN)
    np.testing.assert_allclose(np.log(ours.scales), theirs.scales, atol=1e-6)
    np.testing.assert_allclose(ours.quats, theirs.quats * [1, 1, -1, -1], atol=1e-6)
    np.testing.assert_allclose(ours.opacities, 1 / (1 + np.exp(-theirs.opacities)), atol=2e-6)
    np.testing.assert_allclose(ours.sh[:, 0], theirs.sh0, atol=1e-6)
    np.testing.assert_array_equal(ours.sh[:, 1:], theirs.shN * sh_signs(3)[:, None])


@pytest.fixture(scope="module")
def bonsai(bonsai_dir):
    return read_scene(bonsai_dir / "bonsai.spz")


@pytest.mark.xdist_group("bonsai_scene")
def test_bonsai_values(bonsai):
    assert (len(bonsai), bonsai.sh_degree) == (1_608_399, 3)
    low, middle, high = np.percentile(bonsai.means[::20], [1, 50, 99], axis=0)
    assert (low > -20).all()
    assert (np.abs(middle) < 5).all()
    assert (high < 20).all()
    assert 0.005 < np.median(bonsai.scales[::20]) < 0.02
    assert 0.1 < np.median(bonsai.opacities[::20]) < 0.4
    colours = 0.5 + 0.28209479177387814 * bonsai.sh[:, 0].mean(axis=0)
    assert ((colours > 0.25) & (colours < 0.45)).all()
    assert 0.02 < bonsai.sh[::20, 1:].std() < 0.1


@pytest.mark.xdist_group("bonsai_scene")
def test_bonsai_lies_in_front_of_its_cameras(bonsai, bonsai_dir):
    cameras = json.loads((bonsai_dir / "cameras.json").read_text())
    middle = np.median(bonsai.means, axis=0)
    some = bonsai.means[::500].astype(np.float64)
    in_front, in_picture = [], []
    for camera in cameras:
        turn, place = np.array(camera["rotation"]), np.array(camera["position"])
        in_front.append(((middle - place) @ turn)[2] > 0)
        x, y, z = ((some - place) @ turn).T
        u, v = (
            camera[f] / camera[s] * a / z for f, s, a in (("fx", "width", x), ("fy", "height", y))
        )
        in_picture.append(((z > 0.2) & (np.abs(u) < 0.5) & (np.abs(v) < 0.5)).mean())
    assert np.mean(in_front) > 0.95
    assert 0.22 < np.mean(in_picture) < 0.32  # data/README: 27.2% can reach a pixel


@pytest.mark.parametrize("version", [1, 2, 3])
def test_antialiased_training_is_kept(tmp_path, version):
    scene, path = random_scene(5, 1), tmp_path / "a.spz"
    path.write_bytes(spz_file(scene, version, flags=1))
    marked = read_scene(path)
    path.write_bytes(spz_file(scene, version))
    plain = read_scene(path)
    assert (marked.antialiased, plain.antialiased) == (True, False)
    assert marked.sha256() == plain.sha256()
