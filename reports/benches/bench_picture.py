"""Pictures of the whole integer chain against the float64 renderer's, and against photographs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from golden.camera import Camera
from golden.gaussians.covariance import Covariances, covariance3d
from golden.image import psnr_db, read_image
from golden.pack import Pack, check_scene
from golden.params import Parameters
from golden.render import render
from golden.rules import Rules
from golden.scene import Scene
from golden.view import view_frame

FORMAT = "splatsieve pictures"
# A difference of a channel that a viewer may see, of 255.
SEEN_LEVELS = 8
View = tuple[Camera, Path | None]


def measure(
    scene: Scene,
    covariances: Covariances,
    pack: Pack,
    camera: Camera,
    rules: Rules,
    params: Parameters,
    photo: Path | None,
) -> dict[str, Any]:
    """One view: the chain's picture of 8 bits against that of the whole scene in float64.

    Parameters
    ----------
    covariances : of the scene. photo : of the view, None where there is none.
    """
    start = time.perf_counter()
    frame = view_frame(pack, camera, rules, params)
    levels = frame.picture
    seconds = time.perf_counter() - start
    picture = (levels[..., :3] / np.float32(255)).astype(np.float32)
    whole = render(scene, camera, rules, covariances=covariances).image
    off = 255 * np.abs(picture - np.clip(whole, 0, 1)).max(axis=2)
    row: dict[str, Any] = {
        "view": camera.name,
        "psnr_db": psnr_db(picture, whole),
        "largest_difference_levels": float(off.max()),
        "pixels_over_8_levels": int((off > SEEN_LEVELS).sum()),
        "splats": len(frame.splats),
        "entries": frame.lists.entries,
        "longest_list": int(frame.lists.length.max(initial=0)),
        "seconds": round(seconds, 2),
    }
    if photo is not None:
        image = read_image(photo)
        row["photo_db"] = psnr_db(whole, image)
        row["photo_change_db"] = psnr_db(picture, image) - row["photo_db"]
    return row


def study(
    scene: Scene,
    pack: Pack,
    views: Sequence[View],
    rules: Rules,
    params: Parameters,
    command: str,
    track: Callable[[Sequence[View], str], Iterable[View]],
) -> dict[str, Any]:
    """All views; a JSON document.

    Parameters
    ----------
    command : that prints the document again. track : shows how far a sequence is.
    """
    check_scene(pack, scene)
    covariances = covariance3d(scene)
    rows = [
        measure(scene, covariances, pack, camera, rules, params, photo)
        for camera, photo in track(views, "drawing")
    ]
    changes = [row["photo_change_db"] for row in rows if "photo_change_db" in row]
    first = views[0][0]
    return {
        "format": FORMAT,
        "command": command,
        "scene": scene.name,
        "size_px": [first.width, first.height],
        "rules": rules.label,
        "method": pack.meta.method,
        "worst_db": min(row["psnr_db"] for row in rows),
        "mean_db": float(np.mean([row["psnr_db"] for row in rows])),
        "largest_difference_levels": max(row["largest_difference_levels"] for row in rows),
        "pixels_over_8_levels": sum(row["pixels_over_8_levels"] for row in rows),
        "mean_photo_change_db": float(np.mean(changes)) if changes else None,
        "slowest_seconds": max(row["seconds"] for row in rows),
        "versions": {name: version(name) for name in ("splatsieve", "numpy", "numba")},
        "views": rows,
    }


def markdown(result: dict[str, Any]) -> str:
    """A table of the views, and the worst of them."""
    lines = [
        "| view | dB | largest difference, of 255 | pixels over 8 | s |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row['view']} | {row['psnr_db']:.2f} | {row['largest_difference_levels']:.1f} | "
        f"{row['pixels_over_8_levels']} | {row['seconds']:.1f} |"
        for row in result["views"]
    ]
    lines += ["", f"worst of {len(result['views'])} views: {result['worst_db']:.2f} dB"]
    if result["mean_photo_change_db"] is not None:
        lines.append(f"photographs' PSNR: {result['mean_photo_change_db']:+.4f} dB in the mean")
    return "\n".join(lines)
