"""Random scenes, and encoders of every kind of scene file, written apart from the readers."""

from __future__ import annotations

import gzip
import struct

import numpy as np

from golden.scene import SH_COEFFICIENTS, Scene

SH_C0 = 0.5 / np.sqrt(np.pi)
PLY_TYPES = {"f4": "float", "f8": "double", "u4": "uint", "u1": "uchar", "i4": "int", "i2": "short"}

# Which axes each harmonic changes sign with, a line a degree: a half turn about x negates y and z.
# The last of degree 4 is written as the format's library has it.
SH_MONOMIALS = [
    *("y", "z", "x"),
    *("xy", "yz", "-", "xz", "-"),
    *("y", "xyz", "y", "z", "x", "z", "x"),
    *("xy", "yz", "xy", "yz", "-", "xz", "-", "xz", "y"),
]


def random_scene(count: int = 40, degree: int = 3, seed: int = 0) -> Scene:
    """Gaussians inside the range that every format can hold."""
    rng = np.random.default_rng(seed)
    quats = rng.normal(size=(count, 4))
    quats /= np.linalg.norm(quats, axis=1, keepdims=True)
    sh = rng.uniform(-0.95, 0.95, (count, SH_COEFFICIENTS[degree], 3))
    return Scene(
        "random",
        means=rng.uniform(-9, 9, (count, 3)).astype(np.float32),
        scales=np.exp(rng.uniform(-7, 1, (count, 3))).astype(np.float32),
        quats=quats.astype(np.float32),
        opacities=rng.uniform(0.01, 0.99, count).astype(np.float32),
        sh=sh.astype(np.float32),
    )


def inria_columns(scene: Scene) -> dict[str, np.ndarray]:
    """Raw values of a scene under INRIA's property names, float64."""
    wide = scene.opacities.astype(np.float64)
    columns = dict(zip("xyz", scene.means.T.astype(np.float64), strict=True))
    columns |= {f"f_dc_{c}": scene.sh[:, 0, c] for c in range(3)}
    above = scene.sh.shape[1] - 1
    columns |= {
        f"f_rest_{c * above + k}": scene.sh[:, 1 + k, c] for c in range(3) for k in range(above)
    }
    columns |= {"opacity": np.log(wide / (1 - wide))}
    columns |= {f"scale_{i}": np.log(scene.scales[:, i].astype(np.float64)) for i in range(3)}
    return columns | {f"rot_{i}": scene.quats[:, i] for i in range(4)}


def table(columns: dict[str, np.ndarray], dtype: str = "f4") -> np.ndarray:
    """Columns as one structured array."""
    rows = np.empty(len(next(iter(columns.values()))), [(name, dtype) for name in columns])
    for name, values in columns.items():
        rows[name] = values
    return rows


def ply_header(elements: dict[str, np.ndarray], form: str, newline: str = "\n") -> bytes:
    """Header of a PLY file; `form` is ascii, binary_little_endian or binary_big_endian."""
    lines = ["ply", f"format {form} 1.0", "comment made by a test"]
    for element, rows in elements.items():
        lines.append(f"element {element} {len(rows)}")
        for name in rows.dtype.names:
            lines.append(f"property {PLY_TYPES[rows.dtype[name].str[1:]]} {name}")
    return (newline.join([*lines, "end_header"]) + newline).encode()


def ply_file(elements: dict[str, np.ndarray], form: str = "binary_little_endian") -> bytes:
    """A whole PLY file."""
    body = b""
    for rows in elements.values():
        if form == "ascii":
            for row in rows:
                body += " ".join(repr(float(value)) for value in row).encode() + b"\n"
        else:
            order = "<" if form == "binary_little_endian" else ">"
            body += rows.astype(rows.dtype.newbyteorder(order)).tobytes()
    return ply_header(elements, form) + body


