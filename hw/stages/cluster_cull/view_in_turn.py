"""A ball before the planes of the view: the camera's axes take turns, and so do the planes."""

from __future__ import annotations

from amaranth.hdl import Cat, Const

from golden.params import Parameters
from golden.stages.cluster_cull.constants import PLANES, ROUNDING_MARGIN
from hw.blocks.dot_product import dot_product, rounded_dot_product
from hw.blocks.held_pipeline import HeldPipeline
from hw.blocks.pipeline import Timed

AXES = "xyz"


class ViewInTurn:
    """What CameraTransform and BallOutside compute of differences, added to a HeldPipeline.

    Parameters
    ----------
    constants : cluster_cull_constants, held during a frame.
    """

    def __init__(self, p: HeldPipeline, params: Parameters, constants):
        self._p, self._params, self._constants = p, params, constants

    def center_camera(self, differences: list[Timed]) -> list[Timed]:
        """R times the differences, rounded to nearest, by axis."""
        p = self._p
        jobs = {
            f"row_{axis}": {
                f"r{j}": p.constant(self._constants[f"rotation_{i}{j}"]) for j in range(3)
            }
            for i, axis in enumerate(AXES)
        }
        common = {f"d{j}": part for j, part in enumerate(differences)}
        return [row["coordinate"] for row in p.alike(jobs, self._row, **common)]

    def sides(self, center: list[Timed], **common: Timed) -> list[Timed]:
        """Is the ball outside a side plane, by plane.

        Parameters
        ----------
        common : low and growth, the radius and how it grows; bias, as UnitInTurn gives it.
        """
        p, constants = self._p, self._constants
        jobs = {}
        for n, side in enumerate(PLANES):
            axis = n // 2
            jobs[side] = {"lateral": center[axis]} | {
                name: p.constant(constants[constant])
                for name, constant in (
                    ("normal_lateral", f"{side}_lateral"),
                    ("normal_depth", f"{side}_depth"),
                    ("weight", f"weight_{AXES[axis]}"),
                )
            }
        planes = p.alike(jobs, self._plane, depth=center[2], **common)
        return [plane["is_out"] for plane in planes]

    def near(self, depth: Timed, mean: Timed, bias: Timed) -> Timed:
        """Is the ball before the near plane."""
        reach = self._p.register("near_reach", self._reach, mean, bias)
        return self._p.register("near_sign", lambda z, r: z + r < 0, depth, reach)

    def _row(self, p, name, **values):
        """A row of R times the difference, rounded to nearest."""
        fraction, bits = self._params.rotation_fraction_bits, self._params.camera_space.bits
        pairs = [(values[f"d{j}"], values[f"r{j}"]) for j in range(3)]
        total = rounded_dot_product(p, name, pairs, fraction)
        return {"coordinate": p.wire(f"{name}_cut", lambda v: v[:bits].as_signed(), total)}

    def _plane(self, p, side, lateral, normal_lateral, normal_depth, weight, depth, **common):
        """floor(n . q) + margins + radius at the view < 0."""
        low, growth, bias = (common[name] for name in ("low", "growth", "bias"))
        pairs = [(lateral, normal_lateral), (depth, normal_depth)]
        distance = dot_product(p, f"{side}_distance", pairs)
        grown = dot_product(p, f"{side}_growth", [(growth, weight)])
        fraction, bits = self._params.weight_fraction_bits, self._params.radius_bits + 1

        def radius(low, v):
            lost = v[:fraction].any()
            return ((Cat(Const(1, 1), low) + Cat(lost, v[fraction:])) >> 1)[:bits]

        radius = p.register(f"{side}_radius", radius, low, grown)
        reach = p.register(f"{side}_reach", self._reach, radius, bias)
        fraction = self._params.normal_fraction_bits
        out = p.register(f"{side}_sign", lambda d, r: (d >> fraction) + r < 0, distance, reach)
        return {"is_out": out}

    def _reach(self, radius, bias):
        """A radius and ROUNDING_MARGIN, which mostly fits below its last place, plus a bias."""
        fraction = self._params.length_fraction_bits
        above, below = divmod(ROUNDING_MARGIN, 1 << fraction)
        return Cat(Const(below, fraction), radius + above if above else radius) + bias
