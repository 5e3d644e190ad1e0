"""Scene files that are nearly right: read where harmless, with a warning where it may not be."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from golden.errors import InputError, InputWarning
from golden.scene import Scene
from golden.scene_io import read_scene
from tests.golden.scene_io.scene_files import (
    inria_columns,
    inria_file,
    ply_file,
    random_scene,
    spz_file,
    table,
)

FORMS = ["binary_little_endian", "binary_big_endian", "ascii"]


def written(folder: Path, data: bytes, name: str = "s.ply") -> Path:
    (folder / name).write_bytes(data)
    return folder / name


def quiet(path: Path, **options: object) -> Scene:
    """The scene, read without a word."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return read_scene(path, **options)


def assert_equal(one: Scene, other: Scene) -> None:
    for field in ("means", "scales", "quats", "opacities", "sh"):
        np.testing.assert_array_equal(getattr(one, field), getattr(other, field))


@pytest.mark.parametrize("form", FORMS)
def test_empty_lines_in_the_header(tmp_path, form):
    plain = inria_file(random_scene(), form)
    wanted = read_scene(written(tmp_path, plain))
    for place in (b"ply\n", b"element vertex 40\n", b"property float opacity\n", b"1.0\n"):
        for blank in (b"\n", b"  \n\n"):
            data = plain.replace(place, place + blank, 1)
            assert data != plain
            assert_equal(quiet(written(tmp_path, data)), wanted)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("more", [b"\n", b"\n\n", b" \r\n"])
def test_blanks_behind_the_last_row(tmp_path, form, more):
    plain = inria_file(random_scene(), form)
    wanted = read_scene(written(tmp_path, plain))
    assert_equal(quiet(written(tmp_path, plain + more)), wanted)


@pytest.mark.parametrize("form", FORMS)
def test_more_behind_the_last_row_is_left_out_with_a_warning(tmp_path, form):
    plain = inria_file(random_scene(), form)
    wanted = read_scene(written(tmp_path, plain))
    with pytest.warns(InputWarning, match=r"s\.ply goes on for (5 bytes|1 lines) after"):
        assert_equal(
            read_scene(written(tmp_path, plain + b"1 2 3\n"[:5] + b"\n"[: form == "ascii"])), wanted
        )


@pytest.mark.parametrize("form", FORMS)
def test_other_elements_and_empty_ones(tmp_path, form):
    vertices = table(inria_columns(random_scene()))
    wanted = read_scene(written(tmp_path, ply_file({"vertex": vertices}, form)))
    other, none = np.ones(3, [("a", "f4"), ("b", "u1")]), np.empty(0, [("c", "f4")])
    for elements in (
        {"camera": other, "vertex": vertices},
        {"vertex": vertices, "camera": other},
        {"none": none, "vertex": vertices, "more": none},
    ):
        assert_equal(quiet(written(tmp_path, ply_file(elements, form))), wanted)


@pytest.mark.parametrize("form", FORMS)
def test_elements_with_lists_behind_the_gaussians(tmp_path, form):
    plain = inria_file(random_scene(), form)
    wanted = read_scene(written(tmp_path, plain))
    head, body = plain.split(b"end_header\n", 1)
    lists = b"property list uchar int vertex_indices\nend_header\n"
    faces = b"3 0 1 2\n" if form == "ascii" else b"\3" + bytes(12)
    data = head + b"element face 0\n" + lists + body
    assert_equal(quiet(written(tmp_path, data)), wanted)
    data = head + b"element face 1\n" + lists + body + faces
    assert_equal(quiet(written(tmp_path, data)), wanted)


def test_gaussians_behind_lists_are_still_refused(tmp_path):
    plain = inria_file(random_scene())
    data = plain.replace(
        b"element vertex", b"element face 1\nproperty list uchar int i\nelement vertex"
    )
    with pytest.raises(InputError, match="'face' has a list property"):
        read_scene(written(tmp_path, data))


