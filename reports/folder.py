"""A folder of files that are all written or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from golden.errors import InputError


@contextmanager
def staged_folder(folder: Path, owned: Collection[str] = ()) -> Iterator[Path]:
    """Yields a new folder beside `folder`; on success its files move there, else it is removed.

    Parameters
    ----------
    folder : made where it is not there; what else it holds stays.
    owned : names that belong to these files: one of them that was not written anew is removed from
        `folder`, so that it never shows results of two runs.

    Raises InputError where a folder cannot be made or written.
    """
    made = not os.path.exists(folder)  # unlike Path.exists, False on a name that is too long
    if not (made or os.path.isdir(folder)):
        raise InputError(f"{folder} is a file: name a folder to write into.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        beside = folder.resolve()
        stage = Path(tempfile.mkdtemp(prefix=f".{beside.name}.", suffix=".part", dir=beside.parent))
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written ({error.strerror}): choose a folder that can be written."
        ) from error
    try:
        yield stage
        written = sorted(path.name for path in stage.iterdir())
        for name in written:
            os.replace(stage / name, folder / name)
        for name in set(owned).difference(written):
            (folder / name).unlink(missing_ok=True)
        made = False
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written ({error.strerror}): free some space or choose another "
            "folder."
        ) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        if made:
            shutil.rmtree(folder, ignore_errors=True)
