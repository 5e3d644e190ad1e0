"""A frame of a machine that is an RTL build: every figure from the clock of that build."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from golden.camera import Camera
from golden.errors import InputError
from golden.pack import Pack
from golden.pack.file import pack_size
from golden.records import COLOR_DTYPE, RECORD_BYTES
from golden.rules import Rules
from golden.view import ViewFrame, view_frame
from hw.frame.phases import draws_beside
from sim.model.config import ModelConfig
from sim.model.counts import whole_outcome
from sim.model.dram import DramRun
from sim.model.dram_energy import energy_of_runs
from sim.model.frame import FrameModel
from sim.model.frame_clock.timing import FrameClock, stream_clock, view_clock, view_work
from sim.model.front_end.timing import front_end_clock, timing_of
from sim.model.memory import DramBehind, MemoryModel
from sim.model.outcome import FrameOutcome, frame_outcome
from sim.model.picture_memory import PictureMemory, picture_memory
from sim.model.rasterize.work import RasterWork
from sim.model.stage import Work, account

DRAM_COUNTS = ("bursts", "hits", "misses", "refreshes", "turns", "written")
HEADER_BYTES = 5 * RECORD_BYTES


@dataclass(frozen=True)
class ClockedFrame:
    """A frame and what its build counted.

    Parameters
    ----------
    frame : its cycles. counters : of the build, sums over the strips of its picture.
    """

    frame: FrameModel
    counters: dict[str, int]


@dataclass(frozen=True)
class Span:
    """A part of a frame.

    Parameters
    ----------
    cycles : that it takes. read_bytes, written_bytes : that the bus moves.
    dram : DRAM_COUNTS of it.
    """

    cycles: int
    read_bytes: int
    written_bytes: int
    dram: tuple[int, ...]

    def plus(self, other: Span, sign: int = 1) -> Span:
        """Both; or, with -1, what is left without the other."""
        return Span(
            self.cycles + sign * other.cycles,
            self.read_bytes + sign * other.read_bytes,
            self.written_bytes + sign * other.written_bytes,
            tuple(a + sign * b for a, b in zip(self.dram, other.dram, strict=True)),
        )

    def run(self, config: ModelConfig) -> DramRun:
        """For reports; its time is that of the whole span."""
        bursts, hits, misses, refreshes, turns, written = self.dram
        return DramRun(
            time_ns=1e3 * self.cycles / config.clock_mhz,
            bytes=self.read_bytes + self.written_bytes,
            burst_bytes=bursts * config.memory.burst_bytes,
            hits=hits,
            misses=misses,
            refreshes=refreshes,
            turns=turns,
            written=written,
        )

    def data_cycles(self, config: ModelConfig) -> int:
        """Cycles in which the DRAM moves data, the mean of its channels."""
        channel_ns = self.dram[0] * config.memory.burst_ns / config.memory.channels
        return math.ceil(channel_ns * config.clock_mhz / 1e3)


NO_SPAN = Span(0, 0, 0, (0,) * len(DRAM_COUNTS))


def need_clocked(config: ModelConfig) -> None:
    """Raises InputError where the machine is no build of the RTL."""
    if not config.is_clocked:
        raise InputError(
            f"{config.name} is modelled by formula, which has no requests or moments one by one: "
            "choose edge, or a configuration whose `build` names a preset that draws."
        )


def memory_of(config: ModelConfig) -> MemoryModel:
    """The configuration's DRAM behind the bus."""
    window, path_ns = config.reorder_window, config.path_ns
    return MemoryModel(dram=DramBehind(config.memory, config.clock_mhz, window, path_ns))


def placed_view(pack: Pack, camera: Camera, rules: Rules, config: ModelConfig) -> ViewFrame:
    """A view of the build, its lists behind the pack. Colours that the build cannot read are taken
    as black: no cycle depends on one."""
    if pack.meta.colors != "narrow" or len(pack.colors) != len(pack):
        meta = replace(pack.meta, colors="narrow")
        pack = replace(pack, meta=meta, colors=np.zeros(len(pack), COLOR_DTYPE))
    room = picture_memory(MemoryModel().address, pack_size(pack), camera, config.built)
    return replace(view_frame(pack, camera, rules, config.built), memory=room.lists)


