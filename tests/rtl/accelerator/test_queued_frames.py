"""Frames that follow each other: the next one is culled and fetched while one is projected."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from golden.default_scene import default_cameras, default_scene
from golden.pack import Pack
from golden.params import Parameters
from golden.rules import INRIA
from golden.view import ViewFrame, view_frame
from hw.host.status import StatusCode
from hw.stages.gaussian_project.gaussian_project import GaussianProject
from sim.model.frame_clock.timing import FINISH_CYCLES
from sim.model.front_end.timing import front_end_timing
from sim.model.memory import MemoryModel
from sim.model.outcome import frame_outcome
from sim.rtl.accelerator_events import EventKind
from sim.rtl.driver import pack_image
from tests.golden.pack.pack_cases import packed
from tests.rtl.accelerator.accelerator_stimulus import (
    random_views,
    small_pack,
    view_of_all,
    view_of_nothing,
    with_field,
    with_row,
)
from tests.rtl.accelerator.frame_sequence import Ended, Sequence

PARAMS = Parameters()
USUAL = MemoryModel(latency_cycles=20)
BUS = ("bus_beats", "bus_wait_cycles", "bus_idle_cycles")

pytestmark = pytest.mark.xdist_group("accelerator")


@pytest.fixture(scope="module")
def packs() -> list[Pack]:
    """Two that differ in all their tables."""
    return [small_pack(), small_pack(9, gaussians=380, clusters=70, per_group=3)]


@pytest.fixture(scope="module")
def images(packs) -> list[bytes]:
    return [pack_image(pack) for pack in packs]


@pytest.fixture(scope="module")
def views(packs) -> list[tuple[ViewFrame, int]]:
    """Of both packs in turn; all, nothing, and parts."""
    found = [(view_of_all(packs[0], PARAMS), 0), (view_of_nothing(packs[1], PARAMS), 1)]
    for n in range(5):
        found += [(view, p) for p in (1, 0) for view in random_views(packs[p], 1, PARAMS, 40 + n)]
    return [*found, (view_of_all(packs[1], PARAMS), 1), (view_of_nothing(packs[0], PARAMS), 0)]


def right(view: ViewFrame, ended: Ended):
    """Splats bit for bit, the counters where they were read in time."""
    assert ended.code in (StatusCode.DONE, StatusCode.NONE)
    assert len(ended.splats) == len(view.splats)
    assert (ended.splats == view.splats).all()
    if ended.counters is not None:
        assert {name: ended.counters[name] for name in view.counters} == view.counters
        assert sum(ended.counters[name] for name in BUS) == ended.counters["frame_cycles"]


def broken_off(view: ViewFrame, ended: Ended, code: StatusCode):
    """Ended with the code, or one that was not seen; what came is the frame's begin."""
    assert ended.code in (code, StatusCode.NONE)
    assert (ended.splats == view.splats[: len(ended.splats)]).all()
    if ended.counters is not None:
        assert sum(ended.counters[name] for name in BUS) == ended.counters["frame_cycles"]


@pytest.mark.parametrize("latency_cycles", [1, 20, 100, 400])
@pytest.mark.parametrize(
    "stalls",
    [{}, {"output_stall_256": 200}, {"busy_256": 130, "address_stall_256": 130}],
    ids=["none", "output", "memory"],
)
def test_frames_of_two_packs_in_turn(images, views, latency_cycles, stalls):
    memory = MemoryModel(latency_cycles=latency_cycles, seed=latency_cycles, **stalls)
    sequence = Sequence(images, PARAMS, memory)
    with sequence.harness:
        ended = sequence.run(views)
        for (view, _), found in zip(views, ended, strict=True):
            right(view, found)
        assert sum(found.counters is not None for found in ended) > len(views) // 2


def check_all(sequence: Sequence, chosen, ended: list[Ended], code: StatusCode) -> list[int]:
    """One frame at most was broken off, with that code; the others are right. Which one?"""
    wrong = {
        n
        for n, ((view, _), found) in enumerate(zip(chosen, ended, strict=True))
        if found.code == code or len(found.splats) != len(view.splats)
    }
    assert len(wrong) <= 1
    assert sequence.errors == len(wrong)
    sequence.errors = 0
    for n, ((view, _), found) in enumerate(zip(chosen, ended, strict=True)):
        if n in wrong:
            broken_off(view, found, code)
        else:
            right(view, found)
    return list(wrong)


