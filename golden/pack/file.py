"""Pack files: one header, six sections with checksums; README.md has them byte by byte."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from golden.errors import InputError
from golden.files import atomic_path, read_bytes
from golden.grid import Grid
from golden.pack import VERSION, Pack, PackMeta
from golden.pack.checks import ANTIALIASED_KEY, check_content, check_strings
from golden.pack.colors import COLOR_FORMATS, color_record_bytes
from golden.records import CLUSTER_DTYPE, COLOR_DTYPE, GEOMETRY_DTYPE
from golden.scene import MAX_GAUSSIANS, SH_COEFFICIENTS

MAGIC = b"SPLTPACK"
HEADER_BYTES = 256
ALIGNMENT_BYTES = 4096
MAX_STRINGS_BYTES = 1 << 16
SECTIONS = ("strings", "groups", "clusters", "geometry", "colors", "order")

_FIXED = struct.Struct("<8sIIQQQQiIIIII")
_ORIGIN = struct.Struct("<3d")
_ENTRY = struct.Struct("<QQII")
_CHECKSUM = struct.Struct("<I")
_ORIGIN_OFFSET = _FIXED.size + len(SECTIONS) * _ENTRY.size
_FLOAT32_MAX = float(np.finfo(np.float32).max)


class _Numbers(NamedTuple):
    """The fixed fields of the header, in order."""

    magic: bytes
    version: int
    header_bytes: int
    gaussians: int
    clusters: int
    groups: int
    seed: int
    grid_exponent: int
    coefficients: int
    center_bits: int
    radius_bits: int
    sections: int
    colors: int


def save_pack(pack: Pack, path: Path) -> None:
    """Writes a pack, whole or not at all; the same pack gives the same bytes.

    Raises InputError where the file cannot be written or the scene's name is too long.
    """
    parts = _parts(pack)
    with atomic_path(path) as temporary:
        try:
            with temporary.open("wb") as file:
                for part in parts:
                    file.write(part)
        except OSError as error:
            raise InputError(
                f"{path} cannot be written ({error.strerror}): free some space or choose another "
                "folder."
            ) from error


def pack_bytes(pack: Pack) -> bytes:
    """The bytes of a pack's file; they are put into memory at a multiple of ALIGNMENT_BYTES.

    Raises InputError where the scene's name is too long.
    """
    return b"".join(_parts(pack))


def section_offsets(pack: Pack) -> dict[str, int]:
    """Section -> its first byte in the pack's file."""
    return {name: offset for name, (offset, _) in _sections(pack).items()}


def pack_size(pack: Pack) -> int:
    """Bytes of the pack's file."""
    return sum(_sections(pack)[SECTIONS[-1]])


def _sections(pack: Pack) -> dict[str, tuple[int, int]]:
    """Section -> its first byte and length."""
    lengths = [len(_strings(pack)), *(array.nbytes for array in _arrays(pack))]
    return dict(zip(SECTIONS, _places(lengths), strict=True))


def _strings(pack: Pack) -> bytes:
    """The section of that name."""
    meta = pack.meta
    return json.dumps(
        {
            "method": meta.method,
            "radius": meta.radius,
            "rules": meta.rules,
            "scene": meta.scene,
            "scene_sha256": meta.scene_sha256,
            **({ANTIALIASED_KEY: "yes"} if meta.antialiased else {}),
        },
        separators=(",", ":"),
    ).encode("ascii")


def _arrays(pack: Pack) -> tuple[NDArray[np.generic], ...]:
    """The sections behind the strings."""
    return pack.groups, pack.clusters, pack.geometry, pack.colors, pack.order


