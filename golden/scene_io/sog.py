"""PlayCanvas' .sog: Gaussians as pixels of WebP pictures, versions 1 and 2."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.errors import InputError
from golden.memory import need_memory
from golden.scene import (
    MAX_GAUSSIANS,
    SH_COEFFICIENTS,
    Float32,
    activate_opacities,
    activate_scales,
)
from golden.scene_io.document import Entry
from golden.scene_io.raw import RawScene
from golden.scene_io.sog_files import MAX_RATIO, SLACK_BYTES, Bytes, SogFiles, picture

LEVELS = 256  # of a byte, and entries of a codebook
FIRST_TAG = 252  # alpha of a rotation whose w is largest; then x, y, z
ROW_CENTROIDS = 64  # in a row of the palette's picture
MAX_CENTROIDS = 1 << 16
READ_BYTES = 200  # of memory a Gaussian while a scene is read, beside its harmonics
HARMONIC_BYTES = 600  # the same of harmonics of degree 3
PIXELS_MORE = 1 << 16  # at the end of a picture, of no Gaussian

Float64 = NDArray[np.float64]


def raw_from_sog(files: SogFiles, meta: Entry) -> RawScene:
    """Gaussians of a .sog, axes as they are (RDF).

    A Gaussian is the same pixel of every picture, row by row. With byte b, q of 16 bits:
    position v = low + (high - low) q / 65535, then sign(v) (exp(abs(v)) - 1). Rotation: alpha says
    which of w, x, y, z is largest, R, G, B are the others as (b / 255 - 1/2) sqrt(2).
    Version 2: log scales and sh_0 stand in codebooks of 256, opacity = b / 255.
    Version 1: log scales, sh_0 and the opacity's logit = low + (high - low) b / 255.
    Harmonics above degree 0: a label of 16 bits for each Gaussian names a row of a palette, whose
    bytes stand for a codebook's entries (version 2) or low + (high - low) b / 255 (version 1).

    Parameters
    ----------
    files : the scene's files. meta : its meta.json.

    Raises InputError where a file lacks or is damaged, or promises more Gaussians than its bytes
    can hold: 1032 bytes of pixels for each byte, as deflate could.
    Source: The SOG format, developer.playcanvas.com; its version 1 as playcanvas/sogs wrote it.
    """
    second = meta.get("version") is not None
    if second and meta["version"].value != 2:
        raise InputError(
            f"{files.name} is .sog version {str(meta['version'].value)[:20]} where 1 and 2 are "
            "known: export it as version 2."
        )
    count = (meta["count"] if second else meta["means"]["shape"][0]).whole(1, MAX_GAUSSIANS)
    pixels = _Pixels(files, meta, count)
    harmonics = 0 if meta.get("shN") is None else HARMONIC_BYTES
    need_memory(files.name, count, READ_BYTES + harmonics)
    colors = pixels.of("sh0", 0)
    sh0: Float64
    if second:
        log_scales = _codebook(meta["scales"])[pixels.of("scales", 0)[:, :3]]
        sh0 = _codebook(meta["sh0"])[colors[:, :3]]
        opacities = colors[:, 3].astype(np.float32) / np.float32(255)
    else:
        log_scales = _between(meta["scales"], pixels.of("scales", 0)[:, :3], LEVELS - 1)
        raw_colors = _between(meta["sh0"], colors, LEVELS - 1)
        sh0, opacities = raw_colors[:, :3], activate_opacities(raw_colors[:, 3])
    return RawScene(
        files.name,
        means=_means(meta["means"], pixels),
        scales=activate_scales(log_scales),
        quats=_rotations(pixels.of("quats", 0)),
        opacities=opacities,
        sh=_harmonics(meta, sh0, pixels, second),
        antialiased=meta.get("antialias") is not None and bool(meta["antialias"].value),
    )


class _Pixels:
    """Pictures of a scene, decoded when they are asked for.

    Parameters
    ----------
    files, meta : of the scene. count : its Gaussians.
    """

    def __init__(self, files: SogFiles, meta: Entry, count: int) -> None:
        self.name, self.count = files.name, count
        self.data: dict[str, bytes] = {}
        self.names: dict[tuple[str, int], str] = {}
        for part in ("means", "scales", "quats", "sh0", "shN"):
            entry = meta.get(part) if part == "shN" else meta[part]
            for i in range(0 if entry is None else (2 if part in ("means", "shN") else 1)):
                name = meta[part]["files"][i].text()
                self.names[part, i] = name
                if name not in self.data:
                    self.data[name] = files.read(name)
        size = sum(map(len, self.data.values()))
        if 4 * count * len(self.data) > MAX_RATIO * size + SLACK_BYTES:
            raise InputError(
                f"{self.name} is damaged ({size} bytes of pictures cannot hold {count} Gaussians): "
                "copy or export it again."
            )

    def of(self, part: str, index: int) -> Bytes:
        """R, G, B, A of every Gaussian, (count, 4)."""
        pixels = self.whole(part, index, 2 * self.count + PIXELS_MORE).reshape(-1, 4)
        if len(pixels) < self.count:
            raise InputError(
                f"{self.name}: its picture {self.names[part, index]} has {len(pixels)} pixels for "
                f"{self.count} Gaussians: copy or export it again."
            )
        return pixels[: self.count]

    def whole(self, part: str, index: int, most_pixels: int) -> Bytes:
        """(height, width, 4) of a picture."""
        file = self.names[part, index]
        return picture(self.data[file], file, self.name, most_pixels)


def _codebook(entry: Entry) -> Float64:
    return entry["codebook"].numbers(LEVELS)


def _between(entry: Entry, levels: NDArray[np.unsignedinteger], most: int) -> Float64:
    """low + (high - low) levels / most; low and high one a channel, as `mins` and `maxs`."""
    channels = levels.shape[1]
    low, high = entry["mins"].numbers(channels), entry["maxs"].numbers(channels)
    return low + (high - low) * (levels / most)


def _means(entry: Entry, pixels: _Pixels) -> Float32:
    words = pixels.of("means", 1)[:, :3].astype(np.uint16) << np.uint16(8)
    words |= pixels.of("means", 0)[:, :3]
    folded = _between(entry, words, (1 << 16) - 1)
    return (np.sign(folded) * np.expm1(np.abs(folded))).astype(np.float32)


def _rotations(rgba: Bytes) -> Float64:
    """Quaternions w, x, y, z, (N, 4); zero, which is no orientation, where alpha is no tag."""
    small = (rgba[:, :3] / 255 - 0.5) * np.sqrt(2)
    largest = np.sqrt(np.maximum(0, 1 - (small**2).sum(axis=1)))
    quats = np.zeros((len(rgba), 4))
    for index in range(4):
        rows = rgba[:, 3] == FIRST_TAG + index
        keep = [component for component in range(4) if component != index]
        quats[np.ix_(rows, keep)] = small[rows]
        quats[rows, index] = largest[rows]
    return quats


def _harmonics(meta: Entry, sh0: Float64, pixels: _Pixels, second: bool) -> Float32:
    """(N, K, 3), of degree 0 where there is no palette."""
    entry = meta.get("shN")
    if entry is None:
        return sh0.astype(np.float32)[:, None]
    colors = pixels.whole("shN", 0, ROW_CENTROIDS * max(SH_COEFFICIENTS.values()) * 1024)
    height, width = colors.shape[:2]
    bands = [b for b in (1, 2, 3) if width == ROW_CENTROIDS * (SH_COEFFICIENTS[b] - 1)]
    if not bands or (second and entry["bands"].whole(1, 3) != bands[0]):
        raise entry.error(f"its palette of harmonics is {width} px wide, which fits no degree")
    above = SH_COEFFICIENTS[bands[0]] - 1
    palette = colors[:, :, :3].reshape(height * ROW_CENTROIDS, above, 3)
    tags = pixels.of("shN", 1)
    labels = tags[:, 0].astype(np.intp) | (tags[:, 1].astype(np.intp) << 8)
    entries = entry["count"].whole(1, MAX_CENTROIDS) if second else len(palette)
    if labels.max() >= min(entries, len(palette)):
        raise entry.error(f"label {labels.max()} of a Gaussian is beyond its palette of harmonics")
    if second:
        levels = _codebook(entry)
    else:
        low, high = entry["mins"].number(), entry["maxs"].number()
        levels = low + (high - low) * np.arange(LEVELS) / (LEVELS - 1)
    sh = np.empty((len(sh0), 1 + above, 3), np.float32)
    sh[:, 0] = sh0
    sh[:, 1:] = levels.astype(np.float32)[palette][labels]
    return sh
