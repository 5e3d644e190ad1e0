"""Where a Gaussian stands: its depth, what follows from it, and its place on the screen."""

from __future__ import annotations

from amaranth.hdl import Cat, Mux, Shape, signed, unsigned
from amaranth.lib.wiring import In, Out

from golden.numbers.tables import reciprocal_table
from golden.params import Parameters
from golden.stages.gaussian_project.formats import MAX_FRAME_SHIFT, ProjectionFormats
from hw.blocks.held_block import HeldBlock, start_member
from hw.blocks.multiply import Multiply
from hw.blocks.normalize import Normalize
from hw.blocks.pipeline import Block
from hw.blocks.shift import ShiftLeft, ShiftRight
from hw.blocks.table_function import TableFunction
from hw.layouts import gaussian_project_constants, shape
from hw.stages.gaussian_project.position import AXES, OFFSET_BITS, NearPlane, Position, error_shape


def place_shapes(params: Parameters) -> dict[str, Shape]:
    """Outputs of Place and their shapes, named as golden.stages.gaussian_project.place.Place is."""
    formats = ProjectionFormats(params)
    tangent = signed(formats.screen_bits - 1)
    return {
        "depth": unsigned(formats.depth_bits),
        "before": unsigned(1),
        "depth_exponent": Shape.cast(range(formats.depth_bits)),
        "depth_mantissa": unsigned(formats.mantissa),
        "reciprocal": unsigned(formats.mantissa),
        "tangent_x": tangent,
        "tangent_y": tangent,
        "error_exponent": error_shape(params),
    }


class Tangent(Block):
    """t = f^ q / z of one axis: sign(l) floor(|l| scale / 2^(B - 1) + 1/2).

    l = floor(q / 2^down) 2^up, cut to +-(2^(tangent_bits - 1) - 1): one of up and down is 0.

    Latency: `latency_cycles`, 12 by default: two shifts, size, product, rounding, sign.
    Multipliers: 1 of 25 x B, which is 2 of 18 x 18.

    Members
    -------
    lateral : In(`position`), q.
    down, up : In(shift_bits), F - floor(log2 z) below and above 0.
    scale : In(B), f^ / z's mantissa.
    tangent : Out(signed(screen_bits - 1)), F fraction bits.
    """

    def __init__(self, params: Parameters):
        self._formats = formats = ProjectionFormats(params)
        down, up = self.shift_bits(params)
        super().__init__(
            {
                "lateral": In(shape(formats.position)),
                "down": In(down),
                "up": In(up),
                "scale": In(formats.mantissa),
                "tangent": Out(signed(formats.screen_bits - 1)),
            }
        )

    @staticmethod
    def shift_bits(params: Parameters) -> tuple[int, int]:
        """Widths of `down` and `up`: F is E + S, and E has a range."""
        formats = ProjectionFormats(params)
        low, high = (e + params.screen_fraction_bits for e in formats.focal_exponent_range)
        return max(formats.depth_bits - 1 - low, 1).bit_length(), high.bit_length()

    def build(self, p):
        formats, b = self._formats, self._formats.mantissa
        bits = formats.tangent_bits
        lateral, down, up = (p.input(getattr(self, name)) for name in ("lateral", "down", "up"))
        right = ShiftRight(shape(formats.position), self.down.shape().width, "floor")
        lateral = p.call("right", right, value=lateral, amount=down)["result"]
        left = ShiftLeft(shape(formats.position), self.up.shape().width, bits)
        lateral = p.call("left", left, value=lateral, amount=up)["result"]
        negative = p.wire("negative", lambda v: v < 0, lateral)
        size = p.register("size", lambda v: Mux(v < 0, -v, v)[: bits - 1], lateral)
        multiply = Multiply(unsigned(bits - 1), unsigned(b))
        product = p.call("multiply", multiply, a=size, b=p.input(self.scale))["product"]
        rounded = p.register("rounded", lambda v: (v + (1 << (b - 2))) >> (b - 1), product)
        tangent = p.register("tangent_signed", lambda v, n: Mux(n, -v, v), rounded, negative)
        return p.finish((self.tangent, tangent))


