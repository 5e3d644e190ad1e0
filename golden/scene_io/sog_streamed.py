"""PlayCanvas' streamed .sog: a tree of regions, each at several levels of detail."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from golden.errors import InputError
from golden.scene import MAX_GAUSSIANS
from golden.scene_io.document import Entry, parse_json
from golden.scene_io.raw import RawScene, check_parts, joined
from golden.scene_io.sog import raw_from_sog
from golden.scene_io.sog_files import Folder

LOD_META = "lod-meta.json"
MAX_LEVELS = 64


def raw_from_streamed_sog(folder: Path, meta: Entry, level: int) -> RawScene:
    """Gaussians of one level of detail of a streamed .sog, and its environment, which all have.

    Each leaf of the tree names, for a level, a run of Gaussians in one of the files; the level is
    all these runs, in the order of the tree.

    Parameters
    ----------
    folder : of lod-meta.json. meta : lod-meta.json itself.
    level : 0 for the finest.

    Raises InputError where there is no such level, a run lies outside its file, or files lack or
    are damaged.
    Source: The streamed SOG format, version 1, developer.playcanvas.com.
    """
    levels = meta["lodLevels"].whole(1, MAX_LEVELS)
    if not 0 <= level < levels:
        raise InputError(
            f"{meta.name} has no level {level} of detail: choose --detail from 0 to {levels - 1}."
        )
    runs = _runs(meta["tree"], str(level), len(meta["filenames"]))
    parts, total = [], 0
    for index, rows in runs.items():
        part = _file(folder, meta, meta["filenames"][index])
        taken = sum(count for _, count in rows)
        if taken > len(part.means) or any(o + count > len(part.means) for o, count in rows):
            raise meta.error(f"its runs of file {index} do not fit {len(part.means)} Gaussians")
        parts.append(part.taken(np.concatenate([np.arange(o, o + count) for o, count in rows])))
        total += taken
        check_parts(total, parts[-1], meta.name)
    if meta.get("environment") is not None:
        parts.append(_file(folder, meta, meta["environment"]))
    if not parts:
        raise InputError(f"{meta.name}: level {level} of detail is empty: choose another --detail.")
    return joined(parts, meta.name)


def _runs(tree: Entry, level: str, files: int) -> dict[int, list[tuple[int, int]]]:
    """File -> offset and count of each run of that level, in the order of the tree."""
    runs: dict[int, list[tuple[int, int]]] = {}
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        children = node.get("children")
        if children is not None:
            waiting.extend(reversed(list(children)))
        lods = node.get("lods")
        run = lods.get(level) if lods is not None else None
        if run is None:
            continue
        count = run["count"].whole(0, MAX_GAUSSIANS)
        if count:
            place = run["offset"].whole(0, MAX_GAUSSIANS), count
            runs.setdefault(run["file"].whole(0, files - 1), []).append(place)
    return runs


def _file(folder: Path, meta: Entry, entry: Entry) -> RawScene:
    """The scene of a meta.json that the index names."""
    file = entry.text()
    name = f"{folder.name}/{file}"
    data = Folder(folder, meta.name).read(file)
    return raw_from_sog(Folder((folder / file).parent, name), parse_json(data, name))
