"""AXI4-Lite: its wires, and a slave that turns them into plain reads and writes."""

from __future__ import annotations

from enum import IntEnum

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

DATA_BITS = 32
STROBES = DATA_BITS // 8
BYTE_BITS = 2  # of an address, within a word


class Response(IntEnum):
    """Response codes of AXI."""

    OKAY = 0
    SLAVE_ERROR = 2
    DECODE_ERROR = 3


def axi_lite(address_bits: int) -> wiring.Signature:
    """The wires of AXI4-Lite with 32 bits of data, as a master drives them; no protection bits."""
    return wiring.Signature(
        {
            "awaddr": Out(address_bits),
            "awvalid": Out(1),
            "awready": In(1),
            "wdata": Out(DATA_BITS),
            "wstrb": Out(STROBES),
            "wvalid": Out(1),
            "wready": In(1),
            "bresp": In(2),
            "bvalid": In(1),
            "bready": Out(1),
            "araddr": Out(address_bits),
            "arvalid": Out(1),
            "arready": In(1),
            "rdata": In(DATA_BITS),
            "rresp": In(2),
            "rvalid": In(1),
            "rready": Out(1),
        }
    )


class AxiLiteSlave(wiring.Component):
    """Takes one write and one read at a time, apart from one another, in any order of channels.

    The bus sees registers only: no input reaches an output in the same cycle, and answers stay as
    they are until taken. The lowest two address bits are ignored.

    Latency: a write happens WRITE_CYCLES = 2 after the later one of address and data was taken,
    its answer comes a cycle later. A read's data comes read_cycles + 2 after its address was taken.

    Parameters
    ----------
    address_bits : of a byte address.
    read_cycles : registers in the multiplexer that follows read_word.

    Members
    -------
    bus : In(axi_lite(address_bits)).
    write : Out(1), a pulse: write_data goes to write_word where write_strobes has a bit a byte.
    write_word, write_data, write_strobes : Out, as they are in the cycle before `write`, too.
    write_error : In(1), beside `write`: there is no such word.
    read_word : Out, steady until the answer.
    read_data, read_error : In(32), In(1), of the word read_cycles after it.
    """

    WRITE_CYCLES = 2

    def __init__(self, address_bits: int, read_cycles: int = 1):
        self._read_cycles = read_cycles
        word_bits = address_bits - BYTE_BITS
        super().__init__(
            {
                "bus": In(axi_lite(address_bits)),
                "write": Out(1),
                "write_word": Out(word_bits),
                "write_data": Out(DATA_BITS),
                "write_strobes": Out(STROBES),
                "write_error": In(1),
                "read_word": Out(word_bits),
                "read_data": In(DATA_BITS),
                "read_error": In(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        self._write(m)
        self._read(m)
        return m

    def _write(self, m):
        bus = self.bus
        addressed, filled, decoded = Signal(), Signal(), Signal()
        m.d.comb += [
            bus.awready.eq(~addressed),
            bus.wready.eq(~filled),
            self.write.eq(decoded & ~bus.bvalid),
        ]
        m.d.sync += decoded.eq(addressed & filled & ~self.write)
        with m.If(bus.awvalid & bus.awready):
            m.d.sync += [addressed.eq(1), self.write_word.eq(bus.awaddr[BYTE_BITS:])]
        with m.If(bus.wvalid & bus.wready):
            m.d.sync += [
                filled.eq(1),
                self.write_data.eq(bus.wdata),
                self.write_strobes.eq(bus.wstrb),
            ]
        with m.If(self.write):
            m.d.sync += [
                addressed.eq(0),
                filled.eq(0),
                bus.bvalid.eq(1),
                bus.bresp.eq(_response(self.write_error)),
            ]
        with m.Elif(bus.bready):
            m.d.sync += bus.bvalid.eq(0)

    def _read(self, m):
        bus = self.bus
        # One bit that moves on a cycle at a time, from the address taken to the word seen.
        looking = Signal(self._read_cycles + 1)
        m.d.comb += bus.arready.eq(~looking.any() & ~bus.rvalid)
        m.d.sync += looking.eq(Cat(bus.arvalid & bus.arready, looking))
        with m.If(bus.arready):
            m.d.sync += self.read_word.eq(bus.araddr[BYTE_BITS:])
        with m.If(looking[-1]):
            m.d.sync += [
                bus.rvalid.eq(1),
                bus.rdata.eq(self.read_data),
                bus.rresp.eq(_response(self.read_error)),
            ]
        with m.Elif(bus.rready):
            m.d.sync += bus.rvalid.eq(0)


def _response(error):
    return Mux(error, Response.SLAVE_ERROR, Response.OKAY)
