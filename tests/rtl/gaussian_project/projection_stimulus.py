"""Members and views for the RTL of gaussian_project and its blocks: random, directed, hostile."""

from __future__ import annotations

import itertools

import numpy as np

from golden.camera import Camera
from golden.errors import InputError
from golden.params import Parameters
from golden.records import MEMBER_DTYPE
from golden.rules import rules_named
from golden.stages.gaussian_project.constants import (
    GaussianProjectConstants,
    constant_formats,
    gaussian_project_constants,
)
from sim.rtl.block_harness import BlockHarness
from tests.rtl.cluster_cull.stimulus import GRID, random_rotation

# Default widths, and two sets of others, narrow and in between.
PARAMETERS = {
    "default": Parameters(),
    "narrow": Parameters(
        center_bits=14,
        camera_range_bits=1,
        length_fraction_bits=2,
        rotation_fraction_bits=16,
        offset_bits=12,
        factor_bits=8,
        mantissa_bits=12,
        screen_fraction_bits=4,
        conic_bits=12,
    ),
    "between": Parameters(
        center_bits=20,
        length_fraction_bits=6,
        rotation_fraction_bits=19,
        factor_bits=12,
        mantissa_bits=17,
        screen_fraction_bits=6,
        conic_bits=16,
    ),
}

# Members of a pack that has been made by this project; records may hold any number.
USUAL_MEMBER_EXPONENTS = (-16, 13)
USUAL_FACTOR_EXPONENTS = (-36, 4)


def random_members(count: int, seed: int, params: Parameters) -> np.ndarray:
    """Half of them anything that records can hold, half before a camera and of useful size.

    Small and large values are equally likely; index counts up, so that it tells members apart.
    """
    rng = np.random.default_rng(seed)
    members = np.zeros(count, dtype=MEMBER_DTYPE)
    geometry = members["geometry"]
    geometry["offset"] = _signed(rng, (count, 3), 16)
    geometry["factor"] = _signed(rng, (count, 6), 16)
    geometry["reach_factor"] = rng.integers(0, 1 << 16, count)
    geometry["opacity"] = rng.integers(0, 1 << 16, count)
    geometry["flags"] = rng.random(count) < 0.9
    members["index"] = np.arange(count)

    usual = rng.random(count) < 0.5
    geometry["factor_exponent"] = np.where(
        usual, rng.integers(*USUAL_FACTOR_EXPONENTS, count), rng.integers(-128, 128, count)
    )
    members["member_exponent"] = np.where(
        usual, rng.integers(*USUAL_MEMBER_EXPONENTS, count), rng.integers(-128, 128, count)
    )
    # Of the frame's unit, of one that a scene has, of any.
    far, any_unit = rng.integers(0, 40, count), rng.integers(0, 256, count)
    members["exponent"] = np.choose(rng.integers(0, 4, count), (0, 0, far, any_unit))
    space = params.camera_space
    anywhere = _signed(rng, (count, 3), space.bits)
    depth = np.maximum(np.abs(anywhere[:, 2]), 1)
    seen = np.column_stack([depth * rng.normal(0, 0.7, count) for _ in "xy"] + [depth])
    center = np.where(usual[:, None], np.rint(seen), anywhere)
    members["center_camera"] = np.clip(center, space.min_int, space.max_int).astype(np.int64)
    return members


