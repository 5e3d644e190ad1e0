"""The two named sets of rendering rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from golden.camera import Camera
from golden.errors import InputError

TILE_PX = 16
ALPHA_MIN = 1 / 255
LOW_PASS_PX2 = 0.3


@dataclass(frozen=True)
class Rules:
    """What a renderer does where renderers differ.

    Parameters
    ----------
    name : "inria" or "gsplat".
    near : depth of the near plane, scene units.
    near_is_out : True where a mean exactly on the near plane is rejected.
    extent : "circle": one radius ceil(3 sqrt(lambda_max)); "axes": an own one for x and y,
        ceil(min(3.33, sqrt(2 ln(255 opacity))) sigma), and opacity < 1/255 dropped.
    clamp : of x/z and y/z before the Jacobian, "axis": about the optical axis; "image": beyond each
        side of the image.
    alpha_max : alpha is cut at this value when blending.
    t_min_is_done : True where a pixel ends at a transmittance of exactly the least one, too.
    antialiased : True where the low pass of a splat is taken back from its opacity, times
        sqrt(det / det with low pass) of its covariance on the screen, so that small splats keep
        their light: gsplat's rasterize_mode="antialiased", Mip-Splatting's 2D filter.

    Source: equations of Kerbl et al. 2023 (inria), Ye et al. 2024 (gsplat 1.5.3), and Yu et al.
    2024 (Mip-Splatting).
    """

    name: Literal["inria", "gsplat"]
    near: float
    near_is_out: bool
    extent: Literal["circle", "axes"]
    clamp: Literal["axis", "image"]
    alpha_max: float
    t_min_is_done: bool
    antialiased: bool = False

    @property
    def label(self) -> str:
        """The name, and whether antialiased: for results."""
        return f"{self.name}, antialiased" if self.antialiased else self.name

    def clamp_limits(self, camera: Camera) -> tuple[float, float, float, float]:
        """Clamp of x/z and y/z before the Jacobian: x low, x high, y low, y high.

        axis: +-1.3 tan(fov/2), whatever the principal point. image: 0.3 tan(fov/2) beyond
        each image side. tan(fov/2) = width / (2 fx).
        """
        tan_x, tan_y = camera.width / (2 * camera.fx), camera.height / (2 * camera.fy)
        if self.clamp == "axis":
            return -1.3 * tan_x, 1.3 * tan_x, -1.3 * tan_y, 1.3 * tan_y
        return (
            -(camera.cx / camera.fx + 0.3 * tan_x),
            (camera.width - camera.cx) / camera.fx + 0.3 * tan_x,
            -(camera.cy / camera.fy + 0.3 * tan_y),
            (camera.height - camera.cy) / camera.fy + 0.3 * tan_y,
        )


INRIA = Rules(
    name="inria",
    near=0.2,
    near_is_out=True,
    extent="circle",
    clamp="axis",
    alpha_max=0.99,
    t_min_is_done=False,
)
GSPLAT = Rules(
    name="gsplat",
    near=0.01,
    near_is_out=False,
    extent="axes",
    clamp="image",
    alpha_max=0.999,
    t_min_is_done=True,
)
RULES = {rules.name: rules for rules in (INRIA, GSPLAT)}


def rules_named(name: str, antialiased: bool = False) -> Rules:
    """The rule set of that name, with antialiasing on request; raises InputError."""
    for rules in (INRIA, GSPLAT):
        if rules.name == name:
            return replace(rules, antialiased=antialiased)
    raise InputError(f"rules {name[:60]!r} are not known: choose inria or gsplat.")
