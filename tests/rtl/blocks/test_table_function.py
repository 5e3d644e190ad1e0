"""TableFunction: compiled RTL against golden.numbers.tables, for every input."""

from dataclasses import replace

import numpy as np
import pytest

from golden.numbers.tables import reciprocal_table, square_root_table
from hw.blocks.table_function import TableFunction
from tests.rtl.blocks.block_checks import Case, check_blocks

FUNCTIONS = {"reciprocal": reciprocal_table, "square_root": square_root_table}


def case(table):
    x = np.arange(1 << table.input_bits)
    return Case(lambda: TableFunction(table), {"x": x}, {"y": table(x)})


def test_every_input_of_every_width():
    widths = (11, 12, 13, 16, 17, 18)
    check_blocks(
        {f"{name}_{bits}": case(make(bits)) for name, make in FUNCTIONS.items() for bits in widths}
    )


def test_every_input_where_the_output_is_cut():
    """Tables that reach beyond the output's width by much: the cut is more than one bit."""
    tables = {name: replace(make(13), output_bits=11) for name, make in FUNCTIONS.items()}
    cases = {name: case(table) for name, table in tables.items()}
    for made in cases.values():
        assert (made.expected["y"] == 2**11 - 1).any()
    check_blocks(cases)


@pytest.mark.parametrize("make", FUNCTIONS.values(), ids=FUNCTIONS)
@pytest.mark.parametrize("bits", [12, 18])
def test_latency_and_multipliers(make, bits):
    block = TableFunction(make(bits))
    assert (block.latency_cycles, block.multipliers) == (5, 1)


def test_refuses_a_table_without_fraction():
    with pytest.raises(
        ValueError, match=r"^a table of 10 bits has none left between its entries: give it 11 bits"
    ):
        TableFunction(reciprocal_table(10))
