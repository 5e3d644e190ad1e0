"""Numbers that a driver needs to make frame constants of a camera, as macros for C."""

from __future__ import annotations

from golden.gaussians.bound import B_HIGH, B_LOW, LOW_PASS_REACH_PX
from golden.grid import MAX_EXPONENT
from golden.params import Parameters
from golden.rules import RULES
from golden.stages.cluster_cull.constants import FLOAT32_PIXEL_MARGIN_PX, FLOAT32_POSITION_MARGIN
from golden.stages.color.constants import AXIS_LENGTH
from golden.stages.color.formats import OPERAND_BITS, TANGENT_RANGE_BITS, ColorFormats
from golden.stages.gaussian_project.constants import (
    ERROR_ROOM,
    FOCAL_ROOM,
    POSITION_MANTISSA_BITS,
    SECOND_ORDER,
)
from golden.stages.gaussian_project.formats import ERROR_FLOOR, ProjectionFormats
from golden.stages.rasterize.constants import ALIGNMENT_BYTES
from golden.stages.tile_bin.constants import (
    BEYOND_SHARE,
    MAX_DEPTH_SHIFT,
    MAX_SIDE_PX,
    PAGE_BYTES,
)
from golden.stages.tile_bin.entry import KEY_KNEE


def view_numbers(params: Parameters) -> dict[str, int | float]:
    """Name -> value; each is that of the Python source which makes the same constants."""
    formats, color = ProjectionFormats(params), ColorFormats(params)
    low, high = formats.focal_exponent_range
    numbers: dict[str, int | float] = {
        "REACH_PX": LOW_PASS_REACH_PX + FLOAT32_PIXEL_MARGIN_PX,
        "PIXEL_MARGIN_PX": FLOAT32_PIXEL_MARGIN_PX,
        "POSITION_MARGIN": FLOAT32_POSITION_MARGIN,
        "B_LOW": B_LOW,
        "B_HIGH": B_HIGH,
        "MAX_EXPONENT": MAX_EXPONENT,
        "FOCAL_ROOM": FOCAL_ROOM,
        "FOCAL_EXPONENT_LOW": low,
        "FOCAL_EXPONENT_HIGH": high,
        "TANGENT_BITS": formats.tangent_bits,
        "SECOND_ORDER": SECOND_ORDER,
        "ERROR_ROOM": ERROR_ROOM,
        "ERROR_FLOOR": ERROR_FLOOR,
        "POSITION_MANTISSA_BITS": POSITION_MANTISSA_BITS,
        "OPERAND_BITS": OPERAND_BITS,
        "TANGENT_RANGE_BITS": TANGENT_RANGE_BITS,
        "AXIS_LENGTH": AXIS_LENGTH,
        "AXIS_SHIFT": color.axis_shift,
        "FORWARD_FRACTION_BITS": color.forward.fraction_bits,
        "PAGE_BYTES": PAGE_BYTES,
        "KEY_KNEE": KEY_KNEE,
        "BEYOND_SHARE": BEYOND_SHARE,
        "MAX_DEPTH_SHIFT": MAX_DEPTH_SHIFT,
        "MAX_SIDE_PX": MAX_SIDE_PX,
        "STRIDE_BYTES": ALIGNMENT_BYTES,
    }
    for name, rules in RULES.items():
        numbers[f"{name.upper()}_NEAR"] = rules.near
        numbers[f"{name.upper()}_CLAMPS_ABOUT_IMAGE"] = int(rules.clamp == "image")
        numbers[f"{name.upper()}_ALPHA_MAX"] = rules.alpha_max
    return numbers


def view_macros(params: Parameters, prefix: str) -> list[str]:
    """A line each; real numbers in hexadecimal, to the last bit."""
    return [
        f"#define {prefix}_VIEW_{name} {value.hex() if isinstance(value, float) else value}"
        for name, value in view_numbers(params).items()
    ]
