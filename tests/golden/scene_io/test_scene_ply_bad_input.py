"""INRIA's and compressed .ply files that lie about themselves, or hold something else."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from tests.golden.scene_io.scene_files import (
    compressed_elements,
    inria_columns,
    ply_file,
    random_scene,
    table,
)
from tests.golden.scene_io.scene_kinds import whole_file
from tests.golden.scene_io.scene_refusal import low_memory, refused


@pytest.fixture
def refusal(tmp_path):
    return partial(refused, tmp_path)


@pytest.mark.parametrize("prop", ["x", "f_dc_2", "opacity", "scale_1", "rot_0"])
def test_missing_properties_are_named(refusal, prop):
    columns = inria_columns(random_scene())
    del columns[prop]
    assert f"lacks {prop}, which" in refusal(ply_file({"vertex": table(columns)}), "scene.ply")


def test_a_point_cloud_is_no_scene(refusal):
    cloud = {"vertex": table({name: np.ones(3) for name in ("x", "y", "z", "red")})}
    text = refusal(ply_file(cloud), "points.ply")
    assert "is a point cloud: its vertices have no scale_0, rot_0 and opacity" in text
    assert "lacks x, y, z" in refusal(ply_file({"camera": cloud["vertex"]}), "cameras.ply")


@pytest.mark.parametrize("dropped", [[44], [0], [20], [0, 1, 2], list(range(36)), list(range(44))])
def test_numbers_of_f_rest_that_fit_no_degree(refusal, dropped):
    columns = inria_columns(random_scene(degree=3))
    for i in dropped:
        del columns[f"f_rest_{i}"]
    text = refusal(ply_file({"vertex": table(columns)}), "scene.ply")
    assert f"{45 - len(dropped)} properties f_rest_* fit no degree" in text


HEADERS = {
    "negative count": (b"vertex 4", b"vertex -4"),
    "count of 2^31": (b"vertex 4", b"vertex 2147483648"),
    "count of 2^64": (b"vertex 4", b"vertex 18446744073709551616"),
    "count within the limit": (b"vertex 4", b"vertex 99999999"),
    "one too many": (b"vertex 4", b"vertex 5"),
    "none": (b"vertex 4", b"vertex 0"),
    "no count": (b"vertex 4", b"vertex"),
    "words for a count": (b"vertex 4", b"vertex four"),
    "unknown format": (b"format ", b"format tar_"),
    "unknown type": (b"property float x", b"property quad x"),
    "name twice": (b"property float y", b"property float x"),
    "list": (b"property float x", b"property list uchar int x"),
    "property first": (b"element vertex 4", b"property float w\nelement vertex 4"),
    "element twice": (b"element vertex 4", b"element vertex 0\nelement vertex 4"),
    "no end": (b"end_header", b"end_heading"),
    "no format": (b"format ", b"comment format "),
    "not ASCII": (b"property float x", "property float ×".encode()),
}


@pytest.mark.parametrize("kind", ["little.ply", "ascii.ply"])
@pytest.mark.parametrize("change", HEADERS.values(), ids=HEADERS)
def test_ply_headers_that_lie(refusal, kind, change):
    data = whole_file(kind).replace(*change, 1)
    assert low_memory(lambda: refusal(data, kind))


@pytest.mark.parametrize(
    ("element", "prop"),
    [
        ("vertex", "packed_rotation"),
        ("vertex", "packed_color"),
        ("chunk", "max_y"),
        ("chunk", "max_b"),
    ],
)
def test_missing_parts_of_a_compressed_ply(refusal, element, prop):
    elements = compressed_elements(random_scene(degree=1))
    columns = {
        name: elements[element][name] for name in elements[element].dtype.names if name != prop
    }
    elements[element] = table(columns, elements[element].dtype[0].str[1:])
    assert prop in refusal(ply_file(elements), "scene.ply")


def test_compressed_ply_with_counts_that_disagree(refusal):
    elements = compressed_elements(random_scene(600, 1))
    for element, wanted in (("chunk", "has 2 chunks where 600"), ("sh", "sh of 599 rows")):
        short = elements | {element: elements[element][:-1]}
        assert wanted in refusal(ply_file(short), "scene.ply")
    floats = elements | {
        "vertex": elements["vertex"].astype([(n, "f4") for n in elements["vertex"].dtype.names])
    }
    assert "no whole-number property packed_position" in refusal(ply_file(floats), "scene.ply")
    rest = {n: elements["sh"][n] for n in elements["sh"].dtype.names if n != "f_rest_8"}
    text = refusal(ply_file(elements | {"sh": table(rest, "u1")}), "scene.ply")
    assert "8 properties f_rest_*" in text
    elements["chunk"]["max_x"][1] = np.nan
    assert "means of Gaussian 256 is not a finite" in refusal(ply_file(elements), "scene.ply")
