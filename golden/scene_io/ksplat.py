"""mkkellogg's .ksplat: sections of Gaussians, plain or quantised in buckets."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.errors import InputError
from golden.memory import need_memory
from golden.scene import MAX_GAUSSIANS, SH_COEFFICIENTS, Float32
from golden.scene_io.raw import RawScene, joined
from golden.scene_io.splat import SH_C0

HEADER_BYTES, SECTION_BYTES = 4096, 1024
HEADER = struct.Struct("<2B2x4IH14x2f")  # version; sections, Gaussians; level; least, most of sh
SECTION = struct.Struct("<4IfH2x2I2IH")
CENTER_BYTES = 12
LEAST_BYTES = 24  # of a Gaussian in the file
READ_BYTES = 600  # of memory a Gaussian while a file is read, harmonics of degree 3 among them
HALF_RANGE = 1.5  # of harmonics as bytes, where the header has none
DEFAULT_RANGE = {0: 1, 1: 32767, 2: 32767}  # of positions as 16 bits, where the section has none
TYPES = {0: ("<f4", "<f4", "<f4"), 1: ("<u2", "<f2", "<f2"), 2: ("<u2", "<f2", "u1")}


@dataclass(frozen=True)
class _Section:
    """A section's header.

    Parameters
    ----------
    count, room : Gaussians that it has, and has room for.
    bucket_size : Gaussians of a full bucket. buckets : in all. full, partial : of each kind.
    block : edge of a bucket, scene units. center_bytes : stored for each bucket.
    span : steps of half an edge. degree : of the harmonics.
    """

    count: int
    room: int
    bucket_size: int
    buckets: int
    block: float
    center_bytes: int
    span: int
    full: int
    partial: int
    degree: int


def raw_from_ksplat(data: bytes, name: str) -> RawScene:
    """Gaussians of a .ksplat, axes as in the .ply that it was made from (RDF).

    Level 0: float32. Levels 1 and 2: position = (word - span) block / (2 span) + centre of the
    bucket, scales and rotation in float16. Scales are linear; rotation w, x, y, z; colour bytes,
    sh_0 = (b / 255 - 1/2) / 0.28209479177387814 and opacity = b / 255. Harmonics above degree 0 a
    degree at a time, of each all of red, then green, then blue: float32, float16, or (level 2)
    least + (most - least) b / 255.

    Parameters
    ----------
    data : the whole file. name : of the file, for messages.

    Raises InputError where it is damaged, truncated, of another version, or lies about a size.
    What is taken is at most 24 times the file's bytes.
    Source: mkkellogg/GaussianSplats3D, src/loaders/SplatBuffer.js.
    """
    if len(data) < HEADER_BYTES:
        raise _damaged(name, f"it ends after {len(data)} of {HEADER_BYTES} header bytes")
    major, minor, rooms, _, _, count, level, low, high = HEADER.unpack_from(data)
    if (major, minor) != (0, 1) or level not in TYPES:
        raise InputError(
            f"{name} is .ksplat {major}.{minor}, compression level {level}, where 0.1 and levels 0 "
            "to 2 are known: export it again, or check that it is a .ksplat."
        )
    offset = HEADER_BYTES + rooms * SECTION_BYTES
    if not 1 <= count <= MAX_GAUSSIANS or offset > len(data):
        raise _damaged(name, f"its header promises {count} Gaussians in {rooms} sections")
    need_memory(name, min(count, len(data) // LEAST_BYTES), READ_BYTES)
    bounds = (low or -HALF_RANGE, high or HALF_RANGE)
    parts: list[RawScene] = []
    for index in range(rooms):
        section = _section(data, index, level, name)
        taken = _bytes(section, level)
        if offset + taken > len(data):
            raise _damaged(name, f"section {index} ends after the file's {len(data)} bytes")
        if section.count:
            parts.append(_gaussians(data, offset, section, level, bounds, name))
        offset += taken
    if sum(len(part.means) for part in parts) != count:
        raise _damaged(name, f"its sections do not hold the {count} Gaussians that it promises")
    return joined(parts, name)


def _damaged(name: str, what: str) -> InputError:
    return InputError(f"{name} is a damaged .ksplat file ({what}): copy or export it again.")


def _section(data: bytes, index: int, level: int, name: str) -> _Section:
    at = HEADER_BYTES + index * SECTION_BYTES
    (count, room, size, buckets, block, center, span, _, full, partial, degree) = (
        SECTION.unpack_from(data, at)
    )
    if degree > 3 or count > room or full + partial > buckets:
        raise _damaged(name, f"the header of section {index} contradicts itself")
    if level and (not np.isfinite(block) or (buckets and center < CENTER_BYTES)):
        raise _damaged(name, f"the buckets of section {index} have no size or no centre")
    span = span or DEFAULT_RANGE[level]
    return _Section(count, room, size, buckets, block, center, span, full, partial, degree)


def _record(level: int, degree: int) -> np.dtype[np.void]:
    """A Gaussian as it is stored."""
    mean, shape, harmonic = TYPES[level]
    above = 3 * (SH_COEFFICIENTS[degree] - 1)
    fields = [("mean", mean, 3), ("scale", shape, 3), ("quat", shape, 4), ("rgba", "u1", 4)]
    return np.dtype([*fields, *([("sh", harmonic, above)] if above else [])])


def _bytes(section: _Section, level: int) -> int:
    """Of a section: lengths of buckets, their centres, its Gaussians."""
    record = _record(level, section.degree).itemsize
    return 4 * section.partial + section.buckets * section.center_bytes + section.room * record


def _gaussians(
    data: bytes,
    offset: int,
    section: _Section,
    level: int,
    bounds: tuple[float, float],
    name: str,
) -> RawScene:
    """Of the section whose bytes begin at offset. bounds : least and most of harmonics."""
    centers_at = offset + 4 * section.partial
    start = centers_at + section.buckets * section.center_bytes
    rows = np.frombuffer(data, _record(level, section.degree), section.count, start)
    means = rows["mean"].astype(np.float64)
    if level:
        bucket = _buckets(data, offset, section, name)
        centers = np.ndarray(
            (section.buckets, 3), "<f4", data, centers_at, (section.center_bytes, 4)
        )
        means = (means - section.span) * (section.block / 2 / section.span) + centers[bucket]
    rgba = rows["rgba"].astype(np.float64) / 255
    sh = np.empty((section.count, SH_COEFFICIENTS[section.degree], 3), np.float32)
    sh[:, 0] = (rgba[:, :3] - 0.5) / SH_C0
    if section.degree:
        _fill_harmonics(sh, rows["sh"], section.degree, bounds if level == 2 else None)
    return RawScene(
        name,
        means=means.astype(np.float32),
        scales=rows["scale"].astype(np.float32),
        quats=rows["quat"].astype(np.float32),
        opacities=rgba[:, 3].astype(np.float32),
        sh=sh,
    )


def _buckets(data: bytes, offset: int, section: _Section, name: str) -> NDArray[np.intp]:
    """Bucket of each Gaussian: the full ones first, then those whose lengths are stored."""
    lengths = np.frombuffer(data, "<u4", section.partial, offset).astype(np.int64)
    sizes = np.concatenate([np.full(section.full, section.bucket_size, np.int64), lengths])
    ends = np.cumsum(sizes)
    if not len(ends) or ends[-1] < section.count:
        raise _damaged(name, f"its buckets do not hold the {section.count} Gaussians of a section")
    return np.searchsorted(ends, np.arange(section.count), side="right")


def _fill_harmonics(
    sh: Float32,
    stored: NDArray[Any],
    degree: int,
    bounds: tuple[float, float] | None,
) -> None:
    """Writes what is above degree 0. bounds : of values stored as bytes."""
    if bounds is None:
        values = stored.astype(np.float32)
    else:
        low, high = bounds
        values = (low + (high - low) * (np.arange(256) / 255)).astype(np.float32)[stored]
    first = 0
    for band in range(1, degree + 1):
        orders = 2 * band + 1
        block = values[:, first : first + 3 * orders].reshape(-1, 3, orders)
        sh[:, SH_COEFFICIENTS[band - 1] : SH_COEFFICIENTS[band]] = block.transpose(0, 2, 1)
        first += 3 * orders
