"""What a Gaussian covers of the picture: extent, tiles, or nothing."""

from __future__ import annotations

from amaranth.hdl import Mux, signed
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.gaussian_project.extent import TILE_SHIFT
from golden.stages.gaussian_project.formats import (
    DEPTH_TRUST_BITS,
    MAX_EXTENT_SHIFT,
    SIZE_BITS,
    ProjectionFormats,
)
from hw.blocks.held_block import HeldBlock, start_member
from hw.blocks.pipeline import ALWAYS, Block
from hw.blocks.shift import ShiftRight
from hw.layouts import gaussian_project_constants
from hw.stages.gaussian_project.margin import INPUTS, Margin
from hw.stages.gaussian_project.place import place_shapes
from hw.stages.gaussian_project.reach import REACH_FACTOR_BITS, Reach, unsigned_cut

EXTENT_PX_BITS = 16
TILE_BITS = 16  # of the record; a tile that means anything fits SIZE_BITS + 1 - TILE_SHIFT
RECT = ("x0", "y0", "x1", "y1")


class TileSpan(Block):
    """Tiles of one axis that hold a pixel centre within `length` of t + principal.

    first = ceil(center - length - 1/2), last = floor(center + length - 1/2), cut to the picture;
    `lost`, or a length of all ones, makes them all of it.

    Latency: `latency_cycles` = 6: two sums, halves, comparisons, cutting, tiles. No multiplier.

    Parameters
    ----------
    in_turn : both axes use it, an item each.

    Members
    -------
    principal : In(signed(tangent_bits)), last_pixel : In(SIZE_BITS), held during a frame, or those
        of the item's axis.
    tangent : In(signed(screen_bits - 1)). length : In(extent_bits). lost : In(1).
    start, end : Out(16), the first tile, and the one after the last; anything where empty.
    empty : Out(1), no pixel centre of the picture is covered.
    """

    def __init__(self, params: Parameters, *, in_turn: bool):
        self._formats, self._in_turn = ProjectionFormats(params), in_turn
        formats = self._formats
        self._fraction_bits = params.screen_fraction_bits
        super().__init__(
            {
                "principal": In(signed(formats.tangent_bits)),
                "last_pixel": In(SIZE_BITS),
                "tangent": In(signed(formats.screen_bits - 1)),
                "length": In(formats.extent_bits),
                "lost": In(1),
                "start": Out(TILE_BITS),
                "end": Out(TILE_BITS),
                "empty": Out(1),
            }
        )

    def build(self, p):
        s = self._fraction_bits
        half = 1 << (s - 1)
        given = p.input if self._in_turn else p.constant
        principal, final = given(self.principal), given(self.last_pixel)
        tangent, length = p.input(self.tangent), p.input(self.length)
        lost = p.register("everywhere", lambda v, lost: v.all() | lost, length, p.input(self.lost))
        center = p.register("center", lambda v, c: v + c, tangent, principal)
        low = p.register("low", lambda c, v: c - v, center, length)
        high = p.register("high", lambda c, v: c + v, center, length)
        first = p.register("first", lambda v: (v + (half - 1)) >> s, low)
        last = p.register("last", lambda v: (v - half) >> s, high)
        apart = p.register("apart", lambda a, b: b < a, first, last)
        right = p.register("right", lambda a, final: final < a, first, final)
        beyond = p.register("beyond", lambda b, final: final < b, last, final)
        # Cut to the picture, first <= last unless they were apart, or both on one side of it.
        empty = p.register(
            "empty_span", lambda a, r, b, lost: (a | r | (b < 0)) & ~lost, apart, right, last, lost
        )
        first = p.register(
            "first_cut", lambda a, lost: Mux(lost | (a < 0), 0, a[:SIZE_BITS]), first, lost
        )
        last = p.register(
            "last_cut",
            lambda b, beyond, lost, final: Mux(lost | beyond, final, b[:SIZE_BITS]),
            *(last, beyond, lost, final),
        )
        end = p.register("end_tile", lambda b: (b >> TILE_SHIFT) + 1, last)
        start = p.wire("start_tile", lambda a: a >> TILE_SHIFT, first)
        return p.finish((self.start, start), (self.end, end), (self.empty, empty))


