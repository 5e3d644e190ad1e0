"""Areas in a library's cells: parsing, tiling, one small unit for real, and what is refused."""

import gzip
import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from golden.errors import InputError
from hw.synth.area import RESULTS, STAGES, area_of, dump, load, table
from hw.synth.flow import YOSYS, run_tool
from hw.synth.gates import Mapped, map_gates
from hw.synth.liberty import groups, read_liberty
from hw.synth.lighter import with_shared_modules, without_first_zeros
from hw.synth.macros import Macro, read_macros, tiled
from hw.synth.memories import MACRO_BITS, Memory
from hw.synth.units import UNITS, make_unit
from splatsieve.cli import app
from tests.conftest import SHARED_DATA
from tests.rtl.synth.tiny_library import AREAS, LEAKAGE_NW, LIBRARY, WITHOUT_REGISTERS, ram

ASAP7 = SHARED_DATA / "asap7" / "asap7_rvt_tt.lib.gz"
SMALL = Macro("small", 64, 32, 10.0, 1e-6)
LARGE = Macro("large", 256, 64, 60.0, 1e-6)


@pytest.fixture
def library_file(tmp_path):
    path = tmp_path / "tiny.lib"
    path.write_text(LIBRARY)
    return path


@pytest.fixture
def ram_file(tmp_path):
    path = tmp_path / "ram.lib"
    path.write_text(ram(6, 32, 50.0))
    return path


def synth(*options):
    return CliRunner().invoke(app, ["synth", *map(str, options)])


def test_the_table_of_the_page_is_that_of_the_areas():
    assert table(load()) in RESULTS.with_suffix(".md").read_text(), (
        "the table is old: run `uv run splatsieve docs hw`"
    )
    assert json.loads(dump(load())) == json.loads(RESULTS.read_text())


def test_a_library_packed_or_not(library_file, tmp_path):
    packed = tmp_path / "tiny.lib.gz"
    packed.write_bytes(gzip.compress(library_file.read_bytes()))
    library = read_liberty(library_file)
    assert read_liberty(packed) == library
    assert library.name == "tiny"
    for name, area in AREAS.items():
        assert library.cells[name].area_um2 == area
        assert library.cells[name].leakage_w == pytest.approx(LEAKAGE_NW[name] * 1e-9)
    assert [name for name, cell in library.cells.items() if cell.is_register] == [
        *("DFF", "DFF_strong", "DFF_scan")
    ]


def test_only_gates_and_the_smallest_register_are_mapped_to(library_file):
    text = read_liberty(library_file).for_mapping()
    assert [group.name for group in groups(text, "cell")] == list(AREAS)
    assert "leakage_power (" not in text


def test_the_cheapest_tiling():
    def of(depth, width, *macros):
        tiling = tiled(depth, width, list(macros))
        return tiling.macros, tiling.area_um2

    assert of(64, 32, SMALL) == ({"small": 1}, 10.0)
    assert of(65, 33, SMALL) == ({"small": 4}, 40.0)
    assert of(256, 64, SMALL, LARGE) == ({"large": 1}, 60.0)
    assert of(256, 65, SMALL, LARGE) == ({"large": 1, "small": 4}, 100.0)
    assert of(64, 64, SMALL, LARGE) == ({"small": 2}, 20.0)
    # Banks of different macros, one above the other in a column.
    large = replace(LARGE, area_um2=35.0, width=32)
    assert of(320, 32, SMALL, large) == ({"large": 1, "small": 1}, 45.0)


def test_what_becomes_a_macro():
    memory = Memory(64, 32, 1, 1, True)
    assert memory.bits == MACRO_BITS
    assert memory.is_macro
    assert not replace(memory, depth=63).is_macro
    assert not replace(memory, is_clocked=False).is_macro
    assert not replace(memory, write_ports=0).is_macro
    assert replace(memory, read_ports=3).copies == 3


