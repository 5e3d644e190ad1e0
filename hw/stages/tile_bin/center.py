"""Place of a splat in its entry."""

from __future__ import annotations

from amaranth.hdl import Mux, signed
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.gaussian_project.formats import ProjectionFormats
from golden.stages.tile_bin.entry import CENTER_FRACTION_BITS, ENTRY_FIELDS, FAR_FRACTION_BITS
from hw.blocks.normalize import LeadingOne
from hw.blocks.pipeline import Block
from hw.blocks.shift import ShiftRight

CENTER_BITS = ENTRY_FIELDS["u"][1].bits
HALVING_BITS = 4


class Center(Block):
    """u, v, far, and the halvings that the conic has to follow: golden's encode, `_center`.

    Latency: `latency_cycles`. No multiplier.

    Members
    -------
    u, v : In(signed(screen_bits)), S fraction bits.
    center_u, center_v : Out(signed(18)), 5 fraction bits, or 1 where far.
    far : Out(1). halvings : Out(4).
    """

    def __init__(self, params: Parameters):
        self._s = params.screen_fraction_bits
        self._bits = ProjectionFormats(params).screen_bits
        super().__init__(
            {
                "u": In(signed(self._bits)),
                "v": In(signed(self._bits)),
                "center_u": Out(signed(CENTER_BITS)),
                "center_v": Out(signed(CENTER_BITS)),
                "far": Out(1),
                "halvings": Out(HALVING_BITS),
            }
        )

    def build(self, p):
        u, v = p.input(self.u), p.input(self.v)
        size = p.register("size", lambda u, v: (u ^ (u < 0).replicate(len(u))) | (
            v ^ (v < 0).replicate(len(v))), u, v)  # fmt: skip
        least = self._s - FAR_FRACTION_BITS
        above = p.wire("above", lambda s: s[CENTER_BITS - 2 + least : -1], size)
        place = p.call("place", LeadingOne(len(above.value)), value=above)["place"]
        amount = p.register("amount", lambda n: (n + least)[:HALVING_BITS], place)
        near, whole = zip(*(self._both(p, name, x, amount) for name, x in (("u", u), ("v", v))),
                          strict=True)  # fmt: skip
        far = p.register("is_far", lambda a, b: _beyond(a) | _beyond(b), *near)
        chosen = [
            p.register(f"chosen_{n}", lambda far, a, b: Mux(far, b, a[:CENTER_BITS].as_signed()),
                       far, near[n], whole[n])
            for n in range(2)
        ]  # fmt: skip
        return p.finish(
            (self.center_u, chosen[0]),
            (self.center_v, chosen[1]),
            (self.far, far),
            (self.halvings, place),
        )

    def _both(self, p, name, value, amount):
        """To the fraction bits of near, and of far after the halvings, cut at the top."""
        finer = max(CENTER_FRACTION_BITS - self._s, 0)
        down = self._s + finer - CENTER_FRACTION_BITS
        half = 1 << down >> 1
        near = p.register(f"near_{name}", lambda x: ((x << finer) + half) >> down, value)
        shifter = ShiftRight(signed(self._bits), HALVING_BITS, "nearest")
        whole = p.call(f"whole_{name}", shifter, value=value, amount=amount)["result"]
        top = (1 << (CENTER_BITS - 1)) - 1
        cut = p.register(
            f"cut_{name}",
            lambda x: Mux(~x[-1] & x[CENTER_BITS - 1 : -1].any(), top,
                          x[:CENTER_BITS].as_signed()),
            whole,
        )  # fmt: skip
        return near, cut


def _beyond(value):
    """Does a signed value not fit CENTER_BITS?"""
    upper = value[CENTER_BITS - 1 :]
    return upper.any() & ~upper.all()
