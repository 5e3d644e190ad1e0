"""The pack file: its bytes at the offsets of pack/README.md, and every refusal."""

from __future__ import annotations

import errno
import json
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from golden.clustering.cluster import ClusterOptions
from golden.errors import InputError
from golden.pack import Pack, build_pack
from golden.pack.file import load_pack, pack_bytes, save_pack
from golden.rules import GSPLAT
from tests.golden.hostile_scenes import hostile_scenes, make_scene

SECTIONS = ("strings", "groups", "clusters", "geometry", "colors", "order")


@pytest.fixture(scope="module")
def pack() -> Pack:
    points = np.random.default_rng(0).normal(size=(500, 3))
    scene = make_scene(points, name="a scène \udcff", degree=1)
    return build_pack(scene, ClusterOptions("reach", 12, seed=2**62 + 1, per_group=4), GSPLAT)


@pytest.fixture
def path(pack, tmp_path) -> Path:
    save_pack(pack, tmp_path / "scene.pack")
    return tmp_path / "scene.pack"


def section_table(data):
    return {name: struct.unpack_from("<QQII", data, 72 + 24 * i) for i, name in enumerate(SECTIONS)}


def sealed(data: bytearray) -> bytes:
    """The file with every checksum made right again."""
    for i, (offset, length, _, _) in enumerate(section_table(data).values()):
        struct.pack_into("<I", data, 72 + 24 * i + 16, zlib.crc32(data[offset : offset + length]))
    struct.pack_into("<I", data, 252, zlib.crc32(data[:252]))
    return bytes(data)


def assert_equal(a: Pack, b: Pack) -> None:
    assert a.meta == b.meta
    for name in ("groups", "clusters", "geometry", "colors", "order"):
        x, y = getattr(a, name), getattr(b, name)
        assert x.dtype == y.dtype
        assert x.shape == y.shape
        assert x.tobytes() == y.tobytes()


def test_round_trip(pack, path):
    assert_equal(load_pack(path), pack)


@pytest.mark.parametrize("name", hostile_scenes())
def test_hostile_scenes_round_trip(name, tmp_path):
    pack = build_pack(hostile_scenes()[name], ClusterOptions(), GSPLAT)
    save_pack(pack, tmp_path / "p")
    assert_equal(load_pack(tmp_path / "p"), pack)


def test_what_is_read_cannot_be_changed(path):
    with pytest.raises(ValueError, match="read-only"):
        load_pack(path).clusters["count"][0] = 1


def test_same_pack_same_bytes(pack, path, tmp_path):
    save_pack(pack, tmp_path / "again.pack")
    assert (tmp_path / "again.pack").read_bytes() == path.read_bytes()
    save_pack(load_pack(path), tmp_path / "copy.pack")
    assert (tmp_path / "copy.pack").read_bytes() == path.read_bytes()


