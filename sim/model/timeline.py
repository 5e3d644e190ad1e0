"""A frame over its cycles: where each stage works, and what moves on the bus."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.pack import Pack
from golden.params import Parameters
from golden.rules import Rules
from golden.stages.rasterize.arrangement import Arrangement
from sim.model.clocked_frame import frame_strips, memory_of, need_clocked, placed_view
from sim.model.config import ModelConfig
from sim.model.frame_clock.notes import TOTALS, of_moments
from sim.model.frame_clock.timing import frame_clock
from sim.model.stage import STAGES

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

STAGE_TOTALS = dict(zip(STAGES, TOTALS, strict=False))


@dataclass(frozen=True, eq=False)
class Timeline:
    """A frame in T pieces, all but the last of a strip equally long.

    Parameters
    ----------
    view : name of the camera.
    cycles : (T + 1,) at which the pieces begin, and the end.
    busy : by stage (T,), what it did of what it can do in these cycles, 0 to 1.
    read_bytes, written_bytes : (T,) on the bus.
    """

    view: str
    cycles: Int64
    busy: dict[str, Float64]
    read_bytes: Int64
    written_bytes: Int64


def frame_timeline(
    pack: Pack, camera: Camera, rules: Rules, config: ModelConfig, pieces: int = 200
) -> Timeline:
    """The frame of a view with the pack's culling, in about that many pieces; strip follows strip.

    A frame is clocked twice: how long it is, is known when it has ended.

    Raises InputError where the machine is no build of the RTL, or the view out of reach of formats.
    """
    need_clocked(config)
    view, memory, params = placed_view(pack, camera, rules, config), memory_of(config), config.built
    _, strips = frame_strips(view, memory)
    begins, did = [np.zeros(1, np.int64)], []
    for part, address in strips:
        cycles = int(frame_clock(part, memory, address).frame["cycle"][0])
        apart = max(1, -(-cycles * len(strips) // pieces))
        notes = of_moments(-(-cycles // apart) + 1, apart)
        frame_clock(part, memory, address, notes)
        begins.append(begins[-1][-1] + notes.moments[1:, 0])
        did.append(np.diff(notes.moments[:, 1:], axis=0))
    at, work = np.concatenate(begins), np.concatenate(did)
    done = dict(zip(TOTALS, work.T, strict=True))
    most = _a_cycle(params)
    lengths = np.diff(at)
    return Timeline(
        view=camera.name,
        cycles=at,
        busy={
            stage: np.minimum(done[total] / (most[stage] * lengths), 1.0)
            for stage, total in STAGE_TOTALS.items()
        },
        read_bytes=done["read_beats"] * (params.data_bits // 8),
        written_bytes=done["written_beats"] * (params.data_bits // 8),
    )


def _a_cycle(params: Parameters) -> dict[str, float]:
    """What each stage does in a cycle at most, in the units of STAGE_TOTALS."""
    most = dict.fromkeys(STAGES, 1.0)
    most["cluster_cull"] = 1 / params.cull_cycles
    most["gaussian_project"] = 1 / params.project_cycles
    most["color"] = 1 / params.color_cycles
    most["rasterize"] = float(Arrangement(params).engines)
    return most