def _parts(pack: Pack) -> list[bytes | memoryview]:
    """The file in parts, in order: header, then padding and content of each section."""
    meta, strings = pack.meta, _strings(pack)
    if len(strings) > MAX_STRINGS_BYTES:
        raise InputError("the scene's name is too long for a pack: rename the scene.")
    contents: list[bytes | memoryview] = [strings, *map(_little_endian, _arrays(pack))]
    numbers = _Numbers(
        magic=MAGIC,
        version=VERSION,
        header_bytes=HEADER_BYTES,
        gaussians=meta.gaussians,
        clusters=meta.clusters,
        groups=meta.groups,
        seed=meta.seed,
        grid_exponent=meta.grid.exponent,
        coefficients=SH_COEFFICIENTS[meta.sh_degree],
        center_bits=meta.center_bits,
        radius_bits=meta.radius_bits,
        sections=len(SECTIONS),
        colors=COLOR_FORMATS.index(meta.colors),
    )
    places = _places([len(content) for content in contents])
    header = _FIXED.pack(*numbers) + b"".join(
        _ENTRY.pack(offset, length, zlib.crc32(content), 0)
        for (offset, length), content in zip(places, contents, strict=True)
    )
    header += _ORIGIN.pack(*meta.grid.origin)
    header = header.ljust(HEADER_BYTES - _CHECKSUM.size, b"\0")
    parts: list[bytes | memoryview] = [header + _CHECKSUM.pack(zlib.crc32(header))]
    end = HEADER_BYTES
    for (offset, length), content in zip(places, contents, strict=True):
        parts += [bytes(offset - end), content]
        end = offset + length
    return parts


def load_pack(path: Path) -> Pack:
    """Reads a pack and checks all of it; the arrays are read-only.

    Raises InputError on another kind or version of file, a truncated or longer one, a checksum
    that does not match, or content that golden.pack.checks refuses.
    """
    data = read_bytes(path)
    numbers = _read_numbers(data, path)
    sections = _read_sections(data, numbers, path)
    strings = check_strings(sections["strings"], path)
    n = numbers.gaussians
    pack = Pack(
        meta=PackMeta(
            method=strings["method"],
            radius=strings["radius"],
            rules=strings["rules"],
            seed=numbers.seed,
            grid=Grid(numbers.grid_exponent, _read_origin(data)),
            gaussians=n,
            clusters=numbers.clusters,
            groups=numbers.groups,
            sh_degree={count: degree for degree, count in SH_COEFFICIENTS.items()}[
                numbers.coefficients
            ],
            center_bits=numbers.center_bits,
            radius_bits=numbers.radius_bits,
            scene=strings["scene"],
            scene_sha256=strings["scene_sha256"],
            version=numbers.version,
            colors=COLOR_FORMATS[numbers.colors],
            antialiased=ANTIALIASED_KEY in strings,
        ),
        groups=np.frombuffer(sections["groups"], CLUSTER_DTYPE),
        clusters=np.frombuffer(sections["clusters"], CLUSTER_DTYPE),
        geometry=np.frombuffer(sections["geometry"], GEOMETRY_DTYPE),
        colors=_colors(sections["colors"], numbers),
        order=np.frombuffer(sections["order"], "<u4"),
    )
    check_content(pack, path)
    return pack


def _colors(content: memoryview, numbers: _Numbers) -> NDArray[np.generic]:
    """The section of colours in the format that the header names."""
    if COLOR_FORMATS[numbers.colors] == "narrow":
        return np.frombuffer(content, COLOR_DTYPE)
    return np.frombuffer(content, "<f2").reshape(numbers.gaussians, numbers.coefficients, 3)


def _little_endian(array: NDArray[np.generic]) -> memoryview:
    """Bytes of an array in C order, little-endian, without a copy where it is so already."""
    ordered = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return ordered.reshape(-1).view(np.uint8).data


