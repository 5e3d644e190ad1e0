"""EntrySetup for entries that come some cycles apart: what it computes alike takes turns."""

from __future__ import annotations

from itertools import pairwise

from amaranth.hdl import Cat, Const, Mux, signed
from amaranth.lib.wiring import In

from golden.params import Parameters
from golden.stages.rasterize.arrangement import Arrangement
from golden.stages.rasterize.formats import (
    DISTANCE_FRACTION_BITS,
    ROOT_BITS,
    STEP_BITS,
    reach_log_table,
)
from golden.stages.tile_bin.entry import CENTER_FRACTION_BITS, SLOPE_FRACTION_BITS
from hw.blocks.multiply import Multiply
from hw.blocks.pipeline import Timed
from hw.blocks.turn_pipeline import TurnBlock, TurnPipeline
from hw.stages.rasterize.entry_parts import (
    AMOUNT_BITS,
    LOG,
    from_center,
    lines_touched,
    setup_members,
    table_entry,
)
from hw.stages.rasterize.layouts import COLORS, RATIO_STEP_BITS
from hw.stages.rasterize.scale_turn import LATE, WIDTH_UP, scale_turn


class EntryTurns(TurnBlock):
    """EntrySetup, an entry every setup_cycles at most; jobs of a kind take turns.

    The numbers are EntrySetup's. Each of four turns scales a distance and a step:

        floor(mantissa operand / 2^amount + 1/2)    q     y   ratio        x
        floor(mantissa / 2^amount + 1/2)            height r  ratio step   p

    by the mantissas of the square roots and of half heights. Half a height and half a width, which
    round up, have the mantissas that round down, and 1 more where these are not exact. With 4
    cycles all turns share one chain, with 2 cycles two turns share each of two.
    Latency: `latency_cycles`. Multipliers: 5 of 18x18, or 8 where setup_cycles is 2.

    Parameters
    ----------
    params : with raster_lanes above 0 and setup_cycles above 1.

    Members
    -------
    start : In(1), an entry's first cycle; the inputs are held for setup_cycles.
    entry, ends, x0, y0, prepared : as EntrySetup's; `prepared` is right in one cycle alone.
    """

    def __init__(self, params: Parameters):
        self._params, self.cycles = params, params.setup_cycles
        self._arrangement = Arrangement(params)
        super().__init__({"start": In(1), **setup_members(params)})

    def build(self, p):
        field = {name: p.input(self.entry[name]) for name, _ in self.entry.shape()}
        across, distance = self._distances(p, field)
        steps = self._steps(p, field, across, distance)
        lines = lines_touched(p, self._params.bin_px, across, steps["q"]["small"])
        parts = self._places(p, field, distance, steps, lines["first"])
        brush, out = self.prepared.brush, self.prepared
        passed = [self.entry[name] for name in (*COLORS, "opacity", "swap")] + [self.ends]
        goes_to = [brush.color[name] for name in COLORS] + [brush.opacity, brush.swap, out.ends]
        width = p.wire("width", lambda v: v[WIDTH_UP:], steps["x"]["mantissa"])
        return p.finish_once(
            *((out[name], value) for name, value in (parts | lines).items()),
            (Cat(*goes_to), p.input(Cat(*passed))),
            (out.slope, field["slope"]),
            (out.width, width),
            (out.width_shift, steps["x"]["exponent"]),
            (out.ratio_step, steps["ratio"]["small"]),
            (brush.p, steps["x"]["small"]),
            (brush.q, steps["q"]["lower"]),
            (brush.r, steps["y"]["small"]),
        )

    def _distances(self, p: TurnPipeline, field) -> tuple[Timed, Timed]:
        """From the centre to the bin's first pixel: across the lines, and along them from X = 0.

        The latter with half of DISTANCE_FRACTION_BITS' last place added.
        """

        def chosen(name, first, second):
            def choose(s, a, b):
                return Mux(s, a, b).as_signed() if a.shape().signed else Mux(s, a, b)

            return p.wire(name, choose, field["swap"], first, second)

        x0, y0 = p.input(self.x0), p.input(self.y0)
        jobs = {
            "across": {
                "origin": chosen("origin_across", x0, y0),
                "place": chosen("place_across", field["u"], field["v"]),
            },
            "along": {
                "origin": chosen("origin_along", y0, x0),
                "place": chosen("place_along", field["v"], field["u"]),
            },
        }

        def less(p, origin, place, far):
            return {"px": p.wire("px", from_center, origin, place, far)}

        since = self.cycles - len(jobs)  # as late as they are held: what follows waits less
        found = p.turns("less", jobs, less, since=since, far=field["far"])
        across, along = found["across"]["px"], found["along"]["px"]
        block = Multiply(field["slope"].value.shape(), across.value.shape())
        slanted = p.call("slanted", block, a=field["slope"], b=across)["product"]
        half = 1 << (self._to_scaled - 1)
        distance = p.register(
            "distance",
            lambda a, s: Cat(Const(half, SLOPE_FRACTION_BITS), a).as_signed() + s,
            along,
            slanted,
            since=along.cycle + self.cycles - 1,
        )
        return across, distance

    _to_scaled = CENTER_FRACTION_BITS + SLOPE_FRACTION_BITS - DISTANCE_FRACTION_BITS

    def _steps(self, p: TurnPipeline, field, across, distance) -> dict[str, dict[str, Timed]]:
        """Results of the four turns, by what each gives: see `_turn`."""
        opacity = field["opacity"]
        reach = table_entry(p, "reach", opacity, reach_log_table(), signed(LOG.width))
        reach = p.register("reach_read", lambda v: v, reach)
        w1, w2 = field["w1"], field["w2"]
        scaled = p.wire("scaled", lambda v: v[self._to_scaled :].as_signed(), distance)
        # Of each: the code of its root, that of its half height or width, and its operand.
        jobs: dict[str, tuple[Timed | None, Timed | None, Timed, int]] = {
            "q": (w1, w2, field["slope"], SLOPE_FRACTION_BITS),
            "y": (w2, None, across, CENTER_FRACTION_BITS),
            "ratio": (None, w2, across, 0),
            "x": (w1, w1, scaled, DISTANCE_FRACTION_BITS),
        }

        def flag(value):
            return p.constant(Const(value, 1))

        turns = {
            name: {
                "root_code": root,
                "reach_code": code,
                "operand": operand,
                "point": p.constant(Const(point, AMOUNT_BITS)),
                "is_ratio": flag(name == "ratio"),
                "has_ratio": flag(name == "ratio"),
                "has_height": flag(name == "q"),
                "rounds_up": flag(name == "q"),
            }
            for name, (root, code, operand, point) in jobs.items()
        }
        return p.turns(
            "scale", turns, scale_turn, LATE, far=field["far"], root_far=field["far"], reach=reach
        )

    def _places(self, p: TurnPipeline, field, distance, steps, first) -> dict[str, Timed]:
        """X, Y, ratio and middle at the first line of the group that has line `first`."""
        lines, groups = self._arrangement.lines, self._arrangement.groups
        skipped = lines.bit_length() - 1
        half = 1 << (self._to_scaled - 1 - CENTER_FRACTION_BITS)
        middle = p.register(
            "middle",
            lambda v: half - (v >> CENTER_FRACTION_BITS),
            distance,
            since=distance.cycle + self.cycles - 1,
        )
        places = {
            "y": p.wire("y_cut", lambda v: v[:STEP_BITS], steps["y"]["lower"]),
            "middle": middle,
            "ratio": steps["ratio"]["cut"],
            "x": p.wire("x_cut", lambda v: v[:STEP_BITS], steps["x"]["lower"]),
        }
        if groups == 1:
            return places
        group = p.wire("group", lambda v: v[skipped:], first)
        up = p.wire("group_up", lambda v: Cat(v, Const(0, 1)).as_signed(), group)
        down = p.register("group_down", lambda v: (-v)[: len(v) + 1].as_signed(), group)
        q = p.wire(
            "q_step", lambda v: v[: len(self.prepared.brush.q)].as_signed(), steps["q"]["lower"]
        )
        r, ratio_step = (
            p.wire(f"{name}_step", lambda v, bits=bits: v[:bits], steps[name]["small"])
            for name, bits in (("y", ROOT_BITS), ("ratio", RATIO_STEP_BITS))
        )
        rising = {"y": r, "ratio": ratio_step, "x": q}
        limits = [0, STEP_BITS, len(self.prepared.ratio), len(self.prepared.middle)]
        jobs = {
            name: {"step": rising.get(name, field["slope"]), "by": up if name in rising else down}
            | {
                f"part_{low}": None
                if low >= len(self.prepared[name])
                else p.wire(
                    f"{name}_{low}", lambda v, low=low, high=high: _bits(v, low, high), value
                )
                for low, high in pairwise(limits)
            }
            for name, value in places.items()
        }
        late = {name: 1 for name in jobs["y"] if name.startswith("part")}

        def moved(p, step, by, **parts):
            product = p.multiply("product", step, by)
            whole = p.register("whole", lambda *bits: Cat(*bits), *parts.values())
            return {
                "place": p.wire(
                    "place", lambda v, m: (v + (m << (skipped + 1)))[: len(v)], whole, product
                )
            }

        moved_places = p.turns("move", jobs, moved, late)
        return {name: moved_places[name]["place"] for name in jobs}


def _bits(value, low: int, high: int):
    """Bits of a value, with its sign above it."""
    own = value[low:high]
    sign = value[-1] if value.shape().signed else Const(0, 1)
    return Cat(own, sign.replicate(high - low - len(own)))