def test_header_byte_by_byte(pack, path):
    data = path.read_bytes()
    fields = struct.unpack_from("<8sIIQQQQiIIIII", data)
    exponent = pack.meta.grid.exponent
    assert fields == (b"SPLTPACK", 4, 256, 500, 12, 3, 2**62 + 1, exponent, 4, 24, 24, 6, 0)
    assert struct.unpack_from("<I", data, 252)[0] == zlib.crc32(data[:252])
    assert struct.unpack_from("<3d", data, 216) == pack.meta.grid.origin
    assert not any(data[240:252])
    end = 256
    for name, (offset, length, checksum, zero) in section_table(data).items():
        assert offset == -(-end // 4096) * 4096, name
        assert not any(data[end:offset]), name
        assert checksum == zlib.crc32(data[offset : offset + length]), name
        assert zero == 0
        end = offset + length
    assert end == len(data)
    lengths = [entry[1] for entry in section_table(data).values()]
    assert lengths[1:] == [32 * 3, 32 * 12, 32 * 500, 6 * 4 * 500, 4 * 500]


def test_a_scene_trained_with_antialiasing(pack, tmp_path):
    """A key behind the others, where it is so; any other value of it is refused."""
    path = tmp_path / "a.pack"
    marked = replace(pack, meta=replace(pack.meta, antialiased=True))
    save_pack(marked, path)
    assert_equal(load_pack(path), marked)
    data = bytearray(path.read_bytes())
    assert data.count(b',"antialiased":"yes"}') == 1
    at = data.index(b'"yes"}')
    data[at : at + 5] = b'"no "'
    path.write_bytes(sealed(data))
    with pytest.raises(InputError, match="section strings does not name"):
        load_pack(path)


def test_sections_byte_by_byte(pack, path):
    data = path.read_bytes()
    table = section_table(data)

    def at(section, offset, fmt):
        return struct.unpack_from("<" + fmt, data, table[section][0] + offset)

    strings = data[table["strings"][0] :][: table["strings"][1]].decode("ascii")
    assert json.loads(strings) == {
        "method": "reach",
        "radius": "safe",
        "rules": "gsplat",
        "scene": "a scène \udcff",
        "scene_sha256": pack.meta.scene_sha256,
    }
    for section, j in (("groups", 0), ("groups", 2), ("clusters", 0), ("clusters", 11)):
        ball = getattr(pack, section)[j]
        assert at(section, 32 * j, "3i") == tuple(ball["center"])
        assert at(section, 32 * j + 12, "3I") == (
            ball["radius_low"],
            ball["radius_high"],
            ball["radius_mean"],
        )
        assert at(section, 32 * j + 24, "IHbB") == (
            ball["base"],
            ball["count"],
            ball["member_exponent"],
            ball["exponent"],
        )
    for i in (0, 77, 499):
        record = pack.geometry[i]
        assert at("geometry", 32 * i, "3h6h") == (*record["offset"], *record["factor"])
        assert at("geometry", 32 * i + 18, "bBHH8s") == (
            record["factor_exponent"],
            record["flags"],
            record["reach_factor"],
            record["opacity"],
            bytes(8),
        )
        assert at("colors", 24 * i, "12e") == tuple(pack.colors[i].ravel())
        assert at("order", 4 * i, "I") == (pack.order[i],)


def refused(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        load_pack(path)
    text = str(caught.value)
    assert text.startswith(str(path))
    assert "\n" not in text
    assert text.endswith(".")
    return text


def test_every_truncation_and_any_tail_is_refused(path):
    data = path.read_bytes()
    for length in (1, 7, 8, 63, 255, 256, 4096, len(data) // 2, len(data) - 1):
        text = refused(path, data[:length])
        assert ("is not a pack" if length < 8 else "ends") in text
    assert "goes on after its end" in refused(path, data + b"\0")
    assert "is empty" in refused(path, b"")


def test_every_damaged_byte_is_refused(path):
    data = path.read_bytes()
    rng = np.random.default_rng(0)
    for place in [*range(256), *rng.integers(256, len(data), 150)]:
        damaged = bytearray(data)
        damaged[place] ^= 1 << rng.integers(8)
        refused(path, bytes(damaged))


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        load_pack(tmp_path / "nothing.pack")
    with pytest.raises(InputError, match="is a folder"):
        load_pack(tmp_path)


HEADERS = {
    "magic": (0, "8s", b"GIF89a\0\0", "is not a pack: make one with splatsieve pack"),
    "version 1": (8, "I", 1, "version 1, which has no table of groups: pack the scene again"),
    "version 2": (8, "I", 2, "is a pack of version 2 where 4 is read: pack the scene again"),
    "version 3": (8, "I", 3, "is a pack of version 3 where 4 is read: pack the scene again"),
    "a later version": (8, "I", 5, "is a pack of version 5 where 4 is read"),
    "header bytes": (12, "I", 512, "out of range"),
    "no Gaussians": (16, "Q", 0, "out of range"),
    "absurd Gaussians": (16, "Q", 2**63, "out of range"),
    "many Gaussians": (16, "Q", 2**26, "section table does not fit 67108864 Gaussians"),
    "no clusters": (24, "Q", 0, "out of range"),
    "more clusters than Gaussians": (24, "Q", 501, "out of range"),
    "one cluster more": (24, "Q", 13, "section table does not fit 500 Gaussians in 13 clusters"),
    "no groups": (32, "Q", 0, "out of range"),
    "more groups than clusters": (32, "Q", 13, "out of range"),
    "absurd groups": (32, "Q", 2**63, "out of range"),
    "one group more": (32, "Q", 4, "does not fit 500 Gaussians in 12 clusters in 4 groups"),
    "seed": (40, "Q", 2**63, "out of range"),
    "grid": (48, "i", 128, "out of range"),
    "coefficients": (52, "I", 5, "out of range"),
    "other coefficients": (52, "I", 16, "section table does not fit"),
    "centre bits": (56, "I", 31, "out of range"),
    "narrow centres": (56, "I", 12, "section groups: a centre is wider than 12 bits"),
    "radius bits": (60, "I", 11, "out of range"),
    "narrow radii": (60, "I", 12, "section groups: a radius is wider than 12 bits"),
    "sections": (64, "I", 5, "out of range"),
    "colours narrow": (68, "I", 1, "section table does not fit"),
    "colours unknown": (68, "I", 2, "out of range"),
    "origin not a number": (216, "d", float("nan"), "out of range"),
    "origin infinite": (224, "d", float("inf"), "out of range"),
    "origin beyond float32": (232, "d", -3.5e38, "out of range"),
    "reserved behind the origin": (240, "B", 1, "out of range"),
    "reserved at the end": (251, "B", 1, "out of range"),
    "offset outside": (72 + 24, "Q", 2**60, "section table does not fit"),
    "offset shifted": (72 + 24, "Q", 12288, "section table does not fit"),
    "length outside": (72 + 8, "Q", 2**60, "section table does not fit"),
    "length short": (72 + 48 + 8, "Q", 32 * 11, "section table does not fit"),
    "reserved in the table": (72 + 20, "I", 1, "section table does not fit"),
    "padding": (300, "B", 1, "checksum of section strings does not match"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_hostile_headers(name, path):
    """With right checksums, so that only the value itself is wrong."""
    offset, fmt, value, message = HEADERS[name]
    data = bytearray(path.read_bytes())
    struct.pack_into("<" + fmt, data, offset, value)
    struct.pack_into("<I", data, 252, zlib.crc32(data[:252]))
    assert message in refused(path, bytes(data))


CONTENTS = {
    "empty cluster": ("clusters", 28, "H", 0, "a cluster is empty"),
    "count too large": ("clusters", 28, "H", 65535, "do not cover the 500 Gaussians"),
    "base outside": ("clusters", 24, "I", 2**31, "do not cover the 500 Gaussians"),
    "base of the second": ("clusters", 32 + 24, "I", 0, "do not cover the 500 Gaussians"),
    "last count": ("clusters", 32 * 11 + 28, "H", 999, "do not cover the 500 Gaussians"),
    "centre": ("clusters", 4, "i", -(2**23) - 1, "a centre is wider than 24 bits"),
    "radius": ("clusters", 16, "I", 2**24, "a radius is wider than 24 bits"),
    "mean radius": ("clusters", 20, "I", 2**24 - 1, "radius_mean exceeds radius_low"),
    "low radius": ("clusters", 12, "I", 2**24 - 1, "radius_low exceeds radius_high"),
    "empty group": ("groups", 28, "H", 0, "a group is empty"),
    "clusters of a group": ("groups", 28, "H", 65535, "do not cover the 12 clusters"),
    "first group": ("groups", 24, "I", 1, "do not cover the 12 clusters"),
    "second group": ("groups", 32 + 24, "I", 0, "do not cover the 12 clusters"),
    "last group": ("groups", 32 * 2 + 28, "H", 9, "do not cover the 12 clusters"),
    "exponent of a group": ("groups", 30, "b", -1, "a member_exponent is not zero"),
    "centre of a group": ("groups", 8, "i", 2**23, "a centre is wider than 24 bits"),
    "radius of a group": ("groups", 16, "I", 2**32 - 1, "a radius is wider than 24 bits"),
    "mean radius of a group": ("groups", 20, "I", 2**24 - 1, "radius_mean exceeds radius_low"),
    "low radius of a group": ("groups", 12, "I", 2**24 - 1, "radius_low exceeds radius_high"),
    "member exponent": ("clusters", 30, "b", 13, "a member_exponent is outside -16 to 12"),
    "low member exponent": ("clusters", 30, "b", -17, "a member_exponent is outside -16 to 12"),
    "flag": ("geometry", 19, "B", 2, "an unknown flag is set"),
    "reach factor": ("geometry", 20, "H", 54560, "a reach factor exceeds 3.33"),
    "reserved of a Gaussian": ("geometry", 31, "B", 1, "a reserved byte is not zero"),
    "factor": ("geometry", 6, "6h", (32767, 32767, 0, 0, 0, 0), "of Gaussian 0 exceeds 32767"),
    "least factor": ("geometry", 6, "6h", (-32768, 0, 0, 0, 0, 0), "of Gaussian 0 exceeds 32767"),
    "colour not a number": ("colors", 6, "e", float("nan"), "a colour is not finite"),
    "colour infinite": ("colors", 8, "e", float("inf"), "a colour is not finite"),
    "order outside": ("order", 4, "I", 500, "is no permutation of 0 to 499"),
    "order far outside": ("order", 4, "I", 2**32 - 1, "is no permutation of 0 to 499"),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_hostile_contents(name, path):
    section, offset, fmt, value, message = CONTENTS[name]
    data = bytearray(path.read_bytes())
    values = value if isinstance(value, tuple) else (value,)
    struct.pack_into("<" + fmt, data, section_table(data)[section][0] + offset, *values)
    text = refused(path, sealed(data))
    assert f"section {section}: " in text
    assert message in text


@pytest.mark.parametrize(
    "factor",
    [(32767, 0, 32767, 0, 0, 32767), (18918, -18918, 0, 18918, 0, 0), (0, 0, 0, 0, 0, -32767)],
)
def test_the_largest_factors_are_read(factor, path):
    """Sums of squares of up to 3 times the limit's, but no larger as a matrix."""
    data = bytearray(path.read_bytes())
    struct.pack_into("<6h", data, section_table(data)["geometry"][0] + 6, *factor)
    path.write_bytes(sealed(data))
    assert load_pack(path).geometry["factor"][0].tolist() == list(factor)


def test_an_order_that_repeats_is_refused(path):
    data = bytearray(path.read_bytes())
    offset = section_table(data)["order"][0]
    data[offset : offset + 4] = data[offset + 4 : offset + 8]
    assert "no permutation" in refused(path, sealed(data))


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace('"reach"', '"kmean"'),
        lambda text: text.replace('"safe"', '"sane"'),
        lambda text: text.replace('"gsplat"', '"gsplas"'),
        lambda text: text.replace('"scene"', '"scent"'),
        lambda text: text.replace("{", "["),
        lambda text: text[:-3] + 'G"}',
        lambda text: "[" * len(text),
        lambda text: "\xff" * len(text),
        lambda text: "1" * len(text),
    ],
)
def test_hostile_strings(edit, path):
    data = bytearray(path.read_bytes())
    offset, length, _, _ = section_table(data)["strings"]
    text = edit(data[offset : offset + length].decode("ascii")).encode("latin-1")
    assert len(text) == length
    data[offset : offset + length] = text
    assert "section strings does not name" in refused(path, sealed(data))


def test_deeply_nested_strings(path, pack, tmp_path):
    """A section of the largest length, all brackets: no recursion error."""
    long_name = replace(pack, meta=replace(pack.meta, scene="x" * 65_000))
    save_pack(long_name, path)
    data = bytearray(path.read_bytes())
    offset, length, _, _ = section_table(data)["strings"]
    data[offset : offset + length] = b"[" * length
    assert "section strings does not name" in refused(path, sealed(data))
    with pytest.raises(InputError, match="name is too long"):
        save_pack(replace(pack, meta=replace(pack.meta, scene="x" * 70_000)), path)


def test_a_pack_as_bytes_is_its_file(pack, path):
    assert pack_bytes(pack) == path.read_bytes()


def test_a_failed_write_leaves_nothing(pack, tmp_path, monkeypatch):
    target = tmp_path / "out" / "scene.pack"
    target.parent.mkdir()
    target.write_bytes(b"what was there")
    real_open = Path.open

    class FullDisk:
        def __init__(self, file):
            self.file, self.left = file, 20_000

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def write(self, content):
            self.left -= len(content)
            if self.left < 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            return self.file.write(content)

    monkeypatch.setattr(Path, "open", lambda self, mode: FullDisk(real_open(self, mode)))
    with pytest.raises(InputError, match="cannot be written \\(No space left on device\\)"):
        save_pack(pack, target)
    monkeypatch.undo()
    assert [entry.name for entry in target.parent.iterdir()] == ["scene.pack"]
    assert target.read_bytes() == b"what was there"


def test_places_that_cannot_be_written(pack, tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        save_pack(pack, tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot be written"):
        save_pack(pack, tmp_path / "file" / "scene.pack")
