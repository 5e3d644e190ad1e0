"""Multipliers of color: as many as its docstring says, none wider than 18 x 18."""

from __future__ import annotations

import re

import pytest
from amaranth.back import rtlil

from golden.params import Parameters
from hw.stages.color.color import Color

# color_cycles -> multipliers, and the most that the FPGA build has room for.
MULTIPLIERS = {1: (26, 44), 2: (15, 22), 4: (9, 11), 8: (6, 6)}
OPERAND_BITS = 18


def multiplier_widths(text: str) -> list[tuple[int, int]]:
    """Widths of the operands of every product in RTLIL, modules of the same name counted once."""
    cells = re.findall(r"cell \$mul .*?\n(.*?)\n\s+end\n", text, re.DOTALL)
    return [
        tuple(int(re.search(rf"\\{side}_WIDTH (\d+)", cell)[1]) for side in "AB") for cell in cells
    ]


@pytest.mark.parametrize("cycles", MULTIPLIERS)
def test_multipliers(cycles):
    text = rtlil.convert(Color(Parameters(color_cycles=cycles)), name="color", emit_src=False)
    widths = multiplier_widths(text)
    due, room = MULTIPLIERS[cycles]
    assert len(widths) == due <= room
    # Amaranth writes a product of a signed and an unsigned operand a bit wider than both.
    assert all(max(pair) <= OPERAND_BITS for pair in widths), widths
