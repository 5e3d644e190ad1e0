"""mkkellogg's .ksplat at its three levels of compression, and files that lie about themselves."""

from __future__ import annotations

import struct
from functools import partial

import numpy as np
import pytest

from golden.scene_io import read_scene
from golden.scene_io.ksplat import raw_from_ksplat
from tests.golden.scene_io.ksplat_scene_files import (
    BLOCK,
    SPAN,
    ksplat_file,
    ksplat_header,
    ksplat_order,
    ksplat_section,
)
from tests.golden.scene_io.scene_files import random_scene
from tests.golden.scene_io.scene_refusal import low_memory, peak_bytes, refused


@pytest.fixture
def refusal(tmp_path):
    return partial(refused, tmp_path)


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("degree", range(4))
def test_random_gaussians_within_the_quantisation_step(tmp_path, level, degree):
    scene = random_scene(60, degree, seed=level)
    path = tmp_path / "scene.ksplat"
    path.write_bytes(ksplat_file(scene, level))
    read, order = read_scene(path), ksplat_order(scene, level)
    assert (len(read), read.sh_degree) == (60, degree)
    assert sorted(order) == list(range(60))
    step = {0: 0, 1: BLOCK / 2 / SPAN, 2: BLOCK / 2 / SPAN}[level]
    np.testing.assert_allclose(read.means, scene.means[order], atol=0.51 * step + 1e-6)
    half = 0 if level == 0 else 2**-11
    np.testing.assert_allclose(read.scales, scene.scales[order], rtol=half, atol=1e-7 + half / 1e3)
    np.testing.assert_allclose(read.quats, scene.quats[order], atol=2 * half + 1e-6)
    np.testing.assert_allclose(read.opacities, scene.opacities[order], atol=0.51 / 255)
    np.testing.assert_allclose(read.sh[:, 0], scene.sh[order, 0], atol=0.51 / 255 / 0.28209)
    rest = {0: 0, 1: 2**-11, 2: 0.51 * 2 / 255}[level]
    np.testing.assert_allclose(read.sh[:, 1:], scene.sh[order, 1:], atol=rest + 1e-7)


def test_sections_of_unlike_degree_are_one_scene(tmp_path):
    """A second section, of degree 0, and room for a third that is empty."""
    parts = [random_scene(5, 2, 1), random_scene(4, 0, 2)]
    sections, data = b"", b""
    for part in parts:
        whole = ksplat_file(part, 0)
        sections, data = sections + whole[4096:5120], data + whole[5120:]
    head = ksplat_header(3, 9, 0) + sections + ksplat_section(0, 0, 0)
    (tmp_path / "s.ksplat").write_bytes(head + data)
    read = read_scene(tmp_path / "s.ksplat")
    np.testing.assert_array_equal(read.means, np.concatenate([part.means for part in parts]))
    np.testing.assert_array_equal(read.sh[:5, 1:], parts[0].sh[:, 1:])
    assert not read.sh[5:, 1:].any()


def test_bounds_of_harmonics_that_the_header_leaves_out(tmp_path):
    scene = random_scene(20, 1)
    path = tmp_path / "s.ksplat"
    path.write_bytes(ksplat_file(scene, 2, sh_bound=1.5))
    wanted = read_scene(path).sha256()
    data = bytearray(path.read_bytes())
    data[36:44] = bytes(8)
    path.write_bytes(data)
    assert read_scene(path).sha256() == wanted


@pytest.mark.parametrize(
    ("at", "form", "value", "what"),
    [
        (0, "<H", 0x0001, ".ksplat 1.0"),
        (20, "<H", 3, "compression level 3"),
        (4, "<I", 2**32 - 1, "in 4294967295 sections"),
        (4, "<I", 0, "do not hold the 20 Gaussians"),
        (16, "<I", 0, "promises 0 Gaussians"),
        (16, "<I", 2**32 - 1, "promises 4294967295 Gaussians"),
        (16, "<I", 21, "do not hold the 21 Gaussians"),
        (4096, "<I", 21, "contradicts itself"),
        (4096, "<I", 19, "do not hold the 20 Gaussians"),
        (4100, "<I", 2**32 - 1, "section 0 ends after"),
        (4108, "<I", 2**32 - 1, "section 0 ends after"),
        (4108, "<I", 0, "contradicts itself"),
        (4112, "<f", np.nan, "no size or no centre"),
        (4116, "<H", 8, "no size or no centre"),
        (4128, "<I", 2**32 - 1, "contradicts itself"),
        (4132, "<I", 2**32 - 1, "contradicts itself"),
        (4136, "<H", 4, "contradicts itself"),
    ],
)
def test_headers_that_lie(refusal, at, form, value, what):
    data = bytearray(ksplat_file(random_scene(20, 1), 1))
    struct.pack_into(form, data, at, value)
    assert low_memory(lambda: what in refusal(bytes(data), "scene.ksplat"))


def test_buckets_that_hold_too_few(refusal):
    data = bytearray(ksplat_file(random_scene(20, 0), 1))
    struct.pack_into("<I", data, 5120, 0)  # the length of the first bucket that is not full
    assert "buckets do not hold the 20" in refusal(bytes(data), "scene.ksplat")


def test_sizes_of_zero_are_refused(refusal):
    data = bytearray(ksplat_file(random_scene(20, 0), 0))
    struct.pack_into("<f", data, 5120 + 12, 0)
    assert "scales of Gaussian 0 is not greater than zero" in refusal(bytes(data), "s.ksplat")


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("degree", [0, 3])
def test_memory_is_a_multiple_of_the_file(level, degree):
    """At most 24 times its bytes, as the reader says."""
    small = ksplat_file(random_scene(64, degree), level, bucket=8)
    record = (len(small) - 5120) // 64
    count = 20_000
    data = ksplat_header(1, count, level) + ksplat_section(count, level, degree, 79, 0, 256)
    data += np.ones(79 * 12 * bool(level) + count * record, np.uint8).tobytes()
    peak = peak_bytes(lambda: raw_from_ksplat(data, "s.ksplat"))
    assert peak < 24 * len(data)
