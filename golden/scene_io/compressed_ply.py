"""SuperSplat's (PlayCanvas') compressed .ply: 16 bytes a Gaussian in chunks of 256."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.errors import InputError
from golden.memory import need_memory
from golden.scene import activate_scales
from golden.scene_io.ply import REST_COUNTS
from golden.scene_io.ply_elements import PlyFile
from golden.scene_io.raw import RawScene
from golden.scene_io.splat import SH_C0

CHUNK_GAUSSIANS = 256
READ_BYTES = 300  # of memory a Gaussian while a file is read, beside its harmonics
Float64 = NDArray[np.float64]


def is_compressed(ply: PlyFile) -> bool:
    """True where the elements are those of a compressed .ply."""
    return "chunk" in ply.elements and ply.has("vertex", "packed_position")


def raw_from_compressed_ply(ply: PlyFile) -> RawScene:
    """Gaussians of a compressed .ply, axes as they are (RDF).

    With t = field / (2^bits - 1) and a chunk's least and most value, v = least (1 - t) + most t:
    position and log scale x, y, z in 11, 10, 11 bits, colour R, G, B in 8 bits each (between 0 and
    1 where the chunk has no colour bounds), opacity in the last 8 bits (already after the
    sigmoid). sh_0 = (v - 0.5) / 0.28209479177387814. Rotation: 2 bits say which of w, x, y, z is
    largest, the others follow in that order as (t - 0.5) sqrt(2), 10 bits each, and the largest
    makes the length 1. Element sh, where present: byte b of f_rest_* is 8 ((b + 0.5) / 256 - 0.5),
    but -4 at 0 and 4 at 255; channel-major as in INRIA's .ply.

    Raises InputError on a missing or ill-typed property, another number of chunks than one for 256
    Gaussians, or another number of sh rows than Gaussians.
    Source: format of playcanvas/splat-transform and playcanvas/engine.
    """
    position = _words(ply, "packed_position")
    count = len(position)
    chunks = -(-count // CHUNK_GAUSSIANS)
    if len(ply.elements["chunk"]) != chunks:
        raise InputError(
            f"{ply.name} has {len(ply.elements['chunk'])} chunks where {count} Gaussians need "
            f"{chunks}: the file is damaged, so export the scene again."
        )
    need_memory(ply.name, count, READ_BYTES + 8 * len(ply.properties("sh")))
    colour = _fields(_words(ply, "packed_color"), (8, 8, 8, 8))
    rgb = colour[:, :3]
    if ply.has("chunk", "min_r"):
        rgb = _between(ply, "{}_r", "{}_g", "{}_b", rgb)
    log_scales = _between(
        ply,
        "{}_scale_x",
        "{}_scale_y",
        "{}_scale_z",
        _fields(_words(ply, "packed_scale"), (11, 10, 11)),
    )
    rest = _rest(ply, count)
    sh = np.empty((count, 1 + rest.shape[1], 3), np.float32)
    sh[:, 0] = (rgb - 0.5) / SH_C0
    sh[:, 1:] = rest
    means = _between(ply, "{}_x", "{}_y", "{}_z", _fields(position, (11, 10, 11)))
    return RawScene(
        ply.name,
        means=means.astype(np.float32),
        scales=activate_scales(log_scales),
        quats=_rotations(_words(ply, "packed_rotation")),
        opacities=colour[:, 3].astype(np.float32),
        sh=sh,
    )


def _words(ply: PlyFile, prop: str) -> NDArray[np.uint32]:
    """A packed property of the vertices, (N,) uint32."""
    if not ply.has("vertex", prop) or ply.elements["vertex"].dtype[prop].kind not in "ui":
        raise InputError(
            f"{ply.name} has no whole-number property {prop}, which a compressed .ply needs: "
            "export the scene again."
        )
    return ply.elements["vertex"][prop].astype(np.uint32)


def _fields(words: NDArray[np.uint32], widths: tuple[int, ...]) -> Float64:
    """Bit fields from the top bit down as fractions 0 to 1, (N, len(widths))."""
    fractions = np.empty((len(words), len(widths)))
    shift = 32
    for column, width in enumerate(widths):
        shift -= width
        most = (1 << width) - 1
        fractions[:, column] = ((words >> np.uint32(shift)) & np.uint32(most)) / most
    return fractions


def _between(ply: PlyFile, x: str, y: str, z: str, fractions: Float64) -> Float64:
    """Fractions between the bounds of each Gaussian's chunk, (N, 3)."""
    least, most = (
        np.repeat(
            ply.columns("chunk", [prop.format(bound) for prop in (x, y, z)]).astype(np.float64),
            CHUNK_GAUSSIANS,
            axis=0,
        )[: len(fractions)]
        for bound in ("min", "max")
    )
    return least * (1 - fractions) + most * fractions


def _rotations(words: NDArray[np.uint32]) -> Float64:
    """Quaternions w, x, y, z, (N, 4), of unit length up to the rounding of their fields."""
    which, *others = _fields(words, (2, 10, 10, 10)).T
    largest = np.rint(which * 3).astype(np.intp)
    small = (np.stack(others, axis=1) - 0.5) * np.sqrt(2)
    quats = np.empty((len(words), 4))
    for index in range(4):
        rows = largest == index
        keep = [component for component in range(4) if component != index]
        quats[np.ix_(rows, keep)] = small[rows]
        quats[rows, index] = np.sqrt(np.maximum(0, 1 - (small[rows] ** 2).sum(axis=1)))
    return quats


def _rest(ply: PlyFile, count: int) -> NDArray[np.float32]:
    """Spherical harmonics above degree 0, (N, K - 1, 3) float32."""
    if "sh" not in ply.elements:
        return np.empty((count, 0, 3), np.float32)
    values = ply.sh_coefficients("sh", REST_COUNTS)
    table = ply.elements["sh"]
    names = [f"f_rest_{i}" for i in range(values)]
    if len(table) != count or any(table.dtype[name] != np.uint8 for name in names):
        raise InputError(
            f"{ply.name} has an element sh of {len(table)} rows where {count} rows of bytes are "
            "needed: the file is damaged, so export the scene again."
        )
    levels = (8 * ((np.arange(256) + 0.5) / 256 - 0.5)).astype(np.float32)
    levels[[0, 255]] = -4, 4
    rest = np.empty((count, values // 3, 3), np.float32)
    for i, name in enumerate(names):
        rest[:, i % (values // 3), i // (values // 3)] = levels[table[name]]
    return rest