def inria_file(scene: Scene, form: str = "binary_little_endian") -> bytes:
    """A scene as INRIA's .ply."""
    return ply_file({"vertex": table(inria_columns(scene))}, form)


def splat_file(scene: Scene) -> bytes:
    """A scene as antimatter15's .splat, colour of degree 0 only."""
    out = b""
    for i in range(len(scene)):
        rgba = [*(0.5 + SH_C0 * scene.sh[i, 0]), scene.opacities[i]]
        out += struct.pack("<6f", *scene.means[i], *scene.scales[i])
        out += bytes(int(np.clip(round(255 * float(v)), 0, 255)) for v in rgba)
        out += bytes(int(np.clip(round(128 + 128 * float(v)), 0, 255)) for v in scene.quats[i])
    return out


def spz_header(version: int, count: int, degree: int, bits: int = 12, flags: int = 0) -> bytes:
    """The 16 bytes that begin versions 1 to 3."""
    return struct.pack("<4sIIBBBB", b"NGSP", version, count, degree, bits, flags, 0)


def spz_sections(scene: Scene, version: int, bits: int = 12) -> list[bytes]:
    """Positions, alphas, colours, scales, rotations, harmonics, turned to RUB."""
    means = scene.means * np.float32([1, -1, -1])
    if version == 1:
        positions = means.astype("<f2").tobytes()
    else:
        fixed = np.rint(means.astype(np.float64) * 2**bits).astype(int).ravel()
        positions = b"".join(int(v).to_bytes(3, "little", signed=True) for v in fixed)
    quats = scene.quats.astype(np.float64) * [1, 1, -1, -1]
    xyzw = quats[:, [1, 2, 3, 0]]
    rotations = b"".join(_spz_rotation(q, version) for q in xyzw)
    signs = np.array([(-1) ** (("y" in m) + ("z" in m)) for m in SH_MONOMIALS])
    rest = scene.sh[:, 1:] * signs[: scene.sh.shape[1] - 1, None]
    return [
        positions,
        np.rint(scene.opacities * 255).astype(np.uint8).tobytes(),
        np.clip(np.rint((scene.sh[:, 0] * 0.15 + 0.5) * 255), 0, 255).astype(np.uint8).tobytes(),
        np.clip(np.rint((np.log(scene.scales) + 10) * 16), 0, 255).astype(np.uint8).tobytes(),
        rotations,
        np.clip(np.rint(rest * 128 + 128), 0, 255).astype(np.uint8).tobytes(),
    ]


def _spz_rotation(xyzw: np.ndarray, version: int) -> bytes:
    if version < 3:
        upright = xyzw * (-1 if xyzw[3] < 0 else 1)
        return bytes(int(v) for v in np.clip(np.rint(upright[:3] * 127.5 + 127.5), 0, 255))
    largest = int(np.argmax(np.abs(xyzw)))
    upright = xyzw * np.sign(xyzw[largest])
    word = largest
    for index in range(4):
        if index != largest:
            magnitude = min(511, round(511 * np.sqrt(2) * abs(upright[index])))
            word = (word << 10) | (int(upright[index] < 0) << 9) | magnitude
    return struct.pack("<I", word)


def spz_file(scene: Scene, version: int = 3, bits: int = 12, flags: int = 0) -> bytes:
    """A scene as .spz of version 1 to 3."""
    head = spz_header(version, len(scene), scene.sh_degree, bits, flags)
    return gzip.compress(head + b"".join(spz_sections(scene, version, bits)), 1, mtime=0)


def spz4_container(
    sections: list[bytes], sizes: list[int], count: int, degree: int, records: bytes = b""
) -> bytes:
    """A version 4 file of compressed sections and the plain sizes that its table claims."""
    head = struct.pack("<4sIIBBBB", b"NGSP", 4, count, degree, 12, 2 * bool(records), len(sections))
    head += struct.pack("<I12x", 32 + len(records)) + records
    for section, size in zip(sections, sizes, strict=True):
        head += struct.pack("<QQ", len(section), size)
    return head + b"".join(sections)


