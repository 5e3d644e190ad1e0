"""Packs of narrow colours: the header's word for them, refusals, and the colours given back."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest

from golden.clustering.cluster import ClusterOptions
from golden.errors import InputError
from golden.pack import build_pack
from golden.pack.color_record import decode_colors, encode_colors
from golden.pack.colors import color_format_named, color_record_bytes
from golden.pack.file import load_pack, save_pack
from golden.pack.unpack import stored_colors
from golden.rules import GSPLAT
from tests.golden.hostile_scenes import hostile_scenes, make_scene
from tests.golden.pack.test_pack_file import assert_equal, refused, sealed, section_table


def scene_of(degree):
    points = np.random.default_rng(degree).normal(size=(300, 3))
    return make_scene(points, name="colours", degree=degree)


def packed(scene, colors="narrow"):
    return build_pack(scene, ClusterOptions("reach", 12, per_group=4), GSPLAT, colors=colors)


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_round_trip_and_the_way_back_to_the_scene(degree, tmp_path):
    scene = scene_of(degree)
    pack = packed(scene)
    save_pack(pack, tmp_path / "narrow")
    loaded = load_pack(tmp_path / "narrow")
    assert_equal(loaded, pack)
    assert loaded.meta.colors == "narrow"
    assert loaded.colors.nbytes == 32 * len(scene)
    expected = decode_colors(encode_colors(scene.sh), scene.sh.shape[1])
    assert np.array_equal(stored_colors(loaded), expected)
    assert np.array_equal(
        stored_colors(packed(scene, "float16")), scene.sh.astype(np.float16).astype(np.float32)
    )


@pytest.mark.parametrize("name", hostile_scenes())
def test_hostile_scenes(name, tmp_path):
    scene = hostile_scenes()[name]
    pack = build_pack(scene, ClusterOptions(), GSPLAT, colors="narrow")
    save_pack(pack, tmp_path / "p")
    assert_equal(load_pack(tmp_path / "p"), pack)


def test_bytes_that_the_hardware_reads_are_those_of_float16(tmp_path):
    """Only the word at 68, the entries of colours and order, and what lies there may differ."""
    scene = scene_of(3)
    for colors in ("narrow", "float16"):
        save_pack(packed(scene, colors), tmp_path / colors)
    narrow, wide = ((tmp_path / name).read_bytes() for name in ("narrow", "float16"))
    end = section_table(wide)["colors"][0]
    assert section_table(narrow)["colors"][0] == end
    entries = 72 + 24 * 4
    assert narrow[:68] == wide[:68]
    assert narrow[72:entries] == wide[72:entries]
    assert narrow[256:end] == wide[256:end]
    assert (narrow[68:72], wide[68:72]) == (b"\1\0\0\0", b"\0\0\0\0")
    table = section_table(narrow)
    assert narrow[end : end + 32] == encode_colors(scene.sh[packed(scene).order[:1]]).tobytes()
    assert table["colors"][1] == 32 * 300


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (0, 0x0F, "section colors: an exponent of degree 0 is not the smallest"),
        (31, 0x80, "section colors: a mantissa of degree 3 is below -7"),
    ],
)
def test_hostile_records(place, value, message, tmp_path):
    path = tmp_path / "p"
    save_pack(packed(scene_of(3)), path)
    data = bytearray(path.read_bytes())
    start = section_table(data)["colors"][0]
    data[start : start + 32] = bytes(32)
    data[start + place] = value
    assert message in refused(path, sealed(data))


def test_narrow_records_of_degree_4_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"colours: narrow colour records hold .* degree 4"):
        packed(scene_of(4))
    path = tmp_path / "p"
    save_pack(packed(scene_of(4), "float16"), path)
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, 68, 1)
    struct.pack_into("<I", data, 252, zlib.crc32(data[:252]))
    assert "out of range" in refused(path, bytes(data))


def test_names_and_bytes_of_the_formats():
    assert color_format_named("narrow") == "narrow"
    with pytest.raises(InputError, match="colours 'jpeg' are not known: choose float16 or narrow"):
        color_format_named("jpeg")
    assert (color_record_bytes("narrow", 16), color_record_bytes("float16", 16)) == (32, 96)
