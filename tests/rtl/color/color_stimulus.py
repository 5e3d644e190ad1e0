"""Splats, records and views for the RTL of color and its blocks: random, directed, hostile."""

from __future__ import annotations

import itertools

import numpy as np

from golden.camera import Camera
from golden.pack.color_record import DEGREES, EXPONENT, ColorFields, color_fields
from golden.params import Parameters
from golden.records import COLOR_DTYPE, SPLAT_DTYPE
from golden.stages.color.constants import ColorConstants, color_constants, constant_formats
from tests.rtl.cluster_cull.stimulus import random_rotation

CHANNELS = ("red", "green", "blue")


def random_camera(seed: int) -> Camera:
    """Any pose; focal lengths from a pixel to the longest; the principal point in and beside."""
    rng = np.random.default_rng(seed)
    viewmat = np.eye(4)
    viewmat[:3, :3] = random_rotation(rng)
    viewmat[:3, 3] = rng.normal(size=3)
    width, height = (int(side) for side in 2.0 ** rng.uniform(0, 13.9, 2))
    focal = 2.0 ** rng.uniform(0, 14.9) if seed % 2 else max(width, height) * rng.uniform(0.4, 3)
    return Camera(
        name=f"random {seed}",
        width=width,
        height=height,
        fx=focal,
        fy=focal * 2.0 ** rng.uniform(-0.5, 0.5),
        cx=width * rng.uniform(-0.5, 1.5),
        cy=height * rng.uniform(-0.5, 1.5),
        pose=viewmat,
    )


def axis_camera(number: int) -> Camera:
    """One of the 24 cameras whose axes are those of the world, so that directions lie on them."""
    signs = list(itertools.product((1, -1), repeat=3))
    turns = [
        np.eye(3)[list(order)] * np.array(sign)[:, None]
        for order in itertools.permutations(range(3))
        for sign in signs
    ]
    viewmat = np.eye(4)
    viewmat[:3, :3] = [turn for turn in turns if np.linalg.det(turn) > 0][number]
    return Camera(f"axes {number}", 640, 480, 512.0, 512.0, 320.0, 240.0, viewmat)


def constants_of(camera: Camera, params: Parameters) -> ColorConstants:
    """Constants of a camera, each within its format."""
    constants = color_constants(camera, params)
    formats, ports = constant_formats(params), constants.as_ports()
    outside = [name for name, value in ports.items() if not formats[name].contains(value)]
    assert not outside, f"{camera} has constants outside their formats: {outside}"
    return constants


def random_places(count: int, seed: int, camera: Camera, params: Parameters) -> np.ndarray:
    """(count, 2) u, v: within the picture, around it, anywhere, and the ends of the format."""
    rng = np.random.default_rng(seed)
    unit = 1 << params.screen_fraction_bits
    size = np.array([camera.width, camera.height]) * unit
    inside = rng.random((count, 2)) * size
    around = (rng.random((count, 2)) * 7 - 3) * size
    anywhere = rng.integers(-(1 << 31), 1 << 31, (count, 2)) >> rng.integers(0, 32, (count, 1))
    ends = rng.choice([-(1 << 31), 1 - (1 << 31), (1 << 31) - 1, 0, 1, -1], (count, 2))
    center = np.broadcast_to(np.rint(np.array([camera.cx, camera.cy]) * unit), (count, 2))
    kind = rng.integers(0, 16, count)[:, None]
    kinds = [kind < 6, kind < 10, kind < 14, kind < 15]
    places = np.select(kinds, [inside, around, anywhere, ends], center)
    return np.clip(np.rint(places), -(1 << 31), (1 << 31) - 1).astype(np.int64)