def test_sums_over_cells_and_memories(library_file, ram_file):
    library, macros = read_liberty(library_file), read_macros([ram_file])
    boxes = [(Memory(64, 40, 2, 1, True), 3)]
    mapped = Mapped({"NAND2": 4, "DFF": 2}, boxes, 8, 1.0, library_file)
    area = area_of("unit", mapped, library, macros)
    assert (area.cells, area.registers, area.cell_area_um2) == (6, 2, 22.0)
    # Two macros side by side, one for each read port, three times.
    assert area.macros == {"ram_64x32": 12}
    assert (area.macro_area_um2, area.area_um2) == (600.0, 622.0)
    assert area.macro_bits == 64 * 40 * 2 * 3
    assert area.macro_leakage_w == pytest.approx(24e-6)
    without = area_of("unit", mapped, library, [])
    assert without.macro_area_um2 is None
    assert without.area_um2 is None
    assert without.macro_bits == area.macro_bits
    assert "not given | not known" in table([without])
    assert json.loads(dump([area]))["areas"][0]["area_um2"] == 622.0


def test_the_seven_stages_have_a_sum():
    one = load()[0]
    stages = [replace(one, unit=name) for name in STAGES]
    sums = [line for line in table(stages).splitlines() if "seven stages" in line]
    assert f"| the seven stages | {7 * one.cells:,} |" in sums[0]
    assert f"| {7 * one.area_um2:,.0f} |" in sums[0]
    assert f"| {7e3 * one.cell_power_w:,.3f} | {7e3 * one.macro_power_w:,.3f} |" in sums[1]
    assert "seven stages" not in table(stages[1:])
    assert set(STAGES) <= set(UNITS)


PAIR = """module \\top.a (x, y);
  input x;
  output y;
  assign y = ~x;
endmodule
module \\top.b (x, y);
  input x;
  output y;
  assign y = ~x;
endmodule
module \\top.c (x, y);
  input x;
  output y;
  \\top.b  inner (
    .x(x), .y(y)
  );
endmodule
module \\top.d (x, y);
  input x;
  output y;
  \\top.a  inner (
    .x(x), .y(y)
  );
endmodule
module top(x, y);
  input x;
  output [1:0] y;
  \\top.c  one (
    .x(x), .y(y[0])
  );
  \\top.d  two (
    .x(x), .y(y[1])
  );
endmodule
"""


def memory(write: str, word: str) -> str:
    return f"""module top(clk, i, o);
  reg [7:0] words [1:0];
  initial begin
    words[0] = 8'h00;
    words[1] = 8'h{word};
  end
  always @(posedge clk) begin
    {write}
  end
endmodule
"""


def test_only_zeros_of_written_memories_are_left_out():
    for write in ("words[i] <= o;", "if (i)\n      words[i] <= o;", "words[i][3:0] <= o[3:0];"):
        assert without_first_zeros(memory(write, "00")) == memory(write, "00").replace(
            "  initial begin\n    words[0] = 8'h00;\n    words[1] = 8'h00;\n  end\n", ""
        )
    for kept in (memory("o <= words[i];", "00"), memory("words[i] <= o;", "01")):
        assert without_first_zeros(kept) == kept


def test_equal_modules_are_one_also_those_that_become_equal():
    text = with_shared_modules(PAIR)
    assert text.count("endmodule") == 3
    assert text.count("\\top.c  ") == 2
    assert "\\top.b " not in text
    assert "\\top.d " not in text


def test_a_small_unit_mapped(library_file, ram_file, tmp_path):
    out = tmp_path / "out"
    outcome = synth(
        *("--unit", "near_outside", "--liberty", library_file, "--memories", ram_file),
        *("--json", "-o", out),
    )
    assert outcome.exit_code == 0, outcome.exception
    (entry,) = json.loads(outcome.stdout)["areas"]
    cells = entry["cells_by_type"]
    assert set(cells) <= set(AREAS)
    assert cells["DFF"] == entry["registers"] > 30
    assert entry["cell_area_um2"] == pytest.approx(sum(AREAS[c] * n for c, n in cells.items()))
    assert entry["macros"] == {}
    assert entry["area_um2"] == entry["cell_area_um2"]
    assert "near_outside" in (out / "area.md").read_text()
    netlist = (out / "near_outside_cells.v").read_text()
    assert netlist.count("DFF ") == cells["DFF"]


