"""The row of stage 7, rasterize."""

from __future__ import annotations

from golden.numbers.fixed import Fixed
from golden.params import Parameters
from golden.stages.gaussian_project.formats import SIZE_BITS
from golden.stages.rasterize.constants import constant_formats
from hw.stages.rasterize.quad_blend import OUTCOMES
from hw.stages.rasterize.rasterize import Rasterize
from hw.stages.stage import Counter, Stage

LANE_CYCLES = {
    "blended": "added an entry to a pixel",
    "stalled": "waited for the same quad",
    "starved": "had no entry",
}


def formats(params: Parameters) -> dict[str, Fixed]:
    """Its constants, and the picture's last pixel, which gaussian_project has too."""
    size = {f"last_pixel_{axis}": Fixed(False, SIZE_BITS) for axis in "xy"}
    return constant_formats(params) | size


RASTERIZE = Stage(
    name="rasterize",
    phase="render",
    parts={"rasterize": Rasterize},
    busy="a bin is being drawn, or a row of it written",
    formats=formats,
    counters={
        "drawn_bins": Counter("count_bins", "bins drawn"),
        "drawn_entries": Counter("count_entries", "entries taken by rasterize"),
        "dropped_entries": Counter("count_dropped_entries", "of these, behind an opaque bin"),
        **{
            f"{name}_lane_cycles": Counter(
                f"count_{name}_lane_cycles",
                f"lane cycles that {LANE_CYCLES.get(name, name.replace('_', ' '))}",
            )
            for name in (*OUTCOMES, "stalled", "starved")
        },
    },
)
