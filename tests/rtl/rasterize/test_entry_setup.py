"""EntrySetup against steps_of, bit for bit."""

import numpy as np
import pytest

from golden.params import Parameters
from golden.stages.rasterize.arrangement import Arrangement
from golden.stages.rasterize.entry_steps import steps_of, tables_of
from golden.stages.rasterize.formats import RasterFormats
from hw.stages.rasterize.entry_setup import EntrySetup
from hw.stages.rasterize.entry_turns import EntryTurns
from sim.rtl.block_harness import BlockHarness
from tests.rtl.rasterize.raster_stimulus import KINDS, matrix, random_entries

COUNT = 3000
IDLE_CYCLES = 64


def expected(entry, x0, y0, arrangement, tables):
    """Steps at the first line of the first group, under the names of the block's outputs."""
    steps = steps_of(entry.astype(np.int64), x0, y0, tables)
    last_line = arrangement.side - 1
    none = steps.first > steps.last or steps.last < 0 or steps.first > 2 * last_line + 1
    first = max(steps.first, 0) >> 1
    line = 2 * (first // arrangement.lines) * arrangement.lines
    return {
        "none": int(none),
        "first": first,
        "last": min(steps.last, 2 * last_line + 1) >> 1,
        "x": (steps.x + line * steps.q) & 0xFFFF,
        "y": (steps.y + line * steps.r) & 0xFFFF,
        "brush_p": steps.p,
        "brush_q": steps.q,
        "brush_r": steps.r,
        "brush_opacity": entry[6],
        "brush_swap": entry[2],
        "brush_color_red": entry[7],
        "brush_color_green": entry[8],
        "brush_color_blue": entry[9],
        "ratio": steps.ratio + line * steps.ratio_step,
        "ratio_step": steps.ratio_step,
        "middle": steps.middle - line * steps.slope,
        "slope": steps.slope,
        "width": steps.width,
        "width_shift": steps.width_shift,
    }


def spread(values, cycles):
    """Each value for so many cycles, then 0: until the last item has left no other one starts."""
    return np.concatenate([np.repeat(values, cycles), np.zeros(IDLE_CYCLES, np.int64)])


@pytest.mark.parametrize(("lanes", "cycles"), [(4, 1), (64, 1), (4, 4), (4, 2), (16, 4), (64, 2)])
def test_steps_are_those_of_the_model(lanes, cycles):
    """An entry every `cycles` cycles; where that is one of several, inputs are held and no more."""
    params = Parameters(color_cycles=1, raster_lanes=lanes, setup_cycles=cycles)
    setup = EntrySetup(params) if cycles == 1 else EntryTurns(params)
    harness, tables = BlockHarness(setup), tables_of(RasterFormats())
    seen = 0
    for seed, kind in enumerate(KINDS):
        place = [(0, 0), (1536, 1024), (3968, 64)][seed % 3]
        fields = random_entries(COUNT, seed, kind, place)
        inputs = {f"entry_{name}": values for name, values in fields.items()}
        inputs |= {"entry_key": np.zeros(COUNT, np.int64), "ends": np.ones(COUNT, np.int64)}
        inputs |= {"x0": np.full(COUNT, place[0]), "y0": np.full(COUNT, place[1])}
        if cycles > 1:
            inputs["start"] = np.ones(COUNT, np.int64)
            inputs = {name: spread(values, cycles) for name, values in inputs.items()}
            inputs["start"] *= np.arange(len(inputs["start"])) % cycles == 0
        results = {name: values[::cycles] for name, values in harness.run(inputs).items()}
        entries = matrix(fields)
        for n in range(COUNT):
            wanted = expected(entries[n], *place, Arrangement(params), tables)
            if wanted["none"]:
                assert results["prepared_none"][n] == 1
                continue
            seen += 1
            got = {name: int(results[f"prepared_{name}"][n]) for name in wanted}
            assert got == wanted, (kind, n, fields)
    assert seen > 4 * COUNT
