"""The header of a pack: read, checked, and taken apart into the places of the tables."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.pack import VERSION
from golden.pack.file import MAGIC
from golden.params import Parameters
from hw.bus.record_stream import RECORD_BITS
from hw.host.register_map import StatusCode

CODE_BITS = 4
HEADER_RECORDS = 5  # what lies behind them is not looked at
TABLES = ("groups", "clusters", "geometry")

# Byte offset and bytes of the numbers in the header, golden/pack/README.md.
FIELDS = {
    "magic": (0, 8),
    "version": (8, 4),
    "geometry_count": (16, 8),
    "clusters_count": (24, 8),
    "groups_count": (32, 8),
    "center_bits": (56, 4),
    "radius_bits": (60, 4),
    "groups_offset": (96, 8),
    "clusters_offset": (120, 8),
    "geometry_offset": (144, 8),
}


class HeaderCheck(wiring.Component):
    """Checks the first records of a pack; a table must lie within the pack, at whole records.

    A table of n records at byte offset a ends within the pack where a / 32 + n <= pack_bytes / 32.

    It takes one header; a reset lets it take the next.

    Latency: 5 records, then a cycle for the header and 2 for each table.

    Members
    -------
    i : In(stream of 256 bits), the first HEADER_RECORDS records of the pack.
    pack_record : In(address_bits - 5), number of the pack's first record. pack_bytes : In(64).
    checked : Out(1), the header is in and checked.
    code : Out(4), of hw.host.register_map.StatusCode, NONE if it is good.
    groups_record, clusters_record, geometry_record : Out(address_bits - 5), where tables begin.
    groups_count, clusters_count, geometry_count : Out(32), their records.
    """

    def __init__(self, params: Parameters):
        self._params = params
        record = params.address_bits - 5
        super().__init__(
            {
                "i": In(stream.Signature(RECORD_BITS)),
                "pack_record": In(record),
                "pack_bytes": In(64),
                "checked": Out(1),
                "code": Out(CODE_BITS),
                **{f"{name}_record": Out(record) for name in TABLES},
                **{f"{name}_count": Out(32) for name in TABLES},
            }
        )

    def elaborate(self, platform):
        m = Module()
        fields = {
            name: Signal(8 * size, name=name, reset_less=True) for name, (_, size) in FIELDS.items()
        }
        number = Signal(range(HEADER_RECORDS + 1))
        # What the header itself says, and whether a table lies outside the pack.
        wrong, self._outside = Signal(CODE_BITS), Signal()
        m.d.comb += self.code.eq(
            Mux(self._outside & (wrong == StatusCode.NONE), StatusCode.TABLE_OUTSIDE, wrong)
        )
        with m.FSM():
            with m.State("READ"):
                m.d.comb += self.i.ready.eq(1)
                with m.If(self.i.valid):
                    m.d.sync += number.eq(number + 1)
                    self._capture(m, fields, number)
                    with m.If(number == HEADER_RECORDS - 1):
                        m.next = "HEADER"
            with m.State("HEADER"):
                m.d.sync += wrong.eq(self._header_code(fields))
                m.next = "TABLE_0"
            for n, name in enumerate(TABLES):
                self._table(m, n, name, fields)
            with m.State("CHECKED"):
                m.d.comb += self.checked.eq(1)
        return m

    def _capture(self, m, fields, number):
        """The parts of the record that comes which lie in a field."""
        record_bytes = RECORD_BITS // 8
        for name, (offset, size) in FIELDS.items():
            first, place = divmod(offset, record_bytes)
            with m.If(number == first):
                m.d.sync += fields[name].eq(self.i.payload[8 * place :][: 8 * size])

    def _header_code(self, fields):
        p = self._params
        magic = int.from_bytes(MAGIC, "little")
        version = (
            (fields["version"] != VERSION)
            | (fields["center_bits"] != p.center_bits)
            | (fields["radius_bits"] != p.radius_bits)
        )
        none = Cat(fields[f"{name}_count"] == 0 for name in TABLES).any()
        return Mux(
            fields["magic"] != magic,
            StatusCode.BAD_MAGIC,
            Mux(version, StatusCode.BAD_VERSION, Mux(none, StatusCode.EMPTY, StatusCode.NONE)),
        )

    def _table(self, m, n, name, fields):
        """Three steps: the table's first record, its end, and whether that is within the pack."""
        offset, count = fields[f"{name}_offset"], fields[f"{name}_count"]
        # Of offset and count only the bits that an address can have; others are outside at once.
        bits = self._params.address_bits
        end = Signal(max(bits - 5, 32) + 1, name=f"{name}_end", reset_less=True)
        odd = Signal(name=f"{name}_odd", reset_less=True)
        first = Signal.like(self.pack_record, name=f"{name}_first", reset_less=True)
        records = Signal(32, name=f"{name}_records", reset_less=True)
        m.d.comb += [
            getattr(self, f"{name}_record").eq(first),
            getattr(self, f"{name}_count").eq(records),
        ]
        with m.State(f"TABLE_{n}"):
            m.d.sync += [
                first.eq(self.pack_record + offset[5:]),
                records.eq(count),
                end.eq(offset[5:bits] + count[:32]),
                odd.eq(offset[:5].any() | offset[bits:].any() | count[32:].any()),
            ]
            m.next = f"END_{n}"
        with m.State(f"END_{n}"):
            m.d.sync += self._outside.eq(self._outside | odd | (end > self.pack_bytes[5:]))
            m.next = f"TABLE_{n + 1}" if n + 1 < len(TABLES) else "CHECKED"
