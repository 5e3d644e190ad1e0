"""What a pack stores, as numbers: as near to the scene as its formats say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras, default_scene
from golden.gaussians.covariance import covariance3d
from golden.pack import build_pack
from golden.pack.unpack import stored_gaussians
from golden.rules import GSPLAT, INRIA
from golden.stages.gaussian_fetch.integer import gaussian_fetch, members_of, visible_records
from golden.stages.gaussian_project.reference import gaussian_project_reference
from golden.stages.gaussian_project.visibility import visibility
from tests.golden.hostile_scenes import make_scene

SCENES = {
    "default": lambda: default_scene(3000),
    "random": lambda: make_scene(np.random.default_rng(3).normal(size=(500, 3)) * 40, seed=3),
}


@pytest.fixture(scope="module", params=list(SCENES))
def scene(request):
    return SCENES[request.param]()


@pytest.fixture(scope="module")
def pack(scene):
    return build_pack(scene, ClusterOptions("reach", 40, "safe", 0), INRIA)


def test_values_are_those_of_the_scene_in_its_order(scene, pack):
    stored = stored_gaussians(pack)
    assert len(stored) == len(scene)
    assert stored.name == scene.name
    exponents = np.empty(len(scene))
    own = pack.clusters["member_exponent"] + pack.clusters["exponent"].astype(int)
    exponents[pack.order] = np.repeat(own, pack.clusters["count"])
    unit = np.ldexp(1.0, exponents.astype(int) + pack.meta.grid.exponent)
    step = np.spacing(np.abs(scene.means)).astype(np.float64)
    assert (np.abs(stored.means - scene.means) <= unit[:, None] / 2 + step).all()
    assert np.abs(stored.opacities - scene.opacities).max() <= 0.5 / 65535 + 1e-7

    exact = covariance3d(scene)
    scale = scene.scales.max(axis=1).astype(np.float64) ** 2
    difference = np.abs(stored.covariances.sigma - exact.sigma).max(axis=1)
    assert (difference <= 2.0**-13 * scale).all()
    shows = exact.reach >= 0
    np.testing.assert_array_equal(stored.hidden[shows], False)
    assert (stored.covariances.reach[shows] >= np.minimum(exact.reach[shows], 3.33)).all()
    assert np.abs(stored.covariances.reach[shows] - exact.reach[shows]).max() < 0.03


@pytest.mark.parametrize("rules", [INRIA, GSPLAT], ids=["inria", "gsplat"])
def test_projection_of_stored_values_is_near_that_of_the_scene(scene, pack, rules):
    stored = stored_gaussians(pack)
    camera = default_cameras(2, 320, 200)[1]
    ours, exact = stored.project(camera, rules), gaussian_project_reference(scene, camera, rules)
    _, a, b = np.intersect1d(ours.index, exact.index, return_indices=True)
    assert len(a) >= 0.99 * len(exact)
    assert np.quantile(np.abs(ours.mean2d[a] - exact.mean2d[b]), 0.99) < 0.05

    keep = np.zeros(len(scene), dtype=np.bool_)
    keep[ours.index[::2]] = True
    assert stored.project(camera, rules, keep).index.tolist() == ours.index[::2].tolist()


def test_hidden_gaussians_are_those_that_cannot_show():
    scene = default_scene(1000)
    faint = scene.opacities.copy()
    faint[::3] = 0.001
    pack = build_pack(
        replace(scene, opacities=faint), ClusterOptions("reach", 10, "safe", 0), INRIA
    )
    hidden = stored_gaussians(pack).hidden
    assert hidden[::3].all()
    assert not hidden[faint >= 1 / 255].any()
    camera = default_cameras(1, 96, 64)[0]
    assert not visibility(replace(scene, opacities=faint), camera, INRIA).can_reach[hidden].any()


class Culled:
    """A LevelsResult as far as members need it."""

    def __init__(self, pack, visible):
        self.visible = visible
        generator = np.random.default_rng(0)
        self.center_camera = generator.integers(-1000, 1000, (len(visible), 3))
        self.apart = generator.integers(-40, 40, len(visible))


def test_members_are_the_gaussians_of_their_clusters(pack):
    visible = np.random.default_rng(1).random(len(pack.clusters)) < 0.4
    culled = Culled(pack, visible)
    records = visible_records(pack.clusters, culled)
    members = gaussian_fetch(pack, culled)
    assert members.tobytes() == members_of(pack, records).tobytes()
    assert len(members) == pack.clusters["count"][visible].sum()
    at = 0
    for record in records[::-1][:3]:
        assert int(record["count"]) > 0
    for record in records:
        count, base = int(record["count"]), int(record["base"])
        part = members[at : at + count]
        assert part["index"].tolist() == list(range(base, base + count))
        assert part["geometry"].tobytes() == pack.geometry[base : base + count].tobytes()
        assert (part["center_camera"] == record["center_camera"]).all()
        assert (part["member_exponent"] == record["member_exponent"]).all()
        assert (part["exponent"] == record["exponent"]).all()
        at += count
    assert at == len(members)


def test_offsets_count_the_coarser_unit(pack):
    """A unit finer than the frame's: less is left of an offset, down to nothing."""
    culled = Culled(pack, np.ones(len(pack.clusters), dtype=np.bool_))
    records, own = visible_records(pack.clusters, culled), pack.clusters["member_exponent"]
    finer = culled.apart < 0
    assert finer.any()
    due = np.maximum(own + culled.apart, -32)
    assert (records["member_exponent"] == np.where(finer, due, own)).all()
    assert (records["exponent"] == np.where(finer, 0, culled.apart)).all()


def test_members_follow_the_order_of_the_stream(pack):
    records = visible_records(
        pack.clusters, Culled(pack, np.ones(len(pack.clusters), dtype=np.bool_))
    )
    members = members_of(pack, records[::-1])
    assert members["index"][0] == records["base"][-1]
    assert sorted(members["index"].tolist()) == list(range(len(pack)))


def test_no_visible_cluster_has_no_members(pack):
    records = visible_records(
        pack.clusters, Culled(pack, np.zeros(len(pack.clusters), dtype=np.bool_))
    )
    assert len(records) == len(members_of(pack, records)) == 0


def test_a_cluster_beyond_the_pack_is_refused(pack):
    records = visible_records(
        pack.clusters, Culled(pack, np.ones(len(pack.clusters), dtype=np.bool_))
    )
    records["base"][-1] += 1
    with pytest.raises(ValueError, match="beyond the pack's"):
        members_of(pack, records)
