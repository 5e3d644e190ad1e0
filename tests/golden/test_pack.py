"""The pack: what it stores, how far off, and that every member lies inside its ball."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from golden.bound import REACH_FACTOR_MAX, can_show, reach, reach_factor
from golden.clustering.cluster import ClusterOptions, cluster_gaussians
from golden.covariance import covariance3d
from golden.errors import InputError
from golden.pack import build_pack, check_parameters, check_scene, pack_clusters, scene_mask
from golden.pack.file import load_pack, save_pack
from golden.pack.tables import _block_floats, grid_exponent_for
from golden.params import Parameters
from golden.rules import GSPLAT, INRIA
from golden.scene_io import read_scene
from tests.golden.hostile_scenes import hostile_scenes, make_scene

SCENES = hostile_scenes()
METHODS = ("paper", "reach", "morton")
PARAMS = Parameters()
NEVER = PARAMS.radius.max_int


def packed(scene, method="reach", clusters=None, params=PARAMS, radius="safe", per_group=4):
    options = ClusterOptions(method, clusters, radius, per_group=per_group)
    return build_pack(scene, options, INRIA, params)


def balls_of(pack):
    """Each ball of both tables with the pack order of its Gaussians."""
    clusters = pack.clusters
    for cluster in clusters:
        first = int(cluster["base"])
        yield cluster, range(first, first + int(cluster["count"]))
    for group in pack.groups:
        of = clusters[int(group["base"]) :][: int(group["count"])]
        first = int(of["base"][0])
        yield group, range(first, first + int(of["count"].sum()))


def plain_scene(n=400, seed=0, degree=0):
    return make_scene(np.random.default_rng(seed).normal(size=(n, 3)), seed=seed, degree=degree)


def stored_means(pack):
    """(N, 3) Fractions, scene units, pack order: centre + offset 2^m grid units, exactly."""
    grid = Fraction(2) ** pack.meta.grid_exponent
    rows = []
    for cluster in pack.clusters:
        unit = Fraction(2) ** int(cluster["member_exponent"])
        base, count = int(cluster["base"]), int(cluster["count"])
        center = [int(c) for c in cluster["center"]]
        for offset in pack.geometry["offset"][base : base + count]:
            rows.append([(c + int(o) * unit) * grid for c, o in zip(center, offset, strict=True)])
    return rows


def exact(values):
    return [Fraction(float(v)) for v in values]


def assert_inside(center, mean, radius, reaches, what):
    """|mean - center| + reach <= radius, without a square root."""
    room = radius - reaches
    distance2 = sum((a - b) ** 2 for a, b in zip(center, mean, strict=True))
    assert room >= 0, what
    assert room * room >= distance2, what


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize(
    ("method", "clusters"), [("paper", 1), ("paper", 9), ("reach", None), ("morton", 30)]
)
def test_every_gaussian_is_inside_its_balls(name, method, clusters):
    scene = SCENES[name]
    pack = packed(scene, method, clusters)
    grid = Fraction(2) ** pack.meta.grid_exponent
    e, shows = exact(reach(scene.scales, scene.opacities)), can_show(scene.opacities)
    means = [exact(m) for m in scene.means]
    stored = stored_means(pack)
    for ball, gaussians in balls_of(pack):
        low, high, mean_radius = (
            int(ball[f"radius_{kind}"]) * grid for kind in ("low", "high", "mean")
        )
        center = [int(c) * grid for c in ball["center"]]
        for i in gaussians:
            g = int(pack.order[i])
            if not shows[g] or ball["radius_high"] == NEVER:
                continue
            for mean in (means[g], stored[i]):
                for b in (Fraction(1), Fraction(115, 100), Fraction(13, 10)):
                    radius = low + (high - low) * (b - 1) / Fraction(3, 10)
                    assert_inside(center, mean, radius, b * e[g], (name, g, float(b)))
                assert_inside(center, mean, mean_radius, 0, (name, g, "mean"))


@pytest.mark.parametrize("name", SCENES)
def test_stored_covariances_are_inside_too(name):
    """As the hardware reads them: k and the largest variance of the record."""
    scene = SCENES[name]
    pack = packed(scene, "morton", 20)
    grid = 2.0**pack.meta.grid_exponent
    variance = np.linalg.eigvalsh(symmetric(pack.geometry["covariance"].astype(float)))[:, 2]
    sigma = np.sqrt(np.ldexp(np.maximum(variance, 0), pack.geometry["covariance_exponent"]))
    e = pack.geometry["reach_factor"] / 2**14 * sigma
    stored = np.array(stored_means(pack), dtype=float)
    shows = pack.geometry["flags"] == 1
    for ball, gaussians in balls_of(pack):
        if ball["radius_high"] == NEVER:
            continue
        i = np.array(gaussians)[shows[gaussians]]
        distance = np.linalg.norm(stored[i] - ball["center"] * grid, axis=1)
        for b, kind in ((1.0, "low"), (1.3, "high")):
            radius = ball[f"radius_{kind}"] * grid * (1 + 1e-12)
            assert (distance + b * e[i] <= radius).all()


def test_a_covariance_that_grows_in_rounding_is_inside():
    """Mantissas 16384.52 and 0.51 all round up: the stored size is 1.5 2^-15 larger."""
    along, across = np.sqrt(16384.01 + 3 * 0.51) / 64, np.sqrt(16384.01) / 64
    scene = make_scene([[0, 0, 0]], scales=[[along, across, across]], opacities=1)
    half = np.arccos(1 / np.sqrt(3)) / 2  # turns x to (1, 1, 1) / sqrt(3)
    turn = [np.cos(half), 0, -np.sin(half) / np.sqrt(2), np.sin(half) / np.sqrt(2)]
    pack = packed(replace(scene, quats=np.array([turn], np.float32)))
    assert pack.geometry["covariance"][0].tolist() == [16385, 1, 1, 16385, 1, 16385]
    sigma = np.sqrt(np.ldexp(16387.0, int(pack.geometry["covariance_exponent"][0])))
    reached = pack.geometry["reach_factor"][0] / 2**14 * sigma
    assert reached > reach(scene.scales, scene.opacities)[0] * (1 + 2.0**-17)
    assert pack.clusters["radius_low"][0] * 2.0**pack.meta.grid_exponent >= reached


def symmetric(six):
    xx, xy, xz, yy, yz, zz = np.asarray(six, float).T
    return np.moveaxis(np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]), -1, 0)


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("method", METHODS)
def test_tables_hold_together(name, method):
    scene = SCENES[name]
    pack = packed(scene, method)
    clusters, groups, geometry = pack.clusters, pack.groups, pack.geometry
    assert len(pack) == len(scene) == pack.meta.gaussians
    assert len(clusters) == pack.meta.clusters
    np.testing.assert_array_equal(np.sort(pack.order), np.arange(len(scene)))
    assert len(groups) == pack.meta.groups
    assert not groups["member_exponent"].any()
    for table, total in ((clusters, len(scene)), (groups, len(clusters))):
        ends = np.cumsum(table["count"], dtype=int)
        np.testing.assert_array_equal(table["base"], ends - table["count"])
        assert ends[-1] == total
        assert table["count"].min() >= 1
        assert np.abs(table["center"]).max() <= PARAMS.center.max_int
        assert (table["radius_mean"] <= table["radius_low"]).all()
        assert (table["radius_low"] <= table["radius_high"]).all()
        assert (table["radius_high"] <= NEVER).all()
        assert not table["reserved"].any()
    assert not geometry["reserved"].any()
    np.testing.assert_array_equal(geometry["flags"], can_show(scene.opacities)[pack.order])


@pytest.mark.parametrize("name", SCENES)
def test_means_are_stored_to_half_a_unit(name):
    scene = SCENES[name]
    pack = packed(scene, "morton", 20)
    stored = stored_means(pack)
    units = np.repeat(pack.clusters["member_exponent"].astype(int), pack.clusters["count"])
    for i, g in enumerate(pack.order):
        unit = Fraction(2) ** (pack.meta.grid_exponent + int(units[i]))
        for a, b in zip(exact(scene.means[g]), stored[i], strict=True):
            # float64 rounds the offset first, in the last of 53 bits
            assert abs(a - b) <= unit / 2 * (1 + Fraction(1, 2**20))


@pytest.mark.parametrize("name", SCENES)
def test_member_exponents_are_the_smallest(name):
    pack = packed(SCENES[name], "morton", 20)
    largest = np.maximum.reduceat(
        np.abs(pack.geometry["offset"].astype(int)).max(axis=1), pack.clusters["base"]
    )
    exponents = pack.clusters["member_exponent"]
    assert exponents.min() >= -16
    assert largest.max() <= 32767
    assert (largest[exponents > -16] >= 16384).all()


@pytest.mark.parametrize(
    "name", [n for n in SCENES if n not in ("smallest numbers", "tiny and near the origin")]
)
def test_covariances_are_stored_to_half_a_unit(name):
    scene = SCENES[name]
    pack = packed(scene, "morton")
    mantissas = pack.geometry["covariance"].astype(int)
    exponents = pack.geometry["covariance_exponent"].astype(int)
    sigma = covariance3d(scene).sigma[pack.order]
    if name in ("largest numbers", "beyond every radius"):
        assert (exponents[np.abs(sigma).max(axis=1) > 2.0**143] == 127).all()
        return
    error = np.abs(np.ldexp(mantissas.astype(float), exponents[:, None]) - sigma)
    assert (error <= np.ldexp(0.5, exponents)[:, None]).all()
    largest = np.abs(mantissas).max(axis=1)
    assert ((largest >= 16384) & (largest <= 32767)).all()


BLOCKS = {
    # largest value: exponent, mantissa
    "one": (1.0, -14, 16384),
    "largest mantissa": (32767.0, 0, 32767),
    "rounds down to it": (32767.49, 0, 32767),
    "rounds past it": (32767.5, 1, 16384),
    "zero": (0.0, -128, 0),
    "smallest float64": (5e-324, -128, 0),
    "smallest kept": (2.0**-128, -128, 1),
    "lost below": (2.0**-129, -128, 0),
    "largest kept": (32767 * 2.0**127, 127, 32767),
    "largest of float32 squared": (3.4e38**2, 127, 32714),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_block_floats(name):
    value, exponent, mantissa = BLOCKS[name]
    row = np.array([[value, -value / 2, 0, value / 4, 0, 0]])
    mantissas, exponents = _block_floats(row)
    assert exponents.tolist() == [exponent]
    assert mantissas[0, 0] == mantissa
    assert abs(mantissas[0, 1] + mantissa / 2) <= 0.5


def test_reach_factors_are_rounded_up():
    opacities = np.array([0, 1 / 255, 0.004, 0.1, 0.5, 0.999, 1], np.float32)
    scene = make_scene(np.eye(7, 3), opacities=opacities)
    pack = packed(scene, "paper", 1)
    stored = pack.geometry["reach_factor"] / 2**14
    wanted = reach_factor(scene.opacities)
    assert (stored >= wanted).all()
    assert (stored - wanted < 2.0**-14).all()
    assert stored.max() <= np.ceil(REACH_FACTOR_MAX * 2**14) / 2**14
    np.testing.assert_array_equal(
        pack.geometry["opacity"], [round(float(o) * 65535) for o in opacities]
    )


def test_colours_are_the_nearest_float16_cut_to_finite():
    scene = plain_scene(200, degree=3)
    sh = scene.sh.copy()
    sh[5, 3] = [1e6, -1e30, 65519]
    pack = packed(replace(scene, sh=sh))
    assert pack.colors.dtype == np.float16
    assert np.isfinite(pack.colors).all()
    want = np.clip(sh, -65504, 65504).astype(np.float16)
    np.testing.assert_array_equal(pack.colors, want[pack.order])
    assert pack.meta.sh_degree == 3


def test_3sigma_is_the_papers_radius_to_the_letter():
    means = [[0, 0, 0], [2, 0, 0], [1, 3, 0]]
    scales = [[0.5, 0.1, 0.1], [0.1, 0.25, 0.1], [0.1, 0.1, 1]]
    # the last can never show, and counts all the same
    scene = make_scene(means, scales=scales, opacities=[1, 0.5, 0])
    pack = packed(scene, "paper", 1, radius="3sigma")
    grid = 2.0**pack.meta.grid_exponent
    np.testing.assert_array_equal(pack.clusters["center"][0] * grid, [1, 1, 0])
    assert pack.clusters["radius_low"][0] == np.ceil((2 + 3) / grid * (1 + 2.0**-40))
    assert pack.clusters["radius_high"][0] == pack.clusters["radius_low"][0]
    assert pack.clusters["radius_mean"][0] == np.ceil(2 / grid * (1 + 2.0**-40))
    group = pack.groups[0]
    center = group["center"] * grid
    reached = (np.linalg.norm(means - center, axis=1) + 3 * np.float32(scales).max(axis=1)).max()
    assert group["radius_low"] == group["radius_high"] == np.ceil(reached / grid)
    assert (group["base"], group["count"]) == (0, 1)


def test_safe_leaves_out_what_never_shows():
    means = [[0, 0, 0], [2, 0, 0], [1, 300, 0]]
    scene = make_scene(means, scales=0.01, opacities=[1, 1, 0])
    for method in ("reach", "morton"):
        pack = packed(scene, method, 1)
        assert pack.clusters["radius_high"][0] * 2.0**pack.meta.grid_exponent < 1.1
        np.testing.assert_array_equal(np.sort(pack.geometry["flags"]), [0, 1, 1])


def test_radii_are_tight():
    """No more than a grid unit, the float64 margin and the stored size above the bound."""
    scene = plain_scene()
    options = ClusterOptions("paper", 10)
    clustering = cluster_gaussians(scene, options)
    pack = pack_clusters(scene, clustering, options, INRIA)
    grid = 2.0**pack.meta.grid_exponent
    order, starts = clustering.order, clustering.starts
    center = np.repeat(pack.clusters["center"] * grid, clustering.counts, axis=0)
    d = np.linalg.norm(scene.means[order] - center, axis=1)
    e = reach(scene.scales, scene.opacities)[order]
    shows = can_show(scene.opacities)[order]
    for b, kind in ((1, "low"), (1.3, "high")):
        bound = np.maximum.reduceat(np.where(shows, d + b * e, 0), starts)
        assert (pack.clusters[f"radius_{kind}"] * grid <= bound * (1 + 2.0**-12)).all()


def test_group_radii_are_tight():
    """Over Gaussians: never larger than over the clusters' balls, and smaller in the mean."""
    pack = packed(plain_scene(2000), clusters=200, per_group=10)
    grid = 2.0**pack.meta.grid_exponent
    bounds, radii = [], []
    for group, gaussians in list(balls_of(pack))[pack.meta.clusters :]:
        of = pack.clusters[int(group["base"]) :][: int(group["count"])]
        between = np.linalg.norm((of["center"] - group["center"]).astype(float), axis=1)
        bounds.append((between + of["radius_low"]).max() * grid)
        radii.append(group["radius_low"] * grid)
        assert len(gaussians) == of["count"].sum()
    assert (np.array(radii) <= np.array(bounds) + grid).all()
    assert np.mean(radii) < 0.97 * np.mean(bounds)