def faulty(scene: Scene) -> bytes:
    """Gaussians 3 (not finite), 5 and 6 (no orientation), 8 (an infinite size) cannot be."""
    columns = inria_columns(scene)
    columns["y"][3] = np.nan
    for i in range(4):
        columns[f"rot_{i}"] = columns[f"rot_{i}"].copy()
        columns[f"rot_{i}"][5:7] = 0
    columns["scale_1"][8] = 200
    return ply_file({"vertex": table(columns)})


def test_invalid_rows_are_refused_and_on_request_dropped_and_counted(tmp_path):
    scene = random_scene()
    path = written(tmp_path, faulty(scene))
    with pytest.raises(InputError, match="remove them or export the scene again"):
        read_scene(path)
    wanted = read_scene(written(tmp_path, inria_file(scene), "good.ply"))
    with pytest.warns(InputWarning) as said:
        left = read_scene(path, drop_invalid=True)
    assert str(said[0].message) == (
        "s.ply: 4 of 40 Gaussians were dropped (2 with a value that is not a finite number, "
        "2 without an orientation)."
    )
    keep = np.setdiff1d(np.arange(40), [3, 5, 6, 8])
    np.testing.assert_array_equal(left.means, wanted.means[keep])
    np.testing.assert_array_equal(left.sh, wanted.sh[keep])
    assert_equal(quiet(tmp_path / "good.ply", drop_invalid=True), wanted)


def test_a_scene_of_which_nothing_is_left(tmp_path):
    columns = inria_columns(random_scene())
    columns["x"][:] = np.inf
    with pytest.raises(InputError, match="no Gaussian is left of 40"):
        read_scene(written(tmp_path, ply_file({"vertex": table(columns)})), drop_invalid=True)


def test_sizes_of_zero_in_a_splat_are_dropped(tmp_path):
    rows = np.zeros(3, [("mean", "f4", 3), ("scale", "f4", 3), ("rgba", "u1", 4), ("q", "u1", 4)])
    rows["scale"][:2], rows["q"] = 1, 255
    path = written(tmp_path, rows.tobytes(), "s.splat")
    with pytest.warns(InputWarning, match="1 of 3 .*1 with a size or an opacity out of range"):
        assert len(read_scene(path, drop_invalid=True)) == 2


def test_the_filter_of_mip_splatting(tmp_path):
    """Of a Gaussian of 0.1, 0.2, 0.05 and a filter of 0.05: in closed form."""
    scene = random_scene(2)
    columns = inria_columns(scene)
    for i, size in enumerate((0.1, 0.2, 0.05)):
        columns[f"scale_{i}"][0] = np.log(size)
    columns["opacity"][0] = 0.0
    columns["filter_3D"] = np.array([0.05, 0.0])
    read = quiet(written(tmp_path, ply_file({"vertex": table(columns, "f8")})))
    wide = np.sqrt(np.array([0.0125, 0.0425, 0.005]))
    np.testing.assert_allclose(read.scales[0], wide, rtol=1e-6)
    np.testing.assert_allclose(read.opacities[0], 0.5 * 0.001 / wide.prod(), rtol=1e-6)
    np.testing.assert_allclose(read.scales[1], scene.scales[1], rtol=1e-6)
    np.testing.assert_allclose(read.opacities[1], scene.opacities[1], rtol=1e-6)


def test_two_scales_are_discs(tmp_path):
    scene = random_scene()
    columns = inria_columns(scene)
    del columns["scale_2"]
    with pytest.warns(InputWarning, match="two scales a Gaussian, as 2D Gaussian splatting"):
        read = read_scene(written(tmp_path, ply_file({"vertex": table(columns)})))
    np.testing.assert_allclose(read.scales[:, :2], scene.scales[:, :2], rtol=1e-6)
    np.testing.assert_allclose(read.scales[:, 2], 1e-3 * scene.scales[:, :2].min(1), rtol=1e-5)


