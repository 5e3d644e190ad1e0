"""INRIA's .ply of Gaussians: reading by property name, and writing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from plyfile import PlyData, PlyElement

from golden.files import atomic_path
from golden.scene import (
    SH_COEFFICIENTS,
    Float32,
    Scene,
    activate_opacities,
    activate_scales,
    normalise_quats,
)
from golden.scene_io.ply_elements import PlyFile

POSITION = ("x", "y", "z")
NORMAL = ("nx", "ny", "nz")
DC = ("f_dc_0", "f_dc_1", "f_dc_2")
SCALE = ("scale_0", "scale_1", "scale_2")
ROTATION = ("rot_0", "rot_1", "rot_2", "rot_3")
REST_COUNTS = tuple(3 * (k - 1) for k in SH_COEFFICIENTS.values())  # 0, 9, 24, 45, 72

# The sigmoid of -104 is below half of float32's smallest number and that of 104 above its last
# one before 1, so that opacities 0 and 1 are finite logits in the file and come back as 0 and 1.
LOGIT_LIMIT = 104.0


def scene_from_ply(ply: PlyFile) -> Scene:
    """Scene of an INRIA .ply, whatever the order of its properties; others are ignored.

    s = exp(scale), o = 1 / (1 + exp(-opacity)), q = rot / |rot|, with rot_0..3 = w, x, y, z.
    f_rest_* is channel-major: all coefficients of red, then of green, then of blue; their number
    (0, 9, 24, 45, 72) gives the degree (0 to 4). Axes are taken as they are: x right, y down,
    z forward (RDF), any number type, rounded to float32.

    Raises InputError on a missing property, a number of f_rest_* that fits no degree, or values
    that `Scene` refuses.
    Source: output format of Kerbl et al., 3D Gaussian Splatting, 2023.
    """
    means = ply.columns("vertex", POSITION)
    scales = activate_scales(ply.columns("vertex", SCALE))
    quats = normalise_quats(ply.columns("vertex", ROTATION), ply.name)
    opacities = activate_opacities(ply.columns("vertex", ("opacity",))[:, 0])
    rest = ply.sh_coefficients("vertex", REST_COUNTS)
    order = [DC[channel] for channel in range(3)]
    for coefficient in range(rest // 3):
        order += [f"f_rest_{channel * (rest // 3) + coefficient}" for channel in range(3)]
    sh = ply.columns("vertex", order).reshape(len(means), 1 + rest // 3, 3)
    return Scene(ply.name, means, scales, quats, opacities, sh)


def write_ply(scene: Scene, path: Path) -> None:
    """Writes a scene as INRIA's binary little-endian .ply, whole or not at all.

    Inverse of `scene_from_ply`: scale = ln s, opacity = ln(o / (1 - o)) limited to +-104, rot = q,
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
