"""Changes within containers whose outside stays whole: checksums, lengths and compression fit."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Sequence
from random import Random

import numpy as np
from PIL import Image

from tests.fuzz.mutation import MOST_BYTES, changed_bytes, changed_json, changed_text

PLAIN_BYTES = 1 << 20  # that are inflated at most
PACK_HEADER = 256
PACK_ENTRIES, PACK_ENTRY = struct.calcsize("<8sIIQQQQiIIIII"), struct.Struct("<QQII")


def changed_gzip(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """The bytes within a gzip stream changed, or a text where most of them are one."""
    plain = _inflated(data)
    if plain is None:
        return changed_bytes(data, rng, others)
    donors = [found for other in others if (found := _inflated(other)) is not None]
    change = changed_text if plain.isascii() else changed_bytes
    return gzip.compress(change(plain, rng, donors), 1, mtime=0)


def _inflated(data: bytes) -> bytes | None:
    try:
        return zlib.decompressobj(31).decompress(data, PLAIN_BYTES)
    except zlib.error:
        return None


def changed_zip(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """A member of a ZIP file changed: its JSON, the bytes of its picture, or another picture."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except Exception:  # whatever zipfile makes of a file that was broken before
        return changed_bytes(data, rng, others)
    if not members:
        return changed_bytes(data, rng, others)
    name = rng.choice((*members, "meta.json"))
    old = members.get(name, b"{}")
    if name.endswith(".json"):
        members[name] = changed_json(old, rng, [old])
    else:
        members[name] = rng.choice((changed_bytes(old, rng, list(members.values())), noise(rng)))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for member, content in members.items():
            method = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
            archive.writestr(zipfile.ZipInfo(member), content, method)
    return out.getvalue()[:MOST_BYTES]


def noise(rng: Random) -> bytes:
    """A picture of any small size and kind, whose pixels are at random."""
    width, height = rng.choice((1, 3, 8, 64, 192)), rng.choice((1, 2, 8))
    channels = rng.choice((1, 3, 4))
    pixels = np.frombuffer(rng.randbytes(width * height * channels), np.uint8)
    shape = (height, width) if channels == 1 else (height, width, channels)
    out = io.BytesIO()
    kind = rng.choice(("WEBP", "PNG"))
    Image.fromarray(pixels.reshape(shape)).save(out, kind, lossless=True, exact=True)
    return out.getvalue()


def changed_glb(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """The JSON or the buffer of a .glb changed; its chunks have the lengths that they say."""
    chunks = _chunks(data)
    if chunks is None:
        return changed_json(data, rng, others)
    document, binary = chunks
    if rng.randrange(3):
        donors = [found[0] for other in others if (found := _chunks(other)) is not None]
        document = changed_json(document, rng, donors)
    else:
        binary = changed_bytes(binary, rng, [binary])
    parts = struct.pack("<I4s", len(document), b"JSON") + document
    parts += struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(parts)) + parts


def _chunks(data: bytes) -> tuple[bytes, bytes] | None:
    """JSON and buffer of a .glb; None where it is none."""
    if data[:4] != b"glTF" or len(data) < 28:
        return None
    size = struct.unpack_from("<I", data, 12)[0]
    return data[20 : 20 + size], data[28 + size :]


def changed_pack(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Bytes of a pack changed, most often of its tables, and every checksum made to fit."""
    buffer = bytearray(changed_bytes(data, rng, others))
    if len(buffer) < PACK_HEADER:
        return bytes(buffer)
    for at in range(PACK_ENTRIES, PACK_ENTRIES + 6 * PACK_ENTRY.size, PACK_ENTRY.size):
        offset, length, _, reserved = PACK_ENTRY.unpack_from(buffer, at)
        checksum = zlib.crc32(buffer[offset : offset + length])
        PACK_ENTRY.pack_into(buffer, at, offset, length, checksum, reserved)
    struct.pack_into("<I", buffer, PACK_HEADER - 4, zlib.crc32(buffer[: PACK_HEADER - 4]))
    return bytes(buffer)
