"""Scene files: readers chosen by content and name, and writers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from golden.errors import InputError
from golden.files import read_bytes
from golden.scene import Scene
from golden.scene_io.compressed_ply import is_compressed, raw_from_compressed_ply
from golden.scene_io.document import parse_json
from golden.scene_io.gltf import raw_from_gltf
from golden.scene_io.gltf_container import GLB_MAGIC
from golden.scene_io.ksplat import raw_from_ksplat
from golden.scene_io.ply import raw_from_ply, write_ply
from golden.scene_io.ply_elements import parse_elements
from golden.scene_io.raw import RawScene
from golden.scene_io.sog import raw_from_sog
from golden.scene_io.sog_files import META, ZIP_MAGIC, Bundle, Folder
from golden.scene_io.sog_streamed import LOD_META, raw_from_streamed_sog
from golden.scene_io.splat import raw_from_splat
from golden.scene_io.spz import raw_from_spz
from golden.scene_io.spz_container import GZIP_MAGIC, MAGIC
from golden.scene_io.spz_write import write_spz

__all__ = ["check_written_kind", "read_scene", "write_ply", "write_scene", "write_spz"]

WRITERS = {".ply": write_ply, ".spz": write_spz}
AXES = {".spz": ("rub", "rdf"), "glTF": ("luf", "rdf")}  # the kind's own first


def read_scene(
    path: Path, *, drop_invalid: bool = False, axes: str | None = None, detail: int | None = None
) -> Scene:
    """Scene of a file, activated, in RDF axes (x right, y down, z forward).

    The kind is taken from the content: "ply" begins INRIA's .ply and, where its elements are chunk
    and packed vertices, SuperSplat's compressed .ply; gzip or "NGSP" begins .spz; "PK" a bundled
    .sog; "glTF" a .glb. .splat, .ksplat and .gltf have no mark of their own and go by their names,
    as do meta.json and lod-meta.json of a .sog in a folder; the folder itself may be named, too.

    Parameters
    ----------
    drop_invalid : leaves out Gaussians with values that `Scene` refuses, and warns how many.
    axes : of a .spz or a glTF file: "rub" or "luf", its own (also where None), or "rdf", those of
        PLY, which some writers keep.
    detail : level of detail of a streamed .sog; 0, also where None, is the finest.

    Raises InputError where the file cannot be read, is of another kind, damaged, or larger than
    the memory, or a value is one that `Scene` refuses.
    """
    path = _inside(path)
    data = read_bytes(path)
    try:
        # What overflows or is not a number is refused by Scene, with the Gaussian's number.
        with np.errstate(all="ignore"):
            raw = _decode(data, path, axes, detail)
        return raw.scene(drop_invalid)
    except MemoryError as error:
        raise InputError(
            f"{path.name} needs more memory than there is: cut the scene into parts."
        ) from error


def _inside(path: Path) -> Path:
    """The index of a .sog in a folder, where a folder is named."""
    for index in (LOD_META, META):
        if path.is_dir() and (path / index).is_file():
            return path / index
    return path


def _name(path: Path) -> str:
    """Of the file; of an index of a .sog, which all have one name, with its folder's."""
    return "/".join(path.absolute().parts[-2:]) if path.name in (META, LOD_META) else path.name


def _decode(data: bytes, path: Path, axes: str | None, detail: int | None) -> RawScene:
    name, suffix = _name(path), path.suffix.lower()
    spz = data.startswith((GZIP_MAGIC, MAGIC))
    gltf = data.startswith(GLB_MAGIC) or suffix == ".gltf"
    _check_axes(axes, name, ".spz" if spz else "glTF" if gltf else None)
    if detail is not None and path.name != LOD_META:
        raise InputError(f"{name} is no streamed .sog, and only these have levels: no --detail.")
    if data.startswith((b"ply\n", b"ply\r")):
        ply = parse_elements(data, name)
        return raw_from_compressed_ply(ply) if is_compressed(ply) else raw_from_ply(ply)
    if spz:
        return raw_from_spz(data, name, axes or "rub")
    if gltf:
        return raw_from_gltf(data, path, axes or "luf")
    if data.startswith(ZIP_MAGIC):
        bundle = Bundle(data, name)
        return raw_from_sog(bundle, parse_json(bundle.read(META), name))
    if path.name == LOD_META:
        return raw_from_streamed_sog(path.parent, parse_json(data, name), detail or 0)
    if path.name == META:
        return raw_from_sog(Folder(path.parent, name), parse_json(data, name))
    if suffix == ".ksplat":
        return raw_from_ksplat(data, name)
    if suffix == ".splat":
        return raw_from_splat(data, name)
    raise InputError(
        f"{name} is none of the kinds of scene that can be read: give an INRIA .ply, a compressed "
        ".ply of SuperSplat, a .spz, .splat, .ksplat, .sog, .glb or .gltf file, or the meta.json "
        "or lod-meta.json of a .sog."
    )


def _check_axes(axes: str | None, name: str, kind: str | None) -> None:
    """Raises InputError where axes are named that no file, or not this kind of file, may have."""
    if axes is None:
        return
    known = sorted({word for words in AXES.values() for word in words})
    if axes not in known:
        raise InputError(f"axes {axes!r} are not known: choose {', '.join(known)}.")
    if kind is None:
        raise InputError(
            f"{name} is no .spz and no glTF, and only these may have other axes: no --axes."
        )
    if axes not in AXES[kind]:
        raise InputError(f"{name} is a {kind}, which has axes {' or '.join(AXES[kind])}.")


def check_written_kind(path: Path) -> None:
    """Raises InputError where no kind of file that can be written has that suffix."""
    if path.suffix.lower() not in WRITERS:
        raise InputError(f"{path} is no kind of file that is written: name a .ply or a .spz.")


def write_scene(scene: Scene, path: Path) -> None:
    """Writes a scene as `write_ply` or `write_spz` does, by the suffix of the path.

    Raises InputError as they and `check_written_kind` do.
    """
    check_written_kind(path)
    WRITERS[path.suffix.lower()](scene, path)