def start_three(sequence: Sequence, views):
    """One under way, one begun behind it, one that waits, or fewer where frames are short."""
    for view in views:
        while sequence.driver.status().queued:
            sequence.harness.run(3, until_irq=False)
        sequence.queue(*view)


def test_a_stop_at_any_time(images, views):
    """The older frame ends with code 10, the others are right; whatever is under way of them."""
    chosen = [views[0], views[-2], views[4]]
    for memory, step in ((USUAL, 13), (replace(USUAL, output_stall_256=160, seed=4), 101)):
        sequence = Sequence(images, PARAMS, memory)
        stopped = set()
        with sequence.harness:
            for after in range(0, 2600 if step > 50 else 1400, step):
                start_three(sequence, chosen)
                sequence.harness.run(after, until_irq=False)
                sequence.driver.stop()
                ended = sequence.run([])
                stopped.update(check_all(sequence, chosen, ended, StatusCode.STOPPED))
        assert stopped >= {0, 1}


def test_every_beat_can_fail(images, views):
    """The frame whose beat it is ends with code 2, be it the older or the younger one."""
    chosen = [views[0], views[-2], views[4]]
    sequence = Sequence(images, PARAMS, USUAL)
    whose = [0] * 3
    with sequence.harness:
        sequence.harness.keep_events()
        start_three(sequence, chosen)
        sequence.run([])
        beats = sequence.harness.counts().beats
        for fail_beat in range(1, beats, 3):
            sequence.harness.set_memory(replace(USUAL, fail_beat=fail_beat))
            sequence.harness.clear_counts()
            sequence.harness.events()
            start_three(sequence, chosen)
            ended = sequence.run([])
            events = [e for e in sequence.harness.events() if e.kind == EventKind.BEAT]
            place = events[fail_beat - 1].value
            pack = int(place >= sequence.places[1])
            wrong = check_all(sequence, chosen, ended, StatusCode.BUS_SLAVE_ERROR)
            # The first and the third are of one pack: only the second is told for sure.
            assert len(wrong) == 1, fail_beat
            assert chosen[wrong[0]][1] == pack, fail_beat
            whose[wrong[0]] += 1
    assert min(whose) > 10


def spoilt(image: bytes, pack: Pack) -> dict[str, tuple[bytes, StatusCode]]:
    """Wrong in the header, the groups, the clusters: early and late in a frame."""
    outside = StatusCode.RUN_OUTSIDE
    last_group, last = len(pack.groups) - 1, len(pack.clusters) - 1
    return {
        "magic": (with_field(image, "magic", 1), StatusCode.BAD_MAGIC),
        "table": (with_field(image, "groups_count", 1 << 30), StatusCode.TABLE_OUTSIDE),
        "group": (with_row(image, "groups", 0, base=2**31), outside),
        "last group": (with_row(image, "groups", last_group, count=0), outside),
        "cluster": (with_row(image, "clusters", 0, base=2**31), outside),
        "last cluster": (with_row(image, "clusters", last, count=0), outside),
    }


@pytest.mark.parametrize("memory", [USUAL, replace(USUAL, output_stall_256=150, busy_256=60)])
def test_what_is_wrong_with_the_younger_frame_is_its_own(packs, images, views, memory):
    """The older one ends well, the younger one with its code, and the one behind is right."""
    good, bad, codes = views[0], view_of_all(packs[1], PARAMS), []
    for what, (image, code) in spoilt(images[1], packs[1]).items():
        sequence = Sequence([*images, image], PARAMS, memory)
        with sequence.harness:
            chosen = [good, (bad, 2), good, (bad, 1), (bad, 2), (bad, 2), good]
            ended = sequence.run(chosen)
            for (view, pack), found in zip(chosen, ended, strict=True):
                if pack == 2:
                    broken_off(view, found, code)
                else:
                    right(view, found)
            assert sequence.errors >= 2, what
            codes.append(code in {found.code for found in ended})
    assert sum(codes) >= 4, "the host came too late too often"


def events_of(sequence: Sequence, views):
    """Ended frames, and the beats by cycle."""
    sequence.harness.keep_events()
    ended = sequence.run(views)
    beats = [e for e in sequence.harness.events() if e.kind == EventKind.BEAT]
    return ended, beats