def spz4_file(scene: Scene, records: bytes = b"") -> bytes:
    """A scene as .spz of version 4; needs zstandard."""
    import zstandard

    plain = [section for section in spz_sections(scene, 4) if section]
    packed = [zstandard.ZstdCompressor(level=3).compress(section) for section in plain]
    return spz4_container(packed, [len(p) for p in plain], len(scene), scene.sh_degree, records)


def compressed_elements(scene: Scene, colour_bounds: bool = True) -> dict[str, np.ndarray]:
    """Elements chunk, vertex and, above degree 0, sh of SuperSplat's compressed .ply."""
    count = len(scene)
    rgb = 0.5 + SH_C0 * scene.sh[:, 0].astype(np.float64)
    groups = {"": scene.means, "scale_": np.log(scene.scales)}
    groups |= {"rgb": rgb} if colour_bounds else {}
    chunk: dict[str, list[float]] = {}
    words = {
        f"packed_{p}": np.zeros(count, np.uint32)
        for p in ("position", "rotation", "scale", "color")
    }
    for start in range(0, count, 256):
        rows = slice(start, start + 256)
        bounds = {key: (v[rows].min(axis=0), v[rows].max(axis=0)) for key, v in groups.items()}
        for key, pair in bounds.items():
            for bound, values in zip(("min", "max"), pair, strict=True):
                for axis, value in zip("rgb" if key == "rgb" else "xyz", values, strict=True):
                    prefix = "" if key == "rgb" else key
                    chunk.setdefault(f"{bound}_{prefix}{axis}", []).append(float(value))
        for i in range(start, min(start + 256, count)):
            for prop, key in (("packed_position", ""), ("packed_scale", "scale_")):
                fraction = _fraction(groups[key][i], *bounds[key])
                words[prop][i] = _pack(fraction, (11, 10, 11))
            colour = _fraction(rgb[i], *bounds["rgb"]) if colour_bounds else np.clip(rgb[i], 0, 1)
            words["packed_color"][i] = _pack([*colour, scene.opacities[i]], (8, 8, 8, 8))
            words["packed_rotation"][i] = _largest_first(scene.quats[i].astype(np.float64))
    elements = {
        "chunk": table({name: np.array(values) for name, values in chunk.items()}),
        "vertex": table(words, "u4"),
    }
    rest = scene.sh[:, 1:].transpose(0, 2, 1).reshape(count, -1)
    if rest.shape[1]:
        levels = np.clip(np.floor((rest / 8 + 0.5) * 256), 0, 255)
        elements["sh"] = table({f"f_rest_{i}": levels[:, i] for i in range(rest.shape[1])}, "u1")
    return elements


def _fraction(value: np.ndarray, least: np.ndarray, most: np.ndarray) -> np.ndarray:
    return (value - least) / np.where(most > least, most - least, 1)


def _pack(fractions: object, widths: tuple[int, ...]) -> int:
    word = 0
    for fraction, width in zip(fractions, widths, strict=True):
        word = (word << width) | round(float(fraction) * ((1 << width) - 1))
    return word


def _largest_first(wxyz: np.ndarray) -> int:
    largest = int(np.argmax(np.abs(wxyz)))
    upright = wxyz * np.sign(wxyz[largest])
    others = [upright[i] / np.sqrt(2) + 0.5 for i in range(4) if i != largest]
    return (largest << 30) | _pack(others, (10, 10, 10))


def gsply_data(gsply, scene):
    """A scene in gsply's container, raw values."""
    return gsply.GSData.from_arrays(
        means=scene.means,
        scales=np.log(scene.scales),
        quats=scene.quats,
        opacities=np.log(scene.opacities / (1 - scene.opacities)),
        sh0=scene.sh[:, 0],
        shN=scene.sh[:, 1:],
        format="ply",
    )