@pytest.mark.parametrize(
    ("dtype", "most"), [("u1", 255), ("u4", 2**32 - 1), ("f4", 1)], ids=["byte", "word", "float"]
)
def test_colours_without_harmonics(tmp_path, dtype, most):
    columns = {k: v for k, v in inria_columns(random_scene()).items() if "f_" not in k}
    rows = np.empty(40, [*((k, "f4") for k in columns), *((c, dtype) for c in COLORS)])
    for name, values in columns.items():
        rows[name] = values
    shares = np.random.default_rng(3).uniform(0, 1, (40, 3))
    for color, values in zip(COLORS, shares.T, strict=True):
        rows[color] = values * most if most == 1 else np.rint(values * most)
    with pytest.warns(InputWarning, match="red, green, blue and no spherical harmonics"):
        read = read_scene(written(tmp_path, ply_file({"vertex": rows})))
    assert read.sh_degree == 0
    drawn = 0.5 + read.sh[:, 0] * 0.5 / np.sqrt(np.pi)
    np.testing.assert_allclose(drawn, shares, atol=0.6 / min(most, 255) if most > 1 else 1e-6)


COLORS = ("red", "green", "blue")


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        (["x", "y", "z", "red", "green", "blue"], "is a point cloud"),
        (["x", "y", "z", "f_anchor_feat_0", "f_offset_0"], "anchors of Scaffold-GS"),
        (["x", "y", "z", "trbf_center", "scale_0", "rot_0", "opacity"], "that move in time"),
        (["x", "y", "z", "opacity", "scale_0", "rot_0"], "lacks scale_0, scale_1, scale_2|lacks"),
    ],
)
def test_other_kinds_are_named_for_what_they_are(tmp_path, columns, what):
    data = ply_file({"vertex": table({name: np.ones(20) for name in columns})})
    with pytest.raises(InputError, match=what) as caught:
        read_scene(written(tmp_path, data))
    assert "not a mesh" not in str(caught.value)


def test_a_mesh_is_named_a_mesh(tmp_path):
    vertices = ply_file({"vertex": table({name: np.ones(3) for name in "xyz"})})
    head, body = vertices.split(b"end_header\n", 1)
    data = (
        head + b"element face 1\nproperty list uchar int i\nend_header\n" + body + b"\3" + bytes(12)
    )
    with pytest.raises(InputError, match="is a mesh: its vertices have no scale_0"):
        read_scene(written(tmp_path, data))


def test_activated_values_get_a_hint(tmp_path):
    scene = random_scene()
    columns = inria_columns(scene)
    quiet(written(tmp_path, ply_file({"vertex": table(columns)})))
    sizes = columns | {f"scale_{i}": scene.scales[:, i] for i in range(3)}
    with pytest.warns(InputWarning, match=r"its scales \(all above 0.*look activated already"):
        read_scene(written(tmp_path, ply_file({"vertex": table(sizes)})))
    both = sizes | {"opacity": scene.opacities}
    with pytest.warns(InputWarning, match="its scales .* and opacities .* look activated"):
        read_scene(written(tmp_path, ply_file({"vertex": table(both)})))


@pytest.mark.parametrize("degree", [0, 1, 3])
def test_spz_that_kept_the_axes_of_ply(tmp_path, degree):
    """Whoever writes PLY's axes into a .spz leaves signs as they are; rub turns them, rdf not."""
    scene = random_scene(degree=degree)
    path = written(tmp_path, spz_file(scene), "s.spz")
    rub, rdf = quiet(path, axes="rub"), quiet(path, axes="rdf")
    assert_equal(rub, quiet(path))
    np.testing.assert_array_equal(rdf.means, rub.means * np.float32([1, -1, -1]))
    np.testing.assert_array_equal(rdf.quats, rub.quats * np.float32([1, 1, -1, -1]))
    np.testing.assert_array_equal(rdf.sh[:, 0], rub.sh[:, 0])
    if degree:
        # Y(1, -1) and Y(1, 0) are odd in y and z, Y(1, 1) is even in both.
        np.testing.assert_array_equal(rdf.sh[:, 1:3], -rub.sh[:, 1:3])
        np.testing.assert_array_equal(rdf.sh[:, 3], rub.sh[:, 3])


def test_axes_are_of_spz_and_gltf_alone(tmp_path):
    path = written(tmp_path, inria_file(random_scene()))
    with pytest.raises(InputError, match=r"s\.ply is no \.spz and no glTF"):
        read_scene(path, axes="rdf")
    with pytest.raises(InputError, match="axes 'xyz' are not known: choose luf, rdf, rub"):
        read_scene(path, axes="xyz")
