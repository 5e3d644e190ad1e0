"""Files cut short and files with one byte changed, for readers of cameras."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from golden.camera_io import read_cameras
from golden.errors import InputError


def refusals_of_changes(folder: Path, files: dict[str, bytes], seed: int = 8) -> list[str]:
    """Messages with which changed files of a folder are refused; any other exception goes through.

    Each file in turn is cut before each byte, and has each byte changed, while the others are
    good. What is read nevertheless must hold cameras, and every message must name the folder.
    """
    for name, good in files.items():
        (folder / name).write_bytes(good)
    rng = np.random.default_rng(seed)
    refusals: list[str] = []
    for name, good in files.items():
        for i in range(len(good)):
            changed = bytearray(good)
            changed[i] ^= int(rng.integers(1, 256))
            for bad in (good[:i], bytes(changed)):
                (folder / name).write_bytes(bad)
                try:
                    assert read_cameras(folder / name)
                except InputError as error:
                    refusals.append(str(error))
        (folder / name).write_bytes(good)
    assert all(text.startswith(str(folder)) for text in refusals)
    return refusals
