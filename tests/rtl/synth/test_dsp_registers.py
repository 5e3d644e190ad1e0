"""Registers into multipliers: which may move, and where the nets go."""

import copy

import pytest

from hw.synth.dsp_registers import with_dsp_registers

PLAIN = {"CEMUX": "1 ", "REGSET": "RESET"}


def register(source, target, clock=1, lsr="0", **parameters):
    ports = {"CLK": [clock], "DI": [source], "LSR": [lsr], "Q": [target]}
    return {
        "type": "TRELLIS_FF",
        "parameters": PLAIN | parameters,
        "port_directions": {name: "output" if name == "Q" else "input" for name in ports},
        "connections": ports,
    }


def netlist(**changes):
    """Inputs 10, 11 to registers to A0, B0 of a multiplier; its P0 to a register to output 40."""
    ports = {"A0": [20], "B0": [21], "A1": ["0"], "P0": [30]}
    cells = {
        "a": register(10, 20),
        "b": register(11, 21),
        "multiplier": {
            "type": "MULT18X18D",
            "parameters": {},
            "port_directions": {n: "output" if n[0] == "P" else "input" for n in ports},
            "connections": ports,
        },
        "product": register(30, 40),
    } | changes
    outside = {"clk": [1], "a": [10], "b": [11], "p": [40]}
    return {
        "modules": {
            "top": {"ports": {name: {"bits": bits} for name, bits in outside.items()}}
            | {"cells": cells}
        }
    }


def test_all_three_registers_move():
    found, changed = with_dsp_registers(netlist(), "top")
    cells = found["modules"]["top"]["cells"]
    assert changed == 1
    assert set(cells) == {"multiplier"}
    multiplier = cells["multiplier"]
    assert {n: multiplier["connections"][n] for n in ("A0", "B0", "A1", "P0", "CLK0")} == {
        "A0": [10],
        "B0": [11],
        "A1": ["0"],
        "P0": [40],
        "CLK0": [1],
    }
    assert multiplier["parameters"]["REG_OUTPUT_CLK"] == "CLK0"
    assert multiplier["parameters"]["REG_INPUTB_CLK"] == "CLK0"


def test_an_operand_that_is_read_elsewhere_keeps_its_register():
    found, changed = with_dsp_registers(
        netlist(other=register(20, 50), last=register(50, 40)), "top"
    )
    assert changed == 1
    assert {"a", "other"} <= set(found["modules"]["top"]["cells"])


@pytest.mark.parametrize(
    "changes",
    [
        {"a": register(10, 20, CEMUX="CE")},
        {"b": register(11, 21, lsr=12)},
        {"b": register(11, 21, REGSET="SET")},
        {"b": register(11, 21, clock=2)},
        {"product": register(30, 40, lsr=12)},
        {"product": register(30, 40), "other": register(30, 41), "more": register(41, 42)},
        {"a": register(10, 22)},  # A0 comes from no register
    ],
    ids=["enable", "reset", "set", "clock", "product's reset", "product read twice", "no register"],
)
def test_others_stay_as_they_are(changes):
    before = netlist(**changes)
    kept = copy.deepcopy(before["modules"]["top"]["cells"]["multiplier"])
    found, changed = with_dsp_registers(before, "top")
    assert changed == 0
    assert found["modules"]["top"]["cells"]["multiplier"] == kept


def test_a_product_that_is_a_port_stays():
    before = netlist()
    before["modules"]["top"]["ports"]["direct"] = {"bits": [30]}
    assert with_dsp_registers(before, "top")[1] == 0


def lut(target, *sources):
    ports = {"Z": [target]} | {name: [bit] for name, bit in zip("ABCD", sources, strict=False)}
    return {
        "type": "LUT4",
        "parameters": {},
        "port_directions": {name: "output" if name == "Z" else "input" for name in ports},
        "connections": ports,
    }


@pytest.mark.parametrize("through", [(), (register(51, 10),)], ids=["at once", "a cycle later"])
def test_an_operand_register_behind_logic_stays(through):
    """But not where a register lies between."""
    ends = {"between": through[0]} if through else {}
    logic = lut(51 if through else 10, 12, 13)
    found, changed = with_dsp_registers(netlist(logic=logic, **ends), "top")
    assert changed == len(through)
    assert ("product" in found["modules"]["top"]["cells"]) == (not through)
