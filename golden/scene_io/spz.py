"""Niantic's .spz, versions 1 to 4."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.scene import SH_COEFFICIENTS, Float32, activate_scales
from golden.scene_io.raw import RawScene
from golden.scene_io.spz_container import SpzHeader, read_sections

Bytes = NDArray[np.uint8]
Float64 = NDArray[np.float64]

# Axes: .spz is x right, y up, z back (RUB), ours x right, y down, z forward (RDF). The two differ
# by half a turn about x, which negates y and z of a position and of a quaternion.
POSITION_SIGNS = np.array([1, -1, -1], np.float32)
QUAT_SIGNS = np.array([1, 1, -1, -1], np.float64)  # w, x, y, z

COLOR_SCALE = 0.15
SMALLEST_MAX = 511  # a 9-bit magnitude stands for 1 / sqrt(2)


def raw_from_spz(data: bytes, name: str, axes: str = "rub") -> RawScene:
    """Gaussians of a .spz file, its RUB axes turned to RDF, or RDF axes kept.

    Positions: float16 (version 1) or 24-bit two's complement / 2^fraction_bits. s = exp(b/16 - 10).
    o = b/255, already after the sigmoid. sh_0 = (b/255 - 0.5)/0.15; above degree 0 (b - 128)/128,
    coefficient-major, then R, G, B. Quaternion: x, y, z = b/127.5 - 1 and w >= 0 from the unit
    length (versions 1, 2); or 2 bits that name the largest of x, y, z, w and for each other in that
    order a sign bit and 9 bits in units of 1/(511 sqrt 2) (versions 3, 4).

    Parameters
    ----------
    data : the whole file.
    name : file name, for messages.
    axes : that the file holds, "rub" or "rdf".

    Raises InputError as `read_sections` does.
    Source: nianticlabs/spz, README.md and load-spz.cc.
    """
    header, sections = read_sections(data, name)
    fields = {section: np.frombuffer(raw, np.uint8) for section, raw in sections.items()}
    quats = _first_three if header.version < 3 else _smallest_three
    position_signs, quat_signs = (POSITION_SIGNS, QUAT_SIGNS) if axes == "rub" else (1, 1)
    return RawScene(
        name,
        means=(_means(header, fields["positions"]) * position_signs).astype(np.float32),
        scales=activate_scales(fields["scales"].reshape(-1, 3) / np.float32(16) - np.float32(10)),
        quats=quats(fields["rotations"]) * quat_signs,
        opacities=fields["alphas"].astype(np.float32) / np.float32(255),
        sh=_sh(header, fields["colors"], fields["sh"], axes),
        antialiased=header.antialiased,
    )


def sh_signs(degree: int) -> Float32:
    """Sign of each coefficient above degree 0 between RUB and RDF axes, (K - 1,).

    Half a turn about x takes y, z to -y, -z. A harmonic of degree l, order m has the parity
    (-1)^(l + m) in z and is odd in y where m < 0, so its sign is (-1)^(l + m), negated for m < 0.
    The last one of degree 4 is even in both, yet the format's own library negates it when it
    writes and when it reads; so do we, or colours would not come back as they were.
    """
    signs = [
        (-1) ** (band + order) * (-1 if order < 0 else 1)
        for band in range(1, degree + 1)
        for order in range(-band, band + 1)
    ]
    if degree == 4:
        signs[-1] = -1
    return np.array(signs, np.float32)


def _means(header: SpzHeader, raw: Bytes) -> Float32:
    if header.version == 1:
        return raw.view("<f2").astype(np.float32).reshape(-1, 3)
    low, middle, high = raw.reshape(-1, 3, 3).transpose(2, 0, 1)
    fixed = high.view(np.int8).astype(np.int32) << 16  # the sign sits in the last byte
    fixed |= middle.astype(np.int32) << 8
    fixed |= low
    return (fixed.astype(np.float32) / np.float32(2**header.fraction_bits)).astype(np.float32)


def _first_three(raw: Bytes) -> Float64:
    """Quaternions w, x, y, z, (N, 4), of unit length up to rounding."""
    xyz = raw.reshape(-1, 3) / 127.5 - 1
    w = np.sqrt(np.maximum(0, 1 - (xyz**2).sum(axis=1, keepdims=True)))
    return np.concatenate([w, xyz], axis=1)


def _smallest_three(raw: Bytes) -> Float64:
    """Quaternions w, x, y, z, (N, 4), of unit length up to rounding."""
    words = raw.view("<u4").astype(np.uint32)
    largest = words >> np.uint32(30)
    xyzw = np.zeros((len(words), 4))
    for index in (3, 2, 1, 0):  # the last component sits in the lowest bits
        here = largest != index
        magnitude = (words & np.uint32(SMALLEST_MAX)) / (SMALLEST_MAX * np.sqrt(2))
        negative = (words & np.uint32(SMALLEST_MAX + 1)) != 0
        xyzw[:, index] = np.where(here, np.where(negative, -magnitude, magnitude), 0)
        words = np.where(here, words >> np.uint32(10), words)
    rest = np.sqrt(np.maximum(0, 1 - (xyzw**2).sum(axis=1)))
    np.put_along_axis(xyzw, largest[:, None].astype(np.intp), rest[:, None], axis=1)
    return xyzw[:, [3, 0, 1, 2]]


def _sh(header: SpzHeader, colors: Bytes, rest: Bytes, axes: str) -> Float32:
    """Spherical harmonics, (N, K, 3)."""
    above = 3 * (SH_COEFFICIENTS[header.degree] - 1)
    sh = np.empty((header.count, 3 + above), np.float32)  # long rows: three times as fast
    sh[:, :3] = (colors.reshape(-1, 3) / 255 - 0.5) / COLOR_SCALE
    np.subtract(rest.reshape(header.count, above), np.float32(128), out=sh[:, 3:])
    signs = sh_signs(header.degree) if axes == "rub" else np.ones(above // 3, np.float32)
    sh[:, 3:] *= np.repeat(signs / np.float32(128), 3)
    return sh.reshape(header.count, -1, 3)