def geometry_spans(beats, images, sequence):
    """(first, last) cycle of the geometry's beats, frame by frame; frames alternate in pack."""
    spans, pack = [], None
    for beat in beats:
        here = int(beat.value >= sequence.places[1]) if len(images) > 1 else 0
        offset = int.from_bytes(images[here][144:152], "little")
        if beat.value - sequence.places[here] < offset:
            continue
        if here != pack:
            spans.append([beat.cycle, beat.cycle])
            pack = here
        spans[-1][1] = beat.cycle
    return spans


@pytest.fixture(scope="module")
def room() -> Pack:
    """The default scene, a third of its Gaussians."""
    return packed(default_scene(100_000), "morton", 4000, per_group=24)


def idle_between_frames(images, views, params, memory) -> tuple[list[int], np.ndarray]:
    """Cycles without a beat between the Gaussians of two frames; cycles of beats from the first
    Gaussian on."""
    sequence = Sequence(images, params, memory)
    with sequence.harness:
        ended, beats = events_of(sequence, views)
    for (view, _), found in zip(views, ended, strict=True):
        right(view, found)
    spans = geometry_spans(beats, images, sequence)
    assert len(spans) == len(views)
    cycles = np.array([beat.cycle for beat in beats])
    carried = [
        ((cycles > last) & (cycles < first)).sum() for (_, last), (first, _) in pairwise(spans)
    ]
    gaps = [first - last - 1 for (_, last), (first, _) in pairwise(spans)]
    idle = [int(gap - beats) for gap, beats in zip(gaps, carried, strict=True)]
    return idle, cycles[cycles >= spans[0][0]]


@pytest.mark.parametrize("latency_cycles", [20, 100])
@pytest.mark.parametrize(
    "params",
    [
        pytest.param(PARAMS, id="one lane"),
        pytest.param(
            replace(PARAMS, data_bits=512, lanes=2), id="two lanes", marks=pytest.mark.slow
        ),
    ],
)
def test_no_bubble_between_frames(room, params, latency_cycles):
    """The bus never waits: clusters that wait cover all of the next frame's dependent reads."""
    images = [pack_image(room)] * 2  # the same pack twice: its place tells the frame
    cameras = default_cameras(24)[:5]
    views = [(view_frame(room, camera, INRIA, params), n % 2) for n, camera in enumerate(cameras)]
    memory = MemoryModel(latency_cycles=latency_cycles)
    idle, cycles = idle_between_frames(images, views, params, memory)
    assert idle == [0] * 4
    assert len(cycles) >= 0.999 * (cycles[-1] - cycles[0] + 1)


@pytest.mark.parametrize("latency_cycles", [20, 100, 400])
def test_frames_that_hide_no_latency(packs, images, latency_cycles):
    """Too few Gaussians to cover them: the next frame's four dependent reads at most, and what
    the frame before takes to leave the projection."""
    memory = MemoryModel(latency_cycles=latency_cycles)
    chosen = [(view_of_all(packs[n % 2], PARAMS), n % 2) for n in range(6)]
    idle, _ = idle_between_frames(images, chosen, PARAMS, memory)
    drain = GaussianProject(PARAMS).latency_cycles + FINISH_CYCLES
    for (view, _), found in zip(chosen[1:], idle, strict=True):
        outcome = frame_outcome(view.pack, view.levels, view.projected.kept)
        alone = front_end_timing(outcome, PARAMS, memory)
        assert found <= alone.first_members_cycle + drain


def test_cycles_of_frames_add_up(room):
    """A frame's cycles and beats count from the end of the one before: together they are all."""
    image = pack_image(room)
    views = [(view_frame(room, camera, INRIA, PARAMS), 0) for camera in default_cameras(24)[:4]]
    sequence = Sequence([image], PARAMS, MemoryModel())
    with sequence.harness:
        ended, beats = events_of(sequence, views)
    counters = [found.counters for found in ended]
    assert None not in counters
    assert sum(found["bus_beats"] for found in counters) == len(beats)
    span = beats[-1].cycle - beats[0].cycle + 1
    # Before the first beat the header's latency, behind the last one the projection runs empty.
    outside = sum(found["frame_cycles"] for found in counters) - span
    assert 100 < outside < 100 + 120
