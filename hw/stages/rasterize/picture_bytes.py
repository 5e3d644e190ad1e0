"""What the picture writer reads of the engines, as pixels of RGBA8."""

from __future__ import annotations

from amaranth.hdl import Array, Cat, Mux, Value
from amaranth.lib import data

from golden.stages.rasterize.arrangement import LANES_PER_ENGINE
from golden.stages.rasterize.formats import TRANSMITTANCE_BITS, RasterFormats
from hw.blocks.pipeline import Pipeline, Timed
from hw.stages.rasterize.layouts import COLORS, pixel_state, pixel_sums
from hw.stages.rasterize.pixel_memory import PixelMemory

READ_CYCLES = PixelMemory.READ_CYCLES


def lone_pixel(p: Pipeline, t, sums, lane: Value) -> Timed:
    """A pixel of a lone engine's quad; t and sums are there READ_CYCLES after the lane."""

    def chosen(t, sums, lane):
        return Array(Cat(t[n], sums[n]) for n in range(LANES_PER_ENGINE))[lane]

    return p.register(
        "pixel", chosen, p.input(t, READ_CYCLES), p.input(sums, READ_CYCLES), p.input(lane)
    )


def quad_rows(p: Pipeline, t, sums, is_odd: Value, first: Value) -> list[Timed]:
    """A row of each engine's quad, turned so that the step's first quad comes first.

    Parameters
    ----------
    t, sums : of each engine, READ_CYCLES after the others. is_odd : the lower row of the quads.
    first : engine of the first quad.
    """
    engines = len(t)
    odd, start = p.input(is_odd), p.input(first)
    quads = []
    for k in range(engines):

        def chosen(t, sums, odd):
            return Mux(odd, Cat(t[2], t[3], sums[2], sums[3]), Cat(t[0], t[1], sums[0], sums[1]))

        pair = p.input(t[k], READ_CYCLES), p.input(sums[k], READ_CYCLES)
        quads.append(p.register(f"pair_{k}", chosen, *pair, odd))
    for bit in range((engines - 1).bit_length()):
        turned = [
            p.register(
                f"turned_{bit}_{n}",
                lambda a, b, f, bit=bit: Mux(f[bit], b, a),
                quads[n],
                quads[(n + (1 << bit)) % engines],
                start,
            )
            for n in range(engines)
        ]
        quads = turned
    return quads


def pixel_bytes(p: Pipeline, place: str, pixels: Timed, i: int, count: int) -> Timed:
    """RGBA8 of pixel i of `count` whose T, and then sums, lie side by side."""
    bits = RasterFormats().sum_fraction_bits
    layout = data.StructLayout(
        {
            "t": data.ArrayLayout(pixel_state(), count),
            "sums": data.ArrayLayout(pixel_sums(), count),
        }
    )

    def channel(v, name):
        view = layout(v)
        if name == "alpha":
            return (1 << TRANSMITTANCE_BITS) - 1 - view.t[i].t
        return view.sums[i][name]

    parts = []
    for name in (*COLORS, "alpha"):
        down = TRANSMITTANCE_BITS if name == "alpha" else bits
        value = p.wire(f"{name}_{place}", lambda v, name=name: channel(v, name), pixels)
        wide = p.register(f"{name}_255_{place}", lambda v: ((v << 8) - v).as_unsigned(), value)
        near = p.register(f"{name}_near_{place}", lambda v, d=down: (v + (1 << (d - 1))) >> d, wide)
        parts.append(
            p.register(
                f"{name}_byte_{place}",
                lambda v: Mux(v[8:].any(), 255, v[:8]) if len(v) > 8 else v,
                near,
            )
        )
    return p.wire(f"pixel_{place}", lambda *b: Cat(*(x[:8] for x in b)), *parts)
