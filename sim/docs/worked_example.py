"""A frame of 15 Gaussians through the RTL, with a name for everything that happens in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.clustering.cluster import ClusterOptions
from golden.pack import Pack, build_pack
from golden.params import Parameters
from golden.records import RECORD_BYTES
from golden.rules import INRIA
from golden.scene import Scene
from golden.view import ViewFrame, view_frame
from hw.frame.header_check import FIELDS
from sim.model.memory import MemoryModel
from sim.rtl.accelerator_events import Event, EventKind
from sim.rtl.accelerator_harness import AcceleratorHarness
from sim.rtl.driver import Accelerator, pack_image

LATENCY_CYCLES = 20
LIMIT_CYCLES = 10_000
# Place and number of Gaussians of each cluster; two clusters a group, the last group to the side.
CLUSTERS = (
    ((-0.5, -1.5, 4.0), 3),
    ((-1.5, -3.5, 6.0), 2),
    ((2.0, -1.5, 5.0), 3),
    ((0.5, 1.0, 5.0), 2),
    ((9.0, 0.5, 6.0), 3),
    ((9.5, 1.0, 6.0), 2),
)
AROUND = ((0.0, 0.0, 0.0), (0.12, 0.05, 0.0), (-0.1, 0.08, 0.1))
FAINT = 6  # the Gaussian that is too faint to be seen
LETTERS = {"header": "h", "groups": "g", "clusters": "c", "geometry": "m"}


@dataclass(frozen=True)
class Step:
    """What happens in a cycle, under its name.

    Parameters
    ----------
    cycle : after that of the answer to the start.
    row : of the picture.
    label : short, as g0.
    text : in words.
    part : header, groups, clusters or geometry for the memory bus; empty otherwise.
    """

    cycle: int
    row: str
    label: str
    text: str
    part: str = ""


@dataclass(frozen=True, eq=False)
class WorkedExample:
    """The frame by the RTL, and by the integer model.

    Parameters
    ----------
    frame : by the integer model.
    steps : by cycle. counters, splats : of the RTL.
    """

    frame: ViewFrame
    steps: tuple[Step, ...]
    counters: dict[str, int]
    splats: NDArray[np.void]


def worked_pack() -> Pack:
    """15 Gaussians in 6 clusters of 3 groups, in pack order as they are listed."""
    means = [np.add(place, around) for place, number in CLUSTERS for around in AROUND[:number]]
    n = len(means)
    opacities = np.full(n, 0.8, np.float32)
    opacities[FAINT] = 0.003
    scene = Scene(
        "worked example",
        means=np.array(means, np.float32),
        scales=np.full((n, 3), 0.04, np.float32),
        quats=np.tile(np.array([1, 0, 0, 0], np.float32), (n, 1)),
        opacities=opacities,
        sh=np.zeros((n, 1, 3), np.float32),
    )
    options = ClusterOptions("morton", len(CLUSTERS), "safe", 0, per_group=2)
    return build_pack(scene, options, INRIA)


def worked_camera() -> Camera:
    """320x240 px, at the origin, along z."""
    return Camera("worked example", 320, 240, 300.0, 300.0, 160.0, 120.0, np.eye(4))


def run_worked_example() -> WorkedExample:
    """The frame by the RTL, memory and splats never held back, and by the integer model."""
    params, memory = Parameters(), MemoryModel(latency_cycles=LATENCY_CYCLES)
    frame = view_frame(worked_pack(), worked_camera(), INRIA, params)
    image = pack_image(frame.pack)
    with AcceleratorHarness(params, image, memory) as bus:
        accelerator = Accelerator(bus, params)
        accelerator.open(memory.address, len(image))
        accelerator.set_camera(frame.culling, frame.projecting)
        accelerator.enable_interrupts("done")
        bus.keep_events()
        accelerator.start()
        bus.run(LIMIT_CYCLES)
        accelerator.wait(1.0).check()
        events, counters, splats = bus.events(), accelerator.counters(), bus.frames()[0]
    steps = tuple(_Names(image, memory.address, frame).steps(events))
    return WorkedExample(frame, steps, counters, splats)


class _Names:
    """Names for events: beats by their address, what the stages take by its place in the order."""

    def __init__(self, image: bytes, address: int, frame: ViewFrame):
        self._starts = {"header": address} | {
            name: address + _header_number(image, f"{name}_offset")
            for name in ("groups", "clusters", "geometry")
        }
        levels, members = frame.levels, frame.members["index"].tolist()
        clusters = np.flatnonzero(levels.tested)
        self._group_seen = levels.group_visible
        self._cluster_seen = levels.visible
        self._kept = dict(zip(members, frame.projected.kept.tolist(), strict=True))
        self._next = {
            EventKind.GROUP: count(),
            EventKind.CLUSTER: iter(clusters.tolist()),
            EventKind.VISIBLE: iter(np.flatnonzero(levels.visible).tolist()),
            EventKind.MEMBERS: iter(members),
            EventKind.SPLATS: iter(frame.splats["index"].tolist()),
        }

    def steps(self, events: list[Event]) -> Iterator[Step]:
        """The steps of all events, by cycle."""
        start = events[0].cycle
        for event in events:
            for row, label, text, part in self._named(event):
                yield Step(event.cycle - start, row, label, text, part)

    def _named(self, event: Event) -> Iterator[tuple[str, str, str, str]]:
        """Row, label, text and part of what an event says."""
        kind = event.kind
        if kind is EventKind.WRITE:
            yield "s_axil", "start", "the start is answered: OKAY", ""
        elif kind is EventKind.INTERRUPT:
            yield "irq", "irq", "irq rises: the frame is done", ""
        elif kind is EventKind.ADDRESS:
            part, first = self._place(event.value)
            last = f"{LETTERS[part]}{first + event.more - 1}"
            label = f"{LETTERS[part]}{first}" + f"..{last}" * (event.more > 1)
            yield "m_axi_ar", label, f"burst of {_many(event.more, 'beat')}: {label}", part
        elif kind is EventKind.BEAT:
            part, place = self._place(event.value)
            label = f"{LETTERS[part]}{place}"
            yield "m_axi_r", label, f"{label}{', last of its burst' * event.more}", part
        else:
            yield from self._stage(event)

    def _stage(self, event: Event) -> Iterator[tuple[str, str, str, str]]:
        kind, item = event.kind, next(self._next[event.kind])
        if kind is EventKind.GROUP:
            verdict = "seen" if self._group_seen[item] else "not seen"
            yield "group test", f"g{item}", f"g{item} enters its test: {verdict}", ""
        elif kind is EventKind.CLUSTER:
            verdict = "seen" if self._cluster_seen[item] else "not seen"
            yield "cluster test", f"c{item}", f"c{item} enters its test: {verdict}", ""
        elif kind is EventKind.VISIBLE:
            yield "fetch", f"c{item}", f"c{item} goes to the fetch of its members", ""
        elif kind is EventKind.MEMBERS:
            verdict = "a splat" if self._kept[item] else "dropped"
            yield "member", f"m{item}", f"m{item} enters the projection: {verdict}", ""
        else:
            yield "m_axis_splat", f"m{item}", f"splat of m{item}{', tlast' * event.more}", ""
            if event.more:
                yield "tlast", "", "", ""

    def _place(self, address: int) -> tuple[str, int]:
        """Table of a byte address, and the record in it."""
        part = max(
            (name for name, start in self._starts.items() if start <= address),
            key=self._starts.__getitem__,
        )
        return part, (address - self._starts[part]) // RECORD_BYTES


def _many(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' * (number != 1)}"


def _header_number(image: bytes, name: str) -> int:
    offset, size = FIELDS[name]
    return int.from_bytes(image[offset : offset + size], "little")
