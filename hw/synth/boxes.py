"""Liberty cells for memories that are macros, so that paths from and to them have times."""

from __future__ import annotations

from hw.synth.macros import Macro
from hw.synth.memories import Memory

_HEAD = """library (boxes) {
  delay_model : table_lookup; time_unit : "1ps"; capacitive_load_unit (1, ff);
  voltage_unit : "1V"; current_unit : "1mA"; pulling_resistance_unit : "1kohm";
  leakage_power_unit : "1pW"; nom_voltage : 1; nom_process : 1; nom_temperature : 25;
  input_threshold_pct_rise : 50; input_threshold_pct_fall : 50;
  output_threshold_pct_rise : 50; output_threshold_pct_fall : 50;
  slew_lower_threshold_pct_rise : 10; slew_lower_threshold_pct_fall : 10;
  slew_upper_threshold_pct_rise : 90; slew_upper_threshold_pct_fall : 90;
"""


def box_library(memories: list[Memory], macros: list[Macro]) -> str:
    """A cell for each box: its inputs set up and its words come as late as those of any macro.

    Parameters
    ----------
    memories : those of the boxes. macros : what they are made of, at least one.
    """
    setup = max(macro.setup_s for macro in macros) * 1e12
    access = max(macro.access_s for macro in macros) * 1e12
    widths, cells = set(), []
    for memory in memories:
        pins = ["pin (RD_CLK) { direction : input; clock : true; }"]
        pins += ["pin (WR_CLK) { direction : input; clock : true; }"]
        for name, bits in _inputs(memory).items():
            clock, times = f"{name[:2]}_CLK", _tables(("rise_constraint", "fall_constraint"), setup)
            pins.append(_pin(name, bits, "input", clock, "setup_rising", times))
            widths.add(bits)
        bits = memory.width * memory.read_ports
        times = _tables(("cell_rise", "cell_fall"), access)
        times += " " + _tables(("rise_transition", "fall_transition"), 10.0)
        pins.append(_pin("RD_DATA", bits, "output", "RD_CLK", "rising_edge", times))
        widths.add(bits)
        lines = "\n    ".join(pins)
        cells.append(f"  cell ({memory.box}) {{\n    area : 0;\n    {lines}\n  }}\n")
    types = [
        f"  type (bus{n}) {{ base_type : array; data_type : bit; bit_width : {n}; "
        f"bit_from : {n - 1}; bit_to : 0; downto : true; }}\n"
        for n in sorted(widths)
        if n > 1
    ]
    return "".join([_HEAD, *types, *cells, "}\n"])


def _inputs(memory: Memory) -> dict[str, int]:
    """Inputs of a memory of Yosys but its clocks, and their bits."""
    address = max((memory.depth - 1).bit_length(), 1)
    read, write = memory.read_ports, memory.write_ports
    return (
        {"RD_ADDR": address * read, "WR_ADDR": address * write}
        | dict.fromkeys(("RD_EN", "RD_ARST", "RD_SRST"), read)
        | dict.fromkeys(("WR_DATA", "WR_EN"), memory.width * write)
    )


def _pin(name: str, bits: int, direction: str, clock: str, kind: str, times: str) -> str:
    """A pin or a bus with its arc from the clock."""
    head = f"pin ({name}) {{" if bits == 1 else f"bus ({name}) {{ bus_type : bus{bits};"
    arc = f'timing () {{ related_pin : "{clock}"; timing_type : {kind}; {times} }}'
    return f"{head} direction : {direction}; {arc} }}"


def _tables(kinds: tuple[str, ...], picoseconds: float) -> str:
    return " ".join(f'{kind} (scalar) {{ values ("{picoseconds:g}"); }}' for kind in kinds)
