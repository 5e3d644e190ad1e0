"""cocotb bench of gaussian_project with its options: antialiased, and splats of 64 bytes."""

from __future__ import annotations

import random

import cocotb
from bench_gaussian_project import LATENCY_CYCLES, PATTERNS, counter, splat_cycles, start

from golden.params import Parameters
from golden.stages.gaussian_project.integer import gaussian_project
from tests.rtl.gaussian_project.projection_stimulus import random_members, random_projection

PARAMS = Parameters(antialiased=1, padded_splats=1)


@cocotb.test(timeout_time=400, timeout_unit="us")
@cocotb.parametrize(idle=["always", "random"], pressure=list(PATTERNS))
async def streams(dut, idle, pressure):
    """Views antialiased and plain in turn, under idle input and back-pressure."""
    random.seed(f"{idle} {pressure}")
    bench, _ = await start(dut, PARAMS)
    bench.pause(idle, pressure)
    total = lessened = 0
    for batch in range(4):
        constants = random_projection(8 * len(pressure) + batch, PARAMS)
        assert constants.antialiased == int(batch > 0)
        bench.set_constants(constants)
        members = random_members(20_000, batch, PARAMS)
        model = gaussian_project(members, constants, PARAMS)
        less = model.splats["opacity"] < members["geometry"]["opacity"][model.kept]
        members = members[model.kept][:80]
        lessened += int(less[:80].sum())
        await bench.frame(members)
        total += bench.check(constants)
    assert total == 320
    assert lessened > 40
    assert counter(dut, "splats") == total


@cocotb.test(timeout_time=100, timeout_unit="us")
async def latency_is_that_of_a_build_without(dut):
    bench, _ = await start(dut, PARAMS)
    constants = random_projection(1, PARAMS)
    bench.set_constants(constants)
    members = random_members(20_000, 1, PARAMS)
    members = members[gaussian_project(members, constants, PARAMS).kept][:1]
    assert await splat_cycles(bench, members) == LATENCY_CYCLES
    assert bench.check(constants) == 1
