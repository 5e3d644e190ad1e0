"""The study of stored colours: rounding by hand, noise of a step, rows against single pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.default_scene import default_cameras, default_scene
from golden.image import psnr_db, read_image, write_png
from golden.pack.color_record import decode_colors, encode_colors
from golden.render import render
from golden.rules import GSPLAT
from reports.benches.bench_colors import (
    BITS_48,
    SPZ_STEPS,
    STORED,
    blocks,
    narrow,
    off_the_lattice,
    study,
)


def test_blocks_by_hand():
    """Three bits: at most 3 of a unit. 6, -3 and 1 have the unit 2: 3, -2 (halves to even), 0."""
    sh = np.zeros((1, 16, 3), np.float32)
    sh[0, 0] = 6, -3, 1
    sh[0, 1] = 0.7, 0, 0
    out = blocks(sh, (3, 3, 3, 3))
    assert out[0, 0].tolist() == [6, -4, 0]
    assert out[0, 1].tolist() == [0.75, 0, 0]
    assert not out[0, 2:].any()


def test_blocks_of_the_records_widths_are_the_record():
    sh = np.random.default_rng(1).normal(0, 0.3, (500, 16, 3)).astype(np.float32)
    sh[:, 0, 0] = 1.5  # the record's exponents are not below 0: here none is
    np.testing.assert_array_equal(blocks(sh, (12, 5, 5, 4)), decode_colors(encode_colors(sh), 16))


def test_records_have_the_bytes_they_say():
    assert STORED["narrow"][0] == encode_colors(np.zeros((1, 16, 3), np.float32)).itemsize
    bits = 4 * 4 + 3 * sum(n * bits for n, bits in zip((1, 3, 5, 7), BITS_48, strict=True))
    assert bits <= 8 * STORED["blocks 12/7/7/7"][0] == 384
    sh = np.random.default_rng(1).normal(0, 0.3, (200, 16, 3)).astype(np.float32)
    errors = [np.abs(rounding(sh) - sh).max() for _, rounding in STORED.values()]
    assert errors == sorted(errors)  # fewer bytes, larger error
    assert errors[-1] > 0


def test_noise_is_of_one_step():
    scene = default_scene(3_000)
    moved = off_the_lattice(scene, 0).sh - scene.sh
    for degree, step in enumerate(SPZ_STEPS):
        of = moved[:, degree**2 : (degree + 1) ** 2]
        assert np.abs(of).max() == pytest.approx(step / 2, rel=0.01)
        assert of.std() == pytest.approx(step / 12**0.5, rel=0.02)
    np.testing.assert_array_equal(off_the_lattice(scene, 0).sh, off_the_lattice(scene, 0).sh)
    assert (off_the_lattice(scene, 1).sh != off_the_lattice(scene, 0).sh).any()


@pytest.fixture(scope="module")
def photographed(tmp_path_factory):
    """A small scene, its cameras, and photographs that are its pictures, as PNG."""
    folder = tmp_path_factory.mktemp("photos")
    scene = default_scene(2_000)
    cameras = [replace(c, name=f"{n}.png") for n, c in enumerate(default_cameras(2, 64, 48))]
    for camera in cameras:
        write_png(folder / camera.name, render(scene, camera, GSPLAT).image)
    return scene, [(camera, folder / camera.name) for camera in cameras], folder


def test_rows_are_those_of_whole_pictures(photographed):
    scene, views, _ = photographed
    noisy = off_the_lattice(scene, 0)
    rows = study({"scene": scene, "noisy": noisy}, views, [GSPLAT])
    assert len(rows) == 2 * len(STORED)
    before, after = [], []
    stored = replace(noisy, sh=narrow(noisy.sh))
    for camera, path in views:
        photo = read_image(path)
        before.append(psnr_db(render(noisy, camera, GSPLAT).image, photo))
        after.append(psnr_db(render(stored, camera, GSPLAT).image, photo))
    row = next(r for r in rows if (r["colors_of"], r["stored"]) == ("noisy", "narrow"))
    assert row["psnr_exact_db"] == pytest.approx(np.mean(before), abs=1e-4)
    assert row["psnr_stored_db"] == pytest.approx(np.mean(after), abs=1e-4)
    change = np.subtract(after, before)
    assert row["change_db"] == pytest.approx(change.mean(), abs=1e-4)
    assert row["worst_view_change_db"] == pytest.approx(change.min(), abs=1e-4)
    assert row["between_least_db"] <= row["between_mean_db"] < 100