class Place(HeldBlock):
    """q = C + R offset; depth z = max(q_z, 1); 1 / z; t = f^ q_x / z and f^ q_y / z.

    z's mantissa is rounded down, 1/z's and f^/z's to nearest, |t| to nearest; coordinates are cut
    to their formats as golden.stages.gaussian_project.place.place says, bit for bit.

    Latency: `latency_cycles`, 34 by default: position, depth, normalising, table, scale or shift
    amounts, tangent. One Gaussian a cycle.
    Multipliers: 9 of 16 x rotation.bits, 1 in the reciprocal, 2 of B x B, 2 of 25 x B: 16.

    Members
    -------
    constants : In(gaussian_project_constants), held during a frame.
    offset_x, offset_y, offset_z : In(signed(16)), 2^member_exponent units of the cluster.
    member_exponent : In(signed(8)). unit_exponent : In(`exponent`), of that unit over the frame's.
    center_camera_x, center_camera_y, center_camera_z : In(`camera_space`).
    depth : Out(depth_bits), z. before : Out(1), the mean may lie before the near plane.
    depth_exponent : Out, floor(log2 z). depth_mantissa, reciprocal : Out(B).
    tangent_x, tangent_y : Out(signed(screen_bits - 1)), F fraction bits.
    error_exponent : Out(error_shape), log2 of a bound of the error of q, camera space.
    """

    def __init__(self, params: Parameters):
        self._params, self.cycles = params, params.project_cycles
        self._formats = ProjectionFormats(params)
        super().__init__(
            {
                **start_member(self.cycles),
                "constants": In(gaussian_project_constants(params)),
                **{f"offset_{axis}": In(signed(OFFSET_BITS)) for axis in AXES},
                "member_exponent": In(signed(8)),
                "unit_exponent": In(shape(params.exponent)),
                **{f"center_camera_{axis}": In(shape(params.camera_space)) for axis in AXES},
                **{name: Out(format_) for name, format_ in place_shapes(params).items()},
            }
        )

    def build(self, p):
        position, near = Position(self._params), NearPlane(self._params)
        p.m.d.comb += position.constants.eq(self.constants)
        names = [f"{name}_{axis}" for name in ("offset", "center_camera") for axis in AXES]
        members = {
            name: p.input(getattr(self, name))
            for name in (*names, "member_exponent", "unit_exponent")
        }
        mean = p.call("position", position, **members)
        before = p.call("near", near, near=self._near(p), **mean)["before"]
        depth = self._depth(p, mean["z"])
        normal = Normalize(self._formats.depth_bits, self._formats.mantissa)
        normal = p.call("normalize", normal, value=depth)
        table = reciprocal_table(self._formats.mantissa)
        reciprocal = p.call("reciprocal", TableFunction(table), x=normal["mantissa"])["y"]
        shifts = self._shifts(p, normal["exponent"])
        jobs = {
            axis: {"lateral": mean[axis], "focal": p.constant(self.constants[f"focal_{axis}"])}
            for axis in "xy"
        }
        axes = p.alike(jobs, self._tangent, **shifts, reciprocal=reciprocal)
        x, y = (axis["tangent"] for axis in axes)
        return p.finish(
            (self.tangent_x, x),
            (self.tangent_y, y),
            (self.depth, depth),
            (self.before, before),
            (self.depth_exponent, normal["exponent"]),
            (self.depth_mantissa, normal["mantissa"]),
            (self.reciprocal, reciprocal),
            (self.error_exponent, mean["error_exponent"]),
        )

    def _near(self, p):
        """floor(near / 2^unit_exponent)."""
        bits = MAX_FRAME_SHIFT.bit_length()

        def cut(k):
            return Mux(k > MAX_FRAME_SHIFT, MAX_FRAME_SHIFT, k[:bits])

        amount = p.register("near_amount", cut, p.input(self.unit_exponent))
        shifter = ShiftRight(shape(self._params.camera_space), bits, "floor")
        near = p.input(self.constants.near, amount.cycle)
        return p.call("near_shift", shifter, value=near, amount=amount)["result"]

    def _depth(self, p, z):
        """max(z, 1)."""

        def at_least_one(z):
            upper = Mux(z < 0, 0, z[1:-1])
            return Cat(z[0] | (z < 1), upper)

        return p.register("depth_cut", at_least_one, z)

    def _shifts(self, p, exponent):
        """F - exponent as a shift down and one up."""
        down, up = Tangent.shift_bits(self._params)
        fraction = self.constants.tangent_shift
        below = p.register("below", lambda e: e - fraction, exponent)
        above = p.register("above", lambda e: fraction - e, exponent)
        return {
            "down": p.register("down", lambda v: Mux(v < 0, 0, v[:down]), below),
            "up": p.register("up", lambda v: Mux(v < 0, 0, v[:up]), above),
        }

    def _tangent(self, p, axis, lateral, focal, reciprocal, **shifts):
        b = self._formats.mantissa
        product = p.multiply(f"focal_product_{axis}", reciprocal, focal)
        scale = p.register(f"scale_{axis}", lambda v: (v + (1 << (b - 1))) >> b, product)
        tangent = Tangent(self._params)
        return p.call(f"tangent_{axis}", tangent, lateral=lateral, scale=scale, **shifts)
