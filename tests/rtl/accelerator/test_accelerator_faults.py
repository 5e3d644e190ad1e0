"""The compiled accelerator where memory, pack or host is wrong: codes, and the next frame."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hw.frame.header_check import HEADER_RECORDS
from hw.host.status import StatusCode
from sim.rtl.driver import pack_image
from tests.rtl.accelerator.accelerator_stimulus import (
    random_views,
    small_pack,
    spoilt_images,
    view_of_all,
    view_of_nothing,
    with_more_groups,
    with_row,
)
from tests.rtl.accelerator.board import (
    LIMIT_CYCLES,
    PARAMS,
    USUAL,
    assert_equal,
    check_sums,
    open_board,
)


def test_every_beat_can_fail(board, pack):
    """SLVERR at each beat of a frame: code 2, a part of the splats, and a right frame behind it."""
    view, other = random_views(pack, 2, PARAMS, seed=3)
    beats = board.frame(view)["bus_beats"]
    assert beats > 60
    for fail_beat in range(1, beats + 1):
        board.begin(view, replace(USUAL, fail_beat=fail_beat))
        status, splats = board.end()
        assert status.code == StatusCode.BUS_SLAVE_ERROR, fail_beat
        assert len(splats) <= len(view.splats)
        assert board.driver.counters()["bus_beats"] == board.harness.counts().beats
        check_sums(board.driver.counters())
        board.frame(other, USUAL)
    board.begin(view, replace(USUAL, fail_beat=beats + 1))
    assert board.end()[0].code == StatusCode.DONE


@pytest.mark.parametrize("odd_beats", [-1, -63, 1, 5, 300])
def test_every_burst_can_have_another_length(board, pack, odd_beats):
    """rlast early or late: code 17, right splats until then, and a right frame behind it."""
    view, other = random_views(pack, 2, PARAMS, seed=3)
    bursts = board.frame(view)["bus_bursts"]
    codes = []
    for odd_burst in range(1, bursts + 1):
        board.begin(view, replace(USUAL, odd_burst=odd_burst, odd_beats=odd_beats))
        status, splats = board.end()
        codes.append(status.code)
        assert_equal(splats, view.splats[: len(splats)])
        check_sums(board.driver.counters())
        board.frame(other, USUAL)
    assert set(codes) <= {StatusCode.BUS_LENGTH, StatusCode.DONE}
    # A burst of one beat cannot be shorter.
    assert codes.count(StatusCode.BUS_LENGTH) > (bursts - 1 if odd_beats > 0 else 2)


def test_a_pack_beyond_the_memory_is_a_decode_error(pack, image):
    """The memory ends anywhere within the tables: code 3, and the frame of all else is right."""
    view, part = view_of_all(pack, PARAMS), view_of_nothing(pack, PARAMS)
    for end in (32, 64, 4096, 8192, 8224, 12288, 12320):
        board = open_board(image[:end], pack_bytes=len(image))
        with board.harness:
            board.begin(view)
            assert board.end()[0].code == StatusCode.BUS_DECODE_ERROR, end
            if end == 12288:
                board.frame(part)


def test_a_pack_shorter_than_its_header_is_not_read(board, pack, image):
    """Code 6 and not one beat of the bus, alone or in a queue; the next frame is right."""
    view = view_of_all(pack, PARAMS)
    header = 32 * HEADER_RECORDS
    for size, beats in ((0, 0), (1, 0), (31, 0), (header - 1, 0), (header, HEADER_RECORDS)):
        board.driver._write("PACK_BYTES_LOW", size)  # its open() refuses such a pack
        board.begin(view, USUAL)
        status, splats = board.end(2000)
        assert (status.code, len(splats)) == (StatusCode.TABLE_OUTSIDE, 0), size
        assert board.driver.counters()["bus_beats"] == beats, size
        assert board.harness.counts().beats == beats, size
        board.driver.open(USUAL.address, len(image))
        board.frame(view)


def test_a_pack_shorter_than_its_header_behind_a_whole_one(board, pack, image):
    """The one before it is whole, and so is the one behind it."""
    view = view_of_all(pack, PARAMS)
    board.begin(view, USUAL)
    board.driver._write("PACK_BYTES_LOW", 0)
    board.driver.queue()
    board.harness.run(LIMIT_CYCLES)
    while board.driver.status().busy:
        board.harness.run(100, until_irq=False)
    assert board.driver.status().code == StatusCode.TABLE_OUTSIDE
    whole, short, *_ = board.harness.frames()
    assert_equal(whole, view.splats)
    assert len(short) == 0
    assert board.driver.acknowledge() == {"done", "error"}
    board.driver.open(USUAL.address, len(image))
    board.frame(view)


def test_a_stop_at_any_time(board, pack):
    """Code 10 or the frame as it is, the splats until then, and a right frame behind it."""
    view, other = random_views(pack, 2, PARAMS, seed=3)
    for memory in (USUAL, replace(USUAL, output_stall_256=200, busy_256=100)):
        cycles = board.frame(view, memory)["frame_cycles"]
        codes = []
        for after in range(0, 2 * cycles, 7 if memory is USUAL else 61):
            board.begin(view, memory)
            board.harness.run(after, until_irq=False)
            board.driver.stop()
            status, splats = board.end()
            codes.append(status.code)
            if status.code == StatusCode.DONE:
                assert_equal(splats, view.splats)
            else:
                assert status.code == StatusCode.STOPPED
                assert_equal(splats, view.splats[: len(splats)])
            check_sums(board.driver.counters())
            board.frame(other)
        if memory is USUAL:  # where stalls are random, each run of the frame takes its own time
            assert codes == sorted(codes, reverse=True), "stopped again after it was done"
        assert {StatusCode.STOPPED, StatusCode.DONE} == set(codes)


def test_what_no_host_should_send(pack, image):
    """Each wrong image ends in its code, within a few thousand cycles, and its board goes on."""
    view = view_of_all(pack, PARAMS)
    assert view.levels.visible.all(), "a row that is not read would not be missed"
    for what, (spoilt, code) in spoilt_images(image, pack).items():
        start = -(-len(spoilt) // 4096) * 4096
        board = open_board(spoilt.ljust(start, b"\0") + image)
        with board.harness:
            for memory in (USUAL, replace(USUAL, output_stall_256=100, busy_256=60)):
                board.driver.open(USUAL.address, len(spoilt))
                board.begin(view, memory)
                status, _ = board.end(20_000)
                assert status.code == code, what
                check_sums(board.driver.counters())
                board.driver.open(USUAL.address + start, len(image))
                board.frame(view)


@pytest.mark.parametrize("table", ["groups", "clusters"])
def test_a_lone_row_of_none(table):
    """Nothing else is under way when it is found: the frame must not end as if it were done."""
    pack = small_pack(4, gaussians=6, clusters=1)
    view = view_of_all(pack, PARAMS)
    board = open_board(with_row(pack_image(pack), table, 0, count=0))
    with board.harness:
        board.begin(view)
        status, splats = board.end()
        assert [status.code, len(splats)] == [StatusCode.RUN_OUTSIDE, 0]


def test_a_run_outside_before_all_groups_are_asked_for():
    """A cluster that never ends holds the geometry up while groups are still to be read."""
    pack = small_pack(3, gaussians=900, clusters=220, per_group=4)
    view = view_of_all(pack, PARAMS)
    image = with_row(pack_image(pack), "clusters", 0, base=len(pack), count=65535)
    board = open_board(with_more_groups(image, pack, pack.groups[0], 140_000))
    with board.harness:
        board.begin(view)
        assert board.end()[0].code == StatusCode.RUN_OUTSIDE