def test_the_grid_holds_the_centres_of_groups():
    """A giant far out: the group's centre is near it, ten times as far as the cluster's."""
    means = np.append(np.zeros((9, 3)), [[100, 0, 0]], axis=0)
    scales = np.append(np.full(9, 0.01), 90.0)[:, None]
    scene = make_scene(means, scales=scales, opacities=1)
    pack = packed(scene, "paper", 1, Parameters(center_headroom_bits=0))
    farthest = PARAMS.center.max_int
    assert 6 * pack.clusters["center"][0, 0] < pack.groups["center"][0, 0] <= farthest


def test_groups_fit_the_count():
    pack = packed(plain_scene(), "reach", 100, Parameters(count_bits=5), per_group=0)
    assert pack.groups["count"].max() <= 31
    assert pack.meta.groups >= 4
    assert pack.groups["count"].sum() == pack.meta.clusters


@pytest.mark.parametrize(
    ("largest", "bits", "exponent"),
    [
        (0.0, 24, -19),
        (1e-20, 24, -19),
        (15.9, 24, -19),
        (16.0, 24, -18),
        (8388607.0, 24, 0),
        (8388607.49, 24, 0),
        (8388607.6, 24, 1),
        (-8388608.0, 24, 1),
        (3e38, 24, 105),
        (1.0, 12, -10),
        (2047 / 1024, 12, -10),
        (2, 12, -9),
    ],
)
def test_grid(largest, bits, exponent):
    centers = np.array([[0, largest, 0]], float)
    params = Parameters(center_bits=bits, center_headroom_bits=0)
    assert grid_exponent_for(centers, params) == exponent


