"""One frame of a pack by the integer model or by the accelerator's RTL behind its driver."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.errors import InputError
from golden.image import BLACK, Background
from golden.pack import Pack, check_parameters
from golden.params import Parameters
from golden.rules import Rules
from golden.stages.tile_bin.strips import halves, strips
from golden.view import ViewFrame, view_frame
from hw.host.register_map import frame_counters
from hw.host.status import StatusCode
from sim.model.dram_energy import DramEnergy, dram_energy
from sim.model.frame_clock.timing import frame_clock, knows_memory
from sim.model.memory import MemoryModel
from sim.model.picture_memory import PictureMemory, picture_memory, read_picture
from sim.rtl.accelerator_harness import AcceleratorHarness
from sim.rtl.activity import Activity, watched
from sim.rtl.driver import Accelerator, Status, pack_image
from sim.views.differing import count_differing

FrameEngine = Literal["integer", "rtl"]

# A frame that moves nothing for so long, the latency, and the time that it may draw without reading
# or writing, has come to a standstill.
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
    mismatches : records of `splats` that differ from the integer model's, and counters that differ
        from `expected`.
    expected : what the counters must read: items by the integer model; cycles by the cycle model
        where that was asked, knows such a memory, and the picture is one frame.
    memory : behind the RTL's bus.
    picture : (height, width, 4) R, G, B, alpha of a build that draws; then `mismatches` counts its
        pixels in place of splats, which stay inside.
    frames : that the RTL took: 1, or more where the picture was drawn in strips; then `counters`
        are sums over them.
    activity : of the nets of each stage by name, where that was asked for.
    dram_energy : of a DRAM behind the RTL's bus; None where there is none, or its currents are not
        known.
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
    picture: NDArray[np.uint8] | None = None
    frames: int = 1
    activity: dict[str, Activity] | None = None
    dram_energy: DramEnergy | None = None

    @property
    def cycles(self) -> int | None:
        """From the start to the end of the RTL's frame; None by the integer engine."""
        return self.counters.get("frame_cycles")


@dataclass(frozen=True)
class _Done:
    """Frames that the RTL ended: the last one's status, sums of counters and seconds."""

    status: Status | None = None
    counters: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    utilisation: float = 0.0
    frames: int = 0

    @property
    def code(self) -> StatusCode | None:
        """How the last one ended."""
        return None if self.status is None else self.status.code

    def followed_by(self, other: _Done) -> _Done:
        """Both, one after the other."""
        sums = {name: self.counters.get(name, 0) + n for name, n in other.counters.items()}
        return _Done(
            other.status,
            sums,
            self.seconds + other.seconds,
            other.utilisation,
            self.frames + other.frames,
        )


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
    background: Background = BLACK,
    *,
    clocked: bool = True,
) -> FrameRun:
    """One frame, by the default parameters where none are given; see FrameRunner."""
    runner = FrameRunner(pack, engine, memory, params, background, clocked=clocked)
    return runner.run(camera, rules)


