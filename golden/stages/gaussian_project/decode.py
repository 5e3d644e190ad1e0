"""Integer splats as numbers, as the float stages take them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.numbers.depth import depth_of_code
from golden.pack import Pack
from golden.params import Parameters
from golden.stages.gaussian_project.reference import Splats


def decode_splats(
    splats: NDArray[np.void], pack: Pack, camera: Camera, params: Parameters
) -> Splats:
    """The integer splats of a view as numbers, in the order of the scene, for the float stages."""
    index, rows = pack.order[splats["index"]].astype(np.int32), splats
    if (index[1:] < index[:-1]).any():
        order = np.argsort(index, kind="stable")
        index, rows = index[order], splats[order]
    unit = pack.meta.grid.frame_exponent(camera, params) - params.length_fraction_bits
    # Powers of two: the products are exact.
    return Splats(
        index=index,
        mean2d=rows["mean2d"] * 2.0**-params.screen_fraction_bits,
        conic=rows["conic"] * np.ldexp(1.0, rows["conic_exponent"])[:, None],
        depth=np.ldexp(depth_of_code(rows["depth"]), unit),
        opacity=rows["opacity"] / 65535.0,
        radius_px=rows["extent"].astype(np.int32),
        tile_rect=rows["tile_rect"].astype(np.int32),
    )
