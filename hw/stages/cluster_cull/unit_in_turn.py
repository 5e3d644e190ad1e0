"""A ball and the camera in the coarser unit of both: axes take turns, and so do the radii."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Mux

from golden.params import Parameters
from golden.stages.cluster_cull.constants import LEAST_MEMBER_EXPONENT, MAX_APART
from hw.blocks.held_pipeline import HeldPipeline
from hw.blocks.pipeline import Timed
from hw.blocks.shift_product import AMOUNT_BITS, ShiftProduct
from hw.layouts import shape
from hw.stages.cluster_cull.common_unit import RADII
from hw.stages.cluster_cull.plane_outside import bias_shape

AXES = "xyz"
MOST_SHIFT = (1 << AMOUNT_BITS) - 1


class UnitInTurn:
    """What CommonUnit computes, and the differences of CameraTransform, added to a HeldPipeline.

    A shift by MOST_SHIFT or more leaves the same of any value of its format: nothing, or what is
    rounded up; of an offset, where it is not the format's least number, which no view has.

    Parameters
    ----------
    constants : cluster_cull_constants, held during a frame.
    exponent : of a ball.
    """

    def __init__(self, p: HeldPipeline, params: Parameters, constants, exponent: Timed):
        self._p, self._params, self._constants = p, params, constants
        self._frame = p.constant(constants.camera_exponent)
        # As jobs that take turns have it: a cycle later, in a register that all share.
        self._exponent, cycle = exponent, exponent.cycle + 1
        self._own = p.later(exponent, cycle)

    def differences(self, center: dict[str, Timed]) -> tuple[list[Timed], Timed]:
        """Centre minus camera position by axis, and their largest size >> distance_shift."""
        p = self._p
        jobs = {
            axis: {
                "center": center[axis],
                "position": p.constant(self._constants[f"camera_position_{axis}"]),
            }
            for axis in AXES
        }
        axes = p.alike(jobs, self._axis, exponent=self._exponent, frame=self._frame)
        sizes = [axis["size"] for axis in axes]
        larger = p.register("larger", _larger, *sizes[:2])
        largest = p.register("largest", _larger, larger, sizes[2])
        return [axis["difference"] for axis in axes], largest

    def radii(self, radius: dict[str, Timed]) -> tuple[Timed, Timed, Timed, Timed]:
        """Low, high and mean radius, rounded up, and: is the high one all ones?"""
        jobs = {name: {"radius": radius[name]} for name in RADII}
        results = self._p.alike(jobs, self._radius, exponent=self._exponent, frame=self._frame)
        low, high, mean = (result["raised"] for result in results)
        return low, high, mean, results[1]["is_full"]

    def bias(self, name: str, distance: Timed, cycle: int) -> Timed:
        """An offset in the common unit, rounded up, plus the margin for a distance.

        Parameters
        ----------
        cycle : in which they are added: what makes them waits, since it is narrower.
        """
        p, offset = self._p, self._constants[f"{name}_offset"]
        shifter = ShiftProduct(offset.shape())
        _, amount = _amounts(p, f"{name}_offset", self._own, self._frame)
        amount = p.later(amount, max(cycle - shifter.latency_cycles, amount.cycle))
        down = p.call(f"{name}_down", shifter, value=p.constant(offset), amount=amount)

        def total(d, v, lost):
            return ((Cat(Const(1, 1), d) + Cat(lost, v).as_signed()) >> 1)[:bits].as_signed()

        bits = bias_shape(self._params).width
        return p.register(f"{name}_bias", total, distance, down["floor"], down["lost"])

    def exponents(self, member: Timed) -> tuple[Timed, Timed]:
        """Of the common unit over the frame's, and of the members' offsets over that."""
        p, frame, least = self._p, self._frame, LEAST_MEMBER_EXPONENT
        apart = p.register("apart", lambda e, f: e - f, self._own, frame)
        below = p.register("below", lambda e, f: f - e, self._own, frame)
        above = p.register("above_frame", lambda v: Mux(v < 0, 0, v[:-1]), apart)

        def full(m, v):
            return m - Mux(v < 0, 0, Mux(v > MAX_APART, MAX_APART, v[: MAX_APART.bit_length()]))

        full = p.register("member_full", full, member, below)

        def cut(v):
            return Mux(v < least, least, v[:8].as_signed()).as_signed()[:8]

        return above, p.wire("member_cut", cut, full)

    def _axis(self, p, axis, center, position, exponent, frame):
        """Difference along an axis, both to nearest, and its size >> distance_shift."""
        fraction, bits = self._params.length_fraction_bits, self._params.difference.bits
        own, other = _amounts(p, axis, exponent, frame)
        world = p.wire(f"world_{axis}", lambda c: Cat(Const(0, fraction), c).as_signed(), center)
        # World coordinates are rounded on their own, a cycle in which the position waits.
        position = p.later(position, other.cycle + 1)
        shifted = {
            name: p.call(
                f"{name}_{axis}_down", ShiftProduct(v.value.shape()), value=v, amount=amount
            )
            for name, v, amount in (("world", world, own), ("position", position, other))
        }
        world = p.register(
            f"world_{axis}_raised",
            lambda v, h: (v + h)[: len(v)].as_signed(),
            *(shifted["world"][n] for n in ("floor", "half")),
        )

        def difference(c, v, half):
            c, v = Cat(Const(0, 1), c).as_signed(), Cat(half, v).as_signed()
            return ((c - v) >> 1)[:bits].as_signed()

        position = (shifted["position"][n] for n in ("floor", "half"))
        difference = p.register(f"difference_{axis}", difference, world, *position)
        shift = self._params.distance_shift

        def size(d):
            sign = d[-1]
            return (d[shift:-1] ^ sign.replicate(bits - 1 - shift)) + (sign & ~d[:shift].any())

        return {"difference": difference, "size": p.register(f"size_{axis}", size, difference)}

    def _radius(self, p, name, radius, exponent, frame):
        """A radius in the common unit, rounded up."""
        own, _ = _amounts(p, name, exponent, frame)
        down = p.call(
            f"{name}_down", ShiftProduct(shape(self._params.radius)), value=radius, amount=own
        )
        bits = self._params.radius_bits
        raised = p.register(
            f"{name}_raised", lambda v, up: (v + up)[:bits], down["floor"], down["lost"]
        )
        return {
            "raised": raised,
            "is_full": p.register(f"{name}_is_full", lambda v: v.all(), radius),
        }


def _amounts(p, name, exponent, frame):
    """Shifts of the ball's numbers and of the frame's: one of them is 0."""
    below = p.register(f"{name}_below", lambda e, f: f - e, exponent, frame)
    apart = p.register(f"{name}_apart", lambda e, f: e - f, exponent, frame)
    return p.wire(f"{name}_own", _amount, below), p.wire(f"{name}_other", _amount, apart)


def _amount(apart):
    """0 where it is negative, and MOST_SHIFT at most."""
    low, beyond = apart[:AMOUNT_BITS], apart[AMOUNT_BITS:-1].any()
    return (low | beyond.replicate(AMOUNT_BITS)) & (~apart[-1]).replicate(AMOUNT_BITS)


def _larger(a, b):
    return Mux(a > b, a, b)
