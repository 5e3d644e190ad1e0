"""Place of a splat in its entry."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Mux, signed
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.gaussian_project.formats import ProjectionFormats
from golden.stages.tile_bin.entry import CENTER_FRACTION_BITS, ENTRY_FIELDS, FAR_FRACTION_BITS
from hw.blocks.held_block import InlineBlock
from hw.blocks.normalize import LeadingOne
from hw.blocks.shift import ShiftRight

CENTER_BITS = ENTRY_FIELDS["u"][1].bits
HALVING_BITS = 4


class Center(InlineBlock):
    """u, v, far, and the halvings that the conic has to follow: golden's encode, `_center`.

    Latency: `latency_cycles`. No multiplier. u and v take turns where splats are some cycles apart.

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

    def steps(self, p, *, u, v):
        size = p.register("size", lambda u, v: (u ^ (u < 0).replicate(len(u))) | (
            v ^ (v < 0).replicate(len(v))), u, v)  # fmt: skip
        least = self._s - FAR_FRACTION_BITS
        above = p.wire("above", lambda s: s[CENTER_BITS - 2 + least : -1], size)
        place = p.call("place", LeadingOne(len(above.value)), value=above)["place"]
        if p.cycles > 1:
            return self._in_turn(p, u, v, size, place, least)
        amount = p.register("amount", lambda n: (n + least)[:HALVING_BITS], place)
        near, whole = zip(*(self._both(p, name, x, amount) for name, x in (("u", u), ("v", v))),
                          strict=True)  # fmt: skip
        far = p.register("is_far", lambda a, b: _beyond(a) | _beyond(b), *near)
        chosen = [
            p.register(f"chosen_{n}", lambda far, a, b: Mux(far, b, a[:CENTER_BITS].as_signed()),
                       far, near[n], whole[n])
            for n in range(2)
        ]  # fmt: skip
        return {
            "center_u": chosen[0],
            "center_v": chosen[1],
            "far": far,
            "halvings": place,
        }

    def _both(self, p, name, value, amount):
        """To the fraction bits of near, and of far after the halvings, cut at the top."""
        finer, down = self._fraction
        half = 1 << down >> 1
        near = p.register(f"near_{name}", lambda x: ((x << finer) + half) >> down, value)
        shifter = ShiftRight(signed(self._bits), HALVING_BITS, "nearest")
        whole = p.call(f"whole_{name}", shifter, value=value, amount=amount)["result"]
        cut = p.register(f"cut_{name}", _cut, whole)
        return near, cut

    def _in_turn(self, p, u, v, size, place, least):
        """One shift for both, by what `far` says: to nearest, it is near where it fits."""
        finer, down = self._fraction
        far = self._far(p, u, v, size)
        amount = p.wire(
            "amount", lambda far, n: Mux(far, n + (least + finer), down)[:HALVING_BITS], far, place
        )

        def moved(p, name, value, amount):
            raised = p.wire(f"raised_{name}", lambda x: x << finer, value)
            shifter = ShiftRight(raised.value.shape(), HALVING_BITS, "nearest")
            whole = p.call(f"whole_{name}", shifter, value=raised, amount=amount)["result"]
            return {"center": p.register(f"cut_{name}", _cut, whole)}

        jobs = {"u": {"value": u}, "v": {"value": v}}
        center_u, center_v = (result["center"] for result in p.alike(jobs, moved, amount=amount))
        return {"center_u": center_u, "center_v": center_v, "far": far, "halvings": place}

    def _far(self, p, u, v, size):
        """Whether u or v to nearest does not fit: what lies just above does in part.

        It does not where all bits are 1 from the one that is rounded on, so that it would round up;
        and of what lies just below, where they are.
        """
        finer, down = self._fraction
        top = CENTER_BITS - 1 + down - finer
        ends = [
            p.register(
                f"end_{name}",
                lambda x: Cat(
                    x[-1],
                    x[top] ^ x[-1],
                    *(x[n : min(n + 6, top)].all() for n in range(down - 1, top, 6) if down),
                ),
                value,
            )
            for name, value in (("u", u), ("v", v))
        ]

        def beyond(size, *ends):
            found = size[top + 1 : -1].any()
            for end in ends:
                ones = end[2:].all() if down else Const(0)
                found |= Mux(end[0], end[1] & ~ones, end[1] | ones)
            return found

        return p.register("is_far", beyond, size, *ends)

    @property
    def _fraction(self):
        """Places that x moves up, and then down, to the fraction bits of near."""
        finer = max(CENTER_FRACTION_BITS - self._s, 0)
        return finer, self._s + finer - CENTER_FRACTION_BITS


def _cut(x):
    """To CENTER_BITS, where it is larger."""
    top = (1 << (CENTER_BITS - 1)) - 1
    return Mux(~x[-1] & x[CENTER_BITS - 1 : -1].any(), top, x[:CENTER_BITS].as_signed())


def _beyond(value):
    """Does a signed value not fit CENTER_BITS?"""
    upper = value[CENTER_BITS - 1 :]
    return upper.any() & ~upper.all()
