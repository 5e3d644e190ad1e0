"""Direction and Shade, compiled, against the integer model, for splats 1 to 8 cycles apart."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from golden.pack.color_record import color_fields
from golden.params import Parameters
from golden.stages.color.basis import basis
from golden.stages.color.constants import ColorConstants
from golden.stages.color.direction import direction
from golden.stages.color.formats import ColorFormats
from golden.stages.color.integer import cut, evaluate
from hw.stages.color.direction import Direction
from hw.stages.color.shade import Shade
from sim.rtl.block_harness import BlockHarness
from tests.rtl.color.color_stimulus import (
    CHANNELS,
    axis_camera,
    constants_of,
    directed_records,
    random_camera,
    random_places,
    random_records,
    record_ports,
)

PARAMS = Parameters()
FORMATS = ColorFormats(PARAMS)
CYCLES = (1, 2, 4, 8)


@cache
def harness(block, cycles: int) -> BlockHarness:
    return BlockHarness(block(PARAMS, cycles))


def run(block, cycles: int, gap: int, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Items `gap` cycles apart; between their `cycles` cycles the inputs are others."""
    count, built = len(next(iter(inputs.values()))), harness(block, cycles)
    behind = -(-built.block.latency_cycles // gap) + 1
    columns = {}
    for name, values in inputs.items():
        values = np.concatenate((values, np.resize(values[:1], behind)))
        held = np.repeat(values, gap).reshape(-1, gap)
        if not name.startswith("constants"):
            held[:, cycles:] = values[::-1, None]
        columns[name] = held.reshape(-1)
    start = np.zeros(len(columns[name]), dtype=np.int64)
    start[::gap] = 1
    results = built.run(columns | {"start": start})
    return {name: column[::gap][:count] for name, column in results.items()}


def check_directions(cycles: int, gap: int, places: np.ndarray, constants: ColorConstants):
    inputs = {"u": places[:, 0], "v": places[:, 1]}
    for name, value in constants.as_ports().items():
        inputs[f"constants_{name}"] = np.full(len(places), value, dtype=np.int64)
    got = run(Direction, cycles, gap, inputs)
    expected = direction(places, constants, FORMATS)
    for n, axis in enumerate("xyz"):
        differs = np.flatnonzero(got[axis] != expected[:, n])
        assert not len(differs), (
            f"{axis} of {len(differs)} of {len(places)}, first {differs[0]}: "
            f"{got[axis][differs[0]]} where {expected[differs[0], n]} is due"
        )


def check_colors(cycles: int, gap: int, directions: np.ndarray, records: np.ndarray):
    inputs = dict(zip("xyz", directions.T, strict=True)) | record_ports(records)
    got = run(Shade, cycles, gap, inputs)
    expected = cut(evaluate(basis(directions, FORMATS), color_fields(records), FORMATS))
    for n, channel in enumerate(CHANNELS):
        differs = np.flatnonzero(got[channel] != expected[:, n])
        assert not len(differs), (
            f"{channel} of {len(differs)} of {len(records)}, first {differs[0]}: "
            f"{got[channel][differs[0]]} where {expected[differs[0], n]} is due"
        )


def random_directions(count: int, seed: int) -> np.ndarray:
    """Unit vectors of every kind: random, on the axes, in planes of two of them."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(count, 3)) * rng.integers(0, 2, (count, 3))
    vectors[(vectors == 0).all(axis=1)] = 0, 0, 1
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.rint(np.ldexp(vectors, FORMATS.direction_fraction_bits)).astype(np.int64)


@pytest.mark.parametrize("gap", [0, 3])
@pytest.mark.parametrize("cycles", CYCLES)
def test_directions(cycles, gap):
    """Random views of all focal lengths, places within and far beside the picture."""
    for seed in range(6):
        camera = random_camera(seed)
        places = random_places(3_000, seed, camera, PARAMS)
        check_directions(cycles, cycles + gap, places, constants_of(camera, PARAMS))


def test_directions_along_each_axis():
    for number in range(24):
        camera = axis_camera(number)
        places = random_places(400, number, camera, PARAMS)
        check_directions(1, 1, places, constants_of(camera, PARAMS))


@pytest.mark.parametrize("gap", [0, 5])
@pytest.mark.parametrize("cycles", CYCLES)
def test_colors(cycles, gap):
    check_colors(cycles, cycles + gap, random_directions(12_000, 1), random_records(12_000, 2))


def test_each_field_of_a_record_at_its_ends():
    records = directed_records()
    check_colors(1, 1, random_directions(len(records), 3), records)
