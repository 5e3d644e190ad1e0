"""World to camera space for cluster centres: q = R (C - P)."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.layouts import frame_constants, shape, vector


class CameraTransform(wiring.Component):
    """Rotates the difference between a point and the camera position.

    d = C - P (exact); q_i = floor(sum_j R_ij d_j / 2^rotation_fraction_bits + 1/2);
    distance = max_j |d_j|. Subtracting first keeps the rotation's rounding proportional to the
    distance from the camera, not from the origin.

    Latency: PIPELINE_CYCLES = 3 enabled cycles (difference, nine products, sums); one point a
    cycle. Multipliers: 9 of difference.bits x rotation.bits.

    Members
    -------
    enable : In(1), the pipeline moves in this cycle.
    constants : In(frame_constants), held during a frame.
    center : In(vector of `center`), world space.
    center_camera : Out(vector of `camera_space`).
    distance : Out(unsigned), `difference` without its sign.
    """

    PIPELINE_CYCLES = 3

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "enable": In(1),
                "constants": In(frame_constants(params)),
                "center": In(vector(params.center)),
                "center_camera": Out(vector(params.camera_space)),
                "distance": Out(params.difference.bits),
            }
        )

    def elaborate(self, platform):
        m = Module()
        p = self._params
        difference = [Signal(shape(p.difference), name=f"difference_{a}") for a in "xyz"]
        magnitude = [Signal(p.difference.bits, name=f"magnitude_{a}") for a in "xyz"]
        larger = Signal(p.difference.bits)
        product_shape = (difference[0] * self.constants.rotation_00).shape()
        with m.If(self.enable):
            for axis, d, size in zip("xyz", difference, magnitude, strict=True):
                scaled = Cat(
                    *[0] * p.length_fraction_bits, self.center[axis].as_unsigned()
                ).as_signed()
                m.d.sync += d.eq(scaled - self.constants[f"camera_position_{axis}"])
                m.d.sync += size.eq(Mux(d < 0, -d, d))
            m.d.sync += self.distance.eq(Mux(larger > magnitude[2], larger, magnitude[2]))
            for i, axis in enumerate("xyz"):
                products = [Signal(product_shape, name=f"product_{i}{j}") for j in range(3)]
                for j, product in enumerate(products):
                    m.d.sync += product.eq(difference[j] * self.constants[f"rotation_{i}{j}"])
                rounded = sum(products) + (1 << (p.rotation_fraction_bits - 1))
                m.d.sync += self.center_camera[axis].eq(rounded >> p.rotation_fraction_bits)
        m.d.comb += larger.eq(Mux(magnitude[0] > magnitude[1], magnitude[0], magnitude[1]))
        return m
