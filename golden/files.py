"""Reading whole files and writing them whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from golden.errors import InputError
from golden.memory import GIB, available_bytes


def read_bytes(path: Path) -> bytes:
    """Content of a file; raises InputError where it cannot be read, is empty, or is no file.

    A device or a pipe may never end, and may be read only once where some inputs are read twice.
    """
    if os.path.isdir(path):
        raise InputError(f"{path} is a folder, not a file: name the file itself.")
    if os.path.exists(path) and not os.path.isfile(path):
        raise InputError(
            f"{path} is a device or a pipe, not a file: save what it gives in a file and name that."
        )
    try:
        _need_room(path)
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): check the path.") from error
    if not data:
        raise InputError(f"{path} is empty: give a complete file.")
    return data


def _need_room(path: Path) -> None:
    size, available = path.stat().st_size, available_bytes()
    if available is not None and size > available:
        raise InputError(
            f"{path} has {size / GIB:.1f} GiB where {available / GIB:.1f} GiB of memory are left: "
            "free some, or cut it into parts."
        )


def check_target(path: Path) -> None:
    """Raises InputError where a folder, a device or a pipe stands in the place of the file."""
    if os.path.isdir(path):
        raise InputError(f"{path} is a folder: name the file to write inside it.")
    if os.path.exists(path) and not os.path.isfile(path):
        raise InputError(f"{path} is no ordinary file: name a file, which is replaced as a whole.")


def make_folder(path: Path) -> None:
    """Makes a folder where there is none; raises InputError where files cannot be written in it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror}): choose a folder that can be written."
        ) from error


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yields a temporary name beside `path`, renamed to `path` on success, removed on failure.

    Raises InputError where the folder cannot be made or written, and as check_target does.
    """
    check_target(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch()
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror}): choose a folder that can be written."
        ) from error
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror or error}): make room or write elsewhere."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Writes `text` as UTF-8, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
