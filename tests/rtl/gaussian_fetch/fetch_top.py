"""gaussian_fetch behind a read client, under the flat names that cocotbext-axi looks for."""

from __future__ import annotations

from amaranth.hdl import ClockDomain, ClockSignal, Module, ResetSignal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.records import MEMBER_DTYPE, VISIBLE_DTYPE
from hw.bus.flat_axi import connect_flat_read, flat_read
from hw.bus.read_master import ReadMaster
from hw.generate import verilog_text
from hw.stages.gaussian_fetch.gaussian_fetch import GaussianFetch
from hw.stream_top import bit_slices, field_at
from hw.verilog import Design

# Entries of the client's queue: a memory's latency and a burst more.
QUEUE_BEATS = 128
MEMBER_BITS, VISIBLE_BITS = 8 * MEMBER_DTYPE.itemsize, 8 * VISIBLE_DTYPE.itemsize


class FlatGaussianFetch(wiring.Component):
    """GaussianFetch and a ReadMaster of one client; records as golden.records has them.

    Members
    -------
    aclk, aresetn : In(1), clock and synchronous reset, active low.
    table_record, table_count, frame, served : In, outside, busy : Out, of GaussianFetch.
    idle : Out(1), error : Out(2), of ReadMaster, of frame 0.
    visible_payload, _valid, _ready : VISIBLE_DTYPE in.
    member_payload, _valid, _ready : MEMBER_DTYPE out, a record a lane, then a bit a lane.
    m_axi_* : AXI4 read master.
    """

    def __init__(self, params: Parameters):
        self._params = params
        self.fetch, self.reader = GaussianFetch(params), ReadMaster(params, (QUEUE_BEATS,))
        ports = {
            name: (Out if member.flow == Out else In)(member.shape)
            for name, member in self.fetch.signature.members.items()
            if name in ("table_record", "table_count", "frame", "served", "outside", "busy")
        }
        super().__init__(
            {
                **{name: In(1) for name in ("aclk", "aresetn")},
                **ports,
                "idle": Out(1),
                "error": Out(2),
                "visible_payload": In(VISIBLE_BITS),
                "visible_valid": In(1),
                "visible_ready": Out(1),
                "member_payload": Out((MEMBER_BITS + 1) * params.lanes),
                "member_valid": Out(1),
                "member_ready": In(1),
                **flat_read(self.reader.axi),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.domains.sync = ClockDomain()
        m.submodules.fetch, m.submodules.reader = fetch, reader = self.fetch, self.reader
        wiring.connect(m, fetch.requests, reader.requests[0])
        wiring.connect(m, reader.slots[0], fetch.slots)
        m.d.comb += [
            ClockSignal().eq(self.aclk),
            ResetSignal().eq(~self.aresetn),
            self.idle.eq(reader.idle),
            self.error.eq(reader.error[0]),
            fetch.i.valid.eq(self.visible_valid),
            self.visible_ready.eq(fetch.i.ready),
            self.member_valid.eq(fetch.o.valid),
            fetch.o.ready.eq(self.member_ready),
        ]
        for name in ("table_record", "table_count", "frame", "served"):
            m.d.comb += getattr(fetch, name).eq(getattr(self, name))
        for name in ("outside", "busy"):
            m.d.comb += getattr(self, name).eq(getattr(fetch, name))
        connect_flat_read(m, self, reader.axi)
        self._records(m)
        return m

    def _records(self, m):
        """Fields of the flat records to those of the component's payloads."""
        for part, (start, bits) in bit_slices(VISIBLE_DTYPE).items():
            if part != "reserved":
                word = self.visible_payload[start : start + bits]
                m.d.comb += field_at(self.fetch.i.payload, part).eq(word)
        beat, lanes = self.fetch.o.payload, self._params.lanes
        m.d.comb += self.member_payload[MEMBER_BITS * lanes :].eq(beat.lanes)
        for lane in range(lanes):
            for part, (start, bits) in bit_slices(MEMBER_DTYPE).items():
                if not part.endswith("reserved"):
                    first = MEMBER_BITS * lane + start
                    word = self.member_payload[first : first + bits]
                    m.d.comb += word.eq(field_at(beat.records[lane], part))


def fetch_design(params: Parameters) -> Design:
    """Its Verilog; the bench reads width and lanes from the module's name."""
    name = f"gaussian_fetch_{params.data_bits}_{params.lanes}"
    return Design(name, verilog_text(FlatGaussianFetch(params), name), {})