def _places(lengths: list[int]) -> list[tuple[int, int]]:
    """Offset and length of each section: in order, each at the next multiple of 4096."""
    places, end = [], HEADER_BYTES
    for length in lengths:
        offset = -(-end // ALIGNMENT_BYTES) * ALIGNMENT_BYTES
        places.append((offset, length))
        end = offset + length
    return places


def _read_numbers(data: bytes, path: Path) -> _Numbers:
    """The fixed fields, all in range; refuses what is no pack of this version."""
    if data[: len(MAGIC)] != MAGIC:
        raise InputError(f"{path} is not a pack: make one with splatsieve pack.")
    if len(data) < HEADER_BYTES:
        raise InputError(f"{path} ends inside its header: pack the scene again.")
    numbers = _Numbers(*_FIXED.unpack_from(data))
    if numbers.version == 1:
        raise InputError(
            f"{path} is a pack of version 1, which has no table of groups: pack the scene again."
        )
    if numbers.version != VERSION:
        raise InputError(
            f"{path} is a pack of version {numbers.version} where {VERSION} is read: pack the "
            "scene again."
        )
    body = HEADER_BYTES - _CHECKSUM.size
    if _CHECKSUM.unpack_from(data, body)[0] != zlib.crc32(data[:body]):
        raise InputError(f"{path}: the header's checksum does not match: pack the scene again.")
    table_end = _ORIGIN_OFFSET + _ORIGIN.size
    in_range = (
        numbers.header_bytes == HEADER_BYTES
        and numbers.sections == len(SECTIONS)
        and numbers.colors < len(COLOR_FORMATS)
        and not any(data[table_end:body])
        and 1 <= numbers.groups <= numbers.clusters <= numbers.gaussians <= MAX_GAUSSIANS
        and numbers.seed < 1 << 63
        and -128 <= numbers.grid_exponent <= 127
        and all(abs(coordinate) <= _FLOAT32_MAX for coordinate in _read_origin(data))
        and numbers.coefficients in SH_COEFFICIENTS.values()
        and (COLOR_FORMATS[numbers.colors] == "float16" or numbers.coefficients <= 16)
        and 12 <= numbers.center_bits <= 30
        and 12 <= numbers.radius_bits <= 30
    )
    if not in_range:
        raise InputError(f"{path}: the header holds a value out of range: pack the scene again.")
    return numbers


def _read_origin(data: bytes) -> tuple[float, float, float]:
    """Origin of the grid, scene units."""
    x, y, z = _ORIGIN.unpack_from(data, _ORIGIN_OFFSET)
    return x, y, z


def _read_sections(data: bytes, numbers: _Numbers, path: Path) -> dict[str, memoryview]:
    """Content of each section, where the counts say it must be and with the right checksum."""
    entries = [
        _ENTRY.unpack_from(data, _FIXED.size + i * _ENTRY.size) for i in range(len(SECTIONS))
    ]
    n = numbers.gaussians
    lengths = [
        min(entries[0][1], MAX_STRINGS_BYTES),
        numbers.groups * CLUSTER_DTYPE.itemsize,
        numbers.clusters * CLUSTER_DTYPE.itemsize,
        n * GEOMETRY_DTYPE.itemsize,
        n * color_record_bytes(COLOR_FORMATS[numbers.colors], numbers.coefficients),
        n * 4,
    ]
    places = _places(lengths)
    if [entry[:2] for entry in entries] != places or any(entry[3] for entry in entries):
        raise InputError(
            f"{path}: the section table does not fit {n} Gaussians in {numbers.clusters} clusters "
            f"in {numbers.groups} groups: pack the scene again."
        )
    end = places[-1][0] + places[-1][1]
    if len(data) != end:
        state = "ends early" if len(data) < end else "goes on after its end"
        raise InputError(
            f"{path} {state} ({len(data)} bytes where {end} are needed): pack the scene again."
        )
    view, sections, before = memoryview(data), {}, HEADER_BYTES
    for name, (offset, length, checksum, _) in zip(SECTIONS, entries, strict=True):
        content = view[offset : offset + length]
        if any(view[before:offset]) or zlib.crc32(content) != checksum:
            raise InputError(
                f"{path}: the checksum of section {name} does not match: pack the scene again."
            )
        sections[name], before = content, offset + length
    return sections
