"""COLMAP models that cannot be used: one sentence that names the file and the fault."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from golden.camera_io import read_cameras
from golden.errors import InputError
from tests.golden.scene_io.byte_changes import refusals_of_changes

NAN = float("nan")


def refusal(path: Path) -> str:
    """The message of the InputError, one line that starts with the file and ends as a sentence."""
    with pytest.raises(InputError) as caught:
        read_cameras(path)
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith(".")
    assert len(text) < 400
    return text


def test_what_is_not_there(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / "gone.json")
    assert "holds no COLMAP model" in refusal(tmp_path)
    (tmp_path / "cameras.txt").write_text("1 PINHOLE 4 4 1 1 2 2")
    assert "holds no COLMAP model" in refusal(tmp_path)
    assert "images.txt cannot be read" in refusal(tmp_path / "cameras.txt")


LENS = "1 PINHOLE 640 480 500 500 320 240"
IMAGE = "1 1 0 0 0 0 0 0 1 a.png\n\n"
TEXT_CASES = {
    "distorted": ("1 SIMPLE_RADIAL 4 4 1 2 2 0.01", IMAGE, "lens distortion k is 0.01, not zero"),
    "fisheye": ("1 OPENCV_FISHEYE 4 4 1 1 2 2 0 0 0 0", IMAGE, "'OPENCV_FISHEYE' is not supp"),
    "short lens": ("1 PINHOLE 640", IMAGE, "cameras.txt: line 1 is no camera"),
    "parameters": ("# x\n1 PINHOLE 4 4 1 2 2", IMAGE, "line 2: PINHOLE has 3 parameters where 4"),
    "lens word": ("1 PINHOLE 640 480 500 500 320 x", IMAGE, "a word that is no number"),
    "lens part size": ("1 PINHOLE 640.5 480 500 500 320 240", IMAGE, "a word that is no number"),
    "lens nan": ("1 PINHOLE 640 480 nan 500 320 240", IMAGE, "is not a finite number"),
    "lens negative": ("1 PINHOLE 640 480 -5 500 320 240", IMAGE, "a.png: intrinsics fx=-5.0"),
    "lens zero size": (
        "1 PINHOLE 0 480 5 500 320 240",
        IMAGE,
        "the image size is outside 1..16384",
    ),
    "lens twice": (f"{LENS}\n{LENS}", IMAGE, "line 2: the camera id was used before"),
    "no lens": ("# none", IMAGE, "(a.png) refers to camera 1, which cameras.txt does not hold"),
    "no images": (LENS, "# none\n", "images.txt holds no cameras"),
    "short image": (LENS, "1 1 0 0 0 0 0 0 1\n\n", "images.txt: line 1 is no image"),
    "image word": (
        LENS,
        "1 1 0 0 0 zero 0 0 1 a.png\n\n",
        "(a.png) holds a word that is no number",
    ),
    "image inf": (
        LENS,
        "1 1 0 0 0 inf 0 0 1 a.png\n\n",
        "(a.png): the pose is not a finite number",
    ),
    "zero quaternion": (LENS, IMAGE.replace("1 1 0", "1 0 0"), "(a.png): the quaternion is zero"),
    "points left out": (LENS, IMAGE.strip() + "\n2 1 0 0 0 0 0 0 1 b.png\n", "is not followed by"),
    "points cut": (
        LENS,
        IMAGE.strip() + "\n1.5 2.5\n",
        "is not followed by a line of image points",
    ),
    "image twice": (LENS, IMAGE * 2, "the image name a.png appears twice"),
    "not UTF-8": (LENS, IMAGE.replace("a.png", "\xff.png"), "images.txt is not UTF-8 text"),
}


@pytest.mark.parametrize("case", TEXT_CASES)
def test_bad_colmap_text(tmp_path: Path, case: str) -> None:
    lenses, images, wanted = TEXT_CASES[case]
    (tmp_path / "cameras.txt").write_text(lenses)
    (tmp_path / "images.txt").write_bytes(images.encode("latin-1"))
    assert wanted in refusal(tmp_path)


def test_a_huge_quaternion_is_only_long(tmp_path: Path) -> None:
    (tmp_path / "cameras.txt").write_text(LENS)
    (tmp_path / "images.txt").write_text("1 1e300 1e300 0 0 0 0 0 1 a.png\n")
    (camera,) = read_cameras(tmp_path)
    np.testing.assert_allclose(camera.viewmat[1:3, 1:3], [[0, -1], [1, 0]], atol=1e-15)


def binary_lens(model: int = 1, count: int = 1, width: int = 640) -> bytes:
    return struct.pack("<QIiQQ4d", count, 1, model, width, 480, 500, 500, 320, 240)


def binary_image(
    count: int = 1, quat: float = 1.0, name: bytes = b"a.png\0", points: int = 0
) -> bytes:
    head = struct.pack("<QI7dI", count, 1, quat, 0, 0, 0, 0, 0, 0, 1)
    return head + name + struct.pack("<Q", points)


BINARY_CASES = {
    "no count": (b"\0\0\0", binary_image(), "cameras.bin is cut off (8 bytes needed, 3 left)"),
    "lens count 2^31": (binary_lens(count=2**31), binary_image(), "claims 2147483648 cameras but"),
    "lens count 2^64-1": (binary_lens(count=2**64 - 1), binary_image(), "cameras but has only 64"),
    "lens cut": (binary_lens()[:-1], binary_image(), "camera 0 is cut off"),
    "lens long": (binary_lens() + b"\0", binary_image(), "goes on for 1 bytes after its last"),
    "distorted": (
        binary_lens(model=5),
        binary_image(),
        "camera model 'OPENCV_FISHEYE' is not",
    ),
    "unknown model": (binary_lens(model=-1), binary_image(), "camera model 'number -1' is not"),
    "size 2^63": (binary_lens(width=2**63), binary_image(), "a.png: the image size is outside"),
    "image count": (binary_lens(), binary_image(count=2), "claims 2 images but has only"),
    "image count 0": (binary_lens(), struct.pack("<Q", 0), "images.bin holds no cameras"),
    "image cut": (binary_lens(), binary_image()[:-1], "image 0 (a.png) is cut off"),
    "points 2^62": (binary_lens(), binary_image(points=2**62), "with 4611686018427387904 image"),
    "points cut": (binary_lens(), binary_image(points=2) + bytes(47), "is cut off (48 bytes"),
    "image long": (binary_lens(), binary_image() + bytes(3), "goes on for 3 bytes"),
    "name endless": (binary_lens(), binary_image(name=b"a" * 90, points=-1 % 2**64), "has no end"),
    "name empty": (binary_lens(), binary_image(name=b"\0") + b"\0", "the image name '' is not"),
    "name not UTF-8": (binary_lens(), binary_image(name=b"\xff\0"), "the image name is not UTF-8"),
    "quaternion nan": (binary_lens(), binary_image(quat=NAN), "(a.png): the pose is not a finite"),
    "quaternion zero": (binary_lens(), binary_image(quat=0.0), "(a.png): the quaternion is zero"),
}


@pytest.mark.parametrize("case", BINARY_CASES)
def test_bad_colmap_binary(tmp_path: Path, case: str) -> None:
    lenses, images, wanted = BINARY_CASES[case]
    (tmp_path / "cameras.bin").write_bytes(lenses)
    (tmp_path / "images.bin").write_bytes(images)
    assert wanted in refusal(tmp_path)


def test_every_cut_and_every_changed_byte_is_an_answer_or_a_refusal(tmp_path: Path) -> None:
    """No other exception, whatever a byte becomes."""
    files = {
        "cameras.txt": LENS.encode(),
        "images.txt": IMAGE.encode(),
        "cameras.bin": binary_lens(),
        "images.bin": binary_image(),
    }
    assert len(refusals_of_changes(tmp_path, files)) > 300
