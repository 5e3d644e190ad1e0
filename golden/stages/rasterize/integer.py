"""The bit-exact integer model of rasterize: ordered list entries of bins in, a picture out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.jit import parallel_kernel, parallel_range, serial_kernel
from golden.stages.rasterize.blend import (
    OUTSIDE,
    Widths,
    alpha_of,
    share,
    squared,
    weight_of,
    widths_of,
)
from golden.stages.rasterize.constants import RasterizeConstants
from golden.stages.rasterize.entry_steps import (
    BLUE,
    GREEN,
    RED,
    SWAP,
    Steps,
    Tables,
    steps_of,
    tables_of,
)
from golden.stages.rasterize.formats import (
    TRANSMITTANCE_BITS,
    TRANSMITTANCE_MIN,
    Int64,
    RasterFormats,
)
from golden.stages.rasterize.lines import quad_span
from golden.stages.tile_bin.entry import unpack_fields

UInt8 = NDArray[np.uint8]
T, DEAD, SUMS = 0, 1, 2  # of a pixel: transmittance, is it done, three colour sums from SUMS on
PIXEL_WORDS = 5
ENTRY_NAMES = (
    "u",
    "v",
    "swap",
    "slope",
    "w1",
    "w2",
    "opacity",
    "red",
    "green",
    "blue",
    "far",
)


@dataclass(frozen=True, eq=False)
class Rasterized:
    """A picture and the work that it took, by bins, row after row.

    Parameters
    ----------
    image : (height, width, 4) uint8, R, G, B and alpha = 1 - T.
    read_entries : (B,) int64, entries up to the one that ended the last pixel, or all.
    blended : (B,) int64, pixels that an entry was added to, summed over the entries.
    sums : (height, width, 3) int64, the colour sums without the background, in units of
        2^-sum_fraction_bits; None where they were not asked for.
    """

    image: UInt8
    read_entries: Int64
    blended: Int64
    sums: Int64 | None = None


def rasterize_entries(
    fields: NDArray[np.int32],
    offsets: Int64,
    size: tuple[int, int],
    bin_px: int,
    constants: RasterizeConstants,
    formats: RasterFormats | None = None,
    top_px: int = 0,
    keep_sums: bool = False,
) -> Rasterized:
    """Blends the entries of each bin, front to back, over the background.

    For each quad of pixels within an entry's spans, for each pixel that is not done:
    w = T alpha; where T - w is below TRANSMITTANCE_MIN the pixel is done, without this entry,
    else T -= w and each sum += w color. At the end each sum += T background. README.md beside
    this file has the formats and the error budget.

    Parameters
    ----------
    fields : (E, 11) int32, the entries' ENTRY_NAMES.
    offsets : (B + 1,) the list of bin b is fields[offsets[b] : offsets[b + 1]], in order.
    size : of the picture, width and height, px; its bins lie row after row.
    bin_px : side of a bin, even.
    top_px : row of the picture at which this strip of it begins; then `size` is the strip's.
    keep_sums : gives the colour sums, too, which the hardware keeps on the chip.
    """
    formats = formats or RasterFormats()
    width, height = size
    across = -(-width // bin_px)
    bins = len(offsets) - 1
    if bins != across * -(-height // bin_px):
        raise ValueError(f"{bins} lists do not fit {width}x{height} px in bins of {bin_px}.")
    image = np.zeros((height, width, 4), np.uint8)
    read, blended = np.zeros(bins, np.int64), np.zeros(bins, np.int64)
    sums = np.zeros((height, width, 3) if keep_sums else (0, 0, 3), np.int64)
    _draw(
        np.ascontiguousarray(fields, dtype=np.int32),
        np.ascontiguousarray(offsets, dtype=np.int64),
        np.array([across, bin_px, top_px], np.int64),
        np.array([constants.alpha_max, *constants.background], np.int64),
        tables_of(formats),
        widths_of(formats),
        image,
        read,
        blended,
        sums,
    )
    return Rasterized(image, read, blended, sums if keep_sums else None)


@serial_kernel
def blend_pixel(
    pixel: Int64, square: int, opacity: int, entry: Int64, limit: int, power: Int64, widths: Widths
) -> int:
    """Adds an entry to a pixel that is not done: 1 where it was added, 2 where it ends, else 0."""
    alpha = alpha_of(square, opacity, limit, power, widths)
    if alpha == OUTSIDE:
        return 0
    weight = weight_of(pixel[T], alpha, widths)
    if pixel[T] - weight < TRANSMITTANCE_MIN:
        pixel[DEAD] = 1
        return 2
    pixel[T] -= weight
    pixel[SUMS] += share(weight, entry[RED], widths)
    pixel[SUMS + 1] += share(weight, entry[GREEN], widths)
    pixel[SUMS + 2] += share(weight, entry[BLUE], widths)
    return 1


@serial_kernel
def blend_quad(
    pixels: Int64,
    entry: Int64,
    steps: Steps,
    line: int,
    place: int,
    columns: int,
    rows: int,
    limit: int,
    tables: Tables,
    widths: Widths,
) -> tuple[int, int]:
    """Adds an entry to the quad at `place` of a line; pixels added to, and pixels that end.

    Parameters
    ----------
    pixels : (rows, columns, PIXEL_WORDS) of the bin, at least `rows` and `columns` of it.
    line, place : of the quad, across and along.
    """
    added, ended = 0, 0
    x = steps.x + 2 * place * steps.p + 2 * line * steps.q
    y = steps.y + 2 * line * steps.r
    for j in range(2):
        y_square = squared(y + j * steps.r, widths)
        for i in range(2):
            along, across = 2 * place + i, 2 * line + j
            row, column = (along, across) if entry[SWAP] else (across, along)
            if row >= rows or column >= columns or pixels[row, column, DEAD]:
                continue
            square = squared(x + i * steps.p + j * steps.q, widths) + y_square
            done = blend_pixel(
                pixels[row, column], square, steps.opacity, entry, limit, tables.power, widths
            )
            added += int(done == 1)
            ended += int(done == 2)
    return added, ended


@serial_kernel
def clear(pixels: Int64) -> None:
    """An empty bin: all light passes."""
    pixels[:] = 0
    pixels[:, :, T] = (1 << TRANSMITTANCE_BITS) - 1


@serial_kernel
def byte_of(total: int, widths: Widths) -> int:
    """A colour sum as a byte: 255 times it, to nearest, cut."""
    down = widths.sum_fraction_bits
    return min((255 * total + (1 << (down - 1))) >> down, 255)


@serial_kernel
def alpha_byte_of(transmittance: int) -> int:
    """1 - T as a byte: 255 times the largest T less T, to nearest."""
    covered = (1 << TRANSMITTANCE_BITS) - 1 - transmittance
    return (255 * covered + (1 << (TRANSMITTANCE_BITS - 1))) >> TRANSMITTANCE_BITS


@serial_kernel
def write_pixel(pixel: Int64, background: Int64, out: UInt8, widths: Widths) -> None:
    """R, G, B, alpha of a pixel over the background."""
    for channel in range(3):
        total = pixel[SUMS + channel] + share(pixel[T], background[channel], widths)
        out[channel] = byte_of(total, widths)
    out[3] = alpha_byte_of(pixel[T])


@serial_kernel
def _draw_bin(
    fields: NDArray[np.int32],
    begin: int,
    end: int,
    place: tuple[int, int, int],
    size: tuple[int, int],
    constants: Int64,
    tables: Tables,
    widths: Widths,
    pixels: Int64,
) -> tuple[int, int]:
    """Draws entries `begin` to `end` into the pixels of a bin; entries read, and pixels added to.

    Parameters
    ----------
    place : x and y of the bin's first pixel in the picture, and its side. size : columns and rows.
    """
    (x0, y0, bin_px), (columns, rows) = place, size
    clear(pixels)
    live, read, added = columns * rows, 0, 0
    # Pixels of each quad that are not done: where there are none it is not looked at.
    left = np.zeros(((bin_px + 1) // 2, (bin_px + 1) // 2), np.int64)
    for row in range(rows):
        for column in range(columns):
            left[row >> 1, column >> 1] += 1
    entry = np.empty(11, np.int64)
    for e in range(begin, end):
        if live == 0:
            break
        for field in range(11):  # field by field: an array's assignment takes seconds to compile
            entry[field] = fields[e, field]
        read += 1
        steps = steps_of(entry, x0, y0, tables)
        last_line = rows - 1
        last_place = columns - 1
        if entry[SWAP]:
            last_line, last_place = last_place, last_line
        first, last = max(steps.first, 0) >> 1, min(steps.last, last_line) >> 1
        for line in range(first, last + 1):
            low, high = quad_span(steps, line, bin_px - 1, tables)
            for at in range(low, min(high, last_place >> 1) + 1):
                y, x = (at, line) if entry[SWAP] else (line, at)
                if left[y, x] == 0:
                    continue
                more, ended = blend_quad(
                    pixels, entry, steps, line, at, columns, rows, constants[0], tables, widths
                )
                added += more
                live -= ended
                left[y, x] -= ended
    return read, added


@parallel_kernel
def _draw(
    fields: NDArray[np.int32],
    offsets: Int64,
    grid: Int64,
    constants: Int64,
    tables: Tables,
    widths: Widths,
    image: UInt8,
    read: Int64,
    blended: Int64,
    sums: Int64,
) -> None:
    height, width = image.shape[0], image.shape[1]
    across, bin_px, top = grid[0], grid[1], grid[2]
    for bin_ in parallel_range(len(read)):
        x0, y0 = (bin_ % across) * bin_px, (bin_ // across) * bin_px
        columns, rows = min(bin_px, width - x0), min(bin_px, height - y0)
        pixels = np.empty((bin_px, bin_px, PIXEL_WORDS), np.int64)
        read[bin_], blended[bin_] = _draw_bin(
            fields,
            offsets[bin_],
            offsets[bin_ + 1],
            (x0, top + y0, bin_px),
            (columns, rows),
            constants,
            tables,
            widths,
            pixels,
        )
        _write_bin(pixels, (x0, y0), (columns, rows), constants, widths, image, sums)


@serial_kernel
def _write_bin(
    pixels: Int64,
    place: tuple[int, int],
    size: tuple[int, int],
    constants: Int64,
    widths: Widths,
    image: UInt8,
    sums: Int64,
) -> None:
    """The pixels of a bin into the picture, and their sums where those are kept."""
    for row in range(size[1]):
        for column in range(size[0]):
            y, x = place[1] + row, place[0] + column
            write_pixel(pixels[row, column], constants[1:], image[y, x], widths)
            if len(sums):
                for channel in range(3):
                    sums[y, x, channel] = pixels[row, column, SUMS + channel]


def bins_of_picture(size: tuple[int, int], bin_px: int) -> Int64:
    """(B, 4) x, y, columns and rows of a picture's bins, row after row, px."""
    width, height = size
    y, x = np.mgrid[0:height:bin_px, 0:width:bin_px]
    x, y = x.ravel(), y.ravel()
    columns, rows = np.minimum(width - x, bin_px), np.minimum(height - y, bin_px)
    return np.stack([x, y, columns, rows], axis=1).astype(np.int64)


def fields_of(entries: NDArray[np.void]) -> NDArray[np.int32]:
    """(E, 11) the ENTRY_NAMES of list entries."""
    fields = unpack_fields(entries)
    return np.stack([fields[name] for name in ENTRY_NAMES], axis=1).astype(np.int32)
