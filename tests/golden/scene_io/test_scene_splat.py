"""antimatter15's .splat."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from golden.scene_io import read_scene
from tests.golden.scene_io.scene_files import SH_C0, random_scene, splat_file


@pytest.mark.parametrize("name", ["scene.splat", "SCENE.SPLAT"])
def test_random_gaussians(tmp_path, name):
    scene = random_scene(count=200, degree=0)
    (tmp_path / name).write_bytes(splat_file(scene))
    read = read_scene(tmp_path / name)
    assert (len(read), read.sh_degree, read.name) == (200, 0, name)
    np.testing.assert_array_equal(read.means, scene.means)
    np.testing.assert_array_equal(read.scales, scene.scales)
    np.testing.assert_allclose(read.opacities, scene.opacities, atol=0.5 / 255 + 1e-6)
    np.testing.assert_allclose(read.sh, scene.sh, atol=0.5 / 255 / SH_C0 + 1e-6)
    # 1.0 is stored as 255, a whole step below 256
    np.testing.assert_allclose(read.quats, scene.quats, atol=0.016)


def test_one_record_byte_by_byte(tmp_path):
    record = struct.pack("<6f", 1, -2, 3, 0.5, 0.25, 4) + bytes([255, 0, 128, 51, 128, 192, 128, 0])
    (tmp_path / "one.splat").write_bytes(record)
    scene = read_scene(tmp_path / "one.splat")
    assert scene.means[0].tolist() == [1, -2, 3]
    assert scene.scales[0].tolist() == [0.5, 0.25, 4]
    assert scene.opacities[0] == pytest.approx(0.2)
    half = 0.5 / 0.28209479177387814
    assert scene.sh[0, 0] == pytest.approx([half, -half, (128 / 255 - 0.5) * 2 * half], rel=1e-6)
    length = np.hypot(0.5, 1)
    assert scene.quats[0] == pytest.approx([0, 0.5 / length, 0, -1 / length], abs=1e-7)
