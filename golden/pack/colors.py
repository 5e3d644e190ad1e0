"""The colours of a pack: float16 as trained, or narrow records of 32 bytes."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from golden.clustering.kmeans import Progress, silent
from golden.errors import InputError
from golden.pack.color_record import decode_colors, encode_colors, need_degree
from golden.records import COLOR_DTYPE
from golden.scene import Float32, Scene

ColorFormat = Literal["float16", "narrow"]
# Their number in the header of a pack file is the place in this list.
COLOR_FORMATS: tuple[ColorFormat, ...] = get_args(ColorFormat)

_CHUNK = 1 << 16


def color_format_named(name: str) -> ColorFormat:
    """The format of that name; raises InputError where there is none."""
    for known in COLOR_FORMATS:
        if name == known:
            return known
    raise InputError(f"colours {name!r} are not known: choose {' or '.join(COLOR_FORMATS)}.")


def color_record_bytes(colors: ColorFormat, coefficients: int) -> int:
    """Bytes of the colours of one Gaussian: 6 K as float16, 32 narrow."""
    return COLOR_DTYPE.itemsize if colors == "narrow" else 6 * coefficients


def check_degree(scene: Scene, colors: ColorFormat) -> None:
    """Raises InputError where the format does not hold the scene's spherical harmonics."""
    if colors == "narrow":
        need_degree(scene.sh.shape[1], scene.name)


def color_table(
    scene: Scene,
    order: NDArray[np.uint32],
    colors: ColorFormat = "float16",
    progress: Progress = silent,
) -> NDArray[np.generic]:
    """Colours in pack order.

    float16: (N, K, 3), nearest, cut to its finite range. narrow: (N,) COLOR_DTYPE, rounded as
    golden.pack.color_record.encode_colors says. Raises InputError as check_degree.
    """
    check_degree(scene, colors)
    table: NDArray[np.generic]
    if colors == "narrow":
        table = np.empty(len(order), dtype=COLOR_DTYPE)
    else:
        table = np.empty(scene.sh.shape, dtype=np.float16)
    largest = np.finfo(np.float16).max
    for first in progress(range(0, len(order), _CHUNK), "colours"):
        rows = slice(first, first + _CHUNK)
        sh = scene.sh[order[rows]]
        table[rows] = encode_colors(sh) if colors == "narrow" else np.clip(sh, -largest, largest)
    return table


def colors_of_table(table: NDArray[np.generic], coefficients: int) -> Float32:
    """(N, K, 3) float32 of a table of either format, in its order: exact."""
    if table.dtype != COLOR_DTYPE:
        return table.astype(np.float32)
    colors = np.empty((len(table), coefficients, 3), dtype=np.float32)
    for first in range(0, len(table), _CHUNK):
        rows = slice(first, first + _CHUNK)
        colors[rows] = decode_colors(table[rows], coefficients)
    return colors
