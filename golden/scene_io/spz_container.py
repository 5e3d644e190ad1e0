"""The .spz containers: one gzip stream (versions 1 to 3), or zstd streams (version 4)."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import zstandard

from golden.errors import InputError
from golden.memory import need_memory
from golden.scene import MAX_GAUSSIANS, SH_COEFFICIENTS

MAGIC = b"NGSP"
GZIP_MAGIC = b"\x1f\x8b"
HEADER = struct.Struct("<4sIIBBBB")  # magic, version, Gaussians, degree, fraction bits, flags, -
HEADER_V4 = struct.Struct("<4sIIBBBBI12x")  # the last byte counts streams; offset of their table
STREAM = struct.Struct("<QQ")  # compressed and plain size, bytes
RECORD = struct.Struct("<II")  # extension type and payload size, bytes

FLAG_ANTIALIASED, FLAG_EXTENSIONS = 1, 2
READ_BYTES = 180  # of memory a Gaussian while a file is read, beside its harmonics
EXTENSIONS_LIMIT_BYTES = 1 << 16
COORDINATE_SYSTEM = 0xADBE0003
RUB = (0, 4)  # codes of "unspecified" and of x right, y up, z back
MAX_FRACTION_BITS = 24
# What the formats can reach at most: a file that promises more is refused before inflating it.
GZIP_MAX_RATIO = 1032
ZSTD_MAX_RATIO = 1 << 15

SECTIONS = ("positions", "alphas", "colors", "scales", "rotations", "sh")


@dataclass(frozen=True)
class SpzHeader:
    """What a .spz file says of itself.

    Parameters
    ----------
    version : 1 to 4.
    count : Gaussians, 1 to 100,000,000.
    degree : of the spherical harmonics, 0 to 4.
    fraction_bits : bits after the point in positions (versions 2 to 4), 0 to 24.
    extensions : whether extension records follow.
    antialiased : whether the scene was trained with antialiasing.
    """

    version: int
    count: int
    degree: int
    fraction_bits: int
    extensions: bool
    antialiased: bool

    @property
    def section_bytes(self) -> dict[str, int]:
        """Size of each section in file order, bytes."""
        sizes = (
            6 if self.version == 1 else 9,
            1,
            3,
            3,
            3 if self.version < 3 else 4,
            3 * (SH_COEFFICIENTS[self.degree] - 1),
        )
        return {name: self.count * size for name, size in zip(SECTIONS, sizes, strict=True)}


def read_sections(data: bytes, name: str) -> tuple[SpzHeader, dict[str, bytes]]:
    """Header of a .spz file and the plain bytes of its sections.

    Parameters
    ----------
    data : the whole file.
    name : file name, for messages.

    Raises InputError where the file is no .spz, damaged, truncated, longer than its header says,
    of another version, or in other axes than RUB. Never inflates more than the header accounts for.
    Source: nianticlabs/spz, README.md and extensions/README.md.
    """
    if data.startswith(MAGIC):
        return _read_zstd(data, name)
    return _read_gzip(data, name)


def _damaged(name: str, what: str) -> InputError:
    return InputError(f"{name} is a damaged .spz file ({what}): copy or export it again.")


def _header(fields: tuple[int, ...], versions: range, name: str) -> SpzHeader:
    version, count, degree, fraction_bits, flags = fields
    if version not in versions:
        raise InputError(
            f"{name} is .spz version {version} in a container of versions {versions.start} to "
            f"{versions.stop - 1}: export it as version 3."
        )
    if not 1 <= count <= MAX_GAUSSIANS:
        raise InputError(
            f"{name}: its header promises {count} Gaussians, outside 1 to {MAX_GAUSSIANS}: the "
            "file is damaged, or cut the scene into parts."
        )
    if degree not in SH_COEFFICIENTS:
        raise _damaged(name, f"degree {degree} of spherical harmonics is not 0 to 4")
    if fraction_bits > MAX_FRACTION_BITS:
        raise _damaged(name, f"{fraction_bits} fraction bits in positions of 24 bits")
    extensions, antialiased = bool(flags & FLAG_EXTENSIONS), bool(flags & FLAG_ANTIALIASED)
    return SpzHeader(version, count, degree, fraction_bits, extensions, antialiased)


def _need_memory(header: SpzHeader, name: str) -> None:
    need_memory(name, header.count, READ_BYTES + 12 * SH_COEFFICIENTS[header.degree])


def _read_gzip(data: bytes, name: str) -> tuple[SpzHeader, dict[str, bytes]]:
    inflater = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        start = inflater.decompress(data, HEADER.size)
        if not start.startswith(MAGIC):
            raise InputError(
                f"{name} is gzip but not .spz (it does not begin with NGSP inside): give a .spz "
                "scene, or unpack it first."
            )
        if len(start) < HEADER.size:
            raise _damaged(name, f"it ends after {len(start)} of {HEADER.size} header bytes")
        header = _header(HEADER.unpack(start)[1:6], range(1, 4), name)
        sizes = header.section_bytes
        promised = sum(sizes.values())
        if promised > GZIP_MAX_RATIO * len(data):
            raise _damaged(name, f"{len(data)} bytes cannot hold {header.count} Gaussians")
        _need_memory(header, name)
        room = EXTENSIONS_LIMIT_BYTES if header.extensions else 0
        body = inflater.decompress(inflater.unconsumed_tail, promised + room + 1)
    except zlib.error as error:
        raise _damaged(name, "its gzip stream cannot be inflated") from error
    if len(body) < promised:
        raise _damaged(name, f"{len(body)} bytes of Gaussians where {promised} are promised")
    if len(body) > promised + room or not inflater.eof or inflater.unused_data:
        raise _damaged(name, f"it does not end after the {header.count} Gaussians it promises")
    sections, offset = {}, 0
    for section, size in sizes.items():
        sections[section] = body[offset : offset + size]
        offset += size
    _check_extensions(body[promised:], name)
    return header, sections


def _read_zstd(data: bytes, name: str) -> tuple[SpzHeader, dict[str, bytes]]:
    if len(data) < HEADER_V4.size:
        raise _damaged(name, f"it ends after {len(data)} of {HEADER_V4.size} header bytes")
    *fields, streams, table = HEADER_V4.unpack_from(data)[1:]
    header = _header(tuple(fields), range(4, 5), name)
    sizes = {section: size for section, size in header.section_bytes.items() if size}
    offset = table + streams * STREAM.size
    if streams != len(sizes) or table < HEADER_V4.size or offset > len(data):
        raise _damaged(name, f"its table of {streams} streams at byte {table} is out of place")
    if header.extensions:
        _check_extensions(data[HEADER_V4.size : table], name)
    sections = dict.fromkeys(SECTIONS, b"")
    for index, (section, size) in enumerate(sizes.items()):
        packed, plain = STREAM.unpack_from(data, table + index * STREAM.size)
        if plain != size or offset + packed > len(data) or plain > ZSTD_MAX_RATIO * packed:
            raise _damaged(name, f"its {section} are {packed} bytes of {plain}, not of {size}")
        if not index:  # the count is plausible by now
            _need_memory(header, name)
        # A frame may promise any size: reading a stream stops at the size that the header implies.
        frame = zstandard.ZstdDecompressor().stream_reader(data[offset : offset + packed])
        try:
            sections[section] = frame.read(size + 1)
        except zstandard.ZstdError as error:
            raise _damaged(name, f"its {section} cannot be inflated") from error
        if len(sections[section]) != size:
            raise _damaged(name, f"its {section} do not inflate to {size} bytes")
        offset += packed
    if offset != len(data):
        raise _damaged(name, f"{len(data) - offset} bytes follow its last stream")
    return header, sections


def _check_extensions(records: bytes, name: str) -> None:
    """Skips extension records; raises InputError on broken ones and on axes other than RUB."""
    offset = 0
    while offset < len(records):
        if offset + RECORD.size > len(records):
            raise _damaged(name, "its extension records are cut off")
        kind, size = RECORD.unpack_from(records, offset)
        offset += RECORD.size
        payload = records[offset : offset + size]
        if len(payload) < size:
            raise _damaged(name, "its extension records are cut off")
        if kind == COORDINATE_SYSTEM and int.from_bytes(payload[:4], "little") not in RUB:
            raise InputError(
                f"{name} stores its Gaussians in other axes than .spz's own (code "
                f"{int.from_bytes(payload[:4], 'little')}): export it without a coordinate system."
            )
        offset += size
