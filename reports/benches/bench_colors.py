"""PSNR against photographs by how colours are stored, on the scene's own lattice and off it.

splatsieve bench colors SCENE --cameras FILE --photos FOLDER -o FILE.json
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from golden.camera import Camera
from golden.errors import InputError
from golden.gaussians.covariance import Covariances, covariance3d
from golden.image import psnr_db, read_image
from golden.pack.color_record import MAX_DEGREE, decode_colors, encode_colors
from golden.rules import Rules
from golden.scene import SH_COEFFICIENTS, Float32, Scene
from golden.stages.color.reference import color_reference
from golden.stages.depth_sort.reference import depth_sort_reference
from golden.stages.gaussian_project.ewa import tile_grid
from golden.stages.gaussian_project.reference import gaussian_project_reference
from golden.stages.rasterize.reference import rasterize_reference
from golden.stages.tile_bin.reference import tile_bin_reference
from reports.measure.subject import Track, silent

FORMAT = "splatsieve colour study"
# What one step of an .spz of degree 3 is, by degree: a byte of (c / 0.15 + 0.5) 255; 5 bits of
# 2^-4; 4 bits of 2^-3. bonsai.spz lies on that lattice, which flatters every grid of powers of two.
SPZ_STEPS = (1 / (0.15 * 255), 2**-4, 2**-3, 2**-3)
# Bits a mantissa of each degree with an exponent of 4 bits a degree: 16 + 36 + 315 of 384 bits.
BITS_48 = (12, 7, 7, 7)
# Written once and read as told: PSNR of two pictures that show the same.
SAME_DB = 200.0

Rounding = Callable[[Float32], Float32]


def blocks(sh: Float32, bits: Sequence[int]) -> Float32:
    """Spherical harmonics as mantissas of so many bits with one exponent a degree.

    sh = m 2^e, m to nearest, halves to even, e the smallest with which all of a Gaussian's degree
    are at most 2^(bits - 1) - 1: golden.pack.color_record at other widths, exponents unlimited.

    Parameters
    ----------
    sh : (N, K, 3). bits : of each degree's mantissas, sign included.
    """
    out = np.zeros(sh.shape, np.float64)
    for degree, width in enumerate(bits):
        rows = _rows(degree)
        values = sh[:, rows].astype(np.float64)
        if values.shape[1] == 0:
            break
        limit = (1 << (width - 1)) - 1
        largest = np.abs(values).max(axis=(1, 2))
        exponent = np.frexp(largest)[1] - (width - 1)
        exponent += np.rint(np.ldexp(largest, -exponent)) > limit
        units = exponent[:, None, None]
        out[:, rows] = np.ldexp(np.rint(np.ldexp(values, -units)), units)
    return out.astype(np.float32)


def narrow(sh: Float32) -> Float32:
    """Through the record of 32 bytes and back."""
    return decode_colors(encode_colors(sh), sh.shape[1])


def half(sh: Float32) -> Float32:
    """Through float16 and back."""
    return sh.astype(np.float16).astype(np.float32)


STORED: Mapping[str, tuple[int, Rounding]] = {
    "float16": (96, half),
    "blocks 12/7/7/7": (48, lambda sh: blocks(sh, BITS_48)),
    "narrow": (32, narrow),
}


def off_the_lattice(scene: Scene, seed: int) -> Scene:
    """The scene with uniform noise of one .spz step in every coefficient, +- half a step."""
    random = np.random.default_rng(seed)
    sh = scene.sh.copy()
    for degree, step in enumerate(SPZ_STEPS):
        rows = _rows(degree)
        noise = random.random(sh[:, rows].shape, dtype=np.float32)
        sh[:, rows] += (noise - np.float32(0.5)) * np.float32(step)
    return replace(scene, sh=sh)


def study(
    scenes: Mapping[str, Scene],
    views: Sequence[tuple[Camera, Path]],
    rules: Sequence[Rules],
    track: Track = silent,
) -> list[dict[str, Any]]:
    """A row for each rule set, scene and way of storing: mean PSNR against the photographs before
    and after, and of the two pictures, mean and least."""
    found: dict[tuple[str, str, str], list[tuple[float, float, float]]] = {}
    first = next(iter(scenes.values()))  # all have the same shapes: only colours differ
    covariances = covariance3d(first)
    for camera, path in track(views, "views"):
        photo = read_image(path)
        for rule in rules:
            for key, psnrs in _view(scenes, first, covariances, camera, photo, rule).items():
                found.setdefault((rule.name, *key), []).append(psnrs)
    rows = []
    for (rule_name, scene_name, stored), values in found.items():
        before, after, between = np.array(values).T
        rows.append(
            {
                "rules": rule_name,
                "colors_of": scene_name,
                "stored": stored,
                "record_bytes": STORED[stored][0],
                "psnr_exact_db": round(float(before.mean()), 4),
                "psnr_stored_db": round(float(after.mean()), 4),
                "change_db": round(float((after - before).mean()), 4),
                "worst_view_change_db": round(float((after - before).min()), 4),
                "between_mean_db": round(float(between.mean()), 2),
                "between_least_db": round(float(between.min()), 2),
            }
        )
    return rows


def _view(
    scenes: Mapping[str, Scene],
    first: Scene,
    covariances: Covariances,
    camera: Camera,
    photo: Float32,
    rules: Rules,
) -> dict[tuple[str, str], tuple[float, float, float]]:
    """PSNR exact, stored, and between, by scene and way of storing; shapes drawn once."""
    splats = gaussian_project_reference(first, camera, rules, None, covariances)
    lists = depth_sort_reference(tile_bin_reference(splats, tile_grid(camera)), splats.depth)
    seen = replace(splats, index=np.arange(len(splats), dtype=splats.index.dtype))

    def draw(sh: Float32) -> Float32:
        part = Scene(
            name=first.name,
            means=first.means[splats.index],
            scales=first.scales[splats.index],
            quats=first.quats[splats.index],
            opacities=first.opacities[splats.index],
            sh=sh,
        )
        return rasterize_reference(
            splats, color_reference(part, camera, seen), lists, camera, rules
        )[0]

    psnrs = {}
    for name, scene in scenes.items():
        sh = np.ascontiguousarray(scene.sh[splats.index])
        exact = draw(sh)
        for stored, (_, rounding) in STORED.items():
            picture = draw(rounding(sh))
            between = min(psnr_db(exact, picture), SAME_DB)
            psnrs[name, stored] = (psnr_db(exact, photo), psnr_db(picture, photo), between)
    return psnrs


def _rows(degree: int) -> slice:
    """Coefficients of a degree."""
    below = SH_COEFFICIENTS[degree - 1] if degree else 0
    return slice(below, SH_COEFFICIENTS[degree])


def colors_document(
    scene: Scene,
    views: Sequence[tuple[Camera, Path]],
    rules: Sequence[Rules],
    seed: int,
    command: str,
    track: Track = silent,
) -> dict[str, Any]:
    """The study of a scene as it is and off its lattice; a JSON document.

    Parameters
    ----------
    seed : of the noise that takes it off the lattice.
    command : that gives the document again.

    Raises InputError where the scene's colours are of another degree than .spz steps are known of.
    """
    if scene.sh_degree != MAX_DEGREE:
        raise InputError(
            f"{scene.name} has colours of degree {scene.sh_degree}: choose a scene of degree "
            f"{MAX_DEGREE}, as .spz steps are known of it."
        )
    scenes = {"scene": scene, "off the lattice": off_the_lattice(scene, seed)}
    rows = study(scenes, views, rules, track)
    return {
        "format": FORMAT,
        "command_line": command,
        "versions": {name: version(name) for name in ("splatsieve", "numpy", "numba")},
        "scene": scene.name,
        "scene_sha256": scene.sha256(),
        "photographs": len(views),
        "size_px": [views[0][0].width, views[0][0].height],
        "seed": seed,
        "spz_steps": SPZ_STEPS,
        "rows": rows,
    }


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as a table."""
    lines = [
        "| colours of | rules | stored | bytes | exact, dB | stored, dB | change, dB | "
        "worst view, dB | picture to picture, dB: mean | least |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row['colors_of']} | {row['rules']} | {row['stored']} | {row['record_bytes']} | "
        f"{row['psnr_exact_db']:.4f} | {row['psnr_stored_db']:.4f} | {row['change_db']:+.4f} | "
        f"{row['worst_view_change_db']:+.4f} | {row['between_mean_db']:.2f} | "
        f"{row['between_least_db']:.2f} |"
        for row in rows
    ]
    return "\n".join(lines)
