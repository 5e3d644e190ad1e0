"""A turn of EntryTurns: what a mantissa of a root, of half a width or of its reciprocal scales."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Mux, unsigned

from golden.stages.rasterize.entry_steps import HEIGHT_UP, RATIO_DOWN, RATIO_LOG_MAX
from golden.stages.rasterize.formats import (
    HEIGHT_FRACTION_BITS,
    RATIO_FRACTION_BITS,
    RATIO_LIMIT,
    REACH_EXPONENT_MAX,
    ROOT_BITS,
    TABLE_BITS,
    WIDTH_FRACTION_BITS,
    mantissa_table,
    root_table,
)
from golden.stages.tile_bin.entry import CENTER_FRACTION_BITS
from hw.blocks.multiply import Multiply
from hw.blocks.pipeline import Pipeline
from hw.blocks.shift import ShiftRight
from hw.blocks.shift_cut import ShiftCut
from hw.stages.rasterize.entry_parts import AMOUNT_BITS, LOG, log_of, table_entry

WIDTH_UP = HEIGHT_FRACTION_BITS - WIDTH_FRACTION_BITS
CUT_BITS = (RATIO_LIMIT << RATIO_FRACTION_BITS).bit_length()  # of a ratio, with its sign
# Cycles from a turn's first input to the others.
LATE = {"is_ratio": 1, "reach": 1, "root_code": 2, "root_far": 2}
LATE |= {"operand": 4, "point": 4, "has_ratio": 4, "has_height": 4, "rounds_up": 8}


def scale_turn(p: Pipeline, root_code, root_far, reach_code, far, reach, operand, point, **flag):
    """A turn of EntryTurns.

    Parameters
    ----------
    root_code : of the weight whose root scales. reach_code : of that whose half width does, or its
        reciprocal where `is_ratio`. reach : log2 of rho.
    point : fraction bits of the operand, more than of the result.
    flag : is_ratio and has_ratio, the same at two times; has_height and rounds_up.

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
