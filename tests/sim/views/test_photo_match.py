"""Photographs and cameras: by path, then by stem, and never by a guess."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from golden.camera import Camera
from golden.errors import InputError, InputWarning
from golden.image import image_size_px, read_image
from sim.views.blind_views import warn_of_blind_views
from sim.views.photo_match import match_names
from sim.views.photos import photographed


def camera(name, width=8, height=6):
    return Camera(name, width, height, 9.0, 9.0, width / 2, height / 2, np.eye(4))


@pytest.fixture
def folder(tmp_path):
    def make(*names, size=(8, 6)):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", size).save(path)
        return tmp_path

    return make


def matched(folder, *names):
    found = match_names([camera(name) for name in names], folder)
    return {name: path.relative_to(folder).as_posix() for name, path in found.items()}


@pytest.mark.parametrize(
    ("photos", "wanted"),
    [
        (["a.png"], {"a.png": "a.png"}),
        (["a.png"], {"a": "a.png"}),
        (["a.JPG"], {"a.png": "a.JPG"}),
        (["a.0001.png"], {"a.0001": "a.0001.png"}),
        (["r/a.png", "l/a.png"], {"l/a.png": "l/a.png", "r/a.png": "r/a.png"}),
        (["r/a.png", "l/a.png", "a.png"], {"l/a.png": "l/a.png", "r/a.png": "r/a.png"}),
        (["r/a.jpg", "l/a.jpg"], {"l/a": "l/a.jpg", "r/a.png": "r/a.jpg"}),
        (["a.png"], {"images/a.png": "a.png"}),
        (["images/a.png"], {"a.png": "images/a.png"}),
        (["images/l/a.png", "images/r/a.png"], {"r/a": "images/r/a.png", "l/a": "images/l/a.png"}),
        (["a.png"], {"../x/a.png": "a.png"}),
        (["a.png"], {"/data/x/a.png": "a.png"}),
        (["a.png", "b.png"], {"a.png": "a.png"}),
        (["l/a.png"], {}),
        (["a#0.png", "a#1.png"], {"a#0": "a#0.png", "a#1": "a#1.png"}),
    ],
)
def test_the_right_one_for_each(folder, photos, wanted):
    names = list(wanted) or ["r/a.png"]
    assert matched(folder(*photos), *names) == wanted


@pytest.mark.parametrize(
    ("photos", "names", "both"),
    [
        (["a.png", "a.jpg"], ["a"], ["a.png", "a.jpg"]),
        (["l/a.png", "r/a.png"], ["a.png"], ["l/a.png", "r/a.png"]),
        (["a.png"], ["l/a.png", "r/a.png"], ["l/a.png", "r/a.png"]),
        (["0000.png"], ["0000#0", "0000#2"], ["0000#0", "0000#2"]),
        (["a.png"], ["a.jpg", "a.JPG"], ["a.jpg", "a.JPG"]),
    ],
)
def test_what_fits_two_is_refused_with_both_named(folder, photos, names, both):
    with pytest.raises(InputError, match="may be the photograph of camera") as caught:
        matched(folder(*photos), *names)
    assert all(name in str(caught.value) for name in both)


def test_a_name_does_not_lead_out_of_the_folder(folder):
    inside = folder("photos/b.png", "a.png") / "photos"
    assert matched(inside, "../a.png") == {}


def test_cameras_take_the_size_of_their_photograph(folder):
    ((found, path),) = photographed([camera("a.png", 16, 12)], folder("a.png"))
    assert (found.width, found.height, found.fx) == (8, 6, 4.5)
    assert path.name == "a.png"


def test_a_photograph_of_another_shape_is_refused(folder):
    with pytest.raises(InputError, match=r"a\.png is 80x60 px, of another shape than camera a"):
        photographed([camera("a", 60, 80)], folder("a.png", size=(80, 60)))


def test_alpha_is_composed_over_the_background(tmp_path):
    levels = np.zeros((1, 3, 4), np.uint8)
    levels[0] = [[255, 100, 50, 255], [255, 100, 50, 0], [255, 100, 50, 51]]
    Image.fromarray(levels).save(tmp_path / "a.png")
    black = read_image(tmp_path / "a.png")
    full = np.array([255, 100, 50]) / 255
    np.testing.assert_allclose(black[0], [full, 0 * full, 0.2 * full], atol=1e-6)
    white = read_image(tmp_path / "a.png", (1.0, 1.0, 1.0))
    np.testing.assert_allclose(white[0], [full, 0 * full + 1, 0.2 * full + 0.8], atol=1e-6)


def test_a_clear_colour_of_a_palette_counts_as_transparent(tmp_path):
    picture = Image.new("P", (2, 1))
    picture.putpalette([200, 0, 0, 0, 200, 0])
    picture.putpixel((1, 0), 1)
    picture.save(tmp_path / "a.png", transparency=1)
    np.testing.assert_allclose(read_image(tmp_path / "a.png")[0] * 255, [[200, 0, 0], [0, 0, 0]])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_of_exif_is_applied(tmp_path, orientation):
    """Each of the eight ways in which a picture may lie, made by hand from the upright one."""
    upright = np.arange(12, dtype=np.uint8).reshape(3, 4)
    lying = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright),
        7: upright[::-1, ::-1].T,
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(np.ascontiguousarray(lying)).save(tmp_path / "a.png", exif=exif)
    read = read_image(tmp_path / "a.png")
    np.testing.assert_array_equal(np.rint(read[..., 0] * 255), upright)
    assert image_size_px(tmp_path / "a.png") == (4, 3)


def test_views_that_see_nothing_are_named(recwarn):
    warn_of_blind_views({"a": 3, "b": 1}, "s.ply")
    assert not recwarn
    with pytest.warns(InputWarning, match=r"2 of 3 views see nothing of s\.spz \(b, c\).*--trans"):
        warn_of_blind_views({"a": 3, "b": 0, "c": 0}, "s.spz")
    with pytest.warns(InputWarning, match=r"see nothing of s\.spz .* --axes rdf\."):
        warn_of_blind_views({"a": 0, "b": 0}, "s.spz")
    with pytest.warns(InputWarning, match=r"the view sees nothing of s\.ply \(a\)") as said:
        warn_of_blind_views({"a": 0}, "s.ply")
    assert "--axes" not in str(said[0].message)
