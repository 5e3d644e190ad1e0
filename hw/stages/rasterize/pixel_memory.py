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
    what is read in a cycle is empty two cycles later. Reading takes a cycle. After reset nothing is
    empty: the writer has to go over both buffers once.

    Members
    -------
    writes_out : In(1 a buffer), it belongs to the picture writer.
    t_place, sums_place : In(quad_place), to be read; t, sums : Out, a cycle later.
    t_write, sums_write : In(1); t_write_place, sums_write_place : In(quad_place), where.
    new_t, new_sums : In, what, a cycle before.
    out_place : In(quad_place), out_lanes : In(1 a lane), read and emptied by the writer in a cycle.
    out_t, out_sums : Out, a cycle later.
    """

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
        empty_place, empty_lanes = Signal.like(self.out_place), Signal(LANES_PER_ENGINE)
        m.d.sync += [empty_place.eq(self.out_place), empty_lanes.eq(self.out_lanes)]
        t_buffer, sums_buffer = Signal(), Signal()
        m.d.sync += [t_buffer.eq(self.t_place.buffer), sums_buffer.eq(self.sums_place.buffer)]
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
            buffer = t_buffer if kind == "t" else sums_buffer
            for lane in range(LANES_PER_ENGINE):
                found = []
                for number in range(BUFFERS):
                    memory = Memory(shape=shape, depth=self._depth, init=[])
                    m.submodules[f"{kind}_{lane}_{number}"] = memory
                    writes_out = self.writes_out[number]
                    reading, writing = memory.read_port(), memory.write_port()
                    here = empty_lanes[lane] & (empty_place.buffer == number)
                    kept = Signal(shape, name=f"{kind}_{lane}_{number}_kept", reset_less=True)
                    m.d.sync += kept.eq(Mux(empties[number], empty, new[lane]))
                    m.d.comb += [
                        reading.addr.eq(Mux(writes_out, self.out_place.address, read.address)),
                        writing.addr.eq(Mux(writes_out, empty_place.address, write.address)),
                        writing.data.eq(kept),
                        writing.en.eq(Mux(writes_out, here, enable & (write.buffer == number))),
                    ]
                    found.append(reading.data)
                m.d.comb += [
                    getattr(self, kind)[lane].eq(Mux(buffer, found[1], found[0])),
                    getattr(self, f"out_{kind}")[lane].eq(
                        Mux(empty_place.buffer, found[1], found[0])
                    ),
                ]
        return m
