"""The netlist of color after synthesis behind the RTL's read master: the same bits as the model."""

from __future__ import annotations

import re

import numpy as np
import pytest
from amaranth.hdl import Signal, Value

from golden.params import Parameters
from golden.stages.color.integer import color
from hw.color_top import ColorTop
from hw.generate import verilog_text
from hw.stages.color.color import Color
from hw.synth.flow import synthesise
from hw.synth.gate_level import with_models
from hw.synth.mutants import PORT, PORT_BITS, with_mutants
from hw.synth.units import make_unit
from hw.verilog import COLOR_NAME, Design
from sim.rtl.color_harness import ColorHarness, ColorStalls
from tests.rtl.color.color_stimulus import (
    constants_of,
    directed_records,
    random_camera,
    random_indices,
    random_records,
    random_splats,
)
from tests.rtl.synth.netlist_component import NetlistComponent

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("color_gates")]
UNIT = "color_4"
PARAMS = Parameters(color_cycles=4)
MUTANTS = 24


class MutantTop(ColorTop):
    """ColorTop with the netlist's input beside its own."""

    def __init__(self, component: NetlistComponent):
        super().__init__(PARAMS, component)
        self.mutant = Signal(PORT_BITS, name=PORT)

    def elaborate(self, platform):
        m = super().elaborate(platform)
        m.d.comb += self.component.mutant.eq(self.mutant)
        return m


def harness_of(netlist: str) -> tuple[ColorHarness, int]:
    """The harness around a netlist of synth_ecp5, and how many of its LUTs it can change."""
    top = make_unit(UNIT).top
    gates, count = with_mutants(netlist, top, MUTANTS)
    around = MutantTop(NetlistComponent(Color(PARAMS), top, has_mutants=True))
    ports = [value for _, _, value in around.signature.flatten(around)]
    text = verilog_text(around, COLOR_NAME, [*(Value.cast(port) for port in ports), around.mutant])
    design = Design(COLOR_NAME, f"{text}\n{with_models(gates)}", {})
    harness = ColorHarness(PARAMS, design, (PORT,), optimisation="-O0")
    harness.build()
    return harness, count


@pytest.fixture(scope="module")
def mutants(tmp_path_factory):
    folder = tmp_path_factory.mktemp("synth")
    cells, _ = synthesise(make_unit(UNIT), "ecp5", folder)
    assert cells["MULT18X18D"] <= 11
    return harness_of((folder / f"{UNIT}_netlist.v").read_text())


def frame(count: int, seed: int):
    camera, records = (
        random_camera(seed),
        np.concatenate((directed_records(), random_records(3_000, seed))),
    )
    splats = random_splats(count, seed, camera, PARAMS)
    splats["index"] = random_indices(count, seed, len(records))
    return splats, records, constants_of(camera, PARAMS)


def passes(harness, splats, records, constants, mutant, stalls) -> bool:
    try:
        run = harness.run(splats, records, constants, stalls, more_inputs=(mutant,))
    except RuntimeError:  # it stands still, or asks for what does not exist
        return False
    return np.array_equal(run.colored["splat"], splats) and np.array_equal(
        run.colored["color"], color(splats, records, constants, PARAMS)
    )


@pytest.mark.parametrize("seed", range(3))
def test_random_and_hostile_splats_bit_for_bit(mutants, seed):
    stalls = ColorStalls(40, 60, 90, 60, 60, seed=seed)
    assert passes(mutants[0], *frame(2_500, seed), 0, stalls)


def test_changed_luts_are_noticed(mutants):
    """One LUT's table inverted at a time; at least half must show on a frame of 150 splats.

    Not all do: counters that nothing is compared with, and queues that never fill.
    """
    harness, count = mutants
    assert count == MUTANTS
    inputs = frame(150, 5)
    assert passes(harness, *inputs, 0, ColorStalls(20))
    noticed = sum(not passes(harness, *inputs, n, ColorStalls(20)) for n in range(1, count + 1))
    print(f"{noticed} of {count} changed LUTs are noticed")
    assert noticed >= count // 2


def test_the_netlists_ports_are_those_of_the_component():
    text = make_unit(UNIT).text
    head = re.search(rf"module {make_unit(UNIT).top}\((.*?)\);", text, re.DOTALL)[1]
    names = {name.strip() for name in head.replace("\n", " ").split(",")}
    unit = Color(PARAMS)
    paths = {"__".join(map(str, path)) for path, _, _ in unit.signature.flatten(unit)}
    assert paths | {"clk", "rst"} == names
