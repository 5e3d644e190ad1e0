"""Where compiled code is kept between runs, also without a home, root or a passwd entry."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from golden.environment import lent_environment

NAME = "splatsieve"


def cache_folder() -> Path | None:
    """The user's cache folder, else one of the user's own among temporary files, else None.

    It can be written when this returns. That among temporary files is taken only where it belongs
    to this user and no other may write or read it: what lies there is run.
    """
    return _usable(_users_own()) or _usable(_temporary())


@contextmanager
def usable_home() -> Iterator[None]:
    """Lends programs that are started in the block a home, where the user's cannot be written."""
    folder = None if _usable(_users_own()) else _usable(_temporary())
    lent = {} if folder is None else {"HOME": str(folder), "XDG_CACHE_HOME": str(folder)}
    with lent_environment(lent):
        yield


def _users_own() -> Path | None:
    try:
        folder = Path(platformdirs.user_cache_dir(NAME))
    except (RuntimeError, KeyError):  # neither HOME nor a passwd entry
        return None
    return folder if folder.is_absolute() else None


def _temporary() -> Path | None:
    """A folder that only this user may enter; None where another's stands in its place."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    try:
        folder = Path(tempfile.gettempdir()) / f"{NAME}-{user}"
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
    return folder if private and found.st_uid == user else None


def _usable(folder: Path | None) -> Path | None:
    """The folder, made where it was not there, if it can be written."""
    if folder is None:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None
