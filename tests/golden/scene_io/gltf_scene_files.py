"""Encoders of glTF with KHR_gaussian_splatting, written apart from the reader."""

from __future__ import annotations

import base64
import json
import struct
from dataclasses import dataclass, field

import numpy as np

from golden.scene import Scene
from tests.golden.scene_io.scene_files import SH_MONOMIALS, spz_file

SPLATS = "KHR_gaussian_splatting"
WITHIN = f"{SPLATS}_compression_spz_2"
BESIDE = "KHR_spz_gaussian_splats_compression"
KINDS = {"f": 5126, "b": 5120, "B": 5121, "h": 5122, "H": 5123}
TYPES = {1: "SCALAR", 3: "VEC3", 4: "VEC4"}


@dataclass
class Builder:
    """A glTF file in the making: what is put in gets an index."""

    binary: bytes = b""
    views: list[dict] = field(default_factory=list)
    accessors: list[dict] = field(default_factory=list)

    def view(self, data: bytes, **more: int) -> int:
        self.binary += bytes(-len(self.binary) % 4)
        self.views.append(
            {"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(data), **more}
        )
        self.binary += data
        return len(self.views) - 1

    def accessor(self, values: np.ndarray, kind: str = "f", stride: int = 0) -> int:
        """(N, width); whole numbers are normalised; stride in bytes, with gaps."""
        values = values if values.ndim == 2 else values[:, None]
        if kind != "f":
            values = np.rint(values * np.iinfo(kind).max)
        rows = [row.astype(f"<{kind}").tobytes() for row in values]
        size = -(-max(len(rows[0]), stride) // 4) * 4 if kind != "f" or stride else len(rows[0])
        data = b"".join(row.ljust(size, b"\xaa") for row in rows)
        more = {"byteStride": size} if size != len(rows[0]) else {}
        entry = {"bufferView": self.view(data, **more), "componentType": KINDS[kind]}
        entry |= {"count": len(values), "type": TYPES[values.shape[1]], "normalized": kind != "f"}
        self.accessors.append(entry)
        return len(self.accessors) - 1

    def document(self, primitives: list[dict], nodes: list[dict] | None = None) -> dict:
        return {
            "asset": {"version": "2.0"},
            "extensionsUsed": [SPLATS],
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "nodes": nodes or [{"mesh": 0}],
            "meshes": [{"primitives": primitives}],
            "buffers": [{"byteLength": len(self.binary)}],
            "bufferViews": self.views,
            "accessors": self.accessors,
        }


def turned_to_luf(scene: Scene) -> dict[str, np.ndarray]:
    """Values in glTF's axes: x and y negated; the shape R -> F R F, harmonics by their parity."""
    signs = [(-1) ** (("x" in m) + ("y" in m)) for m in ("-", *SH_MONOMIALS[:15])]
    # Y(2, +-2) and the like are even or odd in x and y alike: "xy" counts both, "-" none.
    return {
        "means": scene.means * np.float32([-1, -1, 1]),
        "quats": scene.quats * np.float32([1, -1, -1, 1]),
        "sh": scene.sh * np.array(signs[: scene.sh.shape[1]], np.float32)[:, None],
    }


def splat_primitive(build: Builder, scene: Scene, log_scales: bool = False, **kinds: str) -> dict:
    """A primitive of plain attributes; kinds: quats="h" and the like, for whole numbers."""
    luf = turned_to_luf(scene)
    scales = np.log(scene.scales) if log_scales else scene.scales
    xyzw = luf["quats"][:, [1, 2, 3, 0]]
    attributes = {
        "POSITION": build.accessor(luf["means"]),
        f"{SPLATS}:ROTATION": build.accessor(xyzw, kinds.get("quats", "f")),
        f"{SPLATS}:SCALE": build.accessor(scales, stride=20),
        f"{SPLATS}:OPACITY": build.accessor(scene.opacities, kinds.get("opacities", "f")),
    }
    for band in range(scene.sh_degree + 1):
        for order in range(2 * band + 1):
            index = build.accessor(luf["sh"][:, band * band + order])
            attributes[f"{SPLATS}:SH_DEGREE_{band}_COEF_{order}"] = index
    rules = {"kernel": "ellipse", "colorSpace": "srgb_rec709_display"}
    return {"mode": 0, "attributes": attributes, "extensions": {SPLATS: rules}}


def spz_primitive(build: Builder, scene: Scene, beside: bool = False) -> dict:
    """A primitive whose Gaussians are .spz bytes, of glTF's axes turned to .spz's own."""
    view = {"bufferView": build.view(spz_file(scene))}
    if beside:
        return {"mode": 0, "attributes": {}, "extensions": {BESIDE: view}}
    return {"mode": 0, "attributes": {}, "extensions": {SPLATS: {"extensions": {WITHIN: view}}}}


def glb(document: dict, binary: bytes) -> bytes:
    """A .glb of a document and its buffer."""
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    binary += bytes(-len(binary) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    chunks += struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def gltf_text(document: dict, binary: bytes) -> bytes:
    """A .gltf whose buffer stands in it as base64."""
    uri = "data:application/octet-stream;base64," + base64.b64encode(binary).decode()
    document["buffers"][0]["uri"] = uri
    return json.dumps(document).encode()


def glb_file(scene: Scene, nodes: list[dict] | None = None) -> bytes:
    """A scene of plain attributes as a .glb."""
    build = Builder()
    primitive = splat_primitive(build, scene)
    return glb(build.document([primitive], nodes), build.binary)


def glb_of_spz(scene: Scene, nodes: list[dict] | None = None) -> bytes:
    """A scene as .spz within a .glb."""
    build = Builder()
    primitive = spz_primitive(build, scene)
    return glb(build.document([primitive], nodes), build.binary)
