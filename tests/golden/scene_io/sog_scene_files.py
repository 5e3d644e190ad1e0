"""Encoders of .sog, written apart from the reader: bundled, in a folder, streamed by level."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from golden.scene import Scene


def webp(pixels: np.ndarray, kind: str = "WEBP") -> bytes:
    """(height, width, 3 or 4) bytes as a lossless picture."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, lossless=True, exact=True)
    return out.getvalue()


def grid(columns: np.ndarray) -> np.ndarray:
    """(N, 3 or 4) bytes as pixels, row by row, with some at the end that are of no Gaussian."""
    width = 4 * -(-int(np.sqrt(len(columns)) + 1) // 4)
    height = -(-len(columns) // width)
    pixels = np.full((height * width, columns.shape[1]), 7, np.uint8)
    pixels[: len(columns)] = columns
    return pixels.reshape(height, width, -1)


def nearest(codebook: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Index of the nearest of 256 entries in order."""
    middles = (codebook[1:] + codebook[:-1]) / 2
    return np.searchsorted(middles, values).astype(np.uint8)


def spread(values: np.ndarray, most: int) -> tuple[np.ndarray, list[float], list[float]]:
    """Levels 0 to `most` between the bounds of each column, and the bounds."""
    low, high = values.min(axis=0), values.max(axis=0)
    levels = np.rint((values - low) / np.where(high > low, high - low, 1) * most)
    return levels.astype(np.uint16), low.tolist(), high.tolist()


def rotation_pixels(quats: np.ndarray) -> np.ndarray:
    """(N, 4) bytes of quaternions w, x, y, z."""
    pixels = np.zeros((len(quats), 4), np.uint8)
    for i, quat in enumerate(quats.astype(np.float64)):
        largest = int(np.argmax(np.abs(quat)))
        others = np.delete(quat * np.sign(quat[largest]), largest)
        pixels[i] = [*np.rint((others / np.sqrt(2) + 0.5) * 255), 252 + largest]
    return pixels


def palette(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Harmonics, one entry for each Gaussian, in reverse order, and the labels (N, 3) bytes."""
    above = scene.sh.shape[1] - 1
    count = len(scene)
    rows = -(-count // 64)
    entries = np.zeros((rows * 64, above, 3))
    entries[:count] = scene.sh[::-1, 1:]
    labels = np.arange(count)[::-1]
    return (
        entries.reshape(rows, 64 * above, 3),
        np.stack([labels % 256, labels // 256, 0 * labels], axis=1).astype(np.uint8),
    )


def sog_files(scene: Scene, version: int = 2, antialias: bool = False) -> dict[str, bytes]:
    """Every file of a .sog by its name."""
    folded = np.sign(scene.means) * np.log1p(np.abs(scene.means.astype(np.float64)))
    words, low, high = spread(folded, 65535)
    log_scales = np.log(scene.scales.astype(np.float64))
    files = {
        "means_l.webp": webp(grid(words & 255)),
        "means_u.webp": webp(grid(words >> 8)),
        "quats.webp": webp(grid(rotation_pixels(scene.quats))),
    }
    means = {"mins": low, "maxs": high, "files": ["means_l.webp", "means_u.webp"]}
    meta: dict[str, object] = {"means": means, "quats": {"files": ["quats.webp"]}}
    logits = np.log(scene.opacities / (1 - scene.opacities.astype(np.float64)))
    rgb = scene.sh[:, 0].astype(np.float64)
    if version == 2:
        sizes = np.linspace(log_scales.min(), log_scales.max(), 256)
        colors = np.linspace(rgb.min(), rgb.max(), 256)
        alpha = np.rint(scene.opacities * 255)
        files["scales.webp"] = webp(grid(nearest(sizes, log_scales)))
        files["sh0.webp"] = webp(grid(np.column_stack([nearest(colors, rgb), alpha])))
        meta |= {"version": 2, "count": len(scene), "antialias": antialias}
        meta["scales"] = {"codebook": sizes.tolist(), "files": ["scales.webp"]}
        meta["sh0"] = {"codebook": colors.tolist(), "files": ["sh0.webp"]}
    else:
        means["shape"] = [len(scene), 3]
        for name, values in (("scales", log_scales), ("sh0", np.column_stack([rgb, logits]))):
            levels, least, most = spread(values, 255)
            files[f"{name}.webp"] = webp(grid(levels))
            meta[name] = {"mins": least, "maxs": most, "files": [f"{name}.webp"]}
    if scene.sh_degree:
        entries, labels = palette(scene)
        named = ["shN_centroids.webp", "shN_labels.webp"]
        steps = np.linspace(entries.min(), entries.max(), 256)
        files |= dict(zip(named, (webp(nearest(steps, entries)), webp(grid(labels))), strict=True))
        if version == 2:
            meta["shN"] = {"count": len(scene), "bands": scene.sh_degree}
            meta["shN"] |= {"codebook": steps.tolist(), "files": named}
        else:
            meta["shN"] = {"mins": steps[0], "maxs": steps[-1], "files": named}
    return files | {"meta.json": json.dumps(meta).encode()}


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """Files as one ZIP file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def sog_bundle(scene: Scene, version: int = 2) -> bytes:
    """A bundled .sog."""
    return zipped(sog_files(scene, version))


def write_files(folder: Path, files: dict[str, bytes]) -> Path:
    """Writes files into a folder; gives the path of its meta.json."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder / "meta.json"


def leaf(**runs: tuple[int, int, int]) -> dict[str, object]:
    """A leaf of the tree: file, offset and count of each level, as l0=(0, 5, 10)."""
    keys = ("file", "offset", "count")
    return {"lods": {name[1:]: dict(zip(keys, run, strict=True)) for name, run in runs.items()}}


def write_streamed(
    folder: Path, scenes: list[Scene], tree: object, levels: int, environment: Scene | None = None
) -> Path:
    """Writes a streamed .sog of one file a scene; gives the path of its lod-meta.json."""
    names = [f"part_{i}/meta.json" for i in range(len(scenes))]
    for i, scene in enumerate(scenes):
        write_files(folder / f"part_{i}", sog_files(scene))
    meta = {"version": 1, "lodLevels": levels, "filenames": names, "tree": tree}
    if environment is not None:
        write_files(folder / "env", sog_files(environment))
        meta["environment"] = "env/meta.json"
    (folder / "lod-meta.json").write_text(json.dumps(meta))
    return folder / "lod-meta.json"