def frame_strips(
    view: ViewFrame, memory: MemoryModel
) -> tuple[PictureMemory, list[tuple[ViewFrame, int]]]:
    """Where the model puts pack, lists and picture; each strip and the address of its pixels."""
    size = pack_size(view.pack)
    room = picture_memory(memory.address, size, view.camera, view.params)
    return room, [(part, _strip_address(part, room)) for part in view.parts]


def _strip_address(part: ViewFrame, room: PictureMemory) -> int:
    """Byte address of the first pixel of a view, or of a strip of one."""
    first = 0 if part.rows is None else part.rows.start * part.params.bin_px
    return room.picture_address + first * room.stride_bytes


def clocked_frames(
    pack: Pack, camera: Camera, rules: Rules, config: ModelConfig, *, without: bool
) -> tuple[ClockedFrame, ...]:
    """A view with the pack's culling and, where wanted, without any.

    Raises InputError where the view is out of reach of the formats.
    """
    view = placed_view(pack, camera, rules, config)
    works = [view_work(part) for part in view.parts]
    outcome = frame_outcome(view.pack, view.levels, view.projected.kept)
    on, render = _clocked(view, outcome, works, config, None)
    if not without:
        return (on,)
    kept = np.zeros(len(pack), np.bool_)
    kept[view.splats["index"]] = True
    whole = whole_outcome(len(pack), kept, outcome.offsets)
    return on, _clocked(view, whole, works, config, render)[0]


