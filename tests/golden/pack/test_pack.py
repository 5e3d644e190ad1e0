"""The pack: tables that hold together, what a scene is checked against, and a real scene."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.clustering.cluster import ClusterOptions
from golden.errors import InputError
from golden.gaussians.bound import can_show, reach
from golden.pack import build_pack, check_parameters, check_scene, scene_mask
from golden.pack.file import load_pack, save_pack
from golden.params import Parameters
from golden.rules import GSPLAT
from golden.scene_io import read_scene
from tests.golden.pack.pack_cases import METHODS, NEVER, PARAMS, SCENES, packed, plain_scene


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
    assert not geometry["reserved"].any()
    larger = np.maximum(scene.opacities[pack.order], geometry["opacity"] / 65535)
    np.testing.assert_array_equal(geometry["flags"], can_show(larger))


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


def test_groups_fit_the_count():
    pack = packed(plain_scene(), "reach", 100, Parameters(count_bits=5), per_group=0)
    assert pack.groups["count"].max() <= 31
    assert pack.meta.groups >= 4
    assert pack.groups["count"].sum() == pack.meta.clusters


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
    assert (meta.gaussians, meta.clusters, meta.sh_degree, meta.version) == (400, 7, 0, 4)
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
        ({"factor_bits": 13}, "more than 13 signed bits hold: pack for these parameters"),
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
    e = reach(scene.scales, scene.opacities)[pack.order]
    shows = pack.geometry["flags"] == 1
    bases = np.append(pack.clusters["base"], len(pack))
    group_counts = np.diff(bases[np.append(pack.groups["base"], pack.meta.clusters)])
    for table, counts in ((pack.clusters, pack.clusters["count"]), (pack.groups, group_counts)):
        unit = np.ldexp(1.0, table["exponent"].astype(int) + pack.meta.grid.exponent)
        center = np.repeat(table["center"] * unit[:, None], counts, axis=0)
        center += np.array(pack.meta.grid.origin)
        distance = np.linalg.norm(scene.means[pack.order] - center, axis=1)
        for b, kind in ((1, "low"), (1.3, "high")):
            radius = np.repeat(table[f"radius_{kind}"] * unit, counts)
            assert (distance + b * e <= radius)[shows].all()
        assert (table["radius_high"] < NEVER).all()
