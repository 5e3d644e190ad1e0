"""Writing Niantic's .spz, version 3."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from golden.errors import InputError, warn
from golden.files import atomic_path
from golden.scene import Scene
from golden.scene_io.spz import (
    COLOR_SCALE,
    POSITION_SIGNS,
    QUAT_SIGNS,
    SMALLEST_MAX,
    sh_signs,
)
from golden.scene_io.spz_container import FLAG_ANTIALIASED, HEADER, MAGIC

VERSION = 3
FRACTION_BITS = 12  # as the format's own writer has it; fewer where a position needs them
POSITION_LIMIT = 1 << 23
GZIP_LEVEL = 6

Bytes = NDArray[np.uint8]
Float64 = NDArray[np.float64]


def write_spz(scene: Scene, path: Path) -> None:
    """Writes a scene as .spz of version 3, whole or not at all.

    Inverse of `raw_from_spz`, each value to the nearest that the format has: positions in steps of
    2^-12 scene units (coarser where one lies beyond +-2048), sizes in steps of 1/16 of their
    logarithm, opacities of 1/255, colours of 1/38 and harmonics of 1/128, none of whose bits are
    left out. What was read from such a file is written as it was.
    Warns where values lie beyond the format's ranges, and by how many Gaussians.

    Raises InputError where a position lies beyond +-8,388,607, or the file cannot be written.
    """
    bits = _fraction_bits(scene)
    cut = np.zeros(len(scene), np.bool_)
    sections = (
        _positions(scene, bits),
        _levels(scene.opacities[:, None].astype(np.float64) * 255, cut),
        _levels((scene.sh[:, 0].astype(np.float64) * COLOR_SCALE + 0.5) * 255, cut),
        _levels((np.log(scene.scales.astype(np.float64)) + 10) * 16, cut),
        _rotations(scene),
        _harmonics(scene, cut),
    )
    if cut.any():
        warn(
            f"{path.name}: {int(cut.sum()):,} of {len(scene):,} Gaussians have a size, colour or "
            "harmonic beyond what .spz can hold; it is cut there: write a .ply to keep it."
        )
    flags = FLAG_ANTIALIASED if scene.antialiased else 0
    header = HEADER.pack(MAGIC, VERSION, len(scene), scene.sh_degree, bits, flags, 0)
    with (
        atomic_path(path) as temporary,
        temporary.open("wb") as stream,
        # No name and no time: the same scene gives the same file.
        gzip.GzipFile("", "wb", GZIP_LEVEL, stream, mtime=0) as packed,
    ):
        for section in (header, *sections):
            packed.write(section)


def _fraction_bits(scene: Scene) -> int:
    """Bits after the point of positions: as many as 24 bits and a sign leave room for."""
    largest = float(np.abs(scene.means).max())
    for bits in range(FRACTION_BITS, -1, -1):
        if round(largest * 2**bits) < POSITION_LIMIT:
            if bits < FRACTION_BITS:
                warn(
                    f"{scene.name} reaches {largest:.6g} scene units, so .spz holds its positions "
                    f"in steps of only {2.0**-bits:g}: leave far ones out, or write a .ply."
                )
            return bits
    raise InputError(
        f"{scene.name} reaches {largest:.6g} scene units, beyond .spz's 8,388,607: leave far "
        "Gaussians out, or write a .ply."
    )


def _positions(scene: Scene, bits: int) -> bytes:
    fixed = np.rint((scene.means * POSITION_SIGNS).astype(np.float64) * 2**bits).astype("<i4")
    low_bytes: Bytes = fixed.reshape(-1, 1).view(np.uint8)[:, :3]
    return low_bytes.tobytes()


def _levels(values: Float64, cut: NDArray[np.bool_]) -> bytes:
    """Nearest bytes of (N, width) levels; marks rows in `cut` where one is half a step beyond."""
    levels = np.rint(values)
    cut |= ((levels < 0) | (levels > 255)).any(axis=1)
    return np.clip(levels, 0, 255).astype(np.uint8).tobytes()


def _rotations(scene: Scene) -> bytes:
    """Words of 2 bits for the largest of x, y, z, w and 10 for each other, in that order."""
    xyzw = (scene.quats.astype(np.float64) * QUAT_SIGNS)[:, [1, 2, 3, 0]]
    largest = np.argmax(np.abs(xyzw), axis=1)
    xyzw *= np.where(np.take_along_axis(xyzw, largest[:, None], axis=1) < 0, -1, 1)
    words = largest.astype(np.uint32)
    for index in range(4):
        value = xyzw[:, index]
        magnitude = np.rint(np.minimum(np.abs(value) * np.sqrt(2), 1) * SMALLEST_MAX)
        field = magnitude.astype(np.uint32) | np.where(value < 0, SMALLEST_MAX + 1, 0).astype(
            np.uint32
        )
        words = np.where(largest == index, words, (words << np.uint32(10)) | field)
    stored: NDArray[np.uint32] = words.astype("<u4")
    return stored.tobytes()


def _harmonics(scene: Scene, cut: NDArray[np.bool_]) -> bytes:
    signs = sh_signs(scene.sh_degree)[:, None]
    rest = (scene.sh[:, 1:] * signs * np.float32(128)).reshape(len(scene), -1)
    return _levels(rest + np.float64(128), cut)