def test_grid_leaves_room_for_the_camera():
    """16 times as far away as the farthest centre, a camera is still within reach."""
    params = Parameters()
    for largest in (0.7, 21.0, 900.0):
        exponent = grid_exponent_for(np.array([[largest, 0, 0]]), params)
        reach = params.camera_position.max_int * 2.0 ** (exponent - params.length_fraction_bits)
        assert 16 * largest <= reach <= 64 * max(largest, 1)


def test_radii_that_do_not_fit_say_never_cull():
    pack = packed(SCENES["beyond every radius"])
    assert (pack.clusters["radius_low"] == NEVER).all()
    assert (pack.clusters["radius_high"] == NEVER).all()
    narrow = packed(plain_scene(), params=Parameters(radius_bits=12))
    assert (narrow.clusters["radius_high"] == 4095).all()


def test_clusters_fit_the_count():
    pack = packed(plain_scene(), "paper", 2, Parameters(count_bits=5))
    assert pack.clusters["count"].max() <= 31


@pytest.mark.parametrize("method", METHODS)
def test_same_arguments_same_pack(method):
    scene = plain_scene()
    first, again = packed(scene, method), packed(scene, method)
    assert first.meta == again.meta
    for name in ("groups", "clusters", "geometry", "colors", "order"):
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes()


