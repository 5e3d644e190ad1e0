"""A picture in strips of whole rows of bins: where it has more bins, or longer lists, than fit."""

from __future__ import annotations

from golden.camera import Camera
from golden.errors import InputError
from golden.params import Parameters
from golden.stages.tile_bin.constants import bin_grid, strip_rows

PICTURE_ALIGNMENT_BYTES = 4096  # of the address of a strip's first pixel
STRIDE_ALIGNMENT_BYTES = 64


def strips(camera: Camera, params: Parameters) -> list[range]:
    """Rows of bins of each strip, from the top, with as many bins as the build has.

    Raises InputError where the picture is too wide for a strip.
    """
    _, down = bin_grid(camera, params)
    step = _step(params)
    most = strip_rows(camera, params)
    if most < min(step, down):
        raise InputError(
            f"camera {camera.name} is {camera.width} px wide: {step} rows of bins of "
            f"{params.bin_px} px, as many as a strip must have, are more than the hardware's "
            f"{params.max_bins} bins: choose a smaller --size."
        )
    if most < down:
        most = most // step * step
    return [range(first, min(first + most, down)) for first in range(0, down, most)]


def halves(rows: range, params: Parameters) -> list[range]:
    """Two strips of a strip whose lists do not fit their memory; one where it cannot be cut."""
    step = _step(params)
    middle = rows.start + max(len(rows) // (2 * step), 1) * step
    return [rows] if middle >= rows.stop else [range(rows.start, middle), range(middle, rows.stop)]


def _step(params: Parameters) -> int:
    """Rows of bins whose pixels are a multiple of PICTURE_ALIGNMENT_BYTES, whatever the stride."""
    return max(PICTURE_ALIGNMENT_BYTES // (STRIDE_ALIGNMENT_BYTES * params.bin_px), 1)
