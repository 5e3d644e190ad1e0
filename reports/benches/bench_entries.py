"""Pictures blended from list entries against those of the splats, and the fields one by one.

uv run python -m reports.benches.bench_entries SCENE --cameras FILE --size WxH -o FILE.json
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.clustering.cluster import ClusterOptions
from golden.errors import InputError
from golden.files import write_text
from golden.image import psnr_db, read_image
from golden.pack import Pack, build_pack
from golden.params import Parameters
from golden.rules import Rules, rules_named
from golden.scene import Float32, Scene
from golden.stages.color.reference import color_reference
from golden.stages.depth_sort.integer import depth_sort
from golden.stages.depth_sort.reference import depth_sort_reference
from golden.stages.gaussian_fetch.integer import members_of
from golden.stages.gaussian_project.constants import gaussian_project_constants
from golden.stages.gaussian_project.decode import decode_splats
from golden.stages.gaussian_project.ewa import tile_grid
from golden.stages.gaussian_project.integer import gaussian_project
from golden.stages.gaussian_project.reference import Splats
from golden.stages.rasterize.reference import rasterize_reference
from golden.stages.tile_bin.constants import tile_bin_constants
from golden.stages.tile_bin.encode import encode
from golden.stages.tile_bin.entry import COLOR_FRACTION_BITS, decode
from golden.stages.tile_bin.integer import tile_bin
from golden.stages.tile_bin.reference import tile_bin_reference
from reports.measure.projection import spread
from sim.views.cluster_cull import cull_views
from sim.views.photos import photographed
from splatsieve.inputs import DEFAULT, cameras_of, need_cameras, scene_of

FORMAT = "splatsieve list entries"
TEST_VIEWS = "::8"
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


def measure(
    scene: Scene,
    pack: Pack,
    camera: Camera,
    rules: Rules,
    params: Parameters,
    passed: NDArray[np.void],
    photo: Float32 | None,
    each: bool,
) -> dict[str, Any]:
    """One view: PSNR of the entries' picture, of each field alone, and the lists' counts.

    Parameters
    ----------
    passed : clusters that cluster_cull sent on. photo : of the view, None where there is none.
    each : whether each field is drawn alone too.
    """
    project = gaussian_project_constants(camera, rules, pack.meta.grid_exponent, params)
    splats = gaussian_project(members_of(pack, passed), project, params).splats
    splats = splats[np.argsort(pack.order[splats["index"]], kind="stable")]
    numbers = decode_splats(splats, pack, params)
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
) -> dict[str, Any]:
    """All views; a JSON document.

    Parameters
    ----------
    photos : by the view's name. each : views whose fields are drawn one by one too.
    command : that prints the document again.
    """
    params = Parameters()
    options = ClusterOptions(method="morton")
    pack = build_pack(scene, options, rules, params)
    rows = []
    for number, culled in enumerate(cull_views(pack, cameras, rules, "integer")):
        assert culled.passed is not None
        camera = cameras[number]
        photo = read_image(photos[camera.name]) if camera.name in photos else None
        rows.append(
            measure(scene, pack, camera, rules, params, culled.passed, photo, number < each)
        )
        print(json.dumps(rows[-1]), flush=True)
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the study; exit code 2 and one sentence on bad input."""
    parser = argparse.ArgumentParser(prog="reports.benches.bench_entries", description=__doc__)
    parser.add_argument("scene", help="scene file (.ply, .splat, .spz), or the word default")
    parser.add_argument("--cameras", type=Path, help="camera file; not for default")
    parser.add_argument("--size", help="WIDTHxHEIGHT, px; without it the cameras' own")
    parser.add_argument("--views", type=int, default=2, help="of every 8th view, evenly spaced")
    parser.add_argument("--each", type=int, default=1, help="views of which every field is drawn")
    parser.add_argument("--rules", default="inria", help="inria or gsplat")
    parser.add_argument("--photos", type=Path, help="folder of photographs by the views' names")
    parser.add_argument("-o", "--output", type=Path, help="JSON file to write")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.views < 1:
            raise InputError(f"{chosen.views} views cannot be measured: choose 1 or more.")
        need_cameras(chosen.scene, DEFAULT, chosen.cameras)
        cameras = cameras_of(chosen.cameras, chosen.size, TEST_VIEWS if chosen.cameras else None)
        cameras = [cameras[place] for place in spread(len(cameras), chosen.views)]
        photos = {}
        if chosen.photos is not None:
            photos = {view.name: path for view, path in photographed(cameras, chosen.photos)}
        rules = rules_named(chosen.rules)
        given = sys.argv[1:] if arguments is None else arguments
        command = shlex.join(["python", "-m", "reports.benches.bench_entries", *given])
        result = study(scene_of(chosen.scene), cameras, rules, photos, chosen.each, command)
        if chosen.output is not None:
            write_text(chosen.output, json.dumps(result, indent=1) + "\n")
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
