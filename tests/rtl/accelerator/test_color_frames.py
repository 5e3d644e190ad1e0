"""The compiled accelerator with color, without a back end: frames alone, queued, and broken off."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras, default_scene
from golden.errors import InputError
from golden.pack import Pack, build_pack
from golden.params import Parameters
from golden.records import RECORD_BYTES
from golden.rules import GSPLAT
from golden.view import ViewFrame, view_frame
from hw.host.status import STATUS_MEANINGS, StatusCode
from sim.model.memory import MemoryModel
from sim.rtl.accelerator_events import EventKind
from sim.rtl.driver import pack_image
from tests.rtl.accelerator.accelerator_stimulus import (
    colored_pack,
    field_of,
    random_views,
    view_of_all,
    view_of_nothing,
    with_field,
)
from tests.rtl.accelerator.board import assert_equal, check_sums, open_board
from tests.rtl.accelerator.frame_sequence import Ended, Sequence

PARAMS = Parameters(color_cycles=4)
USUAL = MemoryModel(latency_cycles=20)
STALLS = MemoryModel(latency_cycles=50, busy_256=70, address_stall_256=70, output_stall_256=120)

pytestmark = pytest.mark.xdist_group("color_frames")


@pytest.fixture(scope="module")
def packs() -> list[Pack]:
    """Two that differ in all their tables."""
    return [colored_pack(), colored_pack(9, gaussians=260, clusters=37)]


@pytest.fixture(scope="module")
def images(packs) -> list[bytes]:
    return [pack_image(pack) for pack in packs]


@pytest.fixture
def board(images):
    made = open_board(images[0], PARAMS)
    with made.harness:
        yield made


def table_of(image: bytes) -> range:
    """Bytes of the colour records."""
    first = field_of(image, "colors_offset")
    return range(first, first + RECORD_BYTES * field_of(image, "geometry_count"))


def colors_read(events, places, images) -> dict[int, int]:
    """Number of a beat, from 1 -> the pack whose colour records it holds."""
    beats = [event.value for event in events if event.kind == EventKind.BEAT]
    return {
        number: pack
        for number, address in enumerate(beats, 1)
        for pack, image in enumerate(images)
        if address - places[pack] in table_of(image)
    }


@pytest.mark.parametrize("memory", [USUAL, STALLS, MemoryModel(latency_cycles=400)])
def test_views(board, packs, memory):
    """From within, from near, from afar, of both rules; of all and of nothing."""
    views = [*random_views(packs[0], 8, PARAMS), view_of_all(packs[0], PARAMS)]
    for view in (*views, view_of_nothing(packs[0], PARAMS), views[-1]):
        counters = board.frame(view, memory)
        assert (counters["color_runs"] > 0) == (len(view.splats) > 0)
        assert counters["color_runs"] <= len(view.splats)


def test_every_beat_of_colors_can_fail(board, packs, images):
    """SLVERR: code 2, the splats until then with their colours, and a right frame behind it."""
    view, other = view_of_all(packs[0], PARAMS), random_views(packs[0], 1, PARAMS, seed=3)[0]
    board.harness.keep_events()
    board.frame(view, USUAL)
    failing = colors_read(board.harness.events(), [USUAL.address], images[:1])
    assert len(failing) >= len(view.splats) > 100
    for fail_beat in failing:
        board.begin(view, replace(USUAL, fail_beat=fail_beat))
        status, splats = board.end()
        assert status.code == StatusCode.BUS_SLAVE_ERROR, fail_beat
        assert_equal(splats, view.output[: len(splats)])
        check_sums(board.driver.counters())
        board.frame(other, USUAL)


def test_a_memory_that_ends_within_the_colors(packs, images):
    """Code 3; what is read of the table's first half is right."""
    view, table = view_of_all(packs[0], PARAMS), table_of(images[0])
    half = len(packs[0]) // 2
    end = table.start + half * RECORD_BYTES
    board = open_board(images[0][:end], PARAMS, USUAL, len(images[0]))
    with board.harness:
        board.begin(view)
        status, splats = board.end()
        assert status.code == StatusCode.BUS_DECODE_ERROR
        assert_equal(splats, view.output[: len(splats)])
        assert (splats["splat"]["index"] < half).all()
        board.frame(view_of_nothing(packs[0], PARAMS))