def directed_members(params: Parameters) -> np.ndarray:
    """Corners: extreme centres, offsets and exponents together, and every exponent by itself."""
    space = params.camera_space
    low, top = space.min_int, space.max_int
    lateral, depths = (low, -1, 0, top), (low, -1, 0, 1, 2, 3, top - 1, top)
    offsets = [(0, 0, 0), *itertools.product((-32768, 32767), repeat=3)]
    exponents = (-128, -17, 0, 5, 13, 127)
    corners = list(itertools.product(lateral, (low, 0, top), depths, offsets, exponents))
    powers = list(itertools.product((1, -3), (5,), [1 << n for n in range(space.bits - 1)]))
    every = [(x, y, z, offsets[4], e) for x, y, z in powers for e in range(-24, 24)]
    every += [(top // 3, -9, z, offsets[3], e) for z in (5, top) for e in range(-128, 128)]
    rows = corners + every
    members = np.zeros(len(rows), dtype=MEMBER_DTYPE)
    members["center_camera"] = [row[:3] for row in rows]
    members["geometry"]["offset"] = [row[3] for row in rows]
    members["member_exponent"] = [row[4] for row in rows]
    number = np.arange(len(rows))
    members["exponent"] = np.array([0, 1, 7, 30, 31, 32, 63, 64, 255, 0, 0])[number % 11]
    members["index"] = number
    factors = np.array([-32768, -32767, -1, 0, 1, 32767])
    for column in range(6):
        members["geometry"]["factor"][:, column] = factors[number // (column + 1) % 6]
    members["geometry"]["factor_exponent"] = number * 37 % 256 - 128
    members["geometry"]["reach_factor"] = np.array([0, 1, 54545, 65535])[number % 4]
    members["geometry"]["opacity"] = np.array([0, 257, 65535])[number % 3]
    members["geometry"]["flags"] = number % 5 != 0
    return members


def random_projection(seed: int, params: Parameters) -> GaussianProjectConstants:
    """Constants of a random camera that the formats hold: any pose, rules, and focal length.

    Of a build that is antialiased, all seeds but each fourth are.
    """
    rng = np.random.default_rng(seed)
    rules = rules_named(("inria", "gsplat")[seed % 2], bool(params.antialiased and seed % 4))
    while True:
        camera = _random_camera(rng, f"random {seed}")
        try:
            constants = gaussian_project_constants(camera, rules, GRID, params)
        except InputError:
            continue
        formats, ports = constant_formats(params), constants.as_ports()
        outside = [name for name, value in ports.items() if not formats[name].contains(value)]
        assert not outside, f"{camera} has constants outside their formats: {outside}"
        return constants


def run_with_constants(
    harness: BlockHarness, constants: GaussianProjectConstants, inputs: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Items through a block that holds `constants`, until the last of them is out.

    Further items follow, since a harness changes all inputs behind the last one.
    """
    count, behind = len(next(iter(inputs.values()))), harness.block.latency_cycles
    columns = {name: np.concatenate((v, v[:1].repeat(behind))) for name, v in inputs.items()}
    for name, value in constants.as_ports().items():
        columns[f"constants_{name}"] = np.full(count + behind, value, dtype=np.int64)
    return {name: column[:count] for name, column in harness.run(columns).items()}


def _random_camera(rng: np.random.Generator, name: str) -> Camera:
    viewmat = np.eye(4)
    viewmat[:3, :3] = random_rotation(rng)
    viewmat[:3, 3] = rng.normal(size=3) * 10.0 ** rng.uniform(-2, 1)
    width, height = (int(side) for side in 2.0 ** rng.uniform(0, 13.9, 2))
    focal = max(width, height) * 2.0 ** rng.uniform(-2, 3)
    return Camera(
        name=name,
        width=width,
        height=height,
        fx=focal * 2.0 ** rng.uniform(-1, 0),
        fy=focal * 2.0 ** rng.uniform(-1, 0),
        cx=width * rng.uniform(-0.5, 1.5),
        cy=height * rng.uniform(-0.5, 1.5),
        pose=viewmat,
    )


def _signed(rng: np.random.Generator, size, bits: int) -> np.ndarray:
    """Integers of so many bits, each length of them equally likely, the ends among them."""
    limit = 1 << (bits - 1)
    values = rng.integers(-limit, limit, size) >> rng.integers(0, bits, size)
    ends = rng.integers(0, 64, size)
    return np.select([ends == 0, ends == 1, ends == 2], [-limit, 1 - limit, limit - 1], values)
