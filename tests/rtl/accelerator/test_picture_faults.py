"""The compiled accelerator that draws where memory, windows or host are wrong: the code of each.

No byte is written outside the two windows, and the next frame on the same accelerator is right.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.records import RECORD_BYTES
from golden.stages.tile_bin.constants import PAGE_BYTES, ListOutcome
from hw.host.status import StatusCode
from sim.model.memory import MemoryModel
from tests.rtl.accelerator.picture_board import USUAL, PictureBoard, picture_bytes
from tests.rtl.accelerator.picture_stimulus import camera, cloud, drawn_pack, scenes, view

pytestmark = pytest.mark.xdist_group("picture")

RECORD_ENTRIES = 2
STALLS = MemoryModel(latency_cycles=60, busy_256=60, address_stall_256=60, seed=4)


@pytest.fixture(scope="module")
def packs():
    return {"cloud": drawn_pack(cloud()), "walls": drawn_pack(scenes()["walls"])}


@pytest.fixture(scope="module")
def board(packs):
    with PictureBoard(list(packs.values())) as made:
        yield made


@pytest.fixture(scope="module")
def seen(packs):
    """The view that goes wrong."""
    return view(packs["cloud"], camera(60, 50), 2)


@pytest.fixture(scope="module")
def other(packs):
    """The view behind it."""
    return view(packs["walls"], camera(37, 21), 1)


def broken_off(board, seen, code, slot=0):
    """The frame under way ends with the code; nothing lies outside its windows."""
    status = board.end()
    assert status.code == code
    board.check_rest([(seen, slot)])


@pytest.mark.parametrize("memory", [USUAL, STALLS], ids=["usual", "stalls"])
def test_a_read_that_fails(board, seen, other, memory):
    """SLVERR at a beat of the header, the groups, the geometry, the colours and the lists."""
    beats = board.frame(seen, memory)["bus_beats"]
    records = -(-seen.lists.length // RECORD_ENTRIES)
    first_of_lists = beats + 1 - int(records.sum()) * RECORD_BYTES * 8 // board.params.data_bits
    tried = {1, *np.linspace(2, beats - 1, 12, dtype=int).tolist(), first_of_lists, beats}
    for fail_beat in sorted(tried):
        placed = board.placed(seen)
        board.begin(placed, replace(memory, fail_beat=fail_beat))
        broken_off(board, placed, StatusCode.BUS_SLAVE_ERROR)
        board.frame(other, memory)
    board.frame(seen, replace(memory, fail_beat=beats + 1))


@pytest.mark.parametrize("memory", [USUAL, STALLS], ids=["usual", "stalls"])
def test_a_write_that_fails(board, seen, other, memory):
    """SLVERR at a beat of the lists and of the picture, the last one too."""
    beats = board.frame(seen, memory)["write_beats"]
    for fail_write in sorted({1, *np.linspace(2, beats - 1, 12, dtype=int).tolist(), beats}):
        placed = board.placed(seen)
        board.begin(placed, replace(memory, fail_write=fail_write))
        broken_off(board, placed, StatusCode.WRITE_SLAVE_ERROR)
        board.frame(other, memory)
    board.frame(seen, replace(memory, fail_write=beats + 1))


@pytest.mark.parametrize("window", ["lists", "picture"])
def test_a_memory_that_ends_within_a_window(packs, seen, other, window):
    """DECERR for what lies beyond it; what lies within is drawn next."""
    assert seen.lists.pages * PAGE_BYTES > PAGE_BYTES < picture_bytes(seen)
    with PictureBoard(list(packs.values()), ends_in=window) as board:
        placed = board.placed(seen, 1)
        board.begin(placed, slot=1)
        broken_off(board, placed, StatusCode.WRITE_DECODE_ERROR, 1)
        board.frame(other)


@pytest.mark.parametrize("memory", [USUAL, STALLS], ids=["usual", "stalls"])
def test_lists_that_do_not_fit(board, seen, other, memory):
    """One page too few, and one alone; with as many as they take all is drawn."""
    needed = seen.lists.pages
    assert needed > 4
    for pages in (1, 2, needed - 1):
        placed = board.placed(seen, pages=pages)
        assert placed.lists.outcome == ListOutcome.FULL
        board.begin(placed, memory)
        broken_off(board, placed, StatusCode.LISTS_FULL)
        counters = board.driver.counters()
        assert {name: counters[name] for name in placed.list_counters} == placed.list_counters
        assert counters["drawn_bins"] == counters["sorted_entries"] == 0
        board.frame(other, memory)
    placed = board.placed(seen, pages=needed)
    board.begin(placed, memory)
    assert board.end().code == StatusCode.DONE
    board.check_picture(placed)
    board.check_rest([(placed, 0)])


@pytest.mark.parametrize("size", [(257, 257), (2080, 1), (1, 2080), (32 * 13, 32 * 5)])
def test_more_bins_than_the_build_has(board, packs, other, size):
    """Nothing is written at all; 64 bins in a row or a column are drawn."""
    bins = -(-size[0] // 32) * -(-size[1] // 32)
    assert bins > board.params.max_bins
    placed = board.placed(view(packs["cloud"], camera(*size)))
    assert placed.lists.outcome == ListOutcome.TOO_MANY_BINS
    board.begin(placed)
    assert board.end().code == StatusCode.TOO_MANY_BINS
    board.check_rest([])
    assert board.harness.counts().write_beats == 0
    board.frame(other)


@pytest.mark.parametrize("code", ["DONE", "STOPPED", "LISTS_FULL", "TOO_MANY_BINS"])
def test_nothing_is_read_or_written_behind_the_end(board, packs, seen, code):
    """Whatever it ended in; and the next frame is drawn, not ended by what was left."""
    placed = board.placed(seen, pages=2 if code == "LISTS_FULL" else None)
    if code == "TOO_MANY_BINS":
        placed = board.placed(view(packs["cloud"], camera(257, 257)))
    board.begin(placed, USUAL)
    if code == "STOPPED":
        board.harness.run(3000, until_irq=False)
        board.driver.stop()
    assert board.end().code.name == code
    if code == "DONE":
        board.check_picture(placed)
    before, memory = board.harness.counts(), board.now()
    board.harness.run(30_000, until_irq=False)
    after = board.harness.counts()
    assert (after.beats, after.write_beats) == (before.beats, before.write_beats)
    assert (board.now() == memory).all()
    assert not board.driver.status().busy
    board.check_rest([] if code == "TOO_MANY_BINS" else [(placed, 0)])
    board.frame(seen)


@pytest.mark.parametrize("size", [(2048, 1), (1, 2048)])
def test_as_many_bins_as_the_build_has(board, packs, size):
    board.frame(view(packs["cloud"], camera(*size)))


@pytest.mark.parametrize("missing", [1, 64, 4096])
def test_a_window_smaller_than_its_picture(board, packs, other, missing):
    """The code of a write outside, and no byte of it in memory."""
    placed = board.placed(view(packs["cloud"], camera(64, 50)))
    size = picture_bytes(placed) - missing
    board.harness.set_memory(USUAL)
    board.harness.clear_counts()
    board.set(placed)
    board.driver.open_picture(board.slots[0].picture, size)
    board.driver.start()
    assert board.end().code == StatusCode.WRITE_OUTSIDE
    end = board.slots[0].picture + size - board.memory.address
    behind = slice(end, end + missing)
    assert (board.now()[behind] == board.before[behind]).all()
    board.check_rest([(placed, 0)])
    board.frame(other)


@pytest.mark.parametrize("memory", [USUAL, STALLS], ids=["usual", "stalls"])
def test_a_stop_at_any_time(board, seen, other, memory):
    """Code 10, or the frame as it is; the frame behind it is right."""
    cycles = board.frame(seen, memory)["frame_cycles"]
    codes = []
    for after in np.linspace(0, 1.1 * cycles, 30, dtype=int).tolist():
        placed = board.placed(seen)
        board.begin(placed, memory)
        board.harness.run(after, until_irq=False)
        board.driver.stop()
        status = board.end()
        codes.append(status.code)
        if status.code == StatusCode.DONE:
            board.check_picture(placed)
        board.check_rest([(placed, 0)])
        board.frame(other, memory)
    assert {StatusCode.STOPPED, StatusCode.DONE} == set(codes)
    if memory is USUAL:  # where stalls are random, each run of the frame takes its own time
        assert codes == sorted(codes, reverse=True), "stopped again after it was done"
