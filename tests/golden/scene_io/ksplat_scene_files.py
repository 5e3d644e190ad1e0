"""An encoder of .ksplat, written apart from the reader."""

from __future__ import annotations

import struct

import numpy as np

from golden.scene import Scene

SH_C0 = 0.5 / np.sqrt(np.pi)
BLOCK = 5.0
SPAN = 32767


def ksplat_header(
    sections: int, count: int, level: int, version: tuple[int, int] = (0, 1), sh_bound: float = 1.5
) -> bytes:
    """The 4096 bytes that begin a file."""
    head = struct.pack("<2B2x4IH2x", *version, sections, sections, count, count, level)
    return (head + struct.pack("<5f", 0, 0, 0, -sh_bound, sh_bound)).ljust(4096, b"\0")


def ksplat_section(
    count: int, level: int, degree: int, full: int = 0, partial: int = 0, bucket: int = 256
) -> bytes:
    """The 1024 bytes that describe a section."""
    buckets = full + partial
    head = struct.pack("<4If", count, count, bucket, buckets, BLOCK if level else 0)
    head += struct.pack("<H2x2I", 12 if level else 0, SPAN if level else 0, 0)
    return (head + struct.pack("<2IH", full, partial, degree)).ljust(1024, b"\0")


def ksplat_gaussian(scene: Scene, i: int, level: int, center: np.ndarray, sh_bound: float) -> bytes:
    """A Gaussian in a bucket of that centre."""
    rgba = [*(0.5 + SH_C0 * scene.sh[i, 0]), scene.opacities[i]]
    color = bytes(int(np.clip(round(255 * float(v)), 0, 255)) for v in rgba)
    blocks = []
    for band in range(1, scene.sh_degree + 1):
        blocks.append(scene.sh[i, band * band : (band + 1) ** 2].T.ravel())
    rest = np.concatenate(blocks) if blocks else np.empty(0)
    if level == 0:
        shape = np.concatenate([scene.means[i], scene.scales[i], scene.quats[i]]).astype("<f4")
        return shape.tobytes() + color + rest.astype("<f4").tobytes()
    words = np.rint((scene.means[i] - center) / (BLOCK / 2) * SPAN + SPAN).astype("<u2")
    shape = np.concatenate([scene.scales[i], scene.quats[i]]).astype("<f2")
    if level == 2:
        harmonics = np.rint((rest + sh_bound) / (2 * sh_bound) * 255).astype("u1")
    else:
        harmonics = rest.astype("<f2")
    return words.tobytes() + shape.tobytes() + color + harmonics.tobytes()


def ksplat_body(
    scene: Scene, level: int, bucket: int, sh_bound: float
) -> tuple[bytes, bytes, list]:
    """Header and data of one section, and the order of its Gaussians."""
    cells: dict[tuple[int, ...], list[int]] = {}
    for i, mean in enumerate(scene.means):
        cells.setdefault(tuple(np.floor(mean / BLOCK).astype(int)) if level else (), []).append(i)
    full, partial = [], []
    for cell, members in cells.items():
        for start in range(0, len(members), bucket):
            run = members[start : start + bucket]
            (full if len(run) == bucket else partial).append((cell, run))
    if not level:
        full, partial = [], [((0, 0, 0), list(range(len(scene))))]
    runs = full + partial
    centers = [(np.array(cell) + 0.5) * BLOCK for cell, _ in runs]
    data = b""
    if level:
        data += b"".join(struct.pack("<I", len(run)) for _, run in partial)
        data += b"".join(center.astype("<f4").tobytes() for center in centers)
    for center, (_, run) in zip(centers, runs, strict=True):
        for i in run:
            data += ksplat_gaussian(scene, i, level, center, sh_bound)
    order = [i for _, run in runs for i in run]
    counts = (len(full), len(partial)) if level else (0, 0)
    return ksplat_section(len(scene), level, scene.sh_degree, *counts, bucket), data, order


def ksplat_order(scene: Scene, level: int, bucket: int = 3) -> list[int]:
    """Index of the scene's Gaussian in each place of the file."""
    return ksplat_body(scene, level, bucket, 1.0)[2]


def ksplat_file(scene: Scene, level: int, bucket: int = 3, sh_bound: float = 1.0) -> bytes:
    """A scene as a .ksplat of one section."""
    section, data, _ = ksplat_body(scene, level, bucket, sh_bound)
    return ksplat_header(1, len(scene), level, sh_bound=sh_bound) + section + data
