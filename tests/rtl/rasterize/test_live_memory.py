"""LiveMemory against LiveMap: the same masks and the same end of a bin, in every cycle."""

from __future__ import annotations

import numpy as np
import pytest
from amaranth.hdl import Module
from amaranth.sim import Simulator

from golden.params import Parameters
from hw.package.presets import PRESETS
from hw.stages.rasterize.live_map import LiveMap
from hw.stages.rasterize.live_memory import LiveBanks, LiveMemory
from hw.stages.rasterize.rasterize import Rasterize

SHORTEST, LONGEST = 60, 200


def _params(bin_px: int) -> Parameters:
    return Parameters(color_cycles=4, raster_lanes=4, bin_px=bin_px)


@pytest.mark.parametrize(("bin_px", "bins"), [(32, 12), (64, 5)])
def test_same_as_the_map_of_registers(bin_px: int, bins: int) -> None:
    params, rng = _params(bin_px), np.random.default_rng(bin_px)
    side = bin_px // 2
    m = Module()
    m.submodules.map = registers = LiveMap(params)
    m.submodules.memory = memory = LiveMemory(params)
    both = (registers, memory)
    seen = {"opaque": 0, "dead": 0, "at once": 0}

    async def bench(ctx):
        left: list[list[tuple[int, int]]] = [[], []]
        since = [0, 0]
        for number in range(bins):
            buffer = number % 2
            columns, rows = (int(rng.integers(1, bin_px + 1)) for _ in range(2))
            if number == 3:
                columns, rows = bin_px, bin_px
            quads = [(x, y) for x in range((columns + 1) // 2) for y in range((rows + 1) // 2)]
            rng.shuffle(quads)
            # Every third bin does not end: what is left of it must not be seen in the next.
            left[buffer] = [tuple(q) for q in quads[: len(quads) // 2 if number % 3 == 1 else None]]
            since[buffer] = 0
            for cycle in range(int(rng.integers(SHORTEST, LONGEST)) + 3 * len(quads) // 2):
                ready = [b for b in range(2) if left[b] and since[b] >= LiveBanks.FIRST_DONE_CYCLES]
                is_done = bool(ready) and rng.random() < 0.7
                of = int(rng.choice(ready)) if is_done else 0
                x, y = left[of].pop() if is_done else (0, 0)
                group, swap = int(rng.integers(side)), int(rng.integers(2))
                if is_done and rng.random() < 0.5:  # the line that has it, in the same cycle
                    group, seen["at once"] = (x if swap else y), seen["at once"] + 1
                for part in both:
                    ctx.set(part.start, cycle == 0)
                    ctx.set(part.buffer, buffer)
                    ctx.set(part.columns, columns)
                    ctx.set(part.rows, rows)
                    ctx.set(part.done, is_done)
                    ctx.set(part.places[0].address, y * side + x)
                    ctx.set(part.places[0].buffer, of)
                    ctx.set(part.read.group, group)
                    ctx.set(part.read.swap, swap)
                    ctx.set(part.read.buffer, of if is_done else buffer)
                await ctx.tick()
                since = [n + 1 for n in since]
                masks = [int(ctx.get(part.masks[0])) for part in both]
                # A bin that starts is read from the cycle after on, with masks a cycle later.
                assert cycle == 1 or masks[0] == masks[1], (number, cycle)
                opaque = [int(ctx.get(part.opaque)) for part in both]
                # Before a buffer's first bin it holds none: whether that is opaque is never asked.
                if number:
                    assert opaque[0] == opaque[1], (number, cycle)
                seen["opaque"] += opaque[0] != 0
                seen["dead"] += masks[0] not in (0, (1 << side) - 1)

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert min(seen.values()) > 100, seen


def test_no_quad_is_done_before_the_memories_are_clear() -> None:
    stage = Rasterize(PRESETS["render"].params)
    assert stage.first_done_cycles >= LiveBanks.FIRST_DONE_CYCLES


def test_several_engines_are_refused() -> None:
    with pytest.raises(ValueError, match="16 engines"):
        LiveMemory(PRESETS["render_edge"].params)
