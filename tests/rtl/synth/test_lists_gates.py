"""The netlist of tile_bin and depth_sort after synthesis: bytes, entries and order of the model."""

from __future__ import annotations

import numpy as np
import pytest

from hw.synth.devices import LARGE
from hw.synth.flow import synthesise
from hw.synth.gate_level import with_models
from hw.synth.units import Unit
from sim.rtl.lists_harness import LISTS_NAME, ListsHarness, Pressure, lists_verilog
from tests.rtl.tile_bin.stimulus import hostile_splats, random_splats
from tests.rtl.tile_bin.test_lists_rtl import (
    HARD,
    KEYS,
    ONE_BIN,
    PARAMS,
    SIZE_PX,
    everywhere,
    run_and_check,
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lists_gates")]


@pytest.fixture(scope="module")
def netlist(tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("lists_gates")
    unit = Unit(LISTS_NAME, LISTS_NAME, lists_verilog(PARAMS, LISTS_NAME), None, LARGE)
    synthesise(unit, "ecp5", folder)
    return (folder / f"{LISTS_NAME}_netlist.v").read_text()


@pytest.fixture(scope="module")
def gates(netlist) -> ListsHarness:
    harness = ListsHarness(PARAMS, with_models(netlist), optimisation="-O0")
    harness.build()
    return harness


@pytest.mark.parametrize("pressure", [Pressure(), HARD], ids=["free", "hard"])
def test_random_and_hostile_splats(gates, pressure):
    run_and_check(gates, random_splats(900, 1, PARAMS, SIZE_PX), pressure=pressure)
    splats = hostile_splats(500, 2, PARAMS)
    splats["tile_rect"] = random_splats(500, 2, PARAMS, SIZE_PX)["tile_rect"]
    run_and_check(gates, splats, pressure=pressure)


@pytest.mark.parametrize("name", ["all equal", "one upper half", "pages of near keys"])
def test_lists_beyond_the_sorter_s_size(gates, name):
    keys = KEYS[name](np.random.default_rng(3), 900)
    run_and_check(gates, everywhere(len(keys), keys), ONE_BIN, HARD)
