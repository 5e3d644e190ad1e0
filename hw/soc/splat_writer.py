"""Splats of a build that does not draw, into the memory of a LiteX system."""

from __future__ import annotations

from litex.gen import LiteXModule
from litex.soc.cores.dma import WishboneDMAWriter
from litex.soc.interconnect import stream, wishbone

WORD_BITS = 32


class SplatWriter(LiteXModule):
    """Words of m_axis_splat through LiteX's DMA, whose registers say where to.

    The beat that ends a frame without a splat is dropped. Lanes of a last beat that hold none are
    written behind the splats, of which COUNTER_SPLATS tells the number.

    Parameters
    ----------
    data_bits : of the stream.
    """

    def __init__(self, data_bits: int):
        self.sink = sink = stream.Endpoint([("data", data_bits), ("keep", data_bits // 8)])
        self.bus = wishbone.Interface(data_width=WORD_BITS)
        self.converter = converter = stream.Converter(data_bits, WORD_BITS)
        # "big" is the DMA's word for bytes as they come: they are little-endian already.
        self.dma = WishboneDMAWriter(self.bus, endianness="big", with_csr=True)
        is_there = sink.keep[0]
        self.comb += [
            converter.sink.valid.eq(sink.valid & is_there),
            converter.sink.data.eq(sink.data),
            sink.ready.eq(converter.sink.ready | ~is_there),
            self.dma.sink.valid.eq(converter.source.valid),
            self.dma.sink.data.eq(converter.source.data),
            converter.source.ready.eq(self.dma.sink.ready),
        ]
