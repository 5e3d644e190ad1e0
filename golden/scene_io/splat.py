"""antimatter15's .splat: 32 bytes a Gaussian, no header."""

from __future__ import annotations

import numpy as np

from golden.errors import InputError
from golden.memory import need_memory
from golden.scene import MAX_GAUSSIANS
from golden.scene_io.raw import RawScene

SH_C0 = 0.28209479177387814  # the constant spherical harmonic, 1 / (2 sqrt(pi))

READ_BYTES = 180  # of memory a Gaussian while a file is read
RECORD = np.dtype([("mean", "<f4", 3), ("scale", "<f4", 3), ("rgba", "u1", 4), ("quat", "u1", 4)])


def raw_from_splat(data: bytes, name: str) -> RawScene:
    """Gaussians of a .splat file, spherical harmonics of degree 0.

    s as stored (linear, not logarithmic); o = a / 255; q = (b - 128) / 128, w, x, y, z;
    sh_0 = (c / 255 - 0.5) / 0.28209479177387814. Axes as in the .ply it was made from (RDF).

    Parameters
    ----------
    data : the whole file: 3 float32 position, 3 float32 scale, 4 bytes R, G, B, A, 4 bytes
        quaternion a Gaussian, little-endian.
    name : file name, for messages.

    Raises InputError where the size is no multiple of 32 bytes, there are more than 100,000,000
    Gaussians.
    Source: README and convert.py of antimatter15/splat.
    """
    count, left = divmod(len(data), RECORD.itemsize)
    if left:
        raise InputError(
            f"{name} is {len(data)} bytes long, no multiple of the {RECORD.itemsize} bytes that a "
            ".splat file has for each Gaussian: it is truncated, so copy it again."
        )
    if count > MAX_GAUSSIANS:
        raise InputError(
            f"{name} holds {count} Gaussians, above the limit of {MAX_GAUSSIANS}: cut the scene "
            "into parts."
        )
    need_memory(name, count, READ_BYTES)
    rows = np.frombuffer(data, RECORD)
    rgba = rows["rgba"].astype(np.float64) / 255
    return RawScene(
        name,
        means=rows["mean"].astype(np.float32),
        scales=rows["scale"].astype(np.float32),
        quats=(rows["quat"].astype(np.float32) - 128) / 128,
        opacities=rgba[:, 3].astype(np.float32),
        sh=((rgba[:, None, :3] - 0.5) / SH_C0).astype(np.float32),
    )
