"""Cases that lost a Gaussian once, the smallest of each kind, and crowds around them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import golden.clustering.cluster
from golden.camera import Camera
from golden.clustering.cluster import ClusterOptions
from golden.errors import InputError
from golden.pack import build_pack
from golden.pack.file import load_pack, save_pack
from golden.rules import GSPLAT, INRIA
from tests.golden.gaussian_project.projection_cases import looking, scene_of
from tests.golden.gaussian_project.projection_run import PARAMS, run_view, tiles_missed

RULES = pytest.mark.parametrize("rules", [INRIA, GSPLAT], ids=["inria", "gsplat"])


def vga(**changes) -> Camera:
    return looking(**({"width": 640, "height": 480, "fx": 600, "fy": 600} | changes))


@RULES
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("slope", [60, 150, 200, -1000, 1e4])
def test_giants_that_reach_more_than_the_extent_holds(rules, axis, slope):
    """A ball 65,535 px and more beside the picture, and larger still: it covers the picture."""
    mean = [0, 0, 1]
    mean[axis] = slope
    scene = scene_of(mean, 1e4, opacities=1)
    run = run_view(scene, vga(), rules)
    assert run.needed.all()
    assert len(run.lost) == 0
    assert run.splats.tile_rect.tolist() == [[0, 0, 40, 30]]


@RULES
@pytest.mark.parametrize("fy", [180.0, 60.0, 20.0])
@pytest.mark.parametrize("steps", [3, 6, 11])
def test_a_picture_far_beside_the_principal_point(rules, fy, steps):
    """All of the picture lies at y/z of -1 to -100: all is kept, or the camera refused."""
    camera = vga(fy=fy, cy=480.0 * steps)
    pixel = np.linspace(0, 480, 25)
    depth = np.linspace(1, 3.9, 25)
    scene = scene_of(np.column_stack((0 * depth, (pixel - camera.cy) / fy * depth, depth)), 1e-3)
    try:
        run = run_view(scene, camera, rules)
    except InputError as error:
        assert "to the side" in str(error)  # noqa: PT017
        assert np.abs(camera.cy / fy) > 4
        return
    assert run.needed.all()
    assert len(run.lost) == 0
    assert len(tiles_missed(run, scene, camera, rules)) == 0
    # 16 bits of offset over a cluster as wide as 264 times its depth.
    np.testing.assert_allclose(run.splats.mean2d[:, 1], pixel, atol=0.01 * camera.cy)


@pytest.mark.parametrize("far", [100, 200, 300, 1000, 1e5])
def test_means_far_from_the_ball_of_a_giant(far, tmp_path):
    """The smallest ball stands on the giant, so offsets are larger than all centres' range."""
    means = [[0, 0, 0], [0.5 * far, 0, far], [0.1 * far, 0, far], [0, 0.2 * far, far]]
    scene = scene_of(means, [[1e6] * 3, *[[0.01] * 3] * 3], opacities=1)
    pack = build_pack(scene, ClusterOptions("reach", 1), INRIA, PARAMS)
    assert pack.clusters["member_exponent"].max() <= 12
    save_pack(pack, tmp_path / "giant.pack")
    pack = load_pack(tmp_path / "giant.pack")
    viewmat = np.eye(4)
    viewmat[:3, 3] = [-20, 10, 3]
    camera = Camera("test", 640, 480, 600, 600, 320, 240, viewmat)
    run = run_view(scene, camera, INRIA, pack=pack)
    assert run.needed.sum() >= 3
    assert len(run.lost) == 0
    assert len(tiles_missed(run, scene, camera, INRIA)) == 0


def along(directions):
    """Quaternions w, x, y, z that turn x to each direction."""
    first = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    second = np.cross(first, [0, 1, 0])
    second /= np.linalg.norm(second, axis=1, keepdims=True)
    axes = np.stack((first, second, np.cross(first, second)), axis=2)
    return Rotation.from_matrix(axes).as_quat()[:, [3, 0, 1, 2]]


@RULES
@pytest.mark.parametrize("seed", range(10))
def test_needles_that_point_at_the_camera(rules, seed, monkeypatch):
    """Seen end on from where it is stored, a needle is a dot; from where it truly is, a long line.

    The means lie beside the picture, where the Jacobian is not clamped yet, and in one cluster with
    three far away, so that stored and true place differ by up to a fiftieth of the depth: as no
    pack has them, whose clusters are cut where near and far are in one.
    """
    monkeypatch.setattr(golden.clustering.cluster, "cut_far", lambda labels, points: labels)
    rng, n = np.random.default_rng(seed), 60
    span = 10 ** rng.uniform(0, 3.3)
    z = 10 ** rng.uniform(-0.6, 1.5, n)
    x = rng.uniform(0.535, 0.72, n) * rng.choice([-1, 1], n) * z
    near = np.column_stack((x, rng.uniform(-0.4, 0.4, n) * z, z))
    far = rng.uniform(-span, span, (3, 3)) * [1, 1, 0.5] + [0, 0, span / 2]
    means = np.vstack((near, far)).astype(np.float32)
    options = ClusterOptions("paper", 1)  # its centre is the mean of the means, whatever the sizes
    pack = build_pack(scene_of(means, 1e-3, opacities=1), options, rules, PARAMS)
    stored, cluster = np.empty((n + 3, 3)), pack.clusters[0]
    offset = np.ldexp(pack.geometry["offset"].astype(float), int(cluster["member_exponent"]))
    unit = pack.meta.grid.exponent + int(cluster["exponent"])
    stored[pack.order] = np.ldexp(cluster["center"] + offset, unit)
    scales = np.full((n + 3, 3), 1e-3)
    scales[:n, 0] = z * 10 ** rng.uniform(-0.5, 2.5, n)
    scene = scene_of(means, scales, along(stored), 1)
    run = run_view(scene, vga(), rules, options)
    assert len(run.lost) == 0
    assert len(tiles_missed(run, scene, vga(), rules)) == 0
