"""Checks that the tests of scenes share: what is refused, and with how much memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from golden.errors import InputError
from golden.scene_io import read_scene


def refused(folder: Path, data: bytes, name: str) -> str:
    """Writes bytes under a name; the one sentence with which reading them is refused."""
    path = folder / name
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_scene(path)
    return sentence(caught.value, path)


def sentence(error: InputError, path: Path) -> str:
    """Text of an error, checked to be one line that names the file."""
    text = str(error)
    assert path.name in text
    assert text.endswith(".")
    assert "\n" not in text
    return text


def is_scene(path: Path) -> bool:
    """Whether a file is read; where it is not, the reason must be one sentence."""
    try:
        return len(read_scene(path)) > 0
    except InputError as error:
        sentence(error, path)
        return False


def peak_bytes(action: Callable[[], object]) -> int:
    """The most memory that an action takes at once."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def low_memory(action: Callable[[], object]) -> object:
    """Result of an action that must not take 20 MB."""
    tracemalloc.start()
    try:
        result = action()
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    return result
