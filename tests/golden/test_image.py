"""Pictures: PSNR in closed form, files written whole, bad files refused."""

from __future__ import annotations

import math
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from golden.errors import InputError
from golden.image import psnr_db, read_image, write_png

GREY = np.full((4, 6, 3), 0.5, np.float32)


@pytest.mark.parametrize(
    ("a", "b", "expected_db"),
    [
        (GREY, GREY, math.inf),
        (GREY, GREY + 0.1, 20),
        (GREY, GREY - 0.01, 40),
        (0 * GREY, 0 * GREY + 1, 0),
        (0 * GREY, 0 * GREY + 7, 0),  # clipped to 1
        (GREY - 3, 0 * GREY, math.inf),  # clipped to 0
        (GREY, np.where(np.arange(3) == 0, GREY + 0.3, GREY), -10 * math.log10(0.03)),
    ],
)
def test_psnr_closed_forms(a, b, expected_db):
    assert psnr_db(a, b) == pytest.approx(expected_db, abs=1e-5)
    assert psnr_db(b, a) == psnr_db(a, b)


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        (GREY, GREY[:3], r"shapes \(4, 6, 3\) and \(3, 6, 3\) cannot be compared"),
        (GREY, GREY[..., 0], "cannot be compared"),
        (GREY[:0], GREY[:0], "cannot be compared"),
        (GREY * np.nan, GREY, "first picture holds values that are not numbers"),
        (GREY, GREY * np.nan, "second picture holds values that are not numbers"),
    ],
)
def test_psnr_refuses(a, b, words):
    with pytest.raises(InputError, match=words):
        psnr_db(a, b)


def test_png_round_trip_of_every_level(tmp_path):
    levels = np.arange(256, dtype=np.float32).reshape(16, 16, 1) / 255
    image = np.concatenate([levels, levels[::-1], levels[:, ::-1]], axis=2)
    write_png(tmp_path / "new" / "a.png", image)
    assert np.array_equal(read_image(tmp_path / "new" / "a.png"), image)


@pytest.mark.parametrize(
    ("value", "level"),
    [(-1, 0), (0.49 / 255, 0), (0.51 / 255, 1), (254.4 / 255, 254), (2, 255), (np.inf, 255)],
)
def test_values_are_clipped_and_rounded(tmp_path, value, level):
    write_png(tmp_path / "a.png", np.full((1, 2, 3), value))
    assert np.asarray(Image.open(tmp_path / "a.png")).tolist() == [[[level] * 3] * 2]


@pytest.mark.parametrize(
    "image", [GREY[..., 0], GREY[..., :2], GREY[:0], GREY * np.nan], ids=["2d", "2ch", "0", "nan"]
)
def test_no_file_is_left_of_what_is_no_picture(tmp_path, image):
    with pytest.raises(InputError):
        write_png(tmp_path / "a.png", image)
    assert list(tmp_path.iterdir()) == []


def test_no_partial_file_is_left_when_writing_fails(tmp_path, monkeypatch):
    def half(self, path, format):
        path.write_bytes(b"half")
        raise MemoryError

    monkeypatch.setattr(Image.Image, "save", half)
    with pytest.raises(MemoryError):
        write_png(tmp_path / "a.png", GREY)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("mode", "expected"), [("L", [100] * 3), ("RGBA", [0, 0, 0]), ("P", [0, 0, 0])]
)
def test_other_kinds_become_rgb(tmp_path, mode, expected):
    Image.new(mode, (3, 2), 100 if mode != "P" else 0).save(tmp_path / "a.png")
    pixels = read_image(tmp_path / "a.png")
    assert pixels.shape == (2, 3, 3)
    np.testing.assert_allclose(pixels[0, 0] * 255, expected, atol=1e-4)


def png_header(width: int, height: int) -> bytes:
    """A PNG of that claimed size and no pixels."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    head = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return b"\x89PNG\r\n\x1a\n" + head + struct.pack(">I", 0) + b"IDAT" + b"\x35\xaf\x06\x1e"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"P7 not really", "is neither a PNG nor a JPEG"),
        (png_header(8, 8), "cannot be read"),
        (png_header(2**31 - 1, 2**31 - 1), "claims a side over|where a side may have"),
        (png_header(20_000, 10), "20000x10 px where a side may have 1 to 16384"),
        (png_header(8, 8)[:20], "cannot be read|is neither"),
    ],
)
def test_bad_files_are_refused_in_one_sentence(tmp_path, content, words):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(InputError, match=words) as refusal:
        read_image(tmp_path / "a.png")
    assert str(tmp_path / "a.png") in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_every_truncation_of_a_png_is_refused(tmp_path):
    noise = np.random.default_rng(0).random((9, 7, 3))
    write_png(tmp_path / "whole.png", noise)
    data = (tmp_path / "whole.png").read_bytes()
    for length in range(0, len(data) - 28, 3):
        (tmp_path / "cut.png").write_bytes(data[:length])
        with pytest.raises(InputError):
            read_image(tmp_path / "cut.png")


def test_missing_files_folders_and_sixteen_bits_are_refused(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read_image(tmp_path / "none.png")
    with pytest.raises(InputError, match="is a folder, not a file"):
        read_image(tmp_path)
    Image.new("I;16", (3, 2), 1000).save(tmp_path / "deep.png")
    with pytest.raises(InputError, match="I;16 where 8 bits"):
        read_image(tmp_path / "deep.png")
