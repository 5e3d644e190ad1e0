"""Which photograph belongs to which camera: by path, then by stem, never by a guess."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from golden.camera import Camera
from golden.errors import InputError

SUFFIXES = (".png", ".jpg", ".jpeg")
# What golden.camera_io.inria adds to names that repeat.
PLACE_IN_FILE = re.compile(r"#\d+$")

Parts = tuple[str, ...]


def match_names(cameras: Sequence[Camera], folder: Path) -> dict[str, Path]:
    """Paths of photographs by camera name; cameras without one are left out.

    In turn, until something is found: the file that lies at the camera's name in the folder; at
    that name with another suffix or without one; files anywhere below the folder whose path, read
    from its end and without suffix, agrees with the name as far as the shorter of the two goes.

    Raises InputError, naming both, where two photographs fit one camera, or one fits two cameras.
    """
    photos = _photos(folder)
    by_stem: dict[Parts, list[Parts]] = {}
    by_last: dict[str, list[Parts]] = {}
    for parts in photos:
        by_stem.setdefault(_stem(parts), []).append(parts)
        by_last.setdefault(_stem(parts)[-1], []).append(parts)
    found: dict[str, Path] = {}
    camera_of: dict[Path, str] = {}
    for camera in cameras:
        fits = _fits(camera.name, folder, by_stem, by_last)
        if len(fits) > 1:
            one, other = ("/".join(parts) for parts in fits[:2])
            raise InputError(
                f"both {one} and {other} in {folder} may be the photograph of camera "
                f"{camera.name}: move one of them away."
            )
        if fits:
            path = folder.joinpath(*fits[0])
            if path in camera_of:
                raise InputError(
                    f"{path} may be the photograph of camera {camera_of[path]} and of "
                    f"{camera.name}: put the photographs into folders as the cameras are named."
                )
            found[camera.name] = path
            camera_of[path] = camera.name
    return found


def _photos(folder: Path) -> list[Parts]:
    """Paths below the folder, in order, of files that a photograph may be in."""
    found = []
    for root, _, names in os.walk(folder):
        inside = Path(root).relative_to(folder).parts
        found += [(*inside, name) for name in names if name.lower().endswith(SUFFIXES)]
    return sorted(found)


def _fits(
    name: str, folder: Path, by_stem: dict[Parts, list[Parts]], by_last: dict[str, list[Parts]]
) -> list[Parts]:
    for wanted in dict.fromkeys((_parts(name), _parts(PLACE_IN_FILE.sub("", name)))):
        if not wanted:
            continue
        if os.path.isfile(folder.joinpath(*wanted)):
            return [wanted]
        stems = dict.fromkeys((_stem(wanted), wanted))  # the second: a name without suffix
        for stem in stems:
            if stem in by_stem:
                return by_stem[stem]
        for stem in stems:
            ends = [parts for parts in by_last.get(stem[-1], []) if _same_end(_stem(parts), stem)]
            if ends:
                return ends
    return []


def _parts(name: str) -> Parts:
    """Folders and name, without what leads out of the folder."""
    path = PurePosixPath(name.replace("\\", "/"))
    return tuple(part for part in path.parts if part not in ("/", "//", ".", ".."))


def _stem(parts: Parts) -> Parts:
    """The path without the suffix of a picture."""
    last = PurePosixPath(parts[-1])
    return (*parts[:-1], last.stem if last.suffix.lower() in SUFFIXES else last.name)


def _same_end(one: Parts, other: Parts) -> bool:
    shorter = min(len(one), len(other))
    return one[-shorter:] == other[-shorter:]
