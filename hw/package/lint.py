"""Warnings of Verilator that the generator cannot avoid: the one list, and the waiver from it."""

from __future__ import annotations

# Rule of `verilator --lint-only -Wall` -> why it stays. Icarus (`-Wall -g2005`) has none.
WAIVED = {
    "DECLFILENAME": "all modules are in one file, which is named after the top",
    "PROCASSINIT": "a register has its reset value at its declaration too, for FPGAs",
    "UNUSEDSIGNAL": "each field of a record has a name, also where nothing reads it",
    "WIDTHEXPAND": "Amaranth sizes operands by sign extension, which Yosys writes as $signed",
    "WIDTHTRUNC": "the same: an assignment drops bits that cannot be set",
    "CASEINCOMPLETE": "what no branch of a case sets has its value from before it",
}


def waiver_text(file_name: str) -> str:
    """A Verilator configuration file that waives them, and nothing else, in one Verilog file."""
    lines = ["`verilator_config"]
    for rule, reason in WAIVED.items():
        lines += [f"// {reason}", f'lint_off -rule {rule} -file "*{file_name}"']
    return "\n".join(lines) + "\n"
