"""A list entry in its bin: places, steps and ellipse, as golden.stages.rasterize.entry_steps."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Mux, Shape, signed, unsigned

from golden.params import Parameters
from golden.stages.rasterize.arrangement import Arrangement
from golden.stages.rasterize.entry_steps import (
    HEIGHT_UP,
    RATIO_DOWN,
    RATIO_LOG_MAX,
    TABLE_MASK,
)
from golden.stages.rasterize.formats import (
    DISTANCE_FRACTION_BITS,
    HEIGHT_FRACTION_BITS,
    RATIO_FRACTION_BITS,
    RATIO_LIMIT,
    REACH_EXPONENT_MAX,
    STEP_BITS,
    TABLE_BITS,
    WIDTH_FRACTION_BITS,
    mantissa_table,
    reach_log_table,
    root_table,
)
from golden.stages.tile_bin.entry import CENTER_FRACTION_BITS, SLOPE_FRACTION_BITS
from hw.blocks.multiply import Multiply
from hw.blocks.pipeline import Block
from hw.blocks.shift import ShiftRight
from hw.stages.rasterize.entry_parts import (
    AMOUNT_BITS,
    from_center,
    lines_touched,
    log_of,
    setup_members,
    table_entry,
)
from hw.stages.rasterize.layouts import (
    COLORS,
    RATIO_BITS,
    RATIO_STEP_BITS,
)


class EntrySetup(Block):
    """Steps of an entry in its bin, at the first line of its first group.

    Every number is that of golden.stages.rasterize.entry_steps.steps_of, X and Y modulo 16.
    Latency: `latency_cycles`; an entry a cycle. Multipliers: 9 of 18x18.

    Parameters
    ----------
    params : with raster_lanes above 0.

    Members
    -------
    entry : In(list_entry). ends : In(1), passed on.
    x0, y0 : In(14), of the bin's pixel (0, 0), px.
    prepared : Out(prepared_entry).
    """

    def __init__(self, params: Parameters):
        self._params = params
        self._arrangement = Arrangement(params)
        super().__init__(setup_members(params))

    def build(self, p):
        field = {name: p.input(self.entry[name]) for name, _ in self.entry.shape()}
        along, across = self._center(p, field)
        logs = {name: self._log(p, field, name) for name in ("w1", "w2")}
        reach = self._table(p, "reach", field["opacity"], reach_log_table(), signed(12))
        shape = self._shape(p, field, along, across, logs)
        ellipse = self._ellipse(p, across, logs, reach)
        lines = self._lines(p, across, logs["w2"], reach)
        parts = shape | ellipse | lines | {"slope": field["slope"]}
        parts = self._at_first_group(p, parts)
        out = self.prepared
        pairs = [(out[name], value) for name, value in parts.items()]
        pairs += [(out.brush.color[name], field[name]) for name in COLORS]
        pairs += [(out.brush.opacity, field["opacity"]), (out.brush.swap, field["swap"])]
        pairs += [(out.brush[name], value) for name, value in self._steps.items()]
        return p.finish(*pairs, (out.ends, p.input(self.ends)))

    def _center(self, p, field):
        """Along and across: the bin's first pixel less the centre."""

        du = p.register("du", from_center, p.input(self.x0), field["u"], field["far"])
        dv = p.register("dv", from_center, p.input(self.y0), field["v"], field["far"])
        swap = field["swap"]
        return (
            p.register("along", lambda u, v, s: Mux(s, v, u).as_signed(), du, dv, swap),
            p.register("across", lambda u, v, s: Mux(s, u, v).as_signed(), du, dv, swap),
        )

    def _log(self, p, field, name):
        """2^TABLE_BITS log2 of p or r, without ROOT_SCALE."""

        return p.register(f"log_{name}", log_of, field[name], field["far"])

    def _table(self, p, name, index, content, shape):
        """The table's entry, two cycles later."""
        return p.register(f"{name}_read", lambda v: v, table_entry(p, name, index, content, shape))

    def _root(self, p, name, log):
        """Mantissa of p or r, and by how much it is shifted down."""
        index = p.wire(f"{name}_index", lambda v: (v & TABLE_MASK)[:TABLE_BITS], log)
        table = root_table()
        bits = int(table.max()).bit_length()
        root = self._table(p, name, index, table, unsigned(bits))
        down = p.register(f"{name}_down", lambda v: (-(v >> TABLE_BITS))[:AMOUNT_BITS], log)
        return root, down

    def _nearest(self, p, name, value, down, constant):
        """value / 2^(constant + down) to nearest."""
        amount = p.register(f"{name}_amount", lambda d: (d + constant)[:AMOUNT_BITS], down)
        shifter = ShiftRight(value.value.shape(), AMOUNT_BITS, "nearest")
        return p.call(f"{name}_shift", shifter, value=value, amount=amount)["result"]

    def _product(self, p, name, a, b):
        """a b of a signed and an unsigned number, or of two signed ones."""
        a, b = (
            v
            if v.value.shape().signed
            else p.wire(f"{name}_{n}", lambda x: Cat(x, Const(0, 1)).as_signed(), v)
            for n, v in enumerate((a, b))
        )
        block = Multiply(a.value.shape(), b.value.shape())
        return p.call(name, block, a=a, b=b)["product"]

    def _cut(self, p, name, value, shape):
        shape = Shape.cast(shape)

        def cut(v):
            return v[: shape.width].as_signed() if shape.signed else v[: shape.width]

        return p.register(name, cut, value)

    def _shape(self, p, field, along, across, logs):
        """X, Y, their steps, and the middle."""
        (root_p, down_p), (root_r, down_r) = (self._root(p, n, logs[n]) for n in ("w1", "w2"))
        slanted = self._product(p, "slanted", field["slope"], across)
        distance = p.register(
            "distance",
            lambda a, s: Cat(Const(0, SLOPE_FRACTION_BITS), a).as_signed() + s,
            along,
            slanted,
        )
        to_scaled = CENTER_FRACTION_BITS + SLOPE_FRACTION_BITS - DISTANCE_FRACTION_BITS
        half = 1 << (to_scaled - 1)
        scaled = p.register("scaled", lambda v: (v + half) >> to_scaled, distance)
        x = self._product(p, "x_product", root_p, scaled)
        y = self._product(p, "y_product", root_r, across)
        q = self._product(p, "q_product", root_p, field["slope"])
        x = self._nearest(p, "x", x, down_p, DISTANCE_FRACTION_BITS)
        y = self._nearest(p, "y", y, down_r, CENTER_FRACTION_BITS)
        q = self._nearest(p, "q", q, down_p, SLOPE_FRACTION_BITS)
        brush = self.prepared.brush
        self._steps = {
            "p": self._cut(p, "p", self._nearest(p, "p", root_p, down_p, 0), brush.p.shape()),
            "q": self._cut(p, "q", q, brush.q.shape()),
            "r": self._cut(p, "r", self._nearest(p, "r", root_r, down_r, 0), brush.r.shape()),
        }
        middle = p.register("middle", lambda v: -(v >> CENTER_FRACTION_BITS), distance)
        return {
            "x": self._cut(p, "x_cut", x, unsigned(STEP_BITS)),
            "y": self._cut(p, "y_cut", y, unsigned(STEP_BITS)),
            "middle": self._cut(p, "middle_cut", middle, self.prepared.middle.shape()),
        }

    def _ellipse(self, p, across, logs, reach):
        """Half the width, and each line's distance over half the height."""
        log_width = p.register("log_width", lambda r, w: r - w, reach, logs["w1"])
        index = p.wire("width_index", lambda v: v[:TABLE_BITS], log_width)
        width = self._table(
            p, "width", index, mantissa_table(WIDTH_FRACTION_BITS, up=True), WIDTH_FRACTION_BITS + 1
        )
        log_ratio = p.register("log_ratio_full", lambda r, w: w - r, reach, logs["w2"])
        log_ratio = p.register(
            "log_ratio",
            lambda v: Mux(v > RATIO_LOG_MAX, RATIO_LOG_MAX, v).as_signed(),
            log_ratio,
        )
        index = p.wire("ratio_index", lambda v: v[:TABLE_BITS], log_ratio)
        inverse = self._table(
            p,
            "inverse",
            index,
            mantissa_table(HEIGHT_FRACTION_BITS, up=False),
            HEIGHT_FRACTION_BITS + 1,
        )
        down = p.register(
            "ratio_down", lambda v: (RATIO_DOWN - (v >> TABLE_BITS))[:AMOUNT_BITS], log_ratio
        )
        ratio = self._product(p, "ratio_product", inverse, across)
        ratio = self._nearest(p, "ratio", ratio, down, 0)
        limit = RATIO_LIMIT << RATIO_FRACTION_BITS

        def clamped(v):
            low = Mux(v < -limit, -limit, v)
            return Mux(v > limit - 1, limit - 1, low)[:RATIO_BITS].as_signed()

        raised = p.wire("inverse_raised", lambda v: Cat(Const(0, CENTER_FRACTION_BITS), v), inverse)
        step = self._nearest(p, "ratio_step", raised, down, 0)
        return {
            "ratio": p.register("ratio_cut", clamped, ratio),
            "ratio_step": self._cut(p, "ratio_step_cut", step, unsigned(RATIO_STEP_BITS)),
            "width": width,
            "width_shift": self._exponent_below_max(p, "width_shift", log_width),
        }

    def _exponent_below_max(self, p, name, log):
        """REACH_EXPONENT_MAX less the logarithm's whole part, 0 or more."""

        def below(v):
            down = REACH_EXPONENT_MAX - (v >> TABLE_BITS)
            return Mux(down < 0, 0, down)[:5]

        return p.register(name, below, log)

    def _lines(self, p, across, log_r, reach):
        """First and last line of quads, and whether there is none."""
        log_height = p.register("log_height", lambda r, w: r - w, reach, log_r)
        index = p.wire("height_index", lambda v: v[:TABLE_BITS], log_height)
        table = mantissa_table(HEIGHT_FRACTION_BITS, up=True)
        height = self._table(p, "height", index, table, HEIGHT_FRACTION_BITS + 1)
        raised = p.wire("height_raised", lambda v: Cat(Const(0, HEIGHT_UP), v), height)
        down = self._exponent_below_max(p, "height_down", log_height)
        shifter = ShiftRight(raised.value.shape(), 5, "floor")
        height = p.call("height_shift", shifter, value=raised, amount=down)["result"]
        height = p.register("height_up", lambda v: v + 1, height)
        return lines_touched(p, self._params.bin_px, across, height)

    def _at_first_group(self, p, parts):
        """Moves what changes from line to line to the first group's first line."""
        lines = self._arrangement.lines
        skipped = lines.bit_length() - 1
        steps = self._steps
        for bit in range(skipped, skipped + (self._arrangement.groups - 1).bit_length()):
            amount = bit + 1  # lines of pixels, two a quad

            def moved(value, step, first, sign=1, bit=bit, amount=amount):
                shifted = Cat(Const(0, amount), step)
                shifted = shifted.as_signed() if step.shape().signed else shifted
                total = value + shifted if sign > 0 else value - shifted
                kept = total[: len(value)]
                kept = kept.as_signed() if value.shape().signed else kept
                return Mux(first[bit], kept, value)

            def back(value, step, first, moved=moved):
                return moved(value, step, first, -1)

            first = parts["first"]
            for name, step, way in (
                ("x", steps["q"], moved),
                ("y", steps["r"], moved),
                ("ratio", parts["ratio_step"], moved),
                ("middle", parts["slope"], back),
            ):
                value = p.register(f"{name}_{bit}", way, parts[name], step, first)
                shape = parts[name].value.shape()
                if Shape.cast(shape).signed:
                    value = p.wire(f"{name}_{bit}_signed", lambda v: v.as_signed(), value)
                parts[name] = value
        return parts
