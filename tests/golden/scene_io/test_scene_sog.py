"""PlayCanvas' .sog: versions, bundles and folders, and levels of a streamed one."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest

from golden.errors import InputError, InputWarning
from golden.scene_io import read_scene
from tests.golden.scene_io.scene_files import random_scene
from tests.golden.scene_io.sog_scene_files import (
    grid,
    leaf,
    rotation_pixels,
    sog_bundle,
    sog_files,
    webp,
    write_files,
    write_streamed,
    zipped,
)


def assert_near(read, scene, version):
    """Within half a step of every picture."""
    folded = np.log1p(np.abs(scene.means))
    steps = np.exp(folded) * 2 * folded.max() / 65535
    assert (np.abs(read.means - scene.means) < steps * 0.51 + 1e-6).all()
    log_scales, sh0 = np.log(scene.scales), scene.sh[:, 0]
    off = np.abs(np.log(read.scales) - log_scales)
    assert off.max() < 0.51 * np.ptp(log_scales) / 255
    assert np.abs(read.sh[:, 0] - sh0).max() < 0.51 * np.ptp(sh0) / 255
    if version == 2:
        assert np.abs(read.opacities - scene.opacities).max() < 0.51 / 255
    else:
        logits = [np.log(s.opacities / (1 - s.opacities)) for s in (read, scene)]
        assert np.abs(logits[0] - logits[1]).max() < 0.52 * np.ptp(logits[1]) / 255
    if scene.sh_degree:
        rest = scene.sh[:, 1:]
        assert np.abs(read.sh[:, 1:] - rest).max() < 0.51 * 2 / 255
    signs = np.sign((read.quats * scene.quats).sum(axis=1, keepdims=True))
    assert np.abs(read.quats * signs - scene.quats).max() < 0.01


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("degree", range(4))
def test_random_gaussians_within_the_quantisation_step(tmp_path, version, degree):
    scene = random_scene(count=150, degree=degree, seed=version)
    path = tmp_path / "scene.sog"
    path.write_bytes(sog_bundle(scene, version))
    read = read_scene(path)
    assert (len(read), read.sh_degree, read.name) == (150, degree, "scene.sog")
    assert_near(read, scene, version)


def test_a_folder_its_index_and_a_bundle_are_the_same(tmp_path):
    files = sog_files(random_scene(degree=2))
    index = write_files(tmp_path / "scene", files)
    (tmp_path / "packed.zip").write_bytes(zipped(files, zipfile.ZIP_DEFLATED))
    wanted = read_scene(index).sha256()
    assert read_scene(tmp_path / "scene").sha256() == wanted
    assert read_scene(tmp_path / "packed.zip").sha256() == wanted


def test_one_gaussian_byte_by_byte(tmp_path):
    """Means 0x8000 / 65535 of -1..1; rotation with y largest; codebooks named by index."""
    steps = [i / 100 for i in range(256)]
    meta = {
        "version": 2,
        "count": 1,
        "means": {"mins": [-1, 0, 0], "maxs": [1, 0, 2], "files": ["l.png", "u.png"]},
        "scales": {"codebook": steps, "files": ["s.png"]},
        "quats": {"files": ["q.png"]},
        "sh0": {"codebook": steps, "files": ["c.png"]},
    }
    pictures = {"l": [255, 0, 0], "u": [255, 0, 128], "s": [0, 100, 200], "c": [1, 2, 255, 51]}
    pictures["q"] = [255, 0, 128, 254]
    for name, pixel in pictures.items():
        pixels = np.array(pixel, np.uint8).reshape(1, 1, -1)
        (tmp_path / f"{name}.png").write_bytes(webp(pixels, "PNG"))
    (tmp_path / "meta.json").write_text(json.dumps(meta))
    read = read_scene(tmp_path)
    z = np.expm1(2 * 0x8000 / 65535)
    assert read.means[0] == pytest.approx([np.e - 1, 0, z], rel=1e-6)
    assert read.scales[0] == pytest.approx(np.exp([0, 1, 2]), rel=1e-6)
    assert read.sh[0, 0] == pytest.approx([0.01, 0.02, 2.55])
    assert read.opacities[0] == pytest.approx(0.2)
    w, x, z = 0.5 * np.sqrt(2), -0.5 * np.sqrt(2), (128 / 255 - 0.5) * np.sqrt(2)
    length = np.sqrt(w * w + x * x + z * z)
    assert read.quats[0] == pytest.approx(np.array([w, x, 0, z]) / length, abs=1e-6)


def test_transparent_pixels_keep_their_colours(tmp_path):
    scene = random_scene(degree=0)
    scene.opacities[:] = 0.001  # rounds to alpha 0
    path = tmp_path / "scene.sog"
    path.write_bytes(sog_bundle(scene))
    read = read_scene(path)
    assert not read.opacities.any()
    assert np.abs(read.sh - scene.sh).max() < 0.51 * np.ptp(scene.sh) / 255


def test_a_rotation_without_a_tag_is_no_orientation(tmp_path):
    files = sog_files(random_scene(degree=0))
    pixels = rotation_pixels(random_scene(degree=0).quats)
    pixels[7, 3] = 12
    path = write_files(tmp_path / "s", files | {"quats.webp": webp(grid(pixels))})
    with pytest.raises(InputError, match="quats of Gaussian 7 is zero"):
        read_scene(path)
    with pytest.warns(InputWarning, match="1 of 40 Gaussians were dropped"):
        assert len(read_scene(path, drop_invalid=True)) == 39


@pytest.mark.parametrize("antialias", [False, True])
def test_antialiased_training_is_kept(tmp_path, antialias):
    path = write_files(tmp_path / "s", sog_files(random_scene(), antialias=antialias))
    assert read_scene(path).antialiased == antialias


def two_levels(tmp_path):
    """Fine: two files, of which one is named twice; coarse: one; an environment of degree 1."""
    parts = [random_scene(30, 3, seed) for seed in (1, 2, 3)]
    tree = {
        "children": [
            leaf(l0=(1, 0, 12), l1=(2, 5, 9)),
            {"children": [leaf(l0=(0, 10, 20)), leaf(l0=(1, 20, 10), l1=(2, 0, 5))]},
        ]
    }
    return parts, write_streamed(tmp_path / "lod", parts, tree, 2, random_scene(7, 1, 9))


def test_levels_of_a_streamed_scene(tmp_path):
    _, path = two_levels(tmp_path)
    folder = path.parent
    alone = [read_scene(folder / f"part_{i}") for i in range(3)]
    around = read_scene(folder / "env")
    fine = read_scene(path)
    wanted = [alone[1].means[:12], alone[1].means[20:30], alone[0].means[10:30], around.means]
    np.testing.assert_array_equal(fine.means, np.concatenate(wanted))
    np.testing.assert_array_equal(fine.sh[-7:, :4], around.sh)
    assert not fine.sh[-7:, 4:].any()
    coarse = read_scene(folder, detail=1)
    wanted = [alone[2].means[5:14], alone[2].means[:5], around.means]
    np.testing.assert_array_equal(coarse.means, np.concatenate(wanted))
    assert coarse.name == "lod/lod-meta.json"
    with pytest.raises(InputError, match="no level 2 of detail: choose --detail from 0 to 1"):
        read_scene(folder, detail=2)
    with pytest.raises(InputError, match=r"no streamed \.sog, and only these have levels"):
        read_scene(folder / "env", detail=0)
