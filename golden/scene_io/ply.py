"""INRIA's .ply of Gaussians: reading by property name, and writing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from plyfile import PlyData, PlyElement

from golden.errors import warn
from golden.files import atomic_path
from golden.memory import need_memory
from golden.scene import (
    SH_COEFFICIENTS,
    Float32,
    Scene,
    activate_opacities,
    activate_scales,
)
from golden.scene_io.kinds import refuse_other_kinds
from golden.scene_io.ply_elements import PlyFile
from golden.scene_io.raw import RawScene
from golden.scene_io.splat import SH_C0

POSITION = ("x", "y", "z")
NORMAL = ("nx", "ny", "nz")
DC = ("f_dc_0", "f_dc_1", "f_dc_2")
SCALE = ("scale_0", "scale_1", "scale_2")
ROTATION = ("rot_0", "rot_1", "rot_2", "rot_3")
RGB = ("red", "green", "blue")
FILTER = "filter_3D"
DISC = 1e-3  # third scale of a disc, of its smaller one
READ_BYTES = 160  # of memory a Gaussian while a file is read, beside its harmonics
ENOUGH = 16  # Gaussians, before what they have in common says something
REST_COUNTS = tuple(3 * (k - 1) for k in SH_COEFFICIENTS.values())  # 0, 9, 24, 45, 72

# The sigmoid of -104 is below half of float32's smallest number and that of 104 above its last
# one before 1, so that opacities 0 and 1 are finite logits in the file and come back as 0 and 1.
LOGIT_LIMIT = 104.0


def raw_from_ply(ply: PlyFile) -> RawScene:
    """Gaussians of an INRIA .ply, whatever the order of its properties; others are ignored.

    s = exp(scale), o = 1 / (1 + exp(-opacity)), q = rot_0..3 = w, x, y, z.
    f_rest_* is channel-major: all coefficients of red, then of green, then of blue; their number
    (0, 9, 24, 45, 72) gives the degree (0 to 4). Axes are taken as they are: x right, y down,
    z forward (RDF), any number type, rounded to float32.

    What trainers write beside that: filter_3D f of Mip-Splatting gives s' = sqrt(s^2 + f^2) and
    o' = o prod(s) / prod(s'). Two scales, as 2D Gaussian splatting has them, make a disc: the third
    is 1e-3 of the smaller. red, green, blue in place of f_dc are c, of whole numbers over their
    type's largest, in sh_0 = (c - 0.5) / 0.28209479177387814. The last two come with a warning, as
    do scales or opacities that look activated already.

    Raises InputError on another kind of scene, a missing property, or a number of f_rest_* that
    fits no degree.
    Source: output format of Kerbl et al., 3D Gaussian Splatting, 2023; Yu et al., Mip-Splatting,
    2024; Huang et al., 2D Gaussian Splatting, 2024.
    """
    refuse_other_kinds(ply)
    rest = len([prop for prop in ply.properties("vertex") if prop.startswith("f_rest_")])
    need_memory(ply.name, len(ply.elements.get("vertex", ())), READ_BYTES + 4 * rest)
    means = ply.columns("vertex", POSITION)
    log_scales, logits = _log_scales(ply), ply.columns("vertex", ("opacity",))[:, 0]
    _warn_of_activated(ply.name, log_scales, logits)
    scales, opacities = activate_scales(log_scales), activate_opacities(logits)
    if log_scales.shape[1] == 2:
        scales = np.column_stack([scales, DISC * scales.min(axis=1)]).astype(np.float32)
    if ply.has("vertex", FILTER):
        scales, opacities = filtered(scales, opacities, ply.columns("vertex", (FILTER,)))
    sh = _point_colors(ply) if _has_point_colors(ply) else _harmonics(ply, len(means))
    return RawScene(ply.name, means, scales, ply.columns("vertex", ROTATION), opacities, sh)


def filtered(scales: Float32, opacities: Float32, size: Float32) -> tuple[Float32, Float32]:
    """Scales and opacities under Mip-Splatting's 3D filter, computed in float64.

    Parameters
    ----------
    scales : (N, 3). opacities : (N,). size : (N, 1), standard deviation of the filter.
    """
    wide = scales.astype(np.float64)
    wider = np.sqrt(wide**2 + size.astype(np.float64) ** 2)
    fainter = opacities * (wide / wider).prod(axis=1)
    return wider.astype(np.float32), fainter.astype(np.float32)


def _log_scales(ply: PlyFile) -> Float32:
    """(N, 3), or (N, 2) of discs."""
    if ply.has("vertex", SCALE[2]) or not ply.has("vertex", SCALE[1]):
        return ply.columns("vertex", SCALE)
    warn(
        f"{ply.name} has two scales a Gaussian, as 2D Gaussian splatting writes: they are read as "
        f"flat Gaussians, whose third scale is {DISC:g} of the smaller."
    )
    return ply.columns("vertex", SCALE[:2])


def _warn_of_activated(name: str, log_scales: Float32, logits: Float32) -> None:
    """Hints where no trained scene has such values before exp and the sigmoid."""
    if len(logits) < ENOUGH:
        return
    hints = []
    if log_scales.min() > 0:
        hints.append("scales (all above 0, where logarithms are expected)")
    if 0 < logits.min() < logits.max() <= 1:  # rows of padding are 0
        hints.append("opacities (all in 0..1, where logits are expected)")
    if hints:
        warn(
            f"{name}: its {' and '.join(hints)} look activated already: if so, export them as the "
            "trainer stores them."
        )


def _has_point_colors(ply: PlyFile) -> bool:
    return not ply.has("vertex", DC[0]) and all(ply.has("vertex", color) for color in RGB)


def _point_colors(ply: PlyFile) -> Float32:
    """(N, 1, 3) of red, green, blue."""
    warn(
        f"{ply.name} has colours red, green, blue and no spherical harmonics: they are read as "
        "colours that are the same from all sides."
    )
    of_type = ply.elements["vertex"].dtype["red"]
    most = np.iinfo(of_type).max if of_type.kind in "ui" else 1
    colors = ply.columns("vertex", RGB).astype(np.float64)
    if most == 1 and len(colors) and np.nanmax(colors) > 1:
        most = 255  # numbers of an ascii file have no type of their own here
    return ((colors / most - 0.5) / SH_C0).astype(np.float32)[:, None]


def _harmonics(ply: PlyFile, count: int) -> Float32:
    """(N, K, 3) of f_dc_* and f_rest_*."""
    rest = ply.sh_coefficients("vertex", REST_COUNTS)
    order = [DC[channel] for channel in range(3)]
    for coefficient in range(rest // 3):
        order += [f"f_rest_{channel * (rest // 3) + coefficient}" for channel in range(3)]
    return ply.columns("vertex", order).reshape(count, 1 + rest // 3, 3)


def write_ply(scene: Scene, path: Path) -> None:
    """Writes a scene as INRIA's binary little-endian .ply, whole or not at all.

    Inverse of `raw_from_ply`: scale = ln s, opacity = ln(o / (1 - o)) limited to +-104, rot = q,
    all rounded from float64 to float32; normals are 0. What is read back agrees to
    2^-24 (|ln s| + 2) relative in s, and to 1e-6 in the rest.

    Raises InputError where the file cannot be written.
    """
    rest = 3 * (scene.sh.shape[1] - 1)
    names = [*POSITION, *NORMAL, *DC, *(f"f_rest_{i}" for i in range(rest)), "opacity"]
    names += [*SCALE, *ROTATION]
    rows = np.zeros((len(scene), len(names)), "<f4")
    rows[:, 0:3] = scene.means
    rows[:, 6:9] = scene.sh[:, 0]
    rows[:, 9 : 9 + rest] = scene.sh[:, 1:].transpose(0, 2, 1).reshape(len(scene), rest)
    rows[:, 9 + rest] = _logits(scene.opacities)
    rows[:, 10 + rest : 13 + rest] = np.log(scene.scales.astype(np.float64))
    rows[:, 13 + rest :] = scene.quats
    table = rows.view([(name, "<f4") for name in names])[:, 0]
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        PlyData([PlyElement.describe(table, "vertex")], byte_order="<").write(stream)


def _logits(opacities: Float32) -> NDArray[np.float64]:
    """ln(o / (1 - o)), limited to +-104."""
    wide = opacities.astype(np.float64)
    with np.errstate(divide="ignore"):
        logits: NDArray[np.float64] = np.log(wide) - np.log1p(-wide)
    return np.clip(logits, -LOGIT_LIMIT, LOGIT_LIMIT)