def test_meta():
    scene = plain_scene()
    pack = build_pack(scene, ClusterOptions("paper", 7, "3sigma", 42), GSPLAT)
    meta = pack.meta
    assert (meta.method, meta.radius, meta.rules, meta.seed) == ("paper", "3sigma", "gsplat", 42)
    assert (meta.gaussians, meta.clusters, meta.sh_degree, meta.version) == (400, 7, 0, 2)
    assert meta.groups == len(pack.groups) == 1
    assert (meta.center_bits, meta.radius_bits) == (24, 24)
    assert (meta.scene, meta.scene_sha256) == ("scene", scene.sha256())


def test_scene_mask_is_in_the_order_of_the_file():
    scene = plain_scene()
    pack = packed(scene, "paper", 12)
    visible = np.random.default_rng(0).random(12) < 0.5
    mask = scene_mask(pack, visible)
    for j, cluster in enumerate(pack.clusters):
        members = pack.order[cluster["base"] :][: cluster["count"]]
        assert (mask[members] == visible[j]).all()
    for bad in (np.ones(11, bool), np.ones(12, np.uint8)):
        with pytest.raises(InputError, match=r"visible clusters are .* where bool \(12,\)"):
            scene_mask(pack, bad)


def test_check_scene():
    scene = plain_scene()
    pack = packed(scene)
    check_scene(pack, scene)
    with pytest.raises(InputError, match="holds 400 Gaussians and scene 399"):
        check_scene(pack, plain_scene(399))
    other = scene.opacities.copy()
    other[3] = 0.125
    with pytest.raises(InputError, match="made of other values than scene holds"):
        check_scene(pack, replace(scene, opacities=other))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"center_bits": 20}, "has 24 bits a centre and 24 a radius, the hardware 20 and 24"),
        ({"radius_bits": 20}, "the hardware 24 and 20"),
        ({"base_bits": 8}, "holds 400 Gaussians, more than 8 bits count"),
        ({"count_bits": 3}, "has a cluster of 40 Gaussians, more than 3 bits count"),
    ],
)
def test_check_parameters(changes, message):
    pack = packed(plain_scene(), "morton", 10)
    check_parameters(pack, PARAMS)
    with pytest.raises(InputError, match=message):
        check_parameters(pack, Parameters(**changes))


