"""A function by a table and one step of linear interpolation."""

from __future__ import annotations

from amaranth.hdl import Const, Mux, Shape, Value
from amaranth.lib import data
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from golden.numbers.tables import GUARD_BITS, INDEX_BITS, LinearTable
from hw.blocks.pipeline import Block, Pipeline, Timed


class TableFunction(Block):
    """y(x) of a golden.numbers.tables.LinearTable, for every x.

    y = min(floor((base[i] + rounding -+ floor(slope[i] f / 2^fraction_bits)) / 2^GUARD_BITS),
            2^output_bits - 1),  with i, f the upper and lower bits of x.
    Latency: 5 cycles: memory, its output's register, product (2), sum and cut.
    Multipliers: `multipliers` = 1 of slope_bits x fraction_bits. Memory: one of 2^INDEX_BITS words,
    base + rounding and slope side by side.

    Parameters
    ----------
    table : content and formats; fraction_bits is 1 or more.

    Members
    -------
    x : In(input_bits), unsigned; bits above index and fraction are not looked at.
    y : Out(output_bits), unsigned.
    """

    multipliers = 1

    def __init__(self, table: LinearTable):
        if table.fraction_bits < 1:
            least = table.input_bits + 1 - table.fraction_bits
            raise ValueError(
                f"a table of {table.input_bits} bits has none left between its entries: "
                f"give it {least} bits or more."
            )
        self._table = table
        # The sum's last addend waits in the memory. It is 0 or more before the cut, as y is.
        self._base = table.base + table.rounding
        self._entry = data.StructLayout(
            {"base": int(self._base.max()).bit_length(), "slope": table.slope_bits}
        )
        super().__init__({"x": In(table.input_bits), "y": Out(table.output_bits)})

    def build(self, p: Pipeline) -> int:
        fraction_bits, x = self._table.fraction_bits, p.input(self.x)
        fraction = p.wire("fraction", lambda x: x[:fraction_bits], x)
        index = p.wire("index", lambda x: x[fraction_bits : fraction_bits + INDEX_BITS], x)
        entry = p.register("entry", lambda bits: bits, self._read(p, index))
        base = p.wire("base", lambda bits: self._entry(bits).base, entry)
        slope = p.wire("slope", lambda bits: self._entry(bits).slope, entry)
        step = p.multiply("step", slope, fraction, lambda s, f: (s * f)[fraction_bits:])
        return p.finish((self.y, p.register("sum", self._sum, base, step)))

    def _read(self, p: Pipeline, index: Timed) -> Timed:
        """The table's entry, a cycle later."""
        init = [
            {"base": int(base), "slope": int(slope)}
            for base, slope in zip(self._base, self._table.slope, strict=True)
        ]
        p.m.submodules.table = table = Memory(shape=self._entry, depth=len(init), init=init)
        port = table.read_port()
        p.m.d.comb += port.addr.eq(index.value)
        return p.input(Value.cast(port.data), index.cycle + 1)

    def _sum(self, base: Value, step: Value) -> Value:
        """base -+ step without its guard bits, cut to the output's width."""
        bits = self._table.output_bits
        total = (base - step).as_unsigned() if self._table.falling else base + step
        above = total[GUARD_BITS + bits : len(total) - self._table.falling]
        y = total[GUARD_BITS : GUARD_BITS + bits]
        return Mux(above.any(), Const(-1, Shape(bits)), y) if len(above) else y
