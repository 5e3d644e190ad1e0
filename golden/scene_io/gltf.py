"""glTF and GLB with KHR_gaussian_splatting, plain or as .spz."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from golden.errors import InputError, warn
from golden.memory import need_memory
from golden.scene import SH_COEFFICIENTS, Float32, activate_scales
from golden.scene_io.document import Entry
from golden.scene_io.gltf_container import Gltf, open_gltf
from golden.scene_io.gltf_nodes import MAX_INDEX, placed_meshes
from golden.scene_io.raw import RawScene, check_parts, joined
from golden.scene_io.spz import raw_from_spz
from golden.scene_io.turn import half_turned, transformed

SPLATS = "KHR_gaussian_splatting"
# In which .spz bytes stand: within SPLATS' own extensions, or (the first draft) beside it.
SPZ_WITHIN = ("KHR_gaussian_splatting_compression_spz_2", "KHR_gaussian_splatting_compression_spz")
SPZ_BESIDE = "KHR_spz_gaussian_splats_compression"
KNOWN = {SPLATS, *SPZ_WITHIN, SPZ_BESIDE, "KHR_mesh_quantization", "KHR_materials_unlit"}
READ_BYTES = 850  # of memory a Gaussian while a file is read, harmonics of degree 3 among them
HALF_TURN = np.diag([-1.0, -1.0, 1.0, 1.0])


def raw_from_gltf(data: bytes, path: Path, axes: str = "luf") -> RawScene:
    """Gaussians of a glTF file, its axes (x left, y up, z forward) turned to RDF, or RDF kept.

    Attributes POSITION, ROTATION x, y, z, w, OPACITY 0 to 1, SCALE, SH_DEGREE_l_COEF_n, which are
    INRIA's coefficients. SCALE is linear; where one is negative, it is the logarithm, as the
    review draft had it, with a warning. Nodes' transforms are applied, harmonics turned with them.
    Meshes without the extension are left out, with a warning.

    Parameters
    ----------
    data : the whole file. path : of it.
    axes : "luf", its own, or "rdf", those of PLY, where an exporter kept them.

    Raises InputError where it is damaged, has no Gaussians, or needs an extension that is not
    known.
    Source: KHR_gaussian_splatting and KHR_gaussian_splatting_compression_spz, Khronos.
    """
    gltf = open_gltf(data, path)
    _refuse_unknown(gltf.document)
    parts: list[RawScene] = []
    others = total = 0
    for mesh, matrix in placed_meshes(gltf.document):
        for primitive in mesh["primitives"]:
            raw = _gaussians(gltf, primitive, axes)
            if raw is None:
                others += 1
                continue
            if not np.array_equal(matrix, np.eye(4)):
                world = matrix if axes == "rdf" else HALF_TURN @ matrix @ HALF_TURN
                raw = transformed(raw, world)
            total += len(raw.means)
            check_parts(total, raw, path.name)
            parts.append(raw)
    if not parts:
        raise InputError(
            f"{path.name} holds no Gaussians (no primitive with {SPLATS}): give a scene of them."
        )
    if others:
        warn(f"{path.name}: {others} meshes and points without {SPLATS} are left out.")
    return joined(parts, path.name)


def _refuse_unknown(document: Entry) -> None:
    required = document.get("extensionsRequired")
    for extension in required if required is not None else ():
        if extension.text() not in KNOWN:
            raise document.error(f"it needs {extension.text()[:60]}, which is not known")


def _gaussians(gltf: Gltf, primitive: Entry, axes: str) -> RawScene | None:
    """Of a primitive, in RDF axes of its mesh; None where it has none."""
    extensions = primitive.get("extensions")
    splats = extensions.get(SPLATS) if extensions is not None else None
    packed = _packed(extensions, splats)
    if splats is None and packed is None:
        return None
    name = gltf.document.name
    if packed is not None:
        view = gltf.buffer_view(packed["bufferView"].whole(0, MAX_INDEX))
        raw = raw_from_spz(view, name)
        return raw if axes == "luf" else half_turned(raw)
    if splats is not None:
        _check_rules(splats)
    raw = _plain(gltf, primitive["attributes"])
    return raw if axes == "rdf" else half_turned(raw)


def _packed(extensions: Entry | None, splats: Entry | None) -> Entry | None:
    """The extension that names a buffer view of .spz."""
    within = splats.get("extensions") if splats is not None else None
    for holder, keys in ((within, SPZ_WITHIN), (extensions, (SPZ_BESIDE,))):
        for key in keys if holder is not None else ():
            found = holder.get(key) if holder is not None else None
            if found is not None:
                return found
    return None


def _check_rules(splats: Entry) -> None:
    """Refuses kernels and projections, and warns of colours, that are drawn otherwise here."""
    for key, known in (("kernel", "ellipse"), ("projection", "perspective")):
        value = splats.get(key)
        if value is not None and value.text() != known:
            raise splats.error(f"its {key} is {value.text()[:40]!r}, where {known} is drawn")
    space = splats.get("colorSpace")
    if space is not None and space.text() != "srgb_rec709_display":
        warn(
            f"{splats.name} has colours in {space.text()[:40]!r}: they are drawn as they are, "
            "without a change to sRGB."
        )


def _plain(gltf: Gltf, attributes: Entry) -> RawScene:
    """Of a primitive's attributes, in the mesh's own axes."""
    name = gltf.document.name

    def values(key: str, width: int) -> Float32:
        array = gltf.array(attributes[key].whole(0, MAX_INDEX), width)
        if len(array) != len(means):
            raise attributes.error(f"{key} has {len(array)} of {len(means)} Gaussians")
        return array

    means = gltf.array(attributes["POSITION"].whole(0, MAX_INDEX), 3)
    need_memory(name, len(means), READ_BYTES)
    scales = values(f"{SPLATS}:SCALE", 3)
    if (scales < 0).any():
        warn(
            f"{name} has negative scales, as logarithms are, which a draft of {SPLATS} asked for: "
            "they are read as logarithms."
        )
        scales = activate_scales(scales)
    degree = 0
    while degree < 3 and attributes.get(f"{SPLATS}:SH_DEGREE_{degree + 1}_COEF_0") is not None:
        degree += 1
    sh = np.empty((len(means), SH_COEFFICIENTS[degree], 3), np.float32)
    for band in range(degree + 1):
        for order in range(2 * band + 1):
            sh[:, band * band + order] = values(f"{SPLATS}:SH_DEGREE_{band}_COEF_{order}", 3)
    return RawScene(
        name,
        means=means,
        scales=scales,
        quats=values(f"{SPLATS}:ROTATION", 4)[:, [3, 0, 1, 2]],
        opacities=values(f"{SPLATS}:OPACITY", 1)[:, 0],
        sh=sh,
    )
