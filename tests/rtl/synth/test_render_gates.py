"""The netlist of `render` after synthesis for the ECP5: small pictures, each pixel and counter."""

from __future__ import annotations

import re

import pytest

from hw.package.presets import PRESETS
from hw.synth.flow import synthesise
from hw.synth.units import make_unit
from hw.verilog import accelerator_design
from sim.model.memory import MemoryModel
from sim.rtl.design_cache import cached_design
from tests.rtl.accelerator.picture_board import PictureBoard
from tests.rtl.accelerator.picture_stimulus import camera, drawn_pack, scenes, view

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("render_gates")]
PARAMS = PRESETS["render"].params
NAMES = ("one", "cloud", "needles", "walls")
STALLS = MemoryModel(latency_cycles=7, busy_256=120, address_stall_256=120, seed=3)


@pytest.fixture(scope="module")
def packs():
    made = scenes()
    return {name: drawn_pack(made[name]) for name in NAMES}


@pytest.fixture(scope="module")
def board(packs, tmp_path_factory):
    """Gates, behind the memory of the RTL's own tests."""
    folder = tmp_path_factory.mktemp("render")
    unit = make_unit("render")
    cells, _ = synthesise(unit, "ecp5", folder)
    assert cells["TRELLIS_FF"] > 10_000
    netlist = (folder / "render_gates.v").read_text()
    # The RTL's harness looks for the name that every accelerator has there.
    name = cached_design(accelerator_design, PARAMS).name
    netlist, tops = re.subn(rf"^module {unit.top}\b", f"module {name}", netlist, flags=re.MULTILINE)
    assert tops == 1
    with PictureBoard(list(packs.values()), PARAMS, netlist=netlist) as made:
        yield made


@pytest.mark.parametrize("name", NAMES)
def test_pictures(board, packs, name):
    """Both rule sets, a background, sizes that no bin divides."""
    for n in range(4):
        counters = board.frame(view(packs[name], camera(37, 29), n, PARAMS))
        assert counters["splats"] > 0


def test_a_slow_memory(board, packs):
    board.frame(view(packs["cloud"], camera(70, 50), 2, PARAMS), STALLS)
