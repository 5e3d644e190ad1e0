"""Netlists of tile_bin and depth_sort after synthesis: every byte and entry as the model has it.

The one stage is of gates and the other RTL, then both are of gates.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from hw.stages.depth_sort.depth_sort import DepthSort
from hw.stages.tile_bin.tile_bin import TileBin
from hw.synth.flow import synthesise
from hw.synth.gate_level import with_models
from sim.rtl.lists_harness import ListsHarness, Pressure, lists_verilog
from tests.rtl.synth.netlist_component import NetlistComponent, unit_of
from tests.rtl.tile_bin.lists_checks import check_frame
from tests.rtl.tile_bin.stimulus import hostile_splats, random_colors, random_splats
from tests.rtl.tile_bin.test_lists_rtl import (
    BUILDS,
    CONSTANTS,
    KEYS,
    ONE_BIN,
    PARAMS,
    SIZE_PX,
    everywhere,
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lists_gates")]
STAGES = {"tile_bin": TileBin, "depth_sort": DepthSort}
HARD = Pressure(idle_256=60, stall_256=100, busy_256=90, latency_cycles=37)


# Parameters, and whether they are mapped as a unit is that nearly fills its part.
BUILDS_MAPPED = {"usual": (PARAMS, False), "dense": (BUILDS["one_lane"], True)}


@pytest.fixture(scope="module")
def netlists(tmp_path_factory) -> dict[tuple[str, str], str]:
    """Of each build and stage, after Yosys, for the ECP5."""
    found = {}
    for build, (params, dense) in BUILDS_MAPPED.items():
        folder = tmp_path_factory.mktemp(build)
        for name, stage in STAGES.items():
            unit = replace(unit_of(name, stage(params)), is_dense=dense)
            synthesise(unit, "ecp5", folder)
            found[build, name] = (folder / f"{name}_netlist.v").read_text()
    return found


@pytest.fixture(
    scope="module",
    params=[("usual", "tile_bin"), ("usual", "depth_sort"), ("usual", "both"), ("dense", "both")],
    ids="_".join,
)
def harness(request, netlists) -> ListsHarness:
    """The lists with gates in place of the stage, or of both."""
    build, which = request.param
    params, _ = BUILDS_MAPPED[build]
    chosen = STAGES if which == "both" else {which: STAGES[which]}
    gates = {
        name: NetlistComponent(stage(params), f"splatsieve_{name}")
        for name, stage in chosen.items()
    }
    around = lists_verilog(params, gates.get("tile_bin"), gates.get("depth_sort"))
    cells = with_models("\n".join(netlists[build, name] for name in chosen))
    built = ListsHarness(params, f"{around}\n{cells}", optimisation="-O0")
    built.build()
    return built


def test_small_resets_of_a_dense_unit_are_logic(netlists):
    """Fewer than 64 flip-flops share none."""
    for name in STAGES:
        nets = Counter(re.findall(r"\.LSR\((.*?)\)", netlists["dense", name]))
        few = {net: count for net, count in nets.items() if count < 64 and "1'h" not in net}
        assert few == {}
        usual = Counter(re.findall(r"\.LSR\((.*?)\)", netlists["usual", name]))
        assert len(nets) < len(usual)


def check(harness, splats, constants=CONSTANTS, pressure=HARD):
    colors = random_colors(len(splats), len(splats))
    run = harness.run(splats, colors, constants, pressure)
    return check_frame(run, splats, colors, constants, PARAMS)


@pytest.mark.parametrize("count", [0, 1, 9, 600])
def test_random_splats(harness, count):
    lists = check(harness, random_splats(count, count, PARAMS, SIZE_PX))
    assert (lists.entries > 0) == (count > 0)


def test_hostile_splats(harness):
    splats = hostile_splats(400, 3, PARAMS)
    splats["tile_rect"] = random_splats(400, 3, PARAMS, SIZE_PX)["tile_rect"]
    splats["tile_rect"][::50] = (0, 0, 1024, 1024)
    check(harness, splats)


@pytest.mark.parametrize("name", ["all equal", "clustered", "pages of near keys"])
def test_a_list_longer_than_the_sorter(harness, name):
    keys = KEYS[name](np.random.default_rng(3), 701)
    check(harness, everywhere(len(keys), keys), ONE_BIN)


def test_a_stopped_frame_leaves_nothing_behind(harness):
    pressure = Pressure(latency_cycles=20, stop_cycle=150, sort_stop_cycle=90, frames_before=1)
    check(harness, random_splats(200, 8, PARAMS, SIZE_PX), pressure=pressure)
