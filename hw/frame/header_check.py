"""The header of a pack: read, checked, and taken apart into the places of the tables."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.pack import VERSION
from golden.pack.colors import COLOR_FORMATS
from golden.pack.file import MAGIC
from golden.params import Parameters
from golden.records import RECORD_BYTES
from hw.bus.record_stream import RECORD_BITS
from hw.host.status import CODE_BITS, StatusCode


@dataclass(frozen=True)
class Table:
    """A section of the pack that the hardware reads, a record of 32 bytes an item.

    Parameters
    ----------
    section : its place in the header's section table.
    count : field of the header that has its items.
    """

    section: int
    count: str


TABLES = {
    "groups": Table(1, "groups_count"),
    "clusters": Table(2, "clusters_count"),
    "geometry": Table(3, "geometry_count"),
    "colors": Table(4, "geometry_count"),
}
FRONT_END = ("groups", "clusters", "geometry")  # tables of a build without colours

# Byte offset and bytes of the numbers in the header, golden/pack/README.md.
NUMBERS = {
    "magic": (0, 8),
    "version": (8, 4),
    "geometry_count": (16, 8),
    "clusters_count": (24, 8),
    "groups_count": (32, 8),
    "center_bits": (56, 4),
    "radius_bits": (60, 4),
}
COLOR_NUMBERS = {"coefficients": (52, 4), "color_format": (68, 4)}
NARROW = COLOR_FORMATS.index("narrow")
SECTIONS, SECTION_BYTES = 72, 24


def header_fields(tables: tuple[str, ...]) -> dict[str, tuple[int, int]]:
    """Byte offset and bytes of each number of the header that a build with these tables reads."""
    places = {f"{name}_offset": SECTIONS + SECTION_BYTES * TABLES[name].section for name in tables}
    colors = COLOR_NUMBERS if "colors" in tables else {}
    return NUMBERS | colors | {name: (place, 8) for name, place in places.items()}


def header_records(tables: tuple[str, ...]) -> int:
    """Records of the header that are read: up to the last number that counts."""
    return -(-max(sum(place) for place in header_fields(tables).values()) // RECORD_BYTES)


FIELDS, HEADER_RECORDS = header_fields(FRONT_END), header_records(FRONT_END)


class HeaderCheck(wiring.Component):
    """Checks the first records of a pack; a table must lie within the pack, at whole records.

    A table of n records at byte offset a ends within the pack where a / 32 + n <= pack_bytes / 32.

    It takes one header; a reset lets it take the next. Where the pack's bytes end within its
    header, no record comes and all tables are outside.

    Latency: header_records(tables) records (5, or 6 with colours), then a cycle for the header and
    2 for each table; 1 cycle where the pack is too short.

    Parameters
    ----------
    tables : names of TABLES that the build reads. With `colors`, these must be narrow records.

    Members
    -------
    i : In(stream of 256 bits), the first header_records(tables) records of the pack.
    pack_record : In(address_bits - 5), number of the pack's first record.
    pack_bytes : In(64).
    too_short : In(1), a header is asked for and the pack's bytes end within it.
    checked : Out(1), the header is in and checked.
    code : Out(4), of hw.host.status.StatusCode, NONE if it is good.
    TABLE_record : Out(address_bits - 5) for each of `tables`, where it begins.
    TABLE_count : Out(32) for each of `tables`, its records.
    """

    def __init__(self, params: Parameters, tables: tuple[str, ...] = FRONT_END):
        self._params, self._tables = params, tables
        self._records = header_records(tables)
        record = params.address_bits - 5
        super().__init__(
            {
                "i": In(stream.Signature(RECORD_BITS)),
                "pack_record": In(record),
                "pack_bytes": In(64),
                "too_short": In(1),
                "checked": Out(1),
                "code": Out(CODE_BITS),
                **{f"{name}_record": Out(record) for name in tables},
                **{f"{name}_count": Out(32) for name in tables},
            }
        )

    def elaborate(self, platform):
        m = Module()
        fields = {
            name: Signal(8 * size, name=name, reset_less=True)
            for name, (_, size) in header_fields(self._tables).items()
        }
        number = Signal(range(self._records + 1))
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
                    with m.If(number == self._records - 1):
                        m.next = "HEADER"
                with m.If(self.too_short):
                    m.d.sync += self._outside.eq(1)
                    m.next = "CHECKED"
            with m.State("HEADER"):
                m.d.sync += wrong.eq(self._header_code(fields))
                m.next = "TABLE_0"
            for n, name in enumerate(self._tables):
                self._table(m, n, name, fields)
            with m.State("CHECKED"):
                m.d.comb += self.checked.eq(1)
        return m

    def _capture(self, m, fields, number):
        """The parts of the record that comes which lie in a field."""
        record_bytes = RECORD_BITS // 8
        for name, (offset, size) in header_fields(self._tables).items():
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
        none = Cat(fields[TABLES[name].count] == 0 for name in FRONT_END).any()
        found = Mux(none, StatusCode.EMPTY, StatusCode.NONE)
        if "colors" in self._tables:
            narrow = (fields["color_format"] == NARROW) & (fields["coefficients"] <= 16)
            found = Mux(narrow, found, StatusCode.BAD_COLORS)
        version_code = Mux(version, StatusCode.BAD_VERSION, found)
        return Mux(fields["magic"] != magic, StatusCode.BAD_MAGIC, version_code)

    def _table(self, m, n, name, fields):
        """Three steps: the table's first record, its end, and whether that is within the pack."""
        offset, count = fields[f"{name}_offset"], fields[TABLES[name].count]
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
            m.next = f"TABLE_{n + 1}" if n + 1 < len(self._tables) else "CHECKED"
