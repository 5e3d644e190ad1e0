"""Pictures blended from list entries against those of the splats, and the fields one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.clustering.cluster import ClusterOptions
from golden.image import psnr_db, read_image
from golden.pack import build_pack
from golden.params import Parameters
from golden.rules import Rules
from golden.scene import Float32, Scene
from golden.stages.color.reference import color_reference
from golden.stages.depth_sort.integer import depth_sort
from golden.stages.depth_sort.reference import depth_sort_reference
from golden.stages.gaussian_project.decode import decode_splats
from golden.stages.gaussian_project.ewa import tile_grid
from golden.stages.gaussian_project.reference import Splats
from golden.stages.rasterize.reference import rasterize_reference
from golden.stages.tile_bin.constants import tile_bin_constants
from golden.stages.tile_bin.encode import encode
from golden.stages.tile_bin.entry import COLOR_FRACTION_BITS, decode
from golden.stages.tile_bin.integer import tile_bin
from golden.stages.tile_bin.reference import tile_bin_reference
from golden.view import ViewFrame, view_frame

FORMAT = "splatsieve list entries"
LIST_BYTES = 16 << 20
FIELDS = ("mean2d", "conic", "depth", "opacity", "color")
Columns = dict[str, NDArray[Any]]


def draw(columns: Columns, rect: NDArray[np.int32], camera: Camera, rules: Rules) -> Float32:
    """The float64 renderer's picture of splats whose numbers are given.

    Parameters
    ----------
    columns : the splats in order of arrival, by the names of FIELDS.
    rect : (N, 4) their tiles.
    """
    count = len(rect)
    splats = Splats(
        index=np.arange(count, dtype=np.int32),
        mean2d=columns["mean2d"],
        conic=columns["conic"],
        depth=columns["depth"],
        opacity=columns["opacity"],
        radius_px=np.zeros((count, 2), np.int32),
        tile_rect=rect,
    )
    lists = depth_sort_reference(tile_bin_reference(splats, tile_grid(camera)), splats.depth)
    return rasterize_reference(splats, columns["color"], lists, camera, rules)[0]


def measure(scene: Scene, frame: ViewFrame, photo: Float32 | None, each: bool) -> dict[str, Any]:
    """One view: PSNR of the entries' picture, of each field alone, and the lists' counts.

    Parameters
    ----------
    photo : of the view, None where there is none.
    each : whether each field is drawn alone too.
    """
    pack, camera, rules, params = frame.pack, frame.camera, frame.rules, frame.params
    splats = frame.splats
    splats = splats[np.argsort(pack.order[splats["index"]], kind="stable")]
    numbers = decode_splats(splats, pack, camera, params)
    colors = color_reference(scene, camera, numbers)
    rect = splats["tile_rect"].astype(np.int32)
    true: Columns = {
        "mean2d": numbers.mean2d,
        "conic": numbers.conic,
        "depth": splats["depth"].astype(np.float64),
        "opacity": numbers.opacity,
        "color": colors,
    }
    constants = tile_bin_constants(camera, pack, params, 0, LIST_BYTES)
    cut = np.minimum(np.rint(colors * (1 << COLOR_FRACTION_BITS)), 1023).astype(np.int64)
    found = decode(encode(splats, cut, constants.depth_shift, params))
    entries = {name: getattr(found, name) for name in FIELDS if name != "depth"}
    entries["depth"] = found.key.astype(np.float64)
    whole = draw(true, rect, camera, rules)
    picture = draw(entries, rect, camera, rules)
    lists = tile_bin(splats, cut, constants, params)
    row: dict[str, Any] = {
        "view": camera.name,
        "splats": len(splats),
        "psnr_db": psnr_db(picture, whole),
        "depth_shift": constants.depth_shift,
        "far": int((np.abs(numbers.mean2d) >= 4096).any(axis=1).sum()),
        "colors_cut": int((colors > 1023 / 512).any(axis=1).sum()),
        "entries": lists.entries,
        "longest_list": int(lists.length.max()),
        "written_bytes": 16 * lists.entries,
        "pages": lists.pages,
        "read_bytes": 16 * depth_sort(lists, params).read_entries,
    }
    if photo is not None:
        row["photo_db"] = psnr_db(whole, photo)
        row["photo_change_db"] = psnr_db(picture, photo) - row["photo_db"]
    if each:
        row["alone_db"] = {
            name: psnr_db(draw(true | {name: entries[name]}, rect, camera, rules), whole)
            for name in FIELDS
        }
    return row


def study(
    scene: Scene,
    cameras: Sequence[Camera],
    rules: Rules,
    photos: dict[str, Path],
    each: int,
    command: str,
    track: Callable[[Sequence[Camera], str], Iterable[Camera]],
) -> dict[str, Any]:
    """All views; a JSON document.

    Parameters
    ----------
    photos : by the view's name.
    each : views whose fields are drawn one by one too.
    command : that prints the document again.
    track : shows how far a sequence is.
    """
    params = Parameters()
    pack = build_pack(scene, ClusterOptions(method="morton"), rules, params)
    rows = []
    for number, camera in enumerate(track(cameras, "drawing entries")):
        photo = read_image(photos[camera.name]) if camera.name in photos else None
        frame = view_frame(pack, camera, rules, params)
        rows.append(measure(scene, frame, photo, number < each))
    return {
        "format": FORMAT,
        "command": command,
        "scene": scene.name,
        "size_px": [cameras[0].width, cameras[0].height],
        "rules": rules.name,
        "worst_db": min(row["psnr_db"] for row in rows),
        "versions": {name: version(name) for name in ("splatsieve", "numpy", "numba")},
        "views": rows,
    }


def markdown(result: dict[str, Any]) -> str:
    """A table of the views."""
    lines = ["| view | dB | longest list | entries |", "| --- | ---: | ---: | ---: |"]
    lines += [
        f"| {row['view']} | {row['psnr_db']:.2f} | {row['longest_list']:,} | {row['entries']:,} |"
        for row in result["views"]
    ]
    return "\n".join([*lines, f"\nworst view: {result['worst_db']:.2f} dB"])
