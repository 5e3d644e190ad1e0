"""One frame of a pack by the integer model or by the accelerator's RTL behind its driver."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.errors import InputError
from golden.pack import Pack, check_parameters
from golden.params import Parameters
from golden.rules import Rules
from golden.view import ViewFrame, view_frame
from hw.host.register_map import frame_counters
from sim.model.front_end.timing import front_end_timing
from sim.model.memory import MemoryModel
from sim.model.outcome import frame_outcome
from sim.rtl.accelerator_harness import AcceleratorHarness
from sim.rtl.driver import Accelerator, Status, pack_image
from sim.views.differing import count_differing

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
    splats : (S,) what leaves the hardware, in stream order: SPLAT_DTYPE, or COLORED_DTYPE of a
        build with color.
    counters : frame_counters of the build; by the integer engine those that no clock enters.
    seconds : wall time of the engine alone, without building or generating anything.
    status : how the RTL's frame ended; None by the integer engine, as all that follows.
    bus_utilisation : share of the cycles from the first to the last beat that carried one.
    mismatches : records of `splats`, and counters, that differ from the integer model's.
    expected : what the counters must read: items by the integer model, cycles by the cycle model
        where it knows such a memory; a counter of which neither knows anything is left out.
    memory : behind the RTL's bus.
    """

    view: str
    engine: FrameEngine
    splats: NDArray[np.void]
    counters: dict[str, int]
    seconds: float
    status: Status | None = None
    bus_utilisation: float | None = None
    mismatches: int | None = None
    expected: dict[str, int] | None = None
    memory: MemoryModel | None = None

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
    params: Parameters | None = None,
) -> FrameRun:
    """One frame, by the default parameters where none are given; see FrameRunner."""
    return FrameRunner(pack, engine, memory, params).run(camera, rules)


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
        return self.run_view(view_frame(self._pack, camera, rules, self._params))

    def run_view(self, frame: ViewFrame) -> FrameRun:
        """The same, of a view of this pack and of these parameters; what it holds is used."""
        model = _model(frame)
        if self._engine == "integer":
            return model
        with AcceleratorHarness(self._params, self._image, self._memory) as bus:
            accelerator = Accelerator(bus, self._params)
            accelerator.check()
            accelerator.open(self._memory.address, len(self._image))
            accelerator.set_camera(*frame.constants)
            accelerator.enable_interrupts("done")
            start = time.perf_counter()
            accelerator.start()
            self._until_interrupt(bus)
            status = accelerator.wait(1.0)
            seconds = time.perf_counter() - start
            counted = accelerator.counters()
            counters = {name: counted[name] for name in frame_counters(self._params)}
            splats = bus.frames()[0]
            utilisation = bus.counts().utilisation
        differing = sum(counters[name] != value for name, value in model.counters.items())
        return FrameRun(
            view=frame.camera.name,
            engine="rtl",
            splats=splats,
            counters=counters,
            seconds=seconds,
            status=status,
            bus_utilisation=utilisation,
            mismatches=count_differing(splats, model.splats) + differing,
            expected=model.counters | _clocked(frame, self._memory),
            memory=self._memory,
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


def _clocked(frame: ViewFrame, memory: MemoryModel) -> dict[str, int]:
    """Counters of the cycle model by name; none behind a memory that it does not know."""
    stalls = memory.address_stall_256 or memory.output_stall_256
    unknown = frame.params.color_cycles  # the clock of the front end alone
    if stalls or memory.fail_beat or memory.latency_cycles < 1 or unknown:
        return {}
    outcome = frame_outcome(frame.pack, frame.levels, frame.projected.kept)
    timing = front_end_timing(outcome, frame.params, memory)
    names = frame_counters(frame.params)
    return {name: value for name, value in asdict(timing).items() if name in names}


def _model(frame: ViewFrame) -> FrameRun:
    """The frame by the integer model; `seconds` of what was not worked out before."""
    start = time.perf_counter()
    counters = frame.counters
    return FrameRun(
        view=frame.camera.name,
        engine="integer",
        splats=frame.output,
        counters=counters,
        seconds=time.perf_counter() - start,
    )
