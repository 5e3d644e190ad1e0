"""One frame of a pack by the integer model or by the accelerator's RTL behind its driver."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.errors import InputError
from golden.pack import Pack, check_parameters
from golden.params import Parameters
from golden.rules import Rules
from golden.stages.cluster_cull.constants import ClusterCullConstants, cluster_cull_constants
from golden.stages.cluster_cull.integer import cluster_cull
from golden.stages.gaussian_fetch.integer import gaussian_fetch
from golden.stages.gaussian_project.constants import (
    GaussianProjectConstants,
    gaussian_project_constants,
)
from golden.stages.gaussian_project.integer import gaussian_project
from hw.host.register_map import COUNTERS
from sim.rtl.accelerator_harness import AcceleratorHarness, MemoryModel
from sim.rtl.driver import Accelerator, Status, pack_image
from sim.views.gaussian_project import count_differing

FrameEngine = Literal["integer", "rtl"]

# A frame that moves nothing for so long, and the latency, has come to a standstill.
STANDSTILL_CYCLES = 100_000


@dataclass(frozen=True, eq=False)
class FrameRun:
    """A frame of a pack.

    Parameters
    ----------
    view : name of the camera.
    engine : that ran it.
    splats : (S,) golden.records.SPLAT_DTYPE, in stream order.
    counters : hw.host.register_map.COUNTERS; by the integer engine those that no clock enters.
    seconds : wall time of the engine alone, without building or generating anything.
    status : how the RTL's frame ended; None by the integer engine, as all that follows.
    bus_utilisation : share of the cycles from the first to the last beat that carried one.
    mismatches : records of `splats`, and counters, that differ from the integer model's.
    """

    view: str
    engine: FrameEngine
    splats: NDArray[np.void]
    counters: dict[str, int]
    seconds: float
    status: Status | None = None
    bus_utilisation: float | None = None
    mismatches: int | None = None

    @property
    def cycles(self) -> int | None:
        """From the start to the end of the RTL's frame; None by the integer engine."""
        return self.counters.get("frame_cycles")


def frame_engine_named(name: str) -> FrameEngine:
    """The engine of that name; raises InputError."""
    for engine in get_args(FrameEngine):
        if engine == name:
            return engine  # type: ignore[no-any-return]
    raise InputError(f"engine {name!r} runs no frames: choose integer or rtl.")


def run_frame(
    pack: Pack,
    camera: Camera,
    rules: Rules,
    engine: FrameEngine,
    memory: MemoryModel | None = None,
) -> FrameRun:
    """One frame by the default parameters; see FrameRunner."""
    return FrameRunner(pack, engine, memory).run(camera, rules)


class FrameRunner:
    """Frames of a pack, one after another, each on an accelerator fresh out of reset.

    Parameters
    ----------
    engine : integer, the bit-exact model; rtl, the accelerator behind sim.rtl.driver, and the model
        beside it.
    memory : behind the RTL's bus.
    params : of the hardware, the default ones if not given.

    Raises InputError on a pack of other parameters, or where a tool is missing (`rtl`).
    """

    def __init__(
        self,
        pack: Pack,
        engine: FrameEngine,
        memory: MemoryModel | None = None,
        params: Parameters | None = None,
    ):
        self._pack, self._engine = pack, engine
        self._memory, self._params = memory or MemoryModel(), params or Parameters()
        check_parameters(pack, self._params)
        self._image = pack_image(pack) if engine == "rtl" else b""

    def run(self, camera: Camera, rules: Rules) -> FrameRun:
        """The frame of a view; look at `status` for how it ended.

        Raises InputError where the view is out of reach of the formats, RuntimeError where the
        RTL comes to a standstill or breaks a rule of the bus.
        """
        grid = self._pack.meta.grid
        culling = cluster_cull_constants(camera, rules, grid, self._params)
        projecting = gaussian_project_constants(camera, rules, grid, self._params)
        model = self._model(camera, culling, projecting)
        if self._engine == "integer":
            return model
        with AcceleratorHarness(self._params, self._image, self._memory) as bus:
            accelerator = Accelerator(bus, self._params)
            accelerator.check()
            accelerator.open(self._memory.address, len(self._image))
            accelerator.set_camera(culling, projecting)
            accelerator.enable_interrupts("done")
            start = time.perf_counter()
            accelerator.start()
            self._until_interrupt(bus)
            status = accelerator.wait(1.0)
            seconds = time.perf_counter() - start
            counted = accelerator.counters()
            counters = {name: counted[name] for name in COUNTERS}
            splats = bus.frames()[0]
            utilisation = bus.counts().utilisation
        differing = sum(counters[name] != value for name, value in model.counters.items())
        return FrameRun(
            view=camera.name,
            engine="rtl",
            splats=splats,
            counters=counters,
            seconds=seconds,
            status=status,
            bus_utilisation=utilisation,
            mismatches=count_differing(splats, model.splats) + differing,
        )

    def _model(
        self, camera: Camera, culling: ClusterCullConstants, projecting: GaussianProjectConstants
    ) -> FrameRun:
        start = time.perf_counter()
        culled = cluster_cull(self._pack.groups, self._pack.clusters, culling, self._params)
        members = gaussian_fetch(self._pack, culled)
        projected = gaussian_project(members, projecting, self._params)
        counters = {
            "groups_tested": len(culled.group_visible),
            "groups_visible": int(culled.group_visible.sum()),
            "clusters_tested": int(culled.tested.sum()),
            "clusters_visible": int(culled.visible.sum()),
            "members": len(members),
            **{f"dropped_{reason}": count for reason, count in projected.dropped.items()},
            "splats": len(projected.splats),
        }
        return FrameRun(
            view=camera.name,
            engine="integer",
            splats=projected.splats,
            counters=counters,
            seconds=time.perf_counter() - start,
        )

    def _until_interrupt(self, bus: AcceleratorHarness) -> None:
        """Runs the clock; raises RuntimeError where beats and splats stand still without an end."""
        chunk = STANDSTILL_CYCLES + self._memory.latency_cycles
        before = None
        while bus.run(chunk) == chunk and not bus.counts().irq:
            counts = bus.counts()
            moved = (counts.beats, counts.splats)
            if moved == before:
                raise RuntimeError(f"the accelerator stands still for {chunk} cycles in a frame.")
            before = moved