def random_records(count: int, seed: int) -> np.ndarray:
    """(count,) COLOR_DTYPE: any bits; fields at their ends; and such as encode_colors writes."""
    rng = np.random.default_rng(seed)
    records = np.zeros(count, dtype=COLOR_DTYPE)
    words = rng.integers(0, 1 << 64, (count, 4), dtype=np.uint64)
    records["words"] = words
    usual = rng.random(count) < 0.4
    # Exponents of usual scenes are small: colours that are not cut.
    exponents = words[:, 0] & np.uint64(0xFFFF)
    small = rng.integers(0, 5, (count, 4)) @ (1 << np.arange(0, 16, 4))
    records["words"][:, 0] = np.where(
        usual, (words[:, 0] ^ exponents) | small.astype(np.uint64), words[:, 0]
    )
    ends = rng.random(count) < 0.2
    patterns = np.array([0, (1 << 64) - 1, 0x5555555555555555, 1 << 63], dtype=np.uint64)
    fills = patterns[rng.integers(0, 4, (count, 4))]
    records["words"] = np.where(ends[:, None], fills, records["words"])
    return records


def directed_records() -> np.ndarray:
    """Each exponent with each end of each mantissa, a coefficient and channel at a time."""
    rows = [
        (degree, exponent, k, channel, value)
        for degree, part in enumerate(DEGREES)
        for exponent in range(EXPONENT.max_int + 1)
        for k in range(part.first, part.first + part.coefficients)
        for channel in range(3)
        for value in (part.mantissa.min_int, -1, 1, part.mantissa.max_int)
    ]
    fields = ColorFields(
        np.zeros((len(rows), len(DEGREES)), dtype=np.int64), np.zeros((len(rows), 16, 3), np.int64)
    )
    for n, (degree, exponent, k, channel, value) in enumerate(rows):
        fields.exponents[n, degree] = exponent
        fields.mantissas[n, k, channel] = value
    return records_of(fields)


def records_of(fields: ColorFields) -> np.ndarray:
    """Records of any integers, by a number of 256 bits each: not the pack's own way."""
    numbers = [0] * len(fields.exponents)
    for degree, part in enumerate(DEGREES):
        mask = (1 << part.mantissa.bits) - 1
        for n in range(len(numbers)):
            numbers[n] |= int(fields.exponents[n, degree]) << part.exponent_bit
            place = part.mantissa_bit
            for k in range(part.first, part.first + part.coefficients):
                for channel in range(3):
                    numbers[n] |= (int(fields.mantissas[n, k, channel]) & mask) << place
                    place += part.mantissa.bits
    raw = b"".join(number.to_bytes(32, "little") for number in numbers)
    return np.frombuffer(raw, dtype=COLOR_DTYPE).copy()


def record_ports(records: np.ndarray) -> dict[str, np.ndarray]:
    """Fields by the names of hw.layouts.color_record."""
    fields = color_fields(records)
    ports = {f"record_exponents_e_{n}": fields.exponents[:, n] for n in range(len(DEGREES))}
    for n, channel in enumerate(CHANNELS):
        ports |= {f"record_{channel}_m_{k}": fields.mantissas[:, k, n] for k in range(16)}
    return ports


def random_splats(count: int, seed: int, camera: Camera, params: Parameters) -> np.ndarray:
    """SPLAT_DTYPE with random fields; index is left at 0."""
    rng = np.random.default_rng(seed)
    splats = np.zeros(count, dtype=SPLAT_DTYPE)
    splats["mean2d"] = random_places(count, seed, camera, params)
    splats["conic"] = rng.integers(0, 1 << 24, (count, 3))
    splats["depth"] = rng.integers(0, 1 << 31, count)
    splats["tile_rect"] = rng.integers(0, 1 << 16, (count, 4))
    splats["extent"] = rng.integers(0, 1 << 16, (count, 2))
    splats["opacity"] = rng.integers(0, 1 << 16, count)
    splats["conic_exponent"] = rng.integers(-128, 128, count)
    return splats


def random_indices(count: int, seed: int, gaussians: int) -> np.ndarray:
    """Indices of a frame: runs of neighbours, gaps of all sizes, repeats and jumps back."""
    rng = np.random.default_rng(seed)
    steps = rng.choice([1, 1, 1, 1, 1, 1, 2, 3, 7, 0, 130, -5], count)
    jumps = rng.random(count) < 0.01
    steps = np.where(jumps, rng.integers(-gaussians, gaussians, count), steps)
    return np.cumsum(steps) % gaussians