def test_a_group_too_large_for_the_count():
    pack = packed(plain_scene(), "morton", 400, per_group=0)
    with pytest.raises(InputError, match="a group of 400 clusters, more than 8 bits count"):
        check_parameters(pack, Parameters(count_bits=8))


def test_a_scene_too_large_for_the_base_is_refused():
    with pytest.raises(InputError, match="more than 8 bits count: raise base_bits"):
        packed(plain_scene(257), params=Parameters(base_bits=8))
    assert len(packed(plain_scene(256), params=Parameters(base_bits=8))) == 256


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_real_scene(method, bonsai_dir, tmp_path):
    scene = read_scene(bonsai_dir / "bonsai.spz")
    pack = packed(scene, method)
    save_pack(pack, tmp_path / "bonsai.pack")
    pack = load_pack(tmp_path / "bonsai.pack")
    check_scene(pack, scene)
    grid = 2.0**pack.meta.grid_exponent
    e = reach(scene.scales, scene.opacities)[pack.order]
    shows = pack.geometry["flags"] == 1
    bases = np.append(pack.clusters["base"], len(pack))
    group_counts = np.diff(bases[np.append(pack.groups["base"], pack.meta.clusters)])
    for table, counts in ((pack.clusters, pack.clusters["count"]), (pack.groups, group_counts)):
        center = np.repeat(table["center"] * grid, counts, axis=0)
        distance = np.linalg.norm(scene.means[pack.order] - center, axis=1)
        for b, kind in ((1, "low"), (1.3, "high")):
            radius = np.repeat(table[f"radius_{kind}"] * grid, counts)
            assert (distance + b * e <= radius)[shows].all()
        assert (table["radius_high"] < NEVER).all()
