"""The compiled accelerator against the integer model: views, shapes, memories, bandwidth."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from golden.camera_io import read_cameras
from golden.default_scene import default_cameras, default_scene
from golden.pack import Pack
from golden.rules import INRIA
from golden.scene_io import read_scene
from golden.view import view_frame
from hw.host.status import StatusCode
from sim.rtl.accelerator_harness import MemoryModel
from sim.rtl.driver import pack_image
from tests.golden.pack.pack_cases import packed
from tests.rtl.accelerator.accelerator_stimulus import (
    random_views,
    small_pack,
    spoilt_images,
    view_of_all,
    view_of_nothing,
    with_more_groups,
)
from tests.rtl.accelerator.board import (
    LIMIT_CYCLES,
    PARAMS,
    USUAL,
    UTILISATION,
    assert_equal,
    open_board,
)

pytestmark = pytest.mark.xdist_group("accelerator")


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


@pytest.mark.slow  # a build of its own, of two lanes
def test_antialiased_views_and_padded_splats(pack):
    """Splats of 64 bytes in two lanes; what lies above them is 0, or the harness says so."""
    params = replace(PARAMS, lanes=2, antialiased=1, padded_splats=1)
    board = open_board(pack_image(pack), params, memory=USUAL)
    with board.harness:
        for view in random_views(pack, 8, params):
            plain = len(view.splats)
            board.frame(view)
            rules = replace(view.rules, antialiased=True)
            sharp = view_frame(pack, view.camera, rules, params)
            assert len(sharp.splats) <= plain
            board.frame(sharp)


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
