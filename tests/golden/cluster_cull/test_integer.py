"""The integer model of cluster_cull against exact arithmetic, and how much its margins cost."""

from fractions import Fraction

import numpy as np
import pytest

from golden.camera import Camera
from golden.errors import InputError
from golden.gaussians.bound import LOW_PASS_REACH_PX
from golden.params import Parameters
from golden.records import CLUSTER_DTYPE
from golden.rules import GSPLAT, INRIA
from golden.stages.cluster_cull.constants import cluster_cull_constants, view_planes
from golden.stages.cluster_cull.integer import ball_cull
from golden.stages.cluster_cull.reference import ball_cull_reference
from golden.stages.cluster_cull.result import CullResult, spread_levels
from tests.rtl.cluster_cull.stimulus import GRID, random_clusters, random_view

PARAMS = Parameters()


def camera_at(position, focal=1000.0, size=(800, 600), **changes) -> Camera:
    viewmat = np.eye(4)
    viewmat[:3, 3] = -np.asarray(position, dtype=float)
    width, height = size
    values = {"fx": focal, "fy": focal, "cx": width / 2, "cy": height / 2} | changes
    return Camera(name="test", width=width, height=height, pose=viewmat, **values)


def one_cluster(center, low=0, high=0, mean=0) -> np.ndarray:
    clusters = np.zeros(1, dtype=CLUSTER_DTYPE)
    clusters["center"] = np.round(np.ldexp(np.asarray(center, dtype=float), -GRID.exponent))
    clusters["radius_low"], clusters["radius_high"], clusters["radius_mean"] = low, high, mean
    clusters["count"] = 1
    return clusters


