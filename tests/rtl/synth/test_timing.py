"""Buffers of heavy nets, Liberty cells of memories, and what OpenSTA finds of a unit."""

import shutil
from pathlib import Path

import pytest

from golden.errors import InputError
from hw.synth.area import area_of, table
from hw.synth.boxes import box_library
from hw.synth.buffers import MOST_LOADS, with_buffers
from hw.synth.gates import Mapped, map_gates
from hw.synth.liberty import groups, read_liberty
from hw.synth.macros import read_macros
from hw.synth.memories import Memory, memories, with_boxes
from hw.synth.timing import MISSING, analyse, parse_report
from hw.synth.units import make_unit
from tests.rtl.synth.tiny_library import LIBRARY, ram

REPORT = """Startpoint: a.cell_1 (rising edge-triggered flip-flop clocked by clk)
Endpoint: b.cell_2
          (rising edge-triggered flip-flop clocked by clk)
          -250.500   slack (VIOLATED)
Total                3.241324e-03 2.097264e-04 3.250403e-06 3.454300e-03 100.0%
"""
needs_sta = pytest.mark.skipif(shutil.which("sta") is None, reason="OpenSTA is not installed")


@pytest.fixture
def library(tmp_path):
    path = tmp_path / "tiny.lib"
    path.write_text(LIBRARY)
    return read_liberty(path)


@pytest.fixture
def macros(tmp_path):
    path = tmp_path / "ram.lib"
    path.write_text(ram(6, 32, 50.0))
    return read_macros([path])


def inverter(net, output):
    return {"type": "INV", "connections": {"A": [net], "Y": [output]}}


def fan_out(cells):
    """Net -> inputs that it drives."""
    loads: dict[int, int] = {}
    for cell in cells.values():
        for port, (bit, *_) in cell["connections"].items():
            if port not in ("Y", "Q"):
                loads[bit] = loads.get(bit, 0) + 1
    return loads


def source(cells, bit):
    """The net that a bit comes from, through buffers alone."""
    buffers = {
        cell["connections"]["Y"][0]: cell["connections"]["A"][0]
        for cell in cells.values()
        if cell["type"] == "BUF"
    }
    while bit in buffers:
        bit = buffers[bit]
    return bit


@pytest.mark.parametrize("loads", [1, MOST_LOADS, MOST_LOADS + 1, 100])
def test_no_net_has_too_many_loads_and_every_load_its_net(library, loads):
    cells = {f"g{n}": inverter(2, 10 + n) for n in range(loads)}
    netlist = {"modules": {"top": {"ports": {"x": {"bits": [2, 500]}}, "cells": cells}}}
    made = with_buffers(netlist, "top", library)
    assert max(fan_out(cells).values()) <= MOST_LOADS
    assert [source(cells, cells[f"g{n}"]["connections"]["A"][0]) for n in range(loads)] == [
        2
    ] * loads
    assert made == sum(cell["type"] == "BUF" for cell in cells.values())
    assert made == {1: 0, MOST_LOADS: 0, MOST_LOADS + 1: 2, 100: 13 + 2}[loads]
    outputs = [cell["connections"]["Y"][0] for cell in cells.values()]
    assert len({*outputs, 2, 500}) == len(outputs) + 2


def test_clocks_are_not_buffered(library):
    cells = {
        f"r{n}": {"type": "DFF", "connections": {"CK": [2], "D": [3], "Q": [10 + n]}}
        for n in range(20)
    }
    netlist = {"modules": {"top": {"ports": {}, "cells": cells}}}
    assert with_buffers(netlist, "top", library) == 3
    assert fan_out(cells)[2] == 20


def test_a_macro_with_its_times_and_its_energy(macros):
    (macro,) = macros
    assert (macro.depth, macro.width) == (64, 32)
    assert macro.access_s == pytest.approx(0.2e-9)
    assert macro.setup_s == pytest.approx(0.05e-9)
    assert macro.cycle_j == pytest.approx(3e-12)


def test_the_cell_of_a_memory_has_its_ports(macros):
    text = box_library([Memory(64, 40, 2, 1, True)], macros)
    (cell,) = groups(text, "cell")
    buses = {group.name: group.body.split("bus_type : ")[1] for group in groups(cell.body, "bus")}
    assert {name: body.split(";")[0] for name, body in buses.items()} == {
        **{"RD_ADDR": "bus12", "WR_ADDR": "bus6", "RD_DATA": "bus80"},
        **dict.fromkeys(("RD_EN", "RD_ARST", "RD_SRST"), "bus2"),
        **dict.fromkeys(("WR_DATA", "WR_EN"), "bus40"),
    }
    assert 'cell_rise (scalar) { values ("200"); }' in buses["RD_DATA"]
    assert 'rise_constraint (scalar) { values ("50"); }' in buses["WR_DATA"]


