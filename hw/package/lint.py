"""Warnings of linters that the generator cannot avoid: the one list, and Verilator's waiver."""

from __future__ import annotations

# Rule of `verilator --lint-only -Wall` -> why it stays.
WAIVED = {
    "DECLFILENAME": "all modules are in one file, which is named after the top",
    "PROCASSINIT": "a register has its reset value at its declaration too, for FPGAs",
    "UNUSEDSIGNAL": "each field of a record has a name, also where nothing reads it",
    "WIDTHEXPAND": "Amaranth sizes operands by sign extension, which Yosys writes as $signed",
    "WIDTHTRUNC": "the same: an assignment drops bits that cannot be set",
    "CASEINCOMPLETE": "what no branch of a case sets has its value from before it",
}
# Rule of `slang -Wextra` -> why.
SLANG = {
    "case-incomplete": WAIVED["CASEINCOMPLETE"],
    "width-trunc": WAIVED["WIDTHTRUNC"],
}
# Rule of `verible-verilog-lint` -> why.
VERIBLE = {
    "always-comb": "Verilog-2005 has no always_comb",
    "case-missing-default": WAIVED["CASEINCOMPLETE"],
    "line-length": "Yosys writes the ports of a module in a line",
    "module-filename": WAIVED["DECLFILENAME"],
    "no-trailing-spaces": "a name in Yosys' Verilog that begins with a backslash ends in a space",
    "unpacked-dimensions-range-ordering": "Yosys writes a memory from its highest word down",
}
# Icarus (`-Wall -g2005`) and Yosys (`check -assert`) have none.
STAYING = {"Verilator": WAIVED, "slang": SLANG, "Verible": VERIBLE}


def waiver_text(file_name: str) -> str:
    """A Verilator configuration file that waives them, and nothing else, in one Verilog file."""
    lines = ["`verilator_config"]
    for rule, reason in WAIVED.items():
        lines += [f"// {reason}", f'lint_off -rule {rule} -file "*{file_name}"']
    return "\n".join(lines) + "\n"
