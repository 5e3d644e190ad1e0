"""Scenes written and read again, and by another library."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.errors import InputError, InputWarning
from golden.scene_io import read_scene, write_scene
from golden.scene_io.spz_container import read_sections
from tests.golden.scene_io.scene_files import random_scene, spz_file


@pytest.mark.parametrize("degree", range(5))
def test_a_spz_is_within_half_a_step(tmp_path, degree):
    scene = random_scene(200, degree, seed=degree)
    path = tmp_path / "s.spz"
    write_scene(scene, path)
    read = read_scene(path)
    np.testing.assert_allclose(read.means, scene.means, atol=0.501 / 4096)
    np.testing.assert_allclose(np.log(read.scales), np.log(scene.scales), atol=1 / 32 + 1e-5)
    np.testing.assert_allclose(read.opacities, scene.opacities, atol=0.501 / 255)
    np.testing.assert_allclose(read.sh[:, 0], scene.sh[:, 0], atol=0.501 / 255 / 0.15)
    np.testing.assert_allclose(read.sh[:, 1:], scene.sh[:, 1:], atol=0.501 / 128)
    signs = np.sign((read.quats * scene.quats).sum(axis=1, keepdims=True))
    assert np.abs(read.quats * signs - scene.quats).max() < 0.003


@pytest.mark.parametrize("degree", [0, 3])
def test_it_is_what_another_encoder_writes(tmp_path, degree):
    """The tests' own encoder, Gaussian by Gaussian, has every byte the same."""
    scene = random_scene(150, degree)
    write_scene(scene, tmp_path / "s.spz")
    ours = read_sections((tmp_path / "s.spz").read_bytes(), "s.spz")
    assert ours == read_sections(spz_file(scene), "s.spz")


@pytest.mark.parametrize("version", [2, 3])
def test_what_was_read_is_written_as_it_was(tmp_path, version):
    (tmp_path / "a.spz").write_bytes(spz_file(random_scene(150, 2), version))
    first = read_scene(tmp_path / "a.spz")
    write_scene(first, tmp_path / "b.spz")
    second = read_scene(tmp_path / "b.spz")
    write_scene(second, tmp_path / "c.spz")
    for name in ("means", "scales", "opacities", "sh"):
        np.testing.assert_array_equal(getattr(second, name), getattr(first, name))
    assert (tmp_path / "b.spz").read_bytes() == (tmp_path / "c.spz").read_bytes()


def test_by_way_of_a_ply(tmp_path):
    scene = random_scene(100, 3)
    write_scene(scene, tmp_path / "s.PLY")
    read = read_scene(tmp_path / "s.PLY")
    for name in ("means", "sh"):
        np.testing.assert_array_equal(getattr(read, name), getattr(scene, name))
    for name in ("scales", "opacities", "quats"):
        np.testing.assert_allclose(getattr(read, name), getattr(scene, name), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("degree", [0, 1, 3])
def test_gsply_reads_the_same(tmp_path, degree):
    gsply = pytest.importorskip("gsply")
    path = tmp_path / "s.spz"
    write_scene(random_scene(100, degree), path)
    ours, theirs = read_scene(path), gsply.read_spz(str(path))
    np.testing.assert_allclose(np.abs(theirs.means), np.abs(ours.means), atol=1e-6)
    np.testing.assert_allclose(theirs.scales, np.log(ours.scales), atol=1e-5)
    logits = np.log(ours.opacities / (1 - ours.opacities))
    np.testing.assert_allclose(np.ravel(theirs.opacities), logits, atol=1e-3)
    np.testing.assert_allclose(theirs.sh0, ours.sh[:, 0], atol=1e-5)
    if degree:
        np.testing.assert_allclose(np.abs(theirs.shN), np.abs(ours.sh[:, 1:]), atol=1e-6)


def test_far_positions_cost_steps_and_then_are_refused(tmp_path):
    scene = random_scene(10, 0)
    far = scene.means.copy()
    far[3] = (5000, -9000, 0)
    with pytest.warns(InputWarning, match="reaches 9000 .* steps of only 0.00195312"):
        write_scene(replace(scene, means=far), tmp_path / "s.spz")
    np.testing.assert_allclose(read_scene(tmp_path / "s.spz").means, far, atol=0.51 / 512)
    far[3] = (0, 0, 8_388_608)
    with pytest.raises(InputError, match=r"beyond \.spz's 8,388,607"):
        write_scene(replace(scene, means=far), tmp_path / "t.spz")
    assert not (tmp_path / "t.spz").exists()


def test_what_the_format_cannot_hold_is_cut_and_counted(tmp_path):
    scene = random_scene(10, 1)
    scales, sh = scene.scales.copy(), scene.sh.copy()
    scales[2], sh[3, 1, 0], sh[4, 0, 2] = 1e6, -1.5, 9
    with pytest.warns(InputWarning, match="3 of 10 Gaussians have a size, colour or harmonic"):
        write_scene(replace(scene, scales=scales, sh=sh), tmp_path / "s.spz")
    read = read_scene(tmp_path / "s.spz")
    assert read.scales[2] == pytest.approx(np.exp(255 / 16 - 10), rel=1e-6)
    assert read.sh[3, 1, 0] == -127 / 128  # 127 in .spz's axes, where its sign is another
    assert read.sh[4, 0, 2] == pytest.approx(0.5 / 0.15)


@pytest.mark.parametrize("name", ["s.sog", "s.splat", "s", "spz"])
def test_other_kinds_are_not_written(tmp_path, name):
    with pytest.raises(InputError, match=r"name a \.ply or a \.spz"):
        write_scene(random_scene(2, 0), tmp_path / name)