def test_a_box_stands_for_a_large_memory():
    names = {"SIZE": 64, "WIDTH": 64, "RD_PORTS": 1, "WR_PORTS": 1, "RD_CLK_ENABLE": 1}
    parameters = {name: f"{value:032b}" for name, value in names.items()}
    ports = {"RD_CLK": "input", "WR_CLK": "input", "RD_DATA": "output"}
    cell = {
        "type": "$mem_v2",
        "parameters": parameters,
        "port_directions": ports,
        "connections": {"RD_CLK": [2, 2], "WR_CLK": [2], "RD_DATA": list(range(3, 67))},
    }
    small = {**cell, "parameters": parameters | {"SIZE": f"{31:032b}"}}
    netlist = {"modules": {"top": {"cells": {"large": cell, "small": small}}}}
    _, boxes = with_boxes(netlist)
    assert boxes == {"macro_64x64_1r1w": Memory(64, 64, 1, 1, True)}
    box = netlist["modules"]["macro_64x64_1r1w"]
    assert {name: len(port["bits"]) for name, port in box["ports"].items()} == {
        **{"RD_CLK": 1, "WR_CLK": 1, "RD_DATA": 64}
    }
    assert list(memories(netlist)) == [("top", "small")]


def test_a_report_is_read():
    timing = parse_report(REPORT, 0.2, 500.0)
    assert timing.critical_ps == pytest.approx(2250.5)
    assert timing.fmax_mhz == pytest.approx(444.3, abs=0.1)
    assert (timing.critical_from, timing.critical_to) == ("a.cell_1", "b.cell_2")
    assert (timing.internal_w, timing.switching_w) == (3.241324e-03, 2.097264e-04)
    with pytest.raises(InputError, match="no path between registers"):
        parse_report("No paths found.", 0.1, 1000.0)


def test_without_opensta_there_is_a_sentence(library, monkeypatch, tmp_path):
    monkeypatch.setattr("hw.synth.timing.STA", "no_such_program")
    mapped = Mapped({"DFF": 1}, [], 0, 1.0, tmp_path / "unit.v")
    timing = analyse(mapped, "top", library, [], 0.1, 1000.0)
    assert timing is None
    area = area_of("unit", mapped, library, [], timing)
    assert area.as_json()["timing"] is None
    assert MISSING in table([area])


def netlist_of(tmp_path: Path, text: str, boxes) -> Mapped:
    path = tmp_path / "top_cells.v"
    path.write_text(text)
    return Mapped({}, boxes, 0, 1.0, path)


@needs_sta
def test_times_of_a_chain_in_opensta(library, tmp_path):
    """A register of 20 ps, two gates of 10 ps, 5 ps of setup."""
    text = """module top(clk, x, y);
  input clk, x; output y; wire a, b, c;
  DFF one(.CK(clk), .D(x), .Q(a));
  INV two(.A(a), .Y(b));
  INV three(.A(b), .Y(c));
  DFF four(.CK(clk), .D(c), .Q(y));
endmodule
"""
    timing = analyse(netlist_of(tmp_path, text, []), "top", library, [], 0.1, 500.0)
    assert timing is not None
    assert timing.critical_ps == pytest.approx(45.0)
    assert (timing.critical_from, timing.critical_to) == ("one", "four")


@needs_sta
def test_times_of_a_memory_in_opensta(library, macros, tmp_path):
    """200 ps until the word is read, 5 ps of setup; without macros no path is left."""
    memory = Memory(64, 32, 1, 1, True)
    text = f"""module top(clk, x, y);
  input clk, x; output y; wire [31:0] word;
  {memory.box} one(.RD_CLK(clk), .RD_DATA(word));
  DFF two(.CK(clk), .D(word[3]), .Q(y));
endmodule
"""
    mapped = netlist_of(tmp_path, text, [(memory, 1)])
    timing = analyse(mapped, "top", library, macros, 0.1, 500.0)
    assert timing is not None
    assert timing.critical_ps == pytest.approx(205.0)
    assert timing.critical_to == "two"
    with pytest.raises(InputError, match="OpenSTA"):
        analyse(mapped, "top", library, [], 0.1, 500.0)


@needs_sta
def test_power_of_a_unit_grows_with_its_activity(library, tmp_path):
    unit = make_unit("near_outside")
    mapped = map_gates(unit, library, tmp_path)
    low, high = (analyse(mapped, unit.top, library, [], a, 1000.0) for a in (0.1, 0.2))
    assert low is not None
    assert high is not None
    assert 100 < low.critical_ps == high.critical_ps < 2000
    assert 0 < low.switching_w < high.switching_w
    assert low.critical_to.startswith(("cell_", "delay_0.cell_"))
