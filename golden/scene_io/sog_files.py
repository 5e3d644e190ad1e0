"""The files of a .sog scene: members of a ZIP file, or files of a folder; and their pictures."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from golden.errors import InputError
from golden.files import read_bytes

ZIP_MAGIC = b"PK\x03\x04"
META = "meta.json"
# What deflate can reach at most; lossless WebP is held to the same for all pictures together.
MAX_RATIO = 1032
SLACK_BYTES = 1 << 20  # of tiny scenes, whose pictures are mostly edge
EIGHT_BIT_MODES = ("L", "LA", "P", "RGB", "RGBA")
# What zipfile raises on damage of all kinds.
ZIP_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError),
    *(RuntimeError, struct.error, LookupError, OverflowError),
)

Bytes = NDArray[np.uint8]


class SogFiles(Protocol):
    """Files by name. `name` : of the scene, for messages."""

    name: str

    def read(self, file: str) -> bytes:
        """All bytes of a file; raises InputError where there is none, or it is damaged."""


class Folder:
    """The files beside a meta.json.

    Parameters
    ----------
    path : of the folder. name : of the scene, for messages.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name

    def read(self, file: str) -> bytes:
        """As SogFiles.read; raises InputError on a name that leads out of the folder, too."""
        parts = PurePosixPath(file).parts
        if not parts or "\\" in file or ":" in file or parts[0] == "/" or ".." in parts:
            raise InputError(
                f"{self.name} names a file {file[:60]!r} outside its folder: export it again."
            )
        try:
            return read_bytes(self.path.joinpath(*parts))
        except (InputError, ValueError) as error:  # ValueError: a zero byte in the name
            raise InputError(
                f"{self.name} lacks its file {file[:60]!r}: copy the whole folder."
            ) from error


class Bundle:
    """The members of a bundled .sog, which is a ZIP file.

    Parameters
    ----------
    data : the whole file. name : of the scene, for messages.

    Raises InputError where it is no ZIP file.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self.size, self.name = len(data), name
        try:
            self.archive = zipfile.ZipFile(io.BytesIO(data))
        except ZIP_ERRORS as error:
            raise self._damaged("its ZIP directory cannot be read") from error

    def read(self, file: str) -> bytes:
        """As SogFiles.read; pictures are packed already, so none is larger than the bundle."""
        try:
            info = self.archive.getinfo(file)
        except KeyError as error:
            raise self._damaged(f"it has no member {file[:60]!r}") from error
        if info.file_size > self.size + SLACK_BYTES or info.flag_bits & 1:
            raise self._damaged(f"its member {file[:60]!r} cannot be unpacked")
        try:
            with self.archive.open(info) as member:
                data = member.read(info.file_size + 1)
        except ZIP_ERRORS as error:
            raise self._damaged(f"its member {file[:60]!r} cannot be unpacked") from error
        if len(data) != info.file_size or not data:
            raise self._damaged(f"its member {file[:60]!r} is not of the size that is promised")
        return data

    def _damaged(self, what: str) -> InputError:
        return InputError(f"{self.name} is a damaged .sog file ({what}): copy or export it again.")


def picture(data: bytes, file: str, name: str, most_pixels: int) -> Bytes:
    """Pixels of a picture, (height, width, 4) of R, G, B, A.

    Parameters
    ----------
    data : a lossless WebP or a PNG of 8 bits a channel.
    file : its name, and name, the scene's, for messages.
    most_pixels : that it may have; checked before any is decoded.

    Raises InputError where it is another picture, has more pixels, or is damaged.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of size, which is checked here
            with Image.open(io.BytesIO(data), formats=("WEBP", "PNG")) as image:
                width, height = image.size
                if width * height > most_pixels:
                    raise InputError(
                        f"{name}: its picture {file} is {width}x{height} px, where {most_pixels} "
                        "pixels are enough: the file is damaged, so export it again."
                    )
                if image.mode not in EIGHT_BIT_MODES:
                    raise InputError(
                        f"{name}: its picture {file} is of kind {image.mode}, not of 8 bits a "
                        "channel: export it again."
                    )
                return np.asarray(image.convert("RGBA"))
    except InputError:
        raise
    except UnidentifiedImageError as error:
        raise InputError(
            f"{name}: its picture {file} is neither WebP nor PNG: export it again."
        ) from error
    except (OSError, SyntaxError, ValueError, OverflowError, Image.DecompressionBombError) as error:
        raise InputError(
            f"{name}: its picture {file} is damaged or cut short: copy or export it again."
        ) from error
