"""The projection as a stream: order kept, counts that add up, rows alone."""

from __future__ import annotations

import numpy as np
import pytest

import golden.stages.gaussian_project.integer
from golden.clustering.cluster import ClusterOptions
from golden.records import MEMBER_DTYPE, SPLAT_DTYPE
from golden.rules import GSPLAT, INRIA
from golden.stages.gaussian_project.formats import DROPS
from golden.stages.gaussian_project.integer import gaussian_project
from tests.golden.gaussian_project.projection_cases import hostile_scene, looking
from tests.golden.gaussian_project.projection_run import PARAMS, run_view

RULES = pytest.mark.parametrize("rules", [INRIA, GSPLAT], ids=["inria", "gsplat"])


def some_run(rules, n=2000, seed=1):
    return run_view(
        hostile_scene(n, seed), looking(seed), rules, ClusterOptions("morton", max(n // 50, 1))
    )


@RULES
def test_counts_add_up_and_order_is_kept(rules):
    run = some_run(rules)
    projected = run.projected
    assert tuple(projected.dropped) == DROPS
    assert all(count > 0 for count in projected.dropped.values())
    assert len(projected.splats) == projected.kept.sum()
    assert len(run.members) == projected.kept.sum() + sum(projected.dropped.values())
    np.testing.assert_array_equal(projected.splats["index"], run.members["index"][projected.kept])
    assert (np.diff(projected.splats["index"].astype(int)) > 0).all()
    assert not projected.splats["reserved"].any()
    hidden = run.members["geometry"]["flags"] == 0
    assert projected.dropped["opacity"] == hidden.sum()
    assert not (hidden & projected.kept).any()


@RULES
def test_tiles_lie_in_the_picture(rules):
    run = some_run(rules)
    x0, y0, x1, y1 = run.projected.splats["tile_rect"].T
    assert (x0 < x1).all()
    assert (y0 < y1).all()
    assert (x1 <= 5).all()  # 70 x 45 px
    assert (y1 <= 3).all()


@pytest.mark.parametrize("rows", [1, 7, 8191, 8192, 8193])
def test_chunks_do_not_matter(rows, monkeypatch):
    run = some_run(INRIA)
    members = np.resize(run.members, 8193 if rows > 8000 else 60)
    whole = gaussian_project(members, run.constants, PARAMS)
    monkeypatch.setattr(golden.stages.gaussian_project.integer, "CHUNK_ROWS", rows)
    parts = gaussian_project(members, run.constants, PARAMS)
    assert whole.splats.tobytes() == parts.splats.tobytes()
    np.testing.assert_array_equal(whole.kept, parts.kept)
    assert whole.dropped == parts.dropped


def test_rows_do_not_depend_on_their_neighbours():
    run = some_run(GSPLAT)
    shuffled = np.random.default_rng(0).permutation(len(run.members))
    again = gaussian_project(run.members[shuffled], run.constants, PARAMS)
    back = np.argsort(again.splats["index"])
    assert again.splats[back].tobytes() == run.projected.splats.tobytes()
    assert again.dropped == run.projected.dropped


def test_no_members_no_splats():
    run = some_run(INRIA, 20)
    empty = gaussian_project(np.zeros(0, MEMBER_DTYPE), run.constants, PARAMS)
    assert empty.splats.dtype == SPLAT_DTYPE
    assert len(empty.splats) == len(empty.kept) == 0
    assert empty.dropped == dict.fromkeys(DROPS, 0)


@pytest.mark.parametrize("byte", [0, 0x7F, 0x80, 0xFF])
def test_any_record_is_taken(byte):
    """No pack holds them, but the hardware must answer: all bits one, largest, smallest, zero."""
    run = some_run(INRIA, 20)
    members = np.frombuffer(bytes([byte]) * MEMBER_DTYPE.itemsize * 3, MEMBER_DTYPE)
    projected = gaussian_project(members, run.constants, PARAMS)
    assert projected.kept.sum() + sum(projected.dropped.values()) == 3
