"""glTF 2.0 files: JSON and buffers of a .gltf or a .glb, and the arrays that accessors name."""

from __future__ import annotations

import base64
import binascii
import struct
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from golden.errors import InputError
from golden.scene import MAX_GAUSSIANS
from golden.scene_io.document import Entry, parse_json
from golden.scene_io.sog_files import Folder

GLB_MAGIC = b"glTF"
GLB_HEADER = struct.Struct("<4sII")  # magic, version, length of the file
CHUNK = struct.Struct("<I4s")  # length, kind
COMPONENTS = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
MAX_OFFSET = 1 << 40


@dataclass(frozen=True)
class Gltf:
    """A glTF file.

    Parameters
    ----------
    document : its JSON. binary : the .glb's own buffer, empty where there is none.
    folder : that buffers in files of their own are read from.
    read : buffers that were read already, by index.
    """

    document: Entry
    binary: bytes
    folder: Folder
    read: dict[int, bytes] = field(default_factory=dict)

    def buffer_view(self, index: int) -> bytes:
        """Bytes of a buffer view; raises InputError where it lies outside its buffer."""
        view = self.document["bufferViews"][index]
        for extension in _keys(view.get("extensions")):
            raise view.error(f"its buffer views use {extension[:60]}, which is not read")
        data = self._buffer(view["buffer"].whole(0, MAX_OFFSET))
        start = _optional(view, "byteOffset")
        size = view["byteLength"].whole(1, MAX_OFFSET)
        if start + size > len(data):
            raise view.error(f"{view.where} ends after its buffer of {len(data)} bytes")
        return data[start : start + size]

    def array(self, index: int, width: int) -> NDArray[np.float32]:
        """Values of an accessor, (count, width) float32, whole numbers as -1..1 or 0..1 where the
        accessor says `normalized`.

        Raises InputError where it is of another width, sparse, or lies outside its buffer view.
        """
        accessor = self.document["accessors"][index]
        kind = accessor["componentType"].whole(0, 1 << 16)
        if WIDTHS.get(accessor["type"].text()) != width or kind not in COMPONENTS:
            raise accessor.error(f"{accessor.where} is not of {width} known components")
        if accessor.get("sparse") is not None:
            raise accessor.error(f"{accessor.where} is sparse, which is not read")
        count = accessor["count"].whole(1, MAX_GAUSSIANS)
        at = accessor["bufferView"].whole(0, MAX_OFFSET)
        data, dtype = self.buffer_view(at), np.dtype(COMPONENTS[kind])
        stride = _optional(self.document["bufferViews"][at], "byteStride") or width * dtype.itemsize
        start = _optional(accessor, "byteOffset")
        end = start + stride * (count - 1) + width * dtype.itemsize
        if stride < width * dtype.itemsize or end > len(data):
            raise accessor.error(f"{accessor.where} ends after its {len(data)} bytes")
        values = np.ndarray((count, width), dtype, data, start, (stride, dtype.itemsize))
        wanted = values.astype(np.float32)
        normalized = accessor.get("normalized")
        if normalized is not None and normalized.value and dtype.kind in "iu":
            wanted = np.maximum(wanted / np.float32(np.iinfo(dtype).max), np.float32(-1))
        return wanted

    def _buffer(self, index: int) -> bytes:
        if index not in self.read:
            self.read[index] = self._read(index)
        return self.read[index]

    def _read(self, index: int) -> bytes:
        buffer = self.document["buffers"][index]
        uri = buffer.get("uri")
        if uri is None:
            if index or not self.binary:
                raise buffer.error(f"{buffer.where} has no bytes")
            return self.binary
        text = uri.text()
        if not text.startswith("data:"):
            return self.folder.read(unquote(text))
        try:
            return base64.b64decode(text.partition(",")[2], validate=True)
        except (binascii.Error, ValueError) as error:
            raise buffer.error(f"{buffer.where} is no base64") from error


def open_gltf(data: bytes, path: Path) -> Gltf:
    """The parts of a .glb or a .gltf file.

    Parameters
    ----------
    data : the whole file. path : of it.

    Raises InputError where it is damaged, cut short or of another version.
    """
    folder = Folder(path.parent, path.name)
    if not data.startswith(GLB_MAGIC):
        return Gltf(parse_json(data, path.name), b"", folder)
    if len(data) < GLB_HEADER.size:
        raise _damaged(path.name, "it ends within its header")
    _, version, length = GLB_HEADER.unpack_from(data)
    if version != 2:
        raise InputError(f"{path.name} is glTF {version}, where 2 is known: export it again.")
    if length > len(data):
        raise _damaged(path.name, f"it has {len(data)} of the {length} bytes that it promises")
    chunks: dict[bytes, bytes] = {}
    at = GLB_HEADER.size
    while at + CHUNK.size <= length:
        size, kind = CHUNK.unpack_from(data, at)
        at += CHUNK.size
        if at + size > length:
            raise _damaged(path.name, "a chunk ends after the file")
        chunks.setdefault(kind, data[at : at + size])
        at += size
    if b"JSON" not in chunks:
        raise _damaged(path.name, "it has no JSON")
    return Gltf(parse_json(chunks[b"JSON"], path.name), chunks.get(b"BIN\0", b""), folder)


def _damaged(name: str, what: str) -> InputError:
    return InputError(f"{name} is a damaged .glb file ({what}): copy or export it again.")


def _optional(entry: Entry, key: str) -> int:
    value = entry.get(key)
    return 0 if value is None else value.whole(0, MAX_OFFSET)


def _keys(entry: Entry | None) -> list[str]:
    return list(entry.value) if entry is not None and isinstance(entry.value, dict) else []
