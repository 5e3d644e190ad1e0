"""No Gaussian that can reach a pixel is ever culled: hostile scenes and cameras, both rule sets."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.cluster_cull import cluster_cull, cluster_cull_float
from golden.clustering.cluster import ClusterOptions
from golden.covariance import covariance3d
from golden.frame import frame_constants, view_planes
from golden.pack import build_pack, scene_mask
from golden.params import Parameters
from golden.rules import GSPLAT, INRIA, Rules
from golden.scene import Scene
from golden.visibility import visibility
from tests.golden.random_hostile import hostile_camera, hostile_scene

PARAMS = Parameters()


def lost_and_kept(scene: Scene, method: str, rules: Rules, camera_seeds) -> tuple[int, float]:
    """Gaussians lost in all views by reference and integer model, and the mean share kept."""
    pack = build_pack(scene, ClusterOptions(method, None, "safe", 0), rules, PARAMS)
    covariances = covariance3d(scene)
    lost, kept = 0, []
    for seed in camera_seeds:
        camera = hostile_camera(seed, scene)
        needed = visibility(scene, camera, rules, covariances).can_reach
        grid = pack.meta.grid_exponent
        exact = cluster_cull_float(pack.clusters, grid, camera, view_planes(camera, rules), PARAMS)
        constants = frame_constants(camera, rules, grid, PARAMS)
        integer = cluster_cull(pack.clusters, constants, PARAMS)
        # The integer model may keep more than the exact test, never less.
        assert not (exact.visible & ~integer.visible).any()
        for result in (exact, integer):
            lost += int((needed & ~scene_mask(pack, result.visible)).sum())
        kept.append(scene_mask(pack, integer.visible).mean())
    return lost, float(np.mean(kept))


@pytest.mark.parametrize("rules", [INRIA, GSPLAT], ids=["inria", "gsplat"])
@pytest.mark.parametrize("method", ["paper", "reach", "morton"])
@pytest.mark.parametrize("seed", range(4))
def test_hostile_scenes(seed, method, rules):
    lost, kept = lost_and_kept(
        hostile_scene(seed), method, rules, range(100 * seed, 100 * seed + 12)
    )
    assert lost == 0
    assert kept < 1  # the test would mean nothing if no cluster were ever culled


@settings(max_examples=60, deadline=None)
@given(
    scene_seed=st.integers(0, 10**6),
    camera_seed=st.integers(0, 10**6),
    count=st.integers(1, 200),
    rules=st.sampled_from([INRIA, GSPLAT]),
)
def test_any_small_scene(scene_seed, camera_seed, count, rules):
    scene = hostile_scene(scene_seed, count)
    assert lost_and_kept(scene, "morton", rules, [camera_seed])[0] == 0


def test_the_literal_3_sigma_radius_does_lose():
    """The check can fail: with the paper's radius it does, on opaque round Gaussians."""
    scene = hostile_scene(0, 2000)
    scales = np.repeat(scene.scales.max(axis=1, keepdims=True), 3, axis=1)
    scene = replace(scene, scales=scales, opacities=np.ones(2000, dtype=np.float32))
    lost = {}
    for radius in ("3sigma", "safe"):
        pack = build_pack(scene, ClusterOptions("paper", 2000, radius, 0), INRIA, PARAMS)
        lost[radius] = 0
        for camera_seed in range(20):
            camera = hostile_camera(camera_seed, scene)
            constants = frame_constants(camera, INRIA, pack.meta.grid_exponent, PARAMS)
            visible = cluster_cull(pack.clusters, constants, PARAMS).visible
            needed = visibility(scene, camera, INRIA).can_reach
            lost[radius] += int((needed & ~scene_mask(pack, visible)).sum())
    assert lost["3sigma"] > 0
    assert lost["safe"] == 0
