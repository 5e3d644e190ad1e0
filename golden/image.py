"""Pictures in and out of files, and the distance of two of them."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from golden.camera import MAX_SIZE_PX
from golden.errors import InputError
from golden.files import atomic_path, read_bytes
from golden.scene import Float32

T = TypeVar("T")

Background = tuple[float, float, float]  # R, G, B behind a picture, 0 to 1
BLACK: Background = (0.0, 0.0, 0.0)
EIGHT_BIT_MODES = {"RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "YCbCr"}


def parse_background(text: str) -> Background:
    """R, G, B of "R,G,B", each 0 to 1. Raises InputError on anything else."""
    try:
        red, green, blue = (float(part) for part in text.split(","))
    except ValueError:
        red = green = blue = math.nan
    if not all(0 <= value <= 1 for value in (red, green, blue)):
        raise InputError(
            f"background {text!r} is not three numbers of 0 to 1: give 1,1,1 for white."
        )
    return red, green, blue


def write_png(path: Path, image: NDArray[np.floating]) -> None:
    """Writes (height, width, 3) values as an 8-bit PNG: floor(255 clip(v, 0, 1) + 1/2).

    Raises InputError on another shape, on a value that is not a number, and where the file
    cannot be written; no partial file is left.
    """
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise InputError(
            f"{path}: an array of shape {image.shape} is no picture: give (height, width, 3)."
        )
    _refuse_nan(image, str(path))
    levels = np.floor(255 * np.clip(image.astype(np.float64), 0, 1) + 0.5).astype(np.uint8)
    with atomic_path(path) as temporary:
        Image.fromarray(levels).save(temporary, format="PNG")


def read_image(path: Path, background: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Float32:
    """Picture of an 8-bit PNG or JPEG file as it is meant to be seen, (height, width, 3) float32.

    Value = level / 255, 0 to 1; grey becomes three equal channels. Where the file has
    transparency a, value = a v + (1 - a) background, as a renderer composes; an orientation in its
    EXIF data is applied.

    Parameters
    ----------
    background : R, G, B, 0 to 1, of the picture that it is compared with.

    Raises InputError where the file cannot be read, is neither or cut short, has more than 8 bits
    a channel, or a side over 16384 px.
    """
    levels = _opened(path, _levels)
    values = (levels[..., :3] / np.float32(255)).astype(np.float32)
    if levels.shape[2] == 3:
        return values
    alpha = levels[..., 3:] / np.float32(255)
    return (alpha * values + (1 - alpha) * np.array(background, np.float32)).astype(np.float32)


def image_size_px(path: Path) -> tuple[int, int]:
    """Width and height of a PNG or JPEG file, px, as read_image gives it; raises as it does."""
    return _opened(path, lambda picture: _upright(picture.size, picture))


def _levels(picture: Image.Image) -> NDArray[np.uint8]:
    """(height, width, 3 or 4) of an open picture, upright."""
    clear = "A" in picture.getbands() or "transparency" in picture.info
    upright = ImageOps.exif_transpose(picture)
    return np.asarray(upright.convert("RGBA" if clear else "RGB"))


def _upright(size: tuple[int, int], picture: Image.Image) -> tuple[int, int]:
    """The size with its sides changed over where the orientation lays them."""
    orientation = picture.getexif().get(274)  # the tag's number
    return (size[1], size[0]) if orientation in (5, 6, 7, 8) else size


def _opened(path: Path, use: Callable[[Image.Image], T]) -> T:
    """What `use` makes of the open picture; raises InputError as read_image does."""
    data = io.BytesIO(read_bytes(path))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the size is checked here, damage is refused
            with Image.open(data, formats=("PNG", "JPEG")) as picture:
                _refuse_unusable(picture, path)
                return use(picture)
    except UnidentifiedImageError as error:
        raise InputError(
            f"{path} is neither a PNG nor a JPEG picture: give one of them."
        ) from error
    except (Image.DecompressionBombError, OverflowError) as error:
        raise InputError(
            f"{path} claims a side over {MAX_SIZE_PX} px: give a smaller picture."
        ) from error
    except (OSError, SyntaxError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        reason = getattr(error, "strerror", None) or "it is damaged or cut short"
        raise InputError(f"{path} cannot be read ({reason}): give a complete file.") from error


def _refuse_unusable(picture: Image.Image, path: Path) -> None:
    if max(picture.size) > MAX_SIZE_PX or min(picture.size) < 1:
        raise InputError(
            f"{path} is {picture.size[0]}x{picture.size[1]} px where a side may have 1 to "
            f"{MAX_SIZE_PX}: give a smaller picture."
        )
    if picture.mode not in EIGHT_BIT_MODES:
        raise InputError(
            f"{path} is of kind {picture.mode} where 8 bits a channel are needed: convert it."
        )


def psnr_db(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """PSNR = -10 log10(mean((a - b)^2)) in dB, peak 1, after clipping both to 0..1.

    The mean is over all pixels and channels, in float64; +infinity where the clipped pictures
    are equal. Raises InputError on different or empty shapes or a value that is not a number.
    """
    if a.shape != b.shape or a.size == 0:
        raise InputError(
            f"pictures of shapes {a.shape} and {b.shape} cannot be compared: give two of one size."
        )
    _refuse_nan(a, "the first picture")
    _refuse_nan(b, "the second picture")
    difference = np.clip(a.astype(np.float64), 0, 1) - np.clip(b.astype(np.float64), 0, 1)
    mse = float(np.mean(difference * difference))
    return math.inf if mse == 0 else -10 * math.log10(mse)


def _refuse_nan(image: NDArray[np.floating], what: str) -> None:
    if np.isnan(image).any():
        raise InputError(f"{what} holds values that are not numbers: render it again.")
