"""The requests of a frame to its memory, in order: for DRAM simulators of others."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from golden.camera import Camera
from golden.pack import Pack
from golden.rules import Rules
from sim.model.clocked_frame import frame_strips, memory_of, need_clocked, placed_view
from sim.model.config import ModelConfig
from sim.model.frame_clock.notes import of_bursts
from sim.model.frame_clock.timing import frame_clock
from sim.model.picture_memory import PictureMemory
from sim.model.requests import Requests, cut

LINES = 1 << 16  # of a piece of text


def frame_requests(
    pack: Pack, camera: Camera, rules: Rules, config: ModelConfig
) -> tuple[Requests, PictureMemory]:
    """The bursts of a frame on the bus, as their addresses are taken, and what lies where.

    Strip follows strip.

    A frame is clocked twice: what it asks for is known when it has ended. Addresses are those of
    the model: the pack, behind it lists and picture, as sim.model.picture_memory has them.

    Raises InputError where the machine is no build of the RTL, or the view out of reach of formats.
    """
    need_clocked(config)
    view, memory, params = placed_view(pack, camera, rules, config), memory_of(config), config.built
    room, strips = frame_strips(view, memory)
    found = []
    for part, address in strips:
        counters = frame_clock(part, memory, address).counters
        bursts = np.zeros((counters["bus_bursts"] + counters.get("write_bursts", 0), 3), np.int64)
        frame_clock(part, memory, address, of_bursts(bursts))
        found.append(bursts)
    address, beats, written = np.concatenate(found).T
    return Requests(address, beats * (params.data_bits // 8), written.astype(np.bool_)), room


def ramulator_text(requests: Requests, burst_bytes: int) -> Iterator[str]:
    """Lines of Ramulator's DRAM trace, in pieces: `0xADDRESS R` or `W` of each burst of the memory.

    Parameters
    ----------
    burst_bytes : of the memory; a request is as many lines as it touches of these.
    """
    bursts = cut(requests, burst_bytes)
    address = (bursts.address // burst_bytes * burst_bytes).tolist()
    letters = np.where(bursts.write, "W", "R").tolist()
    for n in range(0, len(address), LINES):
        pairs = zip(address[n : n + LINES], letters[n : n + LINES], strict=True)
        yield "".join(f"0x{at:x} {letter}\n" for at, letter in pairs)
