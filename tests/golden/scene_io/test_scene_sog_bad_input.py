""".sog files that lie about themselves, bombs among them."""

from __future__ import annotations

import io
import json
import zipfile
from functools import partial

import numpy as np
import pytest
from PIL import Image

from golden.errors import InputError
from golden.scene_io import read_scene
from tests.golden.scene_io.scene_files import random_scene
from tests.golden.scene_io.scene_refusal import is_scene, low_memory, refused, sentence
from tests.golden.scene_io.sog_scene_files import (
    leaf,
    sog_bundle,
    sog_files,
    webp,
    write_files,
    write_streamed,
    zipped,
)


@pytest.fixture
def refusal(tmp_path):
    return partial(refused, tmp_path)


def changed(meta: dict, key: str, value: object) -> dict:
    """A copy of the document with another value at a path of keys; None takes the key away."""
    copy = json.loads(json.dumps(meta))
    *path, last = key.split(".")
    place = copy
    for step in path:
        place = place[int(step) if step.isdigit() else step]
    if value is None:
        del place[last]
    else:
        place[int(last) if last.isdigit() else last] = value
    return copy


@pytest.mark.parametrize(
    ("version", "key", "value", "what"),
    [
        (2, "version", 3, "version 3 where 1 and 2 are known"),
        (2, "count", 0, "count is 0"),
        (2, "count", 10**9, "count is 1000000000"),
        (2, "count", 10**8, "cannot hold 100000000 Gaussians"),
        (2, "count", 10000, "pixels for 10000 Gaussians"),
        (2, "count", "40", "count is '40'"),
        (2, "count", True, "count is True"),
        (2, "means", None, "has no means"),
        (2, "means.mins", [0, 0], "a list of 3 numbers"),
        (2, "means.maxs", [0, 0, 10**400], "a finite number"),
        (2, "means.files", ["means_l.webp"], "has no means.files.1"),
        (2, "scales.codebook", [1.0] * 255, "a list of 256 numbers"),
        (2, "quats.files.0", "../meta.json", "no member '../meta.json'"),
        (2, "quats.files.0", "meta.json", "neither WebP nor PNG"),
        (2, "quats.files.0", 7, "a text"),
        (2, "sh0", [], "an object"),
        (2, "shN.bands", 2, "fits no degree"),
        (2, "shN.count", 39, "beyond its palette"),
        (2, "shN.files.0", "shN_labels.webp", "fits no degree"),
        (1, "means.shape", [10**8, 3], "cannot hold 100000000 Gaussians"),
        (1, "sh0.mins", [0, 0, 0], "a list of 4 numbers"),
        (1, "shN.maxs", float("nan"), "a finite number"),
    ],
)
def test_an_index_that_lies(refusal, version, key, value, what):
    files = sog_files(random_scene(40, 1), version)
    meta = changed(json.loads(files["meta.json"]), key, value)
    data = zipped(files | {"meta.json": json.dumps(meta).encode()})
    assert low_memory(lambda: what in refusal(data, "scene.sog"))


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe{}", b"[" * 100_000, b"7", b"null"])
def test_an_index_that_is_no_object(refusal, text):
    refusal(zipped(sog_files(random_scene()) | {"meta.json": text}), "scene.sog")


def test_a_file_that_lacks(tmp_path):
    files = sog_files(random_scene())
    for name in files:
        rest = {other: data for other, data in files.items() if other != name}
        folder = tmp_path / name
        if name != "meta.json":
            index = write_files(folder, rest)
            with pytest.raises(InputError, match=f"lacks its file '{name}'"):
                read_scene(index)
        assert refused(tmp_path, zipped(rest), "scene.sog")


@pytest.mark.parametrize("file", ["../out.webp", "/etc/passwd", "a\\b", "c:d", "x\0y", ""])
def test_a_name_that_leads_elsewhere(tmp_path, file):
    (tmp_path / "out.webp").write_bytes(b"x")
    files = sog_files(random_scene())
    meta = changed(json.loads(files["meta.json"]), "quats.files.0", file)
    index = write_files(tmp_path / "s", files | {"meta.json": json.dumps(meta).encode()})
    with pytest.raises(InputError, match=r"outside its folder|lacks its file"):
        read_scene(index)


def test_a_picture_bomb_is_not_decoded(refusal):
    """8,000 px squared of one colour: 256 MB of pixels in a few kilobytes."""
    bomb = webp(np.broadcast_to(np.uint8([1, 2, 3, 255]), (8_000, 8_000, 4)), "PNG")
    for name in ("quats.webp", "shN_labels.webp", "shN_centroids.webp"):
        data = zipped(sog_files(random_scene()) | {name: bomb})
        assert low_memory(lambda data=data: "pixels are enough" in refusal(data, "scene.sog"))


def test_a_zip_bomb_is_not_inflated(refusal):
    files = sog_files(random_scene()) | {"quats.webp": bytes(200_000_000)}
    data = zipped(files, zipfile.ZIP_DEFLATED)
    assert low_memory(lambda: "cannot be unpacked" in refusal(data, "scene.sog"))


def test_a_member_that_is_longer_than_it_says(refusal):
    data = bytearray(sog_bundle(random_scene()))
    at = data.rindex(b"quats.webp")  # in the directory: 46 bytes of fields, then the name
    data[at - 46 + 24] ^= 1
    assert "quats.webp" in refusal(bytes(data), "scene.sog")


@pytest.mark.parametrize("mode", ["1", "I;16", "CMYK"])
def test_pictures_of_another_kind(refusal, mode):
    out = io.BytesIO()
    Image.new(mode, (8, 8)).save(out, "TIFF" if mode == "CMYK" else "PNG")
    refusal(zipped(sog_files(random_scene()) | {"sh0.webp": out.getvalue()}), "scene.sog")


@pytest.mark.parametrize(
    ("tree", "what"),
    [
        (leaf(l0=(0, 0, 31)), "do not fit 30 Gaussians"),
        (leaf(l0=(0, 30, 1)), "do not fit 30 Gaussians"),
        ({"children": [leaf(l0=(0, 0, 30))] * 1000}, "do not fit 30 Gaussians"),
        (leaf(l0=(1, 0, 1)), "from 0 to 0"),
        (leaf(l0=(-1, 0, 1)), "from 0 to 0"),
        (leaf(l0=(0, -1, 1)), "is -1"),
        (leaf(l1=(0, 0, 1)), "level 0 of detail is empty"),
        ({"children": 7}, "a list"),
        ([], "an object"),
    ],
)
def test_a_tree_that_lies(tmp_path, tree, what):
    path = write_streamed(tmp_path, [random_scene(30, 0)], tree, 2)
    with pytest.raises(InputError) as caught:
        read_scene(path)
    assert what in sentence(caught.value, path)


@pytest.mark.parametrize("version", [1, 2])
def test_flipped_bytes_of_each_file_give_a_scene_or_one_sentence(tmp_path, version):
    """Without a ZIP file's checksums around them."""
    rng = np.random.default_rng(version)
    files = sog_files(random_scene(30, 1), version)
    index = write_files(tmp_path, files)
    read = tried = 0
    for name, data in files.items():
        for _ in range(16):
            broken = bytearray(data)
            for at in rng.integers(0, len(data), rng.integers(1, 4)):
                broken[at] = rng.integers(0, 256)
            (tmp_path / name).write_bytes(broken)
            read += is_scene(index)
            tried += 1
        (tmp_path / name).write_bytes(data)
    assert tried // 10 < read < tried
