"""The compiled accelerator against the integer model: views, memories, errors, stops, bandwidth."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import pytest

from golden.camera_io import read_cameras
from golden.default_scene import default_cameras, default_scene
from golden.pack import Pack
from golden.params import Parameters
from golden.rules import INRIA
from golden.scene_io import read_scene
from golden.view import ViewFrame, view_frame
from hw.frame.header_check import HEADER_RECORDS
from hw.host.status import StatusCode
from sim.rtl.accelerator_harness import AcceleratorHarness, MemoryModel
from sim.rtl.driver import Accelerator, Status, pack_image
from tests.golden.pack.pack_cases import packed
from tests.rtl.accelerator.accelerator_stimulus import (
    random_views,
    small_pack,
    spoilt_images,
    view_of_all,
    view_of_nothing,
    with_more_groups,
    with_row,
)

MEMBERS_TO = ("dropped_opacity", "dropped_near", "dropped_outside", "splats")
PARAMS = Parameters()
LIMIT_CYCLES = 400_000  # of a frame of a small pack, whatever the memory
USUAL = MemoryModel(latency_cycles=20)
UTILISATION = 0.95

pytestmark = pytest.mark.xdist_group("accelerator")


@dataclass(frozen=True, eq=False)
class Board:
    """An accelerator with a pack in its memory and a driver."""

    harness: AcceleratorHarness
    driver: Accelerator

    def begin(self, view: ViewFrame, memory: MemoryModel | None = None):
        if memory is not None:
            self.harness.set_memory(memory)
        self.harness.clear_counts()
        self.driver.set_camera(view.culling, view.projecting)
        self.driver.start()

    def end(self, limit_cycles: int = LIMIT_CYCLES) -> tuple[Status, np.ndarray]:
        """Runs to the interrupt; the one frame that ended, with nothing behind it."""
        cycles = self.harness.run(limit_cycles)
        assert cycles < limit_cycles, "the frame did not end"
        status = self.driver.wait(0.0)
        causes = {"done"} if status.code == StatusCode.DONE else {"done", "error"}
        assert self.driver.acknowledge() == causes
        frames = self.harness.frames()
        assert [len(frames), len(frames[-1])] == [2, 0], "tlast did not come exactly once"
        return status, frames[0]

    def frame(self, view: ViewFrame, memory: MemoryModel | None = None) -> dict[str, int]:
        """A whole frame, held against the model bit for bit; its counters."""
        self.begin(view, memory)
        status, splats = self.end()
        assert status.code == StatusCode.DONE
        assert_equal(splats, view.splats)
        counters = self.driver.counters()
        assert {name: counters[name] for name in view.counters} == view.counters
        assert counters["members"] == sum(counters[name] for name in MEMBERS_TO)
        check_sums(counters)
        counts = self.harness.counts()
        assert counters["bus_beats"] == counts.beats
        assert counters["bus_bursts"] == counts.bursts
        return counters


def assert_equal(found: np.ndarray, expected: np.ndarray):
    assert len(found) == len(expected)
    differs = np.flatnonzero(found != expected)
    assert not len(differs), (differs[0], found[differs[0]], expected[differs[0]])


def check_sums(counters: dict[str, int]):
    """What holds between the counters of any frame."""
    bus = ("bus_beats", "bus_wait_cycles", "bus_idle_cycles")
    assert sum(counters[name] for name in bus) == counters["frame_cycles"]
    # A frame that breaks off loses the members that are under way.
    assert counters["members"] >= sum(counters[name] for name in MEMBERS_TO)


def open_board(
    image: bytes,
    params: Parameters = PARAMS,
    memory: MemoryModel = USUAL,
    pack_bytes: int | None = None,
) -> Board:
    """Out of reset, with the image where `memory` has it and interrupts on."""
    harness = AcceleratorHarness(params, image, memory)
    driver = Accelerator(harness, params)
    driver.check()
    driver.open(memory.address, len(image) if pack_bytes is None else pack_bytes)
    driver.enable_interrupts("done")
    return Board(harness, driver)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return small_pack()


@pytest.fixture(scope="module")
def image(pack) -> bytes:
    return pack_image(pack)


@pytest.fixture
def board(image):
    made = open_board(image)
    with made.harness:
        yield made


@pytest.fixture(scope="module")
def room() -> Pack:
    """The default scene, a third of its Gaussians."""
    return packed(default_scene(100_000), "morton", 4000, per_group=24)


def test_views_of_the_default_scene_fill_the_bus(room):
    """Equal bit for bit, and beats in 95% of the cycles with 100 cycles of latency."""
    board = open_board(pack_image(room), memory=MemoryModel())
    with board.harness:
        for camera in default_cameras(24)[::11]:
            view = view_frame(room, camera, INRIA, PARAMS)
            assert len(view.splats) > 5000
            board.frame(view)
            assert board.harness.counts().utilisation >= UTILISATION


def test_views_of_a_small_pack(board, pack):
    """From within, from near, from afar, of both rules; of all and of nothing."""
    views = [*random_views(pack, 24, PARAMS), view_of_all(pack, PARAMS)]
    shares = [view.levels.visible.mean() for view in views]
    assert min(shares) < 0.4 < 0.6 < max(shares)
    for view in views:
        board.frame(view)
    nothing = view_of_nothing(pack, PARAMS)
    assert nothing.counters["groups_visible"] == nothing.counters["splats"] == 0
    board.frame(nothing)
    board.frame(views[-1])


SHAPES = {
    "one Gaussian": (1, 1, 1),
    "one cluster": (3000, 1, 1),
    "one group": (700, 90, 0),
    "clusters of one": (300, 300, 5),
    "groups of one": (600, 60, 1),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_packs_of_other_shapes(shape):
    """Short and long runs, at the top of the address range."""
    gaussians, clusters, per_group = SHAPES[shape]
    pack = small_pack(7, gaussians, clusters, per_group)
    image = pack_image(pack)
    room = -(-len(image) // 4096) * 4096 + 4096
    board = open_board(image, memory=replace(USUAL, address=(1 << PARAMS.address_bits) - room))
    with board.harness:
        for view in (view_of_all(pack, PARAMS), *random_views(pack, 4, PARAMS, seed=8)):
            board.frame(view)


@pytest.mark.parametrize("latency_cycles", [1, 2, 3, 7, 31, 100, 333, 1000])
def test_any_latency(board, pack, latency_cycles):
    for n, view in enumerate(random_views(pack, 3, PARAMS, seed=latency_cycles)):
        board.frame(view, MemoryModel(latency_cycles=latency_cycles, seed=n))


@pytest.mark.parametrize("busy_256", [0, 60, 230])
@pytest.mark.parametrize("address_stall_256", [0, 128, 250])
@pytest.mark.parametrize("output_stall_256", [0, 60, 240])
def test_any_stall_pattern(board, pack, busy_256, address_stall_256, output_stall_256):
    memory = MemoryModel(
        latency_cycles=10,
        busy_256=busy_256,
        address_stall_256=address_stall_256,
        output_stall_256=output_stall_256,
        seed=busy_256 + address_stall_256 + output_stall_256,
    )
    stalled = board.frame(view_of_all(pack, PARAMS), memory)["output_stalled_cycles"]
    assert (stalled > 0) == (output_stall_256 > 0)
    board.frame(random_views(pack, 1, PARAMS, seed=busy_256)[0])


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


def test_frames_in_a_row(board, pack):
    """Each is queued while the one before runs, with constants of its own."""
    views = random_views(pack, 8, PARAMS, seed=11)
    board.begin(views[0])
    for view in views[1:]:
        board.driver.set_camera(view.culling, view.projecting)
        board.driver.queue()
        while board.driver.status().queued:
            board.harness.run(5, until_irq=False)
    board.harness.run(LIMIT_CYCLES)
    while board.driver.status().busy:
        board.harness.run(100, until_irq=False)
    *frames, rest = board.harness.frames()
    assert len(rest) == 0
    assert len(frames) == board.driver.counters()["frames"] == len(views)
    for splats, view in zip(frames, views, strict=True):
        assert_equal(splats, view.splats)


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


def test_more_groups_than_one_run(pack, image):
    """70,000 groups: the second run of them is asked for behind the first."""
    view = view_of_nothing(pack, PARAMS)
    far = pack.groups[:1].copy()
    longer = with_more_groups(image, pack, far[0], 70_000 - len(pack.groups))
    board = open_board(longer)
    with board.harness:
        board.begin(view)
        status, splats = board.end()
        assert [status.code, len(splats)] == [StatusCode.DONE, 0]
        assert board.driver.counters()["groups_tested"] == 70_000


def test_a_run_outside_before_all_groups_are_asked_for():
    """A cluster that never ends holds the geometry up while groups are still to be read."""
    pack = small_pack(3, gaussians=900, clusters=220, per_group=4)
    view = view_of_all(pack, PARAMS)
    image = with_row(pack_image(pack), "clusters", 0, base=len(pack), count=65535)
    board = open_board(with_more_groups(image, pack, pack.groups[0], 140_000))
    with board.harness:
        board.begin(view)
        assert board.end()[0].code == StatusCode.RUN_OUTSIDE


OTHERS = [
    {"data_bits": 64, "lanes": 1},
    {"data_bits": 128, "lanes": 3},
    {"data_bits": 256, "lanes": 2, "outstanding_bursts": 2},
    {"data_bits": 512, "lanes": 1, "burst_beats": 256},
    {"data_bits": 512, "lanes": 2, "address_bits": 64},
    {"data_bits": 512, "lanes": 4, "burst_beats": 1},
]


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes", OTHERS, ids=lambda changes: "-".join(map(str, changes.values()))
)
def test_other_widths_and_lanes(pack, image, changes):
    """Views, stalls, errors, stops and wrong images with another bus and other lanes."""
    params = replace(PARAMS, **changes)
    views = [*random_views(pack, 8, params), view_of_all(pack, params)]
    board = open_board(image, params)
    with board.harness:
        for n, view in enumerate(views):
            stalls = {"busy_256": 20 * n, "output_stall_256": 25 * n, "address_stall_256": 15 * n}
            board.frame(view, replace(USUAL, seed=n, latency_cycles=12 * n + 1, **stalls))
        beats = board.frame(views[0], USUAL)["bus_beats"]
        for fail_beat in range(1, beats + 1, 3):
            board.begin(views[0], replace(USUAL, fail_beat=fail_beat))
            assert board.end()[0].code == StatusCode.BUS_SLAVE_ERROR
            board.frame(views[1], USUAL)
        for after in range(0, 4 * beats, 29):
            board.begin(views[0])
            board.harness.run(after, until_irq=False)
            board.driver.stop()
            _, splats = board.end()
            assert_equal(splats, views[0].splats[: len(splats)])
            board.frame(views[1])
    for what, (spoilt, code) in spoilt_images(image, pack).items():
        board = open_board(spoilt, params)
        with board.harness:
            board.begin(views[-1])
            assert board.end(20_000)[0].code == code, what


@pytest.mark.slow
def test_views_of_bonsai_fill_the_bus(bonsai_dir):
    """Three views of 1559 x 1039, bit for bit, 95% of the cycles with a beat, 30 s each at most."""
    scene = read_scene(bonsai_dir / "bonsai.spz")
    cameras = read_cameras(bonsai_dir / "cameras.json")
    pack = packed(scene, "morton", per_group=24)
    board = open_board(pack_image(pack), memory=MemoryModel())
    with board.harness:
        for camera in cameras[:: len(cameras) // 3][:3]:
            view = view_frame(pack, camera.resized(1559, 1039), INRIA, PARAMS)
            assert len(view.splats) > 100_000
            board.begin(view)
            started = time.perf_counter()
            status, splats = board.end(10_000_000)
            assert time.perf_counter() - started < 30
            assert status.code == StatusCode.DONE
            assert_equal(splats, view.splats)
            assert board.harness.counts().utilisation >= UTILISATION
