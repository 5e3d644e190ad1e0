"""Builds of random legal parameters: the RTL's frame is the models', every bit and counter.

`uv run pytest -n 2 -m slow tests/rtl/accelerator/test_random_parameters.py --draws 200` takes more.
"""

from __future__ import annotations

import numpy as np
import pytest

from golden.clustering.cluster import ClusterOptions
from golden.pack import build_pack
from golden.params import parameter_ranges
from golden.rules import rules_named
from hw.host.status import StatusCode
from sim.model.memory import MemoryModel
from sim.views.frame import run_frame
from tests.rtl.accelerator.picture_stimulus import camera, cloud
from tests.rtl.accelerator.random_parameters import MOST, random_parameters

IN_THE_SUITE = (9,)  # two lanes, color and an odd number of splats: cost the cycle model a cycle
TRIES = 8  # of a camera that is within reach of the formats


def pytest_generate_tests(metafunc):
    if "draw" in metafunc.fixturenames:
        draws = range(metafunc.config.getoption("draws"))
        marks = {True: (), False: pytest.mark.slow}
        metafunc.parametrize(
            "draw", [pytest.param(n, marks=marks[n in IN_THE_SUITE]) for n in draws]
        )


def test_draws_take_several_values_of_every_parameter():
    drawn = [random_parameters(np.random.default_rng(seed)) for seed in range(200)]
    for name, legal in parameter_ranges().items():
        found = {getattr(params, name) for params in drawn}
        assert len(found) > 1, name
        assert max(found) <= MOST.get(name, legal.high)


def test_a_frame_of_the_rtl_is_the_models(draw):
    rng = np.random.default_rng([7, draw])
    params = random_parameters(rng)
    memory = MemoryModel(latency_cycles=int(rng.integers(1, 120)))
    rules = rules_named(("inria", "gsplat")[draw % 2], bool(params.antialiased))
    options = ClusterOptions("reach", None, "safe", per_group=4)
    pack = build_pack(cloud(300, draw), options, rules, params, colors="narrow")
    run = run_frame(pack, camera(*map(int, rng.integers(20, 100, 2))), rules, "rtl", memory, params)
    assert run.status is not None
    assert run.status.code in (StatusCode.DONE, StatusCode.LISTS_FULL), params
    if run.status.code == StatusCode.DONE:
        assert run.mismatches == 0, params
        assert run.counters["members"] > 0
