"""A Liberty library and a memory macro for tests: four gates, a register, and what is no gate."""

from __future__ import annotations

AREAS = {"INV": 1.0, "BUF": 1.5, "NAND2": 2.0, "NOR2": 2.5, "DFF": 7.0}
LEAKAGE_NW = {"INV": 1.0, "BUF": 2.0, "NAND2": 3.0, "NOR2": 4.0, "DFF": 5.0}

# Tables of two loads by two transitions, all of one value: abc takes no single numbers.
_TABLE = """{kind} (t2x2) {{ index_1 ("1, 100"); index_2 ("1, 100");
      values ("{value}, {value}", "{value}, {value}"); }}"""
_NUMBER = '{kind} (scalar) {{ values ("{value}"); }}'
_STATE = "leakage_power () {{ value : {value}; related_pg_pin : {pin}; }}"


def _timing(pin: str, delay: str, kind: str = "") -> str:
    tables = [("cell_rise", delay), ("cell_fall", delay)]
    tables += [("rise_transition", "1.0"), ("fall_transition", "1.0")]
    lines = " ".join(_TABLE.format(kind=name, value=value) for name, value in tables)
    timing_type = f"timing_type : {kind};" if kind else "timing_sense : non_unate;"
    return f'timing () {{ related_pin : "{pin}"; {timing_type} {lines} }}'


def _input(name: str, more: str = "") -> str:
    return f"pin ({name}) {{ direction : input; capacitance : 1.0; {more} }}"


def _gate(name: str, inputs: str, function: str) -> str:
    leakage = LEAKAGE_NW[name]
    timings = " ".join(_timing(pin, "10.0") for pin in inputs)
    return f"""  cell ({name}) {{
    area : {AREAS[name]};
    {_STATE.format(value=leakage - 0.5, pin="VDD")}
    {_STATE.format(value=leakage + 0.5, pin="VDD")}
    {_STATE.format(value=100.0, pin="VSS")}
    {" ".join(_input(pin) for pin in inputs)}
    pin (Y) {{ direction : output; max_capacitance : 100.0; function : "{function}"; {timings} }}
  }}
"""


def _register(name: str, area: float, next_state: str, more: str = "") -> str:
    setup = " ".join(
        _NUMBER.format(kind=k, value="5.0") for k in ("rise_constraint", "fall_constraint")
    )
    setup = f'timing () {{ related_pin : "CK"; timing_type : setup_rising; {setup} }}'
    return f"""  cell ({name}) {{
    area : {area}; cell_leakage_power : 5.0;
    ff (IQ, IQN) {{ clocked_on : "CK"; next_state : "{next_state}"; }}
    {_input("CK", "clock : true;")} {_input("D", setup)} {more}
    pin (Q) {{ direction : output; function : "IQ"; {_timing("CK", "20.0", "rising_edge")} }}
  }}
"""


LATCH = """  cell (LATCH) {
    area : 4.0;
    latch (IQ, IQN) { enable : "E"; data_in : "D"; }
    pin (E) { direction : input; clock : true; } pin (D) { direction : input; }
    pin (Q) { direction : output; function : "IQ"; }
  }
"""
HEAD = """library (tiny) {
  delay_model : table_lookup; time_unit : "1ps"; capacitive_load_unit (1, ff);
  voltage_unit : "1V"; current_unit : "1mA"; pulling_resistance_unit : "1kohm";
  leakage_power_unit : "1nW"; nom_voltage : 0.7; nom_process : 1; nom_temperature : 25;
  default_max_transition : 1000;
  operating_conditions (typical) { process : 1; temperature : 25; voltage : 0.7; }
  default_operating_conditions : typical;
  input_threshold_pct_rise : 50; input_threshold_pct_fall : 50;
  output_threshold_pct_rise : 50; output_threshold_pct_fall : 50;
  slew_lower_threshold_pct_rise : 10; slew_lower_threshold_pct_fall : 10;
  slew_upper_threshold_pct_rise : 90; slew_upper_threshold_pct_fall : 90;
  lu_table_template (t2x2) {
    variable_1 : input_net_transition; variable_2 : total_output_net_capacitance;
    index_1 ("1, 100"); index_2 ("1, 100");
  }
"""
REGISTERS = _register("DFF", 7.0, "D") + _register("DFF_strong", 9.0, "D")
LIBRARY = (
    HEAD
    + _gate("INV", "A", "!A")
    + _gate("BUF", "A", "A")
    + _gate("NAND2", "AB", "!(A B)")
    + _gate("NOR2", "AB", "!(A+B)")
    + REGISTERS
    + _register("DFF_scan", 6.0, "(SE SI) + (!SE D)", _input("SE") + _input("SI"))
    + LATCH
    + "}\n"
)
WITHOUT_REGISTERS = LIBRARY.replace(REGISTERS, "")


def ram(depth_bits: int, width: int, area: float) -> str:
    """Liberty file of a memory macro: leaks 2 uW, reads in 0.2 ns, 3 pJ a cycle of its clock."""
    name = f"ram_{1 << depth_bits}x{width}"

    def arc(kind: str, tables: tuple[str, str], value: str) -> str:
        lines = " ".join(_TABLE.format(kind=table, value=value) for table in tables)
        return f'timing () {{ related_pin : "clk"; timing_type : {kind}; {lines} }}'

    setup = arc("setup_rising", ("rise_constraint", "fall_constraint"), "0.05")
    hold = arc("hold_rising", ("rise_constraint", "fall_constraint"), "0.9")
    energy = " ".join(
        _TABLE.format(kind=kind, value=value)
        for kind, value in (("rise_power", "1.25"), ("fall_power", "1.75"))
    )
    return f"""library ({name}) {{
  time_unit : "1ns"; capacitive_load_unit (1,pf); voltage_unit : "1V";
  leakage_power_unit : "1uW";
  cell ({name}) {{
    area : {area};
    memory () {{ type : ram; address_width : {depth_bits}; word_width : {width}; }}
    pin (clk) {{ direction : input; clock : true; internal_power () {{ {energy} }} }}
    pin (we_in) {{ direction : input; {setup} {hold} internal_power () {{ {energy} }} }}
    bus (rd_out) {{ {arc("rising_edge", ("cell_rise", "cell_fall"), "0.2")} }}
    cell_leakage_power : 2.0;
  }}
}}
"""