MODELS = """module INV(input A, output Y); assign Y = ~A; endmodule
module BUF(input A, output Y); assign Y = A; endmodule
module NAND2(input A, B, output Y); assign Y = ~(A & B); endmodule
module NOR2(input A, B, output Y); assign Y = ~(A | B); endmodule
module DFF(input CK, D, output reg Q); always @(posedge CK) Q <= D; endmodule
"""


@pytest.mark.parametrize("is_broken", [False, True])
def test_the_gates_do_what_the_rtl_does(library_file, tmp_path, is_broken):
    """Proved by Yosys for all inputs once its two cycles are over; a swapped gate shows."""
    unit = make_unit("near_outside")
    mapped = map_gates(unit, read_liberty(library_file), tmp_path)
    text = mapped.netlist.read_text()
    if is_broken:
        text = text.replace("NAND2", "NOR2", 1)
    (tmp_path / "gates.v").write_text(text + MODELS)
    (tmp_path / "rtl.v").write_text(unit.text)
    script = [
        f"read_verilog {name}.v; hierarchy -top {unit.top}; proc; memory; flatten; opt_clean; "
        f"rename {unit.top} {name}; design -stash {name}"
        for name in ("rtl", "gates")
    ]
    script += [f"design -copy-from {name} -as {name} {name}" for name in ("rtl", "gates")]
    script += ["miter -equiv -make_assert -flatten rtl gates miter; hierarchy -top miter"]
    script += ["memory_map; sat -verify -prove-asserts -seq 4 -prove-skip 3 miter"]
    arguments = ["-q", "-p", "; ".join(script)]
    if is_broken:
        with pytest.raises(InputError, match="proof did fail"):
            run_tool(YOSYS, arguments, tmp_path)
    else:
        run_tool(YOSYS, arguments, tmp_path)


def test_a_library_without_registers_is_refused(tmp_path):
    path = tmp_path / "gates.lib"
    path.write_text(WITHOUT_REGISTERS)
    with pytest.raises(InputError, match="flip-flops are not supported"):
        map_gates(make_unit("near_outside"), read_liberty(path), tmp_path)


def test_a_silent_end_of_yosys_is_no_result(library_file, tmp_path, monkeypatch):
    """abc in the WebAssembly build ends the process with 0 and no output."""

    def ends(tool, arguments, folder):
        (folder / arguments[2]).write_text("netlist of module `\\top.adder' to\n")
        return 1.0

    monkeypatch.setattr("hw.synth.gates.run_tool", ends)
    with pytest.raises(InputError, match=r"without a netlist, in abc on top\.adder: see"):
        map_gates(make_unit("near_outside"), read_liberty(library_file), tmp_path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"module a; endmodule", "does not begin with library"),
        (b"\x1f\x8bbroken", "damaged or not text"),
        (b"\xff\xfe", "damaged or not text"),
        (b"library (a) { }", "no cell with an area"),
        (b"library (a) { cell (b) { area : 1;", r"ends within cell \(b\)"),
    ],
)
def test_files_that_are_no_library(tmp_path, content, sentence):
    path = tmp_path / "bad.lib"
    path.write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        read_liberty(path)


def test_refusals(library_file, tmp_path):
    for options, sentence in (
        (["--memories", library_file], "--memories goes with --liberty"),
        (["--liberty", library_file, "--activity", "3"], "activity of 3 is outside 0 to 2"),
        (["--liberty", library_file, "--place"], "--place goes with an FPGA"),
        (["--liberty", tmp_path / "none.lib"], "cannot be read"),
        (["--liberty", library_file, "--memories", library_file], "has no memory"),
    ):
        outcome = synth(*options)
        assert isinstance(outcome.exception, InputError), options
        assert sentence in str(outcome.exception)


@pytest.mark.slow
def test_a_unit_in_asap7(tmp_path):
    if not ASAP7.is_file():
        pytest.skip(f"the library is not at hand: {ASAP7} is missing")
    mapped = map_gates(make_unit("near_outside"), read_liberty(ASAP7), tmp_path)
    assert sum(n for cell, n in mapped.cells.items() if cell.startswith("DFF")) == 67
    assert 100 < sum(mapped.cells.values()) < 1000
