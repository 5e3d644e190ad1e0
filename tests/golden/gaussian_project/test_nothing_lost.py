"""The projection drops no Gaussian that can reach a pixel, and its tiles hold all of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis.errors import NoSuchExample
from hypothesis.strategies import SearchStrategy

import golden.stages.gaussian_project.extent
import golden.stages.gaussian_project.integer
from golden.clustering.cluster import ClusterOptions
from golden.errors import InputError
from golden.pack import build_pack
from golden.rules import GSPLAT, INRIA
from tests.golden.gaussian_project.projection_run import PARAMS, run_view, tiles_missed
from tests.golden.hostile_strategies import KINDS, Case, cases
from tests.golden.random_hostile import hostile_camera, hostile_scene

QUICK = settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
# Stops at the first example, as drawn.
FIRST = settings(QUICK, max_examples=1000, phases=[Phase.generate], report_multiple_bugs=False)
# Other examples on each run; one that fails is printed in full.
SLOW = settings(QUICK, max_examples=3000, derandomize=False, print_blob=True)
CROWDS = cases(2, (2000, 2000))


def check_cases(profile: settings, strategy: SearchStrategy[Case]) -> Counter:
    """Asserts that no case loses anything; counts of what the cases held."""
    held: Counter = Counter()

    @profile
    @given(strategy)
    def nothing_lost(case: Case) -> None:
        held["cases"] += 1
        try:
            run = run_view(case.scene, case.camera, case.rules, case.options)
        except InputError:  # the camera stands too far away, or looks too far to the side
            held["refused"] += 1
            return
        kinds = np.array(case.kinds)
        assert len(run.lost) == 0, (run.lost, kinds[run.lost])
        assert len(tiles_missed(run, case.scene, case.camera, case.rules)) == 0
        dropped = run.fetched & ~run.kept
        for name, mask in (("needed", run.needed), ("dropped", dropped), ("kept", run.kept)):
            held[name] += int(mask.sum())
            held.update(f"{name} {kind}" for kind in kinds[mask])
        held["gaussians"] += len(case.scene)

    nothing_lost()
    return held


def check_shares(held: Counter) -> None:
    """The cases would mean nothing if their Gaussians were not needed, or never dropped."""
    print(dict(held))
    assert held["refused"] < 0.25 * held["cases"]
    assert held["needed"] > 0.1 * held["gaussians"]
    assert held["dropped"] > 0.03 * held["gaussians"]


def test_hostile_cases():
    check_shares(check_cases(QUICK, cases()))


def test_hostile_crowds():
    """Fewer cases, 2,000 Gaussians each."""
    check_shares(check_cases(settings(QUICK, max_examples=8), CROWDS))


@pytest.mark.slow
def test_hostile_cases_fifty_times_as_many():
    held = check_cases(SLOW, cases())
    check_shares(held)
    # Nor if that held for some kinds only.
    assert all(held[f"needed {kind}"] for kind in KINDS if kind != "behind")
    assert all(held[f"dropped {kind}"] for kind in KINDS if kind not in ("near", "giant"))


@pytest.mark.slow
def test_hostile_crowds_fifty_times_as_many():
    check_shares(check_cases(settings(SLOW, max_examples=400), CROWDS))


@pytest.mark.parametrize("rules", [INRIA, GSPLAT], ids=["inria", "gsplat"])
@pytest.mark.parametrize("seed", range(3))
def test_hostile_scenes(seed, rules):
    """3,000 Gaussians, giants among tiny ones, spans of 1 to 1000 units; 8 views each."""
    scene = hostile_scene(seed)
    pack = build_pack(scene, ClusterOptions("morton"), rules, PARAMS)
    needed = kept = 0
    for camera_seed in range(100 * seed, 100 * seed + 8):
        camera = hostile_camera(camera_seed, scene)
        run = run_view(scene, camera, rules, pack=pack)
        assert len(run.lost) == 0
        assert len(tiles_missed(run, scene, camera, rules)) == 0
        needed, kept = needed + run.needed.sum(), kept + run.kept.sum()
    assert 0 < needed <= kept


def no_margin(monkeypatch):
    monkeypatch.setattr(
        golden.stages.gaussian_project.extent, "margin", lambda where, k, formats: 0 * where.depth
    )


def smaller_reach(monkeypatch):
    original = golden.stages.gaussian_project.extent.reach
    monkeypatch.setattr(
        golden.stages.gaussian_project.extent,
        "reach",
        lambda *arguments: original(*arguments) * 63 >> 6,
    )


def half_a_pixel_off(monkeypatch):
    original = golden.stages.gaussian_project.integer.cover

    def cover(members, where, shape, k, formats):
        return original(members, where, shape, replace(k, principal=k.principal + 128), formats)

    monkeypatch.setattr(golden.stages.gaussian_project.integer, "cover", cover)


@pytest.mark.parametrize("fault", [no_margin, smaller_reach, half_a_pixel_off])
def test_a_fault_is_found(fault, monkeypatch):
    """The cases are sharp enough: each small fault of the bound loses something in one of them."""
    fault(monkeypatch)

    def loses(case: Case) -> bool:
        try:
            return len(run_view(case.scene, case.camera, case.rules, case.options).lost) > 0
        except InputError:
            return False

    try:
        find(cases(), loses, settings=FIRST)
    except NoSuchExample:
        pytest.fail("no case lost anything")