class FrameRunner:
    """Frames of a pack, one after another, each on an accelerator fresh out of reset.

    Parameters
    ----------
    engine : integer, the bit-exact model; rtl, the accelerator behind sim.rtl.driver, and the model
        beside it.
    memory : behind the RTL's bus.
    params : of the hardware, the default ones if not given.
    background : R, G, B behind the pictures of a build that draws.
    clocked : hold the RTL's counters of cycles to the cycle model too.
    traces_activity : the transitions of the RTL's nets are counted, slowly.

    Raises InputError on a pack of other parameters, or where a tool is missing (`rtl`).
    """

    def __init__(
        self,
        pack: Pack,
        engine: FrameEngine,
        memory: MemoryModel | None = None,
        params: Parameters | None = None,
        background: Background = BLACK,
        *,
        clocked: bool = True,
        traces_activity: bool = False,
    ):
        self._is_clocked = clocked
        self._pack, self._engine, self._background = pack, engine, background
        self._traces_activity = traces_activity
        self._memory, self._params = memory or MemoryModel(), params or Parameters()
        check_parameters(pack, self._params)
        self._image = pack_image(pack) if engine == "rtl" else b""

    def run(self, camera: Camera, rules: Rules) -> FrameRun:
        """The frame of a view; look at `status` for how it ended.

        Raises InputError where the view is out of reach of the formats, RuntimeError where the
        RTL comes to a standstill or breaks a rule of the bus.
        """
        return self.run_view(view_frame(self._pack, camera, rules, self._params, self._background))

    def run_view(self, frame: ViewFrame) -> FrameRun:
        """The same, of a view of this pack and of these parameters; what it holds is used."""
        if self._engine == "integer":
            return _model(frame)
        image, room = self._image, None
        if self._params.raster_lanes:
            room = picture_memory(self._memory.address, len(image), frame.camera, self._params)
            frame = replace(frame, memory=room.lists)
            image = image.ljust(room.end - self._memory.address, b"\0")
        model = _model(frame)
        with AcceleratorHarness(self._params, image, self._memory, self._traces_activity) as bus:
            accelerator = Accelerator(bus, self._params)
            accelerator.check()
            accelerator.open(self._memory.address, len(self._image))
            accelerator.enable_interrupts("done")
            if not self._traces_activity:
                return self._run_on(bus, accelerator, frame, model, room)
            with watched(bus, self._params) as watch:
                run = self._run_on(bus, accelerator, frame, model, room)
            return replace(run, activity=watch.stages)

    def _energy(self, bus: AcceleratorHarness, cycles: int) -> DramEnergy | None:
        """Of the DRAM, since it came out of reset, in frames of that many cycles."""
        behind, commands = self._memory.dram, bus.dram_commands()
        if behind is None or commands is None:
            return None
        return dram_energy(behind.config, **commands, time_ns=1e3 * cycles / behind.clock_mhz)

    def _run_on(
        self,
        bus: AcceleratorHarness,
        accelerator: Accelerator,
        frame: ViewFrame,
        model: FrameRun,
        room: PictureMemory | None,
    ) -> FrameRun:
        """The frame by the RTL, held to the model."""
        if room is None:
            done = self._frame(bus, accelerator, frame)
            run = self._held_to(model, frame, done, bus.frames()[0], None)
        else:
            done = self._strips(bus, accelerator, frame, room)
            picture = read_picture(bus, room, frame.camera)
            run = self._held_to(model, frame, done, model.splats, picture, room.picture_address)
        return replace(run, dram_energy=self._energy(bus, run.cycles or 0))

    def _strips(
        self,
        bus: AcceleratorHarness,
        accelerator: Accelerator,
        frame: ViewFrame,
        room: PictureMemory,
    ) -> _Done:
        """The picture, in one frame where its bins and lists fit, otherwise in strips."""
        pending, done = strips(frame.camera, self._params), _Done()
        while pending:
            rows = pending.pop(0)
            skipped = rows.start * self._params.bin_px * room.stride_bytes
            accelerator.open_picture(room.picture_address + skipped, room.picture_bytes - skipped)
            last = self._frame(bus, accelerator, frame.strip(rows))
            done = done.followed_by(last)
            cut = halves(rows, self._params)
            if last.code == StatusCode.LISTS_FULL and len(cut) > 1:
                pending[:0] = cut
            elif last.code != StatusCode.DONE:
                break
        return done

    def _frame(self, bus: AcceleratorHarness, accelerator: Accelerator, frame: ViewFrame) -> _Done:
        """One start, until its interrupt."""
        accelerator.set_camera(*frame.constants)
        start = time.perf_counter()
        accelerator.start()
        self._until_interrupt(bus)
        status = accelerator.wait(1.0)
        seconds = time.perf_counter() - start
        accelerator.acknowledge()
        counted = accelerator.counters()
        counters = {name: counted[name] for name in frame_counters(self._params)}
        return _Done(status, counters, seconds, bus.counts().utilisation, 1)

    def _held_to(
        self,
        model: FrameRun,
        frame: ViewFrame,
        done: _Done,
        splats: NDArray[np.void],
        picture: NDArray[np.uint8] | None,
        picture_address: int = 0,
    ) -> FrameRun:
        """What the RTL made, and how far it is from the model; counters of one frame only."""
        known: dict[str, int] = {}
        if done.frames == 1:
            if self._is_clocked:
                known = _clocked(frame, self._memory, picture_address)
            known |= model.counters
        differing = sum(done.counters[name] != value for name, value in known.items())
        if picture is None:
            differing += count_differing(splats, model.splats)
        else:
            differing += int((picture != frame.picture).any(axis=2).sum())
        return FrameRun(
            view=frame.camera.name,
            engine="rtl",
            splats=splats,
            counters=done.counters,
            seconds=done.seconds,
            status=done.status,
            bus_utilisation=done.utilisation,
            mismatches=differing,
            picture=picture,
            expected=known,
            memory=self._memory,
            frames=done.frames,
        )

    def _until_interrupt(self, bus: AcceleratorHarness) -> None:
        """Runs the clock; raises RuntimeError where beats and splats stand still without an end."""
        chunk = STANDSTILL_CYCLES + self._memory.latency_cycles + _drawing_cycles(self._params)
        before = None
        while bus.run(chunk) == chunk and not bus.counts().irq:
            counts = bus.counts()
            moved = (counts.beats, counts.splats, counts.write_beats)
            if moved == before:
                raise RuntimeError(f"the accelerator stands still for {chunk} cycles in a frame.")
            before = moved


def _drawing_cycles(params: Parameters) -> int:
    """Most cycles that rasterize works on what depth_sort holds: all of it covers whole bins."""
    if not params.raster_lanes:
        return 0
    return 2 * params.sort_entries * params.bin_px**2 // params.raster_lanes


def _clocked(frame: ViewFrame, memory: MemoryModel, picture_address: int) -> dict[str, int]:
    """Counters of the cycle model by name; none behind a memory that it does not know."""
    if not knows_memory(memory, frame.params):
        return {}
    return frame_clock(frame, memory, picture_address).counters


def _model(frame: ViewFrame) -> FrameRun:
    """The frame by the integer model; `seconds` of what was not worked out before."""
    start = time.perf_counter()
    counters = frame.counters
    return FrameRun(
        view=frame.camera.name,
        engine="integer",
        splats=frame.output,
        picture=frame.picture if frame.params.raster_lanes else None,
        counters=counters,
        seconds=time.perf_counter() - start,
    )