@pytest.mark.parametrize("seed", range(20))
def test_model_is_integer_arithmetic(seed):
    """Each visible flag again with Python integers, from the equations of the module."""
    constants = random_view(seed, PARAMS)
    clusters = random_clusters(50, seed, PARAMS)
    result = ball_cull(clusters, constants, PARAMS)
    for i, cluster in enumerate(clusters):
        apart = int(cluster["exponent"]) - constants.camera_exponent
        assert result.apart[i] == apart
        frame_down, ball_down = Fraction(2) ** max(apart, 0), Fraction(2) ** max(-apart, 0)
        d = [
            (int(cluster["center"][j]) * 16 / ball_down + Fraction(1, 2)).__floor__()
            - (int(constants.camera_position[j]) / frame_down + Fraction(1, 2)).__floor__()
            for j in range(3)
        ]
        center = []
        for row in constants.rotation:
            total = sum(int(r) * v for r, v in zip(row, d, strict=True))
            center.append((Fraction(total, 2**17) + Fraction(1, 2)).__floor__())
        assert center == list(result.center_camera[i])
        margin = max(abs(v) for v in d) // 2**14 + 5
        near = (constants.near_offset / frame_down).__ceil__()
        side = (constants.side_offset / frame_down).__ceil__()
        low, high, mean = (
            (int(cluster[f"radius_{name}"]) / ball_down).__ceil__()
            for name in ("low", "high", "mean")
        )
        out = center[2] + margin + 16 * mean + near < 0
        for plane in range(4):
            grown = (
                low + Fraction(int(constants.weight[plane // 2]) * (high - low), 2**16).__ceil__()
            )
            dot = int(constants.normal_lateral[plane]) * center[plane // 2]
            dot += int(constants.normal_depth[plane]) * center[2]
            out |= dot // 2**16 + margin + 16 * grown + side < 0
        assert result.visible[i] == (not out or cluster["radius_high"] == 2**24 - 1)


@pytest.mark.parametrize("rules", [INRIA, GSPLAT], ids=["inria", "gsplat"])
@pytest.mark.parametrize("seed", range(6))
def test_margins_are_safe_and_thin(seed, rules):
    """Never culls what the exact test keeps; keeps more only within the stated band."""
    rng = np.random.default_rng(seed)
    # Half of the cameras so far away that the frame's unit is coarser than the grid's.
    position = rng.normal(size=3) * (10 ** rng.uniform(3, 8) if seed % 2 else 1)
    camera = camera_at(position, focal=300.0 * 2 ** rng.uniform(0, 3))
    clusters = random_clusters(20_000, seed, PARAMS)
    # Units of every kind, from where a ball is far smaller than the camera's distance on.
    frame = GRID.camera_exponent(camera, PARAMS)
    clusters["exponent"] = np.maximum(frame + rng.integers(-8, 12, len(clusters)), 0)
    clusters["radius_high"] = np.minimum(clusters["radius_high"], 2**24 - 2)
    constants = cluster_cull_constants(camera, rules, GRID, PARAMS)
    planes = view_planes(camera, rules)
    exact = ball_cull_reference(clusters, GRID, camera, planes, PARAMS)
    integer = ball_cull(clusters, constants, PARAMS)
    assert not (exact.visible & ~integer.visible).any()
    own = np.ldexp(1.0, clusters["exponent"].astype(int) + GRID.exponent)
    frame_unit = 2.0 ** (GRID.exponent + frame)
    unit = np.maximum(own, frame_unit)
    distance = np.abs(clusters["center"] * own[:, None] - camera.position).max(axis=1)
    # Twice the margin of the datapath, the radii's rounding, and the weight's last place.
    band = 2.0**-13 * distance + (4 * constants.side_offset * frame_unit + 24 * unit) / 16
    band += clusters["radius_high"] * own * 2.0**-16 + np.where(own < unit, 2 * unit, 0)
    fatter = clusters.copy()
    for name in ("radius_low", "radius_high", "radius_mean"):
        fatter[name] = np.minimum(clusters[name] + np.ceil(band / own), 2**24 - 2)
    within = ball_cull_reference(fatter, GRID, camera, planes, PARAMS).visible
    assert not (integer.visible & ~within & (fatter["radius_high"] < 2**24 - 2)).any()
    assert 0.01 < integer.visible.mean() < 0.99


@pytest.mark.parametrize(
    ("center", "visible"),
    [
        ((0, 0, 5), True),
        ((0, 0, -5), False),  # behind
        ((0, 0, 0.19), False),  # before the near plane of the inria rules
        ((0, 0, 0.21), True),
        ((2.2, 0, 5), False),  # right of the image: 400/1000 * 5 = 2.0, low pass 0.009
        ((2.005, 0, 5), True),  # within the low pass
        ((-2.2, 0, 5), False),
        ((0, 1.6, 5), False),
        ((0, -1.6, 5), False),
        ((0, 1.49, 5), True),
    ],
)
def test_points_around_the_frustum(center, visible):
    camera = camera_at((0, 0, 0))
    constants = cluster_cull_constants(camera, INRIA, GRID, PARAMS)
    result = ball_cull(one_cluster(center), constants, PARAMS)
    assert bool(result.visible[0]) == visible


@pytest.mark.parametrize("cx", [150, 650])
@pytest.mark.parametrize("cy", [100, 450])
@pytest.mark.parametrize("beyond_px", [-0.3, 0.3])
def test_points_beside_each_edge_of_a_picture_off_its_centre(cx, cy, beyond_px):
    """A third of a pixel beyond what the low pass reaches, from the centres of the pixels there."""
    camera = camera_at((0, 0, 0), cx=cx, cy=cy)
    constants = cluster_cull_constants(camera, INRIA, GRID, PARAMS)
    outward = 0.5 - LOW_PASS_REACH_PX - beyond_px
    for u, v in ((outward, 300), (800 - outward, 300), (400, outward), (400, 600 - outward)):
        point = one_cluster(((u - cx) / 1000 * 5, (v - cy) / 1000 * 5, 5))
        assert ball_cull(point, constants, PARAMS).visible[0] == (beyond_px < 0), (u, v)


def test_tests_of_both_levels_are_counted():
    groups, tested = np.array([True, False]), np.array([True, True, True, False])
    center = np.arange(9).reshape(3, 3)
    members = CullResult(np.array([True, False, True]), center, np.array([1, 2, 3]))
    result = spread_levels(groups, tested, members)
    assert result.tests == 2 + 3
    assert result.visible.tolist() == [True, False, True, False]
    assert result.apart.tolist() == [1, 2, 3, 0]
    assert result.center_camera.tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [0, 0, 0]]


def test_a_ball_around_the_camera_is_kept():
    camera = camera_at((0, 0, 0))
    constants = cluster_cull_constants(camera, INRIA, GRID, PARAMS)
    ball = one_cluster((0, 0, -1), low=2**20, high=2**20, mean=2**20)  # radius 4
    assert ball_cull(ball, constants, PARAMS).visible[0]


def test_all_ones_is_never_culled():
    camera = camera_at((0, 0, 0))
    constants = cluster_cull_constants(camera, INRIA, GRID, PARAMS)
    ball = one_cluster((0, 0, -31), low=0, high=2**24 - 1, mean=0)
    assert ball_cull(ball, constants, PARAMS).visible[0]


def test_camera_out_of_reach_is_refused_by_name():
    assert cluster_cull_constants(camera_at((127, 0, 0)), INRIA, GRID, PARAMS).camera_exponent == 0
    assert cluster_cull_constants(camera_at((129, 0, 0)), INRIA, GRID, PARAMS).camera_exponent == 1
    cluster_cull_constants(camera_at((1e78, 0, 0)), INRIA, GRID, PARAMS)
    with pytest.raises(InputError, match="camera test stands 1e\\+80 scene units from the origin"):
        cluster_cull_constants(camera_at((0, 1e80, 0)), INRIA, GRID, PARAMS)


@pytest.mark.parametrize("rules", [INRIA, GSPLAT], ids=["inria", "gsplat"])
def test_no_clusters_no_result(rules):
    constants = cluster_cull_constants(camera_at((0, 0, 0)), rules, GRID, PARAMS)
    result = ball_cull(np.zeros(0, dtype=CLUSTER_DTYPE), constants, PARAMS)
    assert result.visible.shape == (0,)
