"""Constants of a frame for tile_bin and depth_sort: the picture's bins, keys and list memory."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.errors import InputError
from golden.numbers.fixed import Fixed
from golden.pack import Pack
from golden.params import Parameters
from golden.rules import TILE_PX
from golden.stages.tile_bin.entry import ENTRY_BYTES, KEY_KNEE

CHUNK_ENTRIES = 8
PAGE_CHUNKS = 16
PAGE_ENTRIES = CHUNK_ENTRIES * PAGE_CHUNKS
CHUNK_BYTES = CHUNK_ENTRIES * ENTRY_BYTES  # 128
PAGE_BYTES = PAGE_CHUNKS * CHUNK_BYTES  # 2048
BIN_BITS = 10  # of a bin's column or row: 16,384 px in bins of 32 have 512
BEYOND_SHARE = 2.0**-10  # of Gaussians whose depth may lie beyond the key's knee
MAX_SIDE_PX = 4096  # centres within hold CENTER_FRACTION_BITS
MAX_DEPTH_SHIFT = 12  # codes of depths have 32 bits: with it the largest is below 2^20


class ListOutcome(IntEnum):
    """How a frame's lists ended."""

    COMPLETE = 0
    FULL = 1  # the list memory holds fewer pages than the lists take
    TOO_MANY_BINS = 2  # the strip has more bins than the build, or none


@dataclass(frozen=True)
class TileBinConstants:
    """What tile_bin and depth_sort hold during a frame.

    Parameters
    ----------
    depth_shift : of golden.stages.tile_bin.encode.depth_key.
    first_row : row of bins at which this strip of the picture begins.
    across, down : bins of the strip, 1 or more.
    list_page : byte address of the list memory / 2048.
    pages : pages of 2 KiB that the list memory holds.
    """

    depth_shift: int
    first_row: int
    across: int
    down: int
    list_page: int
    pages: int

    @property
    def bins(self) -> int:
        """Bins of the strip; bin number = row in the strip * across + column."""
        return self.across * self.down

    def as_ports(self) -> dict[str, int]:
        """Each constant under the name of its hardware port."""
        return {name: int(getattr(self, name)) for name in constant_formats(Parameters())}


def constant_formats(params: Parameters) -> dict[str, Fixed]:
    """Format of each constant, under the names and in the order of as_ports."""
    return {
        "depth_shift": Fixed(False, 4),
        "first_row": Fixed(False, BIN_BITS),
        "across": Fixed(False, BIN_BITS),
        "down": Fixed(False, BIN_BITS),
        "list_page": Fixed(False, params.address_bits - (PAGE_BYTES - 1).bit_length()),
        "pages": Fixed(False, params.list_pages.bit_length()),
    }


def bin_grid(camera: Camera, params: Parameters) -> tuple[int, int]:
    """Bins across and down a picture."""
    side = params.bin_px
    return -(-camera.width // side), -(-camera.height // side)


def strip_rows(camera: Camera, params: Parameters) -> int:
    """Rows of bins that one strip holds at most, by the bins of the build.

    Raises InputError where not even one row fits.
    """
    across, down = bin_grid(camera, params)
    if across > params.max_bins:
        raise InputError(
            f"camera {camera.name} is {camera.width} px wide, {across} bins of {params.bin_px} px "
            f"where the hardware has {params.max_bins}: choose a smaller --size."
        )
    return min(down, params.max_bins // across)


def depth_shift(camera: Camera, pack: Pack, params: Parameters) -> int:
    """The least shift with which nearly all depths of the view lie below the key's knee.

    Of the Gaussians in clusters whose balls may touch the view, at most BEYOND_SHARE are in
    clusters that reach beyond: z of the centre + radius_mean. Which clusters these are is no matter
    of what is drawn: a key never falls as the depth grows, whatever the shift.
    """
    # All in units of the frame, those of the depths.
    grid, clusters = pack.meta.grid, pack.clusters
    frame = grid.frame_exponent(camera, params)
    unit = clusters["exponent"].astype(np.int64) + (grid.exponent - frame)
    centers = np.ldexp(clusters["center"].astype(np.float64), unit[:, None])
    position = np.ldexp(grid.position(camera), -frame)
    x, y, z = ((centers - position) @ camera.viewmat[:3, :3].T).T
    radius = np.ldexp(clusters["radius_high"].astype(np.float64), unit)
    depth: NDArray[np.float64] = z + radius
    slope_x = max(camera.cx, camera.width - camera.cx) / camera.fx
    slope_y = max(camera.cy, camera.height - camera.cy) / camera.fy
    seen = (np.abs(x) - radius <= depth * slope_x) & (np.abs(y) - radius <= depth * slope_y)
    seen &= depth > 0
    mean = np.ldexp(clusters["radius_mean"].astype(np.float64), unit)
    farthest = np.ldexp(np.maximum(z + mean, 0), params.length_fraction_bits)
    weights = np.where(seen, clusters["count"], 0).astype(np.float64)
    for shift in range(MAX_DEPTH_SHIFT):
        beyond = weights[farthest >= KEY_KNEE << shift].sum()
        if beyond <= BEYOND_SHARE * weights.sum():
            return shift
    return MAX_DEPTH_SHIFT


def tile_bin_constants(
    camera: Camera,
    pack: Pack,
    params: Parameters,
    list_address: int,
    list_bytes: int,
    rows: range | None = None,
) -> TileBinConstants:
    """Constants of a view, or of a strip of it.

    Parameters
    ----------
    list_address, list_bytes : of the list memory; an incomplete page at its end is not used.
    rows : rows of bins of the strip; all of the picture where None.

    Raises InputError where the picture is too large for the entries, the address is no multiple of
    2 KiB, the memory holds no page, or the rows are none of the picture's.
    """
    across, down = bin_grid(camera, params)
    rows = range(down) if rows is None else rows
    if max(camera.width, camera.height) > MAX_SIDE_PX:
        raise InputError(
            f"camera {camera.name} has {camera.width}x{camera.height} px, more than the "
            f"{MAX_SIDE_PX} a side that list entries hold: choose a smaller --size."
        )
    if not (0 <= rows.start < rows.stop <= down and rows.step == 1):
        raise InputError(f"rows {rows} of bins are not among the picture's {down}: choose others.")
    if list_address % PAGE_BYTES:
        raise InputError(
            f"the list memory begins at {list_address:#x}, which is no multiple of {PAGE_BYTES}: "
            "move it."
        )
    if list_bytes < PAGE_BYTES:
        raise InputError(f"list memory of {list_bytes} bytes holds no page of {PAGE_BYTES}: add.")
    return TileBinConstants(
        depth_shift=depth_shift(camera, pack, params),
        first_row=rows.start,
        across=across,
        down=len(rows),
        list_page=list_address // PAGE_BYTES,
        pages=min(list_bytes // PAGE_BYTES, params.list_pages),
    )


def tiles_per_bin_shift(params: Parameters) -> int:
    """log2 of the tiles along a bin's side."""
    return (params.bin_px // TILE_PX).bit_length() - 1
