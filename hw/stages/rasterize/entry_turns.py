"""EntrySetup for entries that come some cycles apart: what it computes alike takes turns."""

from __future__ import annotations

from itertools import pairwise

from amaranth.hdl import Cat, Const, Mux, signed, unsigned
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.rasterize.arrangement import Arrangement
from golden.stages.rasterize.entry_steps import HEIGHT_UP, RATIO_DOWN, RATIO_LOG_MAX
from golden.stages.rasterize.formats import (
    DISTANCE_FRACTION_BITS,
    HEIGHT_FRACTION_BITS,
    RATIO_FRACTION_BITS,
    RATIO_LIMIT,
    REACH_EXPONENT_MAX,
    ROOT_BITS,
    STEP_BITS,
    TABLE_BITS,
    WIDTH_FRACTION_BITS,
    mantissa_table,
    reach_log_table,
    root_table,
)
from golden.stages.tile_bin.entry import CENTER_FRACTION_BITS, SLOPE_FRACTION_BITS
from hw.blocks.multiply import Multiply
from hw.blocks.pipeline import Pipeline, Timed
from hw.blocks.shift import ShiftRight
from hw.blocks.shift_cut import ShiftCut
from hw.blocks.turn_pipeline import TurnBlock, TurnPipeline
from hw.stages.rasterize.entry_setup import (
    AMOUNT_BITS,
    LOG,
    from_center,
    lines_touched,
    log_of,
    table_entry,
)
from hw.stages.rasterize.layouts import COLORS, RATIO_STEP_BITS, SIZE_BITS, prepared_entry
from hw.stages.tile_bin.layouts import list_entry

WIDTH_UP = HEIGHT_FRACTION_BITS - WIDTH_FRACTION_BITS
CUT_BITS = (RATIO_LIMIT << RATIO_FRACTION_BITS).bit_length()  # of a ratio, with its sign
# Cycles from a turn's first input to the others.
LATE = {"is_ratio": 1, "reach": 1, "root_code": 2, "root_far": 2}
LATE |= {"operand": 4, "point": 4, "has_ratio": 4, "has_height": 4, "rounds_up": 8}


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
        super().__init__(
            {
                "start": In(1),
                "entry": In(list_entry()),
                "ends": In(1),
                "x0": In(SIZE_BITS),
                "y0": In(SIZE_BITS),
                "prepared": Out(prepared_entry(params)),
            }
        )

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
            "scale", turns, _turn, LATE, far=field["far"], root_far=field["far"], reach=reach
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


def _turn(p: Pipeline, root_code, root_far, reach_code, far, reach, operand, point, **flag):
    """A turn of EntryTurns.

    Parameters
    ----------
    root_code : of the weight whose root scales. reach_code : of that whose half width does, or its
        reciprocal where `is_ratio`. reach : log2 of rho.
    point : fraction bits of the operand, more than of the result.

    Returns lower and cut of operand and mantissa; small of the mantissa alone; mantissa and
    exponent, of the half width.
    """
    root_log = p.register("root_log", log_of, root_code, root_far)
    index = p.wire("root_index", lambda v: v[:TABLE_BITS], root_log)
    root = table_entry(p, "root", index, root_table(), unsigned(ROOT_BITS))
    root_down = p.register("root_down", lambda v: (-(v >> TABLE_BITS))[:AMOUNT_BITS], root_log)
    mantissa, exponent = _reach(p, reach_code, far, reach, **flag)

    scale = p.wire(
        "scale",
        lambda up, m, root: Cat(Mux(up, m, root), Const(0, 1)).as_signed(),
        *(flag["has_ratio"], mantissa, root),
    )
    block = Multiply(scale.value.shape(), operand.value.shape())
    product = p.call("product", block, a=scale, b=operand)["product"]
    amount = p.register(
        "amount",
        lambda up, e, down, point: (Mux(up, e, down) + point)[:AMOUNT_BITS],
        *(flag["has_ratio"], exponent, root_down, point),
    )
    large = p.call(
        "cut", ShiftCut(len(product.value), AMOUNT_BITS, CUT_BITS), value=product, amount=amount
    )

    def raised(ratio, height, m, root):
        ratio_step = Cat(Const(0, 1 + CENTER_FRACTION_BITS), m)
        return Mux(height, Cat(Const(0, 1 + HEIGHT_UP), m), Mux(ratio, ratio_step, root << 1))

    kinds = (flag["has_ratio"], flag["has_height"])
    small = p.register("raised", raised, *kinds, mantissa, root)
    down = p.register(
        "small_down",
        lambda ratio, height, e, d: Mux(ratio | height, e, d),
        *kinds,
        exponent,
        root_down,
    )
    shifter = ShiftRight(small.value.shape(), AMOUNT_BITS, "floor")
    small = p.call("small_shift", shifter, value=small, amount=down)["result"]
    small = p.wire("small", lambda v, up: v[1:] + (v[0] | up), small, flag["rounds_up"])
    return large | {"small": small, "mantissa": mantissa, "exponent": exponent}


def _reach(p: Pipeline, code, far, reach, is_ratio, has_ratio, has_height, rounds_up):
    """Mantissa of half a width or height, up, or of its reciprocal; by how much it is shifted."""
    log = p.register("log", log_of, code, far)

    def less(reach, log, back):
        bits = back.replicate(LOG.width + 1)
        wide = [Cat(v, v[-1]) ^ bits for v in (reach, log)]
        return (wide[0] - wide[1])[: LOG.width + 1].as_signed()

    full = p.register("log_reach", less, reach, log, is_ratio)
    limited = p.register(
        "limited",
        lambda v, up: Mux(up & (v > RATIO_LOG_MAX), RATIO_LOG_MAX, v).as_signed(),
        *(full, is_ratio),
    )
    index = p.wire("index", lambda v: v[:TABLE_BITS], limited)
    table = mantissa_table(HEIGHT_FRACTION_BITS, up=False)
    mantissa = table_entry(p, "mantissa", index, table, HEIGHT_FRACTION_BITS + 1)
    is_exact = p.register("is_exact", lambda v: v == 0, index)

    def below(v, up):
        down = Mux(up, RATIO_DOWN, REACH_EXPONENT_MAX) - (v >> TABLE_BITS)
        return Mux(down < 0, 0, down)[:AMOUNT_BITS]

    def up(m, exact, ratio, height):
        last = Mux(height, 1, 1 << WIDTH_UP)
        return (m + Mux(exact | ratio, 0, last))[: len(m)]

    exponent = p.register("exponent", below, limited, is_ratio)
    return p.wire("mantissa_up", up, mantissa, is_exact, has_ratio, has_height), exponent
