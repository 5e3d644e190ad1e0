"""Scene files that cannot be used: one sentence naming the file, never another exception."""

from __future__ import annotations

import gzip
from functools import partial

import numpy as np
import pytest

from golden.errors import InputError
from golden.scene_io import read_scene
from tests.golden.scene_io.scene_files import (
    inria_columns,
    ply_file,
    random_scene,
    spz_file,
    table,
)
from tests.golden.scene_io.scene_kinds import KINDS, whole_file
from tests.golden.scene_io.scene_refusal import is_scene, refused


@pytest.fixture
def refusal(tmp_path):
    return partial(refused, tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_truncation(refusal, kind):
    data = whole_file(kind, count=2 if kind == "ascii.ply" else 4)
    for size in range(0, len(data), 1 if kind.endswith("spz") else 7 + len(data) // 500):
        if kind == "scene.splat" and size and size % 32 == 0:
            continue  # a shorter scene, with nothing to tell it by
        refusal(data[:size], kind)
    refusal(data[:-1], kind)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.endswith("spz")])
@pytest.mark.parametrize("more", [b"0", b"\n1 2 3\n", bytes(4000)])
def test_data_after_the_end(refusal, kind, more):
    refusal(whole_file(kind) + more, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_flipped_bytes_give_a_scene_or_one_sentence(tmp_path, kind):
    rng = np.random.default_rng(2)
    data = whole_file(kind, count=6)
    path = tmp_path / kind
    used = np.arange(len(data))
    if kind.endswith(".ksplat"):  # most of its headers is empty
        used = used[(used < 44) | ((used >= 4096) & (used < 4138)) | (used >= 5120)]
    read = 0
    for _ in range(200):
        broken = bytearray(data)
        for at in rng.choice(used, rng.integers(1, 6)):
            broken[at] = rng.integers(0, 256)
        path.write_bytes(broken)
        read += is_scene(path)
    assert read < 200


@pytest.mark.parametrize("version", [1, 2, 3])
def test_flipped_bytes_inside_gzip(tmp_path, version):
    rng = np.random.default_rng(version)
    data = gzip.decompress(spz_file(random_scene(6, 2), version))
    path = tmp_path / "scene.spz"
    read = 0
    for round_ in range(300):
        broken = bytearray(data)
        for at in rng.integers(0, 16 if round_ % 2 else len(data), rng.integers(1, 6)):
            broken[at] = rng.integers(0, 256)
        path.write_bytes(gzip.compress(bytes(broken), 1))
        read += is_scene(path)
    assert 50 < read < 300


def test_unknown_kinds_are_refused_with_those_that_are_known(refusal):
    for data in (b"solid mesh\n", b"\0" * 64, b"plyx", b"NGSQ" + bytes(60), b"glTE" + bytes(40)):
        text = refusal(data, "scene.bin")
        for kind in ("INRIA .ply", "compressed .ply", ".spz", ".splat", ".ksplat", ".sog", ".glb"):
            assert kind in text


def test_content_goes_before_name(tmp_path):
    for name, kind in (("a.splat", "little.ply"), ("b.ply", "v3.spz"), ("c", "compressed.ply")):
        (tmp_path / name).write_bytes(whole_file(kind))
        assert len(read_scene(tmp_path / name)) == 4


def test_paths_that_hold_no_file(tmp_path):
    (tmp_path / "empty.ply").touch()
    for path, what in (
        (tmp_path / "none.ply", "cannot be read"),
        (tmp_path, "is a folder"),
        (tmp_path / "empty.ply", "is empty"),
    ):
        with pytest.raises(InputError, match=what):
            read_scene(path)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("prop", ["x", "f_dc_1", "f_rest_3", "opacity", "scale_1", "rot_2"])
@pytest.mark.parametrize("form", ["ascii", "binary_little_endian"])
def test_values_that_are_not_finite(tmp_path, refusal, prop, value, form):
    columns = inria_columns(random_scene(degree=1))
    columns[prop] = np.array(columns[prop])
    columns[prop][7] = value
    data = ply_file({"vertex": table(columns)}, form)
    if prop == "opacity" and not np.isnan(value):  # the sigmoid of infinity is 0 or 1
        (tmp_path / "scene.ply").write_bytes(data)
        assert read_scene(tmp_path / "scene.ply").opacities[7] == (value > 0)
    elif prop == "scale_1" and value == -np.inf:  # exp(-infinity), lifted to the smallest size
        (tmp_path / "scene.ply").write_bytes(data)
        assert read_scene(tmp_path / "scene.ply").scales[7, 1] > 0
    else:
        assert "Gaussian 7 is not" in refusal(data, "scene.ply")


@pytest.mark.parametrize("kind", ["little.ply", "ascii.ply", "scene.splat"])
def test_zero_quaternions(refusal, kind):
    if kind == "scene.splat":
        data = bytearray(whole_file(kind))
        data[32 + 28 : 64] = bytes([128] * 4)
    else:
        columns = inria_columns(random_scene(4, 1))
        columns |= {
            f"rot_{i}": np.where(np.arange(4) == 1, 0, columns[f"rot_{i}"]) for i in range(4)
        }
        form = "ascii" if kind == "ascii.ply" else "binary_little_endian"
        data = ply_file({"vertex": table(columns)}, form)
    assert "quats of Gaussian 1 is zero" in refusal(bytes(data), kind)


def test_scales_of_zero_in_a_splat_file(refusal):
    data = bytearray(whole_file("scene.splat"))
    data[12:16] = bytes(4)
    assert "scales of Gaussian 0 is not greater than zero" in refusal(bytes(data), "scene.splat")


@pytest.mark.parametrize("size", [1, 31, 33, 1000])
def test_splat_sizes_that_are_no_multiple_of_32(refusal, size):
    assert f"{size} bytes long, no multiple of the 32" in refusal(bytes(size), "scene.splat")


def test_more_than_the_memory_holds(refusal, monkeypatch):
    def full(data, name):
        raise MemoryError

    monkeypatch.setattr("golden.scene_io.raw_from_splat", full)
    assert "needs more memory" in refusal(whole_file("scene.splat"), "scene.splat")
