"""Frames of many views by the cycle model, with culling and without, on all cores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from golden.camera import Camera
from golden.pack import Pack
from golden.rules import Rules
from sim.model.clocked_frame import ClockedFrame, clocked_frames
from sim.model.config import ModelConfig
from sim.model.counts import (
    FrameCounts,
    binned_counts,
    frame_counts,
    view_splats,
    without_culling,
)
from sim.model.frame import FrameModel, model_frame
from sim.model.processes import spread_over, workers_for
from sim.model.shared_runs import SharedRuns

CLOCKED_FRAMES = 6  # as long as a clocked view takes, in frames by formula


@dataclass(frozen=True)
class ModelledView:
    """One view with one way of culling.

    Parameters
    ----------
    frame : its cycles.
    gaussians_read, splats, bin_pairs, fetched_splats, blended_pixel_splats : FrameCounts; of a
        clocked frame what the build counts.
    """

    frame: FrameModel
    gaussians_read: int
    splats: int
    bin_pairs: int
    fetched_splats: int
    blended_pixel_splats: int


@dataclass(frozen=True, eq=False)
class Subject:
    """What every view of a run shares. `pack` needs no colours: none is looked at."""

    pack: Pack
    rules: Rules


@dataclass(frozen=True, eq=False)
class OneMachine(Subject):
    """Every view on `config`, and where `without` is set with nothing culled too."""

    config: ModelConfig
    without: bool


@dataclass(frozen=True, eq=False)
class ManyMachines(Subject):
    """Every view on each machine, and on those of `without` (numbers) with nothing culled too."""

    machines: tuple[ModelConfig, ...]
    without: tuple[int, ...]


def modelled_views(
    pack: Pack, cameras: Sequence[Camera], rules: Rules, config: ModelConfig, *, without: bool
) -> Iterator[tuple[ModelledView, ...]]:
    """Of each view in turn: with the pack's culling and, where wanted, without any.

    Raises InputError where a view is out of reach of the formats.
    """
    shared = OneMachine(pack if config.is_clocked else _bare(pack), rules, config, without)
    frames = CLOCKED_FRAMES if config.is_clocked else 1
    workers = workers_for(len(pack), len(cameras), frames)
    return spread_over(_on_one_machine, shared, cameras, workers)


def frames_of_machines(
    pack: Pack,
    cameras: Sequence[Camera],
    rules: Rules,
    machines: Sequence[ModelConfig],
    without: Sequence[int],
) -> Iterator[tuple[tuple[FrameModel, ...], tuple[FrameModel, ...]]]:
    """Of each view in turn: a frame of every machine with culling, and one of each machine whose
    number is in `without` with nothing culled."""
    shared = ManyMachines(_bare(pack), rules, tuple(machines), tuple(without))
    workers = workers_for(len(pack), len(cameras), len(machines))
    return spread_over(_on_many_machines, shared, cameras, workers)


def _bare(pack: Pack) -> Pack:
    return replace(pack, colors=np.zeros((0, *pack.colors.shape[1:]), pack.colors.dtype))


def _on_one_machine(shared: OneMachine, camera: Camera) -> tuple[ModelledView, ...]:
    if shared.config.is_clocked:
        found = clocked_frames(
            shared.pack, camera, shared.rules, shared.config, without=shared.without
        )
        return tuple(map(_clocked, found))
    counts = frame_counts(shared.pack, camera, shared.rules, shared.config)
    runs = SharedRuns()
    on = _modelled(counts, shared.config, runs)
    if not shared.without:
        return (on,)
    return on, _modelled(without_culling(counts), shared.config, runs.without_culling())


def _on_many_machines(
    shared: ManyMachines, camera: Camera
) -> tuple[tuple[FrameModel, ...], tuple[FrameModel, ...]]:
    """Splats once, bins and sub-tiles once a shape, DRAM runs once a memory."""
    splats = view_splats(shared.pack, camera, shared.rules, shared.machines[0].params)
    counted: dict[tuple[object, ...], FrameCounts] = {}
    runs: dict[tuple[object, ...], tuple[SharedRuns, SharedRuns]] = {}
    on, off = [], []
    for number, machine in enumerate(shared.machines):
        without = number in shared.without
        if machine.is_clocked:
            clocked = clocked_frames(shared.pack, camera, shared.rules, machine, without=without)
            on.append(clocked[0].frame)
            off += [frame.frame for frame in clocked[1:]]
            continue
        shape = (machine.bin_px, machine.subtile_px, machine.subtile_test)
        if shape not in counted:
            counted[shape] = binned_counts(splats, machine)
            culled = SharedRuns()
            runs[shape] = culled, culled.without_culling()
        on.append(model_frame(counted[shape], machine, runs[shape][0]))
        if without:
            off.append(model_frame(without_culling(counted[shape]), machine, runs[shape][1]))
    return tuple(on), tuple(off)


def _clocked(found: ClockedFrame) -> ModelledView:
    counters = found.counters
    return ModelledView(
        frame=found.frame,
        gaussians_read=counters["members"],
        splats=counters["splats"],
        bin_pairs=counters["list_entries"],
        fetched_splats=counters["drawn_entries"] - counters["dropped_entries"],
        blended_pixel_splats=counters["blended_lane_cycles"] + counters["ended_lane_cycles"],
    )


def _modelled(counts: FrameCounts, config: ModelConfig, runs: SharedRuns) -> ModelledView:
    return ModelledView(
        frame=model_frame(counts, config, runs),
        gaussians_read=counts.gaussians_read,
        splats=counts.splats,
        bin_pairs=counts.bin_pairs,
        fetched_splats=counts.fetched_splats,
        blended_pixel_splats=counts.blended_pixel_splats,
    )
