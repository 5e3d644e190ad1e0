"""The real scene: nothing lost, RTL equal to the model, pictures equal bit for bit."""

import numpy as np
import pytest

from golden.camera import select_views
from golden.camera_io import read_cameras
from golden.clustering.cluster import ClusterOptions
from golden.pack import build_pack
from golden.rules import GSPLAT, INRIA
from golden.scene_io import read_scene
from sim.views.cluster_cull import CullChecker, cull_views
from sim.views.gaussian_project import project_views
from sim.views.gaussian_project_check import ProjectChecker
from sim.views.photos import match_photos, photographed

RULES = pytest.mark.parametrize("rules", [INRIA, GSPLAT], ids=["inria", "gsplat"])


@pytest.fixture(scope="module")
def scene(bonsai_dir):
    return read_scene(bonsai_dir / "bonsai.spz")


@pytest.fixture(scope="module")
def cameras(bonsai_dir):
    return select_views(read_cameras(bonsai_dir / "cameras.json"), None)


@pytest.fixture(scope="module", params=[("paper", 16_384), ("reach", None)], ids=["paper", "reach"])
def pack(scene, request):
    method, clusters = request.param
    return build_pack(scene, ClusterOptions(method, clusters, "safe", 0), INRIA)


def check(pack, scene, cameras, rules):
    """Lost, mismatches and found fraction over the views, through the RTL."""
    checker = CullChecker(pack, scene, rules)
    lost = mismatches = 0
    found = []
    for camera, frame in zip(cameras, cull_views(pack, cameras, rules, "rtl"), strict=True):
        counts = checker.check(camera, frame)
        lost += counts.lost
        mismatches += frame.mismatches
        found.append(counts.found / counts.unnecessary)
        assert frame.cycles == frame.model_cycles
    assert (lost, mismatches) == (0, 0)
    return float(np.mean(found))


@pytest.mark.slow
@RULES
def test_all_views_at_1559x1039(pack, scene, cameras, rules):
    assert len(cameras) == 292
    found = check(pack, scene, [camera.resized(1559, 1039) for camera in cameras], rules)
    assert found > {"paper": 0.92, "reach": 0.97}[pack.meta.method]


@pytest.mark.slow
@RULES
def test_pictures_with_and_without_culling_are_equal(scene, cameras, bonsai_dir, rules):
    pack = build_pack(scene, ClusterOptions("reach", None, "safe", 0), INRIA)
    pairs = photographed(cameras, bonsai_dir / "photos")
    assert len(pairs) == 37
    matches = list(match_photos(scene, pack, pairs, rules))
    assert all(match.pictures_equal for match in matches)
    if rules is GSPLAT:
        assert np.mean([match.psnr_whole_db for match in matches]) == pytest.approx(30.0, abs=0.01)


@pytest.mark.slow
@RULES
def test_projection_of_five_views(scene, cameras, bonsai_dir, rules):
    """Every Gaussian of every visible cluster, RTL against model against float64, and pictures."""
    pack = build_pack(scene, ClusterOptions("reach", None, "safe", 0), INRIA)
    checker = ProjectChecker(pack, scene, rules)
    views = [camera.resized(1559, 1039) for camera in cameras[::60]]
    members = 0
    for camera, frame in zip(views, project_views(pack, views, rules, "rtl"), strict=True):
        counts = checker.check(camera, frame)
        assert (frame.all_mismatches, counts.lost) == (0, 0)
        assert counts.more_kept <= 0.005 * counts.radii_positive
        assert counts.center_off <= 1e-4 * counts.compared
        assert counts.depth_off <= 1e-4 * counts.compared
        members += frame.members
    assert members > 1_500_000


@pytest.mark.slow
@RULES
def test_pictures_of_integer_splats(scene, cameras, bonsai_dir, rules):
    pack = build_pack(scene, ClusterOptions("reach", None, "safe", 0), INRIA)
    pairs = photographed(cameras, bonsai_dir / "photos")[::6]
    for match in match_photos(scene, pack, pairs, rules, stage="gaussian", engine="integer"):
        assert match.psnr_between_db > 50
        assert abs(match.psnr_whole_db - match.psnr_culled_db) < 0.02


def test_a_few_views(scene, cameras):
    """The quick part of the above, in every run."""
    pack = build_pack(scene, ClusterOptions("morton", None, "safe", 0), INRIA)
    views = [camera.resized(1559, 1039) for camera in cameras[::100]]
    assert check(pack, scene, views, INRIA) > 0.94
