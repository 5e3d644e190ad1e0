"""Queued pictures with two list memories: one is drawn while the next is streamed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.errors import InputError
from golden.params import Parameters
from golden.rules import GSPLAT
from hw.host.status import StatusCode
from sim.model.memory import MemoryModel
from sim.views.queued import run_queued
from tests.rtl.accelerator.picture_board import USUAL, PictureBoard
from tests.rtl.accelerator.picture_host import Asked, Host, asked
from tests.rtl.accelerator.picture_stimulus import SMALL, camera, cloud, drawn_pack, view

pytestmark = pytest.mark.xdist_group("picture")

STALLS = MemoryModel(latency_cycles=60, busy_256=60, address_stall_256=60, seed=4)
# Of a frame, beside what it is bound by: reads that wait for one another, the bus being shared, the
# handing over; and the latter alone.
BETWEEN_CYCLES, HANDOVER_CYCLES = 200, 8
DRAWN, STREAMED = (100, 100), (17, 1)  # sizes of which drawing, streaming takes longer


@pytest.fixture(scope="module")
def packs():
    return [drawn_pack(cloud(1500)), drawn_pack(cloud(900, seed=5))]


@pytest.fixture(scope="module")
def board(packs):
    assert SMALL.list_memories == 2
    with PictureBoard(packs) as made:
        yield made


def drawing_cycles(counters: dict[str, int]) -> int:
    """Cycles from the turn to the end: every lane counts each of them once."""
    lanes = [count for name, count in counters.items() if name.endswith("_lane_cycles")]
    return sum(lanes) // SMALL.raster_lanes


@pytest.mark.parametrize("size", [DRAWN, STREAMED], ids=["drawn", "streamed"])
def test_a_frame_takes_the_longer_of_streaming_and_drawing(board, packs, size):
    """Not their sum; or what the bus takes that carries both."""
    seen, frames = view(packs[0], camera(*size), 2), 6
    alone = board.frame(seen, USUAL)
    drawing = drawing_cycles(alone)
    streaming = alone["frame_cycles"] - drawing
    assert (drawing > 1.5 * streaming) == (size == DRAWN)
    assert (streaming > 1.5 * drawing) == (size == STREAMED)
    longest = max(drawing, streaming, alone["bus_beats"]) + BETWEEN_CYCLES
    host = Host(board, asked(board, [seen] * frames))
    host.run()
    assert host.codes == [StatusCode.DONE] * frames
    intervals = [counters["frame_cycles"] for counters in host.counters]
    assert len(intervals) == frames
    assert max(intervals[2:]) <= longest
    if size == DRAWN:  # nothing is streamed beside the last one
        assert intervals[-1] <= drawing + HANDOVER_CYCLES
    assert sum(intervals) < 0.9 * frames * alone["frame_cycles"]


def failing(frames: int, total: int) -> list[int]:
    """Beats of a sequence, the first and the last one of them too."""
    return [1, *np.linspace(2, total - 1, 8 * frames, dtype=int).tolist(), total]


@pytest.mark.parametrize("what", ["beats", "write_beats"])
@pytest.mark.parametrize("memory", [USUAL, STALLS], ids=["usual", "stalls"])
def test_any_beat_can_fail(board, packs, memory, what):
    """Of the older frame or the younger one: its frame ends with the code, all others are right."""
    sizes = [(60, 50), (40, 70), (64, 64)]
    frames = asked(board, [view(packs[n % 2], camera(*s), n) for n, s in enumerate(sizes)])
    code, name = {
        "beats": (StatusCode.BUS_SLAVE_ERROR, "fail_beat"),
        "write_beats": (StatusCode.WRITE_SLAVE_ERROR, "fail_write"),
    }[what]
    board.harness.set_memory(memory)
    board.harness.clear_counts()
    Host(board, frames).run()
    total = getattr(board.harness.counts(), what)
    failed = set()
    for beat in failing(len(frames), total):
        board.harness.set_memory(replace(memory, **{name: beat}))
        board.harness.clear_counts()
        host = Host(board, frames)
        host.run()
        wrong = [n for n, found in enumerate(host.codes) if found != StatusCode.DONE]
        assert len(wrong) <= 1, beat
        assert {host.codes[n] for n in wrong} <= {code, StatusCode.NONE}, beat
        failed.update(wrong)
    board.harness.set_memory(memory)
    assert failed == {0, 1, 2}


@pytest.mark.parametrize("memory", [USUAL, STALLS], ids=["usual", "stalls"])
def test_a_stop_at_any_time(board, packs, memory):
    """Whatever the younger one has filled is forgotten, and made again."""
    sizes = [(60, 50), (40, 70), (64, 64)]
    frames = asked(board, [view(packs[n % 2], camera(*s), n) for n, s in enumerate(sizes)])
    board.harness.set_memory(memory)
    host = Host(board, frames)
    host.run()
    total, stopped = sum(counters["frame_cycles"] for counters in host.counters), set()
    for after in np.linspace(100, total, 24, dtype=int).tolist():
        host = Host(board, frames)
        host.run(after)
        board.driver.stop()
        host.run()
        wrong = [n for n, found in enumerate(host.codes) if found != StatusCode.DONE]
        assert len(wrong) <= 1
        assert {host.codes[n] for n in wrong} <= {StatusCode.STOPPED, StatusCode.NONE}
        stopped.update(wrong)
    assert stopped == {0, 1, 2}


@pytest.mark.parametrize("wrong", [(1,), (0, 2), (0, 1, 2)], ids=str)
def test_full_lists_beside_a_drawing(board, packs, wrong):
    """A frame whose lists do not fit ends so, whoever is drawn meanwhile."""
    seen, frames = view(packs[0], camera(90, 90), 2), []
    for n in range(4):
        pages = 3 if n in wrong else None
        code = StatusCode.LISTS_FULL if n in wrong else StatusCode.DONE
        frames.append(Asked(board.placed(seen, n % 2, pages), n % 2, code))
    board.harness.set_memory(USUAL)
    host = Host(board, frames)
    host.run()
    for frame, found in zip(frames, host.codes, strict=True):
        assert found in (frame.code, StatusCode.NONE)
        assert (found == StatusCode.DONE) == (frame.code == StatusCode.DONE)


def test_the_lists_of_two_frames_are_apart(board, packs):
    """The host may not queue a frame into the list memory of the one before."""
    seen = board.placed(view(packs[0], camera(*DRAWN)))
    board.harness.set_memory(USUAL)
    board.begin(seen)
    with pytest.raises(InputError, match="give frames two list memories in turn"):
        board.driver.queue()
    assert board.end().code == StatusCode.DONE
    board.check_picture(seen)
    board.check_rest([(seen, 0)])


def test_queued_views_by_the_runner(packs):
    """Each picture is the model's."""
    cameras = [camera(*size) for size in ((60, 50), (33, 70), (1, 1), (64, 64))]
    found = run_queued(packs[0], cameras, GSPLAT, SMALL, USUAL)
    assert [frame.mismatches for frame in found] == [0] * len(cameras)
    with pytest.raises(InputError, match="draws no picture"):
        run_queued(packs[0], cameras, GSPLAT, Parameters())


@pytest.mark.slow
def test_one_list_memory(packs):
    """Frames follow one another all the same, each drawn before the next one's lists begin."""
    params = replace(SMALL, list_memories=1)
    seen, frames = view(packs[0], camera(*DRAWN), 2, params), 4
    with PictureBoard(packs, params) as board:
        alone = board.frame(seen)
        host = Host(board, [Asked(board.placed(seen), 0)] * frames)
        host.run()
        assert host.codes == [StatusCode.DONE] * frames
        assert sum(c["frame_cycles"] for c in host.counters) > 0.85 * frames * alone["frame_cycles"]
        for after in range(500, 60_000, 9100):
            host = Host(board, [Asked(board.placed(seen, n % 2), n % 2) for n in range(3)])
            host.run(after)
            board.driver.stop()
            host.run()
            assert host.codes.count(StatusCode.DONE) >= 2
