"""Carry chains with their own ends: the same sums and carries, in as many cells or one more."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from hw.synth.carry_chains import PORTS, with_open_ports, with_own_ends

HALF_INPUTS = "ABCD"


def chain(rng: np.random.Generator, cells: int, carry_in: str, reads: set[str]) -> dict:
    """A netlist of one chain of random halves; every input is a net or a constant.

    Parameters
    ----------
    reads : outputs of the last cell that are ports: S1, COUT; all other sums are.
    """
    nets = iter(range(2, 10_000))
    found, ports, carry = {}, {}, [carry_in]
    for n in range(cells):
        connections = {"CIN": carry, "COUT": [next(nets)]}
        for half in range(2):
            for port in HALF_INPUTS:
                bit = str(rng.integers(2)) if rng.random() < 0.3 else next(nets)
                connections[f"{port}{half}"] = [bit]
                if isinstance(bit, int):
                    ports[f"i{bit}"] = {"direction": "input", "bits": [bit]}
            connections[f"S{half}"] = [next(nets)]
            if n < cells - 1 or half == 0 or "S1" in reads:
                total = connections[f"S{half}"]
                ports[f"o{total[0]}"] = {"direction": "output", "bits": total}
        carry = connections["COUT"]
        outputs = ("S0", "S1", "COUT")
        found[f"cell_{n}"] = {
            "type": "CCU2C",
            "attributes": {},
            "parameters": {f"INIT{k}": f"{int(rng.integers(1 << 16)):016b}" for k in range(2)}
            | {f"INJECT1_{k}": "NO" for k in range(2)},
            "port_directions": {p: "output" if p in outputs else "input" for p in connections},
            "connections": connections,
        }
    if "COUT" in reads:
        ports["carry"] = {"direction": "output", "bits": carry}
    return {"modules": {"top": {"ports": ports, "cells": found}}}


def outputs(netlist: dict, inputs: dict[int, int], unknown: int = 1) -> dict[str, int]:
    """Values of the output ports; CCU2C as Yosys' model has it.

    Parameters
    ----------
    unknown : what open inputs are.
    """
    module = netlist["modules"]["top"]
    values: dict[object, int] = {"0": 0, "1": 1, "x": unknown, **inputs}
    waiting = dict(module["cells"])
    while waiting:
        name = next(n for n, c in waiting.items() if c["connections"].get("CIN", "x")[0] in values)
        cell = waiting.pop(name)
        carry = values[cell["connections"].get("CIN", "x")[0]]
        for half in range(2):
            bits = [values[cell["connections"].get(f"{p}{half}", "x")[0]] for p in HALF_INPUTS]
            table = int(cell["parameters"][f"INIT{half}"], 2)
            lut_4 = table >> sum(bit << n for n, bit in enumerate(bits)) & 1
            lut_2 = table >> (bits[0] + 2 * bits[1]) & 1
            for bit in cell["connections"].get(f"S{half}", []):
                values[bit] = lut_4 ^ carry
            carry = carry if lut_4 else lut_2
        for bit in cell["connections"].get("COUT", []):
            values[bit] = carry
    return {
        name: values[port["bits"][0]]
        for name, port in module["ports"].items()
        if port["direction"] == "output"
    }


@pytest.mark.parametrize("reads", [("S1",), ("S1", "COUT"), ("COUT",), ()], ids=str)
@pytest.mark.parametrize("carry_in", ["0", "1"])
@pytest.mark.parametrize("cells", [1, 2, 5])
def test_sums_and_carry_stay(cells, carry_in, reads):
    rng = np.random.default_rng([cells, int(carry_in), len(reads)])
    for _ in range(40):
        before = chain(rng, cells, carry_in, reads)
        after, changed = with_own_ends(copy.deepcopy(before), "top")
        assert changed == 1
        used = after["modules"]["top"]["cells"]
        assert len(used) == cells + bool(reads)
        names = list(used)
        assert "CIN" not in used[names[0]]["connections"]
        assert "COUT" not in used[names[-1]]["connections"]
        ports = before["modules"]["top"]["ports"].values()
        nets = [port["bits"][0] for port in ports if port["direction"] == "input"]
        for _ in range(8):
            inputs = {net: int(rng.integers(2)) for net in nets}
            for unknown in range(2):
                assert outputs(after, inputs, unknown) == outputs(before, inputs)


def test_a_carry_read_halfway_leaves_the_chain_alone():
    netlist = chain(np.random.default_rng(1), 3, "0", {"S1"})
    carry = netlist["modules"]["top"]["cells"]["cell_1"]["connections"]["COUT"]
    netlist["modules"]["top"]["ports"]["halfway"] = {"direction": "output", "bits": carry}
    before = copy.deepcopy(netlist)
    assert with_own_ends(netlist, "top") == (before, 0)


def test_a_carry_that_is_no_constant_leaves_the_chain_alone():
    netlist = chain(np.random.default_rng(1), 2, "0", {"S1"})
    netlist["modules"]["top"]["cells"]["cell_0"]["connections"]["CIN"] = [9_999]
    before = copy.deepcopy(netlist)
    assert with_own_ends(netlist, "top") == (before, 0)


def test_nextpnr_gets_every_port():
    netlist, _ = with_own_ends(chain(np.random.default_rng(1), 2, "0", {"S1"}), "top")
    for cell in with_open_ports(netlist, "top")["modules"]["top"]["cells"].values():
        assert set(cell["connections"]) == set(PORTS)
        assert cell["port_directions"].keys() == cell["connections"].keys()