class Cover(HeldBlock):
    """extent = reach (1 + 2^-r) + 1 + margin, cut; its pixel centres as tiles of 16 px.

    r = depth_exponent - error_exponent - 1, cut to 0..MAX_EXTENT_SHIFT. Where the exponents are
    less than DEPTH_TRUST_BITS apart, all of the picture is covered, and all of an axis where the
    extent is cut.

    Latency: `latency_cycles`, 36 by default: reach or margin, length, tiles. One Gaussian a cycle.
    Multipliers: those of Reach and Margin, 6.

    Members
    -------
    constants : In(gaussian_project_constants), held during a frame.
    reach_factor : In(16), k.
    tangent_x, tangent_y, reciprocal, depth_exponent, error_exponent : In, as Place gives them.
    xx, yy : In(covariance_bits). exponent : In(signed(6)).
    extent_px_x, extent_px_y : Out(16), half width and height, px, rounded up, cut at 65535.
    x0, y0, x1, y1 : Out(16), tiles, the last two not included; anything where empty.
    empty : Out(1), no pixel centre of the picture is covered.
    """

    def __init__(self, params: Parameters):
        self._params, self.cycles = params, params.project_cycles
        self._formats = formats = ProjectionFormats(params)
        shapes = place_shapes(params)
        super().__init__(
            {
                **start_member(self.cycles),
                "constants": In(gaussian_project_constants(params)),
                "reach_factor": In(REACH_FACTOR_BITS),
                **{name: In(shapes[name]) for name in INPUTS},
                "xx": In(formats.covariance_bits),
                "yy": In(formats.covariance_bits),
                "exponent": In(signed(6)),
                **{f"extent_px_{axis}": Out(EXTENT_PX_BITS) for axis in "xy"},
                **{name: Out(TILE_BITS) for name in RECT},
                "empty": Out(1),
            }
        )

    def build(self, p):
        place = {name: p.input(getattr(self, name)) for name in INPUTS}
        names = ("reach_factor", "xx", "yy", "exponent")
        shape = {name: p.input(getattr(self, name)) for name in names}
        depth, error = place["depth_exponent"], place["error_exponent"]
        trust = p.register("trust", lambda depth, error: depth - error, depth, error)
        reach = Reach(self._params)
        reach = p.call("reach", reach, reciprocal=place["reciprocal"], trust=trust, **shape)
        margin = Margin(self._params)
        p.m.d.comb += margin.constants.eq(self.constants)
        margin = p.call("margin", margin, **place)["margin"]
        margin = p.register("margin_up", lambda v: v + 1, margin)
        lost = p.register("lost", lambda v: v < DEPTH_TRUST_BITS, trust)
        amount = p.register("grown", self._growth, trust)
        jobs = {
            axis: {
                "reach": reach[f"reach_{axis}"],
                "tangent": place[f"tangent_{axis}"],
                "principal": p.constant(self.constants[f"principal_{axis}"]),
                "last_pixel": p.constant(self.constants[f"last_pixel_{axis}"]),
            }
            for axis in "xy"
        }
        spans = p.alike(jobs, self._axis, amount=amount, margin=margin, lost=lost)
        outputs = []
        for axis, span in zip("xy", spans, strict=True):
            outputs.append((getattr(self, f"extent_px_{axis}"), span["extent_px"]))
            outputs.append((getattr(self, f"{axis}0"), span["start"]))
            outputs.append((getattr(self, f"{axis}1"), span["end"]))
        either = p.wire("either_empty", lambda a, b: a | b, *(span["empty"] for span in spans))
        return p.finish(*outputs, (self.empty, either))

    def _axis(self, p, axis, reach, amount, margin, **of_span):
        """Extent and tiles along one axis."""
        length = self._length(p, axis, reach, amount, margin)
        extent = self._extent_px(p, axis, length)
        span = TileSpan(self._params, in_turn=of_span["principal"].cycle != ALWAYS)
        tiles = p.call(f"span_{axis}", span, length=length, **of_span)
        return {"extent_px": extent, **tiles}

    @staticmethod
    def _growth(trust):
        """r of the class's equation."""
        r = trust - 1
        bits = MAX_EXTENT_SHIFT.bit_length()
        return Mux(r < 0, 0, Mux(r > MAX_EXTENT_SHIFT, MAX_EXTENT_SHIFT, r[:bits]))

    def _length(self, p, axis, reach, amount, margin):
        bits = self._formats.extent_bits
        shifter = ShiftRight(reach.value.shape(), amount.value.shape().width, "floor")
        share = p.call(f"share_{axis}", shifter, value=reach, amount=amount)["result"]
        grown = p.register(f"grown_{axis}", lambda a, b: a + b, reach, share)
        total = p.register(f"total_{axis}", lambda a, b: a + b, grown, margin)
        return p.register(f"length_{axis}", lambda v: unsigned_cut(v, bits), total)

    def _extent_px(self, p, axis, length):
        """ceil(length / 2^S), cut."""
        s = self._params.screen_fraction_bits
        rounded = p.register(f"rounded_{axis}", lambda v: (v + ((1 << s) - 1)) >> s, length)
        return p.register(f"px_{axis}", lambda v: unsigned_cut(v, EXTENT_PX_BITS), rounded)
