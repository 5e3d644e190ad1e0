"""The pixels of an engine's quads, of the two bins under way."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.rasterize.arrangement import LANES_PER_ENGINE, Arrangement
from golden.stages.rasterize.formats import TRANSMITTANCE_BITS
from hw.stages.rasterize.layouts import pixel_state, pixel_sums, quad_place, quad_states, quad_sums
from hw.stages.rasterize.live_map import BUFFERS

ALL_PASSES = (1 << TRANSMITTANCE_BITS) - 1


class PixelMemory(wiring.Component):
    """T and colour sums, a memory each for every lane and buffer, with one port to write.

    A buffer belongs either to the engine or to the picture writer, which empties it while it reads:
    what is read in a cycle is empty two cycles later. What is written can be read two cycles later,
    too. A memory lies between registers: reading takes READ_CYCLES = 2. After reset nothing is
    empty: the writer has to go over both buffers once.

    Members
    -------
    writes_out : In(1 a buffer), it belongs to the picture writer.
    t_place, sums_place : In(quad_place), to be read; t, sums : Out, READ_CYCLES later.
    t_write, sums_write : In(1); t_write_place, sums_write_place : In(quad_place), where.
    new_t, new_sums : In, what.
    out_place : In(quad_place), out_lanes : In(1 a lane), read and emptied by the writer in a cycle.
    out_t, out_sums : Out, READ_CYCLES later.
    """

    READ_CYCLES = 2

    def __init__(self, params: Parameters):
        self._depth = Arrangement(params).depth
        place = quad_place(params)
        super().__init__(
            {
                "writes_out": In(BUFFERS),
                "t_place": In(place),
                "t": Out(quad_states()),
                "t_write": In(1),
                "t_write_place": In(place),
                "new_t": In(quad_states()),
                "sums_place": In(place),
                "sums": Out(quad_sums()),
                "sums_write": In(1),
                "sums_write_place": In(place),
                "new_sums": In(quad_sums()),
                "out_place": In(place),
                "out_lanes": In(LANES_PER_ENGINE),
                "out_t": Out(quad_states()),
                "out_sums": Out(quad_sums()),
            }
        )

    def elaborate(self, platform):
        m = Module()
        out_buffer = self._later(m, self.out_place.buffer)
        nothing = data.Const(pixel_state(), (ALL_PASSES | 0 << TRANSMITTANCE_BITS))
        # A buffer's own copy of what is written: a register is emptied without logic before it.
        empties = [
            self.out_lanes.any() & (self.out_place.buffer == number) for number in range(BUFFERS)
        ]
        for kind, shape, empty in (
            ("t", pixel_state(), nothing),
            ("sums", pixel_sums(), data.Const(pixel_sums(), 0)),
        ):
            read, write = getattr(self, f"{kind}_place"), getattr(self, f"{kind}_write_place")
            enable, new = getattr(self, f"{kind}_write"), getattr(self, f"new_{kind}")
            buffer = self._later(m, read.buffer)
            places = []
            for number in range(BUFFERS):
                place = Signal.like(write.address, name=f"{kind}_{number}_place", reset_less=True)
                address = Mux(self.writes_out[number], self.out_place.address, write.address)
                m.d.sync += place.eq(address)
                places.append(place)
            for lane in range(LANES_PER_ENGINE):
                found = []
                for number in range(BUFFERS):
                    memory, name = Memory(shape=shape, depth=self._depth, init=[]), f"{kind}_{lane}"
                    m.submodules[f"{name}_{number}"] = memory
                    writes_out = self.writes_out[number]
                    reading, writing = memory.read_port(), memory.write_port()
                    empties_here = self.out_lanes[lane] & (self.out_place.buffer == number)
                    kept, shown = (
                        Signal(shape, name=f"{name}_{number}_{end}", reset_less=True)
                        for end in ("kept", "shown")
                    )
                    writes = Signal(name=f"{name}_{number}_writes")
                    m.d.sync += [
                        kept.eq(Mux(empties[number], empty, new[lane])),
                        writes.eq(Mux(writes_out, empties_here, enable & (write.buffer == number))),
                        shown.eq(reading.data),
                    ]
                    m.d.comb += [
                        reading.addr.eq(Mux(writes_out, self.out_place.address, read.address)),
                        writing.addr.eq(places[number]),
                        writing.data.eq(kept),
                        writing.en.eq(writes),
                    ]
                    found.append(shown)
                m.d.comb += [
                    getattr(self, kind)[lane].eq(Mux(buffer, found[1], found[0])),
                    getattr(self, f"out_{kind}")[lane].eq(Mux(out_buffer, found[1], found[0])),
                ]
        return m

    def _later(self, m, buffer):
        """The buffer that is read, when what is read of it is there."""
        for _ in range(self.READ_CYCLES):
            after = Signal(reset_less=True)
            m.d.sync += after.eq(buffer)
            buffer = after
        return buffer