def _clocked(
    view: ViewFrame,
    outcome: FrameOutcome,
    works: list[RasterWork],
    config: ModelConfig,
    render: tuple[Span, dict[str, int], float] | None,
) -> tuple[ClockedFrame, tuple[Span, dict[str, int], float]]:
    """The frame; and the rendering, its counters and the balance of its engines, which are `render`
    where that is given: it does not depend on what was culled."""
    params, memory = view.params, memory_of(config)
    _, strips = frame_strips(view, memory)
    stream, rest, counters = NO_SPAN, NO_SPAN, dict[str, int]()
    engines = np.zeros(0)
    for (part, address), work in zip(strips, works, strict=True):
        clock = view_clock(part, outcome, memory, address, work, lists_only=render is not None)
        listed = _listed(clock, params.data_bits // 8)
        stream = stream.plus(listed)
        rest = rest.plus(_all_of(clock, params.data_bits // 8)).plus(listed, -1)
        counters = {n: counters.get(n, 0) + count for n, count in clock.counters.items()}
        engines = _engine_works(clock) + (engines if len(engines) else 0)
    balance = float(engines.mean() / engines.max()) if engines.max() else 1.0
    if render is None:
        render = rest, counters, balance
    rest, drawn, balance = render
    of_render = {name: drawn[name] for name in drawn if name.endswith("lane_cycles")}
    of_render |= {n: drawn[n] for n in ("drawn_entries", "dropped_entries", "drawn_bins")}
    counters |= of_render | {
        "members": len(outcome.kept),
        "splats": outcome.splats,
        "tests": len(outcome.group_visible) + len(outcome.cluster_visible),
        "read_entries": sum(part.ordered.read_entries for part in view.parts),
    }
    frame = _frame(view, outcome, config, (stream, rest), counters, balance)
    return ClockedFrame(frame, counters), render


def _frame(
    view: ViewFrame,
    outcome: FrameOutcome,
    config: ModelConfig,
    phases: tuple[Span, Span],
    counters: dict[str, int],
    balance: float,
) -> FrameModel:
    params, memory = view.params, memory_of(config)
    front = front_end_clock(outcome, params, memory)
    index = view.splats["index"].astype(np.int64)
    color = stream_clock(outcome, replace(params, raster_lanes=0), memory, index)
    timing, beat_bytes = timing_of(front), params.data_bits // 8
    stream, render = phases
    spans = {
        "front_end": _all_of(front, beat_bytes),
        "front_end_color": _all_of(color, beat_bytes),
        "front_end_color_stored": stream,
        "stream": stream,
        "render": render,
    }
    frame_cycles = stream.cycles + render.cycles
    runs = {name: span.run(config) for name, span in spans.items()}
    frame_ns = 1e3 * frame_cycles / config.clock_mhz
    overlapping = max(stream.cycles + render.data_cycles(config), render.cycles)
    peak = config.peak_bytes_per_cycle
    return FrameModel(
        view=view.camera.name,
        stages=(
            *account(
                _stream_works(config, counters, timing.member_beats, stream),
                stream.cycles,
                frame_cycles,
                peak,
            ),
            *account(_render_works(config, counters, render), render.cycles, frame_cycles, peak),
        ),
        front_end_cycles=timing.frame_cycles,
        front_end_color_cycles=color.counters["frame_cycles"],
        front_end_color_stored_cycles=stream.cycles,
        stream_cycles=stream.cycles,
        render_cycles=render.cycles,
        steady_cycles=overlapping if draws_beside(params) else frame_cycles,
        front_end=timing,
        core_balance=balance,
        dram=runs,
        dram_cycles={name: span.data_cycles(config) for name, span in spans.items()},
        dram_energy=energy_of_runs(config.memory, (runs["stream"], runs["render"]), frame_ns),
    )


def _stream_works(
    config: ModelConfig, counters: dict[str, int], member_beats: int, stream: Span
) -> tuple[Work, ...]:
    """Stages 1 to 5: a ball each cull_cycles, a beat of Gaussians a cycle, one of members each
    project_cycles, a splat each color_cycles, an entry of a list a cycle."""
    tables = HEADER_BYTES + RECORD_BYTES * counters["tests"]
    geometry, splats = RECORD_BYTES * counters["members"], counters["splats"]
    beat_bytes, built = config.data_bits // 8, config.built
    apart = splats * built.color_cycles
    return (
        Work("cluster_cull", counters["tests"] * built.cull_cycles, tables, 0),
        Work("gaussian_fetch", -(-geometry // beat_bytes), geometry, 0),
        Work("gaussian_project", member_beats * built.project_cycles, 0, 0),
        Work("color", apart, RECORD_BYTES * splats, 0),
        Work("tile_bin", max(apart, counters["list_entries"]), 0, stream.written_bytes),
    )


def _render_works(config: ModelConfig, counters: dict[str, int], render: Span) -> tuple[Work, ...]:
    """Stages 6 and 7: an entry read a cycle, lanes that blend or are held up."""
    lanes = sum(count for name, count in counters.items() if name.endswith("lane_cycles"))
    works = -(-(lanes - counters["starved_lane_cycles"]) // config.built.raster_lanes)
    return (
        Work("depth_sort", counters["read_entries"], render.read_bytes, 0),
        Work("rasterize", works, 0, render.written_bytes),
    )


def _all_of(clock: FrameClock, beat_bytes: int) -> Span:
    channels, bus, writes = (
        clock.dram[0]["channel"],
        clock.frame[0]["bus"],
        clock.frame[0]["writes"],
    )
    return Span(
        clock.counters["frame_cycles"],
        int(bus["beats"]) * beat_bytes,
        int(writes["beats"]) * beat_bytes,
        tuple(int(channels[name].sum()) for name in DRAM_COUNTS),
    )


def _listed(clock: FrameClock, beat_bytes: int) -> Span:
    """Up to the lists in memory."""
    frame = clock.frame[0]
    return Span(
        int(frame["listed_cycle"]),
        int(frame["listed_reads"]) * beat_bytes,
        int(frame["listed_writes"]) * beat_bytes,
        _whole(frame["listed"]),
    )


def _whole(values: Iterable[np.int64]) -> tuple[int, ...]:
    return tuple(map(int, values))


def _engine_works(clock: FrameClock) -> np.ndarray:
    """(engines,) cycles in which each worked."""
    assert clock.raster is not None
    raster = clock.raster[0]
    return np.asarray(raster["engines"]["works"][: int(raster["engine_count"])])
