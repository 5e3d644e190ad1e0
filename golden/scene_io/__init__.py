"""Scene files: readers chosen by content and name, and a PLY writer."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from golden.errors import InputError
from golden.files import read_bytes
from golden.scene import Scene
from golden.scene_io.compressed_ply import is_compressed, raw_from_compressed_ply
from golden.scene_io.ply import raw_from_ply, write_ply
from golden.scene_io.ply_elements import parse_elements
from golden.scene_io.raw import RawScene
from golden.scene_io.splat import raw_from_splat
from golden.scene_io.spz import AXES, raw_from_spz
from golden.scene_io.spz_container import GZIP_MAGIC, MAGIC

__all__ = ["read_scene", "write_ply"]


def read_scene(path: Path, *, drop_invalid: bool = False, axes: str | None = None) -> Scene:
    """Scene of a file, activated, in RDF axes (x right, y down, z forward).

    The kind is taken from the content: "ply" begins INRIA's .ply and, where its elements are chunk
    and packed vertices, SuperSplat's compressed .ply; gzip or "NGSP" begins .spz; .splat has no
    mark of its own and goes by its name.

    Parameters
    ----------
    drop_invalid : leaves out Gaussians with values that `Scene` refuses, and warns how many.
    axes : of a .spz: "rub", its own (also where None), or "rdf", those of PLY, which some writers
        keep.

    Raises InputError where the file cannot be read, is of another kind, damaged, or larger than
    the memory, or a value is one that `Scene` refuses.
    """
    data = read_bytes(path)
    try:
        # What overflows or is not a number is refused by Scene, with the Gaussian's number.
        with np.errstate(all="ignore"):
            raw = _decode(data, path, axes)
        return raw.scene(drop_invalid)
    except MemoryError as error:
        raise InputError(
            f"{path.name} needs more memory than there is: cut the scene into parts."
        ) from error


def _decode(data: bytes, path: Path, axes: str | None) -> RawScene:
    spz = data.startswith((GZIP_MAGIC, MAGIC))
    if axes is not None and axes not in AXES:
        raise InputError(f"axes {axes!r} are not known: choose {' or '.join(AXES)}.")
    if axes is not None and not spz:
        raise InputError(f"{path.name} is no .spz, and only these may have other axes: no --axes.")
    if data.startswith((b"ply\n", b"ply\r")):
        ply = parse_elements(data, path.name)
        return raw_from_compressed_ply(ply) if is_compressed(ply) else raw_from_ply(ply)
    if spz:
        return raw_from_spz(data, path.name, axes or "rub")
    if path.suffix.lower() == ".splat":
        return raw_from_splat(data, path.name)
    raise InputError(
        f"{path.name} is none of the four kinds of scene that can be read: give an INRIA .ply, a "
        "compressed .ply of SuperSplat, a .spz or a .splat file."
    )
