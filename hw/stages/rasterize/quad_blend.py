"""An engine's four lanes: each adds an entry to a pixel of the quad, a quad a cycle."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.rasterize.arrangement import LANES_PER_ENGINE
from golden.stages.rasterize.formats import (
    TRANSMITTANCE_BITS,
    TRANSMITTANCE_MIN,
    RasterFormats,
)
from golden.stages.tile_bin.entry import COLOR_FRACTION_BITS
from hw.blocks.pipeline import Pipeline, population
from hw.stages.rasterize.layouts import (
    BIN_SIZE_BITS,
    COLORS,
    quad_place,
    quad_states,
    quad_sums,
)
from hw.stages.rasterize.live_map import BUFFERS
from hw.stages.rasterize.pixel_memory import PixelMemory
from hw.stages.rasterize.quad_exponent import QuadExponent
from hw.stages.rasterize.quad_issue import quad_job

# What becomes of a lane in the cycle of a quad.
OUTCOMES = ("blended", "ended", "outside", "done", "beyond", "background")
UNDER_WAY = 4  # quads whose pixels are not in memory yet when they may be asked for again
COUNT_BITS = (LANES_PER_ENGINE).bit_length()


def lane_counts() -> data.StructLayout:
    """Lanes of a quad by what became of them."""
    return data.StructLayout({name: COUNT_BITS for name in OUTCOMES})


class QuadBlend(wiring.Component):
    """w = T alpha; where T - w is TRANSMITTANCE_MIN or more: T -= w, each sum += w color.

    A free-running pipeline from a quad offered to its pixels written. T of a quad may be asked for
    again two cycles later: what is under way is handed on before it is in memory. Colour sums may
    be asked for again in the next cycle.
    Latency: `latency_cycles` to the last write. Multipliers: 6 of 8x8 in QuadExponent, 4 of T x
    alpha, 4 of T x (1 - alpha), 12 of T x colour.

    Members
    -------
    valid : In(1), job : In(quad_job); never the same place as in the cycle before.
    columns, rows : In(7 a buffer), of the bin that belong to the picture. limit : In, alpha_max.
    t_place, t, ... : ports of PixelMemory.
    done : Out(1), done_place : Out(quad_place), no pixel of the quad is left: `done_cycles` after
        the quad was offered.
    counts : Out(lane_counts), of one quad each, in the cycle of its `done`.
    """

    def __init__(self, params: Parameters):
        self._params = params
        self._formats = formats = RasterFormats()
        place = quad_place(params)
        sizes = data.ArrayLayout(BIN_SIZE_BITS, BUFFERS)
        super().__init__(
            {
                "valid": In(1),
                "job": In(quad_job(params)),
                "columns": In(sizes),
                "rows": In(sizes),
                "limit": In(formats.alpha_bits),
                "t_place": Out(place),
                "t": In(quad_states()),
                "t_write": Out(1),
                "t_write_place": Out(place),
                "new_t": Out(quad_states()),
                "sums_place": Out(place),
                "sums": In(quad_sums()),
                "sums_write": Out(1),
                "sums_write_place": Out(place),
                "new_sums": Out(quad_sums()),
                "done": Out(1),
                "done_place": Out(place),
                "counts": Out(lane_counts()),
            }
        )
        self._exponent = QuadExponent(params, formats)
        self._cycle = self._exponent.latency_cycles  # alpha is there, and T
        self.done_cycles = self._cycle + 3
        self.latency_cycles = self._cycle + 6

    def elaborate(self, platform):
        m = Module()
        p = Pipeline(m)
        job = self.job
        # Unlike the numbers, what says that there is a quad is forgotten by a reset.
        under_way = Signal(self._cycle + 2 + UNDER_WAY)
        m.d.sync += under_way.eq(Cat(self.valid, under_way))
        valid, place = Cat(self.valid, under_way), p.input(job.place)
        background = p.input(job.head.background)
        found = p.call(
            "exponent",
            self._exponent,
            brush=p.input(job.head.brush),
            x=p.input(job.head.x),
            y=p.input(job.head.y),
            along=p.input(job.along),
            line=p.input(job.line),
        )
        m.d.comb += self._exponent.limit.eq(self.limit)
        beyond = self._beyond(p, job)
        known = self._states(m, p, valid, place)
        self._blend(m, p, valid, place, background, found, beyond, known)
        return m

    def _beyond(self, p, job):
        """Lanes whose pixel is not in the picture."""

        def beyond(x, y, buffer):
            columns = Mux(buffer, self.columns[1], self.columns[0])
            rows = Mux(buffer, self.rows[1], self.rows[0])
            return Cat(
                (Cat(Const(lane & 1, 1), x) >= columns) | (Cat(Const(lane >> 1, 1), y) >= rows)
                for lane in range(LANES_PER_ENGINE)
            )

        places = (p.input(job.x), p.input(job.y), p.input(job.head.buffer))
        return p.register("beyond", beyond, *places)

    def _states(self, m, p, valid, place):
        """T and done of the quad, with what is still under way."""
        at = self._cycle
        m.d.comb += self.t_place.eq(p.at(place, at - 1 - PixelMemory.READ_CYCLES))
        newest = Signal(quad_states())
        known = self._known(m, p, valid, place, (at - 1, at + 1), self.t, newest)
        m.d.comb += [
            self.t_write.eq(valid[at + 1]),
            self.t_write_place.eq(p.at(place, at + 1)),
            self.new_t.eq(newest),
        ]
        self._newest = newest
        return p.input(known, at)

    def _known(self, m, p, valid, place, cycles, found, newest):
        """A register: what was found of the quad's pixels, or the newest that is under way.

        Parameters
        ----------
        cycles : of a quad, in which it is found, and in which `newest` is of it.
        """
        at, done = cycles
        recent = [newest]
        for n in range(1, UNDER_WAY):
            recent.append(Signal(newest.shape(), name=f"recent_{done}_{n}", reset_less=True))
            m.d.sync += recent[n].eq(recent[n - 1])
        known = Signal(newest.shape(), name=f"known_{done}", reset_less=True)
        own, chosen = _bits(p.at(place, at - 1)), found.as_value()
        for distance in reversed(range(UNDER_WAY)):  # the nearest one counts
            # Compared a cycle before it is needed.
            before = done + distance - 1
            same = Signal(name=f"same_{done}_{distance}", reset_less=True)
            m.d.sync += same.eq(valid[before] & (_bits(p.at(place, before)) == own))
            chosen = Mux(same, recent[distance].as_value(), chosen)
        m.d.sync += known.as_value().eq(chosen)
        return known

    def _blend(self, m, p, valid, place, background, found, beyond, known):
        """A lane each: T less its weight, and what is added to the sums."""
        at, formats = self._cycle, self._formats
        half = 1 << (formats.alpha_bits - 1)
        least = (TRANSMITTANCE_MIN << formats.alpha_bits) - (half - 1)
        valid_1, background_1 = valid[at + 1], p.at(background, at + 1)
        beyond_1, inside = p.at(beyond, at + 1), p.at(found["inside"], at + 1)
        known_1 = p.at(known, at + 1)
        outcomes = {name: Signal(LANES_PER_ENGINE, name=f"lanes_{name}") for name in OUTCOMES}
        weights = []
        for lane in range(LANES_PER_ENGINE):
            # T alpha, and T (1 - alpha): what is left, and whether it is too little, come at once.
            product, remains = (
                p.register(
                    f"{name}_{lane}",
                    lambda s, v, lane=lane: s[lane].t * v[lane],
                    known,
                    found[part],
                ).value
                for name, part in (("product", "alpha"), ("remains", "rest"))
            )
            t, done = known_1[lane].t, known_1[lane].done
            weight, left = (
                Signal(TRANSMITTANCE_BITS, name=f"{name}_{lane}") for name in ("weight", "left")
            )
            here, works, ends = (Signal(name=f"{n}_{lane}") for n in ("here", "works", "ends"))
            m.d.comb += [
                weight.eq((product + half) >> formats.alpha_bits),
                left.eq((remains + (half - 1)) >> formats.alpha_bits),  # T - weight
                here.eq(valid_1 & ~beyond_1[lane] & ~background_1),
                works.eq(here & inside[lane] & ~done),
                ends.eq(remains < least),  # left < TRANSMITTANCE_MIN
                self._newest[lane].t.eq(Mux(works & ~ends, left, t)),
                self._newest[lane].done.eq(done | (works & ends)),
                outcomes["blended"][lane].eq(works & ~ends),
                outcomes["ended"][lane].eq(works & ends),
                outcomes["outside"][lane].eq(here & ~done & ~inside[lane]),
                outcomes["done"][lane].eq(here & done),
                outcomes["beyond"][lane].eq(valid_1 & beyond_1[lane]),
                outcomes["background"][lane].eq(valid_1 & background_1 & ~beyond_1[lane]),
            ]
            weights.append(p.input(Mux(background_1, t, weight), at + 1))
        self._report(m, p, place, beyond, outcomes)
        paints = Signal(LANES_PER_ENGINE)
        m.d.comb += paints.eq(outcomes["blended"] | outcomes["background"])
        self._sum(m, p, valid, place, weights, p.input(paints, at + 1))

    def _report(self, m, p, place, beyond, outcomes):
        """Counts, and whether no pixel is left: in the cycle behind the new states."""
        at = self._cycle + 2
        states, were = Signal.like(self._newest, name="kept", reset_less=True), {}
        m.d.sync += states.eq(self._newest)
        for name, bits in outcomes.items():
            were[name] = Signal.like(bits, name=f"were_{name}")
            m.d.sync += [were[name].eq(bits), self.counts[name].eq(population(were[name]))]
        finished = Cat(states[lane].done for lane in range(LANES_PER_ENGINE)) | p.at(beyond, at)
        m.d.sync += [
            self.done.eq(were["ended"].any() & finished.all()),
            self.done_place.eq(p.at(place, at)),
        ]

    def _sum(self, m, p, valid, place, weights, paints):
        """Colour sums, with what is still under way."""
        at = self._cycle + 4
        down = TRANSMITTANCE_BITS + COLOR_FRACTION_BITS - self._formats.sum_fraction_bits
        m.d.comb += self.sums_place.eq(p.at(place, at - 1 - PixelMemory.READ_CYCLES))
        newest = Signal(quad_sums())
        known = self._known(m, p, valid, place, (at - 1, at), self.sums, newest)
        color = p.input(self.job.head.brush.color)
        channels = {
            name: p.wire(f"channel_{name}", lambda c, name=name: c[name], color) for name in COLORS
        }
        paints_now = p.at(paints, at)

        def rounded(product):
            return (product + (1 << (down - 1))) >> down

        for lane in range(LANES_PER_ENGINE):
            for name in COLORS:
                product = p.multiply(f"{name}_product_{lane}", weights[lane], channels[name])
                share = p.register(f"{name}_share_{lane}", rounded, product).value
                m.d.comb += newest[lane][name].eq(
                    known[lane][name] + Mux(paints_now[lane], share, 0)
                )
        m.d.comb += [
            self.sums_write.eq(valid[at]),
            self.sums_write_place.eq(p.at(place, at)),
            self.new_sums.eq(newest),
        ]


def _bits(place):
    """A place as one number."""
    return place.as_value()