def test_what_no_host_should_send(packs, images):
    """Each wrong header ends in its code, of which the driver makes a sentence, without a splat,
    and the same board goes on."""
    view, image = view_of_all(packs[0], PARAMS), images[0]
    bad, outside = StatusCode.BAD_COLORS, StatusCode.TABLE_OUTSIDE
    late = (len(image) // RECORD_BYTES - len(packs[0]) + 1) * RECORD_BYTES
    spoilt = {
        "float16": ("color_format", 0, bad),
        "no known format": ("color_format", 2, bad),
        "degree 4": ("coefficients", 25, bad),
        "at the end": ("colors_offset", -(-len(image) // 4096) * 4096, outside),
        "beyond all": ("colors_offset", 2**64 - 4096, outside),
        "off a record": ("colors_offset", table_of(image).start + 16, outside),
        "a record too late": ("colors_offset", late, outside),
    }
    for what, (field, value, code) in spoilt.items():
        wrong = with_field(image, field, value)
        start = -(-len(wrong) // 4096) * 4096
        board = open_board(wrong.ljust(start, b"\0") + image, PARAMS)
        with board.harness:
            board.driver.open(USUAL.address, len(wrong))
            board.begin(view)
            status, splats = board.end(20_000)
            assert (status.code, len(splats)) == (code, 0), what
            with pytest.raises(InputError, match=re.escape(STATUS_MEANINGS[code])):
                status.check()
            board.driver.open(USUAL.address + start, len(image))
            board.frame(view)


def test_a_stop_at_any_time(board, packs):
    """Code 10, or the frame as it is; the splats until then, and a right frame behind it."""
    view, other = view_of_all(packs[0], PARAMS), random_views(packs[0], 1, PARAMS, seed=3)[0]
    for memory, step in ((USUAL, 11), (STALLS, 97)):
        cycles, codes = board.frame(view, memory)["frame_cycles"], []
        for after in range(0, 2 * cycles, step):
            board.begin(view, memory)
            board.harness.run(after, until_irq=False)
            board.driver.stop()
            status, splats = board.end()
            codes.append(status.code)
            assert_equal(splats, view.output[: len(splats)])
            assert (len(splats) == len(view.output)) or status.code == StatusCode.STOPPED
            board.frame(other)
        assert {StatusCode.STOPPED, StatusCode.DONE} == set(codes)


def right(view: ViewFrame, ended: Ended):
    """Splats and colours bit for bit, the counters where they were read in time."""
    assert ended.code in (StatusCode.DONE, StatusCode.NONE)
    assert_equal(ended.splats, view.output)
    if ended.counters is not None:
        assert {name: ended.counters[name] for name in view.counters} == view.counters
        check_sums(ended.counters)


@pytest.mark.parametrize("latency_cycles", [1, 20, 100, 400])
@pytest.mark.parametrize(
    "stalls",
    [{}, {"output_stall_256": 220}, {"busy_256": 130, "address_stall_256": 130}],
    ids=["none", "output", "memory"],
)
def test_frames_of_two_packs_in_turn(packs, images, latency_cycles, stalls):
    """Each is queued as soon as there is room: constants and tables change between splats."""
    views = [(view_of_all(packs[0], PARAMS), 0), (view_of_nothing(packs[1], PARAMS), 1)]
    for n in range(4):
        views += [(view, p) for p in (1, 0) for view in random_views(packs[p], 1, PARAMS, 40 + n)]
    views += [(view_of_all(packs[p], PARAMS), p) for p in (1, 0, 1, 0)]
    memory = MemoryModel(latency_cycles=latency_cycles, seed=latency_cycles, **stalls)
    sequence = Sequence(images, PARAMS, memory)
    with sequence.harness:
        ended = sequence.run(views)
        for (view, _), found in zip(views, ended, strict=True):
            right(view, found)
        assert sequence.errors == 0
        # Behind a fast memory a small frame has ended before the host has read all of the last.
        assert sum(found.counters is not None for found in ended) > len(views) // 2


def test_a_beat_of_colors_that_fails_ends_its_own_frame(packs, images):
    """Three frames queued: the one whose colours they are ends with code 2, the others are right.

    The next frame's tables and geometry are read meanwhile.
    """
    chosen = [(view_of_all(packs[n % 2], PARAMS), n % 2) for n in range(3)]
    sequence = Sequence(images, PARAMS, USUAL)
    with sequence.harness:
        sequence.harness.keep_events()
        sequence.run(list(chosen))
        events = sequence.harness.events()
        failing = colors_read(events, sequence.places, images)
        beats = [event.value for event in events if event.kind == EventKind.BEAT]
        second = next(n for n, address in enumerate(beats, 1) if address >= sequence.places[1])
        whose = [0] * 3
        for fail_beat in list(failing)[::4]:
            sequence.harness.set_memory(replace(USUAL, fail_beat=fail_beat))
            sequence.harness.clear_counts()
            sequence.harness.events()
            ended = sequence.run(list(chosen))
            failed = colors_read(sequence.harness.events(), sequence.places, images)[fail_beat]
            wrong = [
                n
                for n, ((view, _), found) in enumerate(zip(chosen, ended, strict=True))
                if len(found.splats) != len(view.output)
            ]
            assert len(wrong) == sequence.errors == 1, fail_beat
            sequence.errors = 0
            for n, ((view, _), found) in enumerate(zip(chosen, ended, strict=True)):
                if n not in wrong:
                    right(view, found)
                else:
                    assert found.code in (StatusCode.BUS_SLAVE_ERROR, StatusCode.NONE)
                    assert_equal(found.splats, view.output[: len(found.splats)])
            assert chosen[wrong[0]][1] == failed
            whose[wrong[0]] += 1
        assert min(whose) > 10
        # Colours of the first frame came behind the second one's first read: both are under way.
        first = [number for number, pack in failing.items() if pack == 0 and number > second]
        assert len(first) > len(chosen[2][0].output)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"color_cycles": 1, "data_bits": 512, "lanes": 2},
        {"color_cycles": 2, "data_bits": 128, "lanes": 1, "outstanding_bursts": 2},
        {"color_cycles": 8, "data_bits": 64, "lanes": 1, "address_bits": 64},
    ],
    ids=lambda changes: "-".join(map(str, changes.values())),
)
def test_other_paces_buses_and_lanes(packs, images, changes):
    params = replace(PARAMS, **changes)
    views = [*random_views(packs[0], 8, params), view_of_all(packs[0], params)]
    board = open_board(images[0], params)
    with board.harness:
        for n, view in enumerate(views):
            board.frame(view, replace(STALLS, seed=n, latency_cycles=12 * n + 1))
        board.frame(views[-1], USUAL)
    sequence = Sequence(images, params, USUAL)
    with sequence.harness:
        queued = [(view_of_all(packs[n % 2], params), n % 2) for n in range(6)]
        for (view, _), found in zip(queued, sequence.run(list(queued)), strict=True):
            right(view, found)


def test_queued_views_of_the_default_scene():
    """Five views queued behind one another: a splat every 4 cycles, and little between frames."""
    scene = default_scene(30_000)
    options = ClusterOptions("reach", None, "safe", 0)
    pack = build_pack(scene, options, GSPLAT, colors="narrow")
    views = [(view_frame(pack, camera, GSPLAT, PARAMS), 0) for camera in default_cameras()[:5]]
    sequence = Sequence([pack_image(pack)], PARAMS, MemoryModel())
    with sequence.harness:
        ended = sequence.run(list(views))
    for (view, _), found in zip(views, ended, strict=True):
        right(view, found)
    cycles = sum(found.counters["frame_cycles"] for found in ended)
    splats = sum(len(view.output) for view, _ in views)
    assert 4 * splats < cycles < 4.2 * splats
