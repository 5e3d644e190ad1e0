""".spz files that lie about themselves, bombs among them."""

from __future__ import annotations

import gzip
import struct
from functools import partial

import pytest
import zstandard

from golden.scene_io import read_scene
from tests.golden.scene_io.scene_files import (
    random_scene,
    spz4_container,
    spz4_file,
    spz_header,
    spz_sections,
)
from tests.golden.scene_io.scene_kinds import whole_file
from tests.golden.scene_io.scene_refusal import low_memory, refused


@pytest.fixture
def refusal(tmp_path):
    return partial(refused, tmp_path)


@pytest.mark.parametrize(
    ("header", "what"),
    [
        (spz_header(3, 2**32 - 1, 3), "promises 4294967295 Gaussians"),
        (spz_header(3, 2**31, 3), "promises 2147483648 Gaussians"),
        (spz_header(3, 10**8 + 1, 0), "outside 1 to 100000000"),
        (spz_header(3, 10**8, 3), "cannot hold 100000000 Gaussians"),
        (spz_header(3, 0, 3), "promises 0 Gaussians"),
        (spz_header(3, 5, 1), "bytes of Gaussians where 145 are promised"),
        (spz_header(3, 3, 1), "does not end after the 3 Gaussians"),
        (spz_header(3, 4, 2), "are promised"),
        (spz_header(2, 4, 1), "does not end after"),
        (spz_header(3, 4, 5), "degree 5"),
        (spz_header(3, 4, 1, bits=25), "25 fraction bits"),
        (spz_header(0, 4, 1), "version 0"),
        (spz_header(4, 4, 1), "version 4 in a container of versions 1 to 3"),
        (spz_header(99, 4, 1), "version 99"),
        (b"NOPE" + spz_header(3, 4, 1)[4:], "gzip but not .spz"),
        (spz_header(3, 4, 1, flags=2), None),
    ],
)
def test_spz_headers_that_lie(tmp_path, refusal, header, what):
    data = gzip.compress(header + b"".join(spz_sections(random_scene(4, 1), 3)))
    if what is None:  # the flag for extensions, and none of them
        (tmp_path / "scene.spz").write_bytes(data)
        assert len(read_scene(tmp_path / "scene.spz")) == 4
    else:
        assert low_memory(lambda: what in refusal(data, "scene.spz"))


@pytest.mark.parametrize(
    ("records", "what"),
    [
        (struct.pack("<III", 0xADBE0003, 4, 6), "other axes than .spz's own (code 6)"),
        (struct.pack("<I", 0xADBE0003), "cut off"),
        (struct.pack("<II", 0xADBE0002, 12), "cut off"),
        (bytes(1 << 17), "does not end"),
    ],
)
def test_spz_extensions_that_cannot_be_used(refusal, records, what):
    plain = bytearray(gzip.decompress(whole_file("v3.spz")))
    plain[14] |= 2
    assert what in refusal(gzip.compress(bytes(plain) + records), "scene.spz")
    if len(records) < 100:
        assert what in refusal(spz4_file(random_scene(4), records), "scene.spz")


def test_a_damaged_checksum(refusal):
    data = bytearray(whole_file("v3.spz"))
    data[-5] ^= 1
    assert "cannot be inflated" in refusal(bytes(data), "scene.spz")


def test_a_gzip_bomb_is_not_inflated(refusal):
    data = gzip.compress(spz_header(3, 10, 0) + bytes(200_000_000), 9)
    assert low_memory(lambda: refusal(data, "scene.spz"))


@pytest.mark.parametrize("claimed", [True, False])
def test_a_zstd_bomb_is_not_inflated(refusal, claimed):
    plain = spz_sections(random_scene(4, 0), 4)[:5]
    packed = [zstandard.ZstdCompressor().compress(section) for section in plain]
    packed[1] = zstandard.ZstdCompressor().compress(bytes(200_000_000))
    sizes = [len(section) for section in plain]
    if claimed:
        sizes[1] = 200_000_000
    data = spz4_container(packed, sizes, 4, 0)
    assert low_memory(lambda: refusal(data, "scene.spz"))


def test_version_4_headers_that_lie(refusal):
    data = whole_file("v4.spz")
    for at, value, what in (
        (4, 3, "version 3 in a container of versions 4 to 4"),
        (4, 5, "version 5"),
        (8, 2**31, "promises 2147483648"),
        (8, 10**8, "its positions are"),
        (8, 5, "not of 45"),
        (16, 2**32 - 1, "out of place"),
        (16, 0, "out of place"),
        (32, 2**31, "positions are 2147483648 bytes"),
    ):
        broken = bytearray(data)
        broken[at : at + 4] = struct.pack("<I", value)
        assert low_memory(
            lambda broken=broken, what=what: what in refusal(bytes(broken), "scene.spz")
        )
