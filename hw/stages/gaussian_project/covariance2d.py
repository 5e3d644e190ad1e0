"""The 2-D covariance T T^T with the low pass, in units of the footprint."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Mux, signed
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.gaussian_project.formats import EXPONENT_MAX, ProjectionFormats
from hw.blocks.held_block import HeldBlock, start_member
from hw.blocks.pipeline import Block
from hw.blocks.shift import ShiftRight
from hw.layouts import shape
from hw.stages.gaussian_project.light import sharp_members


def _shared_shift(formats: ProjectionFormats) -> int:
    """Of the shift by 2 B - 2 + 2 exponent, what all exponents have in common."""
    return 2 * formats.mantissa - 2 + 2 * formats.exponent_min


def low_pass_bits(formats: ProjectionFormats) -> int:
    """Width of the low pass in units of a footprint."""
    return formats.mantissa + formats.low_pass_factor.bit_length() - _shared_shift(formats)


class LowPass(Block):
    """0.3 px^2 in units of a footprint: max(floor(0.3 zm^2 2^(-2 exponent)), 1).

    zm^2 is cut to B bits first, u2.(B - 2), and 0.3 to B fraction bits.

    Latency: `latency_cycles`: two products, a shift, the cut. Multipliers: 2 of B x B.

    Members
    -------
    depth_mantissa : In(B), zm. exponent : In(signed(6)), exponent_min to EXPONENT_MAX.
    depth_squared : Out(B). low_pass : Out(unsigned).
    """

    def __init__(self, params: Parameters):
        self._formats = formats = ProjectionFormats(params)
        b = formats.mantissa
        super().__init__(
            {
                "depth_mantissa": In(b),
                "exponent": In(signed(6)),
                "depth_squared": Out(b),
                "low_pass": Out(low_pass_bits(formats)),
            }
        )

    def build(self, p):
        formats = self._formats
        b = formats.mantissa
        depth = p.input(self.depth_mantissa)
        square = p.multiply("square", depth, depth)
        squared = p.wire("squared", lambda v: v[b:], square)
        factor = Const(formats.low_pass_factor, formats.low_pass_factor.bit_length())
        scaled = p.multiply("scaled", squared, factor)
        shared = p.wire("shared", lambda v: v[_shared_shift(formats) :], scaled)
        most = (EXPONENT_MAX - formats.exponent_min).bit_length()
        halved = p.register(
            "amount",
            lambda e: Cat(Const(0, 1), (e - formats.exponent_min)[:most]),
            p.input(self.exponent),
        )
        shifter = ShiftRight(shared.value.shape(), most + 1, "floor")
        shifted = p.call("shift", shifter, value=shared, amount=halved)["result"]
        low_pass = p.register("cut", lambda v: Mux(v == 0, 1, v), shifted)
        return p.finish((self.depth_squared, squared), (self.low_pass, low_pass))


class Covariance2d(HeldBlock):
    """xx = min(sum T_x^2 + low_pass, top), yy alike; xy = sum T_x T_y, cut to +-top.

    top = 2^covariance_bits - 1.

    Latency: `latency_cycles` = 6: product (2), two sums, low pass, cut. Multipliers: 9 of 17 x 17.

    Members
    -------
    tx0 to tx2, ty0 to ty2 : In(`footprint`).
    low_pass : In(unsigned), as LowPass gives it.
    xx, yy : Out(covariance_bits). xy : Out(signed(covariance_bits + 1)).
    sharp_xx, sharp_yy : Out(covariance_bits), without the low pass; where params.antialiased.
    """

    def __init__(self, params: Parameters):
        self.cycles = params.project_cycles
        self._formats = formats = ProjectionFormats(params)
        self._sharp = sharp_members(params, Out)
        entry, bits = shape(formats.footprint), formats.covariance_bits
        super().__init__(
            {
                **start_member(self.cycles),
                **{f"t{axis}{k}": In(entry) for axis in "xy" for k in range(3)},
                "low_pass": In(low_pass_bits(formats)),
                "xx": Out(bits),
                "yy": Out(bits),
                "xy": Out(signed(bits + 1)),
                **self._sharp,
            }
        )

    def build(self, p):
        bits = self._formats.covariance_bits
        top = (1 << bits) - 1
        low_pass = p.input(self.low_pass)
        outputs = []
        jobs = {
            name: {
                f"{side}{k}": p.input(getattr(self, f"t{axis}{k}"))
                for side, axis in zip("ab", name, strict=True)
                for k in range(3)
            }
            for name in ("xx", "yy", "xy")
        }
        totals = dict(zip(jobs, (v["total"] for v in p.alike(jobs, self._sum)), strict=True))

        def cut_off(v):
            return Mux(v[bits:].any(), top, v[:bits])

        for name in ("xx", "yy"):
            total = totals[name]
            filtered = p.register(
                f"filtered_{name}", lambda v, low: v.as_unsigned() + low, total, low_pass
            )
            cut = p.register(f"cut_{name}", cut_off, filtered)
            outputs.append((getattr(self, name), cut))
            if self._sharp:
                sharp = p.register(f"sharp_cut_{name}", cut_off, total)
                outputs.append((getattr(self, f"sharp_{name}"), sharp))
        total = totals["xy"]
        over = p.register("over", lambda v: v > top, total)
        under = p.register("under", lambda v: v < -top, total)
        cut = p.register(
            "cut_xy",
            lambda v, over, under: Mux(over, top, Mux(under, -top, v[: bits + 1].as_signed())),
            *(total, over, under),
        )
        return p.finish(*outputs, (self.xy, cut))

    def _sum(self, p, name, **entries):
        """sum_k T_a,k T_b,k."""
        products = [
            p.multiply(f"product_{name}{k}", entries[f"a{k}"], entries[f"b{k}"]) for k in range(3)
        ]
        pair = p.register(f"pair_{name}", lambda a, b: a + b, *products[:2])
        return {"total": p.register(f"total_{name}", lambda a, b: a + b, pair, products[2])}
